// SPDX-License-Identifier: GPL-2.0-only
/* reading.h: the words of SMTP, letter by letter. */
#include <string.h>
#include <strings.h>
#include "selftests/lib/reading.h"

#define READING_LINE 512  /* bytes in which the end of a line is looked for */
#define READING_BLOCK 64  /* bytes; so long pieces are counted */
#define READING_BLOCKS 7  /* so many without an end are no line */

const struct reading_word reading_words[] = {
	{ "EHLO", NOLIST_V_GREET, true, true },	       { "HELO", NOLIST_V_GREET, true, true },
	{ "MAIL", NOLIST_V_MAIL, true, true },	       { "RCPT", NOLIST_V_RCPT, true, true },
	{ "DATA", NOLIST_V_DATA, true, true },	       { "BDAT", NOLIST_V_DATA, true, true },
	{ "RSET", NOLIST_V_RSET, true, true },	       { "NOOP", NOLIST_V_NOOP, true, true },
	{ "VRFY", NOLIST_V_VRFY, true, true },	       { "HELP", NOLIST_V_HELP, true, true },
	{ "QUIT", NOLIST_V_QUIT, true, true },	       { "STAR", NOLIST_V_STARTTLS, false, true },
	{ "GET ", NOLIST_V_NOT_SMTP, false, false },   { "POST", NOLIST_V_NOT_SMTP, false, false },
	{ "PUT ", NOLIST_V_NOT_SMTP, false, false },   { "HEAD", NOLIST_V_NOT_SMTP, false, false },
	{ "CONN", NOLIST_V_NOT_SMTP, false, false },   { "OPTI", NOLIST_V_NOT_SMTP, false, false },
	{ "PRI ", NOLIST_V_NOT_SMTP, false, false },
};
const size_t reading_word_count = sizeof(reading_words) / sizeof(reading_words[0]);

static int read_word(const unsigned char *s, unsigned char next)
{
	size_t i;

	for (i = 0; i < reading_word_count; i++)
		if (!strncasecmp((const char *)s, reading_words[i].word, 4))
			return reading_words[i].is_whole && next > ' ' ? NOLIST_V_UNKNOWN :
									 reading_words[i].verb;
	return NOLIST_V_UNKNOWN;
}

static bool read_is_beginning(const unsigned char *s, unsigned int n)
{
	size_t i;

	for (i = 0; i < reading_word_count; i++)
		if (reading_words[i].is_smtp && n < 4 &&
		    !strncasecmp((const char *)s, reading_words[i].word, n))
			return true;
	return false;
}

static void read_verb(struct reading *r, bool is_ended)
{
	unsigned int word, i;

	for (word = 0; word < r->len && word < 4; word++)
		if (r->head[word] == '\r' || r->head[word] == '\n')
			break;
	for (i = 0; i < word; i++)
		if (r->head[i] != '\t' && (r->head[i] < ' ' || r->head[i] > '~'))
			r->verb = NOLIST_V_NOT_SMTP;
	if (r->verb >= 0)
		return;
	/* Only what came with the word tells whether it ends here. */
	if (word == 4)
		r->verb = read_word(r->head, r->len > 4 ? r->head[4] : 0);
	else if (is_ended || !read_is_beginning(r->head, r->len))
		r->verb = NOLIST_V_UNKNOWN;
}

unsigned int read_piece(struct reading *r, const char *piece, unsigned int n)
{
	const char *lf = memchr(piece, '\n', n < READING_LINE ? n : READING_LINE);
	unsigned int end = lf ? lf - piece + 1 : 0, take = end ? end : n, i;

	for (i = 0; i < take && r->len + i < sizeof(r->head); i++)
		r->head[r->len + i] = piece[i];
	r->len += take;
	if (r->verb < 0)
		read_verb(r, lf != NULL);
	r->blocks = r->verb < 0 ? 0 : r->blocks + n / READING_BLOCK;
	if (!lf && r->blocks >= READING_BLOCKS)
		r->verb = NOLIST_V_NOT_SMTP;
	return end;
}
