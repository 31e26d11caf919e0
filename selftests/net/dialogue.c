// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real sockets at a high fake: clients that type, cut their lines, talk too
 * early, close too early, have tiny windows and MTUs, with and without
 * timestamps, end as docs/dialogue.md says; and hundreds of plain sessions over
 * a wire that loses, doubles, delays and reorders, at each stage, with VLAN tags and
 * without: all combinations and more sessions with NOLIST_FULL=1. The wire (relay.h) judges each
 * frame of the fake on its way. Every wire is tried with numbered datagrams
 * first: a wire that does not impair would prove nothing.
 */
#define _GNU_SOURCE /* setns() */

#include <linux/if_link.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include "selftests/lib/prog.h"
#include "selftests/lib/relay.h"
#include "selftests/lib/visit.h"
#include "selftests/lib/wire.h"
#include "user/config/dialogue.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PROBES 400
#define SESSIONS 40
#define SESSIONS_FULL 100 /* with NOLIST_FULL=1 */
#define BESIDE 16 /* wires at a time */

/* A wire is one of these; each has a fake of its own and runs beside others. */
struct lot {
	char name[96];
	bool has_ts, is_split, is_teased, is_odd; /* odd: the visits of visit.h, else plain sessions */
	unsigned int mtu, advmss;      /* the client's; 0: as they come; IPv4 only */
	struct relay_plan plan;
	bool is_generic;   /* XDP in generic mode */
	bool may_be_stuck; /* before the banner: nothing is left to come again */
	enum dialogue_stage stage;
	int fake; /* the program; lots with the same dialogue share one */
};

#define Q (ETH_P_8021Q << 16)

static const struct lot plain[] = {
	{ "odd clients, timestamps", .has_ts = true, .is_odd = true, .stage = STAGE_DATA },
	{ "odd clients, none", .is_odd = true, .stage = STAGE_DATA },
	{ "MTU 576, MSS 88, timestamps", .has_ts = true, .mtu = 576, .advmss = 88,
	  .stage = STAGE_DATA },
	{ "MTU 576, MSS 88, none", .mtu = 576, .advmss = 88, .stage = STAGE_DATA },
	{ "MTU 128 on the way, timestamps", .has_ts = true, .mtu = 576, .advmss = 88,
	  .plan = { .mtu = 128 }, .stage = STAGE_DATA },
	{ "MTU 68 on the way, none", .mtu = 576, .advmss = 88, .plan = { .mtu = 68 },
	  .stage = STAGE_RCPT },
	{ "loss 3 % of frames and pieces, MTU 68 on the way", .has_ts = true, .is_split = true,
	  .mtu = 576, .advmss = 88, .plan = { .mtu = 68, .loss = 3, .seed = 77 },
	  .stage = STAGE_DATA },
	{ "split handshake", .has_ts = true, .is_split = true, .stage = STAGE_DATA },
	{ "a greeting in two lines, odd clients", .has_ts = true, .is_teased = true, .is_odd = true,
	  .stage = STAGE_DATA },
	{ "a greeting in two lines, none", .is_teased = true, .stage = STAGE_DATA },
	{ "a greeting in two lines, split handshake", .has_ts = true, .is_teased = true,
	  .is_split = true, .stage = STAGE_RCPT },
	{ "a greeting in two lines, MTU 68 on the way", .has_ts = true, .is_teased = true, .mtu = 576,
	  .advmss = 88, .plan = { .mtu = 68 }, .stage = STAGE_DATA },
	{ "generic mode", .has_ts = true, .is_generic = true, .stage = STAGE_DATA },
	{ "generic mode, VLAN 10", .is_generic = true, .plan = { .tags = { Q | 10 } },
	  .stage = STAGE_DATA },
};

