// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packing, and the rule that merges a table's record into what is stored: the same
 * record by maximum, a later record by sum.
 */
#include <endian.h>
#include <string.h>

#include "user/base/text.h"
#include "user/record/pack.h"

/* Two CPUs may both write the first time: the begin of a record is exact to a second. */
#define BEGIN_SLACK_S 1

bool epoch_is(const struct epoch *a, const struct epoch *b)
{
	if (strcmp(a->boot, b->boot) || a->tables != b->tables)
		return false;
	return a->generation == b->generation || !a->generation || !b->generation;
}

struct pack_key pack_key(const struct nolist_source *src)
{
	struct pack_key key = { .high = be64toh(src->addr.q[0]) };

	key.low = key.high ? 0 : be32toh(src->addr.w[3]);
	return key;
}

struct nolist_source pack_source(const struct pack_key *key)
{
	struct nolist_source src = { .addr.q[0] = htobe64(key->high) };

	if (!key->high) {
		src.addr.w[2] = htobe32(0xffff);
		src.addr.w[3] = htobe32(key->low);
	}
	return src;
}

/* --- a table's record -------------------------------------------------------- */

uint32_t pack_second(uint64_t ns)
{
	uint64_t s = ns / 1000000000 + 1;

	if (!ns)
		return 0;
	return s > UINT32_MAX ? UINT32_MAX : s;
}

static struct pack_span span(uint64_t first_ns, uint64_t last_ns)
{
	struct pack_span s = { pack_second(first_ns), pack_second(last_ns) };

	/* Read while the program wrote it: one of the two may be missing. */
	if (!s.first || (s.last && s.last < s.first))
		s.first = s.last;
	if (!s.last)
		s.last = s.first;
	return s;
}

struct pack_contacts pack_contacts(const struct nolist_contacts *c)
{
	return (struct pack_contacts){
		.role = { span(c->low.first_ns, c->low.last_ns),
			  span(c->real.first_ns, c->real.last_ns),
			  span(c->high.first_ns, c->high.last_ns) },
		.opens = { c->low.opens, c->real.opens, c->high.opens },
	};
}

/*
 * The entry of an hour, inserted if it is new; *hours counts the entries. NULL: the array is
 * full of later hours.
 */
static struct pack_hour *hour_place(struct pack_hour *hour, unsigned int *hours, uint32_t number)
{
	unsigned int i = *hours;

	while (i && hour[i - 1].hour > number)
		i--;
	if (i && hour[i - 1].hour == number)
		return &hour[i - 1];
	if (*hours == STORED_HOURS) {
		if (!i)
			return NULL;
		memmove(hour, hour + 1, (STORED_HOURS - 1) * sizeof(*hour));
		i--;
		(*hours)--;
	}
	memmove(hour + i + 1, hour + i, (*hours - i) * sizeof(*hour));
	(*hours)++;
	hour[i] = (struct pack_hour){ .hour = number };
	return &hour[i];
}

bool pack_is_known(const struct nolist_verified *v)
{
	size_t i;

	for (i = 0; i < sizeof(v->reserved) / sizeof(*v->reserved); i++)
		if (v->reserved[i])
			return false;
	return !v->reserved_data && !v->reserved_walks;
}

static struct pack_twice twice(const struct nolist_twice *t)
{
	return (struct pack_twice){ pack_second(t->prev_ns), pack_second(t->last_ns) };
}

struct pack_verified pack_verified(const struct nolist_verified *v, struct pack_hour *hour,
				   unsigned int *hours)
{
	uint32_t last = pack_second(v->high_last_ns);
	struct pack_hour *to;
	int i;

	*hours = 0;
	for (i = 0; i < NOLIST_HOURS; i++) {
		const struct nolist_hour *h = &v->hour[i];

		if (!h->hour)
			continue;
		to = hour_place(hour, hours, h->hour);
		memcpy(to->n, h->n, sizeof(h->n));
		if (last && (last - 1) / HOUR_S + 1 == h->hour)
			to->last = (last - 1) % HOUR_S + 1;
	}
	return (struct pack_verified){
		.data = span(v->real_first_ns, v->real_last_ns),
		.talk = span(v->high_first_ns, v->high_last_ns),
		.data_count = v->real_data,
		.talk_hours = v->hours,
		.bad_acks = v->bad_acks,
		.walk = twice(&v->walk),
		.visit = twice(&v->visit),
		.walks = v->walks,
	};
}

