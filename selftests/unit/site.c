// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for all sources, with made-up time: when the real MX counts as
 * unhealthy or unseen, and when it is learning. While it is down the best
 * sender looks like a bot, so that no grace may run then.
 */
#include "selftests/lib/tap.h"
#include "user/judge/verdict.h"

#define H HOUR_S
#define D (24 * H)
#define NOW 1700006400ll /* a full hour */
#define WEEK (8 * 24)

static struct real_hour hours[2 * WEEK];
static struct rules rules;
static struct site site;

/* So many connections in each of the last hours, none of them without data. */
static void history(int n, uint32_t each, int64_t now)
{
	int i;

	site_free(&site);
	site = (struct site){ .family[0].hour = hours, .family[0].hours = n };
	for (i = 0; i < n; i++)
		hours[i] = (struct real_hour){ now - (n - i) * (int64_t)H, each, each };
}

static void cut(int at, int n)
{
	struct site_family *f = &site.family[0];

	f->hours -= n;
	memmove(&hours[at], &hours[at + n], (f->hours - at) * sizeof(*hours));
}

/* How many hours were unhealthy, as of now. */
static int unhealthy(int64_t now)
{
	const struct site_family *f = &site.family[0];
	int64_t s = 0;
	size_t i;

	if (site_ready(&site, &rules, now))
		tap_die("site_ready");
	for (i = 0; i < f->n_unhealthy; i++)
		s += f->unhealthy[i].last - f->unhealthy[i].first + 1;
	return (s + H / 2) / H;
}

static void test_opens(void)
{
	history(48, 10, NOW);
	tap_ok(!unhealthy(NOW) && !site_is_unhealthy(&site, 0, NOW),
	       "each connection carries data: healthy");
	hours[40].data = 5;
	tap_ok(!unhealthy(NOW), "half of an hour's carried data: healthy");
	hours[40].data = 4;
	tap_ok(unhealthy(NOW) == 1 && site.family[0].unhealthy[0].first == hours[40].start,
	       "fewer than half: that hour was not");
	tap_ok(unhealthy(NOW - 20 * H) == 0, "as of before it, nothing is known of that");
	tap_ok(!site_is_unhealthy(&site, 0, NOW), "and it is over");
	hours[40] = (struct real_hour){ hours[40].start, 3, 1 };
	tap_ok(!unhealthy(NOW), "three connections are too few to tell");
	hours[40] = (struct real_hour){ hours[40].start, 10, 400 };
	tap_ok(!unhealthy(NOW), "many strangers' data, few known senders: healthy");
	hours[47] = (struct real_hour){ hours[47].start, 9, 1 };
	tap_ok(unhealthy(NOW - H / 2) && site_is_unhealthy(&site, 0, NOW - H / 2),
	       "the hour under way counts at once");
}

static void test_missed(void)
{
	history(WEEK, 2, NOW);
	cut(WEEK - 10, 1);
	tap_ok(unhealthy(NOW) == 1, "an hour without data, which had 14 in the last 7 days");
	tap_ok(site.family[0].unhealthy[0].first == NOW - 10 * H &&
		       site.family[0].unhealthy[0].last == NOW - 9 * H - 1,
	       "from its first to its last second");
	history(WEEK, 1, NOW);
	cut(WEEK - 10, 1);
	tap_ok(!unhealthy(NOW), "which had 7");
	history(WEEK, 2, NOW);
	cut(WEEK - 10, 1);
	rules.real_usual = 14;
	tap_ok(unhealthy(NOW) == 1, "which had as many as real-mx-usual");
	rules.real_usual = 15;
	tap_ok(!unhealthy(NOW), "which had one fewer");
	rules_init(&rules);
	history(WEEK, 2, NOW - 2 * H - 600);
	tap_ok(unhealthy(NOW) == 2 && site_is_unhealthy(&site, 0, NOW),
	       "two hours of silence, and nothing in the hour under way: unhealthy now");
	tap_ok(unhealthy(NOW - 2 * H) == 0, "a few minutes of silence say nothing");
	hours[site.family[0].hours++] = (struct real_hour){ NOW - 600, 0, 1 };
	tap_ok(unhealthy(NOW) == 2 && !site_is_unhealthy(&site, 0, NOW),
	       "with the next data it is over");
	history(2 * WEEK, 12, NOW);
	cut(WEEK, WEEK - 1);
	tap_ok(unhealthy(NOW) == 7 * 24, "away for eight days: after seven the silence is usual");
	site.family[0].hours = 0;
	tap_ok(!unhealthy(NOW), "nothing is known: nothing is wrong");
	history(WEEK, 2, NOW);
	memmove(hours, hours + WEEK - 24, 24 * sizeof(*hours));
	site.family[0].hours = 24;
	cut(14, 1);
	tap_ok(!unhealthy(NOW), "in the first week nothing is usual yet");
}

