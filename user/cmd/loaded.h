/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a load has done, for people.
 */
#ifndef NOLIST_LOADED_H
#define NOLIST_LOADED_H

#include "user/config/conf.h"
#include "user/kernel/kern.h"

struct loaded {
	const struct conf *conf;
	const int *ifindex;
	const struct kern_done *done; /* of each interface */
	int ifs;
	int own_left;             /* addresses of this host that found no place */
	unsigned int probation_s; /* 0: none */
};

/* Prints it. EXIT_DONE, or EXIT_WARNED: it cannot be shown. */
int loaded_say(const struct loaded *l);

#endif
