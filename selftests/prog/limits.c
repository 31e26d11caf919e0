// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many answers a network gets in a second. Why it matters: who forges sources makes us
 * send to others, but a good sender must never find a fake silent. So a network gets exactly
 * its number, whatever is sent in the name of others; and others in its bucket, which nobody
 * can choose, do not get it more than a few. A row for each way to an answer.
 */
#define _GNU_SOURCE /* sched_setaffinity() */
#include <sched.h>
#include <stdbool.h>
#include "selftests/lib/packet_rows.h"
#include "selftests/lib/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MOST 12
#define TRIES 20 /* a second may end while a row is sent */

static struct prog p;

static const struct way {
	struct row row; /* of a network of its own: src is not used */
	enum nolist_limit kind;
	enum nolist_verdict limited;
} ways[] = {
	{ { "low: SYN", NOLIST_LOW_RST_ACK, .dst = LOW4 }, NOLIST_LIMIT_RESET,
	  NOLIST_LOW_LIMITED },
	{ { "low: Linux' SYN, IPv6", NOLIST_LOW_RST_ACK, .dst = LOW6, OPT(LINUX_SYN) },
	  NOLIST_LIMIT_RESET, NOLIST_LOW_LIMITED },
	{ { "low: SYN in a VLAN", NOLIST_LOW_RST_ACK, .dst = LOW4, .tags = "q" },
	  NOLIST_LIMIT_RESET, NOLIST_LOW_LIMITED },
	{ { "low: ACK", NOLIST_LOW_RST, .dst = LOW4, .flags = FRAME_ACK, .ack = 7 },
	  NOLIST_LIMIT_RESET, NOLIST_LOW_LIMITED },
	{ { "high: another's ACK", NOLIST_HIGH_RST, .dst = HIGH4, .flags = FRAME_ACK, .ack = 7 },
	  NOLIST_LIMIT_RESET, NOLIST_HIGH_LIMITED },
	{ { "high: another's FIN, IPv6", NOLIST_HIGH_RST, .dst = HIGH6,
	    .flags = FRAME_ACK | FRAME_FIN, .ack = 7 }, NOLIST_LIMIT_RESET, NOLIST_HIGH_LIMITED },
	{ { "high: SYN,ACK", NOLIST_HIGH_RST, .dst = HIGH4, .flags = FRAME_SYN | FRAME_ACK,
	    .ack = 7 }, NOLIST_LIMIT_RESET, NOLIST_HIGH_LIMITED },
	{ { "high: SYN", NOLIST_HIGH_SYN_ACK, .dst = HIGH4 }, NOLIST_LIMIT_SYN_ACK,
	  NOLIST_HIGH_LIMITED },
	{ { "high: Linux' SYN, IPv6", NOLIST_HIGH_SYN_ACK, .dst = HIGH6, OPT(LINUX_SYN),
	    .tsval = 0x01020304 }, NOLIST_LIMIT_SYN_ACK, NOLIST_HIGH_LIMITED },
	{ { "high: SYN in two VLANs", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, .tags = "aq" },
	  NOLIST_LIMIT_SYN_ACK, NOLIST_HIGH_LIMITED },
};

static __u32 this_second(void)
{
	return prog_clock() >> NOLIST_SECOND_SHIFT;
}

/* Each CPU has buckets of its own. */
static void retained(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		tap_die("sched_setaffinity");
}

static void configure(enum nolist_limit kind, unsigned int most)
{
	struct nolist_config *c = row_conf();

	c->answers[NOLIST_LIMIT_RESET] = c->answers[NOLIST_LIMIT_SYN_ACK] = 0;
	c->answers[kind] = most;
	prog_configure(&p, c);
	free(c);
}

/* A host of the nth network: in the family of the row's destination. */
static void source(char text[64], const struct row *r, unsigned int net, unsigned int host)
{
	if (strchr(row_dst(r), ':'))
		snprintf(text, 64, "2001:db8:77:%x:%x::%x", net, host, host);
	else
		snprintf(text, 64, "11.%u.%u.%u", net >> 8, net & 255, host & 255);
}

