// SPDX-License-Identifier: GPL-2.0-only
/*
 * The low fake cannot be distinguished from a closed port (design: Linux' own is
 * by definition right). Random segments go over two wires to two like hosts: one
 * with the program, one without. The answers must be equal in every bit but IP
 * id, TTL, IPv6 flow label and Ethernet padding; what the program does not answer
 * must reach the host unchanged; each frame must count in exactly one verdict.
 *
 * A VLAN sub-device's answer is the untagged answer with the tags put back, so
 * tagged segments go untagged to the host without the program, and the test
 * needs no VLAN device. What the program passes with tags has no answer here.
 *
 *	net/differential [--count N] [--seed S] [--first I] [--mode native|generic|none]
 *
 * repeats one run, or part of it; without arguments all of `make check`.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <bpf/bpf.h>
#include "selftests/lib/answer.h"
#include "selftests/lib/segment.h"
#include "selftests/lib/wire.h"

struct side {
	struct wire wire;
	struct answers slot[SEGMENT_SLOTS];
	uint32_t marker; /* the last one seen */
};

_Static_assert(SEGMENT_FRAMES == 2, "compare_batch() adds up two");

static struct side plain, fake;
static struct segment batch[SEGMENT_SLOTS];
static char passed[SEGMENT_SLOTS][SEGMENT_FRAMES]; /* the program let it through */
static int batch_len;
static int has_program;
static int is_silent; /* the program drops what a host is silent to */
static int is_spent;  /* the budget of what only the kernel can answer is spent */
static unsigned long spent;    /* frames of test runs */
static unsigned long silences; /* segments that a host answers, beyond it */
static unsigned long reports = 5; /* differences printed in full */
static uint64_t seed;

static struct {
	unsigned long segments, frames, answered, by_program, tagged, icmp, looped, different;
} total;

/* --- what the wire says -------------------------------------------------- */

/* The low bits of the index that an answer gives back; -1: it is nobody's answer. */
static int slot_named(struct side *side, const unsigned char *p, size_t l3, size_t l4)
{
	int six = p[l3] >> 4 == 6;

	switch (p[l3 + (six ? 6 : 9)]) {
	case IPPROTO_TCP:
		if (!six && p[l3 + 16] == 198 && p[l3 + 17] == 19) {
			side->marker = get32(p + l4 + 8);
			return -1;
		}
		return get16(p + l4 + 2) % SEGMENT_SLOTS;
	case IPPROTO_ICMP:
		return get16(p + l4 + 8 + 4) % SEGMENT_SLOTS;
	case IPPROTO_ICMPV6:
		return p[l4] < 128 ? (int)(get32(p + l4 + 8) % SEGMENT_SLOTS) : -1;
	}
	return -1;
}

/*
 * Which segment an answer answers: the only one under way from that address,
 * or of those the one that it names. A lie about IHL moves the ports.
 */
static int slot_of(struct side *side, const unsigned char *p, size_t len)
{
	size_t l3 = find_l3(p, len), l4, n, at;
	int six, named, i, found = -1, several = 0;

	if (l3 + 40 > len)
		return -1;
	six = p[l3] >> 4 == 6;
	l4 = six ? l3 + 40 : l3 + (p[l3] & 15) * 4;
	if (l4 + 20 > len)
		return -1;
	named = slot_named(side, p, l3, l4);
	n = six ? 16 : 4;
	at = six ? 8 : 12;
	for (i = 0; named >= 0 && i < batch_len; i++) {
		const struct frame *f = &batch[i].f[0];

		if (frame_is_ip6(f) == six && !memcmp(f->b + f->l3 + at, p + l3 + at + n, n)) {
			found = batch[i].index % SEGMENT_SLOTS;
			several++;
		}
	}
	return several == 1 ? found : named;
}

static void on_answer(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *p)
{
	struct side *side = (struct side *)user;
	int slot = slot_of(side, p, h->caplen);
	struct answers *to;
	struct answer *a;

	if (slot < 0)
		return;
	to = &side->slot[slot];
	if (to->n == ANSWERS || h->caplen > ANSWER_MAX)
		wire_die("more answers, or longer ones, than one segment can have");
	a = &to->a[to->n++];
	a->len = h->caplen;
	memcpy(a->raw, p, a->len);
	normalise(a);
}

