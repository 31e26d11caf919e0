// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts of one size: every answer of a kind has as many bytes as each other.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/page/private.h"

void page_add(struct page_text *t, const char *fmt, ...)
{
	size_t left = t->capacity - t->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->bytes + t->used, left, fmt, ap);
	va_end(ap);
	t->used += n < 0 ? 0 : (size_t)n < left ? (size_t)n : left - 1;
}

void page_add_escaped(struct page_text *t, const char *words)
{
	for (; *words; words++)
		if (*words < ' ' || *words > '~' || strchr("<>&\"'", *words))
			page_add(t, "&#%d;", (unsigned char)*words < ' ' ? ' ' : (unsigned char)*words);
		else
			page_add(t, "%c", *words);
}

bool page_text_open(struct page_text *t, size_t size)
{
	*t = (struct page_text){ .bytes = malloc(size), .capacity = size };
	return t->bytes;
}

void page_finish(struct page_text *t, struct http_reply *r, unsigned int status, const char *type)
{
	memset(t->bytes + t->used, ' ', t->capacity - t->used);
	t->bytes[t->capacity - 1] = '\n';
	*r = (struct http_reply){ .status = status, .type = type, .body = t->bytes, .size = t->capacity,
				  .is_page = true };
}
