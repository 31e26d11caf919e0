// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layers come off one by one, since containers and collectors put their own before those of
 * syslog: "mail-1  | 2026-01-02T03:04:05.6Z <22>Jan  2 03:04:05 mx postfix/smtpd[7]: ...".
 * The first time with a zone counts, else the first with a year, else the first. No layer
 * takes a word that ends with a colon: what another program says must not become a program.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "user/maillog/head.h"

#define LAYERS 4 /* times in a line, at most */

/* A host, a level, or both; a facility with a level is before or after the host. */
#define WORD "[A-Za-z0-9](?:[A-Za-z0-9._:@/%+-]*[A-Za-z0-9])? +"
#define LEVEL "<[a-z0-9]+\\.[a-z0-9]+> +"
#define TAG "([A-Za-z0-9](?:[A-Za-z0-9._/@+-]|:(?! ))*)"

static const char *const patterns[] = {
	/* docker: the container */
	"^[A-Za-z0-9][A-Za-z0-9._@-]* +\\| ",
	/* syslog: the priority, and RFC 5424's version */
	"^<\\d{1,3}>(?:1 )?",
	/* RFC 5424: host, program, process, kind of message, structured data */
	"^(?:[!-~]+ )" TAG
	" (?:(\\d+)|-) [!-~]+ (?:-|(?:\\[(?:[^\\]\\\\]|\\\\.)*+\\])+)(?: +(?:\xef\xbb\xbf)?|$)",
	/* syslog: host, program, process; what Solaris puts there */
	"^(?:" LEVEL ")?(?:" WORD "){0,3}?" TAG
	"(?:\\[(\\d+)\\])?: +(?:\\[ID \\d+ [a-z0-9.]+\\] )?",
	/* rsyslog, of lines that are the same */
	"^message repeated (\\d{1,6}) times: \\[ (.*)\\]$",
	/* exim: the first part of a line that is too long for syslog; others are no lines */
	"^\\[1[/\\\\]\\d{1,4}\\] +",
};

enum { CONTAINER, PRIORITY, STRUCTURED, PLAIN, REPEATED, SPLIT, PATTERNS };

struct head_reader {
	pcre2_code *code[PATTERNS];
	pcre2_match_data *match;
};

int head_new(struct head_reader **rp)
{
	struct head_reader *r = calloc(1, sizeof(*r));
	PCRE2_SIZE at;
	int i, code;

	*rp = r;
	if (!r)
		return -ENOMEM;
	r->match = pcre2_match_data_create(4, NULL);
	for (i = 0; i < PATTERNS; i++) {
		r->code[i] = pcre2_compile((PCRE2_SPTR)patterns[i], PCRE2_ZERO_TERMINATED,
					   PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
		if (!r->code[i] || !r->match) {
			head_free(r);
			*rp = NULL;
			return -ENOMEM;
		}
		/* Without JIT it works as well, but slower. */
		pcre2_jit_compile(r->code[i], PCRE2_JIT_COMPLETE);
	}
	return 0;
}

void head_free(struct head_reader *r)
{
	int i;

	if (!r)
		return;
	for (i = 0; i < PATTERNS; i++)
		pcre2_code_free(r->code[i]);
	pcre2_match_data_free(r->match);
	free(r);
}

static bool matches(struct head_reader *r, int pattern, const struct words *rest)
{
	return pcre2_match(r->code[pattern], (PCRE2_SPTR)rest->at, rest->size, 0, 0, r->match,
			   NULL) > 0;
}

static struct words group(const struct head_reader *r, const struct words *rest, int n)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->match);

	if (at[2 * n] == PCRE2_UNSET)
		return (struct words){};
	return (struct words){ rest->at + at[2 * n], at[2 * n + 1] - at[2 * n] };
}

static void skip(struct words *rest, size_t n)
{
	rest->at += n;
	rest->size -= n;
}

/* Skips what the last match took. */
static void skip_match(const struct head_reader *r, struct words *rest)
{
	skip(rest, pcre2_get_ovector_pointer(r->match)[1]);
}

static void skip_blanks(struct words *rest)
{
	while (rest->size && *rest->at == ' ')
		skip(rest, 1);
}

static int weight(const struct stamp *s)
{
	return s->has_zone ? 2 : s->has_year;
}

/* Takes a time off; false: there is none. */
static bool take_stamp(struct words *rest, int64_t now, struct stamp *best, int *stamps)
{
	struct stamp s;
	size_t n = stamp_read(rest->at, rest->size, now, &s);

	if (!n)
		return false;
	skip(rest, n);
	skip_blanks(rest);
	if (!(*stamps)++ || weight(&s) > weight(best))
		*best = s;
	return true;
}

static void unwrap(struct head_reader *r, struct head *to)
{
	to->times = 1;
	if (!matches(r, REPEATED, &to->text))
		return;
	to->times = strtoul(group(r, &to->text, 1).at, NULL, 10);
	to->text = group(r, &to->text, 2);
}

/* The program and what it says, after all times. */
static void take_tag(struct head_reader *r, const struct words *rest, bool is_structured,
		     struct head *to)
{
	to->tag = to->pid = (struct words){};
	to->text = *rest;
	if (!matches(r, is_structured ? STRUCTURED : PLAIN, rest))
		return;
	to->tag = group(r, rest, 1);
	to->pid = group(r, rest, 2);
	skip_match(r, &to->text);
	unwrap(r, to);
}

bool head_read(struct head_reader *r, const char *line, size_t size, int64_t now, struct head *to)
{
	struct words rest = { line, size };
	bool is_structured = false;
	int stamps = 0, i;

	to->times = 1;
	if (!size)
		return false;
	/* Most lines begin with their time. */
	if (!take_stamp(&rest, now, &to->stamp, &stamps) && matches(r, CONTAINER, &rest))
		skip_match(r, &rest);
	for (i = 0; i < LAYERS; i++) {
		if (rest.size && *rest.at == '<' && matches(r, PRIORITY, &rest)) {
			skip_match(r, &rest);
			is_structured = rest.at[-1] == ' ';
		}
		if (!take_stamp(&rest, now, &to->stamp, &stamps))
			break;
	}
	if (!stamps)
		return false;
	take_tag(r, &rest, is_structured, to);
	to->is_structured = is_structured;
	/* exim puts a time of its own into syslog, too. */
	if (to->tag.size && matches(r, SPLIT, &to->text))
		skip_match(r, &to->text);
	take_stamp(&to->text, now, &to->stamp, &stamps);
	return true;
}
