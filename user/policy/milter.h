/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The milter protocol of sendmail and Postfix, as the service speaks it: packets of a length, a command
 * and data. Each recipient is a request as of Postfix's policy protocol. The mail server is told to send
 * no message; of a sender nothing is kept.
 */
#ifndef NOLIST_POLICY_MILTER_H
#define NOLIST_POLICY_MILTER_H

#include "user/policy/answer.h"
#include "user/policy/request.h"

#define MILTER_KEPT 1024 /* bytes of a packet that are looked at */
#define MILTER_REPLY (ANSWER_MAX + 64)
#define MILTER_PACKET_MAX REQUEST_MAX

enum milter_state {
	MILTER_MORE, /* no packet has ended */
	MILTER_DONE, /* one has: its reply, which may be empty, is to be sent */
	MILTER_ASK,  /* a recipient: request is complete, milter_answer() gives the reply */
	MILTER_BAD,  /* the connection is to be closed */
};

/* All zero: before its first byte. */
struct milter {
	struct request request;

	/* For milter.c: */
	size_t got;           /* bytes of this packet so far */
	unsigned char head[5];
	char data[MILTER_KEPT + 1];
	uint32_t size;        /* of its data */
	uint32_t protocol;    /* what was agreed on */
	bool is_agreed;
	unsigned long messages;
	char header[ANSWER_MAX]; /* the value that the message gets; empty: none */
};

/* A reply in one piece. */
struct milter_reply {
	size_t size;
	char bytes[MILTER_REPLY];
};

/* Reads on: *taken bytes of size were part of this packet. */
enum milter_state milter_read(struct milter *m, const char *bytes, size_t size, size_t *taken,
			      struct milter_reply *reply);
/* The reply to a recipient, of an answer as answer_text() has it. */
void milter_answer(struct milter *m, const char *answer, struct milter_reply *reply);

#endif
