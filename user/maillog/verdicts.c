// SPDX-License-Identifier: GPL-2.0-only
/*
 * postfix names a message's client and id in lines before the filter's verdict; exim names both in a line
 * behind it. So a verdict without a client waits for one, and two that differ say nothing.
 */
#define _GNU_SOURCE /* tdestroy */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/special_use.h"
#include "user/base/text.h"
#include "user/maillog/lines.h"
#include "user/maillog/verdicts.h"

#define MESSAGES 131072

/* One id of the mail server's, or one hash of a message's own. */
struct verdicts_message {
	char id[MAILLOG_ID]; /* "": it is a hash */
	uint64_t hash;
	struct nolist_addr addr;
	bool has_addr, is_odd;     /* is_odd: of more than one, or of nobody outside */
	enum spam_verdict waiting; /* for an address, of the time */
	int64_t time;
};

static int compare(const void *a, const void *b)
{
	const struct verdicts_message *x = a, *y = b;
	int c = strcmp(x->id, y->id);

	return c ? c : x->hash < y->hash ? -1 : x->hash > y->hash;
}

static struct verdicts_message *find(struct verdicts *v, const char *id, uint64_t hash)
{
	struct verdicts_message key = { .hash = hash }, **found;

	strcpy(key.id, id);
	found = tfind(&key, &v->tree, compare);
	return found ? *found : NULL;
}

/* The same, which is added if it is new, in place of the oldest; NULL: no memory. */
static struct verdicts_message *get(struct verdicts *v, const char *id, uint64_t hash)
{
	struct verdicts_message *m = find(v, id, hash);

	if (m)
		return m;
	m = v->ring[v->next];
	if (m)
		tdelete(m, &v->tree, compare);
	else
		m = malloc(sizeof(*m));
	if (!m)
		return NULL;
	v->ring[v->next] = m;
	*m = (struct verdicts_message){ .hash = hash };
	strcpy(m->id, id);
	if (!tsearch(m, &v->tree, compare)) {
		free(m);
		v->ring[v->next] = NULL;
		return NULL;
	}
	v->next = (v->next + 1) % MESSAGES;
	return m;
}

/* --- who sent it ------------------------------------------------------------------ */

/* A filter behind the queue gives a message back, from here: that is not its source. */
static bool is_inside(const struct nolist_addr *addr)
{
	return special_use_is_private(addr) || (addr_is_ip4(addr) ? addr->b[12] == 127 : !addr->q[0]);
}

static void set_addr(struct verdicts_message *m, const struct nolist_addr *addr)
{
	if (m->has_addr && addr_compare(&m->addr, addr))
		m->is_odd = true;
	m->addr = *addr;
	m->has_addr = true;
}

static int tell(struct verdicts *v, const struct nolist_addr *addr, int64_t time, enum spam_verdict verdict)
{
	if (verdict == SPAM_UNCLEAR)
		return 0;
	v->verdicts++;
	if (is_inside(addr)) {
		v->ownerless++;
		return 0;
	}
	if (time > v->now || time < v->from) {
		v->outside++;
		return 0;
	}
	return v->fn(addr, time, verdict == SPAM_SPAM, v->arg);
}

/* A verdict that came before its message's address. */
static int tell_waiting(struct verdicts *v, struct verdicts_message *m)
{
	enum spam_verdict verdict = m->waiting;

	m->waiting = SPAM_UNCLEAR;
	if (verdict == SPAM_UNCLEAR || m->is_odd)
		return 0;
	/* take_verdict() has counted it as nobody's. */
	v->ownerless--;
	v->verdicts--;
	return tell(v, &m->addr, m->time, verdict);
}

/* --- lines ------------------------------------------------------------------------- */

