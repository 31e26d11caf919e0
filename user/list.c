// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks over the same evidence: the first walk counts and digests, since the head
 * comes before the rows; the second one compares with the old file, up to the
 * first difference; the last one writes.
 *
 * A file's time of modification is the time of its list, so that the second walk
 * can make the very bytes that the old file must have if nothing has changed, in
 * any format, whether it has a head or not.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "list.h"
#include "listfile.h"
#include "log.h"
#include "oldlist.h"

struct out_words list_words(const struct conf *conf)
{
	return (struct out_words){
		.zone = conf->list_zone ? conf->list_zone : "nolist.invalid",
		.ns = conf->list_ns ? conf->list_ns : "localhost",
		.hostmaster = conf->list_hostmaster ? conf->list_hostmaster : "nobody.invalid",
		.reason = conf->list_reason ? conf->list_reason :
					      "$ contacts only fake mail exchangers",
		.name = conf->list_name ? conf->list_name : "nolist",
	};
}

/* --- the head ---------------------------------------------------------------- */

static void note_family(struct list *l, struct judge *j, int family)
{
	const struct site_family *f = &j->site.family[family], *other = &j->site.family[1];
	char *text = l->head.note[l->head.notes], age[REPORT_AGE];

	if (judge_is_seen(j, family) || l->head.notes == OUT_NOTES)
		return;
	/* A family that has no part in this needs no excuse, if another one has. */
	if (!(f->has_low || f->has_real || f->has_high) &&
	    (family || other->has_low || other->has_real || other->has_high))
		return;
	l->head.notes++;
	snprintf(text, OUT_NOTE_SIZE, "%s: %s: %s%s", family ? "IPv6" : "IPv4",
		 j->site.is_unseen_accepted ? "listed all the same" : "nobody is added",
		 !f->has_real ? "no real MX is configured" : "nobody was seen at the real MX for ",
		 !f->has_real ? "" : report_age(j->rules.real_seen_s, age));
}

static bool is_on(const struct list *l, const struct judged *of)
{
	return verdict_is_listed(&of->v, l->is_claimed) &&
	       !(l->leaves_probable && of->v.is == JUDGED_PROBABLE) &&
	       !(l->format->is_ip4_only && !addr_is_ip4(&of->r.src.addr));
}

static int digest(void *sha, const char *bytes, size_t size)
{
	sha256_update(sha, size, (const uint8_t *)bytes);
	return 0;
}

/* Who is stored and proved nothing is passed over, unless he is to be listed. */
static enum evidence_kind kind_of(const struct list *l, const struct judge *j)
{
	return l->is_claimed || !j->has_store ? EVIDENCE_ALL : EVIDENCE_PROVEN;
}

static int survey(struct list *l, struct judge *j, struct out *o, struct oldlist *old)
{
	struct judged of;
	size_t i = 0;

	judge_start(j, kind_of(l, j));
	while (judge_next(j, &of)) {
		if (!(i++ & 0xfff))
			progress("judging", i);
		l->suspects += of.v.is == JUDGED_SUSPECT;
		l->held += of.v.is == JUDGED_HELD;
		l->allowed += of.v.is == JUDGED_ALLOWED;
		l->never += of.v.is == JUDGED_NEVER;
		l->pardoned += of.v.is == JUDGED_PARDONED;
		if (is_on(l, &of)) {
			l->head.family[!addr_is_ip4(&of.r.src.addr)]++;
			l->head.probable[!addr_is_ip4(&of.r.src.addr)] +=
				verdict_tier(&of.v) != 2;
			out_source(o, &of.r.src);
			out_char(o, '\n');
			oldlist_add(old, &of.r.src);
		} else {
			bool is_left = l->leaves_probable && of.v.is == JUDGED_PROBABLE;

			l->probable += is_left;
			l->other += !is_left && verdict_is_listed(&of.v, l->is_claimed);
		}
	}
	oldlist_end(old);
	progress_end();
	return j->error;
}

