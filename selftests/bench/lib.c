// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames for the benchmark, the packet path loaded as `nolist-xdp load` would
 * with its defaults, and clocks. A benchmark has no use for half a result: what
 * fails here ends it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/random.h>
#include "lib.h"
#include "user/config/dialogue.h"
#include "user/config/domain_table.h"
#include "user/enforce/table.h"

#define LOOPBACK 1 /* its ifindex */

const uint8_t linux_syn[20] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0x12, 0x34, 0x56, 0x78,
				0, 0, 0, 0,    1, 3, 3, 7 };
const uint8_t windows_syn[12] = { 2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2 };
const uint8_t macos_syn[24] = { 2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 0x12, 0x34, 0x56, 0x78,
				0, 0, 0, 0,    4, 2, 0, 0 };

void die_at(const char *file, int line, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "bench: %s:%d: ", file, line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* ---- frames ---- */

void timestamps(uint8_t options[12], uint32_t val, uint32_t ecr)
{
	uint32_t w[3] = { htonl(0x0101080a), htonl(val), htonl(ecr) };

	memcpy(options, w, sizeof(w));
}

static uint64_t sum_words(const void *data, size_t len)
{
	const uint8_t *b = data;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2) {
		uint16_t w = 0;

		memcpy(&w, b + i, len - i < 2 ? 1 : 2);
		sum += w;
	}
	return sum;
}

static uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static size_t frame_tcp(uint8_t *at, const struct segment *s)
{
	struct tcphdr *tcp = (void *)at;

	tcp->source = htons(s->sport);
	tcp->dest = htons(s->dport);
	tcp->seq = htonl(s->seq);
	tcp->ack_seq = htonl(s->ack);
	tcp->doff = (sizeof(*tcp) + s->options_len) / 4;
	at[13] = s->flags;
	tcp->window = htons(64240);
	if (s->options_len)
		memcpy(tcp + 1, s->options, s->options_len);
	if (s->data_len)
		memcpy(at + tcp->doff * 4, s->data, s->data_len);
	return tcp->doff * 4 + s->data_len;
}

static size_t frame_udp(uint8_t *at, const struct segment *s)
{
	struct udphdr *udp = (void *)at;

	udp->source = htons(s->sport);
	udp->dest = htons(s->dport);
	udp->len = htons(sizeof(*udp) + s->data_len);
	if (s->data_len)
		memcpy(udp + 1, s->data, s->data_len);
	return sizeof(*udp) + s->data_len;
}

void frame_make(struct bench_frame *f, const struct segment *s)
{
	static const uint8_t link[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	uint8_t *l3 = f->data + ETH_HLEN, *l4, proto = s->proto ? s->proto : IPPROTO_TCP;
	size_t l4_len, l4_sum_at = proto == IPPROTO_TCP ? 16 : 6;
	uint16_t ethertype, check;

	memset(f, 0, sizeof(*f));
	f->is_ip6 = strchr(s->to, ':') != NULL;
	if (s->data_len + s->options_len + 80 > BENCH_FRAME_MAX)
		die("frame too long");
	memcpy(f->data, link, sizeof(link));
	ethertype = htons(f->is_ip6 ? ETH_P_IPV6 : ETH_P_IP);
	memcpy(f->data + 12, &ethertype, 2);
	l4 = l3 + (f->is_ip6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr));
	l4_len = proto == IPPROTO_TCP ? frame_tcp(l4, s) : frame_udp(l4, s);
	f->tcp_sum = sum_words(l4, l4_len) + htons(l4_len) + htons(proto);
	if (f->is_ip6) {
		struct ip6_hdr *ip = (void *)l3;

		ip->ip6_vfc = 6 << 4;
		ip->ip6_plen = htons(l4_len);
		ip->ip6_nxt = proto;
		ip->ip6_hlim = 64;
		inet_pton(AF_INET6, s->from, &ip->ip6_src);
		inet_pton(AF_INET6, s->to, &ip->ip6_dst);
		check = ~sum_fold(f->tcp_sum + sum_words(&ip->ip6_src, 32));
		/* Without the words that a changing source changes. */
		f->tcp_sum += sum_words((uint8_t *)&ip->ip6_src + 8, 24);
	} else {
		struct iphdr *ip = (void *)l3;

		ip->ihl = 5;
		ip->version = 4;
		ip->tot_len = htons(sizeof(*ip) + l4_len);
		ip->frag_off = htons(0x4000);
		ip->ttl = 64;
		ip->protocol = proto;
		inet_pton(AF_INET, s->to, &ip->daddr);
		f->ip_sum = sum_words(ip, sizeof(*ip));
		inet_pton(AF_INET, s->from, &ip->saddr);
		ip->check = ~sum_fold(sum_words(ip, sizeof(*ip)));
		check = ~sum_fold(f->tcp_sum + sum_words(&ip->saddr, 8));
		f->tcp_sum += sum_words(&ip->daddr, 4);
	}
	if (proto == IPPROTO_TCP)
		f->tcp_sum -= sum_words(&((struct tcphdr *)l4)->seq, 4);
	if (s->is_broken)
		check ^= 0x5555;
	memcpy(l4 + l4_sum_at, &check, 2);
	f->len = l4 - f->data + l4_len;
	if (f->len < 60)
		f->len = 60;
	f->salt = 0x5eed1234;
	inet_pton(AF_INET, CLIENTS4, &f->client);
	inet_pton(AF_INET, REAL4, &f->real);
}

