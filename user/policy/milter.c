// SPDX-License-Identifier: GPL-2.0-only
/*
 * docs/licences.md tells why this is not libmilter. Numbers are in network byte order. What a mail server
 * may leave out, or need no reply for, is agreed on at the beginning of each connection.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "user/policy/milter.h"

#define VERSION_MIN 2
#define VERSION_MAX 6
#define ACTION_ADD_HEADERS 0x1
/* What is not to be sent, and what needs no reply. */
#define NO_BODY 0x10
#define NO_HEADERS 0x20
#define NO_END_OF_HEADERS 0x40
#define NO_UNKNOWN 0x100
#define NO_DATA 0x200
#define SILENT_CONNECT 0x1000
#define SILENT_HELO 0x2000
#define SILENT_MAIL 0x4000
#define WANTED (NO_BODY | NO_HEADERS | NO_END_OF_HEADERS | NO_UNKNOWN | NO_DATA | SILENT_CONNECT | \
		SILENT_HELO | SILENT_MAIL)

#define HEADER "X-Nolist"

/* --- replies --------------------------------------------------------------------- */

static void put(struct milter_reply *reply, char what, const void *data, size_t size)
{
	uint32_t length = htonl(1 + size);
	char *to = reply->bytes + reply->size;

	memcpy(to, &length, sizeof(length));
	to[sizeof(length)] = what;
	memcpy(to + sizeof(length) + 1, data, size);
	reply->size += sizeof(length) + 1 + size;
}

static void go_on(struct milter_reply *reply)
{
	put(reply, 'c', "", 0);
}

/* As the first header. */
static void put_header(struct milter_reply *reply, const char *value)
{
	char data[4 + sizeof(HEADER) + ANSWER_MAX] = {};

	memcpy(data + 4, HEADER, sizeof(HEADER));
	strcpy(data + 4 + sizeof(HEADER), value);
	put(reply, 'i', data, 4 + sizeof(HEADER) + strlen(value) + 1);
}

/* The text behind a word, without the end of its line; NULL: the answer is another one. */
static const char *text_behind(const char *answer, const char *word, char text[ANSWER_MAX])
{
	size_t size = strlen(word);

	if (strncmp(answer, word, size))
		return NULL;
	snprintf(text, ANSWER_MAX, "%.*s", (int)strcspn(answer + size, "\n"), answer + size);
	return text;
}

void milter_answer(struct milter *m, const char *answer, struct milter_reply *reply)
{
	char text[ANSWER_MAX], line[ANSWER_MAX + 16];

	reply->size = 0;
	if (text_behind(answer, "action=DEFER_IF_PERMIT ", text)) {
		put(reply, 'y', line, snprintf(line, sizeof(line), "450 4.7.1 %s", text) + 1);
		return;
	}
	if (text_behind(answer, "action=PREPEND " HEADER ": ", text))
		strcpy(m->header, text);
	go_on(reply);
}

/* --- commands -------------------------------------------------------------------- */

static enum milter_state agree(struct milter *m, struct milter_reply *reply)
{
	uint32_t offer[3];

	if (m->size < sizeof(offer))
		return MILTER_BAD;
	memcpy(offer, m->data, sizeof(offer));
	if (ntohl(offer[0]) < VERSION_MIN)
		return MILTER_BAD;
	if (ntohl(offer[0]) > VERSION_MAX)
		offer[0] = htonl(VERSION_MAX);
	offer[1] &= htonl(ACTION_ADD_HEADERS);
	offer[2] &= htonl(WANTED);
	m->protocol = ntohl(offer[2]);
	m->is_agreed = true;
	put(reply, 'O', offer, sizeof(offer));
	return MILTER_DONE;
}

static const char *end_of(const struct milter *m)
{
	return m->data + (m->size < MILTER_KEPT ? m->size : MILTER_KEPT);
}

/* A further string of the data, after *at; NULL: there is none. What ends it is always there. */
static const char *next_string(const struct milter *m, const char **at)
{
	const char *text = *at;

	if (text >= end_of(m))
		return NULL;
	*at = text + strlen(text) + 1;
	return text;
}

