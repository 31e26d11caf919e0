// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence: what several tables say of one source, and what is stored of them and
 * of those before, becomes one record. Counted twice, a good sender looks busy;
 * lost, its alibi is gone.
 */
#include <limits.h>

#include "selftests/lib/evidence.h"

#define H HOUR_S

static struct evidence *open_tables(struct snapshot *t)
{
	struct evidence *e;

	if (snapshot_sort(t) || evidence_new(&e, t, NULL))
		tap_die("evidence_new");
	return e;
}

static struct snapshot *tables(int epochs)
{
	struct snapshot *t;

	if (snapshot_new(&t))
		tap_die("snapshot_new");
	while (epochs--) {
		struct epoch epoch = { .boot = "b", .tables = epochs + 1, .wall_s = WALL };

		if (snapshot_add_epoch(t, &epoch) < 0)
			tap_die("snapshot_add_life");
	}
	return t;
}

static void test_merge(void)
{
	struct nolist_contacts a = { .low = { 100 * NS, 200 * NS, 2 } };
	struct nolist_contacts b = { .low = { 50 * NS, 150 * NS + 1, 1 },
				     .high = { 300 * NS, 300 * NS, 1 } };
	struct nolist_verified p = { .real_first_ns = 10 * NS,
				     .real_last_ns = 20 * NS,
				     .real_data = 3,
				     .hours = 2,
				     .high_first_ns = 400 * NS,
				     .high_last_ns = 4000 * NS,
				     .hour = { [1] = { .hour = 1,
						       .n[NOLIST_EVENT_TEMPFAILED] = 1,
						       .n[NOLIST_EVENT_TEMPFAILED_WEAK] = 2 },
					       [2] = { .hour = 2,
						       .n[NOLIST_EVENT_GREETED_WEAK] = 1,
						       .n[NOLIST_EVENT_TENANT] = 3 } } };
	struct nolist_verified q = { .high_first_ns = 4000 * NS,
				     .hours = 2,
				     .hour = { [2] = { .hour = 2,
						       .n[NOLIST_EVENT_GREETED_WEAK] = 65535,
						       .n[NOLIST_EVENT_QUIT] = 1,
						       .n[NOLIST_EVENT_TENANT] = 7 },
					       [7] = { .hour = 7,
						       .n[NOLIST_EVENT_TEMPFAILED_WEAK] = 4 } } };
	const char *order[] = { "192.0.2.1", "192.0.2.200", "2001:db8::1", "2001:db8:0:1::1" };
	struct snapshot *t = tables(2);
	struct nolist_source src;
	struct evidence *e;
	struct record r;
	unsigned int opens;
	int i;

	evidence_add(t, 0, "2001:db8:0:1::9", &a, NULL);
	evidence_add(t, 0, "192.0.2.200", &a, NULL);
	evidence_add(t, 0, "192.0.2.1", NULL, &p);
	evidence_add(t, 0, "192.0.2.1", &a, NULL);
	evidence_add(t, 1, "2001:db8::77", NULL, &q);
	evidence_add(t, 1, "192.0.2.1", &b, NULL);
	evidence_add(t, 1, "192.0.2.1", NULL, &q);
	e = open_tables(t);
	evidence_start(e, EVIDENCE_ALL);
	for (i = 0; i < 4; i++) {
		src = evidence_source(order[i]);
		tap_ok(evidence_next(e, &r) == 1 && !addr_compare(&r.src.addr, &src.addr),
		       "sorted: %s", order[i]);
	}
	tap_ok(!evidence_next(e, &r), "seven records are four sources");
	evidence_start(e, EVIDENCE_VERIFIED);
	for (i = opens = 0; evidence_next(e, &r) > 0; i++)
		opens += r.low.opens;
	tap_ok(i == 2, "two of them have verified something");
	tap_ok(opens == 3, "with their contacts, also in tables where they have verified nothing");
	evidence_start(e, EVIDENCE_DATA);
	for (i = 0; evidence_next(e, &r) > 0; i++)
		tap_ok(r.data_count == 3 && r.low.opens == 3, "one carried data");
	tap_ok(i == 1, "and only one");
	src = evidence_source("192.0.2.2");
	tap_ok(!evidence_find(e, &src, &r), "a source that is not there is not found");
	src = evidence_source("192.0.2.1");
	tap_ok(evidence_find(e, &src, &r) == 1, "one that is there is found");
	tap_ok(r.low.when.first == WALL + 50 && r.low.when.last == WALL + 200 && r.low.opens == 3,
	       "contacts: the earliest, the latest, and all of them");
	tap_ok(r.high.when.first == WALL + 300 && r.high.opens == 1 && !r.real.when.first,
	       "what one table knows and what none does");
	tap_ok(r.data.first == WALL + 10 && r.data.last == WALL + 20 && r.data_count == 3,
	       "data to the real MX");
	tap_ok(r.data_hours == 1 && r.data_hour[0] == WALL, "and its hour");
	tap_ok(r.talk_hours == 3 && r.hours == 3, "an hour that two tables know is one");
	tap_ok(r.hour[0].start == WALL && r.hour[1].start == WALL + H &&
		       r.hour[2].start == WALL + 6 * H,
	       "hours ascend, in wall time");
	tap_ok(r.hour[1].n[NOLIST_EVENT_GREETED_WEAK] == 65535 &&
		       r.hour[1].n[NOLIST_EVENT_QUIT] == 1 &&
		       r.hour[0].n[NOLIST_EVENT_TEMPFAILED_WEAK] == 2,
	       "their counts add up and stop at the top");
	tap_ok(r.hour[1].n[NOLIST_EVENT_TENANT] == 7, "of two tenants the one with the higher number is known");
	evidence_free(e);
}

