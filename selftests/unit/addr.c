// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses and prefixes <-> text: what is not plainly one is refused, what is
 * written is read back the same, IPv4 never matches an IPv6 prefix. Why it
 * matters: a prefix that is read too wide lists, or spares, half the internet.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/base/addr.h"

/* Prefixes as they are read, and as they are written. */
static const struct {
	const char *in, *out; /* out NULL: refused */
} rows[] = {
	{"192.0.2.1", "192.0.2.1"},
	{"192.0.2.1/32", "192.0.2.1"},
	{"192.0.2.0/24", "192.0.2.0/24"},
	{"0.0.0.0/0", "0.0.0.0/0"},
	{"128.0.0.0/1", "128.0.0.0/1"},
	{"2001:db8::1", "2001:db8::1"},
	{"2001:DB8:0:0::1/128", "2001:db8::1"},
	{"2001:db8::/32", "2001:db8::/32"},
	{"::/0", "::/0"},
	{"8000::/1", "8000::/1"},
	{"::ffff:192.0.2.0/120", "192.0.2.0/24"},
	{"::ffff:0:0/96", "0.0.0.0/0"},
	{"192.0.2.1/24", NULL},
	{"192.0.2.0/33", NULL},
	{"192.0.2.0/", NULL},
	{"192.0.2.0/ 24", NULL},
	{"192.0.2.0/+24", NULL},
	{"192.0.2.0/024", NULL},
	{"192.0.2.0/24x", NULL},
	{"192.0.2.0/4294967320", NULL},
	{"192.0.2.0/255.255.255.0", NULL},
	{"192.0.2", NULL},
	{"192.0.2.256", NULL},
	{"192.0.2.01", NULL},
	{" 192.0.2.1", NULL},
	{"192.0.2.1 ", NULL},
	{"2001:db8::1%eth0", NULL},
	{"2001:db8::1/64", NULL},
	{"2001:db8::/129", NULL},
	{"2001:db8:::1", NULL},
	{"example.com", NULL},
	{"/24", NULL},
	{"", NULL},
	{"1111111111111111111111111111111111111111111111111111111111111111111/1", NULL},
};

static void test_rows(void)
{
	char text[ADDR_TEXT], name[256];
	struct prefix p;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ret = prefix_parse(rows[i].in, &p);
		snprintf(name, sizeof(name), "'%s' is %s", rows[i].in,
			 rows[i].out ? rows[i].out : "refused");
		tap_ok(rows[i].out ? !ret && !strcmp(prefix_text(&p, text), rows[i].out)
				   : ret == -EINVAL,
		       "%s", name);
	}
}

/* Is addr in prefix? Bit by bit, as a reference. */
static bool slow_has(const struct prefix *p, const struct nolist_addr *a)
{
	unsigned int i;

	for (i = 0; i < p->len; i++)
		if ((p->addr.b[i / 8] ^ a->b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static void test_random(void)
{
	int i, j, bad_text = 0, bad_has = 0, inside = 0;

	srandom(1);
	for (i = 0; i < 200000; i++) {
		struct prefix p = {.len = random() % 129}, again;
		struct nolist_addr a;
		char text[ADDR_TEXT];

		for (j = 0; j < 16; j++)
			p.addr.b[j] = j < p.len / 8 ? random() : 0;
		if (i % 3 == 0) {
			p.len = 96 + random() % 33;
			memset(&p.addr, 0, 10);
			p.addr.b[10] = p.addr.b[11] = 0xff;
			p.addr.w[3] = 0;
			for (j = 12; j < p.len / 8; j++)
				p.addr.b[j] = random();
		}
		a = p.addr;
		a.b[random() % 16] ^= random() % 2 ? 1 << random() % 8 : 0;
		prefix_text(&p, text);
		bad_text += prefix_parse(text, &again) || again.len != p.len ||
			    addr_compare(&again.addr, &p.addr);
		if (addr_is_ip4(&a) && p.len < 96)
			continue;
		inside += slow_has(&p, &a);
		bad_has += slow_has(&p, &a) != prefix_has(&p, &a);
	}
	tap_ok(!bad_text, "200,000 random prefixes are read as they were written");
	tap_ok(!bad_has, "prefix_has() agrees with a comparison bit by bit");
	tap_ok(inside > 10000 && inside < 190000, "and both answers occurred");
}

static void test_families(void)
{
	struct nolist_addr a4, a6;
	struct prefix all6, all4;
	struct nolist_source s4, s6;
	char text[ADDR_TEXT];
	struct prefix p;

	tap_ok(!addr_parse("192.0.2.1", &a4) && !addr_parse("2001:db8:1:2:3::4", &a6) &&
		       !prefix_parse("::/0", &all6) && !prefix_parse("0.0.0.0/0", &all4),
	       "addresses of both families are read");
	tap_ok(addr_is_ip4(&a4) && !addr_is_ip4(&a6), "each is of its family");
	tap_ok(!prefix_has(&all6, &a4) && prefix_has(&all6, &a6),
	       "::/0 is all of IPv6 and no IPv4");
	tap_ok(prefix_has(&all4, &a4) && !prefix_has(&all4, &a6),
	       "0.0.0.0/0 is all of IPv4 and no IPv6");
	s4 = addr_source(&a4);
	s6 = addr_source(&a6);
	p = source_prefix(&s4);
	tap_ok(!strcmp(prefix_text(&p, text), "192.0.2.1"), "an IPv4 source is its address");
	p = source_prefix(&s6);
	tap_ok(!strcmp(prefix_text(&p, text), "2001:db8:1:2::/64"), "an IPv6 source is its /64");
}

static uint64_t network(const char *text)
{
	struct nolist_addr addr;

	return addr_parse(text, &addr) ? 0 : addr_network(&addr);
}

static void test_networks(void)
{
	tap_ok(network("192.0.2.1") == network("192.0.2.255") && network("192.0.2.1") != network("192.0.3.1") &&
		       network("192.0.2.1") != network("193.0.2.1"), "a network is a /24");
	tap_ok(network("2001:db8:1::1") == network("2001:db8:1:ffff::") &&
		       network("2001:db8:1::1") != network("2001:db8:2::1") &&
		       network("2001:db8:1::1") != network("2001:db9:1::1"), "or a /48");
	tap_ok(network("0.0.0.0") && network("::") && network("0.0.0.0") != network("::") &&
		       network("0.0.1.0") != network("0:0:1::"), "no number is 0, and families differ");
}

int main(void)
{
	test_networks();
	test_rows();
	test_random();
	test_families();
	return tap_done();
}
