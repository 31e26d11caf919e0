// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the policy service looks up: snapshots, cut at each byte and with each byte changed; the
 * memory of those that were deferred, when it is full and when it was killed; and its answers, with
 * words that would break a line. Why it matters: what it cannot read must pass, never be deferred.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/lib/tap.h"
#include "user/policy/answer.h"
#include "user/policy/mapped.h"
#include "user/policy/memory.h"
#include "user/policy/rows.h"
#include "user/policy/snapshot.h"
#include "user/policy/throttle.h"
#include "user/policy/visits.h"

#define NOW 0x6b000000ll

/* --- snapshots ------------------------------------------------------------------- */

static const char head[] =
	"# generator: a test\n"
	"H policy header\nH name mx.example.com\nH reason $ is listed\nH greylist-wait 60\nH origin-wait 900\nH window 604800\n"
	"H data-window 2592000\nH neighbours 24 48\nH low 1 0\nH good-until 1795162113\nH limited 7\n"
	"H learning-until 0\nH of-a-newer-one 5\n";
static const char rows[] =
	"S 00000000c6336401 00000000 6a000000 6affff00\n"
	"S 00000000cb007107 6b000001 00000000 00000000\n"
	"S 20010db800050001 6b000002 6a000001 6a000002\n"
	"N 00000000c6336400 6affff00 6afffff0\n"
	"N 00000000cb007100 00000000 6afffff1\n"
	"N 20010db800050000 6a000003 00000000\n"
	"G 8000000000000001 6afffff2 6afffff3\n"
	"G 8000000000000002 00000000 6afffff4\n"
	"P 198.18.0.0/16 0\nP 198.18.5.0/24 1\nE 192.0.2.1\nL 203.0.113.0/24\nL 10.0.0.0/8\nX 203.0.113.0/24\n"
	"E 2001:db8:9:9::1\nW 192.0.2.8/29\nW 2001:db8:70::/44\n"
	"Z 3 3 2 9 0\n";

static int open_text(struct policy_snapshot **s, const char *text, size_t size)
{
	int fd = memfd_create("snapshot", 0), error;

	if (write(fd, text, size) != (ssize_t)size)
		abort();
	error = policy_snapshot_open(s, fd);
	close(fd);
	return error;
}

static struct policy_facts facts_of(const struct policy_snapshot *s, const char *text, uint64_t *key)
{
	struct policy_facts f = {};
	struct nolist_addr addr;

	addr_parse(text, &addr);
	*key = policy_snapshot_find(s, &addr, &f);
	return f;
}

static const struct {
	const char *addr, *wanted;
} known[] = {
	{ "198.51.100.1", "exempt 0 low 1 listed 0 data 6a000000 6affff00 alibi 6affff00 low 6afffff0 key c6336400" },
	{ "198.51.100.2", "exempt 0 low 1 listed 0 data 0 0 alibi 6affff00 low 6afffff0 key c6336400" },
	{ "203.0.113.7", "exempt 0 low 1 listed 6b000001 data 0 0 alibi 0 low 6afffff1 key cb007100" },
	{ "2001:db8:5:1::77", "exempt 0 low 0 listed 6b000002 data 6a000001 6a000002 alibi 6a000003 low 0 key 20010db800050000" },
	{ "2001:db8:5:2::1", "exempt 0 low 0 listed 0 data 0 0 alibi 6a000003 low 0 key 20010db800050000" },
	{ "2001:db8:6::1", "exempt 0 low 0 listed 0 data 0 0 alibi 0 low 0 key 20010db800060000" },
	{ "198.18.1.1", "exempt 0 low 1 listed 0 data 0 0 alibi 6afffff2 low 6afffff3 key 8000000000000001" },
	{ "198.18.5.1", "exempt 0 low 1 listed 0 data 0 0 alibi 0 low 6afffff4 key 8000000000000002" },
	{ "192.0.2.1", "exempt 1 low 1 listed 0 data 0 0 alibi 0 low 0 key c0000200" },
	{ "192.0.2.2", "exempt 0 low 1 listed 0 data 0 0 alibi 0 low 0 key c0000200" },
	{ "10.1.2.3", "exempt 1 low 1 listed 0 data 0 0 alibi 0 low 0 key a010200" },
	{ "2001:db8:9:9::5", "exempt 1 low 0 listed 0 data 0 0 alibi 0 low 0 key 20010db800090000" },
};