/* A killed or broken table must not make a source seem older than time. */
static void test_odd_times(void)
{
	struct nolist_contacts a = { .high = { 0, 200 * NS, 1 },
				     .low = { 300 * NS, 0, 1 },
				     .real = { 500 * NS, 400 * NS, 2 } };
	struct nolist_verified silent = { .high_first_ns = 100 * NS, .high_last_ns = 100 * NS,
					  .hours = 1, .hour[1].hour = 1 };
	struct snapshot *t = tables(1);
	struct evidence *e;
	struct record r;

	evidence_add(t, 0, "192.0.2.1", &a, NULL);
	e = open_tables(t);
	evidence_start(e, EVIDENCE_ALL);
	tap_ok(evidence_next(e, &r) == 1 && r.high.when.first == WALL + 200 &&
		       r.low.when.last == WALL + 300,
	       "a first or last that is not yet written is the other one");
	tap_ok(r.real.when.first <= r.real.when.last, "no span ends before it begins");
	evidence_free(e);
	t = tables(1);
	evidence_add(t, 0, "192.0.2.1", NULL, &silent);
	e = open_tables(t);
	evidence_start(e, EVIDENCE_ALL);
	tap_ok(evidence_next(e, &r) == 1 && r.hours == 1 && r.open_hours == 1 &&
		       r.open_hour[0].roles == 1u << RECORD_NEW,
	       "an hour with a dialogue of which nothing is noted is one, though the source was new in it");
	evidence_free(e);
	e = open_tables(tables(1));
	evidence_start(e, EVIDENCE_ALL);
	tap_ok(!evidence_next(e, &r), "no records at all are no sources");
	evidence_free(e);
}

