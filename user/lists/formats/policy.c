// SPDX-License-Identifier: GPL-2.0-only
/*
 * policy: the snapshot that "nolist-xdp policyd" decides from (policy/rows.h). Besides the sources
 * that are listed it has those that sent data to the real MX, networks and providers that were at
 * the low fake, and who is exempt. It is written each time, since its age matters.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/evidence/as_of.h"
#include "user/judge/tests.h"
#include "user/lists/format.h"
#include "user/lists/list.h"
#include "user/lists/policy_row.h"
#include "user/lists/policy_slow.h"
#include "user/policy/mode.h"
#include "user/policy/rows.h"

struct times {
	int64_t alibi, low;
};

struct body {
	struct writer *o;
	const struct list *l;
	struct judge *j;
	size_t sources, networks, sets, prefixes, recipients;
	uint64_t *recipient;
	struct times *set; /* of each provider */
	struct policy_slow slow;
	bool has_slow;
};

static unsigned int short_time(int64_t time)
{
	return time < 0 ? 0 : time > ROW_TIME_MAX ? ROW_TIME_MAX : time;
}

/* --- what holds for all ---------------------------------------------------------- */

static void put_words(struct body *b, const char *key, const char *value)
{
	put_text(b->o, "H ");
	put_text(b->o, key);
	put_char(b->o, ' ');
	put_text(b->o, value);
	put_char(b->o, '\n');
}

static void put_key(struct body *b, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	put_words(b, key, text);
}

static void put_pair(struct body *b, const char *key, unsigned int first, unsigned int second)
{
	char text[24];

	snprintf(text, sizeof(text), "%u %u", first, second);
	put_words(b, key, text);
}

static void put_throttle(struct body *b)
{
	static const char *const what[] = { "recipients", "connections" }, *const by[] = { "source", "network" };
	char text[60];
	int w, k;

	for (w = 0; w < THROTTLE_WHATS; w++)
		for (k = 0; k < THROTTLE_BYS; k++) {
			if (!b->j->conf->throttle[w][k])
				continue;
			snprintf(text, sizeof(text), "%u %s %s", b->j->conf->throttle[w][k], what[w], by[k]);
			put_words(b, "throttle", text);
		}
}

static void put_site(struct body *b)
{
	const struct judge *j = b->j;
	struct policy_facts f = {};
	char name[256] = "localhost";

	gethostname(name, sizeof(name) - 1);
	policy_row_site(&f, j);
	put_words(b, "policy", policy_mode_names[j->conf->policy]);
	put_words(b, "name", j->conf->name ? j->conf->name : name);
	put_words(b, "reason", b->l->words.reason);
	put_key(b, "time", j->now);
	put_words(b, "gate", j->conf->gate_s && !j->conf->gate_by ? "network" : "other");
	put_throttle(b);
	put_key(b, "greylist-wait", j->rules.greylist_wait_s);
	put_key(b, "origin-wait", j->rules.origin_wait_s);
	put_key(b, "window", j->rules.window_s);
	put_key(b, "data-window", j->rules.data_window_s);
	put_pair(b, "neighbours", j->rules.neighbours_ip4, j->rules.neighbours_ip6);
	put_pair(b, "low", j->site.family[0].has_low, j->site.family[1].has_low);
	put_key(b, "good-until", b->l->head.is_closed ? 0 : f.good_until);
	put_key(b, "limited", f.limited_last);
	put_key(b, "learning-until", f.learning_until);
}

/* --- sources --------------------------------------------------------------------- */

static void put_source_row(struct body *b, const struct judged *of)
{
	const struct judge *j = b->j;
	struct policy_facts f = {};
	char line[ROW_SOURCE + 1];

	policy_row_source(&f, j, of, list_is_on(b->l, of), b->l->head.expires);
	if (b->has_slow && policy_slow_add(&b->slow, of, f.listed_until))
		b->has_slow = false;
	if (!f.listed_until && !f.data_last)
		return;
	snprintf(line, sizeof(line), ROW_SOURCE_FORMAT, (unsigned long long)row_key(&of->r.src.addr),
		 short_time(f.listed_until), short_time(f.data_first), short_time(f.data_last));
	put_text(b->o, line);
	b->sources++;
}

