// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks a policy service, with one open request on each of many connections; or is a service that
 * always says the same, which is what asking alone costs.
 *
 *   policy_load PORT CONNECTIONS SECONDS RATE SOURCES    RATE a second; 0: as fast as it is answered
 *   policy_load PORT null
 *
 * Prints requests, and microseconds of the median and of the 999th of 1000. With a rate the time
 * counts from when a request was due.
 */
#define _GNU_SOURCE /* epoll_pwait2() */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

#define MAX 4096
#define SLOTS 2000000 /* a histogram of microseconds */
static const char pass[] = "action=DUNNO\n\n";
static uint32_t slot[SLOTS];
static struct conn {
	int fd;
	int64_t due; /* 0: it waits for nothing */
	size_t size;
	char text[4096];
} conn[MAX];

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void add(int ep, int fd, void *of)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = of };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e))
		die("epoll_ctl");
}

static void null(int fd)
{
	static struct conn listener;
	struct epoll_event e[64];
	int ep = epoll_create1(0), i, n, at = 0, one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listen(fd, 1024))
		die("listen");
	listener.fd = fd;
	for (add(ep, fd, &listener); (n = epoll_wait(ep, e, 64, -1)) > 0;)
		for (i = 0; i < n; i++) {
			struct conn *c = e[i].data.ptr;

			if (c == &listener) {
				c = &conn[at++ % MAX];
				c->fd = accept(fd, NULL, NULL);
				add(ep, c->fd, c);
				continue;
			}
			if (recv(c->fd, c->text, sizeof(c->text), 0) <= 0)
				close(c->fd);
			else
				send(c->fd, pass, sizeof(pass) - 1, MSG_NOSIGNAL);
		}
}

/* As Postfix 3.7 asks; the source is one of many, each message a new one. */
static void ask(struct conn *c, unsigned long sources, int64_t due)
{
	static unsigned long n;
	uint32_t addr = 0x64800000 + (uint32_t)((n * 2654435761u) % sources);
	int size = snprintf(c->text, sizeof(c->text),
			    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
			    "client_address=%u.%u.%u.%u\nclient_name=unknown\nclient_port=%lu\n"
			    "reverse_client_name=mail.example.net\nserver_address=192.0.2.20\nserver_port=25\n"
			    "helo_name=mail.example.net\nsender=joe%lu@example.net\nrecipient=inbox@example.com\n"
			    "recipient_count=0\nqueue_id=\ninstance=%lx.%lx.0\nsize=1234\netrn_domain=\nstress=\n"
			    "sasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\n"
			    "ccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=\n"
			    "encryption_cipher=\nencryption_keysize=0\npolicy_context=\n\n",
			    addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255, 1024 + n % 60000, n, n,
			    n * 7);

	n++;
	c->due = due;
	c->size = 0;
	if (send(c->fd, c->text, size, MSG_NOSIGNAL) != size)
		die("send");
}

static bool answered(struct conn *c)
{
	ssize_t n = recv(c->fd, c->text + c->size, sizeof(c->text) - c->size, MSG_DONTWAIT);

	if (n <= 0)
		die("recv");
	c->size += n;
	return c->size > 1 && !memcmp(c->text + c->size - 2, "\n\n", 2);
}

/* Until an answer comes, or the next request is due; us < 0: for as long as it takes. */
static int wait_for(int ep, struct epoll_event *e, int max, int64_t us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	return epoll_pwait2(ep, e, max, us < 0 ? NULL : &t, NULL);
}

static void print(unsigned long total)
{
	unsigned long sum = 0, half = 0, most = 0, i;

	for (i = 0; i < SLOTS && !most; i++) {
		sum += slot[i];
		if (!half && sum * 2 >= total)
			half = i + 1;
		if (sum * 1000 >= total * 999)
			most = i + 1;
	}
	printf("%lu %lu %lu\n", total, half, most ? most : SLOTS);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct rlimit files = { MAX + 100, MAX + 100 };
	int i, n, one = 1, ep = epoll_create1(0), conns, idle = 0;
	unsigned long total = 0, rate, sources;
	struct epoll_event e[256];
	int64_t begin, end, now, sent = 0;

	setrlimit(RLIMIT_NOFILE, &files);
	if (argc < 3)
		return 2;
	at.sin_port = htons(atoi(argv[1]));
	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	if (argc == 3) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, (void *)&at, sizeof(at)))
			die("bind");
		null(fd);
	}
	conns = atoi(argv[2]);
	rate = atol(argv[4]);
	sources = atol(argv[5]);
	for (i = 0; i < conns && i < MAX; i++) {
		conn[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(conn[i].fd, (void *)&at, sizeof(at)))
			die("connect");
		setsockopt(conn[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		add(ep, conn[i].fd, &conn[i]);
	}
	begin = now = now_us();
	end = begin + atol(argv[3]) * 1000000ll;
	for (i = 0; i < conns && !rate; i++)
		ask(&conn[i], sources, now);
	while (now < end) {
		int64_t left = 1000000;

		/* What is due goes to the next connection that is free; what finds none waits. */
		for (i = 0; rate && i < conns; i++, idle++) {
			struct conn *c = &conn[idle % conns];
			int64_t due = begin + sent * 1000000 / (int64_t)rate;

			left = due - now;
			if (left > 0)
				break;
			if (c->due)
				continue;
			ask(c, sources, due);
			sent++;
		}
		n = wait_for(ep, e, 256, left > 0 ? left : 1000000);
		now = now_us();
		for (i = 0; i < n; i++) {
			struct conn *c = e[i].data.ptr;

			if (!answered(c))
				continue;
			slot[now - c->due < SLOTS ? now - c->due : SLOTS - 1]++;
			total++;
			c->due = 0;
			if (!rate)
				ask(c, sources, now);
		}
	}
	print(total);
	return 0;
}
