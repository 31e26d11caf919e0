// SPDX-License-Identifier: GPL-2.0-only
/*
 * As memory.c, each key has four places; but here a flood of strangers costs an alibi, so what finds
 * no place is counted, and becomes a gap.
 */
#include "user/base/text.h"
#include "user/policy/mapped.h"
#include "user/policy/visits.h"

static const char magic[16] = "nolist-visits 1";

int visits_map(struct visits **vp, int fd, bool is_written)
{
	void *at;
	int error = mapped_open(&at, fd, sizeof(**vp), magic, is_written);

	*vp = at;
	return error;
}

void visits_unmap(struct visits *v)
{
	mapped_close(v, sizeof(*v));
}

uint32_t visit_last(const struct visit *v)
{
	return v->last[0] > v->last[1] ? v->last[0] : v->last[1];
}

static struct visit *place_of(struct visits *v, uint64_t key, uint32_t now)
{
	struct visit *e = v->set[mapped_set(key, VISITS_SETS)], *old = e;
	int i;

	for (i = 0; i < VISITS_WAYS; i++, e++) {
		if (e->key == key || !e->key)
			return e;
		if (visit_last(e) < visit_last(old))
			old = e;
	}
	if (visit_last(old) + VISITS_KEPT_S > now)
		return NULL;
	*old = (struct visit){};
	return old;
}

void visits_note(struct visits *v, uint64_t key, int64_t now)
{
	struct visit *e = key ? place_of(v, key, now) : NULL;
	int slot = now / HOUR_S & 1;

	if (key && !e) {
		v->lost++;
		v->lost_last = now;
	}
	if (!e)
		return;
	if (e->first[slot] / HOUR_S != now / HOUR_S)
		e->first[slot] = now;
	e->last[slot] = now;
	__atomic_store_n(&e->key, key, __ATOMIC_RELEASE);
}
