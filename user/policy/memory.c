// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each key has four places. The oldest one is given up for a new key, unless it is of the last
 * day: so a flood of strangers pushes nobody out, and what finds no place passes.
 */
#include "user/policy/mapped.h"
#include "user/policy/memory.h"

static const char magic[16] = "nolist-policy 1";

int memory_map(struct memory **mp, int fd, bool is_written)
{
	void *at;
	int error = mapped_open(&at, fd, sizeof(**mp), magic, is_written);

	*mp = at;
	return error;
}

void memory_unmap(struct memory *m)
{
	mapped_close(m, sizeof(*m));
}

/* A time in the future is as good as now. */
static int64_t age(const struct memory_entry *e, int64_t now)
{
	return now > e->last ? now - e->last : 0;
}

int64_t memory_first(const struct memory *m, uint64_t key, int64_t now)
{
	const struct memory_entry *e = m->set[mapped_set(key, MEMORY_SETS)];
	int i;

	for (i = 0; i < MEMORY_WAYS; i++, e++)
		if (e->key == key && key && age(e, now) <= POLICY_REMEMBERS_S)
			return e->first;
	return 0;
}

bool memory_note(struct memory *m, uint64_t key, int64_t now)
{
	struct memory_entry *e = m->set[mapped_set(key, MEMORY_SETS)], *old = e;
	int i;

	if (!key)
		return false;
	for (i = 0; i < MEMORY_WAYS; i++, e++) {
		if (e->key == key && now - e->first <= POLICY_REMEMBERS_S) {
			e->last = now;
			return true;
		}
		if (e->key == key || !e->key) {
			old = e;
			break;
		}
		if (age(e, now) > age(old, now))
			old = e;
	}
	if (old->key && old->key != key && age(old, now) <= POLICY_LATELY_S)
		return false;
	old->key = 0;
	old->first = old->last = now;
	__atomic_store_n(&old->key, key, __ATOMIC_RELEASE);
	return true;
}
