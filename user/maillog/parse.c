// SPDX-License-Identifier: GPL-2.0-only
/*
 * One pattern for each kind of line, from its first byte to the end of the client's
 * address. Before that, no part may match that a sender can choose freely: in postfix'
 * lines there is only a host name; in exim's there are the envelope's sender, which is one
 * word or in quotes, and the HELO, which has no blanks. If exim is configured to accept
 * any HELO, a line with a second address is ambiguous.
 */
#define _GNU_SOURCE /* strptime, timegm */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/text.h"
#include "user/maillog/parse.h"

#define MATCH_LIMIT 100000 /* steps; a line that takes more is of no known kind */

/* syslog's time, or RFC 3339. */
#define TIME                                                                                      \
	"(?:(?<short>[A-Z][a-z]{2} [ 0-9]\\d \\d\\d:\\d\\d:\\d\\d)|"                               \
	"(?<date>\\d{4}-\\d\\d-\\d\\d)T(?<clock>\\d\\d:\\d\\d:\\d\\d)(?:\\.\\d{1,9})?"                \
	"(?<zone>Z|[+-]\\d\\d:?\\d\\d))"
#define HOST " [A-Za-z0-9._-]+ "
#define NAME "[A-Za-z0-9._-]"
#define ID "(?<id>[0-9A-Za-z]{5,20})"
#define ADDR "\\[(?<addr>[0-9A-Fa-f:.]{2,45})\\]"
/* smtpd on port 25 only: submission and the like have one more name. */
#define SMTPD "^" TIME HOST "postfix" NAME "*/(?:smtpd|postscreen)\\[\\d+\\]: "
#define AGENT "^" TIME HOST "postfix" NAME "*(?:/" NAME "+)?/(?:smtp|lmtp|local|virtual|pipe)\\[\\d+\\]: "
#define QMGR "^" TIME HOST "postfix" NAME "*/n?qmgr\\[\\d+\\]: "

#define EXIM                                                                                      \
	"^(?<date>\\d{4}-\\d\\d-\\d\\d) (?<clock>\\d\\d:\\d\\d:\\d\\d)(?:\\.\\d{1,9})?"              \
	"(?: (?<zone>[+-]\\d{4}))? (?:\\[\\d+\\] )?"
#define EXIM_ID "(?<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})"
#define EXIM_SENDER "(?:<>|(?:\"(?:[^\"\\\\]|\\\\.)*+\"|[^\\s\"\\\\]|\\\\.)++)"
#define EXIM_HOST "H=(?:" NAME "+ )?(?:\\([^()\\s]*\\) )?" ADDR "(?::\\d{1,5})?(?= )"

static const struct {
	enum maillog_kind kind;
	bool is_exim;
	const char *pattern;
} patterns[] = {
	{ MAILLOG_CLIENT, false, SMTPD ID ": client=" NAME "+" ADDR "(?:$|,)" },
	{ MAILLOG_REJECTED, false,
	  SMTPD "(?:NOQUEUE|" ID "): (?:milter-)?reject: [A-Za-z-]+(?: [A-Za-z]+)* from " NAME
		"*" ADDR "(?::\\d{1,5})?: [45]\\d\\d " },
	{ MAILLOG_SENT, false, AGENT ID ": to=<.*>, .*dsn=2\\.\\d{1,3}\\.\\d{1,3}, status=sent " },
	{ MAILLOG_REMOVED, false, QMGR ID ": removed$" },
	{ MAILLOG_ACCEPTED, true,
	  EXIM EXIM_ID " <= " EXIM_SENDER " (?:R=\\S+ )?(?:U=\\S+ )?" EXIM_HOST },
	{ MAILLOG_REJECTED, true, EXIM "(?:" EXIM_ID " )?" EXIM_HOST "(?=.* rejected )" },
};

#define PATTERNS (sizeof(patterns) / sizeof(*patterns))

struct maillog {
	int64_t now;
	pcre2_code *code[PATTERNS];
	pcre2_match_data *match;
	pcre2_match_context *context;
};

int maillog_new(struct maillog **mp, int64_t now)
{
	struct maillog *m = calloc(1, sizeof(*m));
	PCRE2_SIZE at;
	size_t i;
	int code;

	if (!m)
		return -ENOMEM;
	m->now = now;
	m->match = pcre2_match_data_create(32, NULL);
	m->context = pcre2_match_context_create(NULL);
	for (i = 0; i < PATTERNS; i++) {
		m->code[i] = pcre2_compile((PCRE2_SPTR)patterns[i].pattern, PCRE2_ZERO_TERMINATED,
					   PCRE2_DOLLAR_ENDONLY | PCRE2_DUPNAMES, &code, &at, NULL);
		/* Without JIT it works as well, but slower. */
		if (m->code[i])
			pcre2_jit_compile(m->code[i], PCRE2_JIT_COMPLETE);
	}
	for (i = 0; i < PATTERNS && m->code[i]; i++)
		;
	if (!m->match || !m->context || i < PATTERNS) {
		maillog_free(m);
		return -ENOMEM;
	}
	pcre2_set_match_limit(m->context, MATCH_LIMIT);
	*mp = m;
	return 0;
}

