// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the packet path takes for verified: data to the real MX on a connection that
 * the kernel holds as established. The connections here are real ones, over the
 * loopback device of a network namespace. What proves nothing must leave nothing:
 * an alibi that can be had for a stray segment is none.
 */
#define _GNU_SOURCE /* unshare() */

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include "selftests/lib/records.h"

#define DEADLINE_NS 5000000000ull

static int verified_of(const char *text, struct nolist_verified *r)
{
	struct nolist_source s = records_source(text);

	memset(r, 0, sizeof(*r));
	return !bpf_map_lookup_elem(prog.verified, &s, r);
}

/*
 * A forger's trace: counted, but no record is made for a guess. A SYN,ACK is none: it
 * answers a SYN that somebody else has sent in our name.
 */
static void bad_acks(void)
{
	static const struct row row = { "a guess",    NOLIST_HIGH_RST,    .src = "203.0.113.50",
					.dst = HIGH4, .flags = FRAME_ACK, .ack = 0x12345678,
					.data = 6 };
	static const struct row syn_ack = { "another's answer",
					    NOLIST_HIGH_RST,
					    .src = "203.0.113.50",
					    .dst = HIGH4,
					    .flags = FRAME_SYN | FRAME_ACK,
					    .ack = 0x12345678 };
	struct nolist_stats before = stats(), after;
	struct nolist_verified r;
	__u64 count = 0;
	int i;

	send_row(&row);
	send_row(&syn_ack);
	after = stats();
	for (i = 0; i < NOLIST_HOURS; i++)
		count += after.bad_acks[i].count - before.bad_acks[i].count;
	tap_ok(count == 1 && !verified_of(row.src, &r),
	       "a wrong acknowledgement at a high fake is counted and verifies nothing");
}

struct connection {
	int client, server;
	unsigned int sport;
};

/* Without timestamps only a greeting at the one exact number opens a record. */
static void greeting(void)
{
	struct row early = { "early",
			     NOLIST_HIGH_TEXT,
			     .src = "203.0.113.60",
			     .dst = HIGH4,
			     .flags = FRAME_ACK,
			     .acks = 1,
			     .say = "EHLO a\r\n",
			     .data = 8 };
	struct row greet = early;
	struct nolist_source src;
	struct nolist_verified r;
	struct span at;
	int is_early_verified, i, weak = 0, others = 0;

	greet.name = "a greeting";
	greet.acks = 1 + sizeof(ROW_BANNER) - 1;
	greet.text = NOLIST_REPLY(0, NOLIST_FRESH, NOLIST_V_GREET);
	send_row(&early);
	is_early_verified = verified_of(early.src, &r);
	at = send_later(&greet);
	verified_of(early.src, &r);
	for (i = 0; i < NOLIST_HOURS; i++) {
		weak += r.hour[i].n[NOLIST_EVENT_GREETED_WEAK];
		others += r.hour[i].n[NOLIST_EVENT_TEMPFAILED] +
			  r.hour[i].n[NOLIST_EVENT_TEMPFAILED_WEAK] +
			  r.hour[i].n[NOLIST_EVENT_QUIT];
	}
	tap_ok(!is_early_verified && r.hours == 1 && weak == 1 && !others &&
		       is_in(r.high_first_ns, at) && is_in(r.high_last_ns, at) && !r.real_data,
	       "a greeting at the one exact number is weak evidence, early talk is none");
	/* A counter that began anew would accuse or excuse without reason. */
	for (i = 0; i < NOLIST_HOURS; i++)
		r.hour[i].n[NOLIST_EVENT_GREETED_WEAK] *= 0xffff;
	src = records_source(early.src);
	if (bpf_map_update_elem(prog.verified, &src, &r, BPF_ANY))
		tap_die(early.src);
	send_row(&greet);
	verified_of(early.src, &r);
	for (i = 0, weak = 0; i < NOLIST_HOURS; i++)
		weak += r.hour[i].n[NOLIST_EVENT_GREETED_WEAK];
	tap_ok(weak == 0xffff, "a full counter stays full");
}

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
	__u64 start = prog_clock();
	char byte;

	shutdown(c->client, SHUT_WR);
	while (recv(c->server, &byte, 1, MSG_DONTWAIT) < 0)
		if (prog_clock() - start > DEADLINE_NS)
			tap_die("no FIN");
}

