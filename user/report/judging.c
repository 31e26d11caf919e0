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

int judging_open_one(struct judge *j, const struct judge_options *o, const char *pin_dir,
		     const struct nolist_source *src)
{
	struct evidence *evidence;
	int error = judge_open(j, o);

	if (!error && judge_ranges(j, src, &j->only))
		error = fail(-ENOMEM, "cannot hold the evidence");
	if (!error)
		error = evidence_open(&evidence, pin_dir, o->state_dir, &j->only);
	if (!error)
		error = judge_take(j, evidence);
	if (error != -EAGAIN)
		return error;
	error = evidence_open(&evidence, pin_dir, o->state_dir, NULL);
	return error ? error : judge_take(j, evidence);
}
