/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Secrets in files: hex digits on one line, which nobody but the owner may read.
 */
#ifndef NOLIST_SECRET_FILE_H
#define NOLIST_SECRET_FILE_H

#include <stddef.h>
#include <stdint.h>

#define SECRET_MAX 32 /* bytes */
#define SECRET_TEXT (2 * SECRET_MAX + 1)

/* As many hex digits as these bytes have, and nothing else: 0 or -EINVAL. */
int secret_parse(const char *text, uint8_t *secret, size_t bytes);
void secret_text(const uint8_t *secret, size_t bytes, char text[SECRET_TEXT]);
/* The secret of a file; what: its name in messages. 0 or -errno, explained by failure_of(). */
int secret_file_read(const char *file, const char *what, uint8_t *secret, size_t bytes);
/* Makes a file with a new one, if it is not there: 0, -EEXIST, or another -errno, explained. */
int secret_file_make(const char *file, size_t bytes);

#endif
