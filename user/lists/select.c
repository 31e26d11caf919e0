// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first walk of a list: selects the sources on it. A new one may have to wait if the
 * list has grown enough for a day; one that a hold holds back stays if it is on the old
 * list. Counts and digests them, since the head comes before the rows.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/lists/list.h"
#include "user/base/atomic_file.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/lists/previous.h"

#define CLOSED_S (10ll * 366 * DAY_S)

struct selection {
	struct list *l;
	struct judge *j;
	struct previous old;
	struct atomic_file file;
	bool has_file;     /* the file can be written */
	bool is_counted;   /* its growth has a limit: a machine reads the file */
	struct sha256_ctx sha;
	struct writer o; /* into sha */
};

/* --- the sources on it ------------------------------------------------------- */

/* Stored sources without verified evidence are skipped, unless SYNs alone suffice. */
enum evidence_kind list_kind(const struct list *l, const struct judge *j)
{
	return l->is_unverified || !evidence_is_stored(j->evidence) ? EVIDENCE_ALL
								    : EVIDENCE_VERIFIED;
}

bool list_shows_evidence(const struct list *l)
{
	return l->format->has_evidence || !format_has_rows(l->format);
}

static bool has_place(const struct list *l, const struct judged *of)
{
	return !l->format->is_ip4_only || addr_is_ip4(&of->r.src.addr);
}

/* Would be listed, if there was no hold. */
static bool is_held_back(const struct list *l, const struct judged *of)
{
	return !l->is_white && of->hold != HOLD_NONE && (of->v.is_verified || l->is_unverified);
}

static bool is_due(const struct list *l, const struct judged *of)
{
	if (l->is_white)
		return white_is(of, l->rules, l->now);
	return verdict_is_listed(&of->v, l->is_unverified) &&
	       !(l->leaves_probable && of->v.is == JUDGED_PROBABLE);
}

bool list_is_on(const struct list *l, const struct judged *of)
{
	if (!has_place(l, of))
		return false;
	if (is_due(l, of))
		return !admission_waits(&l->admission, &of->r.src);
	return is_held_back(l, of) && admission_is_retained(&l->admission, &of->r.src);
}

static void count(struct list *l, const struct judged *of)
{
	l->judged[of->v.is]++;
	l->suspects += of->v.is == JUDGED_SUSPECT;
	l->held += of->v.is == JUDGED_HELD;
	l->allowed += of->v.is == JUDGED_ALLOWED;
	l->never += of->v.is == JUDGED_NEVER;
	l->pardoned += of->v.is == JUDGED_PARDONED;
	l->dual += of->v.is == JUDGED_DUAL;
	l->probable += l->leaves_probable && of->v.is == JUDGED_PROBABLE;
}

static void add_up(struct selection *s, const struct judged *of)
{
	bool is_ip6 = !addr_is_ip4(&of->r.src.addr);

	s->l->head.family[is_ip6]++;
	s->l->head.probable[is_ip6] += !s->l->is_white && verdict_tier(&of->v) != 2;
	put_source(&s->o, &of->r.src);
	put_char(&s->o, '\n');
}

static int take(struct selection *s, const struct judged *of)
{
	add_up(s, of);
	return selected_add(&s->l->selected, of);
}

/* Since the list was made, so that a hold does not keep it there. */
static bool is_lifted(const struct selection *s, const struct judged *of)
{
	int64_t last = of->r.lifts ? of->r.lift[of->r.lifts - 1] : 0;

	return s->has_file && last >= s->file.was.st_mtime && last <= s->j->now;
}

/* Decides on a source that is due, or would be without a hold. */
static int decide(struct selection *s, const struct judged *of)
{
	struct list *l = s->l;
	bool is_listed = is_due(l, of);
	int error = 0;

	if (!is_listed && is_lifted(s, of)) {
		l->held_by[of->hold]++;
		return 0;
	}
	if (previous_has(&s->old, &of->r.src)) {
		l->retained += !is_listed;
		if (!is_listed)
			error = admission_retain(&l->admission, &of->r.src);
	} else if (!is_listed) {
		l->held_by[of->hold]++;
		return 0;
	} else {
		l->added++;
		if (s->is_counted || l->is_uncounted)
			error = admission_new(&l->admission, of);
	}
	return error ? error : take(s, of);
}

