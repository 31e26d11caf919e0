/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One list: who is on it, whether its file has to be written, and what happened.
 */
#ifndef NOLIST_LIST_H
#define NOLIST_LIST_H

#include "user/base/failure.h"
#include "user/lists/admission.h"
#include "user/lists/growth.h"
#include "user/judge/judge.h"
#include "user/lists/format.h"
#include "user/lists/selected.h"

struct list {
	/* Given. */
	const struct format *format;
	const char *file;    /* NULL: standard output */
	char *const *reload; /* the command, or NULL */
	bool is_unverified;  /* also on SYNs alone */
	bool is_uncounted;   /* it may grow as it likes: no machine reads it */
	struct format_words words;
	size_t gone_max; /* so many of those who were removed shall be named */

	/* Found. */
	struct format_head head;
	bool leaves_probable; /* as the configuration says */
	int site_notes;     /* so many of its notes are the same for all lists */
	size_t suspects;    /* left out for want of proof */
	size_t probable;    /* for want of strong proof */
	size_t held;        /* for lost evidence, or since the real MX is not seen */
	size_t allowed;     /* for an allow list */
	size_t never;       /* for the never-list */
	size_t pardoned;
	size_t dual;      /* who may have an alibi in the other family */
	size_t other;       /* for their family, which the format has no place for */
	size_t added;       /* since the old file */
	size_t removed;
	size_t retained;            /* held back, but on it before */
	size_t held_by[HOLDS];      /* held back, and not on it before */
	struct nolist_source *gone; /* the first of those removed */
	size_t gones;
	struct admission admission; /* added: the first new[] */
	struct selected selected;   /* who is on it */
	struct growth growth;
	bool is_noted;        /* in the store */
	int note_error;       /* why not, and then nobody is added */
	struct failure note_failure;
	bool is_unchanged; /* the old file is good: it was left alone */
	bool is_written;
	bool is_reloaded;
};

/* What the configuration leaves open, with its defaults. */
struct format_words list_words(const struct conf *conf);

/*
 * Decides who is on it, counts and digests, notes in the store what is to be added,
 * and writes warnings into the head: these are for the caller to print. Nothing is
 * printed here. list_free() is always safe afterwards.
 */
int list_select(struct list *l, struct judge *j);
void list_free(struct list *l);
/* After the selection: who is walked over, and is he on it? */
enum evidence_kind list_kind(const struct list *l, const struct judge *j);
bool list_is_on(const struct list *l, const struct judged *of);

/*
 * Writes; l->is_unchanged tells that this was not needed: nothing has changed, and half
 * of the old file's life is not over. 0 or -errno.
 */
int list_write(struct list *l, struct judge *j);

/* The same to standard output, always. */
int list_print(struct list *l, struct judge *j);

/*
 * Its reader has taken it. Until then the next list_write() replaces it, though
 * nothing has changed: whoever writes it may be killed before the reader is told.
 */
int list_settle(const struct list *l);

#endif
