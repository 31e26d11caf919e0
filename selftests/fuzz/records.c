// SPDX-License-Identifier: GPL-2.0-only
/* Records as they may lie in the kernel's tables, from there to the verdict. */
#include "selftests/fuzz/fuzz.h"
#include "selftests/fuzz/judge_all.h"
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
