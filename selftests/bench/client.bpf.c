// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SMTP client in XDP that drives a server as fast as it can answer: each
 * segment that comes in becomes the one that follows it in a session, the last
 * one becomes the SYN of the next session. "kick" makes the first ones. What it
 * gets is checked: a session counts only if every reply was the right one at
 * its place. "softirq_begins" and "softirq_ends" time the network's softirqs, in
 * whichever process's context they happen to run.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "client.h"

#define FRAME_MIN 60
#define WINDOW 64240
#define MSS 1460
#define TS_HEAD bpf_htonl(0x0101080a) /* NOP NOP timestamps, 10 bytes */
#define HEADERS (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))
#define SAMPLE(isn) (((isn) & (63 * CLIENT_STEP)) == 0) /* sessions whose checksums are verified */

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { NET_TX = 2, NET_RX = 3 }; /* softirq vectors */

struct client_conf conf;
struct client_count count;
__u32 bye[CLIENT_LANES]; /* where 221 was seen: the session's initial sequence number */
__u32 clock;             /* of our timestamps: one tick a segment */

/* A segment that came in, host order but for addresses. */
struct seen {
	__u32 lane;
	__u32 seq, ack;
	__u32 len;   /* of data */
	__u32 at;    /* where the data is in the frame */
	__u32 ip_len;
	__u32 tsval; /* wire order */
	__u16 port;  /* ours */
	__u8 flags;
};

/* One that goes out. */
struct said {
	__u32 lane;
	__u32 seq, ack;
	__u32 tsecr; /* wire order */
	__u32 line;  /* CLIENT_LINES: no data */
	__u16 port;
	__u8 flags;
};

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* At the tail, as long as there is room; then at the head, where there always is. */
static __always_inline bool resize(struct xdp_md *ctx, __u32 len)
{
	long more = (long)ctx->data_end - (long)ctx->data;

	asm volatile("" : "+r"(more));
	more = (long)len - more;
	return !more || !bpf_xdp_adjust_tail(ctx, more) || !bpf_xdp_adjust_head(ctx, -more);
}

static __always_inline bool write_text(void *at, void *end, const struct client_line *line)
{
	__u32 i, len = line->len;

#pragma unroll
	for (i = 0; i < CLIENT_TEXT_MAX; i += 8) {
		if (len < i + 8)
			break;
		if (at + i + 8 > end)
			return false;
		*(__u64 *)(at + i) = *(__u64 *)(line->text + i);
	}
	/* All lines are multiples of eight long, or six. */
	if (len == 6) {
		if (at + 6 > end)
			return false;
		*(__u32 *)at = *(__u32 *)line->text;
		*(__u16 *)(at + 4) = *(__u16 *)(line->text + 4);
	}
	return true;
}

/* Writes all of the frame: nothing of what was in it matters. */
static __always_inline int emit(struct xdp_md *ctx, const struct said *s)
{
	__u32 index = s->line < CLIENT_LINES ? s->line : CLIENT_LINES;
	const struct client_line *line = &conf.line[index];
	__u32 mss = s->flags & SYN ? 4 : 0, options = mss + (conf.has_ts ? 12 : 0);
	__u32 tcp_len = sizeof(struct tcphdr) + options + line->len, len = ETH_HLEN + 20 + tcp_len;
	__u32 from = conf.client + bpf_htonl(s->lane), *w, *t, i;
	void *data, *end;
	__u64 sum;

	if (!resize(ctx, len < FRAME_MIN ? FRAME_MIN : len)) {
		count.no_capacity++;
		return XDP_DROP;
	}
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + FRAME_MIN > end)
		return XDP_DROP;
	w = data;
	w[0] = conf.link[0];
	w[1] = conf.link[1];
	w[2] = conf.link[2];
	*(__u16 *)(w + 3) = bpf_htons(ETH_P_IP);
	w = data + ETH_HLEN;
	w[0] = bpf_htonl(0x45000000 | (20 + tcp_len));
	w[1] = bpf_htonl(0x4000);
	w[2] = bpf_htonl(64 << 24 | IPPROTO_TCP << 16);
	w[3] = from;
	w[4] = conf.server;
	((struct iphdr *)w)->check = ~fold((__u64)w[0] + w[1] + w[2] + w[3] + w[4]);
	t = w + 5;
	t[0] = bpf_htonl((__u32)s->port << 16 | 25);
	t[1] = bpf_htonl(s->seq);
	t[2] = bpf_htonl(s->ack);
	t[3] = bpf_htonl((5 + options / 4) << 28 | (__u32)s->flags << 16 | WINDOW);
	t[4] = 0;
	sum = (__u64)t[0] + t[1] + t[2] + t[3] + from + conf.server + bpf_htonl(tcp_len) +
	      bpf_htonl(IPPROTO_TCP) + line->sum;
	i = 5;
	if (mss) {
		t[5] = bpf_htonl(2 << 24 | 4 << 16 | MSS);
		sum += t[5];
		i = 6;
	}
	if (conf.has_ts) {
		__u32 *o = t + i;

		if ((void *)(o + 3) > end)
			return XDP_DROP;
		o[0] = TS_HEAD;
		o[1] = bpf_htonl(++clock);
		o[2] = s->tsecr;
		sum += (__u64)o[0] + o[1] + o[2];
		i += 3;
	}
	((struct tcphdr *)t)->check = ~fold(sum);
	return write_text(t + i, end, line) ? XDP_TX : XDP_DROP;
}

