// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport of a Redis: one server, the first of several that is no replica, or a Cluster, whose
 * primaries share the slots of the keys. Where a slot has moved since they were asked, the command
 * fails, and with it the run: the next one asks again, and puts what is missing. Keys of one bucket
 * have one hash tag.
 *
 *	s:NODE  s:NODE:INCARNATION     heads
 *	e:{BUCKET}:NODE:DIGEST         blobs
 *	list                           the judge's list
 *	judge                          which judge makes it
 *
 * Every one of them expires: what nobody renews is too old to judge by.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/base/text.h"
#include "user/share/redis_conn.h"

#define AHEAD 64              /* commands without an answer yet, at most, of each server */
#define AHEAD_BYTES (4 << 20) /* and about as many bytes of them */
#define GETS_AHEAD 512        /* the same of what is got: blobs may have few bytes, or many */
#define SLOTS 16384
#define NO_SERVER UINT16_MAX
#define SERVERS_MAX 1000

struct redis {
	struct transport t;
	struct transport_options o;
	struct redis_conn *server;
	size_t servers;
	uint16_t slot[SLOTS]; /* its server; of a single one all are 0 */
};

#define NAME_ROOM (NODE_NAME_MAX + 80)

static size_t name_of(const struct key *key, char name[NAME_ROOM])
{
	char hex[2 * DIGEST_BYTES + 1];

	switch (key->kind) {
	case KEY_HEAD:
		return snprintf(name, NAME_ROOM, "s:%s", key->node);
	case KEY_EARLIER:
		return snprintf(name, NAME_ROOM, "s:%s:%016llx", key->node,
				(unsigned long long)key->incarnation);
	case KEY_BLOB:
		digest_text(key->digest, hex);
		return snprintf(name, NAME_ROOM, "e:{%05x}:%s:%s", key->bucket, key->node, hex);
	default:
		return snprintf(name, NAME_ROOM, "list");
	}
}

/* --- which server has a key --------------------------------------------------------- */

/* CRC-16 of a polynomial of 0x1021, as Redis Cluster has it, of the hash tag or of all. */
static unsigned int slot_of(const char *name)
{
	const char *from = strchr(name, '{'), *to = from ? strchr(from, '}') : NULL;
	unsigned int crc = 0, bit;

	from = to ? from + 1 : name;
	to = to ? to : name + strlen(name);
	for (; from < to; from++) {
		crc ^= (unsigned char)*from << 8;
		for (bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x8000 ? 0x11021 : 0);
	}
	return crc % SLOTS;
}

/* NULL: none has it, and failure_of() says so. */
static struct redis_conn *server_of(struct redis *r, const char *name)
{
	unsigned int slot = r->servers > 1 ? slot_of(name) : 0;

	if (r->slot[slot] < r->servers)
		return &r->server[r->slot[slot]];
	failx(-EIO, "%s: slot %u of the cluster has no server", r->server[0].where, slot);
	return NULL;
}

static int drain(struct redis *r)
{
	int first = 0, error;
	size_t i;

	for (i = 0; i < r->servers; i++) {
		error = redis_drain(&r->server[i]);
		if (error && !first)
			first = error;
	}
	return first;
}

/* --- the operations ---------------------------------------------------------------- */

static int put(struct transport *t, const struct key *key, const void *bytes, size_t size)
{
	struct redis *r = (struct redis *)t;
	char name[NAME_ROOM], life[24];
	const char *word[] = { "SET", name, bytes, "EX", life };
	size_t sizes[] = { 3, name_of(key, name), size, 2, 0 };
	struct redis_conn *server = server_of(r, name);
	int error = server ? 0 : -EIO;

	sizes[4] = snprintf(life, sizeof(life), "%lld", (long long)HEAD_KEEP_S);
	/* What a head names must be there before it. */
	if (!error && key->kind != KEY_BLOB)
		error = drain(r);
	else if (!error && (server->ahead >= AHEAD || server->bytes > AHEAD_BYTES))
		error = redis_drain(server);
	if (!error)
		error = redis_send(server, 5, word, sizes);
	if (error)
		return error;
	server->ahead++;
	server->bytes += size;
	return 0;
}

static int sync_all(struct transport *t)
{
	return drain((struct redis *)t);
}

struct asking {
	struct redis *r;
	const char *verb, *value; /* value: what follows the key, or NULL */
	const struct key *key;
	size_t n, ahead;
	bool is_get; /* the answers are as large as the keys say */
	int (*fn)(size_t i, const redisReply *reply, void *arg);
	void *arg;
};

static int ask(const struct asking *a, size_t i)
{
	char name[NAME_ROOM];
	const char *word[] = { a->verb, name, a->value };
	size_t size[] = { strlen(a->verb), name_of(&a->key[i], name), a->value ? strlen(a->value) : 0 };
	struct redis_conn *server = server_of(a->r, name);

	return server ? redis_send(server, a->value ? 3 : 2, word, size) : -EIO;
}

