// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heads as bytes, and back.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "user/share/head.h"
#include "user/share/row.h"

static const char magic[8] = "nolist-h";

bool node_name_is(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return size && size <= NODE_NAME_MAX && !name[size] && !strchr("._-", *name);
}

void digest_of(const void *bytes, size_t size, uint8_t digest[DIGEST_BYTES])
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, size, bytes);
	sha256_digest(&sha, DIGEST_BYTES, digest);
}

/* --- writing --------------------------------------------------------------------- */

static void write_name(struct bytes *b, const char *name)
{
	size_t size = strlen(name);

	bytes_number(b, size);
	bytes_raw(b, name, size);
}

static void write_spans(struct bytes *b, const struct span *s, size_t n)
{
	size_t i;

	bytes_number(b, n);
	for (i = 0; i < n; i++)
		bytes_span(b, s[i]);
}

static void write_family(struct bytes *b, const struct site_family *f)
{
	size_t i;

	bytes_number(b, f->has_low | f->has_real << 1 | f->has_high << 2);
	bytes_time(b, f->real_last);
	bytes_time(b, f->data_last);
	bytes_number(b, f->hours);
	for (i = 0; i < f->hours; i++) {
		bytes_time(b, f->hour[i].start);
		bytes_number(b, f->hour[i].opens);
		bytes_number(b, f->hour[i].data);
	}
}

static void write_site(struct bytes *b, const struct site *site)
{
	size_t i;

	write_family(b, &site->family[0]);
	write_family(b, &site->family[1]);
	write_spans(b, site->lost, site->losts);
	for (i = 0; i < FLOODS; i++)
		write_spans(b, site->flood[i], site->floods[i]);
	bytes_number(b, site->n_acks);
	for (i = 0; i < site->n_acks; i++) {
		bytes_time(b, site->acks[i].start);
		bytes_number(b, site->acks[i].count);
		bytes_signed(b, site->acks[i].epoch);
	}
	bytes_number(b, site->changes);
	for (i = 0; i < site->changes; i++) {
		bytes_time(b, site->change[i].at);
		bytes_number(b, site->change[i].mx);
	}
}

/* Words of bits; most are zero. */
static void write_bits(struct bytes *b, const struct hours *h)
{
	size_t i;

	for (i = 0; i < sizeof(h->bit) / sizeof(*h->bit); i++)
		bytes_number(b, h->bit[i]);
}

static void write_set(struct bytes *b, const struct head_set *s)
{
	const struct provider *p = &s->p;

	write_name(b, s->name);
	bytes_span(b, p->n.when);
	bytes_number(b, p->n.count);
	bytes_raw(b, &p->n.one, sizeof(p->n.one));
	bytes_span(b, p->low);
	bytes_number(b, p->is_without_low);
	write_bits(b, &p->low_hours);
	write_bits(b, &p->data_hours);
	write_bits(b, &p->walked);
}

static void write_blobs(struct bytes *b, const struct share_head *h)
{
	uint32_t prev = 0;
	size_t i;

	bytes_number(b, h->blobs);
	for (i = 0; i < h->blobs; i++) {
		bytes_number(b, h->blob[i].bucket - prev);
		bytes_number(b, h->blob[i].size);
		bytes_number(b, h->blob[i].rows);
		bytes_raw(b, h->blob[i].digest, DIGEST_BYTES);
		prev = h->blob[i].bucket;
	}
}

void share_head_write(struct bytes *b, const struct share_head *h)
{
	size_t i;

	bytes_raw(b, magic, sizeof(magic));
	bytes_number(b, h->is_packed ? HEAD_FORMAT : 1);
	bytes_number(b, HOUR_S);
	write_name(b, h->node);
	bytes_number(b, h->incarnation);
	bytes_time(b, h->made);
	bytes_time(b, h->until);
	write_site(b, &h->site);
	bytes_number(b, h->sets);
	for (i = 0; i < h->sets; i++)
		write_set(b, &h->set[i]);
	write_blobs(b, h);
	bytes_number(b, h->earliers);
	for (i = 0; i < h->earliers; i++) {
		bytes_number(b, h->earlier[i].incarnation);
		bytes_time(b, h->earlier[i].made);
	}
}

/* --- reading ---------------------------------------------------------------------- */

static void read_name(struct cursor *c, char name[NODE_NAME_MAX + 1])
{
	size_t size = cursor_limited(c, NODE_NAME_MAX);

	cursor_raw(c, name, size);
	name[size] = '\0';
	c->is_bad |= strlen(name) != size || !node_name_is(name);
}

/* An array of what follows; NULL, and the cursor is bad, if there is no memory. */
static void *read_array(struct cursor *c, size_t *n, size_t size)
{
	void *array;

	*n = cursor_count(c);
	if (size >= sizeof(struct head_set) && *n > HEAD_SETS) {
		c->is_bad = true;
		*n = 0;
	}
	array = calloc(*n + 1, size);
	c->is_bad |= !array;
	return array;
}

static const struct span *read_spans(struct cursor *c, size_t *n, bool is_disjoint)
{
	struct span *s = read_array(c, n, sizeof(*s));
	size_t i;

	for (i = 0; i < *n && !c->is_bad; i++) {
		s[i] = cursor_span(c);
		if (i)
			c->is_bad |= s[i].first < (is_disjoint ? s[i - 1].last : s[i - 1].first);
	}
	return s;
}

