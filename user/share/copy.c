// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream: a mark, how many heads, each behind its size, the present one first; then the blobs
 * that they name, in this order. Its numbers have four bytes, the highest first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/share/copy.h"
#include "user/share/push.h"

static const char magic[8] = "nolist-x";
#define HEADS_MAX (1 + EARLIER_MAX)

struct copying {
	struct transport *t;
	const char *node;
	FILE *f;
	struct copied *done;
	struct head_bytes {
		uint8_t *at;
		size_t size;
		struct share_head head;
	} head[HEADS_MAX];
	size_t heads;
};

static void free_heads(struct copying *c)
{
	size_t i;

	for (i = 0; i < c->heads; i++) {
		share_head_free(&c->head[i].head);
		free(c->head[i].at);
	}
}

static struct key key_of_head(const struct copying *c, size_t i)
{
	return (struct key){ .kind = i ? KEY_EARLIER : KEY_HEAD, .node = c->node,
			     .incarnation = c->head[i].head.incarnation };
}

/* The bytes are the head's from now on. */
static int take_head(struct copying *c, uint8_t *at, size_t size)
{
	struct head_bytes *h = &c->head[c->heads++];
	int error;

	*h = (struct head_bytes){ .at = at, .size = size };
	error = share_head_read(&h->head, at, sign_body(at, size));
	if (!error && strcmp(h->head.node, c->node))
		return failx(-EBADMSG, "this is of the node '%s', not of '%s'", h->head.node, c->node);
	return error ? failx(error, "the head of '%s' makes no sense to this version", c->node) : 0;
}

/* --- out ------------------------------------------------------------------------------ */

static int write_bytes(struct copying *c, const void *at, size_t size)
{
	return fwrite(at, 1, size, c->f) == size ? 0 : fail(errno ? -errno : -EIO, "cannot write what is shared");
}

static int write_number(struct copying *c, uint32_t n)
{
	const uint8_t b[4] = { n >> 24, n >> 16, n >> 8, n };

	return write_bytes(c, b, sizeof(b));
}

static int get_head(struct copying *c, const struct key *key)
{
	uint8_t *at;
	size_t size;
	int error = transport_get_one(c->t, key, HEAD_MAX, &at, &size);

	if (error || !at)
		return error ? error : failx(-ENODATA, "'%s' has pushed nothing", c->node);
	return take_head(c, at, size);
}

static int get_heads(struct copying *c)
{
	struct key key = { .kind = KEY_HEAD, .node = c->node };
	const struct share_head *head = &c->head[0].head;
	int error = get_head(c, &key);
	size_t i;

	key.kind = KEY_EARLIER;
	for (i = 0; i < head->earliers && !error; i++) {
		key.incarnation = head->earlier[i].incarnation;
		error = get_head(c, &key);
	}
	return error;
}

static int write_heads(struct copying *c)
{
	int error = write_bytes(c, magic, sizeof(magic));
	size_t i;

	if (!error)
		error = write_number(c, c->heads);
	for (i = 0; i < c->heads && !error; i++) {
		error = write_number(c, c->head[i].size);
		if (!error)
			error = write_bytes(c, c->head[i].at, c->head[i].size);
	}
	return error;
}

struct blobs {
	struct copying *c;
	const struct share_head *head;
};

static int write_blob(size_t i, const uint8_t *bytes, size_t size, void *arg)
{
	const struct blobs *b = arg;

	if (!bytes || size != b->head->blob[i].size) {
		failx(-ESTALE, "not all that '%s' has pushed is there", b->c->node);
		fail_hint("it may be pushing just now: try again");
		return -ESTALE;
	}
	b->c->done->rows += b->head->blob[i].rows;
	b->c->done->bytes += size;
	b->c->done->blobs++;
	return write_bytes(b->c, bytes, size);
}

static int write_blobs(struct copying *c, const struct share_head *head)
{
	struct blobs b = { c, head };
	struct key *key = head_keys(head);
	int error;

	if (!key)
		return fail(-ENOMEM, "cannot hold what is shared");
	error = transport_get(c->t, key, head->blobs, BLOB_MAX, write_blob, &b);
	free(key);
	return error;
}

int copy_out(struct transport *t, const char *node, FILE *to, struct copied *done)
{
	struct copying c = { .t = t, .node = node, .f = to, .done = done };
	int error = get_heads(&c);
	size_t i;

	if (!error)
		error = write_heads(&c);
	for (i = 0; i < c.heads && !error; i++)
		error = write_blobs(&c, &c.head[i].head);
	if (!error && fflush(to))
		error = fail(-errno, "cannot write what is shared");
	free_heads(&c);
	return error;
}