static void put_sources(struct body *b)
{
	struct judged of = {};

	judge_start(b->j, list_kind(b->l, b->j));
	while (!b->o->error && judge_next(b->j, &of))
		put_source_row(b, &of);
}

/* --- networks and providers ------------------------------------------------------ */

static void put_times(struct body *b, char kind, uint64_t key, const struct times *t, size_t *count)
{
	char line[ROW_NETWORK + 1];

	snprintf(line, sizeof(line), ROW_NETWORK_FORMAT, kind, (unsigned long long)key,
		 short_time(t->alibi), short_time(t->low));
	put_text(b->o, line);
	++*count;
}

static void put_network(struct body *b, uint64_t key, struct times *t, size_t *group)
{
	const struct judge *j = b->j;

	/* Both are in the order of addresses. */
	while (*group < j->groups && row_key(&j->group[*group].addr) < key)
		++*group;
	if (*group < j->groups && row_key(&j->group[*group].addr) == key)
		t->alibi = j->group[*group].n.when.last;
	if (t->alibi || t->low)
		put_times(b, 'N', key, t, &b->networks);
	*t = (struct times){};
}

static void put_networks(struct body *b)
{
	struct judge *j = b->j;
	struct times t = {};
	struct record r;
	uint64_t key = 0, is;
	size_t group = 0;
	int64_t low;
	int set;

	judge_start_records(j, EVIDENCE_ALL);
	while (!b->o->error && judge_next_record(j, &r)) {
		if (judge_is_test(j, &r.src))
			continue;
		is = row_network(&r.src.addr, j->rules.neighbours_ip4, j->rules.neighbours_ip6);
		if (is != key)
			put_network(b, key, &t, &group);
		key = is;
		low = policy_row_low(j, &r);
		set = low ? providers_find(j->providers, &r.src) : -1;
		if (low > t.low)
			t.low = low;
		if (set >= 0 && low > b->set[set].low)
			b->set[set].low = low;
	}
	put_network(b, key, &t, &group);
}

static void put_sets(struct body *b)
{
	const struct judge *j = b->j;
	int i;

	for (i = 0; i < providers_count(j->providers); i++) {
		if (provider_has_alibi(&j->provider[i], &j->rules))
			b->set[i].alibi = j->provider[i].n.when.last;
		put_times(b, 'G', row_provider(providers_name(j->providers, i)), &b->set[i], &b->sets);
	}
}

/* --- prefixes -------------------------------------------------------------------- */

static void put_prefix(struct body *b, char kind, const struct prefix *p)
{
	char text[ADDR_TEXT];

	put_char(b->o, kind);
	put_char(b->o, ' ');
	put_text(b->o, prefix_text(p, text));
	b->prefixes++;
}

static int put_exempt(const struct prefix_entry *e, void *arg)
{
	struct body *b = arg;

	put_prefix(b, e->is_optional ? 'L' : 'E', &e->prefix);
	put_char(b->o, '\n');
	return 0;
}

static int put_provider(const struct prefix *p, int set, void *arg)
{
	struct body *b = arg;

	put_prefix(b, 'P', p);
	put_char(b->o, ' ');
	put_number(b->o, set);
	put_char(b->o, '\n');
	return 0;
}

static void put_prefixes(struct body *b)
{
	const struct judge *j = b->j;
	int i;

	prefix_set_each(j->never, put_exempt, b);
	prefix_set_each(j->allow, put_exempt, b);
	prefix_set_each(j->pardon, put_exempt, b);
	prefix_set_each(j->tests, put_exempt, b);
	for (i = 0; i < j->conf->never_excepts; i++) {
		put_prefix(b, 'X', &j->conf->never_except[i]);
		put_char(b->o, '\n');
	}
	providers_each(j->providers, put_provider, b);
}

