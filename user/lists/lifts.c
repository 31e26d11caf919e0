// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page's file, and what of it is new. A lift that was noted stays in the file for a while, so it
 * comes again and again. The page's clock is this host's; a time that is far from now is none.
 */
#define _GNU_SOURCE /* strsep */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/addr.h"
#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/page_row.h"
#include "user/base/text.h"
#include "user/confined/confined.h"
#include "user/lists/lifts.h"
#include "user/store/store.h"

#define FAR_S (2 * HOUR_S)

/* --- the file ------------------------------------------------------------------ */

/* A lift as the page has it; the reader of the file may be somebody else's by then. */
struct asked {
	struct nolist_addr addr;
	int64_t at;
};

/* Its directory is the page's own, and so is the file. What is wrong; NULL: nothing is. */
static const char *wrong_with(const struct stat *dir, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
		return "it has to be a regular file";
	if ((dir->st_mode | st->st_mode) & 022 || (st->st_uid != dir->st_uid && st->st_uid))
		return "it and its directory have to belong to one user, and only this user may write there";
	return st->st_size > PAGE_LIFTS * PAGE_LIFT ? "it is larger than any that the page writes" : NULL;
}

static int open_file(const char *file, int *fd)
{
	char *copy = strdup(file);
	int at = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat dir, st;
	int error = 0;

	free(copy);
	*fd = at < 0 ? -1 : openat(at, strrchr(file, '/') + 1,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 || fstat(at, &dir) || fstat(*fd, &st))
		error = -errno;
	if (at >= 0)
		close(at);
	if (error == -ENOENT)
		return error;
	if (error)
		return fail(error, "cannot read '%s'", file);
	if (!wrong_with(&dir, &st))
		return 0;
	failx(-EPERM, "'%s' is not used", file);
	return fail_hint("%s", wrong_with(&dir, &st));
}

/* What is no line of the page is left out. */
static int work(FILE *to, void *arg)
{
	char bytes[PAGE_LIFTS * PAGE_LIFT + 1], source[ADDR_TEXT], *line, *rest = bytes;
	size_t used = 0;
	struct asked a;
	long long at;
	ssize_t n;

	while ((n = read(*(int *)arg, bytes + used, sizeof(bytes) - 1 - used)) > 0)
		used += n;
	bytes[used] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%63s %18lld", source, &at) != 2 || addr_parse(source, &a.addr))
			continue;
		a.at = at;
		if (fwrite(&a, sizeof(a), 1, to) != 1)
			return -EIO;
	}
	return n < 0 ? -errno : 0;
}

/* --- what may be lifted -------------------------------------------------------- */

struct taking {
	const char *file;
	int64_t now;
	struct store *s;
	struct store_lift *known;
	size_t n;
	struct lifts *done;
};

static int add_known(const struct store_lift *l, void *arg)
{
	struct taking *t = arg;

	if (array_grow(&t->known, t->n, sizeof(*t->known)))
		return fail(-ENOMEM, "cannot lift listings");
	t->known[t->n++] = *l;
	return 0;
}

static bool is_neighbour(const struct pack_key *a, const struct pack_key *b)
{
	struct nolist_source x = pack_source(a), y = pack_source(b);
	bool is_ip4 = addr_is_ip4(&x.addr);

	return is_ip4 == addr_is_ip4(&y.addr) && !memcmp(x.addr.b, y.addr.b, is_ip4 ? 15 : 6);
}

enum answer { ANSWER_MAY, ANSWER_AGAIN, ANSWER_TOO_MANY };

static enum answer answer_of(const struct taking *t, const struct pack_key *key)
{
	size_t i, network = 0, day = 0;

	for (i = 0; i < t->n; i++) {
		const struct store_lift *l = &t->known[i];

		if (!pack_compare(&l->key, key) && l->at > t->now - PAGE_AGAIN_DAYS * (int64_t)DAY_S)
			return ANSWER_AGAIN;
		if (l->at <= t->now - DAY_S)
			continue;
		day++;
		network += is_neighbour(&l->key, key);
	}
	return network < PAGE_LIFTS_NETWORK && day < PAGE_LIFTS_DAY ? ANSWER_MAY : ANSWER_TOO_MANY;
}

static int take(struct taking *t, const struct asked *a)
{
	struct nolist_source src = addr_source(&a->addr);
	struct store_lift l = { .key = pack_key(&src), .at = a->at < t->now ? a->at : t->now };
	struct prefix p = source_prefix(&src);
	char text[ADDR_TEXT], when[TEXT_TIME];
	enum answer answer;
	int error;

	if (a->at < t->now - FAR_S || a->at > t->now + FAR_S)
		return 0;
	answer = answer_of(t, &l.key);
	t->done->refused += answer == ANSWER_TOO_MANY;
	if (answer != ANSWER_MAY)
		return 0;
	error = store_lift(t->s, &l);
	if (!error)
		error = add_known(&l, t);
	if (error)
		return error;
	t->done->made++;
	info("%s asked at the look-up page, from its own address, at %s: its listing is lifted",
	     prefix_text(&p, text), text_time(l.at, when));
	return 0;
}

static int take_all(struct taking *t, int fd)
{
	struct confined c;
	struct asked a;
	int error = confined_start(&c, fd, work, &fd);

	if (error)
		return error;
	while (!error && confined_read(&c, &a, sizeof(a)))
		error = take(t, &a);
	if (error)
		confined_stop(&c);
	return error ? error : confined_end(&c);
}

int lifts_take(const char *file, const char *state_dir, int64_t now, struct lifts *done)
{
	struct taking t = { .file = file, .now = now, .done = done };
	int fd, error = open_file(file, &fd);

	*done = (struct lifts){};
	if (error == -ENOENT)
		return 0;
	if (!error)
		error = store_open(&t.s, state_dir, STORE_NOTE);
	if (!error)
		error = store_begin(t.s);
	if (!error)
		error = store_each_lift(t.s, add_known, &t);
	if (!error)
		error = take_all(&t, fd);
	if (!error)
		error = store_commit(t.s);
	store_close(t.s);
	free(t.known);
	if (fd >= 0)
		close(fd);
	return error;
}
