// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the real MX what it offers, as a client on this host: a greeting, EHLO, QUIT. Where
 * users submit mail at port 25, a list that is enforced there refuses them as well.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/check/check.h"

#define REPLY_MAX 4096 /* bytes of a reply; a longer one is cut */

struct ask {
	int fd;
	int64_t end_ms;
	char reply[REPLY_MAX];
};

enum answer { ANSWER_NONE, ANSWER_REFUSED, ANSWER_PLAIN, ANSWER_TLS, ANSWER_AUTH };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* Waits until the socket is ready; false: the time is up. */
static bool wait_for(const struct ask *a, short events)
{
	struct pollfd p = { .fd = a->fd, .events = events };
	int64_t left = a->end_ms - now_ms();

	return left > 0 && poll(&p, 1, left) == 1;
}

static int open_to(struct ask *a, const struct nolist_addr *addr)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(NOLIST_SMTP_PORT) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(NOLIST_SMTP_PORT) };
	bool is_ip4 = addr_is_ip4(addr);
	socklen_t size = sizeof(int);
	int error = 0;

	memcpy(&to4.sin_addr, &addr->b[12], 4);
	memcpy(&to6.sin6_addr, addr, 16);
	a->fd = socket(is_ip4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd < 0)
		return -errno;
	if (!connect(a->fd, is_ip4 ? (void *)&to4 : (void *)&to6,
		     is_ip4 ? sizeof(to4) : sizeof(to6)))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (!wait_for(a, POLLOUT))
		return -ETIMEDOUT;
	return getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &size) ? -errno : -error;
}

/* Is the last line of the reply whole? Its fourth character is then a blank. */
static bool is_whole(const char *reply, size_t n)
{
	size_t at = n;

	if (n < 5 || reply[n - 1] != '\n')
		return false;
	for (at = n - 1; at && reply[at - 1] != '\n'; at--)
		;
	return n - at >= 5 && reply[at + 3] == ' ';
}

/* A reply of any number of lines: its code, or 0 when it did not come in time. */
static int read_reply(struct ask *a)
{
	size_t n = 0;
	ssize_t got;
	int code;

	while (n + 1 < sizeof(a->reply) && !is_whole(a->reply, n)) {
		if (!wait_for(a, POLLIN))
			return 0;
		got = recv(a->fd, a->reply + n, sizeof(a->reply) - 1 - n, 0);
		if (got <= 0)
			return 0;
		n += got;
	}
	a->reply[n] = '\0';
	return sscanf(a->reply, "%3d", &code) == 1 ? code : 0;
}

static bool offers(const struct ask *a, const char *word)
{
	const char *line = a->reply;
	size_t size = strlen(word);

	for (; line && strlen(line) > 4; line = strchr(line, '\n'), line += !!line)
		if (!strncasecmp(line + 4, word, size) && strchr(" =\r\n", line[4 + size]))
			return true;
	return false;
}

static void say(const struct ask *a, const char *text)
{
	(void)!send(a->fd, text, strlen(text), MSG_NOSIGNAL);
}

static enum answer talk(struct ask *a)
{
	if (read_reply(a) != 220)
		return ANSWER_NONE;
	say(a, "EHLO localhost.localdomain\r\n");
	if (read_reply(a) != 250)
		return ANSWER_NONE;
	say(a, "QUIT\r\n");
	return offers(a, "AUTH") ? ANSWER_AUTH : offers(a, "STARTTLS") ? ANSWER_TLS : ANSWER_PLAIN;
}

static enum answer ask(const struct nolist_addr *addr, int64_t end_ms)
{
	struct ask a = { .fd = -1, .end_ms = end_ms };
	int error = open_to(&a, addr);
	enum answer answer = error == -ECONNREFUSED ? ANSWER_REFUSED : ANSWER_NONE;

	if (!error) {
		answer = talk(&a);
		/* Until the server has read QUIT and closed: else it logs a lost connection. */
		if (answer != ANSWER_NONE)
			read_reply(&a);
	}
	if (a.fd >= 0)
		close(a.fd);
	return answer;
}

bool check_answers(const struct nolist_addr *addr, unsigned int ms)
{
	struct ask a = { .fd = -1, .end_ms = now_ms() + ms };
	int error = open_to(&a, addr);

	if (a.fd >= 0)
		close(a.fd);
	return !error;
}

static void report(struct findings *to, const struct conf_mx *mx, enum answer answer)
{
	char text[ADDR_TEXT];

	addr_text(&mx->addr, text);
	if (answer == ANSWER_AUTH) {
		find(to, GRADE_ERROR, "auth", text,
		     "%s: the real MX offers AUTH on port %d, and a list is enforced there: users who "
		     "submit mail at that port could be refused", mx->where, NOLIST_SMTP_PORT);
		find_hint(to, "postfix: postconf -P smtp/inet/smtpd_sasl_auth_enable=no; exim: "
			      "auth_advertise_hosts = ${if eq{$received_port}{25}{}{*}}; submission "
			      "is for ports 587 and 465");
	} else if (answer == ANSWER_NONE) {
		find(to, GRADE_NOTE, "auth", text,
		     "%s: the real MX did not answer EHLO in time: whether it offers AUTH on port %d, "
		     "where a list is enforced, is not known", mx->where, NOLIST_SMTP_PORT);
	} else if (answer == ANSWER_TLS) {
		find(to, GRADE_OK, "auth", text, "%s: the real MX offers no AUTH on port %d before "
		     "STARTTLS; what it offers after that is not checked", mx->where,
		     NOLIST_SMTP_PORT);
	} else if (answer == ANSWER_PLAIN) {
		find(to, GRADE_OK, "auth", text, "%s: the real MX offers no AUTH on port %d",
		     mx->where, NOLIST_SMTP_PORT);
	}
}

void check_auth(struct findings *to, const struct check_site *site)
{
	int64_t end_ms = now_ms() + site->ask_ms;
	int i;

	for (i = 0; i < site->conf->mxs && site->is_enforced && site->ask_ms; i++)
		if (site->conf->mx[i].role == NOLIST_REAL && check_is_local(&site->conf->mx[i].addr))
			report(to, &site->conf->mx[i], ask(&site->conf->mx[i].addr, end_ms));
}
