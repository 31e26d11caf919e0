// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heads and blobs of other nodes, compressed or not: whatever is read of them can be judged, and written as it was read.
 * And the judge's list, behind a digest that is right: nothing but a whole list is taken. The first
 * byte says which.
 */
#include <errno.h>

#include "selftests/fuzz/fuzz.h"
#include "user/judge/verdict.h"
#include "user/share/head.h"
#include "user/share/published.h"
#include "user/share/row.h"
#include "user/share/sign.h"

#define NOW 1795000000

static void fuzz_head(const uint8_t *data, size_t size)
{
	struct rules rules;
	struct share_head h, again;
	struct bytes b = {};

	rules_init(&rules);
	if (share_head_read(&h, data, size))
		return;
	share_head_write(&b, &h);
	HOLDS(!b.is_bad && b.used == size && !memcmp(b.at, data, size));
	HOLDS(!share_head_read(&again, b.at, b.used) && again.blobs == h.blobs);
	HOLDS(!site_ready(&h.site, &rules, NOW));
	free(b.at);
	share_head_free(&h);
	share_head_free(&again);
}

static void judge(const struct record *r)
{
	const struct site site = { .family = { { .has_low = true }, { .has_low = true } } };
	struct side side[2] = { { .r = *r, .site = &site }, { .r = *r, .site = &site, .operator = 1 } };
	struct rules rules;
	struct verdict v;

	rules_init(&rules);
	verdict_of_sides(side, 1, 0, &rules, NOW, &v);
	side[0].r = *r;
	verdict_of_sides(side, 2, 1, &rules, NOW, &v);
	HOLDS(v.is < JUDGEMENTS && v.is != JUDGED_OFFENDER);
}

static void fuzz_rows(const uint8_t *data, size_t size, uint32_t bucket)
{
	struct cursor c = cursor_of(data, size), second;
	struct pack_key prev = {};
	struct row row = {}, again = {};

	while (row_read(&c, bucket, 0, &row) > 0) {
		struct bytes b = {};

		HOLDS(bucket_of(&row.key) == bucket);
		judge(&row.r);
		row_write(&b, &row.r, &row.key, &prev);
		second = cursor_of(b.at, b.used);
		again.key = prev;
		HOLDS(!b.is_bad && row_read(&second, bucket, 0, &again) == 1 && !cursor_left(&second));
		HOLDS(again.r.hours == row.r.hours && again.r.data.last == row.r.data.last &&
		      again.r.open_hours == row.r.open_hours && again.r.low.opens == row.r.low.opens);
		prev = row.key;
		free(b.at);
	}
	row_free(&row);
	row_free(&again);
}

/* A blob, compressed or not: never more than is allowed of so many bytes. */
static void fuzz_blob(const uint8_t *data, size_t size)
{
	static struct blob_packer packer;
	static struct bytes into;
	struct cursor rows;

	if (blob_rows(&packer, data, size, &into, &rows))
		return;
	HOLDS(cursor_left(&rows) <= size || cursor_left(&rows) / BLOB_RATIO_MAX <= size);
	HOLDS(cursor_left(&rows) <= BLOB_MAX);
	fuzz_rows(rows.at, cursor_left(&rows), 0xc63);
}

/* --- the list ------------------------------------------------------------------------ */

/* The value that is there. */
struct here {
	struct transport t;
	struct bytes value;
};

static int get_here(struct transport *t, const struct key *key, size_t n, size_t max, transport_fn *fn,
		    void *arg)
{
	struct here *h = (struct here *)t;

	HOLDS(key->kind == KEY_LIST && n == 1 && h->value.used <= max);
	return fn(0, h->value.at, h->value.used, arg);
}

static void fuzz_list(const uint8_t *data, size_t size)
{
	static const struct transport_ops ops = { .get = get_here };
	struct here h = { .t.ops = &ops };
	uint8_t digest[DIGEST_BYTES], nobody[KEY_BYTES] = { 1 };
	struct published p;
	int error;

	digest_of(data, size, digest);
	bytes_raw(&h.value, "nolist-l", 8);
	bytes_raw(&h.value, digest, sizeof(digest));
	bytes_raw(&h.value, data, size);
	HOLDS(!h.value.is_bad);
	error = published_get(&p, &h.t, NULL, NOW);
	HOLDS(!error || error == -EBADMSG || error == -ESTALE || error == -EPROTO);
	if (!error)
		HOLDS(p.time > 0 && p.expires > NOW && p.rows <= size / 100);
	published_free(&p);
	HOLDS(published_get(&p, &h.t, nobody, NOW) == -EACCES);
	published_free(&p);
	free(h.value.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && *data == 8)
		fuzz_blob(data + 1, size - 1);
	else if (size && *data == 4)
		fuzz_list(data + 1, size - 1);
	else if (size && *data & 1)
		fuzz_rows(data + 1, size - 1, *data & 2 ? BUCKETS_IP4 + 0x5000 : *data << 4);
	else if (size)
		fuzz_head(data + 1, size - 1);
	return 0;
}
