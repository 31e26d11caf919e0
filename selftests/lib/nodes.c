// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes up what many nodes have pushed, and puts it where a judge finds it. A helper of tests and of
 * the benchmark, no test itself.
 *
 *	nodes WHERE <LINES
 *
 *	node NAME [FORMAT]              from here on it is this node's; another FORMAT of its head
 *	pack                            its blobs are compressed
 *	silent HOURS                    it pushed so long ago
 *	offend ADDR COUNT STEP HOURS... each of so many sources was tempfailed so many hours ago; they
 *	                                are STEP addresses, or /64s, apart
 *	data ADDR COUNT STEP HOURS...   and these have sent data to the real MX, in these hours
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/addr.h"
#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/share/row.h"
#include "user/share/transport.h"

#define HOURS_MAX 8

/* One line of one source. */
struct item {
	struct pack_key key;
	unsigned int line;
};
struct line {
	bool is_data;
	int hours;
	int64_t at[HOURS_MAX];
};

static struct transport *place;
static int64_t now;
static struct share_head head;
static unsigned int format;
static struct item *item;
static size_t items, room;
static struct line line[1000];
static unsigned int lines;
static struct bytes blob;
static struct blob_packer packer;
static bool is_packing;
static size_t rows;

static void must(int error)
{
	if (error)
		errx(1, "%s", failure_of(error)->what);
}

static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	int order = pack_compare(&x->key, &y->key);

	if (order)
		return order;
	return (x->line > y->line) - (x->line < y->line);
}

static void put_blob(uint32_t bucket, unsigned int n)
{
	struct head_blob *b;
	struct key key;

	if (!n)
		return;
	if (is_packing)
		must(blob_pack(&packer, &blob));
	head.is_packed |= blob_is_packed(blob.at, blob.used);
	must(array_grow(&head.blob, head.blobs, sizeof(*head.blob)));
	b = &head.blob[head.blobs++];
	*b = (struct head_blob){ .bucket = bucket, .size = blob.used, .rows = n };
	digest_of(blob.at, blob.used, b->digest);
	key = (struct key){ .kind = KEY_BLOB, .node = head.node, .bucket = bucket, .size = blob.used,
			    .digest = b->digest };
	must(transport_put(place, &key, blob.at, blob.used));
	rows += n;
	blob.used = 0;
}