uint32_t frame_bare_len(const struct bench_frame *f)
{
	uint16_t len;

	memcpy(&len, f->data + ETH_HLEN + (f->is_ip6 ? 4 : 2), 2);
	return ETH_HLEN + ntohs(len) + (f->is_ip6 ? sizeof(struct ip6_hdr) : 0);
}

/* ---- a session ---- */

const struct session_step session_steps[SESSION_STEPS] = {
	{ "SYN", "", SYN, NOLIST_HIGH_SYN_ACK },
	{ "ACK", "", ACK, NOLIST_HIGH_TEXT },
	{ "EHLO", "EHLO mail.example.org\r\n", ACK | PSH, NOLIST_HIGH_TEXT },
	{ "MAIL", "MAIL FROM:<someone@example.org>\r\n", ACK | PSH, NOLIST_HIGH_TEXT },
	{ "RCPT", "RCPT TO:<somebody@example.com>\r\n", ACK | PSH, NOLIST_HIGH_TEXT },
	{ "DATA", "DATA\r\n", ACK | PSH, NOLIST_HIGH_TEXT },
	{ "QUIT", "QUIT\r\n", ACK | PSH, NOLIST_HIGH_TEXT },
	{ "FIN", "", ACK | FIN, NOLIST_HIGH_ACK },
};

void client_start(struct client *c, const char *from, const char *to, bool has_ts)
{
	/* Without timestamps as Windows: MSS, SACK permitted. */
	static const uint8_t unscaled_syn[8] = { 2, 4, 5, 0xb4, 1, 1, 4, 2 };

	*c = (struct client){ .has_ts = has_ts };
	c->s = (struct segment){ .from = from, .to = to, .sport = 40000, .dport = 25, .seq = 1000,
				 .options = has_ts ? linux_syn : unscaled_syn,
				 .options_len = has_ts ? sizeof(linux_syn) : sizeof(unscaled_syn) };
}

/* Takes the answer's numbers over into the client's next segment. */
static void client_hear(struct client *c, const uint8_t *out)
{
	bool is_ip6 = strchr(c->s.to, ':') != NULL;
	const uint8_t *l4 = out + ETH_HLEN + (is_ip6 ? 40 : 20);
	uint32_t seq, ack, val, doff = (l4[12] >> 4) * 4;
	uint16_t ip_len, data;

	memcpy(&ip_len, out + ETH_HLEN + (is_ip6 ? 4 : 2), 2);
	data = ntohs(ip_len) - (is_ip6 ? 0 : 20) - doff;
	memcpy(&seq, l4 + 4, 4);
	memcpy(&ack, l4 + 8, 4);
	c->s.seq = ntohl(ack);
	c->s.ack = ntohl(seq) + data + !!(l4[13] & SYN) + !!(l4[13] & FIN);
	if (!c->has_ts)
		return;
	memcpy(&val, l4 + doff - 8, 4); /* ours are always the last option */
	timestamps(c->ts, 0x12345680, ntohl(val));
	c->s.options = c->ts;
	c->s.options_len = sizeof(c->ts);
}

