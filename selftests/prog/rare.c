// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only the kernel can answer, and how much of it: to a fake's port NOLIST_RARE segments
 * pass in a second, and all others are dropped and counted. Why it matters: a flood chooses the
 * shape that costs most. And whatever is not certainly for a fake's port passes for ever: a
 * later fragment may be one of DNS, and this is a mail host's only way to the world.
 * To add a shape: its row, and whether it can be placed at a fake's port.
 */
#define _GNU_SOURCE /* sched_setaffinity() */
#include <sched.h>
#include <stdbool.h>
#include "selftests/lib/packet_rows.h"
#include "selftests/lib/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TRIES 20 /* a second may end while a row is sent */

static struct prog p;

#define SHAPE4 NOLIST_PASS_SHAPE, .dst = LOW4
#define SHAPE6 NOLIST_PASS_SHAPE, .dst = LOW6
#define MD5 "\x13\x12\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"

/* The first fragment of TCP behind a header with options. */
static void layer_dst_and_fragment(struct frame *f)
{
	layer_dst_unknown(f);
	layer_frag_first(f);
}

static const struct way {
	struct row row;
	bool is_placed; /* at a fake's port */
} ways[] = {
	{ { "the first fragment", SHAPE4, .twist = twist_more_fragments }, true },
	{ { "the first fragment, high", NOLIST_PASS_SHAPE, .dst = HIGH4,
	    .twist = twist_more_fragments }, true },
	{ { "the first fragment in two VLANs", SHAPE4, .tags = "aq", .twist = twist_more_fragments },
	  true },
	{ { "the reserved bit beside the fragment's", SHAPE4,
	    .twist = twist_reserved_fragment_bit }, true },
	{ { "an IPv4 option", SHAPE4, .layer = layer_ip4_option }, true },
	{ { "an IPv4 option, high", NOLIST_PASS_SHAPE, .dst = HIGH4, .layer = layer_ip4_option },
	  true },
	{ { "a priority tag", SHAPE4, .tags = "q", .twist = twist_priority }, true },
	{ { "a priority tag, IPv6", SHAPE6, .tags = "q", .twist = twist_priority }, true },
	{ { "the first fragment, IPv6", SHAPE6, .layer = layer_frag_first }, true },
	{ { "the first fragment, IPv6, high", NOLIST_PASS_SHAPE, .dst = HIGH6,
	    .layer = layer_frag_first }, true },
	{ { "an atomic fragment, reserved byte", SHAPE6, .layer = layer_frag_reserved }, true },
	{ { "eight extension headers", SHAPE6, .layer = layer_eight_ext }, true },
	{ { "hop-by-hop: router alert", SHAPE6, .layer = layer_hop_alert }, true },
	{ { "hop-by-hop: two words", SHAPE6, .layer = layer_hop_long }, true },
	{ { "destination options: unknown", SHAPE6, .layer = layer_dst_unknown }, true },
	{ { "destination options and first fragment", SHAPE6, .layer = layer_dst_and_fragment },
	  true },
	{ { "a routing header", SHAPE6, .layer = layer_routing }, true },
	{ { "more than is summed here", SHAPE4, .data = 1537 - 20 }, true },
	{ { "MD5", NOLIST_PASS_TCP_OPTION, .dst = LOW4, OPT(MD5) }, true },
	{ { "MD5, IPv6", NOLIST_PASS_TCP_OPTION, .dst = LOW6, OPT(MD5) }, true },
	{ { "from an address of ours", NOLIST_PASS_SOURCE, .dst = LOW4, .src = OWN4 }, true },
	{ { "from the real MX, IPv6", NOLIST_PASS_SOURCE, .dst = LOW6, .src = REAL6 }, true },
	{ { "from class E", NOLIST_PASS_SOURCE, .dst = LOW4, .src = "240.0.0.1" }, true },
	/* These always pass. */
	{ { "a later fragment", SHAPE4, .twist = twist_fragment_offset }, false },
	{ { "a later fragment, high", NOLIST_PASS_SHAPE, .dst = HIGH4,
	    .twist = twist_fragment_offset }, false },
	{ { "a later fragment, IPv6", SHAPE6, .layer = layer_frag_later }, false },
	{ { "nine extension headers", SHAPE6, .layer = layer_nine_ext }, false },
	{ { "a header of four words", SHAPE4, .twist = twist_ihl_4 }, false },
	{ { "version 5", SHAPE4, .twist = twist_version_5 }, false },
	{ { "IPv4 behind IPv6's type", SHAPE4, .twist = twist_ip4_as_ip6 }, false },
	{ { "another port, first fragment", SHAPE4, .dport = 26, .twist = twist_more_fragments },
	  false },
	{ { "another port, an IPv4 option", SHAPE4, .dport = 80, .layer = layer_ip4_option },
	  false },
	{ { "another port, a routing header", SHAPE6, .dport = 22, .layer = layer_routing }, false },
	{ { "another address, first fragment", NOLIST_PASS_SHAPE, .dst = "192.0.2.11",
	    .twist = twist_more_fragments }, false },
	{ { "the real MX, first fragment", NOLIST_PASS_SHAPE, .dst = REAL4,
	    .twist = twist_more_fragments }, false },
	{ { "the real MX, an IPv4 option", NOLIST_PASS_SHAPE, .dst = REAL4,
	    .layer = layer_ip4_option }, false },
	{ { "the real MX, IPv6, a routing header", NOLIST_PASS_SHAPE, .dst = REAL6,
	    .layer = layer_routing }, false },
	{ { "UDP", NOLIST_PASS_NOT_TCP, .layer = layer_udp }, false },
};

