// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker: one event loop over all connections. An answer is sent at once or not at all: a
 * client that does not read is left, and so is one whose request does not come to its end.
 */
#define _GNU_SOURCE /* accept4() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/policy/answer.h"
#include "user/policy/memory.h"
#include "user/policy/rows.h"
#include "user/policy/stamps.h"
#include "user/policy/throttle.h"
#include "user/policy/visits.h"
#include "user/policyd/policyd.h"

struct client {
	struct client *before, *behind; /* in the order of their last request */
	struct worker *w;
	sd_event_source *source;
	int fd;
	int64_t since;           /* of its last request's end, monotonic seconds */
	int64_t begun;           /* the request that has not ended; 0: none */
	struct request request;
	struct answered message;
};

struct worker {
	const struct policyd *p;
	sd_event *event;
	struct policy_snapshot *snapshot; /* NULL: none yet */
	struct stamps *stamps;            /* NULL: none */
	struct throttle *throttle;        /* NULL: nothing is counted */
	struct client *first, *last;
	unsigned int clients;
};

static int64_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec + 1;
}

/* --- connections ----------------------------------------------------------------- */

static void unlink_client(struct client *c)
{
	struct worker *w = c->w;

	*(c->before ? &c->before->behind : &w->first) = c->behind;
	*(c->behind ? &c->behind->before : &w->last) = c->before;
	c->before = c->behind = NULL;
}

static void link_last(struct client *c)
{
	struct worker *w = c->w;

	c->before = w->last;
	*(w->last ? &w->last->behind : &w->first) = c;
	w->last = c;
}

static void drop_client(struct client *c)
{
	unlink_client(c);
	c->w->clients--;
	sd_event_source_unref(c->source);
	close(c->fd);
	free(c);
}

/* --- one request ----------------------------------------------------------------- */

/* When something was, by how long ago; 0: never. */
static int64_t time_of(long long ago_ns, int64_t now)
{
	return ago_ns < 0 ? 0 : now - ago_ns / 1000000000;
}

#define LIVE_BEFORE_S 60 /* a snapshot may have begun to read so long before its time */

/*
 * What has happened since the snapshot was made, too. Older stamps are not asked: in the course of days
 * many networks come to share one, and the snapshot has each by itself.
 */
static void look_live(const struct worker *w, const struct request *r, struct policy_facts *f, int64_t now)
{
	const struct snapshot_site *site = policy_snapshot_site(w->snapshot);
	long long age = w->stamps ? stamps_age(w->stamps) : -ENOENT;
	int64_t low;

	/* Both are known to the second, and the snapshot is read after its time. */
	f->is_blind = age < 0 || time_of(age, now) > site->time + 1;
	if (age < 0)
		return;
	low = time_of(stamps_low(w->stamps, &r->client), now);
	if (low > f->low_last && low >= site->time - LIVE_BEFORE_S)
		f->low_last = low;
	if (site->is_gated)
		f->gated_last = time_of(stamps_held(w->stamps, &r->client), now);
}

/* Counts this recipient, and the connection, if it is a new one. */
static void count(struct client *c, struct policy_facts *f, uint64_t network, int64_t now)
{
	struct worker *w = c->w;
	const struct request *r = &c->request;
	const uint64_t key[THROTTLE_BYS] = { row_key(&r->client), network };
	bool is_same = r->port && r->port == c->message.port && !addr_compare(&r->client, &c->message.client);

	throttle_count(w->throttle, key, !is_same, now);
	f->is_throttled = throttle_is_over(w->throttle, policy_snapshot_site(w->snapshot), key, now);
}

static enum policy_step decide(struct client *c, struct policy_facts *f, const struct policy_rules *rules)
{
	const struct request *r = &c->request;
	struct worker *w = c->w;
	struct memory *m = w->p->memory;
	int64_t now = time(NULL);
	enum policy_step step;
	uint64_t key = policy_snapshot_find(w->snapshot, &r->client, f);

	look_live(w, r, f, now);
	if (w->p->visits && !f->is_exempt)
		visits_note(w->p->visits, row_key(&r->client), now);
	if (w->throttle && !f->is_exempt)
		count(c, f, key, now);
	f->deferred_first = m ? memory_first(m, key, now) : 0;
	step = policy_decide(f, rules, now);
	/* What cannot be remembered would be deferred for ever. */
	if (step == POLICY_NEW && (!m || !memory_note(m, key, now)))
		step = POLICY_LIMITED;
	if (m)
		m->count[step]++;
	return step;
}

/* A further recipient of a message that is decided. */
static void count_again(struct client *c)
{
	struct policy_facts f = {};
	uint64_t network = policy_snapshot_find(c->w->snapshot, &c->request.client, &f);

	if (!f.is_exempt)
		count(c, &f, network, time(NULL));
}

/* All recipients of a message get one decision. */
static size_t answer(struct client *c, char text[ANSWER_MAX])
{
	const struct request *r = &c->request;
	struct answered *message = &c->message;
	struct policy_facts f = { .is_exempt = r->is_authenticated, .is_stressed = r->is_stressed,
				  .is_postmaster = r->is_postmaster };
	enum policy_step step;
	const struct snapshot_site *site;

	if (!c->w->snapshot || !r->has_client || !r->is_at_rcpt)
		return sprintf(text, ANSWER_PASS);
	site = policy_snapshot_site(c->w->snapshot);
	if (!r->instance || r->instance != message->instance ||
	    addr_compare(&r->client, &message->client)) {
		step = decide(c, &f, &site->rules);
		*message = (struct answered){ .instance = r->instance, .client = r->client, .port = r->port,
					      .step = step };
	} else if (c->w->throttle && !f.is_exempt) {
		count_again(c);
	}
	f.is_postmaster |= policy_snapshot_excepts(c->w->snapshot, r->recipient);
	return answer_text(text, site, r, message->step, &f, message);
}

