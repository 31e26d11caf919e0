// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line's head (head.c) says which program wrote it, and the patterns of that program
 * (patterns.c) what it says.
 */
#define _GNU_SOURCE /* memmem */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "user/maillog/head.h"
#include "user/maillog/parse.h"
#include "user/maillog/patterns.h"

#define MATCH_LIMIT 100000 /* steps; a line that takes more is not understood */

struct maillog {
	int64_t now;
	const char *const *words;
	struct head_reader *head;
	pcre2_code *code[MAILLOG_PATTERNS_MAX];
	pcre2_match_data *match;
	pcre2_match_context *context;
};

int maillog_new(struct maillog **mp, int64_t now, const char *const *words)
{
	struct maillog *m = calloc(1, sizeof(*m));
	bool is_whole = m && !head_new(&m->head);
	PCRE2_SIZE at;
	unsigned int i;
	int code;

	if (!m)
		return -ENOMEM;
	m->now = now;
	m->words = words;
	m->match = pcre2_match_data_create(8, NULL);
	m->context = pcre2_match_context_create(NULL);
	for (i = 0; i < maillog_pattern_count && is_whole; i++) {
		m->code[i] = pcre2_compile(
			(PCRE2_SPTR)maillog_patterns[i].text, PCRE2_ZERO_TERMINATED,
			PCRE2_DOLLAR_ENDONLY | PCRE2_DUPNAMES | PCRE2_ANCHORED, &code, &at, NULL);
		is_whole = m->code[i];
		/* Without JIT it works as well, but slower. */
		if (is_whole)
			pcre2_jit_compile(m->code[i], PCRE2_JIT_COMPLETE);
	}
	if (!m->match || !m->context || !is_whole) {
		maillog_free(m);
		return -ENOMEM;
	}
	pcre2_set_match_limit(m->context, MATCH_LIMIT);
	*mp = m;
	return 0;
}

void maillog_free(struct maillog *m)
{
	unsigned int i;

	if (!m)
		return;
	for (i = 0; i < maillog_pattern_count; i++)
		pcre2_code_free(m->code[i]);
	pcre2_match_data_free(m->match);
	pcre2_match_context_free(m->context);
	head_free(m->head);
	free(m);
}

/* --- which program --------------------------------------------------------------- */

static bool is_word(const struct words *w, const char *text)
{
	return w->size == strlen(text) && !memcmp(w->at, text, w->size);
}

/* Takes the last part of "postfix/submission/smtpd" off; false: it is the only one. */
static bool split_tag(const struct words *tag, struct words *before, struct words *last)
{
	const char *slash = memrchr(tag->at, '/', tag->size), *end = tag->at + tag->size;

	if (!slash)
		return false;
	*before = (struct words){ tag->at, slash - tag->at };
	*last = (struct words){ slash + 1, end - slash - 1 };
	return true;
}

static enum maillog_program daemon_of(const struct words *name)
{
	static const struct {
		const char *name;
		enum maillog_program is;
	} daemons[] = {
		{ "smtpd", PROGRAM_SMTPD },     { "postscreen", PROGRAM_SMTPD },
		{ "qmqpd", PROGRAM_SMTPD },     { "cleanup", PROGRAM_CLEANUP },
		{ "pickup", PROGRAM_PICKUP },   { "smtp", PROGRAM_AGENT },
		{ "lmtp", PROGRAM_AGENT },      { "local", PROGRAM_AGENT },
		{ "virtual", PROGRAM_AGENT },   { "pipe", PROGRAM_AGENT },
		{ "qmgr", PROGRAM_QMGR },       { "nqmgr", PROGRAM_QMGR },
		{ "oqmgr", PROGRAM_QMGR },      { "bounce", PROGRAM_BOUNCE },
		{ "error", PROGRAM_POSTFIX },   { "anvil", PROGRAM_POSTFIX },
		{ "master", PROGRAM_POSTFIX },  { "scache", PROGRAM_POSTFIX },
		{ "discard", PROGRAM_AGENT },   { "trivial-rewrite", PROGRAM_POSTFIX },
		{ "verify", PROGRAM_POSTFIX },  { "tlsproxy", PROGRAM_POSTFIX },
		{ "dnsblog", PROGRAM_POSTFIX }, { "postfix-script", PROGRAM_POSTFIX },
	};
	size_t i;

	for (i = 0; i < sizeof(daemons) / sizeof(*daemons); i++)
		if (is_word(name, daemons[i].name))
			return daemons[i].is;
	return 0;
}

static bool is_rival(const struct words *tag)
{
	static const char *const names[] = { "sendmail",      "sm-mta",      "smtpd",
					     "opensmtpd",     "qmail-smtpd", "haraka",
					     "stalwart-mail", "maddy",       "courieresmtpd",
					     "chasquid" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is_word(tag, names[i]))
			return true;
	return false;
}

