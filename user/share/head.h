/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node says of itself at a push: when, what holds for all of its sources (struct site), its
 * provider sets, and which blobs are its evidence, by their digests. A head is replaced whole and
 * after the blobs that it names, so whatever becomes of a push, there is one whole state.
 */
#ifndef NOLIST_SHARE_HEAD_H
#define NOLIST_SHARE_HEAD_H

#include "user/judge/verdict.h"
#include "user/share/blob.h"

#define HEAD_FORMAT 2 /* 1: its blobs are not compressed; both are read */
#define HEAD_MAX (16u << 20) /* bytes */
#define HEAD_SETS 1000
#define NODE_NAME_MAX 64
#define HEAD_KEEP_S (40 * (int64_t)DAY_S) /* evidence is 35 days old at most */
#define DIGEST_BYTES 16
#define EARLIER_MAX 8

/* Letters, digits, '-', '_' and '.', none of these at its beginning: it names files and keys. */
bool node_name_is(const char *name);

struct head_blob {
	uint32_t bucket, size, rows;
	uint8_t digest[DIGEST_BYTES];
};
void digest_of(const void *bytes, size_t size, uint8_t digest[DIGEST_BYTES]);

struct share_head {
	char node[NODE_NAME_MAX + 1];
	bool is_packed;       /* its blobs may be compressed */
	uint64_t incarnation; /* of its store: another one if it is lost, or restored */
	int64_t made;         /* when its evidence was read, by its own clock */
	int64_t until;        /* what is known of it ends here: when it collected last */
	struct site site;     /* what site_take() and the judge fill; share_head_free() frees its arrays */
	struct head_set {
		char name[NODE_NAME_MAX + 1];
		struct provider p; /* its hours are counted from made */
	} *set;
	size_t sets;
	struct head_blob *blob; /* by bucket, each once */
	size_t blobs;
	/* Heads of its earlier stores, whose evidence is not too old: they stay readable. */
	struct head_earlier {
		uint64_t incarnation;
		int64_t made;
	} earlier[EARLIER_MAX];
	size_t earliers;
};

void share_head_write(struct bytes *b, const struct share_head *h);
/* 0; -EBADMSG: the bytes are no head; -EPROTO: one that this version cannot read; -ENOMEM. */
int share_head_read(struct share_head *h, const uint8_t *at, size_t size);
void share_head_free(struct share_head *h);

#endif
