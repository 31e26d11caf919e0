// SPDX-License-Identifier: GPL-2.0-only
/*
 * One source is judged by its own evidence, its neighbourhood's and its provider's, read alone. That
 * must come to the same as a walk over all: each of many made-up sources is judged both ways, as they
 * are in tables and store, with providers, with full tables, and as of an earlier time. A third way
 * does not even count the other sources of the tables: where that cannot tell, it must say so.
 * Why it matters: who asks why a source is listed must not get another answer than the list.
 */
#include <errno.h>
#include <stdlib.h>

#include "selftests/lib/scratch.h"
#include "user/base/failure.h"
#include "user/judge/judge.h"

#define SOURCES 243
#define MANY 240 /* the last three are of one provider: one talked, one delivered, one was at low */
#define NOW_S (6 * DAY_S) /* of the tables' clock */
#define COLLECTED_S (NOW_S - 2 * HOUR_S)

static uint32_t state = 1;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* A few networks with some sources each; of providers, and of nobody. */
static struct nolist_source made_up(unsigned int i)
{
	static const char *const three[] = { "11.9.9.9", "11.9.9.5", "101.9.9.7" };
	char text[64];

	if (i >= MANY)
		return evidence_source(three[i - MANY]);
	if (i % 3 == 2)
		snprintf(text, sizeof(text), "2a00:%x:%x:%x::1", i / 3 % 4 + 1, i / 12 % 3, i / 36 * 7 + i % 7);
	else
		snprintf(text, sizeof(text), "%u.%u.%u.%u", 11 + i % 2 * 90, i / 3 % 5, i / 15 % 3,
			 i / 45 * 9 + i % 7);
	return evidence_source(text);
}

static struct nolist_contact contact(uint64_t from_s)
{
	uint64_t first = from_s + draw(NOW_S - from_s), last = first + draw(NOW_S - first);

	if (draw(3))
		return (struct nolist_contact){};
	return (struct nolist_contact){ first * NS + 1, last * NS + 1, 1 + draw(5), 0 };
}

static struct nolist_verified verified(void)
{
	uint32_t first = DAY_S + draw(DAY_S), last = first;
	struct nolist_verified v = { .hours = 1 + draw(3) };
	uint32_t i, hour;

	for (i = 0; i < v.hours; i++) {
		last = first + i * (HOUR_S + draw(8 * HOUR_S));
		hour = last / HOUR_S + 1;
		v.hour[hour % NOLIST_HOURS] = (struct nolist_hour){
			.hour = hour, .n[NOLIST_EVENT_TEMPFAILED] = 1, .n[NOLIST_EVENT_QUIT] = !draw(9) };
	}
	v.high_first_ns = first * NS;
	v.high_last_ns = last * NS;
	if (!draw(4)) {
		v.real_first_ns = (DAY_S + draw(4 * DAY_S)) * NS;
		v.real_last_ns = v.real_first_ns + draw(DAY_S) * NS;
		v.real_data = 2;
	}
	return v;
}

static struct nolist_contacts contacts[SOURCES];
static struct nolist_verified talk[SOURCES];
static bool is_verified[SOURCES], is_in_tables[SOURCES];

static void make_up(void)
{
	unsigned int i;

	for (i = 0; i < SOURCES; i++) {
		contacts[i] = (struct nolist_contacts){ .low = contact(1), .real = contact(1),
							.high = contact(1) };
		contacts[i].high.first_ns = DAY_S * NS + i;
		contacts[i].high.last_ns = (i % 3 ? NOW_S - HOUR_S : DAY_S) * NS + i;
		is_verified[i] = draw(4);
		is_in_tables[i] = draw(2);
		if (is_verified[i])
			talk[i] = verified();
	}
	memset(&contacts[MANY], 0, 3 * sizeof(*contacts));
	for (i = MANY; i < SOURCES; i++) {
		is_in_tables[i] = false;
		is_verified[i] = i < MANY + 2;
		talk[i] = verified();
	}
	talk[MANY + 1].real_first_ns = talk[MANY + 1].real_last_ns = 3 * DAY_S * NS;
	talk[MANY + 1].real_data = 1;
	contacts[MANY + 2].low = (struct nolist_contact){ DAY_S * NS, DAY_S * NS, 1, 0 };
}

