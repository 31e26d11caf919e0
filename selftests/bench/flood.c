// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real clients in a flood: of each 100 segments that reach the packet path, one is of a
 * client with a real socket, 99 are forged, from sources that never repeat: SYNs to the
 * low fake, to the real MX and to the high fake, and guesses at acknowledgements. Each
 * client is refused by the low fake, sends data to the real MX, and is told "later" by
 * the high fake, and comes again to the low fake; half of them over IPv6, half without
 * timestamps, half without QUIT. How much of their evidence has been noted?
 * Asked of those who came to the end: then all of their segments have reached the program.
 *
 * usage: flood rounds clients prefix name=object...
 * Both ends are in PREFIX-flood-a and PREFIX-flood-b (run.sh makes them); all of it runs
 * on one CPU, so that clients and flood share the budgets of one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include "lib.h"
#include "flood.h"
#include "bench.skel.h"
#include "flood.skel.h"

#define FORGED_FOR_ONE 99
#define BEGIN_AT_ONCE 16      /* clients; each takes some 15 turns */
#define EVENTS_MAX 4096
#define CHUNK_MIN 4096        /* frames; a call has its price */
#define CHUNK_MAX 131072
#define WALL_MAX 60000000000ull
#define STEP_EHLO 2 /* of session_steps */
#define STEP_DATA 5
#define STEP_QUIT 6

enum place { AT_LOW, AT_REAL, AT_HIGH, AT_LOW_AGAIN, AT_END };

struct peer {
	int fd;
	bool is_listener, is_server;
	/* Of a client: */
	unsigned int n;
	enum place at;
	int step;             /* what was said last */
	bool was_tempfailed, is_done;
	struct nolist_contacts contacts; /* when its dialogue had ended */
};

static struct peer client[FLOOD_CLIENTS_MAX];
static struct bench_bpf *bench;
static struct flood_bpf *skel;
static struct path path; /* that is measured */
static int poll_fd, ifindex;
static char ns_clients[128], ns_server[128];
static unsigned int clients, begun, ended, failed;

static void enter(const char *ns)
{
	if (!netns_enter(ns))
		die("no network namespace %s", ns);
}

static bool is_ip6(const struct peer *c)
{
	return c->n & 1;
}

static bool has_ts(const struct peer *c)
{
	return c->n & 2;
}

static bool is_polite(const struct peer *c)
{
	return c->n & 4;
}

/* ---- sockets ---- */

static void watch(struct peer *p, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = p };

	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, p->fd, &e))
		die("epoll: %s", strerror(errno));
}

/* The address of an MX, or of a client, for connect() and bind(). */
static socklen_t address(struct sockaddr_storage *a, const char *text, uint16_t port)
{
	struct sockaddr_in *a4 = (void *)a;
	struct sockaddr_in6 *a6 = (void *)a;

	memset(a, 0, sizeof(*a));
	if (strchr(text, ':')) {
		*a6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		inet_pton(AF_INET6, text, &a6->sin6_addr);
		return sizeof(*a6);
	}
	*a4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	inet_pton(AF_INET, text, &a4->sin_addr);
	return sizeof(*a4);
}

static void client_address(const struct peer *c, char text[INET6_ADDRSTRLEN])
{
	struct in_addr a = { htonl(FLOOD_CLIENTS4 + c->n) };

	if (is_ip6(c))
		snprintf(text, INET6_ADDRSTRLEN, "2001:db8:%x:%x::1", FLOOD_CLIENTS6, c->n);
	else
		inet_ntop(AF_INET, &a, text, INET6_ADDRSTRLEN);
}

/* Of the connections that this network namespace makes from now on. */
static void set_timestamps(bool is_on)
{
	static int now = -1;
	int fd;

	if (now == is_on)
		return;
	fd = open("/proc/sys/net/ipv4/tcp_timestamps", O_WRONLY);
	if (fd < 0 || write(fd, is_on ? "1" : "0", 1) != 1)
		die("cannot set tcp_timestamps");
	close(fd);
	now = is_on;
}

