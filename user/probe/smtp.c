// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads replies and sends lines; see smtp.h.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/probe/smtp.h"

#define REPLY_MAX 65536 /* bytes of a reply, with all its lines: far more than any needs */

int64_t smtp_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* Waits until the socket can do that: 0 or -ETIMEDOUT. */
static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - smtp_clock();
		if (left < 0)
			return -ETIMEDOUT;
		n = poll(&p, 1, left);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

/* The next byte, or -errno. */
static int next_byte(struct smtp *s, int64_t deadline)
{
	ssize_t n;
	int error;

	while (s->from == s->to) {
		error = wait_for(s->fd, POLLIN, deadline);
		if (error)
			return error;
		n = read(s->fd, s->in, sizeof(s->in));
		if (!n)
			return -ENODATA;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		s->from = 0;
		s->to = n < 0 ? 0 : n;
	}
	return (unsigned char)s->in[s->from++];
}

/* One line, of which only the first bytes are kept. *left: how many bytes it may have. */
static int read_line(struct smtp *s, int64_t deadline, char line[SMTP_TEXT], size_t *left)
{
	size_t n = 0;
	int c;

	line[0] = '\0';
	while ((c = next_byte(s, deadline)) >= 0 && c != '\n') {
		if (!*left)
			return -EMSGSIZE;
		--*left;
		if (c == '\r')
			continue;
		if (n + 1 >= SMTP_TEXT) {
			strcpy(line + SMTP_TEXT - 4, "...");
			continue;
		}
		/* To monitoring '|' is where numbers begin. */
		line[n++] = c >= ' ' && c <= '~' && c != '|' ? c : '?';
		line[n] = '\0';
	}
	return c < 0 ? c : 0;
}

static bool is_reply(const char *line)
{
	return line[0] >= '2' && line[0] <= '5' && isdigit((unsigned char)line[1]) &&
	       isdigit((unsigned char)line[2]) && (!line[3] || line[3] == ' ' || line[3] == '-');
}

int smtp_reply(struct smtp *s, int64_t deadline, struct smtp_reply *r)
{
	char line[SMTP_TEXT];
	size_t left = REPLY_MAX;
	int error;

	*r = (struct smtp_reply){};
	do {
		error = read_line(s, deadline, line, &left);
		if (!*r->text)
			memcpy(r->text, line, sizeof(line));
		if (error)
			return error;
		if (!is_reply(line))
			return -EBADMSG;
		s->has_tls |= !strncmp(line, "250", 3) && line[3] && !strcasecmp(line + 4, "STARTTLS");
	} while (line[3] == '-');
	/* The last line has the code that counts (RFC 5321 4.2.1: all have the same). */
	r->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
	return 0;
}

static int send_all(int fd, const char *bytes, size_t size, int64_t deadline)
{
	ssize_t n;
	int error;

	while (size) {
		n = send(fd, bytes, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			error = wait_for(fd, POLLOUT, deadline);
			if (error)
				return error;
			continue;
		}
		if (n < 0 && errno != EINTR)
			return -errno;
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? n : 0;
	}
	return 0;
}

int smtp_say(struct smtp *s, const char *line, int64_t deadline, struct smtp_reply *r)
{
	char bytes[256];
	int size = snprintf(bytes, sizeof(bytes), "%s\r\n", line), error;

	*r = (struct smtp_reply){};
	if (size >= (int)sizeof(bytes))
		return -EINVAL;
	error = send_all(s->fd, bytes, size, deadline);
	return error ? error : smtp_reply(s, deadline, r);
}

const char *smtp_error(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return "no reply";
	case -ENODATA:
		return "the other side closed the connection";
	case -EBADMSG:
		return "no reply of SMTP";
	case -EMSGSIZE:
		return "a reply without end";
	default:
		return strerror(-error);
	}
}
