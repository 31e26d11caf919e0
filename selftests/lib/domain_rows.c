// SPDX-License-Identifier: GPL-2.0-only
/* domain_rows.h: the rows, and the reading that they are compared with. */
#include <string.h>
#include <strings.h>
#include "selftests/lib/domain_rows.h"

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define L63 X10 X10 X10 X10 X10 ".example.com" /* 62 bytes */

const char *const domain_ours[] = {
	"ours.example", "Mixed.Example.", "xn--bcher-kva.example", "a-b_c.example", "1.example",
	"example", "l" L63, X50 "." X10 "x",
	/* Names below, but for those that say something else. */
	"*.wild.example", "!mx.wild.example", "*.both.example", "both.example",
	"self.wild.example", "*.deep.wild.example", NULL
};

const struct domain_row domain_rows[] = {
	/* What mail servers send. */
	{ "RCPT TO:<a@ours.example>\r\n", PIECES },
	{ "rcpt to:<a@ours.example>\r\n", PIECES },
	{ "RCPT TO:<a@OURS.Example>\r\n", PIECES },
	{ "RCPT TO:<a@ours.example>\n", PIECES },
	{ "RCPT TO:<a@mixed.example>\r\n", PIECES },
	{ "RCPT TO:<a@other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<ours.example@other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@xours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@urs.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.examplee>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.exampl>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@x.ours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.example.other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@example>\r\n", PIECES },
	{ "RCPT TO:<a@com>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@1.example>\r\n", PIECES },
	{ "RCPT TO:<a@a-b_c.example>\r\n", PIECES },
	{ "RCPT TO:<a@xn--bcher-kva.example>\r\n", PIECES },
	{ "RCPT TO:<a@b\xc3\xbc" "cher.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<" X50 "xxxxxxxx@ours.example>\r\n", PIECES },
	{ "RCPT TO:<" X50 X50 X10 X10 X10 X10 "xxxx@ours.example>\r\n", PIECES },
	{ "RCPT TO:<" X50 X50 X50 X50 X50 X50 X50 X50 "@ours.example>\r\n", PIECES },

	/* Dots, blanks, brackets. */
	{ "RCPT TO:<a@ours.example.>\r\n", PIECES },
	{ "RCPT TO:<a@ours.example..>\r\n", ELSEWHERE },
	{ "RCPT TO:a@ours.example\r\n", OURS },
	{ "RCPT TO:a@ours.example.\r\n", OURS },
	{ "RCPT TO: <a@ours.example>\r\n", OURS },
	{ "RCPT TO: a@ours.example\r\n", OURS },
	{ "RCPT TO:a@ours.example>\r\n", PIECES },
	{ "RCPT TO:  <a@ours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.example\r\n", ELSEWHERE },
	{ "RCPT TO: <a@ours.example\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.example >\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ ours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.example>x\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.example>\t\r\n", OURS },

	/* Parameters (RFC 5321 4.1.2): what follows the address names no recipient. */
	{ "RCPT TO:<a@ours.example> NOTIFY=NEVER\r\n", OURS },
	{ "RCPT TO:a@ours.example NOTIFY=NEVER\r\n", OURS },
	{ "RCPT TO:<a@ours.example> ORCPT=rfc822;a@other.example\r\n", OURS },
	{ "RCPT TO:<b@other.example> ORCPT=rfc822;a@ours.example\r\n", ELSEWHERE },
	{ "RCPT TO:<b@other.example> ORCPT=rfc822;<a@ours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:b@other.example X=<a@ours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<b@other.example>\tX=<a@ours.example>\r\n", ELSEWHERE },

	/* Quotes, source routes (RFC 5321 4.1.2, C): the last '@' is the one. */
	{ "RCPT TO:<\"x@y\"@ours.example>\r\n", PIECES },
	{ "RCPT TO:<a@other.example@ours.example>\r\n", PIECES },
	{ "RCPT TO:<@relay.example,@b.example:c@ours.example>\r\n", PIECES },
	{ "RCPT TO:<\"x@ours.example>\"@other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<@ours.example:c@other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@ours.example@other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<\"x@ours.example> \"@other.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<\"x@ours.example>\"@other.example> X=Y\r\n", ELSEWHERE },
	{ "RCPT TO:\"x@ours.example> \"@other.example\r\n", ELSEWHERE },
	{ "RCPT TO:<\"x y\"@ours.example>\r\n", ELSEWHERE },

	/* No domain. */
	{ "RCPT TO:<postmaster>\r\n", ELSEWHERE },
	{ "RCPT TO:<ours.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<>\r\n", ELSEWHERE },
	{ "RCPT TO:<@>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@.>\r\n", ELSEWHERE },
	{ "RCPT TO:>\r\n", ELSEWHERE },
	{ "RCPT TO:\r\n", ELSEWHERE },
	{ "RCPT TO\r\n", ELSEWHERE },
	{ "RCPT\r\n", ELSEWHERE },
	{ "RCPT \r\n", ELSEWHERE },
	{ "RCPT TO:<a@[192.0.2.1]>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@[IPv6:2001:db8::1]>\r\n", ELSEWHERE },

	/* Names below. */
	{ "RCPT TO:<a@x.wild.example>\r\n", PIECES },
	{ "RCPT TO:<a@Y.X.WILD.EXAMPLE>\r\n", PIECES },
	{ "RCPT TO:<a@z.y.x.wild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@wild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@xwild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@.wild.example>\r\n", PIECES },
	{ "RCPT TO:<a@both.example>\r\n", PIECES },
	{ "RCPT TO:<a@x.both.example>\r\n", PIECES },
	/* The closest entry decides. */
	{ "RCPT TO:<postmaster@mx.wild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@x.mx.wild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@self.wild.example>\r\n", PIECES },
	{ "RCPT TO:<a@x.self.wild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@deep.wild.example>\r\n", ELSEWHERE },
	{ "RCPT TO:<a@x.deep.wild.example>\r\n", PIECES },

	/* The longest name, and longer ones. */
	{ "RCPT TO:<a@l" L63 ">\r\n", PIECES },
	{ "RCPT TO:<a@" X50 "." X10 "x>\r\n", PIECES },
	{ "RCPT TO:<a@ll" L63 ">\r\n", ELSEWHERE },
	{ "RCPT TO:<a@x.l" L63 ">\r\n", ELSEWHERE },
	{ "RCPT TO:<a@" X50 X50 "x.wild.example>\r\n", ELSEWHERE },
};
const size_t domain_row_count = sizeof(domain_rows) / sizeof(domain_rows[0]);