static const struct {
	const char *name;
	struct relay_plan plan;
} paths[] = {
	{ "loss 10 %", { .loss = 10 } },
	{ "reordered 25 %", { .late = 25, .delay_ms = 10, .jitter_ms = 9 } },
	{ "doubled 30 %", { .twice = 30, .delay_ms = 5, .jitter_ms = 4 } },
	{ "delay 100+-60 ms", { .late = 100, .delay_ms = 100, .jitter_ms = 60 } },
	{ "all of it", { .loss = 5, .twice = 10, .late = 25, .delay_ms = 20, .jitter_ms = 19 } },
};

static const struct {
	const char *name;
	unsigned int tags[2];
} links[] = {
	{ "no VLAN", {} },
	{ "VLAN 10", { Q | 10 } },
	{ "priority tag", { Q | 5 << 13 } },
	{ "two tags", { ETH_P_8021AD << 16 | 100, Q | 10 } },
};

static const struct {
	const char *name;
	const char *outcome;
} stages[] = {
	[STAGE_GREETING] = { "greeting", "421 EOF" },
	[STAGE_MAIL] = { "MAIL", "220 250 451 451 451 451 250 221 EOF" },
	[STAGE_RCPT] = { "RCPT", "220 250 250 451 451 451 250 221 EOF" },
	[STAGE_DATA] = { "DATA", FULL },
};

#define MODES 4 /* with and without timestamps, and a split handshake */
#define LOTS (COUNT(plain) + COUNT(paths) * MODES * COUNT(stages))

static unsigned int sessions, beside = BESIDE; /* fewer where processors are slow */
static struct lot lots[LOTS];
static size_t lot_count;

/* Each path with each kind of client; with each stage besides, or with one of them. */
static void plan_lots(bool is_full)
{
	unsigned int path, mode, stage, n = 0;

	for (; lot_count < COUNT(plain); lot_count++)
		lots[lot_count] = plain[lot_count];
	for (path = 0; path < COUNT(paths); path++)
		for (mode = 0; mode < MODES; mode++)
			for (stage = 0; stage < COUNT(stages); stage++) {
				struct lot *l = &lots[lot_count];
				unsigned int link = lot_count + path + (is_full ? mode : 0);

				n++;
				/* Loss at DATA is what docs/dialogue.md has numbers of. */
				if (!is_full && stage != (path ? (path + mode) % 4 : STAGE_DATA))
					continue;
				link %= COUNT(links);
				snprintf(l->name, sizeof(l->name), "%s, %s%s, %s, %s",
					 paths[path].name, mode & 1 ? "none" : "timestamps",
					 mode & 2 ? ", split" : "", stages[stage].name,
					 links[link].name);
				l->has_ts = !(mode & 1);
				l->is_split = mode & 2;
				l->stage = stage;
				l->plan = paths[path].plan;
				l->plan.seed = n;
				memcpy(l->plan.tags, links[link].tags, sizeof(l->plan.tags));
				l->may_be_stuck = l->plan.loss && !l->is_split;
				lot_count++;
			}
}

/* What came of a lot; in memory shared with its process. */
struct report {
	struct relay_sum sum;
	bool is_done;
	unsigned int probes, probes_doubled, probes_late;
	struct result result[2 * SESSIONS_FULL];
};

/* --- a lot --------------------------------------------------------------- */

static struct wire world; /* client and server; the relay's namespace is between them */
static int between;
static struct relay relay;

static void attach(const char *dev, int netns, int prog, unsigned int mode)
{
	wire_enter(netns);
	if (bpf_xdp_attach(if_nametoindex(dev), prog, mode, NULL))
		wire_die(dev);
	wire_enter(wire_home);
}

static int load_fake(const struct lot *lot)
{
	struct dialogue d = { "fake1.example.com", NULL, lot->stage, lot->is_split, false, lot->is_teased };
	struct nolist_config *c = prog_conf_new();
	struct prog p;

	prog_load(&p, NULL);
	prog_conf_add(c, prog_addr(WIRE_HIGH4), NOLIST_HIGH, 0);
	prog_conf_add(c, prog_addr(WIRE_HIGH6), NOLIST_HIGH, 1);
	if (dialogue_compile(&d, &c->smtp))
		wire_die("dialogue_compile");
	prog_configure(&p, c);
	free(c);
	return p.fd;
}

