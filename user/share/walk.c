// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over the harvest: bucket by bucket, which is in the order of addresses, and in a bucket
 * first over what may excuse neighbours, then over all sources. Each is judged by what all nodes know
 * of it, each offence by its own node's site.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/judge/tests.h"
#include "user/share/harvest.h"
#include "user/share/join.h"

#define NO_BUCKET UINT32_MAX
#define MANY UINT32_MAX
#define VOICES_MAX 63 /* operators of one source that are told apart; more count as one */

/* --- a bucket ------------------------------------------------------------------------- */

static uint32_t next_bucket(const struct harvest *h)
{
	uint32_t bucket = NO_BUCKET;
	size_t i;

	for (i = 0; i < h->reports; i++) {
		const struct report *r = &h->report[i];

		if (r->state == NODE_USED && r->next < r->head.blobs &&
		    r->head.blob[r->next].bucket < bucket)
			bucket = r->head.blob[r->next].bucket;
	}
	return bucket;
}

static int read_blob(struct harvest *h, struct report *r, size_t size)
{
	struct bytes *b = &r->blob;
	int error;
	ssize_t n;

	b->used = 0;
	if (!bytes_room(b, size))
		return fail(-ENOMEM, "cannot hold what the nodes have shared");
	for (; b->used < size; b->used += n) {
		n = pread(h->spool, b->at + b->used, size - b->used, r->next_at + b->used);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return fail(n ? -errno : -EIO, "cannot read what the nodes have shared");
	}
	error = blob_rows(&h->packer, b->at, size, &r->unpacked, &r->whole);
	return error ? fail(error, "cannot read what the nodes have shared") : 0;
}

/* Reads a bucket of all nodes that have it. */
static int read_bucket(struct harvest *h)
{
	int error = 0;
	size_t i;

	for (i = 0; i < h->reports && !error; i++) {
		struct report *r = &h->report[i];
		const struct head_blob *b = &r->head.blob[r->next];

		r->is_in = r->state == NODE_USED && r->next < r->head.blobs && b->bucket == h->bucket;
		if (!r->is_in)
			continue;
		error = read_blob(h, r, b->size);
		r->next_at += b->size;
		r->next++;
	}
	return error;
}

static int advance(struct harvest *h, struct report *r, unsigned int with)
{
	int ret = row_read(&r->cursor, h->bucket, with, &r->row);

	r->has_row = ret > 0;
	return ret < 0 ? fail(ret, "what a node has shared changed after it was read") : 0;
}

/* Begins with the rows of the bucket. */
static int rewind_bucket(struct harvest *h, unsigned int with)
{
	int error = 0;
	size_t i;

	for (i = 0; i < h->reports && !error; i++) {
		struct report *r = &h->report[i];

		r->has_row = false;
		if (!r->is_in)
			continue;
		r->cursor = r->whole;
		r->row.key = (struct pack_key){};
		error = advance(h, r, with);
	}
	return error;
}

/* --- a source ------------------------------------------------------------------------- */

