// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compresses rows, and back. What comes back may be anybody's: its size is read and judged before a
 * byte of it is made, and it must have that size to the byte.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "user/share/blob.h"

#define MARK 0 /* no key of a row is that near to the one before */
#define BY_ZSTD 1
#define LEVEL 3
#define SAVES_PERCENT 6 /* less is not worth it */

void blob_packer_free(struct blob_packer *p)
{
	ZSTD_freeCCtx(p->out);
	ZSTD_freeDCtx(p->in);
	free(p->scratch.at);
	*p = (struct blob_packer){};
}

static bool is_worth(size_t size, size_t rows)
{
	return size <= rows - rows / 100 * SAVES_PERCENT && size < rows && size >= rows / BLOB_RATIO_MAX;
}

/* The compressed bytes are fewer: they take the place of the rows. */
static void replace(struct bytes *rows, const struct bytes *by)
{
	uint8_t *less;

	memcpy(rows->at, by->at, by->used);
	rows->used = by->used;
	less = realloc(rows->at, by->used);
	if (!less)
		return;
	rows->at = less;
	rows->room = by->used;
}

int blob_pack(struct blob_packer *p, struct bytes *rows)
{
	struct bytes *b = &p->scratch;
	size_t n;

	if (!p->out)
		p->out = ZSTD_createCCtx();
	b->used = 0;
	bytes_number(b, MARK);
	bytes_number(b, BY_ZSTD);
	bytes_number(b, rows->used);
	if (!p->out || !bytes_room(b, ZSTD_compressBound(rows->used)))
		return -ENOMEM;
	n = ZSTD_compressCCtx(p->out, b->at + b->used, b->room - b->used, rows->at, rows->used, LEVEL);
	if (ZSTD_isError(n) || !is_worth(b->used + n, rows->used))
		return 0;
	b->used += n;
	replace(rows, b);
	return 0;
}

bool blob_is_packed(const uint8_t *at, size_t size)
{
	return size && *at == MARK;
}

int blob_rows(struct blob_packer *p, const uint8_t *at, size_t size, struct bytes *into, struct cursor *rows)
{
	struct cursor c = cursor_of(at, size);
	uint64_t want;

	*rows = c;
	if (!blob_is_packed(at, size))
		return 0;
	cursor_number(&c);
	if (cursor_number(&c) != BY_ZSTD)
		return -EBADMSG;
	want = cursor_limited(&c, BLOB_MAX);
	if (c.is_bad || !want || want / BLOB_RATIO_MAX > size)
		return -EBADMSG;
	if (!p->in)
		p->in = ZSTD_createDCtx();
	into->used = 0;
	if (!p->in || !bytes_room(into, want))
		return -ENOMEM;
	if (ZSTD_decompressDCtx(p->in, into->at, want, c.at, cursor_left(&c)) != want)
		return -EBADMSG;
	into->used = want;
	*rows = cursor_of(into->at, want);
	return 0;
}
