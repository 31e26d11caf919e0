// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds: which one holds a source back, by verdicts of made-up evidence. The
 * wrong name sends an administrator to look in the wrong place; none lets a doubtful
 * source in.
 */
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/judge/hold.h"

#define T0 1700000000ll
#define H 3600ll

static struct rules rules;
static struct hour hours[2];
static struct record r;

/* Two offences, ten hours apart, at a site whose real MX is seen. */
static struct site begin(void)
{
	struct site site = {};
	struct nolist_addr addr;
	int f;

	if (addr_parse("192.0.2.1", &addr))
		tap_die("addr_parse");
	memset(hours, 0, sizeof(hours));
	hours[0] = (struct hour){ .start = T0, .n[NOLIST_EVENT_TEMPFAILED] = 1 };
	hours[1] = (struct hour){ .start = T0 + 10 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 };
	r = (struct record){
		.src = addr_source(&addr),
		.high = { { T0, T0 + 10 * H }, 2 },
		.talk = { T0, T0 + 10 * H },
		.talk_hours = 2,
		.hour = hours,
		.hours = 2,
	};
	for (f = 0; f < 2; f++)
		site.family[f] = (struct site_family){ .has_low = true,
						       .has_real = true,
						       .has_high = true,
						       .real_last = T0 + 60 * H };
	return site;
}

static enum hold hold_at(struct site *site, int64_t now, enum judgement wanted)
{
	struct verdict v;
	enum hold hold;

	if (site_ready(site, &rules, now))
		tap_die("site_ready");
	verdict_of(&r, NULL, site, &rules, now, &v);
	hold = hold_of(&v, site, now);
	site_free(site);
	if (v.is != wanted)
		tap_diag("judged %s, not %s", judgement_names[v.is], judgement_names[wanted]);
	return v.is == wanted ? hold : HOLDS + 1;
}

int main(void)
{
	static const struct span lost = { T0 + 2 * H, T0 + 3 * H };
	/* SYNs, and no data, after the last offence. */
	static const struct real_hour unhealthy = { .start = T0 + 20 * H, .opens = 1000 };
	static const struct mx_change before = { .at = T0 - H, .mx = 1 };
	static const struct mx_change after = { .at = T0 + 20 * H, .mx = 1 };
	struct site site;

	rules_init(&rules);
	site = begin();
	tap_ok(hold_at(&site, T0 + 40 * H, JUDGED_OFFENDER) == HOLD_NONE,
	       "an offender is not held");
	tap_ok(hold_at(&site, T0 + 20 * H, JUDGED_WAITING) == HOLD_NONE,
	       "nor a source that has time to come back");
	site.lost = &lost;
	site.losts = 1;
	tap_ok(hold_at(&site, T0 + 40 * H, JUDGED_HELD) == HOLD_GAPS, "lost evidence holds");
	site = begin();
	site.family[0].real_last = T0;
	tap_ok(hold_at(&site, T0 + 40 * H, JUDGED_HELD) == HOLD_UNSEEN,
	       "so does a real MX that is not seen");
	site.lost = &lost;
	site.losts = 1;
	tap_ok(hold_at(&site, T0 + 40 * H, JUDGED_HELD) == HOLD_GAPS,
	       "of two, what was lost is reported");
	site = begin();
	site.change = &before;
	site.changes = 1;
	tap_ok(hold_at(&site, T0 + 50 * H, JUDGED_HELD) == HOLD_LEARNING,
	       "so do offences of the learning");
	site = begin();
	site.change = &after;
	site.changes = 1;
	tap_ok(hold_at(&site, T0 + 40 * H, JUDGED_WAITING) == HOLD_LEARNING,
	       "and that time itself");
	tap_ok(hold_at(&site, T0 + 50 * H, JUDGED_WAITING) == HOLD_LEARNING,
	       "also when it is over, and the grace is not");
	site = begin();
	site.family[0].hour = &unhealthy;
	site.family[0].hours = 1;
	tap_ok(hold_at(&site, T0 + 33 * H, JUDGED_WAITING) == HOLD_NONE,
	       "a real MX that was unhealthy for an hour holds no source that is not due");
	tap_ok(hold_at(&site, T0 + 34 * H, JUDGED_WAITING) == HOLD_UNHEALTHY, "but one that would be");
	tap_ok(hold_at(&site, T0 + 35 * H, JUDGED_OFFENDER) == HOLD_NONE,
	       "until that hour is made up for");
	return tap_done();
}