/* Data to the real MX from a port: how many connections are verified afterwards? */
static __u32 data_from(const char *key, const char *from, const char *to, unsigned int sport,
		       size_t data, struct span *when)
{
	struct row r = { "data",      NOLIST_PASS_REAL, .src = from,
			 .dst = to,   .sport = sport,   .flags = FRAME_ACK | FRAME_PSH,
			 .data = data };
	struct nolist_verified verified;

	*when = send_later(&r);
	verified_of(key, &verified);
	return verified.real_data;
}

/* What verifies nothing: no data, another port, another source, a listener, half a connection. */
static void not_verified(const char *key, const char *from, const char *other, const char *to,
			 struct connection *c)
{
	struct nolist_verified r;
	unsigned int wrong = 0;
	struct span at;

	wrong += data_from(key, from, to, c[0].sport, 0, &at) != 0;
	wrong += data_from(key, from, to, c[0].sport ^ 1, 5, &at) != 0;
	wrong += data_from(other, other, to, c[0].sport, 5, &at) != 0;
	close_half(&c[2]);
	wrong += data_from(key, from, to, c[2].sport, 5, &at) != 0;
	tap_ok(!wrong && !verified_of(key, &r) && !verified_of(other, &r) &&
		       !sources_in(prog.verified),
	       "%s: no data, or none on an established connection, verifies nothing", key);
}

static void verified(const char *key, const char *from, const char *to, struct connection *c)
{
	struct nolist_verified r;
	struct span first, more, last;
	__u32 one, again, two;

	one = data_from(key, from, to, c[0].sport, 5, &first);
	verified_of(key, &r);
	tap_ok(one == 1 && is_in(r.real_first_ns, first) && is_in(r.real_last_ns, first) &&
		       ntohs(r.real_port) == c[0].sport,
	       "%s: data on an established connection is verified", key);
	again = data_from(key, from, to, c[0].sport, 1000, &more);
	two = data_from(key, from, to, c[1].sport, 5, &last);
	verified_of(key, &r);
	if (!tap_ok(again == 1 && two == 2 && is_in(r.real_first_ns, first) &&
			    is_in(r.real_last_ns, last) && ntohs(r.real_port) == c[1].sport,
		    "%s: more data is the same connection, another port is another", key))
		tap_diag("%u, %u, from %llu to %llu", again, two, r.real_first_ns, r.real_last_ns);
	tap_ok(!r.high_first_ns && !r.high_last_ns && !r.hours && !r.bad_acks,
	       "%s: it says nothing about the high fakes", key);
}

/* SYNs of strangers, which may be forged, say nothing of the real MX' health. */
static void health(const char *key, const char *from, const char *other, const char *to)
{
	struct row known = { "a known sender", NOLIST_PASS_REAL, .src = from, .dst = to,
			     .flags = FRAME_SYN };
	struct row stranger = { "a stranger", NOLIST_PASS_REAL, .src = other, .dst = to,
				.flags = FRAME_SYN };
	struct nolist_source s = records_source(other);
	int family = !!strchr(to, ':');
	struct nolist_real sum = stats().real[family][0];

	send_row(&stranger);
	send_row(&known);
	tap_ok(sum.data == 2 && !sum.opens, "%s: two connections carried data in this hour", key);
	sum = stats().real[family][0];
	tap_ok(sum.data == 2 && sum.opens == 1,
	       "%s: a known sender's SYN is counted, a stranger's not", key);
	s = records_source(other);
	bpf_map_delete_elem(prog.contacts, &s);
	s = records_source(key);
	bpf_map_delete_elem(prog.contacts, &s);
}

