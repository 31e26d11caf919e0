// SPDX-License-Identifier: GPL-2.0-only
/* prog.h: loading, configuring and running the program in the kernel. */
#include "selftests/lib/prog.h"
#include "selftests/lib/siphash.h"
#include "user/base/addr.h"
#include "user/config/domain_table.h"

const struct nolist_key prog_key = { { 0x0123456789abcdef, 0xfedcba9876543210 } };

const char *const prog_verdict_names[NOLIST_VERDICTS] = {
	[NOLIST_PASS_UNCONFIGURED] = "PASS_UNCONFIGURED",
	[NOLIST_PASS_NOT_IP] = "PASS_NOT_IP",
	[NOLIST_PASS_NOT_TCP] = "PASS_NOT_TCP",
	[NOLIST_PASS_SHAPE] = "PASS_SHAPE",
	[NOLIST_PASS_OTHER] = "PASS_OTHER",
	[NOLIST_PASS_REAL] = "PASS_REAL",
	[NOLIST_PASS_NOT_HOST] = "PASS_NOT_HOST",
	[NOLIST_PASS_SOURCE] = "PASS_SOURCE",
	[NOLIST_PASS_TRUNCATED] = "PASS_TRUNCATED",
	[NOLIST_PASS_CHECKSUM] = "PASS_CHECKSUM",
	[NOLIST_PASS_RESET] = "PASS_RESET",
	[NOLIST_PASS_TCP_OPTION] = "PASS_TCP_OPTION",
	[NOLIST_PASS_NO_SPACE] = "PASS_NO_ROOM",
	[NOLIST_LOW_RST_ACK] = "LOW_RST_ACK",
	[NOLIST_LOW_RST] = "LOW_RST",
	[NOLIST_HIGH_RST] = "HIGH_RST",
	[NOLIST_HIGH_SYN_ACK] = "HIGH_SYN_ACK",
	[NOLIST_HIGH_TEXT] = "HIGH_TEXT",
	[NOLIST_HIGH_ACK] = "HIGH_ACK",
	[NOLIST_HIGH_SILENT] = "HIGH_SILENT",
	[NOLIST_HIGH_BAD] = "HIGH_BAD",
	[NOLIST_HIGH_NO_SPACE] = "HIGH_NO_ROOM",
	[NOLIST_PASS_NO_SLOW] = "PASS_NO_SLOW",
	[NOLIST_HIGH_NO_SLOW] = "HIGH_NO_SLOW",
	[NOLIST_SILENT_SOURCE] = "SILENT_SOURCE",
	[NOLIST_SILENT_TRUNCATED] = "SILENT_TRUNCATED",
	[NOLIST_SILENT_CHECKSUM] = "SILENT_CHECKSUM",
	[NOLIST_SILENT_RESET] = "SILENT_RESET",
	[NOLIST_RARE_LIMITED] = "RARE_LIMITED",
	[NOLIST_LOW_LIMITED] = "LOW_LIMITED",
	[NOLIST_HIGH_LIMITED] = "HIGH_LIMITED",
	[NOLIST_PASS_LISTED] = "PASS_LISTED",
	[NOLIST_REAL_RESET] = "REAL_RESET",
	[NOLIST_REAL_SYN_ACK] = "REAL_SYN_ACK",
	[NOLIST_REAL_TEXT] = "REAL_TEXT",
	[NOLIST_REAL_ACK] = "REAL_ACK",
	[NOLIST_REAL_SILENT] = "REAL_SILENT",
	[NOLIST_REAL_LIMITED] = "REAL_LIMITED",
	[NOLIST_REAL_NO_SPACE] = "REAL_NO_SPACE",
	[NOLIST_REAL_DROPPED] = "REAL_DROPPED",
	[NOLIST_REAL_GATED] = "REAL_GATED",
	[NOLIST_TARPIT_SYN_ACK] = "TARPIT_SYN_ACK",
	[NOLIST_TARPIT_BANNER] = "TARPIT_BANNER",
	[NOLIST_TARPIT_LINE] = "TARPIT_LINE",
	[NOLIST_TARPIT_END] = "TARPIT_END",
	[NOLIST_TARPIT_RST] = "TARPIT_RST",
	[NOLIST_TARPIT_SILENT] = "TARPIT_SILENT",
};

const char *prog_verdict(int verdict)
{
	const char *name = verdict >= 0 && verdict < NOLIST_VERDICTS ? prog_verdict_names[verdict] :
								       NULL;

	if (verdict == PROG_LONGER)
		return "(longer than its request)";
	return name ? name : "(none)";
}

/* --- loading ------------------------------------------------------------- */

static int prog_map(struct prog *p, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(p->object, name);

	if (fd < 0)
		tap_die(name);
	return fd;
}

static int prog_program(struct prog *p, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(p->object, name);

	if (!prog)
		tap_die(name);
	return bpf_program__fd(prog);
}

