// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the packet path notes of a source: claims for segments that open a
 * connection and got their answer (or reached the real MX), proofs for data on
 * a connection that the kernel holds as established, which here are real ones,
 * over the loopback device of a network namespace. What proves nothing must
 * leave nothing: an alibi that can be had for a stray segment is none.
 */
#define _GNU_SOURCE /* unshare() */

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <time.h>
#include "selftests/row.h"
#include "selftests/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MD5 "\x13\x12\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"
#define DEADLINE_NS 5000000000ull

static struct prog prog;

/* --- reading the maps -------------------------------------------------------- */

static struct nolist_source source(const char *text)
{
	return (struct nolist_source){ .addr = prog_addr(text) };
}

static int claims_of(const char *text, struct nolist_claims *c)
{
	struct nolist_source s = source(text);

	memset(c, 0, sizeof(*c));
	return !bpf_map_lookup_elem(prog.claims, &s, c);
}

static int proofs_of(const char *text, struct nolist_proofs *r)
{
	struct nolist_source s = source(text);

	memset(r, 0, sizeof(*r));
	return !bpf_map_lookup_elem(prog.proofs, &s, r);
}

static unsigned int sources_in(int map)
{
	struct nolist_source key, next;
	unsigned int n;
	int err = bpf_map_get_next_key(map, NULL, &next);

	for (n = 0; !err; n++) {
		key = next;
		err = bpf_map_get_next_key(map, &key, &next);
	}
	return n;
}

/* All CPUs' counters as one. */
static struct nolist_stats stats(void)
{
	struct nolist_stats s[prog.cpus], sum = {};
	__u32 zero = 0;
	int i;

