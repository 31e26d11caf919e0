// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever is put first counts. So each prefix only fills what is still free: of a /24 its
 * action, or of an address its entry; of IPv6 a key, unless a wider one has it.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <arpa/inet.h>

#include "user/enforce/table.h"

/* For bpf/listed.h. */
struct span {
	struct nolist_block_line *line;
	size_t lines;
};

static void *line_at(void *table, __u32 at)
{
	struct span *s = table;

	return at < s->lines ? &s->line[at] : NULL;
}

#define block_at line_at
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* clang's unroll */
#include "bpf/listed.h"

#define IP4_LEAST 97  /* the widest prefixes: 0.0.0.0/1, 2001::/20 */
#define IP6_LEAST 20
#define LINES_MAX (1u << 26)
#define SEEDS 8 /* that are tried for one size */
#define HUGE_PAGE (2 << 20) /* bytes */
#define FULL4 65 /* percent: of such lines one in twenty is full, and eight in a row never are */
#define FULL6 50

struct put {
	struct prefix prefix;
	enum nolist_action act;
};

struct block_maker {
	struct put *put;
	size_t n, capacity;
	size_t single4, keys6; /* at most so many entries */
};

int block_maker_new(struct block_maker **mp)
{
	*mp = calloc(1, sizeof(**mp));
	return *mp ? 0 : -ENOMEM;
}

void block_maker_free(struct block_maker *m)
{
	if (!m)
		return;
	free(m->put);
	free(m);
}

size_t block_maker_count(const struct block_maker *m)
{
	return m->n;
}

static bool is_ip4(const struct prefix *p)
{
	return p->len >= 96 && addr_is_ip4(&p->addr);
}

static __u32 ip4_of(const struct nolist_addr *a)
{
	return ntohl(a->w[3]);
}

/* The lengths of keys; a prefix is written as keys of the next longer one. */
static enum nolist_block_length length_of(unsigned int len)
{
	return len > 48 ? NOLIST_BLOCK_64 : len > 32 ? NOLIST_BLOCK_48 : NOLIST_BLOCK_32;
}

static unsigned int bits_of(enum nolist_block_length length)
{
	return 64 - 16 * length;
}

static size_t keys_of(const struct prefix *p)
{
	unsigned int len = p->len > 64 ? 64 : p->len;

	return (size_t)1 << (bits_of(length_of(len)) - len);
}

