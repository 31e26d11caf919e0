/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that a node has at one place, as one stream of bytes for another place: ssh, a web server and
 * a disk can carry it. What is in it is what was pushed, with its signatures.
 */
#ifndef NOLIST_SHARE_COPY_H
#define NOLIST_SHARE_COPY_H

#include <stdio.h>

#include "user/share/nodes.h"
#include "user/share/transport.h"

struct copied {
	bool is_stale; /* a newer push is there already: nothing was put */
	size_t rows, blobs, put, dropped;
	uint64_t bytes; /* of the blobs */
};

/*
 * Both return 0 or -errno, explained by failure_of(). -ENODATA: the node has pushed nothing there.
 * -ESTALE: it pushed while it was read: once more.
 */
int copy_out(struct transport *t, const char *node, FILE *to, struct copied *done);
/*
 * Nothing of the stream is trusted: it must be of this node, signed by its key if it has one, and have
 * what its heads name. The head is put last. Twice is as good as once.
 */
int copy_in(struct transport *t, const struct node *node, FILE *from, int64_t now, struct copied *done);

#endif
