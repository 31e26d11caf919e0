/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the program "share" have in common.
 */
#ifndef NOLIST_PROGRAMS_SHARE_H
#define NOLIST_PROGRAMS_SHARE_H

#include "user/config/conf.h"
#include "user/judge/judge.h"
#include "user/lists/configured.h"
#include "user/lists/dump.h"
#include "user/share/sign.h"
#include "user/share/transport.h"

struct args {
	const char *file, *format;
	struct judge_options options;
	struct dump_options dump;
	struct list one;
	const char *node; /* the word behind the command */
	bool is_again, is_all;
	/* What all of the commands open: */
	struct conf conf;
	struct judge judge;
	struct transport *t;
	uint8_t key[KEY_BYTES]; /* signs, if has_key */
	bool has_key;
};

/* The configured name of this node, or the host's; NULL: that is none. */
const char *share_node_name(const struct args *a, char name[NODE_NAME_MAX + 1]);

/* share_node.c: commands; each returns its exit status. */
int share_run_status(struct args *a);
int share_run_node(struct args *a);
int share_run_export(struct args *a);
int share_run_import(struct args *a);
int share_run_setup(struct args *a);
int share_run_key(struct args *a);

#endif