static void dial(struct peer *c, enum place at)
{
	static const char *const to[][2] = { [AT_LOW] = { LOW4, LOW6 },
					     [AT_REAL] = { REAL4, REAL6 },
					     [AT_HIGH] = { HIGH4, HIGH6 },
					     [AT_LOW_AGAIN] = { LOW4, LOW6 } };
	struct sockaddr_storage a;
	char from[INET6_ADDRSTRLEN];
	int one = 1;
	socklen_t len;

	c->at = at;
	c->step = 0;
	c->fd = socket(is_ip6(c) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (is_ip6(c))
		setsockopt(c->fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	client_address(c, from);
	len = address(&a, from, 0);
	if (bind(c->fd, (void *)&a, len))
		die("cannot be %s: %s", from, strerror(errno));
	set_timestamps(has_ts(c));
	len = address(&a, to[at][is_ip6(c)], 25);
	if (connect(c->fd, (void *)&a, len) && errno != EINPROGRESS && errno != ECONNREFUSED)
		die("cannot connect from %s: %s", from, strerror(errno));
	watch(c, EPOLLIN);
}

/* The real MX, as small as it can be. */
static void serve(struct peer *p)
{
	char text[512];
	ssize_t n;

	if (p->is_listener) {
		struct peer *c = calloc(1, sizeof(*c));

		c->is_server = true;
		c->fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK);
		if (c->fd < 0) {
			free(c);
			return;
		}
		watch(c, EPOLLIN);
		send(c->fd, "220 mx\r\n", 8, MSG_NOSIGNAL);
		return;
	}
	n = recv(p->fd, text, sizeof(text), 0);
	if (n > 0) {
		send(p->fd, "250 yes\r\n", 9, MSG_NOSIGNAL);
		return;
	}
	close(p->fd);
	free(p);
}

static void listen_at(const char *text)
{
	static struct peer listener[2];
	static int n;
	struct peer *p = &listener[n++];
	struct sockaddr_storage a;
	socklen_t len = address(&a, text, 25);
	int one = 1;

	p->is_listener = true;
	p->fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(p->fd, (void *)&a, len) || listen(p->fd, 4096))
		die("cannot be the real MX at %s: %s", text, strerror(errno));
	watch(p, EPOLLIN);
}

/* ---- a client ---- */

static bool look_up(const char *map, const struct peer *c, void *value)
{
	struct nolist_source src = {};
	char text[INET6_ADDRSTRLEN];

	client_address(c, text);
	if (is_ip6(c)) {
		inet_pton(AF_INET6, text, src.addr.b);
		memset(src.addr.b + 8, 0, 8);
	} else {
		src.addr.b[10] = src.addr.b[11] = 0xff;
		inet_pton(AF_INET, text, src.addr.b + 12);
	}
	return !bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(path.obj, map), &src, value);
}

static void finish(struct peer *c, bool is_good)
{
	close(c->fd);
	c->at = AT_END;
	c->is_done = is_good;
	ended += is_good;
	failed += !is_good;
}

static void say(struct peer *c, int step)
{
	const char *text = session_steps[step].text;

	c->step = step;
	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		finish(c, false);
}

/* One reply has come from the high fake. */
static void hear(struct peer *c, const char *text)
{
	static const char *const wanted[] = { "220", "", "250", "250", "250", "451", "221" };

	if (strncmp(text, wanted[c->step], 3)) {
		finish(c, false);
		return;
	}
	if (c->step == STEP_DATA && !is_polite(c)) {
		c->was_tempfailed = true;
		shutdown(c->fd, SHUT_WR);
	} else if (c->step != STEP_QUIT) {
		c->was_tempfailed |= c->step == STEP_DATA;
		say(c, c->step ? c->step + 1 : STEP_EHLO);
	}
}

