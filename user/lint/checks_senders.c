// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of the senders: which of them never reach the real MX, by the table of their walks.
 */
#include <stdio.h>
#include <string.h>

#include "user/lint/lint.h"

/* "192.0.2.10 refused, 192.0.2.30 later": the walk of the last try. */
static void describe(const struct walk *w, char *text, size_t size)
{
	char addr[ADDR_TEXT];
	size_t n = 0;
	int i;

	*text = '\0';
	for (i = 0; i < w->steps && n + ADDR_TEXT < size; i++)
		if (w->step[i].try == w->tries)
			n += snprintf(text + n, size - n, "%s%s %s", n ? ", " : "",
				      addr_text(&w->step[i].addr, addr),
				      outcome_names[w->step[i].outcome]);
	if (!n)
		snprintf(text, size, "no address that it can try");
}

static void say_lost(struct lint *l, const struct sender *s, const struct walk *w, bool is_ip4_only,
		     enum real_mx real)
{
	char steps[160];

	describe(w, steps, sizeof(steps));
	lint_say(l, s->is_lost ? GRADE_NOTE : l->check->grade, s->name,
		 "it never reaches the real MX%s, which %s%s: %s%s%s", is_ip4_only ? " over IPv4" : "",
		 real == REAL_GREYLISTS ? "" : "is ", real_mx_names[real], steps,
		 w->limit ? "; then " : "", w->limit ? w->limit : "");
	if (!s->is_lost)
		find_hint(&l->found, "fewer fakes before the real MX; known from: %.180s", s->source);
}

static bool has_real_in(const struct zone *z, bool is_ip4_only)
{
	int i, k;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++)
			if (z->host[i].address[k].role == NOLIST_REAL &&
			    (!is_ip4_only || addr_is_ip4(&z->host[i].address[k].addr)))
				return true;
	return false;
}

/* The first way in which it fails is said, and no other. */
static void look_sender(struct lint *l, const struct sender *s)
{
	static __thread struct walk w;
	int real, ip4;

	for (ip4 = 0; ip4 < 2; ip4++)
		for (real = 0; real < REAL_STATES; real++) {
			if (!has_real_in(&l->zone, ip4 || s->is_ip4_only))
				continue;
			walk(s, &l->zone, real, ip4, &w);
			if (w.has_arrived)
				continue;
			say_lost(l, s, &w, ip4 || s->is_ip4_only, real);
			return;
		}
}

void look_senders(struct lint *l)
{
	const struct sender *s;

	if (!has_real_in(&l->zone, false)) {
		lint_skip(l, "no real MX is among the addresses");
		return;
	}
	if (!has_real_in(&l->zone, true)) {
		lint_say(l, GRADE_ERROR, l->zone.name, "the real MX has no IPv4 address: senders without "
			 "IPv6 do not reach it");
	}
	for (s = senders; s->name; s++)
		look_sender(l, s);
}
