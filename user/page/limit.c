// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often one network may ask: BURST at once, and one more each REFILL_MS. The table has a fixed
 * size, and a secret place for each network: one that is new takes the place of the one that was
 * not there for longest, which then begins anew.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "user/page/page.h"

#define BURST 20
#define REFILL_MS 1000
#define PLACES 16384
#define WAYS 4

struct bucket {
	uint64_t network; /* 0: unused */
	int64_t last_ms;
	int tokens;
};

struct page_limit {
	pthread_mutex_t mutex;
	uint64_t secret;
	struct bucket bucket[PLACES][WAYS];
};

int page_limit_new(struct page_limit **lp)
{
	struct page_limit *l = calloc(1, sizeof(*l));

	*lp = l;
	if (!l)
		return -ENOMEM;
	if (getrandom(&l->secret, sizeof(l->secret), 0) != sizeof(l->secret))
		return -errno;
	return pthread_mutex_init(&l->mutex, NULL) ? -ENOMEM : 0;
}

void page_limit_free(struct page_limit *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

static struct bucket *bucket_of(struct page_limit *l, uint64_t network, int64_t now_ms)
{
	uint64_t h = (network ^ l->secret) * 0x9e3779b97f4a7c15ull;
	struct bucket *set = l->bucket[(h ^ h >> 29) * 0xbf58476d1ce4e5b9ull >> 50], *b = set;
	int i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].network == network)
			return &set[i];
		if (set[i].last_ms < b->last_ms)
			b = &set[i];
	}
	*b = (struct bucket){ network, now_ms, BURST };
	return b;
}

bool page_limit_ask(struct page_limit *l, const struct nolist_addr *addr, int64_t now_ms)
{
	struct bucket *b;
	int64_t more;
	bool may;

	pthread_mutex_lock(&l->mutex);
	b = bucket_of(l, addr_network(addr), now_ms);
	more = (now_ms - b->last_ms) / REFILL_MS;
	if (more > 0) {
		b->last_ms += more * REFILL_MS;
		b->tokens = more > BURST - b->tokens ? BURST : b->tokens + more;
	}
	may = b->tokens > 0;
	b->tokens -= may;
	pthread_mutex_unlock(&l->mutex);
	return may;
}
