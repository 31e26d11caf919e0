// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of listed sources at the real MX: each action, both families, with and without a
 * VLAN tag, so on both paths; the dialogue and its evidence; what is the kernel's stays the
 * kernel's. The table is made as `load` makes it. An error here refuses innocent mail, lets a
 * fake's evidence accuse, or resets a connection that is none of ours.
 */
#include <stdbool.h>
#include <sys/mman.h>
#include "selftests/lib/packet_rows.h"
#include "selftests/lib/talk.h"
#include "user/enforce/table.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct prog p;

static int map_of(const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(p.object, name);

	if (fd < 0)
		tap_die(name);
	return fd;
}

static void configure(unsigned int defends, bool is_said)
{
	struct dialogue d = { .name = "real.example", .text = "Listed", .stage = STAGE_DATA };
	struct nolist_config *c = row_conf();
	__u32 zero = 0;
	int fd;

	if (dialogue_compile(&d, &c->smtp))
		tap_die("a dialogue");
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(zero), sizeof(*c), 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, c, BPF_ANY))
		tap_die("what is said");
	bpf_map_delete_elem(map_of(NOLIST_MAP_SAID), &zero);
	if (is_said && bpf_map_update_elem(map_of(NOLIST_MAP_SAID), &zero, &fd, BPF_ANY))
		tap_die(NOLIST_MAP_SAID);
	close(fd);
	c->defends = defends;
	prog_configure(&p, c);
	free(c);
}

struct listed {
	const char *prefix;
	enum nolist_action act;
};

static struct nolist_block_line *in_force;
static size_t lines;

static void list(const struct listed *l, enum nolist_block_mode mode, bool is_expired)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	struct block_maker *m;
	struct block_table t;
	struct prefix prefix;
	__u32 zero = 0;
	int fd;

	if (block_maker_new(&m))
		tap_die("a table");
	for (; l->prefix; l++)
		if (prefix_parse(l->prefix, &prefix) || block_maker_put(m, &prefix, l->act))
			tap_die(l->prefix);
	if (block_maker_make(m, &t))
		tap_die("a table");
	t.line[NOLIST_BLOCK_HEAD].head.mode = mode;
	t.line[NOLIST_BLOCK_HEAD].head.until_ns = is_expired ? 1 : ~0ull;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(*t.line), t.lines, &opts);
	if (in_force)
		munmap(in_force, lines * sizeof(*in_force));
	lines = t.lines;
	in_force = mmap(NULL, t.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || in_force == MAP_FAILED)
		tap_die("a table in the kernel");
	memcpy(in_force, t.line, t.bytes);
	if (bpf_map_update_elem(map_of(NOLIST_MAP_BLOCK), &zero, &fd, BPF_ANY))
		tap_die(NOLIST_MAP_BLOCK);
	close(fd);
	block_table_free(&t);
	block_maker_free(m);
}

/* --- segments one by one ----------------------------------------------------------- */

#define SRC4(n) "203.0.113." #n
#define SRC6(n) "2001:db8:77:" #n ":2:3:4:5"

static const struct listed all[] = {
	{ SRC4(9), NOLIST_ACT_ALLOW },	{ "203.0.113.1", NOLIST_ACT_NOTE },
	{ SRC4(2), NOLIST_ACT_TEMPFAIL }, { SRC4(3), NOLIST_ACT_RESET },
	{ SRC4(4), NOLIST_ACT_DROP },	{ "2001:db8:77:1::/64", NOLIST_ACT_NOTE },
	{ "2001:db8:77:2::/64", NOLIST_ACT_TEMPFAIL }, { "2001:db8:77:3::/64", NOLIST_ACT_RESET },
	{ "2001:db8:77:4::/64", NOLIST_ACT_DROP }, { "2001:db8:77:9::/64", NOLIST_ACT_ALLOW },
	{ "198.18.0.0/15", NOLIST_ACT_DROP }, { "2001:db8:aa::/48", NOLIST_ACT_DROP },
	{}
};

static const struct listed nobody[] = { {} };