/* A connection that goes on is asked for once an hour: is it still established? */
static void hours_later(const char *key, const char *from, const char *to, unsigned int sport)
{
	struct nolist_source s = records_source(key);
	struct nolist_verified r;
	__u32 count, before, after;
	struct span at;

	verified_of(key, &r);
	count = r.real_data;
	r.real_last_ns -= NOLIST_HOUR_NS - 60000000000ull;
	bpf_map_update_elem(prog.verified, &s, &r, BPF_ANY);
	before = data_from(key, from, to, sport, 5, &at);
	r.real_last_ns -= 60000000000ull;
	bpf_map_update_elem(prog.verified, &s, &r, BPF_ANY);
	after = data_from(key, from, to, sport, 5, &at);
	verified_of(key, &r);
	if (!tap_ok(before == count && after == count + 1 && is_in(r.real_last_ns, at),
		    "%s: data of a connection is verified again after an hour, not before", key))
		tap_diag("%u, then %u, then %u", count, before, after);
}

/* With the source among those of tests, or without it. */
static void configure_tests(const char *key)
{
	struct nolist_config *c = row_conf();
	struct nolist_source s;

	if (key) {
		s = records_source(key);
		c->test[NOLIST_TEST_MAX - 1] = nolist_test_of(s.addr.q[0], s.addr.q[1]);
	}
	prog_configure(&prog, c);
	free(c);
}

/* A test that comes every minute must not make a real MX seem healthy, nor seem usual. */
static void tests_are_not_health(const char *key, const char *from, const char *to,
				 unsigned int sport)
{
	struct row syn = { "a test's SYN", NOLIST_PASS_REAL, .src = from, .dst = to,
			   .flags = FRAME_SYN };
	struct nolist_source s = records_source(key);
	int family = !!strchr(to, ':');
	struct nolist_real before = stats().real[family][0], after;
	struct nolist_verified r;
	__u32 count;
	struct span at;

	verified_of(key, &r);
	count = r.real_data;
	r.real_last_ns -= NOLIST_HOUR_NS;
	bpf_map_update_elem(prog.verified, &s, &r, BPF_ANY);
	configure_tests(key);
	count = data_from(key, from, to, sport, 5, &at) - count;
	send_row(&syn);
	configure_tests(NULL);
	after = stats().real[family][0];
	tap_ok(count == 1 && after.data == before.data && after.opens == before.opens,
	       "%s: a source of tests is noted, and says nothing of the real MX's health", key);
	bpf_map_delete_elem(prog.contacts, &s);
}

#define MINUTE 60000000000ull

/* The walk of a source: a SYN to the low fake, so long ago, then data of a connection. */
static struct nolist_verified walk(const char *key, const char *from, const char *to,
				   unsigned int sport, __u64 ago, struct span *at)
{
	struct nolist_source s = records_source(key);
	struct row low = { "low", NOLIST_LOW_RST_ACK, .src = from,
			   .dst = strchr(to, ':') ? LOW6 : LOW4, .flags = FRAME_SYN };
	struct nolist_contacts c;
	struct nolist_verified r;

	bpf_map_delete_elem(prog.contacts, &s);
	send_row(&low);
	if (bpf_map_lookup_elem(prog.contacts, &s, &c))
		tap_die("no contact");
	c.low.last_ns -= ago;
	bpf_map_update_elem(prog.contacts, &s, &c, BPF_ANY);
	data_from(key, from, to, sport, 5, at);
	verified_of(key, &r);
	return r;
}

/* As if its walks and visits had been so long ago; its next data are of another connection. */
static void age(const char *key, __u64 ns)
{
	struct nolist_source s = records_source(key);
	struct nolist_verified r;

	verified_of(key, &r);
	r.walk.last_ns -= r.walk.last_ns ? ns : 0;
	r.visit.last_ns -= ns;
	r.real_port = 0;
	bpf_map_update_elem(prog.verified, &s, &r, BPF_ANY);
}

