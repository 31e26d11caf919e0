// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the configuration changes in the packet path: the fakes' ports, addresses
 * that share their places in the table, interfaces that deliver segments whose
 * checksum is still to be made.
 */
#define _GNU_SOURCE /* unshare() */

#include <net/if.h>
#include <sched.h>
#include "selftests/lib/row.h"
#include "selftests/lib/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ODD_DATA .flags = FRAME_PSH, .data = 7

static const struct row partial[] = {
	{ "IPv4", NOLIST_LOW_RST_ACK, .twist = twist_partial },
	{ "IPv6", NOLIST_LOW_RST_ACK, .twist = twist_partial, .dst = LOW6 },
	{ "data", NOLIST_LOW_RST_ACK, .twist = twist_partial, ODD_DATA, .pad = 64 },
	{ "data, IPv6, extension headers", NOLIST_LOW_RST_ACK, .twist = twist_partial,
	  .dst = LOW6, .layer = layer_all_ext, ODD_DATA },
	{ "a whole checksum", NOLIST_LOW_RST_ACK, .dst = LOW4 },
	{ "a wrong one", NOLIST_PASS_CHECKSUM, .twist = twist_tcp_sum },
	{ "none", NOLIST_PASS_CHECKSUM, .twist = twist_sum_0 },
	{ "a wrong IP checksum", NOLIST_PASS_CHECKSUM, .twist = twist_ip_sum },
};

/* A segment whose checksum is still to be made is good where the interface is known for it. */
static void partials(struct prog *p)
{
	static const struct row elsewhere = { "of another interface", NOLIST_PASS_CHECKSUM,
					      .twist = twist_partial };
	struct nolist_config *c = row_conf();
	struct group g = {};
	struct frame f;
	unsigned int lo = if_nametoindex("lo"), other = if_nametoindex("nl0");

	c->partials = 2;
	c->partial[0] = 77;
	c->partial[1] = lo;
	prog_configure(p, c);
	group_table(p, "CHECKSUM_PARTIAL where it occurs", partial, COUNT(partial));

	c->partial[1] = other;
	prog_configure(p, c);
	row_build(&partial[0], &f);
	g.frames = 4;
	g.failed += !row_check(p, &elsewhere);
	g.failed += !row_check_frame(p, &partial[0], &f, other);
	c->partial[1] = 0;
	c->partials = NOLIST_PARTIAL_MAX;
	c->partial[NOLIST_PARTIAL_MAX - 1] = lo;
	prog_configure(p, c);
	g.failed += !row_check_frame(p, &elsewhere, &f, other);
	g.failed += !row_check(p, &partial[0]);
	group_done(&g, "CHECKSUM_PARTIAL by interface");
	free(c);
}

/* What a closed port is silent to is dropped only where checksums are known to be whole. */
static void silence(struct prog *p)
{
	static const struct row reset = { "RST", NOLIST_SILENT_RESET, .flags = FRAME_RST };
	static const struct row sum = { "a checksum that may be still to be made",
					NOLIST_PASS_CHECKSUM, .twist = twist_partial };
	static const struct row made = { "one that is still to be made", NOLIST_LOW_RST_ACK,
					 .twist = twist_partial };
	static const struct row passes = { "RST", NOLIST_PASS_RESET, .flags = FRAME_RST };
	unsigned int lo = if_nametoindex("lo"), other = if_nametoindex("nl0");
	struct nolist_config *c = row_conf();
	struct group g = {};
	struct frame f;

	c->partials = 2;
	c->partial[0] = 77;
	c->partial[1] = lo | NOLIST_WHOLE;
	prog_configure(p, c);
	group_row(&g, p, &reset);
	g.frames += 4;
	row_build(&sum, &f);
	g.failed += !row_check_frame(p, &sum, &f, other);
	row_build(&passes, &f);
	g.failed += !row_check_frame(p, &passes, &f, other);
	/* It delivers unfinished ones. */
	c->partial[1] = lo;
	prog_configure(p, c);
	g.failed += !row_check(p, &made);
	g.failed += !row_check(p, &passes);
	group_done(&g, "silence by interface");
	free(c);
}