	if (bpf_map_lookup_elem(prog.stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	for (i = 0; i < prog.cpus; i++) {
		sum.claims_new += s[i].claims_new;
		sum.claims_lost += s[i].claims_lost;
		sum.proofs_new += s[i].proofs_new;
		sum.proofs_lost += s[i].proofs_lost;
	}
	return sum;
}

static struct nolist_mxstats mxstats(__u32 mx)
{
	struct nolist_mxstats m[prog.cpus], sum = {};
	int i;

	if (bpf_map_lookup_elem(prog.mxstats, &mx, m))
		tap_die(NOLIST_MAP_MXSTATS);
	for (i = 0; i < prog.cpus; i++) {
		sum.segments += m[i].segments;
		sum.opens += m[i].opens;
	}
	return sum;
}

/* abi.h: the one clock. */
static __u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* When a frame was sent. */
struct span {
	__u64 from, until;
};

static int is_in(__u64 ns, struct span s)
{
	return ns >= s.from && ns <= s.until;
}

static struct group sent;

static void send_row(const struct row *r)
{
	group_row(&sent, &prog, r);
}

/* Later than what was sent before, by the clock of the records. */
static struct span send_later(const struct row *r)
{
	__u64 start = clock_ns();
	struct span s;

	while ((s.from = clock_ns()) == start)
		;
	send_row(r);
	s.until = clock_ns();
	return s;
}

static int is_contact(const char *what, const struct nolist_contact *c, __u32 opens,
		      struct span first, struct span last)
{
	if (c->opens == opens && is_in(c->first_ns, first) && is_in(c->last_ns, last))
		return 1;
	tap_diag("%s: %u opens from %llu to %llu, wanted %u from %llu to %llu", what, c->opens,
		 c->first_ns, c->last_ns, opens, first.from, last.until);
	return 0;
}

static const struct span never;

/* --- claims ------------------------------------------------------------------ */

/* A source goes to the low fake, to the real MX, to the high fake and back to the low one. */
static void walk(const char *key, const char *from[4], const char *low, const char *real,
		 const char *high)
{
	struct row to_low = { "to low", NOLIST_LOW_RST_ACK, .src = from[0], .dst = low };
	struct row to_real = { "to real", NOLIST_PASS_REAL, .src = from[1], .dst = real };
	struct row to_high = { "to high", NOLIST_HIGH_RST_ACK, .src = from[2], .dst = high };
	unsigned int before = sources_in(prog.claims);
	struct nolist_claims c;
	struct span at[4];
	int is_new;

	is_new = !claims_of(key, &c);
	at[0] = send_later(&to_low);
	is_new &= claims_of(key, &c);
	tap_ok(is_new && is_contact("low", &c.low, 1, at[0], at[0]) &&
		       is_contact("real", &c.real, 0, never, never) &&
		       is_contact("high", &c.high, 0, never, never),
	       "%s: a first SYN to low makes the record", key);
	at[1] = send_later(&to_real);
	at[2] = send_later(&to_high);
	to_low.src = from[3];
	at[3] = send_later(&to_low);
	claims_of(key, &c);
	tap_ok(is_contact("low", &c.low, 2, at[0], at[3]) &&
		       is_contact("real", &c.real, 1, at[1], at[1]) &&
		       is_contact("high", &c.high, 1, at[2], at[2]),
	       "%s: each role has its opens and its times", key);
	tap_ok(sources_in(prog.claims) == before + 1, "%s: all in one record", key);
}

static void claims(void)
{
	static const char *same[] = { "203.0.113.20", "203.0.113.20", "203.0.113.20",
				      "203.0.113.20" };
	static const char *net64[] = { "2001:db8:20:1::1", "2001:db8:20:1::2",
				       "2001:db8:20:1:ffff:ffff:ffff:ffff", "2001:db8:20:1::" };
	static const struct row next64 = { "the next /64", NOLIST_LOW_RST_ACK,
					   .src = "2001:db8:20:2::1" };
	struct nolist_claims c;

	walk("203.0.113.20", same, LOW4, REAL4, HIGH4);
	walk("2001:db8:20:1::", net64, LOW6, REAL6, HIGH6);
	send_row(&next64);
	tap_ok(claims_of("2001:db8:20:2::", &c) && c.low.opens == 1,
	       "the next /64 is another source");
}

/* Of all flag bytes 32 have SYN, but neither ACK nor RST. */
static void only_opens(const char *from, const char *dst, __u32 mx)
{
	struct nolist_mxstats before = mxstats(mx), after;
	struct nolist_claims c;
	unsigned int flags, round, found = 0;

	/* First those that open nothing: they must not even leave a record. */
	for (round = 0; round < 2; round++) {
		for (flags = 0; flags < 256; flags++) {
			struct row r = { "flags", NOLIST_PASS_REAL, .src = from, .dst = dst,
					 .flags = flags ? flags : NO_FLAGS };
			int is_open = flags & FRAME_SYN && !(flags & (FRAME_ACK | FRAME_RST));

			if (strcmp(dst, REAL4))
				r.verdict = flags & FRAME_RST ? NOLIST_PASS_RESET
					    : flags & FRAME_ACK ? NOLIST_HIGH_RST
								: NOLIST_HIGH_RST_ACK;
			if (is_open == (int)round)
				send_row(&r);
		}
		if (!round)
			found = claims_of(from, &c);
	}
	claims_of(from, &c);
	after = mxstats(mx);
	if (!tap_ok(!found && c.low.opens == 0 && c.real.opens + c.high.opens == 32,
		    "%s: only segments that open a connection are claims", dst))
		tap_diag("%s, low %u real %u high %u", found ? "found too early" : "", c.low.opens,
			 c.real.opens, c.high.opens);
	if (!tap_ok(after.segments - before.segments == 256 && after.opens - before.opens == 32,
		    "%s: its counters have 256 segments, 32 opens", dst))
		tap_diag("%llu segments, %llu opens", after.segments - before.segments,
			 after.opens - before.opens);
}

/* Nobody was answered, so nobody was there. */
static void unanswered(void)
{
	static const struct row rows[] = {
		{ "a wrong TCP checksum", NOLIST_PASS_CHECKSUM, .twist = twist_tcp_sum },
		{ "a wrong IP checksum, high", NOLIST_PASS_CHECKSUM, .twist = twist_ip_sum,
		  .dst = HIGH4 },
		{ "truncated", NOLIST_PASS_TRUNCATED, .twist = twist_len_1_over },
		{ "to a group", NOLIST_PASS_NOT_HOST, .twist = twist_to_group },
		{ "signed", NOLIST_PASS_TCP_OPTION, .opt = MD5, .opt_len = 18 },
		{ "a fragment", NOLIST_PASS_SHAPE, .twist = twist_more_fragments },
		{ "another port", NOLIST_PASS_OTHER, .dport = 26 },
		{ "another port of the real MX", NOLIST_PASS_OTHER, .dport = 587, .dst = REAL4 },
		{ "another address", NOLIST_PASS_OTHER, .dst = "192.0.2.99" },
		{ "an address of ours", NOLIST_PASS_OTHER, .dst = OWN4 },
	};
	unsigned int before = sources_in(prog.claims), wrong = 0;
	struct nolist_claims c;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct row r = rows[i];

		r.src = "203.0.113.40";
		send_row(&r);
		if (claims_of(r.src, &c)) {
			tap_diag("%s: left a claim", r.name);
			wrong++;
		}
	}
	tap_ok(!wrong && sources_in(prog.claims) == before, "what gets no answer claims nothing");
}

/* More sources than there is room for: each is answered, none is refused. */
static void full_table(void)
{
	struct nolist_stats before = stats(), after;
	struct nolist_claims c;
	unsigned int i, wrong = 0, kept;
	char src[64];

	for (i = 0; i < 2 * PROG_SOURCES && wrong < 3; i++) {
		struct row r = { "one of many", NOLIST_LOW_RST_ACK, .src = src };

		snprintf(src, sizeof(src), "198.18.%u.%u", i >> 8, i & 255);
		wrong += !row_check(&prog, &r);
		wrong += !claims_of(src, &c) || c.low.opens != 1;
	}
	after = stats();
	kept = sources_in(prog.claims);
	if (!tap_ok(!wrong && kept <= PROG_SOURCES && kept > PROG_SOURCES / 2 &&
			    after.claims_new - before.claims_new == 2 * PROG_SOURCES &&
			    after.claims_lost == before.claims_lost,
		    "a full table makes room and costs no answer"))
		tap_diag("%u kept, %llu new, %llu lost", kept, after.claims_new - before.claims_new,
			 after.claims_lost - before.claims_lost);
}

/* --- proofs ------------------------------------------------------------------ */

struct connection {
	int client, server;
	unsigned int sport;
};

static socklen_t sock_addr(struct sockaddr_storage *ss, const char *text, unsigned int port)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (strchr(text, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		frame_addr(AF_INET6, text, &in6->sin6_addr);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	frame_addr(AF_INET, text, &in->sin_addr);
	return sizeof(*in);
}

static int listen_at(const char *addr)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr(&ss, addr, 25);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&ss, len) || listen(fd, 8))
		tap_die(addr);
	return fd;
}

