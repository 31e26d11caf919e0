/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCPT lines, and whether their domain is one of ours: prog/domains asks the program for each
 * of them, whole and in pieces, unit/domain the functions of bpf/domain.h. To add a case add
 * its line to domain_rows.c.
 */
#ifndef NOLIST_DOMAIN_ROWS_H
#define NOLIST_DOMAIN_ROWS_H

#include <stddef.h>

struct domain_row {
	const char *line;
	/*
	 * OURS: 250, ELSEWHERE: 450. PIECES: 250 also where the client has timestamps and the line is
	 * cut somewhere before the '@' of its domain, and 450 where it is cut behind that. Of other
	 * lines in pieces domain_read() says what they get.
	 */
	enum { ELSEWHERE, OURS, PIECES } is;
};

extern const struct domain_row domain_rows[];
extern const size_t domain_row_count;

/* The domains that are ours, as the configuration writes them; NULL ends them. */
extern const char *const domain_ours[];

/*
 * A naive reading: the domain that a line names, or its last piece. letters: of the verb in
 * pieces before; -1: all of it. Returns its bytes, and where it begins; 0: it cannot be read.
 */
size_t domain_read(const char *piece, size_t len, int letters, size_t *at);
/* Is a domain of so many bytes ours, by domain_ours? Looks at names, one by one. */
int domain_is_ours(const char *domain, size_t len);

#endif
