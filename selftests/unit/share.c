// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nodes send each other: rows of evidence and heads come back as they were written, and bytes
 * that were cut, changed or made up are refused, or are other rows in their order, but never more.
 * Why it matters: they come from other hosts, perhaps of other operators.
 */
#include "selftests/lib/tap.h"
#include "user/base/text.h"
#include "user/share/head.h"
#include "user/share/row.h"

#define NOW 1795000000ll
#define ROWS 200

static uint32_t state = 7;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static struct span a_span(void)
{
	int64_t first = NOW - 35 * DAY_S + draw(30 * DAY_S);

	return draw(3) ? (struct span){ first, first + draw(5 * DAY_S) } : (struct span){};
}

static struct contact a_contact(void)
{
	struct contact c = { .when = a_span(), .hidden = a_span() };

	c.opens = c.when.first ? 1 + draw(100000) : 0;
	return c;
}

static struct twice a_twice(void)
{
	struct span s = a_span();

	return (struct twice){ draw(2) ? s.first : 0, s.last };
}

/* The arrays of the last record that was made. */
static struct hour hour[ROW_HOURS_MAX + 10];
static uint32_t data_hour[ROW_HOURS_MAX + 10];
static struct open_hour open_hour[ROW_HOURS_MAX + 10];

static struct record a_record(struct nolist_source src, unsigned int most)
{
	struct record r = { .src = src, .low = a_contact(), .real = a_contact(), .high = a_contact(),
			    .data = a_span(), .data_hidden = a_span(), .talk = a_span(),
			    .talk_hours = draw(9), .bad_acks = draw(3), .walk = a_twice(),
			    .visit = a_twice(), .walks = draw(4), .hour = hour, .data_hour = data_hour,
			    .open_hour = open_hour, .day = NOW / DAY_S,
			    .days = { draw(3), 1 + draw(1u << 24), draw(2) } };
	uint32_t at = NOW - 35 * DAY_S;
	unsigned int i;

	for (r.hours = r.data_hours = r.open_hours = draw(most + 1), i = 0; i < r.hours; i++) {
		at += HOUR_S / 4 + draw(HOUR_S);
		hour[i] = (struct hour){ .start = at, .last = draw(HOUR_S) };
		hour[i].n[draw(NOLIST_EVENT_SLOTS)] = 1 + draw(65535);
		data_hour[i] = at;
		open_hour[i] = (struct open_hour){ at, draw(512) };
	}
	return r;
}

/* An array without elements may have no address. */
static bool differ(const void *a, const void *b, size_t size)
{
	return size && memcmp(a, b, size);
}

static bool is_same(const struct record *a, const struct record *b)
{
	struct record x = *a, y = *b;

	if (x.hours != y.hours || x.data_hours != y.data_hours || x.open_hours != y.open_hours ||
	    differ(x.hour, y.hour, x.hours * sizeof(*x.hour)) ||
	    differ(x.data_hour, y.data_hour, x.data_hours * sizeof(*x.data_hour)) ||
	    differ(x.open_hour, y.open_hour, x.open_hours * sizeof(*x.open_hour)))
		return false;
	x.hour = y.hour = NULL;
	x.data_hour = y.data_hour = NULL;
	x.open_hour = y.open_hour = NULL;
	return !memcmp(&x, &y, sizeof(x));
}

static struct nolist_source ip4(uint32_t low)
{
	struct pack_key key = { .low = low };

	return pack_source(&key);
}

/* Rows of 198.48.0.0/12, the first of their bucket. */
static uint32_t low_of(unsigned int i)
{
	return 0xc6300000u + i * 4099;
}

