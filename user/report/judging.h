/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens judge and evidence together, where the evidence is that of this host.
 */
#ifndef NOLIST_JUDGING_H
#define NOLIST_JUDGING_H

#include "user/judge/judge.h"

/*
 * Invalid files are found before the evidence is read. 0 or -errno, explained by
 * failure_of(); judge_close() is always safe afterwards.
 */
int judging_open(struct judge *j, const struct judge_options *o, const char *pin_dir);

/* The same to judge one source only: quicker, and other sources cannot be judged. */
int judging_open_one(struct judge *j, const struct judge_options *o, const char *pin_dir,
		     const struct nolist_source *src);

#endif