/* Of connection 1; connection 2 is closed by half. */
static void walks(const char *key, const char *from, const char *to, struct connection *c)
{
	struct nolist_source s = records_source(key);
	struct nolist_verified r;
	struct span first, at;

	bpf_map_delete_elem(prog.verified, &s);
	r = walk(key, from, to, c[2].sport, 0, &at);
	tap_ok(!r.walks && !r.real_data && !verified_of(key, &r),
	       "%s: a SYN to low, and data on no connection, are no walk", key);
	r = walk(key, from, to, c[1].sport, 11 * MINUTE, &first);
	tap_ok(r.real_data == 1 && !r.walks && !r.walk.last_ns && is_in(r.visit.last_ns, first) &&
		       !r.visit.prev_ns,
	       "%s: data later than ten minutes after low are a visit, and no walk", key);
	age(key, 0);
	r = walk(key, from, to, c[1].sport, 9 * MINUTE, &first);
	tap_ok(r.walks == 1 && is_in(r.walk.last_ns, first) && !r.walk.prev_ns && !r.visit.prev_ns,
	       "%s: within ten minutes they are a walk", key);
	age(key, 14 * MINUTE);
	r = walk(key, from, to, c[1].sport, 0, &at);
	tap_ok(r.real_data == 3 && r.walks == 1 && !r.walk.prev_ns,
	       "%s: a walk within 15 minutes of the last one does not count", key);
	age(key, 2 * MINUTE);
	first.from = r.walk.last_ns - 2 * MINUTE;
	r = walk(key, from, to, c[1].sport, 0, &at);
	tap_ok(r.walks == 2 && r.walk.prev_ns == first.from && is_in(r.walk.last_ns, at) &&
		       r.visit.prev_ns && is_in(r.visit.last_ns, at),
	       "%s: after them it does, and the one before is kept", key);
	bpf_map_delete_elem(prog.contacts, &s);
}

static void whole_rows(const char *key, const char *from, const char *other, const char *to)
{
	int listener = listen_at(to), i;
	__u64 before = stats().verified_new;
	struct nolist_source s = records_source(key);
	struct connection c[3];

	for (i = 0; i < 3; i++)
		c[i] = connect_from(from, to, listener);
	not_verified(key, from, other, to, c);
	verified(key, from, to, c);
	tap_ok(stats().verified_new == before + 1 && sources_in(prog.verified) == 1 &&
		       stats().verified_lost == 0,
	       "%s: one source was added, none was lost", key);
	health(key, from, other, to);
	hours_later(key, from, to, c[1].sport);
	tests_are_not_health(key, from, to, c[1].sport);
	if (prog_clock() > 20 * MINUTE)
		walks(key, from, to, c);
	else
		tap_skip("walks", "this machine has just started");
	bpf_map_delete_elem(prog.verified, &s);
	for (i = 0; i < 3; i++) {
		close(c[i].client);
		close(c[i].server);
	}
	close(listener);
}

int main(void)
{
	tap_need_root();
	if (unshare(CLONE_NEWNET) || system("ip -b - <<-E\n"
					    "link set lo up\n"
					    "addr add " REAL4 "/32 dev lo\n"
					    "addr add " CLIENT4 "/32 dev lo\n"
					    "addr add " REAL6 "/128 dev lo nodad\n"
					    "addr add " CLIENT6 "/128 dev lo nodad\n"
					    "E"))
		tap_die("a network namespace with addresses");
	records_begin();
	whole_rows(CLIENT4, CLIENT4, "203.0.113.8", REAL4);
	whole_rows("2001:db8:77:1::", CLIENT6, "2001:db8:77:2::", REAL6);
	bad_acks();
	greeting();
	return records_end();
}
