/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who waits for this process at the socket that systemd started it by (systemd.socket(5), with
 * Accept=no). It may have been started otherwise as well: then nobody waits.
 */
#ifndef NOLIST_WAITING_H
#define NOLIST_WAITING_H

#define WAITING_MAX 16

struct waiting {
	int fd[WAITING_MAX];
	int n;
};

void waiting_take(struct waiting *w);
/* Tells them the exit status, as a line with a number. */
void waiting_answer(struct waiting *w, int status);

#endif