/* --- the naive reading ------------------------------------------------------------ */

static int is_at(char c)
{
	return (c | 0x20) == ('@' | 0x20); /* '`', which no name has, counts as '@' */
}

size_t domain_read(const char *piece, size_t len, int letters, size_t *at)
{
	size_t i = letters < 0 ? 0 : 8 - letters, stop, end;
	int is_whole = letters == 0, is_open;

	if (len < i + 2)
		return 0;
	i += piece[i] == ' ';
	is_open = !is_whole || piece[i] == '<';
	for (stop = i; stop < len && (unsigned char)piece[stop] > ' '; stop++)
		;
	if (stop == i || stop == len)
		return 0;
	if (len - stop > 2 && (!is_whole || memchr(piece + i, '"', stop - i)))
		return 0;
	end = stop;
	if (piece[end - 1] == '>')
		end--;
	else if (is_open)
		return 0;
	if (end && piece[end - 1] == '.')
		end--;
	if (end <= i)
		return 0;
	for (*at = end; *at && !is_at(piece[*at - 1]); --*at)
		;
	return *at && end - *at <= 63 ? end - *at : 0;
}

static int is_name(const char *entry, const char *domain, size_t len)
{
	size_t n = strlen(entry);

	n -= entry[n - 1] == '.';
	return n == len && !strncasecmp(entry, domain, len);
}

/* What the list says of just this name: 'n' not ours, 's' itself, 'b' below, "" nothing. */
static const char *entry_of(const char *domain, size_t len)
{
	static char said[4];
	size_t n = 0, i;

	for (i = 0; domain_ours[i]; i++) {
		const char *e = domain_ours[i];
		char kind = *e == '!' ? 'n' : *e == '*' ? 'b' : 's';

		if (is_name(e + (kind == 'n' ? 1 : kind == 'b' ? 2 : 0), domain, len))
			said[n++] = kind;
	}
	said[n] = 0;
	return said;
}

int domain_is_ours(const char *domain, size_t len)
{
	const char *said = entry_of(domain, len), *dot;
	int i;

	if (*said)
		return !strchr(said, 'n') && strchr(said, 's');
	for (i = 0; i < 2; i++) {
		dot = memchr(domain, '.', len);
		if (!dot)
			return 0;
		len -= dot + 1 - domain;
		domain = dot + 1;
		if (!len)
			return 0;
		said = entry_of(domain, len);
		if (*said)
			return !strchr(said, 'n') && strchr(said, 'b');
	}
	return 0;
}
