// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fetches what the nodes have shared: each head, and the blobs that it names, into a file without a
 * name. Each blob is verified and read through once, so that a walk over them cannot fail.
 */
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/share/harvest.h"

#define TRIES 4 /* while a node pushes, its old blobs vanish */

const char *const node_reasons[NODE_STATES] = {
	[NODE_USED] = "used",
	[NODE_MISSING] = "it has not pushed",
	[NODE_OLD] = "its last push is too old",
	[NODE_AHEAD] = "its clock is ahead",
	[NODE_BROKEN] = "what it has pushed makes no sense to this version",
	[NODE_UNSIGNED] = "its head is not signed by its key",
	[NODE_REPLAYED] = "its head is older than one that it was judged by before",
	[NODE_MUTED] = "it is muted",
	[NODE_TORN] = "not all that it has pushed is there",
};

static int out_of_memory(void)
{
	return fail(-ENOMEM, "cannot hold what the nodes have shared");
}

/* --- heads -------------------------------------------------------------------------- */

static enum node_state judge_head(const struct harvest *h, struct report *r, const uint8_t *bytes,
				  size_t size)
{
	const struct share_head *head = &r->head;

	share_head_free(&r->head);
	if (r->node->is_muted)
		return NODE_MUTED;
	if (!bytes)
		return NODE_MISSING;
	if (r->node->has_key && !sign_is_by(bytes, size, r->node->key))
		return NODE_UNSIGNED;
	if (share_head_read(&r->head, bytes, sign_body(bytes, size)) || strcmp(head->node, r->node->name))
		return NODE_BROKEN;
	if (head->made > h->j->now + AHEAD_MAX_S)
		return NODE_AHEAD;
	if (head->made < h->j->now - HEAD_KEEP_S)
		return NODE_OLD;
	return NODE_USED;
}

static int fetch_head(struct harvest *h, struct report *r, const struct key *key)
{
	uint8_t *bytes;
	size_t size, i;
	int error = transport_get_one(h->t, key, HEAD_MAX, &bytes, &size);

	if (error)
		return error;
	r->state = judge_head(h, r, bytes, size);
	if (r->state == NODE_USED && key->kind == KEY_HEAD && r->head.made < r->node->seen)
		r->state = NODE_REPLAYED;
	for (r->rows = r->bytes = i = 0; i < r->head.blobs; i++) {
		r->rows += r->head.blob[i].rows;
		r->bytes += r->head.blob[i].size;
	}
	free(bytes);
	return 0;
}

static int start_reports(struct harvest *h)
{
	h->spool = -1;
	h->report = calloc(h->nodes->n * (1 + EARLIER_MAX), sizeof(*h->report));
	return h->report ? 0 : out_of_memory();
}

int harvest_heads(struct harvest *h)
{
	size_t i;
	int error = start_reports(h);

	for (i = 0; i < h->nodes->n && !error; i++) {
		struct report *r = &h->report[h->reports++];
		const struct key key = { .kind = KEY_HEAD, .node = h->nodes->node[i].name };

		r->node = &h->nodes->node[i];
		error = fetch_head(h, r, &key);
		h->used += r->state == NODE_USED;
		h->unused += r->state != NODE_USED && r->state != NODE_MUTED;
	}
	return error;
}

/* --- blobs -------------------------------------------------------------------------- */

