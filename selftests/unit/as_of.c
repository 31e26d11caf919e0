// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was known of a source at an earlier time. A verdict that is shown to a user
 * who was listed must be the one of then: to the hour where hours are kept, and
 * else never against it.
 */
#include "selftests/lib/tap.h"
#include "user/evidence/as_of.h"
#include "user/record/pack.h"

#define H HOUR_S
#define D (24 * H)
#define T0 1700006400ll /* a full hour, and 00:00 of no day */
#define DAY0 (T0 / D)

static struct record known(int64_t first, int64_t last)
{
	return (struct record){ .low.when = { first, last }, .day = last / D };
}

static int64_t low_last(const struct record *r, int64_t now)
{
	return asof_opens(r, RECORD_LOW, now, true).last;
}

static void test_days(void)
{
	struct record r = known(T0, T0 + 30 * D);

	tap_ok(low_last(&r, T0 + 31 * D) == T0 + 30 * D, "later, all is known");
	tap_ok(!low_last(&r, T0 - 1), "before, nothing is");
	tap_ok(low_last(&r, T0 + 9 * D) == T0 + 9 * D, "no days are known: it may have gone on");
	r.days[0] = 1 | 1u << 25 | 1u << 30;
	tap_ok(low_last(&r, T0 + 9 * D) == (DAY0 + 6) * D - 1, "the last day with a SYN, its end");
	tap_ok(low_last(&r, (DAY0 + 5) * D + 60) == (DAY0 + 5) * D + 60, "on that day: up to then");
	tap_ok(low_last(&r, (DAY0 + 5) * D - 1) == (DAY0 + 1) * D - 1,
	       "just before, the one before");
	r.day += 10;
	r.low.when.last += 10 * D;
	r.days[0] = 1;
	tap_ok(low_last(&r, T0 + 30 * D) == (DAY0 + 9) * D - 1,
	       "of days that are not kept any more, the last may have had one");
	tap_ok(low_last(&r, T0 + 5 * D) == T0 + 5 * D, "or the one itself");
	r.day = UINT32_MAX;
	tap_ok(low_last(&r, T0 + 5 * D) == T0 + 5 * D, "also of a day that is far ahead");
}

static void test_hours(void)
{
	int64_t day = (DAY0 + 5) * D;
	struct open_hour hour[] = {
		{ T0, 7 }, { day + 3 * H, 1 }, { day + 5 * H, 2 }, { day + 9 * H, 1 }
	};
	uint32_t data[] = { T0, day + 7 * H };
	struct record r = known(T0, T0 + 30 * D);

	r.days[0] = 1 | 1u << 25 | 1u << 30;
	r.open_hour = hour;
	r.open_hours = 4;
	tap_ok(low_last(&r, T0 + 9 * D) == day + 10 * H - 1, "the last hour with a SYN, its end");
	tap_ok(low_last(&r, day + 9 * H) == day + 9 * H, "in that hour: up to then");
	tap_ok(low_last(&r, day + 9 * H - 1) == day + 4 * H - 1, "before, the one before; not "
								 "another role's");
	tap_ok(asof_opens(&r, RECORD_LOW, T0 + 9 * D, false).last == T0 + 9 * D,
	       "not a replay: the clock was set back, and it may have gone on");
	r.open_hours = 1;
	tap_ok(low_last(&r, T0 + 9 * D) == day + D - 1, "a day without hours is taken to its end");
	r.data = (struct span){ T0, T0 + 30 * D };
	tap_ok(asof_data(&r, T0 + 9 * D, true).last == T0 + 9 * D,
	       "data without hours: up to then");
	r.data_hour = data;
	r.data_hours = 2;
	tap_ok(asof_data(&r, T0 + 9 * D, true).last == day + 8 * H - 1, "else its last hour's end");
	tap_ok(asof_data(&r, day + 7 * H - 1, true).last == T0 + H - 1, "by then");
}

/* That the real MX was seen speaks against others: only what is sure counts. */
static void test_seen(void)
{
	struct open_hour hour[] = { { T0 + D, 2 } };
	struct record r = { .real.when = { T0, T0 + 9 * D },
			    .days = { 0, ~0u, 0 },
			    .day = DAY0 + 9,
			    .open_hour = hour };

	tap_ok(!asof_seen(&r, RECORD_REAL, T0 - 1), "seen: not before the first time");
	tap_ok(asof_seen(&r, RECORD_REAL, T0 + 5 * D) == T0, "then, since days are not enough");
	r.open_hours = 1;
	tap_ok(asof_seen(&r, RECORD_REAL, T0 + 5 * D) == T0 + D, "and in an hour that is known");
	tap_ok(asof_seen(&r, RECORD_REAL, T0 + 9 * D) == T0 + 9 * D, "and at last");
}

