// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stamps of networks and the order gate. A SYN to a low fake leaves a stamp, which the
 * reader of user space finds for every host of the network, and for none of another. A SYN of a
 * stranger to the real MX waits, by time alone, and no other SYN makes it wait longer. Why it
 * matters: what waits too long is mail. Time passes by writing older stamps.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/random.h>
#include <time.h>
#include "selftests/lib/packet_rows.h"
#include "user/kernel/kern.h"
#include "user/policy/stamps.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct prog p;
static int stamps;

static void configure(unsigned int flags, unsigned int resets)
{
	struct nolist_config *c = row_conf();

	c->gate.flags = flags;
	c->answers[NOLIST_LIMIT_RESET] = resets;
	prog_configure(&p, c);
	free(c);
}

static void put_head(__u64 factor, __u64 since_ns)
{
	struct nolist_stamps line = { .head = { .factor = factor, .since_ns = since_ns } };
	__u32 zero = 0;

	if (bpf_map_update_elem(stamps, &zero, &line, BPF_ANY))
		tap_die(NOLIST_MAP_STAMPS);
}

/* --- stamps of the low fake, through the reader ----------------------------------- */

#define SOON 10000000000ll /* ns; long enough for a slow machine */

static bool is_stamped(const struct stamps *s, const char *host)
{
	struct nolist_addr a = prog_addr(host);
	long long ns = stamps_low(s, &a);

	return ns >= 0 && ns < SOON;
}

static const struct low {
	struct row row;
	const char *same, *other; /* a host of its network, and of the next one */
} lows[] = {
	{ { "SYN", NOLIST_LOW_RST_ACK, .src = "11.1.1.7" }, "11.1.1.200", "11.1.2.7" },
	{ { "SYN in a VLAN", NOLIST_LOW_RST_ACK, .src = "11.2.1.7", .tags = "q" }, "11.2.1.200",
	  "11.2.0.7" },
	{ { "IPv6", NOLIST_LOW_RST_ACK, .src = "2001:db8:a:1::7", .dst = LOW6 },
	  "2001:db8:a:1:ffff::1", "2001:db8:a:2::7" },
	{ { "IPv6 in two VLANs", NOLIST_LOW_RST_ACK, .src = "2001:db8:b:1::7", .dst = LOW6,
	    .tags = "aq" }, "2001:db8:b:1:1::1", "2001:db8:b::7" },
};

/* What opens no connection to a low fake. */
static const struct row others[] = {
	{ "low: ACK", NOLIST_LOW_RST, .src = "11.3.1.7", .flags = FRAME_ACK, .ack = 7 },
	{ "low: SYN,ACK", NOLIST_LOW_RST, .src = "11.3.2.7", .flags = FRAME_SYN | FRAME_ACK,
	  .ack = 7 },
	{ "low: FIN", NOLIST_LOW_RST_ACK, .src = "11.3.3.7", .flags = FRAME_FIN },
	{ "high: SYN", NOLIST_HIGH_SYN_ACK, .src = "11.3.4.7", .dst = HIGH4 },
	{ "real: SYN", NOLIST_PASS_REAL, .src = "11.3.5.7", .dst = REAL4 },
};

static void stamped(const struct stamps *s)
{
	struct row limited = { "SYN", NOLIST_LOW_LIMITED, .src = "11.4.1.7" };
	unsigned int i, wrong = 0;
	int tries = 0;
	long long age;

	configure(0, 0);
	tap_ok(row_check(&p, &lows[0].row) && !is_stamped(s, lows[0].same),
	       "where nobody asks there are no stamps");
	configure(NOLIST_GATE_STAMPS, 0);
	tap_ok(row_check(&p, &lows[0].row) && !is_stamped(s, lows[0].same) && stamps_age(s) == -ENOENT,
	       "nor without a secret");
	put_head(0x9e3779b97f4a7c15, kern_now_ns() - SOON);
	age = stamps_age(s);
	tap_ok(age >= SOON && age < 2 * SOON, "the reader knows since when they are complete");
	for (i = 0; i < COUNT(lows); i++)
		tap_ok(!is_stamped(s, lows[i].same) && row_check(&p, &lows[i].row) &&
			       is_stamped(s, lows[i].same) && !is_stamped(s, lows[i].other),
		       "%s: its network is stamped, and the one beside it is not",
		       lows[i].row.name);
	for (i = 0; i < COUNT(others); i++)
		wrong += !row_check(&p, &others[i]) || is_stamped(s, others[i].src);
	tap_ok(!wrong, "what opens no connection to a low fake leaves no stamp");
	configure(NOLIST_GATE_STAMPS, 1);
	row_check(&p, &(struct row){ "SYN", NOLIST_LOW_RST_ACK, .src = "11.4.1.7" });
	put_head(0x9e3779b97f4a7c17, 0); /* other places: none is stamped */
	while (!row_check(&p, &limited) && ++tries < 20)
		put_head(0x9e3779b97f4a7c15 + 2 * (tries + 2), 0);
	tap_ok(is_stamped(s, limited.src), "one that is not answered for its number is stamped, too");
}

