// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the zone alone: true of any domain, whatever its addresses are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/special_use.h"
#include "user/base/text.h"
#include "user/lint/lint.h"

#define TTL_LONG DAY_S
#define TESTED_MAX 10 /* MXes that Internet.nl looks at, in the order of their names */

/* --- 1: the name servers --------------------------------------------------------------------- */

static bool is_same(const struct dns_direct *x, const struct dns_direct *y)
{
	int i;

	if (x->records != y->records)
		return false;
	for (i = 0; i < x->records; i++)
		if (strcmp(x->record[i], y->record[i]))
			return false;
	return true;
}

static void name_server(const struct zone *z, int i, char text[320])
{
	char addr[ADDR_TEXT];

	snprintf(text, 320, "%.200s (%s)", z->server_name[i], addr_text(&z->server[i].server, addr));
}

static void look_server(struct lint *l, int i, const struct dns_direct *first)
{
	const struct dns_direct *s = &l->zone.server[i];
	char name[320];

	name_server(&l->zone, i, name);
	if (s->state == DNS_SILENT)
		bad(l, name, "the name server does not answer: a sender that asks it learns of no MX in time");
	else if (s->state == DNS_FAILED || !s->is_authoritative)
		bad(l, name, "the name server is lame: it is not authoritative for the zone (rcode %d)",
		    s->rcode);
	else if (first && !is_same(first, s))
		bad(l, name, "the name server has other MX records: %d, the first of them \"%s\"",
		    s->records, s->records ? s->record[0] : "");
	else
		return;
	find_hint(&l->found, "transfer the zone to it again, or remove its NS record");
}

/* The first server that has answered; NULL: none has. */
static const struct dns_direct *first_answer(const struct zone *z)
{
	int i;

	for (i = 0; i < z->servers; i++)
		if (z->server[i].state == DNS_OK && z->server[i].is_authoritative)
			return &z->server[i];
	return NULL;
}

static void look_ttl(struct lint *l, uint32_t ttl)
{
	unsigned int learning = l->conf->rules.learning_s;
	char age[TEXT_AGE], other[TEXT_AGE];

	if (ttl > TTL_LONG) {
		bad(l, l->zone.name, "the TTL of the MX records is %s: senders keep old records that "
		    "long after a change", text_age(ttl, age));
		find_hint(&l->found, "lower it before you change them: $TTL 3600");
	} else if (l->has_file && learning < 2ll * ttl) {
		bad(l, l->zone.name, "the TTL of the MX records is %s, but 'learning' only %s: caches "
		    "may have the old zone for longer", text_age(ttl, age),
		    text_age(learning, other));
		find_hint(&l->found, "learning = %u", 2 * ttl);
	}
}

void look_servers(struct lint *l)
{
	const struct dns_direct *first = first_answer(&l->zone);
	int i, unasked = 0;

	for (i = 0; i < l->zone.servers; i++)
		if (l->zone.server[i].state == DNS_UNASKED)
			unasked++;
		else
			look_server(l, i, first);
	if (!first && l->worst < 0)
		lint_skip(l, "no name server was found to be asked directly");
	if (unasked)
		lint_say(l, GRADE_NOTE, l->zone.name, "%d name servers were not asked: there was no "
			 "time or no question left", unasked);
	/* That of a resolver is what is left of it, and at most a day. */
	if (first)
		look_ttl(l, first->ttl);
}

/* --- 2, 3, 4, 17: the MX records and their targets ---------------------------------------------- */

void look_null(struct lint *l)
{
	const struct zone *z = &l->zone;

	if (!z->has_null)
		return;
	if (z->hosts)
		bad(l, z->name, "\"MX %u .\" says that the domain has no mail, beside %d other MX "
		    "records (RFC 7505 3)", z->null_preference, z->hosts_all);
	else if (z->null_preference)
		bad(l, z->name, "\"MX %u .\": a null MX has the preference 0 (RFC 7505 3)",
		    z->null_preference);
	else
		lint_say(l, GRADE_NOTE, z->name, "\"MX 0 .\": the domain says that it has no mail");
	if (z->hosts)
		find_hint(&l->found, "remove the record \"%.100s. MX %u .\"", z->name,
			  z->null_preference);
}

