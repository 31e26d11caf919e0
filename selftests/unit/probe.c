// SPDX-License-Identifier: GPL-2.0-only
/*
 * What "nolist-xdp test" makes of a server's replies, whatever the server sends; and its made-up
 * frames, against those of the tests' own builder. A server that could hang it, or write to
 * the terminal, would be worse than one that is down.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "selftests/lib/frame.h"
#include "selftests/lib/tap.h"
#include "user/probe/probe.h"
#include "user/probe/packet.h"
#include "user/probe/smtp.h"

#define SOON_MS 200

/* A server that sends this and then closes, or (is_open) is silent. */
static int reply_to(const char *bytes, size_t size, bool is_open, struct smtp_reply *r)
{
	int pair[2], error, big = 1 << 20;
	struct smtp s = {};

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		tap_die("socketpair");
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	if (write(pair[1], bytes, size) != (ssize_t)size)
		tap_die("write");
	if (!is_open)
		shutdown(pair[1], SHUT_WR);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	s.fd = pair[0];
	error = smtp_reply(&s, smtp_clock() + SOON_MS, r);
	close(pair[0]);
	close(pair[1]);
	return error;
}

static const struct {
	const char *name, *bytes;
	bool is_open;
	int error, code;
	const char *text;
} rows[] = {
	{ "one line", "220 mx ESMTP\r\n", true, 0, 220, "220 mx ESMTP" },
	{ "a code alone", "250\r\n", true, 0, 250, "250" },
	{ "no CR", "250 ok\n", true, 0, 250, "250 ok" },
	{ "several lines", "220-one\r\n220-two\r\n220 three\r\n", true, 0, 220, "220-one" },
	{ "the last line's code", "250-a\r\n554 b\r\n", true, 0, 554, "250-a" },
	{ "no end yet", "220-one\r\n220-two\r\n", true, -ETIMEDOUT, 0, "220-one" },
	{ "closed within it", "220-one\r\n", false, -ENODATA, 0, "220-one" },
	{ "half a line", "220 m", false, -ENODATA, 0, "220 m" },
	{ "nothing", "", true, -ETIMEDOUT, 0, "" },
	{ "closed", "", false, -ENODATA, 0, "" },
	{ "another protocol", "SSH-2.0-x\r\n", true, -EBADMSG, 0, "SSH-2.0-x" },
	{ "no code of SMTP", "999 x\r\n", true, -EBADMSG, 0, "999 x" },
	{ "a longer number", "2200 x\r\n", true, -EBADMSG, 0, "2200 x" },
	{ "what a terminal acts on", "220 \033[2J\b\x9b\xff\t|\r\n", true, 0, 220, "220 ?[2J?????" },
	{ "a long line",
	  "220 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
	  true, 0, 220, "220 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..." },
};

static void test_replies(void)
{
	struct smtp_reply r;
	size_t i;
	int error;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		error = reply_to(rows[i].bytes, strlen(rows[i].bytes), rows[i].is_open, &r);
		if (!tap_ok(error == rows[i].error && r.code == rows[i].code &&
				    !strcmp(r.text, rows[i].text),
			    "a reply: %s", rows[i].name))
			tap_diag("%d, %d, \"%s\"", error, r.code, r.text);
	}
}

/* More than any reply has, without an end. */
static void test_endless(void)
{
	static char bytes[100000];
	struct smtp_reply r;
	int line, lines;

	memset(bytes, 'a', sizeof(bytes));
	line = reply_to(bytes, sizeof(bytes), true, &r);
	for (size_t i = 0; i + 8 <= sizeof(bytes); i += 8)
		memcpy(bytes + i, "250-abc\n", 8);
	lines = reply_to(bytes, sizeof(bytes), true, &r);
	tap_ok(line == -EMSGSIZE && lines == -EMSGSIZE, "a line, and a reply, without end");
}

/* --- frames ----------------------------------------------------------------------------- */

static void mac_of(struct packet *s)
{
	static const unsigned char mac[6] = { 2, 1, 2, 3, 4, 5 };

	memcpy(s->to_mac, mac, 6);
}

