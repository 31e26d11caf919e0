/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dialogue's texts: each has the length that leads to the state it should,
 * none refuses for good, none takes a message. Walks every path of every stage
 * with random host names and texts. Why it matters: a 5xx here bounces good mail,
 * a 354 loses it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "user/config/dialogue.h"

static struct nolist_smtp smtp;
static int failed, tests;

static void ok(int is_good, const char *what)
{
	printf("%sok %d - %s\n", is_good ? "" : "not ", ++tests, what);
	failed |= !is_good;
}

/* What RFC 5321 asks of a server in this state, as the reply's first digit; 4 also for "later". */
static char expected(enum dialogue_stage stage, int base, int verb)
{
	int at = base > NOLIST_RCPT ? base - NOLIST_TEMPFAILED : base;

	switch (verb) {
	case NOLIST_V_GREET:
	case NOLIST_V_RSET:
	case NOLIST_V_NOOP:
	case NOLIST_V_VRFY:
	case NOLIST_V_HELP:
	case NOLIST_V_QUIT:
		return '2';
	case NOLIST_V_MAIL:
		return at == NOLIST_GREETED && stage != STAGE_MAIL ? '2' : '4';
	case NOLIST_V_RCPT:
		return (at == NOLIST_MAIL || at == NOLIST_RCPT) && stage != STAGE_RCPT ? '2' : '4';
	}
	return '4';
}

static int next_at(int at, int verb, char digit)
{
	if (digit != '2')
		return at;
	switch (verb) {
	case NOLIST_V_GREET:
		return NOLIST_GREETED;
	case NOLIST_V_MAIL:
		return NOLIST_MAIL;
	case NOLIST_V_RCPT:
		return NOLIST_RCPT;
	case NOLIST_V_RSET:
		return at == NOLIST_FRESH ? at : NOLIST_GREETED;
	}
	return at;
}

