// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store notes how a list grows. A list that is configured stays noted though its file is
 * missing, since the file may come back as long as it was; so does a file that is there,
 * which "dump --output" may keep.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/lists/forget.h"
#include "user/lists/growth.h"
#include "user/store/store.h"

struct gone {
	const struct conf *conf;
	char **path;
	size_t n;
};

bool forget_is_configured(const char *path, const struct conf *conf)
{
	char configured[PATH_MAX];
	int i;

	for (i = 0; i < conf->lists; i++) {
		const char *file = conf->list[i].argv[1];

		if (!strcmp(file, path) || (!growth_path(file, configured) && !strcmp(configured, path)))
			return true;
	}
	return false;
}

bool forget_is_gone(const char *path, const struct conf *conf)
{
	if (!access(path, F_OK) || (errno != ENOENT && errno != ENOTDIR))
		return false;
	return !forget_is_configured(path, conf);
}

static int add_gone(const char *path, const struct store_list *l, void *arg)
{
	struct gone *g = arg;

	(void)l;
	if (!forget_is_gone(path, g->conf))
		return 0;
	if (array_grow(&g->path, g->n, sizeof(*g->path)))
		return -ENOMEM;
	g->path[g->n] = strdup(path);
	return g->path[g->n] ? (g->n++, 0) : -ENOMEM;
}

static int find_gone(struct gone *g, const char *state_dir)
{
	struct store *s;
	int error = store_open(&s, state_dir, STORE_READ);

	if (error)
		return error;
	error = store_each_list(s, 0, add_gone, g);
	store_close(s);
	return error == -ENOMEM ? fail(error, "cannot hold the lists of the store") : error;
}

static int drop(const char *state_dir, char **path, size_t n)
{
	struct store *s;
	size_t i;
	int error = store_open(&s, state_dir, STORE_NOTE);

	if (error)
		return error;
	error = store_begin(s);
	for (i = 0; i < n && !error; i++)
		error = store_forget_list(s, path[i]);
	if (!error)
		error = store_commit(s);
	store_close(s);
	return error;
}

int forget_gone(const char *state_dir, const struct conf *conf)
{
	struct gone g = { .conf = conf };
	int error = find_gone(&g, state_dir);

	if (!error && g.n)
		error = drop(state_dir, g.path, g.n);
	while (g.n)
		free(g.path[--g.n]);
	free(g.path);
	/* An older store has not been brought up to date yet. */
	return error == -ENOENT || error == -EPROTO ? 0 : error;
}

int forget_list(const char *state_dir, const char *file)
{
	char path[PATH_MAX], *name = path;
	struct store *s;
	int error;

	/* Without its directory there is one spelling left. */
	if (growth_path(file, path))
		name = (char *)file;
	error = store_open(&s, state_dir, STORE_READ);
	if (!error) {
		store_close(s);
		error = drop(state_dir, &name, 1);
	}
	if (error != -ENOENT)
		return error;
	failx(error, "no list in '%s' is known", file);
	return fail_hint("\"nolist-xdp status\" names those that are");
}
