// SPDX-License-Identifier: GPL-2.0-only
/* Records as they may lie in the kernel's tables, from there to the verdict. */
#include "selftests/fuzz/fuzz.h"
#include "user/evidence/evidence.h"
#include "user/judge/verdict.h"
#include "user/snapshot/snapshot.h"

/* Takes so many bytes, as far as there are some. */
static void take(void *to, size_t wanted, const uint8_t **data, size_t *size)
{
	size_t n = wanted < *size ? wanted : *size;

	memset(to, 0, wanted);
	memcpy(to, *data, n);
	*data += n;
	*size -= n;
}

static void judge_all(struct evidence *e, int64_t now)
{
	struct site site = {};
	struct rules rules;
	struct verdict v;
	struct record r;
	int f;

	rules_init(&rules);
	for (f = 0; f < 2; f++)
		site.family[f].hours = evidence_real(e, f, &site.family[f].hour);
	site.changes = evidence_changes(e, &site.change);
	site.losts = evidence_gaps(e, &site.lost);
	site.n_acks = evidence_acks(e, &site.acks);
	if (!site_ready(&site, &rules, now) && !evidence_start(e, EVIDENCE_ALL))
		while (evidence_next(e, &r) > 0)
			verdict_of(&r, NULL, &site, &rules, now, &v);
	site_free(&site);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct epoch epoch = { .boot = "fuzz", .tables = 1, .wall_s = 1700000000 };
	static struct nolist_stats stats;
	struct nolist_contacts contacts;
	struct nolist_verified verified;
	struct nolist_source src;
	struct snapshot *t;
	struct evidence *e;
	uint64_t now_ns;

	if (snapshot_new(&t) || snapshot_add_epoch(t, &epoch))
		abort();
	take(&now_ns, sizeof(now_ns), &data, &size);
	take(&stats.real, sizeof(stats.real), &data, &size);
	take(&stats.bad_acks, sizeof(stats.bad_acks), &data, &size);
	snapshot_set_stats(t, 0, &stats, 1, now_ns);
	while (size) {
		take(&src, sizeof(src), &data, &size);
		take(&contacts, sizeof(contacts), &data, &size);
		take(&verified, sizeof(verified), &data, &size);
		if (snapshot_add(t, 0, &src, &contacts, NULL) || snapshot_add(t, 0, &src, NULL, &verified))
			abort();
	}
	if (snapshot_sort(t))
		abort();
	if (!evidence_new(&e, t, NULL))
		judge_all(e, 1790000000);
	evidence_free(e);
	return 0;
}
