/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The networks and providers that were deferred, or would have been: in a mapped file of one size,
 * which a kill leaves as it is. No look-up waits for the disk's answer to a write.
 */
#ifndef NOLIST_POLICY_MEMORY_H
#define NOLIST_POLICY_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include "user/policy/decide.h"

#define MEMORY_FILE "policyd/memory" /* in the state directory, unless the service is told another */
#define MEMORY_WAYS 4
#define MEMORY_SETS (1 << 17)

struct memory_entry {
	uint64_t key; /* 0: free */
	uint32_t first, last;
};

struct memory {
	char magic[16];
	uint32_t shift; /* of its times: 0 */
	uint32_t reserved;
	uint64_t count[POLICY_STEPS]; /* decisions, since the file was made */
	_Alignas(4096) struct memory_entry set[MEMORY_SETS][MEMORY_WAYS];
};

/*
 * Maps a file of that size, which is made new if it is none. is_written: for the service; else
 * read only. 0 or -errno; -ENOENT: it is empty, and only read.
 */
int memory_map(struct memory **mp, int fd, bool is_written);
void memory_unmap(struct memory *m); /* accepts NULL */
/* When it was deferred first; 0: it was not, or is forgotten. */
int64_t memory_first(const struct memory *m, uint64_t key, int64_t now);
/*
 * Notes that it is deferred now. False: there is no room but that of others which were deferred
 * lately, so it has to pass.
 */
bool memory_note(struct memory *m, uint64_t key, int64_t now);

#endif
