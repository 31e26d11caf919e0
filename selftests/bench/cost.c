// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a frame costs inside the kernel, in nanoseconds over a program that only
 * returns XDP_PASS. A test run repeats a program without restoring its frame, so
 * "restore" (bench.bpf.c) lays the frame out anew each time and tail-calls what
 * is measured; the same with the empty program is the base, measured just before
 * and taken away. What an answer of another length costs to restore is taken
 * away too. Afterwards the verdict counters must say that each repetition met the
 * same fate: else the run is no measurement, and the benchmark ends.
 *
 * usage: cost rounds repeats name=object...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <netinet/in.h>
#include "bpf/block.h"
#include "lib.h"
#include "bench.skel.h"

#define ROWS_MAX 256
#define PATHS_MAX 8
#define SLICES 40

struct row {
	const struct path *path; /* NULL: a peer */
	const char *prog;        /* name in the output */
	int fd;
	char name[48];
	const char *sources;
	struct bench_frame frame;
	int verdict;      /* that each frame must get; -1: not counted */
	uint32_t out_len; /* of the frame afterwards */
};

static struct row rows[ROWS_MAX];
static size_t n_rows;
static struct bench_bpf *skel;
static const char mail_text[] = "MAIL FROM:<someone@example.org> SIZE=12345\r\n";

static const char *source_name(uint32_t sources)
{
	return sources == BENCH_FIXED || sources == BENCH_ONE ? "one" : "random";
}

/* ---- rows ---- */

/* Runs it once: the verdict it got, the frame that came out. */
static int run_once(const struct row *r, uint8_t *out, uint32_t *out_len)
{
	uint64_t before[NOLIST_VERDICTS] = {}, after[NOLIST_VERDICTS] = {};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = r->frame.data, .data_size_in = r->frame.len,
		    .data_out = out, .data_size_out = 2048, .repeat = 1);
	int i;

	if (r->path)
		path_verdicts(r->path, before);
	if (bpf_prog_test_run_opts(r->fd, &o))
		die("%s: %s", r->name, strerror(errno));
	*out_len = o.data_size_out;
	if (!r->path)
		return -1;
	path_verdicts(r->path, after);
	for (i = 0; i < NOLIST_VERDICTS; i++)
		if (after[i] != before[i])
			return i;
	die("%s: no verdict was counted", r->name);
}

/* The frame that came out is left in out. */
static void add_row_out(const struct path *path, const char *prog, int fd, const char *name,
			const struct segment *s, uint32_t sources, int verdict, uint8_t *out)
{
	struct row *r = &rows[n_rows++];
	int got;

	if (n_rows > ROWS_MAX)
		die("too many rows");
	r->path = path;
	r->prog = prog;
	r->fd = fd;
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->sources = source_name(sources);
	frame_make(&r->frame, s);
	r->frame.sources = sources;
	got = run_once(r, out, &r->out_len);
	if (path && verdict >= 0 && got != verdict)
		die("%s: %s: %s instead of %s", path->name, name, verdict_name(got),
		    verdict_name(verdict));
	r->verdict = got;
	if (!is_wanted(r->name, r->sources))
		n_rows--;
}

static void add_row(const struct path *p, const char *name, const struct segment *s,
		    uint32_t sources, int verdict)
{
	uint8_t out[2048];

	add_row_out(p, p->name, p->prog, name, s, sources, verdict, out);
}

static struct segment syn_to(const char *to, bool has_options)
{
	struct segment s = { .from = strchr(to, ':') ? CLIENT6 : CLIENT4, .to = to,
			     .sport = 40000, .dport = 25, .seq = 1000, .flags = SYN };

	if (has_options) {
		s.options = linux_syn;
		s.options_len = sizeof(linux_syn);
	}
	return s;
}

