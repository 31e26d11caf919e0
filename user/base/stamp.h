/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times as logs write them: RFC 3339 and its relatives, syslog's, seconds since 1970.
 */
#ifndef NOLIST_STAMP_H
#define NOLIST_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_EXAMPLES                                                                             \
	"1767323045, 2026-01-02T03:04:05Z, 2026-01-02 03:04:05 +0100 or Jan  2 03:04:05"

struct stamp {
	int64_t time;  /* seconds since 1970 */
	bool has_year; /* false: the last such day before "now" */
	bool has_zone; /* false: this host's local time */
};

/*
 * Reads the time at the start of a text of size bytes: how many bytes it takes, which a
 * blank or the text's end follows; 0: there is none.
 */
size_t stamp_read(const char *text, size_t size, int64_t now, struct stamp *to);

#endif
