// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes lists and reports what happened to each: in the log, and as JSON if wanted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/json.h"
#include "user/base/log.h"
#include "user/base/state_dir.h"
#include "user/lists/changelog.h"
#include "user/lists/dump.h"
#include "user/lists/history.h"
#include "user/lists/reader.h"
#include "user/lists/reload.h"
#include "user/lists/reload_by.h"

struct dump {
	const struct dump_options *o;
	struct judge *j;
	struct writer *json; /* the summary; NULL: none */
	bool has_reported;   /* what is the same for all lists */
	struct changelog log;
	struct history history;
};

/* --- reports ------------------------------------------------------------------ */

/* Reports once what is the same for all lists. */
static void log_notes(struct dump *d, const struct list *l)
{
	int i;

	if (d->has_reported || d->o->is_quiet || l->is_white)
		return;
	d->has_reported = true;
	for (i = 0; i < l->site_notes; i++)
		warn("%s", l->head.note[i]);
	if (l->suspects && !l->is_unverified) {
		warn("%zu with SYNs only are not listed: anyone can forge a SYN",
		     l->suspects);
		hint("--unverified lists them, for reading only");
	}
	if (l->allowed)
		warn("%zu on an allow list are not listed", l->allowed);
	if (l->never)
		warn("%zu on the never-list are not listed", l->never);
	if (l->pardoned)
		warn("%zu pardoned are not listed", l->pardoned);
}

/* How many sources are held back, by all holds. */
static size_t held_back(const struct list *l)
{
	size_t held = 0;
	int i;

	for (i = 0; i < HOLDS; i++)
		held += l->held_by[i];
	return held;
}

static void log_holds(const struct list *l)
{
	const char *name = l->file ? l->file : "the list";
	int i;

	for (i = 0; i < HOLDS; i++)
		if (l->held_by[i] && !(i == HOLD_GROWTH && l->note_error))
			warn("'%s': %s: %zu held back: %s", name, hold_names[i], l->held_by[i],
			     hold_reasons[i]);
	if (l->held_by[HOLD_GROWTH] && !l->note_error)
		hint("those with the strongest evidence were added first; 'growth' and "
		     "'growth-min' set the limit");
	if (l->retained)
		warn("'%s': %zu held back were on it before, and stay", name, l->retained);
}

static void log_list(struct dump *d, const struct list *l)
{
	if (l->is_written && !l->is_white && (!d->o->is_quiet || d->o->has_log))
		changelog_add(&d->log, l, d->o->log_max);
	if (d->o->is_quiet)
		return;
	log_holds(l);
	if (l->other)
		warn("%zu IPv6 sources are not listed: '%s' is for IPv4", l->other, l->format->name);
	if (!l->file)
		return;
	if (l->is_unchanged)
		info("'%s': %zu %s, unchanged: not written", l->file, l->head.count,
		     l->head.count == 1 ? "entry" : "entries");
	else if (l->is_written)
		info("'%s': %zu %s, %zu added, %zu removed", l->file, l->head.count,
		     l->head.count == 1 ? "entry" : "entries", l->added, l->removed);
}

static void json_list(struct writer *o, const struct list *l, int error)
{
	int i;

	json_open(o, NULL, '{');
	json_text(o, "format", l->format->name);
	json_text(o, "output", l->file);
	if (error)
		json_text(o, "error", strerror(-error));
	else
		json_none(o, "error");
	json_bool(o, "written", l->is_written);
	json_number(o, "entries", l->head.count);
	json_number(o, "added", l->is_written ? l->added : 0);
	json_number(o, "removed", l->is_written ? l->removed : 0);
	if (l->is_run)
		json_bool(o, "reloaded", l->is_reloaded);
	else
		json_none(o, "reloaded");
	json_number(o, "retained", l->retained);
	json_open(o, "held_back", '{');
	for (i = 0; i < HOLDS; i++)
		json_number(o, hold_names[i], l->held_by[i]);
	json_close(o, '}');
	json_open(o, "left_out", '{');
	json_number(o, "unverified", l->is_unverified ? 0 : l->suspects);
	json_number(o, "probable", l->probable);
	json_number(o, "held", l->held);
	json_number(o, "allowed", l->allowed);
	json_number(o, "never", l->never);
	json_number(o, "pardoned", l->pardoned);
	json_number(o, "dual_stack", l->dual);
	json_number(o, "family", l->other);
	json_close(o, '}');
	json_close(o, '}');
}

static void begin_summary(struct writer *o, const struct judge *j)
{
	json_open(o, NULL, '{');
	json_begin(o, "dump");
	json_number(o, "time", j->now);
	json_open(o, "lists", '[');
}

static int json_end(struct writer *o)
{
	int error;

	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	error = writer_flush(o);
	if (error)
		err(error, "cannot write all of the output");
	return error;
}

/* --- one list ---------------------------------------------------------------- */

static const char *refusal(int error)
{
	switch (error) {
	case -ELOOP:
		return "it, or a part of its path, is a symbolic link that is not followed";
	case -ENOTSUP:
		return "only a regular file is replaced";
	case -ENOENT:
		return "its directory does not exist";
	case -EPERM:
		return "any user can write to its directory, or the file belongs to another user";
	default:
		return NULL;
	}
}

static void log_error(const struct list *l, int error)
{
	if (!l->file) {
		err(error, "cannot write all of the list");
		return;
	}
	err(error, "cannot write '%s'", l->file);
	/* What it is made of is wrong. */
	if (l->format->body && error == -EBADMSG)
		hint("%s", failure_last()->what);
	else if (refusal(error))
		hint("%s", refusal(error));
}

