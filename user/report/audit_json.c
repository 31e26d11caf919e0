// SPDX-License-Identifier: GPL-2.0-only
/*
 * What audit has found, as one JSON document.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/base/json.h"
#include "user/report/audit_summary.h"
#include "user/report/precision.h"

const char *audit_answer_name(enum audit_answer answer)
{
	switch (answer) {
	case AUDIT_YES:
		return "yes";
	case AUDIT_NO:
	case AUDIT_NO_USERS:
		return "no";
	default:
		return "unknown";
	}
}

static void json_false(struct writer *o, const struct audit_source *src)
{
	char text[ADDR_TEXT];
	struct prefix p = source_prefix(&src->src);

	json_open(o, NULL, '{');
	json_text(o, "source", prefix_text(&p, text));
	json_number(o, "since", src->since);
	json_number(o, "delivered_at", src->false_at);
	json_number(o, "accepted", src->accepted);
	json_close(o, '}');
}

static void json_log(struct writer *o, const struct summary *s)
{
	json_number(o, "lines", s->log.lines);
	json_number(o, "mail", s->log.mail);
	json_number(o, "known", s->log.known);
	json_number(o, "unread", s->log.unread);
	json_number(o, "first", s->log.first);
	json_number(o, "last", s->log.last);
	json_open(o, "messages", '{');
	json_number(o, "all", s->log.messages);
	json_number(o, "clientless", s->log.clientless);
	json_number(o, "own", s->log.own);
	json_number(o, "submitted", s->log.submitted);
	json_number(o, "never", s->never_messages);
	json_close(o, '}');
	json_number(o, "accepted", s->accepted);
	json_number(o, "refused", s->refused);
	json_number(o, "blocked", s->blocked);
	json_number(o, "never", s->never);
	json_number(o, "allowed", s->allowed);
}

/* Null where all is 0. */
static void json_precision(struct writer *o, const char *name, size_t right, size_t all)
{
	struct precision p;

	if (!all) {
		json_none(o, name);
		return;
	}
	p = precision_of(right, all);
	json_open(o, name, '{');
	json_real_number(o, "value", p.is);
	json_real_number(o, "low", p.low);
	json_real_number(o, "high", p.high);
	json_close(o, '}');
}

static void json_list(struct writer *o, const struct summary *s)
{
	json_number(o, "listed", s->listed);
	json_number(o, "listed_seen", s->listed_seen);
	json_number(o, "listed_unseen", s->listed_unseen);
	json_number(o, "listed_accepted", s->listed_accepted);
	json_number(o, "listed_earlier", s->listed_earlier);
	json_number(o, "listed_refused", s->listed_refused);
	json_number(o, "listed_blocked", s->listed_blocked);
	json_number(o, "listed_submitted", s->listed_submitted);
	json_number(o, "unlisted_refused", s->unlisted_refused);
	json_text(o, "safe", audit_answer_name(s->answer));
	if (s->has_precision) {
		json_open(o, "precision", '{');
		json_real_number(o, "value", s->precision);
		json_real_number(o, "low", s->low);
		json_real_number(o, "high", s->high);
		json_close(o, '}');
	} else {
		json_none(o, "precision");
	}
}

static void json_table(struct writer *o, const struct summary *s)
{
	char text[ADDR_TEXT];
	size_t i;

	if (!s->table) {
		json_none(o, "enforce");
		return;
	}
	json_open(o, "enforce", '{');
	json_text(o, "mode", s->table);
	json_number(o, "accepted", s->table_messages);
	json_open(o, "sources", '[');
	for (i = 0; i < s->log.sources; i++) {
		struct prefix p = source_prefix(&s->log.source[i]->src);

		if (s->log.source[i]->is_at_real)
			json_text(o, NULL, prefix_text(&p, text));
	}
	json_close(o, ']');
	json_close(o, '}');
}

static void json_answers(struct writer *o, const struct deferred *d)
{
	enum policy_step step;

	json_open(o, "answers", '{');
	for (step = 0; step < POLICY_STEPS; step++)
		json_number(o, policy_step_names[step], d->answers[step]);
	json_close(o, '}');
}

static void json_deferred(struct writer *o, const struct summary *s)
{
	const struct deferred *d = &s->deferred;

	if (!d->is_known) {
		json_none(o, "deferred");
		return;
	}
	json_open(o, "deferred", '{');
	json_text(o, "policy", policy_mode_names[s->mode]);
	json_number(o, "networks", d->networks);
	json_number(o, "accepted", d->accepted);
	json_open(o, "waited", '{');
	json_number(o, "networks", d->timed);
	json_number(o, "seconds", d->seconds);
	json_number(o, "median", d->median);
	json_number(o, "most", d->most);
	json_close(o, '}');
	json_number(o, "due", d->due);
	json_number(o, "gone", d->gone);
	json_precision(o, "share_gone", d->gone, d->due);
	json_answers(o, d);
	json_close(o, '}');
}

static void json_summary(struct writer *o, const struct summary *s)
{
	size_t i;

	json_open(o, NULL, '{');
	json_begin(o, "audit");
	json_log(o, s);
	json_list(o, s);
	json_table(o, s);
	json_deferred(o, s);
	json_open(o, "false_listings", '[');
	for (i = 0; i < s->log.sources; i++)
		if (s->log.source[i]->false_at)
			json_false(o, s->log.source[i]);
	json_close(o, ']');
	json_open(o, "left_out", '{');
	json_number(o, "odd", s->log.odd);
	json_number(o, "outside", s->log.outside);
	json_number(o, "too_many", s->log.too_many);
	json_number(o, "forgotten", s->log.forgotten);
	json_close(o, '}');
	json_close(o, '}');
	put_char(o, '\n');
}

int audit_say_json(const struct summary *s)
{
	struct writer *o = malloc(sizeof(*o));
	int error = o ? 0 : -ENOMEM;

	if (o) {
		writer_open(o, writer_stdout, NULL);
		json_summary(o, s);
		error = writer_flush(o);
	}
	free(o);
	return error ? fail(error, "cannot write all of the output") : 0;
}
