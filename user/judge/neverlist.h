/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The never-list: networks that no list may ever contain. Networks of special use, the
 * addresses of this host, its gateways and resolvers, and the MX addresses.
 * All functions return 0 or -errno.
 */
#ifndef NOLIST_NEVERLIST_H
#define NOLIST_NEVERLIST_H

#include "user/base/prefix_set.h"
#include "user/config/conf.h"

/* Networks of special use and the configured MX addresses, without "never-list-except". */
int neverlist_new(struct prefix_set **list, const struct conf *conf);
/* This host's addresses, gateways and resolvers. */
int neverlist_add_host(struct prefix_set *list);
int neverlist_add_mx(struct prefix_set *list, const struct nolist_addr *addr);

/* Parts of neverlist_new(): */
int neverlist_add_special_use(struct prefix_set *list);
/* Removes a network that only labs use; -EINVAL: it is not one of these. */
int neverlist_except(struct prefix_set *list, const struct prefix *p);

#endif
