// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests an address with made-up frames, which are run through what is attached: they show the
 * program and its configuration, and nothing of the wire. Their sources are no host's, and
 * what is noted of them lists nobody and excuses nobody (base/test_source.h).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/test_source.h"
#include "user/kernel/kern.h"
#include "user/probe/probe.h"
#include "user/probe/packet.h"

#define TEXT 48 /* of a reply, for people */

/* A client that is made up. */
struct client {
	struct probe *p;
	int fd, ifindex;
	struct packet s;             /* what it sends next */
	unsigned char out[PACKET_MAX];
	struct packet answer;        /* points into out */
	char text[TEXT];              /* the text of the answer, without its end */
	int error;                    /* the kernel runs no frame */
};

static bool say(struct client *c, bool is_ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool say(struct client *c, bool is_ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->p->text, sizeof(c->p->text), fmt, ap);
	va_end(ap);
	c->p->is_ok = is_ok;
	return is_ok;
}

static void keep_text(struct client *c)
{
	size_t i;

	for (i = 0; i < c->answer.size && i + 1 < TEXT && c->answer.data[i] != '\r'; i++)
		c->text[i] = c->answer.data[i] >= ' ' && c->answer.data[i] <= '~' ?
				     c->answer.data[i] :
				     '?';
	c->text[i] = '\0';
	if (i + 1 == TEXT)
		strcpy(c->text + i - 3, "...");
}

/* Runs a frame with these flags and data; what became of it is an enum kern_tried, or -errno. */
static int run_frame(struct client *c, unsigned int flags, const char *data)
{
	unsigned char frame[PACKET_MAX];
	size_t len, out = sizeof(c->out);
	int tried;

	c->s.flags = flags;
	c->s.data = data;
	c->s.size = data ? strlen(data) : 0;
	len = packet_make(&c->s, frame);
	tried = kern_try(c->fd, c->ifindex, frame, len, c->out, &out);
	if (tried < 0) {
		c->error = tried;
		return tried;
	}
	if (tried == KERN_TRY_ANSWERED && !packet_read(c->out, out, &c->s, &c->answer))
		return KERN_TRY_OTHER;
	c->s.seq += c->s.size + !!(flags & PACKET_SYN);
	keep_text(c);
	return tried;
}

static const char *what_became(int tried)
{
	static const char *const words[] = {
		[KERN_TRY_PASSED] = "passes to the kernel",
		[KERN_TRY_ANSWERED] = "gets an odd answer",
		[KERN_TRY_DROPPED] = "is dropped",
		[KERN_TRY_OTHER] = "gets what is no answer",
	};

	return words[tried];
}

static void try_low(struct client *c)
{
	int tried = run_frame(c, PACKET_SYN, NULL);

	if (tried < 0)
		return;
	if (tried == KERN_TRY_ANSWERED && c->answer.flags == (PACKET_RST | PACKET_ACK) &&
	    c->answer.ack == c->s.seq)
		say(c, true, "a SYN gets a reset");
	else
		say(c, false, "a SYN %s, not a reset", what_became(tried));
}

/* Not a SYN: that would be noted as a contact with the real MX. */
static void try_real(struct client *c)
{
	int tried = run_frame(c, PACKET_ACK, NULL);

	if (tried < 0)
		return;
	if (tried == KERN_TRY_PASSED)
		say(c, true, "a segment passes");
	else
		say(c, false, "a segment %s: it has to pass", what_became(tried));
}

/* Acknowledges what came, and sends a line. True: a text came back. */
static bool talk(struct client *c, const char *line, const char *word)
{
	int tried;

	c->s.ack = c->answer.seq + c->answer.size + !!(c->answer.flags & PACKET_SYN);
	c->s.tsecr = c->answer.tsval;
	c->s.tsval++;
	tried = run_frame(c, PACKET_ACK | (line ? PACKET_PSH : 0), line);
	if (tried < 0)
		return false;
	if (tried == KERN_TRY_ANSWERED && c->answer.size > 3 && !(c->answer.flags & PACKET_RST))
		return true;
	return say(c, false, "%s %s, not a reply", word, what_became(tried));
}

/* The dialogue up to the 4xx. True: it came, and *word is what it answers. */
static bool talk_until_later(struct client *c, const char **word)
{
	char text[PROBE_RCPT], rcpt[PROBE_RCPT + 2];
	const char *const line[] = { NULL, "EHLO test.invalid\r\n", "MAIL FROM:<>\r\n", rcpt,
				     "DATA\r\n" };
	static const char *const words[] = { "the connection", "EHLO", "MAIL", "RCPT", "DATA" };
	size_t i;

	snprintf(rcpt, sizeof(rcpt), "%s\r\n", probe_rcpt(c->p, text));
	for (i = 0; i < sizeof(line) / sizeof(*line); i++) {
		*word = words[i];
		if (!talk(c, line[i], words[i]))
			return false;
		if (c->text[0] == '4')
			return true;
		if (c->text[0] != '2')
			break;
	}
	return say(c, false, "says \"%s\" to %s", c->text, *word);
}

static void try_high(struct client *c)
{
	char later[TEXT];
	const char *word;
	int tried = run_frame(c, PACKET_SYN, NULL);

	if (tried < 0)
		return;
	if (tried != KERN_TRY_ANSWERED || c->answer.flags != (PACKET_SYN | PACKET_ACK)) {
		say(c, false, "a SYN %s, not a SYN,ACK", what_became(tried));
		return;
	}
	if (!talk_until_later(c, &word))
		return;
	memcpy(later, c->text, sizeof(later));
	if (!strncmp(later, "421", 3)) {
		say(c, true, "\"%s\"", later);
		return;
	}
	if (!talk(c, "QUIT\r\n", "QUIT"))
		return;
	if (strncmp(c->text, "221", 3))
		say(c, false, "says \"%s\" to QUIT", c->text);
	else
		say(c, true, "\"%s\" to %s, \"%s\" to QUIT", later, word, c->text);
}

int probe_frames(struct probe *p, int fd, int ifindex, const unsigned char mac[6])
{
	struct client c = { .p = p, .fd = fd, .ifindex = ifindex };
	unsigned int mixed = kern_now_ns() / 1000000 + getpid();

	c.s = (struct packet){ .to = p->addr,
				.sport = 1024 + mixed % 30000, /* a SYN is never answered by a SYN */
				.dport = p->port,
				.seq = mixed * 2654435761u,
				.has_stamps = true,
				.tsval = mixed };
	memcpy(c.s.to_mac, mac, 6);
	addr_parse(addr_is_ip4(&p->addr) ? TEST_SOURCE_IP4 : TEST_SOURCE_IP6, &c.s.from);
	if (p->role == NOLIST_LOW)
		try_low(&c);
	else if (p->role == NOLIST_REAL)
		try_real(&c);
	else
		try_high(&c);
	return c.error;
}
