// SPDX-License-Identifier: GPL-2.0-only
/*
 * The history in the store: what was committed counts once, and nothing else; two years of it stay
 * small. Why it matters: a report that counts what a killed collect has not stored is a lie, and
 * the disk of a mail host is not for statistics.
 */
#include "selftests/lib/scratch.h"
#include "user/base/failure.h"
#include "user/base/text.h"

#define NOW 1790000000ll
#define HOUR (NOW / HOUR_S)

static uint64_t found[STORE_COUNTS];
static unsigned int rows;

static int on_count(enum store_count kind, int64_t hour, uint64_t count, void *arg)
{
	(void)arg;
	(void)hour;
	found[kind] += count;
	rows++;
	return 0;
}

/* How much there is of a kind from one hour to another one. */
static uint64_t counted(enum store_count kind, int64_t from, int64_t to)
{
	struct store *s = scratch_open(STORE_READ);

	memset(found, 0, sizeof(found));
	rows = 0;
	if (store_each_count(s, from, to, on_count, NULL))
		tap_die("cannot read the history");
	store_close(s);
	return found[kind];
}

static void add(enum store_count kind, int64_t hour, uint64_t count, bool is_most, bool is_committed)
{
	struct store *s = scratch_open(STORE_NOTE);

	if (store_begin(s) || (is_most ? store_count_most : store_count_more)(s, kind, hour, count) ||
	    (is_committed && store_commit(s)))
		tap_die("cannot write the history");
	store_close(s);
}

static void test_counts(void)
{
	scratch_fresh("counts");
	add(COUNT_LOW, HOUR, 3, false, true);
	add(COUNT_LOW, HOUR, 4, false, true);
	add(COUNT_LOW, HOUR, 100, false, false);
	tap_ok(counted(COUNT_LOW, HOUR, HOUR) == 7, "what is not committed does not count");
	add(COUNT_BACK, HOUR, 9, true, true);
	add(COUNT_BACK, HOUR, 5, true, true);
	tap_ok(counted(COUNT_BACK, HOUR, HOUR) == 9, "the larger of two answers counts");
	add(COUNT_LOW, HOUR + 1, 1, false, true);
	add(COUNT_LOW, HOUR + 2, 0, false, true);
	tap_ok(counted(COUNT_LOW, HOUR + 1, HOUR + 2) == 1, "hours are apart");
	tap_ok(rows == 1, "and nothing takes no row");
	add(COUNT_DATA, HOUR, UINT64_MAX, false, true);
	add(COUNT_DATA, HOUR, INT64_MAX, false, true);
	tap_ok(counted(COUNT_DATA, HOUR, HOUR) == 4000000000000000000ll, "a number stays a number");
	scratch_sql("INSERT INTO history VALUES (4711, 1, 1)");
	tap_ok(counted(COUNT_LOW, 1, HOUR) == 7, "kinds that only a newer tool knows are left out");
	scratch_sql("UPDATE history SET count = 'many' WHERE kind = 0");
	{
		struct store *s = scratch_open(STORE_READ);

		tap_ok(store_each_count(s, 0, INT32_MAX, on_count, NULL) == -EBADMSG,
		       "a damaged row is told");
		store_close(s);
	}
}

static void fill(void)
{
	struct store *s = scratch_open(STORE_WRITE);
	int64_t hour, before;
	int kind;

	if (store_begin(s))
		tap_die("cannot begin");
	for (kind = 0; kind < STORE_COUNTS; kind++)
		for (hour = HOUR - 3 * 366 * 24; hour <= HOUR; hour++)
			if (store_count_more(s, kind, hour, 100000 + kind))
				tap_die("cannot fill");
	/* A clock that was wrong for a while. */
	if (store_count_more(s, COUNT_LOW, HOUR * 2, 1) ||
	    store_prune(s, NOW, true, 1ull << 40, &before) || store_commit(s))
		tap_die("cannot prune");
	store_close(s);
}

static void test_bounds(void)
{
	struct stat st;

	scratch_fresh("bounds");
	fill();
	counted(COUNT_LOW, 0, HOUR * 2);
	tap_ok(rows == STORE_COUNTS * (STORE_HISTORY_HOURS + 1), "two years stay, also after three");
	scratch_sql("VACUUM");
	if (stat(scratch_file, &st))
		tap_die(scratch_file);
	tap_ok(st.st_size < 5 << 20, "of all kinds in each hour: %lld KiB",
	       (long long)st.st_size / 1024);
}

int main(void)
{
	scratch_begin();
	test_counts();
	test_bounds();
	return scratch_end();
}
