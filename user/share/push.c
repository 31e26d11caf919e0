// SPDX-License-Identifier: GPL-2.0-only
/*
 * A push: a walk over the stored evidence makes one blob after the other; those that are not there
 * are put, then the head that names them, and then the blobs that only the old head named are
 * dropped. Killed at any point, it leaves the old state or the new one.
 */
#define _GNU_SOURCE /* statx */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/judge/tests.h"
#include "user/share/push.h"
#include "user/share/row.h"
#include "user/share/sign.h"
#include "user/store/store.h"

#define BATCH 64
#define BATCH_BYTES (8 << 20)

struct pushing {
	struct push *p;
	struct transport *t;
	struct judge *j;
	struct share_head head, old;
	bool has_old;
	struct span *gap; /* of the head's site */
	/* The blob that is being filled: */
	struct bytes blob;
	struct blob_packer packer;
	uint32_t bucket, rows;
	struct pack_key last;
	/* Blobs of the head from first on whose bytes are here, and not known to be there: */
	struct bytes waiting[BATCH];
	size_t first;
	size_t waits, wait_bytes;
};

static int out_of_memory(void)
{
	return fail(-ENOMEM, "cannot hold the evidence");
}

/* --- the head ---------------------------------------------------------------------- */

static int add_sets(struct pushing *s)
{
	struct share_head *h = &s->head;
	int i, n = providers_count(s->j->providers);

	h->set = calloc(n + 1, sizeof(*h->set));
	if (!h->set)
		return out_of_memory();
	for (i = 0; i < n && h->sets < HEAD_SETS; i++) {
		struct head_set *set = &h->set[h->sets];

		set->p = s->j->provider[i];
		if (!set->p.n.count && !set->p.low.first)
			continue;
		snprintf(set->name, sizeof(set->name), "%s", providers_name(s->j->providers, i));
		h->sets++;
	}
	return 0;
}

/* Another file is another store, also if it was restored from a copy. */
static uint64_t incarnation_of(const char *state_dir)
{
	char path[4096];
	struct statx st;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, state_dir);
	if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &st))
		return 0;
	return (st.stx_btime.tv_sec << 20 ^ st.stx_btime.tv_nsec) * 0x9e3779b97f4a7c15ull + st.stx_ino;
}

/*
 * Without the tables the store takes all since the last collect for lost. It is only not yet known:
 * that is what until says, and the next push brings it.
 */
static void drop_last_gap(struct pushing *s)
{
	struct site *site = &s->head.site;
	size_t i, n = 0;

	s->gap = calloc(site->losts + 1, sizeof(*s->gap));
	for (i = 0; s->gap && i < site->losts; i++)
		if (site->lost[i].last <= s->head.made || site->lost[i].first < s->head.until)
			s->gap[n++] = site->lost[i];
	site->lost = s->gap;
	site->losts = n;
}

static int begin_head(struct pushing *s)
{
	struct share_head *h = &s->head;
	int64_t collected = evidence_collected(s->j->evidence);

	snprintf(h->node, sizeof(h->node), "%s", s->p->node);
	h->incarnation = incarnation_of(s->p->state_dir);
	h->made = s->j->now;
	h->until = collected && collected < h->made ? collected : h->made;
	h->site = s->j->site;
	drop_last_gap(s);
	return s->gap ? add_sets(s) : out_of_memory();
}

/* The site is the judge's. */
static void free_head(struct share_head *h)
{
	h->site = (struct site){};
	share_head_free(h);
}

static int read_old(struct pushing *s)
{
	const struct key key = { .kind = KEY_HEAD, .node = s->p->node };
	uint8_t *bytes;
	size_t size;
	int error = transport_get_one(s->t, &key, HEAD_MAX, &bytes, &size);

	if (error || !bytes)
		return error;
	s->has_old = !share_head_read(&s->old, bytes, sign_body(bytes, size)) && !strcmp(s->old.node, s->p->node);
	s->p->has_reread = !s->has_old;
	free(bytes);
	return 0;
}

static bool is_stale(const struct pushing *s)
{
	return s->has_old && s->old.incarnation == s->head.incarnation &&
	       s->old.made > s->head.made && s->old.made <= time(NULL);
}

/* The heads of earlier stores go on as long as they can excuse somebody. */
static void carry_earlier(struct pushing *s)
{
	const struct share_head *old = &s->old;
	struct share_head *h = &s->head;
	size_t i;

	for (i = 0; i < old->earliers && s->has_old; i++)
		if (old->earlier[i].made + HEAD_KEEP_S > h->made && h->earliers < EARLIER_MAX &&
		    old->earlier[i].incarnation != h->incarnation)
			h->earlier[h->earliers++] = old->earlier[i];
}

static void sign(const struct pushing *s, struct bytes *b)
{
	if (s->p->key)
		sign_append(b, s->p->key);
}

/* The head that was there is of another store: it gets a name of its own, and its blobs stay. */
static int keep_old(struct pushing *s)
{
	struct key key = { .kind = KEY_EARLIER, .node = s->p->node, .incarnation = s->old.incarnation };
	struct share_head *h = &s->head, alone = s->old;
	struct bytes b = {};
	int error;

	if (h->earliers == EARLIER_MAX)
		memmove(h->earlier, h->earlier + 1, --h->earliers * sizeof(*h->earlier));
	h->earlier[h->earliers++] = (struct head_earlier){ s->old.incarnation, s->old.made };
	alone.earliers = 0;
	share_head_write(&b, &alone);
	sign(s, &b);
	error = b.is_bad ? out_of_memory() : transport_put(s->t, &key, b.at, b.used);
	if (!error)
		error = transport_sync(s->t);
	free(b.at);
	return error;
}

/* --- blobs ------------------------------------------------------------------------- */

