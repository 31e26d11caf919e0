/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of earlier releases that go on working for one more: members of JSON documents
 * and keys of the configuration. The only place where the old words are spelled.
 */
#ifndef NOLIST_RETIRED_H
#define NOLIST_RETIRED_H

#include <stdbool.h>

/* What a member was called before; NULL: it has kept its name. */
const char *retired_member(const char *name, bool is_object);
/* Member i of those renamed: its old name, and now its new one; NULL after the last. */
const char *retired_members(unsigned int i, const char **now);
/* The same of keys of the configuration. */
const char *retired_keys(unsigned int i, const char **now);
/* The key that a retired one has become; NULL: it is none. */
const char *retired_key(const char *old);

#endif