/* A frame that reached the stack: is it one of ours, to the bit? */
static void on_passed(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *p)
{
	int i, k;

	(void)user;
	for (i = 0; i < batch_len; i++)
		for (k = 0; k < batch[i].frames; k++)
			if (!passed[i][k] && h->caplen == batch[i].f[k].len &&
			    !memcmp(p, batch[i].f[k].b, h->caplen)) {
				passed[i][k] = 1;
				return;
			}
}

static void drain(void)
{
	while (pcap_dispatch(plain.wire.answers, -1, on_answer, (void *)&plain) > 0)
		;
	while (pcap_dispatch(fake.wire.answers, -1, on_answer, (void *)&fake) > 0)
		;
	while (pcap_dispatch(fake.wire.passed, -1, on_passed, NULL) > 0)
		;
}

/* --- sending ------------------------------------------------------------- */

/*
 * A SYN to another closed port, which the kernel answers on both sides, after
 * what was sent before it: no answer is still to come once it is there. Twice,
 * since XDP_TX leaves a veth only at the end of a round of its NAPI.
 */
static void flush_wires(void)
{
	static uint32_t marker;
	static struct frame f;
	double deadline;
	int twice;

	for (twice = 0; twice < 2; twice++) {
		marker++;
		frame_start(&f, wire_server_mac, wire_client_mac);
		frame_ip4(&f, "198.19.0.1", WIRE_LOW4);
		frame_tcp(&f, 65535, 7, marker - 1, 0, FRAME_SYN);
		frame_finish(&f);
		wire_send(&plain.wire, &f, 0);
		wire_send(&fake.wire, &f, 0);
		deadline = wire_now() + 5 * wire_patience();
		do {
			drain();
			if (wire_now() > deadline)
				wire_die("a host answers no more");
		} while (plain.marker != marker || fake.marker != marker);
	}
	drain();
}

/* On this CPU, where the frames that are sent are received, too. */
static void spend(void)
{
	static struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.b, .repeat = NOLIST_RARE);
	int prog = wire_prog(&fake.wire);

	frame_start(&f, wire_server_mac, wire_client_mac);
	frame_ip4(&f, "198.19.0.2", WIRE_LOW4);
	frame_ip4_options(&f, "\x94\x04\0\0", 4);
	frame_tcp(&f, 65535, 25, 1, 0, FRAME_SYN);
	frame_finish(&f);
	opts.data_size_in = f.len;
	if (prog < 0 || bpf_prog_test_run_opts(prog, &opts))
		wire_die("cannot spend the budget");
	spent += NOLIST_RARE;
	close(prog);
}

/* A rare shape, an odd source, or a priority tag. */
static int may_need_kernel(const struct segment *s)
{
	int type = get16(s->f[0].b + 12);

	return s->rare || s->is_odd || (!s->tags && (type == ETH_P_8021Q || type == ETH_P_8021AD));
}

/*
 * Waits until n more frames are within the budget of the program: what it counts by is at most
 * 1.1 s long, and overlaps two groups of frames at most.
 */
static void pace(int n)
{
	static double begun;
	static int sent;

	if (sent + n > NOLIST_RARE / 2) {
		while (wire_now() < begun + 1.1)
			usleep(1000);
		begun = wire_now();
		sent = 0;
	}
	sent += n;
}

static void send_batch(unsigned long first, int n)
{
	static struct frame untagged;
	int i, k;

	if (is_spent)
		spend();
	batch_len = n;
	memset(passed, 0, sizeof(passed));
	for (i = 0; i < SEGMENT_SLOTS; i++)
		plain.slot[i].n = fake.slot[i].n = 0;
	for (i = 0; i < n; i++) {
		struct segment *s = &batch[i];

		segment_make(s, seed, first + i);
		if (!is_spent && may_need_kernel(s))
			pace(s->frames);
		for (k = 0; k < s->frames; k++) {
			segment_untag(&s->f[k], &untagged, has_program ? s->tags : 0);
			wire_send(&plain.wire, &untagged, s->partial);
			wire_send(&fake.wire, &s->f[k], s->partial);
		}
		total.frames += s->frames;
	}
	flush_wires();
	flush_wires();
}

/* --- comparing ----------------------------------------------------------- */

