/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where nodes and judge meet: a few kinds of values that are replaced whole. Redis, or a directory
 * that something else brings from host to host. What comes back may be missing, old or another's
 * work: whoever asks verifies it.
 */
#ifndef NOLIST_SHARE_TRANSPORT_H
#define NOLIST_SHARE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/share/head.h"

struct key {
	enum key_kind {
		KEY_HEAD,    /* of a node: its present store */
		KEY_EARLIER, /* of a node and one of its earlier stores */
		KEY_BLOB,    /* of a node, bucket and digest: never replaced by other bytes */
		KEY_LIST,    /* the judge's list */
	} kind;
	const char *node; /* NULL: KEY_LIST */
	uint64_t incarnation;
	uint32_t bucket, size; /* and how many bytes it has */
	const uint8_t *digest;
};

/* Of all blobs that a head names; the caller frees them. NULL: there is no memory. */
struct key *head_keys(const struct share_head *head);

struct transport;
#define TRANSPORT_TEXT 200

/* Where to: an absolute path of a directory, or redis://HOST[:PORT][,HOST[:PORT]]..., or unix:PATH. */
struct transport_options {
	const char *where;
	const char *user;        /* of Redis; NULL: the default one */
	const char *secret_file; /* its password; NULL: none */
};

/* All return 0 or -errno, explained by failure_of(). A value that is not there is no error. */
int transport_open(struct transport **tp, const struct transport_options *o);
void transport_close(struct transport *t); /* accepts NULL */

/* Which of n blobs are there; they do not expire for another while. */
int transport_renew(struct transport *t, const struct key *key, size_t n, bool *is_there);
/* A value is there as a whole, or not at all; errors may come as late as at transport_sync(). */
int transport_put(struct transport *t, const struct key *key, const void *bytes, size_t size);
int transport_sync(struct transport *t);
/*
 * Calls fn with each of n values in turn; bytes: NULL, it is not there, or has more than max bytes.
 * An error of fn ends the walk.
 */
typedef int transport_fn(size_t i, const uint8_t *bytes, size_t size, void *arg);
int transport_get(struct transport *t, const struct key *key, size_t n, size_t max, transport_fn *fn,
		  void *arg);
int transport_drop(struct transport *t, const struct key *key, size_t n);
/* The same of one value, in memory that the caller frees. *bytes: NULL, it is not there. */
int transport_get_one(struct transport *t, const struct key *key, size_t max, uint8_t **bytes,
		      size_t *size);

/*
 * Only one of those who ask has it, for so many seconds from when it asked last; who: its name. Holder:
 * who has it. A directory has none: then everybody has it.
 */
int transport_lease(struct transport *t, const char *who, int seconds, char holder[TRANSPORT_TEXT]);
/* Does what is there outlive a restart, as far as is known? */
bool transport_lasts(struct transport *t);
/* What it is, and how full, in a few words. */
void transport_describe(struct transport *t, char text[TRANSPORT_TEXT]);

/* --- for the transports ---------------------------------------------------------- */

struct transport_ops {
	int (*renew)(struct transport *t, const struct key *key, size_t n, bool *is_there);
	int (*put)(struct transport *t, const struct key *key, const void *bytes, size_t size);
	int (*sync)(struct transport *t);
	int (*get)(struct transport *t, const struct key *key, size_t n, size_t max,
		   transport_fn *fn, void *arg);
	int (*drop)(struct transport *t, const struct key *key, size_t n);
	int (*lease)(struct transport *t, const char *who, int seconds, char *holder, size_t size);
	bool (*lasts)(struct transport *t);
	void (*describe)(struct transport *t, char *text, size_t size);
	void (*close)(struct transport *t);
};
struct transport {
	const struct transport_ops *ops;
};
int files_open(struct transport **tp, const char *dir);
int redis_open(struct transport **tp, const struct transport_options *o);
/* Digest as hex digits, with a zero byte. */
void digest_text(const uint8_t digest[DIGEST_BYTES], char text[2 * DIGEST_BYTES + 1]);

#endif
