/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text files of lines, read as a whole first: a file that cannot be read to its end is
 * never taken for a shorter one.
 */
#ifndef NOLIST_LINES_H
#define NOLIST_LINES_H

#include <stddef.h>

#define LINES_FILE_MAX (256u << 20) /* bytes of a file */
#define LINES_LINE_MAX 1024         /* bytes of a line */

/*
 * Reads all of a file into memory, with a zero byte behind it; the caller frees it. 0 or
 * -errno, such as -ENOMEM, or -EFBIG: it has more than max bytes. *text is then NULL.
 */
int lines_read(const char *file, size_t max, char **text, size_t *size);

/* Lines that are wrong. */
struct lines_bad {
	unsigned int first; /* number of the first one; 0: none is */
	unsigned int count;
};

/*
 * Takes one line: without its end, without what follows a '#', and without blanks around;
 * never an empty one. 0; -EINVAL: the line is wrong; another -errno ends the walk.
 */
typedef int lines_fn(char *line, unsigned int number, void *arg);
/*
 * Calls fn for each line. A line that is longer than LINES_LINE_MAX or has a zero byte is
 * wrong, too. *bad counts those. 0, or the -errno that has ended the walk.
 */
int lines_each(const char *text, size_t size, lines_fn *fn, void *arg, struct lines_bad *bad);

#endif