/* --- what is stored ---------------------------------------------------------- */

static uint32_t earliest(uint32_t a, uint32_t b)
{
	return !a || (b && b < a) ? b : a;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void cover(struct pack_span *stored, struct pack_span now)
{
	stored->first = earliest(stored->first, now.first);
	stored->last = larger(stored->last, now.last);
}

enum which { SAME, LATER, EARLIER };

/* Is the table's record the one that was stored, or a later or earlier one? By their begins. */
static enum which which(uint32_t stored, uint32_t now)
{
	if (!stored || now > stored + BEGIN_SLACK_S)
		return LATER;
	return now + BEGIN_SLACK_S < stored ? EARLIER : SAME;
}

static void mark_day(struct stored_contacts *k, int role, uint32_t at, int64_t wall_s)
{
	int64_t day = (at - 1 + wall_s) / DAY_S;
	int i;

	if (!at || at - 1 + wall_s < 0 || day > UINT32_MAX)
		return;
	if (day > k->day) {
		for (i = 0; i < PACK_ROLES; i++)
			k->days[i] = pack_days_later(k->days[i], day - k->day);
		k->day = day;
	}
	if (k->day - day < STORED_DAYS)
		k->days[role] |= 1u << (k->day - day);
}

/*
 * When there may have been contacts whose times nobody has read: more than the known ones since
 * a time up to the last one. Empty: there were none.
 */
static struct pack_span hidden_since(const struct stored *k, uint32_t from_s, uint32_t last_s,
				     uint32_t count, uint32_t known)
{
	uint32_t from = larger(from_s, k->seen_s);

	return count > known && from < last_s ? (struct pack_span){ from, last_s } :
						(struct pack_span){};
}

static bool is_short(struct pack_span s)
{
	return s.last - s.first <= STORED_HIDDEN_HOURS * HOUR_S;
}

/* Notes hidden contacts of a long time; those of a short one get marks. */
static void cover_hidden(struct pack_span *stored, struct pack_span hidden)
{
	if (hidden.first && !is_short(hidden))
		cover(stored, hidden);
}

/* The contacts with a role between those that are known. */
static struct pack_span hidden_opens(const struct stored *stored, const struct pack_contacts *c,
				     int role, bool is_same)
{
	const struct pack_contacts *was = &stored->contacts.now;
	uint32_t last = c->role[role].last;

	if (is_same && was->opens[role] && c->opens[role] >= was->opens[role])
		return hidden_since(stored, was->role[role].last, last,
				    c->opens[role] - was->opens[role], 1);
	return hidden_since(stored, c->role[role].first, last, c->opens[role], 2);
}

bool stored_add_contacts(struct stored *stored, const struct pack_contacts *c, int64_t wall_s)
{
	struct stored_contacts was = stored->contacts, *k = &stored->contacts;
	uint32_t begin = 0;
	enum which is;
	int i;

	for (i = 0; i < PACK_ROLES; i++)
		begin = earliest(begin, c->role[i].first);
	is = which(k->begin, begin);
	memset(stored->hidden, 0, sizeof(stored->hidden));
	/* The table was read before the stored one: another collector was quicker. */
	if (!begin || is == EARLIER)
		return false;
	for (i = 0; i < PACK_ROLES; i++) {
		struct pack_span hidden = hidden_opens(stored, c, i, is == SAME);

		stored->hidden[i] = hidden;
		if (i < 2)
			cover_hidden(&k->hidden[i], hidden);
		if (hidden.first && is_short(hidden))
			mark_day(k, i, hidden.first, wall_s);
		cover(&k->now.role[i], c->role[i]);
		mark_day(k, i, c->role[i].first, wall_s);
		mark_day(k, i, c->role[i].last, wall_s);
		if (is == SAME) {
			k->now.opens[i] = larger(k->now.opens[i], c->opens[i]);
			continue;
		}
		k->before[i] = pack_sum(k->before[i], k->now.opens[i]);
		k->now.opens[i] = c->opens[i];
	}
	if (is == LATER)
		k->begin = begin;
	return memcmp(&was, k, sizeof(was));
}

_Static_assert(NOLIST_EVENT_SLOTS % 2 == 0, "two at a time");

static uint32_t two_events(const struct pack_hour *h, int i)
{
	uint32_t both;

	memcpy(&both, &h->n[i], sizeof(both));
	return both;
}

static bool add_hour(struct stored *k, const struct pack_hour *h)
{
	struct pack_hour *to = hour_place(k->hour, &k->hours, h->hour);
	bool is_new;
	int i;

	if (!to)
		return false;
	is_new = (h->seen & ~to->seen) != 0;
	for (i = 0; i < NOLIST_EVENT_SLOTS; i += 2) {
		/* Read as it was written, or the processor waits; and most are zero. */
		if (!two_events(h, i))
			continue;
		is_new |= h->n[i] > to->n[i] || h->n[i + 1] > to->n[i + 1];
		to->n[i] = larger(to->n[i], h->n[i]);
		to->n[i + 1] = larger(to->n[i + 1], h->n[i + 1]);
	}
	is_new |= h->last > to->last;
	to->last = larger(to->last, h->last);
	to->seen |= h->seen;
	return is_new;
}

static bool add_seen(struct stored *k, uint32_t at, uint16_t seen)
{
	return at && add_hour(k, &(struct pack_hour){ .hour = (at - 1) / HOUR_S + 1, .seen = seen });
}

/* Each hour of a short time may have had one. */
static bool add_hidden(struct stored *k, struct pack_span hidden, uint16_t seen)
{
	bool is_new = false;
	uint32_t at;

	for (at = hidden.first; at && at < hidden.last && is_short(hidden); at += HOUR_S)
		is_new |= add_seen(k, at, seen);
	return is_new;
}

bool stored_add_opens(struct stored *k, const struct pack_contacts *c, uint32_t now_s)
{
	bool is_new = false;
	int i;

	for (i = 0; i < PACK_ROLES && stored_is_verified(k); i++) {
		uint32_t at[] = { c->role[i].first, c->role[i].last };
		int j;

		is_new |= add_hidden(k, k->hidden[i], PACK_SEEN_LOW << i);
		/* Hours that are dropped for their age must not be added again each time. */
		for (j = 0; j < 2; j++)
			if (at[j] + (STORED_HOURS - 1) * HOUR_S > now_s)
				is_new |= add_seen(k, at[j], PACK_SEEN_LOW << i);
	}
	return is_new;
}

/* Two looks at the same times, or at those of two records. */
static void cover_twice(struct pack_twice *stored, const struct pack_twice *now)
{
	int64_t prev = stored->prev, last = stored->last;

	/* Times are cut to seconds. */
	pack_twice(&prev, &last, now->prev, now->last, PACK_APART_S - 1);
	*stored = (struct pack_twice){ prev, last };
}

/* Notes the hours of walks. Those that were dropped for their age must not come back each time. */
static bool add_walks(struct stored *k, const struct pack_verified *v)
{
	uint32_t prev = v->walk.prev, last = v->walk.last, latest = larger(v->data.last, v->talk.last);
	bool is_twice = prev && (prev - 1) / HOUR_S == (last - 1) / HOUR_S;
	bool is_new = false;

	if (prev && prev + (STORED_HOURS - 1) * HOUR_S > latest)
		is_new = add_seen(k, prev, PACK_SEEN_WALK);
	if (last && last + (STORED_HOURS - 1) * HOUR_S > latest)
		is_new |= add_seen(k, last,
				   PACK_SEEN_WALK | (is_twice ? PACK_SEEN_WALK_TWICE : 0));
	return is_new;
}

/* Marks the hour in which a record began, if it is known. */
static bool mark_new(struct stored *k, uint32_t begin)
{
	uint32_t hour = (begin - 1) / HOUR_S + 1;
	unsigned int i;

	for (i = k->hours; i && k->hour[i - 1].hour > hour; i--)
		;
	if (!i || k->hour[i - 1].hour != hour || k->hour[i - 1].seen & PACK_SEEN_NEW)
		return false;
	k->hour[i - 1].seen |= PACK_SEEN_NEW;
	return true;
}

bool stored_add_verified(struct stored *stored, const struct pack_verified *v,
			 const struct pack_hour *hour, unsigned int hours)
{
	struct stored_verified was = stored->verified, *k = &stored->verified;
	uint32_t begin = earliest(v->data.first, v->talk.first);
	enum which is = which(k->begin, begin);
	bool is_new = false;
	struct pack_span hidden;
	unsigned int i;

	if (!begin || is == EARLIER)
		return false;
	if (is == SAME && k->now.data_count && v->data_count >= k->now.data_count)
		hidden = hidden_since(stored, k->now.data.last, v->data.last,
				      v->data_count - k->now.data_count, 1);
	else
		hidden = hidden_since(stored, v->data.first, v->data.last, v->data_count, 2);
	cover_hidden(&k->hidden, hidden);
	cover(&k->now.data, v->data);
	cover(&k->now.talk, v->talk);
	if (is == LATER) {
		k->before_data_count = pack_sum(k->before_data_count, k->now.data_count);
		k->before_talk_hours = pack_sum(k->before_talk_hours, k->now.talk_hours);
		k->before_bad_acks = pack_sum(k->before_bad_acks, k->now.bad_acks);
		k->before_walks = pack_sum(k->before_walks, k->walks);
		k->now.data_count = k->now.talk_hours = k->now.bad_acks = k->walks = 0;
		k->begin = begin;
	}
	k->now.data_count = larger(k->now.data_count, v->data_count);
	k->now.talk_hours = larger(k->now.talk_hours, v->talk_hours);
	k->now.bad_acks = larger(k->now.bad_acks, v->bad_acks);
	k->walks = larger(k->walks, v->walks);
	cover_twice(&k->walk, &v->walk);
	cover_twice(&k->visit, &v->visit);
	for (i = 0; i < hours; i++)
		is_new |= add_hour(stored, &hour[i]);
	is_new |= add_hidden(stored, hidden, PACK_SEEN_DATA);
	is_new |= add_seen(stored, v->data.first, PACK_SEEN_DATA);
	is_new |= add_seen(stored, v->data.last, PACK_SEEN_DATA);
	is_new |= add_walks(stored, v);
	if (is == LATER)
		is_new |= mark_new(stored, begin);
	return is_new || memcmp(&was, k, sizeof(was));
}

void gap_evicted(struct gap *gap, const struct gap *last)
{
	bool is_young = gap->contacts_evicted && gap->contacts_evicted_s > gap->from_s;

	gap->contacts_evicted = last->contacts_evicted + is_young;
	if (!is_young)
		gap->contacts_evicted_s = last->contacts_evicted_s;
}

bool gap_is_flood(const struct gap *gap, const struct gap *before)
{
	return gap->contacts_limited[PACK_LOW] > before->contacts_limited[PACK_LOW] ||
	       gap->contacts_limited[PACK_REAL] > before->contacts_limited[PACK_REAL] ||
	       gap->contacts_evicted > before->contacts_evicted;
}

/* A visit of a log, in any order. */
static void import_visit(struct pack_twice *visit, uint32_t at)
{
	struct pack_twice now = { 0, at };

	if (at + PACK_APART_S <= visit->last || at >= visit->last + PACK_APART_S || !visit->last)
		cover_twice(visit, &now);
}

bool stored_import(struct stored *k, enum stored_import what, uint32_t at)
{
	bool is_data = what != IMPORT_LOW;
	struct pack_span *when = is_data ? &k->verified.now.data : &k->contacts.now.role[PACK_LOW];
	uint32_t *count = is_data ? &k->verified.now.data_count : &k->contacts.now.opens[PACK_LOW];
	struct stored_contacts was = k->contacts;
	struct pack_span span = *when;
	bool is_new;

	if (at > span.last)
		*count = pack_sum(*count, 1);
	cover(when, (struct pack_span){ at, at });
	is_new = when->first != span.first || when->last != span.last;
	if (is_data) {
		k->verified.begin = when->first;
		import_visit(&k->verified.visit, at);
		return add_seen(k, at, what == IMPORT_ACCEPTED ?
						       PACK_SEEN_DATA | PACK_SEEN_ACCEPTED :
						       PACK_SEEN_DATA) ||
		       is_new;
	}
	k->contacts.begin = when->first;
	mark_day(&k->contacts, PACK_LOW, at, 0);
	return is_new || memcmp(&was, &k->contacts, sizeof(was));
}
