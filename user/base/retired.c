// SPDX-License-Identifier: GPL-2.0-only
/*
 * Retired names. A row is removed one release after the release that added it.
 */
#include <stddef.h>
#include <string.h>

#include "user/base/retired.h"

struct retired {
	const char *now, *old;
	bool is_object; /* the member is an object, else a value */
	bool is_unnamed; /* only in the document, or in an element of an array */
};

/* Since 0.2. */
static const struct retired members[] = {
	{ "contacts", "claims", true, false },
	{ "verified", "proofs", true, false },
	{ "limited", "shed", true, false },
	{ "capacity", "room", false, false },
	{ "verified", "proven", false, false },
	{ "learning", "learnt", false, true }, /* a rule and a hold have the name, too */
	{ "gaps", "losses", false, false },
	{ "retained", "stays", false, false },
	{ "hold", "fuse", false, false },
	{ "hint", "cure", false, false },
	{ "tempfailed_weak", "told_weak", false, false },
	{ "early_talker", "early", false, false },
	{ "pipelined", "piped", false, false },
	{ "pass_no_space", "pass_no_room", false, false },
	{ "high_no_space", "high_no_room", false, false },
};

static const struct retired keys[] = {
	{ "tempfail-text", "later", false, false },
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

const char *retired_member(const char *name, const char *in, bool is_object)
{
	size_t i;

	for (i = 0; i < COUNT(members); i++)
		if (*name == *members[i].now && is_object == members[i].is_object &&
		    !(in && members[i].is_unnamed) && !strcmp(name, members[i].now))
			return members[i].old;
	return NULL;
}

static const char *row(const struct retired *table, size_t count, unsigned int i, const char **now)
{
	if (i >= count)
		return NULL;
	*now = table[i].now;
	return table[i].old;
}

const char *retired_members(unsigned int i, const char **now)
{
	return row(members, COUNT(members), i, now);
}

const char *retired_keys(unsigned int i, const char **now)
{
	return row(keys, COUNT(keys), i, now);
}

const char *retired_key(const char *old)
{
	size_t i;

	for (i = 0; i < COUNT(keys); i++)
		if (!strcmp(old, keys[i].old))
			return keys[i].now;
	return NULL;
}
