// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bytes of a record say; names are unpacked by libc.
 */
#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/dns/dns.h"

int dns_name(const struct dns_record *r, size_t from, char name[DNS_NAME])
{
	unsigned char packed[NS_MAXCDNAME];
	size_t n;

	if (from >= r->size ||
	    ns_name_unpack(r->data, r->data + r->size, r->data + from, packed, sizeof(packed)) < 0 ||
	    ns_name_ntop(packed, name, DNS_NAME) < 0)
		return -EBADMSG;
	n = strlen(name);
	if (n > 1 && name[n - 1] == '.')
		name[n - 1] = '\0';
	for (; *name; name++)
		*name = tolower((unsigned char)*name);
	return 0;
}

int dns_mx(const struct dns_record *r, unsigned int *preference, char name[DNS_NAME])
{
	if (r->size < 3)
		return -EBADMSG;
	*preference = r->data[0] << 8 | r->data[1];
	return dns_name(r, 2, name);
}

int dns_address(const struct dns_record *r, struct nolist_addr *addr)
{
	__be32 ip4;

	if (r->size == sizeof(ip4)) {
		memcpy(&ip4, r->data, sizeof(ip4));
		*addr = addr_of_ip4(ip4);
		return 0;
	}
	if (r->size != sizeof(*addr))
		return -EBADMSG;
	memcpy(addr, r->data, sizeof(*addr));
	return 0;
}

int dns_txt(const struct dns_record *r, char *text, size_t size)
{
	size_t at = 0, n = 0, end;

	while (at < r->size) {
		end = at + 1 + r->data[at];
		if (end > r->size)
			return -EBADMSG;
		for (at++; at < end; at++)
			if (n + 1 < size)
				text[n++] = r->data[at] >= ' ' && r->data[at] <= '~' ? r->data[at] : '?';
	}
	text[n] = '\0';
	return 0;
}

void dns_reverse(const struct nolist_addr *addr, char name[DNS_NAME])
{
	const unsigned char *b = (const void *)addr;
	int i;

	if (addr_is_ip4(addr)) {
		snprintf(name, DNS_NAME, "%d.%d.%d.%d.in-addr.arpa", b[15], b[14], b[13], b[12]);
		return;
	}
	for (i = 15; i >= 0; i--, name += 4)
		sprintf(name, "%x.%x.", b[i] & 15, b[i] >> 4);
	strcpy(name, "ip6.arpa");
}
