// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker: one loop over all connections, which asks the kernel once for all that are ready. An
 * answer is sent at once or not at all: a client that does not read is left, and so is one whose
 * request does not come to its end.
 */
#define _GNU_SOURCE /* accept4() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/policy/milter.h"
#include "user/policy/service.h"
#include "user/policyd/policyd.h"

#define READY 128 /* connections of one round */

struct worker;

/* A descriptor, and what is done when it can be read. */
struct watched {
	void (*ready)(struct worker *w, struct watched *of);
	int fd;
};

struct client {
	struct watched watched;          /* the first; fd -1: it was left */
	struct client *before, *behind;  /* in the order of their last request */
	int64_t begun;                   /* the request that has not ended, monotonic seconds; 0: none */
	struct request request;
	struct milter *milter;           /* which has one of its own; NULL: Postfix's policy protocol */
	struct answered message;
};

struct worker {
	const struct policyd *p;
	int epoll;
	bool is_ended;
	struct policy_service service;
	struct watched keeper, listener[POLICYD_LISTENERS];
	struct client *first, *last;
	struct client *left; /* by "behind": freed at the end of the round, which may still name them */
	unsigned int clients;
	unsigned int told, untold; /* lines of the log in this second */
};

static int64_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec + 1;
}

static int watch(struct worker *w, struct watched *of)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = of };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, of->fd, &e) ? -errno : 0;
}

/* --- connections ----------------------------------------------------------------- */

static void unlink_client(struct worker *w, struct client *c)
{
	*(c->before ? &c->before->behind : &w->first) = c->behind;
	*(c->behind ? &c->behind->before : &w->last) = c->before;
	c->before = c->behind = NULL;
}

static void link_last(struct worker *w, struct client *c)
{
	c->before = w->last;
	*(w->last ? &w->last->behind : &w->first) = c;
	w->last = c;
}

static void drop_client(struct worker *w, struct client *c)
{
	unlink_client(w, c);
	w->clients--;
	close(c->watched.fd);
	c->watched.fd = -1;
	c->behind = w->left;
	w->left = c;
}

static void free_left(struct worker *w)
{
	struct client *c;

	while ((c = w->left)) {
		w->left = c->behind;
		free(c->milter);
		free(c);
	}
}

/* --- one request ----------------------------------------------------------------- */

