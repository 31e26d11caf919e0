// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks nftables' rules with a SYN: is it dropped, or (chains of type nat) sent elsewhere?
 * A condition on anything that is not in that SYN is unknown, and then the answer is only
 * "perhaps".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/check/rule.h"

enum { HOOKS = 3, CHAINS_MAX = 64, DEPTH_MAX = 16, VISITS_MAX = 1000000 };

/* Where a walk ends; FOUND: at what was looked for. */
enum fate { GOES_ON, ACCEPTED, FOUND, ANSWERED };

/* --- verdicts and rules ------------------------------------------------------------ */

static enum fate walk_chain(struct syn *s, const json_t *base, const char *name, int depth);

static bool same_table(const json_t *a, const json_t *b)
{
	return rule_has(a, "family", rule_text(b, "family")) &&
	       rule_has(a, "table", rule_text(b, "table"));
}

static enum fate found(struct syn *s, const json_t *rule, bool is_certain, const char *what)
{
	if (is_certain || !s->is_perhaps)
		snprintf(s->rule, sizeof(s->rule), "%s of chain '%s', table '%s %s'", what,
			 *rule_text(rule, "chain") ? rule_text(rule, "chain")
						   : rule_text(rule, "name"),
			 rule_text(rule, "family"), rule_text(rule, "table"));
	if (is_certain)
		return FOUND;
	s->is_perhaps = true;
	return GOES_ON;
}

/* Is it what is looked for: a drop, or a translation of the destination? */
static bool is_wanted(const struct syn *s, const json_t *statement)
{
	if (!s->is_nat)
		return json_object_get(statement, "drop");
	return json_object_get(statement, "dnat") || json_object_get(statement, "redirect");
}

/* A verdict of a rule whose conditions hold (is == YES), or may hold. */
static enum fate do_verdict(struct syn *s, const json_t *rule, const json_t *statement, enum is is,
			    int depth)
{
	char what[48];
	const json_t *to;
	enum fate fate;
	bool was_sure = s->is_sure;

	snprintf(what, sizeof(what), "rule %d",
		 (int)json_integer_value(json_object_get(rule, "handle")));
	if (is_wanted(s, statement))
		return found(s, rule, is == YES && s->is_sure, what);
	if (json_object_get(statement, "reject") || json_object_get(statement, "accept")) {
		fate = json_object_get(statement, "accept") ? ACCEPTED : ANSWERED;
	} else if ((to = json_object_get(statement, "jump")) ||
		   (to = json_object_get(statement, "goto"))) {
		if (is != YES)
			s->is_sure = false;
		fate = walk_chain(s, rule, rule_text(to, "target"), depth + 1);
		if (is == YES)
			return fate;
		s->is_sure = was_sure;
	} else {
		fate = ACCEPTED; /* sent elsewhere, or to a program */
		is = UNKNOWN;
	}
	if (is == YES)
		return fate;
	s->is_sure = false;
	return GOES_ON;
}

static bool is_verdict(const json_t *st)
{
	static const char *const names[] = { "accept", "drop",	   "reject", "jump",	   "goto",
					     "queue",  "dnat",	   "snat",   "redirect",   "tproxy",
					     "masquerade", "synproxy" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_object_get(st, names[i]))
			return true;
	return false;
}

static enum fate do_vmap(struct syn *s, const json_t *rule, const json_t *vmap, enum is is,
			 int depth)
{
	const json_t *set = json_object_get(json_object_get(vmap, "data"), "set"), *pair;
	enum fate fate;
	size_t i;

	if (!json_is_array(set)) {
		s->is_sure = false;
		return GOES_ON;
	}
	json_array_foreach(set, i, pair) {
		enum is one = rule_is_any(s, json_object_get(vmap, "key"), json_array_get(pair, 0));

		if (one == NO)
			continue;
		fate = do_verdict(s, rule, json_array_get(pair, 1), is == YES ? one : UNKNOWN,
				  depth);
		if (fate != GOES_ON || one == YES)
			return fate;
	}
	return GOES_ON;
}

