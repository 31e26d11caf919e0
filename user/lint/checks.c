// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of checks, and how a domain is taken through it.
 */
#include <ctype.h>
#include <errno.h>
#include <idn2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lint/lint.h"

/* In this order, which is also that of the report. */
const struct check checks[] = {
	{ 17, "dnssec", GRADE_ERROR, look_dnssec, "no record fails validation" },
	{ 1, "servers", GRADE_WARNING, look_servers, "all name servers answer the same" },
	{ 2, "null-mx", GRADE_ERROR, look_null, "there is no null MX" },
	{ 3, "target", GRADE_ERROR, look_target, "each MX is a name with addresses" },
	{ 4, "bogon", GRADE_ERROR, look_bogon, "each address can be reached from the internet" },
	{ 20, "roles", GRADE_ERROR, look_roles, "the configuration and the MX records agree" },
	{ 5, "low-fake", GRADE_ERROR, look_low, "one low fake, with one address, before all others" },
	{ 7, "high-fake", GRADE_ERROR, look_high, "the high fakes are behind the real MX" },
	{ 8, "equal", GRADE_ERROR, look_equal, "no fake has the preference of the real MX" },
	{ 6, "senders", GRADE_ERROR, look_senders, "every sender that is known reaches the real MX" },
	{ 9, "size", GRADE_WARNING, look_size, "testers look at all MXes, and the answer fits" },
	{ 22, "backup", GRADE_WARNING, look_backup, "no backup MX is behind the real one" },
	{ 14, "own", GRADE_WARNING, look_own, "the fakes are addresses of this host" },
	{ 15, "mta-sts", GRADE_ERROR, look_policy, "MTA-STS names the real MX, or is not used" },
	{ 16, "tlsa", GRADE_ERROR, look_tlsa, "DANE is well-formed, or not used" },
	{ 18, "spf", GRADE_WARNING, look_spf, "SPF does not let the fakes send" },
	{ 13, "ptr", GRADE_NOTE, look_ptr, "the fakes have names in the reverse zone" },
	{ 19, "first-mx", GRADE_NOTE, look_first, "no fake is the first MX" },
	{ 21, "twice", GRADE_NOTE, look_twice, "each address is that of one MX" },
	{ 10, "wire-low", GRADE_ERROR, look_wire_low, "the low fakes refuse at once" },
	{ 11, "wire-high", GRADE_ERROR, look_wire_high, "the high fakes say 220, 4xx and 221" },
	{ 12, "wire-real", GRADE_ERROR, look_wire_real, "the real MX greets, and offers STARTTLS" },
	{}
};

void lint_say(struct lint *l, enum grade grade, const char *subject, const char *fmt, ...)
{
	char text[sizeof(((struct finding *)0)->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	find(&l->found, grade, l->check->name, subject, "%s", text);
	if ((int)grade > l->worst)
		l->worst = grade;
}

void lint_skip(struct lint *l, const char *why)
{
	lint_say(l, GRADE_NOTE, "", "not looked at: %s", why);
}

static void run_checks(struct lint *l)
{
	for (l->check = checks; l->check->name; l->check++) {
		l->worst = -1;
		l->check->look(l);
		if (l->worst < 0)
			find(&l->found, GRADE_OK, l->check->name, "", "%s", l->check->fine);
	}
}

/* The domain has no mail: nothing else can be said. False: go on. */
static bool has_no_mx(struct lint *l)
{
	static const struct check mx = { .name = "mx" };
	const struct zone *z = &l->zone;

	l->check = &mx;
	if (z->state == DNS_OK && (z->hosts || z->has_null))
		return false;
	if (z->state == DNS_NODATA || z->state == DNS_OK) {
		lint_say(l, GRADE_ERROR, "", "there is no MX record: mail goes to the domain's own "
			 "address, and there is no fake");
		find_hint(&l->found, "nolist-xdp lint --plan %s", z->name);
	} else if (z->state == DNS_NXDOMAIN) {
		lint_say(l, GRADE_ERROR, "", "there is no such domain");
	} else if (z->state == DNS_BOGUS) {
		lint_say(l, GRADE_ERROR, "", "the MX records fail validation: resolvers that "
			 "validate have none: %s", z->why);
		find_hint(&l->found, "mend the signatures, or the DS record at the parent");
	} else {
		lint_say(l, GRADE_ERROR, "", "not answerable: no name server has answered%s%s",
			 z->state == DNS_FAILED ? " as it should: " : " in time", z->why);
		find_hint(&l->found, "where only a resolver may ask: --resolver ADDR");
	}
	return true;
}

/* Letters, digits, hyphens and underscores in labels that are not empty. */
static bool is_name(const char *name)
{
	size_t label;

	for (;; name += label + 1) {
		label = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
		if (!label || label > 63)
			return false;
		if (!name[label])
			return true;
		if (name[label] != '.')
			return false;
	}
}

int lint_name(const char *domain, char ascii[DNS_NAME])
{
	char *name = NULL;
	size_t n, i;

	if (idn2_to_ascii_8z(domain, &name, IDN2_NONTRANSITIONAL) || !name)
		return -EINVAL;
	n = strlen(name);
	if (n && name[n - 1] == '.')
		name[--n] = '\0';
	for (i = 0; i <= n && n <= 253; i++)
		ascii[i] = tolower((unsigned char)name[i]);
	idn2_free(name);
	return n <= 253 && is_name(ascii) ? 0 : -EINVAL;
}

int lint(struct lint *l, struct dns *d, const char *domain, const struct lint_options *o)
{
	char name[DNS_NAME];
	int error = lint_name(domain, name);

	*l = (struct lint){ .conf = o->conf, .has_file = o->has_file, .domains = o->domains,
			    .own = o->own };
	if (!error)
		error = zone_look(&l->zone, d, name, o->conf);
	if (error)
		return error;
	if (o->is_probing)
		error = lint_probe(l, o);
	if (error || has_no_mx(l))
		return error;
	run_checks(l);
	testers_say(l);
	return l->found.is_incomplete ? -ENOMEM : 0;
}

void lint_free(struct lint *l)
{
	int i;

	zone_free(&l->zone);
	for (i = 0; i < l->probes; i++)
		certificate_free(&l->certificate[i]);
	free(l->certificate);
	free(l->probe);
	free(l->found.f);
	*l = (struct lint){};
}
