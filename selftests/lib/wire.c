// SPDX-License-Identifier: GPL-2.0-only
/* wire.h: namespaces, a veth pair, captures, and the program on it. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "selftests/lib/wire.h"

const unsigned char wire_client_mac[6] = { 2, 0, 0, 0, 0, 1 };
const unsigned char wire_server_mac[6] = { 2, 0, 0, 0, 0, 2 };

int wire_home = -1;
static const char wire_tmp[] = "/mnt"; /* a tmpfs that only the test sees */

void wire_die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void wire_enter(int netns)
{
	if (setns(netns, CLONE_NEWNET))
		wire_die("setns");
}

int wire_try(int netns, const char *fmt, ...)
{
	char command[4096];
	int status;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(command, sizeof(command), fmt, ap) >= (int)sizeof(command))
		abort();
	va_end(ap);
	wire_enter(netns);
	fflush(stdout);
	status = system(command);
	wire_enter(wire_home);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int wire_new_netns(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		wire_die("unshare: this test needs root");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		wire_die("/proc/self/ns/net");
	wire_enter(wire_home);
	return fd;
}

void wire_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		exit(0);
	}
	wire_home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (wire_home < 0 || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) ||
	    mount("tmpfs", wire_tmp, "tmpfs", 0, NULL))
		wire_die("a mount namespace with a bpffs");
}

static pcap_t *wire_capture(const char *dev)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(dev, err);

	if (!p || pcap_set_snaplen(p, FRAME_MAX) || pcap_set_immediate_mode(p, 1) ||
	    pcap_set_buffer_size(p, 16 << 20) || pcap_activate(p) ||
	    pcap_setdirection(p, PCAP_D_IN) || pcap_setnonblock(p, 1, err))
		wire_die(p ? pcap_geterr(p) : err);
	return p;
}

/* Its frames carry a virtio_net_hdr, so that one can be sent as CHECKSUM_PARTIAL. */
static int wire_sender(const char *dev)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(dev) };
	int one = 1, size = 8 << 20, fd;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (void *)&sll, sizeof(sll)))
		wire_die("packet socket");
	return fd;
}

static void wire_server(struct wire *w)
{
	wire_run(w->server,
		 "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0"
		 " net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.addr_gen_mode=1"
		 " net.ipv6.conf.default.router_solicitations=0"
		 " net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0"
		 " net.ipv4.ipfrag_time=3600 net.ipv6.ip6frag_time=3600 net.ipv4.ipfrag_max_dist=0"
		 " net.ipv4.ipfrag_high_thresh=67108864 net.ipv6.ip6frag_high_thresh=67108864");
	/* Not in every namespace of every kernel; then the host's hold. */
	wire_try(w->server,
		 "sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000"
		 " 2>/dev/null");
	wire_run(w->server, "ip -b - <<-E\n"
		 "link set lo up\n"
		 "link add s0 address 02:00:00:00:00:02 type veth"
		 " peer name c0 address 02:00:00:00:00:01 netns /proc/%d/fd/%d\n"
		 "addr add " WIRE_LOW4 "/32 dev s0\n"
		 "addr add " WIRE_REAL4 "/32 dev s0\n"
		 "addr add " WIRE_HIGH4 "/32 dev s0\n"
		 "addr add " WIRE_OWN4 "/24 brd + dev s0\n"
		 "addr add " WIRE_LOW6 "/128 dev s0 nodad\n"
		 "addr add " WIRE_REAL6 "/128 dev s0 nodad\n"
		 "addr add " WIRE_HIGH6 "/128 dev s0 nodad\n"
		 "addr add " WIRE_OWN6 "/64 dev s0 nodad\n"
		 "addr add fe80::10/64 dev s0 nodad\n"
		 "E", getpid(), w->client);
	/* The captures want to see whole checksums. */
	wire_run(w->server, "ethtool -K s0 tx off >/dev/null");
}

void wire_open(struct wire *w)
{
	memset(w, 0, sizeof(*w));
	w->client = wire_new_netns();
	w->server = wire_new_netns();
	wire_run(w->client, "sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
	wire_server(w);
	wire_run(w->client, "ip link set c0 arp off up");
	wire_run(w->server, "ip -b - <<-E\n"
		 "link set s0 up\n"
		 "neigh add 203.0.113.1 lladdr 02:00:00:00:00:01 dev s0 nud permanent\n"
		 "neigh add " WIRE_NEAR4 " lladdr 02:00:00:00:00:01 dev s0 nud permanent\n"
		 "neigh add 198.51.100.0 lladdr 02:00:00:00:00:01 dev s0 nud permanent\n"
		 "neigh add " WIRE_NEAR6 " lladdr 02:00:00:00:00:01 dev s0 nud permanent\n"
		 "neigh add 2001:db8:1:: lladdr 02:00:00:00:00:01 dev s0 nud permanent\n"
		 "neigh add fe80::1 lladdr 02:00:00:00:00:01 dev s0 nud permanent\n"
		 "route add default via 203.0.113.1 dev s0 onlink\n"
		 "route add default via fe80::1 dev s0\n"
		 "E");
	wire_enter(w->client);
	w->tx = wire_sender("c0");
	w->answers = wire_capture("c0");
	wire_enter(w->server);
	w->passed = wire_capture("s0");
	w->ifindex = if_nametoindex("s0");
	wire_enter(wire_home);
}

void wire_close(struct wire *w)
{
	pcap_close(w->answers);
	pcap_close(w->passed);
	close(w->tx);
	close(w->client);
	close(w->server);
}

void wire_attach_pass(struct wire *w)
{
	struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);

	wire_enter(w->client);
	if (prog < 0 || bpf_xdp_attach(if_nametoindex("c0"), prog, 0, NULL))
		wire_die("a pass program on the client's end");
	wire_enter(wire_home);
	close(prog);
}

