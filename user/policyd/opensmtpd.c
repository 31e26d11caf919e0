// SPDX-License-Identifier: GPL-2.0-only
/*
 * smtpd waits for a filter's word with each recipient, and ends when its filter does: so a service that is
 * away or hangs costs two seconds in ten, in which all mail passes, and no line of smtpd's is an error. Each
 * session has a connection of its own with the service, since what that knows of a message goes by
 * connections.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/listen.h"
#include "user/base/log.h"
#include "user/policy/answer.h"
#include "user/policyd/opensmtpd.h"

#define SESSIONS 512
#define LINE 4096   /* bytes of a line of smtpd's; the rest is passed over */
#define VALUE 256   /* bytes of a value that the service looks at */
#define WAIT_S 2
#define AWAY_S 10

struct session {
	char id[24]; /* empty: free */
	int fd;      /* -1: not connected */
	unsigned int messages;
	unsigned int used; /* when, by a counter of lines */
	bool is_authenticated;
	char address[64], port[8], name[VALUE], helo[VALUE];
};

struct filter {
	const char *where;
	struct session session[SESSIONS];
	unsigned int lines;
	double version;  /* of the protocol */
	int64_t away;    /* until when the service is not asked, monotonic seconds */
};

/* --- sessions -------------------------------------------------------------------- */

static void end_session(struct session *s)
{
	if (s->id[0] && s->fd >= 0)
		close(s->fd);
	*s = (struct session){ .fd = -1 };
}

/* That of an id; NULL: there is none. */
static struct session *find_session(struct filter *f, const char *id)
{
	int i;

	for (i = 0; *id && i < SESSIONS; i++)
		if (!strcmp(f->session[i].id, id)) {
			f->session[i].used = f->lines;
			return &f->session[i];
		}
	return NULL;
}

/* In the place of the one that was quiet longest, where there is no other: of that one all passes. */
static struct session *new_session(struct filter *f, const char *id)
{
	struct session *s = &f->session[0];
	int i;

	for (i = 1; i < SESSIONS && s->id[0]; i++)
		if (!f->session[i].id[0] || f->session[i].used < s->used)
			s = &f->session[i];
	end_session(s);
	snprintf(s->id, sizeof(s->id), "%s", id);
	s->used = f->lines;
	return s;
}

/* --- asking the service ---------------------------------------------------------- */

static int64_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* What others have chosen, without what ends a line. */
static void put_value(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s=", name);
	for (; *value; value++)
		if ((unsigned char)*value >= ' ')
			fputc(*value, to);
	fputc('\n', to);
}

static size_t put_request(const struct session *s, const char *recipient, char *text, size_t size)
{
	FILE *to = fmemopen(text, size, "w");
	long length;

	if (!to)
		return 0;
	fprintf(to, "request=smtpd_access_policy\nprotocol_state=RCPT\ninstance=%s.%u\n", s->id, s->messages);
	put_value(to, "client_address", s->address);
	put_value(to, "client_port", s->port);
	put_value(to, "reverse_client_name", s->name);
	put_value(to, "helo_name", s->helo);
	put_value(to, "recipient", recipient);
	fprintf(to, "sasl_username=%s\n\n", s->is_authenticated ? "yes" : "");
	length = ftell(to);
	return fclose(to) || length < 0 ? 0 : length;
}

/* 0, or -errno: then there is no answer. */
static int read_answer(int fd, char text[ANSWER_MAX])
{
	size_t used = 0;
	ssize_t n;

	while (used < 2 || memcmp(text + used - 2, "\n\n", 2)) {
		n = recv(fd, text + used, ANSWER_MAX - 1 - used, 0);
		if (n <= 0)
			return n ? -errno : -EPIPE;
		used += n;
	}
	text[used] = '\0';
	return 0;
}

