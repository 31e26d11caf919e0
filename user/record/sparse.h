/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sparse encoding: records are mostly zeros, and there may be millions, so encoded they
 * take less than half of the memory and of the disk. An encoded record is its length, one
 * byte, in 32-bit words up to the last that is not zero; a mask of these words, in whose
 * bytes the lowest bit is the first word and a set bit means "not zero"; then the words that
 * are not zero, in host byte order.
 *
 * A record may grow at its end: one that was encoded earlier is shorter, and decodes with
 * zeros there. Of one that a newer tool has encoded, only the known words are decoded.
 */
#ifndef NOLIST_SPARSE_H
#define NOLIST_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#define SPARSE_WORDS 32 /* at most in a record */

#define SPARSE_MASK(words) (((words) + 7) / 8)
/* Bytes of an encoded record, at most. */
#define SPARSE_MAX(words) (1 + SPARSE_MASK(words) + 4 * (words))

/*
 * Both return the bytes of the encoded record. sparse must have SPARSE_MAX(words) bytes when
 * encoding. 0: the size bytes at sparse are not an encoded record; record is undefined then.
 */
size_t sparse_encode(unsigned char *sparse, const void *record, unsigned int words);
size_t sparse_decode(void *record, unsigned int words, const unsigned char *sparse, size_t size);

#endif