/* Timestamps where those of this benchmark's servers are; 0 where there are none. */
static __always_inline __u32 tsval_of(void *options, void *end, bool is_syn)
{
	__u32 *o = options;

	if (is_syn)
		o++;
	return (void *)(o + 2) <= end && o[0] == TS_HEAD ? o[1] : 0;
}

static __always_inline bool see(struct xdp_md *ctx, struct seen *s)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 header;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || *(__u8 *)ip != 0x45 ||
	    ip->protocol != IPPROTO_TCP || ip->saddr != conf.server || tcp->source != bpf_htons(25))
		return false;
	header = tcp->doff * 4;
	s->lane = bpf_ntohl(ip->daddr) & (CLIENT_LANES - 1);
	s->seq = bpf_ntohl(tcp->seq);
	s->ack = bpf_ntohl(tcp->ack_seq);
	s->flags = ((__u8 *)tcp)[13];
	s->port = bpf_ntohs(tcp->dest);
	s->at = ETH_HLEN + 20 + header;
	s->ip_len = bpf_ntohs(ip->tot_len);
	s->len = s->ip_len - 20 - header;
	s->tsval = 0;
	if (conf.has_ts && header >= 32)
		s->tsval = tsval_of(tcp + 1, end, s->flags & SYN);
	return true;
}

/* A function of its own for the verifier. Not 0: the TCP checksum is right. */
__noinline int sum_is_right(struct xdp_md *ctx, __u32 len)
{
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(long)ctx->data + ETH_HLEN;
	__u16 *w = (void *)(ip + 1);
	__u64 sum;
	__u32 i;

	if ((void *)(ip + 1) > end || len < 40)
		return 0;
	len -= 20;
	sum = (__u64)ip->saddr + ip->daddr + bpf_htonl(len) + (__u64)bpf_htonl(IPPROTO_TCP);
	for (i = 0; i < 256; i++) {
		if (i * 2 + 1 >= len || (void *)(w + 1) > end)
			break;
		sum += *w++;
		barrier_var(w);
	}
	if (len & 1 && (void *)w + 1 <= end)
		sum += *(__u8 *)w;
	return i * 2 + 1 >= len && fold(sum) == 0xffff;
}

static __always_inline __u32 first_word(struct xdp_md *ctx, __u32 at)
{
	void *end = (void *)(long)ctx->data_end, *p;

	barrier_var(at);
	p = (void *)(long)ctx->data + (at & 127);
	return p + 4 <= end ? *(__u32 *)p : 0;
}

/*
 * A reply of several lines: those of this benchmark's servers come in one piece,
 * whose last line begins with the same code and a blank.
 */
__noinline int has_last_line(struct xdp_md *ctx, __u32 at, __u32 len, __u32 code)
{
	void *end = (void *)(long)ctx->data_end;
	__u8 *p = (void *)(long)ctx->data + (at & 127);
	__u32 i;

	for (i = 0; i < 256; i++) {
		if (i + 5 > len || (void *)(p + 5) > end)
			break;
		if (p[0] == '\n' && p[4] == ' ' &&
		    (p[1] | p[2] << 8 | (__u32)p[3] << 16) == code)
			return 1;
		p++;
		barrier_var(p);
	}
	return 0;
}

/* Is it the whole of the reply that belongs here? Then the next line is due. */
static __always_inline bool is_reply(struct xdp_md *ctx, const struct seen *s, __u32 due)
{
	const struct client_line *line = &conf.line[due];
	__u32 word = first_word(ctx, s->at);

	if ((word & line->mask) != line->code) {
		count.wrong++;
		return false;
	}
	if (word >> 24 == '-' && !has_last_line(ctx, s->at, s->len, word & 0xffffff)) {
		count.odd++;
		return false;
	}
	count.replies[due]++;
	return true;
}

static __always_inline __u32 due_at(__u32 at)
{
	switch (at) {
	case CLIENT_AT_SYN:
		return 0;
	case CLIENT_AT_EHLO:
		return 1;
	case CLIENT_AT_MAIL:
		return 2;
	case CLIENT_AT_RCPT:
		return 3;
	case CLIENT_AT_DATA:
		return 4;
	case CLIENT_AT_QUIT:
		return 5;
	}
	return CLIENT_LINES + 1;
}

