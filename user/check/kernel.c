// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel, before anything is loaded into it: is it new enough, and which features does
 * it lack?
 */
#include "user/check/check.h"
#include "user/kernel/kern.h"

void check_kernel(struct findings *to)
{
	struct kern_feature missing[KERN_FEATURES_MAX];
	bool is_old;
	const char *release = kern_release(&is_old);
	int i, n;

	if (is_old) {
		find(to, GRADE_REFUSES, "kernel", "",
		     "Linux %s: the oldest kernel that the program is tested on is %d.%d", release,
		     KERN_OLDEST_MAJOR, KERN_OLDEST_MINOR);
		find_hint(to, "install a newer kernel");
	} else {
		find(to, GRADE_OK, "kernel", "", "Linux %s", release);
	}
	n = kern_missing(missing, KERN_FEATURES_MAX);
	if (n < 0)
		find(to, GRADE_NOTE, "kernel", "", "only root can probe its features");
	for (i = 0; i < n; i++) {
		if (missing[i].lost)
			find(to, GRADE_NOTE, "kernel", "", "it lacks: %s; %s", missing[i].name,
			     missing[i].lost);
		else
			find(to, GRADE_REFUSES, "kernel", "",
			     "it lacks: %s; the program needs this", missing[i].name);
	}
}
