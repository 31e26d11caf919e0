// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says that a file of origins is old: it is used all the same.
 */
#include <time.h>

#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/origin_age.h"

bool cmd_origin_age(const struct origin_file *f, const char *name)
{
	char when[TEXT_TIME];
	int64_t made = origin_made(f);

	if (time(NULL) - made <= ORIGIN_OLD_S)
		return false;
	warn("'%s' was made at %s: networks have moved since", name, text_time(made, when));
	return true;
}