static int ask_once(struct filter *f, struct session *s, const char *request, size_t size,
		    char text[ANSWER_MAX])
{
	int error = s->fd < 0 ? connect_to(f->where, WAIT_S, &s->fd) : 0;

	if (error)
		return error;
	if (send(s->fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
		error = -EPIPE;
	if (!error)
		error = read_answer(s->fd, text);
	if (!error)
		return 0;
	close(s->fd);
	s->fd = -1;
	return error;
}

/* A connection that the service has closed is tried once more. */
static void ask(struct filter *f, struct session *s, const char *recipient, char text[ANSWER_MAX])
{
	char request[8 * VALUE];
	bool is_old = s->fd >= 0;
	size_t size = put_request(s, recipient, request, sizeof(request));
	int error;

	strcpy(text, ANSWER_PASS);
	if (!size || (f->away && monotonic() < f->away))
		return;
	error = ask_once(f, s, request, size, text);
	if (error == -EPIPE && is_old)
		error = ask_once(f, s, request, size, text);
	if (error) {
		strcpy(text, ANSWER_PASS);
		if (!f->away)
			err(error, "no answer from '%s': all mail passes", f->where);
		f->away = monotonic() + AWAY_S;
	} else if (f->away) {
		info("answers come again from '%s'", f->where);
		f->away = 0;
	}
}

/* --- lines of smtpd -------------------------------------------------------------- */

/* The field up to the next '|', which *at goes behind; the last one may have some in it. */
static char *field(char **at)
{
	char *text = *at, *end = strchr(text, '|');

	*at = end ? end + 1 : text + strlen(text);
	if (end)
		*end = '\0';
	return text;
}

/* The same from the end. */
static char *last_field(char *text)
{
	char *bar = strrchr(text, '|');

	if (!bar)
		return text + strlen(text);
	*bar = '\0';
	return bar + 1;
}

/* 192.0.2.7:25, [2001:db8::7]:25, or the path of a local client. */
static void take_address(struct session *s, char *src)
{
	char *colon = strrchr(src, ':'), *end;

	if (!colon)
		return;
	*colon = '\0';
	if (*src == '[') {
		src++;
		end = strchr(src, ']');
		if (end)
			*end = '\0';
	}
	if (!strncmp(src, "IPv6:", 5))
		src += 5;
	snprintf(s->address, sizeof(s->address), "%s", src);
	snprintf(s->port, sizeof(s->port), "%.7s", colon + 1);
}

/* NAME|whether it is confirmed|FROM|TO: the name is not ours to trust. */
static void on_connect(struct filter *f, const char *id, char *rest)
{
	struct session *s = new_session(f, id);

	last_field(rest);
	take_address(s, last_field(rest));
	last_field(rest);
	snprintf(s->name, sizeof(s->name), "%s", strchr(rest, '.') ? rest : "unknown");
}

static void on_report(struct filter *f, const char *event, const char *id, char *rest)
{
	struct session *s = find_session(f, id);

	if (!strcmp(event, "link-connect")) {
		on_connect(f, id, rest);
	} else if (!s) {
		return;
	} else if (!strcmp(event, "link-identify")) {
		/* METHOD|NAME, in older ones NAME. */
		if (f->version >= 0.5)
			field(&rest);
		snprintf(s->helo, sizeof(s->helo), "%s", rest);
	} else if (!strcmp(event, "link-auth")) {
		/* RESULT|USER, in older ones USER|RESULT. */
		s->is_authenticated = !strcmp(f->version >= 0.7 ? field(&rest) : last_field(rest), "pass");
	} else if (!strcmp(event, "tx-begin")) {
		s->messages++;
	} else if (!strcmp(event, "link-disconnect")) {
		end_session(s);
	}
}

/* What smtpd is to do, of an answer as Postfix takes it. Each filter has its own line in smtpd's log. */
static void decide(struct filter *f, const char *id, const char *recipient, char verdict[ANSWER_MAX + 32])
{
	static const char defer[] = "action=DEFER_IF_PERMIT ", warning[] = "action=WARN ";
	struct session *s = find_session(f, id);
	char text[ANSWER_MAX];

	strcpy(verdict, "proceed");
	if (!s)
		return;
	ask(f, s, recipient, text);
	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(text, defer, strlen(defer)))
		snprintf(verdict, ANSWER_MAX + 32, "reject|450 4.7.1 %s", text + strlen(defer));
	else if (!strncmp(text, warning, strlen(warning)))
		info("%s: %s", s->address, text + strlen(warning));
}

static void on_filter(struct filter *f, const char *id, char *rest)
{
	const char *token = field(&rest);
	char verdict[ANSWER_MAX + 32];

	if (*rest == '<')
		rest++;
	rest[strcspn(rest, ">")] = '\0';
	decide(f, id, rest, verdict);
	printf("filter-result|%s|%s|%s\n", f->version < 0.5 ? token : id, f->version < 0.5 ? id : token, verdict);
}

static void on_line(struct filter *f, char *line)
{
	static const char *const events[] = { "report|smtp-in|link-connect", "report|smtp-in|link-identify",
		"report|smtp-in|link-auth", "report|smtp-in|tx-begin", "report|smtp-in|link-disconnect",
		"filter|smtp-in|rcpt-to" };
	const char *kind = field(&line), *event, *id;
	size_t i;

	f->lines++;
	if (!strcmp(kind, "config")) {
		for (i = 0; i < sizeof(events) / sizeof(*events) && !strcmp(line, "ready"); i++)
			printf("register|%s\n", events[i]);
		if (!strcmp(line, "ready"))
			printf("register|ready\n");
		return;
	}
	f->version = strtod(field(&line), NULL);
	field(&line); /* the time */
	field(&line); /* smtp-in */
	event = field(&line);
	id = field(&line);
	if (!strcmp(kind, "report"))
		on_report(f, event, id, line);
	else if (!strcmp(kind, "filter") && *line)
		on_filter(f, id, line);
}

/* False: it has ended. What is behind LINE bytes of a line is passed over. */
static bool read_line(char line[LINE])
{
	size_t size;
	int c;

	if (!fgets(line, LINE, stdin))
		return false;
	size = strlen(line);
	if (size && line[size - 1] == '\n')
		line[size - 1] = '\0';
	else
		while ((c = getchar()) != '\n' && c != EOF)
			;
	return true;
}

int opensmtpd_filter(const char *where)
{
	struct filter *f = calloc(1, sizeof(*f));
	char line[LINE];
	int i, fd;

	if (!f)
		return fail(-ENOMEM, "cannot start");
	/* The service may come later; a place that is none will not. */
	i = connect_to(where, WAIT_S, &fd);
	if (i == -EINVAL) {
		free(f);
		return i;
	}
	if (!i)
		close(fd);
	f->where = where;
	for (i = 0; i < SESSIONS; i++)
		f->session[i].fd = -1;
	while (read_line(line)) {
		on_line(f, line);
		if (fflush(stdout))
			break;
	}
	for (i = 0; i < SESSIONS; i++)
		end_session(&f->session[i]);
	free(f);
	return 0;
}
