// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict over what several nodes know of one source: each offence is judged by its own node's
 * site, what is verified anywhere excuses, SYNs do at their own node only, hours that overlap are
 * one, and enough hours must remain without any operators that may lie. Why it matters: one node
 * that lies, or whose real MX is away, must neither list an innocent nor keep others from listing.
 */
#include "selftests/lib/tap.h"
#include "user/judge/verdict.h"

#define H HOUR_S
#define NOW 1700006400ll
#define SIDES 4

/* Of one node: who runs it, offences by the hours since them, and what else there is. */
struct row {
	int operator;
	int offence[6];
	int low, data; /* hours ago; 0: never */
	int lost;      /* verified evidence was lost so many hours ago */
	int silent;    /* its last push was so many hours ago */
	bool is_unseen, is_learning;
	bool is_half;  /* its hours begin half an hour later */
	bool is_weak;  /* its offences are verified by sequence numbers alone */
	bool is_burst; /* commands were sent together in them */
};

static const struct {
	const char *name;
	unsigned int leave_out;
	enum judgement want;
	struct row node[SIDES]; /* operators are from 1 on; 0: no more nodes */
} rows[] = {
	{ "one and one in distinct hours", 0, JUDGED_OFFENDER, { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 } } } },
	{ "one and one in distinct hours, one may lie", 1, JUDGED_FEW, { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 } } } },
	{ "one and one in the same hour", 0, JUDGED_FEW, { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 60 } } } },
	{ "three at three operators, one may lie", 1, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .offence = { 40 } } } },
	{ "three nodes of two operators are two voices", 1, JUDGED_FEW,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 1, .offence = { 50 } }, { .operator = 2, .offence = { 40 } } } },
	{ "two and two, one may lie", 1, JUDGED_OFFENDER, { { .operator = 1, .offence = { 60, 55 } }, { .operator = 2, .offence = { 50, 45 } } } },
	{ "a rogue with five invented ones", 0, JUDGED_OFFENDER, { { .operator = 1, .offence = { 80, 75, 70, 65, 60 } } } },
	{ "the same, one may lie", 1, JUDGED_FEW, { { .operator = 1, .offence = { 80, 75, 70, 65, 60 } } } },
	{ "a rogue and an honest stray one", 1, JUDGED_FEW,
	  { { .operator = 1, .offence = { 80, 75, 70, 65, 60 } }, { .operator = 2, .offence = { 50 } } } },
	{ "a rogue and two honest ones at two nodes", 1, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 80, 75, 70, 65, 60 } }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .offence = { 40 } } } },
	{ "two rogues and an honest one, two may lie", 2, JUDGED_FEW,
	  { { .operator = 1, .offence = { 80, 75 } }, { .operator = 2, .offence = { 70, 65 } },
	    { .operator = 3, .offence = { 50 } } } },
	{ "and two honest ones", 2, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 80, 75 } }, { .operator = 2, .offence = { 70, 65 } },
	    { .operator = 3, .offence = { 50 } }, { .operator = 4, .offence = { 40 } } } },
	{ "the same two hours at both of two, one may lie", 1, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60, 50 } }, { .operator = 2, .offence = { 60, 50 } } } },
	{ "two rogues in the same hours, two may lie", 2, JUDGED_FEW,
	  { { .operator = 1, .offence = { 80, 75, 70 } }, { .operator = 2, .offence = { 80, 75, 70 } } } },
	{ "hours that overlap by half are one", 0, JUDGED_FEW,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 60 }, .is_half = true } } },
	{ "only one has seen it wait, and may lie", 1, JUDGED_FEW,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 }, .is_burst = true },
	    { .operator = 3, .offence = { 40 }, .is_burst = true }, { .operator = 4, .offence = { 35 }, .is_burst = true } } },
	{ "two have", 1, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 } },
	    { .operator = 3, .offence = { 40 }, .is_burst = true }, { .operator = 4, .offence = { 35 }, .is_burst = true } } },
	{ "strong ones at one that may lie", 1, JUDGED_PROBABLE,
	  { { .operator = 1, .offence = { 60, 55 } }, { .operator = 2, .offence = { 50 }, .is_weak = true },
	    { .operator = 3, .offence = { 45 }, .is_weak = true }, { .operator = 4, .offence = { 40 }, .is_weak = true } } },
	{ "data at a third node excuses all", 0, JUDGED_ALIBI,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .data = 45 } } },
	{ "a SYN excuses at its own node", 0, JUDGED_ALIBI, { { .operator = 1, .offence = { 60 }, .low = 55 }, { .operator = 2, .offence = { 50 } } } },
	{ "and at no other", 0, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 } }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .low = 55 } } },
	{ "a gap holds the offence of its node", 0, JUDGED_HELD,
	  { { .operator = 1, .offence = { 60 }, .lost = 49 }, { .operator = 2, .offence = { 50 } } } },
	{ "and no others", 0, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 }, .lost = 49 }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .offence = { 40 } } } },
	{ "so does learning", 0, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 }, .is_learning = true }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .offence = { 40 } } } },
	{ "a real MX that is away holds up nobody else", 0, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 }, .is_unseen = true }, { .operator = 2, .offence = { 50 } }, { .operator = 3, .offence = { 40 } } } },
	{ "nor does its node convict", 0, JUDGED_HELD,
	  { { .operator = 1, .offence = { 60 }, .is_unseen = true }, { .operator = 2, .offence = { 50 } } } },
	{ "a node that is silent since before the end of a grace", 0, JUDGED_HELD,
	  { { .operator = 1, .offence = { 60 }, .silent = 40 }, { .operator = 2, .offence = { 50 } } } },
	{ "and one that is silent since after it", 0, JUDGED_OFFENDER,
	  { { .operator = 1, .offence = { 60 }, .silent = 30 }, { .operator = 2, .offence = { 50 } } } },
};

