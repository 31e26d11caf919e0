// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table for both: a source's key and its network's differ by a bit that no address has.
 */
#include <stdlib.h>

#include "user/base/text.h"
#include "user/policy/mapped.h"
#include "user/policy/throttle.h"

#define WAYS 4
#define SETS (1 << 16)
#define OF_NETWORK (1ull << 62)

struct entry {
	uint64_t key;
	uint32_t hour; /* since 1970; of another one nothing counts */
	uint32_t n[THROTTLE_WHATS];
};

struct throttle {
	struct entry set[SETS][WAYS];
};

struct throttle *throttle_new(void)
{
	return calloc(1, sizeof(struct throttle));
}

void throttle_free(struct throttle *t)
{
	free(t);
}

static uint64_t key_of(uint64_t key, int by)
{
	return by == THROTTLE_NETWORK ? key ^ OF_NETWORK : key;
}

static uint32_t weight(const struct entry *e, uint32_t hour)
{
	return e->hour != hour ? 0 : e->n[0] + e->n[1];
}

static struct entry *place_of(struct throttle *t, uint64_t key, uint32_t hour)
{
	struct entry *e = t->set[mapped_set(key, SETS)], *least = e;
	int i;

	for (i = 0; i < WAYS && e->key != key; i++, e++)
		if (weight(e, hour) < weight(least, hour))
			least = e;
	e = i < WAYS ? e : least;
	if (e->key != key || e->hour != hour)
		*e = (struct entry){ .key = key, .hour = hour };
	return e;
}

void throttle_count(struct throttle *t, const uint64_t key[THROTTLE_BYS], bool is_connection, int64_t now)
{
	struct entry *e;
	int by;

	for (by = 0; by < THROTTLE_BYS; by++) {
		e = place_of(t, key_of(key[by], by), now / HOUR_S);
		e->n[THROTTLE_RECIPIENTS] += e->n[THROTTLE_RECIPIENTS] < UINT32_MAX / 2;
		e->n[THROTTLE_CONNECTIONS] += is_connection && e->n[THROTTLE_CONNECTIONS] < UINT32_MAX / 2;
	}
}

static bool is_over(const struct throttle *t, const struct snapshot_site *site, uint64_t key, int by,
		    uint32_t hour)
{
	const struct entry *e = t->set[mapped_set(key, SETS)];
	int i, what;

	for (i = 0; i < WAYS; i++, e++)
		for (what = 0; what < THROTTLE_WHATS && e->key == key && e->hour == hour; what++)
			if (site->throttle[what][by] && e->n[what] > site->throttle[what][by])
				return true;
	return false;
}

bool throttle_is_over(const struct throttle *t, const struct snapshot_site *site,
		      const uint64_t key[THROTTLE_BYS], int64_t now)
{
	int by;

	for (by = 0; by < THROTTLE_BYS; by++)
		if (is_over(t, site, key_of(key[by], by), by, now / HOUR_S))
			return true;
	return false;
}
