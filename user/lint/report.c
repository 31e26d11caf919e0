// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what was found of a domain.
 */
#include <stdio.h>
#include <string.h>

#include "user/base/json.h"
#include "user/base/text.h"
#include "user/lint/report.h"

static const char *role_name(int role)
{
	return role == ROLE_OTHER ? "other" : conf_role_name(role);
}

/* --- text ----------------------------------------------------------------------------------- */

static void print_host(const struct zone_host *h)
{
	char text[ADDR_TEXT];
	int i;

	printf("  %5u  ", h->preference);
	text_name(h->name, 30);
	for (i = 0; i < h->addresses; i++)
		printf(" %s %s%s", addr_text(&h->address[i].addr, text),
		       role_name(h->address[i].role), i + 1 < h->addresses ? "," : "");
	putchar('\n');
}

static void print_finding(const struct finding *f)
{
	printf("%-7s  %-9s  ", grade_names[f->grade], f->about);
	if (*f->subject) {
		text_name(f->subject, 0);
		printf(": ");
	}
	text_name(f->text, 0);
	if (*f->hint) {
		printf("\n%-7s  %-9s  hint: ", "", "");
		text_name(f->hint, 0);
	}
	putchar('\n');
}

void report_text(const struct lint *l, const char *domain)
{
	int i;

	text_name(domain, 0);
	if (strcmp(domain, l->zone.name))
		printf(" (%s)", l->zone.name);
	printf(": %d error%s, %d warning%s\n", findings_errors(&l->found),
	       findings_errors(&l->found) == 1 ? "" : "s", findings_count(&l->found, GRADE_WARNING),
	       findings_count(&l->found, GRADE_WARNING) == 1 ? "" : "s");
	for (i = 0; i < l->zone.hosts; i++)
		print_host(&l->zone.host[i]);
	for (i = 0; i < l->found.n; i++)
		print_finding(&l->found.f[i]);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void json_hosts(struct writer *o, const struct zone *z)
{
	char text[ADDR_TEXT];
	int i, k;

	json_open(o, "mx", '[');
	for (i = 0; i < z->hosts; i++) {
		json_open(o, NULL, '{');
		json_number(o, "preference", z->host[i].preference);
		json_text(o, "name", z->host[i].name);
		json_open(o, "addresses", '[');
		for (k = 0; k < z->host[i].addresses; k++) {
			json_open(o, NULL, '{');
			json_text(o, "address", addr_text(&z->host[i].address[k].addr, text));
			json_text(o, "role", role_name(z->host[i].address[k].role));
			json_close(o, '}');
		}
		json_close(o, ']');
		json_close(o, '}');
	}
	json_close(o, ']');
}

static int number_of(const char *name)
{
	const struct check *c;

	for (c = checks; c->name && strcmp(c->name, name); c++)
		;
	return c->name ? c->number : 0;
}

static void json_findings(struct writer *o, const struct findings *found)
{
	const struct finding *f;
	int i;

	json_open(o, "findings", '[');
	for (i = 0; i < found->n; i++) {
		f = &found->f[i];
		json_open(o, NULL, '{');
		json_text(o, "grade", grade_names[f->grade]);
		json_text(o, "check", f->about);
		json_number(o, "number", number_of(f->about));
		json_text(o, "subject", f->subject);
		json_text(o, "text", f->text);
		json_text_or_none(o, "hint", f->hint);
		json_close(o, '}');
	}
	json_close(o, ']');
}

/* "192.0.2.10 refused 1": an address, what it does, in which try. */
static void json_walk(struct writer *o, const struct walk *w)
{
	char text[ADDR_TEXT], step[2 * ADDR_TEXT];
	int i;

	json_number(o, "tries", w->has_arrived ? w->tries : 0);
	json_open(o, "steps", '[');
	for (i = 0; i < w->steps; i++) {
		snprintf(step, sizeof(step), "%s %s %d", addr_text(&w->step[i].addr, text),
			 outcome_names[w->step[i].outcome], w->step[i].try);
		json_text(o, NULL, step);
	}
	json_close(o, ']');
}

static void json_senders(struct writer *o, const struct zone *z)
{
	static __thread struct walk w;
	const struct sender *s;
	int real, ip4;

	json_open(o, "senders", '[');
	for (s = senders; s->name && zone_knows_roles(z); s++)
		for (ip4 = s->is_ip4_only; ip4 < 2; ip4++)
			for (real = 0; real < REAL_STATES; real++) {
				walk(s, z, real, ip4, &w);
				json_open(o, NULL, '{');
				json_text(o, "sender", s->name);
				json_text(o, "real", real_mx_names[real]);
				json_bool(o, "ip4_only", ip4);
				json_bool(o, "arrives", w.has_arrived);
				json_walk(o, &w);
				json_close(o, '}');
			}
	json_close(o, ']');
}

void report_json(struct writer *o, const struct lint *l, const char *domain)
{
	json_open(o, NULL, '{');
	json_text(o, "domain", domain);
	json_text(o, "ascii", l->zone.name);
	json_number(o, "errors", findings_errors(&l->found));
	json_number(o, "warnings", findings_count(&l->found, GRADE_WARNING));
	json_bool(o, "signed", l->zone.is_secure);
	json_number(o, "questions", l->zone.questions);
	json_hosts(o, &l->zone);
	json_findings(o, &l->found);
	json_senders(o, &l->zone);
	json_close(o, '}');
}
