// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a log once, from its first line to its last. postfix logs a message's id when a
 * client sends it and again when it was delivered: ids are remembered until then, but only
 * so many, the newest.
 */
#define _GNU_SOURCE /* tdestroy, reallocarray */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "user/maillog/deliveries.h"

#define IDS 65536
#define SOURCES_MAX (1u << 20)
#define DELIVERIES_MAX (1u << 22)
#define HOUR 3600
/* The longest dialogue: a delivery is judged as of before it, as it would excuse itself. */
#define DIALOGUE_S 600

struct audit_id {
	char id[MAILLOG_ID];
	struct nolist_addr addr;
	int64_t time;
	bool is_sent;
};

static int compare_sources(const void *a, const void *b)
{
	return memcmp(&((const struct audit_source *)a)->src,
		      &((const struct audit_source *)b)->src, sizeof(struct nolist_source));
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct audit_id *)a)->id, ((const struct audit_id *)b)->id);
}

/* Makes sure that an array can take one more; its capacity doubles. */
static int grow(void *arrayp, size_t n, size_t *capacity, size_t size)
{
	void **array = arrayp, *grown;

	if (n < *capacity)
		return 0;
	grown = reallocarray(*array, *capacity ? 2 * *capacity : 64, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = *capacity ? 2 * *capacity : 64;
	return 0;
}

/* --- sources ------------------------------------------------------------------- */

struct audit_source *audit_find(const struct audit *a, const struct nolist_source *src)
{
	struct audit_source key = { .src = *src };
	struct audit_source **found = tfind(&key, &a->tree, compare_sources);

	return found ? *found : NULL;
}

/* The source of an address, which is added if it is new; NULL with *error 0: too many. */
static struct audit_source *source_of(struct audit *a, const struct nolist_addr *addr, int *error)
{
	struct nolist_source src = addr_source(addr);
	struct audit_source *s = audit_find(a, &src);

	*error = 0;
	if (s)
		return s;
	if (a->sources == SOURCES_MAX) {
		a->too_many++;
		return NULL;
	}
	*error = grow(&a->source, a->sources, &a->capacity, sizeof(*a->source));
	s = *error ? NULL : calloc(1, sizeof(*s));
	if (!s) {
		*error = -ENOMEM;
		return NULL;
	}
	s->src = src;
	if (!tsearch(s, &a->tree, compare_sources)) {
		free(s);
		*error = -ENOMEM;
		return NULL;
	}
	a->source[a->sources++] = s;
	return s;
}

static int accept_from(struct audit *a, const struct nolist_addr *addr, int64_t time)
{
	int64_t as_of = (time - DIALOGUE_S) / HOUR * HOUR;
	struct audit_source *s;
	int error;

	s = source_of(a, addr, &error);
	if (!s)
		return error;
	s->accepted++;
	if (s->last_as_of == as_of)
		return 0;
	if (a->deliveries == DELIVERIES_MAX) {
		a->too_many++;
		return 0;
	}
	error = grow(&a->delivery, a->deliveries, &a->delivery_capacity, sizeof(*a->delivery));
	if (error)
		return error;
	s->last_as_of = as_of;
	a->delivery[a->deliveries++] = (struct audit_delivery){ time, as_of, s };
	return 0;
}

static int reject(struct audit *a, const struct nolist_addr *addr)
{
	struct audit_source *s;
	int error;

	s = source_of(a, addr, &error);
	if (s)
		s->rejected++;
	return error;
}

/* --- postfix' messages --------------------------------------------------------- */

static struct audit_id *find_id(const struct audit *a, const char *name)
{
	struct audit_id key, **found;

	strcpy(key.id, name);
	found = tfind(&key, &a->ids, compare_ids);
	return found ? *found : NULL;
}

/* Reuses the slot of the oldest; that id may meanwhile have a newer slot. */
static int add_id(struct audit *a, const struct maillog_line *l)
{
	struct audit_id *id = find_id(a, l->id), **slot;

	if (!id) {
		slot = &a->ring[a->ids_next++ % IDS];
		if (*slot) {
			a->forgotten += (*slot)->id[0] && !(*slot)->is_sent;
			tdelete(*slot, &a->ids, compare_ids);
		} else {
			*slot = calloc(1, sizeof(**slot));
		}
		id = *slot;
		if (!id)
			return -ENOMEM;
		strcpy(id->id, l->id);
		if (!tsearch(id, &a->ids, compare_ids))
			return -ENOMEM;
	}
	id->addr = l->addr;
	id->time = l->time;
	id->is_sent = false;
	return 0;
}

static int send(struct audit *a, const char *name)
{
	struct audit_id *id = find_id(a, name);

	if (!id || id->is_sent)
		return 0;
	id->is_sent = true;
	return accept_from(a, &id->addr, id->time);
}

static void remove_id(struct audit *a, const char *name)
{
	struct audit_id *id = find_id(a, name);

	if (!id)
		return;
	tdelete(id, &a->ids, compare_ids);
	/* The slot is free: no id is empty. */
	id->id[0] = '\0';
}

/* --- lines --------------------------------------------------------------------- */

static int take(struct audit *a, const struct maillog_line *l)
{
	switch (l->kind) {
	case MAILLOG_OTHER:
		return 0;
	case MAILLOG_ODD:
		a->odd++;
		return 0;
	default:
		break;
	}
	a->known++;
	if (l->time > a->now || l->time < a->from) {
		a->outside++;
		return 0;
	}
	if (!a->first || l->time < a->first)
		a->first = l->time;
	if (l->time > a->last)
		a->last = l->time;
	switch (l->kind) {
	case MAILLOG_CLIENT:
		return add_id(a, l);
	case MAILLOG_SENT:
		return send(a, l->id);
	case MAILLOG_REMOVED:
		remove_id(a, l->id);
		return 0;
	case MAILLOG_ACCEPTED:
		return accept_from(a, &l->addr, l->time);
	default:
		return reject(a, &l->addr);
	}
}

int audit_read(struct audit *a, FILE *f)
{
	struct maillog_line line;
	struct maillog *m = NULL;
	char text[MAILLOG_LINE];
	size_t n = 0;
	int c, error = maillog_new(&m, a->now);

	a->ring = calloc(IDS, sizeof(*a->ring));
	if (!error && !a->ring)
		error = -ENOMEM;
	while (!error && ((c = getc_unlocked(f)) != EOF || n)) {
		if (c != '\n' && c != EOF) {
			/* A line that is too long for the buffer matches nothing. */
			if (n < sizeof(text))
				text[n] = c;
			n += n <= sizeof(text);
			continue;
		}
		a->lines++;
		if (n <= sizeof(text)) {
			maillog_read(m, text, n, &line);
			error = take(a, &line);
		}
		n = 0;
	}
	if (!error && ferror(f))
		error = -EIO;
	maillog_free(m);
	return error;
}

static int compare_listed(const void *a, const void *b)
{
	const struct audit_source *const *x = a, *const *y = b;

	return addr_compare(&(*x)->src.addr, &(*y)->src.addr);
}

static int compare_deliveries(const void *a, const void *b)
{
	const struct audit_delivery *x = a, *y = b;

	return (x->as_of > y->as_of) - (x->as_of < y->as_of);
}

void audit_sort(struct audit *a)
{
	if (a->sources)
		qsort(a->source, a->sources, sizeof(*a->source), compare_listed);
	if (a->deliveries)
		qsort(a->delivery, a->deliveries, sizeof(*a->delivery), compare_deliveries);
}

static void keep(void *node)
{
	(void)node;
}

void audit_free(struct audit *a)
{
	size_t i;

	tdestroy(a->tree, keep);
	tdestroy(a->ids, keep);
	for (i = 0; i < a->sources; i++)
		free(a->source[i]);
	for (i = 0; a->ring && i < IDS; i++)
		free(a->ring[i]);
	free(a->ring);
	free(a->source);
	free(a->delivery);
	*a = (struct audit){};
}
