// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many whole SMTP sessions a second one core can hold with what answers at
 * the other end of a veth pair. "client" (client.bpf.c) drives it: 64 sessions in
 * flight, each followed by the next. Client, network and server share one CPU.
 *
 * Rates are per second of that CPU's time: network softirqs, whoever they
 * interrupted, and the server's processes. wall_ns stands beside.
 *
 * usage: sessions rounds milliseconds prefix @PEER... name=object...
 * @PEER is a server that listens at 192.0.2.1 in the network namespace
 * PREFIX-PEER-b (run.sh starts it); objects answer in PREFIX-xdp-b.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include "lib.h"
#include "client.h"
#include "client.skel.h"

#define DUTS_MAX 16
#define KICK_LEN 128          /* bytes of the first frames; made shorter */
#define WALL_TIMES 20         /* a round takes at most so many times its CPU time */
#define TICK_US 2000
#define FIRST_CLIENT "198.18.0.0"

static struct dut {
	const char *name;
	struct path path[2]; /* without and with timestamps */
	bool is_kernel;
	bool refuses_rcpt; /* DATA is never said */
} duts[DUTS_MAX];
static int n_duts, last_cpu;
static const char *prefix;
static struct client_bpf *skel;

static const char *const traffic_names[] = { "session", "session with timestamps" };

static void enter(const char *name, char end)
{
	char ns[128];

	snprintf(ns, sizeof(ns), "%s-%s-%c", prefix, name, end);
	if (!netns_enter(ns))
		die("no network namespace %s", ns);
}

static void attach(const char *ns, char end, const char *dev, int prog)
{
	enter(ns, end);
	if (bpf_xdp_attach(if_nametoindex(dev), prog, XDP_FLAGS_DRV_MODE, NULL))
		die("%s: cannot attach to %s: %s", ns, dev, strerror(errno));
}

/* ---- the server's processes ---- */

/* Of those in this thread's network namespace: their ids, but for our own. */
static void find_servers(uint32_t pid[CLIENT_PIDS])
{
	struct stat own, st;
	struct dirent *e;
	DIR *d = opendir("/proc");
	char path[300];
	int n = 0;

	memset(pid, 0, CLIENT_PIDS * sizeof(*pid));
	if (!d || stat("/proc/thread-self/ns/net", &own))
		die("cannot read /proc");
	while ((e = readdir(d))) {
		if (*e->d_name < '1' || *e->d_name > '9' || atoi(e->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", e->d_name);
		if (stat(path, &st) || st.st_ino != own.st_ino)
			continue;
		if (n == CLIENT_PIDS)
			die("too many processes");
		pid[n++] = atoi(e->d_name);
	}
	closedir(d);
}

static uint64_t servers_ns(void)
{
	const uint32_t *pid = skel->bss->conf.pid;
	unsigned long long ns;
	uint64_t sum = 0;
	char path[64];
	FILE *f;
	int i;

	for (i = 0; i < CLIENT_PIDS && pid[i]; i++) {
		snprintf(path, sizeof(path), "/proc/%u/schedstat", pid[i]);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%llu", &ns) != 1)
			die("the server has ended: no %s", path);
		fclose(f);
		sum += ns;
	}
	return sum;
}

/* Connections in TIME-WAIT in this thread's network namespace. */
static long time_wait(void)
{
	FILE *f = fopen("/proc/thread-self/net/sockstat", "r");
	char line[256], *at;
	long n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "TCP:", 4) && (at = strstr(line, " tw ")))
			n = atol(at + 4);
	if (f)
		fclose(f);
	return n;
}

/* ---- one measurement ---- */

static void add_line(const char *code, size_t digits, const char *text)
{
	struct client_line *l = &skel->bss->conf.line[skel->bss->conf.last++];
	uint16_t w;
	size_t i;

	memset(l, 0, sizeof(*l));
	memcpy(&l->code, code, digits);
	memset(&l->mask, 0xff, digits);
	l->len = strlen(text);
	if (l->len > CLIENT_TEXT_MAX || (l->len % 8 && l->len != 6))
		die("client.bpf.c cannot write a line so long: %s", text);
	memcpy(l->text, text, l->len);
	for (i = 0; i < l->len; i += 2) {
		memcpy(&w, text + i, 2);
		l->sum += w;
	}
}