/* Rows as a program writes them: joe@example.com, @example.org and help@ (see the head). */
static bool is_excepted(const struct policy_snapshot *s, const char *recipient)
{
	uint64_t key[3];

	row_recipient_keys(recipient, key);
	return policy_snapshot_excepts(s, key);
}

static void test_recipients(void)
{
	static const char *const lines[] = { "joe@example.com", "@Example.ORG", "help@" };
	char text[sizeof(head) + 200];
	uint64_t key[3], least = 0;
	struct policy_snapshot *s;
	int i, k, n = sprintf(text, "%s", head);

	for (i = 0; i < 3; i++)
		key[i] = row_recipient(lines[i], strlen(lines[i]));
	for (i = 0; i < 3; i++, least = key[k] + 1) {
		int m;

		for (k = -1, m = 0; m < 3; m++)
			if (key[m] >= least && (k < 0 || key[m] < key[k]))
				k = m;
		n += sprintf(text + n, "R %016llx\n", (unsigned long long)key[k]);
	}
	n += sprintf(text + n, "Z 0 0 0 0 3\n");
	if (!tap_ok(!open_text(&s, text, n), "recipients"))
		return;
	tap_ok(is_excepted(s, "joe@example.com") && is_excepted(s, "JOE@EXAMPLE.com") && !is_excepted(s, "jo@example.com"),
	       "one address");
	tap_ok(is_excepted(s, "a@example.org") && !is_excepted(s, "a@b.example.org"), "a domain");
	tap_ok(is_excepted(s, "help@b.example") && !is_excepted(s, "help2@b.example"), "a name in all domains");
	tap_ok(!is_excepted(s, "") && !is_excepted(s, "joe"), "nothing, and no address");
	policy_snapshot_free(s);
}

/* --- throttle -------------------------------------------------------------------- */

static void test_throttle(void)
{
	struct snapshot_site site = {};
	struct throttle *t = throttle_new();
	const uint64_t one[] = { 7, 0 << 8 | 256 }, other[] = { 8, 256 };
	int i;

	if (!tap_ok(t && throttle_parse("3 recipients source", site.throttle) &&
			    throttle_parse("2 connections network", site.throttle) &&
			    !throttle_parse("0 recipients source", site.throttle) &&
			    !throttle_parse("3 recipients", site.throttle) &&
			    !throttle_parse("3 mails source", site.throttle) &&
			    !throttle_parse("3 recipients source x", site.throttle), "limits"))
		return;
	for (i = 0; i < 3; i++)
		throttle_count(t, one, false, NOW);
	tap_ok(!throttle_is_over(t, &site, one, NOW), "as many recipients as the limit");
	throttle_count(t, one, false, NOW);
	tap_ok(throttle_is_over(t, &site, one, NOW) && !throttle_is_over(t, &site, other, NOW),
	       "one more, of one source and no other");
	tap_ok(!throttle_is_over(t, &site, one, NOW - NOW % HOUR_S + HOUR_S), "not in the next hour");
	for (i = 0; i < 3; i++)
		throttle_count(t, i < 2 ? one : other, true, NOW + HOUR_S);
	tap_ok(throttle_is_over(t, &site, other, NOW + HOUR_S), "connections of a network");
	throttle_free(t);
}

/* --- what is known --------------------------------------------------------------- */

static void test_known(const struct policy_snapshot *s)
{
	struct policy_facts f;
	char got[200];
	uint64_t key;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		f = facts_of(s, known[i].addr, &key);
		snprintf(got, sizeof(got), "exempt %d low %d listed %llx data %llx %llx alibi %llx low %llx key %llx",
			 f.is_exempt, f.has_low, (long long)f.listed_until, (long long)f.data_first,
			 (long long)f.data_last, (long long)f.alibi_last, (long long)f.low_last, (long long)key);
		if (!tap_ok(!strcmp(got, known[i].wanted), "what is known of %s", known[i].addr))
			tap_diag("got %s", got);
	}
	f = facts_of(s, "192.0.2.9", &key);
	tap_ok(f.is_slow && policy_wait(&f, &policy_snapshot_site(s)->rules) == 900 &&
		       !facts_of(s, "192.0.2.16", &key).is_slow && facts_of(s, "2001:db8:7f:1::1", &key).is_slow,
	       "networks that wait longer");
	tap_ok(f.good_until == 1795162113 && f.limited_last == 7 && !f.learning_until, "and of the site");
}