static struct connection connect_from(const char *from, const char *to, int listener)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr(&ss, from, 0);
	struct connection c = { .client = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	if (c.client < 0 || bind(c.client, (void *)&ss, len))
		tap_die(from);
	len = sock_addr(&ss, to, 25);
	if (connect(c.client, (void *)&ss, len))
		tap_die(to);
	c.server = accept(listener, NULL, NULL);
	len = sizeof(ss);
	if (c.server < 0 || getsockname(c.client, (void *)&ss, &len))
		tap_die("accept");
	c.sport = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return c;
}

/* Ends one half: the server's socket is no longer established, but still there. */
static void close_half(struct connection *c)
{
	__u64 start = clock_ns();
	char byte;

	shutdown(c->client, SHUT_WR);
	while (recv(c->server, &byte, 1, MSG_DONTWAIT) < 0)
		if (clock_ns() - start > DEADLINE_NS)
			tap_die("no FIN");
}

/* Data to the real MX from a port: how many connections are proven afterwards? */
static __u32 data_from(const char *key, const char *from, const char *to, unsigned int sport,
		       size_t data, struct span *when)
{
	struct row r = { "data", NOLIST_PASS_REAL, .src = from, .dst = to, .sport = sport,
			 .flags = FRAME_ACK | FRAME_PSH, .data = data };
	struct nolist_proofs proofs;

	*when = send_later(&r);
	proofs_of(key, &proofs);
	return proofs.real_data;
}

