// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves out the zeros of a record, and restores them. An encoded record may be damaged:
 * decoding reads and writes nothing beyond the given sizes.
 */
#include <string.h>

#include "user/record/sparse.h"

/* Words up to the last one that is not zero; at least 1, since length 0 means "no record". */
static unsigned int length_of(const unsigned char *record, unsigned int words)
{
	uint32_t word;

	for (; words > 1; words--) {
		memcpy(&word, record + 4 * (words - 1), 4);
		if (word)
			break;
	}
	return words;
}

size_t sparse_encode(unsigned char *sparse, const void *record, unsigned int words)
{
	unsigned int i, length = length_of(record, words);
	unsigned char *mask = sparse + 1, *at = mask + SPARSE_MASK(length);
	const unsigned char *from = record;
	uint32_t word;

	*sparse = length;
	memset(mask, 0, SPARSE_MASK(length));
	for (i = 0; i < length; i++) {
		memcpy(&word, from + 4 * i, 4);
		if (!word)
			continue;
		mask[i / 8] |= 1u << i % 8;
		memcpy(at, &word, 4);
		at += 4;
	}
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