static void ports(struct prog *p)
{
	static const unsigned int with_25[] = { 25, 465, 587, 1025, 2525, 25025, 60000, 65535, 0 };
	static const unsigned int without_25[] = { 2525, 0 };
	static const struct row rows[] = {
		{ "low 25", NOLIST_LOW_RST_ACK, .dst = LOW4 },
		{ "low 587", NOLIST_LOW_RST_ACK, .dport = 587 },
		{ "high 65535", NOLIST_HIGH_SYN_ACK, .dport = 65535, .dst = HIGH6 },
		{ "low 26", NOLIST_PASS_OTHER, .dport = 26 },
		{ "real 25", NOLIST_PASS_REAL, .dst = REAL4 },
		{ "real 587", NOLIST_PASS_OTHER, .dport = 587, .dst = REAL4 },
		{ "own 587", NOLIST_PASS_OTHER, .dport = 587, .dst = OWN4 },
	}, rows_without_25[] = {
		{ "low 25", NOLIST_PASS_OTHER, .dst = LOW4 },
		{ "high 25", NOLIST_PASS_OTHER, .dst = HIGH4 },
		{ "low 2525", NOLIST_LOW_RST_ACK, .dport = 2525 },
		{ "real 25", NOLIST_PASS_REAL, .dst = REAL6 },
		{ "real 2525", NOLIST_PASS_OTHER, .dport = 2525, .dst = REAL6 },
		{ "low 0", NOLIST_PASS_OTHER, .twist = twist_port_0 },
	};
	struct nolist_config *c = row_conf();

	prog_conf_ports(c, with_25);
	prog_configure(p, c);
	group_table(p, "the fakes' ports", rows, COUNT(rows));
	prog_conf_ports(c, without_25);
	prog_configure(p, c);
	group_table(p, "the fakes' ports without 25", rows_without_25, COUNT(rows_without_25));
	free(c);
}

/* The i-th of the addresses below: half of them IPv4, all in one /16, half in one /64. */
static void nth_addr(__u32 i, char text[64])
{
	if (i % 2)
		snprintf(text, 64, "198.18.%u.%u", i >> 8, i & 255);
	else
		snprintf(text, 64, "2001:db8:5::%x", i);
}

/* NULL where no seed has a place for each of the first n. */
static struct nolist_config *dense_conf(__u32 n)
{
	struct nolist_config *c;
	char text[64];
	__u32 seed, i;

	for (seed = 0; seed < 1000; seed++, free(c)) {
		c = prog_conf_new();
		c->seed = seed * 2654435761u;
		for (i = 0; i < n; i++) {
			nth_addr(i, text);
			if (!prog_conf_add(c, prog_addr(text), i % 3 ? NOLIST_LOW : NOLIST_HIGH, i))
				break;
		}
		if (i == n)
			return c;
	}
	return NULL;
}

/* So many that they share their places, and as many that are none of ours. */
static void addresses(struct prog *p, __u32 n)
{
	struct nolist_config *c = dense_conf(n);
	struct group g = {};
	char dst[64];
	__u32 i;

	if (!c) {
		tap_ok(0, "no seed of a thousand has places for %u addresses in one network", n);
		return;
	}
	prog_configure(p, c);
	free(c);
	for (i = 0; i < 2 * n && group_more(&g); i++) {
		struct row r = { dst, NOLIST_PASS_OTHER, .dst = dst };

		nth_addr(i, dst);
		if (i < n)
			r.verdict = i % 3 ? NOLIST_LOW_RST_ACK : NOLIST_HIGH_SYN_ACK;
		group_row(&g, p, &r);
	}
	group_done(&g, "addresses of one network, and those beside them");
}