static int compare_keys(const struct pack_key *a, const struct pack_key *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

/* The first source that is left; NULL: none is. */
static const struct pack_key *first_key(const struct harvest *h)
{
	const struct pack_key *first = NULL;
	size_t i;

	for (i = 0; i < h->reports; i++) {
		const struct report *r = &h->report[i];

		if (r->is_in && r->has_row && (!first || compare_keys(&r->row.key, first) < 0))
			first = &r->row.key;
	}
	return first;
}

/* A small number for the operator of a side. */
static unsigned int voice_of(struct harvest *h, unsigned int sides, unsigned int voice)
{
	unsigned int i, voices = 0;

	for (i = 0; i < sides; i++) {
		if (h->voice[i] == voice)
			return h->side[i].operator;
		if (h->side[i].operator >= voices)
			voices = h->side[i].operator + 1;
	}
	return voices < VOICES_MAX ? voices : VOICES_MAX;
}

/* What each node knows of the source; how many do. */
static unsigned int gather(struct harvest *h, const struct pack_key *key)
{
	unsigned int sides = 0;
	size_t i;

	for (i = 0; i < h->reports; i++) {
		struct report *r = &h->report[i];
		struct side *s = &h->side[sides];

		if (!r->is_in || !r->has_row || compare_keys(&r->row.key, key))
			continue;
		*s = (struct side){ .r = r->row.r, .site = &r->head.site };
		/* The judge's own, of its look-up page. */
		evidence_lifts(h->j->evidence, key, &s->r);
		s->operator = voice_of(h, sides, r->node->voice);
		h->voice[sides++] = r->node->voice;
	}
	return sides;
}

static int pass(struct harvest *h, const struct pack_key *key, unsigned int with)
{
	int error = 0;
	size_t i;

	for (i = 0; i < h->reports && !error; i++) {
		struct report *r = &h->report[i];

		if (r->is_in && r->has_row && !compare_keys(&r->row.key, key))
			error = advance(h, r, with);
	}
	return error;
}

/* --- neighbourhoods ------------------------------------------------------------------- */

static int add_neighbour(struct harvest *h, unsigned int sides, const struct nolist_source *src)
{
	struct prefix around = neighbours_prefix(src, &h->j->rules);
	struct judge *j = h->j;
	struct neighbours one = {};
	struct judge_group *g;
	unsigned int i, before, voice = MANY;

	for (i = 0; i < sides; i++) {
		before = one.count;
		neighbours_add(&one, &h->side[i].r, h->side[i].site, &j->rules, j->now);
		if (one.count > before)
			voice = before && voice != h->voice[i] ? MANY : h->voice[i];
	}
	if (!one.count)
		return 0;
	one.count = 1;
	g = j->groups ? &j->group[j->groups - 1] : NULL;
	if (!g || addr_compare(&g->addr, &around.addr)) {
		if (array_grow(&j->group, j->groups, sizeof(*j->group)) ||
		    array_grow(&h->sole, j->groups, sizeof(*h->sole)))
			return fail(-ENOMEM, "cannot hold the alibis");
		g = &j->group[j->groups];
		*g = (struct judge_group){ .addr = around.addr };
		h->sole[j->groups++] = voice;
	}
	neighbours_join(&g->n, &one);
	if (h->sole[j->groups - 1] != voice)
		h->sole[j->groups - 1] = MANY;
	return 0;
}

/* Neighbourhoods are whole in a bucket: the judge holds those of the present one. */
static int find_groups(struct harvest *h)
{
	const struct pack_key *first;
	int error = rewind_bucket(h, ROW_WITH_DATA);

	h->j->groups = 0;
	while (!error && (first = first_key(h))) {
		struct pack_key key = *first;
		struct nolist_source src = pack_source(&key);
		unsigned int sides = gather(h, &key);

		if (!judge_is_test(h->j, &src))
			error = add_neighbour(h, sides, &src);
		if (!error)
			error = pass(h, &key, ROW_WITH_DATA);
	}
	return error;
}

/* --- the walk ------------------------------------------------------------------------- */

void harvest_start(void *arg)
{
	struct harvest *h = arg;
	size_t i;

	for (i = 0; i < h->reports; i++) {
		h->report[i].next = 0;
		h->report[i].next_at = h->report[i].at;
		h->report[i].is_in = h->report[i].has_row = false;
	}
	h->has_source = false;
}

static int next_source(struct harvest *h, bool *is_there)
{
	const struct pack_key *first;
	int error = 0;

	/* The rows of the source before were needed until now. */
	if (h->has_source)
		error = pass(h, &h->source, 0);
	h->has_source = false;
	while (!error && !(first = first_key(h))) {
		h->bucket = next_bucket(h);
		*is_there = h->bucket != NO_BUCKET;
		if (!*is_there)
			return 0;
		error = read_bucket(h);
		if (!error)
			error = find_groups(h);
		if (!error)
			error = rewind_bucket(h, 0);
	}
	if (error)
		return error;
	h->source = *first;
	h->has_source = *is_there = true;
	return 0;
}

unsigned int walk_next(struct harvest *h, int *error)
{
	bool is_there = false;

	*error = next_source(h, &is_there);
	return *error || !is_there ? 0 : gather(h, &h->source);
}

unsigned int walk_sole(const struct harvest *h, const struct nolist_source *src)
{
	const struct judge *j = h->j;
	struct prefix around = neighbours_prefix(src, &j->rules);
	size_t from = 0, to = j->groups;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (addr_compare(&j->group[mid].addr, &around.addr) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < j->groups && !addr_compare(&j->group[from].addr, &around.addr) ? h->sole[from] :
										      MANY;
}

static void judge_source(struct harvest *h, struct judged *of)
{
	struct judge *j = h->j;
	unsigned int i, sides = gather(h, &h->source);

	*of = (struct judged){ .r = h->side[0].r };
	judge_neighbours(j, of);
	for (i = 0; i < sides; i++)
		h->side[i].n = of->n.count ? &of->n : NULL;
	verdict_of_sides(h->side, sides, h->leave_out, &j->rules, j->now, &of->v);
	for (i = 1; i < sides; i++)
		join_record(&of->r, &h->side[i].r);
	judge_settle(j, h->side[0].site, of);
}

bool harvest_next(void *arg, struct judged *of)
{
	struct harvest *h = arg;
	bool is_there = false;

	h->j->error = next_source(h, &is_there);
	if (h->j->error || !is_there)
		return false;
	judge_source(h, of);
	return true;
}
