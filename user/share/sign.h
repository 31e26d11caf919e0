/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures (Ed25519) of heads and of the list, so that whoever holds the place where nodes meet can
 * make up nothing. A signature stands behind what it signs, which names its node and its time.
 */
#ifndef NOLIST_SHARE_SIGN_H
#define NOLIST_SHARE_SIGN_H

#include <stdbool.h>

#include "user/share/bytes.h"

#define KEY_BYTES 32
#define KEY_TEXT (2 * KEY_BYTES + 1)

/* 64 hex digits: 0 or -EINVAL. */
int sign_key_parse(const char *text, uint8_t key[KEY_BYTES]);
void sign_key_text(const uint8_t key[KEY_BYTES], char text[KEY_TEXT]);
/* The private key in a file. 0 or -errno, explained by failure_of(). */
int sign_key_read(const char *file, uint8_t key[KEY_BYTES]);
/* Makes that file, if it is not there. */
int sign_key_make(const char *file);
void sign_public(const uint8_t key[KEY_BYTES], uint8_t public[KEY_BYTES]);

/* Appends a signature of all that b has. */
void sign_append(struct bytes *b, const uint8_t key[KEY_BYTES]);
/* How many bytes there are before a signature; all, if there is none. */
size_t sign_body(const uint8_t *at, size_t size);
/* Is it signed by this public key? */
bool sign_is_by(const uint8_t *at, size_t size, const uint8_t public[KEY_BYTES]);

#endif
