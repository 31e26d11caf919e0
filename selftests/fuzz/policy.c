// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mail server asks policyd, and the snapshot that it answers from. The first byte says which:
 * requests in pieces of any size are read as in one piece; an answer is one line of printable ASCII,
 * and one of four actions.
 */
#define _GNU_SOURCE /* memfd_create */
#include <ctype.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/fuzz/fuzz.h"
#include "user/policy/answer.h"

#define NOW 1795000000

/* --- requests ---------------------------------------------------------------------- */

struct seen {
	int requests;
	bool is_bad;
	struct request last; /* that was done */
};

static bool is_same(const struct request *a, const struct request *b)
{
	return !memcmp(&a->client, &b->client, sizeof(a->client)) && a->has_client == b->has_client &&
	       a->is_at_rcpt == b->is_at_rcpt && a->is_end == b->is_end && a->instance == b->instance &&
	       a->is_authenticated == b->is_authenticated && a->is_stressed == b->is_stressed &&
	       a->is_postmaster == b->is_postmaster;
}

/* In pieces of "step" bytes, as a connection brings them. */
static struct seen read_all(const char *bytes, size_t size, size_t step)
{
	static struct request r;
	struct seen s = {};
	size_t left, taken = 0;

	r = (struct request){};
	for (; size && !s.is_bad; size -= taken, bytes += taken) {
		left = size < step ? size : step;
		switch (request_read(&r, bytes, left, &taken)) {
		case REQUEST_MORE:
			HOLDS(taken == left);
			break;
		case REQUEST_DONE:
			HOLDS(taken && taken <= left && r.is_policy);
			s.requests++;
			s.last = r;
			request_start(&r);
			break;
		case REQUEST_BAD:
			s.is_bad = true;
		}
	}
	return s;
}

static void check_answer(const struct snapshot_site *site, const struct request *r,
			 const struct policy_facts *f, enum policy_step step)
{
	static const char *const actions[] = { "DUNNO", "WARN ", "PREPEND X-Nolist: ", "DEFER_IF_PERMIT " };
	struct answered message = {};
	char text[ANSWER_MAX];
	size_t i, n = answer_text(text, site, r, step, f, &message), known = 0;

	HOLDS(n == strlen(text) && n > 9 && !memcmp(text, "action=", 7) && !strcmp(text + n - 2, "\n\n"));
	for (i = 0; i < n - 2; i++)
		HOLDS(isprint((unsigned char)text[i]));
	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		known += !strncmp(text + 7, actions[i], strlen(actions[i]));
	HOLDS(known == 1);
}

static void fuzz_requests(const uint8_t *data, size_t size)
{
	struct snapshot_site site = { .mode = *data % POLICY_MODES, .name = "mx.example", .reason = "$ is listed" };
	struct seen whole = read_all((const char *)data + 1, size - 1, size);
	struct seen pieces = read_all((const char *)data + 1, size - 1, 1 + data[0] % 7);
	struct policy_facts f = {};
	int step;

	HOLDS(whole.requests == pieces.requests && whole.is_bad == pieces.is_bad);
	if (!whole.requests)
		return;
	HOLDS(is_same(&whole.last, &pieces.last));
	f.is_postmaster = whole.last.is_postmaster;
	for (step = 0; step < POLICY_STEPS; step++)
		check_answer(&site, &whole.last, &f, step);
}

/* --- snapshots ---------------------------------------------------------------------- */

static void ask(const struct policy_snapshot *s, const char *client)
{
	const struct snapshot_site *site = policy_snapshot_site(s);
	struct request r = { .has_client = true, .is_at_rcpt = true };
	struct policy_facts f = {};

	HOLDS(!addr_parse(client, &r.client));
	policy_snapshot_find(s, &r.client, &f);
	check_answer(site, &r, &f, policy_decide(&f, &site->rules, NOW));
}

static void fuzz_snapshot(const uint8_t *data, size_t size)
{
	static const char *const clients[] = { "192.0.2.7", "198.51.100.1", "0.0.0.0", "255.255.255.255",
					       "2001:db8::1", "ffff:ffff:ffff:ffff::" };
	struct policy_snapshot *s;
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	size_t i;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (!policy_snapshot_open(&s, fd)) {
		for (i = 0; i < sizeof(clients) / sizeof(*clients); i++)
			ask(s, clients[i]);
		policy_snapshot_free(s);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 && *data & 1)
		fuzz_requests(data + 1, size - 1);
	else if (size > 1)
		fuzz_snapshot(data + 1, size - 1);
	return 0;
}
