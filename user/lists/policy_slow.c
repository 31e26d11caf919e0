// SPDX-License-Identifier: GPL-2.0-only
/*
 * A system is one of these if so many of its sources are listed, at most one in so many has sent data and
 * is not, and none of them is an alibi: who walked there, or had mail accepted, clears all of it.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/lists/policy_slow.h"
#include "user/origin/origin.h"

#define LISTED_MIN 10
#define LISTED_OF_ONE 9 /* for each other source with data */
#define SOME 1024
#define KEYS_MAX 4096

struct slow_source {
	struct nolist_source src;
	bool is_listed, is_alibi;
};

bool policy_slow_is_on(const struct judge *j)
{
	return j->origin && j->now - origin_made(j->origin) <= ORIGIN_OLD_S;
}

static bool is_accepted(const struct record *r)
{
	unsigned int i;

	for (i = 0; i < r->open_hours; i++)
		if (r->open_hour[i].roles & 1u << RECORD_ACCEPTED)
			return true;
	return false;
}

int policy_slow_add(struct policy_slow *s, const struct judged *of, bool is_listed)
{
	const struct record *r = &of->r;

	if (!is_listed && (!r->data.first || of->v.is == JUDGED_TEST))
		return 0;
	if (array_grow(&s->source, s->sources, sizeof(*s->source)))
		return -ENOMEM;
	s->source[s->sources++] = (struct slow_source){
		.src = r->src,
		.is_listed = is_listed,
		.is_alibi = !is_listed && (r->low.when.first || is_accepted(r)),
	};
	return 0;
}

static int count_some(struct origin_count *c, struct origin_file *file, const struct slow_source *from, size_t n)
{
	static struct nolist_source src[SOME];
	static struct origin o[SOME];
	size_t i;
	int error;

	for (i = 0; i < n; i++)
		src[i] = from[i].src;
	error = origin_find(file, src, n, o);
	for (i = 0; i < n && !error; i++) {
		struct origin_key key = origin_key_of(&o[i], ORIGIN_AS);

		if (key.as)
			error = origin_count_add(c, &key, from[i].is_listed, true, from[i].is_alibi);
	}
	return error;
}

static int count_all(const struct policy_slow *s, struct origin_file *file, struct origin_count *c)
{
	size_t i, n;
	int error = 0;

	for (i = 0; i < s->sources && !error; i += n) {
		n = s->sources - i < SOME ? s->sources - i : SOME;
		error = count_some(c, file, s->source + i, n);
	}
	origin_count_sum(c);
	return error;
}

static bool is_slow(const struct origin_row *r)
{
	return r->listed >= LISTED_MIN && !r->accepted && r->listed >= LISTED_OF_ONE * (uint64_t)r->verified;
}

static size_t choose(const struct origin_count *c, struct origin_key key[KEYS_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < c->rows && n < KEYS_MAX; i++)
		if (is_slow(&c->row[i]))
			key[n++] = c->row[i].key;
	return n;
}

static int add_network(const struct prefix *network, void *arg)
{
	struct policy_slow *s = arg;

	if (array_grow(&s->network, s->networks, sizeof(*s->network)))
		return fail(-ENOMEM, "cannot hold networks");
	s->network[s->networks++] = *network;
	return 0;
}

int policy_slow_find(struct policy_slow *s, struct origin_file *file)
{
	static struct origin_key key[KEYS_MAX];
	struct origin_count c = {};
	int error = count_all(s, file, &c);
	size_t n = error ? 0 : choose(&c, key);

	if (n)
		error = origin_networks(file, key, n, add_network, s);
	if (error)
		s->networks = 0;
	origin_count_free(&c);
	return error;
}

void policy_slow_free(struct policy_slow *s)
{
	free(s->source);
	free(s->network);
	*s = (struct policy_slow){};
}
