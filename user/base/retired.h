/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of earlier releases that go on working for one more: members of JSON documents
 * and keys of the configuration. The only place where the old words are spelled.
 */
#ifndef NOLIST_RETIRED_H
#define NOLIST_RETIRED_H

#include <stdbool.h>

/*
 * Old name of a member, which is an object or is not; NULL: it was not renamed. in is the
 * name of what it stands in; NULL: the document, or an element of an array.
 */
const char *retired_member(const char *name, const char *in, bool is_object);
/* Old name of the renamed member i, from 0; *now is its new name. NULL: there is no such i. */
const char *retired_members(unsigned int i, const char **now);
/* The same for keys of the configuration. */
const char *retired_keys(unsigned int i, const char **now);
/* New name of a retired key; NULL: it is not a retired key. */
const char *retired_key(const char *old);

#endif
