// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves the zeros of a record out, and puts them in again. What is expanded may be
 * damaged: nothing is read or written beyond what there is.
 */
#include <string.h>

#include "user/record/sparse.h"

size_t squeeze(unsigned char *squeezed, const void *record, unsigned int words)
{
	unsigned char *at = squeezed + SQUEEZE_MASK(words);
	const unsigned char *from = record;
	uint32_t word;
	unsigned int i;

	memset(squeezed, 0, SQUEEZE_MASK(words));
	for (i = 0; i < words; i++) {
		memcpy(&word, from + 4 * i, 4);
		if (!word)
			continue;
		squeezed[i / 8] |= 1u << i % 8;
		memcpy(at, &word, 4);
		at += 4;
	}
	return at - squeezed;
}

size_t expand(void *record, unsigned int words, const unsigned char *squeezed, size_t size)
{
	const unsigned char *at = squeezed + SQUEEZE_MASK(words);
	uint32_t mask = 0;
	unsigned int i;

	memset(record, 0, 4 * words);
	if (size < SQUEEZE_MASK(words))
		return 0;
	for (i = 0; i < SQUEEZE_MASK(words); i++)
		mask |= (uint32_t)squeezed[i] << 8 * i;
	if (words < SQUEEZE_WORDS && mask >> words)
		return 0;
	for (; mask; mask &= mask - 1, at += 4) {
		if (squeezed + size - at < 4)
			return 0;
		memcpy((char *)record + 4 * __builtin_ctz(mask), at, 4);
	}
	return at - squeezed;
}
