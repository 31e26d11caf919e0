/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judge's own file of the nodes that it expects: a name a line, its operator and its
 * public key. A node that is not in it has no say; one that is in it and does not report is a gap.
 */
#ifndef NOLIST_SHARE_NODES_H
#define NOLIST_SHARE_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "user/share/head.h"
#include "user/share/sign.h"

#define NODES_MAX 1000

struct nodes {
	struct node {
		char name[NODE_NAME_MAX + 1];
		char operator[NODE_NAME_MAX + 2]; /* of itself, where the file names none */
		unsigned int voice;               /* the same number for the same operator, from 0 on */
		uint8_t key[KEY_BYTES];           /* of its signatures, if has_key */
		bool has_key;
		bool is_muted; /* '!' before its name: what it says is left out */
		int64_t seen; /* when the push was made by which it was judged last; 0: never */
	} *node;
	size_t n;
	bool has_operators; /* the file names some */
	/* By voice; see operators.h. */
	struct operator {
		char name[NODE_NAME_MAX + 2];
		size_t seen;      /* sources that it has seen offend */
		size_t listed;    /* of these, that would be listed */
		size_t acquitted; /* of these, that more others have data of than may lie */
		size_t freed;     /* of the rest, whose listing ended by a walk, a lift or a pardon */
		size_t decisive;  /* of the listed ones, that would not be without it */
		size_t base;      /* from so many on it grows */
		int64_t base_at;  /* since then; 0: it was never counted */
		bool is_growing, is_doubted, is_heavy; /* then it is held */
	} *operator;
	size_t operators;
};

/* 0 or -errno, explained by failure_of(); nodes_free() is always safe afterwards. */
int nodes_read(struct nodes *nodes, const char *file);
void nodes_free(struct nodes *nodes);

/* seen.c: of each node, from and to the state directory. */
int nodes_seen_read(struct nodes *nodes, const char *state_dir);
int nodes_seen_write(const struct nodes *nodes, const char *state_dir, int64_t now);

#endif
