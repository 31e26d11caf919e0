// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the judge: reads its files, then the evidence, and judges.
 */
#include "user/report/judging.h"

int judging_open(struct judge *j, const struct judge_options *o, const char *pin_dir)
{
	struct evidence *evidence;
	int error = judge_open(j, o);

	if (!error)
		error = evidence_open(&evidence, pin_dir, o->state_dir);
	return error ? error : judge_take(j, evidence);
}
