/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Postfix's policy protocol (SMTPD_POLICY_README): lines "name=value", and an empty line at the
 * end. A request is read piece by piece, and only what the decision asks for is kept: no sender,
 * and of the recipient only whether it is one that is never deferred.
 */
#ifndef NOLIST_POLICY_REQUEST_H
#define NOLIST_POLICY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "user/base/addr.h"

#define REQUEST_VALUE 256     /* bytes of a value that are looked at */
#define REQUEST_RECIPIENTS 3
#define REQUEST_MAX (1 << 18) /* bytes of a request; more is no request */

enum request_state {
	REQUEST_MORE, /* it has not ended yet */
	REQUEST_DONE,
	REQUEST_BAD, /* it is none: the connection is to be closed */
};

/* All zero: before its first byte. */
struct request {
	/* The answer to the caller, once it is done: */
	struct nolist_addr client;
	bool has_client;       /* client_address was an address */
	bool is_policy;        /* request=smtpd_access_policy */
	bool is_at_rcpt;       /* RCPT or later: data on an established connection */
	bool is_end;           /* END-OF-MESSAGE, where no header can be added */
	bool is_authenticated; /* sasl_username has a value */
	bool is_stressed;      /* stress=yes */
	bool is_postmaster;    /* the recipient is postmaster or abuse */
	uint64_t recipient[REQUEST_RECIPIENTS]; /* hashes of it: whole, its domain, its name; 0: none */
	unsigned int port;     /* client_port; 0: unknown */
	bool is_helo_odd;      /* its name is no host name with a dot */
	bool is_nameless;      /* its address has no name */
	bool is_dynamic;       /* the name looks like one of a pool of addresses */
	uint64_t instance;     /* a hash of it; 0: none was given */

	/* For request.c: */
	size_t size; /* of all bytes so far */
	size_t used; /* of the line, as far as it is kept */
	bool is_cut; /* the line was longer than that */
	char line[32 + REQUEST_VALUE];
};

/*
 * Reads on: *taken bytes of size were part of this request. After REQUEST_DONE the rest belongs
 * to the next one, which begins with request_start().
 */
enum request_state request_read(struct request *r, const char *bytes, size_t size, size_t *taken);
void request_start(struct request *r);
/* One attribute of it, for protocols of another form. An unknown name is passed over. */
void request_set(struct request *r, const char *name, const char *value);

#endif
