// SPDX-License-Identifier: GPL-2.0-only
/*
 * The milter protocol: what sendmail and Postfix send, in pieces of any size, and what they are told, byte
 * by byte; old servers that leave nothing out; packets that are none. Why it matters: others choose
 * what is in it, and a reply too many or too few makes a mail server wait, or answer 451.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "selftests/lib/tap.h"
#include "user/policy/milter.h"

/* A packet of a string's bytes, behind what is there. */
#define ADD(text, size, packet) (size = add(text, size, packet, sizeof(packet) - 1))

static size_t add(char *text, size_t size, const char *packet, size_t length)
{
	uint32_t n = htonl(length);

	memcpy(text + size, &n, sizeof(n));
	memcpy(text + size + sizeof(n), packet, length);
	return size + sizeof(n) + length;
}

struct said {
	struct milter m;
	char asked[512];  /* a line for each recipient */
	char replies[512]; /* the commands of the replies */
	char last[MILTER_REPLY]; /* the last reply's data */
	size_t last_size;
	bool is_bad;
};

static const char *answer; /* to each recipient */

static void note_replies(struct said *s, const struct milter_reply *reply)
{
	const char *at = reply->bytes, *end = at + reply->size;
	uint32_t n;

	for (; at < end; at += sizeof(n) + ntohl(n)) {
		memcpy(&n, at, sizeof(n));
		strncat(s->replies, at + sizeof(n), 1);
		s->last_size = ntohl(n) - 1;
		if (at[sizeof(n)] != 'c')
			memcpy(s->last, at + sizeof(n) + 1, s->last_size);
	}
}

static void ask(struct said *s, struct milter_reply *reply)
{
	const struct request *r = &s->m.request;
	char addr[ADDR_TEXT] = "-";
	size_t used = strlen(s->asked);

	if (r->has_client)
		addr_text(&r->client, addr);
	snprintf(s->asked + used, sizeof(s->asked) - used, "%s %u%s%s%s%s%s\n", addr, r->port,
		 r->is_at_rcpt ? "" : " no-rcpt", r->is_authenticated ? " user" : "",
		 r->is_postmaster ? " postmaster" : "", r->is_helo_odd ? " helo" : "",
		 r->is_nameless ? " nameless" : "");
	milter_answer(&s->m, answer, reply);
}

/* Reads it in pieces of so many bytes. */
static void talk(struct said *s, const char *text, size_t size, size_t piece)
{
	struct milter_reply reply;
	enum milter_state is;
	size_t at, n;

	memset(s, 0, sizeof(*s));
	for (at = 0; at < size; at += n) {
		n = size - at < piece ? size - at : piece;
		is = milter_read(&s->m, text + at, n, &n, &reply);
		s->is_bad = is == MILTER_BAD;
		if (s->is_bad)
			return;
		if (is == MILTER_ASK)
			ask(s, &reply);
		note_replies(s, &reply);
	}
}

/* As sendmail 8.17 and Postfix 3.7 offer it: version 6, all actions, all of the protocol. */
#define OFFER_ALL "O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"
#define CONNECT "Cmx.example.net\0004\0\031203.0.113.7\0"
#define HELO "Hmx.example.net\0"

/* A session with two messages: of two recipients, and of an authenticated user. */
static size_t session(char *text, const char *offer, size_t offer_size)
{
	size_t size = add(text, 0, offer, offer_size);

	ADD(text, size, "DCj\0mx.example.com\0_\0x\0");
	ADD(text, size, CONNECT);
	ADD(text, size, HELO);
	ADD(text, size, "DMi\0004711\0");
	ADD(text, size, "M<a@a.example>\0SIZE=7\0");
	ADD(text, size, "R<joe@example.com>\0");
	ADD(text, size, "R<Postmaster@example.com>\0ORCPT=rfc822;x\0");
	return size;
}

static void test_session(void)
{
	static const char wanted[] = "203.0.113.7 25\n203.0.113.7 25 postmaster\n203.0.113.7 25 user\n203.0.113.7 25\n";
	char text[1024];
	size_t piece, wrong = 0, size = session(text, OFFER_ALL, sizeof(OFFER_ALL) - 1);
	struct said s;

	ADD(text, size, "E");
	ADD(text, size, "DM{auth_authen}\0joe\0");
	ADD(text, size, "M<a@a.example>\0");
	ADD(text, size, "R<joe@example.com>\0");
	ADD(text, size, "A");
	ADD(text, size, "DMi\0004712\0");
	ADD(text, size, "M<a@a.example>\0");
	ADD(text, size, "R<joe@example.com>\0");
	answer = "action=DUNNO\n\n";
	for (piece = 1; piece <= size; piece++) {
		talk(&s, text, size, piece);
		wrong += s.is_bad || strcmp(s.asked, wanted) || strcmp(s.replies, "Occccc");
	}
	if (!tap_ok(!wrong, "a session of two messages, in pieces of any size"))
		tap_diag("got '%s', asked: %s", s.replies, s.asked);
	talk(&s, text, sizeof(uint32_t) + sizeof(OFFER_ALL) - 1, 100);
	tap_ok(s.last_size == 12 && !memcmp(s.last, "\0\0\0\6\0\0\0\1\0\0\x73\x70", 12),
	       "no message is asked for, and no reply is needed but to recipients and ends");
}