/* Our FIN has been acknowledged: the next session, from another port. */
static __always_inline int next_session(struct xdp_md *ctx, const struct seen *in)
{
	__u32 isn = in->ack & -CLIENT_STEP;
	struct said out = { .lane = in->lane, .line = CLIENT_LINES, .flags = SYN };

	if (bye[in->lane] != isn) {
		count.odd++;
		return XDP_DROP;
	}
	bye[in->lane] = 1;
	count.done++;
	count.lane[in->lane]++;
	count.started++;
	out.seq = isn + CLIENT_STEP;
	out.port = in->port == 0xffff ? CLIENT_PORT_MIN : in->port + 1;
	return emit(ctx, &out);
}

static __always_inline bool check_sums(struct xdp_md *ctx, const struct seen *in)
{
	if (conf.is_partial || !SAMPLE(in->ack & -CLIENT_STEP))
		return true;
	count.sums++;
	if (sum_is_right(ctx, in->ip_len))
		return true;
	count.bad_sums++;
	return false;
}

/* Ends the session, so that the server does not wait for the rest of it. */
static __always_inline int give_up(struct xdp_md *ctx, const struct seen *in)
{
	struct said out = { .lane = in->lane, .port = in->port, .seq = in->ack,
			    .line = CLIENT_LINES, .flags = RST };

	return in->flags & RST ? XDP_DROP : emit(ctx, &out);
}

SEC("xdp")
int client(struct xdp_md *ctx)
{
	struct seen in = {};
	struct said out = {};
	__u32 due;

	if (!see(ctx, &in))
		return XDP_PASS;
	if (conf.is_stopped)
		return give_up(ctx, &in);
	if (!check_sums(ctx, &in))
		return XDP_DROP;
	if (in.flags & RST) {
		count.resets++;
		return XDP_DROP;
	}
	if ((in.ack & (CLIENT_STEP - 1)) == conf.at_fin && !in.len)
		return next_session(ctx, &in);
	due = due_at(in.ack & (CLIENT_STEP - 1));
	if (due > CLIENT_LINES || due > conf.last || (conf.has_ts && !in.tsval)) {
		count.odd++;
		return XDP_DROP;
	}
	out.lane = in.lane;
	out.port = in.port;
	out.seq = in.ack;
	out.ack = in.seq + in.len;
	out.tsecr = in.tsval;
	out.flags = ACK;
	out.line = CLIENT_LINES;
	if (in.flags & SYN) {
		out.ack++;
		return emit(ctx, &out);
	}
	if (in.len) {
		if (!is_reply(ctx, &in, due))
			return XDP_DROP;
		out.line = due;
		out.flags = ACK | PSH;
		if (due == conf.last)
			bye[in.lane] = in.ack & -CLIENT_STEP;
	}
	if (due < conf.last && in.len)
		return emit(ctx, &out);
	/* Now it hangs up, with the 221 or after it. */
	if (due == conf.last && in.flags & FIN && bye[in.lane] == (in.ack & -CLIENT_STEP)) {
		out.ack++;
		out.flags = FIN | ACK;
		return emit(ctx, &out);
	}
	count.silent++;
	return XDP_DROP;
}

/* The first session of each lane. */
SEC("xdp")
int kick(struct xdp_md *ctx)
{
	__u32 lane = count.started++ & (CLIENT_LANES - 1);
	struct said out = { .lane = lane, .line = CLIENT_LINES, .flags = SYN };

	/*
	 * Later than those of earlier rounds, whose connections may be in TIME-WAIT: one
	 * step a millisecond is faster than the sessions of a lane at a server that has it.
	 */
	out.seq = (__u32)(bpf_ktime_get_ns() >> 8) & -CLIENT_STEP;
	out.port = CLIENT_PORT_MIN + bpf_get_prandom_u32() % 60000;
	return emit(ctx, &out);
}

/* At a kernel's end: veth delivers what XDP_TX sends at once only where there is a program. */
SEC("xdp")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

/* ---- time ---- */

static __always_inline bool is_ours(__u64 vector)
{
	return bpf_get_smp_processor_id() == conf.cpu && (vector == NET_RX || vector == NET_TX);
}

SEC("raw_tp/softirq_entry")
int softirq_begins(struct bpf_raw_tracepoint_args *args)
{
	if (is_ours(args->args[0]))
		count.start_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/softirq_exit")
int softirq_ends(struct bpf_raw_tracepoint_args *args)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, i;

	if (!is_ours(args->args[0]) || !count.start_ns)
		return 0;
	for (i = 0; i < CLIENT_PIDS && conf.pid[i]; i++)
		if (conf.pid[i] == pid)
			return 0;
	count.softirq_ns += bpf_ktime_get_ns() - count.start_ns;
	return 0;
}

char client_license[] SEC("license") = "GPL";
