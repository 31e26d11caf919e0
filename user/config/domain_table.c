// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each name goes into the line that its hash names, or, where that is full, into one of the
 * next. Where all these are full, another key is drawn, and at last the table gets more lines.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "user/config/domain_table.h"

#define PER_LINE 4 /* names on average, at most: lines have twice as many places */
#define KEYS 8     /* that are tried for one number of lines */

static __u64 rotl(__u64 x, int n)
{
	return x << n | x >> (64 - n);
}

static void rounds(__u64 v[4], int n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

static void take(__u64 v[4], __u64 word)
{
	v[3] ^= word;
	rounds(v, 1);
	v[0] ^= word;
}

/* SipHash-1-3 (Aumasson, Bernstein 2012) of the name read backwards. */
__u64 domain_table_hash(const struct nolist_key *key, const char *name)
{
	__u64 v[4] = { key->k[0] ^ 0x736f6d6570736575ull, key->k[1] ^ 0x646f72616e646f6dull,
		       key->k[0] ^ 0x6c7967656e657261ull, key->k[1] ^ 0x7465646279746573ull };
	size_t len = strlen(name), i;
	__u64 word = 0;

	for (i = 0; i < len; i++) {
		/* The packet side sets this bit to make letters small; '_' has it not. */
		word |= (__u64)((unsigned char)name[len - 1 - i] | 0x20) << (8 * (i & 7));
		if ((i & 7) == 7) {
			take(v, word);
			word = 0;
		}
	}
	take(v, word | (__u64)len << 56);
	v[2] ^= 0xff;
	rounds(v, 3);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static __u64 bits_of(const struct domain *d)
{
	if (d->is_never)
		return NOLIST_DOMAIN_USED;
	return NOLIST_DOMAIN_USED | (d->is_itself ? NOLIST_DOMAIN_ITSELF : 0) |
	       (d->is_below ? NOLIST_DOMAIN_BELOW : 0);
}

struct nolist_key domain_table_key(const struct domain_table *t, unsigned int set)
{
	struct nolist_key key = t->key;

	key.k[0] ^= set * 0x9e3779b97f4a7c15ull;
	return key;
}

/* False: its lines are full. */
static bool put(struct domain_table *t, const struct nolist_key *key, const struct domain *d)
{
	__u64 hash = domain_table_hash(key, d->name) & ~(__u64)NOLIST_DOMAIN_BITS;
	struct nolist_domain_line *line;
	int n, i;

	for (n = 0; n < NOLIST_DOMAIN_PROBES; n++) {
		line = &t->line[(nolist_domain_line_of(hash) + n) & (t->lines - 1)];
		for (i = 0; i < NOLIST_DOMAIN_ENTRIES; i++) {
			/* Another name with these 61 bits: another key. */
			if (line->entry[i] && (line->entry[i] ^ hash) <= NOLIST_DOMAIN_BITS)
				return false;
			if (line->entry[i])
				continue;
			line->entry[i] = hash | bits_of(d);
			return true;
		}
	}
	return false;
}

static bool put_set(struct domain_table *t, const struct domain_set *set, unsigned int number)
{
	struct nolist_key key = domain_table_key(t, number);
	size_t i;

	for (i = 0; i < set->n; i++)
		if (!put(t, &key, &set->domain[i]))
			return false;
	return true;
}

static bool put_all(struct domain_table *t, const struct domain_set *set, unsigned int sets)
{
	unsigned int i;

	memset(t->line, 0, t->lines * sizeof(*t->line));
	for (i = 0; i < sets; i++)
		if (!put_set(t, &set[i], i))
			return false;
	return true;
}

/* 0, -EAGAIN: the names do not fit into so many lines, or another -errno. */
static int try(struct domain_table *t, const struct domain_set *set, unsigned int sets,
	       const struct nolist_key *key)
{
	int i;

	t->line = calloc(t->lines, sizeof(*t->line));
	if (!t->line)
		return -ENOMEM;
	for (i = 0; i < (key ? 1 : KEYS); i++) {
		if (key)
			t->key = *key;
		else if (getrandom(&t->key, sizeof(t->key), 0) != sizeof(t->key))
			return -EIO;
		if (put_all(t, set, sets))
			return 0;
	}
	domain_table_free(t);
	return -EAGAIN;
}

static bool has_below(const struct domain_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->domain[i].is_below && !set->domain[i].is_never)
			return true;
	return false;
}

int domain_table_make(struct domain_table *t, const struct domain_set *set, unsigned int sets,
		      const struct nolist_key *key)
{
	unsigned int lines = 1, i;
	size_t n = 0;
	int ret;

	*t = (struct domain_table){};
	for (i = 0; i < sets; i++)
		n += set[i].n;
	while (lines * PER_LINE < n)
		lines *= 2;
	do {
		t->lines = lines;
		ret = try(t, set, sets, key);
		lines *= 2;
	} while (ret == -EAGAIN && lines <= DOMAIN_SET_MAX);
	t->count = set->n;
	for (i = 0; i < sets; i++)
		t->has_below |= has_below(&set[i]);
	return ret == -EAGAIN ? -E2BIG : ret;
}

void domain_table_free(struct domain_table *t)
{
	free(t->line);
	*t = (struct domain_table){};
}

void domain_table_fill(const struct domain_table *t, struct nolist_config *out)
{
	out->domain_mask = t->lines - 1;
	out->domain_below = t->has_below;
	out->domain_count = t->count;
	out->domain_key = t->key;
}
