// SPDX-License-Identifier: GPL-2.0-only
/*
 * What audit has found, in words: the log, the list, and whether it is safe to enforce it.
 */
#include <stdio.h>

#include "user/base/text.h"
#include "user/report/audit_summary.h"
#include "user/report/precision.h"

static void row(size_t n, const char *words)
{
	printf("%8zu %s\n", n, words);
}

/* A number with its words; not of what was never there. */
static void some(size_t n, const char *words)
{
	if (n)
		row(n, words);
}

static void say_log(const struct summary *s)
{
	char first[TEXT_TIME], last[TEXT_TIME];

	printf("log: lines %zu, of a mail server %zu, from %s to %s\n", s->log.lines, s->log.mail,
	       text_time(s->log.first, first), text_time(s->log.last, last));
	printf("\nsources in the log:\n");
	row(s->accepted, "delivered mail that was accepted");
	row(s->refused, "only refused");
	some(s->blocked, "  of them only because of the list");
	some(s->never, "that can never be listed (private, loopback, this host ...)");
	some(s->allowed, "on an allow list");
	if (s->log.submitted || s->log.own || s->log.clientless)
		printf("\nmessages that are left out:\n");
	some(s->log.submitted, "of authenticated users, or by submission");
	some(s->log.own, "of this host itself");
	some(s->log.clientless, "of clients that the log does not name");
}

static void say_list(const struct summary *s)
{
	printf("\nlisted sources:\n");
	row(s->listed, "in all");
	row(s->listed_accepted, "delivered mail that was accepted while listed: false listings");
	some(s->listed_earlier, "delivered mail, but only while not listed");
	row(s->listed_refused, "only refused");
	some(s->listed_blocked, "only refused because of the list: no proof of it");
	row(s->listed_unseen, "not in the log");
	some(s->listed_submitted, "are users who log in at the MX itself");
	printf("not listed:\n");
	row(s->unlisted_refused, "only refused");
}

static void say_false(const struct audit_source *src)
{
	struct prefix p = source_prefix(&src->src);
	char since[TEXT_TIME], at[TEXT_TIME], text[ADDR_TEXT];

	printf("false listing: %s, listed since %s, delivered at %s\n", prefix_text(&p, text),
	       text_time(src->since, since), text_time(src->false_at, at));
}

#define NAMED 20 /* sources of the table, at most */

static void say_table(const struct summary *s)
{
	char text[ADDR_TEXT];
	size_t i, n = 0;

	if (!s->table)
		return;
	printf("\nthe table at the real MX (enforce), which is %s, would have refused:\n", s->table);
	row(s->table_messages, "accepted deliveries");
	row(s->table_sources, "sources of them");
	for (i = 0; i < s->log.sources && n < NAMED; i++) {
		const struct audit_source *src = s->log.source[i];
		struct prefix p = source_prefix(&src->src);

		if (src->is_at_real && ++n)
			printf("would be refused: %s, with mail accepted: %u\n", prefix_text(&p, text),
			       src->accepted);
	}
	if (n < s->table_sources)
		printf("and more: %zu\n", s->table_sources - n);
}

static void say_precision(const struct summary *s)
{
	if (s->has_precision)
		printf("\nprecision %.4f, with 95 %% confidence between %.4f and %.4f\n"
		       "of the listed sources that the log has seen (%zu)\n",
		       s->precision, s->low, s->high, s->listed_seen);
	else if (!s->listed)
		printf("\nno precision: no source is listed\n");
	else if (!s->listed_seen)
		printf("\nno precision: the log has seen no listed source\n");
	else
		printf("\nno precision: the log does not show enough\n");
}

static void say_answer(const struct summary *s)
{
	printf("\nIs the list safe to enforce? ");
	switch (s->answer) {
	case AUDIT_UNKNOWN_LOG:
		printf("Unknown: too much of the log is not understood.\n");
		break;
	case AUDIT_UNKNOWN_CLIENT:
		printf("Unknown: the log does not name the clients.\n");
		break;
	case AUDIT_UNKNOWN_LIST:
		printf("Unknown: no source was listed when the log ends.\n");
		break;
	case AUDIT_UNKNOWN_SEEN:
		printf("Unknown: no listed source was accepted, or refused for another reason.\n");
		break;
	case AUDIT_NO:
		printf("No: it would have refused mail that was accepted.\n"
		       "\"nolist-xdp explain ADDRESS\" says why a source is listed; \"pardon\" "
		       "and allow lists take it off.\n");
		break;
	case AUDIT_NO_USERS:
		printf("Not on a port where users log in:\n"
		       "listed sources sent mail with a password there (%zu). Let the list refuse "
		       "only on a port without AUTH.\n",
		       s->listed_submitted);
		break;
	case AUDIT_TOO_FEW:
		printf("Not known yet: there is no false listing,\n"
		       "but too few listed sources were seen (%zu). Ask again with more of the "
		       "log.\n",
		       s->listed_seen);
		break;
	case AUDIT_YES:
		printf("Yes, as far as this log shows.\n");
		break;
	}
}

/* By the words of the one that did it, or would have. */
static void say_deferred(const struct summary *s)
{
	const struct deferred *d = &s->deferred;
	struct precision p;

	if (!d->is_known)
		return;
	printf("\npolicy service (policy = %s), networks and providers:\n", policy_mode_names[s->mode]);
	row(d->networks, s->mode == POLICY_DEFER ? "deferred while the log was written" :
						   "that it would have deferred while the log was written");
	row(d->accepted, "of them had mail accepted later");
	if (d->timed)
		printf("%8s seconds until then, of %zu in the log: median %lld, at most %lld, together %lld\n", "",
		       d->timed, (long long)d->median, (long long)d->most, (long long)d->seconds);
	row(d->due, "had a day to come back");
	if (!d->due)
		return;
	p = precision_of(d->gone, d->due);
	printf("%8zu of these never did: %.4f, with 95 %% confidence between %.4f and %.4f\n", d->gone, p.is, p.low,
	       p.high);
}

void audit_say(const struct summary *s)
{
	size_t i;

	say_log(s);
	say_list(s);
	say_precision(s);
	for (i = 0; i < s->log.sources; i++)
		if (s->log.source[i]->false_at)
			say_false(s->log.source[i]);
	say_deferred(s);
	say_table(s);
	say_answer(s);
}
