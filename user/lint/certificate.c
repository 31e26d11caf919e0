// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gets the certificates of an MX by STARTTLS. Nothing is trusted: they are kept as they came,
 * and dane.c judges them.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lint/certificate.h"

/* Waits until the session can go on; false: the deadline has come. */
static bool may_go_on(gnutls_session_t session, int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd };
	int64_t left = deadline - smtp_clock();

	p.events = gnutls_record_get_direction(session) ? POLLOUT : POLLIN;
	return left > 0 && (poll(&p, 1, left) >= 0 || errno == EINTR);
}

static int shake_hands(gnutls_session_t session, int fd, int64_t deadline)
{
	int error;

	do
		error = gnutls_handshake(session);
	while (error < 0 && !gnutls_error_is_fatal(error) && may_go_on(session, fd, deadline));
	return error;
}

/* So that the server does not log a connection that broke off. */
static void say_goodbye(gnutls_session_t session, int fd, int64_t deadline)
{
	char reply[512];
	ssize_t n;

	if (gnutls_record_send(session, "QUIT\r\n", 6) < 0)
		return;
	do
		n = gnutls_record_recv(session, reply, sizeof(reply));
	while (n < 0 && !gnutls_error_is_fatal(n) && may_go_on(session, fd, deadline));
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

static bool keep(struct certificate *c, const gnutls_datum_t *der, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && i < CHAIN_MAX; i++) {
		if (der[i].size > CERTIFICATE_MAX)
			break;
		c->chain[i].bytes = malloc(der[i].size + 1);
		if (!c->chain[i].bytes)
			break;
		memcpy(c->chain[i].bytes, der[i].data, der[i].size);
		c->chain[i].size = der[i].size;
		c->certificates++;
	}
	return c->certificates;
}

static void look_inside(struct certificate *c, gnutls_session_t session, int fd, int64_t deadline)
{
	int error = shake_hands(session, fd, deadline);
	const gnutls_datum_t *der;
	unsigned int n = 0;

	if (error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED) {
		snprintf(c->why, sizeof(c->why), "the TLS handshake does not end in time");
		return;
	}
	if (error < 0) {
		snprintf(c->why, sizeof(c->why), "the TLS handshake fails: %s", gnutls_strerror(error));
		return;
	}
	der = gnutls_certificate_get_peers(session, &n);
	if (der && keep(c, der, n))
		c->state = CERTIFICATE_SHOWN;
	else
		snprintf(c->why, sizeof(c->why), "it shows no certificate that can be read");
	say_goodbye(session, fd, deadline);
}

static void look_at_session(struct certificate *c, int fd, int64_t deadline)
{
	gnutls_certificate_credentials_t nobody;
	gnutls_session_t session;

	snprintf(c->why, sizeof(c->why), "there is no memory for TLS");
	if (gnutls_certificate_allocate_credentials(&nobody))
		return;
	if (!gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL)) {
		gnutls_handshake_set_max_packet_length(session, HANDSHAKE_MAX);
		gnutls_transport_set_int(session, fd);
		/* RFC 7672 8.1: the name that the TLSA records are of. */
		if (!gnutls_set_default_priority(session) &&
		    !gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody) &&
		    !gnutls_server_name_set(session, GNUTLS_NAME_DNS, c->host->name,
					    strlen(c->host->name)))
			look_inside(c, session, fd, deadline);
		gnutls_deinit(session);
	}
	gnutls_certificate_free_credentials(nobody);
}

void certificate_look(struct certificate *c, struct smtp *s, int64_t deadline)
{
	struct smtp_reply r;
	int error = smtp_say(s, "STARTTLS", deadline, &r);

	c->state = CERTIFICATE_FAILED;
	if (error)
		snprintf(c->why, sizeof(c->why), "to STARTTLS: %s", smtp_error(error));
	else if (r.code != 220)
		snprintf(c->why, sizeof(c->why), "says \"%s\" to STARTTLS", r.text);
	else if (s->from != s->to)
		snprintf(c->why, sizeof(c->why), "says more than one reply to STARTTLS");
	else
		look_at_session(c, s->fd, deadline);
}

void certificate_free(struct certificate *c)
{
	int i;

	for (i = 0; i < c->certificates; i++)
		free(c->chain[i].bytes);
	*c = (struct certificate){};
}