static const char *state_words(const struct zone_host *h)
{
	switch (h->state) {
	case DNS_NXDOMAIN:
		return "there is no such name";
	case DNS_NODATA:
		return "it has neither A nor AAAA";
	case DNS_SILENT:
		return "its name servers do not answer";
	case DNS_UNASKED:
		return "it was not asked for: no question or no time was left";
	case DNS_BOGUS:
		return "its addresses fail validation";
	default:
		return *h->why ? h->why : "it has no usable address";
	}
}

static void look_one_target(struct lint *l, const struct zone_host *h)
{
	struct nolist_addr addr;

	if (!addr_parse(h->name, &addr)) {
		bad(l, h->name, "\"MX %u %.60s\" is an address, and an MX is a name: senders skip it",
		    h->preference, h->name);
		find_hint(&l->found, "give it a name: mx A %.60s, and MX %u mx", h->name,
			  h->preference);
	} else if (!strcasecmp(h->name, "localhost")) {
		bad(l, h->name, "\"MX %u localhost\": each sender would deliver to itself",
		    h->preference);
	} else if (*h->alias_of) {
		bad(l, h->name, "it is a CNAME of %.200s: RFC 5321 5.1 forbids that, and some "
		    "senders skip it", h->alias_of);
		find_hint(&l->found, "publish an A record instead");
	} else if (h->state != DNS_OK) {
		lint_say(l, h->state == DNS_UNASKED ? GRADE_WARNING : l->check->grade, h->name,
			 "\"MX %u\": %s", h->preference, state_words(h));
		find_hint(&l->found, "%.150s. A ADDRESS, or no MX record for it", h->name);
	}
}

void look_target(struct lint *l)
{
	const struct zone *z = &l->zone;
	int i;

	for (i = 0; i < z->hosts; i++)
		look_one_target(l, &z->host[i]);
	if (z->hosts < z->hosts_all)
		bad(l, z->name, "it has %d MX records: the %d with the lowest preferences were "
		    "looked at", z->hosts_all, z->hosts);
}

static const char *special_use_of(const struct nolist_addr *addr)
{
	const struct special_use *s;
	struct prefix p;

	for (s = special_uses; s->prefix; s++)
		if (!prefix_parse(s->prefix, &p) && prefix_has(&p, addr))
			return s->why;
	return NULL;
}

void look_bogon(struct lint *l)
{
	const struct zone *z = &l->zone;
	char text[ADDR_TEXT];
	const char *why;
	int i, k;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++) {
			why = special_use_of(&z->host[i].address[k].addr);
			if (!why)
				continue;
			bad(l, addr_text(&z->host[i].address[k].addr, text),
			    "%.150s has an address that is %s: no sender can reach it, and some "
			    "refuse mail of such a domain", z->host[i].name, why);
			find_hint(&l->found, "a public address of your own, that refuses or answers");
		}
}

void look_dnssec(struct lint *l)
{
	const struct zone *z = &l->zone;
	int i;

	for (i = 0; i < z->hosts; i++)
		if (z->host[i].is_bogus) {
			bad(l, z->host[i].name, "its addresses fail validation: senders that validate "
			    "cannot reach it: %s", z->host[i].why);
			find_hint(&l->found, "sign that zone again, or mend the DS record at its parent");
		}
}

/* --- 9: size ------------------------------------------------------------------------------------ */

static bool has_real(const struct zone *z, const char *name)
{
	int i;

	for (i = 0; i < z->hosts; i++)
		if (!strcmp(z->host[i].name, name))
			return zone_has_role(&z->host[i], NOLIST_REAL);
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct zone_host *)*(void *const *)a)->name,
		      ((const struct zone_host *)*(void *const *)b)->name);
}

static bool is_real_cut(const struct zone *z)
{
	const struct zone_host *sorted[ZONE_HOSTS];
	bool is_seen = false, has_any = false;
	int i;

	for (i = 0; i < z->hosts; i++) {
		sorted[i] = &z->host[i];
		has_any |= has_real(z, z->host[i].name);
	}
	qsort(sorted, z->hosts, sizeof(*sorted), by_name);
	for (i = 0; i < z->hosts && i < TESTED_MAX; i++)
		is_seen |= has_real(z, sorted[i]->name);
	return has_any && !is_seen;
}

