// SPDX-License-Identifier: GPL-2.0-only
/* visit.h: the visits, and one client that makes them. */
#define _GNU_SOURCE
#include "selftests/lib/visit.h"

/* --- what a client does -------------------------------------------------- */

enum {
	NAGLE = 1,     /* TCP_NODELAY is off */
	EARLY = 2,     /* the first line before the banner */
	FIN_FIRST = 4, /* closes its half before the first line */
	FIN_LAST = 8,  /* with the last line */
	TINY = 16,     /* the smallest receive buffer */
	LAZY = 32,     /* and reads nothing until all is sent */
	KEEP = 64,     /* is silent for a while, and sends keep-alives */
};

static const char *const mail[] = {"EHLO client.example\r\n",
				   "MAIL FROM:<a@client.example>\r\n",
				   "RCPT TO:<b@example.com>\r\n",
				   "RCPT TO:<c@example.com>\r\n",
				   "DATA\r\n",
				   "RSET\r\n",
				   "QUIT\r\n",
				   NULL};
static const char *const brief[] = { "EHLO a\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n",
				     "QUIT\r\n", NULL };
static const char *const ehlo[] = { "EHLO a\r\n", NULL };
static const char *const ehlo_quit[] = { "EHLO a\r\n", "QUIT\r\n", NULL };
static const char *const http[] = { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL };
static const char *const tls[] = { "\x16\x03\x01\x02\x05\x01\x01\xfc\x03\x03", NULL };
char endless_line[3001];
static const char *const endless[] = { endless_line, NULL };
static const char *const none[] = { NULL };

const struct visit visits[] = {
	{ "whole lines", mail, WHOLE, 0, FULL, FULL, NULL, NULL },
	{ "whole lines, Nagle", mail, WHOLE, NAGLE, FULL, FULL, NULL, NULL },
	{ "byte by byte", mail, BYTES, 0, FULL, "220 451 TIMEOUT", NULL, NULL },
	{ "byte by byte, Nagle", mail, BYTES, NAGLE, FULL, "220 TIMEOUT", NULL, NULL },
	{ "cut after the verb", mail, HALVES, 0, FULL, FULL, NULL, NULL },
	{ "cut after the verb, Nagle", mail, HALVES, NAGLE, FULL, FULL, NULL, NULL },
	{ "cut within the verb", mail, IN_VERB, 0, FULL,
	  "220 451 451 451 451 451 451 451 TIMEOUT", NULL, NULL },
	{ "cut within the verb, Nagle", mail, IN_VERB, NAGLE, FULL, "220 TIMEOUT", NULL, NULL },
	{ "all lines together", brief, TOGETHER, 0, "220 250 250 250 221 EOF",
	  "220 250 250 250 221 EOF", NULL, NULL },
	{ "all lines together and FIN", brief, TOGETHER, FIN_LAST, "220 250 250 250 221 EOF",
	  "220 250 250 250 221 EOF", "220 250 TIMEOUT, 220 250 EOF", NULL },
	{ "before the banner", mail, WHOLE, EARLY, FULL, FULL, NULL, NULL },
	{ "FIN at once", none, WHOLE, FIN_FIRST, "220 EOF", "220 EOF", NULL, "EOF" },
	{ "FIN behind EHLO", ehlo, WHOLE, FIN_LAST, "220 250 EOF", "220 250 EOF",
	  "220 250 TIMEOUT", NULL },
	{ "FIN behind QUIT", ehlo_quit, WHOLE, FIN_LAST, "220 250 221 EOF", "220 250 221 EOF",
	  NULL, NULL },
	{ "HTTP", http, WHOLE, 0, "220 421 EOF", "220 421 EOF", NULL, NULL },
	{ "TLS", tls, WHOLE, 0, "220 421 EOF", "220 421 EOF", NULL, NULL },
	{ "TLS before the banner", tls, WHOLE, EARLY, "220 421 EOF", "220 421 EOF", NULL, NULL },
	{ "a line of 3,000 bytes", endless, WHOLE, 0, "220 421 EOF", "220 421 EOF", NULL, NULL },
	{ "the smallest buffer", mail, WHOLE, TINY, FULL, FULL, NULL, NULL },
	{ "without waiting, the smallest buffer, read at last", mail, WHOLE, TINY | LAZY,
	  FULL, NULL, NULL, NULL },
	{ "keep-alives", mail, WHOLE, KEEP, FULL, "220 EOF", NULL, NULL },
};
const size_t visit_count = sizeof(visits) / sizeof(visits[0]);

