/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two files of a load share: load.c plans, does and undoes it, job.c makes what it puts in
 * force. Only these files include this header. Functions return 0 or -errno, explained.
 */
#ifndef NOLIST_LOAD_H
#define NOLIST_LOAD_H

#include "user/kernel/private.h"

struct nolist_bpf; /* nolist.skel.h */

/* What a load does at one interface. */
struct step {
	int ifindex;
	char name[16];
	struct kern_slot was, now;
	int old_fd; /* the program that was replaced, to put it back; or -1 */
	enum kern_action action;
	bool is_swap; /* another build of our program is replaced */
	bool is_give; /* our program is not replaced, but gets its slow path */
	bool is_done;
	unsigned int progs_id; /* of the array that was pinned for the slow path */
};

struct job {
	const struct kern_load *what;
	struct kern_done *done;
	struct kern *k;
	int main;            /* number of the instance that is used; -1: a new one */
	int older;           /* number of the older instance that it replaces; -1: none */
	struct nolist_bpf *skel;
	struct kern_new new; /* its fds are the skeleton's */
	struct kern_prog prog, slow;
	struct nolist_config *conf, *old;
	int dirs_made; /* directories of pin_dir's path */
	bool is_pinned_here, is_new_used;
	bool is_added[KERN_MAPS];         /* pinned here, since the tables lacked them */
	struct kern_put put;              /* the table of domains */
	struct kern_key_was key_was;
	bool was_detached;                /* since when: */
	unsigned long long detached_ns;
	struct step step[KERN_IFS_MAX];
};

/* The instance to use: the pinned one; else that of the first interface with our program; -1: a new one. */
int job_choose(const struct job *job);
/* The instance that a killed load has attached with new tables, and not pinned yet; -1: none. */
int job_unpinned(const struct job *job);
/* Loads the program, and its slow path. */
int job_load(struct job *job);
/* Makes the configuration, in job->conf, beside the one in force. */
int job_fill(struct job *job);
/* What a configuration needs before it is in force. */
int job_put_needed(struct job *job);

#endif