/* To load one takes longer than many sessions with it. */
static void load_fakes(void)
{
	size_t i, k;

	for (i = 0; i < lot_count; i++) {
		struct lot *l = &lots[i];

		for (k = 0; k < i; k++)
			if (lots[k].stage == l->stage && lots[k].is_split == l->is_split &&
			    lots[k].is_teased == l->is_teased)
				break;
		l->fake = k < i ? lots[k].fake : load_fake(l);
	}
}

static void attach_fake(const struct lot *lot)
{
	struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	attach("s0", world.server, lot->fake,
	       lot->is_generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	/* XDP_TX on a veth arrives only where the peer has an XDP program as well. */
	attach("m1", between, bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL), 0);
}

static void build(const struct lot *lot)
{
	const char *quiet = "sysctl -qw net.ipv6.conf.default.accept_dad=0"
			    " net.ipv6.conf.default.router_solicitations=0";

	world.client = wire_new_netns();
	world.server = wire_new_netns();
	between = wire_new_netns();
	wire_run(world.client, "%s net.ipv4.tcp_timestamps=%d net.ipv4.ipfrag_max_dist=0", quiet,
		 lot->has_ts);
	wire_run(world.server, "%s", quiet);
	wire_run(between,
		 "sysctl -qw net.ipv6.conf.default.disable_ipv6=1 && ip -b - <<-E\n"
		 "link add m0 type veth peer name c0 netns /proc/%d/fd/%d\n"
		 "link add m1 type veth peer name s0 netns /proc/%d/fd/%d\n"
		 "link set m0 up\nlink set m1 up\nE",
		 getpid(), world.client, getpid(), world.server);
	wire_run(world.client,
		 "ethtool -K c0 tx off tso off gso off >/dev/null; ip -b - <<-E\n"
		 "addr add 192.0.2.1/24 dev c0\naddr add 2001:db8::1/64 dev c0 nodad\n"
		 "link set c0 %s %u up\nE",
		 lot->mtu ? "mtu" : "txqueuelen", lot->mtu ? lot->mtu : 1000);
	if (lot->advmss)
		wire_run(world.client, "ip route change 192.0.2.0/24 dev c0 advmss %u",
			 lot->advmss);
	wire_run(world.server, "ethtool -K s0 tx off >/dev/null; ip -b - <<-E\n"
		 "addr add " WIRE_HIGH4 "/24 dev s0\naddr add " WIRE_HIGH6 "/64 dev s0 nodad\n"
		 "link set s0 up\nE");
}

static pid_t start_relay(const struct lot *lot, struct relay_sum *sum)
{
	pid_t pid;

	relay.plan = lot->plan;
	relay.sum = sum;
	wire_enter(between);
	relay.fd[0] = relay_socket("m0");
	relay.fd[1] = relay_socket("m1");
	wire_enter(wire_home);
	if (relay.fd[0] < 0 || relay.fd[1] < 0)
		wire_die("relay");
	pid = fork();
	if (!pid)
		relay_run(&relay);
	return pid;
}

/* Reads what comes until nothing has for so long. */
static void probe_read(struct report *r, int at, int wait_ms)
{
	static unsigned char seen[PROBES];
	static unsigned int last;
	struct pollfd p = { at, POLLIN, 0 };
	unsigned int got;

	while (poll(&p, 1, wait_ms) > 0 && recv(at, &got, sizeof(got), 0) == sizeof(got)) {
		r->probes += !seen[got];
		r->probes_doubled += seen[got];
		r->probes_late += got < last;
		seen[got] = 1;
		last = got;
	}
}

/*
 * Numbered datagrams through the wire, to a socket of the server's kernel. No more are under way
 * than fit into its queues: on a busy machine the relay is late, and then sends all at once.
 */
