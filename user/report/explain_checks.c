// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each rule of the verdict in words: what it asks for, and what it has found.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/base/text.h"
#include "user/report/explain.h"

static const char *times(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_offences(const struct explain *e, const struct check_result *c)
{
	const struct verdict *v = &e->of.v;

	if (!v->is_verified)
		printf("%" PRId64 " unverified contact%s with a high fake that nothing excuses",
		       c->have, times(c->have));
	else
		printf("%" PRId64 " hour%s tempfailed without QUIT, %u of them verified by "
		       "timestamp; %" PRId64 " needed",
		       c->have, times(c->have), v->strong, c->need);
	if (v->bursts)
		printf("; in %u of them commands were sent together%s", v->bursts,
		       v->bursts == c->have ? ", and such hours alone do not list" : "");
	if (v->excused)
		printf("; %u excused", v->excused);
}

static void print_alibi(const char *where, const struct check_result *c)
{
	char have[TEXT_AGE], need[TEXT_AGE];

	if (c->have < 0)
		printf("not seen %s", where);
	else if (!c->have)
		printf("seen %s around an offence", where);
	else
		printf("seen %s %s from the nearest offence", where, text_age(c->have, have));
	if (c->is_passed && c->have >= 0 && c->have <= c->need)
		printf(", after the listing had begun: that excuses nothing");
	else
		printf(" (within %s it is an alibi)", text_age(c->need, need));
}

static void print_neighbours(const struct explain *e, const struct check_result *c)
{
	struct prefix p = neighbours_prefix(&e->of.r.src, &e->j->rules);
	char net[ADDR_TEXT + 80], one[ADDR_TEXT]; /* a provider's name has at most 64 */
	struct prefix host = source_prefix(&e->of.n.one);

	prefix_text(&p, net);
	if (e->of.provider)
		snprintf(net + strlen(net), sizeof(net) - strlen(net), " or of %s", e->of.provider);
	if (c->have < 0) {
		printf("no other address in %s has a verified alibi", net);
		return;
	}
	printf("%u in %s with a verified alibi, such as %s; ", e->of.n.count, net,
	       prefix_text(&host, one));
	print_alibi("at the real MX", c);
}

static void print_dual(const struct explain *e, const struct check_result *c)
{
	bool is_ip6 = !addr_is_ip4(&e->of.r.src.addr);
	const char *mine = is_ip6 ? "IPv6" : "IPv4", *other = is_ip6 ? "IPv4" : "IPv6";

	if (!c->have) {
		printf("a walk over %s would have been seen", mine);
		return;
	}
	printf("%" PRId64 " offence%s while no low fake had %s: it may have tried low and real "
	       "over %s", c->have, times(c->have), mine, other);
	if (c->is_passed)
		printf("; dual-stack = accept");
}

static void print_gaps(const struct explain *e, const struct check_result *c)
{
	const struct site *site = &e->j->site;
	char text[TEXT_TIME];
	size_t i;

	if (!c->have) {
		printf("no verified evidence was lost");
		return;
	}
	printf("verified evidence was lost, the last time at %s%s", text_time(c->have, text),
	       c->is_passed ? ", not near an offence" : "");
	for (i = 0; i < site->losts; i++)
		if (site->lost[i].first <= c->have && site->lost[i].last >= c->have) {
			printf(": %s", explain_gap(e, i));
			return;
		}
}

static void print_flood(const struct explain *e, const struct check_result *c)
{
	if (c->is_passed) {
		printf("no flood hid what it did before an offence");
		return;
	}
	printf("%" PRId64 " offence%s during a flood of SYNs: if it was at low or real before, that was "
	       "not noted", c->have, times(c->have));
	if (e->of.v.is_verified)
		printf("; from its first dialogue on it would be");
}

static void print_learning(const struct explain *e, const struct check_result *c)
{
	unsigned int n = e->of.v.learning;
	char text[TEXT_TIME];

	if (c->is_passed)
		printf("no offence was while learning");
	else
		printf("%u offence%s while learning, which %s until %s", n, times(n),
		       c->have < e->j->now ? "lasted" : "lasts", text_time(c->have, text));
}

static void print_real_mx(const struct explain *e, const struct check_result *c)
{
	char have[TEXT_AGE], need[TEXT_AGE];
	bool is_ip6 = !addr_is_ip4(&e->of.r.src.addr);

	if (!e->j->site.family[is_ip6].has_real)
		printf("no real MX is configured for %s", is_ip6 ? "IPv6" : "IPv4");
	else if (c->have < 0)
		printf("no source was ever seen at the real MX");
	else
		printf("a source %s the real MX %s ago%s; needed within %s",
		       e->j->site.family[is_ip6].data_last ? "sent data to" : "was at",
		       text_age(c->have, have),
		       e->j->site.family[is_ip6].is_or_later ? " or later" : "", text_age(c->need, need));
	if (!c->is_passed && e->of.v.is != JUDGED_HELD && e->of.v.is != JUDGED_WAITING && c->have > 0)
		printf("; was listed before");
	if (e->j->site.is_unseen_accepted)
		printf("; real-mx-unseen = accept");
}

static void print_grace(const struct explain *e, const struct check_result *c)
{
	char have[TEXT_AGE], need[TEXT_AGE], paused[TEXT_AGE];

	printf("had %s to come back; %s needed", text_age(c->have, have), text_age(c->need, need));
	if (e->of.v.paused)
		printf("; %s did not count: the real MX was unhealthy, or learning",
		       text_age(e->of.v.paused, paused));
}

static void print_current(const struct explain *e)
{
	char text[TEXT_TIME], need[TEXT_AGE];

	printf("a listing ends %s after the last offence: %s",
	       text_age(e->j->rules.listing_s, need), text_time(e->of.v.until, text));
}

void explain_check(const struct explain *e, enum check check)
{
	const struct check_result *c = &e->of.v.check[check];

	printf("  %-10s %-6s ", check_names[check],
	       !c->is_asked ? "-" : c->is_passed ? "yes" : "no");
	if (!c->is_asked) {
		printf("not checked\n");
		return;
	}
	switch (check) {
	case CHECK_OFFENCES:
		print_offences(e, c);
		break;
	case CHECK_LOW:
		print_alibi("at the low fake", c);
		break;
	case CHECK_REAL:
		print_alibi("at the real MX", c);
		break;
	case CHECK_DATA:
		print_alibi("with data at the real MX", c);
		break;
	case CHECK_NEIGHBOURS:
		print_neighbours(e, c);
		break;
	case CHECK_DUAL:
		print_dual(e, c);
		break;
	case CHECK_GRACE:
		print_grace(e, c);
		break;
	case CHECK_GAPS:
		print_gaps(e, c);
		break;
	case CHECK_FLOOD:
		print_flood(e, c);
		break;
	case CHECK_LEARNING:
		print_learning(e, c);
		break;
	case CHECK_REAL_MX:
		print_real_mx(e, c);
		break;
	case CHECK_CURRENT:
		print_current(e);
		break;
	case CHECKS:
		break;
	}
	putchar('\n');
}
