/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One list: who is on it, whether its file has to be written, and what happened.
 */
#ifndef NOLIST_LIST_H
#define NOLIST_LIST_H

#include "judge.h"
#include "out.h"

struct list {
	/* Given. */
	const struct output *format;
	const char *file;    /* NULL: standard output */
	char *const *reload; /* the command, or NULL */
	bool is_claimed;     /* also on SYNs alone */
	struct out_words words;

	/* Found. */
	struct out_head head;
	bool leaves_probable; /* as the configuration says */
	size_t suspects;    /* left out for want of proof */
	size_t probable;    /* for want of strong proof */
	size_t held;        /* for lost evidence, or since the real MX is not seen */
	size_t allowed;     /* for an allow list */
	size_t never;       /* for the never-list */
	size_t pardoned;
	size_t other;       /* for their family, which the format has no place for */
	size_t added;       /* since the old file */
	size_t removed;
	bool is_kept;       /* the old file is good: it was left alone */
	bool is_written;
	bool is_reloaded;
};

/* What the configuration leaves open, with its defaults. */
struct out_words list_words(const struct conf *conf);

/*
 * Counts and digests, and writes warnings into the head: these are for the caller
 * to print. Nothing is printed here.
 */
int list_survey(struct list *l, struct judge *j);

/*
 * Writes; l->is_kept tells that this was not needed: nothing has changed, and half
 * of the old file's life is not over. 0 or -errno.
 */
int list_write(struct list *l, struct judge *j);

/* The same to standard output, always. */
int list_print(struct list *l, struct judge *j);

/*
 * Has the next list_write() replace the file, though nothing has changed: what
 * should have been done with this one was not.
 */
void list_retry(const struct list *l);

#endif
