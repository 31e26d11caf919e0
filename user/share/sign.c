// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and signatures.
 */
#include <errno.h>
#include <nettle/eddsa.h>
#include <string.h>

#include "user/base/secret_file.h"
#include "user/share/sign.h"

_Static_assert(KEY_BYTES == SECRET_MAX && KEY_TEXT == SECRET_TEXT, "a key is such a secret");

static const char mark[8] = "nolist-s";
#define BEHIND (ED25519_SIGNATURE_SIZE + sizeof(mark))

int sign_key_parse(const char *text, uint8_t key[KEY_BYTES])
{
	return secret_parse(text, key, KEY_BYTES);
}

void sign_key_text(const uint8_t key[KEY_BYTES], char text[KEY_TEXT])
{
	secret_text(key, KEY_BYTES, text);
}

int sign_key_read(const char *file, uint8_t key[KEY_BYTES])
{
	return secret_file_read(file, "private key", key, KEY_BYTES);
}

int sign_key_make(const char *file)
{
	int error = secret_file_make(file, KEY_BYTES);

	return error == -EEXIST ? 0 : error;
}

void sign_public(const uint8_t key[KEY_BYTES], uint8_t public[KEY_BYTES])
{
	ed25519_sha512_public_key(public, key);
}

void sign_append(struct bytes *b, const uint8_t key[KEY_BYTES])
{
	uint8_t public[KEY_BYTES], signature[ED25519_SIGNATURE_SIZE];

	if (b->is_bad)
		return;
	sign_public(key, public);
	ed25519_sha512_sign(public, key, b->used, b->at, signature);
	bytes_raw(b, signature, sizeof(signature));
	bytes_raw(b, mark, sizeof(mark));
}

size_t sign_body(const uint8_t *at, size_t size)
{
	if (size < BEHIND || memcmp(at + size - sizeof(mark), mark, sizeof(mark)))
		return size;
	return size - BEHIND;
}

bool sign_is_by(const uint8_t *at, size_t size, const uint8_t public[KEY_BYTES])
{
	size_t body = sign_body(at, size);

	return body < size && ed25519_sha512_verify(public, body, at, at + body);
}
