// SPDX-License-Identifier: GPL-2.0-only
/*
 * explain for scripts: JSON_SCHEMA counts its changes.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/text.h"
#include "user/base/failure.h"
#include "user/report/explain.h"
#include "user/lists/json_judged.h"

static void json_entry(struct writer *o, const char *name, const struct prefix_entry *entry)
{
	char text[ADDR_TEXT];

	if (!entry) {
		json_none(o, name);
		return;
	}
	json_open(o, name, '{');
	json_text(o, "prefix", prefix_text(&entry->prefix, text));
	json_text(o, "why", entry->why);
	json_number(o, "line", entry->line);
	json_close(o, '}');
}

static void json_checks(struct writer *o, const struct verdict *v)
{
	int i;

	json_open(o, "checks", '[');
	for (i = 0; i < CHECKS; i++) {
		json_open(o, NULL, '{');
		json_text(o, "check", check_names[i]);
		json_bool(o, "asked", v->check[i].is_asked);
		json_bool(o, "lists", v->check[i].is_passed);
		json_number(o, "have", v->check[i].have);
		json_number(o, "need", v->check[i].need);
		json_close(o, '}');
	}
	json_close(o, ']');
}

/* What has freed it, and how far it has come. */
static void json_freed(struct writer *o, const struct verdict *v)
{
	static const char *const names[] = {
		[FREED_NONE] = "none", [FREED_WALKS] = "walks", [FREED_SET] = "set",
		[FREED_ACCEPTED] = "accepted", [FREED_LIFTED] = "lifted",
	};

	json_open(o, "freed", '{');
	json_number(o, "at", v->freed);
	json_text(o, "by", names[v->freed_by]);
	json_number(o, "walks", v->walks);
	json_number(o, "walk_next", v->walk_next);
	json_number(o, "accepted_days", v->accepted);
	json_close(o, '}');
}

static void json_rules(struct writer *o, struct rules rules)
{
	const struct rule *r;

	json_open(o, "rules", '{');
	for (r = rule_table; r->name; r++)
		json_number(o, r->name, *rules_value(&rules, r));
	json_close(o, '}');
}

static void json_history(struct writer *o, const struct explain *e)
{
	size_t i;

	json_open(o, "history", '[');
	for (i = 0; i < e->events; i++) {
		json_open(o, NULL, '{');
		json_text(o, "kind", e->event[i].kind);
		json_number(o, "first", e->event[i].when.first);
		json_number(o, "last", e->event[i].when.last);
		json_text(o, "text", e->event[i].text);
		json_close(o, '}');
	}
	json_close(o, ']');
}

/* The days with SYNs, their first seconds. */
static void json_days_of(struct writer *o, const char *role, const struct record *r, uint32_t days)
{
	int i;

	json_open(o, role, '[');
	for (i = 31; i >= 0; i--)
		if (days & 1u << i)
			json_number(o, NULL, ((int64_t)r->day - i) * DAY_S);
	json_close(o, ']');
}

static void json_days(struct writer *o, const struct record *r)
{
	unsigned int i;

	json_open(o, "days", '{');
	json_days_of(o, "low", r, r->days[0]);
	json_days_of(o, "real", r, r->days[1]);
	json_days_of(o, "high", r, r->days[2]);
	json_close(o, '}');
	json_open(o, "data_hours", '[');
	for (i = 0; i < r->data_hours; i++)
		json_number(o, NULL, r->data_hour[i]);
	json_close(o, ']');
}

static void json_lists(struct writer *o, const struct explain *e)
{
	int i;

	json_open(o, "lists", '[');
	for (i = 0; i < e->lists; i++) {
		json_open(o, NULL, '{');
		json_text(o, "output", e->list[i].file);
		json_text(o, "format", e->list[i].format);
		json_bool(o, "there", e->list[i].is_read);
		json_bool(o, "listed", e->list[i].is_on);
		json_bool(o, "waits", e->list[i].is_waiting);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_policy(struct writer *o, const struct explain_policy *p)
{
	struct explain_when when = explain_policy_when(p);

	if (!p->is_there) {
		json_none(o, "policy");
		return;
	}
	json_open(o, "policy", '{');
	json_text(o, "policy", policy_mode_names[p->mode]);
	json_text(o, "step", policy_step_names[p->step]);
	json_bool(o, "defers", policy_defers(p->step, &p->f));
	if (when.time)
		json_number(o, "when", when.time);
	else
		json_none(o, "when");
	json_close(o, '}');
}

static void json_spam(struct writer *o, const struct explain *e)
{
	if (!e->spam_hours && !e->ham_hours) {
		json_none(o, "spam");
		return;
	}
	json_open(o, "spam", '{');
	json_number(o, "spam_hours", e->spam_hours);
	json_number(o, "ham_hours", e->ham_hours);
	if (e->spam_last)
		json_number(o, "last", e->spam_last);
	else
		json_none(o, "last");
	json_close(o, '}');
}

static void write_json(const struct explain *e, struct writer *o)
{
	char text[ADDR_TEXT];

	json_open(o, NULL, '{');
	json_begin(o, "explain");
	json_number(o, "time", e->j->now);
	json_text(o, "address", addr_text(&e->addr, text));
	json_bool(o, "known", e->is_known);
	json_judged(o, &e->of);
	json_text(o, "because", explain_sentence(e));
	json_entry(o, "never", e->never);
	json_entry(o, "allow", e->allow);
	if (e->of.hold != HOLD_NONE)
		json_text(o, "hold", hold_names[e->of.hold]);
	else
		json_none(o, "hold");
	json_lists(o, e);
	if (e->at_real)
		json_text(o, "at_real", e->at_real);
	else
		json_none(o, "at_real");
	if (e->is_held)
		json_text(o, "at_high", "tarpit");
	else
		json_none(o, "at_high");
	json_spam(o, e);
	json_policy(o, &e->policy);
	json_history(o, e);
	json_days(o, &e->of.r);
	json_number(o, "neighbours", e->of.n.count);
	if (e->of.provider)
		json_text(o, "provider", e->of.provider);
	else
		json_none(o, "provider");
	json_freed(o, &e->of.v);
	json_checks(o, &e->of.v);
	json_rules(o, e->j->rules);
	json_close(o, '}');
	put_char(o, '\n');
}

int explain_json(const struct explain *e)
{
	struct writer *o = malloc(sizeof(*o));
	int error;

	if (!o)
		return fail(-ENOMEM, "cannot write JSON");
	writer_open(o, writer_stdout, NULL);
	write_json(e, o);
	error = writer_flush(o);
	free(o);
	return error ? fail(error, "cannot write all of the output") : 0;
}
