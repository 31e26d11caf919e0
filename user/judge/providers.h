/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of named sets of networks, as scripts/providers.sh writes them: lines of a
 * name and a network. All addresses of a set belong to one sender.
 */
#ifndef NOLIST_PROVIDERS_H
#define NOLIST_PROVIDERS_H

#include "user/base/addr.h"
#include "user/base/lines.h"
#include "user/record/ranges.h"

struct providers;

/* All return 0 or -errno and print nothing; providers_free() is safe on NULL. */
int providers_new(struct providers **pp);
void providers_free(struct providers *p);

/*
 * Adds a file's text. Wrong lines are left out, and counted in *bad. After an error, -ENOMEM or
 * one that failure_of() explains, p can only be freed.
 */
int providers_add_text(struct providers *p, const char *text, size_t size, struct lines_bad *bad);
/* Call once after the last file, before the functions below. */
int providers_sort(struct providers *p);

int providers_count(const struct providers *p);
const char *providers_name(const struct providers *p, int set);
/* Adds the networks of a set: 0 or -ENOMEM. */
int providers_ranges(const struct providers *p, int set, struct ranges *to);
/* Calls fn for each network and its set; a return other than 0 ends that, and is returned. */
typedef int providers_fn(const struct prefix *network, int set, void *arg);
int providers_each(const struct providers *p, providers_fn *fn, void *arg);
/* The index of the set that a source is in (the narrowest network counts); -1: none. */
int providers_find(const struct providers *p, const struct nolist_source *src);

#endif
