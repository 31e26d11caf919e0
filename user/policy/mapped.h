/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of one size, mapped and shared: a kill leaves it as it is, and no look-up waits for the disk.
 */
#ifndef NOLIST_POLICY_MAPPED_H
#define NOLIST_POLICY_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAPPED_MAGIC 16

/*
 * Maps a file that begins with magic; what is none of that size is made new, all zero. is_written: for
 * the service; else read only. 0 or -errno; -ENOENT: it is none, and only read.
 */
int mapped_open(void **at, int fd, size_t size, const char magic[MAPPED_MAGIC], bool is_written);
void mapped_close(void *at, size_t size); /* accepts NULL */

/* The set of a key, of a power of two. */
static inline size_t mapped_set(uint64_t key, size_t sets)
{
	return (key * 0x9e3779b97f4a7c15ull >> 32) * sets >> 32;
}

#endif