static void probe(struct report *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(25) };
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(19999) };
	int from, at;
	unsigned int i;

	frame_addr(AF_INET, WIRE_HIGH4, &to.sin_addr);
	wire_enter(world.server);
	at = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(at, (void *)&to, sizeof(to)))
		wire_die("bind");
	wire_enter(world.client);
	from = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(from, (void *)&me, sizeof(me)))
		wire_die("bind");
	wire_enter(wire_home);
	for (i = 0; i < PROBES; i++) {
		sendto(from, &i, sizeof(i), 0, (void *)&to, sizeof(to));
		probe_read(r, at, i - r->probes < PROBES / 4 ? 1 : 300);
	}
	probe_read(r, at, 2000);
	close(from);
	close(at);
}

static void spawn(const struct visit *v, bool is_ip6, unsigned int port, int wait, int wait_banner,
		  struct result *r)
{
	pid_t pid = fork();

	if (pid < 0)
		wire_die("fork");
	if (pid)
		return;
	wire_enter(world.client);
	visit(v, is_ip6, port, wait, wait_banner, r);
	_exit(0);
}

/* How long a client waits for a reply: only one to whom nothing comes knows it by the time. */
static int patience(const struct lot *lot, const struct visit *v)
{
	const char *end = lot->has_ts ? v->with : v->without;

	if (!lot->is_odd)
		return WAIT_LONG;
	return !end || strstr(end, "TIMEOUT") || (!lot->has_ts && v->or_else) ? WAIT : WAIT_SURE;
}

static void run_lot(const struct lot *lot, struct report *r)
{
	pid_t pid;
	size_t i;

	build(lot);
	attach_fake(lot);
	pid = start_relay(lot, &r->sum);
	if (lot->plan.seed)
		probe(r);
	memset(&r->sum, 0, sizeof(r->sum));
	for (i = 0; i < 2 * (lot->is_odd ? visit_count : sessions / 2); i++) {
		const struct visit *v = &visits[lot->is_odd ? i / 2 : 0];

		spawn(v, i & 1 && !lot->mtu, (lot->is_split ? 40000 : 20000) + i, patience(lot, v),
		      lot->may_be_stuck ? WAIT_BANNER : WAIT_LONG, &r->result[i]);
		usleep(lot->is_odd ? 0 : 10000); /* not all at once */
	}
	while (i)
		i -= wait(NULL) != pid;
	kill(pid, SIGKILL);
	r->is_done = true;
	_exit(0);
}

/* --- judging ------------------------------------------------------------- */

/* Outcomes stand between commas. */
static bool is_one_of(const char *got, const char *list)
{
	size_t n = strlen(got);

	for (; list; list = strstr(list, ", ") ? strstr(list, ", ") + 2 : NULL)
		if (!strncmp(list, got, n) && (!list[n] || list[n] == ','))
			return true;
	return false;
}