static void add_syns(const struct path *p, const char *what, const char *to4, const char *to6,
		     int verdict)
{
	struct segment syn4 = syn_to(to4, false), syn4_opt = syn_to(to4, true);
	struct segment syn6 = syn_to(to6, false);
	char name[48];

	snprintf(name, sizeof(name), "%s: SYN", what);
	add_row(p, name, &syn4, BENCH_ONE, verdict);
	add_row(p, name, &syn4, BENCH_RANDOM, verdict);
	snprintf(name, sizeof(name), "%s: Linux SYN", what);
	add_row(p, name, &syn4_opt, BENCH_ONE, verdict);
	add_row(p, name, &syn4_opt, BENCH_RANDOM, verdict);
	snprintf(name, sizeof(name), "%s: IPv6 SYN", what);
	add_row(p, name, &syn6, BENCH_ONE, verdict);
	add_row(p, name, &syn6, BENCH_RANDOM, verdict);
}

/* Segments that leave the packet path earlier and earlier: what each room costs. */
static void add_rooms(const struct path *p)
{
	struct segment ack = syn_to(LOW4, false), rst = ack, broken;

	ack.flags = ACK;
	ack.ack = 77;
	add_row(p, "low: ACK", &ack, BENCH_FIXED, NOLIST_LOW_RST);
	broken = ack;
	broken.is_broken = true;
	add_row(p, "low: wrong checksum", &broken, BENCH_FIXED, NOLIST_SILENT_CHECKSUM);
	rst.flags = RST;
	add_row(p, "low: RST", &rst, BENCH_FIXED, NOLIST_SILENT_RESET);
}

static void add_unrelated(const struct path *p)
{
	struct segment web = { .from = CLIENT4, .to = REAL4, .sport = 40000, .dport = 443,
			       .seq = 1, .ack = 1, .flags = ACK };
	struct segment web6 = web, other = web, out = web, dns = web;

	add_row(p, "other: TCP port 443", &web, BENCH_FIXED, NOLIST_PASS_OTHER);
	web6.from = CLIENT6;
	web6.to = REAL6;
	add_row(p, "other: IPv6 TCP port 443", &web6, BENCH_FIXED, NOLIST_PASS_OTHER);
	other.to = OTHER4;
	other.dport = 25;
	add_row(p, "other: TCP port 25, no MX", &other, BENCH_FIXED, NOLIST_PASS_OTHER);
	out.sport = 25;
	out.dport = 40000;
	add_row(p, "other: TCP from port 25", &out, BENCH_FIXED, NOLIST_PASS_OTHER);
	dns.proto = IPPROTO_UDP;
	dns.dport = 53;
	dns.data = "0123456789abcdef0123456789abcdef";
	dns.data_len = 32;
	add_row(p, "other: UDP", &dns, BENCH_FIXED, NOLIST_PASS_NOT_TCP);
}

/* Mail to the real MX: port is that of a connection which this kernel holds. */
static void add_real(const struct path *p, uint16_t port)
{
	struct segment syn = syn_to(REAL4, true), ack = syn, blind, data;
	uint8_t ts[12];

	timestamps(ts, 1, 2);
	add_row(p, "real: Linux SYN", &syn, BENCH_ONE, NOLIST_PASS_REAL);
	add_row(p, "real: Linux SYN", &syn, BENCH_RANDOM, NOLIST_PASS_REAL);
	ack.flags = ACK;
	ack.ack = 1;
	ack.options = ts;
	ack.options_len = sizeof(ts);
	add_row(p, "real: ACK", &ack, BENCH_FIXED, NOLIST_PASS_REAL);
	blind = ack;
	blind.flags = ACK | PSH;
	blind.data = mail_text;
	blind.data_len = strlen(mail_text);
	add_row(p, "real: data, no connection", &blind, BENCH_FIXED, NOLIST_PASS_REAL);
	data = blind;
	data.sport = port;
	add_row(p, "real: data", &data, BENCH_FIXED, NOLIST_PASS_REAL);
}

/* ---- a whole session ---- */