void client_say(struct client *c, const struct session_step *step, const uint8_t *answer)
{
	if (answer) {
		client_hear(c, answer);
		if (!c->has_ts)
			c->s.options_len = 0;
	}
	c->s.flags = step->flags;
	c->s.data = step->text;
	c->s.data_len = strlen(step->text);
}

/* Both ends stay open, to the end. */
uint16_t real_connect(void)
{
	struct sockaddr_in real = { .sin_family = AF_INET, .sin_port = htons(25) };
	struct sockaddr_in from = { .sin_family = AF_INET };
	socklen_t len = sizeof(from);
	int listener, client;

	if (system("ip link set lo up && ip address add " REAL4 "/32 dev lo && "
		   "ip address add " CLIENT4 "/32 dev lo"))
		die("no addresses for a connection");
	listener = socket(AF_INET, SOCK_STREAM, 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, REAL4, &real.sin_addr);
	inet_pton(AF_INET, CLIENT4, &from.sin_addr);
	if (bind(listener, (void *)&real, sizeof(real)) || listen(listener, 1) ||
	    bind(client, (void *)&from, sizeof(from)) ||
	    connect(client, (void *)&real, sizeof(real)) ||
	    getsockname(client, (void *)&from, &len))
		die("cannot connect: %s", strerror(errno));
	return ntohs(from.sin_port);
}

/* ---- the packet path ---- */

static void path_add(struct nolist_config *c, const char *text, uint32_t role, uint32_t mx)
{
	struct nolist_addr a = {};
	uint32_t h;

	if (strchr(text, ':')) {
		inet_pton(AF_INET6, text, a.b);
	} else {
		a.b[10] = a.b[11] = 0xff;
		inet_pton(AF_INET, text, a.b + 12);
	}
	for (h = nolist_slot_of(&a, c->seed); c->slot[h % NOLIST_SLOTS].role; h++)
		;
	c->slot[h % NOLIST_SLOTS] = (struct nolist_slot){ a, role, mx };
}

/* Notes in c a table of domains, at place 0. */
static void path_domains(const struct path *p, struct nolist_config *c, bool has_below)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	int map = bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_DOMAINS), fd;
	struct domain d = { .name = "example.com", .is_itself = true };
	struct domain_set set = {};
	struct domain_table t;
	uint32_t i, zero = 0;

	for (i = 0; i <= 100000; i++) {
		if (domain_set_add(&set, &d))
			die("no memory for domains");
		snprintf(d.name, sizeof(d.name), "domain%u.example", i);
		d.is_below = has_below;
	}
	domain_set_sort(&set);
	if (domain_table_make(&t, &set, 1, NULL))
		die("%s: no table of domains", p->name);
	domain_table_fill(&t, c);
	c->domains = 1;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(i), sizeof(*t.line), t.lines, &opts);
	for (i = 0; i < t.lines; i++)
		if (bpf_map_update_elem(fd, &i, &t.line[i], BPF_ANY))
			die("%s: no table of domains: %s", p->name, strerror(errno));
	if (bpf_map_update_elem(map, &zero, &fd, BPF_ANY))
		die("%s: no table of domains: %s", p->name, strerror(errno));
	close(fd);
	domain_table_free(&t);
	domain_set_free(&set);
}

static void update_at_0(const struct path *p, const char *map, const void *value)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(p->obj, map), &zero, value, 0))
		die("%s: cannot set %s: %s", p->name, map, strerror(errno));
}

