/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * After a load: is the program still where the configuration says, and are the addresses
 * that it knows still those of this host? Changes nothing, prints nothing.
 */
#ifndef NOLIST_ATTACHED_H
#define NOLIST_ATTACHED_H

#include <stdbool.h>
#include "user/config/conf.h"

enum attached_state {
	ATTACHED,          /* and up to date */
	ATTACHED_STALE,    /* addresses of links or of this host have changed since the load */
	ATTACHED_DETACHED, /* the program is not there, and no other is */
	ATTACHED_FOREIGN,  /* another XDP program is there */
	ATTACHED_ABSENT,   /* there is no such interface */
	ATTACHED_UNKNOWN,  /* a program is there; whose it is only CAP_SYS_ADMIN can tell */
};

struct attached {
	struct attached_if {
		const char *name; /* the configuration's */
		enum attached_state state;
	} interface[KERN_IFS_MAX];
	int n;
};

/* Looks at the configured interfaces; conf outlives a. 0 or -errno, explained by failure_of(). */
int attached_look(struct attached *a, const struct conf *conf, const char *pin_dir);
bool attached_is_well(const struct attached *a);      /* all are ATTACHED */
bool attached_is_everywhere(const struct attached *a); /* some may be stale */
/* An interface of which nothing is known is as that text says, or attached. */
void attached_resolve(struct attached *a, const char *text);
/* Why it is not well, as a short text that changes with it: "s0=absent s1=stale"; "": well. */
#define ATTACHED_TEXT 2000
void attached_text(const struct attached *a, char text[ATTACHED_TEXT]);

#endif
