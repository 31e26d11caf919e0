// SPDX-License-Identifier: GPL-2.0-only
/*
 * explain as text, for people: it may change.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "user/base/text.h"
#include "user/config/keys_tenant.h"
#include "user/report/explain.h"
#include "user/record/events.h"

static void print_when(const struct explain *e, const struct span *when)
{
	char first[TEXT_TIME], last[TEXT_TIME], age[TEXT_AGE];

	printf("%s", text_time(when->first, first));
	if (when->last != when->first)
		printf(" to %s", text_time(when->last, last));
	printf(" (%s ago)\n", text_age(e->j->now - when->last, age));
}

static void print_contact(const struct explain *e, const char *what, const struct span *when,
			  uint32_t count, const char *unit, const char *units)
{
	printf("  %-22s ", what);
	if (!when->first) {
		printf("never\n");
		return;
	}
	printf("%" PRIu32 " %s, ", count, count == 1 ? unit : units);
	print_when(e, when);
}

#define DAYS 32
#define EVENTS_MAX 60 /* the last ones; JSON has all */

static void print_days_of(const char *role, uint32_t days)
{
	int i;

	printf("  %-20s ", role);
	for (i = DAYS - 1; i >= 0; i--)
		putchar(days & 1u << i ? '#' : '.');
	putchar('\n');
}

/* A mark for each day with SYNs, the last day on the right. */
static void print_days(const struct record *r)
{
	char from[TEXT_TIME], to[TEXT_TIME];

	if (!(r->days[0] | r->days[1] | r->days[2]))
		return;
	text_time(((int64_t)r->day - DAYS + 1) * DAY_S, from);
	text_time((int64_t)r->day * DAY_S, to);
	printf("\n  %-20s %.10s to %.10s\n", "DAYS WITH SYNS", from, to);
	print_days_of("low fake", r->days[0]);
	print_days_of("real MX", r->days[1]);
	print_days_of("high fakes", r->days[2]);
}

static void print_event(const struct explain_event *event)
{
	char from[TEXT_TIME], age[TEXT_AGE] = "";

	if (event->when.last > event->when.first)
		text_age(event->when.last - event->when.first + 1, age);
	printf("  %-20s %-4s %s\n", text_time(event->when.first, from), age, event->text);
}

static void print_history(const struct explain *e)
{
	size_t i = e->events > EVENTS_MAX ? e->events - EVENTS_MAX : 0;

	if (!e->events)
		return;
	printf("\n  %-20s %-4s %s\n", "FROM", "FOR", "WHAT");
	if (i)
		printf("  (%zu earlier ones: --json has them)\n", i);
	for (; i < e->events; i++)
		print_event(&e->event[i]);
}

/* In each hour with one the tenant with the highest number is known. */
static void print_tenants(const struct explain *e)
{
	bool is_told[NOLIST_TENANTS_MAX + 1] = {};
	const struct record *r = &e->of.r;
	const char *name;
	unsigned int k, n;

	for (k = 0; k < r->hours && r->hour[k].start <= e->j->now; k++) {
		n = r->hour[k].n[NOLIST_EVENT_TENANT];
		if (!n || n > NOLIST_TENANTS_MAX || is_told[n])
			continue;
		is_told[n] = true;
		name = conf_tenant_name(e->j->conf, n);
		printf("    tempfailed at tenant %u %s: no offence\n", n, name ? name : "");
	}
}

/* The events of its dialogues, all hours together; the history has them one by one. */
static void print_counts(const struct explain *e)
{
	const struct record *r = &e->of.r;
	uint32_t sum[NOLIST_EVENTS] = {};
	size_t i, k;

	for (i = 0; i < NOLIST_EVENTS; i++) {
		for (k = 0; k < r->hours && r->hour[k].start <= e->j->now; k++)
			sum[i] += r->hour[k].n[i];
		if (sum[i] && i == NOLIST_EVENT_TENANT)
			print_tenants(e);
		else if (sum[i])
			printf("    %-20s %" PRIu32 "\n", event_names[i].label, sum[i]);
	}
	if (sum[NOLIST_EVENT_ELSEWHERE] && !sum[NOLIST_EVENT_TEMPFAILED] &&
	    !sum[NOLIST_EVENT_TEMPFAILED_WEAK])
		printf("    it only ever asked for domains that are not yours: no offence\n");
}