void prog_give_slow(struct prog *p)
{
	__u32 slot = NOLIST_SLOT_SLOW;

	if (bpf_map_update_elem(p->progs, &slot, &p->slow, BPF_ANY))
		tap_die(NOLIST_MAP_PROGS);
}

void prog_take_slow(struct prog *p)
{
	__u32 slot = NOLIST_SLOT_SLOW;

	if (bpf_map_delete_elem(p->progs, &slot))
		tap_die(NOLIST_MAP_PROGS);
}

void prog_counters(struct prog *p, __u64 verdict[NOLIST_VERDICTS])
{
	struct nolist_stats s[p->cpus];
	__u32 zero = 0;
	int cpu, v;

	if (bpf_map_lookup_elem(p->stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	for (v = 0; v < NOLIST_VERDICTS; v++)
		for (cpu = 0, verdict[v] = 0; cpu < p->cpus; cpu++)
			verdict[v] += s[cpu].verdict[v];
}

static void (*prog_tamper)(struct bpf_program *);

/* Called when a program's functions have been put together. */
static int prog_prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	(void)opts;
	(void)cookie;
	if (prog_tamper)
		prog_tamper(prog);
	return 0;
}

/* Once: libbpf before 1.3 frees its handlers twice where the last one was taken back. */
static void prog_register(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = prog_prepare);
	static bool is_registered;

	if (is_registered)
		return;
	if (libbpf_register_prog_handler("xdp", BPF_PROG_TYPE_XDP, BPF_XDP, &handler) < 0)
		tap_die("libbpf_register_prog_handler");
	is_registered = true;
}

void prog_load_file(struct prog *p, const char *file, void (*tamper)(struct bpf_program *))
{
	struct bpf_program *prog;
	struct bpf_map *m;
	__u32 zero = 0;

	libbpf_set_print(NULL);
	prog_register();
	prog_tamper = tamper;
	memset(p, 0, sizeof(*p));
	p->object = bpf_object__open_file(tap_build(file), NULL);
	if (!p->object)
		tap_die(file);
	bpf_object__for_each_map(m, p->object)
		if (bpf_map__type(m) == BPF_MAP_TYPE_LRU_HASH)
			bpf_map__set_max_entries(m, PROG_SOURCES);
	bpf_object__for_each_program(prog, p->object)
		bpf_program__set_autoload(prog, true);
	if (bpf_object__load(p->object))
		tap_die("the kernel refuses the programs");
	prog_tamper = NULL;
	p->fd = prog_program(p, NOLIST_PROG);
	p->slow = prog_program(p, NOLIST_PROG_SLOW);
	p->progs = prog_map(p, NOLIST_MAP_PROGS);
	prog_give_slow(p);
	p->conf = prog_map(p, NOLIST_MAP_CONF);
	p->key = prog_map(p, NOLIST_MAP_KEY);
	p->contacts = prog_map(p, NOLIST_MAP_CONTACTS);
	p->verified = prog_map(p, NOLIST_MAP_VERIFIED);
	p->stats = prog_map(p, NOLIST_MAP_STATS);
	p->limits = prog_map(p, NOLIST_MAP_LIMITS);
	p->domains = prog_map(p, NOLIST_MAP_DOMAINS);
	p->cpus = libbpf_num_possible_cpus();
	if (bpf_map_update_elem(p->key, &zero, &prog_key, BPF_ANY))
		tap_die(NOLIST_MAP_KEY);
}

void prog_load(struct prog *p, void (*tamper)(struct bpf_program *))
{
	prog_load_file(p, "nolist.bpf.o", tamper);
}

/* --- configuration ------------------------------------------------------- */

struct nolist_addr prog_addr(const char *text)
{
	struct nolist_addr a = {};

	if (strchr(text, ':')) {
		frame_addr(AF_INET6, text, a.b);
	} else {
		a.b[10] = a.b[11] = 0xff;
		frame_addr(AF_INET, text, a.b + 12);
	}
	return a;
}

void prog_conf_ports(struct nolist_config *c, const unsigned int *port)
{
	int i;

	for (c->ports = 0; port[c->ports]; c->ports++)
		;
	for (i = 0; i < NOLIST_PORT_MAX; i++)
		c->port[i] = htons(port[i < (int)c->ports ? i : 0]);
}

struct nolist_config *prog_conf_new(void)
{
	static const unsigned int smtp[] = { 25, 0 };
	struct nolist_config *c = calloc(1, sizeof(*c));

	if (!c)
		tap_die("calloc");
	c->magic = NOLIST_MAGIC;
	c->version = NOLIST_ABI_VERSION;
	prog_conf_ports(c, smtp);
	return c;
}