int list_survey(struct list *l, struct judge *j)
{
	struct oldlist *old = malloc(sizeof(*old));
	struct out *o = malloc(sizeof(*o));
	uint8_t sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	struct listfile f = { .old = -1 };
	bool has_file;
	int error, i;

	if (!o || !old) {
		free(old);
		free(o);
		return -ENOMEM;
	}
	l->head = (struct out_head){
		.time = j->now,
		.expires = j->now + j->rules.list_life_s,
		.is_claimed = l->is_claimed,
		.words = &l->words,
	};
	l->leaves_probable = !j->conf.is_probable_listed;
	note_family(l, j, 0);
	note_family(l, j, 1);
	/* A file that cannot be replaced is told when it shall be. */
	has_file = l->file && !listfile_open(&f, l->file);
	oldlist_open(old, has_file ? f.old : -1, l->format);
	sha256_init(&sha);
	out_open(o, digest, &sha);
	error = survey(l, j, o, old);
	out_flush(o);
	sha256_digest(&sha, sizeof(sum), sum);
	for (i = 0; i < SHA256_DIGEST_SIZE; i++)
		sprintf(l->head.digest + 2 * i, "%02x", sum[i]);
	l->head.count = l->head.family[0] + l->head.family[1];
	l->added = old->added;
	l->removed = old->removed;
	if (has_file)
		listfile_close(&f);
	free(old);
	free(o);
	return error;
}

/* --- the rows ---------------------------------------------------------------- */

static void turn(const struct list *l, struct out *o, int *family, int to)
{
	while (*family < to) {
		if (*family >= 0 && l->format->end)
			l->format->end(o, &l->head, *family);
		++*family;
		if (*family < 2 && l->format->begin)
			l->format->begin(o, &l->head, *family);
	}
}

static int render(const struct list *l, struct judge *j, struct out *o, const char *what)
{
	struct judged of;
	int error, family = -1;
	size_t i = 0;

	if (l->format->head)
		l->format->head(o, &l->head);
	turn(l, o, &family, 0);
	judge_start(j, kind_of(l, j));
	while (l->format->row && !o->error && judge_next(j, &of)) {
		if (!(i++ & 0xfff))
			progress(what, i);
		if (!is_on(l, &of))
			continue;
		turn(l, o, &family, !addr_is_ip4(&of.r.src.addr));
		l->format->row(o, &l->head, &of);
	}
	turn(l, o, &family, 2);
	if (l->format->tail)
		l->format->tail(o, &l->head);
	progress_end();
	error = out_flush(o);
	return j->error ? j->error : error;
}

/* --- the old file ------------------------------------------------------------ */

/* Takes only the bytes that the old file has next. */
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

/* Is the old file what would be written, but for its age, and young enough? */
static bool is_good(struct list *l, struct judge *j, struct listfile *f, struct out *o)
{
	int64_t time = f->was.st_mtime, now = l->head.time;
	char more;
	int error;

	if (f->old < 0 || time > now || now - time > j->rules.list_life_s / 2)
		return false;
	l->head.time = time;
	l->head.expires = time + j->rules.list_life_s;
	out_open(o, same, &f->old);
	error = render(l, j, o, "comparing");
	if (!error && !read(f->old, &more, 1))
		return true;
	l->head.time = now;
	l->head.expires = now + j->rules.list_life_s;
	return false;
}

/* --- writing ----------------------------------------------------------------- */

static int write_file(struct list *l, struct judge *j, struct out *o)
{
	struct listfile f;
	int error = listfile_open(&f, l->file);

	if (error)
		return error;
	l->is_kept = is_good(l, j, &f, o);
	if (!l->is_kept) {
		error = listfile_start(&f);
		out_open(o, listfile_write, &f);
		if (!error)
			error = render(l, j, o, "writing");
		if (!error)
			error = listfile_commit(&f, l->head.time);
		l->is_written = !error;
	}
	listfile_close(&f);
	return error;
}

int list_write(struct list *l, struct judge *j)
{
	struct out *o = malloc(sizeof(*o));
	int error = o ? write_file(l, j, o) : -ENOMEM;

	free(o);
	return error;
}

int list_print(struct list *l, struct judge *j)
{
	struct out *o = malloc(sizeof(*o));
	int error = -ENOMEM;

	if (o) {
		out_open(o, out_stdout, NULL);
		error = render(l, j, o, "writing");
	}
	free(o);
	return error;
}

void list_retry(const struct list *l)
{
	listfile_age(l->file);
}