/* Of 100,000 neighbours: how many find their place taken by one before. */
static unsigned int shared(bool is_ip6, __u64 factor)
{
	static unsigned char has[1 << NOLIST_STAMP_BITS][NOLIST_STAMP_CELLS];
	unsigned int i, taken = 0;
	__u64 h;

	memset(has, 0, sizeof(has));
	for (i = 0; i < 100000; i++) {
		struct nolist_addr ip4 = { .b = { [10] = 0xff, 0xff, i >> 16, i >> 8, i, 7 } };
		struct nolist_addr ip6 = { .b = { 0x20, 1, 13, 0xb8, 0, i >> 16, i >> 8, i } };
		const struct nolist_addr *a = is_ip6 ? &ip6 : &ip4;

		h = nolist_stamp_hash(nolist_network(a->q[0], a->q[1]), factor);
		taken += has[nolist_stamp_line(h)][nolist_stamp_cell(h)]++ > 0;
	}
	return taken;
}

/* The places are spread over the whole table, whatever the secret is: few networks share one. */
static void spread(void)
{
	unsigned int i, taken, most = 0;
	__u64 factor[20];

	if (getrandom(factor, sizeof(factor), 0) != sizeof(factor))
		tap_die("getrandom");
	for (i = 0; i < 2 * COUNT(factor); i++) {
		taken = shared(i & 1, factor[i / 2] | 1);
		most = taken > most ? taken : most;
	}
	/* In 2^20 places 4.6 % would. */
	tap_ok(most < 5500, "of 100,000 networks at most %u share a place with one before", most);
}

/* --- the gate ------------------------------------------------------------------- */

#define FACTOR 0x9e3779b97f4a7c15
#define SECONDS 3
#define HOUR_NS NOLIST_HOUR_NS

static const __u32 zero;
static unsigned int by; /* NOLIST_GATE_SOURCE ... */

/* Empties the stamps of first tries and of low fakes. */
static void empty(void)
{
	static struct nolist_stamps lines[NOLIST_STAMP_LINES];
	static __u32 keys[NOLIST_STAMP_LINES];
	__u32 n = NOLIST_STAMP_LINES, i;

	for (i = 0; i < n; i++)
		keys[i] = i;
	lines[0].head.factor = FACTOR;
	if (bpf_map_update_batch(stamps, keys, lines, &n, NULL))
		tap_die("bpf_map_update_batch");
}

/* Since when the MX addresses are in force, and how long it learns. */
static void learn(__u64 at_ns, __u64 learning_ns)
{
	int fd = bpf_object__find_map_fd_by_name(p.object, NOLIST_MAP_META);
	struct nolist_meta m = { .change = { { 1, at_ns } }, .learning_ns = learning_ns };

	if (bpf_map_update_elem(fd, &zero, &m, BPF_ANY))
		tap_die(NOLIST_MAP_META);
}

static void close_gate(unsigned int flags)
{
	struct nolist_config *c = row_conf();

	c->defends = NOLIST_DEFEND_GATE;
	c->gate = (struct nolist_gate){ .seconds = SECONDS, .low = 2, .window = 2,
					.flags = flags | by | NOLIST_GATE_STAMPS };
	c->test[0] = nolist_test_of(prog_addr("11.9.9.9").q[0], prog_addr("11.9.9.9").q[1]);
	prog_configure(&p, c);
	free(c);
}

