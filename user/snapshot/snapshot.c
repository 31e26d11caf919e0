// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each epoch there are two sorted runs (sorted.h) of encoded records: contacts and
 * verified evidence.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/addr.h"
#include "user/base/array.h"
#include "user/record/ranges.h"
#include "user/record/sparse.h"
#include "user/snapshot/private.h"

#define CONTACTS_WORDS (sizeof(struct pack_contacts) / 4)
#define VERIFIED_WORDS (sizeof(struct pack_verified) / 4)
#define HOUR_WORDS (sizeof(struct pack_hour) / 4)

#define VERIFIED_MAX (SPARSE_MAX(VERIFIED_WORDS) + NOLIST_HOURS * SPARSE_MAX(HOUR_WORDS))
_Static_assert(VERIFIED_MAX <= SORTED_RECORD_MAX, "fits");

int snapshot_new(struct snapshot **sp)
{
	*sp = calloc(1, sizeof(**sp));
	return *sp ? 0 : -ENOMEM;
}

void snapshot_free(struct snapshot *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < s->epochs; i++) {
		sorted_free(&s->tables[i].contacts.sorted);
		sorted_free(&s->tables[i].verified.sorted);
		free(s->tables[i].contacts.last);
		free(s->tables[i].verified.last);
	}
	free(s->tables);
	free(s);
}

void snapshot_set_only(struct snapshot *s, const struct ranges *only)
{
	s->only = only;
}

void snapshot_set_looked_up(struct snapshot *s, const struct ranges *only)
{
	s->only = only;
	s->is_looked_up = true;
}

bool snapshot_is_looked_up(const struct snapshot *s)
{
	return s->is_looked_up && s->epochs;
}