/* The same frame as that of frame.h, but for what may differ: the whole is compared. */
static void same_frame(const char *from, const char *to, unsigned int flags, const char *data)
{
	static const unsigned char my_mac[6] = { 2, 0, 0, 0, 0, 8 };
	unsigned char options[16] = { 2, 4, 1220 >> 8, 1220 & 255 }, made[PACKET_MAX];
	static const unsigned char stamps[12] = { 1, 1, 8, 10, 0x11, 0x22, 0x33, 0x44, 5, 6, 7, 8 };
	struct packet s = { .sport = 1234, .dport = 25, .seq = 0x89abcdef, .ack = 0x12345678,
			     .flags = flags, .has_stamps = true, .tsval = 0x11223344,
			     .tsecr = 0x05060708, .data = data, .size = strlen(data) };
	size_t n = flags & PACKET_SYN ? 4 : 0, len;
	struct frame f;

	mac_of(&s);
	addr_parse(from, &s.from);
	addr_parse(to, &s.to);
	len = packet_make(&s, made);
	memcpy(options + n, stamps, sizeof(stamps));
	frame_start(&f, s.to_mac, my_mac);
	if (strchr(to, ':'))
		frame_ip6(&f, from, to);
	else
		frame_ip4(&f, from, to);
	frame_tcp(&f, 1234, 25, 0x89abcdef, 0x12345678, flags);
	frame_tcp_options(&f, options, n + sizeof(stamps));
	frame_data(&f, data, strlen(data));
	/* What no rule gives a value to. */
	if (!frame_is_ip6(&f)) {
		frame_ip4h(&f)->id = 0;
		frame_ip4h(&f)->frag_off = htons(0x4000);
		frame_ip4h(&f)->ttl = 64;
		frame_ip4h(&f)->tos = 0;
	} else {
		frame_ip6h(&f)->hop_limit = 64;
	}
	frame_tcph(&f)->window = htons(64240);
	frame_finish(&f);
	if (!tap_ok(len == f.len && !memcmp(made, f.b, len), "a frame to %s, flags %u, %zu bytes",
		    to, flags, strlen(data))) {
		frame_dump(stdout, "made", made, len);
		frame_dump(stdout, "wanted", f.b, f.len);
	}
}

/* What is read back is what was made, seen from the other end; and nothing else is read. */
static void test_reading(void)
{
	struct packet s = { .sport = 25, .dport = 1234, .seq = 7, .ack = 9,
			     .flags = PACKET_ACK | PACKET_PSH, .has_stamps = true, .tsval = 3,
			     .tsecr = 4, .data = "220 x\r\n", .size = 7 };
	struct packet mine = { .sport = 1234, .dport = 25 }, r, other;
	unsigned char frame[PACKET_MAX];
	unsigned int wrong = 0;
	size_t len, i;

	addr_parse("2001:db8::30", &s.from);
	addr_parse("100::8", &s.to);
	mine.to = s.from;
	mine.from = s.to;
	len = packet_make(&s, frame);
	tap_ok(packet_read(frame, len, &mine, &r) && r.seq == 7 && r.ack == 9 && r.tsval == 3 &&
		       r.tsecr == 4 && r.flags == s.flags && r.size == 7 &&
		       !memcmp(r.data, "220 x\r\n", 7),
	       "an answer is read");
	for (i = 0; i < len; i++)
		wrong += packet_read(frame, i, &mine, &r);
	other = mine;
	other.sport++;
	wrong += packet_read(frame, len, &other, &r);
	other = mine;
	other.to.b[15]++;
	wrong += packet_read(frame, len, &other, &r);
	tap_ok(!wrong, "none is that is cut, or another's");
}

/* --- evidence --------------------------------------------------------------------------- */

static void test_grown(void)
{
	struct probe_noted a = { .opens = 3, .data = 2, .hour = { [1] = 9, [2] = 10 },
				 .tempfailed = { [1] = 5, [2] = 1 }, .quit = { [1] = 5, [2] = 1 } };
	struct probe_noted b = a;

	tap_ok(!probe_grown(&a, &b), "what was noted before is no evidence of now");
	b.opens = 4;
	b.tempfailed[2] = 2;
	tap_ok(probe_grown(&a, &b) == (PROBE_CONTACT | PROBE_TEMPFAILED), "what came since is");
	b = a;
	b.hour[1] = 17; /* eight hours later */
	b.tempfailed[1] = b.quit[1] = 1;
	b.data = 3;
	tap_ok(probe_grown(&a, &b) == (PROBE_TEMPFAILED | PROBE_QUIT | PROBE_DATA),
	       "also in an hour that took the place of another");
}

/* Where another host made the test, nothing could be read before it. */
static void test_since(void)
{
	struct probe_noted n = { .opened_ns = 100, .data_ns = 99, .talked_ns = 100,
				 .hour = { [2] = 8, [3] = 9 }, .tempfailed = { [2] = 1, [3] = 1 },
				 .quit = { [2] = 1 } };

	tap_ok(probe_noted_since(100, &n) == (PROBE_CONTACT | PROBE_TEMPFAILED),
	       "what was noted since then, and a QUIT of the hour before is not");
	n.quit[3] = 1;
	n.data_ns = 100;
	tap_ok(probe_noted_since(100, &n) == (PROBE_CONTACT | PROBE_TEMPFAILED | PROBE_QUIT | PROBE_DATA),
	       "all of it");
	tap_ok(!probe_noted_since(101, &n), "what was noted before is not");
}

int main(void)
{
	test_replies();
	test_endless();
	same_frame("192.0.0.8", "192.0.2.10", PACKET_SYN, "");
	same_frame("192.0.0.8", "192.0.2.30", PACKET_ACK | PACKET_PSH, "EHLO x\r\n");
	same_frame("100::8", "2001:db8::10", PACKET_SYN, "");
	same_frame("100::8", "2001:db8::30", PACKET_ACK, "DATA\r\nx");
	test_reading();
	test_grown();
	test_since();
	return tap_done();
}