static void add_session(const struct path *p, const char *to, bool has_ts)
{
	struct client c;
	uint8_t out[2048];
	char name[48];
	size_t i;

	client_start(&c, strchr(to, ':') ? CLIENT6 : CLIENT4, to, has_ts);
	for (i = 0; i < SESSION_STEPS; i++) {
		const struct session_step *step = &session_steps[i];

		client_say(&c, step, i ? out : NULL);
		snprintf(name, sizeof(name), "session%s%s: %s",
			 strchr(to, ':') ? " IPv6" : "", has_ts ? " with timestamps" : "",
			 step->name);
		add_row_out(p, p->name, p->prog, name, &c.s, BENCH_FIXED, step->verdict, out);
	}
}

/* RCPT where 'domains' is set: to compare with the RCPT of a session, where it is not. */
static void add_rcpt(const struct path *p, bool has_ts, const char *what, const char *line)
{
	struct session_step step;
	struct client c;
	uint8_t out[2048];
	char name[48];
	size_t i, n;

	client_start(&c, CLIENT4, HIGH4, has_ts);
	for (i = 0; strcmp(session_steps[i].name, "RCPT"); i++) {
		client_say(&c, &session_steps[i], i ? out : NULL);
		n = n_rows;
		add_row_out(p, p->name, p->prog, "before RCPT", &c.s, BENCH_FIXED,
			    session_steps[i].verdict, out);
		n_rows = n;
	}
	step = session_steps[i];
	step.text = line;
	client_say(&c, &step, out);
	snprintf(name, sizeof(name), "session%s: RCPT, %s", has_ts ? " with timestamps" : "", what);
	add_row_out(p, p->name, p->prog, name, &c.s, BENCH_FIXED, step.verdict, out);
}

static void add_domains(const char *name, const char *object)
{
	static struct path path[2 * PATHS_MAX];
	static size_t n;
	struct path *exact = &path[n++], *below = &path[n++];
	int ts;

	if (!path_open_domains(exact, name, object, false) ||
	    !path_open_domains(below, name, object, true))
		return;
	for (ts = 0; ts < 2; ts++) {
		add_rcpt(exact, ts, "ours", "RCPT TO:<somebody@example.com>\r\n");
		add_rcpt(exact, ts, "another's", "RCPT TO:<somebody@example.org>\r\n");
		add_rcpt(below, ts, "two parents", "RCPT TO:<some@a.b.domain1.example>\r\n");
	}
}

/* SYNs to the real MX, as those of add_real(), where the gate is on. */
static void add_gate(const char *name, const char *object)
{
	static struct path path[2 * PATHS_MAX];
	static size_t n;
	struct path *low = &path[n++], *nobody = &path[n++];
	struct segment syn = syn_to(REAL4, true);

	if (!path_open_gate(low, name, object, BENCH_GATE_LOW) ||
	    !path_open_gate(nobody, name, object, BENCH_GATE_NOBODY))
		return;
	add_row(low, "gate: Linux SYN, was at low", &syn, BENCH_ONE, NOLIST_PASS_REAL);
	add_row(low, "gate: Linux SYN, was at low", &syn, BENCH_RANDOM, NOLIST_PASS_REAL);
	add_row(nobody, "gate: Linux SYN, stranger", &syn, BENCH_ONE, NOLIST_REAL_GATED);
	add_row(nobody, "gate: Linux SYN, stranger", &syn, BENCH_RANDOM, NOLIST_REAL_GATED);
}

/* Rows of a source that is not listed, as those of add_real(). */
static void add_unlisted(const struct path *p, const char *what, uint16_t port)
{
	struct segment syn = syn_to(REAL4, true), ack = syn, data;
	uint8_t ts[12];
	char name[48];

	timestamps(ts, 1, 2);
	snprintf(name, sizeof(name), "%s: Linux SYN, not listed", what);
	add_row(p, name, &syn, BENCH_ONE, NOLIST_PASS_REAL);
	add_row(p, name, &syn, BENCH_EVEN, NOLIST_PASS_REAL);
	ack.flags = ACK;
	ack.ack = 1;
	ack.options = ts;
	ack.options_len = sizeof(ts);
	snprintf(name, sizeof(name), "%s: ACK, not listed", what);
	add_row(p, name, &ack, BENCH_FIXED, NOLIST_PASS_REAL);
	data = ack;
	data.flags = ACK | PSH;
	data.data = mail_text;
	data.data_len = strlen(mail_text);
	data.sport = port;
	snprintf(name, sizeof(name), "%s: data, not listed", what);
	add_row(p, name, &data, BENCH_FIXED, NOLIST_PASS_REAL);
}

