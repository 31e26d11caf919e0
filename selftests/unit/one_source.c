// SPDX-License-Identifier: GPL-2.0-only
/*
 * One source is judged by its own evidence, its neighbourhood's and its provider's, read alone. That
 * must come to the same as a walk over all: each of many made-up sources is judged both ways, as they
 * are in tables and store, with providers, with full tables, and as of an earlier time.
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

/* The tables at the end; other sources are in the store alone. A full table has evicted some. */
static struct snapshot *tables(const struct ranges *only, bool is_full)
{
	struct nolist_stats stats = { .verified_new = is_full ? 10000 : 0,
				      .contacts_new = is_full ? 10000 : 0 };
	struct epoch epoch = scratch_epoch("boot", 2);
	struct snapshot *t;
	unsigned int i;

	if (snapshot_new(&t))
		tap_die("snapshot");
	snapshot_set_only(t, only);
	snapshot_add_epoch(t, &epoch);
	snapshot_set_stats(t, 0, &stats, NS, NOW_S * NS);
	snapshot_set_contacts_max(t, 0, SOURCES / 3);
	if (is_full)
		snapshot_set_lru(t, 0);
	for (i = 0; i < SOURCES; i++) {
		struct nolist_source src = made_up(i);

		if (is_in_tables[i] && snapshot_add(t, 0, &src, &contacts[i], is_verified[i] ? &talk[i] : NULL))
			tap_die("snapshot_add");
	}
	if (snapshot_sort(t))
		tap_die("snapshot_sort");
	return t;
}

/* What an earlier epoch left in the store, and when the tables were read before. */
static void store_some(void)
{
	struct store *s = scratch_open(STORE_WRITE);
	struct epoch epoch = scratch_epoch("boot", 1);
	struct pack_hour hour[STORED_HOURS], hours[NOLIST_HOURS];
	struct store_row row = { .stored.hour = hour };
	struct gap gap = { .from_s = 1, .to_s = NOW_S - 2 * HOUR_S };
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
	if (store_add_gaps(s, store_epoch(s, &epoch), &gap) || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static struct conf conf;

/* src: to judge it alone; NULL: all. 0 or -EAGAIN. */
static int open_judge(struct judge *j, int64_t at, bool is_full, const struct nolist_source *src)
{
	struct judge_options o = { .conf = &conf, .state_dir = scratch_dir, .at = at };
	struct evidence *e;
	int error;

	if (judge_open(j, &o))
		tap_die(failure_last()->what);
	if (src && judge_ranges(j, src, &j->only))
		tap_die("judge_ranges");
	if (evidence_new_only(&e, tables(src ? &j->only : NULL, is_full), scratch_open(STORE_READ),
			      src ? &j->only : NULL))
		tap_die("evidence_new_only");
	error = judge_take(j, e);
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
	return is_same_record(&x->r, &y->r) && !memcmp(&x->v, &y->v, sizeof(x->v)) &&
	       x->n.count == y->n.count && !memcmp(&x->n.when, &y->n.when, sizeof(x->n.when)) &&
	       !memcmp(&x->n.one, &y->n.one, sizeof(x->n.one)) && !x->provider == !y->provider &&
	       x->hold == y->hold && !memcmp(a->site.family, b->site.family, 2 * sizeof(int64_t)) &&
	       site_seen(&a->site, 0) == site_seen(&b->site, 0) &&
	       site_seen(&a->site, 1) == site_seen(&b->site, 1) && a->site.losts == b->site.losts &&
	       (!a->site.losts || !memcmp(a->site.lost, b->site.lost, sizeof(*a->site.lost))) &&
	       a->site.floods[FLOOD_ANY] == b->site.floods[FLOOD_ANY];
}

static void compare(const char *what, int64_t at, bool is_full)
{
	unsigned int i, count[JUDGEMENTS] = {}, excused = 0, kinds = 0;
	int bad = 0, again = 0;
	struct judged x, y;
	struct judge all;

	open_judge(&all, at, is_full, NULL);
	for (i = 0; i <= SOURCES; i++) {
		struct nolist_source src = i < SOURCES ? made_up(i) : evidence_source("11.0.0.99");
		struct judge one;
		bool is_known;

		if (open_judge(&one, at, is_full, &src)) {
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
	tap_ok(!bad && !again, "%s: all of %d sources are judged alone as by a walk", what, SOURCES);
	tap_ok(kinds >= 3 && excused > 10 && excused < SOURCES,
	       "%s: there are %u kinds of verdicts, and %u have an alibi of others", what, kinds, excused);
	judge_close(&all);
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

int main(void)
{
	struct conf_mx mx[] = {
		{ .addr = evidence_source("11.250.0.1").addr, .role = NOLIST_LOW },
		{ .addr = evidence_source("11.250.0.2").addr, .role = NOLIST_REAL },
	};
	char networks[256], *provider[] = { networks };
	struct nolist_source src;
	struct judge j;

	scratch_begin();
	scratch_fresh("one");
	conf_init(&conf);
	conf.rules.learning_s = 0;
	conf.mx = mx;
	conf.mxs = 2;
	make_up();
	store_some();
	compare("tables and store", WALL + NOW_S + 60, false);
	compare("full tables", WALL + NOW_S + 60, true);
	write_providers(networks, sizeof(networks));
	conf.provider = provider;
	conf.providers = 1;
	compare("with providers", WALL + NOW_S + 60, false);
	src = made_up(1);
	tap_ok(open_judge(&j, WALL + 3 * DAY_S, false, &src) == -EAGAIN,
	       "as of a time before the last contacts all are needed");
	judge_close(&j);
	return scratch_end();
}
