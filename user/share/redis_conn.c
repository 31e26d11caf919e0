// SPDX-License-Identifier: GPL-2.0-only
/*
 * One server of a Redis, 7.0 or newer: what it says of itself, and what its errors mean.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/share/redis_conn.h"

#define PORT 6379
#define TIMEOUT_S 20
#define SECRET_MAX 1024
#define VERSION 7
#define WORDS_MAX 6
#define SAVED_BY_S (2 * (uint64_t)HOUR_S) /* by its usual configuration it has saved something by then */

/* --- failures --------------------------------------------------------------------- */

static int broken(struct redis_conn *r)
{
	int error = r->c->err == REDIS_ERR_IO && errno ? -errno : -EIO;

	return failx(error == -EAGAIN ? -ETIMEDOUT : error, "%s: %s", r->where,
		     error == -EAGAIN ? "it does not answer" : r->c->errstr);
}

void redis_clean(const char *from, size_t size, char *to, size_t room)
{
	size_t i;

	for (i = 0; i < size && i + 1 < room; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static const struct {
	const char *word, *hint;
} hints[] = {
	{ "OOM", "it is full: raise its maxmemory; lists go on until they expire" },
	{ "NOPERM", "\"nolist-xdp share setup\" prints the ACL lines of the nodes" },
	{ "WRONGPASS", "\"nolist-xdp share setup\" prints the ACL lines of the nodes" },
	{ "NOAUTH", "\"nolist-xdp share setup\" prints the ACL lines of the nodes" },
	{ "MOVED", "the cluster is being rearranged: the next run asks where everything is" },
	{ "ASK", "the cluster is being rearranged: the next run asks where everything is" },
	{ "TRYAGAIN", "the cluster is being rearranged: the next run asks where everything is" },
	{ "CLUSTERDOWN", "some of the cluster has no server: the next run tries again" },
	{ "READONLY", "it has become a replica: the next run looks for the primary" },
};

static int refused(struct redis_conn *r, const redisReply *reply)
{
	char text[200];
	size_t i;

	redis_clean(reply->str, reply->len, text, sizeof(text));
	failx(-EIO, "%s: %s", r->where, text);
	for (i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (!strncmp(text, hints[i].word, strlen(hints[i].word)))
			fail_hint("%s", hints[i].hint);
	return -EIO;
}

/* --- commands ----------------------------------------------------------------------- */

int redis_next(struct redis_conn *r, redisReply **reply)
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

int redis_drain(struct redis_conn *r)
{
	int first = 0, error;
	redisReply *reply;

	for (; r->ahead; r->ahead--) {
		error = redis_next(r, &reply);
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

int redis_send(struct redis_conn *r, int n, const char **word, const size_t *size)
{
	return redisAppendCommandArgv(r->c, n, word, size) == REDIS_OK ? 0 : broken(r);
}

int redis_do(struct redis_conn *r, int n, const char **word, redisReply **reply)
{
	size_t size[WORDS_MAX];
	int i, error;

	for (i = 0; i < n; i++)
		size[i] = strlen(word[i]);
	error = redis_send(r, n, word, size);
	return error ? error : redis_next(r, reply);
}

/* --- connecting --------------------------------------------------------------------- */

static int log_in(struct redis_conn *r, const struct transport_options *o)
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
	error = redis_do(r, 3, word, &reply);
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

static unsigned long long info_number(const redisReply *reply, const char *name)
{
	char value[32];

	info_of(reply, name, value);
	return strtoull(value, NULL, 10);
}

/* Where values are evicted, alibis vanish: that convicts. */
static int check(struct redis_conn *r)
{
	const char *info[] = { "INFO" };
	char policy[32], text[32];
	redisReply *reply = NULL;
	int error = redis_do(r, 1, info, &reply);

	if (error)
		return error;
	info_of(reply, "redis_version:", r->is.version);
	info_of(reply, "maxmemory_policy:", policy);
	info_of(reply, "redis_mode:", text);
	r->is.is_cluster = !strcmp(text, "cluster");
	info_of(reply, "role:", text);
	r->is.is_replica = !strcmp(text, "slave");
	r->is.is_kept = info_number(reply, "aof_enabled:");
	r->is.used = info_number(reply, "used_memory:");
	r->is.max = info_number(reply, "maxmemory:");
	r->is.saves = info_number(reply, "rdb_saves:");
	r->is.up_s = info_number(reply, "uptime_in_seconds:");
	freeReplyObject(reply);
	if (atoi(r->is.version) < VERSION)
		return failx(-EPROTO, "%s: version '%s' is too old: at least %d is needed", r->where,
			     r->is.version, VERSION);
	if (!strcmp(policy, "noeviction"))
		return 0;
	failx(-EPERM, "%s: its maxmemory-policy is '%s': what it evicts can excuse no source", r->where,
	      policy);
	fail_hint("an instance of its own, with \"maxmemory-policy noeviction\"");
	return -EPERM;
}

bool redis_lasts(struct redis_conn *r)
{
	const char *word[] = { "CONFIG", "GET", "save" };
	redisReply *reply = NULL;
	bool is_saving = r->is.saves || r->is.up_s < SAVED_BY_S;

	if (r->is.is_kept)
		return true;
	/* Its users may not ask; "share setup" is often run by somebody who may. */
	if (!redis_do(r, 3, word, &reply) && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
	    reply->element[1]->type == REDIS_REPLY_STRING)
		is_saving = reply->element[1]->len;
	freeReplyObject(reply);
	return is_saving;
}

static int connect_to(struct redis_conn *r, const char *where)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_S };
	char host[256];
	int port = PORT;

	if (!strncmp(where, "unix:", 5)) {
		r->c = redisConnectUnixWithTimeout(where + 5, limit);
	} else {
		if (sscanf(where, "[%255[0-9a-fA-F:.]]:%d", host, &port) < 1 &&
		    sscanf(where, "%255[^:/]:%d", host, &port) < 1)
			return fail_usage("'%s' is no HOST[:PORT] of a Redis", where);
		r->c = redisConnectWithTimeout(host, port, limit);
	}
	if (!r->c)
		return fail(-ENOMEM, "cannot connect to '%s'", where);
	if (r->c->err)
		return broken(r);
	redisSetTimeout(r->c, limit);
	return 0;
}

int redis_connect(struct redis_conn *r, const char *where, const struct transport_options *o)
{
	int error;

	*r = (struct redis_conn){};
	redis_clean(where, strlen(where), r->where, sizeof(r->where));
	error = connect_to(r, where);
	if (!error)
		error = log_in(r, o);
	return error ? error : check(r);
}

void redis_disconnect(struct redis_conn *r)
{
	if (r->c)
		redisFree(r->c);
	r->c = NULL;
}