/* What is said to it. */
static void configure_lines(const struct dut *d)
{
	struct client_conf *conf = &skel->bss->conf;

	conf->last = 0;
	add_line("220", 3, CLIENT_EHLO);
	add_line("250", 3, CLIENT_MAIL);
	add_line("250", 3, CLIENT_RCPT);
	if (!d->refuses_rcpt)
		add_line("250", 3, CLIENT_DATA);
	add_line("4", 1, CLIENT_QUIT);
	add_line("221", 3, "");
	conf->last--;
	conf->at_fin = 1 + (d->refuses_rcpt ? CLIENT_AT_DATA : CLIENT_AT_QUIT);
}

static void configure(void)
{
	static const uint8_t link[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	memcpy(skel->bss->conf.link, link, sizeof(link));
	inet_pton(AF_INET, FIRST_CLIENT, &skel->bss->conf.client);
	skel->bss->conf.cpu = last_cpu;
}

/* All in one call, from the CPU on which everything then goes on. */
static void kick(void)
{
	static uint8_t frame[KICK_LEN];
	struct xdp_md ctx = { .data_end = KICK_LEN, .ingress_ifindex = if_nametoindex("gen") };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame, .data_size_in = KICK_LEN,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = CLIENT_LANES,
		    .batch_size = CLIENT_LANES, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.kick), &o))
		die("cannot send: %s", strerror(errno));
}

struct moment {
	struct client_count c;
	uint64_t wall, servers;
};

static struct moment now(void)
{
	/* The CPU that counts goes on: good for differences of long times. */
	return (struct moment){ *(volatile struct client_count *)&skel->bss->count, wall_ns(),
				servers_ns() };
}

static uint64_t busy_since(const struct moment *m)
{
	return skel->bss->count.softirq_ns - m->c.softirq_ns + servers_ns() - m->servers;
}

/* Until so much CPU time has gone into it. */
static void go_on(const struct moment *since, uint64_t duration)
{
	while (busy_since(since) < duration && wall_ns() - since->wall < WALL_TIMES * duration)
		usleep(TICK_US);
}

/* What the packet path counted besides such sessions, and the link's own traffic. */
static uint64_t strange(const uint64_t v[NOLIST_VERDICTS])
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < NOLIST_VERDICTS; i++)
		if (i != NOLIST_PASS_NOT_IP && i != NOLIST_PASS_NOT_TCP && i != NOLIST_PASS_SHAPE &&
		    i != NOLIST_HIGH_SYN_ACK && i != NOLIST_HIGH_TEXT && i != NOLIST_HIGH_ACK)
			sum += v[i];
	return sum;
}

static void report(const struct dut *d, int has_ts, int round, const struct moment *a,
		   const struct moment *b, double pace, uint64_t odd_verdicts)
{
	uint64_t busy = b->c.softirq_ns - a->c.softirq_ns + b->servers - a->servers;
	int i, alive = 0;

	if (b->c.done == a->c.done || !busy)
		die("%s: no session came to its end (of all rounds: %llu wrong replies, %llu odd "
		    "segments, %llu resets)", d->name, (unsigned long long)b->c.wrong,
		    (unsigned long long)b->c.odd, (unsigned long long)b->c.resets);
	for (i = 0; i < CLIENT_LANES; i++)
		alive += b->c.lane[i] != a->c.lane[i];
#define MORE(what) (unsigned long long)(b->c.what - a->c.what)
	printf("{\"part\":\"sessions\",\"path\":\"%s\",\"traffic\":\"%s\",\"sources\":\"64\","
	       "\"cpus\":1,\"round\":%d,\"rate\":%.0f,\"done\":%llu,\"replies\":[", d->name,
	       traffic_names[has_ts], round, MORE(done) * 1e9 / busy, MORE(done));
	for (i = 0; i <= CLIENT_LINES; i++)
		printf("%s%llu", i ? "," : "", MORE(replies[i]));
	printf("],\"wrong\":%llu,\"resets\":%llu,\"odd\":%llu,\"silent\":%llu,\"sums\":%llu,"
	       "\"bad_sums\":%llu,\"no_room\":%llu,\"strange\":%llu,\"alive\":%d,\"lanes\":%d,"
	       "\"time_wait\":%ld,\"busy_ns\":%llu,\"server_ns\":%llu,\"wall_ns\":%llu,"
	       "\"pace\":%.0f}\n",
	       MORE(wrong), MORE(resets), MORE(odd), MORE(silent), MORE(sums), MORE(bad_sums),
	       MORE(no_capacity), (unsigned long long)odd_verdicts, alive, CLIENT_LANES,
	       time_wait(), (unsigned long long)busy, (unsigned long long)(b->servers - a->servers),
	       (unsigned long long)(b->wall - a->wall), pace);
}