/* Which tables are full, and have evicted records. */
enum fullness { ROOMY, FULL_CONTACTS, FULL_BOTH };

/* How the evidence is read: all of it; that of the ranges while all are counted; that alone. */
enum way { WALK, PARTLY, LOOK_UP };

#define CONTACTS_MAX (SOURCES / 3)

static unsigned int young; /* percent of the sample that came after the tables were read last; 0: as they are */

/* A sample, as the kernel would hand it out, of more contacts than those that are looked up. */
static void add_sample(struct snapshot *t)
{
	unsigned int i;

	for (i = 0; i < 100 * SOURCES && young; i++) {
		uint64_t at = (i % 100 < young ? NOW_S - HOUR_S : DAY_S) * NS;
		struct nolist_contacts c = { .low = { at, at, 1, 0 } };

		if (snapshot_add_sample(t, 0, &c))
			tap_die("snapshot_add_sample");
	}
	for (i = 0; i < SOURCES && !young; i++)
		if (is_in_tables[i] && snapshot_add_sample(t, 0, &contacts[i]))
			tap_die("snapshot_add_sample");
	snapshot_end_sample(t, 0, false);
}

/* The tables at the end; other sources are in the store alone. */
static struct snapshot *tables(const struct ranges *only, enum fullness full, enum way way)
{
	struct nolist_stats stats = { .verified_new = full == FULL_BOTH ? 10000 : 0,
				      .contacts_new = full ? 10000 : 0 };
	struct epoch epoch = scratch_epoch("boot", 2);
	struct snapshot *t;
	unsigned int i;
	int error;

	if (snapshot_new(&t))
		tap_die("snapshot");
	if (way == LOOK_UP)
		snapshot_set_looked_up(t, only);
	else
		snapshot_set_only(t, only);
	snapshot_add_epoch(t, &epoch);
	snapshot_set_stats(t, 0, &stats, NS, NOW_S * NS);
	snapshot_set_contacts_max(t, 0, CONTACTS_MAX);
	snapshot_set_room(t, 0, CONTACTS_MAX, CONTACTS_MAX / 4);
	if (full == FULL_BOTH)
		snapshot_set_lru(t, 0);
	for (i = 0; i < SOURCES; i++) {
		struct nolist_source src = made_up(i);
		struct pack_key key = pack_key(&src);

		if (!is_in_tables[i] || (way == LOOK_UP && !ranges_have(only, &key)))
			continue;
		if (snapshot_add(t, 0, &src, &contacts[i], is_verified[i] ? &talk[i] : NULL))
			tap_die("snapshot_add");
	}
	if (way == LOOK_UP && snapshot_wants_sample(t, 0))
		add_sample(t);
	error = snapshot_sort(t);
	if (error != (way == LOOK_UP && full == FULL_BOTH ? -EAGAIN : 0))
		tap_die("snapshot_sort");
	if (!error)
		return t;
	snapshot_free(t);
	return NULL;
}

