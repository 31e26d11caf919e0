// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real clients in a flood that never repeats a source: of each 100 segments one is
 * theirs, the others are SYNs and guesses with forged sources. What the clients
 * prove must be noted in full, as if nobody had flooded, and that they opened a
 * connection; what is forged must prove nothing. When they come again, what they
 * contact is recorded although forged contacts have left nothing of a second's budget.
 */
#define _GNU_SOURCE
#include <bpf/btf.h>
#include <sched.h>
#include <stdbool.h>
#include "selftests/lib/talk.h"

#define CLIENTS 60      /* by family and timestamps, in turn */
#define FORGED_FOR_ONE 99

static struct prog server;
static unsigned long forged;

/* splitmix64: never repeats. */
static __u64 next_random(void)
{
	static __u64 state;
	__u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Not from where the clients are. */
static void forge_source(struct talk *t, __u64 x)
{
	if (t->is_ip6) {
		t->src[0] = 0x20 | (x & 0x0f);
		memcpy(t->src + 2, (char *)&x + 1, 6);
		return;
	}
	memcpy(t->src + 12, &x, 4);
	t->src[12] = 1 + (x & 0x3f);
}

/* One segment from nowhere. */
static void forge(bool is_syn)
{
	static struct talk t[4];
	static bool is_ready;
	unsigned char out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_out = out, .data_size_out = sizeof(out),
		    .repeat = 1);
	__u64 x = next_random();
	struct talk_seg s;
	struct frame f;
	int i, k = x >> 62;

	for (i = 0; i < 4 && !is_ready; i++)
		talk_start(&t[i], &server, 1000 + i, i & 1, i & 2);
	is_ready = true;
	forge_source(&t[k], x);
	s = talk_seg(&t[k], NULL, 0);
	s.flags = is_syn ? FRAME_SYN : FRAME_ACK;
	s.ack = is_syn ? 0 : (__u32)(x >> 17);
	talk_frame(&t[k], &s, &f);
	opts.data_in = f.b;
	opts.data_size_in = f.len;
	if (bpf_prog_test_run_opts(server.fd, &opts))
		tap_die("BPF_PROG_TEST_RUN");
	forged++;
}

/* One of ten is a guess at an acknowledgement, not a SYN. */
static void flood(void)
{
	int i;

	for (i = 0; i < FORGED_FOR_ONE; i++)
		forge(i % 10);
}

static bool say(struct talk *t, const char *line, unsigned int flags, bool is_flooded)
{
	struct talk_got g;

	if (is_flooded)
		flood();
	return !talk_say(t, line, line ? strlen(line) : 0, flags, &g);
}

/* A dialogue up to the refusal; every second client is polite. */
static bool dialogue_of(struct talk *t, unsigned int n, bool is_flooded)
{
	struct talk_got g;

	if (is_flooded)
		flood();
	return !talk_connect(t, &g) && say(t, "EHLO client.example\r\n", 0, is_flooded) &&
	       say(t, "MAIL FROM:<a@example.org>\r\n", 0, is_flooded) &&
	       say(t, "RCPT TO:<b@example.com>\r\n", 0, is_flooded) &&
	       say(t, "DATA\r\n", 0, is_flooded) &&
	       (n & 4 ? say(t, "QUIT\r\n", 0, is_flooded) : say(t, NULL, FRAME_FIN, is_flooded));
}

static struct nolist_stats counters(void)
{
	struct nolist_stats s[server.cpus], sum = {};
	__u32 zero = 0;
	int i;

	if (bpf_map_lookup_elem(server.stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	for (i = 0; i < server.cpus; i++) {
		sum.verified_new += s[i].verified_new;
		sum.verified_lost += s[i].verified_lost;
		sum.contacts_limited[NOLIST_HIGH] += s[i].contacts_limited[NOLIST_HIGH];
	}
	return sum;
}

static struct nolist_source source_of(const struct talk *t)
{
	struct nolist_source src;

	memcpy(src.addr.b, t->src, 16);
	if (t->is_ip6)
		memset(src.addr.b + 8, 0, 8);
	return src;
}

static bool has_contact(const struct talk *t)
{
	struct nolist_source src = source_of(t);
	struct nolist_contacts c;

	return !bpf_map_lookup_elem(server.contacts, &src, &c) && c.high.first_ns && c.high.opens;
}

/* Forges SYNs until one is limited: nothing is left of this second's budget. */
static void spend(void)
{
	__u64 before = counters().contacts_limited[NOLIST_HIGH];

	do
		forge(true);
	while (counters().contacts_limited[NOLIST_HIGH] == before);
}

/* The clients come again, and nothing is known of their first visit but what they proved. */
static unsigned int come_again(void)
{
	unsigned int n, contacts = 0;
	struct nolist_source src;
	struct talk_got g;
	struct talk t;

	for (n = 8; n < 8 + CLIENTS; n++) {
		talk_start(&t, &server, n, n & 1, n & 2);
		src = source_of(&t);
		if (bpf_map_delete_elem(server.contacts, &src))
			tap_diag("client %u: had no contact", n);
		spend();
		if (talk_connect(&t, &g))
			tap_die("a connection");
		contacts += has_contact(&t);
	}
	return contacts;
}

/* On one CPU, since each has a budget of its own. */
static void retained(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		tap_die("sched_setaffinity");
}

/* Where verified.h's filter lies in the program's .bss: which sources were verified lately. */
static struct btf_var_secinfo filter_of(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC), i;
	const struct btf_type *section = btf__type_by_id(btf, id);

	for (i = 0; section && i < btf_vlen(section); i++) {
		struct btf_var_secinfo *v = btf_var_secinfos(section) + i;
		const struct btf_type *var = btf__type_by_id(btf, v->type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), "filter_line"))
			return *v;
	}
	tap_die("filter_line in .bss");
}