/* --- in ------------------------------------------------------------------------------- */

static int read_bytes(struct copying *c, void *at, size_t size)
{
	if (fread(at, 1, size, c->f) == size)
		return 0;
	return ferror(c->f) ? fail(-errno, "cannot read what '%s' shares", c->node) :
			      failx(-EBADMSG, "what '%s' shares is not whole", c->node);
}

static int read_number(struct copying *c, uint32_t max, uint32_t *n)
{
	uint8_t b[4] = {};
	int error = read_bytes(c, b, sizeof(b));

	*n = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
	if (!error && (!*n || *n > max))
		error = failx(-EBADMSG, "what '%s' shares makes no sense", c->node);
	return error;
}

static int read_head(struct copying *c, const struct node *node)
{
	uint32_t size = 0;
	uint8_t *at;
	int error = read_number(c, HEAD_MAX, &size);

	if (error)
		return error;
	at = malloc(size);
	if (!at)
		return fail(-ENOMEM, "cannot hold what '%s' shares", c->node);
	error = read_bytes(c, at, size);
	if (!error && node->has_key && !sign_is_by(at, size, node->key))
		error = failx(-EACCES, "what '%s' shares is not signed by its key", c->node);
	if (error) {
		free(at);
		return error;
	}
	return take_head(c, at, size);
}

static int read_heads(struct copying *c, const struct node *node)
{
	char is[sizeof(magic)];
	uint32_t heads = 0, i;
	int error = read_bytes(c, is, sizeof(is));

	if (!error && memcmp(is, magic, sizeof(is)))
		error = failx(-EBADMSG, "this is nothing that \"nolist-xdp share export\" has written");
	if (!error)
		error = read_number(c, HEADS_MAX, &heads);
	for (i = 0; i < heads && !error; i++)
		error = read_head(c, node);
	return error;
}

static int read_blob(struct copying *c, const struct key *key)
{
	uint8_t digest[DIGEST_BYTES], *at = malloc(key->size + 1);
	bool is_there = false;
	int error = at ? read_bytes(c, at, key->size) : fail(-ENOMEM, "cannot hold what '%s' shares", c->node);

	if (!error) {
		digest_of(at, key->size, digest);
		if (memcmp(digest, key->digest, sizeof(digest)))
			error = failx(-EBADMSG, "a blob of '%s' is not what its head names", c->node);
	}
	if (!error)
		error = transport_renew(c->t, key, 1, &is_there);
	if (!error && !is_there) {
		error = transport_put(c->t, key, at, key->size);
		c->done->put++;
	}
	c->done->blobs++;
	c->done->bytes += key->size;
	free(at);
	return error;
}

static int read_blobs(struct copying *c, const struct share_head *head)
{
	struct key *key = head_keys(head);
	int error = key ? 0 : fail(-ENOMEM, "cannot hold what '%s' shares", c->node);
	size_t i;

	for (i = 0; i < head->blobs && !error; i++) {
		error = read_blob(c, &key[i]);
		c->done->rows += head->blob[i].rows;
	}
	free(key);
	return error;
}

/* Those of the earlier stores first: the present one says that they are there. */
static int put_heads(struct copying *c)
{
	int error = 0;
	size_t i;

	for (i = c->heads; i-- && !error;) {
		struct key key = key_of_head(c, i);

		error = transport_put(c->t, &key, c->head[i].at, c->head[i].size);
	}
	return error ? error : transport_sync(c->t);
}

static int put_all(struct copying *c, const struct share_head *old, int64_t now)
{
	const struct share_head *head = &c->head[0].head;
	int error = 0;
	size_t i;

	c->done->is_stale = old->made > head->made && old->made <= now;
	if (c->done->is_stale)
		return 0;
	for (i = 0; i < c->heads && !error; i++)
		error = read_blobs(c, &c->head[i].head);
	if (!error)
		error = put_heads(c);
	if (error || old->incarnation != head->incarnation)
		return error;
	return push_drop(c->t, old, head, &c->done->dropped);
}

int copy_in(struct transport *t, const struct node *node, FILE *from, int64_t now, struct copied *done)
{
	struct copying c = { .t = t, .node = node->name, .f = from, .done = done };
	const struct key key = { .kind = KEY_HEAD, .node = node->name };
	struct share_head old = {};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int error = read_heads(&c, node);

	if (!error)
		error = transport_get_one(t, &key, HEAD_MAX, &bytes, &size);
	if (bytes && share_head_read(&old, bytes, sign_body(bytes, size)))
		old = (struct share_head){};
	if (!error)
		error = put_all(&c, &old, now);
	share_head_free(&old);
	free(bytes);
	free_heads(&c);
	return error;
}