/* Each read in its turn, and each again: what a table said is never counted twice. */
static void test_stored(void)
{
	struct pack_hour h[] = { { .hour = 5, .n[NOLIST_EVENT_TEMPFAILED] = 2 },
				 { .hour = 6, .n[NOLIST_EVENT_QUIT] = 1 } };
	struct pack_hour hour[STORED_HOURS];
	struct pack_contacts c = { .role = { { 10, 20 } }, .opens = { 3 } };
	struct pack_verified p = { .talk = { 100, 200 }, .talk_hours = 2, .bad_acks = 4 };
	struct stored k = { .hour = hour };
	unsigned int i;

	tap_ok(stored_add_contacts(&k, &c, WALL), "contacts: the first look is news");
	tap_ok(!stored_add_contacts(&k, &c, WALL), "the second is not");
	c.opens[0] = 5;
	c.role[0].last = 30;
	tap_ok(stored_add_contacts(&k, &c, WALL) && k.contacts.now.opens[0] == 5, "more opens are");
	c = (struct pack_contacts){ .role = { { 50, 60 } }, .opens = { 2 } };
	stored_add_contacts(&k, &c, WALL);
	stored_add_contacts(&k, &c, WALL);
	tap_ok(k.contacts.before[0] == 5 && k.contacts.now.opens[0] == 2,
	       "a record that began anew adds to what was before, once");
	tap_ok(k.contacts.now.role[0].first == 10 && k.contacts.now.role[0].last == 60,
	       "and to its span");
	c = (struct pack_contacts){ .role = { { 10, 40 } }, .opens = { 9 } };
	tap_ok(!stored_add_contacts(&k, &c, WALL), "an old look comes too late");
	c = (struct pack_contacts){};
	tap_ok(!stored_add_contacts(&k, &c, WALL), "an empty record says nothing");

	tap_ok(stored_add_verified(&k, &p, h, 2), "verified: the first look is news");
	tap_ok(!stored_add_verified(&k, &p, h, 2), "the second is not");
	p = (struct pack_verified){ .talk = { 300, 300 }, .talk_hours = 1, .bad_acks = 1 };
	h[0] = (struct pack_hour){ .hour = 6, .n[NOLIST_EVENT_GREETED_WEAK] = 1 };
	tap_ok(stored_add_verified(&k, &p, h, 1) && !stored_add_verified(&k, &p, h, 1),
	       "a record that was freed and came back is news, once");
	tap_ok(k.verified.before_bad_acks == 4 && k.verified.now.bad_acks == 1,
	       "its counts add up");
	tap_ok(k.hours == 2 && hour[1].hour == 6 && hour[1].n[NOLIST_EVENT_QUIT] == 1 &&
		       hour[1].n[NOLIST_EVENT_GREETED_WEAK] == 1,
	       "an hour that it left and came back in is one");
	tap_ok(!hour[0].seen && !hour[1].seen, "an hour that is not known has no mark");
	p = (struct pack_verified){ .talk = { 6 * H - 100, 6 * H - 50 }, .talk_hours = 1 };
	tap_ok(stored_add_verified(&k, &p, h, 1) && hour[1].seen == PACK_SEEN_NEW &&
		       !stored_add_verified(&k, &p, h, 1),
	       "one in which a record began has one, and that is news");
	for (i = 1; i <= STORED_HOURS + 10; i++) {
		h[0] = (struct pack_hour){ .hour = 6 + i, .n[NOLIST_EVENT_TEMPFAILED] = 1 };
		stored_add_verified(&k, &p, h, 1);
	}
	tap_ok(k.hours == STORED_HOURS && hour[0].hour == 17 &&
		       hour[STORED_HOURS - 1].hour == 16 + STORED_HOURS,
	       "no more hours than fit, the oldest goes");
	h[0].hour = 3;
	tap_ok(!stored_add_verified(&k, &p, h, 1) && k.hours == STORED_HOURS,
	       "and does not come back");
}

static void test_days(void)
{
	struct pack_contacts c = { .role = { { 1, 1 }, { 0, 0 }, { 86400 * 3 + 1, 86400 * 3 + 1 } },
				   .opens = { 1, 0, 1 } };
	struct stored k = {};

	stored_add_contacts(&k, &c, 86400 * 100);
	tap_ok(k.contacts.day == 103 && k.contacts.days[0] == 1 << 3 && !k.contacts.days[1] &&
		       k.contacts.days[2] == 1,
	       "each role has its days");
	c.role[2].last += 86400 * 31;
	stored_add_contacts(&k, &c, 86400 * 100);
	tap_ok(k.contacts.day == 134 && k.contacts.days[2] == (1u << 31 | 1) && !k.contacts.days[0],
	       "the last 32 days of them");
}

/* A table that evicts by itself counts how many it has let go. */
static void test_evicted(void)
{
	struct nolist_stats stats = { .verified_new = 4 };
	struct nolist_verified p = { .real_data = 1 };
	const struct span *lost;
	struct snapshot *t;
	struct evidence *e;
	int i, lru;

	for (lru = 0; lru < 2; lru++) {
		t = tables(1);
		for (i = 0; i < 3; i++) {
			p.real_first_ns = p.real_last_ns = (100 + 100 * i) * NS;
			evidence_add(t, 0,
				     i == 0 ? "192.0.2.1" : i == 1 ? "192.0.2.2" : "192.0.2.3",
				     NULL, &p);
		}
		snapshot_set_stats(t, 0, &stats, NS, 1000 * NS);
		if (lru)
			snapshot_set_lru(t, 0);
		e = open_tables(t);
		tap_ok(evidence_gaps(e, &lost) == (size_t)lru, "a record is missing: %s",
		       lru ? "the table let it go" : "it was freed");
		if (lru)
			tap_ok(lost[0].first <= WALL + 1 && lost[0].last == WALL + 200,
			       "what it let go is from before half of the others were there last");
		evidence_free(e);
	}
}