static int walk(struct selection *s)
{
	struct list *l = s->l;
	const struct judged *of;
	struct judged room;
	int error = 0;
	size_t i = 0;

	judge_start(s->j, list_kind(l, s->j));
	while (!error && (of = judge_next_of(s->j, &room))) {
		if (!(i++ & 0xfff))
			progress("judging", i);
		count(l, of);
		if (!is_due(l, of) && !is_held_back(l, of))
			continue;
		if (has_place(l, of))
			error = decide(s, of);
		else
			l->other += is_due(l, of);
	}
	previous_end(&s->old);
	progress_end();
	if (!error)
		error = s->old.error;
	return s->j->error ? s->j->error : error;
}

static int judge_again(struct selection *s)
{
	struct judged of;

	judge_start(s->j, list_kind(s->l, s->j));
	while (judge_next(s->j, &of))
		if (list_is_on(s->l, &of))
			add_up(s, &of);
	return s->j->error;
}

/* Counts and digests again, without those of the selected sources that have to wait. */
static int walk_again(struct selection *s)
{
	struct selected *selected = &s->l->selected;
	struct judged of = {};
	size_t i = 0;

	sha256_init(&s->sha);
	writer_open(&s->o, s->o.sink, &s->sha);
	memset(s->l->head.family, 0, sizeof(s->l->head.family));
	memset(s->l->head.probable, 0, sizeof(s->l->head.probable));
	if (selected->is_off)
		return judge_again(s);
	selected_drop(selected, &s->l->admission);
	while (selected_get(selected, i++, &of))
		add_up(s, &of);
	return 0;
}

/* --- growth ------------------------------------------------------------------ */

static bool is_news(const struct list *l, const struct store_list *is)
{
	const struct store_list *was = &l->growth.was;

	return !l->growth.is_known || l->added || is->entries != was->entries ||
	       memcmp(is->held, was->held, sizeof(is->held)) || is->time - was->time > DAY_S ||
	       is->time < was->time;
}

/* Holds back what is too much for a day; everything, if the growth cannot be recorded. */
static int hold_growth(struct selection *s)
{
	struct store_list is = { .time = s->j->now };
	struct list *l = s->l;
	size_t limit, all = l->added;
	int i;

	l->note_error = growth_read(&l->growth, s->j->state_dir, l->file, s->j->now);
	limit = growth_limit(&l->growth, &s->j->rules, s->file.old >= 0, s->old.count, s->j->now);
	if (limit > all)
		limit = all;
	l->added = limit;
	l->held_by[HOLD_GROWTH] = all - limit;
	is.entries = l->head.family[0] + l->head.family[1] - (all - limit);
	for (i = 0; i < HOLDS; i++)
		is.held[i] = l->held_by[i];
	if (!l->note_error && is_news(l, &is)) {
		l->note_error = growth_note(&l->growth, s->j->state_dir, &is, l->added);
		l->is_noted = !l->note_error;
	}
	if (l->note_error) {
		failure_keep(&l->note_failure);
		l->added = limit = 0;
	}
	l->held_by[HOLD_GROWTH] = all - limit;
	return admission_limit(&l->admission, limit);
}

/* --- the head ---------------------------------------------------------------- */

static char *add_note(struct list *l)
{
	return l->head.notes < FORMAT_NOTES ? l->head.note[l->head.notes++] : NULL;
}

static void note_dual(struct list *l, const struct judge *j, int family)
{
	static const char *const name[] = { "IPv4", "IPv6" };
	const char *mine = name[family], *other = name[!family];
	char *text;

	/* If there is no real MX either, note_family() has said so. */
	if (!j->site.family[family].has_high || !j->site.family[family].has_real ||
	    !site_has_no_low_now(&j->site, family))
		return;
	text = add_note(l);
	if (!text)
		return;
	if (j->site.is_dual_accepted)
		snprintf(text, FORMAT_NOTE_SIZE, "%s: listed all the same: no low fake over %s",
			 mine, mine);
	else
		snprintf(text, FORMAT_NOTE_SIZE,
			 "%s: no source is listed: no low fake over %s, so a sender may have tried low and "
			 "real over %s",
			 mine, mine, other);
}

static void note_family(struct list *l, struct judge *j, int family)
{
	const struct site_family *f = &j->site.family[family], *other = &j->site.family[1];
	char *text, age[TEXT_AGE];

	if (judge_is_seen(j, family))
		return;
	/* No note for a family without MX addresses, unless neither family has any. */
	if (!(f->has_low || f->has_real || f->has_high) &&
	    (family || other->has_low || other->has_real || other->has_high))
		return;
	text = add_note(l);
	if (text)
		snprintf(text, FORMAT_NOTE_SIZE, "%s: %s: %s%s", family ? "IPv6" : "IPv4",
			 j->site.is_unseen_accepted ? "listed all the same" : "no source is added",
			 !f->has_real ? "no real MX is configured"
				      : "no sender was seen at the real MX for ",
			 !f->has_real ? "" : text_age(j->rules.real_seen_s, age));
}

