// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who listens where on this host: a server at a fake, none at the real MX, roles that are
 * swapped, addresses that take mail and have no role; and connections to what is
 * configured as a fake. Reads /proc/net/tcp and tcp6.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/special_use.h"
#include "user/check/check.h"
#include "user/host/addresses.h"

enum { TCP_IS_UP = 0x01, TCP_LISTENS = 0x0a }; /* states in /proc/net/tcp */
enum { LISTENERS_MAX = 256, UNNAMED_MAX = 4 };

struct listener {
	struct nolist_addr addr; /* all zero, or IPv4's: all addresses */
	unsigned int port;
};

struct sockets {
	struct findings *to;
	const struct check_site *site;
	const struct conf *conf;
	struct listener listener[LISTENERS_MAX]; /* at port 25 and the fakes' ports */
	int n;
	unsigned int cut[NOLIST_MX_MAX]; /* connections to a fake, by index of mx */
	bool is_partial;                 /* not all could be read */
};

/* --- reading ------------------------------------------------------------------------ */

static bool has_port(const struct conf *conf, unsigned int port)
{
	int i;

	for (i = 0; i < conf->ports; i++)
		if (conf->port[i] == port)
			return true;
	return false;
}

static bool is_fake(const struct conf_mx *mx)
{
	return mx->role == NOLIST_LOW || mx->role == NOLIST_HIGH;
}

static void on_connection(struct sockets *s, const struct nolist_addr *addr, unsigned int port)
{
	int i;

	for (i = 0; i < s->conf->mxs && i < NOLIST_MX_MAX && has_port(s->conf, port); i++)
		if (is_fake(&s->conf->mx[i]) && !addr_compare(&s->conf->mx[i].addr, addr))
			s->cut[i]++;
}

static void on_socket(struct sockets *s, const struct nolist_addr *addr, unsigned int port,
		      unsigned int state)
{
	if (state == TCP_IS_UP)
		on_connection(s, addr, port);
	if (state != TCP_LISTENS || s->n == LISTENERS_MAX)
		return;
	if (port == NOLIST_SMTP_PORT || has_port(s->conf, port))
		s->listener[s->n++] = (struct listener){ *addr, port };
}

static void read_sockets(struct sockets *s, const char *file)
{
	FILE *f = fopen(file, "re");
	char line[512], hex[33];
	unsigned int port, state;
	int i;

	/* Without IPv6 there is no table of it. */
	s->is_partial |= !f && errno != ENOENT;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		struct nolist_addr a = {};

		if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", hex, &port, &state) != 3)
			continue;
		if (strlen(hex) == 8) {
			a = addr_of_ip4(strtoul(hex, NULL, 16));
		} else {
			for (i = 3; i >= 0; i--) {
				a.w[i] = strtoul(hex + 8 * i, NULL, 16);
				hex[8 * i] = '\0';
			}
		}
		on_socket(s, &a, port, state);
	}
	s->is_partial |= ferror(f) != 0;
	fclose(f);
}

/* --- what a listener means ------------------------------------------------------------ */

/* Is it bound to all addresses of this family? "::" may accept IPv4 as well; /proc does not say. */
static bool is_all(const struct listener *l, bool is_ip4)
{
	static const struct nolist_addr any6;
	struct nolist_addr any4 = addr_of_ip4(0);

	return !addr_compare(&l->addr, &any6) || (is_ip4 && !addr_compare(&l->addr, &any4));
}

static bool is_bound(const struct sockets *s, const struct nolist_addr *addr, unsigned int port)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (s->listener[i].port == port && !addr_compare(&s->listener[i].addr, addr))
			return true;
	return false;
}

/* The port of a server on all addresses of a family, among these; 0: there is none. */
static unsigned int port_of_all(const struct sockets *s, bool is_ip4, bool (*is_asked)(const struct conf *, unsigned int))
{
	int i;

	for (i = 0; i < s->n; i++)
		if (is_all(&s->listener[i], is_ip4) && is_asked(s->conf, s->listener[i].port))
			return s->listener[i].port;
	return 0;
}

static bool is_smtp(const struct conf *conf, unsigned int port)
{
	(void)conf;
	return port == NOLIST_SMTP_PORT;
}

static bool is_served(const struct sockets *s, const struct nolist_addr *addr)
{
	return is_bound(s, addr, NOLIST_SMTP_PORT) || port_of_all(s, addr_is_ip4(addr), is_smtp);
}

/* --- fakes ---------------------------------------------------------------------------- */

/* A server on all addresses of a family answers at the fakes once we are detached. */
static void check_all_addresses(struct sockets *s, bool is_ip4)
{
	unsigned int port = port_of_all(s, is_ip4, has_port);
	int i;

	for (i = 0; i < s->conf->mxs && (!is_fake(&s->conf->mx[i]) ||
					 addr_is_ip4(&s->conf->mx[i].addr) != is_ip4); i++)
		;
	if (!port || i == s->conf->mxs)
		return;
	find(s->to, GRADE_WARNING, "listener", is_ip4 ? "0.0.0.0" : "::",
	     "a server listens on all addresses, port %u: it answers at the %s fakes "
	     "whenever nolist-xdp is not loaded, and roles that are swapped are not noticed; bind "
	     "it to the real MX",
	     port, is_ip4 ? "IPv4" : "IPv6");
	find_hint(s->to, "postfix: inet_interfaces, exim: local_interfaces; \"ss -ltnp sport = "
			 "%u\" names the process", port);
}

