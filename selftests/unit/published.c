// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which list of a judge a node takes: signed by its key, whole, in order, within its life and not older
 * than the last one. Why it matters: who is on it is refused, and whoever holds the place where it lies can put
 * another one there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "selftests/lib/scratch.h"
#include "selftests/lib/tap.h"
#include "user/base/page_row.h"
#include "user/share/published.h"
#include "user/share/sign.h"

static int64_t now;
static struct transport *place;
static const uint8_t own[KEY_BYTES] = { 1, 2, 3 }, others[KEY_BYTES] = { 9 };

static void put_list(const char *rows, int64_t made, int64_t expires, const uint8_t *key)
{
	char file[160], when[2][TEXT_TIME];
	FILE *f;

	snprintf(file, sizeof(file), "%s/list-file", scratch_dir);
	f = fopen(file, "w");
	fprintf(f, "# generator: x\n# time: %s\n# expires: %s\n%s", text_time(made, when[0]),
		text_time(expires, when[1]), rows);
	fclose(f);
	if (published_put(place, file, key))
		tap_die("list");
}

static int get(struct published *p, const uint8_t *private)
{
	uint8_t public[KEY_BYTES];
	int error;

	if (private)
		sign_public(private, public);
	published_free(p);
	error = published_get(p, place, private ? public : NULL, now);
	return error;
}

static void add(char *to, const char *source, int64_t until)
{
	char hours[PAGE_HOURS * PAGE_HOUR + 1];

	memset(hours, '0', sizeof(hours) - 1);
	hours[sizeof(hours) - 1] = '\0';
	sprintf(to + strlen(to), PAGE_ROW_FORMAT, source, (long long)now - 99, (long long)until, 2, 0u, 0ll, 0ll, hours);
}

static void test_list(void)
{
	char rows[4 * PAGE_ROW + 1] = "", odd[4 * PAGE_ROW + 1] = "", twice[4 * PAGE_ROW + 1] = "";
	struct published p = {};

	add(rows, "11.0.0.7", now + DAY_S);
	add(rows, "12.0.0.7", now + DAY_S);
	add(odd, "12.0.0.7", now + DAY_S);
	add(odd, "11.0.0.7", now + DAY_S);
	add(twice, "11.0.0.7", now + DAY_S);
	add(twice, "11.0.0.7", now + DAY_S);
	put_list(rows, now, now + DAY_S, own);
	tap_ok(!get(&p, own) && p.rows == 2 && p.time == now && !get(&p, NULL), "a list that is signed");
	tap_ok(get(&p, others) == -EACCES, "not where another key is expected");
	put_list(rows, now, now + DAY_S, NULL);
	tap_ok(get(&p, own) == -EACCES && !get(&p, NULL), "nor without a signature");
	put_list(odd, now, now + DAY_S, NULL);
	tap_ok(get(&p, NULL) == -EBADMSG, "one that is not in order is damaged");
	put_list(twice, now, now + DAY_S, NULL);
	tap_ok(get(&p, NULL) == -EBADMSG, "so is one with a source twice");
	put_list(rows, now - 60, now, NULL);
	tap_ok(get(&p, NULL) == -ESTALE, "one that ends now is old");
	put_list(rows, now + HOUR_S, now + DAY_S, NULL);
	tap_ok(!get(&p, NULL), "one of a clock that is an hour ahead is taken");
	put_list(rows, now + HOUR_S + 1, now + DAY_S, NULL);
	tap_ok(get(&p, NULL) == -EPROTO, "not one that is more ahead");
	put_list(rows, now - 60, now + DAY_S, NULL);
	tap_ok(!get(&p, NULL) && !published_note(&p, scratch_dir) && !published_note(&p, scratch_dir), "one is noted");
	put_list(rows, now - 61, now + DAY_S, NULL);
	tap_ok(!get(&p, NULL) && published_note(&p, scratch_dir) == -EPROTO, "an older one is a replay");
	published_free(&p);
}

static void test_damage(void)
{
	const struct key key = { .kind = KEY_LIST };
	char rows[PAGE_ROW + 1] = "";
	struct published p = {};
	uint8_t *bytes;
	size_t size;

	add(rows, "11.0.0.7", now + DAY_S);
	put_list(rows, now, now + DAY_S, NULL);
	if (transport_get_one(place, &key, LIST_MAX, &bytes, &size))
		tap_die("get");
	bytes[size - PAGE_ROW + 1] = '2';
	if (transport_put(place, &key, bytes, size))
		tap_die("put");
	free(bytes);
	tap_ok(get(&p, NULL) == -EBADMSG, "with another address in it, it is damaged");
	published_free(&p);
}

/* What became of each row: by this node's own evidence, and by the clock. */
static void test_walk(void)
{
	const struct judge_options o = { .state_dir = scratch_dir };
	char rows[2 * PAGE_ROW + 1] = "";
	struct judge_options with = o;
	struct published p = {};
	struct evidence *none;
	struct judged of[2];
	struct judge j;
	struct conf conf;

	add(rows, "11.0.0.7", now);
	add(rows, "12.0.0.7", now + DAY_S);
	put_list(rows, now, now + DAY_S, NULL);
	conf_init(&conf);
	with.conf = &conf;
	if (get(&p, NULL) || judge_open(&j, &with) || evidence_new(&none, NULL, NULL) || published_take(&p, &j, none))
		tap_die("walk");
	judge_start(&j, EVIDENCE_VERIFIED);
	tap_ok(judge_next(&j, &of[0]) && judge_next(&j, &of[1]) && !judge_next(&j, &of[1]) && !judge_end(&j) &&
	       of[0].v.is == JUDGED_EXPIRED && verdict_is_listed(&of[1].v, false),
	       "a row whose time is over is not listed, the next one is");
	judge_close(&j);
	conf_free(&conf);
	published_free(&p);
}

int main(void)
{
	struct transport_options o = {};

	now = time(NULL);
	scratch_begin();
	scratch_fresh("published");
	mkdir(scratch_dir, 0755);
	o.where = scratch_dir;
	if (transport_open(&place, &o))
		tap_die("transport");
	test_list();
	test_damage();
	test_walk();
	transport_close(place);
	return scratch_end();
}
