// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the list with the log of a real MX that did not use it. Each delivery and refusal
 * is judged as of before it, since it is an alibi itself. What the log does not show is no
 * point in the list's favour: then there is no precision.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/lists/list.h"
#include "user/record/pack.h"
#include "user/report/audit.h"
#include "user/report/audit_summary.h"
#include "user/report/precision.h"
#include "user/report/judging.h"

#define LOW_ENOUGH 0.9      /* the interval's lower end, for a list to be called safe */

/* --- judging -------------------------------------------------------------------- */

static int open_as_of(struct judge *j, const struct audit_options *o, int64_t time)
{
	struct judge_options jo = { .conf = o->conf, .state_dir = o->state_dir, .at = time };

	return judging_open(j, &jo, o->pin_dir);
}

static int count_listed(struct summary *s, struct judge *j, size_t *listed)
{
	struct audit_source *in_log;
	struct judged of;

	judge_start(j, EVIDENCE_VERIFIED);
	while (judge_next(j, &of)) {
		if (!verdict_is_listed(&of.v, false))
			continue;
		++*listed;
		in_log = s ? audit_find(&s->log, &of.r.src) : NULL;
		if (in_log)
			in_log->is_listed = true;
	}
	return judge_end(j);
}

static void count_exempt(struct summary *s, const struct judge *j)
{
	size_t i;

	for (i = 0; i < s->log.sources; i++) {
		const struct audit_source *src = s->log.source[i];

		if (!src->accepted && !src->rejected)
			continue;
		if (prefix_set_find(j->never, &src->src)) {
			s->never++;
			s->never_messages += src->accepted;
			s->never_source = src->src;
		} else if (prefix_set_find(j->allow, &src->src)) {
			s->allowed++;
		}
	}
}

/* Drops the events of sources that never talked to a high fake. */
static int drop_strangers(struct audit *log, struct judge *j)
{
	struct judged of;
	size_t i, n = 0;
	int error = 0;

	for (i = 0; i < log->events && !error; i++) {
		const struct audit_event *e = &log->event[i];

		if (judge_find(j, &e->source->src, &of) && of.r.talk_hours)
			log->event[n++] = *e;
		error = judge_end(j);
	}
	log->events = n;
	return error;
}

static int judge_end_of_log(struct summary *s, const struct audit_options *o)
{
	struct judge j;
	int error = open_as_of(&j, o, s->log.last);

	if (!error)
		error = deferred_find(&s->deferred, &s->log, &j);
	if (!error)
		error = count_listed(s, &j, &s->listed);
	if (!error) {
		count_exempt(s, &j);
		error = drop_strangers(&s->log, &j);
	}
	judge_close(&j);
	if (error || s->listed)
		return error;
	error = open_as_of(&j, o, s->log.now);
	if (!error)
		error = count_listed(NULL, &j, &s->listed_now);
	judge_close(&j);
	return error;
}

static int judge_event(struct judge *j, const struct audit_event *e)
{
	struct judged of;

	judge_find(j, &e->source->src, &of);
	if (!verdict_is_listed(&of.v, false))
		return judge_end(j);
	if (e->is_refusal) {
		e->source->is_refused_listed = true;
	} else {
		e->source->false_at = e->at;
		e->source->since = of.v.since;
	}
	return judge_end(j);
}

/* The events are in the order of the times as of which they are judged. */
static int judge_events(struct summary *s, const struct audit_options *o)
{
	struct judge j = {};
	int64_t as_of = -1;
	int error = 0;
	size_t i;

	for (i = 0; i < s->log.events && !error; i++) {
		const struct audit_event *e = &s->log.event[i];

		if (e->is_refusal ? e->source->is_refused_listed : e->source->false_at)
			continue;
		if (e->as_of != as_of) {
			judge_close(&j);
			as_of = e->as_of;
			error = open_as_of(&j, o, as_of);
		}
		if (!error)
			error = judge_event(&j, e);
	}
	judge_close(&j);
	return error;
}

/* Whose mail was accepted, although the table that is in force now has them. */
static void count_table(struct summary *s, const struct audit_options *o)
{
	size_t i;

	if (!o->is_at_real)
		return;
	s->table = o->mode;
	for (i = 0; i < s->log.sources; i++) {
		struct audit_source *src = s->log.source[i];

		if (!src->accepted || !o->is_at_real(&src->src, o->arg))
			continue;
		src->is_at_real = true;
		s->table_sources++;
		s->table_messages += src->accepted;
	}
}

/* --- counting ------------------------------------------------------------------- */

