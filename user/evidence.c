// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence, packed: times as 32-bit UTC seconds (until 2106), claims and proofs
 * in arrays of their own, hours in a pool. What is sorted is 16 bytes for each
 * record, not the records.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "evidence.h"

struct packed_span {
	uint32_t first, last;
};

struct packed_claims {
	struct packed_span low, real, high;
	uint32_t opens[3]; /* low, real, high */
};

struct packed_proofs {
	struct packed_span data, talk;
	uint32_t data_count;
	uint32_t talk_hours;
	uint32_t bad_acks;
	uint32_t hour; /* its hours' place in the pool */
	uint32_t hours;
};

/*
 * What one table said of one source: where to find it in its array. The source
 * is an IPv6 /64, or zero and an IPv4 address; as a number it sorts as
 * addr_compare() does. (::/64, where no host lives, is filed under 0.0.0.0.)
 */
struct key {
	uint64_t high;
	uint32_t low;
	uint32_t at;   /* index; the highest bit says which array */
};

#define KEY_IS_PROOFS 0x80000000u
#define NONE 0xffffffffu

/* One source, merged. */
struct row {
	uint64_t high;
	uint32_t low;
	uint32_t claims; /* index, or NONE */
	uint32_t proofs;
};

struct array {
	void *at;
	size_t used, room;
};

struct evidence {
	struct array claims, proofs, hours, keys, rows;
};

/* Room for n more; the new ones are zero. */
static void *array_add(struct array *a, size_t size, size_t n)
{
	size_t room = a->room ? a->room : 64;
	void *at;

	if (!a->used && room < n)
		room = n;
	while (room < a->used + n)
		room += room / 2;
	if (room > a->room) {
		at = reallocarray(a->at, room, size);
		if (!at)
			return NULL;
		a->at = at;
		a->room = room;
	}
	at = (char *)a->at + a->used * size;
	memset(at, 0, n * size);
	a->used += n;
	return at;
}

int evidence_new(struct evidence **ep)
{
	*ep = calloc(1, sizeof(**ep));
	return *ep ? 0 : -ENOMEM;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	free(e->claims.at);
	free(e->proofs.at);
	free(e->hours.at);
	free(e->keys.at);
	free(e->rows.at);
	free(e);
}

/* Rounded down, so that nothing seems to come from the future. */
static uint32_t wall(uint64_t ns, int64_t wall_s)
{
	int64_t s = (int64_t)(ns / 1000000000) + wall_s;

	if (!ns)
		return 0;
	return s < 1 ? 1 : s > UINT32_MAX ? UINT32_MAX : s;
}

static struct packed_span wall_span(uint64_t first_ns, uint64_t last_ns, int64_t wall_s)
{
	struct packed_span span = { wall(first_ns, wall_s), wall(last_ns, wall_s) };

	/* Read while the program wrote: either alone means both. */
	if (!span.first || (span.last && span.last < span.first))
		span.first = span.last;
	if (!span.last)
		span.last = span.first;
	return span;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a + b < a ? UINT32_MAX : a + b;
}

static uint16_t sum16(uint16_t a, uint16_t b)
{
	return a + b > UINT16_MAX ? UINT16_MAX : a + b;
}

static struct packed_span cover(struct packed_span a, struct packed_span b)
{
	if (!a.first || !b.first)
		return a.first ? a : b;
	return (struct packed_span){ a.first < b.first ? a.first : b.first,
				     a.last > b.last ? a.last : b.last };
}

static struct packed_span contact_span(const struct nolist_contact *c, int64_t wall_s)
{
	return wall_span(c->first_ns, c->last_ns, wall_s);
}

static int add_claims(struct evidence *e, const struct nolist_claims *c, int64_t wall_s)
{
	struct packed_claims *p = array_add(&e->claims, sizeof(*p), 1);

	if (!p)
		return -ENOMEM;
	p->low = contact_span(&c->low, wall_s);
	p->real = contact_span(&c->real, wall_s);
	p->high = contact_span(&c->high, wall_s);
	p->opens[0] = c->low.opens;
	p->opens[1] = c->real.opens;
	p->opens[2] = c->high.opens;
	return 0;
}

