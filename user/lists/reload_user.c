// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user's groups are those that the system knows; capabilities end with the change of the
 * user, and no-new-privileges keeps a set-user-ID program from giving any back.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/lists/reload_user.h"

/* Appends a word to the text; NULL: no room. */
static char *word(struct reload_user *to, size_t *used, const char *before, const char *text)
{
	char *at = to->text + *used;
	int size = snprintf(at, sizeof(to->text) - *used, "%s%s", before, text);

	if (size < 0 || *used + size >= sizeof(to->text))
		return NULL;
	*used += size + 1;
	return at;
}

static int fill(struct reload_user *to, const struct passwd *user, char *const argv[])
{
	char gid[32], **at = to->argv;
	size_t used = 0;
	int i;

	snprintf(gid, sizeof(gid), "%u", (unsigned int)user->pw_gid);
	at[0] = word(to, &used, "", "setpriv");
	at[1] = word(to, &used, "--reuid=", user->pw_name);
	at[2] = word(to, &used, "--regid=", gid);
	at[3] = word(to, &used, "", "--init-groups");
	at[4] = word(to, &used, "", "--inh-caps=-all");
	at[5] = word(to, &used, "", "--no-new-privs");
	at[6] = word(to, &used, "", "--");
	at[7] = word(to, &used, "", "env");
	at[8] = word(to, &used, "HOME=", user->pw_dir);
	at[9] = word(to, &used, "USER=", user->pw_name);
	at[10] = word(to, &used, "LOGNAME=", user->pw_name);
	for (i = 0; i < 11; i++)
		if (!at[i])
			return -ENAMETOOLONG;
	for (at += 11; *argv; argv++)
		*at++ = *argv;
	return 0;
}

int reload_user(struct reload_user *to, const char *user, char *const argv[])
{
	const struct passwd *found;
	size_t words = 0;
	int error;

	to->argv = NULL;
	errno = 0;
	found = getpwnam(user);
	if (!found)
		return errno && errno != ESRCH && errno != EBADF && errno != EPERM ? -errno : -ENOENT;
	if (found->pw_uid == geteuid())
		return 0;
	while (argv[words])
		words++;
	to->argv = calloc(words + RELOAD_USER_WORDS, sizeof(*to->argv));
	if (!to->argv)
		return -ENOMEM;
	error = fill(to, found, argv);
	if (error) {
		free(to->argv);
		to->argv = NULL;
	}
	return error;
}
