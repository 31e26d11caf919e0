// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots that two threads fill, and one of them reads: in order, each once, whatever takes longer, and
 * a slot is written by one of them only. Why it matters: the rows of a list come through them, and one
 * that is lost or comes late is an innocent source on it, or a list out of order.
 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "selftests/lib/tap.h"
#include "user/base/prefetch.h"

#define SLOTS 8
#define LAST 4000 /* the number of the last slot that is filled */

static struct {
	unsigned int next; /* of the fill function, as are the numbers that it gives */
	unsigned int number[SLOTS];
	unsigned int worked[SLOTS]; /* the number once more, by the work function */
	pthread_t writer[SLOTS];
	bool is_written[SLOTS];
	atomic_int filling;
	atomic_bool is_foreign, is_twice; /* a slot was written by both threads; two were filled at once */
	unsigned int pause_fill, pause_work, pause_read; /* one in so many waits */
} test;

static void dawdle(unsigned int number, unsigned int one_in)
{
	if (one_in && number % one_in == 0)
		usleep(50);
}

static void by(unsigned int slot)
{
	if (test.is_written[slot] && !pthread_equal(test.writer[slot], pthread_self()))
		test.is_foreign = true;
	test.writer[slot] = pthread_self();
	test.is_written[slot] = true;
}

static bool fill(void *arg, unsigned int slot)
{
	(void)arg;
	if (atomic_fetch_add(&test.filling, 1))
		test.is_twice = true;
	by(slot);
	test.number[slot] = test.next++;
	dawdle(test.next, test.pause_fill);
	atomic_fetch_sub(&test.filling, 1);
	return test.number[slot] != LAST;
}

static void work(void *arg, unsigned int slot)
{
	(void)arg;
	by(slot);
	dawdle(test.number[slot], test.pause_work);
	test.worked[slot] = test.number[slot];
}

/* Reads up to so many slots: how many came in order, and worked on. */
static unsigned int read_slots(struct prefetch *p, unsigned int most, bool has_work)
{
	unsigned int i, slot;

	for (i = 0; i < most; i++) {
		slot = prefetch_take(p);
		if (slot >= SLOTS || test.number[slot] != i || (has_work && test.worked[slot] != i))
			break;
		dawdle(i, test.pause_read);
		if (i != LAST)
			prefetch_give(p);
	}
	prefetch_stop(p);
	return i;
}

static void walk(const char *what, bool wants_thread, bool has_work, unsigned int most)
{
	struct prefetch p;

	test.next = 0;
	test.is_foreign = test.is_twice = false;
	memset(test.is_written, 0, sizeof(test.is_written));
	memset(test.worked, 0xff, sizeof(test.worked));
	prefetch_init(&p);
	prefetch_start(&p, SLOTS, wants_thread, fill, has_work ? work : NULL, NULL);
	tap_ok(read_slots(&p, most, has_work) == most, "%s: all come, in order", what);
	tap_ok(!test.is_foreign && !test.is_twice, "%s: one fills at a time, and each its own slots", what);
}

int main(void)
{
	walk("no thread", false, true, LAST + 1);
	walk("no work", true, false, LAST + 1);
	walk("as quick as can be", true, true, LAST + 1);
	test.pause_fill = 3;
	walk("slow to fill", true, true, LAST + 1);
	test.pause_work = 2;
	walk("slow to work", true, true, LAST + 1);
	test.pause_fill = 0;
	test.pause_read = 2;
	walk("slow to read", true, true, LAST + 1);
	walk("given up", true, true, LAST / 2);
	return tap_done();
}