/* Name, family, port, address. Of another family than the internet's there is no address. */
static void take_connect(struct milter *m)
{
	const char *at = m->data, *name = next_string(m, &at), *family = at, *address;
	uint16_t port;
	char text[8];

	request_start(&m->request);
	request_set(&m->request, "protocol_state", "RCPT");
	if (!name || family + 1 + sizeof(port) >= end_of(m) || (*family != '4' && *family != '6'))
		return;
	memcpy(&port, family + 1, sizeof(port));
	at = family + 1 + sizeof(port);
	address = next_string(m, &at);
	if (!address)
		return;
	request_set(&m->request, "client_address", strncmp(address, "IPv6:", 5) ? address : address + 5);
	snprintf(text, sizeof(text), "%u", ntohs(port));
	request_set(&m->request, "client_port", text);
	/* An address in brackets is no name. */
	request_set(&m->request, "reverse_client_name", *name == '[' ? "unknown" : name);
}

/* Of MAIL only: who has authenticated. */
static void take_macros(struct milter *m)
{
	const char *at = m->data + 1, *name, *value;

	if (*m->data != 'M')
		return;
	request_set(&m->request, "sasl_username", "");
	while ((name = next_string(m, &at)) && (value = next_string(m, &at)))
		if (!strcmp(name, "{auth_authen}"))
			request_set(&m->request, "sasl_username", value);
}

static void take_mail(struct milter *m)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", ++m->messages);
	request_set(&m->request, "instance", text);
	m->header[0] = '\0';
}

static enum milter_state take_recipient(struct milter *m)
{
	char *text = m->data + (*m->data == '<'), *end = strrchr(text, '>');

	if (end)
		*end = '\0';
	request_set(&m->request, "recipient", text);
	return MILTER_ASK;
}

/* At the end of a message; by then each of its recipients has its answer. */
static void end_message(struct milter *m, struct milter_reply *reply)
{
	if (m->header[0])
		put_header(reply, m->header);
	go_on(reply);
}

static enum milter_state take_command(struct milter *m, struct milter_reply *reply)
{
	char command = m->head[4];

	if (command == 'O')
		return agree(m, reply);
	if (!m->is_agreed)
		return MILTER_BAD;
	switch (command) {
	case 'D':
		take_macros(m);
		return MILTER_DONE;
	case 'A': /* the message is over; K: another client follows */
	case 'K':
		return MILTER_DONE;
	case 'C':
		take_connect(m);
		break;
	case 'H':
		request_set(&m->request, "helo_name", m->data);
		break;
	case 'M':
		take_mail(m);
		break;
	case 'R':
		return take_recipient(m);
	case 'E':
		end_message(m, reply);
		return MILTER_DONE;
	case 'B':
	case 'L':
	case 'N':
	case 'T':
	case 'U':
		break;
	default: /* Q, and what is none */
		return MILTER_BAD;
	}
	if (!(m->protocol & (command == 'C' ? SILENT_CONNECT : command == 'H' ? SILENT_HELO :
			     command == 'M' ? SILENT_MAIL : 0)))
		go_on(reply);
	return MILTER_DONE;
}

/* --- packets --------------------------------------------------------------------- */

/* Senders and messages are none of those: their bytes are passed over. */
static bool is_looked_at(char command)
{
	return strchr("OCDHR", command);
}

static size_t take_head(struct milter *m, const char *bytes, size_t size)
{
	size_t n = sizeof(m->head) - m->got < size ? sizeof(m->head) - m->got : size;

	memcpy(m->head + m->got, bytes, n);
	m->got += n;
	return n;
}

static size_t take_data(struct milter *m, const char *bytes, size_t size)
{
	size_t used = m->got - sizeof(m->head), kept;
	size_t n = m->size - used < size ? m->size - used : size;

	if (is_looked_at(m->head[4]) && used < MILTER_KEPT) {
		kept = n < MILTER_KEPT - used ? n : MILTER_KEPT - used;
		memcpy(m->data + used, bytes, kept);
		m->data[used + kept] = '\0';
	}
	m->got += n;
	return n;
}

enum milter_state milter_read(struct milter *m, const char *bytes, size_t size, size_t *taken,
			      struct milter_reply *reply)
{
	uint32_t length;

	reply->size = 0;
	*taken = 0;
	if (m->got < sizeof(m->head)) {
		*taken = take_head(m, bytes, size);
		if (m->got < sizeof(m->head))
			return MILTER_MORE;
		memcpy(&length, m->head, sizeof(length));
		m->size = ntohl(length) - 1;
		m->data[0] = '\0';
		if (m->size > MILTER_PACKET_MAX)
			return MILTER_BAD;
	}
	*taken += take_data(m, bytes + *taken, size - *taken);
	if (m->got < sizeof(m->head) + m->size)
		return MILTER_MORE;
	m->got = 0;
	return take_command(m, reply);
}