static void test_rows(struct bytes *blob)
{
	struct pack_key prev = {};
	struct row row = {};
	struct cursor c;
	unsigned int i;
	bool is_all = true;

	for (i = 0; i < ROWS; i++) {
		struct record r = a_record(ip4(low_of(i)), i % 9);
		struct pack_key key = pack_key(&r.src);
		size_t used = blob->used;

		row_write(blob, &r, &key, &prev);
		c = cursor_of(blob->at + used, blob->used - used);
		row.key = prev;
		is_all &= row_read(&c, bucket_of(&key), 0, &row) == 1 && is_same(&r, &row.r) &&
			  !cursor_left(&c);
		prev = key;
	}
	tap_ok(is_all, "each row comes back as it was written");
	c = cursor_of(blob->at, blob->used);
	row.key = (struct pack_key){};
	for (i = 0; row_read(&c, 0xc63, 0, &row) == 1; i++)
		is_all &= row.key.low == low_of(i);
	tap_ok(is_all && i == ROWS && !cursor_left(&c), "and all of them in their order");
	c = cursor_of(blob->at, blob->used);
	row.key = (struct pack_key){};
	for (i = 0; row_read(&c, 0xc63, ROW_WITH_DATA, &row) == 1; i++)
		is_all &= row.r.data.first || row.r.data_count;
	tap_ok(is_all && i > ROWS / 3 && i < ROWS, "those with data alone, where only these are wanted");
	row_free(&row);
}

static void test_long(void)
{
	struct record r = a_record(ip4(low_of(1)), 1);
	struct pack_key key = pack_key(&r.src), none = {};
	struct bytes b = {};
	struct row row = {};
	struct cursor c;
	unsigned int i;

	for (i = 0; i < ROW_HOURS_MAX + 10; i++) {
		hour[i] = (struct hour){ .start = 1700000000u + i * HOUR_S, .n = { 1 } };
		data_hour[i] = hour[i].start;
		open_hour[i] = (struct open_hour){ hour[i].start, 1 };
	}
	r.hours = r.data_hours = r.open_hours = ROW_HOURS_MAX + 10;
	row_write(&b, &r, &key, &none);
	c = cursor_of(b.at, b.used);
	tap_ok(row_read(&c, 0xc63, 0, &row) == 1 && row.r.hours == ROW_HOURS_MAX &&
		       row.r.hour[0].start == hour[10].start && row.r.data_hour[0] == data_hour[10],
	       "of more hours than there is room for the last ones are kept");
	free(b.at);
	row_free(&row);
}

/* A day that no clock can have seen. */
static void test_days(void)
{
	static const uint32_t days[] = { UINT32_MAX / DAY_S, UINT32_MAX / DAY_S + 1, UINT32_MAX };
	struct pack_key none = {};
	struct row row = {};
	int ret[3];
	size_t i;

	for (i = 0; i < 3; i++) {
		struct record r = { .src = ip4(low_of(1)), .day = days[i], .days = { 1, 0, 0 } };
		struct pack_key key = pack_key(&r.src);
		struct bytes b = {};
		struct cursor c;

		row_write(&b, &r, &key, &none);
		c = cursor_of(b.at, b.used);
		row.key = none;
		ret[i] = row_read(&c, 0xc63, 0, &row);
		free(b.at);
	}
	tap_ok(ret[0] == 1 && ret[1] == -EBADMSG && ret[2] == -EBADMSG, "days end with the times");
	row_free(&row);
}

/* Reads all of it; how it ends, and whether what was read is in order. */
static int read_all(const uint8_t *at, size_t size, bool *is_in_order)
{
	struct cursor c = cursor_of(at, size);
	struct pack_key last = {};
	struct row row = {};
	int ret;

	while ((ret = row_read(&c, 0xc63, 0, &row)) > 0) {
		*is_in_order &= bucket_of(&row.key) == 0xc63 && row.key.low > last.low;
		last = row.key;
	}
	row_free(&row);
	return ret;
}

