/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a rule of the host's firewall match a SYN, and where does it end in all of them?
 * Rules are libnftables' JSON.
 */
#ifndef NOLIST_RULE_H
#define NOLIST_RULE_H

#include <jansson.h>
#include <stdbool.h>
#include "user/base/addr.h"

enum is { NO, YES, UNKNOWN };

/* The SYN, and what became of it. */
struct syn {
	json_t *items; /* the rule set */
	const char *iface;
	const char *family; /* "ip" or "ip6" */
	char daddr[ADDR_TEXT];
	const struct nolist_addr *addr;
	unsigned int dport;
	unsigned int visits; /* of items, in one walk */
	bool is_nat;    /* look for a translation of the destination; else for a drop */
	enum is is_translated; /* "ct status dnat" */
	bool is_sure;   /* so far no unknown condition could have ended the walk */
	bool is_endless; /* the walk was given up: chains lead to each other too often */
	bool is_perhaps; /* a rule with unknown conditions may do it */
	char rule[160]; /* the rule that does it, or may */
};

/* A member of a rule's object, as text; "": it is none. */
const char *rule_text(const json_t *o, const char *key);
bool rule_has(const json_t *o, const char *key, const char *text);
/* Is a value this word? */
enum is rule_is_word(const json_t *value, const char *word);
/* Is the left side of a comparison among the values on its right side? */
enum is rule_is_any(const struct syn *s, const json_t *left, const json_t *right);
/* Does a "match" statement hold for the SYN? */
enum is rule_matches(const struct syn *s, const json_t *match);

/* Is it dropped (or, is_nat: sent elsewhere)? Fills rule, is_sure and is_perhaps. */
enum is rule_walk(struct syn *s);

#endif
