/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When networks (IPv4 /24, IPv6 /64) were at a low fake, and had their first SYN held by the gate,
 * live: the program's map nolist_stamps, mapped once and read without a system call or a capability.
 * Anybody can forge a stamp, and networks may share one, so it may only ever excuse.
 */
#ifndef NOLIST_POLICY_STAMPS_H
#define NOLIST_POLICY_STAMPS_H

#include "user/base/addr.h"

struct stamps;

/* Opens the pinned map, without libbpf: a descriptor, or -errno. */
int stamps_open_pin(const char *path);
/* fd: of the map, which stays the caller's. 0 or -errno. */
int stamps_map(struct stamps **sp, int fd);
void stamps_unmap(struct stamps *s); /* accepts NULL */
/* How long ago the network of an address was there, in ns, modulo 52 days; -ENOENT: never. */
long long stamps_low(const struct stamps *s, const struct nolist_addr *addr);
/* The same of its first SYN to the real MX that the gate held, where it goes by networks. */
long long stamps_held(const struct stamps *s, const struct nolist_addr *addr);
/* For how long they are complete, in ns; -ENOENT: there are none. */
long long stamps_age(const struct stamps *s);

#endif
