// SPDX-License-Identifier: GPL-2.0-only
/*
 * The growth of a list per day. The day is the last 24 hours; additions with a later time
 * (the clock was set back since) do not count.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/judge/hold.h"
#include "user/lists/growth.h"

_Static_assert(STORE_HELD == HOLDS, "each hold has its column");

/* The resolved directory and the file's name. */
int growth_path(const char *file, char path[PATH_MAX])
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	char dir[PATH_MAX], real[PATH_MAX];
	int size = slash ? slash - file + 1 : 0;

	if (size >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, file, size);
	dir[size] = '\0';
	if (!realpath(size ? dir : ".", real))
		return -errno;
	if (snprintf(path, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "", name) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

int growth_read(struct growth *g, const char *state_dir, const char *file, int64_t now)
{
	struct store *s;
	int error;

	*g = (struct growth){};
	/* A missing directory is reported when the list is written. */
	if (growth_path(file, g->path))
		return 0;
	error = store_open(&s, state_dir, STORE_READ);
	/* A store of an old version has no lists; growth_note() upgrades it. */
	if (error)
		return error == -ENOENT || error == -EPROTO ? 0 : error;
	error = store_list(s, g->path, now, &g->was);
	g->is_known = !error;
	store_close(s);
	return error == -ENOENT ? 0 : error;
}

size_t growth_limit(const struct growth *g, const struct rules *rules, bool has_file,
		    size_t entries, int64_t now)
{
	size_t base = has_file ? entries : g->is_known ? g->was.entries : 0, day, left;
	/* A list that the store does not know is an old one, unless its file is empty. */
	bool is_new = g->is_known ? !g->was.since : !base;

	if (is_new || (g->is_known && now >= g->was.since && now - g->was.since < DAY_S))
		return GROWTH_ALL;
	base = base > g->was.grown ? base - g->was.grown : 0;
	day = base / 100 * rules->growth + base % 100 * rules->growth / 100;
	if (day < rules->growth_min)
		day = rules->growth_min;
	left = day > g->was.grown ? day - g->was.grown : 0;
	/* A missing file may be filled again as it was. */
	return has_file ? left : left + g->was.entries;
}

int growth_note(struct growth *g, const char *state_dir, const struct store_list *is, int64_t added)
{
	struct store_list list = *is;
	struct store *s;
	int error;

	if (!*g->path)
		return 0;
	list.since = g->was.since;
	if (!list.since && list.entries)
		list.since = list.time - (added == (int64_t)list.entries ? 0 : DAY_S);
	error = store_open(&s, state_dir, STORE_NOTE);
	if (error)
		return error;
	error = store_begin(s);
	if (!error)
		error = store_set_list(s, g->path, &list, added);
	if (!error)
		error = store_commit(s);
	store_close(s);
	return error;
}
