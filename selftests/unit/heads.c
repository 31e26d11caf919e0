// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which head a judge takes: of the right node, signed by its key, neither too old nor ahead nor sent once
 * more, with blobs that are what it names, and with the earlier stores that it speaks of; and how what several
 * nodes say goes together. Why it matters: whoever holds the place where nodes meet can put there what it likes.
 */
#include <stdio.h>
#include <time.h>

#include "selftests/lib/scratch.h"
#include "selftests/lib/tap.h"
#include "user/share/harvest.h"

static int64_t now;
static struct transport *place;
static const uint8_t own[KEY_BYTES] = { 1, 2, 3 }, others[KEY_BYTES] = { 9 };

/* --- a node's push, with one thing or another wrong ------------------------------------- */

struct push_of {
	const char *node, *says; /* its directory, and its name in the head, if that is another one */
	int64_t made;
	const uint8_t *key; /* NULL: it is not signed */
	uint32_t rows;      /* that the head names; 0: 1 */
	int change;         /* of a byte of the blob after its digest: 1; 2: of the row; 3: there is none */
	bool is_changed;    /* the head, after its signature */
	uint64_t incarnation;
	struct head_earlier earlier; /* that it names */
	int ago[2];                  /* hours of its offences; 0: 80 and 60 */
	uint32_t data;               /* this source has sent data to its real MX */
	int set;                     /* of a provider it has seen 1: low fake, 2: data */
	struct key put;              /* as which head */
};

#define BOT (11u << 24 | 7)

/* The bot, and perhaps a source with data behind it. */
static struct bytes rows_of(const struct push_of *p)
{
	static struct hour hour[2];
	uint32_t data_hour = now - 70 * HOUR_S;
	struct pack_key key = { .low = BOT }, data = { .low = p->data }, none = {};
	struct record r = { .src = pack_source(&key), .hour = hour }, d = { .src = pack_source(&data) };
	struct bytes b = {};

	for (; r.hours < 2 && (!p->ago[0] || p->ago[r.hours]); r.hours++)
		hour[r.hours] = (struct hour){ .start = now - (p->ago[0] ? p->ago[r.hours] : 80 - 20 * (int)r.hours) * HOUR_S,
					       .n = { [NOLIST_EVENT_TEMPFAILED] = 1 } };
	r.talk_hours = r.hours;
	r.talk = (struct span){ hour[0].start, hour[r.hours - 1].start };
	row_write(&b, &r, &key, &none);
	if (!p->data)
		return b;
	d.data = (struct span){ data_hour, data_hour };
	d.low = d.real = (struct contact){ d.data, 1, {} };
	d.data_hour = &data_hour;
	d.data_count = d.data_hours = 1;
	row_write(&b, &d, &data, &key);
	return b;
}

static void add_set(const struct push_of *p, struct share_head *h, struct head_set *set)
{
	struct pack_key key = { .low = 12u << 24 | 9 };
	int64_t hour = now / HOUR_S - 70;
	struct span when = { hour * HOUR_S, hour * HOUR_S };

	if (!p->set)
		return;
	*set = (struct head_set){ .name = "big" };
	if (p->set == 1)
		set->p.low = when;
	else
		set->p.n = (struct neighbours){ .when = when, .count = 1, .one = pack_source(&key) };
	(p->set == 1 ? &set->p.low_hours : &set->p.data_hours)->bit[70 / 64] = 1ull << 70 % 64;
	h->set = set;
	h->sets = 1;
}

static void put_head(const struct push_of *p, struct share_head *h)
{
	struct key key = p->put;
	struct bytes b = {};
	int f;

	if (!key.node)
		key = (struct key){ .kind = KEY_HEAD, .node = p->node };
	for (f = 0; f < 2; f++)
		h->site.family[f] = (struct site_family){ .has_low = true, .has_real = true, .has_high = true,
							  .real_last = now, .data_last = now };
	share_head_write(&b, h);
	if (p->key)
		sign_append(&b, p->key);
	b.at[20] ^= p->is_changed;
	if (b.is_bad || transport_put(place, &key, b.at, b.used))
		tap_die("put");
	free(b.at);
}

