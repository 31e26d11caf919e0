// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport of one Redis, 7.0 or newer. Commands go out some at a time and their answers are
 * read behind them, so that a value costs no round trip. Keys of one bucket have one hash tag.
 *
 *	s:NODE  s:NODE:INCARNATION     heads
 *	e:{BUCKET}:NODE:DIGEST         blobs
 *	list                           the judge's list
 *
 * Every one of them expires: what nobody renews is too old to judge by.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/share/transport.h"

#define PORT 6379
#define TIMEOUT_S 20
#define AHEAD 64              /* commands without an answer yet, at most */
#define AHEAD_BYTES (4 << 20) /* and about as many bytes of them */
#define SECRET_MAX 1024
#define VERSION 7

struct redis {
	struct transport t;
	redisContext *c;
	char where[256];
	unsigned int ahead; /* answers that put has still to read */
	size_t bytes;
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

/* --- failures --------------------------------------------------------------------- */

static int broken(struct redis *r)
{
	int error = r->c->err == REDIS_ERR_IO && errno ? -errno : -EIO;

	return failx(error == -EAGAIN ? -ETIMEDOUT : error, "%s: %s", r->where,
		     error == -EAGAIN ? "it does not answer" : r->c->errstr);
}

/* Words of the server, which may be anything. */
static void clean(const char *from, size_t size, char *to, size_t room)
{
	size_t i;

	for (i = 0; i < size && i + 1 < room; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static int refused(struct redis *r, const redisReply *reply)
{
	char text[200];

	clean(reply->str, reply->len, text, sizeof(text));
	failx(-EIO, "%s: %s", r->where, text);
	if (!strncmp(text, "OOM", 3))
		fail_hint("it is full: raise its maxmemory; lists go on until they expire");
	else if (!strncmp(text, "NOPERM", 6) || !strncmp(text, "WRONGPASS", 9) ||
		 !strncmp(text, "NOAUTH", 6))
		fail_hint("\"nolist-xdp share setup\" prints the ACL lines of the nodes");
	return -EIO;
}

/* The next answer, of a kind; the caller frees it. */
static int next(struct redis *r, redisReply **reply)
{
	void *answer = NULL;

	*reply = NULL;
	if (redisGetReply(r->c, &answer) != REDIS_OK)
		return broken(r);
	*reply = answer;
	if ((*reply)->type != REDIS_REPLY_ERROR)
		return 0;
	refused(r, *reply);
	freeReplyObject(*reply);
	*reply = NULL;
	return -EIO;
}

static int drain(struct redis *r)
{
	int first = 0, error;
	redisReply *reply;

	for (; r->ahead; r->ahead--) {
		error = next(r, &reply);
		freeReplyObject(reply);
		if (error && !first)
			first = error;
		if (r->c->err)
			break;
	}
	r->ahead = 0;
	r->bytes = 0;
	return first;
}

static int send_words(struct redis *r, int n, const char **word, const size_t *size)
{
	return redisAppendCommandArgv(r->c, n, word, size) == REDIS_OK ? 0 : broken(r);
}

/* One command of a name of a key, without an answer yet; value: what follows, or NULL. */
static int ask(struct redis *r, const char *verb, const struct key *key, const char *value)
{
	char name[NAME_ROOM];
	const char *word[] = { verb, name, value };
	size_t size[] = { strlen(verb), name_of(key, name), value ? strlen(value) : 0 };

	return send_words(r, value ? 3 : 2, word, size);
}

/* --- the operations ---------------------------------------------------------------- */

static int put(struct transport *t, const struct key *key, const void *bytes, size_t size)
{
	struct redis *r = (struct redis *)t;
	char name[NAME_ROOM], life[24];
	const char *word[] = { "SET", name, bytes, "EX", life };
	size_t sizes[] = { 3, name_of(key, name), size, 2, 0 };
	int error = 0;

	sizes[4] = snprintf(life, sizeof(life), "%lld", (long long)HEAD_KEEP_S);
	/* What a head names must be there before it. */
	if (key->kind != KEY_BLOB || r->ahead >= AHEAD || r->bytes > AHEAD_BYTES)
		error = drain(r);
	if (!error)
		error = send_words(r, 5, word, sizes);
	if (error)
		return error;
	r->ahead++;
	r->bytes += size;
	return 0;
}

static int sync_all(struct transport *t)
{
	return drain((struct redis *)t);
}

/* Sends commands ahead, and calls fn with each answer in turn. */
typedef int answer_fn(struct redis *r, size_t i, const redisReply *reply, void *arg);
static int each(struct redis *r, const char *verb, const char *value, const struct key *key, size_t n,
		size_t ahead, answer_fn *fn, void *arg)
{
	int error = drain(r), first = error;
	size_t sent = 0, i;

	for (i = 0; i < n && !r->c->err; i++) {
		redisReply *reply = NULL;

		while (!first && sent < n && sent < i + ahead && !(error = ask(r, verb, &key[sent], value)))
			sent++;
		if (i == sent)
			break;
		error = next(r, &reply);
		if (!error && !first)
			error = fn(r, i, reply, arg);
		if (error && !first)
			first = error;
		freeReplyObject(reply);
	}
	return first;
}

static int on_renewed(struct redis *r, size_t i, const redisReply *reply, void *arg)
{
	(void)r;
	((bool *)arg)[i] = reply->type == REDIS_REPLY_INTEGER && reply->integer;
	return 0;
}

static int renew(struct transport *t, const struct key *key, size_t n, bool *is_there)
{
	char life[24];

	snprintf(life, sizeof(life), "%lld", (long long)HEAD_KEEP_S);
	return each((struct redis *)t, "EXPIRE", life, key, n, AHEAD, on_renewed, is_there);
}

static int on_any(struct redis *r, size_t i, const redisReply *reply, void *arg)
{
	(void)r;
	(void)i;
	(void)reply;
	(void)arg;
	return 0;
}

static int drop(struct transport *t, const struct key *key, size_t n)
{
	return each((struct redis *)t, "UNLINK", NULL, key, n, AHEAD, on_any, NULL);
}

struct getting {
	transport_fn *fn;
	void *arg;
	size_t max;
};

static int on_value(struct redis *r, size_t i, const redisReply *reply, void *arg)
{
	const struct getting *g = arg;
	bool is_there = reply->type == REDIS_REPLY_STRING && (size_t)reply->len <= g->max;

	(void)r;
	return g->fn(i, is_there ? (const uint8_t *)reply->str : NULL, is_there ? reply->len : 0, g->arg);
}

static int get(struct transport *t, const struct key *key, size_t n, size_t max, transport_fn *fn,
	       void *arg)
{
	struct getting g = { fn, arg, max };

	/* Few at a time: each may be large. */
	return each((struct redis *)t, "GET", NULL, key, n, 8, on_value, &g);
}

/* --- the connection ------------------------------------------------------------------ */

static void close_redis(struct transport *t)
{
	struct redis *r = (struct redis *)t;

	if (r->c)
		redisFree(r->c);
	free(r);
}

static int do_words(struct redis *r, int n, const char **word, redisReply **reply)
{
	size_t size[4];
	int i, error;

	for (i = 0; i < n; i++)
		size[i] = strlen(word[i]);
	error = send_words(r, n, word, size);
	return error ? error : next(r, reply);
}

static int log_in(struct redis *r, const struct transport_options *o)
{
	const char *word[] = { "AUTH", o->user ? o->user : "default", NULL };
	redisReply *reply = NULL;
	char *secret;
	size_t size;
	int error;

	if (!o->secret_file)
		return 0;
	error = lines_read(o->secret_file, SECRET_MAX, &secret, &size);
	if (error)
		return fail(error, "cannot read '%s'", o->secret_file);
	secret[strcspn(secret, "\r\n")] = '\0';
	word[2] = secret;
	error = do_words(r, 3, word, &reply);
	freeReplyObject(reply);
	explicit_bzero(secret, size);
	free(secret);
	return error;
}

/* A line "name:value" of what INFO says; "": there is none. */
static void info_of(const redisReply *reply, const char *name, char value[32])
{
	const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, name) : NULL;

	*value = '\0';
	if (at)
		sscanf(at + strlen(name), "%31[^\r\n]", value);
}

/* Where values are evicted, alibis vanish: that convicts. */
static int check(struct redis *r)
{
	const char *server[] = { "INFO", "server" }, *memory[] = { "INFO", "memory" };
	char version[32], policy[32];
	redisReply *reply = NULL;
	int error = do_words(r, 2, server, &reply);

	if (error)
		return error;
	info_of(reply, "redis_version:", version);
	freeReplyObject(reply);
	if (atoi(version) < VERSION)
		return failx(-EPROTO, "%s: version '%s' is too old: at least %d is needed", r->where,
			     version, VERSION);
	error = do_words(r, 2, memory, &reply);
	if (error)
		return error;
	info_of(reply, "maxmemory_policy:", policy);
	freeReplyObject(reply);
	if (!strcmp(policy, "noeviction"))
		return 0;
	failx(-EPERM, "%s: its maxmemory-policy is '%s': what it evicts excuses nobody any more", r->where,
	      policy);
	fail_hint("an instance of its own, with \"maxmemory-policy noeviction\"");
	return -EPERM;
}

/* redis://HOST[:PORT], with brackets around an IPv6 address, or unix:PATH. */
static int connect_to(struct redis *r, const char *where)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_S };
	char host[256];
	int port = PORT;

