/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records are mostly zeros, and there may be millions: squeezed they take less than
 * half of the memory and of the disk. A squeezed record is its length in 32-bit words, up to
 * the last that is not zero; a mask, one bit for each of these words that is not zero; then
 * those words, all in the order of the machine.
 *
 * A record may grow at its end: one that was squeezed before is shorter, and has zeros there.
 * Of one that a newer tool has squeezed as many words are read as there is room for.
 */
#ifndef NOLIST_SQUEEZE_H
#define NOLIST_SQUEEZE_H

#include <stddef.h>
#include <stdint.h>

#define SQUEEZE_WORDS 32 /* at most in a record */

#define SQUEEZE_MASK(words) (((words) + 7) / 8)
/* Bytes that a record takes at most. */
#define SQUEEZE_MAX(words) (1 + SQUEEZE_MASK(words) + 4 * (words))

/* Both return how many bytes there are in squeezed; 0: that is no squeezed record. */
size_t squeeze(unsigned char *squeezed, const void *record, unsigned int words);
size_t expand(void *record, unsigned int words, const unsigned char *squeezed, size_t size);

#endif