static int answer(const struct asking *a, size_t i, bool is_wanted)
{
	char name[NAME_ROOM];
	redisReply *reply;
	int error;

	name_of(&a->key[i], name);
	error = redis_next(server_of(a->r, name), &reply);
	if (!error && is_wanted)
		error = a->fn(i, reply, a->arg);
	freeReplyObject(reply);
	return error;
}

/* May one more be asked for, with so many bytes on their way? */
static bool has_room(const struct asking *a, size_t i, size_t sent, size_t ahead)
{
	return sent == i || (sent < i + a->ahead && ahead + (a->is_get ? a->key[sent].size : 0) <= AHEAD_BYTES);
}

/*
 * Sends commands ahead, and calls fn with each answer in turn: a server answers in the order in which
 * it was asked. After an error what was asked is still read, as far as the servers go on.
 */
static int each(const struct asking *a)
{
	int error = drain(a->r), first = error;
	size_t sent = 0, ahead = 0, i;

	for (i = 0; i < a->n; i++) {
		for (error = 0; !first && !error && sent < a->n && has_room(a, i, sent, ahead); sent += !error) {
			error = ask(a, sent);
			ahead += a->is_get ? a->key[sent].size : 0;
		}
		if (error && !first)
			first = error;
		if (i == sent)
			break;
		error = answer(a, i, !first);
		ahead -= a->is_get ? a->key[i].size : 0;
		if (error && !first)
			first = error;
	}
	return first;
}

static int on_renewed(size_t i, const redisReply *reply, void *arg)
{
	((bool *)arg)[i] = reply->type == REDIS_REPLY_INTEGER && reply->integer;
	return 0;
}

static int renew(struct transport *t, const struct key *key, size_t n, bool *is_there)
{
	char life[24];
	const struct asking a = { (struct redis *)t, "EXPIRE", life, key, n, AHEAD, false, on_renewed, is_there };

	snprintf(life, sizeof(life), "%lld", (long long)HEAD_KEEP_S);
	return each(&a);
}

static int on_any(size_t i, const redisReply *reply, void *arg)
{
	(void)i;
	(void)reply;
	(void)arg;
	return 0;
}

static int drop(struct transport *t, const struct key *key, size_t n)
{
	const struct asking a = { (struct redis *)t, "UNLINK", NULL, key, n, AHEAD, false, on_any, NULL };

	return each(&a);
}

struct getting {
	transport_fn *fn;
	void *arg;
	size_t max;
};

static int on_value(size_t i, const redisReply *reply, void *arg)
{
	const struct getting *g = arg;
	bool is_there = reply->type == REDIS_REPLY_STRING && (size_t)reply->len <= g->max;

	return g->fn(i, is_there ? (const uint8_t *)reply->str : NULL, is_there ? reply->len : 0, g->arg);
}

static int get(struct transport *t, const struct key *key, size_t n, size_t max, transport_fn *fn,
	       void *arg)
{
	struct getting g = { fn, arg, max };
	const struct asking a = { (struct redis *)t, "GET", NULL, key, n, GETS_AHEAD, true, on_value, &g };

	return each(&a);
}

/* Whoever has it renews it; else it goes to the first that asks when it has ended. */
static int lease(struct transport *t, const char *who, int seconds, char *holder, size_t size)
{
	struct redis *r = (struct redis *)t;
	char life[24];
	const char *take[] = { "SET", "judge", who, "NX", "EX", life };
	const char *look[] = { "GET", "judge" }, *renew[] = { "SET", "judge", who, "XX", "EX", life };
	struct redis_conn *server = server_of(r, "judge");
	redisReply *reply = NULL;
	int error = server ? drain(r) : -EIO;

	snprintf(life, sizeof(life), "%d", seconds);
	snprintf(holder, size, "%s", who);
	if (!error)
		error = redis_do(server, 6, take, &reply);
	if (error || reply->type != REDIS_REPLY_NIL)
		goto out;
	freeReplyObject(reply);
	error = redis_do(server, 2, look, &reply);
	if (error || reply->type != REDIS_REPLY_STRING)
		goto out;
	redis_clean(reply->str, reply->len, holder, size);
	if (strcmp(holder, who))
		goto out;
	freeReplyObject(reply);
	error = redis_do(server, 6, renew, &reply);
out:
	freeReplyObject(reply);
	return error;
}

static bool lasts(struct transport *t)
{
	struct redis *r = (struct redis *)t;
	bool is_lasting = true;
	size_t i;

	for (i = 0; i < r->servers && !drain(r); i++)
		is_lasting &= redis_lasts(&r->server[i]);
	return is_lasting;
}

static void describe(struct transport *t, char *text, size_t size)
{
	const struct redis *r = (struct redis *)t;
	const struct redis_state *is = &r->server[0].is;
	unsigned long long used = 0, max = 0;
	char age[TEXT_AGE], limit[48] = "", saved[64];
	size_t i;

	for (i = 0; i < r->servers; i++) {
		used += r->server[i].is.used;
		max += r->server[i].is.max;
	}
	if (max)
		snprintf(limit, sizeof(limit), " of %llu", max >> 20);
	if (is->is_kept)
		snprintf(saved, sizeof(saved), "each change is kept");
	else
		snprintf(saved, sizeof(saved), "saved %llu times in %s", is->saves, text_age(is->up_s, age));
	snprintf(text, size, "Redis %s, %zu server%s, %llu%s MB used, %s", is->version, r->servers,
			r->servers > 1 ? "s of a cluster" : "", used >> 20, limit, saved);
}

