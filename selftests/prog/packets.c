// SPDX-License-Identifier: GPL-2.0-only
/*
 * One row for each kind of frame (lib/packet_rows.c): what goes in, which verdict counts
 * it, and the whole frame that comes out. A frame that is not plainly a TCP segment to a
 * fake passes unchanged; one that is gets a closed port's answer. Sweeps over flags,
 * lengths and bits are in prog/sweeps.c, what configuration changes in prog/config.c.
 */
#include <stdbool.h>
#include "selftests/lib/packet_rows.h"
#include "selftests/lib/shapes.h"

#define LOOPBACK 1 /* its ifindex: where test runs come from */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void unconfigured(struct prog *p)
{
	struct group g = {};
	size_t t, i;

	for (t = 0; t < packet_table_count; t++)
		for (i = 0; i < packet_tables[t].n && group_more(&g); i++) {
			struct row r = packet_tables[t].rows[i];

			r.verdict = NOLIST_PASS_UNCONFIGURED;
			group_row(&g, p, &r);
		}
	group_done(&g, "without a configuration everything passes");
}

/* Lets a helper fail, as a driver may: a load with "fail" in place of its call. */
static void refuse(struct bpf_program *prog, int helper)
{
	size_t n = bpf_program__insn_cnt(prog), i;
	struct bpf_insn *insn = malloc(n * sizeof(*insn));
	int calls = 0;

	if (!insn)
		tap_die("malloc");
	memcpy(insn, bpf_program__insns(prog), n * sizeof(*insn));
	for (i = 0; i < n; i++)
		if (insn[i].code == (BPF_JMP | BPF_CALL) && !insn[i].src_reg &&
		    insn[i].imm == helper) {
			insn[i] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K,
						     .imm = -EINVAL };
			calls++;
		}
	if (!calls || bpf_program__set_insns(prog, insn, n))
		tap_die("no call to be replaced");
	free(insn);
}

static void refuse_tail(struct bpf_program *prog)
{
	refuse(prog, BPF_FUNC_xdp_adjust_tail);
}

static void refuse_all(struct bpf_program *prog)
{
	refuse(prog, BPF_FUNC_xdp_adjust_tail);
	refuse(prog, BPF_FUNC_xdp_adjust_head);
}

static void no_capacity(void)
{
	static const struct row no_tail[] = {
		{ "to be cut", NOLIST_PASS_NO_SPACE, .pad = 61 },
		{ "to be cut, IPv6", NOLIST_PASS_NO_SPACE, .dst = LOW6, OPT(LINUX_SYN) },
		{ "just right", NOLIST_LOW_RST_ACK, .pad = 60 },
		{ "short as it came", NOLIST_LOW_RST_ACK, .dst = LOW4 },
		{ "to be cut by an odd number", NOLIST_PASS_NO_SPACE, .dst = LOW4, .data = 3 },
		{ "to be cut, high", NOLIST_HIGH_NO_SPACE, .dst = HIGH4, .pad = 61 },
		{ "to grow by a text, high", NOLIST_HIGH_TEXT, .dst = HIGH4, ACKS(0) },
		{ "to grow by a text, high, IPv6, two tags", NOLIST_HIGH_TEXT, .dst = HIGH6,
		  .tags = "aq", ACKS(BANNER_LEN), SAYS("EHLO a\r\n"), GREETED },
	}, nothing[] = {
		{ "to be cut", NOLIST_PASS_NO_SPACE, .dst = LOW4, .data = 1 },
		{ "just right", NOLIST_LOW_RST_ACK, .dst = LOW6 },
		{ "to grow by a text, high", NOLIST_HIGH_NO_SPACE, .dst = HIGH4, ACKS(0) },
	};
	struct nolist_config *c = row_conf();
	struct prog p;

	prog_load(&p, refuse_tail);
	prog_configure(&p, c);
	group_table(&p, "where the tail is fixed", no_tail, COUNT(no_tail));
	bpf_object__close(p.object);
	prog_load(&p, refuse_all);
	prog_configure(&p, c);
	group_table(&p, "where head and tail are fixed", nothing, COUNT(nothing));
	bpf_object__close(p.object);
	free(c);
}

/* --- both ways -------------------------------------------------------------- */

