/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function has the reply and the next state of each verb; another pads the reply to
 * the length that encodes this state. Codes: RFC 5321 4.2, RFC 3463. No reply begins with
 * 5, and DATA gets neither 2 nor 3, whatever is configured: a sender of good mail must
 * always keep its mail and come back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "user/config/dialogue.h"

/* The reply to a verb in a state, and the next state. */
struct step {
	const char *text; /* %n: the host name; %l: the text of the tempfail */
	__u32 next;       /* state without NOLIST_MIDLINE */
	__u8 does;
};

#define SAY_LATER "451 4.7.1 %l"
#define SAY_ORDER "451 4.5.0 Not now"
#define SAY_ELSEWHERE "450 4.1.2 No mail for that domain"
#define SAY_BYE "421 4.7.0 This is no SMTP that we speak"

static bool is_reported(__u32 base)
{
	return base >= NOLIST_GREETED + NOLIST_TEMPFAILED;
}

/* The same state, without or with the mark that the dialogue was tempfailed. */
static __u32 stage_of(__u32 base)
{
	return is_reported(base) ? base - NOLIST_TEMPFAILED : base;
}

static struct step tempfail(__u32 base)
{
	__u32 next = is_reported(base) ? base : base + NOLIST_TEMPFAILED;

	return (struct step){ SAY_LATER, next, NOLIST_SAYS_LATER };
}

static struct step move(const char *text, __u32 stage, __u32 base)
{
	return (struct step){ text, is_reported(base) ? stage + NOLIST_TEMPFAILED : stage, 0 };
}

/*
 * A recipient whose domain is not ours, wherever one is accepted. Never a 5: a domain that the
 * administrator has forgotten must not bounce.
 */
static struct step elsewhere(__u32 base)
{
	return (struct step){ SAY_ELSEWHERE, base, NOLIST_SAYS_ELSEWHERE };
}

/* The table of the dialogue: the reply to a verb, or of another column, in state "base". */
static struct step dialogue_step(enum dialogue_stage stage, __u32 base, __u32 column)
{
	__u32 at = stage_of(base);

	switch (column) {
	case NOLIST_V_GREET:
		return move("250 %n", NOLIST_GREETED, base);
	case NOLIST_V_MAIL:
		if (at != NOLIST_GREETED)
			break;
		return stage == STAGE_MAIL ? tempfail(base) : move("250 2.1.0 OK", NOLIST_MAIL, base);
	case NOLIST_V_RCPT:
		if (at != NOLIST_MAIL && at != NOLIST_RCPT)
			break;
		return stage == STAGE_RCPT ? tempfail(base) : move("250 2.1.5 OK", NOLIST_RCPT, base);
	case NOLIST_SAY_ELSEWHERE:
		if (at != NOLIST_MAIL && at != NOLIST_RCPT)
			break;
		return elsewhere(base);
	case NOLIST_V_DATA:
		if (at != NOLIST_RCPT)
			break;
		return tempfail(base);
	case NOLIST_V_RSET:
		return move("250 2.0.0 OK", at == NOLIST_FRESH ? NOLIST_FRESH : NOLIST_GREETED, base);
	case NOLIST_V_NOOP:
		return move("250 2.0.0 OK", at, base);
	case NOLIST_V_VRFY:
		return move("252 2.1.5 Send some mail", at, base);
	case NOLIST_V_HELP:
		return move("214 2.0.0 EHLO HELO MAIL RCPT RSET NOOP QUIT", at, base);
	case NOLIST_V_STARTTLS:
		return move("454 4.7.0 No TLS here", at, base);
	case NOLIST_V_QUIT:
		return (struct step){ "221 2.0.0 Bye", NOLIST_CLOSED, NOLIST_SAYS_BYE };
	case NOLIST_V_NOT_SMTP:
		return (struct step){ SAY_BYE, NOLIST_CLOSED, NOLIST_SAYS_BYE };
	default:
		break;
	}
	return move(SAY_ORDER, at, base);
}

/* Harmless words to pad a reply, by their length. */
static const char *const filler[32] = {
	"", ".", "..", "...", " ...", " (MX)", " (now)", " (here)", " (spare)", " (backup)",
	" (standby)", " (a backup)", " (backup MX)", " (standby MX)", " (a backup MX)",
	" (a standby MX)", " (only a backup)", " (only a standby)", " (this is standby)",
	" (only a backup MX)", " (only a standby MX)", " (just one backup MX)",
	" (this is a backup MX)", " (this is a standby MX)", " (this is our backup MX)",
	" (this is our standby MX)", " (we are only a backup MX)", " (this is only a backup MX)",
	" (this is only a standby MX)", " (this is only our backup MX)",
	" (this is only our standby MX)", " (it is only a spare mail host)",
};

/* The same to a listed source, by the real MX's address. */
static const char *const filler_listed[32] = {
	"", ".", "..", "...", " ...", " (MX)", " (now)", " (here)", " (today)", " (listed)",
	" (for now)", " (not here)", " (not today)", " (listed now)", " (listed here)",
	" (not accepted)", " (it was listed)", " (listed for now)", " (held back today)",
	" (held back by now)", " (held back for now)", " (not now, but later)",
	" (held back here, now)", " (listed, held for now)", " (listed, come by later)",
	" (listed, held back here)", " (listed, held back today)",
	" (listed, held back by now)", " (listed, held back for now)",
	" (listed, not accepted today)", " (listed, not accepted by now)",
	" (listed, not accepted for now)",
};