/* What an earlier epoch left in the store, and when the tables were read before. */
static void store_some(void)
{
	struct store *s = scratch_open(STORE_WRITE);
	struct epoch epoch = scratch_epoch("boot", 1);
	struct pack_hour hour[STORED_HOURS], hours[NOLIST_HOURS];
	struct store_row row = { .stored.hour = hour };
	struct gap gap = { .from_s = 1, .to_s = COLLECTED_S };
	/* When any source was at the real MX last, by then. */
	struct store_epoch collected = { .begin_s = 1, .seen_s = COLLECTED_S,
					 .real_s = { COLLECTED_S - 7, COLLECTED_S - 8 },
					 .data_s = { COLLECTED_S - 9, COLLECTED_S - 9 } };
	unsigned int i, n;

	store_begin(s);
	row.epoch = store_epoch(s, &epoch);
	for (i = 0; i < SOURCES; i += 1 + (is_in_tables[i] && i % 2)) {
		struct nolist_source src = made_up(i);
		struct pack_contacts c = pack_contacts(&contacts[i]);
		struct pack_verified v = pack_verified(&talk[i], hours, &n);

		row.key = pack_key(&src);
		store_get(s, &row);
		stored_add_contacts(&row.stored, &c, WALL);
		if (is_verified[i])
			stored_add_verified(&row.stored, &v, hours, n);
		if (store_put(s, &row))
			tap_die("store_put");
	}
	epoch = scratch_epoch("boot", 2);
	collected.id = store_epoch(s, &epoch);
	collected.epoch = epoch;
	if (store_set_epoch(s, &collected) || store_add_gaps(s, collected.id, &gap) || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static struct conf conf;

/* src: to judge it alone; NULL: all. 0 or -EAGAIN. */
static int open_judge(struct judge *j, int64_t at, enum fullness full, enum way way,
		      const struct nolist_source *src)
{
	struct judge_options o = { .conf = &conf, .state_dir = scratch_dir, .at = at };
	struct snapshot *t;
	struct evidence *e;
	int error;

	if (judge_open(j, &o))
		tap_die(failure_last()->what);
	if (src && judge_ranges(j, src, &j->only))
		tap_die("judge_ranges");
	t = tables(src ? &j->only : NULL, full, way);
	if (!t)
		return -EAGAIN;
	error = evidence_new_only(&e, t, scratch_open(STORE_READ), src ? &j->only : NULL);
	if (error == -EAGAIN && way == LOOK_UP)
		return error;
	if (error)
		tap_die("evidence_new_only");
	error = judge_take(j, e);
	if (!error && way == LOOK_UP)
		error = judge_is_certain(j, src);
	if (error && error != -EAGAIN)
		tap_die(failure_last()->what);
	return error;
}

static bool is_same_record(const struct record *a, const struct record *b)
{
	struct record x = *a, y = *b;

	if (x.hours != y.hours || x.data_hours != y.data_hours || x.open_hours != y.open_hours ||
	    (x.hours && memcmp(x.hour, y.hour, x.hours * sizeof(*x.hour))) ||
	    (x.data_hours && memcmp(x.data_hour, y.data_hour, x.data_hours * sizeof(*x.data_hour))) ||
	    (x.open_hours && memcmp(x.open_hour, y.open_hour, x.open_hours * sizeof(*x.open_hour))))
		return false;
	x.hour = y.hour = NULL;
	x.data_hour = y.data_hour = NULL;
	x.open_hour = y.open_hour = NULL;
	return !memcmp(&x, &y, sizeof(x));
}

static bool is_same(const struct judge *a, const struct judged *x, const struct judge *b,
		    const struct judged *y)
{
	struct verdict v = y->v;
	int f;

	for (f = 0; f < 2; f++) {
		const struct site_family *walked = &a->site.family[f], *known = &b->site.family[f];

		if (known->is_or_later ? known->real_last > walked->real_last :
					 known->real_last != walked->real_last)
			return false;
		if (known->is_or_later ? site_seen(&b->site, f) > site_seen(&a->site, f) :
					 site_seen(&b->site, f) != site_seen(&a->site, f))
			return false;
	}
	/* It may have been seen later than b knows, but not before. */
	if (b->site.family[0].is_or_later && v.check[CHECK_REAL_MX].have >= x->v.check[CHECK_REAL_MX].have)
		v.check[CHECK_REAL_MX].have = x->v.check[CHECK_REAL_MX].have;
	return is_same_record(&x->r, &y->r) && !memcmp(&x->v, &v, sizeof(v)) &&
	       x->n.count == y->n.count && !memcmp(&x->n.when, &y->n.when, sizeof(x->n.when)) &&
	       !memcmp(&x->n.one, &y->n.one, sizeof(x->n.one)) && !x->provider == !y->provider &&
	       x->hold == y->hold &&
	       a->site.losts == b->site.losts &&
	       (!a->site.losts || !memcmp(a->site.lost, b->site.lost, sizeof(*a->site.lost))) &&
	       a->site.floods[FLOOD_ANY] == b->site.floods[FLOOD_ANY];
}

static void compare(const char *what, int64_t at, enum fullness full, enum way way)
{
	unsigned int i, count[JUDGEMENTS] = {}, excused = 0, kinds = 0;
	int bad = 0, again = 0;
	struct judged x, y;
	struct judge all;

	open_judge(&all, at, full, WALK, NULL);
	for (i = 0; i <= SOURCES; i++) {
		struct nolist_source src = i < SOURCES ? made_up(i) : evidence_source("11.0.0.99");
		struct judge one;
		bool is_known;

		if (open_judge(&one, at, full, way, &src)) {
			again++;
			judge_close(&one);
			continue;
		}
		memset(&x, 0, sizeof(x));
		memset(&y, 0, sizeof(y));
		is_known = judge_find(&all, &src, &x);
		if (judge_find(&one, &src, &y) != is_known || !is_same(&all, &x, &one, &y))
			bad++;
		kinds += !count[x.v.is]++;
		excused += x.n.count > 0;
		judge_close(&one);
	}
	if (bad || again) tap_diag("%d are judged otherwise, %d want a walk", bad, again);
	tap_ok(!bad && !again, "%s: all of %d sources are judged alone as by a walk", what, SOURCES);
	tap_ok(kinds >= 3 && excused > 10 && excused < SOURCES,
	       "%s: there are %u kinds of verdicts, and %u have an alibi of others", what, kinds, excused);
	judge_close(&all);
}

/* Two threads judge a walk's sources, in batches: each as if it were asked for alone. */
static void compare_walk(int64_t now)
{
	static struct judged walked[2 * SOURCES];
	struct judged of;
	struct judge j;
	size_t i, n = 0;
	int bad = 0;

	open_judge(&j, now, ROOMY, WALK, NULL);
	judge_start(&j, EVIDENCE_ALL);
	while (n < 2 * SOURCES && judge_next(&j, &of)) {
		bad += n && addr_compare(&walked[n - 1].r.src.addr, &of.r.src.addr) >= 0;
		walked[n++] = of;
	}
	for (i = 0; i < n; i++) {
		if (!judge_find(&j, &walked[i].r.src, &of) || memcmp(&of.v, &walked[i].v, sizeof(of.v)) ||
		    of.hold != walked[i].hold || of.provider != walked[i].provider ||
		    of.n.count != walked[i].n.count || of.r.hours != walked[i].r.hours)
			bad++;
	}
	tap_ok(!bad && !judge_end(&j) && n > SOURCES / 2 && n <= SOURCES,
	       "each of the %zu sources of a walk is judged as alone, in order", n);
	judge_close(&j);
}

static bool wants_walk(int64_t at, enum fullness full, enum way way)
{
	struct nolist_source src = made_up(1);
	struct judge j;
	int error = open_judge(&j, at, full, way, &src);

	judge_close(&j);
	return error == -EAGAIN;
}

/* Were young contacts evicted? A sample tells unless about half of them are young. */
static void try_sample(int64_t now)
{
	static const struct {
		unsigned int young;
		bool wants_walk;
	} rows[] = { { 10, false }, { 44, false }, { 47, true }, { 50, true }, { 53, true }, { 56, false } };
	struct nolist_source src = made_up(1);
	unsigned int i;
	struct judge j;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int error;

		young = rows[i].young;
		error = open_judge(&j, now, FULL_CONTACTS, LOOK_UP, &src);
		tap_ok(error == (rows[i].wants_walk ? -EAGAIN : 0) &&
			       (error || (j.site.floods[FLOOD_ANY] > 0) == (young > 50)),
		       "%u %% of a sample are young: %s", young,
		       error ? "a walk must tell" : young > 50 ? "a flood" : "no flood");
		judge_close(&j);
	}
	young = 0;
}

/* The real MX was not seen lately by what is stored. */
static void try_unseen(int64_t now)
{
	conf.rules.real_seen_s = HOUR_S;
	tap_ok(wants_walk(now, ROOMY, LOOK_UP), "whether it was seen since, only a walk tells");
	conf.rules.real_seen_s = 2 * DAY_S;
}

static void write_providers(char *file, size_t size)
{
	FILE *f;

	snprintf(file, size, "%s/networks", scratch_dir);
	f = fopen(file, "w");
	fprintf(f, "one.example 11.0.0.0/16\none.example 2a00:1::/32\none.example 101.1.0.0/24\n"
		   "two.example 11.2.0.0/16\ntwo.example 11.0.1.0/28\n"
		   "three.example 11.9.9.0/24\nthree.example 101.9.9.7\n");
	if (fclose(f))
		tap_die(file);
}

/*
 * A listing that would have begun within the hour in which the source came to the real MX: whether
 * another one was there before, so that it had begun, only a walk tells.
 */
static void try_later(void)
{
	const struct nolist_source src = evidence_source("61.0.0.1");
	const uint32_t at = COLLECTED_S + HOUR_S + HOUR_S / 2, day = at - DAY_S;
	struct nolist_contacts c = { .high = { (day - 9 * HOUR_S) * NS, day * NS, 2, 0 },
				     .real = { (at + 60) * NS, (at + 60) * NS, 1, 0 } };
	struct nolist_verified v = { .high_first_ns = (day - 9 * HOUR_S) * NS, .high_last_ns = day * NS,
				     .hours = 2 };
	struct nolist_stats stats = {};
	struct epoch epoch = scratch_epoch("boot", 2);
	struct judge_options o = { .conf = &conf, .state_dir = scratch_dir, .at = WALL + NOW_S + 60 };
	uint32_t hour[] = { (day - 9 * HOUR_S) / HOUR_S + 1, day / HOUR_S + 1 };
	struct snapshot *t;
	struct evidence *e;
	struct judge j;
	int i, error;

	for (i = 0; i < 2; i++)
		v.hour[hour[i] % NOLIST_HOURS] =
			(struct nolist_hour){ .hour = hour[i], .n[NOLIST_EVENT_TEMPFAILED] = 1 };
	stats.real[0][0] = (struct nolist_real){ at / HOUR_S + 1, 1, 1 };
	if (snapshot_new(&t) || judge_open(&j, &o) || judge_ranges(&j, &src, &j.only))
		tap_die("judge_open");
	snapshot_set_looked_up(t, &j.only);
	snapshot_add_epoch(t, &epoch);
	snapshot_set_stats(t, 0, &stats, NS, NOW_S * NS);
	snapshot_set_contacts_max(t, 0, 1);
	snapshot_add(t, 0, &src, &c, &v);
	if (snapshot_sort(t) || evidence_new_only(&e, t, scratch_open(STORE_READ), &j.only))
		tap_die("evidence_new_only");
	error = judge_take(&j, e);
	tap_ok(!error && judge_is_certain(&j, &src) == -EAGAIN,
	       "it is judged with the real MX seen now as well: the verdict is another");
	judge_close(&j);
}

int main(void)
{
	struct conf_mx mx[] = {
		{ .addr = evidence_source("11.250.0.1").addr, .role = NOLIST_LOW },
		{ .addr = evidence_source("11.250.0.2").addr, .role = NOLIST_REAL },
	};
	char networks[256], *provider[] = { networks };
	int64_t now = WALL + NOW_S + 60;

	scratch_begin();
	scratch_fresh("one");
	conf_init(&conf);
	conf.rules.learning_s = 0;
	conf.mx = mx;
	conf.mxs = 2;
	make_up();
	store_some();
	compare_walk(now);
	compare("tables and store", now, ROOMY, PARTLY);
	compare("looked up", now, ROOMY, LOOK_UP);
	compare("full tables", now, FULL_BOTH, PARTLY);
	compare("looked up, full table of contacts", now, FULL_CONTACTS, LOOK_UP);
	write_providers(networks, sizeof(networks));
	conf.provider = provider;
	conf.providers = 1;
	compare("with providers", now, ROOMY, PARTLY);
	compare("looked up, with providers", now, ROOMY, LOOK_UP);
	tap_ok(wants_walk(WALL + 3 * DAY_S, ROOMY, PARTLY),
	       "as of a time before the last contacts all are needed");
	tap_ok(wants_walk(now, FULL_BOTH, LOOK_UP),
	       "which verified evidence a full table evicted, only a walk tells");
	try_sample(now);
	try_unseen(now);
	try_later();
	return scratch_end();
}
