/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of named sets of networks, as scripts/providers.sh writes them: lines of a
 * name and a network. All addresses of a set are one sender's.
 */
#ifndef NOLIST_PROVIDERS_H
#define NOLIST_PROVIDERS_H

#include "user/base/addr.h"

struct providers;

/* All return 0 or -errno and print nothing; providers_free() is safe on NULL. */
int providers_new(struct providers **pp);
void providers_free(struct providers *p);

/* *line is the line that is wrong (-EINVAL), or 0. After an error p is of no use. */
int providers_add_file(struct providers *p, const char *file, unsigned int *line);
/* To be called once after the last file, before what follows. */
int providers_sort(struct providers *p);

int providers_count(const struct providers *p);
const char *providers_name(const struct providers *p, int set);
/* The set that a source is in, the narrowest network counts; -1: in none. */
int providers_find(const struct providers *p, const struct nolist_source *src);

#endif