static void test_hostile(const struct bytes *blob)
{
	uint8_t *copy = malloc(blob->used);
	bool is_in_order = true, is_refused = true;
	size_t i, whole = 0, changed = 0;

	for (i = 1; i < blob->used && i < 4000; i++)
		whole += !read_all(blob->at, i, &is_in_order);
	tap_ok(whole < 200 && is_in_order, "cut anywhere else than behind a row, it is refused");
	for (i = 0; i < 20000; i++) {
		size_t at = draw(blob->used);

		memcpy(copy, blob->at, blob->used);
		copy[at] ^= 1 << draw(8);
		changed += !read_all(copy, blob->used, &is_in_order);
	}
	tap_ok(is_in_order, "changed anywhere, it has no source of another bucket, and none twice");
	is_refused = read_all((const uint8_t *)"\0\1\0", 3, &is_in_order) == -EBADMSG;
	tap_ok(is_refused, "a key that does not go on");
	tap_ok(read_all((const uint8_t *)"\201\200\300\261\214\0\1\0", 8, &is_in_order) == -EBADMSG,
	       "a number in more bytes than it needs");
	/* 0xc6300001 with bit 20 of the mask, and a byte that only a newer version knows. */
	tap_ok(!read_all((const uint8_t *)"\201\200\300\261\014\4\200\200\100\7", 10, &is_in_order),
	       "what a newer version adds is stepped over");
	tap_ok(read_all((const uint8_t *)"\201\200\300\261\014\2\0\7", 8, &is_in_order) == -EBADMSG,
	       "but nothing that no bit of the mask announces");
	free(copy);
}

/* --- heads ------------------------------------------------------------------------- */

static void make_head(struct share_head *h)
{
	static const struct span lost[] = { { 1794000000, 1794003600 }, { 1794001000, INT64_MAX } };
	static const struct real_hour real[] = { { 1794000000, 12, 3 }, { 1794003600, 0, 0 } };
	static const struct evidence_acks acks[] = { { 1794000000, 70000, -1 } };
	static const struct mx_change change[] = { { 1793000000, 0xdeadbeefcafe } };
	int i;

	*h = (struct share_head){ .node = "mx1.example.com", .incarnation = UINT64_MAX, .made = NOW,
				  .until = NOW - 60, .earliers = 1, .is_packed = true };
	h->site.family[0] = (struct site_family){ .has_low = true, .has_real = true, .real_last = NOW - 9,
						  .hour = real, .hours = 2 };
	h->site.lost = lost;
	h->site.losts = 2;
	h->site.flood[FLOOD_ANY] = lost;
	h->site.floods[FLOOD_ANY] = 1;
	h->site.acks = acks;
	h->site.n_acks = 1;
	h->site.change = change;
	h->site.changes = 1;
	h->earlier[0] = (struct head_earlier){ 5, NOW - DAY_S };
	h->set = calloc(1, sizeof(*h->set));
	h->sets = 1;
	strcpy(h->set->name, "google");
	h->set->p.n = (struct neighbours){ .when = { NOW - 50, NOW }, .count = 3 };
	h->set->p.walked.bit[0] = 1ull << 63;
	h->blob = calloc(3, sizeof(*h->blob));
	for (h->blobs = 3, i = 0; i < 3; i++) {
		h->blob[i] = (struct head_blob){ .bucket = i * 30000, .size = i * 70000, .rows = i };
		memset(h->blob[i].digest, i, DIGEST_BYTES);
	}
}

