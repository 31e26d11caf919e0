// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process writes one value for each line, and an example behind one that it did not
 * understand.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "user/base/stamp.h"
#include "user/base/text.h"
#include "user/maillog/lines.h"

#define BLANKS " \t\r"
#define WITHOUT_EXAMPLE offsetof(struct maillog_read_line, example)

/* --- a line of an address and a time ------------------------------------------- */

/* A number of seconds since 1970, or as logs write times. */
static int parse_time(const char *text, int64_t now, int64_t *time)
{
	struct stamp stamp;
	size_t size = strlen(text);

	if (!text_time_parse(text, time))
		return 0;
	if (stamp_read(text, size, now, &stamp) != size)
		return -EINVAL;
	*time = stamp.time;
	return 0;
}

static int parse_contact(const char *line, int64_t now, struct maillog_read_line *to)
{
	char copy[ADDR_TEXT + 64], *at;
	size_t size = strlen(line);

	while (size && strchr(BLANKS, line[size - 1]))
		size--;
	if (size >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, line, size);
	copy[size] = '\0';
	at = copy + strcspn(copy, BLANKS);
	if (!*at)
		return -EINVAL;
	*at++ = '\0';
	at += strspn(at, BLANKS);
	return addr_parse(copy, &to->addr) || parse_time(at, now, &to->time) ? -EINVAL : 0;
}

/* --- in the process ------------------------------------------------------------- */

static enum maillog_form read_contact(const struct maillog_lines *l, const char *text,
				      struct maillog_read_line *to)
{
	text += strspn(text, BLANKS);
	if (!*text || *text == '#')
		return FORM_BLANK;
	return strlen(text) < 2 * ADDR_TEXT && !parse_contact(text, l->now, to) ? FORM_CONTACT :
										  FORM_LOG;
}

/* text: with a zero byte behind it. */
static int write_line(const struct maillog_lines *l, FILE *to, const char *text, size_t size)
{
	struct maillog_read_line line;

	memset(&line, 0, sizeof(line));
	line.form = FORM_LOG;
	if (l->has_contacts)
		line.form = size > MAILLOG_LINE || memchr(text, '\0', size) ? FORM_BAD :
									      read_contact(l, text, &line);
	else if (size > MAILLOG_LINE)
		line.form = FORM_BAD;
	if (line.form == FORM_LOG)
		maillog_read(l->maillog, text, size, &line.log);
	if (line.form == FORM_LOG && l->spam)
		spam_read(l->spam, text, size, line.log.kind, &line.spam);
	if (line.form != FORM_LOG || line.log.kind != MAILLOG_UNREAD)
		return fwrite(&line, WITHOUT_EXAMPLE, 1, to) == 1 ? 0 : -EIO;
	maillog_example(text, size, line.example);
	return fwrite(&line, sizeof(line), 1, to) == 1 ? 0 : -EIO;
}

static int work(FILE *to, void *arg)
{
	struct maillog_lines *l = arg;
	char text[MAILLOG_LINE + 2];
	uint64_t left = l->bytes ? l->bytes : UINT64_MAX;
	size_t n = 0;
	int c, error = 0;

	while (!error && ((c = left ? getc_unlocked(l->file) : EOF) != EOF || n)) {
		left -= c != EOF;
		if (c != '\n' && c != EOF) {
			/* A line that is too long for the buffer matches nothing. */
			if (n <= MAILLOG_LINE)
				text[n] = c;
			n += n <= MAILLOG_LINE;
			continue;
		}
		n -= n && n <= MAILLOG_LINE && text[n - 1] == '\r';
		text[n] = '\0';
		error = write_line(l, to, text, n);
		n = 0;
	}
	if (!error && ferror(l->file))
		error = -EIO;
	return !error && l->bytes && left ? -EAGAIN : error;
}

/* --- the one that asks ---------------------------------------------------------- */

int maillog_lines_start(struct maillog_lines *l)
{
	return confined_start(&l->reader, fileno(l->file), work, l);
}

static bool is_true(const bool *flag)
{
	unsigned char byte;

	memcpy(&byte, flag, 1);
	return byte;
}

static void check_log(struct maillog_line *l)
{
	if ((unsigned int)l->kind > MAILLOG_DENIED)
		l->kind = MAILLOG_OTHER;
	l->has_year = is_true(&l->has_year);
	l->is_by_list = is_true(&l->is_by_list);
	l->is_at_mx = is_true(&l->is_at_mx);
	l->is_final = is_true(&l->is_final);
	l->id[MAILLOG_ID - 1] = l->new_id[MAILLOG_ID - 1] = '\0';
}

static void check_spam(struct spam_line *s)
{
	if ((unsigned int)s->kind > SPAM_BY_HASH || (unsigned int)s->verdict > SPAM_SPAM)
		*s = (struct spam_line){ .kind = SPAM_NONE };
	s->id[MAILLOG_ID - 1] = '\0';
}

int maillog_lines_next(struct maillog_lines *l, struct maillog_read_line *to)
{
	if (!confined_read(&l->reader, to, WITHOUT_EXAMPLE))
		return 0;
	if ((unsigned int)to->form > FORM_LOG)
		to->form = FORM_BAD;
	check_log(&to->log);
	check_spam(&to->spam);
	if (to->form != FORM_LOG || to->log.kind != MAILLOG_UNREAD)
		return 1;
	if (!confined_read(&l->reader, to->example, sizeof(to->example)))
		return 0;
	to->example[MAILLOG_EXAMPLE - 1] = '\0';
	return 1;
}

int maillog_lines_end(struct maillog_lines *l)
{
	return confined_end(&l->reader);
}
