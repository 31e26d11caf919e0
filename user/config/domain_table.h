/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of domains -> the table of keyed hashes that the program reads (abi.h, struct
 * nolist_domain_line). Pure, but for the key that is drawn.
 */
#ifndef NOLIST_DOMAIN_TABLE_H
#define NOLIST_DOMAIN_TABLE_H

#include "user/base/domain_set.h"

struct domain_table {
	struct nolist_domain_line *line;
	unsigned int lines; /* a power of two */
	unsigned int count; /* domains */
	bool has_below;
	struct nolist_key key;
};

/*
 * Makes the table of a sorted set. key: NULL draws one. 0, -ENOMEM, -E2BIG: the names fit into
 * no table, or why no key can be drawn. The caller frees the table.
 */
int domain_table_make(struct domain_table *t, const struct domain_set *set,
		      const struct nolist_key *key);
void domain_table_free(struct domain_table *t);
/* What the configuration says of it; which place it has is for the kernel's side. */
void domain_table_fill(const struct domain_table *t, struct nolist_config *out);
/* The hash of a name in small letters. */
__u64 domain_table_hash(const struct nolist_key *key, const char *name);

#endif