static const struct act_row {
	const char *what, *src4, *src6;
	unsigned int flags;
	enum nolist_verdict verdict;
} acts[] = {
	{ "unlisted: SYN", SRC4(7), SRC6(7), FRAME_SYN, NOLIST_PASS_REAL },
	{ "allowed: SYN", SRC4(9), SRC6(9), FRAME_SYN, NOLIST_PASS_REAL },
	{ "note: SYN", SRC4(1), SRC6(1), FRAME_SYN, NOLIST_PASS_LISTED },
	{ "tempfail: SYN", SRC4(2), SRC6(2), FRAME_SYN, NOLIST_REAL_SYN_ACK },
	{ "reset: SYN", SRC4(3), SRC6(3), FRAME_SYN, NOLIST_REAL_RESET },
	{ "drop: SYN", SRC4(4), SRC6(4), FRAME_SYN, NOLIST_REAL_DROPPED },
	{ "a wide prefix: SYN", "198.19.7.7", "2001:db8:aa:7::1", FRAME_SYN, NOLIST_REAL_DROPPED },
	{ "reset: data", SRC4(3), SRC6(3), FRAME_ACK, NOLIST_PASS_LISTED },
	{ "drop: data", SRC4(4), SRC6(4), FRAME_ACK, NOLIST_PASS_LISTED },
	{ "tempfail: the kernel's data", SRC4(2), SRC6(2), FRAME_ACK, NOLIST_PASS_REAL },
	{ "tempfail: a reset", SRC4(2), SRC6(2), FRAME_RST, NOLIST_PASS_REAL },
	{ "tempfail: FIN alone", SRC4(2), SRC6(2), FRAME_FIN, NOLIST_PASS_REAL },
	{ "tempfail: SYN,ACK", SRC4(2), SRC6(2), FRAME_SYN | FRAME_ACK, NOLIST_PASS_REAL },
};

/* False: not so, as shown. */
static bool is_exactly(const struct act_row *a, bool is_ip6, const char *tags,
		       enum nolist_verdict want)
{
	struct row r = { .src = is_ip6 ? a->src6 : a->src4, .dst = is_ip6 ? REAL6 : REAL4,
			 .tags = tags, .flags = a->flags, .ack = a->flags & FRAME_ACK ? 77 : 0 };
	struct prog_result got;
	struct frame f;

	row_build(&r, &f);
	prog_run(&p, &f, 0, &got);
	if (got.verdict == (int)want && got.xdp == prog_code(want) &&
	    (got.xdp != XDP_PASS || prog_is_same(&f, &got)))
		return true;
	tap_diag("%s, IPv%d, tags '%s': %s and XDP code %d, not %s", a->what, is_ip6 ? 6 : 4,
		 tags ? tags : "", prog_verdict(got.verdict), got.xdp, prog_verdict(want));
	return false;
}

/* The same, but for what is on parole. */
static bool is_so(const struct act_row *a, bool is_ip6, const char *tags, enum nolist_verdict want)
{
	if ((want == NOLIST_REAL_RESET || want == NOLIST_REAL_DROPPED) &&
	    prog_is_parole(is_ip6 ? a->src6 : a->src4, 1))
		want = NOLIST_PASS_LISTED;
	return is_exactly(a, is_ip6, tags, want);
}

/* How many are not so; want: of all, or -1: their own. */
static unsigned int wrong_of(int want)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < COUNT(acts); i++) {
		const struct act_row *a = &acts[i];
		enum nolist_verdict v = want < 0 ? a->verdict : (enum nolist_verdict)want;

		wrong += !is_so(a, false, NULL, v) + !is_so(a, false, "q", v) +
			 !is_so(a, true, NULL, v) + !is_so(a, true, "q", v);
	}
	return wrong;
}

static unsigned long lenient(enum nolist_leniency which)
{
	struct nolist_stats st[p.cpus];
	unsigned long n = 0;
	__u32 zero = 0;
	int cpu;

	if (bpf_map_lookup_elem(p.stats, &zero, st))
		tap_die(NOLIST_MAP_STATS);
	for (cpu = 0; cpu < p.cpus; cpu++)
		n += st[cpu].lenient[which];
	return n;
}

/* SYNs of listed sources that are neither unlisted nor allowed, each in four forms. */
static void passing(enum nolist_block_mode mode, bool is_expired, enum nolist_leniency which,
		    const char *what)
{
	unsigned long before = lenient(which);
	unsigned int i, wrong = 0;

	list(all, mode, is_expired);
	for (i = 2; i < 7; i++)
		wrong += !is_so(&acts[i], false, NULL, NOLIST_PASS_LISTED) +
			 !is_so(&acts[i], true, "q", NOLIST_PASS_LISTED);
	tap_ok(!wrong && lenient(which) == before + 10, "%s, and is counted", what);
}