/* has_below: NULL: all domains are ours. */
static void configure(struct path *p, uint16_t syn_acks, const bool *has_below)
{
	static struct nolist_config c;
	struct dialogue d = { .name = "fake1.example.com", .stage = STAGE_DATA };
	struct nolist_key key;
	uint32_t zero = 0;
	int inner, i;

	memset(&c, 0, sizeof(c));
	c.magic = NOLIST_MAGIC;
	c.version = NOLIST_ABI_VERSION;
	c.ports = 1;
	for (i = 0; i < NOLIST_PORT_MAX; i++)
		c.port[i] = htons(NOLIST_SMTP_PORT);
	c.answers[NOLIST_LIMIT_SYN_ACK] = syn_acks;
	/* As on a card: test runs come from the loopback device. */
	c.is_silent = 1;
	c.partials = 1;
	c.partial[0] = LOOPBACK | NOLIST_WHOLE;
	/* As load does: only frames to the host's own link address are answered. */
	c.macs = 1;
	memcpy(&c.mac[0], "\2\0\0\0\0\2", 6);
	path_add(&c, LOW4, NOLIST_LOW, 0);
	path_add(&c, LOW6, NOLIST_LOW, 1);
	path_add(&c, REAL4, NOLIST_REAL, 2);
	path_add(&c, REAL6, NOLIST_REAL, 3);
	path_add(&c, HIGH4, NOLIST_HIGH, 4);
	path_add(&c, HIGH6, NOLIST_HIGH, 5);
	if (dialogue_compile(&d, &c.smtp))
		die("dialogue_compile");
	if (has_below)
		path_domains(p, &c, *has_below);
	if (p->is_defended)
		c.defends = NOLIST_DEFEND_BLOCK;
	if (p->gate) {
		c.defends = NOLIST_DEFEND_GATE;
		/* Nobody has waited long enough while it is measured. */
		c.gate = (struct nolist_gate){ .seconds = 255, .low = 255, .window = 255,
					       .flags = NOLIST_GATE_IP4 | NOLIST_GATE_IP6 };
	}
	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(zero), sizeof(c), 1, NULL);
	if (inner < 0 || bpf_map_update_elem(inner, &zero, &c, 0) ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_CONF), &zero,
				&inner, 0))
		die("%s: cannot configure: %s", p->name, strerror(errno));
	/* The words of the high fake will do. */
	if (p->is_defended)
		update_at_0(p, NOLIST_MAP_SAID, &inner);
	close(inner);
	if (p->is_keyed)
		return;
	p->is_keyed = true;
	if (getrandom(&key, sizeof(key), 0) != sizeof(key) ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_KEY), &zero, &key,
				0))
		die("%s: cannot set the key", p->name);
}

void path_configure(struct path *p, uint16_t syn_acks)
{
	configure(p, syn_acks, NULL);
}

static void set_entries(struct path *p, const char *map, uint32_t entries)
{
	if (entries && bpf_map__set_max_entries(bpf_object__find_map_by_name(p->obj, map), entries))
		die("%s: no table of %u entries", p->name, entries);
}

/* Objects from before the slow path was a program of its own have none. */
static void give_slow(const struct path *p, const char *object)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(p->obj, NOLIST_PROG_SLOW);
	int progs = bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_PROGS);
	__u32 slot = NOLIST_SLOT_SLOW;
	int fd;

	if (!prog && progs < 0)
		return;
	fd = prog ? bpf_program__fd(prog) : -1;
	if (bpf_map_update_elem(progs, &slot, &fd, BPF_ANY))
		die("%s: no %s in %s", object, NOLIST_PROG_SLOW, NOLIST_MAP_PROGS);
}

