/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tenants: customers with high fakes, words and domains of their own.
 */
#ifndef NOLIST_KEYS_TENANT_H
#define NOLIST_KEYS_TENANT_H

#include "user/config/conf.h"

/* "NAME", "NAME high ADDR", "NAME domains NAME|FILE", "NAME name HOST", "NAME tempfail-text TEXT". */
int conf_add_tenant(struct conf *conf, const char *value, const char *where);
void conf_check_tenants(struct conf *conf);
void conf_free_tenants(struct conf *conf);
/* Its name by its number; NULL: there is none of that number. */
const char *conf_tenant_name(const struct conf *conf, unsigned int number);
/* Forgets their addresses. */
void conf_drop_tenants_mx(struct conf *conf);

#endif