int block_maker_put(struct block_maker *m, const struct prefix *p, enum nolist_action act)
{
	struct put *grown;

	if (p->len < (is_ip4(p) ? IP4_LEAST : IP6_LEAST) || (!is_ip4(p) && !p->addr.q[0]))
		return -ERANGE;
	if (m->n == m->capacity) {
		m->capacity = m->capacity ? 2 * m->capacity : 1024;
		grown = reallocarray(m->put, m->capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		m->put = grown;
	}
	m->put[m->n++] = (struct put){ *p, act };
	if (!is_ip4(p))
		m->keys6 += keys_of(p);
	else if (p->len > 96 + 24)
		m->single4 += (size_t)1 << (128 - p->len);
	return 0;
}

/* --- one prefix ---------------------------------------------------------------- */

/* The word and the shift of a /24's four bits. */
static __u64 *net4_at(struct span *s, __u32 net, unsigned int *shift)
{
	*shift = (net & 15) * 4;
	return &s->line[net >> 7].w[net >> 4 & 7];
}

/* Says that something is known of a /24. It stays so, whatever changes. */
static void know_net4(struct span *s, __u32 net)
{
	s->line[NOLIST_BLOCK_KNOWN + (net >> 9)].w[net >> 6 & 7] |= 1ull << (net & 63);
}

/* A new entry; false: its lines are full. */
static bool add4(struct span *s, const struct nolist_block_head *h, __u32 addr, enum nolist_action act)
{
	__u32 mixed = nolist_block_mix4(addr, h->seed), mask = (1u << h->bits4) - 1, i, k;
	__u32 at = mixed >> (32 - h->bits4);
	__u32 entry = NOLIST_BLOCK_USED | (__u32)act << NOLIST_BLOCK_ACT |
		      (mixed & (0xffffffffu >> h->bits4));

	for (i = 0; i < NOLIST_BLOCK_PROBES; i++) {
		struct nolist_block_line *l = &s->line[h->first4 + ((at + i) & mask)];

		for (k = 0; k < 16; k++)
			if (!l->e[k]) {
				l->e[k] = entry | i << NOLIST_BLOCK_PROBE;
				return true;
			}
	}
	return false;
}

static bool put_single4(struct span *s, const struct nolist_block_head *h, __u32 addr,
			enum nolist_action act)
{
	unsigned int shift;
	__u64 *net = net4_at(s, addr >> 8, &shift);

	if (*net >> shift & 7)
		return true;
	if (*net >> shift & NOLIST_BLOCK_ASK && block_exact4(s, h, addr) >= 0)
		return true;
	if (!add4(s, h, addr, act))
		return false;
	*net |= (__u64)NOLIST_BLOCK_ASK << shift;
	know_net4(s, addr >> 8);
	return true;
}

static bool put4(struct span *s, const struct nolist_block_head *h, const struct put *p)
{
	__u32 addr = ip4_of(&p->prefix.addr), n, i;
	unsigned int shift;
	__u64 *net;

	if (p->prefix.len > 96 + 24) {
		n = 1u << (128 - p->prefix.len);
		for (i = 0; i < n; i++)
			if (!put_single4(s, h, addr + i, p->act))
				return false;
		return true;
	}
	n = 1u << (96 + 24 - p->prefix.len);
	for (i = 0; i < n; i++) {
		net = net4_at(s, (addr >> 8) + i, &shift);
		if (!(*net >> shift & 7))
			*net |= (__u64)p->act << shift;
		know_net4(s, (addr >> 8) + i);
	}
	return true;
}

static bool add6(struct span *s, const struct nolist_block_head *h, __u64 key,
		 enum nolist_block_length length, enum nolist_action act)
{
	__u32 mask = (1u << h->bits6) - 1, i, k, bit = nolist_block_maybe(key);
	__u32 at = nolist_block_mix6(key, length, h->seed) >> 32 >> (32 - h->bits6);
	__u64 byte = NOLIST_BLOCK_USED6 | length << NOLIST_BLOCK_LENGTH6 | act;

	for (i = 0; i < NOLIST_BLOCK_PROBES6; i++) {
		struct nolist_block_line *l = &s->line[h->first6 + ((at + i) & mask)];

		for (k = 0; k < NOLIST_BLOCK_KEYS; k++) {
			if (l->w[7] >> 8 * k & NOLIST_BLOCK_USED6)
				continue;
			l->w[k] = key;
			/* The kernel may be reading: the key first, then that there is one. */
			__atomic_store_n(&l->w[7], l->w[7] | byte << 8 * k, __ATOMIC_RELEASE);
			s->line[NOLIST_BLOCK_MAYBE + (bit >> 9)].w[bit >> 6 & 7] |= 1ull << (bit & 63);
			return true;
		}
	}
	return false;
}

static bool put6(struct span *s, struct nolist_block_head *h, const struct put *p)
{
	unsigned int len = p->prefix.len > 64 ? 64 : p->prefix.len;
	enum nolist_block_length length = length_of(len), wider;
	__u64 net = be64toh(p->prefix.addr.q[0]), key;
	size_t n = keys_of(&p->prefix), i;

	for (i = 0; i < n; i++) {
		key = net + ((__u64)i << 16 * length);
		for (wider = length; wider <= NOLIST_BLOCK_32; wider++)
			if (block_exact6(s, h, key, wider) >= 0)
				break;
		if (wider <= NOLIST_BLOCK_32)
			continue;
		if (!add6(s, h, key, length, p->act))
			return false;
		h->lengths6 |= 1u << length;
	}
	return true;
}

/* --- all of them ----------------------------------------------------------------- */

static bool put_all(const struct block_maker *m, struct span *s)
{
	struct nolist_block_head *h = &s->line[NOLIST_BLOCK_HEAD].head;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (is_ip4(&m->put[i].prefix) ? !put4(s, h, &m->put[i]) : !put6(s, h, &m->put[i]))
			return false;
	return true;
}

/* Lines for so many entries, full by so many percent on average at most. */
static unsigned int line_bits(size_t entries, size_t per_line, unsigned int percent,
			      unsigned int least)
{
	unsigned int bits = least;

	while (percent * ((size_t)per_line << bits) < 100 * entries)
		bits++;
	return bits;
}

/* Zeroed, in huge pages if the kernel has them: each entry is put somewhere else. To be freed. */
static void *empty_lines(size_t bytes)
{
	size_t whole = (bytes + HUGE_PAGE - 1) & -(size_t)HUGE_PAGE;
	void *lines = aligned_alloc(HUGE_PAGE, whole);

	if (!lines)
		return NULL;
	madvise(lines, whole, MADV_HUGEPAGE);
	return memset(lines, 0, bytes);
}

static int try(const struct block_maker *m, struct block_table *t, unsigned int bits4,
	       unsigned int bits6)
{
	struct nolist_block_head head = { .magic = NOLIST_MAGIC, .first4 = NOLIST_BLOCK_FIRST,
					  .bits4 = bits4, .bits6 = bits6, .prefixes = m->n };
	size_t lines = NOLIST_BLOCK_FIRST + ((size_t)1 << bits4) + ((size_t)1 << bits6);
	struct span s;
	int i;

	head.first6 = NOLIST_BLOCK_FIRST + (1u << bits4);
	*t = (struct block_table){ .lines = lines, .bytes = lines * sizeof(*t->line) };
	for (i = 0; i < SEEDS && lines <= LINES_MAX; i++) {
		t->line = empty_lines(t->bytes);
		if (!t->line)
			return -ENOMEM;
		if (getrandom(&head.seed, sizeof(head.seed), 0) != sizeof(head.seed))
			return -EIO;
		t->line[NOLIST_BLOCK_HEAD].head = head;
		s = (struct span){ t->line, lines };
		if (put_all(m, &s))
			return 0;
		free(t->line);
	}
	*t = (struct block_table){};
	return -EAGAIN;
}

int block_maker_make(const struct block_maker *m, struct block_table *t)
{
	unsigned int bits4 = line_bits(m->single4, 16, FULL4, NOLIST_BLOCK_BITS4_MIN);
	unsigned int bits6 = line_bits(m->keys6, NOLIST_BLOCK_KEYS, FULL6, 1);
	int ret;

	do
		ret = bits4 > NOLIST_BLOCK_BITS4_MAX ? -E2BIG : try(m, t, bits4++, bits6++);
	while (ret == -EAGAIN);
	return ret;
}

void block_table_free(struct block_table *t)
{
	free(t->line);
	*t = (struct block_table){};
}

/* --- in force ---------------------------------------------------------------------- */

/* Changes the action of an entry that there is. */
static bool change4(struct span *s, const struct nolist_block_head *h, __u32 addr,
		    enum nolist_action act)
{
	__u32 mixed = nolist_block_mix4(addr, h->seed), mask = (1u << h->bits4) - 1, i, k;
	__u32 like = NOLIST_BLOCK_USED | (mixed & (0xffffffffu >> h->bits4));

	for (i = 0; i < NOLIST_BLOCK_PROBES; i++)
		for (k = 0; k < 16; k++) {
			__u32 *e = &s->line[h->first4 + (((mixed >> (32 - h->bits4)) + i) & mask)].e[k];

			if ((*e & ~(7u << NOLIST_BLOCK_ACT)) != (like | i << NOLIST_BLOCK_PROBE))
				continue;
			__atomic_store_n(e, like | i << NOLIST_BLOCK_PROBE | (__u32)act << NOLIST_BLOCK_ACT,
					 __ATOMIC_RELAXED);
			return true;
		}
	return false;
}

static int change_single4(struct span *s, const struct nolist_block_head *h, __u32 addr,
			  enum nolist_action act)
{
	unsigned int shift;
	__u64 *net = net4_at(s, addr >> 8, &shift);
	bool has_ask = *net >> shift & NOLIST_BLOCK_ASK;

	if (!(*net >> shift & 15))
		return 0;
	if (has_ask && change4(s, h, addr, act))
		return 0;
	/* Its network is listed as a whole: it becomes an exception. The entry comes first. */
	if (!(*net >> shift & 7))
		return 0;
	if (!add4(s, h, addr, act))
		return -ENOSPC;
	__atomic_fetch_or(net, (__u64)NOLIST_BLOCK_ASK << shift, __ATOMIC_RELEASE);
	return 0;
}

/* All of a /24 at once: its entries are not asked for any more. */
static void change_net4(struct span *s, __u32 net, enum nolist_action act)
{
	unsigned int shift;
	__u64 *w = net4_at(s, net, &shift);

	if (!(*w >> shift & 15))
		return;
	__atomic_fetch_and(w, ~(15ull << shift), __ATOMIC_RELAXED);
	__atomic_fetch_or(w, (__u64)act << shift, __ATOMIC_RELAXED);
}

static int change_prefix4(struct span *s, const struct nolist_block_head *h, const struct prefix *p,
			  enum nolist_action act)
{
	__u32 addr = ip4_of(&p->addr);
	__u64 n = 1ull << (128 - p->len), i;
	int ret = 0;

	for (i = 0; i < n && n >= 256; i += 256)
		change_net4(s, (addr + i) >> 8, act);
	for (i = 0; i < n && n < 256 && !ret; i++)
		ret = change_single4(s, h, addr + i, act);
	return ret;
}

/* The keys of a line that are in a network. */
static void change_line6(struct nolist_block_line *l, __u64 net, unsigned int len,
			 enum nolist_action act)
{
	__u64 mask = ~0ull << (64 - len), byte, w;
	int k;

	for (k = 0; k < NOLIST_BLOCK_KEYS; k++) {
		byte = l->w[7] >> 8 * k & 0xff;
		if (!(byte & NOLIST_BLOCK_USED6) || (l->w[k] & mask) != net ||
		    bits_of(byte >> NOLIST_BLOCK_LENGTH6 & 3) < len)
			continue;
		w = l->w[7] & ~(7ull << 8 * k);
		__atomic_store_n(&l->w[7], w | (__u64)act << 8 * k, __ATOMIC_RELAXED);
	}
}

/* All keys below it change; those of one /64 are where its hash says. */
static int change_prefix6(struct span *s, struct nolist_block_head *h, const struct prefix *p,
			  enum nolist_action act)
{
	unsigned int len = p->len > 64 ? 64 : p->len;
	__u64 net = be64toh(p->addr.q[0]);
	__u32 mask = (1u << h->bits6) - 1, i, at = 0, lines = mask + 1;
	enum nolist_block_length length;

	if (len == 64) {
		at = nolist_block_mix6(net, NOLIST_BLOCK_64, h->seed) >> 32 >> (32 - h->bits6);
		lines = NOLIST_BLOCK_PROBES6;
	}
	for (i = 0; i < lines; i++)
		change_line6(&s->line[h->first6 + ((at + i) & mask)], net, len, act);
	for (length = length_of(len); length <= NOLIST_BLOCK_32; length++)
		if (block_exact6(s, h, net, length) >= 0)
			break;
	if (length > NOLIST_BLOCK_32 || block_exact6(s, h, net, length) == (int)act)
		return 0;
	/* A wider key has it: it becomes an exception, where keys of its length are. */
	length = length_of(len);
	if (bits_of(length) != len || !add6(s, h, net, length, act))
		return -ENOSPC;
	h->lengths6 |= 1u << length;
	return 0;
}

int block_table_change(struct nolist_block_line *line, size_t lines, const struct prefix *p,
		       enum nolist_action act)
{
	struct span s = { line, lines };
	struct nolist_block_head *h;

	if (lines < NOLIST_BLOCK_FIRST || line[NOLIST_BLOCK_HEAD].head.magic != NOLIST_MAGIC)
		return -EINVAL;
	h = &line[NOLIST_BLOCK_HEAD].head;
	if (is_ip4(p))
		return p->len < 96 + 16 ? -ERANGE : change_prefix4(&s, h, p, act);
	return p->len < 32 ? -ERANGE : change_prefix6(&s, h, p, act);
}

enum nolist_action block_table_find(const struct nolist_block_line *line, size_t lines,
				    const struct nolist_source *src)
{
	struct span s = { (struct nolist_block_line *)line, lines };
	const struct nolist_block_head *h = lines > NOLIST_BLOCK_HEAD ? block_head(&s) : NULL;
	__u64 net = be64toh(src->addr.q[0]);

	if (!h)
		return NOLIST_ACT_NONE;
	if (!addr_is_ip4(&src->addr))
		return block_maybe6(&s, net) ? block_action6(&s, h, net) : NOLIST_ACT_NONE;
	return block_action4(&s, h, ip4_of(&src->addr), block_net4(&s, ip4_of(&src->addr)));
}