/* A service for a site's own users: syslog_name has its name, as in Debian's master.cf. */
static bool is_for_users(const struct words *before)
{
	static const char *const names[] = { "submission", "submissions", "smtps", "msa",
					     "ssmtp",      "587",         "465" };
	struct words rest = *before, last;
	size_t i;

	while (split_tag(&rest, &rest, &last))
		for (i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (is_word(&last, names[i]))
				return true;
	return false;
}

/*
 * 0: of no mail server. *for_users: smtpd is a submission service. rsyslog's fields of RFC 5424
 * have "postfix" alone, or what syslog_name is.
 */
static unsigned int program_of(const struct head *h, bool *for_users)
{
	const struct words *tag = &h->tag;
	enum maillog_program is;
	struct words before, last;

	*for_users = false;
	if (!tag->size || is_word(tag, "exim") || is_word(tag, "exim4"))
		return PROGRAM_EXIM;
	if (!split_tag(tag, &before, &last))
		return is_rival(tag) ? PROGRAM_RIVAL : h->is_structured ? PROGRAM_ANY : 0;
	is = daemon_of(&last);
	if (!is && before.size >= 7 && !memcmp(before.at, "postfix", 7))
		return PROGRAM_POSTFIX;
	if (is == PROGRAM_SMTPD)
		*for_users = is_for_users(&before);
	return is;
}

/* --- parts of a match ------------------------------------------------------------ */

/* Copies a named part; false: there is none, or it does not fit. */
static bool part(const struct maillog *m, const char *name, char *to, size_t size)
{
	PCRE2_SIZE n = size;

	return !pcre2_substring_copy_byname(m->match, (PCRE2_SPTR)name, (PCRE2_UCHAR *)to, &n) && n;
}

/* Is this an address, followed by ']'? */
static bool is_address(const char *text, size_t size)
{
	const char *end = memchr(text, ']', size);
	struct nolist_addr addr;
	char copy[ADDR_TEXT];

	if (!end || end - text >= ADDR_TEXT)
		return false;
	memcpy(copy, text, end - text);
	copy[end - text] = '\0';
	return !addr_parse(copy, &addr);
}

/* Is there a HELO, and another address at the place of the client's after it? */
static bool is_doubtful(const struct maillog *m, const struct words *text)
{
	size_t matched = pcre2_get_ovector_pointer(m->match)[1];
	const char *end = text->at + text->size, *at = text->at + matched;

	if (!memchr(text->at, '(', matched))
		return false;
	for (; at < end && (at = memchr(at, ')', end - at)); at++)
		if (end - at > 3 && !memcmp(at, ") [", 3) && is_address(at + 3, end - at - 3))
			return true;
	return false;
}

static bool is_by_list(const struct maillog *m, const struct words *text)
{
	const char *const *w;

	for (w = m->words; w && *w; w++)
		if (**w && memmem(text->at, text->size, *w, strlen(*w)))
			return true;
	return false;
}

/* Of a refusal: of the whole message, behind its end. */
static bool is_at_end(const struct maillog *m, const struct words *text)
{
	static const char end[] = ": milter-reject: END-OF-MESSAGE from ";

	return memmem(text->at, pcre2_get_ovector_pointer(m->match)[1], end, sizeof(end) - 1);
}

/* --- a line ---------------------------------------------------------------------- */

/* The message, or the process that has none yet. */
static void take_id(const struct maillog *m, const struct head *h, struct maillog_line *to)
{
	if (part(m, "id", to->id, sizeof(to->id)) || !h->pid.size || h->pid.size >= MAILLOG_ID - 1)
		return;
	to->id[0] = '@';
	memcpy(to->id + 1, h->pid.at, h->pid.size);
	to->id[1 + h->pid.size] = '\0';
}

static void take(const struct maillog *m, const struct maillog_pattern *p, unsigned int program,
		 const struct head *h, bool for_users, struct maillog_line *to)
{
	const struct words *text = &h->text;
	char addr[ADDR_TEXT];

	to->kind = p->kind;
	take_id(m, h, to);
	if (part(m, "addr", addr, sizeof(addr))) {
		if (addr_parse(addr, &to->addr))
			to->kind = MAILLOG_UNREAD;
	} else if (to->kind == MAILLOG_CLIENT) {
		to->kind = MAILLOG_MAIL;
	}
	if (part(m, "new", to->new_id, sizeof(to->new_id)) && to->kind == MAILLOG_OWN)
		strcpy(to->id, to->new_id);
	if (program == PROGRAM_EXIM && to->kind >= MAILLOG_CLIENT && is_doubtful(m, text))
		to->kind = MAILLOG_ODD;
	if (to->kind == MAILLOG_REJECTED)
		to->is_by_list = is_by_list(m, text);
	to->is_at_mx = !for_users;
	to->is_final = program == PROGRAM_EXIM || is_at_end(m, text);
	/* Who uses submission is no client of the MX. */
	if (for_users && to->kind == MAILLOG_CLIENT)
		to->kind = MAILLOG_SUBMITTED;
	else if (for_users && to->kind != MAILLOG_SUBMITTED && to->kind != MAILLOG_UNREAD)
		to->kind = MAILLOG_MAIL;
}

/* The first pattern of these programs that matches; NULL: none does. */
static const struct maillog_pattern *find(const struct maillog *m, unsigned int programs,
					  const struct words *text)
{
	unsigned int i;

	for (i = 0; i < maillog_pattern_count; i++)
		if (maillog_patterns[i].programs & programs &&
		    pcre2_match(m->code[i], (PCRE2_SPTR)text->at, text->size, 0, 0, m->match,
				m->context) > 0)
			return &maillog_patterns[i];
	return NULL;
}

/* exim's own file has no tag: its lines begin with a message's id or a host. */
static bool is_exims(const struct head *h)
{
	const char *at = h->text.at, *end = at + h->text.size;
	size_t n;

	if (h->tag.size)
		return true;
	if (at < end && *at == '[' && (at = memchr(at, ' ', end - at)))
		at++;
	if (!at || end - at < 2)
		return false;
	if (!memcmp(at, "H=", 2))
		return true;
	for (n = 0; at + n < end && (isalnum((unsigned char)at[n]) || at[n] == '-'); n++)
		;
	return (n == 16 || n == 23) && at[6] == '-';
}

/* A line that does not begin as any log that is known. */
static void read_strange(struct maillog *m, const char *line, size_t size, struct maillog_line *to)
{
	if (find(m, PROGRAM_NONE, &(struct words){ line, size }))
		to->kind = MAILLOG_UNREAD;
}

void maillog_read(struct maillog *m, const char *line, size_t size, struct maillog_line *to)
{
	const struct maillog_pattern *p;
	struct head head;
	unsigned int program;
	bool for_users;

	*to = (struct maillog_line){ .times = 1 };
	if (!head_read(m->head, line, size, m->now, &head)) {
		read_strange(m, line, size, to);
		return;
	}
	program = program_of(&head, &for_users);
	if (!program)
		return;
	to->time = head.stamp.time;
	to->has_year = head.stamp.has_year;
	to->times = head.times;
	p = find(m, program, &head.text);
	if (p)
		take(m, p, program, &head, for_users, to);
	else if (program == PROGRAM_EXIM && !is_exims(&head))
		read_strange(m, line, size, to);
	else if (program == PROGRAM_ANY ? is_word(&head.tag, "postfix") : program != PROGRAM_RIVAL)
		to->kind = MAILLOG_MAIL;
}

/* --- an example ------------------------------------------------------------------ */

/* The length of a word with an '@' in it; 0: it has none. */
static size_t mailbox(const char *line, size_t size)
{
	size_t n;

	for (n = 0; n < size && line[n] != ' '; n++)
		;
	return memchr(line, '@', n) ? n : 0;
}

/* What is left out begins here: its end, or NULL. */
static const char *quoted(const char *at, const char *end)
{
	static const char open[] = "<\"", close[] = ">\"";
	const char *is = *at ? strchr(open, *at) : NULL;

	return is && end - at > 1 ? memchr(at + 1, close[is - open], end - at - 1) : NULL;
}

/* From here on cleanup shows words of the message. */
static bool is_content(const char *at, const char *end)
{
	static const char *const begins[] = { ": header ", ": body " };
	size_t i, n;

	for (i = 0; i < 2; i++) {
		n = strlen(begins[i]);
		if ((size_t)(end - at) >= n && !memcmp(at, begins[i], n))
			return true;
	}
	return false;
}

void maillog_example(const char *line, size_t size, char text[MAILLOG_EXAMPLE])
{
	const char *at = line, *end = line + size, *close;
	bool is_start = true;
	size_t n = 0;

	/* Each turn writes two bytes at most, and three dots and the zero follow. */
	while (at < end && n + 2 + 4 <= MAILLOG_EXAMPLE && !is_content(at, end)) {
		size_t word = is_start ? mailbox(at, end - at) : 0;

		close = quoted(at, end);
		is_start = *at == ' ';
		if (close || word) {
			text[n++] = close ? *at : '@';
			if (close)
				text[n++] = *close;
			at = close ? close + 1 : at + word;
			continue;
		}
		text[n++] = isprint((unsigned char)*at) ? *at : '?';
		at++;
	}
	text[n] = '\0';
	if (at < end)
		strcat(text, "...");
}