void maillog_free(struct maillog *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < PATTERNS; i++)
		pcre2_code_free(m->code[i]);
	pcre2_match_data_free(m->match);
	pcre2_match_context_free(m->context);
	free(m);
}

/* --- parts of a match ---------------------------------------------------------- */

/* Copies a named part; false: there is none, or it does not fit. */
static bool part(const struct maillog *m, const char *name, char *to, size_t size)
{
	PCRE2_SIZE n = size;

	return !pcre2_substring_copy_byname(m->match, (PCRE2_SPTR)name, (PCRE2_UCHAR *)to, &n) && n;
}

/* strptime() would accept too few digits: the pattern has checked them. */
static bool read_clock(const char *text, const char *form, struct tm *tm)
{
	const char *end = strptime(text, form, tm);

	return end && !*end;
}

/* Without a time zone it is this host's local time. */
static int64_t read_dated(const struct maillog *m, const char *date, const char *clock)
{
	struct tm tm = { .tm_isdst = -1 };
	char zone[8], text[24];
	int offset;

	strcpy(text, date);
	strcat(text, " ");
	strcat(text, clock);
	if (!read_clock(text, "%Y-%m-%d %H:%M:%S", &tm))
		return -1;
	if (!part(m, "zone", zone, sizeof(zone)))
		return mktime(&tm);
	if (*zone == 'Z')
		return timegm(&tm);
	offset = (zone[1] - '0') * 10 + zone[2] - '0';
	offset = offset * 60 + (zone[strlen(zone) - 2] - '0') * 10 + zone[strlen(zone) - 1] - '0';
	return timegm(&tm) - (*zone == '-' ? -60 : 60) * offset;
}

static int64_t read_short(const struct maillog *m, const char *text)
{
	time_t now = m->now, at = -1;
	struct tm tm, today;
	int back;

	/* The last year that has this day: 29 February is not in every year. */
	for (back = 0; back < 5; back++) {
		localtime_r(&now, &today);
		tm = (struct tm){ .tm_isdst = -1 };
		if (!read_clock(text, "%b %d %H:%M:%S", &tm))
			return -1;
		tm.tm_year = today.tm_year - back;
		today = tm;
		at = mktime(&tm);
		if (at <= now + DAY_S && tm.tm_mday == today.tm_mday)
			return at;
	}
	return -1;
}

static int64_t read_time(const struct maillog *m)
{
	char date[12], clock[12], text[20];

	if (part(m, "date", date, sizeof(date)) && part(m, "clock", clock, sizeof(clock)))
		return read_dated(m, date, clock);
	if (part(m, "short", text, sizeof(text)))
		return read_short(m, text);
	return -1;
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

/* Is there another address at the place of the client's, after the HELO? */
static bool is_doubtful(const struct maillog *m, const char *line, size_t size)
{
	const char *end = line + size, *at = line + pcre2_get_ovector_pointer(m->match)[1];

	for (; at < end && (at = memchr(at, ')', end - at)); at++)
		if (end - at > 3 && !memcmp(at, ") [", 3) && is_address(at + 3, end - at - 3))
			return true;
	return false;
}

static void take(const struct maillog *m, size_t i, const char *line, size_t size,
		 struct maillog_line *to)
{
	char addr[ADDR_TEXT];

	to->time = read_time(m);
	if (to->time < 0)
		return;
	if (part(m, "addr", addr, sizeof(addr))) {
		if (addr_parse(addr, &to->addr))
			return;
	}
	part(m, "id", to->id, sizeof(to->id));
	to->kind = patterns[i].is_exim && is_doubtful(m, line, size) ? MAILLOG_ODD :
								       patterns[i].kind;
}

void maillog_read(struct maillog *m, const char *line, size_t size, struct maillog_line *to)
{
	size_t i;

	*to = (struct maillog_line){};
	for (i = 0; i < PATTERNS; i++)
		if (pcre2_match(m->code[i], (PCRE2_SPTR)line, size, 0, 0, m->match, m->context) > 0) {
			take(m, i, line, size, to);
			return;
		}
}
