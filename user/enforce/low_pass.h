/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who passes at a low fake's address to a mail server there ("low-pass").
 */
#ifndef NOLIST_ENFORCE_LOW_PASS_H
#define NOLIST_ENFORCE_LOW_PASS_H

#include "user/config/conf.h"

struct low_pass {
	struct prefix *prefix;
	size_t n, capacity;
	unsigned int bad; /* files and lines that could not be used, of which warnings were printed */
};

/* The networks of the configuration and of its files. 0 or -ENOMEM. */
int low_pass_read(struct low_pass *l, const struct conf *conf);
void low_pass_free(struct low_pass *l);

#endif