static struct hour hours[SIDES][6];
static uint32_t data_hour[SIDES];
static struct span lost[SIDES];
static struct span learning[SIDES];

static void make_site(const struct row *row, int i, struct site *site)
{
	*site = (struct site){ .until = row->silent ? NOW - row->silent * H : 0 };
	site->family[0] = (struct site_family){ .has_low = true, .has_real = true, .has_high = true };
	site->family[0].real_last = row->is_unseen ? 0 : NOW - 60;
	if (row->lost) {
		lost[i] = (struct span){ NOW - row->lost * H, NOW - row->lost * H };
		site->lost = &lost[i];
		site->losts = 1;
	}
	if (row->is_learning) {
		learning[i] = (struct span){ NOW - 70 * H, NOW - 45 * H };
		site->learning = &learning[i];
		site->learnings = 1;
	}
}

static void make_side(const struct row *row, int i, struct side *side, const struct site *site)
{
	struct record *r = &side->r;
	int k;

	*side = (struct side){ .site = site, .operator = row->operator - 1 };
	r->src.addr = (struct nolist_addr){ .b = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	r->hour = hours[i];
	for (k = 0; k < 6 && row->offence[k]; k++) {
		hours[i][k] = (struct hour){ .start = NOW - row->offence[k] * H + row->is_half * (H / 2) };
		hours[i][k].n[row->is_weak ? NOLIST_EVENT_TEMPFAILED_WEAK : NOLIST_EVENT_TEMPFAILED] = 1;
		hours[i][k].n[NOLIST_EVENT_GREETED_WEAK] = row->is_weak;
		hours[i][k].n[NOLIST_EVENT_PIPELINED] = row->is_burst;
		r->talk = (struct span){ r->talk.first ? r->talk.first : hours[i][0].start,
					 hours[i][k].start };
		r->hours = ++r->talk_hours;
	}
	if (row->low)
		r->low = (struct contact){ { NOW - row->low * H, NOW - row->low * H }, 1, {} };
	if (row->data) {
		data_hour[i] = NOW - row->data * H;
		r->data = (struct span){ data_hour[i], data_hour[i] };
		r->data_count = r->data_hours = 1;
		r->data_hour = &data_hour[i];
	}
}

int main(void)
{
	struct site site[SIDES];
	struct side side[SIDES];
	struct rules rules;
	struct verdict v;
	size_t i;
	int n;

	rules_init(&rules);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (n = 0; n < SIDES && rows[i].node[n].operator; n++) {
			make_site(&rows[i].node[n], n, &site[n]);
			make_side(&rows[i].node[n], n, &side[n], &site[n]);
		}
		verdict_of_sides(side, n, rows[i].leave_out, &rules, NOW, &v);
		if (!tap_ok(v.is == rows[i].want, "%s: %s", rows[i].name,
			    judgement_names[rows[i].want]))
			tap_diag("it is %s", judgement_names[v.is]);
	}
	return tap_done();
}
