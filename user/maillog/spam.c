// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pattern goes over the whole of what counts, from the first byte of the text: rspamd and spamd put "?"
 * and "_" in place of blanks in a message's id, so no id looks like the next field. What comes behind
 * may be a sender's words: a line that has two verdicts is ambiguous.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "user/maillog/head.h"
#include "user/maillog/spam.h"

#define MATCH_LIMIT 100000 /* steps; a line that takes more is not understood */
#define RSPAMD "(?:#\\d+\\([a-z_]+\\) )?<[0-9a-z]{1,16}>; [a-z_]+; rspamd_task_write_log: "
#define SPAMD "(?:\\[\\d+\\] info: )?spamd: result: "
#define RESULT "\\(default: [TFS] \\((?<action>[a-z ]{2,32})\\): \\[-?\\d"

enum pattern { PATTERN_RSPAMD, PATTERN_RESULT, PATTERN_SPAMD, PATTERN_CLEANUP, PATTERN_EXIM, PATTERN_FILTER, PATTERNS };

static const char *const patterns[PATTERNS] = {
	[PATTERN_RSPAMD] = "^" RSPAMD "id: <[^ ]*>,(?: qid: <[^ ]*>,)?"
			   "(?: ip: (?<addr>[0-9A-Fa-f:.]{2,45}),)?(?<user> user: )?",
	[PATTERN_RESULT] = RESULT,
	[PATTERN_SPAMD] = "^" SPAMD "(?<is>[Y.]) +-?\\d+ - .*,mid=(?<mid>[^ ,]*)",
	[PATTERN_CLEANUP] = "^(?<id>[0-9A-Za-z]{5,20}): message-id=(?<mid>.*)$",
	[PATTERN_EXIM] = "^.*? S=\\d+ (?:.*? )?id=(?<mid>\\S+)",
	[PATTERN_FILTER] = "^(?:" RSPAMD "|" SPAMD ")",
};

struct spam_reader {
	int64_t now;
	uint64_t seed; /* nobody outside can choose two messages of one hash */
	struct head_reader *head;
	pcre2_code *code[PATTERNS];
	pcre2_match_data *match;
	pcre2_match_context *context;
};

static bool compile(struct spam_reader *r)
{
	PCRE2_SIZE at;
	int i, code;

	for (i = 0; i < PATTERNS; i++) {
		r->code[i] = pcre2_compile((PCRE2_SPTR)patterns[i], PCRE2_ZERO_TERMINATED,
					   PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
		if (!r->code[i])
			return false;
		/* Without JIT it works as well, but slower. */
		pcre2_jit_compile(r->code[i], PCRE2_JIT_COMPLETE);
	}
	return true;
}

int spam_reader_new(struct spam_reader **rp, int64_t now)
{
	struct spam_reader *r = calloc(1, sizeof(*r));

	*rp = NULL;
	if (!r)
		return -ENOMEM;
	r->now = now;
	r->match = pcre2_match_data_create(8, NULL);
	r->context = pcre2_match_context_create(NULL);
	if (head_new(&r->head) || !r->match || !r->context || !compile(r) ||
	    getrandom(&r->seed, sizeof(r->seed), 0) != sizeof(r->seed)) {
		spam_reader_free(r);
		return -ENOMEM;
	}
	pcre2_set_match_limit(r->context, MATCH_LIMIT);
	*rp = r;
	return 0;
}

void spam_reader_free(struct spam_reader *r)
{
	int i;

	if (!r)
		return;
	for (i = 0; i < PATTERNS; i++)
		pcre2_code_free(r->code[i]);
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->context);
	head_free(r->head);
	free(r);
}

/* --- parts of a match ------------------------------------------------------------ */

static bool matches(const struct spam_reader *r, enum pattern p, const struct words *text, size_t from)
{
	return pcre2_match(r->code[p], (PCRE2_SPTR)text->at, text->size, from, 0, r->match,
			   r->context) > 0;
}

/* Where the last match ends. */
static size_t match_end(const struct spam_reader *r)
{
	return pcre2_get_ovector_pointer(r->match)[1];
}

/* Copies a named part; false: there is none, or it does not fit. */
static bool part(const struct spam_reader *r, const char *name, char *to, size_t size)
{
	PCRE2_SIZE n = size;

	return !pcre2_substring_copy_byname(r->match, (PCRE2_SPTR)name, (PCRE2_UCHAR *)to, &n) && n;
}