static void count_precision(struct summary *s)
{
	struct precision p = precision_of(s->listed_seen - s->listed_accepted, s->listed_seen);

	s->precision = p.is;
	s->low = p.low;
	s->high = p.high;
	s->has_precision = true;
}

static void count_refused(struct summary *s, const struct audit_source *src, bool is_listed)
{
	bool is_by_list = src->by_list == src->rejected;

	s->refused++;
	s->blocked += is_by_list;
	s->listed_blocked += is_by_list && is_listed;
	s->listed_refused += !is_by_list && is_listed;
	s->unlisted_refused += !is_by_list && !is_listed;
}

static void count_source(struct summary *s, const struct audit_source *src)
{
	bool is_listed = src->is_listed || src->false_at || src->is_refused_listed;

	s->listed += is_listed && !src->is_listed;
	s->listed_submitted += is_listed && src->submitted;
	s->accepted += !!src->accepted;
	if (src->false_at)
		s->listed_accepted++;
	else if (src->accepted)
		s->listed_earlier += is_listed;
	else if (src->rejected)
		count_refused(s, src, is_listed);
}

/* A tenth or more. */
static bool is_much(size_t part, size_t all)
{
	return part && part >= (all + 9) / 10;
}

static bool is_log_understood(const struct audit *a)
{
	return !is_much(a->unread, a->mail);
}

static bool has_clients(const struct summary *s)
{
	size_t named = s->log.messages - s->log.clientless - s->log.own - s->log.submitted;

	return !is_much(s->log.clientless, s->log.messages - s->log.own) &&
	       !(s->never_messages && is_much(s->never_messages, named) &&
		 !is_much(named - s->never_messages, named));
}

static enum audit_answer answer_of(const struct summary *s)
{
	if (s->listed_accepted)
		return AUDIT_NO;
	if (s->listed_submitted)
		return AUDIT_NO_USERS;
	if (!is_log_understood(&s->log))
		return AUDIT_UNKNOWN_LOG;
	if (!has_clients(s))
		return AUDIT_UNKNOWN_CLIENT;
	if (!s->listed)
		return AUDIT_UNKNOWN_LIST;
	if (!s->listed_seen)
		return AUDIT_UNKNOWN_SEEN;
	return s->low < LOW_ENOUGH ? AUDIT_TOO_FEW : AUDIT_YES;
}

static void count(struct summary *s)
{
	size_t i;

	for (i = 0; i < s->log.sources; i++)
		count_source(s, s->log.source[i]);
	s->listed_seen = s->listed_accepted + s->listed_earlier + s->listed_refused;
	s->listed_unseen = s->listed - s->listed_seen - s->listed_blocked;
	if (s->listed_seen && is_log_understood(&s->log) && has_clients(s))
		count_precision(s);
	s->answer = answer_of(s);
}

/* --- warnings -------------------------------------------------------------------- */

static bool warn_lines(size_t n, const char *why)
{
	if (n)
		warn("%zu %s left out: %s", n, n == 1 ? "line is" : "lines are", why);
	return n;
}

/* false: there was nothing to say. All warnings here say that the numbers leave out something. */
static bool warn_left_out(const struct audit *a)
{
	bool is_warned = false;

	if (a->unread && is_log_understood(a))
		warn("%zu %s not understood, such as: %s", a->unread,
		     a->unread == 1 ? "line of a mail server is" : "lines of a mail server are",
		     a->example);
	is_warned |= warn_lines(a->odd, "two addresses may be the client's");
	is_warned |= warn_lines(a->outside, "in the future, or older than 35 days");
	is_warned |= warn_lines(a->too_many, "too many sources");
	if (a->forgotten)
		warn("messages are left out, delivered too late, or never: %zu", a->forgotten);
	if (a->clientless)
		warn("messages are left out, since the log does not name the client: %zu of %zu",
		     a->clientless, a->messages);
	return is_warned || a->unread || a->forgotten || a->clientless;
}

static bool warn_never(const struct summary *s)
{
	struct prefix p = source_prefix(&s->never_source);
	char text[ADDR_TEXT];

	/* A filter behind the queue makes it a half, and local mail a bit more. */
	if (3 * s->never_messages <= 2 * (s->log.messages - s->log.submitted - s->log.own))
		return false;
	warn("%zu messages came from addresses that can never be listed, such as %s: the log may "
	     "name a proxy or a filter in place of the clients",
	     s->never_messages, prefix_text(&p, text));
	return true;
}

