/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses and prefixes <-> text. Addresses are in network byte order. IPv4 is
 * v4-mapped in memory and dotted as text (RFC 4291 2.5.5.2). A prefix length counts
 * bits of the v4-mapped address: 96 + n for IPv4's /n.
 */
#ifndef NOLIST_ADDR_H
#define NOLIST_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include "bpf/abi.h"

#define ADDR_TEXT 64 /* bytes: enough for any address or prefix as text */

struct prefix {
	struct nolist_addr addr; /* host bits are zero */
	unsigned char len;       /* 0..128 */
};

struct nolist_addr addr_of_ip4(__be32 ip); /* v4-mapped */
int addr_parse(const char *text, struct nolist_addr *addr);   /* -EINVAL */
int prefix_parse(const char *text, struct prefix *p);         /* -EINVAL, also for host bits set */
bool prefix_is_right(const struct prefix *p); /* as struct prefix says, whatever made it */
const char *addr_text(const struct nolist_addr *addr, char text[ADDR_TEXT]);
/* A single address is written without a length: IPv4's /32 and IPv6's /128. */
const char *prefix_text(const struct prefix *p, char text[ADDR_TEXT]);
bool addr_is_ip4(const struct nolist_addr *addr);
/* A number for its /24 or /48, never 0: to compare, not to keep. */
uint64_t addr_network(const struct nolist_addr *addr);
int addr_compare(const struct nolist_addr *a, const struct nolist_addr *b); /* as memcmp */
/* Is the address in the prefix? An IPv4 address is in no IPv6 prefix, not even in ::/0. */
bool prefix_has(const struct prefix *p, const struct nolist_addr *addr);
/* The source that an address belongs to: itself, or its IPv6 /64. */
struct nolist_source addr_source(const struct nolist_addr *addr);
/* How a source is listed: an IPv4 address, or an IPv6 /64. */
struct prefix source_prefix(const struct nolist_source *src);

#endif
