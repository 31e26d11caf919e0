/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deletes the evidence of sources from the kernel's tables and from the store.
 */
#ifndef NOLIST_FORGET_H
#define NOLIST_FORGET_H

#include "bpf/abi.h"

struct forgotten {
	unsigned int tables, stored; /* records */
};

/*
 * Of n sources, or (n is 0) of all; done has one element for each, or one. The verdict of
 * others may change: what one source did is an alibi of its neighbourhood. Where all is
 * forgotten, the alibis are, too: so the learning time begins anew. 0 or -errno, explained by
 * failure_of(); -ENOENT: there are neither tables nor a store.
 */
int forget(const char *pin_dir, const char *state_dir, const struct nolist_source *src, int n,
	   struct forgotten *done);

#endif
