/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judge's list on its way back to the nodes: a file of the format "page", behind a digest. A
 * node writes its own lists of it, in whatever format: without what is on its allow lists or
 * pardoned there, and without what its own real MX has seen send data.
 */
#ifndef NOLIST_SHARE_PUBLISHED_H
#define NOLIST_SHARE_PUBLISHED_H

#include "user/judge/judge.h"
#include "user/share/transport.h"

#define LIST_MAX (512u << 20)
#define LIST_FILE "shared-list" /* in the judge's state directory */

struct published {
	int64_t time, expires;
	size_t entries;
	size_t own; /* taken off, since this host's real MX has seen them send data */
	/* Private: */
	struct judge *j;
	struct judge_given given;
	uint8_t *bytes;
	const char *row;
	size_t rows, next;
	struct nolist_source data; /* of the walk over those with data */
	bool has_data;
};

/* Puts the file there, signed by a private key, or NULL. 0 or -errno, explained by failure_of(). */
int published_put(struct transport *t, const char *file, const uint8_t *key);
/*
 * public: the key that must have signed it, or NULL. -ENODATA: there is none; -EBADMSG; -EACCES: it is
 * not signed by it; -ESTALE: it has expired. published_free() is always safe.
 */
int published_get(struct published *p, struct transport *t, const uint8_t *public, int64_t now);
/* An older list than the one before is a replay: -EPROTO. Notes this one's time. */
int published_note(const struct published *p, const char *state_dir);
/*
 * The judge takes it as its sources, as of the time of the list and for as long as that lives: what
 * is written of it twice is the same. own: this host's evidence.
 */
int published_take(struct published *p, struct judge *j, struct evidence *own);
void published_free(struct published *p);

#endif
