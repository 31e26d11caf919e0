// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a log once, from its first line to its last. postfix logs a message's id when a
 * client sends it and again when it was delivered: ids are remembered until then, but only
 * so many, the newest.
 */
#define _GNU_SOURCE /* tdestroy */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/text.h"
#include "user/maillog/deliveries.h"
#include "user/maillog/lines.h"

#define IDS 65536
#define SOURCES_MAX (1u << 20)
#define EVENTS_MAX (1u << 22)
/* The longest dialogue: a delivery is judged as of before it, as it would excuse itself. */
#define DIALOGUE_S (HOUR_S / 6)

enum origin {
	ORIGIN_CLIENT,    /* of addr */
	ORIGIN_SUBMITTED, /* of an authenticated user */
	ORIGIN_OWN,       /* of this host */
	ORIGIN_UNKNOWN,   /* the log does not say */
};

struct audit_id {
	char id[MAILLOG_ID];
	struct nolist_addr addr;
	int64_t time;
	enum origin origin;
	bool is_sent, is_at_mx;
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
	*error = array_grow(&a->source, a->sources, sizeof(*a->source));
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

static int add_event(struct audit *a, struct audit_source *s, int64_t time, bool is_refusal)
{
	int64_t as_of = (time - DIALOGUE_S) / HOUR_S * HOUR_S;
	int error;

	if (s->last_as_of[is_refusal] == as_of)
		return 0;
	if (a->events == EVENTS_MAX) {
		a->too_many++;
		return 0;
	}
	error = array_grow(&a->event, a->events, sizeof(*a->event));
	if (error)
		return error;
	s->last_as_of[is_refusal] = as_of;
	a->event[a->events++] = (struct audit_event){ time, as_of, s, is_refusal };
	return 0;
}

static int accept_from(struct audit *a, const struct nolist_addr *addr, int64_t time)
{
	struct audit_source *s;
	int error;

	a->messages++;
	s = source_of(a, addr, &error);
	if (!s)
		return error;
	s->accepted++;
	return add_event(a, s, time, false);
}

static int submit_from(struct audit *a, const struct nolist_addr *addr, bool is_at_mx)
{
	struct audit_source *s;
	int error;

	a->messages++;
	a->submitted++;
	if (!is_at_mx)
		return 0;
	s = source_of(a, addr, &error);
	if (s)
		s->submitted++;
	return error;
}

static int reject(struct audit *a, const struct nolist_addr *addr, int64_t time, unsigned int times,
		  bool is_by_list)
{
	struct audit_source *s;
	int error;

	s = source_of(a, addr, &error);
	if (!s)
		return error;
	s->rejected += times;
	if (is_by_list || s->is_denied) {
		s->by_list += times;
		return 0;
	}
	return add_event(a, s, time, true);
}

static int deny(struct audit *a, const struct nolist_addr *addr)
{
	struct audit_source *s;
	int error;

	s = source_of(a, addr, &error);
	if (s)
		s->is_denied = true;
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

/* Reuses the slot of the oldest; that id may meanwhile have a newer slot. NULL: no memory. */
static struct audit_id *new_id(struct audit *a, const char *name)
{
	struct audit_id **slot = &a->ring[a->ids_next++ % IDS], *id;

	if (*slot) {
		a->forgotten += (*slot)->id[0] && !(*slot)->is_sent;
		tdelete(*slot, &a->ids, compare_ids);
	} else {
		*slot = calloc(1, sizeof(**slot));
	}
	id = *slot;
	if (!id)
		return NULL;
	strcpy(id->id, name);
	return tsearch(id, &a->ids, compare_ids) ? id : NULL;
}

static int add_id(struct audit *a, const char *name, const struct maillog_line *l,
		  enum origin origin)
{
	struct audit_id *id = find_id(a, name);

	if (!id)
		id = new_id(a, name);
	if (!id)
		return -ENOMEM;
	id->addr = l->addr;
	id->time = l->time;
	id->origin = origin;
	id->is_at_mx = l->is_at_mx;
	/* A process is done with a message once it has another, or ends. */
	id->is_sent = *name == '@';
	return 0;
}

static int count_sent(struct audit *a, const struct audit_id *id)
{
	switch (id->origin) {
	case ORIGIN_CLIENT:
		return accept_from(a, &id->addr, id->time);
	case ORIGIN_SUBMITTED:
		return submit_from(a, &id->addr, id->is_at_mx);
	case ORIGIN_OWN:
		a->own++;
		break;
	case ORIGIN_UNKNOWN:
		a->clientless++;
		break;
	}
	a->messages++;
	return 0;
}

static int send(struct audit *a, const struct maillog_line *l)
{
	struct audit_id *id = find_id(a, l->id);
	int error = 0;

	if (!id) {
		error = add_id(a, l->id, l, ORIGIN_UNKNOWN);
		id = find_id(a, l->id);
	}
	if (!error && *l->new_id)
		error = add_id(a, l->new_id, l, ORIGIN_OWN);
	if (error || id->is_sent)
		return error;
	id->is_sent = true;
	return count_sent(a, id);
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

/* The message may be known as a user's, or be over with this. */
static int reject_line(struct audit *a, const struct maillog_line *l)
{
	const struct audit_id *id = find_id(a, l->id);
	bool is_users = id && id->origin == ORIGIN_SUBMITTED;

	if (l->is_final)
		remove_id(a, l->id);
	return is_users ? 0 : reject(a, &l->addr, l->time, l->times, l->is_by_list);
}

/* The line has words of the sender before the address: the message's own line names it. */
static int turn_down(struct audit *a, const struct maillog_line *l)
{
	const struct audit_id *id = find_id(a, l->id);
	struct nolist_addr addr;
	bool is_client = id && id->origin == ORIGIN_CLIENT;

	if (is_client)
		addr = id->addr;
	remove_id(a, l->id);
	return is_client ? reject(a, &addr, l->time, l->times, false) : 0;
}

/* --- lines --------------------------------------------------------------------- */

static int take_known(struct audit *a, const struct maillog_line *l)
{
	switch (l->kind) {
	case MAILLOG_CLIENT:
		return add_id(a, l->id, l, ORIGIN_CLIENT);
	case MAILLOG_OWN:
		return add_id(a, l->id, l, ORIGIN_OWN);
	case MAILLOG_SENT:
		return send(a, l);
	case MAILLOG_REMOVED:
		remove_id(a, l->id);
		return 0;
	case MAILLOG_TURNED_DOWN:
		return turn_down(a, l);
	case MAILLOG_ACCEPTED:
		return accept_from(a, &l->addr, l->time);
	case MAILLOG_SUBMITTED:
		/* exim has accepted it; postfix says so later. */
		return l->is_final ? submit_from(a, &l->addr, l->is_at_mx)
				   : add_id(a, l->id, l, ORIGIN_SUBMITTED);
	case MAILLOG_DENIED:
		return deny(a, &l->addr);
	default:
		return reject_line(a, l);
	}
}

static int take(struct audit *a, const struct maillog_line *l)
{
	a->known++;
	if (l->time > a->now || l->time < a->from) {
		a->outside++;
		return 0;
	}
	if (!a->first || l->time < a->first)
		a->first = l->time;
	if (l->time > a->last)
		a->last = l->time;
	if (!l->has_year && l->time > a->yearless)
		a->yearless = l->time;
	return take_known(a, l);
}

int audit_start(struct audit *a)
{
	a->ring = calloc(IDS, sizeof(*a->ring));
	return a->ring ? maillog_new(&a->maillog, a->now, a->words) : -ENOMEM;
}

int audit_take(struct audit *a, const struct maillog_line *line, const char *example)
{
	a->lines++;
	a->mail += line->kind != MAILLOG_OTHER;
	switch (line->kind) {
	case MAILLOG_OTHER:
	case MAILLOG_MAIL:
		return 0;
	case MAILLOG_UNREAD:
		if (!a->unread++)
			memcpy(a->example, example, sizeof(a->example));
		return 0;
	case MAILLOG_ODD:
		a->odd++;
		return 0;
	default:
		return take(a, line);
	}
}

int audit_line(struct audit *a, const char *text, size_t size, enum maillog_kind *kind)
{
	char example[MAILLOG_EXAMPLE];
	struct maillog_line line;

	maillog_read(a->maillog, text, size, &line);
	*kind = line.kind;
	if (line.kind == MAILLOG_UNREAD)
		maillog_example(text, size, example);
	return audit_take(a, &line, example);
}

int audit_read_part(struct audit *a, FILE *f, uint64_t bytes)
{
	struct maillog_lines lines = { .file = f, .now = a->now, .maillog = a->maillog, .bytes = bytes };
	struct maillog_read_line line;
	int error = maillog_lines_start(&lines);

	while (!error && maillog_lines_next(&lines, &line))
		if (line.form == FORM_LOG)
			error = audit_take(a, &line.log, line.example);
		else
			a->lines++;
	if (error) {
		confined_stop(&lines.reader);
		return error;
	}
	return maillog_lines_end(&lines);
}

int audit_read(struct audit *a, FILE *f)
{
	int error = audit_start(a);

	return error ? error : audit_read_part(a, f, 0);
}

static int compare_listed(const void *a, const void *b)
{
	const struct audit_source *const *x = a, *const *y = b;

	return addr_compare(&(*x)->src.addr, &(*y)->src.addr);
}

static int compare_events(const void *a, const void *b)
{
	const struct audit_event *x = a, *y = b;

	return (x->as_of > y->as_of) - (x->as_of < y->as_of);
}

void audit_sort(struct audit *a)
{
	if (a->sources)
		qsort(a->source, a->sources, sizeof(*a->source), compare_listed);
	if (a->events)
		qsort(a->event, a->events, sizeof(*a->event), compare_events);
}

static void keep(void *node)
{
	(void)node;
}

void audit_free(struct audit *a)
{
	size_t i;

	maillog_free(a->maillog);
	tdestroy(a->tree, keep);
	tdestroy(a->ids, keep);
	for (i = 0; i < a->sources; i++)
		free(a->source[i]);
	for (i = 0; a->ring && i < IDS; i++)
		free(a->ring[i]);
	free(a->ring);
	free(a->source);
	free(a->event);
	*a = (struct audit){};
}