/* What the plain host says without the tags, it would say with them. */
static void put_tags(const struct segment *s, struct answers *to)
{
	size_t bytes = 4 * s->tags;
	struct answer *a;
	int i;

	if (!has_program || !s->tags)
		return;
	for (i = 0; i < to->n; i++) {
		a = &to->a[i];
		memmove(a->raw + 12 + bytes, a->raw + 12, a->len - 12);
		memcpy(a->raw + 12, s->f[0].b + 12, bytes);
		a->len += bytes;
		normalise(a);
	}
}

static const char *compare(const struct segment *s, struct answers *p, struct answers *f, int let)
{
	int i;

	if (has_program && s->tags && let == s->frames && !f->n)
		return s->rare || !p->n ? NULL : "a plain tagged segment was not answered";
	/* Beyond its budget the program is silent, and does nothing else. */
	if (is_spent && may_need_kernel(s) && !f->n && let != s->frames) {
		silences += p->n > 0;
		return NULL;
	}
	if (p->n != f->n)
		return f->n < p->n ? "the fake is silent" : "the fake answers what a host does not";
	for (i = 0; i < p->n; i++)
		if (by_bytes(&p->a[i], &f->a[i]))
			return "the answers differ";
	if (!f->n && has_program && let != s->frames && !is_silent)
		return "neither answered nor passed unchanged";
	return NULL;
}

static void report(const struct segment *s, const char *what, const struct answers *p,
		   const struct answers *f, int let)
{
	size_t at;
	int i;

	printf("# %s: --seed 0x%llx --first %lu --count 1:%s\n", what, (unsigned long long)seed,
	       s->index, s->what);
	printf("# %d of its %d frames passed the program\n", let, s->frames);
	for (i = 0; i < s->frames; i++)
		frame_dump(stdout, "request", s->f[i].b, s->f[i].len);
	for (i = 0; i < p->n; i++)
		frame_dump(stdout, "the host's answer", p->a[i].raw, p->a[i].len);
	for (i = 0; i < f->n; i++)
		frame_dump(stdout, "the fake's answer", f->a[i].raw, f->a[i].len);
	if (p->n == 1 && f->n == 1) {
		for (at = 0; at < p->a[0].norm_len && p->a[0].norm[at] == f->a[0].norm[at]; at++)
			;
		printf("# first difference at byte %04zx, IP begins at %04zx\n", at,
		       find_l3(p->a[0].raw, p->a[0].len));
	}
}

static void compare_batch(void)
{
	const char *what;
	int i, let;

	for (i = 0; i < batch_len; i++) {
		struct segment *s = &batch[i];
		int slot = s->index % SEGMENT_SLOTS;
		struct answers *p = &plain.slot[slot], *f = &fake.slot[slot];

		put_tags(s, p);
		qsort(p->a, p->n, sizeof(*p->a), by_bytes);
		qsort(f->a, f->n, sizeof(*f->a), by_bytes);
		let = has_program ? passed[i][0] + passed[i][1] : s->frames;
		what = compare(s, p, f, let);
		total.segments++;
		total.answered += f->n > 0;
		if (let < s->frames) {
			total.by_program++;
			total.tagged += s->tags > 0;
		}
		total.looped += count_looped(f);
		if (f->n && is_icmp(&f->a[0]))
			total.icmp++;
		if (what && total.different++ < reports)
			report(s, what, p, f, let);
	}
}

static void run(unsigned long first, unsigned long count)
{
	unsigned long end = first + count;
	int n;

	memset(&total, 0, sizeof(total));
	for (; first < end; first += n) {
		n = SEGMENT_SLOTS - first % SEGMENT_SLOTS;
		if (n > (int)(end - first))
			n = end - first;
		send_batch(first, n);
		compare_batch();
	}
}

/* --- TAP ----------------------------------------------------------------- */

static int tests, failures;

__attribute__((format(printf, 2, 3))) static void ok(int good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("%sok %d - ", good ? "" : "not ", ++tests);
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	failures += !good;
}

static void wires_up(const char *mode)
{
	wire_open(&plain.wire);
	wire_open(&fake.wire);
	has_program = !!strcmp(mode, "none");
	if (has_program) {
		wire_attach_pass(&fake.wire);
		wire_load(&fake.wire, mode);
	}
	flush_wires();
}

