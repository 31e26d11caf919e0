/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One list: which sources are on it, whether its file has to be written, and what happened.
 */
#ifndef NOLIST_LIST_H
#define NOLIST_LIST_H

#include "user/base/failure.h"
#include "user/lists/admission.h"
#include "user/lists/growth.h"
#include "user/judge/judge.h"
#include "user/lists/format.h"
#include "user/lists/selected.h"
#include "user/lists/white.h"

struct list {
	/* Set by the caller: */
	const struct format *format;
	const char *file;    /* NULL: standard output */
	char *const *reload; /* the command, or NULL */
	bool is_unverified;  /* lists sources with SYNs only, too */
	bool is_uncounted;   /* its growth has no limit: no machine reads it */
	bool is_white;       /* of white_is(), in place of those that are listed; its format takes_white */
	bool is_closing;     /* empties it for good: the judge must have no evidence */
	bool is_private;     /* only its owner may read it */
	struct format_words words;
	struct white_words white_words;
	size_t gone_max; /* capacity of gone */

	/* Results: */
	struct format_head head;
	const struct rules *rules; /* the judge's, and its clock */
	int64_t now;
	bool leaves_probable; /* as the configuration says */
	int site_notes;       /* so many notes of the head are the same for all lists */
	/* Sources that are left out: */
	size_t suspects; /* not verified */
	size_t probable; /* without strong evidence */
	size_t held;     /* near lost evidence, learning, or the real MX is not seen */
	size_t allowed;  /* on an allow list */
	size_t never;    /* on the never-list */
	size_t pardoned;
	size_t dual;  /* may have an alibi in the other family */
	size_t other; /* of an address family that the format cannot hold */
	size_t judged[JUDGEMENTS]; /* all that were judged, by what they are */
	/* Changes since the old file: */
	size_t added;
	size_t removed;
	size_t retained;            /* held back, but on it before: they stay */
	size_t held_by[HOLDS];      /* held back, and not on it before */
	struct nolist_source *gone; /* the first of those removed */
	size_t gones;
	struct admission admission; /* the first new[] are those added */
	struct selected selected;   /* the sources on it */
	struct growth growth;
	bool is_noted;  /* its growth is recorded in the store */
	int note_error; /* -errno of recording it; then nothing is added */
	struct failure note_failure;
	bool is_unchanged; /* the old file is still good: it was not written */
	int64_t reloaded_at; /* if it is unchanged: when its reader has reloaded it last */
	bool is_written;
	bool is_run; /* the reload command was run */
	bool is_reloaded;
};

/* The configured words, with defaults for those that are not configured. */
struct format_words list_words(const struct conf *conf);

/*
 * Selects the sources on the list, counts and digests them, records in the store what is
 * to be added, and writes warnings into the head, which the caller prints. Prints nothing
 * itself. 0 or -errno; list_free() is always safe afterwards.
 */
int list_select(struct list *l, struct judge *j);
void list_free(struct list *l);
/* For walks after the selection: which sources to walk over, and whether one is on the list. */
enum evidence_kind list_kind(const struct list *l, const struct judge *j);
bool list_is_on(const struct list *l, const struct judged *of);
bool list_shows_evidence(const struct list *l); /* so its sources are judged again for each walk */

/*
 * Writes the file, or sets l->is_unchanged: nothing has changed, and the old file is not
 * older than half of "list-life". 0 or -errno.
 */
int list_write(struct list *l, struct judge *j);

/* The same to standard output, always. */
int list_print(struct list *l, struct judge *j);

/*
 * Records that its reader has reloaded it now. Without this the next list_write() replaces the
 * file even if nothing has changed: the process that wrote it may have been killed before
 * it could run the reload command. 0 or -errno.
 */
int list_settle(const struct list *l, int64_t now);

#endif