static void test_snapshots(void)
{
	char text[sizeof(head) + sizeof(rows)];
	size_t size = sprintf(text, "%s%s", head, rows), i, taken = 0;
	struct policy_snapshot *s;
	struct policy_facts f;
	uint64_t key;
	int error = open_text(&s, text, size);

	tap_ok(!error, "a snapshot");
	if (error)
		return;
	test_known(s);
	policy_snapshot_free(s);
	for (i = 0; i < size; i++)
		taken += !open_text(&s, text, i);
	tap_ok(!taken, "one that is cut is none, wherever it is");
	for (i = 0; i < size; i++) {
		text[i] ^= 0x15;
		if (!open_text(&s, text, size))
			f = facts_of(s, "203.0.113.7", &key);
		(void)f;
		policy_snapshot_free(s);
		text[i] ^= 0x15;
	}
	tap_ok(true, "whatever byte is wrong, nothing beyond it is read");
	size = sprintf(text, "%sZ 99999999999999999 0 0 0 0\n", head);
	tap_ok(open_text(&s, text, size) == -EBADMSG, "nor with counts that are too large");
	size = sprintf(text, "%sZ 0 0 0 0 0\n", head);
	tap_ok(!open_text(&s, text, size), "one without rows");
	policy_snapshot_free(s);
	size = sprintf(text, "%sP 198.18.0.0/16 2\nZ 0 0 0 1 0\n", head);
	tap_ok(open_text(&s, text, size) == -EBADMSG, "a network of no provider");
}

/* Each row is found where there are many, and nothing beside it: keys 1, 4, 7 ... in steps of 3. */
#define MANY 200

static void test_many(void)
{
	static char text[sizeof(head) + (MANY + 1) * ROW_SOURCE];
	struct policy_snapshot *s;
	int rows, i, wrong = 0, n;

	for (rows = 1; rows <= MANY; rows++) {
		for (i = 0, n = sprintf(text, "%s", head); i < rows; i++)
			n += sprintf(text + n, ROW_SOURCE_FORMAT, 0xcb000001ull + 3 * i, 1, 2, 3 + i);
		n += sprintf(text + n, "Z %d 0 0 0 0\n", rows);
		if (open_text(&s, text, n)) {
			tap_ok(false, "%d rows", rows);
			return;
		}
		for (i = -1; i <= 3 * rows; i++) {
			struct nolist_addr addr = addr_of_ip4(htonl(0xcb000001u + i));
			struct policy_facts f = {};

			policy_snapshot_find(s, &addr, &f);
			wrong += f.data_last != (i < 0 || i % 3 || i >= 3 * rows ? 0 : 3 + i / 3);
		}
		policy_snapshot_free(s);
	}
	tap_ok(!wrong, "each of many rows is found, and nothing beside it");
}

/* --- memory ---------------------------------------------------------------------- */

/* A key of the same set as another. */
static uint64_t beside(uint64_t key, uint64_t from)
{
	while (mapped_set(from, MEMORY_SETS) != mapped_set(key, MEMORY_SETS))
		from++;
	return from;
}

static void test_full_set(struct memory *m)
{
	uint64_t key[MEMORY_WAYS + 1] = { 0xcb007200 };
	int i, noted = 0;

	for (i = 1; i <= MEMORY_WAYS; i++)
		key[i] = beside(key[0], key[i - 1] + 1);
	for (i = 0; i < MEMORY_WAYS; i++)
		noted += memory_note(m, key[i], NOW + i);
	tap_ok(noted == MEMORY_WAYS, "as many networks as there are places");
	tap_ok(!memory_note(m, key[MEMORY_WAYS], NOW + 10) && memory_first(m, key[0], NOW + 10) == NOW,
	       "one more has to pass, and pushes nobody out");
	tap_ok(memory_note(m, key[MEMORY_WAYS], NOW + DAY_S + 1) && !memory_first(m, key[0], NOW + DAY_S + 1) &&
		       memory_first(m, key[1], NOW + DAY_S + 1) == NOW + 1,
	       "a day later it takes the oldest one's place");
}