static struct bpf_map *bss(void)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, server.object)
		if (strstr(bpf_map__name(m), ".bss"))
			return m;
	tap_die("the program's .bss");
}

/* A client is tempfailed again when the filter has long forgotten it: it is known again. */
static void long_after(unsigned int n)
{
	struct btf_var_secinfo at = filter_of(bpf_object__btf(server.object));
	unsigned char *all = calloc(1, bpf_map__value_size(bss()));
	int fd = bpf_map__fd(bss());
	static struct talk t;
	unsigned int marks = 0;
	__u32 zero = 0, i;

	if (!all || bpf_map_lookup_elem(fd, &zero, all))
		tap_die("the filter");
	memset(all + at.offset, 0, at.size);
	if (bpf_map_update_elem(fd, &zero, all, BPF_ANY))
		tap_die("the filter");
	talk_start(&t, &server, n, n & 1, n & 2);
	t.clock += 100000;
	if (!dialogue_of(&t, n, false) || bpf_map_lookup_elem(fd, &zero, all))
		tap_die("a dialogue");
	for (i = 0; i < at.size; i++)
		marks += all[at.offset + i] != 0;
	tap_ok(marks == 2, "a client that is tempfailed again long after is known again");
	free(all);
}

int main(void)
{
	struct dialogue d = { "mx.example", "Please come back in an hour", STAGE_DATA, false, false, false };
	unsigned int n, complete = 0, ended = 0, contacts = 0, again;
	static char calm[8][256];
	static struct talk t;
	struct nolist_stats s;

	tap_need_root();
	retained();
	prog_load(&server, NULL);
	talk_configure(&server, &d);
	/* What each kind of client leaves where nobody floods. */
	for (n = 0; n < 8; n++) {
		talk_start(&t, &server, n, n & 1, n & 2);
		if (!dialogue_of(&t, n, false))
			tap_die("a dialogue");
		snprintf(calm[n], sizeof(calm[n]), "%s", talk_evidence(&t));
	}
	s = counters();
	tap_ok(s.verified_new == 8 && strstr(calm[6], "strong 1, quit 1") &&
		       strstr(calm[2], "closed 1"),
	       "without a flood, the evidence of clients is verified");
	for (n = 8; n < 8 + CLIENTS; n++) {
		talk_start(&t, &server, n, n & 1, n & 2);
		ended += dialogue_of(&t, n, true);
		if (!strcmp(talk_evidence(&t), calm[n % 8]))
			complete++;
		else
			tap_diag("client %u: %s instead of %s", n, talk_evidence(&t), calm[n % 8]);
		contacts += has_contact(&t);
	}
	s = counters();
	tap_ok(ended == CLIENTS, "in a flood of %lu, %u of %u dialogues ended as they should",
	       forged, ended, CLIENTS);
	tap_ok(complete == CLIENTS, "evidence of %u of %u is complete", complete, CLIENTS);
	tap_ok(s.verified_new == 8 + CLIENTS && !s.verified_lost,
	       "what was forged has verified nothing");
	tap_ok(s.contacts_limited[NOLIST_HIGH] > 0, "the flood was more than is noted");
	tap_ok(contacts == CLIENTS, "contacts of %u of %u are recorded", contacts, CLIENTS);
	again = come_again();
	tap_ok(again == CLIENTS, "and of %u of %u when they come again", again, CLIENTS);
	long_after(8);
	tap_diag("%llu SYNs rate-limited", counters().contacts_limited[NOLIST_HIGH]);
	return tap_done();
}
