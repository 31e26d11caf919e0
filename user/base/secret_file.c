// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secrets in files of hex digits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/base/secret_file.h"

int secret_parse(const char *text, uint8_t *secret, size_t bytes)
{
	size_t i;

	if (strspn(text, "0123456789abcdef") != 2 * bytes || text[2 * bytes])
		return -EINVAL;
	for (i = 0; i < bytes; i++)
		sscanf(text + 2 * i, "%2hhx", &secret[i]);
	return 0;
}

void secret_text(const uint8_t *secret, size_t bytes, char text[SECRET_TEXT])
{
	size_t i;

	for (i = 0; i < bytes; i++)
		sprintf(text + 2 * i, "%02x", secret[i]);
}

int secret_file_read(const char *file, const char *what, uint8_t *secret, size_t bytes)
{
	struct stat st;
	char *text;
	size_t size;
	int error = lines_read(file, 1024, &text, &size);

	if (error)
		return fail(error, "cannot read '%s'", file);
	text[strcspn(text, "\r\n")] = '\0';
	error = secret_parse(text, secret, bytes);
	explicit_bzero(text, size);
	free(text);
	if (error)
		return failx(error, "'%s' has no %s", file, what);
	if (stat(file, &st) || !(st.st_mode & 077))
		return 0;
	failx(-EPERM, "'%s': others may read this %s", file, what);
	return fail_hint("chmod 600 %s", file);
}

int secret_file_make(const char *file, size_t bytes)
{
	uint8_t secret[SECRET_MAX];
	char text[SECRET_TEXT + 1];
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), error = 0;
	ssize_t size = 2 * bytes + 1;

	if (fd < 0)
		return errno == EEXIST ? -EEXIST : fail(-errno, "cannot make '%s'", file);
	if (getrandom(secret, bytes, 0) != (ssize_t)bytes)
		error = -EIO;
	secret_text(secret, bytes, text);
	strcat(text, "\n");
	if (!error && (write(fd, text, size) != size || fsync(fd)))
		error = -EIO;
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(text, sizeof(text));
	close(fd);
	if (error)
		unlink(file);
	return error ? fail(error, "cannot write '%s'", file) : 0;
}