/* The same where a million sources are listed at random, where five millions are, and where all are. */
static void add_listed(const char *name, const char *object, uint16_t port)
{
	static struct path path[3 * PATHS_MAX];
	static size_t n;
	static uint32_t *list;
	struct path *one = &path[n++], *five = &path[n++], *all = &path[n++];
	struct segment syn = syn_to(REAL4, true);

	if (!list)
		list = list_make(5000000);
	if (!path_open_listed(one, name, object, list, 1000000, NOLIST_ACT_TEMPFAIL) ||
	    !path_open_listed(five, name, object, list, 5000000, NOLIST_ACT_TEMPFAIL) ||
	    !path_open_listed(all, name, object, NULL, 0, NOLIST_ACT_TEMPFAIL))
		return;
	add_unlisted(one, "enforce", port);
	add_unlisted(five, "enforce, 5 M", port);
	add_row(all, "enforce: Linux SYN, tempfail", &syn, BENCH_ONE, NOLIST_REAL_SYN_ACK);
	add_row(all, "enforce: Linux SYN, tempfail", &syn, BENCH_RANDOM, NOLIST_REAL_SYN_ACK);
}

/* ---- measuring ---- */

/* CPU time of n repetitions of fd on row's frame, each. */
static double run(const struct row *r, int fd, uint32_t n)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = r->frame.data, .data_size_in = r->frame.len,
		    .repeat = n);
	uint32_t zero = 0;
	uint64_t sent = 0, start;
	int cpu;

	if (bpf_map_update_elem(bpf_map__fd(skel->maps.target), &zero, &fd, 0))
		die("cannot set the target: %s", strerror(errno));
	skel->bss->frame = r->frame;
	for (cpu = 0; cpu < BENCH_CPUS; cpu++)
		sent -= skel->bss->count[cpu].c.sent;
	start = thread_ns();
	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.restore), &o))
		die("%s: %s", r->name, strerror(errno));
	start = thread_ns() - start;
	for (cpu = 0; cpu < BENCH_CPUS; cpu++)
		sent += skel->bss->count[cpu].c.sent;
	if (sent != n || o.retval == 0)
		die("%s: %llu frames of %u, code %u", r->name, (unsigned long long)sent, n,
		    o.retval);
	return (double)start / n;
}

/* As run(), and each repetition must have met the row's verdict. */
static double run_row(const struct row *r, uint32_t n)
{
	uint64_t before[NOLIST_VERDICTS] = {}, after[NOLIST_VERDICTS] = {};
	double ns;
	int i;

	if (!r->path)
		return run(r, r->fd, n);
	path_forget_answers(r->path);
	path_verdicts(r->path, before);
	ns = run(r, r->fd, n);
	path_verdicts(r->path, after);
	for (i = 0; i < NOLIST_VERDICTS; i++)
		if (after[i] - before[i] != (i == r->verdict ? n : 0))
			die("%s: %s: %llu of %u frames are %s", r->path->name, r->name,
			    (unsigned long long)(after[i] - before[i]), n, verdict_name(i));
	return ns;
}

/*
 * A round is many short slices, the empty program's and the row's by turns, and the
 * quickest of each counts: what else uses the core meanwhile only makes slices slower.
 * It also leaves out those in which a second's budget for contacts (NOLIST_CONTACTS_NEW)
 * is spent: a flood pays that once a second, a slice as often as it begins one.
 */