static void stop(void)
{
	uint64_t before, ns;

	skel->bss->conf.is_stopped = 1;
	do {
		before = skel->bss->count.softirq_ns;
		usleep(5 * TICK_US);
		ns = skel->bss->count.softirq_ns;
	} while (ns - before > TICK_US * 100);
}

static void measure(const struct dut *d, int has_ts, int round, uint64_t duration)
{
	uint64_t before[NOLIST_VERDICTS] = {}, after[NOLIST_VERDICTS] = {};
	struct client_conf *conf = &skel->bss->conf;
	struct moment a, b;
	double pace;

	memset(conf->pid, 0, sizeof(conf->pid));
	if (d->is_kernel) {
		enter(d->name, 'b');
		find_servers(conf->pid);
		if (!*conf->pid)
			die("%s does not run", d->name);
	} else {
		attach("xdp", 'b', "dut", d->path[has_ts].prog);
		path_verdicts(&d->path[has_ts], before);
	}
	inet_pton(AF_INET, d->is_kernel ? LOW4 : HIGH4, &conf->server);
	conf->has_ts = has_ts;
	conf->is_partial = d->is_kernel;
	configure_lines(d);
	enter(d->is_kernel ? d->name : "xdp", 'a');
	pin_to(last_cpu);
	pace_wait();
	pace = pace_ns();
	conf->is_stopped = 0;
	kick();
	if (last_cpu)
		pin_to(0);
	a = now();
	go_on(&a, duration / 4);
	a = now();
	go_on(&a, duration);
	b = now();
	if (!d->is_kernel)
		path_verdicts(&d->path[has_ts], after);
	stop();
	pin_to(last_cpu);
	pace = (pace + pace_ns()) / 2;
	enter(d->is_kernel ? d->name : "xdp", 'b');
	if (round >= 0)
		report(d, has_ts, round, &a, &b, pace, strange(after) - strange(before));
}

/* ---- setting up ---- */

static void add_dut(char *arg)
{
	struct dut *d = &duts[n_duts++];
	char *object = strchr(arg, '=');
	int i;

	if (n_duts > DUTS_MAX)
		die("too many peers");
	d->name = arg;
	if (*arg == '@') {
		d->name = arg + 1;
		d->is_kernel = true;
		d->refuses_rcpt = !strcmp(d->name, "postscreen");
		attach(d->name, 'a', "gen", bpf_program__fd(skel->progs.client));
		attach(d->name, 'b', "dut", bpf_program__fd(skel->progs.pass));
		return;
	}
	if (!object)
		die("not name=object: %s", arg);
	*object++ = 0;
	for (i = 0; i < 2; i++)
		path_open(&d->path[i], d->name, object);
}

int main(int argc, char **argv)
{
	int rounds, round, has_ts, i;
	uint64_t duration;

	if (argc < 5)
		die("usage: sessions rounds milliseconds prefix @peer... name=object...");
	rounds = atoi(argv[1]);
	duration = atoi(argv[2]) * 1000000ull;
	prefix = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	last_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	libbpf_set_print(NULL);
	skel = client_bpf__open_and_load();
	if (!skel || client_bpf__attach(skel))
		die("cannot load the client");
	skel->bss->conf.is_stopped = 1;
	configure();
	attach("xdp", 'a', "gen", bpf_program__fd(skel->progs.client));
	for (i = 4; i < argc; i++)
		add_dut(argv[i]);
	for (round = -1; round < rounds; round++)
		for (has_ts = 0; has_ts < 2; has_ts++)
			for (i = 0; i < n_duts; i++)
				if (is_wanted(traffic_names[has_ts], "64"))
					measure(&duts[i], has_ts, round, duration);
	return 0;
}