	if (!strncmp(where, "unix:", 5)) {
		r->c = redisConnectUnixWithTimeout(where + 5, limit);
	} else {
		if (sscanf(where, "redis://[%255[0-9a-fA-F:.]]:%d", host, &port) < 1 &&
		    sscanf(where, "redis://%255[^:/]:%d", host, &port) < 1)
			return fail_usage("'%s' is neither redis://HOST[:PORT] nor unix:PATH", where);
		r->c = redisConnectWithTimeout(host, port, limit);
	}
	if (!r->c)
		return fail(-ENOMEM, "cannot connect to '%s'", where);
	if (r->c->err)
		return broken(r);
	redisSetTimeout(r->c, limit);
	return 0;
}

int redis_open(struct transport **tp, const struct transport_options *o)
{
	static const struct transport_ops ops = { renew, put, sync_all, get, drop, close_redis };
	struct redis *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return fail(-ENOMEM, "cannot connect to '%s'", o->where);
	r->t.ops = &ops;
	clean(o->where, strlen(o->where), r->where, sizeof(r->where));
	error = connect_to(r, o->where);
	if (!error)
		error = log_in(r, o);
	if (!error)
		error = check(r);
	if (error) {
		close_redis(&r->t);
		return error;
	}
	*tp = &r->t;
	return 0;
}