/* What the i-th of many did: in up to eight hours, some with data to the real MX. */
static void add_nth(struct snapshot *t, unsigned int i)
{
	struct nolist_verified p = { .high_first_ns = 1,
				     .high_last_ns = (i + 1) * NS,
				     .hours = i % (NOLIST_HOURS + 1) };
	/* A SYN in an hour of its own; of a verified source each hour is known. */
	__u64 open_ns = (i % 7 + 1) * 3600 * NS;
	struct nolist_contacts c = {
		.low = { .first_ns = open_ns, .last_ns = open_ns, .opens = 1 }
	};
	unsigned int k;
	char text[64];

	for (k = 0; k < p.hours; k++)
		p.hour[(k + 1) % NOLIST_HOURS] =
			(struct nolist_hour){ .hour = k + 1, .n[NOLIST_EVENT_TEMPFAILED] = i & 0xff,
					      .n[NOLIST_EVENT_TEMPFAILED_WEAK] = 1 };
	if (i % 3 == 0)
		p.real_first_ns = p.real_last_ns = (i % 5 + 1) * 3600 * NS;
	snprintf(text, sizeof(text), "10.0.%u.%u", i >> 8, i & 0xff);
	evidence_add(t, 0, text, NULL, &p);
	evidence_add(t, 0, text, &c, NULL);
}

static bool is_nth(const struct record *r, unsigned int i)
{
	unsigned int k, hours = i % (NOLIST_HOURS + 1);
	bool is_new;

	if (r->src.addr.b[14] != i >> 8 || r->src.addr.b[15] != (i & 0xff) || r->hours != hours ||
	    r->data_hours != (i % 3 == 0) || r->talk.last != WALL + i + 1)
		return false;
	if (r->data_hours && r->data_hour[0] != WALL + (i % 5 + 1) * H)
		return false;
	/* In the first hour of its dialogues it was new. */
	is_new = hours > 0;
	if (r->open_hours != is_new + 1u || r->open_hour[is_new].roles != 1u << RECORD_LOW ||
	    r->open_hour[is_new].start != WALL + (i % 7 + 1) * H)
		return false;
	if (is_new && (r->open_hour[0].roles != 1u << RECORD_NEW || r->open_hour[0].start != WALL))
		return false;
	for (k = 0; k < hours; k++)
		if (r->hour[k].start != WALL + k * H ||
		    r->hour[k].n[NOLIST_EVENT_TEMPFAILED] != (i & 0xff))
			return false;
	return true;
}

/* How many of the first n records are right. */
static unsigned int walk(struct evidence *e, enum evidence_kind kind, unsigned int n)
{
	unsigned int i, good = 0, step = kind == EVIDENCE_DATA ? 3 : 1;
	struct record r;

	if (evidence_start(e, kind))
		tap_die("evidence_start");
	for (i = 0; i < n && evidence_next(e, &r) > 0; i++)
		good += is_nth(&r, step * i);
	return good;
}

#define MANY 9000

/*
 * A thread reads records before the caller takes them. Were one given away too early,
 * a source would be judged by what another did.
 */
static void test_long_walks(void)
{
	const unsigned int ends[] = { 0, 1, 127, 128, 129, 511, 512, 513, 640, 5000, MANY };
	struct snapshot *t = tables(1);
	struct nolist_source src;
	struct evidence *e;
	struct record r;
	unsigned int i;

	for (i = 0; i < MANY; i++)
		add_nth(t, i * 1009 % MANY);
	e = open_tables(t);
	tap_ok(walk(e, EVIDENCE_VERIFIED, UINT_MAX) == MANY,
	       "%d sources, in order, each with its hours", MANY);
	tap_ok(evidence_next(e, &r) == 0 && evidence_next(e, &r) == 0, "the end stays the end");
	tap_ok(walk(e, EVIDENCE_DATA, UINT_MAX) == MANY / 3, "a third of them carried data");
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		tap_ok(walk(e, EVIDENCE_ALL, ends[i]) == ends[i], "a walk that ends after %u", ends[i]);
	walk(e, EVIDENCE_ALL, 200);
	src = evidence_source("10.0.1.2");
	tap_ok(evidence_find(e, &src, &r) == 1 && is_nth(&r, 258), "a source found ends a walk");
	walk(e, EVIDENCE_ALL, 200);
	evidence_free(e);
}

int main(void)
{
	test_evicted();
	test_long_walks();
	test_merge();
	test_odd_times();
	test_stored();
	test_days();
	return tap_done();
}