static void note_learning(struct list *l, const struct judge *j)
{
	int64_t until = site_learning_until(&j->site, j->now);
	char learning[LEARNING_TEXT], *text = until ? add_note(l) : NULL;

	if (text)
		snprintf(text, FORMAT_NOTE_SIZE, "%s", learning_text(until, &j->rules, learning));
}

/* Without their numbers: a list that differs only in these is not written. */
static void note_holds(struct list *l)
{
	enum hold hold;
	char *text;

	for (hold = 0; hold < HOLDS; hold++) {
		text = l->held_by[hold] && hold != HOLD_UNSEEN ? add_note(l) : NULL;
		if (text)
			snprintf(text, FORMAT_NOTE_SIZE, "not all are added: %s",
				 hold_reasons[hold]);
	}
}

static int digest(void *sha, const char *bytes, size_t size)
{
	sha256_update(sha, size, (const uint8_t *)bytes);
	return 0;
}

static void finish(struct selection *s)
{
	uint8_t sum[SHA256_DIGEST_SIZE];
	struct list *l = s->l;
	int i;

	writer_flush(&s->o);
	sha256_digest(&s->sha, sizeof(sum), sum);
	for (i = 0; i < SHA256_DIGEST_SIZE; i++)
		sprintf(l->head.digest + 2 * i, "%02x", sum[i]);
	l->head.count = l->head.family[0] + l->head.family[1];
	l->removed = s->old.removed;
	note_holds(l);
}

/* --- all of it --------------------------------------------------------------- */

static void gone(const struct nolist_source *src, void *arg)
{
	struct list *l = arg;

	if (l->gones < l->gone_max)
		l->gone[l->gones++] = *src;
}

static int run(struct selection *s)
{
	struct list *l = s->l;
	int error;

	if (l->gone_max) {
		l->gone = calloc(l->gone_max, sizeof(*l->gone));
		if (!l->gone)
			return -ENOMEM;
	}
	/* A file that cannot be replaced is reported by list_write(). */
	s->has_file = l->file && !atomic_file_open(&s->file, l->file);
	s->is_counted = s->has_file && format_has_rows(l->format) && !l->is_unverified && !l->is_uncounted &&
			!l->is_white;
	previous_open(&s->old, s->has_file ? s->file.old : -1, l->format, gone, l);
	sha256_init(&s->sha);
	writer_open(&s->o, digest, &s->sha);
	error = walk(s);
	if (!error && s->is_counted)
		error = hold_growth(s);
	if (!error && l->admission.waits)
		error = walk_again(s);
	finish(s);
	if (s->has_file)
		atomic_file_close(&s->file);
	return error;
}

/* Nobody renews it, and its readers are to find it empty for as long as they look at it. */
static void close_list(struct list *l)
{
	l->head.is_closed = true;
	l->head.never_ends = false; /* it is good for all that time */
	l->head.expires = l->head.time + CLOSED_S;
	snprintf(add_note(l), FORMAT_NOTE_SIZE,
		 "this list has ended and stays empty: take it out of your configuration");
	l->site_notes = l->head.notes;
}

static void note_site(struct list *l, struct judge *j)
{
	note_family(l, j, 0);
	note_family(l, j, 1);
	note_dual(l, j, 0);
	note_dual(l, j, 1);
	note_learning(l, j);
	l->site_notes = l->head.notes;
}

int list_select(struct list *l, struct judge *j)
{
	struct selection *s = malloc(sizeof(*s));
	int error;

	if (!s)
		return -ENOMEM;
	s->l = l;
	s->j = j;
	s->file.old = -1;
	s->old = (struct previous){};
	l->head = (struct format_head){
		.time = j->now,
		.expires = j->now + j->rules.list_life_s,
		.is_unverified = l->is_unverified,
		.is_white = l->is_white,
		.never_ends = l->format->never_ends,
		.words = &l->words,
	};
	l->selected.is_off = list_shows_evidence(l) && !(j->origin && l->format->row);
	l->rules = &j->rules;
	l->now = j->now;
	l->leaves_probable = !j->conf->is_probable_listed;
	if (l->is_closing)
		close_list(l);
	else if (!l->is_white)
		note_site(l, j);
	error = run(s);
	previous_close(&s->old);
	free(s);
	return error;
}