/* Opens and loads all but the configuration. */
static void path_load(struct path *p, const char *name, const char *object, uint32_t entries)
{
	struct bpf_program *prog;

	p->name = name;
	p->obj = bpf_object__open_file(object, NULL);
	if (!p->obj)
		die("%s: cannot open: %s", object, strerror(errno));
	set_entries(p, NOLIST_MAP_CONTACTS, entries);
	set_entries(p, NOLIST_MAP_VERIFIED, entries);
	bpf_object__for_each_program(prog, p->obj)
		bpf_program__set_autoload(prog, true);
	if (bpf_object__load(p->obj))
		die("%s: cannot load: %s", object, strerror(errno));
	give_slow(p, object);
	prog = bpf_object__find_program_by_name(p->obj, NOLIST_PROG);
	p->prog = prog ? bpf_program__fd(prog) : -1;
	p->stats = bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_STATS);
	if (p->prog < 0 || p->stats < 0)
		die("%s: no %s or no %s", object, NOLIST_PROG, NOLIST_MAP_STATS);
}

void path_open_sized(struct path *p, const char *name, const char *object, uint32_t entries)
{
	path_load(p, name, object, entries);
	path_configure(p, 0);
}

bool path_open_domains(struct path *p, const char *name, const char *object, bool has_below)
{
	path_load(p, name, object, 0);
	if (bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_DOMAINS) < 0)
		return false;
	configure(p, 0, &has_below);
	return true;
}

void path_open(struct path *p, const char *name, const char *object)
{
	path_open_sized(p, name, object, 0);
}

bool path_open_gate(struct path *p, const char *name, const char *object, int gate)
{
	/* It has learned for a nanosecond. */
	struct nolist_meta meta = { .change = { { 1, 1 } }, .learning_ns = 1 };

	path_load(p, name, object, 0);
	if (bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_STAMPS) < 0)
		return false;
	p->gate = gate;
	configure(p, 0, NULL);
	update_at_0(p, NOLIST_MAP_META, &meta);
	path_set_stamps(p);
	return true;
}

/* Takes each of the numbers below 2^31 to another one of them. */
static uint32_t mix31(uint32_t x)
{
	const uint32_t mask = 0x7fffffff;

	x = (x * 0x2c1b3c6d) & mask;
	x ^= x >> 15;
	x = (x * 0x297a2d39) & mask;
	x ^= x >> 16;
	x = (x * 0x6a09e667) & mask;
	return x ^ x >> 14;
}

static bool may_be_listed(uint32_t addr)
{
	uint32_t first = addr >> 24;

	return first && first != 127 && first < 224 && addr >> 8 != 0xc00002 && addr >> 8 != 0xc63364;
}

uint32_t *list_make(size_t n)
{
	uint32_t *list = malloc(n * sizeof(*list)), x;
	size_t i, k = 0;

	if (!list)
		die("no memory for a list");
	for (i = 0; k < n; i++) {
		x = mix31(i + 1) << 1 | 1;
		if (may_be_listed(x))
			list[k++] = htonl(x);
	}
	return list;
}

/* All IPv4 sources are two prefixes. */
static void put_listed(struct block_maker *m, const uint32_t *list, size_t n, int act)
{
	struct prefix p = { .len = list ? 128 : 97 };
	size_t i;

	for (i = 0; i < (list ? n : 2); i++) {
		p.addr = addr_of_ip4(list ? list[i] : htonl((uint32_t)i << 31));
		if (block_maker_put(m, &p, act))
			die("no table of listed sources");
	}
}

bool path_open_listed(struct path *p, const char *name, const char *object, const uint32_t *list,
		      size_t n, int act)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	struct block_maker *m;
	struct block_table t;
	uint32_t lines, i, *key;
	int fd;

	path_load(p, name, object, 0);
	if (bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_BLOCK) < 0)
		return false;
	p->is_defended = true;
	configure(p, 0, NULL);
	if (block_maker_new(&m))
		die("no table of listed sources");
	put_listed(m, list, n, act);
	if (block_maker_make(m, &t))
		die("no table of listed sources");
	block_maker_free(m);
	t.line[NOLIST_BLOCK_HEAD].head.until_ns = ~0ull;
	lines = t.lines;
	key = malloc(lines * sizeof(*key));
	for (i = 0; key && i < lines; i++)
		key[i] = i;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(*key), sizeof(*t.line), lines, &opts);
	if (!key || fd < 0 || bpf_map_update_batch(fd, key, t.line, &lines, NULL))
		die("%s: no table of listed sources: %s", p->name, strerror(errno));
	update_at_0(p, NOLIST_MAP_BLOCK, &fd);
	close(fd);
	free(key);
	block_table_free(&t);
	return true;
}

