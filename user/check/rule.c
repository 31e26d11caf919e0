// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the conditions of an nftables rule hold for the SYN of a stranger, as far as that
 * SYN shows it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "user/check/rule.h"

const char *rule_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

bool rule_has(const json_t *o, const char *key, const char *text)
{
	return !strcmp(rule_text(o, key), text);
}

static enum is either(bool is_so)
{
	return is_so ? YES : NO;
}

static enum is in_prefix(const struct syn *s, const json_t *prefix)
{
	char text[ADDR_TEXT];
	struct prefix p;

	snprintf(text, sizeof(text), "%s/%d", rule_text(prefix, "addr"),
		 (int)json_integer_value(json_object_get(prefix, "len")));
	return prefix_parse(text, &p) ? UNKNOWN : either(prefix_has(&p, s->addr));
}

static enum is is_number(const json_t *value, long long number)
{
	const json_t *range = json_object_get(value, "range");

	if (json_is_integer(value))
		return either(json_integer_value(value) == number);
	if (json_is_integer(json_array_get(range, 0)) && json_is_integer(json_array_get(range, 1)))
		return either(number >= json_integer_value(json_array_get(range, 0)) &&
			      number <= json_integer_value(json_array_get(range, 1)));
	return UNKNOWN;
}

enum is rule_is_word(const json_t *value, const char *word)
{
	const char *text = json_string_value(value);

	/* "@set" and "eth*" are not plain words. */
	if (!text || *text == '@' || strchr(text, '*'))
		return UNKNOWN;
	return either(!strcmp(text, word));
}

static enum is is_tcp(const json_t *value)
{
	return json_is_string(value) ? rule_is_word(value, "tcp") : is_number(value, IPPROTO_TCP);
}

static enum is is_address(const struct syn *s, const json_t *value)
{
	struct nolist_addr addr;

	if (json_object_get(value, "prefix"))
		return in_prefix(s, json_object_get(value, "prefix"));
	if (!json_is_string(value) || addr_parse(json_string_value(value), &addr))
		return UNKNOWN;
	return either(!addr_compare(&addr, s->addr));
}

/* What conntrack knows of a SYN's connection: that it is new, and perhaps translated. */
static enum is is_status(const struct syn *s, const json_t *value)
{
	static const char *const no[] = { "expected", "seen-reply", "assured", "confirmed", "snat",
					  "dying" };
	size_t i;

	if (rule_is_word(value, "dnat") == YES)
		return s->is_translated;
	for (i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (rule_is_word(value, no[i]) == YES)
			return NO;
	return UNKNOWN;
}

/* Is the field of the SYN that left names this value? */
static enum is is_one(const struct syn *s, const json_t *left, const json_t *value)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *meta = json_object_get(left, "meta"), *ct = json_object_get(left, "ct");
	const json_t *fib = json_object_get(left, "fib");

	/* A condition on the other family's header does not hold. */
	if (payload && !strncmp(rule_text(payload, "protocol"), "ip", 2) &&
	    !rule_has(payload, "protocol", s->family))
		return NO;
	if (payload && rule_has(payload, "field", "daddr"))
		return is_address(s, value);
	if (payload && rule_has(payload, "field", "dport"))
		return rule_has(payload, "protocol", "udp") ? NO : is_number(value, s->dport);
	if (payload &&
	    (rule_has(payload, "field", "protocol") || rule_has(payload, "field", "nexthdr")))
		return is_tcp(value);
	if (meta && (rule_has(meta, "key", "iifname") || rule_has(meta, "key", "iif")))
		return rule_is_word(value, s->iface);
	if (meta && rule_has(meta, "key", "l4proto"))
		return is_tcp(value);
	if (meta && rule_has(meta, "key", "nfproto"))
		return rule_is_word(value, !strcmp(s->family, "ip") ? "ipv4" : "ipv6");
	if (rule_has(ct, "key", "state"))
		return rule_is_word(value, "new");
	if (rule_has(ct, "key", "status"))
		return is_status(s, value);
	/* Docker's: of the address that is looked at, which is this host's. */
	if (s->is_nat && fib && rule_has(fib, "result", "type"))
		return rule_is_word(value, "local");
	return UNKNOWN;
}

/* Is it one of the values? They may be a set, or a list in place of one. */
enum is rule_is_any(const struct syn *s, const json_t *left, const json_t *right)
{
	const json_t *set = json_object_get(right, "set"), *value;
	enum is is = NO, one;
	size_t i;

	if (!set && json_is_array(right))
		set = right;
	if (!set)
		return is_one(s, left, right);
	json_array_foreach(set, i, value)
	{
		one = is_one(s, left, value);
		if (one == YES)
			return YES;
		if (one == UNKNOWN)
			is = UNKNOWN;
	}
	return is;
}

enum is rule_matches(const struct syn *s, const json_t *match)
{
	enum is is =
		rule_is_any(s, json_object_get(match, "left"), json_object_get(match, "right"));
	const char *op = rule_text(match, "op");

	if (!strcmp(op, "!="))
		return is == UNKNOWN ? UNKNOWN : is == YES ? NO : YES;
	return !strcmp(op, "==") || !strcmp(op, "in") ? is : UNKNOWN;
}