/* False: the client is to be left. */
static bool say(struct worker *w, struct client *c, const char *text, size_t size)
{
	if (c != w->last) {
		unlink_client(w, c);
		link_last(w, c);
	}
	return send(c->watched.fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

static bool on_request(struct worker *w, struct client *c)
{
	char text[ANSWER_MAX];
	size_t size = service_answer(&w->service, &c->request, &c->message, text);

	request_start(&c->request);
	return say(w, c, text, size);
}

static bool take_requests(struct worker *w, struct client *c, const char *at, size_t size)
{
	enum request_state is;
	size_t taken;

	for (; size; at += taken, size -= taken) {
		is = request_read(&c->request, at, size, &taken);
		if (is == REQUEST_BAD || (is == REQUEST_DONE && !on_request(w, c)))
			return false;
	}
	return true;
}

/* A milter cannot have the mail server log something: so it is in this log. */
static void tell(struct worker *w, const struct nolist_addr *client, const char *answer)
{
	static const char word[] = "action=WARN ";
	char addr[ADDR_TEXT];

	if (strncmp(answer, word, strlen(word)))
		return;
	if (w->told == POLICYD_LINES) {
		w->untold++;
		return;
	}
	w->told++;
	answer += strlen(word);
	info("%s: %.*s", addr_text(client, addr), (int)strcspn(answer, "\n"), answer);
}

static bool on_packet(struct worker *w, struct client *c, enum milter_state is, struct milter_reply *reply)
{
	char text[ANSWER_MAX];

	if (is == MILTER_ASK) {
		service_answer(&w->service, &c->milter->request, &c->message, text);
		tell(w, &c->milter->request.client, text);
		milter_answer(c->milter, text, reply);
	}
	return !reply->size || say(w, c, reply->bytes, reply->size);
}

static bool take_packets(struct worker *w, struct client *c, const char *at, size_t size)
{
	struct milter_reply reply;
	enum milter_state is;
	size_t taken;

	for (; size; at += taken, size -= taken) {
		is = milter_read(c->milter, at, size, &taken, &reply);
		if (is == MILTER_BAD || !on_packet(w, c, is, &reply))
			return false;
	}
	return true;
}

static bool take_bytes(struct worker *w, struct client *c, const char *at, size_t size)
{
	return c->milter ? take_packets(w, c, at, size) : take_requests(w, c, at, size);
}

static bool is_unfinished(const struct client *c)
{
	return c->milter ? c->milter->got : c->request.size;
}

static void on_client(struct worker *w, struct watched *of)
{
	struct client *c = (struct client *)of;
	char bytes[8192];
	ssize_t n;

	if (of->fd < 0)
		return;
	n = recv(of->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !take_bytes(w, c, bytes, n))
		drop_client(w, c);
	else if (!is_unfinished(c))
		c->begun = 0;
	else if (!c->begun)
		c->begun = monotonic();
}

static struct client *new_client(int fd, bool is_milter)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->watched = (struct watched){ on_client, fd };
	if (!is_milter)
		return c;
	c->milter = calloc(1, sizeof(*c->milter));
	if (c->milter)
		return c;
	free(c);
	return NULL;
}

static void add_client(struct worker *w, int fd, bool is_milter)
{
	struct client *c = new_client(fd, is_milter);

	if (!c || watch(w, &c->watched)) {
		close(fd);
		if (c)
			free(c->milter);
		free(c);
		return;
	}
	link_last(w, c);
	w->clients++;
	if (w->clients > w->p->clients)
		drop_client(w, w->first);
}

static void accept_all(struct worker *w, struct watched *of, bool is_milter)
{
	int i, client;

	for (i = 0; i < 64; i++) {
		client = accept4(of->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client >= 0)
			add_client(w, client, is_milter);
		else if ((errno == EMFILE || errno == ENFILE) && w->first)
			drop_client(w, w->first);
		else
			break;
	}
}

static void on_listener(struct worker *w, struct watched *of)
{
	accept_all(w, of, false);
}

static void on_milters(struct worker *w, struct watched *of)
{
	accept_all(w, of, true);
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
	bool is_first = !w->service.snapshot;
	int error = service_take_snapshot(&w->service, fd);

	if (error)
		err(error, "'%s' is not used", w->p->snapshot);
	else if (is_first)
		info("policy = %s, from '%s'",
		     policy_mode_names[policy_snapshot_site(w->service.snapshot)->mode], w->p->snapshot);
}

static void take_stamps(struct worker *w, int fd)
{
	int error = service_take_stamps(&w->service, fd);

	if (error)
		err(error, "no live view of the low fake: strangers pass");
}

static void on_keeper(struct worker *w, struct watched *of)
{
	char kind = 0;
	int fd = -1, error = receive_fd(of->fd, &kind, &fd);

	w->is_ended = error == -EPIPE;
	if (error)
		return;
	if (kind == POLICYD_SNAPSHOT)
		take_snapshot(w, fd);
	else
		take_stamps(w, fd);
	close(fd);
}

static void on_second(struct worker *w, int64_t now)
{
	struct client *c, *behind;

	for (c = w->first; c; c = behind) {
		behind = c->behind;
		if (c->begun && now - c->begun > POLICYD_UNFINISHED_S)
			drop_client(w, c);
	}
	if (w->untold)
		info("and %u more", w->untold);
	w->told = w->untold = 0;
}

static int start(struct worker *w)
{
	int i, error;

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		return -errno;
	w->keeper = (struct watched){ on_keeper, w->p->snapshots };
	error = watch(w, &w->keeper);
	for (i = 0; i < w->p->listeners && !error; i++) {
		w->listener[i] = (struct watched){ w->p->listener[i].is_milter ? on_milters : on_listener,
						   w->p->listener[i].fd };
		error = watch(w, &w->listener[i]);
	}
	return error;
}

static int loop(struct worker *w)
{
	struct epoll_event ready[READY];
	int64_t second = monotonic();
	int i, n;

	while (!w->is_ended) {
		n = epoll_wait(w->epoll, ready, READY, 1000);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < n; i++) {
			struct watched *of = ready[i].data.ptr;

			of->ready(w, of);
		}
		if (monotonic() != second)
			on_second(w, second = monotonic());
		free_left(w);
	}
	return 0;
}

int policyd_serve(const struct policyd *p)
{
	struct worker w = { .p = p, .service = { .memory = p->memory, .visits = p->visits } };
	int error = start(&w);

	if (!error)
		error = policyd_confine();
	if (!error)
		error = loop(&w);
	if (error)
		err(error, "cannot answer");
	return error;
}
