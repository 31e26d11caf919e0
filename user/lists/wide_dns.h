/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wide lists as a DNS list of their own, and the rules that ask it.
 */
#ifndef NOLIST_WIDE_DNS_H
#define NOLIST_WIDE_DNS_H

#include <stdint.h>
#include "user/base/writer.h"
#include "user/lists/format.h"

#define WIDE_ANSWER "127.0.0.5" /* which no reader of a block list takes for a listing */
#define WIDE_LIFE_S (90 * DAY_S) /* as old as a file of origins may be */

/* The head of a "combined" data set of rbldnsd; then a set for each family. */
void wide_dns_head(struct writer *o, const struct format_words *words, int64_t time);
void wide_dns_set(struct writer *o, int family);
/* SpamAssassin's rules for it, with a small score. */
void wide_dns_rules(struct writer *o, const struct format_words *words);

#endif
