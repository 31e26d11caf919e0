/* SPDX-License-Identifier: GPL-2.0-only */
/* What confined.c and program.c share. */
#ifndef NOLIST_CONFINED_PRIVATE_H
#define NOLIST_CONFINED_PRIVATE_H

#include <seccomp.h>
#include <stddef.h>

/* Drops all capabilities, and each way to get one. 0 or -errno. */
int confined_drop(void);
/* Each adds rules to a filter: 0 or -errno. */
int confined_allow(scmp_filter_ctx filter, const int *calls, size_t n);
/* What any work takes: memory that is never run, descriptors that are open, time, an end. */
int confined_allow_work(scmp_filter_ctx filter);

#endif