static void each_action(void)
{
	configure(0, true);
	list(all, NOLIST_BLOCK_ENFORCED, false);
	tap_ok(!wrong_of(NOLIST_PASS_REAL), "off, whatever the table says, all passes");
	configure(NOLIST_DEFEND_BLOCK, true);
	tap_ok(!wrong_of(-1), "each action, both families, both paths");
	list(nobody, NOLIST_BLOCK_ENFORCED, false);
	tap_ok(!wrong_of(NOLIST_PASS_REAL), "with an empty table all passes");
	passing(NOLIST_BLOCK_NOTED, false, NOLIST_LENIENT_NOTE, "\"note\" passes what is listed");
	passing(NOLIST_BLOCK_ENFORCED, true, NOLIST_LENIENT_EXPIRED, "an old table passes it");
	passing(NOLIST_BLOCK_BRAKED, false, NOLIST_LENIENT_BRAKED, "a braked one passes it");
	configure(NOLIST_DEFEND_BLOCK, false);
	list(all, NOLIST_BLOCK_ENFORCED, false);
	tap_ok(is_so(&acts[3], false, NULL, NOLIST_PASS_LISTED),
	       "with nothing to say nobody is tempfailed");
}

/* --- dialogues ----------------------------------------------------------------------- */

static const char *dialogue(struct talk *t, unsigned int how)
{
	static const char *const lines[] = { "EHLO c.example\r\n", "MAIL FROM:<a@c.example>\r\n",
					     "RCPT TO:<b@real.example>\r\n", "DATA\r\n", "QUIT\r\n" };
	static const char *const want[] = { "250", "250", "250", "451 4.7.1 Listed", "221" };
	struct nolist_addr to = prog_addr(how & 1 ? REAL6 : REAL4);
	struct talk_got g;
	const char *wrong;
	unsigned int i;

	memcpy(t->dst, &to, sizeof(t->dst));
	t->tags = how & 4 ? "q" : "";
	wrong = talk_connect(t, &g);
	for (i = 0; i < COUNT(lines) && !wrong; i++) {
		wrong = talk_say(t, lines[i], strlen(lines[i]), 0, &g);
		if (!wrong && (!g.is_frame || strncmp(g.text, want[i], strlen(want[i]))))
			wrong = want[i];
	}
	return wrong;
}

static void put_low(const struct talk *t, __u64 ago)
{
	struct nolist_contacts c = { .low = { .last_ns = prog_clock() - ago, .opens = 1 } };
	struct nolist_source src = {};

	c.low.first_ns = c.low.last_ns;
	memcpy(&src, t->src, t->is_ip6 ? 8 : 16);
	if (bpf_map_update_elem(p.contacts, &src, &c, BPF_ANY))
		tap_die(NOLIST_MAP_CONTACTS);
}

/* Sums of an event over the hours of a record. */
static unsigned int events(const struct nolist_verified *r, enum nolist_event event)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < NOLIST_HOURS; i++)
		n += r->hour[i].n[event];
	return n;
}

static bool is_held(const struct talk *t, bool is_walk)
{
	struct nolist_verified r;
	struct nolist_contacts c;
	struct nolist_source src = {};

	memcpy(&src, t->src, t->is_ip6 ? 8 : 16);
	if (!talk_verified(t, &r) || bpf_map_lookup_elem(p.contacts, &src, &c))
		return false;
	return events(&r, NOLIST_EVENT_HELD) && !events(&r, NOLIST_EVENT_TEMPFAILED) &&
	       !events(&r, NOLIST_EVENT_TEMPFAILED_WEAK) && !r.high_first_ns && !r.real_first_ns &&
	       !r.hours && r.walks == is_walk && r.visit.last_ns && c.real.opens && !c.high.opens;
}

