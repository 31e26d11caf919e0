// SPDX-License-Identifier: GPL-2.0-only
/*
 * The secret of the sequence numbers in a file: 32 hex digits. Read the same way by hosts of any
 * byte order.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/secret_file.h"
#include "user/config/domain_table.h"
#include "user/config/key_file.h"

#define BYTES sizeof(((struct nolist_key *)NULL)->k)

int key_file_read(const char *file, struct nolist_key *key)
{
	uint8_t bytes[BYTES];
	size_t i;
	int error = secret_file_read(file, "key of 32 hex digits", bytes, sizeof(bytes));

	if (error)
		return error;
	*key = (struct nolist_key){};
	for (i = 0; i < sizeof(bytes); i++)
		key->k[i / 8] = key->k[i / 8] << 8 | bytes[i];
	explicit_bzero(bytes, sizeof(bytes));
	/* This is "none yet" in the kernel. */
	return key->k[0] || key->k[1] ? 0 : failx(-EINVAL, "'%s' has a key of zeros", file);
}

int key_file_make(const char *file)
{
	int error = secret_file_make(file, BYTES);

	return error == -EEXIST ? failx(error, "'%s' is there already", file) : error;
}

const char *key_mark(const struct nolist_key *key, char text[KEY_MARK])
{
	snprintf(text, KEY_MARK, "%08x", (unsigned int)domain_table_hash(key, "mark of this key"));
	return text;
}
