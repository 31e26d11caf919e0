// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many SYNs of listed sources one core refuses in a second over a veth pair, as pipe.c measures
 * it: tempfailed, reset or dropped by the packet path, reset or dropped by the kernel's own means,
 * and what a bare MAC swap sends back of the same frames. The sources are those of a list, in turn,
 * which lie at random in all of IPv4. A rate is of the correct answers; of what is to be dropped, of
 * the frames that were sent, and none may have come back.
 *
 * usage: enforce list N           prints the list's first N addresses
 *        enforce rounds milliseconds prefix N peer... name=object...
 * A peer is "NAME ACTION NAMESPACE COMMAND...": the kernel in PREFIX-NAMESPACE-b, where a set has the
 * list already, and COMMAND lets it refuse what is in the set. All else is in PREFIX-xdp-b. Also
 * measured is the packet path with a list of 1,000.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include "bpf/block.h"
#include "lane.h"

#define ROWS_MAX 64
#define FEW 1000
#define FRAMES_BUDGET 70000 /* NOLIST_CONTACTS_TOUCHED and some */

static const struct action {
	const char *name;
	int act, verdict;
	uint32_t flags; /* of a correct answer; 0: there is none */
} actions[] = {
	{ "tempfail", NOLIST_ACT_TEMPFAIL, NOLIST_REAL_SYN_ACK, SYN | ACK },
	{ "reset", NOLIST_ACT_RESET, NOLIST_REAL_RESET, RST | ACK },
	{ "drop", NOLIST_ACT_DROP, NOLIST_REAL_DROPPED, 0 },
};
#define ACTIONS (sizeof(actions) / sizeof(*actions))

/* What refuses, or only bounds what can be measured. */
struct row {
	const char *name, *ns;
	const char *command;  /* NULL: an XDP program */
	const struct action *action;
	uint32_t n;           /* addresses of the list */
	int fd;               /* XDP program */
	struct path *path;    /* NULL: a peer */
	bool is_echo;
};

static struct row rows[ROWS_MAX];
static int n_rows, last_cpu;
static const char *prefix;
static uint32_t *list, many; /* many: its addresses */

static void enter(const struct row *r, char end)
{
	char ns[128];

	snprintf(ns, sizeof(ns), "%s-%s-%c", prefix, r->ns, end);
	if (!netns_enter(ns))
		die("no namespace %s", ns);
}

static const char *size_name(uint32_t n, char text[16])
{
	if (n % 1000000 == 0)
		snprintf(text, 16, "%uM", n / 1000000);
	else
		snprintf(text, 16, "%uk", n / 1000);
	return text;
}

/* ---- one measurement ---- */

static void prepare_frame(const struct row *r)
{
	struct segment s = { .from = CLIENT4, .to = REAL4, .sport = 40000, .dport = 25, .flags = SYN };
	struct bench_frame f;

	frame_make(&f, &s);
	f.sources = BENCH_LISTED;
	f.listed = r->n;
	/* nft's reject at ingress takes the padding for a part of the TCP segment. */
	if (r->command)
		f.len = frame_bare_len(&f);
	skel->bss->frame = f;
	skel->bss->expect = (struct bench_expect){
		.is_echo = r->is_echo,
		.is_partial = r->command != NULL,
		.salt = f.salt,
		.from = htons(r->is_echo ? s.sport : s.dport),
		.to = htons(r->is_echo ? s.dport : s.sport),
		.flags = r->is_echo ? SYN : r->action->flags,
	};
}

/* Frames that met the row's verdict; of those who do not count them, all. */
static uint64_t refused(const struct row *r)
{
	uint64_t v[NOLIST_VERDICTS] = {};

	if (!r->path)
		return lanes_sent();
	path_verdicts(r->path, v);
	return v[r->action->verdict];
}

static void arm(const struct row *r)
{
	enter(r, 'b');
	if (r->command && system(r->command))
		die("%s: cannot: %s", r->name, r->command);
	if (!r->command && bpf_xdp_attach(if_nametoindex("dut"), r->fd, XDP_FLAGS_DRV_MODE, NULL))
		die("%s: cannot attach: %s", r->name, strerror(errno));
}

/* unanswered, all: frames with those of the warm-up; one hour in 24 some pass (parole). */
static void report(const struct row *r, int round, const struct lane *l, uint64_t unanswered,
		   uint64_t all, uint64_t gaps)
{
	bool is_drop = !r->is_echo && !r->action->flags;
	uint64_t back = l->good + l->bad, good = is_drop ? l->sent * (all - unanswered) / all : l->good;
	char size[16];

	if (is_drop && back)
		die("%s: %llu of %llu frames were answered, not dropped", r->name,
		    (unsigned long long)back, (unsigned long long)l->sent);
	printf("{\"part\":\"refused\",\"path\":\"%s\",\"traffic\":\"%s\",\"sources\":\"%s\",\"cpus\":1,"
	       "\"round\":%d,\"rate\":%.0f,\"sent\":%llu,\"good\":%llu,\"bad\":%llu,\"sums\":%llu,"
	       "\"unanswered\":%lld,\"lost\":%llu,\"busy_ns\":%llu,\"wall_ns\":%llu,\"pace\":%.0f}\n",
	       r->name, r->action->name, size_name(r->n, size), round,
	       good * 1e9 / l->busy, (unsigned long long)l->sent, (unsigned long long)good,
	       (unsigned long long)l->bad,
	       (unsigned long long)l->sums, (long long)unanswered, (unsigned long long)gaps,
	       (unsigned long long)l->busy, (unsigned long long)l->wall, l->pace);
}