/* False: the client is to be left. */
static bool on_request(struct client *c)
{
	char text[ANSWER_MAX];
	size_t size = answer(c, text);

	request_start(&c->request);
	c->since = monotonic();
	unlink_client(c);
	link_last(c);
	return send(c->fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

static bool take_bytes(struct client *c, const char *at, size_t size)
{
	enum request_state is;
	size_t taken;

	for (; size; at += taken, size -= taken) {
		is = request_read(&c->request, at, size, &taken);
		if (is == REQUEST_BAD || (is == REQUEST_DONE && !on_request(c)))
			return false;
	}
	return true;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct client *c = arg;
	char bytes[8192];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)source;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || !take_bytes(c, bytes, n)) {
		drop_client(c);
		return 0;
	}
	if (!c->request.size)
		c->begun = 0;
	else if (!c->begun)
		c->begun = monotonic();
	return 0;
}

static void add_client(struct worker *w, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return;
	}
	c->w = w;
	c->fd = fd;
	c->since = monotonic();
	if (sd_event_add_io(w->event, &c->source, fd, EPOLLIN, on_client, c) < 0) {
		close(fd);
		free(c);
		return;
	}
	link_last(c);
	w->clients++;
	if (w->clients > w->p->clients)
		drop_client(w->first);
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct worker *w = arg;
	int i, client;

	(void)source;
	(void)events;
	for (i = 0; i < 64; i++) {
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client >= 0)
			add_client(w, client);
		else if ((errno == EMFILE || errno == ENFILE) && w->first)
			drop_client(w->first);
		else
			break;
	}
	return 0;
}

/* --- snapshots, and time --------------------------------------------------------- */

static int receive_fd(int from, char *kind, int *fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec one = { kind, 1 };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return n ? -errno : -EPIPE;
	if (control.head.cmsg_level != SOL_SOCKET || control.head.cmsg_type != SCM_RIGHTS ||
	    control.head.cmsg_len != CMSG_LEN(sizeof(*fd)))
		return -EBADMSG;
	memcpy(fd, CMSG_DATA(&control.head), sizeof(*fd));
	return 0;
}

/* The one before stays if this one is no snapshot: it gets too old by itself. */
static void take_snapshot(struct worker *w, int fd)
{
	struct policy_snapshot *s;
	int error = policy_snapshot_open(&s, fd);

	if (error) {
		err(error, "'%s' is not used", w->p->snapshot);
		return;
	}
	if (!w->snapshot)
		info("policy = %s, from '%s'", policy_mode_names[policy_snapshot_site(s)->mode],
		     w->p->snapshot);
	policy_snapshot_free(w->snapshot);
	w->snapshot = s;
	if (policy_snapshot_site(s)->is_throttled && !w->throttle)
		w->throttle = throttle_new();
}

/* Those of before are of tables that are gone. */
static void take_stamps(struct worker *w, int fd)
{
	int error;

	stamps_unmap(w->stamps);
	error = stamps_map(&w->stamps, fd);
	if (error)
		err(error, "no live view of the low fake: strangers pass");
}

static int on_keeper(sd_event_source *source, int from, uint32_t events, void *arg)
{
	struct worker *w = arg;
	char kind = 0;
	int fd = -1, error = receive_fd(from, &kind, &fd);

	(void)source;
	(void)events;
	if (error == -EPIPE)
		return sd_event_exit(w->event, 0);
	if (error)
		return 0;
	if (kind == POLICYD_SNAPSHOT)
		take_snapshot(w, fd);
	else
		take_stamps(w, fd);
	close(fd);
	return 0;
}

static int on_second(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct client *c, *behind;
	struct worker *w = arg;
	int64_t now = monotonic();

	for (c = w->first; c; c = behind) {
		behind = c->behind;
		if (c->begun && now - c->begun > POLICYD_UNFINISHED_S)
			drop_client(c);
	}
	sd_event_source_set_time(timer, usec + 1000000);
	return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int start(struct worker *w)
{
	uint64_t now;
	int i, error = sd_event_new(&w->event);

	if (error >= 0)
		error = sd_event_add_io(w->event, NULL, w->p->snapshots, EPOLLIN, on_keeper, w);
	if (error >= 0)
		error = sd_event_now(w->event, CLOCK_MONOTONIC, &now);
	if (error >= 0)
		error = sd_event_add_time(w->event, NULL, CLOCK_MONOTONIC, now + 1000000, 100000, on_second, w);
	for (i = 0; i < w->p->listeners && error >= 0; i++)
		error = sd_event_add_io(w->event, NULL, w->p->listener[i], EPOLLIN, on_listener, w);
	return error < 0 ? error : 0;
}

int policyd_serve(const struct policyd *p)
{
	struct worker w = { .p = p };
	int error = start(&w);

	/* The first round opens what the library wants to know of this host. */
	if (!error)
		error = sd_event_run(w.event, 0);
	if (error >= 0)
		error = policyd_confine();
	if (!error)
		error = sd_event_loop(w.event);
	if (error)
		err(error, "cannot answer");
	return error;
}
