// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blobs that are compressed, and those that are not: both are read as what was written. Why it
 * matters: they come from other hosts, perhaps of other operators, and a few bytes must neither become
 * many here, nor rows that nobody has written.
 */
#include <errno.h>
#include <sys/resource.h>
#include <zstd.h>

#include "selftests/lib/tap.h"
#include "user/share/blob.h"

static uint32_t state = 7;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 16) % below;
}

/* Bytes that begin as a row does, of so many different ones. */
static struct bytes some(size_t size, uint32_t kinds)
{
	struct bytes b = {};
	uint8_t byte = 9;

	while (b.used < size) {
		bytes_raw(&b, &byte, 1);
		byte = draw(kinds);
	}
	return b;
}

static bool is_same(struct cursor c, const struct bytes *b)
{
	return cursor_left(&c) == b->used && !memcmp(c.at, b->at, b->used);
}

static struct blob_packer packer;
static struct bytes into;

static int rows_of(const struct bytes *b, struct cursor *c)
{
	return blob_rows(&packer, b->at, b->used, &into, c);
}

static void test_there_and_back(void)
{
	static const size_t size[] = { 1, 2, 40, 300, 5000, 300000, 7 };
	bool is_back = true, is_less = true;
	struct bytes b, was;
	struct cursor c;
	size_t i;

	for (i = 0; i < sizeof(size) / sizeof(*size); i++) {
		b = some(size[i], 8);
		was = (struct bytes){};
		bytes_raw(&was, b.at, b.used);
		is_back &= !blob_pack(&packer, &b) && !rows_of(&b, &c) && is_same(c, &was);
		is_less &= blob_is_packed(b.at, b.used) == (b.used < was.used) && (size[i] < 1000 || b.used < was.used * 2 / 3);
		free(b.at);
		free(was.at);
	}
	tap_ok(is_back, "rows of any size come back from their compressed form");
	tap_ok(is_less, "which has fewer bytes, or is not used");
	b = some(1000, 256);
	tap_ok(!blob_pack(&packer, &b) && b.used == 1000 && !blob_is_packed(b.at, b.used) && !rows_of(&b, &c) &&
		       is_same(c, &b), "what cannot be compressed stays, and is read as it is");
	free(b.at);
	b = some(100000, 1);
	tap_ok(!blob_pack(&packer, &b) && b.used == 100000 && !rows_of(&b, &c) && is_same(c, &b),
	       "what would be compressed further than readers take stays as well");
	free(b.at);
}

/* A blob that says that it has so many bytes of rows, with so many zeroes in fact. */
static struct bytes bomb(uint64_t says, size_t has, uint64_t way, size_t behind)
{
	void *zeroes = calloc(1, has), *out = malloc(ZSTD_compressBound(has) + behind);
	size_t n = ZSTD_compress(out, ZSTD_compressBound(has), zeroes, has, 3);
	struct bytes b = {};

	memset((char *)out + n, 7, behind);
	bytes_number(&b, 0);
	bytes_number(&b, way);
	bytes_number(&b, says);
	bytes_raw(&b, out, n + behind);
	free(zeroes);
	free(out);
	return b;
}

#define BEHIND (BLOB_MAX / BLOB_RATIO_MAX * 2)

static long peak_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void test_bombs(void)
{
	static const struct {
		uint64_t says;
		size_t has;
		uint64_t way;
		size_t behind; /* so many more bytes */
		const char *what;
	} rows[] = {
		{ 32 << 20, 32 << 20, 1, 0, "a few bytes that would become many" },
		{ 1000, 32 << 20, 1, 0, "more rows than it says" },
		{ 2000, 1000, 1, 0, "fewer rows than it says" },
		{ 0, 1, 1, 0, "no rows at all" },
		{ BLOB_MAX + 1ull, 1000, 1, BEHIND, "more rows than a blob may have" },
		{ UINT64_MAX, 1000, 1, 0, "a size that is none" },
		{ 1000, 1000, 2, 0, "another way to compress" },
	};
	struct cursor c;
	size_t i;
	long before;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bytes b = bomb(rows[i].says, rows[i].has, rows[i].way, rows[i].behind);

		before = peak_kb();
		tap_ok(rows_of(&b, &c) == -EBADMSG && peak_kb() - before < 1000 + (long)rows[i].behind / 1024 &&
			       into.room <= BLOB_MAX, "refused, before it grows: %s",
		       rows[i].what);
		free(b.at);
	}
}

static void test_damage(void)
{
	struct bytes b = some(3000, 6), was = {}, more = {};
	size_t i, read = 0, cut = 0;
	struct cursor c;
	uint8_t byte;

	bytes_raw(&was, b.at, b.used);
	if (blob_pack(&packer, &b) || !blob_is_packed(b.at, b.used))
		tap_die("nothing to damage");
	for (i = 1; i < b.used; i++)
		cut += blob_rows(&packer, b.at, i, &into, &c) == -EBADMSG;
	tap_ok(cut == b.used - 1, "cut anywhere it is refused");
	for (i = 0; i < b.used * 8; i++) {
		b.at[i / 8] ^= 1 << i % 8;
		read += !rows_of(&b, &c) && cursor_left(&c) != was.used && blob_is_packed(b.at, b.used);
		b.at[i / 8] ^= 1 << i % 8;
	}
	tap_ok(!read, "changed anywhere it never has more or fewer bytes than it says");
	bytes_raw(&more, b.at, b.used);
	byte = 7;
	bytes_raw(&more, &byte, 1);
	tap_ok(rows_of(&more, &c) == -EBADMSG, "and nothing may follow");
	free(b.at);
	free(was.at);
	free(more.at);
}

int main(void)
{
	test_there_and_back();
	test_bombs();
	test_damage();
	blob_packer_free(&packer);
	free(into.at);
	return tap_done();
}