int prog_conf_add(struct nolist_config *c, struct nolist_addr a, __u32 role, __u32 mx)
{
	__u32 at = nolist_slot_of(&a, c->seed), i;

	for (i = 0; i < NOLIST_PROBES; i++) {
		struct nolist_slot *s = &c->slot[(at + i) & (NOLIST_SLOTS - 1)];

		if (s->role == NOLIST_NONE) {
			*s = (struct nolist_slot){ .addr = a, .role = role, .mx = mx };
			return 1;
		}
	}
	return 0;
}

void prog_domains(struct prog *p, struct nolist_config *c, const char *const *domain)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	static __u32 place;
	struct domain_set set = {};
	struct domain_table t;
	struct domain d;
	__u32 i;
	int fd;

	for (; *domain; domain++)
		if (domain_parse(*domain, &d) || domain_set_add(&set, &d))
			tap_die(*domain);
	domain_set_sort(&set);
	if (domain_table_make(&t, &set, 1, NULL))
		tap_die("a table of domains");
	domain_table_fill(&t, c);
	place = !place;
	c->domains = place + 1;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(*t.line), t.lines, &opts);
	for (i = 0; fd >= 0 && i < t.lines; i++)
		if (bpf_map_update_elem(fd, &i, &t.line[i], BPF_ANY))
			tap_die("a line of domains");
	if (fd < 0 || bpf_map_update_elem(p->domains, &place, &fd, BPF_ANY))
		tap_die(NOLIST_MAP_DOMAINS);
	close(fd);
	domain_table_free(&t);
	domain_set_free(&set);
}

void prog_configure(struct prog *p, const struct nolist_config *c)
{
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(*c), 1, NULL);
	__u32 zero = 0;

	if (inner < 0 || bpf_map_update_elem(inner, &zero, c, BPF_ANY) ||
	    bpf_map_update_elem(p->conf, &zero, &inner, BPF_ANY))
		tap_die(NOLIST_MAP_CONF);
	close(inner);
}

__u64 prog_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

bool prog_is_parole(const char *src, unsigned int hours)
{
	struct nolist_addr a = prog_addr(src);
	struct nolist_source s = addr_source(&a);
	__u64 word = s.addr.q[0] ^ (s.addr.q[0] ? 0 : s.addr.q[1]);
	unsigned char bytes[15] = {};
	__u64 hour = prog_clock() / NOLIST_HOUR_NS + 1;

	memcpy(bytes, &word, 8);
	bytes[8] = 'p';
	word = siphash_bytes(&prog_key, bytes, sizeof(bytes)) >> 32;
	for (; hours; hours--, hour++)
		if (word % 24 == hour % 24)
			return true;
	return false;
}

/* --- running ------------------------------------------------------------- */

/* Which counter grew since the last frame; -1 unless it was one, by one. */
static int prog_grown(struct prog *p)
{
	__u64 now[NOLIST_VERDICTS];
	int v, grown = -1, sum = 0;

	prog_counters(p, now);
	for (v = 0; v < NOLIST_VERDICTS; v++) {
		if (now[v] != p->seen[v])
			grown = v;
		sum += now[v] - p->seen[v];
	}
	memcpy(p->seen, now, sizeof(now));
	return sum == 1 ? grown : -1;
}

/* Answers that anybody can cause in the name of another. */
static bool is_unverified(int verdict)
{
	return verdict == NOLIST_LOW_RST_ACK || verdict == NOLIST_LOW_RST ||
	       verdict == NOLIST_HIGH_RST || verdict == NOLIST_HIGH_SYN_ACK ||
	       verdict == NOLIST_REAL_RESET || verdict == NOLIST_REAL_SYN_ACK;
}

void prog_run(struct prog *p, const struct frame *f, __u32 ifindex, struct prog_result *r)
{
	struct xdp_md ctx = { .data_end = f->len, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->b, .data_size_in = f->len,
		    .data_out = r->b, .data_size_out = sizeof(r->b), .repeat = 1);

	if (ifindex) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	if (bpf_prog_test_run_opts(p->fd, &opts))
		tap_die("BPF_PROG_TEST_RUN");
	r->xdp = opts.retval;
	r->len = opts.data_size_out;
	r->verdict = prog_grown(p);
	if (r->xdp == XDP_TX && r->len > f->len && is_unverified(r->verdict))
		r->verdict = PROG_LONGER;
}

int prog_code(int verdict)
{
	if (verdict <= NOLIST_PASS_NO_SPACE || verdict == NOLIST_PASS_NO_SLOW ||
	    verdict == NOLIST_PASS_LISTED)
		return XDP_PASS;
	if ((verdict >= NOLIST_REAL_RESET && verdict <= NOLIST_REAL_ACK) ||
	    (verdict >= NOLIST_TARPIT_SYN_ACK && verdict <= NOLIST_TARPIT_RST))
		return XDP_TX;
	return verdict >= 0 && verdict < NOLIST_HIGH_SILENT ? XDP_TX : XDP_DROP;
}

int prog_is_same(const struct frame *f, const struct prog_result *r)
{
	return r->len == f->len && !memcmp(r->b, f->b, f->len);
}