/* Without them nobody waits longer, and the list is as good. */
static void put_slow(struct body *b)
{
	size_t i;

	if (!b->has_slow || policy_slow_find(&b->slow, b->j->origin))
		return;
	for (i = 0; i < b->slow.networks; i++) {
		put_prefix(b, 'W', &b->slow.network[i]);
		put_char(b->o, '\n');
	}
}

/* --- recipients ------------------------------------------------------------------ */

static int take_recipient(char *line, unsigned int number, void *arg)
{
	struct body *b = arg;
	int error;

	(void)number;
	if (!strchr(line, '@') || strpbrk(line, " \t") || !line[1])
		return -EINVAL;
	error = array_grow(&b->recipient, b->recipients, sizeof(*b->recipient));
	if (!error)
		b->recipient[b->recipients++] = row_recipient(line, strlen(line));
	return error;
}

static int compare_recipients(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Whoever is missing here could be deferred: so without the whole file there is no new snapshot. */
static int read_recipients(struct body *b)
{
	const char *file = b->j->conf->policy_except;
	struct lines_bad bad = {};
	size_t size;
	char *text;
	int error = file ? lines_read(file, LINES_FILE_MAX, &text, &size) : 0;

	if (!file || error)
		return error ? failx(-EBADMSG, "cannot read '%s': %s", file, strerror(-error)) : 0;
	error = lines_each(text, size, take_recipient, b, &bad);
	free(text);
	if (!error && bad.count)
		return failx(-EBADMSG, "%s:%u: not NAME@DOMAIN, @DOMAIN or NAME@", file, bad.first);
	if (b->recipients)
		qsort(b->recipient, b->recipients, sizeof(*b->recipient), compare_recipients);
	return error;
}

static void put_recipients(struct body *b)
{
	char line[ROW_RECIPIENT + 1];
	size_t i;

	for (i = 0; i < b->recipients; i++) {
		snprintf(line, sizeof(line), ROW_RECIPIENT_FORMAT, (unsigned long long)b->recipient[i]);
		put_text(b->o, line);
	}
}

static void put_counts(struct body *b)
{
	char line[120];

	snprintf(line, sizeof(line), "Z %zu %zu %zu %zu %zu\n", b->sources, b->networks, b->sets, b->prefixes,
		 b->recipients);
	put_text(b->o, line);
}

static int body(struct writer *o, const struct list *l, struct judge *j)
{
	struct body b = { .o = o, .l = l, .j = j, .has_slow = policy_slow_is_on(j) };
	int error = read_recipients(&b);

	b.set = calloc(providers_count(j->providers) + 1, sizeof(*b.set));
	if (!error && !b.set)
		error = -ENOMEM;
	if (error) {
		free(b.set);
		free(b.recipient);
		return error;
	}
	put_site(&b);
	put_sources(&b);
	if (!j->error)
		put_networks(&b);
	put_sets(&b);
	put_recipients(&b);
	put_prefixes(&b);
	put_slow(&b);
	put_counts(&b);
	free(b.set);
	policy_slow_free(&b.slow);
	free(b.recipient);
	return j->error;
}

/* Of its rows those that are listed. */
static bool source(const char *line, struct nolist_source *src)
{
	unsigned long long key;
	unsigned int until;

	if (sscanf(line, "S %16llx %8x", &key, &until) != 2 || !until)
		return false;
	*src = row_source(key);
	return true;
}

const struct format format_policy = {
	.name = "policy",
	.reader = "the policy service, nolist-xdp policyd",
	.usage = "nolist-xdp policyd --snapshot FILE",
	.has_evidence = true,
	.is_private = true,
	.head = format_plain_head,
	.body = body,
	.source = source,
};
