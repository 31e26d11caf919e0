/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of what the packet path notes: one program, what was sent through it
 * and when, and its maps as a reader sees them.
 */
#ifndef NOLIST_RECORDS_H
#define NOLIST_RECORDS_H

#include <time.h>
#include "selftests/lib/row.h"
#include "selftests/lib/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

extern struct prog prog;

/* --- reading the maps -------------------------------------------------------- */

struct nolist_source records_source(const char *text);
unsigned int sources_in(int map);

/* All CPUs' counters as one. */
struct nolist_stats stats(void);

/* When a frame was sent. */
struct span {
	__u64 from, until;
};

int is_in(__u64 ns, struct span s);
void send_row(const struct row *r);

/* Later than what was sent before, by the clock of the records. */
struct span send_later(const struct row *r);

/* Loaded and configured as row.h has it. */
void records_begin(void);
int records_end(void);

#endif