static int compare_hours(const void *a, const void *b)
{
	const struct hour *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int add_hours(struct evidence *e, const struct nolist_proofs *from, int64_t wall_s)
{
	size_t i, n = 0;
	struct hour *h;

	for (i = 0; i < NOLIST_HOURS; i++)
		n += !!from->hour[i].hour;
	h = array_add(&e->hours, sizeof(*h), n);
	if (!h)
		return -ENOMEM;
	for (i = 0; i < NOLIST_HOURS; i++) {
		const struct nolist_hour *s = &from->hour[i];

		if (!s->hour)
			continue;
		/* One nanosecond more, since zero would mean never. */
		*h++ = (struct hour){
			.start = wall((s->hour - 1) * NOLIST_HOUR_NS + 1, wall_s),
			.strong = s->strong,
			.weak = s->weak,
			.told_weak = s->told_weak,
			.quit = s->quit,
			.closed = s->closed,
			.early = s->early,
			.piped = s->piped,
			.not_smtp = s->not_smtp,
			.starttls = s->starttls,
		};
	}
	qsort(h - n, n, sizeof(*h), compare_hours);
	return n;
}

static int add_proofs(struct evidence *e, const struct nolist_proofs *from, int64_t wall_s)
{
	struct packed_proofs *p = array_add(&e->proofs, sizeof(*p), 1);
	int n;

	if (!p)
		return -ENOMEM;
	p->data = wall_span(from->real_first_ns, from->real_last_ns, wall_s);
	p->talk = wall_span(from->high_first_ns, from->high_last_ns, wall_s);
	p->data_count = from->real_data;
	p->talk_hours = from->hours;
	p->bad_acks = from->bad_acks;
	p->hour = e->hours.used;
	n = add_hours(e, from, wall_s);
	if (n < 0)
		return n;
	p->hours = n;
	return 0;
}

static int add_key(struct evidence *e, const struct nolist_source *src, uint32_t at)
{
	struct key *k = array_add(&e->keys, sizeof(*k), 1);

	if (!k)
		return -ENOMEM;
	k->high = be64toh(src->addr.q[0]);
	k->low = k->high ? 0 : be32toh(src->addr.w[3]);
	k->at = at;
	return 0;
}

int evidence_add(struct evidence *e, const struct nolist_source *src,
		 const struct nolist_claims *claims, const struct nolist_proofs *proofs,
		 int64_t wall_s)
{
	int error = 0;

	if (claims) {
		error = add_key(e, src, e->claims.used);
		if (!error)
			error = add_claims(e, claims, wall_s);
	}
	if (proofs && !error) {
		error = add_key(e, src, e->proofs.used | KEY_IS_PROOFS);
		if (!error)
			error = add_proofs(e, proofs, wall_s);
	}
	return error;
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void merge_claims(struct evidence *e, uint32_t into, uint32_t from)
{
	struct packed_claims *a = (struct packed_claims *)e->claims.at + into;
	const struct packed_claims *b = (struct packed_claims *)e->claims.at + from;
	int i;

	a->low = cover(a->low, b->low);
	a->real = cover(a->real, b->real);
	a->high = cover(a->high, b->high);
	for (i = 0; i < 3; i++)
		a->opens[i] = sum(a->opens[i], b->opens[i]);
}

static void merge_hour(struct hour *a, const struct hour *b)
{
	a->strong = sum16(a->strong, b->strong);
	a->weak = sum16(a->weak, b->weak);
	a->told_weak = sum16(a->told_weak, b->told_weak);
	a->quit = sum16(a->quit, b->quit);
	a->closed = sum16(a->closed, b->closed);
	a->early = sum16(a->early, b->early);
	a->piped = sum16(a->piped, b->piped);
	a->not_smtp = sum16(a->not_smtp, b->not_smtp);
	a->starttls = sum16(a->starttls, b->starttls);
}

/* The hours of two records as one ascending list, at the end of the pool. */
static int merge_hours(struct evidence *e, struct packed_proofs *a, const struct packed_proofs *b)
{
	size_t place = e->hours.used, n = a->hours + b->hours, i, kept = 0;
	struct hour *to = array_add(&e->hours, sizeof(*to), n);
	const struct hour *pool = e->hours.at;

	if (!to)
		return -ENOMEM;
	memcpy(to, pool + a->hour, a->hours * sizeof(*to));
	memcpy(to + a->hours, pool + b->hour, b->hours * sizeof(*to));
	qsort(to, n, sizeof(*to), compare_hours);
	for (i = 0; i < n; i++) {
		if (kept && to[kept - 1].start == to[i].start)
			merge_hour(&to[kept - 1], &to[i]);
		else
			to[kept++] = to[i];
	}
	a->talk_hours = sum(a->talk_hours, b->talk_hours) - (n - kept);
	a->hour = place;
	a->hours = kept;
	e->hours.used = place + kept;
	return 0;
}

static int merge_proofs(struct evidence *e, uint32_t into, uint32_t from)
{
	struct packed_proofs *a = (struct packed_proofs *)e->proofs.at + into;
	const struct packed_proofs *b = (struct packed_proofs *)e->proofs.at + from;

	a->data = cover(a->data, b->data);
	a->talk = cover(a->talk, b->talk);
	a->data_count = sum(a->data_count, b->data_count);
	a->bad_acks = sum(a->bad_acks, b->bad_acks);
	return merge_hours(e, a, b);
}

/* One more record of the source in row. */
static int row_add(struct evidence *e, struct row *row, uint32_t at)
{
	if (at & KEY_IS_PROOFS) {
		at &= ~KEY_IS_PROOFS;
		if (row->proofs != NONE)
			return merge_proofs(e, row->proofs, at);
		row->proofs = at;
	} else {
		if (row->claims != NONE)
			merge_claims(e, row->claims, at);
		else
			row->claims = at;
	}
	return 0;
}

/* Moves records into the order of their sources, so that walks do not jump. */
static int order_claims(struct evidence *e)
{
	const struct packed_claims *from = e->claims.at;
	struct array sorted = {};
	struct packed_claims *to;
	struct row *row = e->rows.at;
	size_t i;

	to = array_add(&sorted, sizeof(*to), e->claims.used);
	if (!to)
		return -ENOMEM;
	sorted.used = 0;
	for (i = 0; i < e->rows.used; i++) {
		if (row[i].claims == NONE)
			continue;
		to[sorted.used] = from[row[i].claims];
		row[i].claims = sorted.used++;
	}
	free(e->claims.at);
	e->claims = sorted;
	return 0;
}

static int order_proofs(struct evidence *e)
{
	const struct packed_proofs *from = e->proofs.at;
	struct array sorted = {};
	struct packed_proofs *to;
	struct row *row = e->rows.at;
	size_t i;

	to = array_add(&sorted, sizeof(*to), e->proofs.used);
	if (!to)
		return -ENOMEM;
	sorted.used = 0;
	for (i = 0; i < e->rows.used; i++) {
		if (row[i].proofs == NONE)
			continue;
		to[sorted.used] = from[row[i].proofs];
		row[i].proofs = sorted.used++;
	}
	free(e->proofs.at);
	e->proofs = sorted;
	return 0;
}

static int order_hours(struct evidence *e)
{
	struct packed_proofs *p = e->proofs.at;
	const struct hour *from = e->hours.at;
	struct array sorted = {};
	struct hour *to;
	size_t i;

	to = array_add(&sorted, sizeof(*to), e->hours.used);
	if (!to)
		return -ENOMEM;
	sorted.used = 0;
	for (i = 0; i < e->proofs.used; i++) {
		memcpy(to + sorted.used, from + p[i].hour, p[i].hours * sizeof(*to));
		p[i].hour = sorted.used;
		sorted.used += p[i].hours;
	}
	free(e->hours.at);
	e->hours = sorted;
	return 0;
}

int evidence_sort(struct evidence *e)
{
	const struct key *k = e->keys.at, *end = k + e->keys.used;
	struct row *row = NULL;
	int error = 0;

	if (k)
		qsort(e->keys.at, e->keys.used, sizeof(*k), compare_keys);
	for (; k < end && !error; k++) {
		if (!row || row->high != k->high || row->low != k->low) {
			row = array_add(&e->rows, sizeof(*row), 1);
			if (!row)
				return -ENOMEM;
			*row = (struct row){ k->high, k->low, NONE, NONE };
		}
		error = row_add(e, row, k->at);
	}
	free(e->keys.at);
	e->keys = (struct array){};
	if (!error)
		error = order_claims(e);
	if (!error)
		error = order_proofs(e);
	return error ? error : order_hours(e);
}

size_t evidence_count(const struct evidence *e)
{
	return e->rows.used;
}

static struct span unpack(struct packed_span span)
{
	return (struct span){ span.first, span.last };
}

void evidence_get(const struct evidence *e, size_t i, struct record *r)
{
	const struct row *row = (const struct row *)e->rows.at + i;
	const struct packed_claims *c;
	const struct packed_proofs *p;

	*r = (struct record){};
	r->src.addr.q[0] = htobe64(row->high);
	if (!row->high) {
		r->src.addr.w[2] = htobe32(0xffff);
		r->src.addr.w[3] = htobe32(row->low);
	}
	if (row->claims != NONE) {
		c = (const struct packed_claims *)e->claims.at + row->claims;
		r->low = (struct contact){ unpack(c->low), c->opens[0] };
		r->real = (struct contact){ unpack(c->real), c->opens[1] };
		r->high = (struct contact){ unpack(c->high), c->opens[2] };
	}
	if (row->proofs != NONE) {
		p = (const struct packed_proofs *)e->proofs.at + row->proofs;
		r->data = unpack(p->data);
		r->data_count = p->data_count;
		r->talk = unpack(p->talk);
		r->talk_hours = p->talk_hours;
		r->bad_acks = p->bad_acks;
		r->hour = (const struct hour *)e->hours.at + p->hour;
		r->hours = p->hours;
	}
}

ssize_t evidence_find(const struct evidence *e, const struct nolist_source *src)
{
	uint64_t high = be64toh(src->addr.q[0]);
	uint32_t low = high ? 0 : be32toh(src->addr.w[3]);
	const struct row *rows = e->rows.at;
	size_t from = 0, to = e->rows.used;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (rows[mid].high < high || (rows[mid].high == high && rows[mid].low < low))
			from = mid + 1;
		else
			to = mid;
	}
	if (from == e->rows.used || rows[from].high != high || rows[from].low != low)
		return -1;
	return from;
}
