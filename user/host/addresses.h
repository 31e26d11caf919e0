/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses that the operating system knows: those of this host, of its gateways and of
 * its resolvers. All in network byte order, IPv4 v4-mapped.
 */
#ifndef NOLIST_ADDRESSES_H
#define NOLIST_ADDRESSES_H

#include "user/base/addr.h"

/*
 * Calls fn for each address of this host, its gateways and its resolvers; an address may
 * come several times. A return other than 0 ends the walk and is returned. Else 0 or -errno.
 */
typedef int host_address_fn(const struct nolist_addr *addr, const char *what, void *arg);
int host_each_address(host_address_fn *fn, void *arg);

/*
 * Addresses of this network namespace, and the broadcast addresses of its IPv4
 * subnets, sorted, each once, without loopback. 0 or -errno; the caller frees *own.
 */
int host_own(struct nolist_addr **own, int *owns);

/* Addresses of this network namespace only, without loopback and IPv6 link-local. As above. */
int host_addresses(struct nolist_addr **own, int *owns);

#endif
