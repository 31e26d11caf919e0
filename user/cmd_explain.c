// SPDX-License-Identifier: GPL-2.0-only
/*
 * explain: all that is known of one source, what every rule says to it, and what
 * it is judged to be and why.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "out.h"

struct explain {
	struct judge j;
	struct nolist_addr addr; /* as asked */
	struct judged of;
	bool is_known;
	const struct never_entry *never, *allow; /* entries that it is in */
};

/* --- words ------------------------------------------------------------------- */

static void print_when(const struct explain *e, const struct span *when)
{
	char first[REPORT_TIME], last[REPORT_TIME], age[REPORT_AGE];

	printf("%s", report_time(when->first, first));
	if (when->last != when->first)
		printf(" to %s", report_time(when->last, last));
	printf(" (%s ago)\n", report_age(e->j.now - when->last, age));
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

static void print_hours(const struct record *r)
{
	char text[REPORT_TIME];
	unsigned int i;

	if (!r->hours)
		return;
	printf("\n  %-20s %6s %7s %6s %6s %6s %6s %6s %8s %8s\n", "HOUR FROM", "STRONG", "GREETED",
	       "WEAK", "QUIT", "CLOSED", "EARLY", "PIPED", "NOT-SMTP", "STARTTLS");
	for (i = 0; i < r->hours; i++) {
		const struct hour *h = &r->hour[i];

		printf("  %-20s %6u %7u %6u %6u %6u %6u %6u %8u %8u\n",
		       report_time(h->start, text), h->strong, h->weak, h->told_weak, h->quit, h->closed,
		       h->early, h->piped, h->not_smtp, h->starttls);
	}
}

static void print_evidence(const struct explain *e)
{
	const struct record *r = &e->of.r;

	print_contact(e, "low fake, claimed", &r->low.when, r->low.opens, "SYN", "SYNs");
	print_contact(e, "real MX, claimed", &r->real.when, r->real.opens, "SYN", "SYNs");
	print_contact(e, "high fakes, claimed", &r->high.when, r->high.opens, "SYN", "SYNs");
	print_contact(e, "real MX, proven", &r->data, r->data_count, "connection with data",
		      "connections with data");
	print_contact(e, "high fakes, proven", &r->talk, r->talk_hours, "hour with dialogues",
		      "hours with dialogues");
	if (r->bad_acks)
		printf("  %-22s %" PRIu32 "\n", "wrong acknowledgements", r->bad_acks);
	print_hours(r);
}

static const char *times(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_offences(const struct explain *e, const struct check_result *c)
{
	const struct verdict *v = &e->of.v;

	if (!v->is_proven)
		printf("%" PRId64 " unproven contact%s with a high fake that nothing excuses",
		       c->have, times(c->have));
	else
		printf("%" PRId64 " hour%s told \"later\" without QUIT, %u of them proven by "
		       "timestamp; %" PRId64 " needed", c->have, times(c->have), v->strong,
		       c->need);
	if (v->excused)
		printf("; %u excused", v->excused);
}

static void print_alibi(const char *what, const struct check_result *c)
{
	char have[REPORT_AGE], need[REPORT_AGE];

	if (c->have < 0)
		printf("%s: never", what);
	else if (!c->have)
		printf("%s: around an offence", what);
	else
		printf("%s: %s from the nearest offence", what, report_age(c->have, have));
	printf("; an alibi within %s", report_age(c->need, need));
}

static void print_neighbours(const struct explain *e, const struct check_result *c)
{
	struct prefix p = neighbours_prefix(&e->of.r.src, &e->j.rules);
	char net[ADDR_TEXT + 80], one[ADDR_TEXT]; /* a provider's name has at most 64 */
	struct prefix host = source_prefix(&e->of.n.one);

	prefix_text(&p, net);
	if (e->of.provider)
		snprintf(net + strlen(net), sizeof(net) - strlen(net), " or of %s", e->of.provider);
	if (c->have < 0) {
		printf("nobody else in %s has a proven alibi", net);
		return;
	}
	printf("%u in %s with a proven alibi, such as %s; ", e->of.n.count, net,
	       prefix_text(&host, one));
	print_alibi("at the real MX", c);
}

static void print_losses(const struct check_result *c)
{
	char text[REPORT_TIME];

	if (!c->have)
		printf("no verified evidence was lost");
	else
		printf("verified evidence was lost, the last time at %s%s",
		       report_time(c->have, text), c->is_passed ? ", before all this" : "");
}

static void print_learning(const struct explain *e, const struct check_result *c)
{
	unsigned int n = e->of.v.learnt;
	char text[REPORT_TIME];

	if (c->is_passed)
		printf("no offence is from the learning time");
	else
		printf("%u offence%s of the learning time, which lasted until %s", n, times(n),
		       report_time(c->have, text));
}

static void print_real_mx(const struct explain *e, const struct check_result *c)
{
	char have[REPORT_AGE], need[REPORT_AGE];
	bool is_ip6 = !addr_is_ip4(&e->of.r.src.addr);

	if (!e->j.site.family[is_ip6].has_real)
		printf("no real MX is configured for %s", is_ip6 ? "IPv6" : "IPv4");
	else if (c->have < 0)
		printf("nobody was ever seen at the real MX");
	else
		printf("somebody %s the real MX %s ago; needed within %s",
		       e->j.site.family[is_ip6].data_last ? "sent data to" : "was at",
		       report_age(c->have, have), report_age(c->need, need));
	if (!c->is_passed && e->of.v.is != JUDGED_HELD && e->of.v.is != JUDGED_WAITING && c->have > 0)
		printf("; was listed before");
	if (e->j.site.is_unseen_accepted)
		printf("; real-mx-unseen = accept");
}

static void print_grace(const struct explain *e, const struct check_result *c)
{
	char have[REPORT_AGE], need[REPORT_AGE], paused[REPORT_AGE];

	printf("had %s to come back; %s needed", report_age(c->have, have),
	       report_age(c->need, need));
	if (e->of.v.paused)
		printf("; %s did not count: the real MX was unhealthy, or learning time",
		       report_age(e->of.v.paused, paused));
}

static void print_current(const struct explain *e)
{
	char text[REPORT_TIME], need[REPORT_AGE];

	printf("a listing ends %s after the last offence: %s",
	       report_age(e->j.rules.listing_s, need), report_time(e->of.v.until, text));
}

static void print_check(const struct explain *e, enum check check)
{
	const struct check_result *c = &e->of.v.check[check];

	printf("  %-10s %-6s ", check_names[check],
	       !c->is_asked ? "-" : c->is_passed ? "yes" : "no");
	if (!c->is_asked) {
		printf("not asked\n");
		return;
	}
	switch (check) {
	case CHECK_OFFENCES:
		print_offences(e, c);
		break;
	case CHECK_LOW:
		print_alibi("at the low fake", c);
		break;
	case CHECK_REAL:
		print_alibi("at the real MX", c);
		break;
	case CHECK_DATA:
		print_alibi("data to the real MX", c);
		break;
	case CHECK_NEIGHBOURS:
		print_neighbours(e, c);
		break;
	case CHECK_GRACE:
		print_grace(e, c);
		break;
	case CHECK_LOSSES:
		print_losses(c);
		break;
	case CHECK_LEARNING:
		print_learning(e, c);
		break;
	case CHECK_REAL_MX:
		print_real_mx(e, c);
		break;
	case CHECK_CURRENT:
		print_current(e);
		break;
	case CHECKS:
		break;
	}
	putchar('\n');
}

static void print_entry(const char *list, const struct never_entry *entry)
{
	char text[ADDR_TEXT];

	if (!entry)
		return;
	printf("  on the %s: %s, ", list, prefix_text(&entry->prefix, text));
	/* The name of a file is somebody's: nothing in it reaches the terminal raw. */
	for (const char *c = entry->why; *c; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			printf("\\x%02x", (unsigned char)*c);
		else
			putchar(*c);
	}
	if (entry->line)
		printf(":%u", entry->line);
	putchar('\n');
}

static void print_pardon(const struct explain *e)
{
	const struct never_entry *entry = never_find(e->j.pardon, &e->of.r.src);
	char text[ADDR_TEXT], until[REPORT_TIME];

	if (entry)
		printf("  pardoned until %s: %s\n", report_time(entry->until, until),
		       prefix_text(&entry->prefix, text));
}

static const char *const sentences[JUDGEMENTS] = {
	[JUDGED_NONE] = "nothing speaks against it",
	[JUDGED_ALIBI] = "not listed: it, or its neighbourhood, has an alibi",
	[JUDGED_FEW] = "not listed: too few offences",
	[JUDGED_WAITING] = "not listed yet: it may still come back",
	[JUDGED_HELD] = "not listed: the evidence is not safe, see the rules",
	[JUDGED_EXPIRED] = "not listed any more: its last offence is too old",
	[JUDGED_SUSPECT] = "listed with --unverified only: nothing but SYNs speaks against it",
	[JUDGED_PROBABLE] = "listed as probable: part of the proof is weak",
	[JUDGED_OFFENDER] = "listed",
	[JUDGED_ALLOWED] = "not listed: an allow list has it",
	[JUDGED_NEVER] = "not listed: the never-list has it",
	[JUDGED_PARDONED] = "not listed: it is pardoned",
};

static void print_verdict(const struct explain *e)
{
	const struct verdict *v = &e->of.v;
	char source[ADDR_TEXT], since[REPORT_TIME], until[REPORT_TIME];
	struct prefix p = source_prefix(&e->of.r.src);

	printf("%s: %s\n", prefix_text(&p, source), judgement_names[v->is]);
	printf("  %s", e->is_known ? sentences[v->is] : "never seen");
	if (v->since)
		printf("\n  %s %s until %s", verdict_is_listed(v, false) ? "from" : "it would be from",
		       report_time(v->since, since), report_time(v->until, until));
	putchar('\n');
	print_entry("never-list", e->never);
	print_entry("allow list", e->allow);
	print_pardon(e);
}

static void print_text(const struct explain *e)
{
	int i;

	print_verdict(e);
	if (!e->is_known)
		return;
	printf("\n");
	print_evidence(e);
	printf("\n  %-10s %-6s %s\n", "RULE", "LISTS", "BECAUSE");
	for (i = 0; i < CHECKS; i++)
		print_check(e, i);
}

/* --- JSON -------------------------------------------------------------------- */

static void json_entry(struct out *o, const char *name, const struct never_entry *entry)
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

static void json_checks(struct out *o, const struct verdict *v)
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

static void json_rules(struct out *o, struct rules rules)
{
	const struct rule *r;

	json_open(o, "rules", '{');
	for (r = rule_table; r->name; r++)
		json_number(o, r->name, *rules_value(&rules, r));
	json_close(o, '}');
}

static void write_json(const struct explain *e, struct out *o)
{
	char text[ADDR_TEXT];

	json_open(o, NULL, '{');
	json_text(o, "type", "explain");
	json_number(o, "schema", JSON_SCHEMA);
	json_number(o, "time", e->j.now);
	json_text(o, "address", addr_text(&e->addr, text));
	json_bool(o, "known", e->is_known);
	json_judged(o, &e->of);
	json_text(o, "because", e->is_known ? sentences[e->of.v.is] : "never seen");
	json_entry(o, "never", e->never);
	json_entry(o, "allow", e->allow);
	json_number(o, "neighbours", e->of.n.count);
	if (e->of.provider)
		json_text(o, "provider", e->of.provider);
	else
		json_none(o, "provider");
	json_checks(o, &e->of.v);
	json_rules(o, e->j.rules);
	json_close(o, '}');
	out_char(o, '\n');
}

static int print_json(const struct explain *e)
{
	struct out *o = malloc(sizeof(*o));
	int error;

	if (!o) {
		err(ENOMEM, "cannot write JSON");
		return EXIT_FAILED;
	}
	out_open(o, out_stdout, NULL);
	write_json(e, o);
	error = out_flush(o);
	if (error)
		err(error, "cannot write all of the output");
	free(o);
	return error ? EXIT_FAILED : EXIT_DONE;
}

/* --- the command line -------------------------------------------------------- */

enum { OPT_JSON = 256, OPT_AT };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{}
};

static int run(struct explain *e, const struct judge_options *jo, bool is_json)
{
	struct nolist_source src = addr_source(&e->addr);
	int status = judge_open(&e->j, jo);

	if (!status) {
		e->is_known = judge_find(&e->j, &src, &e->of);
		status = judge_end(&e->j);
	}
	if (!status) {
		e->never = never_find(e->j.never, &src);
		e->allow = never_find(e->j.allow, &src);
		if (is_json)
			status = print_json(e);
		else
			print_text(e);
	}
	judge_close(&e->j);
	return status;
}

int cmd_explain(int argc, char **argv)
{
	struct judge_options jo = {};
	struct explain e = {};
	bool is_json = false;
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			jo.conf = optarg;
		else if (c == OPT_AT)
			jo.at = optarg;
		else
			is_json = true;
	}
	if (c < 0)
		return -1 - c;
	if (optind != argc - 1) {
		errx(optind == argc ? "which address?" : "one address at a time");
		return EXIT_USAGE;
	}
	if (addr_parse(argv[optind], &e.addr)) {
		errx("'%s' is not an address", argv[optind]);
		return EXIT_USAGE;
	}
	return run(&e, &jo, is_json);
}
