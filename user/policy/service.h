/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request from its words to its answer: what the service holds, and what it asks of it. No look-up
 * waits, opens a file or makes a system call.
 */
#ifndef NOLIST_POLICY_SERVICE_H
#define NOLIST_POLICY_SERVICE_H

#include "user/policy/answer.h"
#include "user/policy/memory.h"
#include "user/policy/stamps.h"
#include "user/policy/throttle.h"
#include "user/policy/visits.h"

/* NULL in each: there is none. */
struct policy_service {
	struct policy_snapshot *snapshot; /* else all passes */
	struct stamps *stamps;            /* else strangers pass */
	struct memory *memory;            /* else the same */
	struct visits *visits;            /* else nothing is fed back */
	struct throttle *throttle;        /* else nothing is counted */
};

/*
 * Takes a newer one from fd, which stays the caller's. 0 or -errno: then the snapshot before stays, which
 * gets too old by itself; the stamps before are gone in any case, since they are of other tables.
 */
int service_take_snapshot(struct policy_service *s, int fd);
int service_take_stamps(struct policy_service *s, int fd);

/*
 * What is known of a client, from all but the request, without noting anything. Needs a snapshot. Returns the
 * key of its network or provider.
 */
uint64_t service_look_up(const struct policy_service *s, const struct nolist_addr *client,
			 struct policy_facts *f, int64_t now);
/*
 * The decision for a request, as message->step: all recipients of a message get one. f gets what is known
 * of this recipient. False: it is no question (no snapshot, no address, no recipient yet), so it passes.
 * message: of this connection, kept from one request to the next; all zero at its beginning.
 */
bool service_decide(struct policy_service *s, const struct request *r, struct answered *message,
		    struct policy_facts *f);
/* The same, as text: its length. */
size_t service_answer(struct policy_service *s, const struct request *r, struct answered *message,
		      char text[ANSWER_MAX]);

#endif
