// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many segments a second one core answers over a veth pair: "generate"
 * (bench.bpf.c) sends live frames from one end, what is measured answers at the
 * other, "sink" counts the correct answers back at the first. All of it runs on
 * one CPU, so a frame that is sent is soon received, nothing is lost, and
 * differences between rows are differences between what answers.
 *
 * Rates are per second of CPU time, of this thread and of ksoftirqd: what other
 * processes of the machine take is not charged to anyone. wall_ns stands beside.
 *
 * usage: pipe rounds milliseconds prefix peer... name=object...
 * A peer is swap, drop, reset, pass, or @NAME: the kernel in the network namespace
 * PREFIX-NAME-b, or PREFIX-NAME-SOURCES-b (run.sh makes them). What shall only pass
 * does so in PREFIX-passing-b, where "taken" counts what arrives at the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include "lane.h"

#define DUTS_MAX 16
#define FRAMES_BUDGET 70000 /* NOLIST_CONTACTS_TOUCHED and some */
#define FILL_NS 2500000000ull /* for a million sources at a peer that counts them */

/* Device under test. */
struct dut {
	const char *name;
	const char *object; /* NULL: a peer */
	bool is_kernel;
	int fd;             /* XDP program, if it is a peer of the bench's own */
	struct path *path;  /* one for each source pattern, so that they share no state */
};

static struct dut duts[DUTS_MAX];
static int n_duts, last_cpu;
static uint16_t real_port; /* of a client, connected to the real MX */
static const char *prefix;

static const char *const source_names[] = { "one", "one", "64k", "1M", "random", "mixed" };

#define OPT(bytes) bytes, sizeof(bytes)
#define BARE NULL, 0

/* What is sent, and to whom it is of interest. */
static const struct traffic {
	const char *name, *to;
	const uint8_t *options;
	uint32_t options_len;
	uint32_t sources;
	uint32_t flags;    /* of a correct answer */
	int verdict;
	bool for_kernel;   /* also to the kernel's own closed port and its like */
	bool two_cpus;     /* also from two CPUs at once */
} traffics[] = {
	{ "low: SYN", LOW4, BARE, BENCH_ONE, RST | ACK, NOLIST_LOW_RST_ACK, true, false },
	{ "low: SYN", LOW4, BARE, BENCH_64K, RST | ACK, NOLIST_LOW_RST_ACK, true, false },
	{ "low: SYN", LOW4, BARE, BENCH_1M, RST | ACK, NOLIST_LOW_RST_ACK, true, false },
	{ "low: SYN", LOW4, BARE, BENCH_RANDOM, RST | ACK, NOLIST_LOW_RST_ACK, true, true },
	{ "low: SYN", LOW4, BARE, BENCH_MIXED, RST | ACK, NOLIST_LOW_RST_ACK, false, false },
	{ "low: Linux SYN", LOW4, OPT(linux_syn), BENCH_ONE, RST | ACK, NOLIST_LOW_RST_ACK, true, false },
	{ "low: Linux SYN", LOW4, OPT(linux_syn), BENCH_RANDOM, RST | ACK, NOLIST_LOW_RST_ACK, true, false },
	{ "low: Windows SYN", LOW4, OPT(windows_syn), BENCH_RANDOM, RST | ACK, NOLIST_LOW_RST_ACK, false, false },
	{ "low: macOS SYN", LOW4, OPT(macos_syn), BENCH_RANDOM, RST | ACK, NOLIST_LOW_RST_ACK, false, false },
	{ "low: IPv6 SYN", LOW6, BARE, BENCH_RANDOM, RST | ACK, NOLIST_LOW_RST_ACK, true, false },
	{ "high: SYN", HIGH4, BARE, BENCH_ONE, SYN | ACK, NOLIST_HIGH_SYN_ACK, false, false },
	{ "high: SYN", HIGH4, BARE, BENCH_RANDOM, SYN | ACK, NOLIST_HIGH_SYN_ACK, false, true },
	{ "high: Linux SYN", HIGH4, OPT(linux_syn), BENCH_RANDOM, SYN | ACK, NOLIST_HIGH_SYN_ACK, false, false },
	{ "high: Windows SYN", HIGH4, OPT(windows_syn), BENCH_RANDOM, SYN | ACK, NOLIST_HIGH_SYN_ACK, false, false },
	{ "high: macOS SYN", HIGH4, OPT(macos_syn), BENCH_RANDOM, SYN | ACK, NOLIST_HIGH_SYN_ACK, false, false },
	{ "high: IPv6 SYN", HIGH6, BARE, BENCH_RANDOM, SYN | ACK, NOLIST_HIGH_SYN_ACK, false, false },
	{ "real: data", REAL4, BARE, BENCH_FIXED, 0, NOLIST_PASS_REAL, false, false },
	{ "other: TCP", REAL4, BARE, BENCH_FIXED, 0, NOLIST_PASS_OTHER, false, false },
	{ "other: IPv6 TCP", REAL6, BARE, BENCH_FIXED, 0, NOLIST_PASS_OTHER, false, false },
	{ "other: UDP", REAL4, BARE, BENCH_FIXED, 0, NOLIST_PASS_NOT_TCP, false, false },
};
#define TRAFFICS (sizeof(traffics) / sizeof(*traffics))

