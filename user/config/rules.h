/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules that an administrator may set: one table with name, unit, default, limits
 * and meaning of each, from which configuration file, help and checks are made.
 */
#ifndef NOLIST_RULES_H
#define NOLIST_RULES_H

#include <stddef.h>

/* What an administrator may set; names, defaults and meanings are in rule_table. */
struct rules {
	unsigned int window_s;
	unsigned int data_window_s;
	unsigned int grace_s;
	unsigned int offences;
	unsigned int offences_weak;
	unsigned int bad_acks;
	unsigned int bad_acks_all;
	unsigned int listing_s;
	unsigned int real_seen_s;
	unsigned int real_opens;
	unsigned int real_usual;
	unsigned int learning_s;
	unsigned int neighbours_ip4;
	unsigned int neighbours_ip6;
	unsigned int list_life_s;
	unsigned int pardon_s;
	unsigned int growth;
	unsigned int growth_min;
	unsigned int accepted_frees;
	unsigned int greylist_wait_s;
	unsigned int origin_wait_s;
};

struct rule {
	const char *name; /* as in the configuration file */
	const char *unit; /* "s", "bits", "%", or "" for a number */
	unsigned int initial;
	unsigned int min, max;
	const char *meaning;
	size_t offset; /* in struct rules */
};

extern const struct rule rule_table[]; /* ends with a row without name */

void rules_init(struct rules *rules);
unsigned int *rules_value(struct rules *rules, const struct rule *rule);

#endif
