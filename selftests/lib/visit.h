/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients of a high fake with real sockets, and how each of them shall end: the
 * replies' codes that it reads, then EOF, RESET or TIMEOUT. Most do what no mail
 * server does; docs/dialogue.md says what comes of it.
 */
#ifndef NOLIST_VISIT_H
#define NOLIST_VISIT_H

#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>
#include "selftests/lib/frame.h"
#include "selftests/lib/relay.h"
#include "selftests/lib/wire.h"

#define OUTCOME 128
#define WAIT 6 /* seconds; nothing is lost, so no answer comes later */
#define WAIT_SURE 240 /* for what must come; a busy machine has long timers */
#define WAIT_BANNER 12
#define WAIT_LONG 120 /* a timer that doubles may take so long; mail servers wait 300 */

/* --- what a client does -------------------------------------------------- */

enum how { WHOLE, BYTES, HALVES, IN_VERB, TOGETHER };

#define FULL "220 250 250 250 250 451 250 221 EOF"

struct visit {
	const char *name;
	const char *const *lines;
	enum how how;
	unsigned int is;
	const char *with, *without; /* outcomes, with and without timestamps; NULL: any codes */
	const char *or_else; /* other outcomes without timestamps: it depends on who is first */
	const char *or_teased; /* another one with a greeting in two lines, for the same reason */
};

extern const struct visit visits[];
extern const size_t visit_count;
extern char endless_line[3001]; /* to be filled */

/* What came of a visit. */
struct result {
	char outcome[OUTCOME];
	double seconds;
};

/* --- one client ---------------------------------------------------------- */

void visit(const struct visit *v, bool is_ip6, unsigned int port, int wait, int wait_banner,
	   struct result *r);

#endif