static void test_memory(void)
{
	int fd = memfd_create("memory", 0);
	struct memory *m, *again;

	tap_ok(memory_map(&m, fd, false) == -ENOENT, "an empty memory is none to read");
	if (!tap_ok(!memory_map(&m, fd, true), "it is made"))
		return;
	tap_ok(!memory_first(m, 0xcb007100, NOW) && memory_note(m, 0xcb007100, NOW) &&
		       memory_first(m, 0xcb007100, NOW) == NOW,
	       "who was deferred is known");
	memory_note(m, 0xcb007100, NOW + 50);
	tap_ok(memory_first(m, 0xcb007100, NOW + 60) == NOW, "since the first time");
	tap_ok(memory_first(m, 0xcb007100, NOW + 50 + POLICY_REMEMBERS_S) == NOW &&
		       !memory_first(m, 0xcb007100, NOW + 51 + POLICY_REMEMBERS_S),
	       "until 35 days after the last");
	tap_ok(memory_first(m, 0xcb007100, NOW - 100) == NOW, "also when the clock was set back");
	tap_ok(!memory_note(m, 0, NOW), "there is no network 0");
	test_full_set(m);
	tap_ok(!memory_map(&again, fd, false) && memory_first(again, 0xcb007100, NOW) == NOW,
	       "another process reads it");
	memory_unmap(again);
	memory_unmap(m);
	if (ftruncate(fd, 100))
		abort();
	tap_ok(!memory_map(&m, fd, true) && !memory_first(m, 0xcb007100, NOW), "one of another size is made new");
	memory_unmap(m);
	close(fd);
}

/* --- visits ---------------------------------------------------------------------- */

#define HOUR_BEGINS (NOW - NOW % HOUR_S)

static const struct visit *visit_of(const struct visits *v, uint64_t key)
{
	const struct visit *e = v->set[mapped_set(key, VISITS_SETS)];
	int i;

	for (i = 0; i < VISITS_WAYS; i++)
		if (e[i].key == key)
			return &e[i];
	return NULL;
}

static void test_full_visits(struct visits *v, int64_t now)
{
	uint64_t key = 0xcb007300, other = key;
	int i;

	for (i = 0; i < VISITS_WAYS + 1; i++) {
		visits_note(v, other, now + i);
		do
			other++;
		while (mapped_set(other, VISITS_SETS) != mapped_set(key, VISITS_SETS));
	}
	tap_ok(v->lost == 1 && v->lost_last == now + VISITS_WAYS && visit_of(v, key),
	       "one that finds no place is counted, and pushes nobody out");
	visits_note(v, other, now + VISITS_KEPT_S);
	tap_ok(v->lost == 1 && visit_of(v, other) && !visit_of(v, key), "two hours later it takes the oldest one's");
}

static void test_visits(void)
{
	int fd = memfd_create("visits", 0);
	const struct visit *e;
	struct visits *v;

	if (!tap_ok(!visits_map(&v, fd, true), "visits"))
		return;
	visits_note(v, 7, HOUR_BEGINS - 5);
	visits_note(v, 7, HOUR_BEGINS - 1);
	visits_note(v, 7, HOUR_BEGINS);
	visits_note(v, 7, HOUR_BEGINS + 9);
	e = visit_of(v, 7);
	tap_ok(e && visit_last(e) == HOUR_BEGINS + 9 &&
	       e->first[(HOUR_BEGINS / HOUR_S) & 1] == HOUR_BEGINS &&
	       e->first[(HOUR_BEGINS / HOUR_S + 1) & 1] == HOUR_BEGINS - 5 &&
	       e->last[(HOUR_BEGINS / HOUR_S + 1) & 1] == HOUR_BEGINS - 1,
	       "the first and the last one of an hour, and of the hour before");
	visits_note(v, 0, NOW);
	tap_ok(!v->lost, "there is no source 0");
	test_full_visits(v, NOW);
	visits_unmap(v);
	close(fd);
}

/* --- answers --------------------------------------------------------------------- */