/* The year that times without one have, as of --at and as of now. */
static bool warn_year(const struct audit *a, int64_t now)
{
	struct tm tm;
	time_t year = a->yearless;

	/* As of now, the last such day would be later: another year was meant, perhaps. */
	if (!a->yearless || now - a->yearless < 365ll * DAY_S)
		return false;
	localtime_r(&year, &tm);
	warn("the log's times have no year: --at makes it %d, but they may be of a later one",
	     tm.tm_year + 1900);
	return true;
}

static bool warn_answer(const struct summary *s)
{
	char last[TEXT_TIME];

	if (s->answer == AUDIT_UNKNOWN_LIST && s->listed_now)
		warn("no source was listed when the log ends (%s), %zu are now: a newer log is "
		     "needed",
		     text_time(s->log.last, last), s->listed_now);
	return !s->has_precision;
}

static bool warn_all(const struct summary *s)
{
	bool is_warned = warn_left_out(&s->log);

	is_warned |= warn_never(s);
	is_warned |= warn_year(&s->log, time(NULL));
	is_warned |= warn_answer(s);
	return is_warned;
}

/* --- failures --------------------------------------------------------------------- */

static int not_understood(const struct audit *a, const char *name)
{
	failx(-EBADMSG,
	      "'%s': %zu of %zu lines that look like a mail server's are not understood, "
	      "so there is no precision; the first: %s",
	      name, a->unread, a->mail, a->example);
	return fail_hint("postfix' or exim's lines with a time in front of them, as syslog, "
			 "\"journalctl -o short-iso\" and \"docker logs -t\" write them; "
			 "\"audit\" in nolist-xdp(8) has the forms");
}

static int nameless(const struct summary *s, const char *name)
{
	failx(-EBADMSG,
	      "'%s' does not name the clients of enough messages, so there is no "
	      "precision: %zu of %zu have none, %zu have one that can never be listed",
	      name, s->log.clientless, s->log.messages, s->never_messages);
	return fail_hint("the log must begin before the messages do, and the mail server must see "
			 "the clients' own addresses, not those of a proxy or NAT");
}

static int nothing(const struct audit *a, const char *name)
{
	if (a->unread)
		return not_understood(a, name);
	if (a->outside)
		failx(-ENODATA,
		      "'%s' has no line of a real MX's mail of the last 35 days: all %zu "
		      "are older, or of the future",
		      name, a->outside);
	else
		failx(-ENODATA, "'%s' has no line of a real MX's mail of the last 35 days", name);
	return fail_hint("postfix' log in syslog's form, or exim's main log; what is packed comes "
			 "by zcat, and the journal by \"journalctl -o short-iso\", to "
			 "\"audit -\"");
}

static int read_log(struct audit *a, FILE *log, const char *name)
{
	int error;

	a->from = a->now - STORED_HOURS * (int64_t)HOUR_S;
	error = audit_read(a, log);
	audit_sort(a);
	if (error && error != -EPROTO)
		return fail(error, "cannot read '%s'", name);
	if (error)
		return error;
	return a->first ? 0 : nothing(a, name);
}

/* --- all of it -------------------------------------------------------------------- */

/* The longest piece of the reason that is the same for all sources. */
static const char *fixed_part(const char *reason, char *text, size_t size)
{
	size_t n, best = 0;

	*text = '\0';
	for (; *reason; reason += n + (reason[n] == '$')) {
		n = strcspn(reason, "$");
		if (n > best && n >= 8 && n < size) {
			best = n;
			memcpy(text, reason, n);
			text[n] = '\0';
		}
	}
	return text;
}

static int print(const struct summary *s, const struct audit_options *o, const char *name,
		 bool *is_warned)
{
	int error;

	*is_warned = warn_all(s);
	error = o->is_json ? audit_say_json(s) : (audit_say(s), 0);
	if (error)
		return error;
	if (!is_log_understood(&s->log))
		return not_understood(&s->log, name);
	return has_clients(s) ? 0 : nameless(s, name);
}

int audit(const struct audit_options *o, FILE *log, const char *name, bool *is_warned)
{
	struct format_words words = list_words(o->conf);
	char reason[256];
	const char *known_by[] = { fixed_part(words.reason, reason, sizeof(reason)),
				   o->conf->list_zone, NULL };
	struct summary s = { .mode = o->conf->policy, .log.now = o->at ? o->at : time(NULL), .log.words = known_by };
	int error = read_log(&s.log, log, name);

	if (!error)
		error = judge_end_of_log(&s, o);
	if (!error)
		error = judge_events(&s, o);
	if (!error) {
		count(&s);
		count_table(&s, o);
		error = print(&s, o, name, is_warned);
	}
	audit_free(&s.log);
	return error;
}