static int open_spool(struct harvest *h)
{
	char path[4096];

	h->spool = open(h->state_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (h->spool >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/spool.XXXXXX", h->state_dir);
	h->spool = mkostemp(path, O_CLOEXEC);
	if (h->spool < 0)
		return fail(-errno, "cannot write to '%s'", h->state_dir);
	unlink(path);
	return 0;
}

static int spool(struct harvest *h, const uint8_t *bytes, size_t size)
{
	ssize_t n;

	for (; size; bytes += n, size -= n, h->spooled += n) {
		n = pwrite(h->spool, bytes, size, h->spooled);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return fail(n ? -errno : -EIO, "cannot write to '%s'", h->state_dir);
	}
	return 0;
}

struct fetching {
	struct harvest *h;
	struct report *r;
};

/* Its rows are as many as its head says, and each makes sense. 1; 0: it is broken; or -errno. */
static int has_rows(struct harvest *h, struct report *r, const struct head_blob *b, const uint8_t *bytes)
{
	uint32_t rows = 0;
	struct cursor c;
	int ret = blob_rows(&h->packer, bytes, b->size, &r->unpacked, &c);

	if (ret == -ENOMEM)
		return out_of_memory();
	if (ret)
		return 0;
	r->row.key = (struct pack_key){};
	while ((ret = row_read(&c, b->bucket, 0, &r->row)) > 0)
		rows++;
	return !ret && rows == b->rows;
}

static int is_whole(struct harvest *h, struct report *r, const struct head_blob *b, const uint8_t *bytes,
		    size_t size)
{
	uint8_t digest[DIGEST_BYTES];
	int ret;

	digest_of(bytes, size, digest);
	if (size != b->size || memcmp(digest, b->digest, sizeof(digest))) {
		r->state = NODE_TORN;
		return 0;
	}
	ret = has_rows(h, r, b, bytes);
	if (!ret)
		r->state = NODE_BROKEN;
	return ret;
}

static int on_blob(size_t i, const uint8_t *bytes, size_t size, void *arg)
{
	const struct fetching *f = arg;
	struct report *r = f->r;
	int ret;

	if (r->state != NODE_USED)
		return 0;
	if (!bytes) {
		r->state = NODE_TORN;
		return 0;
	}
	ret = is_whole(f->h, r, &r->head.blob[i], bytes, size);
	return ret > 0 ? spool(f->h, bytes, size) : ret;
}

static int fetch_blobs(struct harvest *h, struct report *r)
{
	struct fetching f = { h, r };
	struct key *key = head_keys(&r->head);
	int error;

	if (!key)
		return out_of_memory();
	r->at = h->spooled;
	error = transport_get(h->t, key, r->head.blobs, BLOB_MAX, on_blob, &f);
	/* What was spooled of it is written over. */
	if (r->state != NODE_USED)
		h->spooled = r->at;
	free(key);
	return error;
}

/* A push may have replaced the head meanwhile, and dropped what it named. */
static int fetch_report(struct harvest *h, struct report *r, const struct key *key)
{
	int i, error = 0;

	for (i = 0; i < TRIES && !error; i++) {
		error = fetch_head(h, r, key);
		if (!error && r->state == NODE_USED)
			error = fetch_blobs(h, r);
		if (r->state != NODE_TORN)
			break;
	}
	h->used += r->state == NODE_USED;
	h->unused += r->state != NODE_USED && r->state != NODE_MUTED;
	return error;
}

/* Of an earlier store the present head says which one it must be. */
static void check_earlier(struct harvest *h, struct report *r, const struct head_earlier *e)
{
	if (r->state != NODE_USED || (r->head.incarnation == e->incarnation && r->head.made == e->made))
		return;
	r->state = NODE_BROKEN;
	h->used--;
	h->unused++;
}

static int fetch_node(struct harvest *h, struct node *node)
{
	struct report *r = &h->report[h->reports++];
	struct key key = { .kind = KEY_HEAD, .node = node->name };
	const struct share_head *head = &r->head;
	size_t i;
	int error;

	r->node = node;
	error = fetch_report(h, r, &key);
	if (r->state == NODE_USED)
		node->seen = head->made;
	for (i = 0; i < head->earliers && !error; i++) {
		if (r->state != NODE_USED || head->earlier[i].made < h->j->now - HEAD_KEEP_S)
			continue;
		h->report[h->reports] = (struct report){ .node = node };
		key = (struct key){ .kind = KEY_EARLIER, .node = node->name,
				    .incarnation = head->earlier[i].incarnation };
		error = fetch_report(h, &h->report[h->reports], &key);
		check_earlier(h, &h->report[h->reports++], &head->earlier[i]);
	}
	return error;
}

/* --- the sites ------------------------------------------------------------------------ */

static const struct span always[] = { { 1, INT64_MAX / 2 } };

void harvest_lose(struct report *r)
{
	struct site *site = &r->head.site;

	if (site->lost != always)
		free((void *)site->lost);
	site->lost = always;
	site->losts = 1;
}

static int ready_site(struct harvest *h, struct report *r)
{
	struct site *site = &r->head.site;
	const struct judge *j = h->j;

	site->is_unseen_accepted = j->conf->is_unseen_accepted;
	site->is_dual_accepted = j->conf->is_dual_accepted;
	site->is_pipelined_accepted = j->conf->is_pipelined_accepted;
	site->is_replay = j->is_replay;
	site->until = r->head.until < j->now ? r->head.until : 0;
	/* Evidence of another node is not there, which may excuse any offence. */
	if (h->unused)
		harvest_lose(r);
	return site_ready(site, &j->rules, j->now) ? out_of_memory() : 0;
}

static void widen_family(struct site_family *to, const struct site_family *from)
{
	to->has_low |= from->has_low;
	to->has_real |= from->has_real;
	to->has_high |= from->has_high;
	if (from->real_last > to->real_last)
		to->real_last = from->real_last;
	if (from->data_last > to->data_last)
		to->data_last = from->data_last;
}

/* What the notes of a list are about: of one node its own, of several what they have in common. */
static int join_site(struct harvest *h, const struct report *r)
{
	struct site *to = &h->j->site;
	const struct site *from = &r->head.site;
	int f;

	if (h->used > 1) {
		for (f = 0; f < 2; f++)
			widen_family(&to->family[f], &from->family[f]);
		return 0;
	}
	*to = *from;
	to->learning = NULL;
	to->learnings = 0;
	for (f = 0; f < 2; f++) {
		to->family[f].unhealthy = to->family[f].pause = NULL;
		to->family[f].n_unhealthy = to->family[f].pauses = 0;
	}
	return site_ready(to, &h->j->rules, h->j->now) ? out_of_memory() : 0;
}

static void join_sets(struct harvest *h, const struct report *r)
{
	const int64_t later = h->j->now / HOUR_S - r->head.made / HOUR_S;
	const struct providers *p = h->j->providers;
	size_t i;
	int k;

	for (i = 0; i < r->head.sets; i++)
		for (k = 0; k < providers_count(p); k++)
			if (!strcmp(providers_name(p, k), r->head.set[i].name))
				provider_join(&h->j->provider[k], &r->head.set[i].p, later);
}

/* All that is left of what the nodes have in common. */
static int join_all(struct harvest *h)
{
	struct judge *j = h->j;
	int error = 0;
	size_t i;

	site_free(&j->site);
	memset(j->site.family, 0, sizeof(j->site.family));
	memset(j->provider, 0, (providers_count(j->providers) + 1) * sizeof(*j->provider));
	for (i = 0; i < h->reports && !error; i++) {
		if (h->report[i].state != NODE_USED)
			continue;
		error = join_site(h, &h->report[i]);
		join_sets(h, &h->report[i]);
	}
	return error;
}

static int fetch_all(struct harvest *h)
{
	size_t i;
	int error = start_reports(h);

	if (!error)
		error = open_spool(h);
	for (i = 0; i < h->nodes->n && !error; i++)
		error = fetch_node(h, &h->nodes->node[i]);
	if (!error && !h->used)
		return -ENODATA;
	for (i = 0; i < h->reports && !error; i++)
		if (h->report[i].state == NODE_USED)
			error = ready_site(h, &h->report[i]);
	h->side = calloc(h->reports + 1, sizeof(*h->side));
	h->rest = calloc(h->reports + 1, sizeof(*h->rest));
	h->voice = calloc(h->reports + 1, sizeof(*h->voice));
	h->given = (struct judge_given){ h, harvest_start, harvest_next };
	return error || (h->side && h->rest && h->voice) ? error : out_of_memory();
}

void harvest_take_limits(struct harvest *h)
{
	const struct conf *conf = h->j->conf;

	h->leave_out = conf->share_leave_out >= 0 ? conf->share_leave_out : h->nodes->has_operators;
	h->weight = conf->share_weight;
}

bool harvest_is_weighed(const struct harvest *h)
{
	return h->leave_out || h->weight;
}

int harvest_fetch(struct harvest *h)
{
	int error = fetch_all(h);

	if (!error)
		error = join_all(h);
	if (error || !harvest_is_weighed(h))
		return error;
	error = harvest_weigh(h);
	if (!error)
		error = join_all(h);
	return error || h->used ? error : -ENODATA;
}

void harvest_free(struct harvest *h)
{
	size_t i;

	for (i = 0; i < h->reports; i++) {
		struct report *r = &h->report[i];

		if (r->head.site.lost == always)
			r->head.site.lost = NULL;
		share_head_free(&r->head);
		row_free(&r->row);
		free(r->blob.at);
		free(r->unpacked.at);
	}
	blob_packer_free(&h->packer);
	free(h->report);
	free(h->side);
	free(h->rest);
	free(h->voice);
	free(h->sole);
	if (h->report && h->spool >= 0)
		close(h->spool);
}
