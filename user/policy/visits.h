/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who delivers to the real MX, by the requests that its mail server asks: in a mapped file of one size,
 * which "collect" reads. So a real MX on another host needs no log to be sent over.
 */
#ifndef NOLIST_POLICY_VISITS_H
#define NOLIST_POLICY_VISITS_H

#include <stdbool.h>
#include <stdint.h>
#include "user/base/text.h"

#define VISITS_FILE "policyd/visits" /* in the state directory */
#define VISITS_WAYS 4
#define VISITS_SETS (1 << 16)
#define VISITS_KEPT_S (2 * HOUR_S) /* so long nothing younger takes a place: collect comes in between */

/* Times are seconds since 1970, 0: never. The first and the last of an hour, by the hour's lowest bit. */
struct visit {
	uint64_t key; /* as row_key(); 0: free */
	uint32_t first[2], last[2];
};

struct visits {
	char magic[16];
	uint32_t lost;      /* visits that found no place */
	uint32_t lost_last; /* when */
	_Alignas(4096) struct visit set[VISITS_SETS][VISITS_WAYS];
};

/* As memory_map() and memory_unmap(). */
int visits_map(struct visits **vp, int fd, bool is_written);
void visits_unmap(struct visits *v);
void visits_note(struct visits *v, uint64_t key, int64_t now);
uint32_t visit_last(const struct visit *v);

#endif