void wire_send(struct wire *w, const struct frame *f, int partial)
{
	struct virtio_net_hdr h = {
		.flags = partial ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.csum_start = partial ? f->l4 : 0,
		.csum_offset = partial ? offsetof(struct tcphdr, check) : 0,
	};
	struct iovec iov[2] = { { &h, sizeof(h) }, { (void *)f->b, f->len } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	if (sendmsg(w->tx, &m, 0) != (ssize_t)(sizeof(h) + f->len))
		wire_die("cannot send a frame");
	w->sent++;
}

double wire_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int wire_patience(void)
{
	const char *word = getenv("NOLIST_PATIENCE");

	return word && atoi(word) > 1 ? atoi(word) : 1;
}

int wire_prog(struct wire *w)
{
	unsigned int id = 0;

	wire_enter(w->server);
	if (bpf_xdp_query_id(w->ifindex, 0, &id))
		id = 0;
	wire_enter(wire_home);
	return id ? bpf_prog_get_fd_by_id(id) : -1;
}

/*
 * The map nolist_stats of the program on the server's end; the pinned one where
 * libxdp's dispatcher stands before the program; -1 where there is none.
 */
static int wire_stats_fd(struct wire *w)
{
	struct bpf_prog_info info = {};
	unsigned int len = sizeof(info), i;
	__u32 maps[64];
	int prog = wire_prog(w), map;

	info.nr_map_ids = prog < 0 ? 0 : 64;
	info.map_ids = (uintptr_t)maps;
	if (prog >= 0 && bpf_obj_get_info_by_fd(prog, &info, &len))
		info.nr_map_ids = 0;
	close(prog);
	for (i = 0; i < info.nr_map_ids && i < 64; i++) {
		struct bpf_map_info mi = {};

		len = sizeof(mi);
		map = bpf_map_get_fd_by_id(maps[i]);
		if (map >= 0 && !bpf_obj_get_info_by_fd(map, &mi, &len) &&
		    !strcmp(mi.name, NOLIST_MAP_STATS) &&
		    mi.value_size == sizeof(struct nolist_stats))
			return map;
		close(map);
	}
	return bpf_obj_get("/sys/fs/bpf/nolist-xdp/" NOLIST_MAP_STATS);
}

unsigned long wire_verdicts(struct wire *w, unsigned long verdict[NOLIST_VERDICTS])
{
	int cpus = libbpf_num_possible_cpus(), map = wire_stats_fd(w), i, v;
	struct nolist_stats *s = calloc(cpus, sizeof(*s));
	unsigned long sum = 0;
	__u32 zero = 0;

	if (map < 0 || !s || bpf_map_lookup_elem(map, &zero, s))
		wire_die("no map " NOLIST_MAP_STATS " at the interface");
	for (v = 0; v < NOLIST_VERDICTS; v++) {
		verdict[v] = 0;
		for (i = 0; i < cpus; i++)
			verdict[v] += s[i].verdict[v];
		sum += verdict[v];
	}
	free(s);
	close(map);
	return sum;
}

void wire_whole(struct wire *w)
{
	int map = bpf_obj_get("/sys/fs/bpf/nolist-xdp/nolist_config");
	struct nolist_config *c = malloc(sizeof(*c));
	__u32 zero = 0;

	if (map < 0 || !c || bpf_map_lookup_elem(map, &zero, c))
		wire_die("no configuration");
	c->partials = 1;
	c->partial[0] = w->ifindex | NOLIST_WHOLE;
	if (bpf_map_update_elem(map, &zero, c, BPF_ANY))
		wire_die("cannot change the configuration");
	free(c);
	close(map);
}

/* Where build/ lies, from the test's own place in build/selftests. */
static const char *wire_build(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *at;

	if (n < 0)
		wire_die("/proc/self/exe");
	path[n] = 0;
	at = strstr(path, "/selftests/");
	if (at)
		*at = 0;
	return path;
}

void wire_load(struct wire *w, const char *mode)
{
	const char *tool = getenv("NOLIST_TOOL");

	if (wire_try(w->server,
		     "%s%s load --force -i s0 --mode %s --low " WIRE_LOW4 " --low " WIRE_LOW6
		     " --real " WIRE_REAL4 " --real " WIRE_REAL6
		     " --state-dir %s/state >%s/load.log 2>&1",
		     tool ? tool : wire_build(), tool ? "" : "/nolist-xdp", mode, wire_tmp,
		     wire_tmp)) {
		wire_try(w->server, "sed 's/^/# /' %s/load.log", wire_tmp);
		wire_die("nolist-xdp load failed");
	}
}

void wire_unload(struct wire *w)
{
	const char *tool = getenv("NOLIST_TOOL");

	wire_run(w->server, "%s%s unload --purge --state-dir %s/state >/dev/null 2>&1",
		 tool ? tool : wire_build(), tool ? "" : "/nolist-xdp", wire_tmp);
}
