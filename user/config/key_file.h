/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The secret of the sequence numbers in a file, for hosts that continue each other's dialogues.
 */
#ifndef NOLIST_KEY_FILE_H
#define NOLIST_KEY_FILE_H

#include "bpf/abi.h"

/* 0 or -errno, explained by failure_of(). */
int key_file_read(const char *file, struct nolist_key *key);
/* Makes such a file: 0 or -errno, explained; -EEXIST, if there is one. */
int key_file_make(const char *file);
/* Eight hex digits by which people see that two keys are the same; they tell nothing else of it. */
#define KEY_MARK 9
const char *key_mark(const struct nolist_key *key, char text[KEY_MARK]);

#endif