#define BOTH (NOLIST_GATE_IP4 | NOLIST_GATE_IP6)

static const char *real_of(const char *src)
{
	return strchr(src, ':') ? REAL6 : REAL4;
}

/* A SYN to the real MX. */
static struct row syn(const char *src)
{
	return (struct row){ "SYN", NOLIST_REAL_GATED, .src = src, .dst = real_of(src) };
}

static bool is_gated(const char *src)
{
	struct row r = syn(src);

	return row_check(&p, &r);
}

static bool passes(const char *src)
{
	struct row r = syn(src);

	r.verdict = NOLIST_PASS_REAL;
	return row_check(&p, &r);
}

/* Where the first try of a SYN is stamped: what the code under test must find. */
static __u64 hash_of(const char *src)
{
	struct nolist_addr a = prog_addr(src);

	return nolist_stamp_hash(by == NOLIST_GATE_SOURCE && !a.q[0] ? a.q[1] :
				 nolist_network(a.q[0], a.q[1]), FACTOR);
}

static __u32 stamp_of(__u32 first, __u64 hash)
{
	struct nolist_stamps line;
	__u32 at = first + nolist_stamp_line(hash);

	if (bpf_map_lookup_elem(stamps, &at, &line))
		tap_die(NOLIST_MAP_STAMPS);
	return line.cell[nolist_stamp_cell(hash)];
}

/* As if it was stamped so long ago, in ns; may be before the machine started. */
static void put_stamp(__u32 first, __u64 hash, __s64 ago)
{
	struct nolist_stamps line;
	__u32 at = first + nolist_stamp_line(hash);

	if (bpf_map_lookup_elem(stamps, &at, &line))
		tap_die(NOLIST_MAP_STAMPS);
	line.cell[nolist_stamp_cell(hash)] = nolist_stamp(prog_clock() - ago);
	if (bpf_map_update_elem(stamps, &at, &line, BPF_ANY))
		tap_die(NOLIST_MAP_STAMPS);
}

static void tried(const char *src, __s64 ago)
{
	put_stamp(NOLIST_STAMPS_TRY, hash_of(src), ago);
}

static struct nolist_stats *stats(void)
{
	static struct nolist_stats sum;
	struct nolist_stats s[p.cpus];
	int cpu, i;