static void test_heads(void)
{
	struct share_head h, got;
	struct bytes b = {}, again = {};
	size_t i, refused = 0;
	int ret;

	make_head(&h);
	share_head_write(&b, &h);
	ret = share_head_read(&got, b.at, b.used);
	if (!tap_ok(!ret, "a head is read"))
		tap_die("cannot go on");
	share_head_write(&again, &got);
	tap_ok(again.used == b.used && !memcmp(again.at, b.at, b.used), "and is written as it was");
	tap_ok(!strcmp(got.node, h.node) && got.incarnation == UINT64_MAX && got.until == NOW - 60 &&
		       got.site.losts == 2 && got.site.lost[1].last > NOW &&
		       got.site.family[0].hour[0].data == 3 && !got.site.family[1].has_low &&
		       got.site.change[0].mx == 0xdeadbeefcafe && got.site.acks[0].epoch == -1 &&
		       got.set[0].p.walked.bit[0] == 1ull << 63 && got.blob[2].bucket == 60000 &&
		       got.blob[2].size == 140000 && got.earlier[0].made == NOW - DAY_S && got.is_packed,
	       "with all that it says");
	share_head_free(&got);
	for (i = 0; i < b.used; i++) {
		ret = share_head_read(&got, b.at, i);
		refused += ret == -EBADMSG || ret == -EPROTO;
	}
	tap_ok(refused == b.used, "cut anywhere it is refused");
	for (i = 0; i < 8 * b.used; i++) {
		b.at[i / 8] ^= 1 << i % 8;
		if (!share_head_read(&got, b.at, b.used))
			share_head_free(&got);
		b.at[i / 8] ^= 1 << i % 8;
	}
	b.at[8] = HEAD_FORMAT + 1;
	tap_ok(share_head_read(&got, b.at, b.used) == -EPROTO, "one of a newer format is of another version");
	b.at[8] = 0;
	tap_ok(share_head_read(&got, b.at, b.used) == -EPROTO, "and one of none");
	b.at[8] = 1;
	ret = share_head_read(&got, b.at, b.used);
	tap_ok(!ret && !got.is_packed, "one of the format before is read, as one without compressed blobs");
	share_head_free(&got);
	free(h.set);
	free(h.blob);
	free(b.at);
	free(again.at);
}

/* --- what of several nodes is joined ------------------------------------------------- */

static void test_sets(void)
{
	struct provider to = {}, from = { .n = { .when = { 100, 200 }, .count = 2 }, .low = { 50, 60 } };

	from.walked.bit[0] = 1;
	from.walked.bit[1] = 1ull << 63;
	provider_join(&to, &from, 65);
	provider_join(&to, &from, 0);
	tap_ok(to.n.count == 4 && to.walked.bit[0] == 1 && to.walked.bit[1] == (2 | 1ull << 63) &&
		       to.walked.bit[2] == 0 && to.walked.bit[3] == 1 && to.low.last == 60,
	       "hours of a set that were counted 65 hours ago are 65 hours older");
}

static void test_buckets(void)
{
	static const struct {
		uint64_t high;
		uint32_t low, bucket;
	} rows[] = {
		{ 0, 1, 0 }, { 0, 0xffffffff, 0xfff }, { 0, 0xc6336401, 0xc63 },
		{ 0x1fffffffffffffff, 0, BUCKETS_IP4 }, { 0x2000000000000000, 0, BUCKETS_IP4 },
		{ 0x20010db800000000, 0, BUCKETS_IP4 + 8 }, { 0x2a00600000000000, 0, BUCKETS_IP4 + 0x5003 },
		{ 0x3fffffffffffffff, 0, BUCKETS - 1 }, { 0xfd00000000000000, 0, BUCKETS - 1 },
	};
	bool is_right = true;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pack_key key = { .high = rows[i].high, .low = rows[i].low };

		is_right &= bucket_of(&key) == rows[i].bucket;
	}
	tap_ok(is_right, "buckets are in the order of addresses");
	tap_ok(node_name_is("mx1.example.com") && !node_name_is("../x") && !node_name_is(".x") &&
		       !node_name_is("") && !node_name_is("a/b") && !node_name_is("a:b"),
	       "the name of a node is part of no other path or key");
}

int main(void)
{
	struct bytes blob = {};

	test_rows(&blob);
	test_long();
	test_days();
	test_hostile(&blob);
	test_heads();
	test_sets();
	test_buckets();
	free(blob.at);
	return tap_done();
}
