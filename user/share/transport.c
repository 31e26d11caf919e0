// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the transport by how the place is written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/share/transport.h"

void digest_text(const uint8_t digest[DIGEST_BYTES], char text[2 * DIGEST_BYTES + 1])
{
	int i;

	for (i = 0; i < DIGEST_BYTES; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
}

struct key *head_keys(const struct share_head *head)
{
	struct key *key = calloc(head->blobs + 1, sizeof(*key));
	size_t i;

	for (i = 0; key && i < head->blobs; i++)
		key[i] = (struct key){ .kind = KEY_BLOB, .node = head->node, .bucket = head->blob[i].bucket,
				       .size = head->blob[i].size, .digest = head->blob[i].digest };
	return key;
}

int transport_open(struct transport **tp, const struct transport_options *o)
{
	*tp = NULL;
	if (!o->where) {
		fail_usage("the configuration does not say where the nodes meet");
		return fail_hint("share = \"redis://HOST\", or the absolute path of a directory");
	}
	return *o->where == '/' ? files_open(tp, o->where) : redis_open(tp, o);
}

void transport_close(struct transport *t)
{
	if (t)
		t->ops->close(t);
}

int transport_renew(struct transport *t, const struct key *key, size_t n, bool *is_there)
{
	return n ? t->ops->renew(t, key, n, is_there) : 0;
}

int transport_put(struct transport *t, const struct key *key, const void *bytes, size_t size)
{
	return t->ops->put(t, key, bytes, size);
}

int transport_sync(struct transport *t)
{
	return t->ops->sync(t);
}

int transport_get(struct transport *t, const struct key *key, size_t n, size_t max, transport_fn *fn,
		  void *arg)
{
	return n ? t->ops->get(t, key, n, max, fn, arg) : 0;
}

int transport_drop(struct transport *t, const struct key *key, size_t n)
{
	return n ? t->ops->drop(t, key, n) : 0;
}

int transport_lease(struct transport *t, const char *who, int seconds, char holder[TRANSPORT_TEXT])
{
	return t->ops->lease(t, who, seconds, holder, TRANSPORT_TEXT);
}

bool transport_lasts(struct transport *t)
{
	return t->ops->lasts(t);
}

void transport_describe(struct transport *t, char text[TRANSPORT_TEXT])
{
	t->ops->describe(t, text, TRANSPORT_TEXT);
}

struct copy {
	uint8_t *bytes;
	size_t size;
};

static int copy(size_t i, const uint8_t *bytes, size_t size, void *arg)
{
	struct copy *c = arg;

	(void)i;
	if (!bytes)
		return 0;
	c->bytes = malloc(size + 1);
	if (!c->bytes)
		return fail(-ENOMEM, "cannot hold what is shared");
	memcpy(c->bytes, bytes, size);
	c->bytes[size] = '\0';
	c->size = size;
	return 0;
}

int transport_get_one(struct transport *t, const struct key *key, size_t max, uint8_t **bytes,
		      size_t *size)
{
	struct copy c = {};
	int error = transport_get(t, key, 1, max, copy, &c);

	*bytes = c.bytes;
	*size = c.size;
	return error;
}