/* Is it not to be answered, but to arrive at the kernel as it is? */
static bool is_passing(const struct traffic *t)
{
	return t->verdict < NOLIST_LOW_RST_ACK;
}

/* ---- network namespaces and devices ---- */

/* The one for this source pattern, or else the one for all of them. */
static bool enter(const char *name, const char *sources, char end)
{
	char ns[128];

	snprintf(ns, sizeof(ns), "%s-%s-%s-%c", prefix, name, sources, end);
	if (netns_enter(ns))
		return true;
	snprintf(ns, sizeof(ns), "%s-%s-%c", prefix, name, end);
	return netns_enter(ns);
}

/* ---- one measurement ---- */

/* Where it is not asked for, the pattern of one source. */
static const struct path *dut_path(const struct dut *d, const struct traffic *t)
{
	return &d->path[t->sources == BENCH_FIXED ? BENCH_ONE : t->sources];
}

static int dut_fd(const struct dut *d, const struct traffic *t)
{
	return d->path ? dut_path(d, t)->prog : d->fd;
}

/* Mail on a connection that the kernel holds; what is no mail at all. */
static void prepare_passing(const struct traffic *t, struct segment *s)
{
	static uint8_t ts[12];

	timestamps(ts, 1, 2);
	s->flags = ACK | PSH;
	s->ack = 1;
	s->options = ts;
	s->options_len = sizeof(ts);
	s->data = "MAIL FROM:<someone@example.org> SIZE=12345\r\n";
	s->data_len = strlen(s->data);
	s->sport = real_port;
	if (t->verdict == NOLIST_PASS_REAL)
		return;
	s->dport = 443;
	if (t->verdict == NOLIST_PASS_OTHER)
		return;
	s->proto = IPPROTO_UDP;
	s->options_len = 0;
	s->dport = 53;
}

static void prepare_frame(const struct dut *d, const struct traffic *t)
{
	struct segment s = { .from = strchr(t->to, ':') ? CLIENT6 : CLIENT4, .to = t->to,
			     .sport = 40000, .dport = 25, .flags = SYN };
	struct bench_frame f;
	bool is_echo;

	if (is_passing(t))
		prepare_passing(t, &s);
	if (t->options) {
		s.options = t->options;
		s.options_len = t->options_len;
	}
	frame_make(&f, &s);
	f.sources = t->sources;
	/* nft's reject at ingress takes the padding for a part of the TCP segment. */
	if (d->is_kernel)
		f.len = frame_bare_len(&f);
	skel->bss->frame = f;
	is_echo = !strcmp(d->name, "swap");
	skel->bss->expect = (struct bench_expect){
		.is_ip6 = f.is_ip6,
		.is_echo = is_echo,
		.is_partial = d->is_kernel,
		.salt = f.salt,
		.from = htons(is_echo ? s.sport : s.dport),
		.to = htons(is_echo ? s.dport : s.sport),
		.flags = is_echo ? SYN : t->flags,
	};
}

