// SPDX-License-Identifier: GPL-2.0-only
/*
 * postfix names a message's client in one line and its delivery in another one, much later perhaps: so
 * some of what was read before is read again, for its messages alone.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/text.h"
#include "user/evidence/maillog.h"
#include "user/maillog/deliveries.h"
#include "user/maillog/follow.h"
#include "user/store/store.h"

#define STEP_BYTES (64ull << 20) /* at a time; the rest comes next time */
#define AGAIN_BYTES (4ull << 20) /* read again for messages that were not delivered then */
#define AHEAD_S 60 /* so much later than now a line may be */
#define PARTS 16

static const struct epoch imported = { .boot = EPOCH_IMPORTED };

struct follow {
	struct store *store;
	struct followed *f;
	struct maillog_place at;
	uint64_t path; /* a hash of its name */
	struct audit log;
	size_t known;    /* events that are not new */
	size_t messages; /* the same */
	int64_t now;
	struct store_row row;
	struct store_epoch epoch;
	struct pack_hour hour[STORED_HOURS];
};

/* --- what is stored of it -------------------------------------------------------- */

enum { INODE, OFFSET, MARK, PATH, LOOKED, NEWEST, LOST, LEFT, FAILED, LEVELS };

static const char *const names[LEVELS] = {
	[INODE] = "maillog.inode",   [OFFSET] = "maillog.offset", [MARK] = "maillog.mark",
	[PATH] = "maillog.path",     [LOOKED] = "maillog.looked", [NEWEST] = "maillog.newest",
	[LOST] = "maillog.lost",     [LEFT] = "maillog.left",     [FAILED] = "maillog.failed",
};

static int on_level(const char *name, uint64_t count, void *arg)
{
	uint64_t *level = arg;
	int i;

	for (i = 0; i < LEVELS; i++)
		if (!strcmp(name, names[i]))
			level[i] = count;
	return 0;
}

static int read_levels(struct store *s, uint64_t level[LEVELS], struct followed *f)
{
	int error;

	memset(level, 0, LEVELS * sizeof(*level));
	error = store_each_level(s, on_level, level);
	*f = (struct followed){ .looked = level[LOOKED], .newest = level[NEWEST], .lost = level[LOST],
				.left = level[LEFT], .error = -(int)level[FAILED] };
	return error;
}

int followed_read(struct store *s, struct followed *f)
{
	uint64_t level[LEVELS];

	return read_levels(s, level, f);
}

static int write_levels(struct follow *w)
{
	const struct followed *f = w->f;
	const uint64_t level[LEVELS] = {
		[INODE] = w->at.inode & INT64_MAX, [OFFSET] = w->at.offset, [MARK] = w->at.mark, [PATH] = w->path,
		[LOOKED] = w->now, [NEWEST] = f->newest, [LOST] = f->lost, [LEFT] = f->left, [FAILED] = -f->error,
	};
	int i, error = 0;

	for (i = 0; i < LEVELS && !error; i++)
		error = store_set_level(w->store, names[i], level[i]);
	return error;
}

/* --- reading --------------------------------------------------------------------- */

static int read_again(struct follow *w, struct maillog_part *p)
{
	uint64_t from = p->start > AGAIN_BYTES ? p->start - AGAIN_BYTES : 0;
	int error;

	if (from == p->start)
		return 0;
	if (lseek(fileno(p->file), from, SEEK_SET) < 0)
		return -errno;
	error = audit_read_part(&w->log, p->file, p->start - from);
	w->known = w->log.events;
	w->messages = w->log.messages;
	return error;
}

/* A file that has become shorter meanwhile was cut off: its copy is found next time. */
static int read_part(struct follow *w, struct maillog_part *p)
{
	int error = lseek(fileno(p->file), p->start, SEEK_SET) < 0 ? -errno : 0;

	if (!error)
		error = audit_read_part(&w->log, p->file, p->end - p->start);
	if (error)
		return error;
	w->f->read += p->end - p->start;
	w->at = p->next;
	return 0;
}

/* One part: 1 if there was one, 0, or -errno. */
static int read_next(struct follow *w, const char *path, bool is_first)
{
	struct maillog_part p;
	int error = maillog_next_part(path, &w->at, STEP_BYTES - w->f->read, &p);

	if (error) {
		w->f->error = error;
		return 0;
	}
	if (p.is_lost)
		w->f->lost = w->now;
	w->f->is_news |= p.is_lost;
	w->f->left = p.left;
	if (!p.file) {
		w->at = p.next;
		return 0;
	}
	error = is_first ? read_again(w, &p) : 0;
	if (!error)
		error = read_part(w, &p);
	fclose(p.file);
	return error ? error : 1;
}

