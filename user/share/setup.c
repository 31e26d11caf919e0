// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the users of a Redis. What they may do is what redis.c asks for, and no more.
 */
#include <errno.h>
#include <stdio.h>

#include "user/base/failure.h"
#include "user/share/setup.h"

#define START "on >SECRET resetkeys resetchannels -@all "

int share_setup(const struct nodes *nodes)
{
	size_t i;

	for (i = 0; i < nodes->n; i++) {
		const char *name = nodes->node[i].name;

		printf("ACL SETUSER %s " START "~e:{?????}:%s:* ~s:%s ~s:%s:* %%R~list "
		       "+set +get +expire +unlink +auth +info +cluster|slots\n", name, name, name, name);
	}
	printf("ACL SETUSER judge " START "%%R~e:* %%R~s:* ~list ~judge +set +get +auth +info +cluster|slots\n");
	return fflush(stdout) ? fail(-errno, "cannot write the users") : 0;
}