/* A tag leads over the slow path: each frame that came without one gets the same. */
static void tagged(struct prog *p)
{
	struct group g = {};
	size_t t, i;

	for (t = 0; t < packet_table_count; t++)
		for (i = 0; i < packet_tables[t].n && group_more(&g); i++) {
			struct row r = packet_tables[t].rows[i];

			if (r.build || r.tags || r.twist == twist_ip4_as_ip6)
				continue;
			r.tags = "q";
			group_row(&g, p, &r);
		}
	group_done(&g, "with a tag, by the slow path, the same");
}

/* --- silence ------------------------------------------------------------------- */

/* A source that Linux never answers; others that get no answer from here it may. */
static bool is_martian(const struct row *r)
{
	struct nolist_addr a = prog_addr(r->src), one = prog_addr("::1"),
			   all = prog_addr("255.255.255.255"), any = prog_addr("0.0.0.0");

	if (strchr(r->src, ':'))
		return a.b[0] == 0xff || !memcmp(&a, &one, sizeof(a));
	return !memcmp(&a, &any, sizeof(a)) || a.b[12] == 127 || (a.b[12] >= 224 && a.b[12] < 240) ||
	       !memcmp(&a, &all, sizeof(a));
}

/*
 * On an interface whose checksums are always whole, what a closed port is silent to is dropped;
 * all else is as ever. On others, and on interfaces that deliver unfinished ones, it passes.
 */
static void silent(struct prog *p, const char *tags, const char *name)
{
	struct nolist_config *c = row_conf();
	struct group g = {};
	size_t t, i;

	c->partial[0] = LOOPBACK | NOLIST_WHOLE;
	c->partials = 1;
	prog_configure(p, c);
	free(c);
	for (t = 0; t < packet_table_count; t++)
		for (i = 0; i < packet_tables[t].n && group_more(&g); i++) {
			struct row r = packet_tables[t].rows[i];

			if (tags && (r.build || r.tags || r.twist == twist_ip4_as_ip6))
				continue;
			r.tags = tags ? tags : r.tags;
			if (r.verdict >= NOLIST_PASS_SOURCE && r.verdict <= NOLIST_PASS_RESET &&
			    (r.verdict != NOLIST_PASS_SOURCE || is_martian(&r)))
				r.verdict += NOLIST_SILENT_SOURCE - NOLIST_PASS_SOURCE;
			group_row(&g, p, &r);
		}
	group_done(&g, name);
}

/*
 * The frame that needs the kernel, once there were too many of them; prog/rare has the numbers.
 * Again in the next second where this one ended, or the CPU changed, behind the many.
 */
static void rare(struct prog *p)
{
	static const struct row r = { "rare", NOLIST_RARE_LIMITED, .layer = layer_ip4_option };
	static struct prog_result got = { .verdict = -1 };
	static struct frame f;
	__u32 second;
	int i;

	row_build(&r, &f);
	for (i = 0; i < 20 && got.verdict != NOLIST_RARE_LIMITED; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.b, .data_size_in = f.len,
			    .repeat = NOLIST_RARE);

		second = prog_clock() >> NOLIST_SECOND_SHIFT;
		while (i && prog_clock() >> NOLIST_SECOND_SHIFT == second)
			usleep(1000);
		if (bpf_prog_test_run_opts(p->fd, &opts))
			tap_die("BPF_PROG_TEST_RUN");
		prog_counters(p, p->seen);
		prog_run(p, &f, 0, &got);
	}
	row_verdicts |= 1ull << got.verdict;
	tap_ok(got.verdict == NOLIST_RARE_LIMITED && got.xdp == XDP_DROP,
	       "what needs the kernel is dropped, if it is too much");
}

/* --- more than a network gets ------------------------------------------------- */

/* Sent often enough: one of the two may be the first of a second. */
static bool is_limited(struct prog *p, const struct row *r)
{
	static struct prog_result got;
	static struct frame f;
	int i;

	row_build(r, &f);
	for (i = 0; i < 3; i++) {
		prog_run(p, &f, 0, &got);
		if (got.verdict == (int)r->verdict && got.xdp == prog_code(got.verdict)) {
			row_verdicts |= 1ull << got.verdict;
			return true;
		}
	}
	return false;
}