static void measure(const struct row *r, int round, uint64_t duration)
{
	struct lane l = { .cpu = last_cpu, .duration = duration, .spent = r->path ? FRAMES_BUDGET : 1 };
	uint64_t unanswered, all, gaps;

	arm(r);
	gaps = -device_gaps("dut");
	enter(r, 'a');
	gaps -= device_gaps("gen");
	l.ifindex = if_nametoindex("gen");
	prepare_frame(r);
	all = -lanes_sent();
	unanswered = refused(r) + all;
	lanes_run(&l, 1);
	all += lanes_sent();
	unanswered += lanes_sent() - refused(r);
	gaps += device_gaps("gen");
	enter(r, 'b');
	gaps += device_gaps("dut");
	if (round >= 0)
		report(r, round, &l, unanswered, all, gaps);
}

/* ---- setting up ---- */

static const struct action *action_of(const char *name)
{
	size_t i;

	for (i = 0; i < ACTIONS; i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	die("no such action: %s", name);
}

static void add_row(const struct row *r)
{
	char size[16];

	if (!is_wanted(r->action->name, size_name(r->n, size)))
		return;
	if (n_rows == ROWS_MAX)
		die("too many peers");
	rows[n_rows++] = *r;
}

/* What bounds the packet path: its frames sent back as they are, or dropped. */
static void add_limits(void)
{
	int swap = bpf_program__fd(skel->progs.swap), drop = bpf_program__fd(skel->progs.drop);
	struct row r = { .name = "swap", .ns = "xdp", .n = FEW, .fd = swap, .is_echo = true };

	r.action = actions;
	add_row(&r);
	r.n = many;
	for (; r.action->flags; r.action++)
		add_row(&r);
	r.name = "drop";
	r.fd = drop;
	r.is_echo = false;
	add_row(&r);
}

static void add_peer(char *text)
{
	char *save, *name = strtok_r(text, " ", &save), *action = strtok_r(NULL, " ", &save);
	struct row r = { .name = name, .n = many };

	r.action = action_of(action);
	r.ns = strtok_r(NULL, " ", &save);
	r.command = save;
	add_row(&r);
}

static void add_path(const char *name, const char *object, const struct action *a, uint32_t n)
{
	struct row r = { .name = name, .ns = "xdp", .action = a, .n = n };

	r.path = calloc(1, sizeof(*r.path));
	if (!path_open_listed(r.path, name, object, list, n, a->act))
		die("%s: enforces nothing", object);
	/* As by default, where no network sends more. */
	if (n > FEW)
		path_configure(r.path, 8192);
	r.fd = r.path->prog;
	add_row(&r);
}

static void add_paths(char *arg)
{
	char *object = strchr(arg, '=');
	size_t i;

	if (!object)
		die("not name=object: %s", arg);
	*object++ = 0;
	add_path(arg, object, &actions[0], FEW);
	for (i = 0; i < ACTIONS; i++)
		add_path(arg, object, &actions[i], many);
}

static int print_list(uint32_t n)
{
	char text[INET_ADDRSTRLEN];
	uint32_t i;

	list = list_make(n);
	for (i = 0; i < n; i++)
		puts(inet_ntop(AF_INET, &list[i], text, sizeof(text)));
	return 0;
}

static void prepare(void)
{
	static const struct row xdp = { .ns = "xdp" };

	if (many <= FEW || many > BENCH_LIST_MAX)
		die("a list of more than %d and up to %d", FEW, BENCH_LIST_MAX);
	setvbuf(stdout, NULL, _IOLBF, 0);
	last_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	libbpf_set_print(NULL);
	lanes_open();
	pin_to(last_cpu);
	list = list_make(many);
	memcpy(skel->bss->listed, list, many * sizeof(*list));
	enter(&xdp, 'a');
	sink_attach(false);
	add_limits();
}

int main(int argc, char **argv)
{
	int round, i;

	if (argc == 3 && !strcmp(argv[1], "list"))
		return print_list(atoi(argv[2]));
	if (argc < 6)
		die("usage: enforce rounds milliseconds prefix N peer... name=object..., or: enforce list N");
	prefix = argv[3];
	many = atoi(argv[4]);
	prepare();
	for (i = 5; i < argc; i++)
		if (strchr(argv[i], ' '))
			add_peer(argv[i]);
		else
			add_paths(argv[i]);
	for (i = 0; i < n_rows; i++)
		if (rows[i].command) {
			enter(&rows[i], 'a');
			sink_attach(true);
		}
	/* Round -1 fills the tables and is not reported. */
	for (round = -1; round < atoi(argv[1]); round++)
		for (i = 0; i < n_rows; i++)
			measure(&rows[i], round, atoi(argv[2]) * 1000000ull);
	return 0;
}