static void print_evidence(const struct explain *e)
{
	const struct record *r = &e->of.r;

	print_contact(e, "low fake, contacts", &r->low.when, r->low.opens, "SYN", "SYNs");
	print_contact(e, "real MX, contacts", &r->real.when, r->real.opens, "SYN", "SYNs");
	print_contact(e, "high fakes, contacts", &r->high.when, r->high.opens, "SYN", "SYNs");
	print_contact(e, "real MX, verified", &r->data, r->data_count, "connection with data",
		      "connections with data");
	print_contact(e, "high fakes, verified", &r->talk, r->talk_hours, "hour with dialogues",
		      "hours with dialogues");
	print_counts(e);
	if (r->bad_acks)
		printf("  %-22s %" PRIu32 "\n", "wrong acknowledgements", r->bad_acks);
}

static void print_entry(const char *list, const struct prefix_entry *entry)
{
	char text[ADDR_TEXT];

	if (!entry)
		return;
	printf("  on the %s: %s, ", list, prefix_text(&entry->prefix, text));
	text_name(entry->why, 0);
	if (entry->line)
		printf(":%u", entry->line);
	putchar('\n');
}

static void print_pardon(const struct prefix_entry *entry)
{
	char text[ADDR_TEXT], until[TEXT_TIME];

	if (entry)
		printf("  pardoned until %s: %s\n", text_time(entry->until, until),
		       prefix_text(&entry->prefix, text));
}

static void print_spam(const struct explain *e)
{
	char last[TEXT_TIME];

	if (!e->spam_hours)
		return;
	printf("  content filter: spam in %u hour%s, last %s, and mail that passed in %u: for \"tarpit-from\" only\n",
	       e->spam_hours, e->spam_hours == 1 ? "" : "s", text_time(e->spam_last, last), e->ham_hours);
}

static void print_lists(const struct explain *e)
{
	int i;

	for (i = 0; i < e->lists; i++) {
		const struct explain_list *l = &e->list[i];

		printf("  %s '", !l->is_read ? "no file yet:" : l->is_on ? "on" : "not on");
		text_name(l->file, 0);
		printf("' (%s)%s\n", l->format,
		       l->is_waiting ? ", waits: the list has grown enough for a day" : "");
	}
}

static const char *const sentences[JUDGEMENTS] = {
	[JUDGED_NONE] = "no offence recorded",
	[JUDGED_ALIBI] = "not listed: it, or its neighbourhood, has an alibi",
	[JUDGED_DUAL] = "not listed: it may be a sender of both families, with its alibi in the "
			"other",
	[JUDGED_FEW] = "not listed: too few offences",
	[JUDGED_WAITING] = "not listed yet: it may still come back",
	[JUDGED_HELD] = "held back: not added to a list, and not taken off it",
	[JUDGED_EXPIRED] = "not listed any more: its last offence is too old",
	[JUDGED_SUSPECT] = "listed with --unverified only: its only evidence are SYNs",
	[JUDGED_PROBABLE] = "listed as probable: part of the evidence is weak",
	[JUDGED_OFFENDER] = "listed",
	[JUDGED_ALLOWED] = "not listed: an allow list has it",
	[JUDGED_NEVER] = "not listed: the never-list has it",
	[JUDGED_PARDONED] = "not listed: it is pardoned",
	[JUDGED_TEST] = "a source of tests: it is never listed, and it excuses no other source",
};

const char *explain_sentence(const struct explain *e)
{
	return e->is_known ? sentences[e->of.v.is] : "never seen";
}

