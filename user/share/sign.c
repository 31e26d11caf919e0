// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys in files of hex digits, and signatures.
 */
#include <errno.h>
#include <fcntl.h>
#include <nettle/eddsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/share/sign.h"

static const char mark[8] = "nolist-s";
#define BEHIND (ED25519_SIGNATURE_SIZE + sizeof(mark))

int sign_key_parse(const char *text, uint8_t key[KEY_BYTES])
{
	int i;

	if (strspn(text, "0123456789abcdef") != 2 * KEY_BYTES || text[2 * KEY_BYTES])
		return -EINVAL;
	for (i = 0; i < KEY_BYTES; i++)
		sscanf(text + 2 * i, "%2hhx", &key[i]);
	return 0;
}

void sign_key_text(const uint8_t key[KEY_BYTES], char text[KEY_TEXT])
{
	int i;

	for (i = 0; i < KEY_BYTES; i++)
		sprintf(text + 2 * i, "%02x", key[i]);
}

int sign_key_read(const char *file, uint8_t key[KEY_BYTES])
{
	struct stat st;
	char *text;
	size_t size;
	int error = lines_read(file, 1024, &text, &size);

	if (error)
		return fail(error, "cannot read '%s'", file);
	text[strcspn(text, "\r\n")] = '\0';
	error = sign_key_parse(text, key);
	explicit_bzero(text, size);
	free(text);
	if (error)
		return failx(error, "'%s' has no private key", file);
	if (stat(file, &st) || !(st.st_mode & 077))
		return 0;
	return failx(-EPERM, "'%s': others may read this private key", file);
}

int sign_key_make(const char *file)
{
	uint8_t key[KEY_BYTES];
	char text[KEY_TEXT + 1];
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), error = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : fail(-errno, "cannot make '%s'", file);
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		error = -EIO;
	sign_key_text(key, text);
	strcat(text, "\n");
	if (!error && (write(fd, text, KEY_TEXT) != KEY_TEXT || fsync(fd)))
		error = -EIO;
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	close(fd);
	if (error)
		unlink(file);
	return error ? fail(error, "cannot write '%s'", file) : 0;
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