static void read_family(struct cursor *c, struct site_family *f)
{
	unsigned int has = cursor_limited(c, 7);
	struct real_hour *hour;
	size_t i;

	f->has_low = has & 1;
	f->has_real = has & 2;
	f->has_high = has & 4;
	f->real_last = cursor_time(c);
	f->data_last = cursor_time(c);
	f->hour = hour = read_array(c, &f->hours, sizeof(*hour));
	for (i = 0; i < f->hours && !c->is_bad; i++) {
		hour[i].start = cursor_time(c);
		hour[i].opens = cursor_limited(c, UINT32_MAX);
		hour[i].data = cursor_limited(c, UINT32_MAX);
		c->is_bad |= !hour[i].start || (i && hour[i].start < hour[i - 1].start);
	}
}

static void read_site(struct cursor *c, struct site *site)
{
	struct evidence_acks *acks;
	struct mx_change *change;
	int64_t epoch;
	size_t i;

	read_family(c, &site->family[0]);
	read_family(c, &site->family[1]);
	site->lost = read_spans(c, &site->losts, false);
	for (i = 0; i < FLOODS; i++)
		site->flood[i] = read_spans(c, &site->floods[i], true);
	site->acks = acks = read_array(c, &site->n_acks, sizeof(*acks));
	for (i = 0; i < site->n_acks && !c->is_bad; i++) {
		acks[i].start = cursor_time(c);
		acks[i].count = cursor_number(c);
		epoch = cursor_signed(c);
		acks[i].epoch = epoch;
		c->is_bad |= acks[i].epoch != epoch;
		c->is_bad |= i && acks[i].start < acks[i - 1].start;
	}
	site->change = change = read_array(c, &site->changes, sizeof(*change));
	for (i = 0; i < site->changes && !c->is_bad; i++) {
		change[i].at = cursor_time(c);
		change[i].mx = cursor_number(c);
		c->is_bad |= i && change[i].at < change[i - 1].at;
	}
}

static void read_bits(struct cursor *c, struct hours *h)
{
	size_t i;

	for (i = 0; i < sizeof(h->bit) / sizeof(*h->bit); i++)
		h->bit[i] = cursor_number(c);
}

static void read_set(struct cursor *c, struct head_set *s)
{
	struct provider *p = &s->p;

	read_name(c, s->name);
	p->n.when = cursor_span(c);
	p->n.count = cursor_limited(c, UINT32_MAX);
	cursor_raw(c, &p->n.one, sizeof(p->n.one));
	p->low = cursor_span(c);
	p->is_without_low = cursor_limited(c, 1);
	read_bits(c, &p->low_hours);
	read_bits(c, &p->data_hours);
	read_bits(c, &p->walked);
}

static void read_blobs(struct cursor *c, struct share_head *h)
{
	uint32_t bucket = 0;
	size_t i;

	h->blob = read_array(c, &h->blobs, sizeof(*h->blob));
	for (i = 0; i < h->blobs && !c->is_bad; i++) {
		uint64_t by = cursor_number(c);

		c->is_bad |= (i && !by) || by >= BUCKETS - bucket;
		h->blob[i].bucket = bucket += by;
		h->blob[i].size = cursor_limited(c, BLOB_MAX);
		h->blob[i].rows = cursor_limited(c, BLOB_MAX);
		cursor_raw(c, h->blob[i].digest, DIGEST_BYTES);
	}
}

static void read_all(struct cursor *c, struct share_head *h)
{
	size_t i;

	read_name(c, h->node);
	h->incarnation = cursor_number(c);
	h->made = cursor_time(c);
	h->until = cursor_time(c);
	read_site(c, &h->site);
	h->set = read_array(c, &h->sets, sizeof(*h->set));
	for (i = 0; i < h->sets && !c->is_bad; i++)
		read_set(c, &h->set[i]);
	read_blobs(c, h);
	h->earliers = cursor_limited(c, EARLIER_MAX);
	for (i = 0; i < h->earliers; i++) {
		h->earlier[i].incarnation = cursor_number(c);
		h->earlier[i].made = cursor_time(c);
	}
	c->is_bad |= !h->made;
}

int share_head_read(struct share_head *h, const uint8_t *at, size_t size)
{
	struct cursor c = cursor_of(at, size);
	char is[sizeof(magic)];
	uint64_t format;

	*h = (struct share_head){};
	cursor_raw(&c, is, sizeof(is));
	if (c.is_bad || memcmp(is, magic, sizeof(is)))
		return -EBADMSG;
	format = cursor_number(&c);
	if (!format || format > HEAD_FORMAT || cursor_number(&c) != HOUR_S)
		return c.is_bad ? -EBADMSG : -EPROTO;
	h->is_packed = format == HEAD_FORMAT;
	read_all(&c, h);
	if (!c.is_bad && !cursor_left(&c))
		return 0;
	share_head_free(h);
	return -EBADMSG;
}

void share_head_free(struct share_head *h)
{
	int i;

	site_free(&h->site);
	for (i = 0; i < 2; i++)
		free((void *)h->site.family[i].hour);
	for (i = 0; i < FLOODS; i++)
		free((void *)h->site.flood[i]);
	free((void *)h->site.lost);
	free((void *)h->site.acks);
	free((void *)h->site.change);
	free(h->set);
	free(h->blob);
	*h = (struct share_head){};
}
