/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzers share. Each FILE.c here is a program of its own: libFuzzer calls
 * LLVMFuzzerTestOneInput() with made-up bytes, and nothing may come of them but an answer.
 * seeds.sh has what each begins with.
 *
 * To add one: FILE.c with that function, and its seeds in seeds.sh, if it wants some.
 */
#ifndef NOLIST_FUZZ_H
#define NOLIST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What must hold, whatever the bytes are. */
#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a text, with a zero behind them; to be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