/* --- the servers ------------------------------------------------------------------------ */

static void close_redis(struct transport *t)
{
	struct redis *r = (struct redis *)t;
	size_t i;

	for (i = 0; i < r->servers; i++)
		redis_disconnect(&r->server[i]);
	free(r->server);
	free(r);
}

/* The first of several that can be reached and is no replica, or is of a cluster. */
static int connect_any(struct redis *r, const char *where)
{
	char all[REDIS_WHERE], told[1024] = "", *rest, *one;
	struct redis_conn *server = &r->server[0];
	size_t used = 0;
	int error = 0, tried;

	snprintf(all, sizeof(all), "%s", strncmp(where, "redis://", 8) ? where : where + 8);
	one = strtok_r(all, ",", &rest);
	for (tried = 0; one; one = strtok_r(NULL, ",", &rest), tried++) {
		redis_disconnect(server);
		error = redis_connect(server, one, &r->o);
		if (!error && (server->is.is_cluster || !server->is.is_replica))
			return 0;
		if (!error)
			error = failx(-EROFS, "%s: it is a replica", server->where);
		if (used < sizeof(told))
			used += snprintf(told + used, sizeof(told) - used, "%s%.250s", used ? "; " : "",
					 failure_of(error)->what);
	}
	if (!tried)
		return fail_usage("'%s' is neither redis://HOST[:PORT] nor unix:PATH", where);
	return tried > 1 ? failx(error, "%s", told) : error;
}

/* The server of this name, connected to if it is a new one. */
static int find_server(struct redis *r, const char *where, uint16_t *number)
{
	size_t i;

	for (i = 0; i < r->servers; i++)
		if (!strcmp(r->server[i].where, where)) {
			*number = i;
			return 0;
		}
	if (r->servers == SERVERS_MAX)
		return failx(-E2BIG, "%s: the cluster has too many servers", r->server[0].where);
	if (array_grow(&r->server, r->servers, sizeof(*r->server)))
		return fail(-ENOMEM, "cannot connect to '%s'", where);
	*number = r->servers++;
	return redis_connect(&r->server[*number], where, &r->o);
}

/* One range of slots: first, last, and its primary, as host, port and more. */
static int take_range(struct redis *r, const redisReply *range)
{
	const redisReply *primary = range->type == REDIS_REPLY_ARRAY && range->elements > 2 ?
					    range->element[2] : NULL;
	char where[REDIS_WHERE];
	uint16_t number = NO_SERVER;
	long long slot;
	int error;

	if (!primary || primary->type != REDIS_REPLY_ARRAY || primary->elements < 2 ||
	    primary->element[0]->type != REDIS_REPLY_STRING || !primary->element[0]->len)
		return 0;
	snprintf(where, sizeof(where), strchr(primary->element[0]->str, ':') ? "[%s]:%lld" : "%s:%lld",
		 primary->element[0]->str, primary->element[1]->integer);
	error = find_server(r, where, &number);
	for (slot = range->element[0]->integer; !error && slot <= range->element[1]->integer; slot++)
		if (slot >= 0 && slot < SLOTS)
			r->slot[slot] = number;
	return error;
}

/* All that can be reached; the first server was asked, and may be a replica of another one. */
static int find_cluster(struct redis *r)
{
	const char *word[] = { "CLUSTER", "SLOTS" };
	redisReply *reply = NULL;
	struct redis_conn asked = r->server[0];
	int error = redis_do(&asked, 2, word, &reply);
	size_t i;

	memset(r->slot, 0xff, sizeof(r->slot));
	r->server[0].c = NULL;
	r->servers = 0;
	for (i = 0; !error && reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
		error = take_range(r, reply->element[i]);
	freeReplyObject(reply);
	if (!error && !r->servers)
		error = failx(-EIO, "%s: it is of a cluster without slots", asked.where);
	redis_disconnect(&asked);
	return error;
}

int redis_open(struct transport **tp, const struct transport_options *o)
{
	static const struct transport_ops ops = { renew, put, sync_all, get, drop, lease, lasts, describe, close_redis };
	struct redis *r = calloc(1, sizeof(*r));
	int error;

	if (!r || array_grow(&r->server, 0, sizeof(*r->server))) {
		free(r);
		return fail(-ENOMEM, "cannot connect to '%s'", o->where);
	}
	r->t.ops = &ops;
	r->o = *o;
	r->server[0] = (struct redis_conn){};
	r->servers = 1;
	error = connect_any(r, o->where);
	if (!error && r->server[0].is.is_cluster)
		error = find_cluster(r);
	if (error) {
		close_redis(&r->t);
		return error;
	}
	*tp = &r->t;
	return 0;
}
