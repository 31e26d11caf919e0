/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer to one request, as text of Postfix's policy protocol.
 */
#ifndef NOLIST_POLICY_ANSWER_H
#define NOLIST_POLICY_ANSWER_H

#include <stddef.h>
#include "user/policy/request.h"
#include "user/policy/snapshot.h"

#define ANSWER_MAX 512 /* bytes, with the empty line at its end */
#define ANSWER_PASS "action=DUNNO\n\n"

struct answered {
	uint64_t instance;     /* of the message before on this connection; 0: none */
	enum policy_step step; /* what was decided for it */
	struct nolist_addr client;
	unsigned int port;
	bool is_marked;        /* it got its header */
	bool is_slow;          /* of an origin of which next to all is listed */
};

/*
 * A score for filters, in tenths: what is known of the network and its origin, and what its names look
 * like. Above 0 speaks against it. An origin says nothing of who is known by itself.
 */
int answer_score(enum policy_step step, const struct request *r, bool is_slow);

/*
 * The length of the text. f: of this recipient. is_marked is set once the message has its header.
 */
size_t answer_text(char text[ANSWER_MAX], const struct snapshot_site *site, const struct request *r,
		   enum policy_step step, const struct policy_facts *f, struct answered *message);

#endif