/* Here, or where --reload-by says. */
static enum reload_end reload_list(const struct dump *d, const struct list *l, int *value)
{
	const struct conf *c = d->j->conf;
	const struct reload r = { .argv = l->reload, .user = conf_reload_user(c, l->file),
				  .limit_s = c->reload_s };

	return d->o->reload_by ? reload_by(d->o->reload_by, l->file, c->reload_s, value) :
				 reload_run(&r, value);
}

/* 0 or -EIO; it has logged why. */
static int reload(const struct dump *d, struct list *l)
{
	int value;

	l->is_run = true;
	switch (reload_list(d, l, &value)) {
	case RELOAD_DONE:
		l->is_reloaded = true;
		value = list_settle(l, d->j->now);
		if (!value)
			return 0;
		err(value, "'%s': cannot record that '%s' has reloaded it", l->file, l->reload[0]);
		return -EIO;
	case RELOAD_STATUS:
		errx("'%s': '%s' failed: it exited with status %d", l->file, l->reload[0], value);
		break;
	case RELOAD_SIGNAL:
		errx("'%s': '%s' failed: %s", l->file, l->reload[0], strsignal(value));
		break;
	case RELOAD_TIME:
		errx("'%s': '%s' was killed: it took more than %u s", l->file, l->reload[0],
		     d->j->conf->reload_s);
		break;
	case RELOAD_ERROR:
		err(value, "'%s': cannot run '%s'", l->file, l->reload[0]);
		break;
	case RELOAD_NOBODY:
		err(value, "'%s': '%s', which runs '%s', does not answer", l->file, d->o->reload_by,
		    l->reload[0]);
		break;
	}
	hint("the list is written; the next dump runs the command again");
	return -EIO;
}

static bool has_lost(const struct dump *d, const struct list *l)
{
	const struct conf *c = d->j->conf;
	struct reader r;

	reader_of(&r, l);
	r.reload.user = conf_reload_user(c, l->file);
	r.reload.limit_s = c->reload_s;
	return d->o->reload_by ? reload_by_has_lost(d->o->reload_by, l->file, &r) :
				 reader_has_lost(&r);
}

/* Has the reader of an unchanged list to load it again? */
static bool is_due_again(const struct dump *d, const struct list *l)
{
	int64_t ago = d->j->now - l->reloaded_at;
	bool is_lost;

	if (!l->is_unchanged)
		return false;
	is_lost = has_lost(d, l);
	if (is_lost && (!d->o->is_quiet || d->o->has_log))
		info("'%s': '%s' does not have it any more: it is loaded again", l->file,
		     l->reload[0]);
	return is_lost || ago >= READER_AGAIN_S || ago < 0;
}

static enum dump_result run_list(struct dump *d, struct list *l)
{
	enum dump_result result = DUMP_DONE;
	int error;

	l->words = list_words(d->j->conf);
	if (l->is_white)
		l->words = white_words(&l->white_words, &l->words);
	l->is_closing = d->o->is_closing;
	l->gone_max = l->is_white ? 0 : d->o->log_max;
	/* If it cannot be made, writing the list says why. */
	if (l->file)
		state_dir_make_lists(d->j->state_dir, l->file);
	error = list_select(l, d->j);
	if (!error) {
		log_notes(d, l);
		if (l->note_error) {
			failure_print(&l->note_failure);
			warn("'%s': no additions: cannot record list growth in the store", l->file);
		}
		error = l->file ? list_write(l, d->j) : list_print(l, d->j);
	}
	if (error) {
		log_error(l, error);
		result = DUMP_FAILED;
	} else {
		log_list(d, l);
		history_add(&d->history, l);
		if (l->reload && (l->is_written || is_due_again(d, l)) && reload(d, l))
			result = DUMP_PARTLY;
	}
	if (result == DUMP_DONE && held_back(l))
		result = DUMP_HELD;
	if (d->json)
		json_list(d->json, l, error);
	list_free(l);
	return result;
}

/* Writes all lists, also if one fails. */
static enum dump_result run_all(struct dump *d)
{
	const struct conf *c = d->j->conf;
	enum dump_result result, worst = DUMP_DONE;
	struct list l;
	int i, failed = 0;

	for (i = 0; i < c->lists; i++) {
		l = (struct list){
			.format = format_find(c->list[i].argv[0]),
			.file = c->list[i].argv[1],
			.reload = c->list[i].argv[2] ? c->list[i].argv + 2 : NULL,
		};
		result = run_list(d, &l);
		failed += result == DUMP_FAILED;
		if (result > worst)
			worst = result;
	}
	return worst == DUMP_FAILED && failed < c->lists ? DUMP_PARTLY : worst;
}

/* The lists are written: without it only the report has less. */
static bool note_history(struct dump *d)
{
	int error = history_note(&d->history, d->j);

	if (!error)
		return true;
	failure_print(failure_of(error));
	warn("cannot record in the store what became of the lists");
	return false;
}

enum dump_result dump(struct judge *j, struct list *one, const struct dump_options *o)
{
	struct dump d = { .o = o, .j = j };
	enum dump_result result;

	if (o->is_json) {
		d.json = malloc(sizeof(*d.json));
		if (!d.json) {
			err(ENOMEM, "cannot write a list");
			return DUMP_FAILED;
		}
		writer_open(d.json, writer_stdout, NULL);
		begin_summary(d.json, j);
	}
	result = one ? run_list(&d, one) : run_all(&d);
	changelog_write(&d.log, j);
	/* One that the configuration does not name is nobody's history. */
	if (!one && !note_history(&d) && result < DUMP_HELD)
		result = DUMP_HELD;
	if (d.json && json_end(d.json) && result < DUMP_PARTLY)
		result = DUMP_PARTLY;
	free(d.json);
	return result;
}
