// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of MTA-STS and DANE: what senders that ask for TLS make of the fakes.
 */
#include <stdio.h>
#include <string.h>

#include "user/config/keys_gate.h"
#include "user/lint/lint.h"

/* --- 15: MTA-STS ------------------------------------------------------------------------------------ */

static bool is_strict(const struct zone_policy *p)
{
	return !strcmp(p->mode, "enforce");
}

/* What of the certificates of a real MX that the policy names. */
static void look_policy_certificate(struct lint *l, const struct zone_host *h)
{
	enum grade grade = is_strict(&l->zone.policy) ? GRADE_ERROR : GRADE_WARNING;
	const char *fault;
	char text[ADDR_TEXT];
	int i;

	for (i = 0; i < l->probes; i++) {
		if (l->certificate[i].host != h || l->certificate[i].state != CERTIFICATE_SHOWN)
			continue;
		fault = certificate_sts_fault(&l->certificate[i]);
		if (!fault)
			continue;
		lint_say(l, grade, h->name, "its certificate at %s fails: %s: senders that honour "
			 "MTA-STS do not deliver there%s", addr_text(&l->probe[i].addr, text), fault,
			 grade == GRADE_ERROR ? "" : " once the mode is enforce");
		find_hint(&l->found, "a certificate for %.150s by an authority that senders trust",
			  h->name);
	}
}

/* What senders make of a low fake that they skip; where something waits for their visit, it matters. */
static void look_skipped(struct lint *l, const struct zone_host *h, const char *text)
{
	const char *where = conf_waits_at(l->conf);

	if (where)
		lint_say(l, GRADE_WARNING, h->name, "%s: their first mail waits %s", text, where);
	else
		lint_say(l, GRADE_NOTE, h->name, "%s", text);
}

static void look_policy_host(struct lint *l, const struct zone_host *h)
{
	const struct zone_policy *p = &l->zone.policy;
	bool is_named = policy_matches(p, h->name);
	int role = zone_role(h);

	if ((role == NOLIST_REAL || role == ROLE_OTHER) && !is_named) {
		lint_say(l, is_strict(p) ? GRADE_ERROR : GRADE_WARNING, h->name,
			 "the policy does not name it: senders that honour MTA-STS do not deliver "
			 "there%s", is_strict(p) ? "" : " once the mode is enforce");
		find_hint(&l->found, "mx: %.200s", h->name);
	} else if (role == NOLIST_LOW && !is_named) {
		look_skipped(l, h, "the policy does not name the low fake: senders that honour MTA-STS "
				   "skip it, and lack that alibi");
		find_hint(&l->found, "mx: %.200s", h->name);
	} else if (role == NOLIST_HIGH && is_named && is_strict(p)) {
		lint_say(l, GRADE_NOTE, h->name, "the policy names a high fake: where the real MX is down, "
			 "a sender's try there fails, since it offers no TLS");
	} else if (role == NOLIST_REAL) {
		look_policy_certificate(l, h);
	}
}

void look_policy(struct lint *l)
{
	const struct zone_policy *p = &l->zone.policy;
	int i;

	switch (p->state) {
	case POLICY_NONE:
		return;
	case POLICY_BAD_TXT:
		bad(l, l->zone.name, "the TXT record of _mta-sts is wrong: %s: senders then know of no "
		    "policy", p->why);
		find_hint(&l->found, "_mta-sts TXT \"v=STSv1; id=20260101T000000;\"");
		return;
	case POLICY_UNFETCHED:
	case POLICY_MALFORMED:
		bad(l, l->zone.name, "the policy that \"%.60s\" announces cannot be used: %s", p->txt,
		    p->why);
		find_hint(&l->found, "https://mta-sts.%.100s/.well-known/mta-sts.txt", l->zone.name);
		return;
	case POLICY_GOOD:
		for (i = 0; i < l->zone.hosts && strcmp(p->mode, "none"); i++)
			look_policy_host(l, &l->zone.host[i]);
	}
}

