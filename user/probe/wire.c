// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests an address as a client over the wire, by its role: a low fake has to refuse at once,
 * a real MX to greet and take EHLO, a high fake to tempfail and to end with 221.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/thread.h"
#include "user/probe/probe.h"
#include "user/probe/smtp.h"

#define AT_ONCE_MS 1000 /* later a refusal answers a SYN that was sent again */

/* Notes what was found; returns is_ok. */
static bool say(struct probe *p, bool is_ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool say(struct probe *p, bool is_ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	p->is_ok = is_ok;
	return is_ok;
}

/* --- connecting ------------------------------------------------------------------ */

static socklen_t sockaddr_of(const struct nolist_addr *addr, unsigned int port,
			     struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (addr_is_ip4(addr)) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr->b + 12, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, addr->b, 16);
	return sizeof(*in6);
}

static struct nolist_addr addr_of(const struct sockaddr_storage *ss)
{
	struct nolist_addr addr;

	if (ss->ss_family == AF_INET)
		return addr_of_ip4(((const struct sockaddr_in *)ss)->sin_addr.s_addr);
	memcpy(addr.b, &((const struct sockaddr_in6 *)ss)->sin6_addr, 16);
	return addr;
}

static int socket_to(const struct probe *p, int type, struct sockaddr_storage *ss, socklen_t *len)
{
	*len = sockaddr_of(&p->addr, p->port, ss);
	return socket(ss->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Asks the kernel for the route by a UDP socket, which sends nothing. */
static void find_route(struct probe *p)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = socket_to(p, SOCK_DGRAM, &ss, &len);

	if (fd < 0)
		return;
	if (!connect(fd, (void *)&ss, len) && !getsockname(fd, (void *)&ss, &len)) {
		p->source = addr_of(&ss);
		p->has_source = true;
		p->is_own = !addr_compare(&p->source, &p->addr);
	}
	close(fd);
}

/* Connects: an fd, or -errno; -ETIMEDOUT: there was no answer. */
static int connect_to(const struct probe *p, int64_t deadline)
{
	struct sockaddr_storage ss, own;
	struct pollfd poller;
	int error = 0, left, n, fd;
	socklen_t len;

	fd = socket_to(p, SOCK_STREAM, &ss, &len);
	if (fd < 0)
		return -errno;
	if (p->is_bound && bind(fd, (void *)&own, sockaddr_of(&p->source, 0, &own)))
		error = errno;
	else if (connect(fd, (void *)&ss, len) && errno != EINPROGRESS)
		error = errno;
	poller = (struct pollfd){ .fd = fd, .events = POLLOUT };
	do {
		left = error ? 0 : deadline - smtp_clock();
		n = error ? 1 : poll(&poller, 1, left > 0 ? left : 0);
	} while (n < 0 && errno == EINTR);
	len = sizeof(error);
	if (!error && n <= 0)
		error = n ? errno : ETIMEDOUT;
	else if (!error && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (!error)
		return fd;
	close(fd);
	return -error;
}

/* No connection: says why. */
static void say_unreached(struct probe *p, int error, int timeout_ms)
{
	p->is_unreached = error != -ECONNREFUSED;
	if (error == -ETIMEDOUT)
		say(p, false, "no answer within %d s (a firewall drops it?)", timeout_ms / 1000);
	else if (error == -ECONNREFUSED)
		say(p, false, "refused, as by a closed port");
	else
		say(p, false, "cannot be reached: %s", strerror(-error));
}

/*
 * Where all was well both sides have said goodbye. Else a reset ends the connection, so that a
 * server which waits for a message takes none.
 */
static void hang_up(const struct probe *p, int fd)
{
	struct linger linger = { .l_onoff = 1 };

	if (!p->is_ok)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

/* --- the three roles --------------------------------------------------------------- */

static void ask_low(struct probe *p, int timeout_ms)
{
	int64_t start = smtp_clock();
	int fd = connect_to(p, start + timeout_ms);
	int64_t took = smtp_clock() - start;
	struct smtp_reply r;

	if (fd == -ECONNREFUSED) {
		if (took < AT_ONCE_MS)
			say(p, true, "refused at once (%d ms)", (int)took);
		else
			say(p, false, "refused, but only after %d ms: the first SYN got no answer",
			    (int)took);
		return;
	}
	if (fd < 0) {
		say_unreached(p, fd, timeout_ms);
		return;
	}
	if (smtp_reply(&(struct smtp){ .fd = fd }, smtp_clock() + timeout_ms, &r))
		say(p, false, "not refused: something accepts connections there");
	else
		say(p, false, "not refused: a server says \"%s\"", r.text);
	hang_up(p, fd);
}

/* A name for EHLO that every server can look at: our own address. */
static void ehlo_line(const struct probe *p, char *line, size_t size)
{
	char text[ADDR_TEXT];

	snprintf(line, size, "EHLO [%s%s]", addr_is_ip4(&p->source) ? "" : "IPv6:",
		 addr_text(&p->source, text));
}

static void say_broken(struct probe *p, const char *to, int error, const struct smtp_reply *r)
{
	if (*r->text)
		say(p, false, "to %s: %s, but \"%s\"", to, smtp_error(error), r->text);
	else
		say(p, false, "to %s: %s", to, smtp_error(error));
}

static void ask_real(struct probe *p, int fd, const struct probe_run *run)
{
	int timeout_ms = run->timeout_ms;
	struct smtp s = { .fd = fd };
	struct smtp_reply banner, r;
	char line[128];
	int error = smtp_reply(&s, smtp_clock() + timeout_ms + PROBE_GREETING_MS, &banner);

	if (error) {
		say_broken(p, "the connection", error, &banner);
		return;
	}
	if (banner.code != 220) {
		say(p, false, "greets with \"%s\"", banner.text);
		return;
	}
	ehlo_line(p, line, sizeof(line));
	error = smtp_say(&s, line, smtp_clock() + timeout_ms, &r);
	p->has_tls = s.has_tls;
	if (error)
		say_broken(p, "EHLO", error, &r);
	else if (r.code != 250)
		say(p, false, "says \"%s\" to EHLO", r.text);
	else if (s.has_tls && run->look_tls && say(p, true, "\"%s\"", banner.text))
		run->look_tls(run, p, &s);
	else if (smtp_say(&s, "QUIT", smtp_clock() + timeout_ms, &r) || r.code != 221)
		say(p, true, "\"%s\", and no 221 to QUIT", banner.text);
	else
		say(p, true, "\"%s\"", banner.text);
}

/* 0: go on; 1: it was tempfailed; -1: it is wrong, and that was said. */
static int take_high(struct probe *p, const char *to, const struct smtp_reply *r, bool is_last)
{
	if (r->code / 100 == 4)
		return 1;
	if (r->code / 100 == 5)
		say(p, false, "says \"%s\" to %s: no high fake says 5xx", r->text, to);
	else if (is_last)
		say(p, false, "says \"%s\" to %s: it takes mail, so it is no high fake", r->text, to);
	else if (r->code / 100 != 2)
		say(p, false, "says \"%s\" to %s", r->text, to);
	else
		return 0;
	return -1;
}

static void end_high(struct probe *p, struct smtp *s, int timeout_ms, const struct smtp_reply *banner,
		     const char *to, const struct smtp_reply *later)
{
	struct smtp_reply r;
	int error;

	/* A 421 ends the connection: nobody is left to say QUIT to. */
	if (later->code == 421) {
		say(p, true, "\"%s\"", later->text);
		return;
	}
	error = smtp_say(s, "QUIT", smtp_clock() + timeout_ms, &r);
	if (error)
		say_broken(p, "QUIT", error, &r);
	else if (r.code != 221)
		say(p, false, "says \"%s\" to QUIT", r.text);
	else
		say(p, true, "\"%s\", to %s \"%s\", to QUIT \"%s\"", banner->text, to, later->text,
		    r.text);
}

static void ask_high(struct probe *p, int fd, int timeout_ms)
{
	static const struct {
		const char *word, *line;
	} steps[] = { { "EHLO", NULL },
		      { "MAIL", "MAIL FROM:<>" },
		      { "RCPT", NULL },
		      { "DATA", "DATA" } };
	enum { STEPS = sizeof(steps) / sizeof(*steps) };
	struct smtp s = { .fd = fd };
	struct smtp_reply banner, r;
	const char *to = "the connection";
	char ehlo[128], rcpt[PROBE_RCPT];
	int i = -1, error, state;

	ehlo_line(p, ehlo, sizeof(ehlo));
	probe_rcpt(p, rcpt);
	error = smtp_reply(&s, smtp_clock() + timeout_ms, &banner);
	r = banner;
	while (!error && !(state = take_high(p, to, &r, i == STEPS - 1))) {
		i++;
		to = steps[i].word;
		error = smtp_say(&s, steps[i].line ? steps[i].line : i ? rcpt : ehlo, smtp_clock() + timeout_ms, &r);
	}
	if (error)
		say_broken(p, to, error, &r);
	else if (state > 0)
		end_high(p, &s, timeout_ms, &banner, to, &r);
}

static void ask(struct probe *p, const struct probe_run *run)
{
	int timeout_ms = run->timeout_ms, fd;

	if (p->role == NOLIST_LOW) {
		ask_low(p, timeout_ms);
		return;
	}
	fd = connect_to(p, smtp_clock() + timeout_ms);
	if (fd < 0) {
		say_unreached(p, fd, timeout_ms);
		return;
	}
	if (p->role == NOLIST_REAL)
		ask_real(p, fd, run);
	else
		ask_high(p, fd, timeout_ms);
	hang_up(p, fd);
}

/* --- all of them --------------------------------------------------------------------- */

void probe_route(struct probe_run *run)
{
	int i;

	for (i = 0; i < run->n; i++) {
		find_route(&run->probe[i]);
		if (!run->from)
			continue;
		run->probe[i].source = *run->from;
		run->probe[i].has_source = run->probe[i].is_bound = true;
	}
}

struct worker {
	struct probe_run *run;
	int *next;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	int i;

	while ((i = __sync_fetch_and_add(w->next, 1)) < w->run->n)
		ask(&w->run->probe[i], w->run);
	return NULL;
}

void probe_wire(struct probe_run *run)
{
	pthread_t thread[PROBE_AT_A_TIME];
	int next = 0, threads = 0, i;
	struct worker w = { run, &next };

	while (threads < PROBE_AT_A_TIME - 1 && threads < run->n - 1 &&
	       !thread_start(&thread[threads], work, &w))
		threads++;
	work(&w);
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

/* --- which ------------------------------------------------------------------------------ */

const char *probe_rcpt(const struct probe *p, char line[PROBE_RCPT])
{
	snprintf(line, PROBE_RCPT, "RCPT TO:<postmaster%s%s>", *p->domain ? "@" : "", p->domain);
	return line;
}

int probe_targets(const struct conf *conf, struct probe **probes, int *n)
{
	struct probe *p = calloc(conf->mxs * conf->ports + 1, sizeof(*p));
	int i, k;

	*n = 0;
	*probes = p;
	if (!p)
		return -ENOMEM;
	for (i = 0; i < conf->mxs; i++)
		for (k = 0; k < (conf->mx[i].role == NOLIST_REAL ? 1 : conf->ports); k++)
			p[(*n)++] = (struct probe){
				.addr = conf->mx[i].addr,
				.role = conf->mx[i].role,
				.port = conf->mx[i].role == NOLIST_REAL ? NOLIST_SMTP_PORT :
									  conf->port[k],
			};
	for (i = 0; i < *n && conf->test_domain; i++)
		snprintf(p[i].domain, sizeof(p[i].domain), "%s", conf->test_domain);
	return 0;
}