void look_size(struct lint *l)
{
	const struct zone *z = &l->zone;
	int i, bytes = 0;

	if (z->hosts_all > TESTED_MAX && is_real_cut(z)) {
		bad(l, z->name, "%d MX records, and ten fakes sort before the real MX by name: "
		    "Internet.nl looks at ten, and never at the real one", z->hosts_all);
		find_hint(&l->found, "names of fakes that sort after it, such as zfake1, or fewer of them");
	}
	for (i = 0; i < z->servers; i++)
		if (z->server[i].bytes > bytes)
			bytes = z->server[i].bytes;
	for (i = 0; i < z->servers && !z->server[i].is_cut; i++)
		;
	if (bytes > DNS_EDNS_SIZE || i < z->servers) {
		bad(l, z->name, "the answer has %d bytes%s: over %d it needs TCP, or fragments that "
		    "some networks drop", bytes, i < z->servers ? ", and was cut off" : "",
		    DNS_EDNS_SIZE);
		find_hint(&l->found, "fewer MX records, or shorter names");
	}
}

/* --- 13: names of addresses ---------------------------------------------------------------------- */

void look_ptr(struct lint *l)
{
	const struct zone *z = &l->zone;
	const struct zone_address *a;
	char text[ADDR_TEXT];
	int i, k, unasked = 0;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++) {
			a = &z->host[i].address[k];
			unasked += !a->is_ptr_asked;
			if (!a->is_ptr_asked || a->is_confirmed)
				continue;
			bad(l, addr_text(&a->addr, text), "%s: checkdmarc and others warn of that; no "
			    "sender minds", a->has_ptr ? "its PTR record names no MX of the domain" :
			    "it has no PTR record");
			find_hint(&l->found, "PTR %.150s.", z->host[i].name);
		}
	if (unasked && l->worst < 0)
		lint_skip(l, "the reverse zone of an address could not be asked");
}

/* --- 18: SPF ---------------------------------------------------------------------------------------- */

static void look_spf_fakes(struct lint *l)
{
	const struct zone_spf *s = &l->zone.spf;
	char text[ADDR_TEXT];

	addr_text(&s->passed, text);
	if (!strcmp(s->of, l->zone.name))
		bad(l, l->zone.name, "\"%s\" in the SPF record lets %s, a fake's address, send mail of "
		    "the domain", s->term, text);
	else
		bad(l, l->zone.name, "the SPF record includes that of %s, where \"%s\" lets %s, a fake's "
		    "address, send mail of the domain", s->of, s->term, text);
	find_hint(&l->found, "name the hosts that send: ip4:ADDRESS, or a:NAME");
}

void look_spf(struct lint *l)
{
	const struct zone *z = &l->zone;
	const struct zone_spf *s = &z->spf;

	if (s->records > 1) {
		bad(l, z->name, "it has %d SPF records: one is allowed (RFC 7208 3.2)", s->records);
		find_hint(&l->found, "join them to one");
	}
	if (s->passing)
		look_spf_fakes(l);
	if (s->lookups > SPF_LOOKUPS) {
		bad(l, z->name, "the SPF record, with all that it includes, needs more than %d look-ups: "
		    "receivers take it for an error (RFC 7208 4.6.4)", SPF_LOOKUPS);
		find_hint(&l->found, "ip4: and ip6: need none");
	}
	if (s->voids > SPF_VOIDS)
		bad(l, z->name, "%d of the look-ups of the SPF record find nothing: receivers may take "
		    "it for an error after %d (RFC 7208 4.6.4)", s->voids, SPF_VOIDS);
	if (*s->fault)
		bad(l, z->name, "receivers take the SPF record for an error: %s", s->fault);
	if (s->is_cut && l->worst < 0)
		lint_skip(l, "the SPF record could not be followed to its end");
	if (s->state == DNS_BOGUS)
		bad(l, z->name, "the TXT records fail validation: receivers that validate find no SPF");
	else if (!s->records && s->state != DNS_OK && s->state != DNS_NODATA)
		lint_skip(l, "the TXT records could not be asked for");
}