static void push(const struct push_of *p)
{
	struct bytes b = rows_of(p);
	struct head_blob blob = { .bucket = (11u << 24) >> (32 - BUCKET_LEN_IP4), .size = b.used,
				  .rows = p->rows ? p->rows : 1 + !!p->data };
	struct share_head h = { .incarnation = p->incarnation ? p->incarnation : 1, .made = p->made,
				.until = p->made, .blob = &blob, .blobs = 1 };
	struct key key = { .kind = KEY_BLOB, .node = p->node, .bucket = blob.bucket, .size = b.used,
			   .digest = blob.digest };
	struct head_set set;

	add_set(p, &h, &set);
	snprintf(h.node, sizeof(h.node), "%s", p->says ? p->says : p->node);
	if (p->earlier.made) {
		h.earlier[0] = p->earlier;
		h.earliers = 1;
	}
	if (p->change == 2)
		memset(b.at, 0xff, b.used);
	digest_of(b.at, b.used, blob.digest);
	if (transport_drop(place, &key, 1))
		tap_die("drop");
	b.at[b.used - 1] ^= p->change == 1;
	if (p->change != 3 && transport_put(place, &key, b.at, b.used))
		tap_die("put");
	put_head(p, &h);
	free(b.at);
}

/* --- what the judge makes of it ---------------------------------------------------------- */

struct result {
	enum node_state state[4];
	size_t reports, used, unused;
	int64_t seen;
	int error;
	bool is_listed;       /* the bot */
	struct span talk;     /* of it, at all nodes */
	size_t offending;     /* sources that the second operator has seen offend */
};

/* Walks over all. */
static void walk(struct judge *j, const struct harvest *h, struct result *to)
{
	struct judged of;

	if (judge_take_given(j, &h->given))
		tap_die("given");
	judge_start(j, EVIDENCE_VERIFIED);
	while (judge_next(j, &of)) {
		if (pack_key(&of.r.src).low != BOT)
			continue;
		to->is_listed = verdict_is_listed(&of.v, false);
		to->talk = of.r.talk;
	}
	if (judge_end(j))
		tap_die("walk");
}

static struct result fetch_by(struct node *node, size_t n, unsigned int leave_out, const char *key,
			      const char *value)
{
	struct operator operators[3] = {};
	struct nodes nodes = { .node = node, .n = n, .operator = operators, .operators = n };
	struct harvest h = { .t = place, .nodes = &nodes, .state_dir = scratch_dir, .leave_out = leave_out };
	struct judge_options o = { .state_dir = scratch_dir };
	struct result result = {};
	struct evidence *none;
	struct judge j;
	struct conf conf;
	size_t i;

	conf_init(&conf);
	if (key)
		conf_add(&conf, key, value, "here");
	o.conf = &conf;
	if (judge_open(&j, &o) || evidence_new(&none, NULL, NULL) || judge_take_own(&j, none))
		tap_die("judge");
	j.now = now;
	h.j = &j;
	result.error = harvest_fetch(&h);
	if (!result.error)
		walk(&j, &h, &result);
	for (i = 0; i < h.reports && i < 4; i++)
		result.state[i] = h.report[i].state;
	result.reports = h.reports;
	result.offending = operators[1].seen;
	result.used = h.used;
	result.unused = h.unused;
	result.seen = node[0].seen;
	harvest_free(&h);
	judge_close(&j);
	conf_free(&conf);
	return result;
}

static struct result fetch(struct node *node, size_t n)
{
	return fetch_by(node, n, 0, NULL, NULL);
}

static struct node expected(const char *name, const uint8_t *private)
{
	struct node node = { .has_key = private };

	snprintf(node.name, sizeof(node.name), "%s", name);
	if (private)
		sign_public(private, node.key);
	return node;
}

static enum node_state state_of(const struct push_of *p, const uint8_t *private, int64_t seen)
{
	struct node node = expected(p->node, private);
	struct result r;

	push(p);
	node.seen = seen;
	r = fetch(&node, 1);
	/* Where it is not judged by, nobody is judged at all, and it is not noted. */
	if (r.state[0] != NODE_USED && (r.error != -ENODATA || r.used || r.unused != 1 || r.seen != seen))
		tap_diag("%s: error %d, %zu used, %zu not", p->node, r.error, r.used, r.unused);
	if (r.state[0] == NODE_USED && (r.error || r.used != 1 || r.unused || r.seen != p->made))
		return NODE_STATES;
	return r.state[0];
}