void path_set_stamps(const struct path *p)
{
	static struct nolist_stamps line[NOLIST_STAMP_LINES];
	static uint32_t key[NOLIST_STAMP_LINES];
	int fd = bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_STAMPS);
	uint32_t n = NOLIST_STAMP_LINES, i, k, now;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	now = p->gate == BENCH_GATE_LOW ? nolist_stamp(t.tv_sec * 1000000000ull + t.tv_nsec) : 0;
	for (i = 0; i < n; i++) {
		key[i] = i;
		for (k = 0; k < NOLIST_STAMP_CELLS; k++)
			line[i].cell[k] = i < NOLIST_STAMPS_TRY ? now : 0;
	}
	memset(&line[0], 0, sizeof(line[0]));
	line[0].head.factor = 0x9e3779b97f4a7c15;
	if (bpf_map_update_batch(fd, key, line, &n, NULL))
		die("%s: cannot set %s: %s", p->name, NOLIST_MAP_STAMPS, strerror(errno));
}

void path_forget_answers(const struct path *p)
{
	static struct nolist_limits none[BENCH_CPUS];
	int fd = bpf_object__find_map_fd_by_name(p->obj, NOLIST_MAP_LIMITS);
	uint32_t kind;

	for (kind = 0; kind < NOLIST_LIMITS; kind++)
		if (bpf_map_update_elem(fd, &kind, none, 0))
			die("%s: cannot clear %s", p->name, NOLIST_MAP_LIMITS);
}

void path_verdicts(const struct path *p, uint64_t v[NOLIST_VERDICTS])
{
	static struct nolist_stats st[BENCH_CPUS];
	int cpus = libbpf_num_possible_cpus(), cpu, i;
	uint32_t zero = 0;

	/* The kernel rounds each CPU's value up to 8 bytes; this one is. */
	if (cpus > BENCH_CPUS || bpf_map_lookup_elem(p->stats, &zero, st))
		die("%s: cannot read the counters", p->name);
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < NOLIST_VERDICTS; i++)
			v[i] += st[cpu].verdict[i];
}

const char *verdict_name(unsigned int verdict)
{
	static const char *const name[NOLIST_VERDICTS] = {
		[NOLIST_PASS_UNCONFIGURED] = "pass-unconfigured",
		[NOLIST_PASS_NOT_IP] = "pass-not-ip",
		[NOLIST_PASS_NOT_TCP] = "pass-not-tcp",
		[NOLIST_PASS_SHAPE] = "pass-shape",
		[NOLIST_PASS_OTHER] = "pass-other",
		[NOLIST_PASS_REAL] = "pass-real",
		[NOLIST_PASS_NOT_HOST] = "pass-not-host",
		[NOLIST_PASS_SOURCE] = "pass-source",
		[NOLIST_PASS_TRUNCATED] = "pass-truncated",
		[NOLIST_PASS_CHECKSUM] = "pass-checksum",
		[NOLIST_PASS_RESET] = "pass-reset",
		[NOLIST_PASS_TCP_OPTION] = "pass-tcp-option",
		[NOLIST_PASS_NO_SPACE] = "pass-no-room",
		[NOLIST_LOW_RST_ACK] = "low-rst-ack",
		[NOLIST_LOW_RST] = "low-rst",
		[NOLIST_HIGH_RST] = "high-rst",
		[NOLIST_HIGH_SYN_ACK] = "high-syn-ack",
		[NOLIST_HIGH_TEXT] = "high-text",
		[NOLIST_HIGH_ACK] = "high-ack",
		[NOLIST_HIGH_SILENT] = "high-silent",
		[NOLIST_HIGH_BAD] = "high-bad",
		[NOLIST_HIGH_NO_SPACE] = "high-no-room",
		[NOLIST_PASS_NO_SLOW] = "pass-no-slow",
		[NOLIST_HIGH_NO_SLOW] = "high-no-slow",
		[NOLIST_SILENT_SOURCE] = "silent-source",
		[NOLIST_SILENT_TRUNCATED] = "silent-truncated",
		[NOLIST_SILENT_CHECKSUM] = "silent-checksum",
		[NOLIST_SILENT_RESET] = "silent-reset",
		[NOLIST_RARE_LIMITED] = "rare-limited",
		[NOLIST_LOW_LIMITED] = "low-limited",
		[NOLIST_HIGH_LIMITED] = "high-limited",
		[NOLIST_PASS_LISTED] = "pass-listed",
		[NOLIST_REAL_RESET] = "real-reset",
		[NOLIST_REAL_SYN_ACK] = "real-syn-ack",
		[NOLIST_REAL_TEXT] = "real-text",
		[NOLIST_REAL_ACK] = "real-ack",
		[NOLIST_REAL_SILENT] = "real-silent",
		[NOLIST_REAL_LIMITED] = "real-limited",
		[NOLIST_REAL_NO_SPACE] = "real-no-space",
		[NOLIST_REAL_DROPPED] = "real-dropped",
		[NOLIST_REAL_GATED] = "real-gated",
		[NOLIST_TARPIT_SYN_ACK] = "tarpit-syn-ack",
	};

	return verdict < NOLIST_VERDICTS && name[verdict] ? name[verdict] : "?";
}