/* Is a server there for those of "low-pass"? */
static bool is_let_in(const struct conf *conf, const struct conf_mx *mx, unsigned int port)
{
	return conf->low_passes && mx->role == NOLIST_LOW && port == NOLIST_SMTP_PORT;
}

static void check_low_pass(struct sockets *s)
{
	char text[ADDR_TEXT];
	int i;

	for (i = 0; i < s->conf->mxs; i++) {
		const struct conf_mx *mx = &s->conf->mx[i];

		if (!is_let_in(s->conf, mx, NOLIST_SMTP_PORT) || !check_is_local(&mx->addr))
			continue;
		addr_text(&mx->addr, text);
		if (is_served(s, &mx->addr)) {
			find(s->to, GRADE_NOTE, "low-pass", text,
			     "%s: a mail server listens on '%s', a low fake: senders of 'low-pass' reach "
			     "it, and all senders do while nolist-xdp is not loaded", mx->where, text);
			find_hint(s->to, "\"nolist-xdp test\" shows that a stranger is refused");
			continue;
		}
		find(s->to, GRADE_WARNING, "low-pass", text,
		     "%s: no server listens on '%s', a low fake: the kernel refuses the senders of "
		     "'low-pass'", mx->where, text);
		find_hint(s->to, "let the mail server listen there as well; postfix: inet_interfaces, exim: "
				 "local_interfaces");
	}
}

static void check_fakes(struct sockets *s)
{
	char text[ADDR_TEXT];
	int i, j;

	for (i = 0; i < s->conf->mxs; i++)
		for (j = 0; j < s->conf->ports; j++) {
			const struct conf_mx *mx = &s->conf->mx[i];
			unsigned int port = s->conf->port[j];

			if (!is_fake(mx) || !is_bound(s, &mx->addr, port) || is_let_in(s->conf, mx, port))
				continue;
			addr_text(&mx->addr, text);
			find(s->to, GRADE_WARNING, "listener", text,
			     "%s: a server listens on '%s' port %u: it answers there whenever "
			     "nolist-xdp is not loaded", mx->where, text, port);
			find_hint(s->to, "\"ss -ltnp src = [%s]:%u\" shows the process", text,
				  port);
		}
}

/* An existing connection to a fake means that the configuration has the wrong address. */
static void check_connections(struct sockets *s)
{
	char text[ADDR_TEXT];
	int i;

	for (i = 0; i < s->conf->mxs && i < NOLIST_MX_MAX; i++) {
		if (!s->cut[i])
			continue;
		addr_text(&s->conf->mx[i].addr, text);
		find(s->to, GRADE_REFUSES, "connection", text,
		     "%s: %u connection%s to '%s' would be cut: is this a fake?",
		     s->conf->mx[i].where, s->cut[i], s->cut[i] == 1 ? "" : "s", text);
		find_hint(s->to,
			  "give its role to another address, or leave the port out; \"ss -tnp "
			  "src [%s]\" names the process",
			  text);
	}
}

/* --- the real MX ---------------------------------------------------------------------- */

/* The first real MX of this host in a family; NULL: there is none. */
static const struct conf_mx *real_of(const struct sockets *s, bool is_ip4)
{
	const struct conf_mx *mx = s->conf->mx, *end = mx + s->conf->mxs;

	for (; mx < end; mx++)
		if (mx->role == NOLIST_REAL && addr_is_ip4(&mx->addr) == is_ip4 &&
		    check_is_local(&mx->addr))
			return mx;
	return NULL;
}

/* Does any real MX of this host, in this family, have a server, here or behind DNAT? */
static bool is_any_served(const struct sockets *s, bool is_ip4)
{
	int i;

	for (i = 0; i < s->conf->mxs && i < NOLIST_MX_MAX; i++)
		if (s->conf->mx[i].role == NOLIST_REAL &&
		    addr_is_ip4(&s->conf->mx[i].addr) == is_ip4 &&
		    (s->site->is_taken[i] || is_served(s, &s->conf->mx[i].addr)))
			return true;
	return false;
}

