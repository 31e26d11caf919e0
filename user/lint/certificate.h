/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The certificates that an MX shows after STARTTLS, and what senders make of them: by DANE
 * (RFC 7672) and by MTA-STS (RFC 8461). What a server can send is bounded.
 */
#ifndef NOLIST_LINT_CERTIFICATE_H
#define NOLIST_LINT_CERTIFICATE_H

#include "user/lint/zone.h"
#include "user/probe/smtp.h"

#define CHAIN_MAX 10            /* certificates of a server that are looked at */
#define CERTIFICATE_MAX 16384   /* bytes of one */
#define HANDSHAKE_MAX 65536     /* bytes of a message of the handshake */

enum certificate_state {
	CERTIFICATE_NONE,   /* it was not asked for */
	CERTIFICATE_SHOWN,
	CERTIFICATE_FAILED, /* STARTTLS is offered and fails; why[] says how */
};

struct certificate {
	const struct zone_host *host; /* that shows it */
	enum certificate_state state;
	char why[DNS_WHY]; /* safe for a terminal */
	struct der {
		unsigned char *bytes;
		unsigned int size;
	} chain[CHAIN_MAX]; /* the server's own first */
	int certificates;
};

/* Asks for STARTTLS after EHLO, shakes hands and says QUIT, all until the deadline. */
void certificate_look(struct certificate *c, struct smtp *s, int64_t deadline);
void certificate_free(struct certificate *c);
/* NULL: a sender that uses DANE delivers; else why it does not. The domain is the recipient's. */
const char *certificate_dane_fault(const struct certificate *c, const char *domain);
/* NULL: a sender that honours MTA-STS delivers; else why it does not. */
const char *certificate_sts_fault(const struct certificate *c);
/* "3 1 1 ..." of the certificate that is shown; false: it cannot be read. */
bool certificate_tlsa(const struct certificate *c, char *text, size_t size);

/* Takes a TLSA record; false: no sender can use it (RFC 7672 3.1). */
bool tlsa_take(struct zone_tlsa *t, const struct dns_record *r);

#endif
