// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distance of two words: how many letters are added, left out, changed or swapped with
 * their neighbour. A third of the word may be wrong, and one letter of a short one.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "user/base/similar.h"

#define WORD_MAX 31

/* Capitals are no mistake. */
static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Row i holds the distances of the first i letters of a from each beginning of b. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[3][WORD_MAX + 1], i, k, n = strlen(a), m = strlen(b);

	for (k = 0; k <= m; k++)
		row[0][k] = k;
	for (i = 1; i <= n; i++) {
		unsigned int *now = row[i % 3], *before = row[(i + 2) % 3];

		now[0] = i;
		for (k = 1; k <= m; k++) {
			now[k] = least(least(before[k], now[k - 1]) + 1,
				       before[k - 1] + !is_same(a[i - 1], b[k - 1]));
			if (i > 1 && k > 1 && is_same(a[i - 1], b[k - 2]) &&
			    is_same(a[i - 2], b[k - 1]))
				now[k] = least(now[k], row[(i + 1) % 3][k - 2] + 1);
		}
	}
	return row[n % 3][m];
}

void similar_start(struct similar *s, const char *word)
{
	size_t size = strlen(word);

	*s = (struct similar){ .word = word, .distance = size < 6 ? 2 : size / 3 + 1 };
	if (size < 2 || size > WORD_MAX)
		s->distance = 0;
}

void similar_try(struct similar *s, const char *name)
{
	unsigned int d;

	if (!s->distance || strlen(name) > WORD_MAX)
		return;
	d = distance(s->word, name);
	if (d >= s->distance)
		return;
	s->distance = d;
	s->best = name;
}