/* The only server is at a fake: once loaded, no mail would arrive any more. */
static bool check_swapped(struct sockets *s, bool is_ip4)
{
	const struct conf_mx *real = real_of(s, is_ip4), *mx = s->conf->mx, *end = mx + s->conf->mxs;
	char at[ADDR_TEXT], none[ADDR_TEXT];

	if (!real || !has_port(s->conf, NOLIST_SMTP_PORT) || is_any_served(s, is_ip4) ||
	    check_answers(&real->addr, s->site->ask_ms))
		return false;
	for (; mx < end; mx++)
		if (is_fake(mx) && addr_is_ip4(&mx->addr) == is_ip4 &&
		    is_bound(s, &mx->addr, NOLIST_SMTP_PORT))
			break;
	if (mx == end)
		return false;
	addr_text(&mx->addr, at);
	addr_text(&real->addr, none);
	find(s->to, GRADE_REFUSES, "roles", at,
	     "%s: the mail server listens on '%s', which is configured as %s, and not on '%s', the "
	     "real MX: no mail would be accepted; are the two swapped?",
	     mx->where, at, conf_role_name(mx->role), none);
	find_hint(s->to, "real = { %s } and %s = { %s }; or bind the mail server to %s", at,
		  conf_role_name(mx->role), none, none);
	return true;
}

/* No server of this host, and yet it answers: by rules that cannot be read here. */
static void find_elsewhere(struct sockets *s, const struct conf_mx *mx, const char *text)
{
	find(s->to, GRADE_ERROR, "dnat", text,
	     "%s: no server of this host listens on '%s' port %u, the real MX, but one answers: it is "
	     "sent elsewhere (iptables-legacy, a container), and its mail is not verified here",
	     mx->where, text, NOLIST_SMTP_PORT);
	find_hint(s->to, "let the server have the address itself (docker: --network host), or "
			 "import its log: nolist-xdp import --role real FILE");
}

/* At boot the mail server may start later: so load only warns. */
static void check_unserved(struct sockets *s, bool is_ip4)
{
	char text[ADDR_TEXT];
	int i;

	for (i = 0; i < s->conf->mxs && i < NOLIST_MX_MAX; i++) {
		const struct conf_mx *mx = &s->conf->mx[i];

		if (mx->role != NOLIST_REAL || addr_is_ip4(&mx->addr) != is_ip4 ||
		    s->site->is_taken[i] || is_served(s, &mx->addr) || !check_is_local(&mx->addr))
			continue;
		addr_text(&mx->addr, text);
		if (check_answers(&mx->addr, s->site->ask_ms)) {
			find_elsewhere(s, mx, text);
			continue;
		}
		find(s->to, GRADE_ERROR, "listener", text,
		     "%s: no server listens on '%s' port %u, the real MX: no mail is accepted "
		     "there until one does", mx->where, text, NOLIST_SMTP_PORT);
		find_hint(s->to, "start the mail server; postfix: inet_interfaces = %s, %s; exim: "
				 "local_interfaces = <; %s ; %s", text,
			  is_ip4 ? "127.0.0.1" : "::1", text, is_ip4 ? "127.0.0.1" : "::1");
	}
}

/* --- addresses without a role ------------------------------------------------------------ */

static bool has_role(const struct conf *conf, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < conf->mxs; i++)
		if (!addr_compare(&conf->mx[i].addr, addr))
			return true;
	return false;
}

/* Private addresses count only where those with a role are private as well. */
static bool is_counted(const struct conf *conf, const struct nolist_addr *addr)
{
	bool is_private = special_use_is_private(addr);
	int i;

	for (i = 0; i < conf->mxs && is_private; i++)
		is_private = addr_is_ip4(&conf->mx[i].addr) != addr_is_ip4(addr) ||
			     !special_use_is_private(&conf->mx[i].addr);
	return !is_private && !has_role(conf, addr);
}

static void check_unnamed(struct sockets *s)
{
	struct nolist_addr *own;
	char text[ADDR_TEXT];
	int owns, i, n = 0;

	if (!s->conf->mxs || host_addresses(&own, &owns))
		return;
	for (i = 0; i < owns; i++) {
		if (!is_counted(s->conf, &own[i]) || !is_served(s, &own[i]) || n++ >= UNNAMED_MAX)
			continue;
		addr_text(&own[i], text);
		find(s->to, GRADE_ERROR, "listener", text,
		     "a server listens on '%s' port %u, an address of this host without a role: "
		     "if an MX record leads there, its mail is no alibi, and good senders could "
		     "be listed", text, NOLIST_SMTP_PORT);
		find_hint(s->to, "if it is the real MX as well: real = { %s }; else bind the mail "
				 "server to the real MX only", text);
	}
	if (n > UNNAMED_MAX)
		find(s->to, GRADE_NOTE, "listener", "", "a server listens on %d more addresses without a "
							"role as well", n - UNNAMED_MAX);
	free(own);
}

void check_listeners(struct findings *to, const struct check_site *site)
{
	struct sockets *s = calloc(1, sizeof(*s));
	int f;

	if (!s) {
		to->is_incomplete = true;
		return;
	}
	*s = (struct sockets){ .to = to, .site = site, .conf = site->conf };
	read_sockets(s, "/proc/net/tcp");
	read_sockets(s, "/proc/net/tcp6");
	if (s->is_partial)
		find(to, GRADE_NOTE, "listener", "", "not all sockets of this host could be read");
	check_fakes(s);
	check_low_pass(s);
	for (f = 1; f >= 0; f--) {
		check_all_addresses(s, f);
		if (!check_swapped(s, f))
			check_unserved(s, f);
	}
	check_unnamed(s);
	check_connections(s);
	free(s);
}
