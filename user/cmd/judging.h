/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands that judge have in common.
 */
#ifndef NOLIST_CMD_JUDGING_H
#define NOLIST_CMD_JUDGING_H

#include "user/judge/judge.h"

struct cmd_judging {
	/* From the command line: */
	const char *file; /* -c FILE, or NULL */
	struct judge_options options; /* its conf and state_dir are set here */
	const struct nolist_source *one; /* the only source that is judged; NULL: all may be */

	struct conf conf;
	struct judge judge;
	struct origin_file *origin;
	bool is_warned; /* not all of the files that it names could be used */
};

/* Reads the configuration: 0, or an exit status after printing the error. */
int cmd_judging_conf(struct cmd_judging *j);
/* The same, unless it was done, and opens evidence and judge. */
int cmd_judging_open(struct cmd_judging *j);
/* The same without any evidence: nothing is known, and nobody is listed. */
int cmd_judging_open_empty(struct cmd_judging *j);
/* After that, for what shows where sources come from: opens the file, if there is one. */
void cmd_judging_origin(struct cmd_judging *j);
/* EXIT_DONE becomes EXIT_WARNED if not all could be used. */
int cmd_judging_status(const struct cmd_judging *j, int status);
void cmd_judging_close(struct cmd_judging *j); /* always safe */

#endif