bool is_wanted(const char *traffic, const char *sources)
{
	const char *only = getenv("ONLY");
	char text[128];
	regex_t re;
	bool is;

	if (!only)
		return true;
	snprintf(text, sizeof(text), "%s, %s", traffic, sources);
	if (regcomp(&re, only, REG_EXTENDED | REG_NOSUB))
		die("ONLY: not a regular expression: %s", only);
	is = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return is;
}

bool netns_enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (setns(fd, CLONE_NEWNET))
		die("cannot enter %s: %s", path, strerror(errno));
	close(fd);
	return true;
}

/* ---- clocks ---- */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int softirqd_pid(int cpu)
{
	char want[32], path[300], comm[32];
	struct dirent *e;
	DIR *d = opendir("/proc");
	int pid = 0;

	snprintf(want, sizeof(want), "ksoftirqd/%d\n", cpu);
	while (d && !pid && (e = readdir(d))) {
		FILE *f;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = fopen(path, "r");
		if (f && fgets(comm, sizeof(comm), f) && !strcmp(comm, want))
			pid = atoi(e->d_name);
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	if (!pid)
		die("no process ksoftirqd/%d: not in a PID namespace of its own", cpu);
	return pid;
}

uint64_t softirqd_ns(int cpu)
{
	static int pid[BENCH_CPUS];
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	if (!pid[cpu])
		pid[cpu] = softirqd_pid(cpu);
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid[cpu]);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		die("cannot read %s", path);
	fclose(f);
	return ns;
}

void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("cannot run on CPU %d", cpu);
}

#define PACE_TRIES 100
#define PACE_PAUSE 5000 /* microseconds */
#define PACE_NEAR 1.1
#define PACE_STEP(x) (x += 1, ({ __asm__ volatile("" : "+r"(x)); }))

double pace_ns(void)
{
	uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, start = thread_ns();
	int i;

	for (i = 0; i < 50000; i++) {
		PACE_STEP(a);
		PACE_STEP(b);
		PACE_STEP(c);
		PACE_STEP(d);
		PACE_STEP(e);
		PACE_STEP(f);
		PACE_STEP(a);
		PACE_STEP(b);
		PACE_STEP(c);
		PACE_STEP(d);
		PACE_STEP(e);
		PACE_STEP(f);
	}
	return thread_ns() - start;
}

void pace_wait(void)
{
	static double best;
	int i;

	for (i = 0; !best || i < PACE_TRIES; i++) {
		double ns = pace_ns();

		if (!best || ns < best)
			best = ns;
		if (i >= 3 && ns < PACE_NEAR * best)
			return;
		usleep(PACE_PAUSE);
	}
}