/* Frames that this source pattern's path says it answered, or passed to the real MX. */
static uint64_t dut_answered(const struct dut *d, const struct traffic *t)
{
	uint64_t v[NOLIST_VERDICTS] = {}, sum = 0;
	int cpu;

	if (d->path) {
		path_verdicts(dut_path(d, t), v);
		return v[t->verdict] + (t->sources == BENCH_MIXED ? v[NOLIST_PASS_REAL] : 0);
	}
	for (cpu = 0; cpu < BENCH_CPUS; cpu++)
		sum += skel->bss->count[cpu].c.answered;
	return sum;
}

/* unanswered: of all frames with those of the warm-up, as the program's own counters say. */
static void report(const struct dut *d, const struct traffic *t, int round, const struct lane *l,
		   int lanes, int64_t unanswered, uint64_t gaps)
{
	uint64_t sent = 0, good = 0, bad = 0, sums = 0, other = 0, wall = 0, busy = 0;
	bool is_drop = !strcmp(d->name, "drop");
	double rate = 0, pace = 0;
	long preempted = 0;
	int i;

	for (i = 0; i < lanes; i++) {
		sent += l[i].sent;
		good += l[i].good;
		bad += l[i].bad;
		sums += l[i].sums;
		other += l[i].other;
		wall += l[i].wall;
		busy += l[i].busy;
		preempted += l[i].preempted;
		pace += l[i].pace;
		rate += (is_drop ? l[i].sent : l[i].good) * 1e9 / l[i].busy;
	}
	printf("{\"part\":\"pipe\",\"path\":\"%s\",\"traffic\":\"%s\",\"sources\":\"%s\","
	       "\"cpus\":%d,\"round\":%d,\"rate\":%.0f,\"sent\":%llu,\"good\":%llu,"
	       "\"bad\":%llu,\"sums\":%llu,\"other\":%llu,\"unanswered\":%lld,\"lost\":%llu,"
	       "\"busy_ns\":%llu,\"wall_ns\":%llu,\"preempted\":%ld,\"pace\":%.0f}\n",
	       d->name, t->name, source_names[t->sources], lanes, round, rate,
	       (unsigned long long)sent, (unsigned long long)good, (unsigned long long)bad,
	       (unsigned long long)sums, (unsigned long long)other, (long long)unanswered,
	       (unsigned long long)gaps, (unsigned long long)busy, (unsigned long long)wall,
	       preempted, pace / lanes);
}

static void measure(const struct dut *d, const struct traffic *t, int round, uint64_t duration,
		    int lanes)
{
	const char *ns = d->is_kernel ? d->name : is_passing(t) ? "passing" : "xdp";
	const char *sources = source_names[t->sources];
	struct lane l[2] = {};
	int64_t unanswered;
	uint64_t gaps;
	int i, ifindex;

	if (!enter(ns, sources, 'b'))
		die("no namespace for %s", d->name);
	if (!d->is_kernel &&
	    bpf_xdp_attach(if_nametoindex("dut"), dut_fd(d, t), XDP_FLAGS_DRV_MODE, NULL))
		die("%s: cannot attach: %s", d->name, strerror(errno));
	gaps = -device_gaps("dut");
	enter(ns, sources, 'a');
	gaps -= device_gaps("gen");
	ifindex = if_nametoindex("gen");
	prepare_frame(d, t);
	for (i = 0; i < lanes; i++)
		l[i] = (struct lane){ .cpu = lanes == 1 ? last_cpu : i, .ifindex = ifindex,
				      .duration = duration,
				      .spent = d->path && !is_passing(t) ? FRAMES_BUDGET : 1 };
	unanswered = dut_answered(d, t) - lanes_sent();
	lanes_run(l, lanes);
	unanswered += lanes_sent() - dut_answered(d, t);
	if (d->is_kernel || !strcmp(d->name, "pass"))
		unanswered = 0; /* it does not say */
	gaps += device_gaps("gen");
	enter(ns, sources, 'b');
	gaps += device_gaps("dut");
	if (round >= 0)
		report(d, t, round, l, lanes, unanswered, gaps);
}