static void test_answers(void)
{
	char text[1024];
	size_t size = session(text, OFFER_ALL, sizeof(OFFER_ALL) - 1), end;
	struct said s;

	answer = "action=DEFER_IF_PERMIT first contact: please try again\n\n";
	talk(&s, text, size, 1000);
	tap_ok(!strcmp(s.replies, "Oyy") && !strcmp(s.last, "450 4.7.1 first contact: please try again") &&
		       s.last_size == strlen(s.last) + 1,
	       "a deferral is 450 with its reason");
	answer = "action=PREPEND X-Nolist: mx.example.com; walked; score=-1.0\n\n";
	end = add(text, size, "E", 1);
	talk(&s, text, end, 1000);
	tap_ok(!strcmp(s.replies, "Occic") &&
		       !memcmp(s.last, "\0\0\0\0X-Nolist\0mx.example.com; walked; score=-1.0", 48),
	       "a header is added at the message's end, once");
	end = add(text, size, "A", 1);
	end = add(text, end, "M<b@b.example>\0", 15);
	end = add(text, end, "E", 1);
	talk(&s, text, end, 1000);
	tap_ok(!strcmp(s.replies, "Occc"), "but not to another message");
	answer = "action=WARN nolist-xdp would defer it\n\n";
	talk(&s, text, size, 1000);
	tap_ok(!strcmp(s.replies, "Occ"), "a warning changes nothing");
}

/* sendmail 8.12 knows two things that may be left out. */
static void test_old(void)
{
	static const char offer[] = "O\0\0\0\2\0\0\0\x3f\0\0\0\x30";
	char text[1024];
	size_t size = session(text, offer, sizeof(offer) - 1);
	struct said s;

	ADD(text, size, "N");
	ADD(text, size, "E");
	answer = "action=DUNNO\n\n";
	talk(&s, text, size, 1000);
	tap_ok(!s.is_bad && !strcmp(s.replies, "Occccccc"), "an older server gets a reply to each command");
	if (strcmp(s.replies, "Occccccc"))
		tap_diag("got '%s'", s.replies);
}

static const struct {
	const char *name, *packet;
	size_t size;
	const char *asked;
} connects[] = {
#define ROW(name, packet, asked) { name, packet, sizeof(packet) - 1, asked }
	ROW("IPv6, as sendmail has it", "Ca.example\0006\0\x19IPv6:2001:db8::7\0", "2001:db8::7 25"),
	ROW("IPv6, as others have it", "Ca.example\0006\0\x19" "2001:db8::7\0", "2001:db8::7 25"),
	ROW("no name", "C[203.0.113.7]\0004\0\x19" "203.0.113.7\0", "203.0.113.7 25 nameless"),
	ROW("none, as Postfix has it", "Cunknown\0004\0\x19" "203.0.113.7\0", "203.0.113.7 25 nameless"),
	ROW("a local client", "Clocalhost\0L\0\0/run/x\0", "- 0"),
	ROW("an unknown family", "Clocalhost\0U", "- 0"),
	ROW("no address", "Ca.example\0004\0\x19", "- 0"),
	ROW("half a port", "Ca.example\0004\0", "- 0"),
	ROW("a name alone", "Ca.example", "- 0"),
	ROW("nothing", "C", "- 0"),
	ROW("an address without its end", "Ca.example\0004\0\x19" "203.0.113.7", "203.0.113.7 25"),
};

static void test_connects(void)
{
	char text[1024], wanted[128];
	struct said s;
	size_t i, size;

	answer = "action=DUNNO\n\n";
	for (i = 0; i < sizeof(connects) / sizeof(*connects); i++) {
		size = add(text, 0, OFFER_ALL, sizeof(OFFER_ALL) - 1);
		/* Of the client before nothing is left. */
		ADD(text, size, "Cb.example\0004\0\x09" "198.51.100.200\0");
		ADD(text, size, "K");
		size = add(text, size, connects[i].packet, connects[i].size);
		ADD(text, size, "R<joe@example.com>\0");
		talk(&s, text, size, 1000);
		snprintf(wanted, sizeof(wanted), "%s\n", connects[i].asked);
		if (!tap_ok(!strcmp(s.asked, wanted), "%s: %s", connects[i].name, connects[i].asked))
			tap_diag("got '%s'", s.asked);
	}
}

static void test_bad(void)
{
	static char text[MILTER_PACKET_MAX + 1000];
	struct said s;
	size_t size, at;
	uint32_t n;

	answer = "action=DUNNO\n\n";
	talk(&s, "GET / HTTP/1.1\r\n\r\n", 18, 100);
	tap_ok(s.is_bad, "what is no milter's is left");
	talk(&s, "\0\0\0\0O", 5, 100);
	tap_ok(s.is_bad, "so is a packet of no size");
	size = 0;
	ADD(text, size, CONNECT);
	talk(&s, text, size, 100);
	tap_ok(s.is_bad, "and one before it is agreed what to send");
	size = add(text, 0, OFFER_ALL, 12);
	talk(&s, text, size, 100);
	tap_ok(s.is_bad, "and half an offer");
	size = add(text, 0, OFFER_ALL, sizeof(OFFER_ALL) - 1);
	ADD(text, size, "Z");
	talk(&s, text, size, 100);
	tap_ok(s.is_bad, "and an unknown command");

	/* A recipient of 200 kB, and one behind it. */
	size = add(text, 0, OFFER_ALL, sizeof(OFFER_ALL) - 1);
	ADD(text, size, CONNECT);
	n = htonl(200001);
	memcpy(text + size, &n, sizeof(n));
	at = size + sizeof(n);
	memset(text + at, 'x', 200001);
	text[at] = 'R';
	size = at + 200001;
	ADD(text, size, "R<joe@example.com>\0");
	talk(&s, text, size, 4096);
	tap_ok(!s.is_bad && !strcmp(s.replies, "Occ"), "a recipient of 200 kB is one, and the next is the next");
}

int main(void)
{
	test_session();
	test_answers();
	test_old();
	test_connects();
	test_bad();
	return tap_done();
}
