// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each shape of a segment that an outsider can choose costs one core, to a low fake, a high
 * fake and the real MX, beside a bare MAC swap of the same frame. A flood chooses the worst one.
 * As in pipe.c "generate" sends live frames over a veth pair, and all of it runs on one CPU; a
 * rate is of the frames that came in, whatever became of them: the shapes that pass to the kernel
 * are charged with all that it does. The interface counts as a card, whose checksums are whole.
 * To add a shape: its row, as in the packet tables of the tests (selftests/lib/row.h).
 *
 * usage: shapes rounds milliseconds prefix name=object...
 * The namespaces PREFIX-shapes-a and PREFIX-shapes-b are run.sh's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include "lib.h"
#include "bench.skel.h"
/* The rows have a site of their own. */
#undef LOW4
#undef LOW6
#undef REAL4
#undef REAL6
#undef HIGH4
#undef HIGH6
#undef CLIENT4
#undef CLIENT6
#include "selftests/lib/packet_rows.h"
#include "selftests/lib/shapes.h"

#define PATHS_MAX 8
#define FRAMES_MIN 8192 /* in one call */
#define FRAMES_MAX (1u << 28)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NOP4 "\1\1\1\1"
#define NOP40 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4
#define PAIR4 "\4\2\4\2" /* two options of two bytes */
#define PAIR40 PAIR4 PAIR4 PAIR4 PAIR4 PAIR4 PAIR4 PAIR4 PAIR4 PAIR4 PAIR4
#define MD5 "\x13\x12\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"
#define AO "\x1d\x10\1\2\3\4\5\6\7\10\11\12\13\14\15\16"
#define SIX .dst = LOW6

static void layer_forty_nops(struct frame *f)
{
	frame_ip4_options(f, NOP40, 40);
}

/* The verdict is what comes of it; of dst only the family counts. */
static const struct row shapes[] = {
	{ .name = "SYN" },
	{ "SYN, IPv6", SIX },
	{ "Linux' SYN", OPT(LINUX_SYN) },
	{ "Linux' SYN, IPv6", SIX, OPT(LINUX_SYN) },
	{ "Linux' SYN, no timestamps", OPT("\2\4\5\xb4\1\1\4\2\1\3\3\7") },
	{ "Windows' SYN", OPT("\2\4\5\xb4\1\3\3\x8\1\1\4\2") },
	{ "macOS' SYN", OPT("\2\4\5\xb4\1\3\3\6\1\1\x8\xa\1\2\3\4\0\0\0\0\4\2\0\0") },
	{ "macOS' SYN, no timestamps", OPT("\2\4\5\xb4\1\3\3\6\4\2\0\0") },
	{ "FreeBSD's SYN", OPT("\2\4\5\xb4\1\3\3\6\4\2\x8\xa\1\2\3\4\0\0\0\0") },
	{ "16 NOPs", OPT(NOP4 NOP4 NOP4 NOP4) },
	{ "40 NOPs", OPT(NOP40) },
	{ "40 NOPs, IPv6", SIX, OPT(NOP40) },
	{ "20 options", OPT(PAIR40) },
	{ "MD5", OPT(MD5) },
	{ "AO", OPT(AO) },
	{ "broken options", OPT("\2\1\0\0") },
	{ "SYN with 100 bytes", .data = 100 },
	{ "SYN with 1460 bytes", .data = 1460 },
	{ "jumbo", .data = 3300 },
	{ "ACK", .flags = FRAME_ACK, .ack = 7 },
	{ "ACK with 1460 bytes", .flags = FRAME_ACK, .ack = 7, .data = 1460 },
	{ "FIN,ACK", .flags = FRAME_FIN | FRAME_ACK, .ack = 7 },
	{ "SYN,ACK", .flags = FRAME_SYN | FRAME_ACK, .ack = 7 },
	{ "SYN,FIN", .flags = FRAME_SYN | FRAME_FIN },
	{ "no flags", .flags = NO_FLAGS },
	{ "FIN,PSH,URG", .flags = FRAME_FIN | FRAME_PSH | FRAME_URG },
	{ "RST", .flags = FRAME_RST },
	{ "RST,ACK, IPv6", SIX, .flags = FRAME_RST | FRAME_ACK },
	{ "one tag", .tags = "q" },
	{ "two tags", .tags = "aq" },
	{ "a priority tag", .tags = "q", .twist = twist_priority },
	{ "wrong IP checksum", .twist = twist_ip_sum },
	{ "wrong TCP checksum", .twist = twist_tcp_sum },
	{ "wrong TCP checksum, IPv6", SIX, .twist = twist_tcp_sum },
	{ "wrong TCP checksum, Linux' SYN", OPT(LINUX_SYN), .twist = twist_tcp_sum },
	{ "IP says one byte more", .twist = twist_len_1_over },
	{ "IP says its header", .twist = twist_len_20 },
	{ "a TCP header of 4 words", .twist = twist_doff_4, .data = 40 },
	{ "from this host", .src = OWN4 },
	{ "from the real MX", .src = "192.0.2.20" },
	{ "from 0.0.0.1", .src = "0.0.0.1" },
	{ "from 127.0.0.1", .src = "127.0.0.1" },
	{ "from 240.0.0.1", .src = "240.0.0.1" },
	{ "from ::1", SIX, .src = "::1" },
	{ "from ff02::1", SIX, .src = "ff02::1" },
	{ "an IPv4 option", .layer = layer_ip4_option },
	{ "40 bytes of IPv4 options", .layer = layer_forty_nops },
	{ "the first fragment", .twist = twist_more_fragments },
	{ "the first fragment, IPv6", SIX, .layer = layer_frag_first },
	{ "an atomic fragment, IPv6", SIX, .layer = layer_atomic },
	{ "four extension headers", SIX, .layer = layer_all_ext },
	{ "eight extension headers", SIX, .layer = layer_eight_ext },
	{ "hop-by-hop: router alert", SIX, .layer = layer_hop_alert },
	{ "destination options: unknown", SIX, .layer = layer_dst_unknown },
	{ "a routing header", SIX, .layer = layer_routing },
};