static bool gets(const struct row *r, unsigned int net, unsigned int host, int verdict)
{
	struct row one = *r;
	char src[64];

	source(src, r, net, host);
	one.src = src;
	one.verdict = verdict;
	return row_check(&p, &one);
}

/* From hosts of one network and the next one; NULL, or what was wrong. */
static const char *try(const struct way *w, unsigned int net)
{
	unsigned int i;

	for (i = 0; i < MOST; i++)
		if (!gets(&w->row, net, i + 1, w->row.verdict))
			return "below its number";
	for (i = 0; i < 3; i++)
		if (!gets(&w->row, net, i * 100, w->limited))
			return "above its number";
	return gets(&w->row, net + 1, 1, w->row.verdict) ? NULL : "the network beside it";
}

static void number(const struct way *w)
{
	static unsigned int net;
	const char *wrong = NULL;
	__u32 second;
	int i;

	configure(w->kind, MOST);
	for (i = 0; i < TRIES; i++) {
		second = this_second();
		wrong = try(w, net += 2);
		if (second == this_second())
			break;
	}
	tap_ok(!wrong, "%s: a network gets its number%s%s", w->row.name, wrong ? ", but " : "",
	       wrong ? wrong : "");
	/* The other kind's limit is not its own. */
	configure(!w->kind, 1);
	for (i = 0, net += 2; i < 3 && gets(&w->row, net, 1, w->row.verdict); i++)
		;
	tap_ok(i == 3, "%s: any number where its kind has no limit", w->row.name);
}

static void next_second(void)
{
	static const struct row syn = { "SYN", NOLIST_HIGH_SYN_ACK, .dst = HIGH4 };
	static struct prog_result got;
	static struct frame f;
	__u32 second;
	int before;

	configure(NOLIST_LIMIT_SYN_ACK, 1);
	row_build(&syn, &f);
	prog_run(&p, &f, 0, &got);
	do {
		second = this_second();
		prog_run(&p, &f, 0, &got);
		before = got.verdict;
	} while (second == this_second());
	prog_run(&p, &f, 0, &got);
	tap_ok(before == NOLIST_HIGH_LIMITED || before == NOLIST_HIGH_SYN_ACK,
	       "to the end of a second it is limited");
	do
		prog_run(&p, &f, 0, &got);
	while (got.verdict == NOLIST_HIGH_LIMITED && this_second() < second + 3);
	tap_ok(got.verdict == NOLIST_HIGH_SYN_ACK, "and in the next it is answered again");
}

/* A contact that gets no answer is still a contact. */
static void noted(void)
{
	static const struct row syn = { "SYN", NOLIST_LOW_LIMITED, .dst = LOW4, .src = "11.99.1.2" };
	struct nolist_source src = { .addr = prog_addr("11.99.1.2") };
	static struct prog_result got = { .verdict = -1 };
	struct nolist_contacts c = {};
	static struct frame f;
	int i;

	configure(NOLIST_LIMIT_RESET, 1);
	row_build(&syn, &f);
	for (i = 0; i < TRIES && got.verdict != NOLIST_LOW_LIMITED; i++) {
		bpf_map_delete_elem(p.contacts, &src);
		prog_run(&p, &f, 0, &got);
	}
	bpf_map_lookup_elem(p.contacts, &src, &c);
	tap_ok(c.low.opens == 1, "a SYN that is not answered for its number is a contact");
}

/* --- among others ------------------------------------------------------------ */

/* splitmix64 */
static __u32 next_random(void)
{
	static __u64 state;
	__u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z >> 32;
}

/* A SYN to the high fake from this address: its verdict. */
static int syn_from(__u32 addr)
{
	static const struct row syn = { "SYN", NOLIST_HIGH_SYN_ACK, .dst = HIGH4 };
	static unsigned char out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_out = out, .data_size_out = sizeof(out),
		    .repeat = 1);
	static struct frame f;
	__be32 src = htonl(addr);

	row_build(&syn, &f);
	memcpy(f.b + f.l3 + 12, &src, 4);
	frame_ip4_sum(&f);
	frame_tcp_sum(&f);
	opts.data_in = f.b;
	opts.data_size_in = f.len;
	if (bpf_prog_test_run_opts(p.fd, &opts))
		tap_die("BPF_PROG_TEST_RUN");
	return opts.retval;
}