static int read_parts(struct follow *w, const char *path)
{
	int i, ret = 1;

	for (i = 0; i < PARTS && ret == 1 && w->f->read < STEP_BYTES; i++)
		ret = read_next(w, path, !i);
	return ret < 0 ? ret : 0;
}

/* --- into the store -------------------------------------------------------------- */

static int64_t time_of(const struct follow *w, const struct audit_event *e)
{
	return e->at < w->now ? e->at : w->now;
}

/* As import does: what it has read counts once. */
static int keep_delivery(struct follow *w, const struct audit_event *e)
{
	int error, family = !addr_is_ip4(&e->source->src.addr);
	uint32_t at = time_of(w, e) + 1;

	w->row.key = pack_key(&e->source->src);
	error = store_get(w->store, &w->row);
	if (error < 0)
		return error;
	if (at > w->epoch.real_s[family])
		w->epoch.real_s[family] = w->epoch.data_s[family] = at;
	if (!stored_import(&w->row.stored, IMPORT_ACCEPTED, at))
		return 0;
	w->f->sources++;
	error = store_put(w->store, &w->row);
	return error ? error : store_count_more(w->store, COUNT_ACCEPTED, time_of(w, e) / HOUR_S, 1);
}

static int keep_events(struct follow *w)
{
	const struct audit_event *e;
	size_t i;
	int error = 0;

	for (i = w->known; i < w->log.events && !error; i++) {
		e = &w->log.event[i];
		error = e->is_refusal ? store_count_more(w->store, COUNT_REFUSED, time_of(w, e) / HOUR_S, 1) :
					keep_delivery(w, e);
	}
	return error;
}

static int find_epoch(struct follow *w)
{
	const struct store_epoch *epochs;
	size_t i, n;

	w->row.epoch = store_epoch(w->store, &imported);
	if (w->row.epoch < 0)
		return w->row.epoch;
	n = store_epochs(w->store, &epochs);
	for (i = 0; i + 1 < n && epochs[i].id != w->row.epoch; i++)
		;
	w->epoch = epochs[i];
	w->epoch.seen_s = w->now + 1;
	return 0;
}

static int write_all(struct follow *w)
{
	int error = store_begin(w->store);

	if (!error && w->f->read)
		error = find_epoch(w);
	if (!error && w->f->read)
		error = keep_events(w);
	if (!error && w->f->read)
		error = store_set_epoch(w->store, &w->epoch);
	if (!error)
		error = write_levels(w);
	return error ? error : store_commit(w->store);
}

/* --- all of it ------------------------------------------------------------------- */

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return hash >> 1;
}

/* Where it was; of another log than the one before it is the beginning. */
static int start(struct follow *w, const char *path)
{
	uint64_t level[LEVELS];
	int error = read_levels(w->store, level, w->f);

	w->path = hash_of(path);
	if (level[PATH] == w->path)
		w->at = (struct maillog_place){ level[INODE], level[OFFSET], level[MARK] };
	else
		*w->f = (struct followed){};
	w->f->looked = w->now;
	/* What is written while this runs is later than its beginning, and counts as of then. */
	w->log.now = w->now + AHEAD_S;
	w->log.from = w->now - STORED_HOURS * (int64_t)HOUR_S + 1;
	return error ? error : audit_start(&w->log);
}

static int follow(struct follow *w, const char *path)
{
	int was, error = start(w, path);

	was = w->f->error;
	w->f->error = 0;
	if (!error)
		error = read_parts(w, path);
	if (error == -EAGAIN)
		return 0;
	if (error)
		return error;
	w->f->is_news |= w->f->error != was;
	w->f->messages = w->log.messages - w->messages;
	if (w->log.last > w->f->newest)
		w->f->newest = w->log.last;
	return write_all(w);
}

int follow_maillog(const char *state_dir, const char *path, int64_t now, struct followed *f)
{
	struct follow w = { .f = f, .now = now, .row.stored.hour = w.hour };
	int error = store_open(&w.store, state_dir, STORE_WRITE);

	*f = (struct followed){};
	if (!error)
		error = follow(&w, path);
	store_close(w.store);
	audit_free(&w.log);
	return error;
}