static struct key key_of(const struct pushing *s, const struct head_blob *blob)
{
	return (struct key){ .kind = KEY_BLOB, .node = s->p->node, .bucket = blob->bucket,
			     .size = blob->size, .digest = blob->digest };
}

/* Puts those of the waiting blobs that are not there. */
static int put_waiting(struct pushing *s)
{
	struct key key[BATCH];
	bool is_there[BATCH] = {};
	size_t i;
	int error = 0;

	for (i = 0; i < s->waits; i++)
		key[i] = key_of(s, &s->head.blob[s->first + i]);
	if (!s->p->is_all)
		error = transport_renew(s->t, key, s->waits, is_there);
	for (i = 0; i < s->waits; i++) {
		struct bytes *b = &s->waiting[i];

		if (!error && !is_there[i]) {
			error = transport_put(s->t, &key[i], b->at, b->used);
			s->p->put++;
			s->p->put_bytes += b->used;
		}
		free(b->at);
		*b = (struct bytes){};
	}
	s->first += s->waits;
	s->waits = s->wait_bytes = 0;
	return error;
}

static int end_blob(struct pushing *s)
{
	struct head_blob blob = { .bucket = s->bucket, .rows = s->rows };

	if (!s->rows)
		return 0;
	if (s->blob.is_bad || array_grow(&s->head.blob, s->head.blobs, sizeof(blob)) ||
	    (s->p->is_packed && blob_pack(&s->packer, &s->blob)))
		return out_of_memory();
	s->head.is_packed |= blob_is_packed(s->blob.at, s->blob.used);
	blob.size = s->blob.used;
	digest_of(s->blob.at, s->blob.used, blob.digest);
	s->head.blob[s->head.blobs++] = blob;
	s->waiting[s->waits++] = s->blob;
	s->wait_bytes += s->blob.used;
	s->p->bytes += s->blob.used;
	s->p->rows += s->rows;
	s->blob = (struct bytes){};
	s->rows = 0;
	return s->waits == BATCH || s->wait_bytes > BATCH_BYTES ? put_waiting(s) : 0;
}

static int add_row(struct pushing *s, const struct record *r)
{
	struct pack_key key = pack_key(&r->src);
	uint32_t bucket = bucket_of(&key);
	int error = 0;

	if (bucket != s->bucket || !s->rows) {
		error = end_blob(s);
		s->bucket = bucket;
		s->last = (struct pack_key){};
	}
	/* Without its offences nobody is listed for them; without its data somebody might be. */
	if (s->blob.used > BLOB_MAX / 2 && !r->data.first) {
		s->p->left_out++;
		return error;
	}
	row_write(&s->blob, r, &key, &s->last);
	s->last = key;
	s->rows++;
	return error;
}

static int put_rows(struct pushing *s)
{
	struct record r;
	int error = 0;

	judge_start_records(s->j, EVIDENCE_VERIFIED);
	while (!error && judge_next_record(s->j, &r)) {
		if (judge_is_test(s->j, &r.src))
			continue;
		error = add_row(s, &r);
	}
	if (!error)
		error = judge_end(s->j);
	if (!error)
		error = end_blob(s);
	return error ? error : put_waiting(s);
}

static int put_head(struct pushing *s)
{
	const struct key key = { .kind = KEY_HEAD, .node = s->p->node };
	struct bytes b = {};
	int error;

	share_head_write(&b, &s->head);
	sign(s, &b);
	error = b.is_bad ? out_of_memory() :
		b.used > HEAD_MAX ? failx(-EFBIG, "the head of this node is too large") :
		transport_put(s->t, &key, b.at, b.used);
	if (!error)
		error = transport_sync(s->t);
	free(b.at);
	return error;
}

static int compare_blobs(const struct head_blob *a, const struct head_blob *b)
{
	return a->bucket != b->bucket ? (a->bucket > b->bucket) - (a->bucket < b->bucket) :
					memcmp(a->digest, b->digest, DIGEST_BYTES);
}

int push_drop(struct transport *t, const struct share_head *old, const struct share_head *now, size_t *dropped)
{
	struct key *key = head_keys(old);
	size_t i, k = 0, n = 0;
	int error;

	if (!key)
		return out_of_memory();
	for (i = 0; i < old->blobs; i++) {
		while (k < now->blobs && now->blob[k].bucket < old->blob[i].bucket)
			k++;
		if (k == now->blobs || compare_blobs(&now->blob[k], &old->blob[i]))
			key[n++] = key[i];
	}
	error = transport_drop(t, key, n);
	*dropped = n;
	free(key);
	return error;
}

static int run(struct pushing *s)
{
	bool is_other;
	int error = begin_head(s);

	if (!error)
		error = read_old(s);
	s->p->is_stale = !error && is_stale(s);
	if (error || s->p->is_stale)
		return error;
	carry_earlier(s);
	is_other = s->has_old && s->old.incarnation != s->head.incarnation;
	if (is_other)
		error = keep_old(s);
	if (!error)
		error = put_rows(s);
	s->p->blobs = s->head.blobs;
	if (!error)
		error = put_head(s);
	return error || is_other || !s->has_old ? error :
						   push_drop(s->t, &s->old, &s->head, &s->p->dropped);
}

int push_run(struct push *p, struct transport *t, struct judge *j)
{
	struct pushing *s = calloc(1, sizeof(*s));
	int error;
	size_t i;

	if (!s)
		return out_of_memory();
	s->p = p;
	s->t = t;
	s->j = j;
	error = run(s);
	for (i = 0; i < s->waits; i++)
		free(s->waiting[i].at);
	free(s->blob.at);
	blob_packer_free(&s->packer);
	free(s->gap);
	free_head(&s->head);
	share_head_free(&s->old);
	free(s);
	return error;
}