static void judge_visits(const struct lot *lot, const struct report *r)
{
	size_t i;

	for (i = 0; i < visit_count; i++) {
		const struct visit *v = &visits[i];
		/* Without timestamps it hangs on what comes together; a slow machine decides. */
		const char *without = wire_patience() > 1 ? NULL : v->without;
		const char *want = lot->has_ts ? v->with : without;
		bool is_good = true;
		int six;

		for (six = 0; six < 2; six++) {
			const char *got = r->result[2 * i + six].outcome;
			bool is_right = want ? !strcmp(got, want) : !strncmp(got, "220", 3);

			/* The relay has seen that no reply begins with 3 or 5. */
			if (!lot->has_ts && is_one_of(got, v->or_else))
				is_right = true;
			/* Its FIN says that it does not wait for the second line. */
			if (lot->is_teased && is_one_of(got, v->or_teased))
				is_right = true;
			if (!is_right)
				tap_diag("IPv%d: %s; wanted %s", six ? 6 : 4, got, want);
			is_good &= is_right;
		}
		tap_ok(is_good, "%s: %s: %s", lot->name, v->name,
		       want ? want : "any replies");
	}
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void judge_sessions(const struct lot *lot, const struct report *r)
{
	unsigned int good = 0, stuck = 0, i;
	double t[SESSIONS_FULL];

	for (i = 0; i < sessions; i++) {
		const char *got = r->result[i].outcome;

		if (!strcmp(got, stages[lot->stage].outcome))
			t[good++] = r->result[i].seconds;
		else if (!strcmp(got, "TIMEOUT"))
			stuck++;
		else
			tap_diag("session %u: %s", i, got);
	}
	qsort(t, good, sizeof(*t), by_time);
	if (good)
		tap_diag("%s: median %.3f s, longest %.3f s", lot->name, t[good / 2], t[good - 1]);
	tap_ok(good + stuck == sessions && (lot->may_be_stuck ? good >= sessions / 2 : !stuck),
	       "%s: %u sessions end as they should, %u wait for a lost banner", lot->name, good,
	       stuck);
}

/* Within half and twice of the plan; a busy machine may lose some by itself. */
static bool is_as_planned(unsigned int have, unsigned int percent)
{
	if (!percent)
		return have * 50 <= PROBES;
	return have * 200 >= PROBES * percent && have * 50 <= PROBES * percent;
}

static void judge_wire(const struct lot *lot, const struct report *r)
{
	const struct relay_plan *p = &lot->plan;
	unsigned int lost = PROBES - r->probes;

	if (!p->seed)
		return;
	tap_ok(is_as_planned(lost, p->loss) && is_as_planned(r->probes_doubled, p->twice) &&
		       (!p->late || r->probes_late > PROBES / 100),
	       "%s: of %d datagrams %u lost, %u doubled, %u overtaken", lot->name, PROBES, lost,
	       r->probes_doubled, r->probes_late);
}

static void judge_lot(const struct lot *lot, const struct report *r)
{
	const struct relay_sum *s = &r->sum;

	if (!tap_ok(r->is_done, "%s: runs", lot->name))
		return;
	judge_wire(lot, r);
	if (lot->is_odd)
		judge_visits(lot, r);
	else
		judge_sessions(lot, r);
	if (s->wrong)
		tap_diag("%lu frames, the first: %s", s->wrong, s->why);
	tap_ok(!s->wrong && s->texts && !s->resets && (!lot->plan.mtu || s->cut >= sessions),
	       "%s: %lu frames of the fake are right, %lu of them texts, %lu RST, %lu cut",
	       lot->name, s->judged, s->texts, s->resets, s->cut);
}

/* Those that lose frames first: they take longest, and wait most of their time. */
static void run_lots(struct report *r)
{
	size_t i, n = 0;
	int is_last;

	for (is_last = 0; is_last < 2; is_last++)
		for (i = 0; i < lot_count; i++) {
			if (is_last == (lots[i].plan.loss > 0))
				continue;
			if (n++ >= beside)
				wait(NULL);
			if (!fork())
				run_lot(&lots[i], &r[i]);
		}
	while (wait(NULL) > 0)
		;
}

/* With a word only the wires that have it in their name. */
int main(int argc, char **argv)
{
	struct report *r;
	size_t i, n = 0;

	wire_init();
	sessions = (getenv("NOLIST_FULL") ? SESSIONS_FULL : SESSIONS) / wire_patience() & ~1u ?: 2;
	beside = BESIDE / wire_patience() ?: 1;
	plan_lots(getenv("NOLIST_FULL"));
	memset(endless_line, 'x', sizeof(endless_line) - 1);
	r = mmap(NULL, sizeof(*r) * LOTS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		 0);
	if (r == MAP_FAILED)
		wire_die("mmap");
	for (i = 0; i < lot_count && argc > 1; i++)
		if (strstr(lots[i].name, argv[1]))
			lots[n++] = lots[i];
	if (argc > 1)
		lot_count = n;
	load_fakes();
	run_lots(r);
	for (i = 0; i < lot_count; i++)
		judge_lot(&lots[i], &r[i]);
	return tap_done();
}
