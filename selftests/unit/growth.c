// SPDX-License-Identifier: GPL-2.0-only
/*
 * Growth of lists: how many may be added, counted by the day and not by the dump,
 * and which come first. Too many at once is how a fault in the evidence would get on
 * a list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/lib/tap.h"
#include "user/lists/admission.h"
#include "user/lists/growth.h"

#define DAY 86400
#define NOW (1700000000ll)

static struct rules rules;
static char state[64]; /* the state directory */

static void test_first(void)
{
	struct growth g = {};

	tap_ok(growth_limit(&g, &rules, false, 0, NOW) == GROWTH_ALL, "a new list takes in all");
	tap_ok(growth_limit(&g, &rules, true, 0, NOW) == GROWTH_ALL, "also where an empty file is");
	tap_ok(growth_limit(&g, &rules, true, 10, NOW) == 1000,
	       "one that was there before there was a store does not");
	g.is_known = true;
	tap_ok(growth_limit(&g, &rules, true, 0, NOW) == GROWTH_ALL,
	       "one that was empty so far takes in all");
	g.was = (struct store_list){ .since = NOW - DAY + 1, .entries = 5000, .grown = 5000 };
	tap_ok(growth_limit(&g, &rules, true, 5000, NOW) == GROWTH_ALL, "and so it does for a day");
	g.was.since = NOW - DAY;
	tap_ok(growth_limit(&g, &rules, true, 5000, NOW) == 0, "not longer");
	g.was.since = NOW + 1;
	tap_ok(growth_limit(&g, &rules, true, 5000, NOW) == 0, "nor when the clock was set back");
}

static void test_limit(void)
{
	struct growth g = { .is_known = true };

	g.was = (struct store_list){ .since = NOW - 9 * DAY, .entries = 10000 };
	tap_ok(growth_limit(&g, &rules, true, 10000, NOW) == 2000, "a fifth of a long list");
	tap_ok(growth_limit(&g, &rules, true, 4999, NOW) == 1000, "1000 of a short one");
	g.was.grown = 1500;
	tap_ok(growth_limit(&g, &rules, true, 11500, NOW) == 500, "of the day the rest");
	tap_ok(growth_limit(&g, &rules, true, 12000, NOW) == 600,
	       "a list does not grow by what it has grown");
	g.was.grown = 2500;
	tap_ok(growth_limit(&g, &rules, true, 12500, NOW) == 0, "then none");
	tap_ok(growth_limit(&g, &rules, false, 0, NOW) == 10000, "a file that has gone comes back");
	rules.growth = rules.growth_min = 0;
	tap_ok(growth_limit(&g, &rules, true, 100, NOW) == 0, "0 percent are none");
	rules_init(&rules);
	g.was = (struct store_list){ .since = 1, .entries = 1ull << 32 };
	tap_ok(growth_limit(&g, &rules, true, 1ull << 32, NOW) == (1ull << 32) / 5,
	       "it counts further than anybody will");
}

static struct store_list list_of(int64_t time, uint64_t entries)
{
	return (struct store_list){ .time = time, .entries = entries, .held = { 1, 2, 3, 4, 5 } };
}

static bool note(struct growth *g, const char *file, int64_t time, uint64_t entries, int64_t added)
{
	struct store_list is = list_of(time, entries);

	return !growth_read(g, state, file, time) && !growth_note(g, state, &is, added);
}