static int take_client(struct verdicts *v, const struct maillog_line *line)
{
	struct verdicts_message *m = *line->id ? get(v, line->id, 0) : NULL;

	if (!m)
		return *line->id ? -ENOMEM : 0;
	/* The id is of a new message now. */
	m->has_addr = m->is_odd = false;
	if (line->kind == MAILLOG_CLIENT && !is_inside(&line->addr))
		set_addr(m, &line->addr);
	m->is_odd = line->kind == MAILLOG_SUBMITTED || line->kind == MAILLOG_OWN;
	return 0;
}

static int take_message(struct verdicts *v, const struct spam_line *line)
{
	const struct verdicts_message *of = find(v, line->id, 0);
	struct verdicts_message *m = get(v, "", line->hash);

	if (!m)
		return -ENOMEM;
	/* get() may have put it in the other one's place. */
	if (!of || of == m)
		return 0;
	m->is_odd |= of->is_odd;
	if (of->has_addr)
		set_addr(m, &of->addr);
	return m->has_addr ? tell_waiting(v, m) : 0;
}

static int take_arrived(struct verdicts *v, const struct maillog_line *log, const struct spam_line *line)
{
	struct verdicts_message *m = get(v, "", line->hash);

	if (!m)
		return -ENOMEM;
	m->is_odd |= log->kind != MAILLOG_ACCEPTED;
	if (is_inside(&log->addr))
		return 0;
	set_addr(m, &log->addr);
	return tell_waiting(v, m);
}

static int take_verdict(struct verdicts *v, const struct spam_line *line)
{
	struct verdicts_message *m = line->hash ? get(v, "", line->hash) : NULL;

	if (!m && line->hash)
		return -ENOMEM;
	if (m && m->has_addr && !m->is_odd)
		return tell(v, &m->addr, line->time, line->verdict);
	v->verdicts++;
	v->ownerless++;
	if (!m)
		return 0;
	if (m->waiting != SPAM_UNCLEAR && m->waiting != line->verdict)
		m->is_odd = true;
	m->waiting = line->verdict;
	m->time = line->time;
	return 0;
}

static int take_line(struct verdicts *v, const struct maillog_read_line *line)
{
	enum maillog_kind kind = line->log.kind;

	switch (line->spam.kind) {
	case SPAM_MESSAGE:
		return take_message(v, &line->spam);
	case SPAM_ARRIVED:
		return take_arrived(v, &line->log, &line->spam);
	case SPAM_BY_ADDRESS:
		return tell(v, &line->spam.addr, line->spam.time, line->spam.verdict);
	case SPAM_BY_HASH:
		return take_verdict(v, &line->spam);
	case SPAM_UNREAD:
		if (!v->unread++)
			v->first_unread = v->lines;
		return 0;
	case SPAM_NONE:
		break;
	}
	if (kind == MAILLOG_CLIENT || kind == MAILLOG_SUBMITTED || kind == MAILLOG_OWN)
		return take_client(v, &line->log);
	return 0;
}

static int read_lines(struct verdicts *v, struct maillog_lines *lines)
{
	struct maillog_read_line line;
	int error = maillog_lines_start(lines);

	if (error)
		return error;
	while (!error && maillog_lines_next(lines, &line)) {
		v->lines++;
		error = take_line(v, &line);
	}
	if (error) {
		confined_stop(&lines->reader);
		return error;
	}
	return maillog_lines_end(lines);
}

static void keep_none(void *m)
{
	free(m);
}

int verdicts_read(struct verdicts *v, FILE *f)
{
	struct maillog_lines lines = { .file = f, .now = v->now };
	int error = maillog_new(&lines.maillog, v->now, NULL);

	v->ring = calloc(MESSAGES, sizeof(struct verdicts_message *));
	if (!error)
		error = v->ring ? spam_reader_new(&lines.spam, v->now) : -ENOMEM;
	if (!error)
		error = read_lines(v, &lines);
	tdestroy(v->tree, keep_none);
	free(v->ring);
	v->ring = NULL;
	v->tree = NULL;
	spam_reader_free(lines.spam);
	maillog_free(lines.maillog);
	return error;
}
