/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records are mostly zeros, and there may be millions: encoded they take less than
 * half of the memory and of the disk. A encoded record is its length in 32-bit words, up to
 * the last that is not zero; a mask, one bit for each of these words that is not zero; then
 * those words, all in the order of the machine.
 *
 * A record may grow at its end: one that was encoded before is shorter, and has zeros there.
 * Of one that a newer tool has encoded as many words are read as there is room for.
 */
#ifndef NOLIST_SPARSE_H
#define NOLIST_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#define SPARSE_WORDS 32 /* at most in a record */

#define SPARSE_MASK(words) (((words) + 7) / 8)
/* Bytes that a record takes at most. */
#define SPARSE_MAX(words) (1 + SPARSE_MASK(words) + 4 * (words))

/* Both return how many bytes there are in encoded; 0: that is no encoded record. */
size_t sparse_encode(unsigned char *sparse, const void *record, unsigned int words);
size_t sparse_decode(void *record, unsigned int words, const unsigned char *sparse, size_t size);

#endif