/* Hours are stored for verified sources only. */
static void test_stored(void)
{
	struct pack_hour hour[STORED_HOURS];
	struct stored k = { .hour = hour };
	struct pack_contacts c = { .role = { { 100, 100 } }, .opens = { 1 } };
	struct pack_verified p = { .talk = { 50, 50 } };

	tap_ok(!stored_add_opens(&k, &c, 200) && !k.hours, "an unverified source has no hours");
	stored_add_verified(&k, &p, NULL, 0);
	tap_ok(stored_add_opens(&k, &c, 200) && k.hours == 1 && hour[0].seen == PACK_SEEN_LOW,
	       "a verified one has them");
	c.role[0].last = 100 + 2 * H;
	c.role[1] = (struct pack_span){ 100 + 2 * H, 100 + 2 * H };
	stored_add_opens(&k, &c, 200 + 2 * H);
	c.role[0].last = 100 + 5 * H;
	tap_ok(stored_add_opens(&k, &c, 200 + 5 * H) && k.hours == 3 && hour[1].hour == 3 &&
		       hour[1].seen == (PACK_SEEN_LOW | PACK_SEEN_LOW << PACK_REAL),
	       "each hour in which it was looked at, by role");
	tap_ok(!stored_add_opens(&k, &c, 200 + 5 * H), "twice the same is no news");
	k.hours = 0;
	tap_ok(!stored_add_opens(&k, &c, 36 * D + 5 * H) && !k.hours,
	       "nor is what is too old to be kept");
}

/* Which contacts may have been around a time: nothing that is known may be taken for all. */
static void test_around(void)
{
	struct record r = known(T0, T0 + 30 * D);

	tap_ok(asof_before(&r, RECORD_LOW, T0 + 9 * D) == T0 + 9 * D &&
		       asof_after(&r, RECORD_LOW, T0 + 9 * D) == T0 + 9 * D,
	       "around: of the first and the last alone, each time between may be one");
	tap_ok(!asof_before(&r, RECORD_LOW, T0 - 1) && !asof_after(&r, RECORD_LOW, T0 + 31 * D),
	       "none is before the first or after the last");
	r.days[0] = 1 | 1u << 30;
	tap_ok(asof_before(&r, RECORD_LOW, T0 + 9 * D) == (DAY0 + 1) * D - 1 &&
		       asof_after(&r, RECORD_LOW, T0 + 9 * D) == (DAY0 + 30) * D,
	       "where days are known, these");
	r.low.hidden = (struct span){ T0 + 10 * D, T0 + 12 * D };
	tap_ok(asof_before(&r, RECORD_LOW, T0 + 11 * D) == T0 + 11 * D &&
		       asof_before(&r, RECORD_LOW, T0 + 20 * D) == T0 + 12 * D &&
		       asof_after(&r, RECORD_LOW, T0 + 5 * D) == T0 + 10 * D &&
		       low_last(&r, T0 + 11 * D) == T0 + 11 * D,
	       "and any time in which the tables were not read");
}

/* More SYNs than the first and the last: where were the others? */
static void test_hidden(void)
{
	struct pack_hour hour[STORED_HOURS];
	struct stored k = { .hour = hour };
	struct pack_contacts c = { .role = { { 100, 100 } }, .opens = { 1 } };
	struct pack_verified p = { .talk = { 50, 50 } };

	stored_add_verified(&k, &p, NULL, 0);
	stored_add_contacts(&k, &c, 0);
	stored_add_opens(&k, &c, 200);
	c.role[0].last = 100 + 10 * H;
	c.opens[0] = 2;
	k.seen_s = 200;
	stored_add_contacts(&k, &c, 0);
	stored_add_opens(&k, &c, 200 + 10 * H);
	tap_ok(k.hours == 2 && !k.contacts.hidden[0].first, "hidden: one more is the last one");
	c.role[0].last = 100 + 20 * H;
	c.opens[0] = 9;
	k.seen_s = 200 + 18 * H;
	stored_add_contacts(&k, &c, 0);
	stored_add_opens(&k, &c, 200 + 20 * H);
	tap_ok(k.hours == 5 && hour[2].hour == 19 && !k.contacts.hidden[0].first,
	       "read two hours ago: each hour since then");
	c.role[0].last = 100 + 90 * H;
	c.opens[0] = 11;
	k.seen_s = 200 + 30 * H;
	stored_add_contacts(&k, &c, 0);
	stored_add_opens(&k, &c, 200 + 90 * H);
	tap_ok(k.hours == 6 && k.contacts.hidden[0].first == 200 + 30 * H &&
		       k.contacts.hidden[0].last == 100 + 90 * H,
	       "read days ago: it is known from when to when");
}

int main(void)
{
	test_days();
	test_hours();
	test_seen();
	test_stored();
	test_around();
	test_hidden();
	return tap_done();
}
