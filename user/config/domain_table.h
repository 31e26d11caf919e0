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
	unsigned int count; /* domains of the first set */
	bool has_below;
	struct nolist_key key;
};

/*
 * Makes the table of sorted sets, at least one: the names of each are found by its own key only. key: NULL draws one. 0, -ENOMEM, -E2BIG: the names fit into
 * no table, or why no key can be drawn. The caller frees the table.
 */
int domain_table_make(struct domain_table *t, const struct domain_set *set, unsigned int sets,
		      const struct nolist_key *key);
/* That of a set, by its number; of the first, 0, it is the table's. */
struct nolist_key domain_table_key(const struct domain_table *t, unsigned int set);
void domain_table_free(struct domain_table *t);
/* What the configuration says of it; which place it has is for the kernel's side. */
void domain_table_fill(const struct domain_table *t, struct nolist_config *out);
/* The hash of a name in small letters. */
__u64 domain_table_hash(const struct nolist_key *key, const char *name);

#endif