/* What cannot be placed at a fake's port, and so always passes: not to be the worst at a fake. */
static const struct row unplaced[] = {
	{ "three tags", .tags = "aqq" },
	{ "to a group of the link", .twist = twist_to_group },
	{ "a header of four words", .twist = twist_ihl_4 },
	{ "version 5", .twist = twist_version_5 },
	{ "a later fragment", .twist = twist_fragment_offset },
	{ "a later fragment, IPv6", SIX, .layer = layer_frag_later },
	{ "nine extension headers", SIX, .layer = layer_nine_ext },
	{ "UDP", .layer = layer_udp },
	{ "UDP, IPv6", SIX, .layer = layer_udp },
};

static const struct role {
	const char *name, *to4, *to6;
} roles[] = {
	{ "low", LOW4, LOW6 },
	{ "high", HIGH4, HIGH6 },
	{ "real", REAL4, REAL6 },
};

static struct path paths[PATHS_MAX];
static int n_paths, last_cpu, dut, gen; /* CPU, and the devices' indexes */
static const char *prefix;
static struct bench_bpf *skel;

static void enter(char end)
{
	char ns[128];

	snprintf(ns, sizeof(ns), "%s-shapes-%c", prefix, end);
	if (!netns_enter(ns))
		die("no namespace %s", ns);
}

/* ---- frames ---- */

/* What is sent, with the bytes behind the template zero: "generate" does not lay these out. */
static struct frame sent;

static void prepare(const struct row *shape, const struct role *to)
{
	struct row r = *shape;

	r.dst = r.dst ? to->to6 : to->to4;
	row_build(&r, &sent);
	if (sent.len > BENCH_FRAME_MAX) {
		memset(sent.b + BENCH_FRAME_MAX, 0, sent.len - BENCH_FRAME_MAX);
		frame_tcp_sum(&sent);
	}
	frame_pad(&sent, 60, 0);
	skel->bss->frame = (struct bench_frame){ .len = sent.len, .sources = BENCH_FIXED };
	memcpy(skel->bss->frame.data, sent.b,
	       sent.len < BENCH_FRAME_MAX ? sent.len : BENCH_FRAME_MAX);
}

static void send_frames(uint32_t n)
{
	struct xdp_md ctx = { .data_end = sent.len + BENCH_CUT, .ingress_ifindex = gen };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = sent.b, .data_size_in = ctx.data_end,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = n,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.generate), &o))
		die("cannot send: %s", strerror(errno));
}

/* ---- one measurement ---- */

/*
 * What only the kernel can answer passes within a budget for each second, and so do contacts: a
 * flood spends them at once, and is measured as it goes on. What the first budget itself costs is
 * the rate of a shape to the real MX, NOLIST_RARE times a second.
 */
static void spend(const struct path *p)
{
	static struct nolist_stats st[BENCH_CPUS];
	int cpus = libbpf_num_possible_cpus(), cpu, role;
	uint32_t zero = 0;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	if (bpf_map_lookup_elem(p->stats, &zero, st))
		die("cannot read the budgets: %s", strerror(errno));
	for (cpu = 0; cpu < cpus; cpu++)
		for (role = 0; role < 4; role++)
			st[cpu].budget[role] = (struct nolist_budget){
				.second = (t.tv_sec * 1000000000ull + t.tv_nsec) >> NOLIST_SECOND_SHIFT,
				.touched = UINT32_MAX,
			};
	if (bpf_map_update_elem(p->stats, &zero, st, 0))
		die("cannot spend the budgets: %s", strerror(errno));
}

/*
 * Frames a second of CPU time, of this thread and ksoftirqd. before: the counters of p, when it
 * begins; NULL: it is a peer.
 */