/*
 * Of a message's id, without what one program or another writes differently. 0: it has too little of an
 * id, such as "(unknown)".
 */
static uint64_t hash_id(const struct spam_reader *r)
{
	char text[MAILLOG_LINE];
	uint64_t hash = r->seed ^ 0xcbf29ce484222325ull;
	const char *at = text;
	int n = 0;

	if (!part(r, "mid", text, sizeof(text)) || !strchr(text, '@'))
		return 0;
	for (; *at; at++)
		if (isalnum((unsigned char)*at) || strchr("@.=+$-", *at)) {
			hash = (hash ^ (unsigned char)*at) * 0x100000001b3ull;
			n++;
		}
	return n < 3 ? 0 : hash ? hash : 1;
}

/* --- one line of each ------------------------------------------------------------ */

static enum spam_verdict verdict_of(const char *action)
{
	static const char *const spam[] = { "reject", "add header", "rewrite subject", "discard",
					    "quarantine" };
	size_t i;

	for (i = 0; i < sizeof(spam) / sizeof(*spam); i++)
		if (!strcmp(action, spam[i]))
			return SPAM_SPAM;
	/* "greylist" and "soft reject" ask the sender to come again. */
	return strcmp(action, "no action") ? SPAM_UNCLEAR : SPAM_HAM;
}

/* Of authenticated users, and messages of nowhere, nothing is said. */
static void take_rspamd(struct spam_reader *r, const struct words *text, struct spam_line *to)
{
	char addr[ADDR_TEXT], action[64];
	size_t at = match_end(r);
	bool is_users = part(r, "user", action, sizeof(action));

	if (is_users || !part(r, "addr", addr, sizeof(addr)))
		return;
	to->kind = SPAM_UNREAD;
	if (addr_parse(addr, &to->addr) || !matches(r, PATTERN_RESULT, text, at) ||
	    !part(r, "action", action, sizeof(action)))
		return;
	at = match_end(r);
	if (matches(r, PATTERN_RESULT, text, at))
		return;
	to->verdict = verdict_of(action);
	to->kind = SPAM_BY_ADDRESS;
}

static void take_spamd(struct spam_reader *r, struct spam_line *to)
{
	char is[2];

	to->hash = hash_id(r);
	if (!part(r, "is", is, sizeof(is)))
		return;
	to->verdict = *is == 'Y' ? SPAM_SPAM : SPAM_HAM;
	to->kind = SPAM_BY_HASH;
}

static void take_message(struct spam_reader *r, enum spam_kind kind, struct spam_line *to)
{
	to->hash = hash_id(r);
	if (to->hash && (kind == SPAM_ARRIVED || part(r, "id", to->id, sizeof(to->id))))
		to->kind = kind;
}

static bool is_tag(const struct words *tag, const char *name)
{
	size_t n = strlen(name);

	return tag->size >= n && !memcmp(tag->at + tag->size - n, name, n) &&
	       (tag->size == n || tag->at[tag->size - n - 1] == '/');
}

/* Files of the filters themselves have no tag. */
static void read_filter(struct spam_reader *r, const struct words *tag, const struct words *text,
			struct spam_line *to)
{
	if (tag->size && !is_tag(tag, "rspamd") && !is_tag(tag, "spamd") && !is_tag(tag, "rspamd_proxy"))
		return;
	if (matches(r, PATTERN_RSPAMD, text, 0)) {
		take_rspamd(r, text, to);
	} else if (matches(r, PATTERN_SPAMD, text, 0)) {
		take_spamd(r, to);
	} else if (matches(r, PATTERN_FILTER, text, 0)) {
		to->kind = SPAM_UNREAD;
	}
}

void spam_read(struct spam_reader *r, const char *line, size_t size, enum maillog_kind kind,
	       struct spam_line *to)
{
	struct head head;

	*to = (struct spam_line){};
	if (!head_read(r->head, line, size, r->now, &head))
		return;
	to->time = head.stamp.time;
	if (kind == MAILLOG_ACCEPTED || (kind == MAILLOG_SUBMITTED && !is_tag(&head.tag, "smtpd"))) {
		if (matches(r, PATTERN_EXIM, &head.text, 0))
			take_message(r, SPAM_ARRIVED, to);
	} else if (is_tag(&head.tag, "cleanup")) {
		if (matches(r, PATTERN_CLEANUP, &head.text, 0))
			take_message(r, SPAM_MESSAGE, to);
	} else {
		read_filter(r, &head.tag, &head.text, to);
	}
}