/* --- one client ---------------------------------------------------------- */

static void add(struct result *r, const char *word)
{
	size_t n = strlen(r->outcome);

	snprintf(r->outcome + n, OUTCOME - n, "%s%s", n ? " " : "", word);
}

/* One reply's code, or EOF, RESET, TIMEOUT; false when nothing more can come. */
static bool read_reply(int fd, struct result *r, int seconds)
{
	int wait_ms = seconds * wire_patience() * 1000;
	char line[512], word[16];
	size_t n = 0;

	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t got;

		if (poll(&p, 1, wait_ms) <= 0) {
			add(r, "TIMEOUT");
			return false;
		}
		got = recv(fd, line + n, 1, 0);
		if (got <= 0) {
			add(r, got ? "RESET" : "EOF");
			return false;
		}
		if (line[n] == '\n' && (n < 4 || line[3] != '-'))
			break;
		n = line[n] == '\n' ? 0 : n < sizeof(line) - 1 ? n + 1 : n;
	}
	snprintf(word, sizeof(word), "%.3s", line);
	add(r, word);
	return true;
}

static void send_line(int fd, const char *line, enum how how)
{
	size_t len = strlen(line), cut = how == HALVES ? 5 : 2, i;

	/* What cannot be sent any more shows in what is read. */
	if (how == BYTES) {
		for (i = 0; i < len; i++)
			send(fd, line + i, 1, MSG_NOSIGNAL);
	} else if (how == HALVES || how == IN_VERB) {
		send(fd, line, cut, MSG_NOSIGNAL);
		send(fd, line + cut, len - cut, MSG_NOSIGNAL);
	} else {
		send(fd, line, len, MSG_NOSIGNAL);
	}
}

/* From a port of its own, so that the wire treats it alike in each run. */
static int dial(bool is_ip6, unsigned int port, unsigned int is)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct timeval t = { 60 * wire_patience(), 0 };
	int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), one = 1, three = 3;

	if (bind(fd, is_ip6 ? (void *)&a6 : (void *)&a4, is_ip6 ? sizeof(a6) : sizeof(a4)))
		return -1;
	a4.sin_port = a6.sin6_port = htons(25);
	frame_addr(AF_INET, WIRE_HIGH4, &a4.sin_addr);
	frame_addr(AF_INET6, WIRE_HIGH6, &a6.sin6_addr);
	if (!(is & NAGLE))
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (is & TINY)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one));
	if (is & KEEP) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &three, sizeof(three));
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	if (connect(fd, is_ip6 ? (void *)&a6 : (void *)&a4, is_ip6 ? sizeof(a6) : sizeof(a4))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void send_together(int fd, const char *const *lines)
{
	char all[1024] = "";

	for (; *lines; lines++)
		strcat(all, *lines);
	send_line(fd, all, WHOLE);
}

void visit(const struct visit *v, bool is_ip6, unsigned int port, int wait, int wait_banner,
	   struct result *r)
{
	const char *const *line = v->lines;
	double start = relay_now();
	int fd = dial(is_ip6, port, v->is);
	bool is_on = fd >= 0;

	if (!is_on) {
		add(r, "REFUSED");
		return;
	}
	if (v->is & FIN_FIRST)
		shutdown(fd, SHUT_WR);
	if (v->is & EARLY && *line)
		send_line(fd, *line++, v->how);
	/* A banner that has not come soon is lost. */
	if (!(v->is & LAZY))
		is_on = read_reply(fd, r, wait < wait_banner ? wait : wait_banner);
	if (is_on && v->is & EARLY)
		is_on = read_reply(fd, r, wait);
	if (is_on && v->is & KEEP)
		sleep(5); /* the time is the test */
	if (v->how == TOGETHER)
		send_together(fd, line);
	for (; *line && is_on; line++) {
		if (v->how != TOGETHER)
			send_line(fd, *line, v->how);
		if (v->is & FIN_LAST && (!line[1] || v->how == TOGETHER))
			shutdown(fd, SHUT_WR);
		if (!(v->is & LAZY))
			is_on = read_reply(fd, r, wait);
	}
	while (is_on)
		is_on = read_reply(fd, r, wait);
	close(fd);
	r->seconds = relay_now() - start;
}
