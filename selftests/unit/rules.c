// SPDX-License-Identifier: GPL-2.0-only
/*
 * nftables' rules, as libnftables prints them, against the SYN of a stranger: would it be
 * dropped, or sent to another host or port? Why it matters: a container behind DNAT looks
 * like a real MX that nobody verified, and a wrong doubt makes an admin change a firewall
 * that is right.
 */
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/check/rule.h"

#define DADDR(a) "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"daddr\"}},\"right\":\"" a "\"}}"
#define DPORT(n) "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":" #n "}}"
#define LOCAL "{\"match\":{\"op\":\"==\",\"left\":{\"fib\":{\"result\":\"type\",\"flags\":[\"daddr\"]}},\"right\":\"local\"}}"
#define STATUS(s) "{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"status\"}},\"right\":" s "}}"
#define MARK "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"mark\"}},\"right\":7}}"
#define NOT_DOCKER "{\"match\":{\"op\":\"!=\",\"left\":{\"meta\":{\"key\":\"iifname\"}},\"right\":\"docker0\"}}"
#define XT(type, name) "{\"xt\":{\"type\":\"" type "\",\"name\":\"" name "\"}}"
#define DNAT "{\"dnat\":{\"addr\":\"172.18.0.2\",\"port\":25}}"
#define CHAIN(table, name, type, hook, policy) \
	"{\"chain\":{\"family\":\"ip\",\"table\":\"" table "\",\"name\":\"" name "\",\"type\":\"" type \
	"\",\"hook\":\"" hook "\",\"prio\":0,\"policy\":\"" policy "\"}}"
#define RULE(table, chain, expr) \
	",{\"rule\":{\"family\":\"ip\",\"table\":\"" table "\",\"chain\":\"" chain \
	"\",\"handle\":4,\"expr\":[" expr "]}}"
#define NAT CHAIN("t", "pre", "nat", "prerouting", "accept")
#define INPUT CHAIN("f", "in", "filter", "input", "drop")

static const struct row {
	const char *name, *rules;
	bool is_nat;
	enum is wanted;
} rows[] = {
	{ "no rules", "", true, NO },
	{ "DNAT of the port", NAT RULE("t", "pre", DPORT(25) "," DNAT), true, YES },
	{ "of another port", NAT RULE("t", "pre", DPORT(26) "," DNAT), true, NO },
	{ "of the address", NAT RULE("t", "pre", DADDR("192.0.2.20") "," DPORT(25) "," DNAT), true, YES },
	{ "of another address", NAT RULE("t", "pre", DADDR("192.0.2.21") "," DNAT), true, NO },
	{ "of local addresses, as docker writes it", NAT RULE("t", "pre", LOCAL "," DPORT(25) "," DNAT),
	  true, YES },
	{ "a redirection to another port",
	  NAT RULE("t", "pre", DPORT(25) ",{\"redirect\":{\"port\":2525}}"), true, YES },
	{ "on a mark, perhaps", NAT RULE("t", "pre", MARK "," DNAT), true, UNKNOWN },
	{ "after an accept", NAT RULE("t", "pre", "{\"accept\":null}") RULE("t", "pre", DNAT), true, NO },
	{ "by docker's iptables",
	  NAT RULE("t", "pre", XT("match", "addrtype") ",{\"jump\":{\"target\":\"DOCKER\"}}")
	  RULE("t", "DOCKER", NOT_DOCKER "," DPORT(25) "," XT("target", "DNAT")), true, YES },
	{ "by another extension of iptables, perhaps",
	  NAT RULE("t", "pre", XT("match", "statistic") "," XT("target", "REDIRECT")), true, UNKNOWN },
	{ "a postrouting chain translates no destination",
	  CHAIN("t", "post", "nat", "postrouting", "accept") RULE("t", "post", DNAT), true, NO },
	{ "a drop is no translation", INPUT, true, NO },
	{ "a policy that drops", INPUT, false, YES },
	{ "a translation drops nothing", NAT RULE("t", "pre", DPORT(25) "," DNAT), false, NO },
	{ "firewalld: what is translated is accepted, and nothing is",
	  INPUT RULE("f", "in", STATUS("\"dnat\"") ",{\"accept\":null}"), false, YES },
	{ "a list of states of that kind",
	  INPUT RULE("f", "in", STATUS("[\"seen-reply\",\"assured\"]") ",{\"accept\":null}"), false, YES },
	{ "and something is: it is accepted",
	  NAT RULE("t", "pre", DPORT(25) "," DNAT) "," INPUT
	  RULE("f", "in", STATUS("\"dnat\"") ",{\"accept\":null}"), false, NO },
	{ "or may be: no more is known",
	  NAT RULE("t", "pre", MARK "," DNAT) "," INPUT
	  RULE("f", "in", STATUS("\"dnat\"") ",{\"accept\":null}"), false, UNKNOWN },
	{ "a status that is not known", INPUT RULE("f", "in", STATUS("\"new-one\"") ",{\"accept\":null}"),
	  false, UNKNOWN },
};

static enum is walk(const struct row *row)
{
	static char text[1 << 13];
	struct nolist_addr addr;
	struct syn s = { .iface = "eth0", .family = "ip", .daddr = "192.0.2.20", .addr = &addr,
			 .dport = 25 };
	enum is is;

	snprintf(text, sizeof(text), "[%s]", row->rules);
	s.items = json_loads(text, 0, NULL);
	if (!s.items || addr_parse("192.0.2.20", &addr))
		tap_die(row->name);
	s.is_nat = true;
	s.is_translated = rule_walk(&s);
	s.is_nat = row->is_nat;
	is = rule_walk(&s);
	json_decref(s.items);
	return is;
}

int main(void)
{
	static const char *const words[] = { [NO] = "no", [YES] = "yes", [UNKNOWN] = "unknown" };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum is is = walk(&rows[i]);

		tap_ok(is == rows[i].wanted, "%s: %s", rows[i].name, words[rows[i].wanted]);
		if (is != rows[i].wanted)
			printf("# got: %s\n", words[is]);
	}
	return tap_done();
}