/* Each network once: the least limit there is must hit none of them. */
static void innocent(void)
{
	unsigned int dropped = 0, i;

	configure(NOLIST_LIMIT_SYN_ACK, 1);
	for (i = 0; i < 60000; i++)
		dropped += syn_from(0x0c000000 + (i << 8 | (i & 255))) != XDP_TX;
	tap_ok(!dropped, "of 60,000 networks with a SYN each, %u were limited", dropped);
}

#define VICTIM_MOST 50
#define OTHERS 20 /* of other networks, for each of its own */
#define FLOOD 20000

/* How many answers a network gets among many others; -1: the second ended. */
static int victim(__u32 net)
{
	__u32 second = this_second();
	int sent = 0, i;

	for (i = 0; i < FLOOD; i++) {
		if (i % OTHERS == 0)
			sent += syn_from(net | (i & 255)) == XDP_TX;
		syn_from(0x40000000 | next_random() >> 2);
	}
	return second == this_second() ? sent : -1;
}

static void flooded(void)
{
	int i, sent = -1;

	configure(NOLIST_LIMIT_SYN_ACK, VICTIM_MOST);
	for (i = 0; i < TRIES && sent < 0; i++)
		sent = victim(0x0b800000 + (i << 8));
	/* Others in its bucket: on average FLOOD / NOLIST_BUCKETS, and each lowers it by one. */
	tap_ok(sent >= VICTIM_MOST && sent <= VICTIM_MOST + 5 * FLOOD / NOLIST_BUCKETS,
	       "of %d SYNs of one network among %d of others, %d were answered: %d and a few",
	       FLOOD / OTHERS, FLOOD, sent, VICTIM_MOST);
}

/* --- where the buckets are ----------------------------------------------------- */

/* What the hash has to be for a key and a second: not what anybody else can compute. */
static __u64 factor_of(const struct nolist_key *key, __u32 second, __u32 kind)
{
	unsigned char m[15] = {};
	int i;

	for (i = 0; i < 4; i++)
		m[i] = second >> 8 * i;
	m[8] = kind + 1;
	return siphash_bytes(key, m, sizeof(m)) | 1;
}

static bool is_keyed(const struct nolist_key *key, __u32 kind)
{
	struct nolist_limits l[p.cpus];
	int cpu = sched_getcpu();

	if (bpf_map_lookup_elem(p.limits, &kind, l))
		tap_die(NOLIST_MAP_LIMITS);
	return l[cpu].second && l[cpu].factor == factor_of(key, l[cpu].second, kind);
}

/* In the second that has just begun only SYN,ACKs were counted; resets not yet. */
static void keyed(void)
{
	static const struct row syn = { "SYN", NOLIST_LOW_RST_ACK, .dst = LOW4 };
	static const struct nolist_key other = { { 0x1111111111111111, 0x2222222222222222 } };
	bool is_right = is_keyed(&prog_key, NOLIST_LIMIT_SYN_ACK);
	__u32 zero = 0;

	if (bpf_map_update_elem(p.key, &zero, &other, BPF_ANY))
		tap_die(NOLIST_MAP_KEY);
	configure(NOLIST_LIMIT_RESET, 9);
	tap_ok(is_right && row_check(&p, &syn) && is_keyed(&other, NOLIST_LIMIT_RESET),
	       "the buckets' places come of the secret key, anew in each second");
}

int main(void)
{
	size_t i;

	tap_need_root();
	retained();
	prog_load(&p, NULL);
	for (i = 0; i < COUNT(ways); i++)
		number(&ways[i]);
	noted();
	innocent();
	flooded();
	next_second();
	keyed();
	bpf_object__close(p.object);
	return tap_done();
}
