/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the evidence in this host's store where others can judge it. Nothing is kept of what was put:
 * what is there is asked each time, so that the next push heals whatever was lost since.
 */
#ifndef NOLIST_SHARE_PUSH_H
#define NOLIST_SHARE_PUSH_H

#include "user/judge/judge.h"
#include "user/share/transport.h"

struct push {
	/* Set by the caller: */
	const char *node;
	const char *state_dir;
	const uint8_t *key; /* signs by this; NULL: nothing is signed */
	bool is_packed; /* compresses */
	bool is_all; /* puts what is there as well */
	/* Results: */
	bool is_stale;   /* a newer push is there already: nothing was put */
	bool has_reread; /* the head that was there could not be read, and is replaced */
	size_t rows, blobs, put, dropped;
	uint64_t bytes, put_bytes;
	size_t left_out; /* rows that had no room, without data to the real MX */
};

/* j: judge_take() has taken the store's evidence. 0 or -errno, explained by failure_of(). */
int push_run(struct push *p, struct transport *t, struct judge *j);

/* Drops the blobs that an old head of this store names and the new one does not; how many. */
int push_drop(struct transport *t, const struct share_head *old, const struct share_head *now, size_t *dropped);

#endif