/* Hours are counted from the boot: another boot's begin at another minute. */
static void test_boots(void)
{
	size_t i;

	history(WEEK, 4, NOW);
	for (i = WEEK - 20; i < WEEK; i++)
		hours[i].start += 1700;
	tap_ok(!unhealthy(NOW + H), "hours of another boot are no gap");
	cut(WEEK - 10, 1);
	tap_ok(unhealthy(NOW) == 1,
	       "and a gap among them is compared with those of the boot before");
}

static void test_learning(void)
{
	struct mx_change change[] = { { NOW - 9 * D, 1 }, { NOW - 8 * D, 1 }, { NOW - 5 * D, 2 },
				      { NOW - 5 * D + H, 3 }, { NOW - 2 * D, 3 }, { NOW - H, 1 } };

	history(0, 0, NOW);
	site.change = change;
	site.changes = 6;
	unhealthy(NOW);
	tap_ok(site.learnings == 3, "three learning times");
	tap_ok(site.learning[0].first == NOW - 9 * D && site.learning[0].last == NOW - 8 * D - 1,
	       "a day after the first load; the same addresses again begin none");
	tap_ok(site.learning[1].last == NOW - 4 * D + H - 1, "two changes in a row: a day after the second");
	tap_ok(site_learning_until(&site, NOW) == NOW - H + D, "back to the first addresses: again");
	unhealthy(NOW - 2 * H);
	tap_ok(!site_learning_until(&site, NOW - 2 * H), "not as of before");
	tap_ok(site.family[0].pauses == 2 && site.family[1].pauses == 2, "no grace runs then");
	rules.learning_s = 0;
	unhealthy(NOW);
	tap_ok(!site.learnings && !site.family[0].pauses, "learning = 0: never");
	rules_init(&rules);
}

static void test_seen(void)
{
	struct record r = { .real.when = { NOW - 100, NOW - 10 } };
	struct record d = { .real.when = { NOW - 3 * D, NOW - 10 }, .data = { NOW - 3 * D, NOW - 2 * D } };

	site_free(&site);
	site = (struct site){ .family[0].has_real = true };
	addr_parse("192.0.2.1", &r.src.addr);
	d.src = r.src;
	site_add(&site, &r, NOW);
	tap_ok(site_seen(&site, 0) == NOW - 10 && site_is_seen(&site, &rules, 0, NOW) &&
	       !site_seen(&site, 1), "where no data was ever seen, SYNs say that it is there");
	site_add(&site, &d, NOW);
	tap_ok(site_seen(&site, 0) == NOW - 2 * D && !site_is_seen(&site, &rules, 0, NOW),
	       "else data alone");
	site.family[0].has_real = false;
	tap_ok(!site_seen(&site, 0), "without a real MX none is seen");
	site = (struct site){ .family[0].has_real = true };
	site_add(&site, &r, NOW - 50);
	tap_ok(site_seen(&site, 0) == NOW - 100, "as of a time between, only the first counts");
}

/* However long ago something was, the hours since then are not counted one by one. */
static void test_long_ago(void)
{
	history(WEEK, 10, NOW);
	hours[0].start = -1000000000000000ll;
	alarm(10);
	tap_ok(unhealthy(NOW) == 7, "after an hour of long ago its week is looked at, and no more");
	hours[0].start = 1;
	tap_ok(unhealthy(INT64_MAX / 2) >= 0, "nor does a clock that is far ahead");
	alarm(0);
}

int main(void)
{
	rules_init(&rules);
	test_opens();
	test_missed();
	test_boots();
	test_learning();
	test_seen();
	site_free(&site);
	test_long_ago();
	return tap_done();
}
