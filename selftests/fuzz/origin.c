// SPDX-License-Identifier: GPL-2.0-only
/* Files of origins as text: look-ups and all networks of some keys are those of a plain search. */
#include <errno.h>

#include "selftests/fuzz/fuzz.h"
#include "user/locate/locate.h"

static const struct origin_key keys[] = { { .as = 1 }, { .country = "DE" } };

struct seen {
	const struct entries *t;
	struct nolist_addr end; /* of the last network */
	bool has_any;
};

static bool has(const struct prefix *p, const struct nolist_addr *a)
{
	int bit;

	for (bit = 0; bit < p->len; bit++)
		if ((p->addr.b[bit / 8] ^ a->b[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* The narrowest one; of equal ones either. */
static unsigned int narrowest(const struct entries *t, const struct nolist_addr *a)
{
	unsigned int len = 0;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->entry[i].network.len > len && has(&t->entry[i].network, a))
			len = t->entry[i].network.len;
	return len;
}

static bool is_of(const struct entries *t, const struct nolist_addr *a)
{
	struct nolist_source src = { .addr = *a };
	struct origin o;

	entries_find(t, &src, &o);
	HOLDS(o.network.len == narrowest(t, a));
	HOLDS(strlen(o.owner) < ORIGIN_OWNER && !strpbrk(o.owner, "\",\\\n\033"));
	return o.as == 1 || !strcmp(o.country, "DE");
}

static int see(const struct prefix *p, void *arg)
{
	struct seen *s = arg;
	int bit;

	HOLDS(prefix_is_right(p));
	HOLDS(!s->has_any || addr_compare(&p->addr, &s->end) > 0);
	HOLDS(is_of(s->t, &p->addr));
	s->has_any = true;
	s->end = p->addr;
	for (bit = p->len; bit < 128; bit++)
		s->end.b[bit / 8] |= 0x80 >> bit % 8;
	HOLDS(is_of(s->t, &s->end));
	return 0;
}

/* Is an address in any of the networks? */
struct asked {
	const struct nolist_addr *a;
	bool is_in;
};

static int ask(const struct prefix *p, void *arg)
{
	struct asked *q = arg;

	q->is_in |= has(p, q->a);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct entries t = {};
	struct seen s = { .t = &t };
	unsigned int line = 0;
	size_t i;
	int error = csv_read(&t, text, size, &line);

	HOLDS(error != -EINVAL || line);
	entries_sort(&t);
	/* A plain search takes long. */
	if (t.n < 300)
		HOLDS(!entries_networks(&t, keys, 2, see, &s));
	for (i = 0; t.n < 300 && i < t.n && i < 20; i++) {
		struct asked q = { .a = &t.entry[i].network.addr };

		entries_networks(&t, keys, 2, ask, &q);
		HOLDS(q.is_in == is_of(&t, q.a));
	}
	entries_free(&t);
	free(text);
	return 0;
}