static void test_notes(const char *top)
{
	char file[256], other[300];
	struct growth g;

	snprintf(file, sizeof(file), "%s/list", top);
	snprintf(other, sizeof(other), "%s/../%s/list", top, strrchr(top, '/') + 1);
	tap_ok(!growth_read(&g, state, file, NOW) && !g.is_known, "without a store nothing is known");
	tap_ok(note(&g, file, NOW, 0, 0), "a list is noted");
	tap_ok(!growth_read(&g, state, file, NOW) && g.is_known && !g.was.since && g.was.held[4] == 5,
	       "and known");
	tap_ok(note(&g, file, NOW + 10, 7, 7) && !growth_read(&g, state, other, NOW + 20) && g.is_known &&
		       g.was.since == NOW + 10 && g.was.entries == 7 && g.was.grown == 7,
	       "its first entry, by whatever name it is called");
	tap_ok(note(&g, file, NOW + DAY, 9, 2) && !growth_read(&g, state, file, NOW + DAY) &&
		       g.was.grown == 9 && g.was.since == NOW + 10, "a day's additions add up");
	tap_ok(!growth_read(&g, state, file, NOW + DAY + 10) && g.was.grown == 2, "then they are over");
	tap_ok(note(&g, file, NOW + DAY + 20, 9, -2) && !growth_read(&g, state, file, NOW + DAY + 20) &&
		       g.was.grown == 0, "what was not added can be taken back");
	tap_ok(!growth_read(&g, state, file, NOW - DAY) && g.was.grown == 0,
	       "what is of a later time does not count");
	snprintf(file, sizeof(file), "%s/other", top);
	tap_ok(!growth_read(&g, state, file, NOW) && !g.is_known, "each list by itself");
	tap_ok(note(&g, file, NOW, 50, 3) && !growth_read(&g, state, file, NOW) && g.was.since == NOW - DAY,
	       "one that was there before has been for long");
	snprintf(file, sizeof(file), "%s/none/list", top);
	tap_ok(!growth_read(&g, state, file, NOW) && !*g.path, "no directory, no note");
}

static struct judged judged(const char *text, unsigned int strong, unsigned int weak, int64_t until)
{
	struct judged of = { .v = { .strong = strong, .weak = weak, .until = until } };
	struct nolist_addr addr;

	if (addr_parse(text, &addr))
		tap_die(text);
	of.r.src = addr_source(&addr);
	return of;
}

static void test_strength(void)
{
	const struct judged all[] = {
		judged("192.0.2.1", 2, 0, NOW), judged("192.0.2.2", 2, 0, NOW + 1),
		judged("192.0.2.3", 3, 0, NOW), judged("192.0.2.4", 0, 9, NOW + 9),
		judged("192.0.2.5", 2, 1, NOW), judged("2001:db8::", 2, 0, NOW),
	};
	/* Strongest first. */
	static const unsigned char order[] = { 2, 4, 1, 0, 5, 3 };
	size_t limit, i, bad = 0;

	for (limit = 0; limit <= 6; limit++) {
		struct admission a = {};

		for (i = 0; i < 6; i++)
			if (admission_new(&a, &all[i]))
				tap_die("admit_new");
		admission_limit(&a, limit);
		for (i = 0; i < 6; i++)
			bad += admission_waits(&a, &all[order[i]].r.src) != (i >= limit);
		bad += a.waits != 6 - limit;
		admission_free(&a);
	}
	tap_ok(!bad, "the strongest evidence comes first, then weak, then the later offence");
}

static void test_many(void)
{
	struct judged of = judged("192.0.2.1", 2, 0, NOW);
	struct admission a = {};
	unsigned int i, bad = 0;

	for (i = 0; i < 10000; i++) {
		of.r.src.addr.b[14] = i >> 8;
		of.r.src.addr.b[15] = i;
		of.v.strong = i % 7;
		if (admission_new(&a, &of) || (i % 3 == 0 && admission_retain(&a, &of.r.src)))
			tap_die("memory");
	}
	admission_limit(&a, 1000);
	for (i = 0; i < 10000; i++) {
		of.r.src.addr.b[14] = i >> 8;
		of.r.src.addr.b[15] = i;
		bad += admission_is_retained(&a, &of.r.src) != (i % 3 == 0);
		bad += !admission_waits(&a, &of.r.src) && i % 7 != 6;
	}
	tap_ok(!bad && a.waits == 9000, "ten thousand are distinguished");
	admission_free(&a);
}

int main(void)
{
	char top[] = "/tmp/unit_growth.XXXXXX";

	if (!mkdtemp(top))
		tap_die("mkdtemp");
	snprintf(state, sizeof(state), "%s/state", top);
	rules_init(&rules);
	test_first();
	test_limit();
	test_notes(top);
	test_strength();
	test_many();
	if (fork() == 0)
		execlp("rm", "rm", "-rf", top, NULL);
	wait(NULL);
	return tap_done();
}
