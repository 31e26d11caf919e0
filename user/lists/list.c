// SPDX-License-Identifier: GPL-2.0-only
/*
 * After the selection (select.c) the rows are walked over again: once to compare them
 * with the old file, up to the first difference, and once to write them. Formats that
 * show evidence judge each source again; the others use the results of the selection.
 *
 * A file's time of modification is the time of its list. With it the comparing walk can
 * render exactly the bytes that the old file must have if nothing has changed, in any
 * format, with or without a head.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/lists/list.h"
#include "user/lists/origins.h"
#include "user/base/atomic_file.h"
#include "user/base/log.h"

struct format_words list_words(const struct conf *conf)
{
	return (struct format_words){
		.zone = conf->list_zone ? conf->list_zone : CONF_LIST_ZONE,
		.ns = conf->list_ns ? conf->list_ns : CONF_LIST_NS,
		.hostmaster = conf->list_hostmaster ? conf->list_hostmaster : CONF_LIST_HOSTMASTER,
		.reason = conf->list_reason ? conf->list_reason :
			  conf->page_reason ? conf->page_reason : CONF_LIST_REASON,
		.name = conf->list_name ? conf->list_name : CONF_LIST_NAME,
		.url = conf->page_url,
		.lifts = conf->page_lifts,
	};
}

/* --- the rows ---------------------------------------------------------------- */

static void turn(const struct list *l, struct writer *o, int *family, int to)
{
	while (*family < to) {
		if (*family >= 0 && l->format->end)
			l->format->end(o, &l->head, *family);
		++*family;
		if (*family < 2 && l->format->begin)
			l->format->begin(o, &l->head, *family);
	}
}

/* The next source on the list. */
static bool next(const struct list *l, struct judge *j, struct judged *of, size_t *i)
{
	if (!l->selected.is_off && !list_shows_evidence(l))
		return selected_get(&l->selected, (*i)++, of);
	while (judge_next(j, of)) {
		++*i;
		if (list_is_on(l, of))
			return true;
	}
	return false;
}

static int render_rows(const struct list *l, struct judge *j, struct writer *o, const char *what)
{
	struct judged of = {};
	struct origins origins;
	int family = -1;
	size_t i = 0, reported = 0;

	origins_start(&origins, j->origin, &l->selected);
	turn(l, o, &family, 0);
	if (l->selected.is_off || list_shows_evidence(l))
		judge_start(j, list_kind(l, j));
	while (l->format->row && !o->error && next(l, j, &of, &i)) {
		if (i > reported) {
			progress(what, i);
			reported = i + 0xfff;
		}
		turn(l, o, &family, !addr_is_ip4(&of.r.src.addr));
		if (l->format->has_evidence)
			of.origin = origins_next(&origins, &of.r.src);
		l->format->row(o, &l->head, &of);
	}
	origins_end(&origins);
	turn(l, o, &family, 2);
	if (l->format->tail)
		l->format->tail(o, &l->head);
	progress_end();
	return j->error;
}

static int render(const struct list *l, struct judge *j, struct writer *o, const char *what)
{
	int error, flushed;

	if (l->format->head)
		l->format->head(o, &l->head);
	error = l->format->body ? l->format->body(o, l, j) : render_rows(l, j, o, what);
	flushed = writer_flush(o);
	return error ? error : flushed;
}

/* --- the old file ------------------------------------------------------------ */

/* A sink that fails at the first byte that differs from the old file. */
static int same(void *arg, const char *bytes, size_t size)
{
	char old[4096];
	size_t part;
	ssize_t n;

	for (; size; bytes += n, size -= n) {
		part = size < sizeof(old) ? size : sizeof(old);
		n = read(*(int *)arg, old, part);
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n <= 0 || memcmp(old, bytes, n))
			return -ESTALE;
	}
	return 0;
}

/* Is the old file what would be written now, except for its time, and young enough? */
static bool is_good(struct list *l, struct judge *j, struct atomic_file *f, struct writer *o)
{
	int64_t time = f->was.st_mtime, now = l->head.time;
	char more;
	int error;

	if (l->format->body || f->old < 0 || time > now || now - time > j->rules.list_life_s / 2)
		return false;
	if (l->reload && atomic_file_is_pending(f))
		return false;
	l->head.time = time;
	l->head.expires = time + j->rules.list_life_s;
	writer_open(o, same, &f->old);
	error = render(l, j, o, "comparing");
	if (!error && !read(f->old, &more, 1))
		return true;
	l->head.time = now;
	l->head.expires = now + j->rules.list_life_s;
	return false;
}

/* --- writing ----------------------------------------------------------------- */

static int write_file(struct list *l, struct judge *j, struct writer *o)
{
	struct atomic_file f;
	int error = atomic_file_open(&f, l->file);

	if (error)
		return error;
	l->is_unchanged = is_good(l, j, &f, o);
	l->reloaded_at = atomic_file_settled(&f);
	if (!l->is_unchanged) {
		if (l->is_private || l->format->is_private)
			f.was.st_mode &= ~077;
		error = atomic_file_start(&f, l->is_private || l->format->is_private ? 0600 : 0644);
		writer_open(o, atomic_file_write, &f);
		if (!error)
			error = render(l, j, o, "writing");
		if (!error)
			error = atomic_file_commit(&f, l->head.time, l->reload);
		l->is_written = !error;
	}
	atomic_file_close(&f);
	return error;
}

/* The list was not written: its additions do not count as growth. */
static void take_back(struct list *l, const struct judge *j)
{
	struct store_list was = l->growth.was;

	was.time = j->now;
	growth_note(&l->growth, j->state_dir, &was, -(int64_t)l->added);
}

int list_write(struct list *l, struct judge *j)
{
	struct writer *o = malloc(sizeof(*o));
	int error = o ? write_file(l, j, o) : -ENOMEM;

	free(o);
	if (error && l->is_noted)
		take_back(l, j);
	return error;
}

int list_print(struct list *l, struct judge *j)
{
	struct writer *o = malloc(sizeof(*o));
	int error = -ENOMEM;

	if (o) {
		writer_open(o, writer_stdout, NULL);
		error = render(l, j, o, "writing");
	}
	free(o);
	return error;
}

int list_settle(const struct list *l, int64_t now)
{
	return atomic_file_settle(l->file, l->head.time, now);
}

void list_free(struct list *l)
{
	admission_free(&l->admission);
	selected_free(&l->selected);
	free(l->gone);
	l->gone = NULL;
}
