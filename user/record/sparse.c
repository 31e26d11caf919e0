// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves out the zeros of a record, and restores them. An encoded record may be damaged:
 * decoding reads and writes nothing beyond the given sizes.
 */
#include <string.h>

#include "user/record/sparse.h"

/* A bit for each word that is not zero, the lowest for the first. Without jumps: none can be foreseen. */
static uint32_t mask_of(const unsigned char *record, unsigned int words)
{
	uint32_t word, mask = 0;
	unsigned int i;

	for (i = 0; i < words; i++) {
		memcpy(&word, record + 4 * i, 4);
		mask |= (uint32_t)!!word << i;
	}
	return mask;
}

size_t sparse_encode(unsigned char *sparse, const void *record, unsigned int words)
{
	const unsigned char *from = record;
	uint32_t mask = mask_of(from, words);
	/* At least 1, since length 0 means "no record". */
	unsigned int i, length = mask ? 32 - __builtin_clz(mask) : 1;
	unsigned char *at = sparse + 1;

	*sparse = length;
	for (i = 0; i < SPARSE_MASK(length); i++)
		*at++ = mask >> 8 * i;
	for (; mask; mask &= mask - 1, at += 4)
		memcpy(at, from + 4 * __builtin_ctz(mask), 4);
	return at - sparse;
}

size_t sparse_decode(void *record, unsigned int words, const unsigned char *sparse, size_t size)
{
	unsigned int i, place, length = size ? *sparse : 0;
	const unsigned char *at = sparse + 1 + SPARSE_MASK(length);
	uint32_t mask = 0;

	memset(record, 0, 4 * words);
	if (!length || length > SPARSE_WORDS || size < 1 + SPARSE_MASK(length))
		return 0;
	for (i = 0; i < SPARSE_MASK(length); i++)
		mask |= (uint32_t)sparse[1 + i] << 8 * i;
	if (length < SPARSE_WORDS && mask >> length)
		return 0;
	for (; mask; mask &= mask - 1, at += 4) {
		place = __builtin_ctz(mask);
		if (sparse + size - at < 4)
			return 0;
		if (place < words)
			memcpy((char *)record + 4 * place, at, 4);
	}
	return at - sparse;
}
