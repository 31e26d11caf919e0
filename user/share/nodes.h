/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judge's own file of the nodes that it expects: a name and its operator a line. Who is not in it
 * has no say; who is in it and does not report is a gap.
 */
#ifndef NOLIST_SHARE_NODES_H
#define NOLIST_SHARE_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "user/share/head.h"

#define NODES_MAX 1000

struct nodes {
	struct node {
		char name[NODE_NAME_MAX + 1];
		char operator[NODE_NAME_MAX + 1]; /* of itself, where the file names none */
		unsigned int voice;               /* the same number for the same operator, from 0 on */
	} *node;
	size_t n;
	bool has_operators; /* the file names some */
};

/* 0 or -errno, explained by failure_of(); nodes_free() is always safe afterwards. */
int nodes_read(struct nodes *nodes, const char *file);
void nodes_free(struct nodes *nodes);

#endif