/* What has freed it, or how far it has come. */
static void print_freed(const struct explain *e)
{
	const struct verdict *v = &e->of.v;
	bool has_low = e->j->site.family[!addr_is_ip4(&e->of.r.src.addr)].has_low;
	const char *step = has_low ? "walks" : "visits to the real MX";
	char text[TEXT_TIME];

	if (v->freed)
		printf("  freed at %s: %s\n", text_time(v->freed, text),
		       v->freed_by == FREED_LIFTED ? "it was lifted at the look-up page, from its own address" :
		       v->freed_by == FREED_ACCEPTED ? "its mail was accepted after all filters" :
		       v->freed_by == FREED_SET ? "its provider walked from low to real, twice" :
		       has_low			     ? "it walked from the low fake to the real MX, twice" :
						       "it sent data to the real MX, twice");
	if (!verdict_is_listed(v, false))
		return;
	printf("  what frees it: %s: %u of 2", step, v->walks);
	if (v->walk_next)
		printf(", the next counts from %s", text_time(v->walk_next, text));
	if (e->j->rules.accepted_frees)
		printf("; or days with mail accepted after all filters: %u of %u", v->accepted,
		       e->j->rules.accepted_frees);
	putchar('\n');
}

static void print_origin(const struct explain *e)
{
	char network[ADDR_TEXT], as[ORIGIN_KEY], made[TEXT_TIME], age[TEXT_AGE];
	const struct origin *o = e->of.origin;
	int64_t when;

	if (!o)
		return;
	when = origin_made(e->j->origin);
	printf("  origin: ");
	if (!o->network.len)
		printf("unknown");
	else
		printf("%s, %s, %s%s%s",
		       o->as ? origin_key_text(&(struct origin_key){ .as = o->as }, as) : "no AS",
		       *o->country ? o->country : "no country", prefix_text(&o->network, network),
		       *o->owner ? ", " : "", o->owner);
	printf(" (as of %.10s, %s ago); never a reason\n", text_time(when, made),
	       text_age(e->j->now - when, age));
}

static void print_policy(const struct explain_policy *p)
{
	struct explain_when when = explain_policy_when(p);
	char time[TEXT_TIME];

	if (!p->is_there)
		return;
	printf("  policy service: %s: it %s", policy_step_names[p->step],
	       !policy_defers(p->step, &p->f) ? "passes" :
	       p->mode == POLICY_DEFER	      ? "is deferred" : "would be deferred");
	if (when.what && when.time)
		printf("; %s %s", when.what, text_time(when.time, time));
	printf(" (policy = %s)\n", policy_mode_names[p->mode]);
}

static void print_verdict(const struct explain *e)
{
	const struct verdict *v = &e->of.v;
	char source[ADDR_TEXT], since[TEXT_TIME], until[TEXT_TIME];
	struct prefix p = source_prefix(&e->of.r.src);

	printf("%s: %s\n", prefix_text(&p, source), judgement_names[v->is]);
	printf("  %s", explain_sentence(e));
	if (v->since)
		printf("\n  %s %s until %s",
		       verdict_is_listed(v, false) ? "from" : "it would be from",
		       text_time(v->since, since), text_time(v->until, until));
	putchar('\n');
	print_freed(e);
	if (e->of.hold != HOLD_NONE)
		printf("  held back, '%s': %s\n", hold_names[e->of.hold], hold_reasons[e->of.hold]);
	print_entry("never-list", e->never);
	print_entry("allow list", e->allow);
	print_pardon(e->pardon);
	print_lists(e);
	if (e->at_real)
		printf("  at the real MX: %s (the table is %s)\n", e->at_real, e->table);
	if (e->is_held)
		printf("  at the high fakes: tarpit, but for one connection in eight\n");
	print_spam(e);
	print_policy(&e->policy);
	print_origin(e);
}

void explain_text(const struct explain *e)
{
	int i;

	print_verdict(e);
	if (!e->is_known)
		return;
	printf("\n");
	print_evidence(e);
	print_days(&e->of.r);
	print_history(e);
	printf("\n  %-10s %-6s %s\n", "RULE", "LISTS", "BECAUSE");
	for (i = 0; i < CHECKS; i++)
		explain_check(e, i);
}