int snapshot_add_epoch(struct snapshot *s, const struct epoch *epoch)
{
	struct tables *grown = reallocarray(s->tables, s->epochs + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->tables = grown;
	s->tables[s->epochs] = (struct tables){ .epoch = *epoch };
	return s->epochs++;
}

int snapshot_epochs(const struct snapshot *s)
{
	return s->epochs;
}

const struct epoch *snapshot_epoch(const struct snapshot *s, int epoch)
{
	return &s->tables[epoch].epoch;
}

void snapshot_set_tests(struct snapshot *s, int epoch, const uint32_t test[NOLIST_TEST_MAX])
{
	memcpy(s->tables[epoch].test, test, sizeof(s->tables[epoch].test));
}

static void see_real(uint32_t real_s[2], int family, uint32_t at)
{
	if (at > real_s[family])
		real_s[family] = at;
}

/* The same for a source, unless it is one of tests. */
static void see_source(const struct tables *t, uint32_t real_s[2], const struct nolist_source *src,
		       uint32_t at)
{
	int family = !addr_is_ip4(&src->addr);

	if (at > real_s[family] && !nolist_is_test(t->test, src->addr.q[0], src->addr.q[1]))
		real_s[family] = at;
}

/* When something was last; the last time may not be written yet. */
static uint32_t last_of(uint64_t first_ns, uint64_t last_ns)
{
	return pack_second(last_ns ? last_ns : first_ns);
}

/* A record that may not be kept: what has to be known of all of them. */
static int pass_over(struct half *h, bool wants_last, uint32_t last)
{
	if (wants_last && array_grow(&h->last, h->all, sizeof(*h->last)))
		return -ENOMEM;
	if (wants_last)
		h->last[h->all] = last;
	h->all++;
	return 0;
}

static uint32_t contacts_last(const struct nolist_contacts *c)
{
	return snapshot_later(last_of(c->low.first_ns, c->low.last_ns),
		     snapshot_later(last_of(c->real.first_ns, c->real.last_ns),
			   last_of(c->high.first_ns, c->high.last_ns)));
}

static int add_contacts(struct snapshot *s, struct tables *t, const struct nolist_source *src,
			const struct nolist_contacts *contacts)
{
	const struct ranges *only = s->only;
	struct half *h = &t->contacts;
	unsigned char record[SPARSE_MAX(CONTACTS_WORDS)];
	struct pack_key key = pack_key(src);
	struct pack_contacts c;
	bool wants_last = only && snapshot_may_have_evicted(t);
	int error = s->is_looked_up ? 0 :
		    pass_over(h, wants_last, wants_last ? contacts_last(contacts) : 0);

	see_source(t, h->real_s, src, last_of(contacts->real.first_ns, contacts->real.last_ns));
	if (error || (only && !ranges_have(only, &key)))
		return error;
	c = pack_contacts(contacts);
	return sorted_add(&h->sorted, &key, record, sparse_encode(record, &c, CONTACTS_WORDS));
}

static uint32_t verified_last(const struct nolist_verified *v)
{
	return snapshot_later(last_of(v->real_first_ns, v->real_last_ns),
		     last_of(v->high_first_ns, v->high_last_ns));
}

static int add_verified(struct snapshot *s, struct tables *t, const struct nolist_source *src,
			const struct nolist_verified *verified)
{
	const struct ranges *only = s->only;
	struct half *h = &t->verified;
	unsigned char record[VERIFIED_MAX];
	struct pack_hour hour[NOLIST_HOURS];
	struct pack_key key = pack_key(src);
	unsigned int i, hours;
	struct pack_verified v;
	bool wants_last = only && t->stats.is_lru;
	int error = s->is_looked_up ? 0 :
		    pass_over(h, wants_last, wants_last ? verified_last(verified) : 0);
	size_t size;

	see_source(t, h->real_s, src, last_of(verified->real_first_ns, verified->real_last_ns));
	if (error || (only && !ranges_have(only, &key)))
		return error;
	v = pack_verified(verified, hour, &hours);
	size = sparse_encode(record, &v, VERIFIED_WORDS);
	for (i = 0; i < hours; i++)
		size += sparse_encode(record + size, &hour[i], HOUR_WORDS);
	return sorted_add(&h->sorted, &key, record, size);
}

int snapshot_add(struct snapshot *s, int epoch, const struct nolist_source *src,
		 const struct nolist_contacts *contacts, const struct nolist_verified *verified)
{
	struct tables *t = &s->tables[epoch];
	int error = contacts ? add_contacts(s, t, src, contacts) : 0;

	return !error && verified ? add_verified(s, t, src, verified) : error;
}

bool snapshot_wants_sample(const struct snapshot *s, int epoch)
{
	return snapshot_may_have_evicted(&s->tables[epoch]);
}

int snapshot_add_sample(struct snapshot *s, int epoch, const struct nolist_contacts *contacts)
{
	return pass_over(&s->tables[epoch].contacts, true, contacts_last(contacts));
}

void snapshot_end_sample(struct snapshot *s, int epoch, bool is_whole)
{
	s->tables[epoch].is_whole = is_whole;
}

void snapshot_take_contacts(const struct sorted *t, size_t at, struct snapshot_item *item)
{
	size_t size;
	const unsigned char *bytes = sorted_record(t, at, &size);

	sparse_decode(&item->buffer.contacts, CONTACTS_WORDS, bytes, size);
	item->contacts = &item->buffer.contacts;
}

/* --- sorting ----------------------------------------------------------------- */

static int sort(struct half *h)
{
	int error = h->is_sorted ? 0 : sorted_sort(&h->sorted);

	h->is_sorted = !error;
	return error;
}

int snapshot_sort_contacts(struct snapshot *s, int epoch)
{
	return sort(&s->tables[epoch].contacts);
}

int snapshot_sort_verified(struct snapshot *s, int epoch)
{
	return sort(&s->tables[epoch].verified);
}

void snapshot_set_lru(struct snapshot *s, int epoch)
{
	s->tables[epoch].stats.is_lru = true;
}

void snapshot_set_room(struct snapshot *s, int epoch, unsigned int verified_max, unsigned int spare)
{
	s->tables[epoch].stats.verified_max = verified_max;
	s->tables[epoch].stats.spare = spare;
}

void snapshot_set_contacts_max(struct snapshot *s, int epoch, unsigned int contacts_max)
{
	s->tables[epoch].stats.contacts_max = contacts_max;
}

void snapshot_set_replaced(struct snapshot *s, int epoch)
{
	s->tables[epoch].stats.is_replaced = true;
}

static void sum_up_real(struct tables *t)
{
	int f;

	for (f = 0; f < 2; f++) {
		t->stats.data_s[f] = t->stats.real_s[f] = t->verified.real_s[f];
		see_real(t->stats.real_s, f, t->contacts.real_s[f]);
	}
}

int snapshot_sort(struct snapshot *s)
{
	int i, error = 0;

	for (i = 0; i < s->epochs && !error; i++) {
		error = snapshot_sort_contacts(s, i);
		if (!error)
			error = snapshot_sort_verified(s, i);
		if (!error)
			error = snapshot_count_evicted(s, i);
		if (!error)
			error = snapshot_count_contacts_evicted(s, i);
		sum_up_real(&s->tables[i]);
	}
	return error;
}

/* --- what concerns all sources ----------------------------------------------- */

const struct snapshot_stats *snapshot_stats(const struct snapshot *s, int epoch)
{
	return &s->tables[epoch].stats;
}

void snapshot_add_detached(struct snapshot *s, int epoch, uint64_t from_ns, uint64_t to_ns)
{
	struct snapshot_stats *to = &s->tables[epoch].stats;

	if (to->detacheds == sizeof(to->detached) / sizeof(*to->detached))
		return;
	to->detached[to->detacheds++] = (struct pack_span){
		pack_second(from_ns), to_ns ? pack_second(to_ns) : to->now_s };
}

void snapshot_set_stats(struct snapshot *s, int epoch, const struct nolist_stats *stats,
			uint64_t begin_ns, uint64_t now_ns)
{
	struct snapshot_stats *to = &s->tables[epoch].stats;

	to->begin_s = pack_second(begin_ns);
	to->now_s = pack_second(now_ns);
	to->verified_new = stats->verified_new;
	to->contacts_new = stats->contacts_new;
	to->gaps = (struct gap){
		.to_s = to->now_s,
		.verified_lost = stats->verified_lost,
		.verified_lost_s = pack_second(stats->verified_lost_ns),
		.contacts_lost = stats->contacts_lost,
		.contacts_limited = { stats->contacts_limited[NOLIST_LOW],
				      stats->contacts_limited[NOLIST_REAL],
				      stats->contacts_limited[NOLIST_HIGH] },
	};
	memcpy(to->bad_acks, stats->bad_acks, sizeof(to->bad_acks));
	memcpy(to->real, stats->real, sizeof(to->real));
}

void snapshot_set_changes(struct snapshot *s, int epoch,
			  const struct nolist_change change[NOLIST_CHANGES])
{
	struct snapshot_stats *to = &s->tables[epoch].stats;

	memcpy(to->change, change, sizeof(to->change));
}

/* --- walking ----------------------------------------------------------------- */

void snapshot_start(const struct snapshot *s, int epoch, const struct pack_key *key,
		    struct snapshot_walk *w)
{
	*w = (struct snapshot_walk){ .s = s, .epoch = epoch };
	if (key) {
		w->contacts = sorted_find(&s->tables[epoch].contacts.sorted, key);
		w->verified = sorted_find(&s->tables[epoch].verified.sorted, key);
	}
}

static void take_verified(const struct sorted *t, size_t at, struct snapshot_item *item)
{
	size_t size, part;
	const unsigned char *bytes = sorted_record(t, at, &size);

	part = sparse_decode(&item->buffer.verified, VERIFIED_WORDS, bytes, size);
	while (bytes += part, size -= part)
		part = sparse_decode(&item->buffer.hour[item->hours++], HOUR_WORDS, bytes, size);
	item->verified = &item->buffer.verified;
	item->hour = item->buffer.hour;
}

/* Reads only the mask of the encoded record, since most sources have no data. */
static bool has_data(const struct sorted *t, size_t at)
{
	size_t size;

	_Static_assert(!offsetof(struct pack_verified, data.first), "is the mask's first bit");
	return sorted_record(t, at, &size)[1] & 1;
}

static void take(struct snapshot_walk *w, bool has_contacts, bool has_verified,
		 struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->epoch];

	item->contacts = NULL;
	item->verified = NULL;
	item->hours = 0;
	if (has_contacts)
		snapshot_take_contacts(&t->contacts.sorted, w->contacts++, item);
	if (has_verified)
		take_verified(&t->verified.sorted, w->verified++, item);
}