/* The sum of a text in 16-bit words, as the checksum wants it (RFC 1071). */
static __u16 text_sum(const char *text, unsigned int len)
{
	unsigned int i, sum = 0;
	__u16 w;

	for (i = 0; i < len; i += 2) {
		memcpy(&w, text + i, 2);
		sum += w;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Writes a text whose length is "delta" modulo 32. */
static int reply_compile(struct nolist_reply *r, const struct dialogue *d, const char *text,
			 __u32 delta, __u8 does)
{
	char line[NOLIST_TEXT_MAX + 1];
	const char *insert = strstr(text, "%n") ? d->name : d->text;
	const char *mark = strchr(text, '%');
	int len;

	len = mark ? snprintf(line, sizeof(line), "%.*s%s%s", (int)(mark - text), text, insert,
			      mark + 2)
		   : snprintf(line, sizeof(line), "%s", text);
	if (len < 0 || len > NOLIST_TEXT_MAX - 2)
		return -E2BIG;
	len = snprintf(r->text, sizeof(r->text), "%s%s\r", line,
		       (d->is_listed ? filler_listed : filler)[(delta - len - 2) & 31]);
	if (len < 0 || len >= NOLIST_TEXT_MAX)
		return -E2BIG;
	r->text[len++] = '\n'; /* replaces snprintf's zero byte */
	r->len = len;
	r->sum = text_sum(r->text, len);
	r->does = does;
	return 0;
}

static bool is_printable(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static int banner_compile(const struct dialogue *d, struct nolist_smtp *out)
{
	struct nolist_reply *r = &out->reply[NOLIST_BANNER];
	int ret;

	if (d->stage == STAGE_GREETING)
		return reply_compile(r, d, "421 4.7.1 %l", 2 * NOLIST_CLOSED,
				     NOLIST_SAYS_LATER | NOLIST_SAYS_BYE);
	if (!d->is_teased)
		return reply_compile(r, d, "220 %n ESMTP", 2 * NOLIST_FRESH, 0);
	ret = reply_compile(r, d, "220-%n ESMTP", 2 * NOLIST_TEASED, 0);
	if (ret)
		return ret;
	return reply_compile(&out->reply[NOLIST_BANNER_END], d, "220 %n",
			     2 * (NOLIST_FRESH - NOLIST_TEASED), 0);
}

/* A text whose length is even, without further padding. */
static int even_compile(struct nolist_reply *r, const struct dialogue *d, const char *text, __u8 does)
{
	int len = strlen(text) - 2 + strlen(strstr(text, "%n") ? d->name : d->text) + 2;

	return reply_compile(r, d, text, len + (len & 1), does);
}

/*
 * What a client reads that is held: a greeting, a reply to its EHLO that does not end, and the
 * tempfail as its last line.
 */
static int tarpit_compile(const struct dialogue *d, struct nolist_smtp *out)
{
	int ret = even_compile(&out->reply[NOLIST_TARPIT_GREETING], d, "220 %n ESMTP", 0);

	if (!ret)
		ret = even_compile(&out->reply[NOLIST_TARPIT_MORE], d, "250-%n", 0);
	if (!ret)
		ret = even_compile(&out->reply[NOLIST_TARPIT_LAST], d, "421 4.7.1 %l",
				   NOLIST_SAYS_LATER | NOLIST_SAYS_BYE);
	return ret;
}

int dialogue_compile(const struct dialogue *given, struct nolist_smtp *out)
{
	struct dialogue d = *given;
	__u32 mid, state, base, column;
	int ret;

	if (!d.text)
		d.text = d.is_listed ? DIALOGUE_TEXT_LISTED : DIALOGUE_TEXT_DEFAULT;
	if (!is_printable(d.name) || !is_printable(d.text))
		return -EINVAL;
	if (strlen(d.name) > DIALOGUE_NAME_MAX || strlen(d.text) > DIALOGUE_TEXT_MAX)
		return -E2BIG;
	memset(out, 0, sizeof(*out));
	out->is_split = d.is_split;
	ret = banner_compile(&d, out);
	if (!ret && d.is_listed)
		ret = tarpit_compile(&d, out);
	for (mid = 0; mid < 2; mid++)
		for (state = 0; state < NOLIST_STATES; state++)
			for (column = 0; column <= NOLIST_SAY_ELSEWHERE && !ret; column++) {
				struct step s;
				__u32 to;

				base = state % NOLIST_BASES;
				if (base == NOLIST_CLOSED)
					continue;
				s = dialogue_step(d.stage, base, column);
				to = s.next + (mid && !(s.does & NOLIST_SAYS_BYE) ? NOLIST_MIDLINE : 0);
				ret = reply_compile(&out->reply[NOLIST_REPLY(mid, state, column)], &d,
						    s.text, 2 * (to - state), s.does);
			}
	return ret;
}

int dialogue_stage_parse(const char *word, enum dialogue_stage *stage)
{
	static const char *const words[] = {
		[STAGE_GREETING] = "greeting",
		[STAGE_MAIL] = "mail",
		[STAGE_RCPT] = "rcpt",
		[STAGE_DATA] = "data",
	};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(word, words[i])) {
			*stage = i;
			return 0;
		}
	return -EINVAL;
}