	if (bpf_map_lookup_elem(p.stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	sum = (struct nolist_stats){};
	for (cpu = 0; cpu < p.cpus; cpu++) {
		for (i = 0; i < NOLIST_GATE_PASSES; i++)
			sum.gate[i] += s[cpu].gate[i];
		for (i = 0; i < NOLIST_HOURS; i++) {
			sum.real[0][0].opens += s[cpu].real[0][i].opens;
			sum.real[1][0].opens += s[cpu].real[1][i].opens;
		}
	}
	return &sum;
}

/* Passes, and for this reason. */
static bool passes_as(const char *src, enum nolist_gate_pass why)
{
	__u64 before = stats()->gate[why];

	return passes(src) && stats()->gate[why] == before + 1;
}

static const struct other {
	const char *name, *src, *tags;
} ways[] = {
	{ "IPv4", "12.1.1.1", NULL },
	{ "IPv6", "2001:db8:c:1::1", NULL },
	{ "IPv4 in a VLAN", "12.2.1.1", "q" },
	{ "IPv6 in two VLANs", "2001:db8:c:2::1", "aq" },
};

/* The life of a first try: each step by a stamp that lies so long ago. */
static void waits(const struct other *w)
{
	const __s64 s = 1000000000, early = s * SECONDS - s / 5, late = s * SECONDS - s / 20;
	struct row first = syn(w->src), other = first;
	struct nolist_source src = { .addr = prog_addr(w->src) };
	struct nolist_contacts c = {};
	bool is_contact;

	first.tags = other.tags = w->tags;
	other.verdict = NOLIST_PASS_REAL;
	empty();
	if (src.addr.q[0])
		src.addr.q[1] = 0;
	bpf_map_delete_elem(p.contacts, &src);
	tap_ok(row_check(&p, &first) && row_check(&p, &first), "%s: a stranger's first tries are dropped",
	       w->name);
	is_contact = !bpf_map_lookup_elem(p.contacts, &src, &c);
	tap_ok(is_contact && c.real.opens == 2, "%s: and are contacts with the real MX", w->name);
	tried(w->src, early);
	tap_ok(row_check(&p, &first), "%s: it waits almost %d s", w->name, SECONDS);
	tried(w->src, late);
	tap_ok(row_check(&p, &other) && passes_as(w->src, NOLIST_GATE_AGED),
	       "%s: its retransmission after %d s passes", w->name, SECONDS);
	tried(w->src, HOUR_NS / 2 - 60 * s);
	tap_ok(row_check(&p, &other), "%s: and so to the end of the window", w->name);
	tried(w->src, HOUR_NS / 2 + 60 * s);
	tap_ok(row_check(&p, &first), "%s: after that it is a stranger again", w->name);
	/* What 2^32 units make of an old stamp: not in the future, nor too young for weeks. */
	tried(w->src, 30ll * 24 * 3600 * s);
	tap_ok(row_check(&p, &first) && nolist_stamp(prog_clock()) -
	       stamp_of(NOLIST_STAMPS_TRY, hash_of(w->src)) < SOON >> NOLIST_STAMP_SHIFT,
	       "%s: a stamp of a month ago is replaced", w->name);
}

/* A live stamp is never made younger, whoever comes. */
static void unrefreshed(void)
{
	__u32 before;
	bool is_same = true;
	int i;

	empty();
	tried("12.3.1.1", 1500000000);
	before = stamp_of(NOLIST_STAMPS_TRY, hash_of("12.3.1.1"));
	for (i = 0; i < 100; i++)
		is_same &= is_gated(i & 1 ? "12.3.1.2" : "12.3.1.1");
	tap_ok(is_same && stamp_of(NOLIST_STAMPS_TRY, hash_of("12.3.1.1")) == before,
	       "SYNs while it waits leave its stamp as it is");
	tried("12.3.1.1", SECONDS * 1000000000ll);
	before = stamp_of(NOLIST_STAMPS_TRY, hash_of("12.3.1.1"));
	tap_ok(passes("12.3.1.1") && stamp_of(NOLIST_STAMPS_TRY, hash_of("12.3.1.1")) == before,
	       "and so do those that pass");
}

/* What opens the gate, and for whom. */
static void opened(void)
{
	static const struct row low = { "SYN", NOLIST_LOW_RST_ACK, .src = "12.4.1.1" };
	static const struct row low6 = { "SYN", NOLIST_LOW_RST_ACK, .src = "2001:db8:d:1::1", .dst = LOW6 };
	static const struct row high = { "EHLO", NOLIST_HIGH_TEXT, .src = "2001:db8:9:9::1", .dst = HIGH6,
					 ACKS(BANNER_LEN), SAYS("EHLO a\r\n"), GREETED };
	struct nolist_verified v = { .high_first_ns = 1, .high_last_ns = prog_clock(), .hours = 3 };
	struct nolist_source src = { .addr = prog_addr("12.5.1.1") };
	__u64 now = prog_clock();

	empty();
	tap_ok(row_check(&p, &low) && passes_as("12.4.1.99", NOLIST_GATE_LOW) && is_gated("12.4.2.1"),
	       "who was at the low fake passes at once, and its network, and no other");
	tap_ok(row_check(&p, &low6) && passes_as("2001:db8:d:1:2::2", NOLIST_GATE_LOW) &&
		       is_gated("2001:db8:d:2::1"), "the same over IPv6");
	put_stamp(NOLIST_STAMPS_LOW, hash_of("12.4.1.1"), 2 * HOUR_NS - 60000000000ll);
	tap_ok(passes("12.4.1.1"), "as long as gate-low says");
	put_stamp(NOLIST_STAMPS_LOW, hash_of("12.4.1.1"), 2 * HOUR_NS + 60000000000ll);
	tap_ok(is_gated("12.4.1.1"), "and no longer");
	put_stamp(NOLIST_STAMPS_LOW, hash_of("12.4.1.1"), -4000000);
	tap_ok(passes("12.4.1.1"), "a stamp of a CPU whose clock is a tick ahead is one of now");

	tap_ok(row_check(&p, &high) && is_gated("2001:db8:9:9::1"),
	       "a dialogue with a high fake opens nothing, which its network is noted for");
	bpf_map_update_elem(p.verified, &src, &v, BPF_ANY);
	tap_ok(is_gated("12.5.1.1"), "dialogues with a high fake open nothing");
	v.real_first_ns = 1;
	bpf_map_update_elem(p.verified, &src, &v, BPF_ANY);
	tap_ok(passes_as("12.5.1.1", NOLIST_GATE_VERIFIED), "who has delivered mail passes at once");
	tap_ok(is_gated("12.5.1.2"), "and by that record nobody else does");
	bpf_map_delete_elem(p.verified, &src);
	tap_ok(passes_as("11.9.9.9", NOLIST_GATE_ALLOWED), "a source of tests passes at once");

	learn(now - 10000000000ll, 0);
	tap_ok(passes_as("12.6.1.1", NOLIST_GATE_LEARNING), "it is open while nobody has said how long it learns");
	learn(now - 10000000000ll, HOUR_NS);
	tap_ok(passes_as("12.6.1.1", NOLIST_GATE_LEARNING), "and while it learns after a change of the MX addresses");
	learn(now - 10000000000ll, 1000000000);
	tap_ok(is_gated("12.6.1.1"), "and closed afterwards");
	close_gate(NOLIST_GATE_IP6);
	tap_ok(passes("12.6.1.1") && is_gated("2001:db8:d:3::1"), "it is open in a family without a low fake: IPv4");
	close_gate(NOLIST_GATE_IP4);
	tap_ok(is_gated("12.6.1.1") && passes("2001:db8:d:3::1"), "and IPv6");
	close_gate(BOTH);
	put_head(0, 0);
	tap_ok(passes("12.6.1.1"), "it is open without a secret");
	put_head(FACTOR, 0);
}

/* Only a SYN waits: a connection that is up goes on. */
static void others_pass(void)
{
	static const struct {
		const char *name;
		unsigned int flags;
		size_t data;
	} segments[] = {
		{ "ACK", FRAME_ACK, 0 }, { "data", FRAME_ACK | FRAME_PSH, 20 },
		{ "FIN", FRAME_ACK | FRAME_FIN, 0 }, { "RST", FRAME_RST, 0 },
		{ "SYN,ACK", FRAME_SYN | FRAME_ACK, 0 }, { "no flags", NO_FLAGS, 0 },
	};
	unsigned int i, wrong = 0;

	empty();
	for (i = 0; i < 2 * COUNT(segments); i++) {
		struct row r = { segments[i / 2].name, NOLIST_PASS_REAL, .src = "12.7.1.1", .dst = REAL4,
				 .flags = segments[i / 2].flags, .data = segments[i / 2].data, .ack = 7,
				 .tags = i & 1 ? "q" : NULL };

		wrong += !row_check(&p, &r);
	}
	tap_ok(!wrong && !stamp_of(NOLIST_STAMPS_TRY, hash_of("12.7.1.1")),
	       "what opens no connection passes, and leaves no stamp");
}

static void by_source(void)
{
	by = NOLIST_GATE_SOURCE;
	close_gate(BOTH);
	empty();
	tried("12.8.1.1", SECONDS * 1000000000ll);
	tried("2001:db8:e:1::1", SECONDS * 1000000000ll);
	tap_ok(passes("12.8.1.1") && is_gated("12.8.1.2"), "by source: its neighbour waits for itself");
	tap_ok(passes("2001:db8:e:1::1") && passes("2001:db8:e:1::2") && is_gated("2001:db8:e:2::1"),
	       "by source: an IPv6 /64 is one");
	by = 0;
}

/* Finds the one stamp of first tries and makes it older. */
static bool age_all(__s64 ago)
{
	static struct nolist_stamps lines[NOLIST_STAMP_LINES];
	static __u32 keys[NOLIST_STAMP_LINES];
	__u32 n = NOLIST_STAMP_LINES, batch, i, k, found = 0;

	if (bpf_map_lookup_batch(stamps, NULL, &batch, keys, lines, &n, NULL) && errno != ENOENT)
		tap_die("bpf_map_lookup_batch");
	for (i = NOLIST_STAMPS_TRY; i < n; i++)
		for (k = 0; k < NOLIST_STAMP_CELLS; k++)
			if (lines[i].cell[k]) {
				lines[i].cell[k] = nolist_stamp(prog_clock() - ago);
				bpf_map_update_elem(stamps, &i, &lines[i], BPF_ANY);
				found++;
			}
	return found == 1;
}

static void by_connection(void)
{
	const __s64 s = 1000000000;
	struct row r = { "SYN", NOLIST_REAL_GATED, .src = "12.9.1.1", .dst = REAL4 }, again, other;

	by = NOLIST_GATE_CONNECTION;
	close_gate(BOTH);
	empty();
	again = other = r;
	again.verdict = NOLIST_PASS_REAL;
	tap_ok(row_check(&p, &r) && age_all(SECONDS * s) && row_check(&p, &again),
	       "by connection: the retransmission passes");
	other.seq = 99;
	tap_ok(row_check(&p, &other), "by connection: the next one waits, by its sequence number");
	other = r;
	other.sport = 1025;
	tap_ok(row_check(&p, &other), "by connection: and by its port");
	other = r;
	other.src = "12.9.1.2";
	tap_ok(row_check(&p, &other), "by connection: and by its address");
	empty();
	tap_ok(row_check(&p, &r) && age_all(90 * s) && row_check(&p, &r),
	       "by connection: a minute later it is another one");
	by = 0;
}

/* SYNs in everybody's name: how many of the honest would wait longer than without them. */
static void flooded(void)
{
	static unsigned char out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct row r = syn("12.10.1.1");
	static struct frame f;
	int i, k, honest, later = 0, gated = 0, sooner = 0;
	char src[32];

	empty();
	row_build(&r, &f);
	opts.data_in = f.b;
	opts.data_size_in = f.len;
	for (honest = 0; honest < 40; honest++) {
		__u32 mine;

		snprintf(src, sizeof(src), "13.%d.1.1", honest);
		gated += is_gated(src);
		mine = stamp_of(NOLIST_STAMPS_TRY, hash_of(src));
		/* Of its network and of others, while it waits. */
		for (i = 0; i < 500; i++) {
			__be32 forged = htonl(i & 1 ? 13u << 24 | honest << 16 | 1 << 8 | i >> 1 :
						      0x40000000u + (honest * 500 + i) * 7919u);

			memcpy(f.b + f.l3 + 12, &forged, 4);
			frame_ip4_sum(&f);
			frame_tcp_sum(&f);
			if (bpf_prog_test_run_opts(p.fd, &opts))
				tap_die("BPF_PROG_TEST_RUN");
		}
		prog_counters(&p, p.seen);
		k = (__s32)(stamp_of(NOLIST_STAMPS_TRY, hash_of(src)) - mine);
		later += k > 0;
		sooner += k < 0;
	}
	tap_ok(gated == 40 && !later && !sooner, "before a flood of 20,000 forged SYNs %d of 40 waited; "
	       "because of it %d wait longer", gated, later);
}

/* What the gate drops says nothing of the health of the real MX. */
static void healthy(void)
{
	unsigned int before[2] = { stats()->real[0][0].opens, stats()->real[1][0].opens };

	empty();
	tap_ok(is_gated("12.11.1.1") && is_gated("2001:db8:f:1::1") &&
		       stats()->real[0][0].opens == before[0] && stats()->real[1][0].opens == before[1],
	       "a SYN that waits is no open for the health of the real MX");
}

static void gate(void)
{
	unsigned int i;

	learn(1, 1);
	close_gate(BOTH);
	for (i = 0; i < COUNT(ways); i++)
		waits(&ways[i]);
	unrefreshed();
	opened();
	others_pass();
	by_source();
	by_connection();
	close_gate(BOTH);
	flooded();
	healthy();
}

int main(void)
{
	struct stamps *s;

	tap_need_root();
	prog_load(&p, NULL);
	stamps = bpf_object__find_map_fd_by_name(p.object, NOLIST_MAP_STAMPS);
	if (stamps_map(&s, stamps))
		tap_die(NOLIST_MAP_STAMPS);
	stamped(s);
	spread();
	gate();
	stamps_unmap(s);
	bpf_object__close(p.object);
	return tap_done();
}