bool snapshot_next_verified(const struct snapshot_walk *w, struct pack_key *key)
{
	return sorted_key(&w->s->tables[w->epoch].verified.sorted, w->verified, key);
}

bool snapshot_step_to(struct snapshot_walk *w, const struct pack_key *key,
		      struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->epoch];
	bool has_contacts = sorted_step_to(&t->contacts.sorted, &w->contacts, key);
	bool has_verified = sorted_step_to(&t->verified.sorted, &w->verified, key);

	item->key = *key;
	take(w, has_contacts, has_verified, item);
	return has_contacts || has_verified;
}

bool snapshot_next(struct snapshot_walk *w, struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->epoch];
	struct pack_key c, v;
	bool has_v, has_c;

	while (w->has_data && w->verified < sorted_count(&t->verified.sorted) &&
	       !has_data(&t->verified.sorted, w->verified))
		w->verified++;
	has_v = sorted_key(&t->verified.sorted, w->verified, &v);
	if (w->is_verified)
		return has_v && snapshot_step_to(w, &v, item);
	has_c = sorted_key(&t->contacts.sorted, w->contacts, &c);
	if (!has_c && !has_v)
		return false;
	item->key = !has_v || (has_c && pack_compare(&c, &v) < 0) ? c : v;
	take(w, has_c && !pack_compare(&c, &item->key), has_v && !pack_compare(&v, &item->key),
	     item);
	return true;
}
