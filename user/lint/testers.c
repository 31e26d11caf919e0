// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others will say of the same domain: testers that know of no deliberate fake. Each
 * remark is one to expect; what is to be heeded is a finding of our own as well.
 */
#include <string.h>

#include "user/lint/lint.h"

static bool has_role(const struct zone *z, int role)
{
	int i;

	for (i = 0; i < z->hosts; i++)
		if (zone_has_role(&z->host[i], role))
			return true;
	return false;
}

static bool has_low(const struct lint *l)
{
	return has_role(&l->zone, NOLIST_LOW);
}

static bool has_high(const struct lint *l)
{
	return has_role(&l->zone, NOLIST_HIGH);
}

static bool has_fake(const struct lint *l)
{
	return has_low(l) || has_high(l);
}

static bool has_many(const struct lint *l)
{
	return l->zone.hosts_all > 10;
}

static bool has_policy(const struct lint *l)
{
	return l->zone.policy.state == POLICY_GOOD && has_fake(l);
}

static bool differs(const struct lint *l)
{
	int i;

	for (i = 0; i < l->found.n; i++)
		if (l->found.f[i].grade == GRADE_WARNING && !strcmp(l->found.f[i].about, "servers"))
			return true;
	return false;
}

static bool lacks_ptr(const struct lint *l)
{
	int i;

	for (i = 0; i < l->found.n; i++)
		if (l->found.f[i].grade == GRADE_NOTE && !strcmp(l->found.f[i].about, "ptr"))
			return true;
	return false;
}

static bool has_null_beside(const struct lint *l)
{
	return l->zone.has_null && l->zone.hosts;
}

/* The tester, when it says so, what it says, and whether it is to be heeded. */
static const struct {
	const char *tester;
	bool (*applies)(const struct lint *l);
	const char *remark;
	bool is_heeded;
} remarks[] = {
	{ "Internet.nl", has_low, "STARTTLS at the low fake: \"could not be tested\"; no points are lost", false },
	{ "Internet.nl", has_high, "no STARTTLS at a high fake: a fault in its eyes", false },
	{ "Internet.nl", has_many, "of more than ten MXes it tests the ten whose names sort first", true },
	{ "checkdmarc", has_low, "connection refused at the low fake: a warning", false },
	{ "checkdmarc", has_high, "no STARTTLS at a high fake: a warning", false },
	{ "checkdmarc", lacks_ptr, "no PTR record, or one that does not lead back: a warning", false },
	{ "checkdmarc", has_policy, "an MX that the MTA-STS policy does not name: a warning", false },
	{ "mxtoolbox", has_low, "\"failed to connect\" to the first MX", false },
	{ "mxtoolbox", has_high, "a slow answer, or no TLS, at the last MX", false },
	{ "Zonemaster", differs, "name servers with different MX records (ZONE09)", true },
	{ "Zonemaster", has_null_beside, "a null MX beside others (ZONE09)", true },
};

void testers_say(struct lint *l)
{
	static const struct check testers = { .name = "testers", .grade = GRADE_NOTE };
	size_t i;

	l->check = &testers;
	for (i = 0; i < sizeof(remarks) / sizeof(*remarks); i++)
		if (remarks[i].applies(l))
			bad(l, remarks[i].tester, "%s: %s", remarks[i].is_heeded ? "heed" : "ignore",
			    remarks[i].remark);
}