/* ---- setting up ---- */

static void attach_sinks(const char *ns, const char *sources, bool is_kernel)
{
	enter(ns, sources, 'a');
	sink_attach(is_kernel);
}

/* What passes arrives here; and the kernel has a connection to the real MX. */
static void prepare_kernel(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(skel->progs.selected));

	enter("passing", "-", 'b');
	hook.ifindex = if_nametoindex("dut");
	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		die("cannot attach the sink to tc: %s", strerror(errno));
	real_port = real_connect();
}

static void add_dut(char *arg)
{
	struct dut *d = &duts[n_duts++];
	char *object = strchr(arg, '=');
	size_t i;

	if (n_duts > DUTS_MAX)
		die("too many peers");
	d->name = arg;
	if (*arg == '@') {
		d->name = arg + 1;
		d->is_kernel = true;
		for (i = 0; i < TRAFFICS; i++)
			if (traffics[i].for_kernel)
				attach_sinks(d->name, source_names[traffics[i].sources], true);
		return;
	}
	if (!object) {
		d->fd = !strcmp(arg, "swap")    ? bpf_program__fd(skel->progs.swap)
			: !strcmp(arg, "drop")  ? bpf_program__fd(skel->progs.drop)
			: !strcmp(arg, "reset") ? bpf_program__fd(skel->progs.reset)
						: bpf_program__fd(skel->progs.pass);
		return;
	}
	*object++ = 0;
	d->object = object;
	d->path = calloc(BENCH_MIXED + 1, sizeof(*d->path));
	for (i = BENCH_ONE; i <= BENCH_MIXED; i++)
		path_open(&d->path[i], d->name, object);
	/* As by default, where no network sends more. */
	for (i = BENCH_1M; i <= BENCH_MIXED; i++)
		path_configure(&d->path[i], 8192);
}

/* A peer that has a namespace for each source pattern counts sources: let its set fill. */
static bool has_state(const struct dut *d, const struct traffic *t)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s-%s-%s-b", prefix, d->name,
		 source_names[t->sources]);
	return d->is_kernel && t->sources >= BENCH_1M && !access(path, F_OK);
}

static bool wants(const struct dut *d, const struct traffic *t)
{
	if (is_passing(t) || !strcmp(d->name, "pass"))
		return is_passing(t) && (d->path || !strcmp(d->name, "pass"));
	if (!strcmp(d->name, "reset"))
		return t->for_kernel && !strchr(t->to, ':');
	return d->path || (d->is_kernel ? t->for_kernel : true);
}

int main(int argc, char **argv)
{
	int rounds, round, i;
	uint64_t duration;
	size_t k;

	if (argc < 5)
		die("usage: pipe rounds milliseconds prefix peer... name=object...");
	rounds = atoi(argv[1]);
	duration = atoi(argv[2]) * 1000000ull;
	prefix = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	last_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	libbpf_set_print(NULL);
	lanes_open();
	pin_to(last_cpu);
	attach_sinks("xdp", "-", false);
	prepare_kernel();
	for (i = 4; i < argc; i++)
		add_dut(argv[i]);
	/* Round -1 fills the tables and is not reported. */
	for (round = -1; round < rounds; round++)
		for (k = 0; k < TRAFFICS; k++)
			for (i = 0; i < n_duts; i++) {
				const struct traffic *t = &traffics[k];

				if (!wants(&duts[i], t) ||
				    !is_wanted(t->name, source_names[t->sources]))
					continue;
				measure(&duts[i], t, round,
					round < 0 && has_state(&duts[i], t) ? FILL_NS : duration, 1);
				if (t->two_cpus && last_cpu > 0 && !duts[i].is_kernel)
					measure(&duts[i], t, round, duration, 2);
			}
	return 0;
}
