// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of what is a fake and what is real: of the roles that the configuration or the
 * command line gives to addresses.
 */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lint/lint.h"

static const char no_roles[] = "no role of an address is known: -c FILE, or --low, --real and "
			       "--high name them";

/* True: it is said that nothing can be said. */
static bool skips(struct lint *l)
{
	if (zone_knows_roles(&l->zone))
		return false;
	lint_skip(l, no_roles);
	return true;
}

static bool is_fake(const struct zone_host *h)
{
	return zone_has_role(h, NOLIST_LOW) || zone_has_role(h, NOLIST_HIGH);
}

static const struct zone_host *first_of(const struct zone *z, int role)
{
	int i;

	for (i = 0; i < z->hosts; i++)
		if (zone_has_role(&z->host[i], role))
			return &z->host[i];
	return NULL;
}

static int count(const struct zone *z, int role, bool is_ip4)
{
	int i, k, n = 0;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++)
			n += z->host[i].address[k].role == role &&
			     addr_is_ip4(&z->host[i].address[k].addr) == is_ip4;
	return n;
}

/* --- 5: the low fake ------------------------------------------------------------------------------ */

static void look_low_host(struct lint *l, const struct zone_host *low)
{
	const struct zone *z = &l->zone;
	int ip4 = count(z, NOLIST_LOW, true), ip6 = count(z, NOLIST_LOW, false);

	if (ip4 > 1) {
		bad(l, low->name, "%d low fakes: some senders try two addresses only, and the real MX "
		    "has to be one of them", ip4);
		find_hint(&l->found, "publish one low fake: one MX with one A record, before the real MX");
	}
	if (ip6) {
		lint_say(l, GRADE_WARNING, low->name, "the low fake has an AAAA record as well: a "
			 "sender with two addresses to try spends both on it");
		find_hint(&l->found, "no AAAA for %.150s", low->name);
	}
	if (zone_role(low) != NOLIST_LOW) {
		bad(l, low->name, "the low fake's name has an address with another role: mail to "
		    "one name has to meet one role");
		find_hint(&l->found, "give each role a name of its own");
	}
}

void look_low(struct lint *l)
{
	const struct zone *z = &l->zone;
	const struct zone_host *low, *first;

	if (skips(l))
		return;
	low = first_of(z, NOLIST_LOW);
	if (!low) {
		lint_say(l, GRADE_NOTE, "", "no low fake is published: bots that try the first MX are "
			 "not seen");
		return;
	}
	look_low_host(l, low);
	for (first = z->host; !first->addresses; first++)
		;
	if (low->preference != first->preference) {
		bad(l, low->name, "the low fake is not the first MX: its preference is %u, that of "
		    "%.150s is %u", low->preference, first->name, first->preference);
		find_hint(&l->found, "MX %u %.150s.", first->preference ? first->preference - 1 : 0,
			  low->name);
	}
}

/* --- 7, 8: the high fakes --------------------------------------------------------------------------- */

void look_high(struct lint *l)
{
	const struct zone *z = &l->zone;
	const struct zone_host *real = first_of(z, NOLIST_REAL);
	unsigned int last = 0;
	int i;

	if (skips(l))
		return;
	for (i = 0; i < z->hosts; i++)
		if (zone_has_role(&z->host[i], NOLIST_REAL) && z->host[i].preference > last)
			last = z->host[i].preference;
	for (i = 0; i < z->hosts && real; i++) {
		if (!zone_has_role(&z->host[i], NOLIST_HIGH))
			continue;
		if (z->host[i].preference < last) {
			bad(l, z->host[i].name, "a high fake with preference %u is before a real MX with "
			    "%u: qmail and others go no further than its 4xx", z->host[i].preference,
			    last);
			find_hint(&l->found, "MX %u %.150s.", last + 10, z->host[i].name);
		}
		if (zone_has_ip6(&z->host[i]) && !count(z, NOLIST_REAL, false)) {
			bad(l, z->host[i].name, "a high fake has an AAAA record and the real MX has none: "
			    "a sender with IPv6 alone meets only the fake");
			find_hint(&l->found, "no AAAA for it, or one for %.150s as well", real->name);
		}
	}
}

void look_equal(struct lint *l)
{
	const struct zone *z = &l->zone;
	int i, k;

	if (skips(l))
		return;
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->hosts; k++)
			if (i != k && is_fake(&z->host[i]) && zone_has_role(&z->host[k], NOLIST_REAL) &&
			    z->host[i].preference == z->host[k].preference) {
				bad(l, z->host[i].name, "the fake has the preference %u of the real MX "
				    "%.150s: senders choose one of them by chance",
				    z->host[i].preference, z->host[k].name);
				find_hint(&l->found, "give one of them another preference");
			}
}

/* --- 14: whose addresses ------------------------------------------------------------------------- */