static void test_heads(void)
{
	const struct {
		struct push_of p;
		const uint8_t *key;
		int64_t seen; /* from made on; 0: never */
		enum node_state state;
		const char *name;
	} rows[] = {
		{ { .made = now }, NULL, 0, NODE_USED, "a head and its blob" },
		{ { .made = now, .says = "b" }, NULL, 0, NODE_BROKEN, "another node's head in its place" },
		{ { .made = now + AHEAD_MAX_S }, NULL, 0, NODE_USED, "a clock that is as far ahead as it may be" },
		{ { .made = now + AHEAD_MAX_S + 1 }, NULL, 0, NODE_AHEAD, "and further" },
		{ { .made = now - HEAD_KEEP_S }, NULL, 0, NODE_USED, "a head that is as old as it may be" },
		{ { .made = now - HEAD_KEEP_S - 1 }, NULL, 0, NODE_OLD, "and older" },
		{ { .made = now - 60 }, NULL, now - 60, NODE_USED, "the same head as at the last judgement" },
		{ { .made = now - 60 }, NULL, now - 59, NODE_REPLAYED, "one that is older than that" },
		{ { .made = now, .key = own }, own, 0, NODE_USED, "signed by its key" },
		{ { .made = now, .key = own }, NULL, 0, NODE_USED, "signed, where no signature is asked for" },
		{ { .made = now }, own, 0, NODE_UNSIGNED, "not signed" },
		{ { .made = now, .key = others }, own, 0, NODE_UNSIGNED, "signed by another key" },
		{ { .made = now, .key = own, .is_changed = true }, own, 0, NODE_UNSIGNED, "changed after it was signed" },
		{ { .made = now, .change = 1 }, NULL, 0, NODE_TORN, "a blob with another byte" },
		{ { .made = now, .change = 3 }, NULL, 0, NODE_TORN, "no blob" },
		{ { .made = now, .change = 2 }, NULL, 0, NODE_BROKEN, "rows that make no sense" },
		{ { .made = now, .rows = 2 }, NULL, 0, NODE_BROKEN, "fewer rows than the head says" },
	};
	enum node_state is;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct push_of p = rows[i].p;

		p.node = "a";
		is = state_of(&p, rows[i].key, rows[i].seen);
		if (!tap_ok(is == rows[i].state, "%s", rows[i].name))
			tap_diag("it is %d: %s", is, is < NODE_STATES ? node_reasons[is] : "used, but not as it should be");
	}
}

/* A head names those of the stores before; they are there as it says, or are a gap. */
static void test_earlier(void)
{
	const struct key as = { .kind = KEY_EARLIER, .node = "a", .incarnation = 7 };
	struct push_of old = { .node = "a", .made = now - DAY_S, .incarnation = 7, .put = as };
	struct push_of head = { .node = "a", .made = now, .earlier = { 7, now - DAY_S } };
	struct node node = expected("a", NULL);
	struct result r;

	push(&head);
	r = fetch(&node, 1);
	tap_ok(r.reports == 2 && r.state[1] == NODE_MISSING && r.used == 1 && r.unused == 1,
	       "an earlier store that is not there is a gap");
	push(&old);
	r = fetch(&node, 1);
	tap_ok(r.reports == 2 && r.state[1] == NODE_USED && r.used == 2 && !r.unused && r.seen == now,
	       "one that is there is judged by, too");
	old.made -= 60;
	push(&old);
	r = fetch(&node, 1);
	tap_ok(r.state[1] == NODE_BROKEN && r.used == 1 && r.unused == 1, "not an older state of it");
	old.made += 60;
	old.incarnation = 8;
	push(&old);
	r = fetch(&node, 1);
	tap_ok(r.state[1] == NODE_BROKEN && r.used == 1 && r.unused == 1, "nor another store in its place");
	head.earlier.made = now - HEAD_KEEP_S - 1;
	push(&head);
	r = fetch(&node, 1);
	tap_ok(r.reports == 1 && r.used == 1 && !r.unused, "one that is too old to excuse anybody is not asked for");
}

