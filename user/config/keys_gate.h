/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of the order gate, for the table in keys.c. As for all keys: value, and where it was
 * given, for the note if it is invalid; 0 or -errno.
 */
#ifndef NOLIST_KEYS_GATE_H
#define NOLIST_KEYS_GATE_H

#include "user/config/conf.h"

int conf_set_gate(struct conf *conf, const char *value, const char *where);
int conf_set_gate_by(struct conf *conf, const char *value, const char *where);
int conf_set_gate_low(struct conf *conf, const char *value, const char *where);
int conf_set_gate_window(struct conf *conf, const char *value, const char *where);
/* What holds where they are not given. */
void conf_init_gate(struct conf *conf);
/* Notes where a gate that is configured stays open. */
void conf_check_gate(struct conf *conf);
/*
 * What makes senders wait that were at no low fake, the gate or the policy service, for messages;
 * NULL: nothing does.
 */
const char *conf_waits_at(const struct conf *conf);
/* Fills what the program reads of them. */
void conf_fill_gate(const struct conf *conf, struct nolist_config *out);

#endif