/* What proves nothing: no data, another port, another source, a listener, half a connection. */
static void unproven(const char *key, const char *from, const char *other, const char *to,
		     struct connection *c)
{
	struct nolist_proofs r;
	unsigned int wrong = 0;
	struct span at;

	wrong += data_from(key, from, to, c[0].sport, 0, &at) != 0;
	wrong += data_from(key, from, to, c[0].sport ^ 1, 5, &at) != 0;
	wrong += data_from(other, other, to, c[0].sport, 5, &at) != 0;
	close_half(&c[2]);
	wrong += data_from(key, from, to, c[2].sport, 5, &at) != 0;
	tap_ok(!wrong && !proofs_of(key, &r) && !proofs_of(other, &r) && !sources_in(prog.proofs),
	       "%s: no data, or none on an established connection, proves nothing", key);
}

static void proven(const char *key, const char *from, const char *to, struct connection *c)
{
	struct nolist_proofs r;
	struct span first, more, last;
	__u32 one, again, two;

	one = data_from(key, from, to, c[0].sport, 5, &first);
	proofs_of(key, &r);
	tap_ok(one == 1 && is_in(r.real_first_ns, first) && is_in(r.real_last_ns, first) &&
		       ntohs(r.real_port) == c[0].sport,
	       "%s: data on an established connection is proven", key);
	again = data_from(key, from, to, c[0].sport, 1000, &more);
	two = data_from(key, from, to, c[1].sport, 5, &last);
	proofs_of(key, &r);
	if (!tap_ok(again == 1 && two == 2 && is_in(r.real_first_ns, first) &&
			    is_in(r.real_last_ns, last) &&
			    ntohs(r.real_port) == c[1].sport,
		    "%s: more data is the same connection, another port is another", key))
		tap_diag("%u, %u, from %llu to %llu", again, two, r.real_first_ns, r.real_last_ns);
	tap_ok(!r.high_first_ns && !r.high_last_ns && !r.hours && !r.bad_acks,
	       "%s: it says nothing about the high fakes", key);
}

static void proofs(const char *key, const char *from, const char *other, const char *to)
{
	int listener = listen_at(to), i;
	__u64 before = stats().proofs_new;
	struct nolist_source s = source(key);
	struct connection c[3];

	for (i = 0; i < 3; i++)
		c[i] = connect_from(from, to, listener);
	unproven(key, from, other, to, c);
	proven(key, from, to, c);
	tap_ok(stats().proofs_new == before + 1 && sources_in(prog.proofs) == 1 &&
		       stats().proofs_lost == 0,
	       "%s: one source was added, none was lost", key);
	bpf_map_delete_elem(prog.proofs, &s);
	for (i = 0; i < 3; i++) {
		close(c[i].client);
		close(c[i].server);
	}
	close(listener);
}

int main(void)
{
	struct nolist_config *c;

	tap_need_root();
	if (unshare(CLONE_NEWNET) ||
	    system("ip -b - <<-E\n"
		   "link set lo up\n"
		   "addr add " REAL4 "/32 dev lo\n"
		   "addr add " CLIENT4 "/32 dev lo\n"
		   "addr add " REAL6 "/128 dev lo nodad\n"
		   "addr add " CLIENT6 "/128 dev lo nodad\n"
		   "E"))
		tap_die("a network namespace with addresses");
	prog_load(&prog, NULL);
	c = row_conf();
	prog_configure(&prog, c);
	free(c);
	claims();
	only_opens("203.0.113.30", REAL4, 2);
	only_opens("203.0.113.31", HIGH4, 4);
	unanswered();
	proofs(CLIENT4, CLIENT4, "203.0.113.8", REAL4);
	proofs("2001:db8:77:1::", CLIENT6, "2001:db8:77:2::", REAL6);
	group_done(&sent, "and each frame was answered or passed as it should");
	full_table();
	bpf_object__close(prog.object);
	return tap_done();
}