static void dialogues(void)
{
	static const struct listed everybody[] = { { "0.0.0.0/1", NOLIST_ACT_TEMPFAIL },
						   { "128.0.0.0/1", NOLIST_ACT_TEMPFAIL },
						   { "2001:d00::/24", NOLIST_ACT_TEMPFAIL },
						   { "2001:db8::/32", NOLIST_ACT_TEMPFAIL }, {} };
	static struct talk t;
	const char *wrong;
	unsigned int how;

	configure(NOLIST_DEFEND_BLOCK, true);
	list(everybody, NOLIST_BLOCK_ENFORCED, false);
	for (how = 0; how < 8; how++) {
		talk_start(&t, &p, 1000 + how, how & 1, how >> 1 & 1);
		if (how & 1)
			put_low(&t, 1000000000);
		wrong = dialogue(&t, how);
		if (wrong)
			tap_diag("%s", wrong);
		tap_ok(!wrong && is_held(&t, how & 1),
		       "IPv%d, timestamps %d, tag %d: tempfailed in our words, noted as held%s",
		       how & 1 ? 6 : 4, how >> 1 & 1, how >> 2, how & 1 ? ", a walk" : "");
	}
	list(nobody, NOLIST_BLOCK_ENFORCED, false);
}

/* A pardon takes one source off the table in force. */
static void pardoned(void)
{
	struct prefix one;

	prog_counters(&p, p.seen);
	list(all, NOLIST_BLOCK_ENFORCED, false);
	prefix_parse("203.0.113.4", &one);
	tap_ok(!block_table_change(in_force, lines, &one, NOLIST_ACT_NONE) &&
		       is_so(&acts[5], false, NULL, NOLIST_PASS_REAL) &&
		       is_so(&acts[4], false, NULL, NOLIST_REAL_RESET),
	       "one that is taken off passes, others do not");
}

/* Two walks, of which the table's lists do not know the second one yet; want: is it free? */
static void walked_as(const char *what, __u64 prev, __u64 last, const struct act_row *a, bool is_ip6,
		      bool want)
{
	struct nolist_addr addr = prog_addr(is_ip6 ? a->src6 : a->src4);
	struct nolist_source src = addr_source(&addr);
	struct nolist_verified r = { .walk = { prev, last } };
	unsigned long before = lenient(NOLIST_LENIENT_WALKED);

	if (bpf_map_update_elem(p.verified, &src, &r, BPF_ANY))
		tap_die(NOLIST_MAP_VERIFIED);
	tap_ok(is_so(a, is_ip6, is_ip6 ? "q" : NULL, want ? NOLIST_PASS_LISTED : a->verdict) &&
		       lenient(NOLIST_LENIENT_WALKED) == before + want,
	       "%s: %s", what, want ? "free" : a->what);
	bpf_map_delete_elem(p.verified, &src);
}

static void walked(void)
{
	__u64 now = prog_clock(), made = now - 5000000000ull;

	list(all, NOLIST_BLOCK_ENFORCED, false);
	in_force[NOLIST_BLOCK_HEAD].head.made_ns = made;
	walked_as("two walks, one since the lists were made", made - 1, made + 1, &acts[3], false, true);
	walked_as("the same over IPv6", made - 1, made + 1, &acts[3], true, true);
	walked_as("both before that", made - 2, made - 1, &acts[3], false, false);
	walked_as("one walk alone", 0, made + 1, &acts[3], false, false);
	walked_as("two of one that is to be reset", made - 1, made + 1, &acts[4], false, false);
	walked_as("a dialogue goes on", made - 1, made + 1, &acts[9], false, false);
}

/* One hour in 24 each passes, whatever its list says: of so many some in this one. */
static void parole(void)
{
	struct act_row a = { .what = "parole", .flags = FRAME_SYN };
	unsigned int i, passed = 0, wrong = 0;
	char src[32];

	for (i = 0; i < 480; i++) {
		snprintf(src, sizeof(src), "198.%u.%u.7", 18 + i % 2, i / 2);
		a.src4 = src;
		passed += prog_is_parole(src, 1);
		wrong += !is_so(&a, false, NULL, NOLIST_REAL_DROPPED);
	}
	tap_ok(!wrong && passed > 0 && passed < 60, "in its own hour of the day each passes (%u of 480)",
	       passed);
}

int main(void)
{
	tap_need_root();
	prog_load(&p, NULL);
	each_action();
	dialogues();
	pardoned();
	walked();
	parole();
	bpf_object__close(p.object);
	return tap_done();
}
