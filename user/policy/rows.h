/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The snapshot that the policy service decides from: a file of the list format "policy".
 *
 *   # ...                   the head of every list
 *   H KEY VALUE             what holds for all sources (snapshot.c has the keys)
 *   S KEY LISTED FIRST LAST a source: listed until; its data to the real MX
 *   N KEY ALIBI LOW         a network: its latest alibi, its latest contact with the low fake
 *   G KEY ALIBI LOW         the same of a provider; KEY is a hash of its name
 *   R HASH                  a recipient that is never deferred; in the order of the hashes
 *   P PREFIX NUMBER         a network of the provider of this number, from 0
 *   E PREFIX                exempt; L: the same, but what an X PREFIX has is not
 *   W PREFIX                it is of an origin that waits longer
 *   Z S N G PREFIXES R      the last line: how many of each
 *
 * Rows of S, N and G have one length each, and are in the order of their keys, G in that of its
 * numbers; keys and times (seconds since 1970, 0: never) are in hex.
 */
#ifndef NOLIST_POLICY_ROWS_H
#define NOLIST_POLICY_ROWS_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include "user/base/addr.h"

#define ROW_SOURCE_FORMAT "S %016llx %08x %08x %08x\n"
#define ROW_SOURCE 46
#define ROW_NETWORK_FORMAT "%c %016llx %08x %08x\n"
#define ROW_NETWORK 37
#define ROW_RECIPIENT_FORMAT "R %016llx\n"
#define ROW_RECIPIENT 19
#define ROW_TIME_MAX 0xffffffffll

/* Of an IPv4 address its number, of an IPv6 address that of its /64. */
static inline uint64_t row_key(const struct nolist_addr *a)
{
	int i, from = addr_is_ip4(a) ? 12 : 0, to = addr_is_ip4(a) ? 16 : 8;
	uint64_t key = 0;

	for (i = from; i < to; i++)
		key = key << 8 | a->b[i];
	return key;
}

/* The source of such a key. */
static inline struct nolist_source row_source(uint64_t key)
{
	struct nolist_source src = {};
	int i;

	if (key >> 32)
		for (i = 0; i < 8; i++)
			src.addr.b[i] = key >> (56 - 8 * i);
	else
		src.addr = addr_of_ip4(htonl(key));
	return src;
}

/* Its network, by the rules "neighbours-ip4" and "neighbours-ip6". */
static inline uint64_t row_network(const struct nolist_addr *a, unsigned int bits4, unsigned int bits6)
{
	uint64_t key = row_key(a);

	return addr_is_ip4(a) ? key & 0xffffffffull << (32 - bits4) : key & ~0ull << (64 - bits6);
}

/* FNV-1a of an address, its case aside: mail addresses are read and compared, and stored nowhere. */
static inline uint64_t row_recipient(const char *text, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; size; size--, text++)
		hash = (hash ^ (*text >= 'A' && *text <= 'Z' ? *text | 32 : (unsigned char)*text)) *
		       0x100000001b3ull;
	return hash ? hash : 1;
}

/* All that a line of "policy-except" may say of an address: itself, @DOMAIN, NAME@. 0: nothing. */
static inline void row_recipient_keys(const char *text, uint64_t key[3])
{
	const char *at = strrchr(text, '@');

	key[0] = *text ? row_recipient(text, strlen(text)) : 0;
	key[1] = at ? row_recipient(at, strlen(at)) : 0;
	key[2] = at ? row_recipient(text, at + 1 - text) : 0;
}

/* FNV-1a of a provider's name; the highest bit is set in no key of an address in use. */
static inline uint64_t row_provider(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ull;
	return hash | 1ull << 63;
}

#endif
