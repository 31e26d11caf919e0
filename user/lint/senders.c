// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of senders and their walk. To add one: a row, with the place it is known from.
 * What they say of themselves is in their sources; what was seen is from runs against real
 * zones (selftests/lint/walks.sh runs those that Debian has).
 */
#include <stdlib.h>
#include <string.h>

#include "user/base/special_use.h"
#include "user/lint/senders.h"

const char *const real_mx_names[] = { "well", "greylists", "down" };
const char *const outcome_names[] = { "refused", "later", "taken", "silent" };

const struct sender senders[] = {
	{ "postfix", "smtp_mx_address_limit 5, smtp_mx_session_limit 2; smtp_addr.c, smtp_connect.c; seen",
	  .max_addresses = 5, .max_sessions = 2, .is_balanced = true },
	{ "exim", "hosts_max_try 5; spec.txt 30.4 and 47.4 of 4.96; seen", .max_addresses = 5,
	  .has_one_of_each = true, .is_ip6_first = true, .remembers = true },
	{ "qmail", "qmail-remote.c of notqmail: 4xx ends the try", .is_ip4_only = true,
	  .later = LATER_ENDS },
	{ "sendmail", "deliver.c of 8.17, MAXMXHOSTS 100; seen", .max_hosts = 100,
	  .is_ip6_first = true },
	{ "opensmtpd", "mta.c, mta_session.c: a refused route is off for a time; seen",
	  .remembers = true, .later = LATER_ENDS },
	{ "exchange", "its logs: MarkedUnhealthy and NextRetryTime of an address",
	  .is_ip6_first = true, .remembers = true },
	{ "haraka", "outbound/hmail.js: 4xx ends the try; seen", .is_ip6_first = true,
	  .later = LATER_ENDS },
	{ "stalwart", "smtp defaults: 2 MXes in the first route, 2 addresses of each",
	  .max_hosts = 2, .max_of_host = 2, .is_ip6_first = true },
	{ "courier", "seen of 1.0: 4xx ends the try", .is_ip6_first = true, .later = LATER_ENDS },
	{ "dma", "net.c, dns.c of 0.13; seen", .is_ip6_first = true },
	{ "rfc5321", "RFC 5321 5.1: at least two addresses are tried", .max_addresses = 2 },
	{ "first-mx-only", "applications and address verifiers that try one MX", .max_hosts = 1,
	  .is_lost = true },
	{}
};

/* --- the list of addresses ------------------------------------------------------------------ */

struct target {
	const struct zone_address *a;
	int host; /* its number */
	unsigned int preference;
};

struct targets {
	struct target t[ZONE_HOSTS * 2 * ZONE_ADDRESSES];
	int n;
	bool is_ip6_first;
};

/* Fakes first: chance may put them there. */
static int rank(const struct target *t, bool is_ip6_first)
{
	bool is_real = t->a->role == NOLIST_REAL || t->a->role == ROLE_OTHER;

	return 2 * (is_ip6_first && addr_is_ip4(&t->a->addr)) + is_real;
}

static bool is_before(const struct target *x, const struct target *y, bool is_ip6_first)
{
	if (x->preference != y->preference)
		return x->preference < y->preference;
	return rank(x, is_ip6_first) < rank(y, is_ip6_first);
}

/* Stable, and short lists. */
static void sort(struct targets *l)
{
	struct target t;
	int i, k;

	for (i = 1; i < l->n; i++) {
		t = l->t[i];
		for (k = i; k && is_before(&t, &l->t[k - 1], l->is_ip6_first); k--)
			l->t[k] = l->t[k - 1];
		l->t[k] = t;
	}
}

static void collect(const struct sender *s, const struct zone *z, bool is_ip4_only,
		    struct targets *l)
{
	int i, k, of_host, hosts = 0;

	*l = (struct targets){ .is_ip6_first = s->is_ip6_first };
	for (i = 0; i < z->hosts && !(s->max_hosts && hosts == s->max_hosts); i++) {
		of_host = 0;
		for (k = 0; k < z->host[i].addresses; k++) {
			if (is_ip4_only && !addr_is_ip4(&z->host[i].address[k].addr))
				continue;
			if (s->max_of_host && of_host++ == s->max_of_host)
				break;
			l->t[l->n++] = (struct target){ &z->host[i].address[k], i,
							z->host[i].preference };
		}
		hosts++;
	}
	sort(l);
}