static int compare_starts(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_hours(const void *a, const void *b)
{
	const struct hour *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* What all lines say of the source of n items. */
static void add_row(const struct item *it, size_t n, const struct pack_key *prev)
{
	static struct hour hour[HOURS_MAX * 4];
	static uint32_t data_hour[HOURS_MAX];
	struct record r = { .src = pack_source(&it->key), .hour = hour, .data_hour = data_hour };
	size_t i;
	int k;

	for (i = 0; i < n; i++) {
		const struct line *l = &line[it[i].line];

		for (k = 0; k < l->hours && l->is_data && r.data_hours < HOURS_MAX; k++)
			data_hour[r.data_hours++] = l->at[k] / HOUR_S * HOUR_S;
		for (k = 0; k < l->hours && !l->is_data && r.hours < HOURS_MAX * 4; k++) {
			hour[r.hours] = (struct hour){ .start = l->at[k] / HOUR_S * HOUR_S, .last = 60 };
			hour[r.hours++].n[NOLIST_EVENT_TEMPFAILED] = 1;
		}
	}
	qsort(hour, r.hours, sizeof(*hour), compare_hours);
	qsort(data_hour, r.data_hours, sizeof(*data_hour), compare_starts);
	if (r.hours) {
		r.talk = (struct span){ hour[0].start, hour[r.hours - 1].start + 59 };
		r.high.when = r.talk;
		r.high.opens = r.talk_hours = r.hours;
	}
	if (r.data_hours) {
		r.data = (struct span){ data_hour[0], data_hour[r.data_hours - 1] };
		r.data_count = r.data_hours;
		r.real.when = r.low.when = r.data;
		r.real.opens = r.low.opens = r.data_hours;
	}
	row_write(&blob, &r, &it->key, prev);
}

static void put_rows(void)
{
	struct pack_key prev = {};
	uint32_t bucket = 0;
	unsigned int n = 0;
	size_t i, k;

	qsort(item, items, sizeof(*item), compare);
	for (i = 0; i < items; i = k, n++) {
		for (k = i + 1; k < items && !pack_compare(&item[k].key, &item[i].key); k++)
			;
		if (!n || bucket_of(&item[i].key) != bucket) {
			put_blob(bucket, n);
			bucket = bucket_of(&item[i].key);
			prev = (struct pack_key){};
			n = 0;
		}
		add_row(&item[i], k - i, &prev);
		prev = item[i].key;
	}
	put_blob(bucket, n);
}

static void end_node(void)
{
	struct key key = { .kind = KEY_HEAD, .node = head.node };
	struct bytes b = {};
	int f;

	if (!*head.node)
		return;
	for (f = 0; f < 2; f++) {
		head.site.family[f].has_low = head.site.family[f].has_real = head.site.family[f].has_high = true;
		head.site.family[f].real_last = head.site.family[f].data_last = head.made - 600;
	}
	put_rows();
	share_head_write(&b, &head);
	if (format)
		b.at[8] = format;
	must(transport_put(place, &key, b.at, b.used));
	must(transport_sync(place));
	free(b.at);
	free(head.blob);
	head = (struct share_head){};
	items = lines = format = 0;
	is_packing = false;
}

static void take(const char *what, const char *addr, size_t count, uint64_t step, const char *rest)
{
	struct line *l = &line[lines];
	struct prefix p;
	struct nolist_source src;
	size_t i;
	int ago, used;

	if (lines == 1000 || prefix_parse(addr, &p))
		errx(1, "%s is no address, or there are too many lines", addr);
	*l = (struct line){ .is_data = !strcmp(what, "data") };
	while (l->hours < HOURS_MAX && sscanf(rest, "%d%n", &ago, &used) == 1) {
		l->at[l->hours++] = now - ago * (int64_t)HOUR_S;
		rest += used;
	}
	if (items + count > room) {
		room = (items + count) * 2;
		item = realloc(item, room * sizeof(*item));
		if (!item)
			errx(1, "out of memory");
	}
	src = addr_source(&p.addr);
	for (i = 0; i < count; i++) {
		struct item *it = &item[items++];

		*it = (struct item){ pack_key(&src), lines };
		if (it->key.high)
			it->key.high += i * step;
		else
			it->key.low += i * step;
	}
	lines++;
}

int main(int argc, char **argv)
{
	struct transport_options o = { .where = argv[1] };
	char text[1024], word[16], name[80];
	unsigned long long count, step;
	int used, ago;

	if (argc != 2)
		errx(2, "nodes WHERE <LINES");
	now = time(NULL);
	must(transport_open(&place, &o));
	while (fgets(text, sizeof(text), stdin)) {
		if (sscanf(text, "node %64s", name) == 1) {
			end_node();
			sscanf(text, "node %*s %u", &format);
			snprintf(head.node, sizeof(head.node), "%.64s", name);
			head.incarnation = 1;
			head.made = head.until = now;
		} else if (!strcmp(text, "pack\n")) {
			is_packing = true;
		} else if (sscanf(text, "silent %d", &ago) == 1) {
			head.made = head.until = now - ago * (int64_t)HOUR_S;
		} else if (sscanf(text, "%15s %79s %llu %llu %n", word, name, &count, &step, &used) == 4) {
			take(word, name, count, step, text + used);
		} else {
			errx(1, "no such line: %s", text);
		}
	}
	end_node();
	transport_close(place);
	blob_packer_free(&packer);
	printf("%zu\n", rows);
	return 0;
}