static void measure(const struct row *r, int round, uint32_t n)
{
	double resize = 0, base = 0, ns = 0, pace, one;
	int i;

	if (r->path && r->path->gate)
		path_set_stamps(r->path);
	pace_wait();
	pace = pace_ns();
	n = n < SLICES ? 1 : n / SLICES;
	for (i = 0; i < SLICES; i++) {
		one = run(r, bpf_program__fd(skel->progs.pass), n);
		base = i && base < one ? base : one;
		if (r->out_len != r->frame.len) {
			skel->bss->resize_len = r->out_len;
			one = run(r, bpf_program__fd(skel->progs.resize), n);
			resize = i && resize < one ? resize : one;
		}
		one = run_row(r, n);
		ns = i && ns < one ? ns : one;
	}
	if (resize)
		resize -= base;
	pace = (pace + pace_ns()) / 2;
	/* Of two resizes one restores the frame, the other is the answer's own. */
	if (round >= 0)
		printf("{\"part\":\"cost\",\"path\":\"%s\",\"traffic\":\"%s\",\"sources\":\"%s\","
		       "\"round\":%d,\"frames\":%u,\"base_ns\":%.2f,\"restore_ns\":%.2f,"
		       "\"ns\":%.2f,\"pace\":%.0f}\n",
		       r->prog, r->name, r->sources, round, n * SLICES, base, resize / 2,
		       ns - base - resize / 2, pace);
}

static void add_peers(void)
{
	static const char *const name[] = { "swap", "reset" };
	int fd[] = { bpf_program__fd(skel->progs.swap), bpf_program__fd(skel->progs.reset) };
	struct segment syn = syn_to(LOW4, false), syn_opt = syn_to(LOW4, true);
	uint8_t out[2048];
	size_t i;

	for (i = 0; i < 2; i++) {
		add_row_out(NULL, name[i], fd[i], "low: SYN", &syn, BENCH_ONE, -1, out);
		add_row_out(NULL, name[i], fd[i], "low: SYN", &syn, BENCH_RANDOM, -1, out);
		add_row_out(NULL, name[i], fd[i], "low: Linux SYN", &syn_opt, BENCH_ONE, -1, out);
	}
}

int main(int argc, char **argv)
{
	static struct path path[PATHS_MAX];
	int rounds, round, i;
	uint32_t repeats;
	uint16_t port;
	size_t k;

	if (argc < 4 || argc - 3 > PATHS_MAX)
		die("usage: cost rounds repeats name=object...");
	rounds = atoi(argv[1]);
	repeats = atoi(argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pin_to(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	/* In a network of its own, so that the kernel knows the connection. */
	if (unshare(CLONE_NEWNET))
		die("cannot make a network namespace");
	port = real_connect();
	libbpf_set_print(NULL);
	skel = bench_bpf__open_and_load();
	if (!skel)
		die("cannot load the benchmark's own programs");
	add_peers();
	for (i = 3; i < argc; i++) {
		struct path *p = &path[i - 3];
		char *object = strchr(argv[i], '=');

		if (!object)
			die("not name=object: %s", argv[i]);
		*object++ = 0;
		path_open(p, argv[i], object);
		/* Counted, and not reached in a slice. */
		path_configure(p, 0xffff);
		add_syns(p, "low", LOW4, LOW6, NOLIST_LOW_RST_ACK);
		add_syns(p, "high", HIGH4, HIGH6, NOLIST_HIGH_SYN_ACK);
		add_rooms(p);
		add_unrelated(p);
		add_real(p, port);
		add_session(p, HIGH4, false);
		add_session(p, HIGH4, true);
		add_session(p, HIGH6, true);
		add_domains(argv[i], object);
		add_gate(argv[i], object);
		add_listed(argv[i], object, port);
	}
	/* Before the first round random sources fill the tables, as a flood would have. */
	for (k = 0; k < n_rows; k++)
		if (rows[k].path && !strcmp(rows[k].sources, "random"))
			measure(&rows[k], -1, 500000);
	for (round = 0; round < rounds; round++)
		for (k = 0; k < n_rows; k++)
			measure(&rows[k], round, repeats);
	return 0;
}