static int text_is_sound(const struct nolist_reply *r)
{
	unsigned int sum = 0;
	int i;

	if (r->len < 6 || r->len > NOLIST_TEXT_MAX || r->len % 2)
		return 0;
	if (memcmp(r->text + r->len - 2, "\r\n", 2) || !strchr("24", r->text[0]))
		return 0;
	for (i = 0; i < r->len - 2; i++)
		if (r->text[i] < ' ' || r->text[i] > '~')
			return 0;
	for (i = 0; i < r->len; i += 2)
		sum += (__u8)r->text[i] | (__u8)r->text[i + 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == r->sum;
}

/* One step from a state: is the reply right, and does its length lead where it should? */
static int step_is_right(enum dialogue_stage stage, int mid, int state, int verb)
{
	const struct nolist_reply *r = &smtp.reply[NOLIST_REPLY(mid, state, verb)];
	int base = state % NOLIST_BASES, tempfailed = base > NOLIST_RCPT;
	int at = tempfailed ? base - NOLIST_TEMPFAILED : base;
	char digit = expected(stage, base, verb);
	int is_bye = verb == NOLIST_V_QUIT || verb == NOLIST_V_NOT_SMTP;
	int to;

	if (!text_is_sound(r) || r->text[0] != digit)
		return 0;
	if (verb == NOLIST_V_DATA && r->text[0] != '4')
		return 0;
	if (is_bye != !!(r->does & NOLIST_SAYS_BYE))
		return 0;
	if (r->does & NOLIST_SAYS_LATER)
		tempfailed = 1;
	at = next_at(at, verb, digit);
	to = is_bye ? NOLIST_CLOSED
		    : at + (tempfailed ? NOLIST_TEMPFAILED : 0) + (mid ? NOLIST_MIDLINE : 0);
	return (2 * state + r->len) % 32 == 2 * to;
}

static int tempfails_at(enum dialogue_stage stage)
{
	static const int at[] = { [STAGE_MAIL] = NOLIST_GREETED, [STAGE_RCPT] = NOLIST_MAIL,
				  [STAGE_DATA] = NOLIST_RCPT };
	static const int verb[] = { [STAGE_MAIL] = NOLIST_V_MAIL, [STAGE_RCPT] = NOLIST_V_RCPT,
				    [STAGE_DATA] = NOLIST_V_DATA };
	const struct nolist_reply *r;

	if (stage == STAGE_GREETING)
		return !strncmp(smtp.reply[NOLIST_BANNER].text, "421 4.7.1 ", 10) &&
		       smtp.reply[NOLIST_BANNER].does == (NOLIST_SAYS_LATER | NOLIST_SAYS_BYE);
	r = &smtp.reply[NOLIST_REPLY(0, at[stage], verb[stage])];
	return !strncmp(r->text, "451 4.7.1 ", 10) && r->does & NOLIST_SAYS_LATER;
}

/* Its length leads to FRESH; that of the first of two lines, where no reply leads. */
static int greeting_is_right(enum dialogue_stage stage, int is_teased)
{
	const struct nolist_reply *all = &smtp.reply[NOLIST_BANNER], *end = &smtp.reply[NOLIST_BANNER_END];

	if (stage == STAGE_GREETING)
		return text_is_sound(all) && all->len % 32 == 2 * NOLIST_CLOSED && !end->len;
	if (!is_teased)
		return text_is_sound(all) && all->len % 32 == 2 * NOLIST_FRESH && !end->len;
	return text_is_sound(all) && text_is_sound(end) && all->len % 32 == 2 * NOLIST_TEASED &&
	       (all->len + end->len) % 32 == 2 * NOLIST_FRESH && !strncmp(all->text, "220-", 4) &&
	       !strncmp(end->text, "220 ", 4);
}

static void fill(char *s, int len)
{
	int i;

	for (i = 0; i < len; i++)
		s[i] = ' ' + rand() % ('~' - ' ' + 1);
	s[len] = 0;
}

int main(void)
{
	static const char *const stages[] = { "greeting", "mail", "rcpt", "data" };
	char name[DIALOGUE_NAME_MAX + 2], text[DIALOGUE_TEXT_MAX + 2], what[128];
	struct dialogue d = { .name = name, .text = text };
	int stage, round, mid, state, verb, good;

	srand(1);
	for (stage = 0; stage < 4; stage++) {
		good = 1;
		for (round = 0; round < 300; round++) {
			fill(name, 1 + rand() % DIALOGUE_NAME_MAX);
			fill(text, 1 + rand() % DIALOGUE_TEXT_MAX);
			d.stage = stage;
			d.is_teased = round & 1;
			good &= !dialogue_compile(&d, &smtp) && tempfails_at(stage);
			good &= greeting_is_right(stage, d.is_teased);
			for (mid = 0; mid < 2; mid++)
				for (state = 0; state < NOLIST_STATES; state++)
					for (verb = 0; verb < NOLIST_VERBS; verb++)
						if (state % NOLIST_BASES != NOLIST_CLOSED)
							good &= step_is_right(stage, mid, state, verb);
						else if (NOLIST_REPLY(mid, state, verb) != NOLIST_BANNER_END)
							good &= !smtp.reply[NOLIST_REPLY(mid, state, verb)].len;
		}
		snprintf(what, sizeof(what), "stage %s: every reply leads to its state", stages[stage]);
		ok(good, what);
	}
	fill(text, DIALOGUE_TEXT_MAX + 1);
	ok(dialogue_compile(&d, &smtp) == -E2BIG, "a text that is too long is refused");
	strcpy(text, "x\r\n250 ok");
	ok(dialogue_compile(&d, &smtp) == -EINVAL, "a text cannot break its line");
	strcpy(text, "x");
	name[0] = 0;
	ok(dialogue_compile(&d, &smtp) == -EINVAL, "a host name is needed");
	fill(name, DIALOGUE_NAME_MAX);
	d.is_teased = 1;
	ok(!dialogue_compile(&d, &smtp), "the longest name fits into a greeting in two lines");
	printf("1..%d\n", tests);
	return failed;
}
