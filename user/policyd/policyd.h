/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy service: two processes. The worker answers; it can open nothing, and has no system
 * call but those of its sockets, its clock and memory. The keeper opens the files, looks each second
 * whether there is a new snapshot, and gives its descriptor to the worker.
 */
#ifndef NOLIST_POLICYD_H
#define NOLIST_POLICYD_H

#include <stdbool.h>
#include <stdint.h>

#define POLICYD_LISTENERS 16
#define POLICYD_UNFINISHED_S 10 /* a request may take so long to come */
#define POLICYD_LINES 20        /* of its log in a second, of clients */

struct memory;
struct visits;

/* What the keeper sends: a byte of these, with a descriptor. */
enum { POLICYD_SNAPSHOT = 'L', POLICYD_STAMPS = 'S' };

struct policyd {
	const char *snapshot; /* its file, which may come later */
	const char *pin_dir;  /* where the program's map of stamps is pinned */
	struct policyd_listener {
		int fd;
		bool is_milter; /* else Postfix's policy protocol */
	} listener[POLICYD_LISTENERS];
	int listeners;
	struct memory *memory; /* NULL: nothing is remembered */
	struct visits *visits; /* NULL: nothing is fed back */
	int snapshots;         /* the worker's end of the socket on which they come */
	unsigned int clients;  /* connections at once; more close the one that was idle longest */
};

/*
 * Sockets that the service manager has opened, of which those that are named "milter" speak that, and
 * another one. 0 or -errno, explained by failure_of().
 */
int policyd_listen_given(struct policyd *p);
int policyd_listen(struct policyd *p, const char *where, bool is_milter);
/*
 * Without its memory nobody is deferred, since nobody would be known again; visits go into the state
 * directory for collect. It logs what cannot be opened.
 */
void policyd_open_memory(struct policyd *p, const char *state_dir, const char *file);
/* Prints rules for "spamassassin" or "rspamd". 0 or -errno, explained by failure_of(). */
int policyd_put_rules(const char *snapshot, const char *filter);
/* Runs until a signal ends it. 0 or -errno, explained by failure_of(). */
int policyd_keep(struct policyd *p);
/* The worker's: does not return while all is well. 0 or -errno. */
int policyd_serve(const struct policyd *p);
/* Drops all capabilities of this process, for good. 0 or -errno. */
int policyd_drop(void);
/* And all system calls but those of a worker. 0 or -errno. */
int policyd_confine(void);

#endif