/* Each CPU has a budget of its own. */
static void retained(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		tap_die("sched_setaffinity");
}

static __u32 this_second(void)
{
	return prog_clock() >> NOLIST_SECOND_SHIFT;
}

/* Repeats are the same frame, as long as it passes or is dropped. */
static void repeat(const struct frame *f, unsigned int n)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->b, .data_size_in = f->len, .repeat = n);

	if (bpf_prog_test_run_opts(p.fd, &opts))
		tap_die("BPF_PROG_TEST_RUN");
	prog_counters(&p, p.seen);
}

static void spend(void)
{
	static const struct row option = { "an IPv4 option", SHAPE4, .layer = layer_ip4_option };
	static struct frame f;

	row_build(&option, &f);
	repeat(&f, NOLIST_RARE);
}

/* Of two budgets' worth of segments in one second one passes. */
static void number(void)
{
	static const struct row fragment = { "the first fragment", SHAPE4,
					     .twist = twist_more_fragments };
	__u64 before[NOLIST_VERDICTS], passed = 0, dropped = 0;
	static struct frame f;
	__u32 second;
	int i;

	row_build(&fragment, &f);
	for (i = 0; i < TRIES; i++) {
		for (second = this_second(); second == this_second();)
			usleep(1000);
		second = this_second();
		prog_counters(&p, before);
		repeat(&f, 2 * NOLIST_RARE);
		passed = p.seen[NOLIST_PASS_SHAPE] - before[NOLIST_PASS_SHAPE];
		dropped = p.seen[NOLIST_RARE_LIMITED] - before[NOLIST_RARE_LIMITED];
		if (second == this_second())
			break;
	}
	tap_ok(passed == NOLIST_RARE && dropped == NOLIST_RARE,
	       "in a second %llu segments that only the kernel can answer pass, %llu are dropped",
	       (unsigned long long)passed, (unsigned long long)dropped);
}

/* Segments that were counted for an MX address. */
static __u64 counted(void)
{
	struct nolist_stats s[p.cpus];
	__u32 zero = 0;
	__u64 sum = 0;
	int cpu, i;

	if (bpf_map_lookup_elem(p.stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	for (cpu = 0; cpu < p.cpus; cpu++)
		for (i = 0; i < NOLIST_MX_MAX; i++)
			sum += s[cpu].mx[i].segments;
	return sum;
}

/* One that is dropped may not have been read to its end: it is for no MX address. */
static bool is_right(const struct way *w, bool is_spent)
{
	__u64 before = counted();
	struct row r = w->row;

	if (is_spent && w->is_placed)
		r.verdict = NOLIST_RARE_LIMITED;
	return row_check(&p, &r) && (r.verdict != NOLIST_RARE_LIMITED || counted() == before);
}

static void spent(void)
{
	unsigned int wrong = 0;
	__u32 second;
	size_t i;
	int k;

	for (i = 0; i < COUNT(ways); i++)
		for (k = 0; k < TRIES; k++) {
			second = this_second();
			spend();
			if (second != this_second())
				continue;
			wrong += !is_right(&ways[i], true) && second == this_second();
			break;
		}
	tap_ok(!wrong, "beyond it: %zu shapes, what cannot be placed at a fake's port passes",
	       COUNT(ways));
}

static void within(void)
{
	unsigned int wrong = 0;
	__u32 second;
	size_t i;

	for (second = this_second(); second == this_second();)
		usleep(1000);
	for (i = 0; i < COUNT(ways); i++)
		wrong += !is_right(&ways[i], false);
	tap_ok(!wrong, "within it: the same shapes pass");
}

int main(void)
{
	struct nolist_config *c = row_conf();

	tap_need_root();
	retained();
	prog_load(&p, NULL);
	prog_configure(&p, c);
	free(c);
	number();
	spent();
	within();
	bpf_object__close(p.object);
	return tap_done();
}