static double rate_of(int prog, const struct path *p, uint64_t before[NOLIST_VERDICTS],
		      uint64_t duration)
{
	double n = FRAMES_MIN;
	uint64_t busy;

	enter('b');
	if (bpf_xdp_attach(dut, prog, XDP_FLAGS_DRV_MODE, NULL))
		die("cannot attach: %s", strerror(errno));
	enter('a');
	busy = thread_ns();
	send_frames(n);
	n *= duration / (double)(thread_ns() - busy);
	n = n < FRAMES_MIN ? FRAMES_MIN : n > FRAMES_MAX ? FRAMES_MAX : n;
	usleep(2000);
	if (p) {
		spend(p);
		path_verdicts(p, before);
	}
	busy = thread_ns() + softirqd_ns(last_cpu);
	send_frames(n);
	usleep(2000);
	return n * 1e9 / (thread_ns() + softirqd_ns(last_cpu) - busy);
}

/* What most of the frames got since "before" was read. */
static const char *most(const struct path *p, const uint64_t before[NOLIST_VERDICTS])
{
	uint64_t v[NOLIST_VERDICTS] = {};
	int i, best = 0;

	path_verdicts(p, v);
	for (i = 0; i < NOLIST_VERDICTS; i++)
		if (v[i] - before[i] > v[best] - before[best])
			best = i;
	return verdict_name(best);
}

static void measure(const struct row *shape, const struct role *to, int round, uint64_t duration,
		    bool is_placed)
{
	double swap, rate, pace;
	char traffic[96];
	int i;

	snprintf(traffic, sizeof(traffic), "%s: %s", to->name, shape->name);
	if (!is_wanted(traffic, "one"))
		return;
	prepare(shape, to);
	pace = pace_ns();
	swap = rate_of(bpf_program__fd(skel->progs.swap), NULL, NULL, duration);
	for (i = 0; i < n_paths; i++) {
		uint64_t before[NOLIST_VERDICTS] = {};

		rate = rate_of(paths[i].prog, &paths[i], before, duration);
		printf("{\"part\":\"shapes\",\"path\":\"%s\",\"role\":\"%s\",\"traffic\":\"%s\","
		       "\"placed\":%s,\"len\":%zu,\"round\":%d,\"rate\":%.0f,\"swap\":%.0f,\"verdict\":\"%s\","
		       "\"pace\":%.0f}\n",
		       paths[i].name, to->name, shape->name, is_placed ? "true" : "false",
		       sent.len, round, rate, swap,
		       most(&paths[i], before), (pace + pace_ns()) / 2);
	}
}

/* ---- setting up ---- */

/* A server at the real MX, whose kernel has what passes. */
static void serve(void)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(25) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0), fd4 = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at4 = { .sin_family = AF_INET, .sin_port = htons(25) };

	inet_pton(AF_INET6, REAL6, &at.sin6_addr);
	inet_pton(AF_INET, REAL4, &at4.sin_addr);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 16) ||
	    bind(fd4, (struct sockaddr *)&at4, sizeof(at4)) || listen(fd4, 16))
		die("cannot listen at the real MX: %s", strerror(errno));
}

/* The site of the rows, at an interface as a card's. */
static void configure(struct path *p)
{
	struct prog prog = { .conf = bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_CONF) };
	struct nolist_config *c = row_conf();

	c->answers[NOLIST_LIMIT_RESET] = c->answers[NOLIST_LIMIT_SYN_ACK] = 0;
	c->is_silent = 1;
	c->partials = 1;
	c->partial[0] = dut | NOLIST_WHOLE;
	prog_configure(&prog, c);
	free(c);
}

static void add_path(char *arg)
{
	struct path *p = &paths[n_paths++];
	char *object = strchr(arg, '=');

	if (!object || n_paths > PATHS_MAX)
		die("not name=object, or too many: %s", arg);
	*object++ = 0;
	path_open(p, arg, object);
	configure(p);
}

int main(int argc, char **argv)
{
	uint64_t duration;
	int rounds, round, i;
	size_t k, r;

	if (argc < 5)
		die("usage: shapes rounds milliseconds prefix name=object...");
	rounds = atoi(argv[1]);
	duration = atoi(argv[2]) * 1000000ull;
	prefix = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	last_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	pin_to(last_cpu);
	libbpf_set_print(NULL);
	skel = bench_bpf__open_and_load();
	if (!skel)
		die("cannot load the benchmark's own programs");
	enter('b');
	dut = if_nametoindex("dut");
	serve();
	for (i = 4; i < argc; i++)
		add_path(argv[i]);
	enter('a');
	gen = if_nametoindex("gen");
	if (bpf_xdp_attach(gen, bpf_program__fd(skel->progs.drop), XDP_FLAGS_DRV_MODE, NULL))
		die("cannot attach the sink: %s", strerror(errno));
	for (round = 0; round < rounds; round++)
		for (r = 0; r < COUNT(roles); r++) {
			for (k = 0; k < COUNT(shapes); k++)
				measure(&shapes[k], &roles[r], round, duration, true);
			for (k = 0; k < COUNT(unplaced); k++)
				measure(&unplaced[k], &roles[r], round, duration, false);
		}
	return 0;
}
