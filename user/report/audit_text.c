// SPDX-License-Identifier: GPL-2.0-only
/*
 * What audit has found, in words: the log, the list, and whether it is safe to enforce it.
 */
#include <stdio.h>

#include "user/base/text.h"
#include "user/report/audit_summary.h"

/* A number with its words; not of what was never there. */
static void some(size_t n, const char *words)
{
	if (n)
		printf("%8zu %s\n", n, words);
}

static void say_log(const struct summary *s)
{
	char first[TEXT_TIME], last[TEXT_TIME];

	printf("log: %zu lines, %zu of them of a mail server, from %s to %s\n", s->log.lines,
	       s->log.mail, text_time(s->log.first, first), text_time(s->log.last, last));
	printf("%8zu sources delivered mail that was accepted\n", s->accepted);
	printf("%8zu sources were only refused\n", s->refused);
	some(s->blocked, "of them only because of the list");
	some(s->never, "sources can never be listed (private, loopback, this host ...)");
	some(s->allowed, "sources are on an allow list");
	some(s->log.submitted, "messages are left out: of authenticated users, or submission");
	some(s->log.own, "messages are left out: of this host itself");
	some(s->log.clientless, "messages are left out: of unknown clients");
}

static void say_list(const struct summary *s)
{
	printf("\n%8zu sources are listed\n", s->listed);
	printf("%8zu of them delivered mail that was accepted while they were: false listings\n",
	       s->listed_accepted);
	some(s->listed_earlier, "of them delivered mail, but only while they were not listed");
	printf("%8zu of them were only refused\n", s->listed_refused);
	some(s->listed_blocked, "of them were only refused because of the list: no proof of it");
	printf("%8zu of them are not in the log\n", s->listed_unseen);
	some(s->listed_submitted, "of them are users who log in at the MX itself");
	printf("%8zu sources that were only refused are not listed\n", s->unlisted_refused);
}

static void say_false(const struct audit_source *src)
{
	struct prefix p = source_prefix(&src->src);
	char since[TEXT_TIME], at[TEXT_TIME], text[ADDR_TEXT];

	printf("false listing: %s, listed since %s, delivered at %s\n", prefix_text(&p, text),
	       text_time(src->since, since), text_time(src->false_at, at));
}

static void say_precision(const struct summary *s)
{
	if (s->has_precision)
		printf("\nprecision %.4f, with 95 %% confidence between %.4f and %.4f\n"
		       "of the %zu listed sources that the log has seen\n",
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
		       "%zu listed sources sent mail with a password there. Let the list refuse "
		       "only on a port without AUTH.\n",
		       s->listed_submitted);
		break;
	case AUDIT_TOO_FEW:
		printf("Not known yet: there is no false listing,\n"
		       "but only %zu listed sources were seen. Ask again with more of the log.\n",
		       s->listed_seen);
		break;
	case AUDIT_YES:
		printf("Yes, as far as this log shows.\n");
		break;
	}
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
	say_answer(s);
}
