/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words that run a command as another user: setpriv(1) drops the rest of root, and env(1)
 * names the user to the command.
 */
#ifndef NOLIST_RELOAD_USER_H
#define NOLIST_RELOAD_USER_H

#define RELOAD_USER_WORDS 16
#define RELOAD_USER_TEXT 1024

struct reload_user {
	char **argv;                   /* the whole command; free() it. NULL: as it is */
	char text[RELOAD_USER_TEXT];   /* what it points to */
};

/* 0 or -errno: -ENOENT if there is no such user. to->argv stays NULL if it is our own user. */
int reload_user(struct reload_user *to, const char *user, char *const argv[]);

#endif