/* *is_return: the chain is left. */
static enum fate do_rule(struct syn *s, const json_t *rule, int depth, bool *is_return)
{
	enum is is = YES, one;
	const json_t *st;
	enum fate fate;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, st) {
		const json_t *xt = json_object_get(st, "xt");

		if (json_object_get(st, "match")) {
			one = rule_matches(s, json_object_get(st, "match"));
			if (one == NO)
				return GOES_ON;
			if (one == UNKNOWN)
				is = UNKNOWN;
		} else if (json_object_get(st, "vmap")) {
			fate = do_vmap(s, rule, json_object_get(st, "vmap"), is, depth);
			if (fate != GOES_ON)
				return fate;
		} else if (json_object_get(st, "return")) {
			*is_return = is == YES;
			s->is_sure = s->is_sure && is == YES;
			return GOES_ON;
		} else if (is_verdict(st)) {
			return do_verdict(s, rule, st, is, depth);
		} else if (xt && rule_has(xt, "type", "target")) {
			if (s->is_nat && (rule_has(xt, "name", "DNAT") || rule_has(xt, "name", "REDIRECT")))
				return found(s, rule, is == YES && s->is_sure, "an iptables rule");
			/* REJECT answers; of other targets the effect is unknown. */
			s->is_sure = s->is_sure && is == YES && rule_has(xt, "name", "REJECT");
			return s->is_sure ? ANSWERED : GOES_ON;
		} else if (s->is_nat && xt && rule_has(xt, "name", "addrtype")) {
			continue; /* docker's: local addresses, as that of the real MX is */
		} else if (xt || json_object_get(st, "limit") || json_object_get(st, "ct count") ||
			   json_object_get(st, "quota")) {
			is = UNKNOWN;
		}
	}
	return GOES_ON;
}

static enum fate walk_chain(struct syn *s, const json_t *base, const char *name, int depth)
{
	const json_t *item, *rule;
	bool is_return = false;
	enum fate fate;
	size_t i;

	if (depth > DEPTH_MAX)
		return GOES_ON;
	json_array_foreach(s->items, i, item) {
		/* Chains that jump to each other twice are walked twice as often each time. */
		if (++s->visits > VISITS_MAX) {
			s->is_sure = false;
			return GOES_ON;
		}
		rule = json_object_get(item, "rule");
		if (!rule || !same_table(rule, base) || !rule_has(rule, "chain", name))
			continue;
		fate = do_rule(s, rule, depth, &is_return);
		if (fate != GOES_ON || is_return)
			return fate;
	}
	return GOES_ON;
}

/* --- the chains that it meets -------------------------------------------------------- */

/* Limit: libnftables 1.0.6 does not say which device a chain is for. */
static enum is is_at(const struct syn *s, const json_t *dev)
{
	const json_t *one;
	size_t i;

	if (!dev)
		return UNKNOWN;
	if (!json_is_array(dev))
		return rule_is_word(dev, s->iface);
	json_array_foreach(dev, i, one) if (rule_is_word(one, s->iface) != NO) return YES;
	return NO;
}

static int hook_of(const struct syn *s, const json_t *chain)
{
	static const char *const hooks[HOOKS] = { "ingress", "prerouting", "input" };
	const char *family = rule_text(chain, "family");
	int i;

	/* Chains of type nat never drop, and no other translates. */
	if (rule_has(chain, "type", "nat") != s->is_nat)
		return -1;
	for (i = 0; i < HOOKS && !rule_has(chain, "hook", hooks[i]); i++)
		;
	if (!i)
		return is_at(s, json_object_get(chain, "dev")) == NO ? -1 : 0;
	if (i == HOOKS || (s->is_nat && i != 1) || (strcmp(family, "inet") && strcmp(family, s->family)))
		return -1;
	return i;
}

struct base {
	const json_t *chain;
	int hook;
	long long prio;
};

static int compare(const void *a, const void *b)
{
	const struct base *x = a, *y = b;

	if (x->hook != y->hook)
		return x->hook - y->hook;
	return x->prio < y->prio ? -1 : x->prio > y->prio;
}

static enum fate walk(struct syn *s)
{
	struct base base[CHAINS_MAX];
	const json_t *item, *chain;
	enum fate fate;
	size_t i;
	int n = 0, b;

	json_array_foreach(s->items, i, item) {
		chain = json_object_get(item, "chain");
		if (!chain || n == CHAINS_MAX || hook_of(s, chain) < 0)
			continue;
		base[n++] = (struct base){ chain, hook_of(s, chain),
					   json_integer_value(json_object_get(chain, "prio")) };
	}
	qsort(base, n, sizeof(*base), compare);
	for (b = 0; b < n; b++) {
		json_t *of =
			json_pack("{s:s,s:s,s:s}", "family", rule_text(base[b].chain, "family"),
				  "table", rule_text(base[b].chain, "table"), "chain",
				  rule_text(base[b].chain, "name"));

		if (!of)
			return GOES_ON;
		s->is_sure = base[b].hook || is_at(s, json_object_get(base[b].chain, "dev")) == YES;
		fate = walk_chain(s, of, rule_text(base[b].chain, "name"), 0);
		if (fate == GOES_ON && rule_has(base[b].chain, "policy", "drop"))
			fate = found(s, of, s->is_sure, "the policy");
		json_decref(of);
		if (fate == FOUND || fate == ANSWERED)
			return fate;
	}
	return GOES_ON;
}

enum is rule_walk(struct syn *s)
{
	enum fate fate;

	s->visits = 0;
	s->is_perhaps = false;
	*s->rule = '\0';
	fate = walk(s);
	s->is_endless = s->visits > VISITS_MAX;
	if (fate == FOUND)
		return YES;
	return s->is_perhaps ? UNKNOWN : NO;
}