/* --- 16: DANE ----------------------------------------------------------------------------------------- */

static bool uses_dane(const struct zone *z)
{
	int i;

	for (i = 0; i < z->hosts && z->host[i].tlsa == TLSA_NONE; i++)
		;
	return i < z->hosts;
}

/* What a sender that uses DANE makes of an address. */
static void look_certificate(struct lint *l, const struct zone_host *h, int i)
{
	const struct certificate *c = &l->certificate[i];
	const struct probe *p = &l->probe[i];
	char text[ADDR_TEXT], tlsa[80];
	const char *fault;

	addr_text(&p->addr, text);
	if (c->state == CERTIFICATE_SHOWN) {
		fault = certificate_dane_fault(c, l->zone.name);
		if (!fault)
			return;
		bad(l, h->name, "its certificate at %s fails: %s: senders that use DANE do not deliver "
		    "there", text, fault);
		if (certificate_tlsa(c, tlsa, sizeof(tlsa)))
			find_hint(&l->found, "_25._tcp.%.120s. TLSA %s", h->name, tlsa);
	} else if (p->is_ok) {
		bad(l, h->name, "it has TLSA records, and %s %s: senders that use DANE do not deliver "
		    "there", text, p->has_tls ? c->why : "offers no STARTTLS");
		find_hint(&l->found, "mend its TLS, or remove the TLSA records");
	}
}

static void look_certificates(struct lint *l, const struct zone_host *h)
{
	int i;

	if (!h->is_tlsa_secure) {
		lint_say(l, GRADE_NOTE, h->name, "its TLSA records are not signed: no sender uses them");
		return;
	}
	if (zone_role(h) == NOLIST_REAL && !l->probe)
		lint_say(l, GRADE_NOTE, h->name, "its TLSA records were not compared with its "
			 "certificate: --probe does that");
	for (i = 0; i < l->probes; i++)
		if (l->certificate[i].host == h && l->probe[i].role == NOLIST_REAL)
			look_certificate(l, h, i);
}

void look_tlsa(struct lint *l)
{
	const struct zone_host *h;
	int i;

	for (i = 0; i < l->zone.hosts && uses_dane(&l->zone); i++) {
		h = &l->zone.host[i];
		if (h->state != DNS_OK && h->tlsa != TLSA_BOGUS)
			continue;
		if (h->tlsa == TLSA_BOGUS || (h->tlsa == TLSA_FAILED && h->is_secure)) {
			bad(l, h->name, "its TLSA records cannot be had (%s): senders that use DANE do "
			    "not deliver there", h->tlsa_why);
			find_hint(&l->found, "the zone's name servers must answer _25._tcp.%.120s TLSA",
				  h->name);
		} else if (h->tlsa == TLSA_BAD) {
			bad(l, h->name, "none of its TLSA records can be used: 2 or 3, 0 or 1, and a digest "
			    "of 32 or 64 bytes (RFC 7672 3.1)");
			find_hint(&l->found, "_25._tcp.%.120s. TLSA 3 1 1 DIGEST", h->name);
		} else if (h->tlsa == TLSA_GOOD) {
			look_certificates(l, h);
		} else if (h->tlsa == TLSA_NONE && zone_role(h) == NOLIST_REAL) {
			lint_say(l, GRADE_WARNING, h->name, "another MX has TLSA records, and the real one "
				 "has none: its mail can be sent in the clear");
		} else if (h->tlsa == TLSA_NONE && zone_role(h) == NOLIST_LOW && conf_waits_at(l->conf)) {
			lint_say(l, GRADE_NOTE, h->name, "it has no TLSA record: senders that deliver by "
				 "DANE alone skip it, and their first mail waits %s", conf_waits_at(l->conf));
		} else if (h->tlsa == TLSA_NONE) {
			lint_say(l, GRADE_NOTE, h->name, "it has no TLSA record, which for a fake costs "
				 "nothing; Internet.nl takes it for a fault");
		}
	}
}
