// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses and prefixes <-> text. Pure: no system calls. Text is parsed strictly:
 * no blanks, no zone, no leading zeros, no host bits.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/addr.h"

#define IP4_BITS 96 /* bits of a v4-mapped address before the IPv4 address */

bool addr_is_ip4(const struct nolist_addr *addr)
{
	return !addr->q[0] && addr->w[2] == htonl(0xffff);
}

struct nolist_addr addr_of_ip4(__be32 ip)
{
	struct nolist_addr a = {};

	a.w[2] = htonl(0xffff);
	a.w[3] = ip;
	return a;
}

int addr_parse(const char *text, struct nolist_addr *addr)
{
	struct nolist_addr a = {};

	if (inet_pton(AF_INET, text, &a.w[3]) == 1)
		a.w[2] = htonl(0xffff);
	else if (inet_pton(AF_INET6, text, &a) != 1)
		return -EINVAL;
	*addr = a;
	return 0;
}

static bool has_host_bits(const struct prefix *p)
{
	unsigned int i;

	for (i = p->len; i < 128; i++)
		if (p->addr.b[i / 8] & (0x80 >> i % 8))
			return true;
	return false;
}

bool prefix_is_right(const struct prefix *p)
{
	return p->len <= 128 && !has_host_bits(p);
}

int prefix_parse(const char *text, struct prefix *p)
{
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int len = 128, max;
	char host[ADDR_TEXT];
	struct prefix got = { .len = len };

	if (!slash && !addr_parse(text, &got.addr)) {
		*p = got;
		return 0;
	}
	if (size >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, size);
	host[size] = '\0';
	if (addr_parse(host, &got.addr))
		return -EINVAL;
	if (slash) {
		/* The length of ::ffff:a.b.c.d/n counts the bits of IPv6. */
		bool is_dotted = !strchr(host, ':');

		size = strspn(slash + 1, "0123456789");
		if (!size || size > 3 || slash[1 + size] || (size > 1 && slash[1] == '0'))
			return -EINVAL;
		len = strtoul(slash + 1, NULL, 10);
		max = is_dotted ? 32 : 128;
		if (len > max)
			return -EINVAL;
		len += is_dotted ? IP4_BITS : 0;
	}
	got.len = len;
	if (has_host_bits(&got))
		return -EINVAL;
	*p = got;
	return 0;
}

const char *addr_text(const struct nolist_addr *addr, char text[ADDR_TEXT])
{
	if (addr_is_ip4(addr))
		return inet_ntop(AF_INET, &addr->w[3], text, ADDR_TEXT);
	return inet_ntop(AF_INET6, addr, text, ADDR_TEXT);
}

const char *prefix_text(const struct prefix *p, char text[ADDR_TEXT])
{
	bool is_ip4 = addr_is_ip4(&p->addr) && p->len >= IP4_BITS;
	size_t size;

	if (is_ip4)
		addr_text(&p->addr, text);
	else
		inet_ntop(AF_INET6, &p->addr, text, ADDR_TEXT);
	size = strlen(text);
	if (p->len < 128)
		snprintf(text + size, ADDR_TEXT - size, "/%d", is_ip4 ? p->len - IP4_BITS : p->len);
	return text;
}

uint64_t addr_network(const struct nolist_addr *addr)
{
	bool is_ip4 = addr_is_ip4(addr);
	int i, from = is_ip4 ? 12 : 0, size = is_ip4 ? 3 : 6;
	uint64_t n = 0;

	for (i = from; i < from + size; i++)
		n = n << 8 | addr->b[i];
	return n | (is_ip4 ? 1ull << 63 : 1ull << 62);
}

int addr_compare(const struct nolist_addr *a, const struct nolist_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

bool prefix_has(const struct prefix *p, const struct nolist_addr *addr)
{
	unsigned int bytes = p->len / 8, bits = p->len % 8;

	/* ::/0 is all of IPv6, but not the IPv4 addresses that we map into it. */
	if (addr_is_ip4(addr) && p->len < IP4_BITS)
		return false;
	if (memcmp(&p->addr, addr, bytes))
		return false;
	return !bits || !((p->addr.b[bytes] ^ addr->b[bytes]) & (0xff00 >> bits));
}

struct nolist_source addr_source(const struct nolist_addr *addr)
{
	struct nolist_source src = { .addr = *addr };

	if (!addr_is_ip4(addr))
		src.addr.q[1] = 0;
	return src;
}

struct prefix source_prefix(const struct nolist_source *src)
{
	struct prefix p = { .addr = src->addr, .len = addr_is_ip4(&src->addr) ? 128 : 64 };

	return p;
}
