// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the wire: what the addresses answer to a client here. "Not probed" is never
 * taken for "closed", nor a timeout for a refusal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/lint/lint.h"

static int add_probes(struct lint *l, const struct lint_options *o)
{
	const struct zone *z = &l->zone;
	struct probe *p;
	int i, k;

	l->probe = calloc(z->hosts * 2 * ZONE_ADDRESSES + 1, sizeof(*p));
	l->certificate = calloc(z->hosts * 2 * ZONE_ADDRESSES + 1, sizeof(*l->certificate));
	if (!l->probe || !l->certificate)
		return -ENOMEM;
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++) {
			if (z->host[i].address[k].role == ROLE_OTHER ||
			    (o->from && addr_is_ip4(o->from) !=
						addr_is_ip4(&z->host[i].address[k].addr)))
				continue;
			l->certificate[l->probes].host = &z->host[i];
			p = &l->probe[l->probes++];
			p->addr = z->host[i].address[k].addr;
			p->port = NOLIST_SMTP_PORT;
			p->role = z->host[i].address[k].role;
		}
	return 0;
}

static void look_tls(const struct probe_run *run, const struct probe *p, struct smtp *s)
{
	struct lint *l = run->arg;

	certificate_look(&l->certificate[p - l->probe], s, smtp_clock() + 2 * run->timeout_ms);
}

int lint_probe(struct lint *l, const struct lint_options *o)
{
	struct probe_run run = { .timeout_ms = o->timeout_ms, .from = o->from,
				 .look_tls = look_tls, .arg = l };
	int error = add_probes(l, o);

	if (error)
		return error;
	run.probe = l->probe;
	run.n = l->probes;
	probe_route(&run);
	probe_wire(&run);
	return 0;
}

/* Where nothing answers at all, it is this host that may not ask. */
static bool is_port_blocked(const struct lint *l)
{
	int i;

	for (i = 0; i < l->probes && l->probe[i].is_unreached; i++)
		;
	return i == l->probes;
}

static void look_wire(struct lint *l, enum nolist_role role)
{
	char text[ADDR_TEXT];
	int i, n = 0;

	if (!l->probe) {
		lint_skip(l, "not probed: --probe asks the addresses");
		return;
	}
	if (l->probes && is_port_blocked(l)) {
		lint_skip(l, "no address answered at all: port 25 may be blocked here, and nothing is "
			  "known");
		return;
	}
	for (i = 0; i < l->probes; i++) {
		if (l->probe[i].role != role)
			continue;
		n++;
		if (l->probe[i].is_own)
			lint_say(l, GRADE_NOTE, addr_text(&l->probe[i].addr, text), "not probed: it is an "
				 "address of this host, and no packet would pass an interface");
		else if (!l->probe[i].is_ok)
			bad(l, addr_text(&l->probe[i].addr, text), "%s", l->probe[i].text);
		else if (role == NOLIST_REAL && !l->probe[i].has_tls)
			lint_say(l, GRADE_WARNING, addr_text(&l->probe[i].addr, text), "the real MX offers "
				 "no STARTTLS: %.200s", l->probe[i].text);
		else if (l->certificate[i].state == CERTIFICATE_FAILED)
			lint_say(l, GRADE_WARNING, addr_text(&l->probe[i].addr, text), "the real MX offers "
				 "STARTTLS, and %.200s", l->certificate[i].why);
	}
	if (!n)
		lint_skip(l, "no address has that role");
}

void look_wire_low(struct lint *l)
{
	look_wire(l, NOLIST_LOW);
}

void look_wire_high(struct lint *l)
{
	look_wire(l, NOLIST_HIGH);
}

void look_wire_real(struct lint *l)
{
	look_wire(l, NOLIST_REAL);
}