/* Of a list that is too long, as many of each family as there is place for. */
static void balance(struct targets *l, int limit)
{
	bool is_ip4 = l->n && addr_is_ip4(&l->t[0].a->addr);
	int ip6 = 0, ip4, i, n = 0, left[2];

	for (i = 0; i < l->n; i++)
		ip6 += !addr_is_ip4(&l->t[i].a->addr);
	ip4 = l->n - ip6;
	if (!ip4 || !ip6 || l->n <= limit)
		return;
	left[0] = ip6 <= limit / 2 ? ip6 :
		  ip4 <= limit / 2 ? limit - ip4 :
				     limit - (limit + is_ip4) / 2;
	left[1] = limit - left[0];
	for (i = 0; i < l->n; i++) {
		is_ip4 = addr_is_ip4(&l->t[i].a->addr);
		if (left[is_ip4]-- > 0)
			l->t[n++] = l->t[i];
	}
	l->n = n;
}

/* --- one try ------------------------------------------------------------------------------- */

static bool is_special(const struct nolist_addr *addr)
{
	const struct special_use *s;
	struct prefix p;

	for (s = special_uses; s->prefix; s++)
		if (!s->is_lab && !prefix_parse(s->prefix, &p) && prefix_has(&p, addr))
			return true;
	return false;
}

static enum outcome meet(const struct zone_address *a, enum real_mx real)
{
	static const enum outcome of_real[] = { OUT_TAKEN, OUT_LATER, OUT_REFUSED };

	if (is_special(&a->addr))
		return OUT_SILENT;
	switch (a->role) {
	case NOLIST_LOW:
		return OUT_REFUSED;
	case NOLIST_HIGH:
		return OUT_LATER;
	case NOLIST_REAL:
		return of_real[real];
	default:
		return OUT_TAKEN; /* of somebody else: a backup MX takes mail */
	}
}

static bool is_remembered(const struct walk *w, int try, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < w->steps; i++)
		if (w->step[i].try == try && w->step[i].outcome != OUT_TAKEN &&
		    w->step[i].outcome != OUT_LATER && !addr_compare(&w->step[i].addr, addr))
			return true;
	return false;
}

/* Is there an address that it does not skip? If not, it waits until it may try them again. */
static bool can_skip(const struct targets *l, const struct walk *w, int try)
{
	int i;

	for (i = 0; i < l->n; i++)
		if (!is_remembered(w, try, &l->t[i].a->addr))
			return true;
	return false;
}

static bool is_beyond(const struct sender *s, const struct targets *l, int i, int tried,
		      int sessions, struct walk *w)
{
	bool is_next = i && l->t[i].preference != l->t[i - 1].preference;

	if (s->max_sessions && sessions == s->max_sessions)
		w->limit = "its limit of sessions";
	else if (s->max_addresses && tried >= s->max_addresses && !(s->has_one_of_each && is_next))
		w->limit = "its limit of addresses";
	else
		return false;
	return true;
}

/* True: the try is over. */
static bool take_step(const struct sender *s, struct walk *w, const struct zone_address *a, int try,
		      enum outcome outcome)
{
	if (w->steps == WALK_STEPS)
		return true;
	w->step[w->steps++] = (struct walk_step){ a->addr, a->role, outcome, try };
	w->has_arrived = outcome == OUT_TAKEN;
	if (outcome != OUT_LATER || s->later != LATER_ENDS)
		return w->has_arrived;
	w->limit = "a 4xx ends its try";
	return true;
}

static void try_once(const struct sender *s, const struct targets *l, struct walk *w, int try,
		     enum real_mx real)
{
	bool skips = s->remembers && try == 2 && can_skip(l, w, try - 1);
	int i, tried = 0, sessions = 0;
	enum outcome outcome;

	w->limit = NULL;
	for (i = 0; i < l->n; i++) {
		if (skips && is_remembered(w, try - 1, &l->t[i].a->addr))
			continue;
		if (is_beyond(s, l, i, tried, sessions, w)) {
			if (s->has_one_of_each)
				continue;
			return;
		}
		outcome = meet(l->t[i].a, real);
		tried++;
		sessions += outcome == OUT_LATER;
		if (take_step(s, w, l->t[i].a, try, outcome))
			return;
	}
}

void walk(const struct sender *s, const struct zone *z, enum real_mx real, bool is_ip4_only,
	  struct walk *w)
{
	static __thread struct targets l;

	*w = (struct walk){};
	collect(s, z, is_ip4_only || s->is_ip4_only, &l);
	if (s->is_balanced)
		balance(&l, s->max_addresses);
	for (w->tries = 1; w->tries <= WALK_TRIES; w->tries++) {
		try_once(s, &l, w, w->tries, w->tries == 1 ? real : REAL_WELL);
		if (w->has_arrived)
			return;
	}
	w->tries = WALK_TRIES;
	if (s->max_hosts && z->hosts > s->max_hosts)
		w->limit = "its limit of MXes";
}