static void wires_down(void)
{
	if (has_program)
		wire_unload(&fake.wire);
	wire_close(&plain.wire);
	wire_close(&fake.wire);
}

/* One seed, on wires that are up. */
static void test_seed(const char *mode, uint64_t s, unsigned long first, unsigned long count)
{
	unsigned long before[NOLIST_VERDICTS], after[NOLIST_VERDICTS], grown = 0, sent = fake.wire.sent;
	double start = wire_now();

	seed = s;
	spent = silences = 0;
	if (has_program)
		grown = wire_verdicts(&fake.wire, before);
	run(first, count);
	ok(!total.different && (total.answered || count < 1000),
	   "%s, seed 0x%llx: %lu differences in %lu segments", mode, (unsigned long long)s,
	   total.different, total.segments);
	printf("# %lu frames; %lu answers, %lu by ICMP, %lu by the program (%lu tagged); %.1f s\n",
	       total.frames, total.answered, total.icmp, total.by_program, total.tagged,
	       wire_now() - start);
	if (!has_program)
		return;
	grown = wire_verdicts(&fake.wire, after) - grown;
	sent = fake.wire.sent - sent + spent + (strcmp(mode, "generic") ? 0 : total.looped);
	ok(grown == sent, "%s, seed 0x%llx: %lu frames, %lu verdicts", mode,
	   (unsigned long long)s, sent, grown);
	if (count >= 1000)
		ok(total.by_program > count / 4 && total.tagged > count / 40,
		   "%s, seed 0x%llx: the program answers, with VLAN tags and without", mode,
		   (unsigned long long)s);
}

static uint64_t fresh_seed(void)
{
	return seg_mix((uint64_t)time(NULL) << 20 ^ (uint64_t)getpid()) & 0xffffffff;
}

/* Does the test see no difference where there is none, and one where there is? */
static void test_itself(void)
{
	wires_up("none");
	test_seed("two hosts without the program", 1, 0, 3000);
	wire_run(fake.wire.server, "ip route add blackhole 198.18.0.0/17");
	reports = 0;
	run(0, 640);
	reports = 5;
	ok(total.different > 40, "a host without a route to some sources: %lu differences in %lu",
	   total.different, total.segments);
	wires_down();
}

static void test_mode(const char *mode, int seeds, unsigned long count)
{
	int i;

	wires_up(mode);
	for (i = 1; i < seeds; i++)
		test_seed(mode, i, 0, count);
	test_seed(mode, fresh_seed(), 0, count);
	wires_down();
}

/* Where checksums are always whole; and then beyond the budget of what needs the kernel. */
static void test_silence(unsigned long count)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		wire_die("sched_setaffinity");
	wires_up("native");
	wire_whole(&fake.wire);
	is_silent = segment_whole = 1;
	test_seed("silence = drop", fresh_seed(), 0, count);
	is_spent = 1;
	test_seed("beyond the budget", fresh_seed(), 0, count);
	ok(silences > count / 100, "beyond it %lu segments met silence, and all others the same",
	   silences);
	is_silent = is_spent = segment_whole = 0;
	wires_down();
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "count", 1, NULL, 'c' },
						 { "seed", 1, NULL, 's' },
						 { "first", 1, NULL, 'f' },
						 { "mode", 1, NULL, 'm' },
						 { NULL, 0, NULL, 0 } };
	unsigned long count = 20000, first = 0;
	const char *mode = "native";
	uint64_t s = fresh_seed();
	int c, full = getenv("NOLIST_FULL") != NULL;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			count = strtoul(optarg, NULL, 0);
			break;
		case 's':
			s = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			first = strtoul(optarg, NULL, 0);
			break;
		case 'm':
			mode = optarg;
			break;
		default:
			return 2;
		}
	}
	wire_init();
	if (argc > 1) {
		wires_up(mode);
		test_seed(mode, s, first, count);
		wires_down();
	} else {
		test_itself();
		test_silence((full ? 100000 : 10000) / wire_patience());
		/* Fewer where processors are slow. */
		test_mode("native", 10, (full ? 200000 : 20000) / wire_patience());
		test_mode("generic", 10, (full ? 200000 : 5000) / wire_patience());
	}
	printf("1..%d\n", tests);
	return failures > 0;
}