static const struct {
	enum policy_mode mode;
	enum policy_step step;
	bool is_postmaster, is_end, is_marked;
	const char *wanted;
} answers[] = {
	{ POLICY_WARN, POLICY_WALKED, 0, 0, 0, "action=DUNNO\n\n" },
	{ POLICY_WARN, POLICY_NEW, 0, 0, 0, "action=WARN nolist-xdp would defer it: new: first contact: please try "
	  "again in 60 seconds, or begin with the first MX\n\n" },
	{ POLICY_WARN, POLICY_LISTED, 0, 0, 0, "action=WARN nolist-xdp would defer it: listed: ?203.0.113.7? is "
	  "listed: http://mx/203.0.113.7\n\n" },
	{ POLICY_WARN, POLICY_LISTED, 1, 0, 0, "action=DUNNO\n\n" },
	{ POLICY_HEADER, POLICY_WALKED, 0, 0, 0, "action=PREPEND X-Nolist: mx?.example.com; walked; score=-1.0\n\n" },
	{ POLICY_HEADER, POLICY_NEW, 1, 0, 0, "action=PREPEND X-Nolist: mx?.example.com; new; score=2.0\n\n" },
	{ POLICY_HEADER, POLICY_NEW, 0, 0, 1, "action=DUNNO\n\n" },
	{ POLICY_HEADER, POLICY_NEW, 0, 1, 0, "action=DUNNO\n\n" },
	{ POLICY_DEFER, POLICY_NEW, 0, 0, 0, "action=DEFER_IF_PERMIT first contact: please try again in 60 seconds, "
	  "or begin with the first MX\n\n" },
	{ POLICY_DEFER, POLICY_LISTED, 0, 0, 0, "action=DEFER_IF_PERMIT ?203.0.113.7? is listed: "
	  "http://mx/203.0.113.7\n\n" },
	{ POLICY_DEFER, POLICY_LISTED, 1, 0, 0, "action=PREPEND X-Nolist: mx?.example.com; listed; score=5.0\n\n" },
	{ POLICY_DEFER, POLICY_RETURNED, 0, 0, 0, "action=PREPEND X-Nolist: mx?.example.com; returned; score=0.5\n\n" },
	{ POLICY_DEFER, POLICY_RETURNED, 0, 0, 1, "action=DUNNO\n\n" },
};

static void test_answers(void)
{
	struct snapshot_site site = { .rules.wait_s = 60, .name = "mx\n.example.com",
				      .reason = "\n$\x01 is listed: http://mx/$" };
	char text[ANSWER_MAX];
	size_t i, size;

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct request r = { .is_end = answers[i].is_end };
		struct policy_facts f = { .is_postmaster = answers[i].is_postmaster };
		struct answered message = { .is_marked = answers[i].is_marked };

		addr_parse("203.0.113.7", &r.client);
		site.mode = answers[i].mode;
		size = answer_text(text, &site, &r, answers[i].step, &f, &message);
		if (!tap_ok(size == strlen(answers[i].wanted) && !strcmp(text, answers[i].wanted),
			    "policy = %s, %s%s%s%s", policy_mode_names[site.mode],
			    policy_step_names[answers[i].step], answers[i].is_postmaster ? ", to postmaster" : "",
			    answers[i].is_end ? ", at the end" : "", answers[i].is_marked ? ", again" : ""))
			tap_diag("got %s", text);
	}
	memset(site.reason, '$', sizeof(site.reason) - 1);
	memset(site.name, 'x', sizeof(site.name) - 1);
	for (i = 0; i < POLICY_MODES; i++) {
		struct answered message = {};
		struct policy_facts f = {};
		struct request r = {};

		addr_parse("2001:db8:1111:2222:3333:4444:5555:6666", &r.client);
		site.mode = i;
		size = answer_text(text, &site, &r, POLICY_LISTED, &f, &message);
		tap_ok(size < ANSWER_MAX && size == strlen(text) && !strcmp(text + size - 2, "\n\n"),
		       "the longest words: policy = %s", policy_mode_names[i]);
	}
}

/* An origin speaks against strangers only. */
static void test_origins(void)
{
	struct snapshot_site site = { .mode = POLICY_HEADER, .name = "mx" };
	struct answered message = { .is_slow = true }, again = { .is_slow = true };
	struct policy_facts f = {};
	struct request r = {};
	char text[ANSWER_MAX];

	answer_text(text, &site, &r, POLICY_NEW, &f, &message);
	tap_ok(!strcmp(text, "action=PREPEND X-Nolist: mx; new; score=3.0 origin\n\n"), "of an origin that only sends what is listed");
	answer_text(text, &site, &r, POLICY_WALKED, &f, &again);
	tap_ok(!strcmp(text, "action=PREPEND X-Nolist: mx; walked; score=-1.0\n\n"), "but of one that walked it says nothing");
}

int main(void)
{
	test_snapshots();
	test_many();
	test_recipients();
	test_throttle();
	test_memory();
	test_visits();
	test_answers();
	test_origins();
	return tap_done();
}
