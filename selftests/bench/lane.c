// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generator's side of what is measured over veth: frames are sent for a time of this thread,
 * and all that they cost is counted before and after, when nothing moves any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include "lane.h"

#define FRAMES_MIN 16384 /* in one call */
#define FRAMES_MAX (1u << 30)

struct bench_bpf *skel;

void lanes_open(void)
{
	skel = bench_bpf__open_and_load();
	if (!skel)
		die("cannot load the benchmark's own programs");
}

uint64_t device_gaps(const char *dev)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1 << ETH_SS_STATS } };
	struct ifreq ifr = { .ifr_data = (void *)&set };
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t sum = 0;
	uint32_t i;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		die("%s: no counters: %s", dev, strerror(errno));
	names = calloc(1, sizeof(*names) + set.n * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + set.n * 8);
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = set.n;
	ifr.ifr_data = (void *)names;
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		die("%s: no counters: %s", dev, strerror(errno));
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = set.n;
	ifr.ifr_data = (void *)stats;
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		die("%s: no counters: %s", dev, strerror(errno));
	for (i = 0; i < set.n; i++) {
		const char *name = (char *)names->data + i * ETH_GSTRING_LEN;

		/* "xdp_drops" are drops by the program's verdict. */
		if (strstr(name, "errors") || (strstr(name, "drops") && !strstr(name, "xdp_drops")))
			sum += stats->data[i];
	}
	free(names);
	free(stats);
	close(fd);
	return sum;
}

static void send_frames(const struct lane *l, uint32_t n)
{
	uint32_t len = skel->bss->frame.len + BENCH_CUT;
	struct xdp_md ctx = { .data_end = len, .ingress_ifindex = l->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = skel->bss->frame.data,
		    .data_size_in = len, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = n, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.generate), &o))
		die("cannot send: %s", strerror(errno));
}

/*
 * Sends for about so much CPU time, so that rounds on a busy machine are worth as
 * much as on an idle one. In one call: each makes its pages anew, and waits for RCU
 * when it is done.
 */
static void send_for(const struct lane *l, uint64_t duration, double *frame_ns)
{
	double n = duration / *frame_ns;
	uint64_t busy = thread_ns();

	n = n < FRAMES_MIN ? FRAMES_MIN : n > FRAMES_MAX ? FRAMES_MAX : n;
	send_frames(l, n);
	*frame_ns = (thread_ns() - busy) / n;
}

/* Until what was sent has arrived, or been lost: nothing moves for two milliseconds. */
static void settle(void)
{
	uint64_t now = 0, before;
	int cpu;

	do {
		before = now;
		usleep(2000);
		for (now = 0, cpu = 0; cpu < BENCH_CPUS; cpu++)
			now += skel->bss->count[cpu].c.good + skel->bss->count[cpu].c.bad + 1;
	} while (now != before);
}

static void *lane_run(void *arg)
{
	struct lane *l = arg;
	struct rusage before, after;
	double frame_ns = 1000;
	uint64_t softirqd;

	pin_to(l->cpu);
	/*
	 * The second's budget of contacts is spent, as a flood has done after its first 20 ms: a short
	 * measurement would else pay for more of it than its share.
	 */
	send_frames(l, l->spent);
	send_for(l, 0, &frame_ns);
	send_for(l, l->duration / 8, &frame_ns);
	settle();
	if (l->start)
		pthread_barrier_wait(l->start);
	l->sent = -skel->bss->count[l->cpu].c.sent;
	l->good = -skel->bss->count[l->cpu].c.good;
	l->bad = -skel->bss->count[l->cpu].c.bad;
	l->sums = -skel->bss->count[l->cpu].c.sums;
	l->other = -skel->bss->count[l->cpu].c.other;
	if (!l->start)
		pace_wait();
	l->pace = pace_ns();
	getrusage(RUSAGE_THREAD, &before);
	softirqd = softirqd_ns(l->cpu);
	l->busy = thread_ns();
	l->wall = wall_ns();
	send_for(l, l->duration, &frame_ns);
	l->wall = wall_ns() - l->wall;
	l->busy = thread_ns() - l->busy;
	l->pace = (l->pace + pace_ns()) / 2;
	settle();
	l->busy += softirqd_ns(l->cpu) - softirqd;
	getrusage(RUSAGE_THREAD, &after);
	l->preempted = after.ru_nivcsw - before.ru_nivcsw;
	l->sent += skel->bss->count[l->cpu].c.sent;
	l->good += skel->bss->count[l->cpu].c.good;
	l->bad += skel->bss->count[l->cpu].c.bad;
	l->sums += skel->bss->count[l->cpu].c.sums;
	l->other += skel->bss->count[l->cpu].c.other;
	return NULL;
}

/* Runs the lanes side by side. The thread that enters a namespace stays in it. */
void lanes_run(struct lane *l, int n)
{
	pthread_barrier_t start;
	pthread_t thread[2];
	int i;

	if (n == 1) {
		lane_run(l);
		return;
	}
	pthread_barrier_init(&start, NULL, n);
	for (i = 0; i < n; i++) {
		l[i].start = &start;
		if (pthread_create(&thread[i], NULL, lane_run, &l[i]))
			die("no thread");
	}
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&start);
}

uint64_t lanes_sent(void)
{
	uint64_t sum = 0;
	int cpu;

	for (cpu = 0; cpu < BENCH_CPUS; cpu++)
		sum += skel->bss->count[cpu].c.sent;
	return sum;
}

void sink_attach(bool is_kernel)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(skel->progs.sink_skb));

	hook.ifindex = if_nametoindex("gen");
	if (!is_kernel) {
		if (bpf_xdp_attach(hook.ifindex, bpf_program__fd(skel->progs.sink),
				   XDP_FLAGS_DRV_MODE, NULL))
			die("cannot attach the sink: %s", strerror(errno));
		return;
	}
	/* The kernel's answers are skbs: at tc they cost less than in veth's XDP. */
	if (bpf_tc_hook_create(&hook) == 0 && bpf_tc_attach(&hook, &opts))
		die("cannot attach the sink to tc: %s", strerror(errno));
}
