/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence of all nodes, as the judge's sources: fetched once and verified, then walked over as
 * often as lists need it, one bucket in memory at a time.
 */
#ifndef NOLIST_SHARE_HARVEST_H
#define NOLIST_SHARE_HARVEST_H

#include "user/judge/judge.h"
#include "user/share/nodes.h"
#include "user/share/row.h"
#include "user/share/transport.h"

#define AHEAD_MAX_S 300 /* so far a node's clock may be ahead of the judge's */
#define SILENT_S (2 * (int64_t)DAY_S) /* a node that has not pushed for so long is told */

/* Why a node is not judged by; then nothing new is listed, since it might excuse it, unless it is muted. */
enum node_state {
	NODE_USED,
	NODE_MISSING, /* it has no head */
	NODE_OLD,     /* its head is older than evidence may be */
	NODE_AHEAD,   /* its clock is ahead */
	NODE_BROKEN,  /* its head makes no sense, is another node's or of an unknown version */
	NODE_UNSIGNED, /* its head is not signed by its key */
	NODE_REPLAYED, /* its head is older than the one that it was judged by before */
	NODE_TORN,    /* blobs that its head names are not there, or are others */
	NODE_MUTED,   /* by the file of nodes, or by its alibis: what it says is left out, and excuses nobody */
	NODE_STATES
};
extern const char *const node_reasons[NODE_STATES];

/* What one store of a node has shared. */
struct report {
	struct node *node;
	enum node_state state;
	struct share_head head;
	uint64_t rows, bytes;
	size_t alone; /* sources that others would list, and that it alone excused: so it is muted */
	uint64_t at; /* of its first blob in the spool; the others follow */
	/* In the walk: */
	size_t next;        /* the next blob */
	uint64_t next_at;
	struct bytes blob, unpacked; /* the bytes of the present one */
	struct cursor whole, cursor; /* its rows, and what is left of them */
	bool is_in;         /* it has a blob in this bucket */
	bool has_row;
	struct row row;
};

struct harvest {
	/* Set by the caller: */
	struct transport *t;
	struct nodes *nodes;
	const char *state_dir;
	struct judge *j;
	unsigned int leave_out; /* operators that may lie */
	unsigned int weight;    /* percent of the list for which one may be decisive; 0: not asked */
	/* Results of harvest_fetch(): */
	struct report *report;
	size_t reports, used, unused;
	/* The walk: */
	struct judge_given given;
	int spool;
	struct blob_packer packer;
	uint64_t spooled;
	uint32_t bucket;
	struct pack_key source; /* the present one */
	bool has_source;
	struct side *side;
	struct side *rest;   /* the same without an operator */
	unsigned int *voice; /* operators of the present source */
	unsigned int *sole;  /* of each of the judge's groups: the one operator that saw its data */
};

/* The heads alone, for status: 0 or -errno. harvest_free() is always safe afterwards. */
int harvest_heads(struct harvest *h);
/*
 * All of it. -ENODATA: no node can be judged by. Then h->given is what judge_take_given() takes, and
 * h->j has its site.
 */
int harvest_fetch(struct harvest *h);
void harvest_free(struct harvest *h);

/* What the configuration and the file of nodes say of operators: set after that was read. */
void harvest_take_limits(struct harvest *h);
/* Are operators counted? Within one house only where that is asked for. */
bool harvest_is_weighed(const struct harvest *h);
/*
 * weigh.c: mutes operators whose alibis alone would take too many off, and holds those of operators.h.
 * Needs the judge's pardons.
 */
int harvest_weigh(struct harvest *h);
/* Whoever it has seen offend may have been excused by what was lost: it lists nobody new. */
void harvest_lose(struct report *r);

/* walk.c: the next source, as sides and voices; how many, 0: no more. */
unsigned int walk_next(struct harvest *h, int *error);
/* The one operator that has seen data in its neighbourhood; UINT32_MAX: several have. */
unsigned int walk_sole(const struct harvest *h, const struct nolist_source *src);
/* walk.c: begins and goes on with a walk. */
void harvest_start(void *h);
bool harvest_next(void *h, struct judged *of);

#endif