static bool is_own(const struct ifaddrs *all, const struct nolist_addr *addr)
{
	const struct ifaddrs *i;

	for (i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET && addr_is_ip4(addr) &&
		    !memcmp(&((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, addr->b + 12, 4))
			return true;
		if (i->ifa_addr->sa_family == AF_INET6 &&
		    !memcmp(&((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr, addr->b, 16))
			return true;
	}
	return false;
}

/* How many of the configured addresses are this host's? */
static int count_own(const struct conf *conf, const struct ifaddrs *all)
{
	int i, n = 0;

	for (i = 0; i < conf->mxs; i++)
		n += is_own(all, &conf->mx[i].addr);
	return n;
}

void look_own(struct lint *l)
{
	const struct zone *z = &l->zone;
	char text[ADDR_TEXT];
	int i, k;

	if (!count_own(l->conf, l->own)) {
		lint_skip(l, "none of the MX addresses is an address of this host");
		return;
	}
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++)
			if ((z->host[i].address[k].role == NOLIST_LOW ||
			     z->host[i].address[k].role == NOLIST_HIGH) &&
			    !is_own(l->own, &z->host[i].address[k].addr)) {
				bad(l, addr_text(&z->host[i].address[k].addr, text),
				    "the fake %.150s is no address of this host: its owner could take your "
				    "mail, or lose it", z->host[i].name);
				find_hint(&l->found, "make sure that it is yours; nolist-xdp must run there");
			}
}

/* --- 19: those who look at the first MX only --------------------------------------------------------- */

void look_first(struct lint *l)
{
	const struct zone *z = &l->zone;

	if (skips(l) || !zone_has_role(&z->host[0], NOLIST_LOW))
		return;
	bad(l, z->host[0].name, "a host that probes only the first MX finds it closed: rspamd's "
	    "mx_check adds "
	    "a score to mail that you send, address verifiers call the domain dead, and some "
	    "applications lose mail");
	find_hint(&l->found, "outgoing mail from a domain whose first MX answers, or a word to "
		  "the admin of that host");
}

/* --- 20: the configuration and the zone ----------------------------------------------------------------- */

static bool is_published(const struct zone *z, const struct nolist_addr *addr)
{
	int i, k;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++)
			if (!addr_compare(&z->host[i].address[k].addr, addr))
				return true;
	return false;
}

/* An MX behind all real ones, of which no address has a role, is somebody's backup. */
static bool is_backup(const struct zone *z, const struct zone_host *h)
{
	int i;

	for (i = 0; i < z->hosts; i++)
		if (zone_has_role(&z->host[i], NOLIST_REAL) &&
		    z->host[i].preference >= h->preference)
			return false;
	for (i = 0; i < h->addresses; i++)
		if (h->address[i].role != ROLE_OTHER)
			return false;
	return h->addresses && first_of(z, NOLIST_REAL);
}

static void look_unpublished(struct lint *l)
{
	const struct conf_mx *mx;
	char text[ADDR_TEXT];
	int i;

	for (i = 0; i < l->conf->mxs; i++) {
		mx = &l->conf->mx[i];
		if (is_published(&l->zone, &mx->addr))
			continue;
		bad(l, addr_text(&mx->addr, text), "%.60s: the configuration has it as %s, and no MX "
		    "record leads to it", mx->where, conf_role_name(mx->role));
		find_hint(&l->found, "publish it, or take it out of the configuration");
	}
}

void look_roles(struct lint *l)
{
	const struct zone *z = &l->zone;
	char text[ADDR_TEXT];
	int i, k;

	if (!l->conf->mxs) {
		lint_skip(l, no_roles);
		return;
	}
	look_unpublished(l);
	look_domains(l);
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses && !is_backup(z, &z->host[i]); k++)
			if (z->host[i].address[k].role == ROLE_OTHER) {
				bad(l, addr_text(&z->host[i].address[k].addr, text),
				    "%.150s is published and the configuration has no role for it: what "
				    "it sees is no alibi", z->host[i].name);
				find_hint(&l->found, "real = { %s }, if mail is delivered there",
					  addr_text(&z->host[i].address[k].addr, text));
			}
}

/* --- 21, 22: addresses twice, and backups ------------------------------------------------------------------ */

void look_twice(struct lint *l)
{
	const struct zone *z = &l->zone;
	char text[ADDR_TEXT];
	int i, k, j, m;

	for (i = 0; i < z->hosts; i++) {
		if (!strcmp(z->host[i].name, z->name)) {
			bad(l, z->host[i].name, "the MX has the name of the domain itself: it is a web "
			    "server's name as well, and rspamd's mx_check counts it apart");
			find_hint(&l->found, "a name of its own, such as mx.%.150s", z->name);
		}
		for (k = 0; k < z->host[i].addresses; k++)
			for (j = i + 1; j < z->hosts; j++)
				for (m = 0; m < z->host[j].addresses; m++)
					if (!addr_compare(&z->host[i].address[k].addr,
							  &z->host[j].address[m].addr)) {
						bad(l, addr_text(&z->host[i].address[k].addr, text),
						    "it is the address of %.120s and of %.120s: a sender "
						    "tries it twice", z->host[i].name, z->host[j].name);
						find_hint(&l->found, "keep one MX record for each address");
					}
	}
}

void look_backup(struct lint *l)
{
	const struct zone *z = &l->zone;
	int i;

	if (skips(l))
		return;
	for (i = 0; i < z->hosts; i++)
		if (is_backup(z, &z->host[i])) {
			bad(l, z->host[i].name, "it is behind the real MX and has no role: a backup that "
			    "takes mail for you; what it sees has to be imported, or good senders lack "
			    "their alibis");
			find_hint(&l->found, "nolist-xdp import --role real LOG, with its log, each hour");
		}
}