/* prog/limits has the numbers. */
static void limited(struct prog *p)
{
	static const struct row low = { "low", NOLIST_LOW_LIMITED, .dst = LOW4 };
	static const struct row high = { "high", NOLIST_HIGH_LIMITED, .dst = HIGH4 };
	struct nolist_config *c = row_conf();

	c->answers[NOLIST_LIMIT_RESET] = c->answers[NOLIST_LIMIT_SYN_ACK] = 1;
	prog_configure(p, c);
	tap_ok(is_limited(p, &low) && is_limited(p, &high), "answers above a limit are dropped");
	free(c);
}

/* --- the slow path is missing ------------------------------------------------ */

/* Which verdict a frame of this row gets then, if it needs the slow path. */
static int missing_verdict(const struct row *r)
{
	return r->verdict >= NOLIST_HIGH_RST && r->verdict <= NOLIST_HIGH_NO_SPACE
		       ? NOLIST_HIGH_NO_SLOW
		       : NOLIST_PASS_NO_SLOW;
}

/* True if it was counted as missing: then a pass leaves the frame as it came. */
static bool is_missing(struct prog *p, const struct row *r, bool *is_wrong)
{
	static struct prog_result got;
	static struct frame f;

	row_build(r, &f);
	prog_run(p, &f, 0, &got);
	if (got.verdict != missing_verdict(r))
		return false;
	row_verdicts |= 1ull << got.verdict;
	*is_wrong = got.xdp != prog_code(got.verdict) ||
		    (got.xdp == XDP_PASS && !prog_is_same(&f, &got));
	if (*is_wrong)
		tap_diag("%s: %s, but code %d or another frame", r->name,
			 prog_verdict(got.verdict), got.xdp);
	return true;
}

/* In a dialogue the first segment of each tick goes to the slow path: it may be this one, or none. */
static bool is_by_clock(const struct row *r)
{
	return r->flags & FRAME_ACK && missing_verdict(r) == NOLIST_HIGH_NO_SLOW;
}

/* Each frame is answered as ever, by the fast path, or passes, or is dropped at a high fake. */
static void no_slow(struct prog *p)
{
	struct group fast = {}, slow = {};
	size_t t, i;

	prog_take_slow(p);
	for (t = 0; t < packet_table_count; t++)
		for (i = 0; i < packet_tables[t].n && group_more(&fast); i++) {
			const struct row *r = &packet_tables[t].rows[i];
			bool is_wrong = false;

			if (is_missing(p, r, &is_wrong)) {
				slow.frames++;
				slow.failed += is_wrong;
			} else if (!is_by_clock(r)) {
				group_row(&fast, p, r);
			}
		}
	group_done(&slow, "without the slow path rare shapes pass, or are dropped at a high fake");
	group_done(&fast, "and the fast path works on");
	prog_give_slow(p);
	group_table(p, "given back, the slow path answers", packet_vlans, packet_vlan_count);
}

static void every_verdict(void)
{
	int v, missing = 0;

	/* Those of a defended real MX are for prog/listed. */
	for (v = 0; v < NOLIST_PASS_LISTED; v++) {
		if (row_verdicts & 1ull << v && prog_verdict_names[v])
			continue;
		tap_diag("verdict %d, %s, had no frame", v, prog_verdict(v));
		missing++;
	}
	tap_ok(!missing, "every verdict had its frame");
}

int main(void)
{
	struct nolist_config *c;
	struct prog p;
	size_t i;

	tap_need_root();
	tap_ok(siphash_is_right(), "this test's own SipHash gives the paper's value");
	prog_load(&p, NULL);
	unconfigured(&p);
	c = row_conf();
	prog_configure(&p, c);
	free(c);
	for (i = 0; i < packet_table_count; i++)
		group_table(&p, packet_tables[i].name, packet_tables[i].rows, packet_tables[i].n);
	tagged(&p);
	no_slow(&p);
	limited(&p);
	silent(&p, NULL, "what a closed port is silent to is dropped where checksums are whole");
	silent(&p, "q", "with a tag, the same");
	rare(&p);
	no_capacity();
	every_verdict();
	bpf_object__close(p.object);
	return tap_done();
}
