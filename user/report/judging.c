// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the judge: reads its files, then the evidence, and judges.
 */
#include <errno.h>

#include "user/base/failure.h"
#include "user/report/judging.h"

int judging_open(struct judge *j, const struct judge_options *o, const char *pin_dir)
{
	struct evidence *evidence;
	int error = judge_open(j, o);

	if (!error)
		error = evidence_open(&evidence, pin_dir, o->state_dir, NULL);
	return error ? error : judge_take(j, evidence);
}

/* A /48 has half of these. */
#define LOOK_UP_MAX (128 * 1024)

/* Where few sources are needed, they are looked up. -EAGAIN: only a walk over the tables tells. */
static int look_up(struct judge *j, const struct judge_options *o, const char *pin_dir,
		   const struct nolist_source *src)
{
	struct evidence *evidence;
	int error;

	if (j->is_replay || ranges_count(&j->only, LOOK_UP_MAX) == LOOK_UP_MAX)
		return -EAGAIN;
	error = evidence_look_up(&evidence, pin_dir, o->state_dir, &j->only);
	if (!error)
		error = judge_take(j, evidence);
	return error ? error : judge_is_certain(j, src);
}

static int open_files(struct judge *j, const struct judge_options *o, const struct nolist_source *src)
{
	int error = judge_open(j, o);

	if (!error && judge_ranges(j, src, &j->only))
		error = fail(-ENOMEM, "cannot hold the evidence");
	return error;
}

int judging_open_one(struct judge *j, const struct judge_options *o, const char *pin_dir,
		     const struct nolist_source *src)
{
	struct evidence *evidence;
	int error = open_files(j, o, src);

	if (!error)
		error = look_up(j, o, pin_dir, src);
	if (error != -EAGAIN)
		return error;
	judge_close(j);
	error = open_files(j, o, src);
	if (!error)
		error = evidence_open(&evidence, pin_dir, o->state_dir, &j->only);
	if (!error)
		error = judge_take(j, evidence);
	if (error != -EAGAIN)
		return error;
	error = evidence_open(&evidence, pin_dir, o->state_dir, NULL);
	return error ? error : judge_take(j, evidence);
}
