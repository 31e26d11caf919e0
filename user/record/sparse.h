/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records are mostly zeros, and there may be millions: squeezed they take less than
 * half of the memory and of the disk. A squeezed record is a mask, one bit for each
 * 32-bit word that is not zero, then these words, all in the order of the machine.
 *
 * A record may grow at its end within the bits of its mask: what was squeezed
 * before has zeros there.
 */
#ifndef NOLIST_SQUEEZE_H
#define NOLIST_SQUEEZE_H

#include <stddef.h>
#include <stdint.h>

#define SQUEEZE_WORDS 32 /* at most in a record */

#define SQUEEZE_MASK(words) (((words) + 7) / 8)
/* Bytes that a record takes at most. */
#define SQUEEZE_MAX(words) (SQUEEZE_MASK(words) + 4 * (words))

/* Both return how many bytes there are in squeezed; 0: that is no squeezed record. */
size_t squeeze(unsigned char *squeezed, const void *record, unsigned int words);
size_t expand(void *record, unsigned int words, const unsigned char *squeezed, size_t size);

#endif