/* Addresses that all hash to the last place but one: the table goes on at its start. */
static void collisions(struct prog *p)
{
	struct nolist_config *c = prog_conf_new();
	char dst[NOLIST_PROBES + 1][64];
	struct group g = {};
	__u32 found = 0, i;

	for (i = 0; i < 1 << 20 && found <= NOLIST_PROBES; i++) {
		struct nolist_addr a;

		snprintf(dst[found], sizeof(dst[found]), "2001:db8:%x:%x::25", i >> 16, i & 0xffff);
		a = prog_addr(dst[found]);
		if (nolist_slot_of(&a, c->seed) != NOLIST_SLOTS - 2)
			continue;
		g.failed += prog_conf_add(c, a, NOLIST_LOW, found) != (found < NOLIST_PROBES);
		found++;
	}
	prog_configure(p, c);
	free(c);
	for (i = 0; i < found; i++) {
		struct row r = { dst[i], i < NOLIST_PROBES ? NOLIST_LOW_RST_ACK : NOLIST_PASS_OTHER,
				 .dst = dst[i] };

		group_row(&g, p, &r);
	}
	g.failed += found <= NOLIST_PROBES;
	group_done(&g, "addresses that hash to one place");
}

/* Each frame sees one configuration as a whole: the last. */
static void replaced(struct prog *p)
{
	static const struct row low = { "a low fake", NOLIST_LOW_RST_ACK, .dst = LOW4 };
	static const struct row high = { "now high", NOLIST_HIGH_SYN_ACK, .dst = LOW4 };
	static const struct row none = { "now none", NOLIST_PASS_OTHER, .dst = LOW4 };
	struct nolist_config *c = prog_conf_new();
	struct group g = {};

	prog_conf_add(c, prog_addr(LOW4), NOLIST_LOW, 0);
	prog_configure(p, c);
	group_row(&g, p, &low);
	memset(c->slot, 0, sizeof(c->slot));
	prog_conf_add(c, prog_addr(LOW4), NOLIST_HIGH, 0);
	prog_configure(p, c);
	group_row(&g, p, &high);
	memset(c->slot, 0, sizeof(c->slot));
	prog_configure(p, c);
	group_row(&g, p, &none);
	group_done(&g, "the last configuration is in force");
	free(c);
}

/* What nobody confirmed in time: as without configuration. */
static void probation(struct prog *p)
{
	static const struct row over[] = {
		{ "to the low fake", NOLIST_PASS_UNCONFIGURED, .dst = LOW4 },
		{ "to a high fake", NOLIST_PASS_UNCONFIGURED, .dst = HIGH6 },
		{ "to the real MX", NOLIST_PASS_UNCONFIGURED, .dst = REAL4 },
	}, on[] = {
		{ "to the low fake", NOLIST_LOW_RST_ACK, .dst = LOW4 },
		{ "to a high fake", NOLIST_HIGH_SYN_ACK, .dst = HIGH6 },
		{ "to the real MX", NOLIST_PASS_REAL, .dst = REAL4 },
	};
	struct nolist_config *c = row_conf();

	c->until_ns = prog_clock() - 1;
	prog_configure(p, c);
	group_table(p, "a probation that is over", over, COUNT(over));
	c->until_ns = prog_clock() + 3600 * 1000000000ull;
	prog_configure(p, c);
	group_table(p, "one that is not", on, COUNT(on));
	free(c);
}

int main(void)
{
	struct prog p;

	tap_need_root();
	if (unshare(CLONE_NEWNET) || system("ip link add nl0 type veth peer name nl1"))
		tap_die("a network namespace with a veth pair");
	prog_load(&p, NULL);
	partials(&p);
	silence(&p);
	ports(&p);
	addresses(&p, 10);
	addresses(&p, NOLIST_MX_MAX);
	collisions(&p);
	replaced(&p);
	probation(&p);
	bpf_object__close(p.object);
	return tap_done();
}