static void go_on(struct peer *c)
{
	char text[512] = "";
	ssize_t n = recv(c->fd, text, sizeof(text) - 1, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (c->at == AT_LOW && n < 0 && errno == ECONNREFUSED) {
		close(c->fd);
		dial(c, AT_REAL);
	} else if (c->at == AT_LOW_AGAIN && n < 0 && errno == ECONNREFUSED) {
		finish(c, true);
	} else if (c->at == AT_REAL && n > 0 && !c->step) {
		say(c, STEP_EHLO);
	} else if (c->at == AT_REAL && n > 0) {
		close(c->fd);
		dial(c, AT_HIGH);
	} else if (c->at == AT_HIGH && n > 0) {
		hear(c, text);
	} else if (c->at == AT_HIGH && !n && c->was_tempfailed) {
		look_up(NOLIST_MAP_CONTACTS, c, &c->contacts);
		close(c->fd);
		dial(c, AT_LOW_AGAIN);
	} else {
		finish(c, false);
	}
}

/* What has happened since; and new clients for those that have ended. */
static void clients_go_on(void)
{
	static struct epoll_event e[EVENTS_MAX];
	int n = epoll_wait(poll_fd, e, EVENTS_MAX, 0), i;

	for (i = 0; i < n; i++) {
		struct peer *p = e[i].data.ptr;

		if (p->is_listener || p->is_server)
			serve(p);
		else
			go_on(p);
	}
	for (i = 0; i < BEGIN_AT_ONCE && begun < clients; i++) {
		client[begun] = (struct peer){ .n = begun };
		dial(&client[begun++], AT_LOW);
	}
}

/* ---- the flood ---- */

static void forge(uint32_t n)
{
	static const struct {
		const char *to;
		uint8_t flags;
	} kind[] = { { LOW4, SYN },  { HIGH4, SYN }, { REAL4, SYN }, { HIGH4, ACK },
		     { LOW6, SYN },  { HIGH6, SYN }, { REAL6, SYN }, { HIGH6, ACK } };
	static unsigned int turn;
	struct segment s = { .to = kind[turn % 8].to, .flags = kind[turn % 8].flags,
			     .sport = 40000, .dport = 25 };
	uint32_t len;

	s.from = strchr(s.to, ':') ? CLIENT6 : CLIENT4;
	s.ack = s.flags == ACK ? turn * 0x9e3779b1u : 0;
	turn++;
	frame_make(&bench->bss->frame, &s);
	bench->bss->frame.sources = BENCH_RANDOM;
	len = bench->bss->frame.len + BENCH_CUT;
	{
		struct xdp_md ctx = { .data_end = len, .ingress_ifindex = ifindex };
		LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = bench->bss->frame.data,
			    .data_size_in = len, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
			    .repeat = n, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

		if (bpf_prog_test_run_opts(bpf_program__fd(bench->progs.generate), &o))
			die("cannot send: %s", strerror(errno));
	}
}

static uint64_t forged(void)
{
	uint64_t sum = 0;
	int cpu;

	for (cpu = 0; cpu < BENCH_CPUS; cpu++)
		sum += bench->bss->count[cpu].c.sent;
	return sum;
}

static uint64_t frames_of(const struct path *p)
{
	uint64_t v[NOLIST_VERDICTS] = {}, sum = 0;
	int i;

	path_verdicts(p, v);
	for (i = 0; i < NOLIST_VERDICTS; i++)
		sum += v[i];
	return sum;
}

/* ---- what was noted ---- */

struct found {
	unsigned int verified, alibis;
	unsigned int strangers; /* contacts of sources that have verified nothing yet: one each */
	unsigned int known;     /* and of the others: three each */
};

/* Is all there that this dialogue has shown? */
static bool is_complete(const struct peer *c, const struct nolist_verified *r)
{
	unsigned int strong = 0, weak = 0, tempfailed_weak = 0, quit = 0, closed = 0, i;

	for (i = 0; i < NOLIST_HOURS; i++) {
		strong += r->hour[i].n[NOLIST_EVENT_TEMPFAILED];
		weak += r->hour[i].n[NOLIST_EVENT_GREETED_WEAK];
		tempfailed_weak += r->hour[i].n[NOLIST_EVENT_TEMPFAILED_WEAK];
		quit += r->hour[i].n[NOLIST_EVENT_QUIT];
		closed += r->hour[i].n[NOLIST_EVENT_CLOSED];
	}
	return (has_ts(c) ? strong : weak && tempfailed_weak) && (is_polite(c) ? quit : closed);
}

static void look(struct found *f)
{
	unsigned int i;

	for (i = 0; i < begun; i++) {
		const struct peer *c = &client[i];
		struct nolist_contacts contacts = {};
		struct nolist_verified verified = {};

		if (!c->is_done)
			continue;
		look_up(NOLIST_MAP_VERIFIED, c, &verified);
		look_up(NOLIST_MAP_CONTACTS, c, &contacts);
		f->verified += is_complete(c, &verified);
		f->alibis += verified.real_data && verified.real_first_ns;
		f->strangers += !!c->contacts.low.opens;
		f->known += !!contacts.real.opens + !!contacts.high.opens +
			    (contacts.low.opens > c->contacts.low.opens);
	}
}

static void sum_stats(const struct path *p, uint64_t *new, uint64_t *lost)
{
	static struct nolist_stats st[BENCH_CPUS];
	int cpus = libbpf_num_possible_cpus(), cpu;
	uint32_t zero = 0;

	if (cpus > BENCH_CPUS || bpf_map_lookup_elem(p->stats, &zero, st))
		die("%s: cannot read the counters", p->name);
	for (cpu = 0; cpu < cpus; cpu++) {
		*new += st[cpu].verified_new;
		*lost += st[cpu].verified_lost;
	}
}

/* ---- a round ---- */

static void measure(const char *name, const char *object, int round)
{
	uint64_t before = forged(), start = wall_ns(), sent = 0, all = 0, new = 0, lost = 0;
	struct found f = {};
	int i;

	path_open(&path, name, object);
	enter(ns_server);
	if (bpf_xdp_attach(if_nametoindex("dut"), path.prog, XDP_FLAGS_DRV_MODE, NULL))
		die("%s: cannot attach: %s", name, strerror(errno));
	enter(ns_clients);
	begun = ended = failed = 0;
	/* They come when it is going on already: each kind has been sent. */
	for (i = 0; i < 8; i++)
		forge(CHUNK_MIN);
	while (ended + failed < clients && wall_ns() - start < WALL_MAX) {
		int64_t missing;

		clients_go_on();
		sent = forged() - before;
		all = frames_of(&path);
		missing = (int64_t)(all - sent) * FORGED_FOR_ONE - (int64_t)sent;
		/* Also where nothing moves: time is to pass in a flood. */
		forge(missing < CHUNK_MIN ? CHUNK_MIN : missing > CHUNK_MAX ? CHUNK_MAX : missing);
	}
	sent = forged() - before;
	all = frames_of(&path);
	look(&f);
	sum_stats(&path, &new, &lost);
	printf("{\"part\":\"flood\",\"path\":\"%s\",\"round\":%d,\"clients\":%u,\"ended\":%u,"
	       "\"real\":%lld,\"forged\":%llu,\"seconds\":%.1f,\"verified\":%u,\"alibis\":%u,"
	       "\"contacts_strangers\":%u,\"contacts_known\":%u,\"forged_verified\":%lld,"
	       "\"lost\":%llu}\n",
	       name, round, begun, ended, (long long)(all - sent), (unsigned long long)sent,
	       (wall_ns() - start) / 1e9, f.verified, f.alibis, f.strangers, f.known,
	       (long long)(new - begun), (unsigned long long)lost);
	bpf_object__close(path.obj);
}

static void open_doors(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(skel->progs.guard));

	enter(ns_server);
	hook.ifindex = if_nametoindex("dut");
	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		die("cannot attach to tc: %s", strerror(errno));
	listen_at(REAL4);
	listen_at(REAL6);
	enter(ns_clients);
	ifindex = if_nametoindex("gen");
	if (bpf_xdp_attach(ifindex, bpf_program__fd(skel->progs.sort), XDP_FLAGS_DRV_MODE, NULL))
		die("cannot attach: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	int rounds, round, i;

	if (argc < 5)
		die("usage: flood rounds clients prefix name=object...");
	if (!is_wanted("flood", "all"))
		return 0;
	rounds = atoi(argv[1]);
	clients = atoi(argv[2]);
	if (clients > FLOOD_CLIENTS_MAX)
		die("at most %d clients", FLOOD_CLIENTS_MAX);
	snprintf(ns_clients, sizeof(ns_clients), "%s-flood-a", argv[3]);
	snprintf(ns_server, sizeof(ns_server), "%s-flood-b", argv[3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pin_to(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	libbpf_set_print(NULL);
	bench = bench_bpf__open_and_load();
	skel = flood_bpf__open_and_load();
	poll_fd = epoll_create1(0);
	if (!bench || !skel || poll_fd < 0)
		die("cannot load the benchmark's own programs");
	open_doors();
	for (round = 0; round < rounds; round++)
		for (i = 4; i < argc; i++) {
			char name[64];
			const char *object = strchr(argv[i], '=');

			if (!object)
				die("not name=object: %s", argv[i]);
			snprintf(name, sizeof(name), "%.*s", (int)(object - argv[i]), argv[i]);
			measure(name, object + 1, round);
		}
	return 0;
}
