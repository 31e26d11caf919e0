/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a blob: rows as they are, or a zero byte, which begins no row, the way in which they
 * are compressed, how many bytes they have, and the compressed bytes. So every reader sees which.
 */
#ifndef NOLIST_SHARE_BLOB_H
#define NOLIST_SHARE_BLOB_H

#include "user/share/bytes.h"

#define BLOB_MAX (64u << 20) /* of its rows, and of its bytes */
/* What others have compressed further than this is refused: few bytes would cost us much. */
#define BLOB_RATIO_MAX 64

/* Compresses, and back: one for many blobs. All zeroes at first. */
struct blob_packer {
	void *out, *in; /* contexts of the library */
	struct bytes scratch;
};
void blob_packer_free(struct blob_packer *p);

/* Compresses the rows in place, if that is worth it. 0 or -ENOMEM. */
int blob_pack(struct blob_packer *p, struct bytes *rows);
bool blob_is_packed(const uint8_t *at, size_t size);

/*
 * The rows of a blob: these bytes themselves, or others that *into holds until the next call, in a room
 * that grows to what the blob says, and never further than what is allowed of so many bytes.
 * 0; -EBADMSG: they make no sense; -ENOMEM.
 */
int blob_rows(struct blob_packer *p, const uint8_t *at, size_t size, struct bytes *into, struct cursor *rows);

#endif