static void test_two(void)
{
	struct push_of a = { .node = "a", .made = now }, b = { .node = "b", .made = now, .change = 3 };
	struct node node[2] = { expected("a", NULL), expected("b", NULL) };
	struct result r;

	push(&a);
	push(&b);
	r = fetch(node, 2);
	tap_ok(!r.error && r.used == 1 && r.unused == 1, "of two nodes one is judged by");
	node[1].is_muted = true;
	r = fetch(node, 2);
	tap_ok(r.used == 1 && !r.unused && r.state[1] == NODE_MUTED, "a muted one is none that is missing");
	node[0].is_muted = true;
	r = fetch(node, 2);
	tap_ok(r.error == -ENODATA && !r.used, "by muted ones alone nobody is judged");
}

/* Two nodes of one operator have one voice. */
static void test_voices(void)
{
	struct push_of a = { .node = "a", .made = now }, b = { .node = "b", .made = now, .ago = { 50 } };
	struct push_of c = { .node = "c", .made = now, .ago = { 40 } };
	struct node node[3] = { expected("a", NULL), expected("b", NULL), expected("c", NULL) };
	struct result r;

	push(&a);
	push(&b);
	push(&c);
	node[1].voice = node[2].voice = 1;
	r = fetch_by(node, 3, 1, NULL, NULL);
	tap_ok(r.is_listed && r.used == 3, "two hours at one operator, and two at both nodes of another one, are enough");
	tap_ok(r.offending == 1, "a source that two nodes of an operator have seen counts once");
	tap_ok(r.talk.first == now - 80 * HOUR_S && r.talk.last == now - 40 * HOUR_S, "its record is of all nodes");
	r = fetch_by(node, 2, 1, NULL, NULL);
	tap_ok(!r.is_listed && r.used == 2, "without one of these they are not");
	b.made = c.made = now + 1;
	b.ago[0] = c.ago[0] = 80;
	push(&b);
	push(&c);
	r = fetch_by(node, 3, 1, NULL, NULL);
	tap_ok(!r.is_listed && r.used == 3, "nor in the same hours");
}

/* What a node has seen ends with its last collect: a grace that was not over by then is not. */
static void test_silent(void)
{
	struct push_of a = { .node = "a", .made = now - 20 * HOUR_S, .ago = { 60, 40 } };
	struct node node = expected("a", NULL);

	push(&a);
	tap_ok(!fetch(&node, 1).is_listed, "of a node that is silent since before the end of the grace nobody is listed");
	a.made = now - 10 * HOUR_S;
	push(&a);
	tap_ok(fetch(&node, 1).is_listed, "of one that was silent only later");
}

/* Data of a neighbour excuses, not that of a source of tests. */
static void test_neighbour(void)
{
	struct push_of a = { .node = "a", .made = now }, b = { .node = "b", .made = now, .data = BOT + 1 };
	struct node node[2] = { expected("a", NULL), expected("b", NULL) };

	b.ago[0] = 50;
	push(&a);
	push(&b);
	tap_ok(!fetch(node, 2).is_listed && fetch(node, 1).is_listed, "data of a neighbour at another node excuses");
	tap_ok(fetch_by(node, 2, 0, "test-sources", "11.0.0.8").is_listed, "not that of a source of tests");
}

/* An address of a provider at the low fake of one node, and another one with data at that of another. */
static void test_sets(void)
{
	struct push_of a = { .node = "a", .made = now }, b = { .node = "b", .made = now, .ago = { 50 }, .set = 2 };
	struct node node[2] = { expected("a", NULL), expected("b", NULL) };
	char file[160];
	FILE *f;

	snprintf(file, sizeof(file), "%s/providers", scratch_dir);
	f = fopen(file, "w");
	fprintf(f, "big 11.0.0.0/24\nbig 12.0.0.0/24\n");
	fclose(f);
	push(&a);
	push(&b);
	tap_ok(fetch_by(node, 2, 0, "providers", file).is_listed, "data of a provider that was at no low fake excuse nobody");
	a.set = 1;
	push(&a);
	tap_ok(!fetch_by(node, 2, 0, "providers", file).is_listed, "with another address of it at that of another node they do");
	tap_ok(fetch(node, 2).is_listed, "not where the judge knows no such provider");
}

int main(void)
{
	struct transport_options o = {};

	now = time(NULL);
	scratch_begin();
	scratch_fresh("heads");
	mkdir(scratch_dir, 0755);
	o.where = scratch_dir;
	if (transport_open(&place, &o))
		tap_die("transport");
	test_heads();
	test_earlier();
	test_two();
	test_voices();
	test_silent();
	test_neighbour();
	test_sets();
	transport_close(place);
	return scratch_end();
}
