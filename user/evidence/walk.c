// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk over all sources: two threads make their records, in batches by turns, and each works on its
 * own (base/prefetch.h). Tables, store and what a walk needs are theirs until it has ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/prefetch.h"
#include "user/evidence/private.h"

#define BATCH 512 /* records */
#define BATCHES 4

/* Hours of one kind of all records of a batch, one after the other. Sizes are in bytes. */
struct hours {
	char *all;
	size_t used, capacity;
	size_t next; /* offset of the hours of the next record */
};

struct batch {
	char *item; /* each begins with a record */
	size_t n;
	int ret; /* of the last step: 0 or an error is to be returned after these records */
	struct hours hours, data_hours, open_hours;
};

struct evidence_walk {
	struct prefetch prefetch;
	bool has_batch;  /* at and next are valid */
	unsigned int at; /* slot of the batch that is being read */
	size_t next;     /* index of its next record */
	struct evidence_work work;
	size_t reserved; /* bytes for each item */
	struct batch batch[BATCHES];
};

int evidence_walk_new(struct evidence_walk **wp)
{
	struct evidence_walk *w = calloc(1, sizeof(*w));

	*wp = w;
	if (!w)
		return -ENOMEM;
	prefetch_init(&w->prefetch);
	return 0;
}

void evidence_walk_free(struct evidence_walk *w)
{
	int i;

	for (i = 0; w && i < BATCHES; i++) {
		free(w->batch[i].hours.all);
		free(w->batch[i].data_hours.all);
		free(w->batch[i].open_hours.all);
		free(w->batch[i].item);
	}
	free(w);
}

/* --- filling ------------------------------------------------------------------- */

static int append(struct hours *h, const void *from, size_t size)
{
	size_t wanted = h->used + size;
	char *grown;

	if (!size)
		return 0;
	if (wanted > h->capacity) {
		wanted += wanted / 2;
		grown = realloc(h->all, wanted);
		if (!grown)
			return -ENOMEM;
		h->all = grown;
		h->capacity = wanted;
	}
	memcpy(h->all + h->used, from, size);
	h->used += size;
	return 0;
}

static const void *take(struct hours *h, size_t size)
{
	const void *at = size ? h->all + h->next : NULL;

	h->next += size;
	return at;
}

static void clear(struct hours *h)
{
	h->used = h->next = 0;
}

/* Copies the hours that a record points to: the next step overwrites them. */
static int copy_hours(struct batch *b, const struct record *r)
{
	int error = append(&b->hours, r->hour, r->hours * sizeof(*r->hour));

	if (!error)
		error = append(&b->data_hours, r->data_hour, r->data_hours * sizeof(*r->data_hour));
	if (!error)
		error = append(&b->open_hours, r->open_hour, r->open_hours * sizeof(*r->open_hour));
	return error;
}

static struct record *record_at(const struct evidence_walk *w, const struct batch *b, size_t i)
{
	return (struct record *)(b->item + i * w->work.size);
}

/* Points the records to their copied hours. */
static void take_hours(const struct evidence_walk *w, struct batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct record *r = record_at(w, b, i);

		r->hour = take(&b->hours, r->hours * sizeof(*r->hour));
		r->data_hour = take(&b->data_hours, r->data_hours * sizeof(*r->data_hour));
		r->open_hour = take(&b->open_hours, r->open_hours * sizeof(*r->open_hour));
	}
}

static bool fill(void *arg, unsigned int slot)
{
	struct evidence *e = arg;
	struct batch *b = &e->walk->batch[slot];
	struct record r;
	int error = 0;

	b->n = 0;
	clear(&b->hours);
	clear(&b->data_hours);
	clear(&b->open_hours);
	do {
		b->ret = evidence_step(e, &r);
		if (b->ret > 0)
			error = copy_hours(b, &r);
		/* The other thread had the item last: it is written at once, and not bit by bit. */
		if (b->ret > 0)
			*record_at(e->walk, b, b->n) = r;
		if (error)
			b->ret = error;
		b->n += b->ret > 0;
	} while (b->ret > 0 && b->n < BATCH);
	take_hours(e->walk, b);
	return b->ret > 0;
}

static void work_on(void *arg, unsigned int slot)
{
	struct evidence *e = arg;
	struct evidence_walk *w = e->walk;
	struct batch *b = &w->batch[slot];
	size_t i;

	for (i = 0; i < b->n; i++)
		w->work.fn(w->work.arg, record_at(w, b, i));
}

static int reserve_items(struct evidence_walk *w, size_t size)
{
	char *grown;
	int i;

	for (i = 0; i < BATCHES && size > w->reserved; i++) {
		grown = reallocarray(w->batch[i].item, BATCH, size);
		if (!grown)
			return -ENOMEM;
		w->batch[i].item = grown;
	}
	w->reserved = size > w->reserved ? size : w->reserved;
	return 0;
}

/* --- reading ------------------------------------------------------------------- */

int evidence_start_work(struct evidence *e, enum evidence_kind kind, const struct evidence_work *work)
{
	struct evidence_walk *w = e->walk;
	int error;

	evidence_stop(e);
	w->has_batch = false;
	w->work = work ? *work : (struct evidence_work){ .size = sizeof(struct record) };
	error = reserve_items(w, w->work.size);
	if (!error)
		error = evidence_begin(e, kind);
	/* Sources with data are few, and each is searched for: a thread would not pay. */
	if (!error)
		prefetch_start(&w->prefetch, BATCHES, kind != EVIDENCE_DATA, fill,
			       work ? work_on : NULL, e);
	return error;
}

int evidence_start(struct evidence *e, enum evidence_kind kind)
{
	return evidence_start_work(e, kind, NULL);
}

void evidence_stop(struct evidence *e)
{
	prefetch_stop(&e->walk->prefetch);
}

/* 1: the batch that is being read has a next record; 0: the walk is over; or -errno. */
static int next_batch(struct evidence *e)
{
	struct evidence_walk *w = e->walk;
	struct batch *b;

	for (;;) {
		if (!w->has_batch) {
			w->at = prefetch_take(&w->prefetch);
			w->has_batch = true;
			w->next = 0;
		}
		b = &w->batch[w->at];
		if (w->next < b->n)
			return 1;
		if (b->ret <= 0) {
			evidence_stop(e);
			return b->ret;
		}
		prefetch_give(&w->prefetch);
		w->has_batch = false;
	}
}

int evidence_next(struct evidence *e, struct record *r)
{
	const void *record;
	int ret = evidence_next_item(e, &record);

	if (ret > 0)
		*r = *(const struct record *)record;
	return ret;
}

int evidence_next_item(struct evidence *e, const void **item)
{
	struct evidence_walk *w = e->walk;
	int ret = next_batch(e);

	if (ret > 0)
		*item = record_at(w, &w->batch[w->at], w->next++);
	return ret;
}
