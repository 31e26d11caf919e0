// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections, by network and by how long their request takes. libmicrohttpd only knows how long
 * nothing has moved: a byte every few seconds would hold a connection for ever.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "user/http/http.h"
#include "user/http/slots.h"

#define LATE_MS (HTTP_REQUEST_S * 1000ll)
#define CROWDED_MS 2000 /* that long everybody may take, however many wait */

struct slot {
	bool is_used, is_ended; /* ended: its closing is on the way */
	int fd;
	uint64_t network; /* 0: exempt */
	int64_t since_ms; /* its first request, or its last answer */
};

struct slots {
	pthread_mutex_t mutex;
	int per_network;
	struct slot slot[2 * HTTP_CONNECTIONS]; /* those that are ended need room until they are gone */
};

struct slots *slots_new(int per_network)
{
	struct slots *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->per_network = per_network ? per_network : HTTP_CONNECTIONS;
	if (!pthread_mutex_init(&s->mutex, NULL))
		return s;
	free(s);
	return NULL;
}

void slots_free(struct slots *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

/* The descriptor is its connection's own until slots_leave(). */
static void end(struct slot *slot)
{
	slot->is_ended = true;
	shutdown(slot->fd, SHUT_RDWR);
}

struct count {
	int all, network;
	struct slot *slowest;
};

static void look(struct slots *s, uint64_t network, int64_t now_ms, struct count *c)
{
	struct slot *slot;

	for (slot = s->slot; slot < s->slot + 2 * HTTP_CONNECTIONS; slot++) {
		if (!slot->is_used || slot->is_ended)
			continue;
		if (now_ms - slot->since_ms > LATE_MS) {
			end(slot);
			continue;
		}
		c->all++;
		c->network += network && slot->network == network;
		if (!c->slowest || slot->since_ms < c->slowest->since_ms)
			c->slowest = slot;
	}
}

static uint64_t network_of(const struct nolist_addr *client, bool is_exempt)
{
	return is_exempt ? 0 : addr_network(client);
}

bool slots_admit(struct slots *s, const struct nolist_addr *client, bool is_exempt, int64_t now_ms)
{
	struct count c = {};
	bool may;

	pthread_mutex_lock(&s->mutex);
	look(s, network_of(client, is_exempt), now_ms, &c);
	may = c.network < s->per_network;
	if (may && c.all >= HTTP_CONNECTIONS) {
		may = now_ms - c.slowest->since_ms > CROWDED_MS;
		if (may)
			end(c.slowest);
	}
	pthread_mutex_unlock(&s->mutex);
	return may;
}

struct slot *slots_take(struct slots *s, int fd, const struct nolist_addr *client, bool is_exempt,
			int64_t now_ms)
{
	struct slot *slot, *end = s->slot + 2 * HTTP_CONNECTIONS;

	pthread_mutex_lock(&s->mutex);
	for (slot = s->slot; slot < end && slot->is_used; slot++)
		;
	if (slot < end)
		*slot = (struct slot){ .is_used = true, .fd = fd, .network = network_of(client, is_exempt),
				       .since_ms = now_ms };
	pthread_mutex_unlock(&s->mutex);
	return slot < end ? slot : NULL;
}

void slots_done(struct slots *s, struct slot *slot, int64_t now_ms)
{
	if (!slot)
		return;
	pthread_mutex_lock(&s->mutex);
	slot->since_ms = now_ms;
	pthread_mutex_unlock(&s->mutex);
}

void slots_leave(struct slots *s, struct slot *slot)
{
	if (!slot)
		return;
	pthread_mutex_lock(&s->mutex);
	slot->is_used = false;
	pthread_mutex_unlock(&s->mutex);
}
