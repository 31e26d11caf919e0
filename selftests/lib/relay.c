// SPDX-License-Identifier: GPL-2.0-only
/* relay.h: loses, doubles, delays and cuts frames, and judges those of a fake. */
#define _GNU_SOURCE
#include "selftests/lib/relay.h"

double relay_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* The fate of a connection's n-th frame in a direction: the same in each run. */
static uint32_t relay_rnd(uint64_t *fate)
{
	uint64_t z = *fate += 0x9e3779b97f4a7c15ull; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) >> 32;
}

static int relay_percent(uint64_t *fate, unsigned int p)
{
	return relay_rnd(fate) % 100 < p;
}

static uint32_t relay_get(const unsigned char *p, int bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* --- what a frame is ----------------------------------------------------- */

struct relay_seg {
	int is_ip6;
	const unsigned char *tcp, *data;
	size_t len, tcp_len;
	unsigned int flags, window, port; /* the client's */
	uint32_t seq, ack;
	int has_ts, sum_is_right;
};

/* UDP to port 25 counts as mail too: what proves the plan uses it. */
static int relay_is_mail(const unsigned char *b, size_t len, unsigned int proto)
{
	size_t l4 = 14 + 20;
	unsigned int p;

	if (len < l4 + 8)
		return 0;
	if (relay_get(b + 12, 2) == ETH_P_IP) {
		p = b[14 + 9];
	} else if (relay_get(b + 12, 2) == ETH_P_IPV6) {
		p = b[14 + 6];
		l4 = 14 + 40;
	} else {
		return 0;
	}
	return len >= l4 + 8 && (proto ? p == proto : p == IPPROTO_TCP || p == IPPROTO_UDP) &&
	       (relay_get(b + l4, 2) == 25 || relay_get(b + l4 + 2, 2) == 25);
}

static int relay_parse(const unsigned char *b, size_t len, int from_fake, struct relay_seg *s)
{
	const unsigned char *ip = b + 14;
	size_t total, i;

	if (!relay_is_mail(b, len, IPPROTO_TCP))
		return 0;
	s->is_ip6 = ip[0] >> 4 == 6;
	s->tcp = ip + (s->is_ip6 ? 40 : 20);
	total = s->is_ip6 ? 40 + relay_get(ip + 4, 2) : relay_get(ip + 2, 2);
	if (14 + total > len || ip + total < s->tcp + 20)
		return 0;
	s->tcp_len = ip + total - s->tcp;
	s->data = s->tcp + (s->tcp[12] >> 4) * 4;
	s->len = ip + total - s->data;
	s->flags = s->tcp[13];
	s->window = relay_get(s->tcp + 14, 2);
	s->port = relay_get(s->tcp + (from_fake ? 2 : 0), 2);
	s->seq = relay_get(s->tcp + 4, 4);
	s->ack = relay_get(s->tcp + 8, 4);
	s->sum_is_right = frame_sum(s->tcp, s->tcp_len,
				    frame_pseudo_sum(ip, IPPROTO_TCP, s->tcp_len)) == 0xffff &&
			  (s->is_ip6 || frame_sum(ip, 20, 0) == 0xffff);
	s->has_ts = 0;
	for (i = 20; i + 10 <= (size_t)(s->data - s->tcp); i += s->tcp[i] < 2 ? 1 : s->tcp[i + 1]) {
		if (s->tcp[i] == 8)
			s->has_ts = 1;
		if (s->tcp[i] > 1 && s->tcp[i + 1] < 2)
			break;
	}
	return 1;
}

/* --- judging ------------------------------------------------------------- */

/* This segment is about to be shown to the fake. */
static void relay_show(struct relay *r, const unsigned char *b, size_t len)
{
	struct relay_conn **at, *c;
	struct relay_seg s;
	uint32_t n, i;

	if (!relay_parse(b, len, 0, &s))
		return;
	at = &r->conn[s.is_ip6][s.port];
	if (!*at)
		*at = calloc(1, sizeof(**at));
	c = *at;
	if (!c)
		return;
	if (s.flags & FRAME_SYN && (!c->is_known || c->iss != s.seq)) {
		memset(c, 0, sizeof(*c));
		c->is_known = 1;
		c->has_ts = s.has_ts;
		c->iss = c->shown_end = c->sent_end = s.seq;
		c->acked = s.ack;
	}
	n = s.len + !!(s.flags & FRAME_SYN) + !!(s.flags & FRAME_FIN);
	for (i = 0; i < n; i++)
		if (s.seq + i - c->iss < RELAY_STREAM)
			c->shown[s.seq + i - c->iss] = 1;
	while (c->shown_end - c->iss < RELAY_STREAM && c->shown[c->shown_end - c->iss])
		c->shown_end++;
	if ((int32_t)(s.seq + n - c->sent_end) > 0)
		c->sent_end = s.seq + n;
	if (s.flags & FRAME_ACK && (!c->acked || (int32_t)(s.ack - c->acked) > 0))
		c->acked = s.ack;
	if (s.window > c->window)
		c->window = s.window;
}

static const char *relay_wrong(const struct relay_conn *c, const struct relay_seg *s)
{
	if (!s->sum_is_right)
		return "a wrong checksum";
	if (!c || !c->is_known)
		return "an answer to nobody";
	if (s->flags & (FRAME_RST | FRAME_SYN))
		return NULL;
	if (s->has_ts != c->has_ts)
		return "timestamps, or none";
	if ((int32_t)(s->ack - (c->has_ts ? c->shown_end : c->sent_end)) > 0)
		return "acknowledges what was not received";
	if ((int32_t)(s->seq - c->acked) > 0)
		return "goes on beyond what the client has acknowledged";
	if (s->len && (s->data[0] < '2' || s->data[0] > '4' || s->data[0] == '3' ||
		       s->data[s->len - 1] != '\n'))
		return "text that is no reply, or begins with 3 or 5";
	if (s->len > c->window)
		return "text beyond the client's window";
	return NULL;
}

static void relay_judge(struct relay *r, const unsigned char *b, size_t len)
{
	struct relay_seg s;
	const char *why;

	if (!relay_parse(b, len, 1, &s))
		return;
	r->sum->judged++;
	r->sum->texts += s.len != 0;
	r->sum->resets += !!(s.flags & FRAME_RST);
	why = relay_wrong(r->conn[s.is_ip6][s.port], &s);
	if (why && !r->sum->wrong++)
		snprintf(r->sum->why, sizeof(r->sum->why), "%s: port %u, flags %02x, %zu bytes",
			 why, s.port, s.flags, s.len);
}

/* --- handing on ---------------------------------------------------------- */

static void relay_complain(struct relay *r, const char *why)
{
	if (!r->sum->wrong++)
		snprintf(r->sum->why, sizeof(r->sum->why), "%s", why);
}

/* A veth takes 256 frames until its peer runs, and on a busy machine that is late. */
static void relay_send(struct relay *r, int to, const unsigned char *b, size_t len)
{
	if (++r->sent % 16 == 0)
		usleep(1000);
	if (send(r->fd[to], b, len, 0) < 0)
		r->sum->lost++;
}

/* As a router does where the way goes on with a smaller MTU (RFC 791 3.2). */
static void relay_cut(struct relay *r, const unsigned char *b, size_t len)
{
	size_t max = (r->plan.mtu - 20) & ~7ul, at, n;
	size_t data = relay_get(b + 16, 2) - 20;
	uint64_t fate = r->plan.seed << 50 | r->sum->cut << 20;
	unsigned char f[RELAY_FRAME];
	unsigned int sum;

	if (b[20] & 0x40) {
		relay_complain(r, "too long for the way, and not to be cut");
		return;
	}
	r->sum->cut++;
	for (at = 0; at < data && 34 + data <= len; at += n) {
		n = data - at < max ? data - at : max;
		memcpy(f, b, 34);
		memcpy(f + 34, b + 34 + at, n);
		f[16] = (20 + n) >> 8, f[17] = 20 + n;
		f[20] = (at + n < data ? 0x20 : 0) | at >> 11, f[21] = at >> 3;
		f[24] = f[25] = 0;
		sum = frame_sum(f + 14, 20, 0) ^ 0xffff;
		f[24] = sum >> 8, f[25] = sum;
		if (!relay_percent(&fate, r->plan.loss))
			relay_send(r, 0, f, 34 + n);
	}
}

static void relay_out(struct relay *r, int to, const unsigned char *b, size_t len)
{
	int is_tcp = relay_is_mail(b, len, IPPROTO_TCP), i;
	unsigned char tagged[RELAY_FRAME + 8];
	size_t n = 12;

	if (to == 1)
		relay_show(r, b, len);
	if (to == 0 && r->plan.mtu && is_tcp && relay_get(b + 12, 2) == ETH_P_IP &&
	    relay_get(b + 16, 2) > r->plan.mtu) {
		relay_cut(r, b, len);
		return;
	}
	if (to == 0 || !is_tcp || !r->plan.tags[0]) {
		relay_send(r, to, b, len);
		return;
	}
	memcpy(tagged, b, 12);
	for (i = 0; i < 2 && r->plan.tags[i]; i++, n += 4) {
		tagged[n] = r->plan.tags[i] >> 24, tagged[n + 1] = r->plan.tags[i] >> 16;
		tagged[n + 2] = r->plan.tags[i] >> 8, tagged[n + 3] = r->plan.tags[i];
	}
	memcpy(tagged + n, b + 12, len - 12);
	relay_send(r, to, tagged, len + n - 12);
}

/*
 * Receives a frame of the fake without its tags, the outer of which the kernel
 * has taken off; complains where they are not those that were put on.
 */
static ssize_t relay_receive(struct relay *r, int from, unsigned char *b, size_t size)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { b, size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(r->fd[from], &m, MSG_DONTWAIT);
	struct cmsghdr *c = n > 14 ? CMSG_FIRSTHDR(&m) : NULL;
	unsigned int outer = 0, inner = 0;

	if (!c || !from)
		return n;
	if (c->cmsg_type == PACKET_AUXDATA) {
		struct tpacket_auxdata *a = (void *)CMSG_DATA(c);

		if (a->tp_status & TP_STATUS_VLAN_VALID)
			outer = (uint32_t)a->tp_vlan_tpid << 16 | a->tp_vlan_tci;
	}
	if (n > 18 && relay_get(b + 12, 2) == ETH_P_8021Q) {
		inner = relay_get(b + 12, 4);
		memmove(b + 12, b + 16, n - 16);
		n -= 4;
	}
	if (relay_is_mail(b, n, IPPROTO_TCP) &&
	    (outer != r->plan.tags[0] || inner != r->plan.tags[1]))
		relay_complain(r, "other VLAN tags than it was asked with");
	return n;
}

static void relay_later(struct relay *r, int to, const unsigned char *b, size_t len, double due)
{
	struct relay_late *l;
	int i;

	for (i = 0; i < RELAY_QUEUE && r->queue[i]; i++)
		;
	l = i < RELAY_QUEUE ? malloc(sizeof(*l)) : NULL;
	if (!l)
		return;
	*l = (struct relay_late){ .due = due, .to = to, .len = len };
	memcpy(l->b, b, len);
	r->queue[i] = l;
}

static uint64_t relay_fate(struct relay *r, int from, const unsigned char *b)
{
	int is_ip6 = b[14] >> 4 == 6;
	const unsigned char *l4 = b + 14 + (is_ip6 ? 40 : 20);
	unsigned int port = relay_get(l4 + (from ? 2 : 0), 2);
	uint64_t n = r->count[from][is_ip6][port]++;

	return (r->plan.seed << 50 | n << 20 | (uint64_t)port << 2 | is_ip6 << 1 | from) *
	       0xd1342543de82ef95ull;
}

static void relay_frame(struct relay *r, int from, const unsigned char *b, size_t len)
{
	int copies = 1, is_late;
	uint64_t fate;

	if (from == 1)
		relay_judge(r, b, len);
	if (!relay_is_mail(b, len, 0)) {
		relay_out(r, !from, b, len);
		return;
	}
	fate = relay_fate(r, from, b);
	r->sum->frames++;
	if (relay_percent(&fate, r->plan.loss)) {
		r->sum->lost++;
		return;
	}
	if (relay_percent(&fate, r->plan.twice)) {
		r->sum->doubled++;
		copies++;
	}
	for (; copies; copies--) {
		unsigned int jitter = r->plan.jitter_ms;
		double ms = r->plan.delay_ms;

		is_late = copies == 2 || relay_percent(&fate, r->plan.late);
		if (!is_late) {
			relay_out(r, !from, b, len);
			continue;
		}
		if (jitter)
			ms += (double)(relay_rnd(&fate) % (2000 * jitter)) / 1000 - jitter;
		r->sum->delayed++;
		relay_later(r, !from, b, len, relay_now() + (ms > 0 ? ms : 0) / 1000);
	}
}

/* Sends what is due; milliseconds until the next is, at most 50. */
static int relay_due(struct relay *r)
{
	double now = relay_now(), wait = 0.05;
	int i;

	for (i = 0; i < RELAY_QUEUE; i++) {
		struct relay_late *l = r->queue[i];

		if (!l)
			continue;
		if (l->due <= now) {
			relay_out(r, l->to, l->b, l->len);
			free(l);
			r->queue[i] = NULL;
		} else if (l->due - now < wait) {
			wait = l->due - now;
		}
	}
	return (int)(wait * 1000) + 1;
}

int relay_socket(const char *dev)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				   .sll_ifindex = if_nametoindex(dev) };
	int one = 1, size = 8 << 20, fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (void *)&sll, sizeof(sll)))
		return -1;
	return fd;
}

void relay_run(struct relay *r)
{
	unsigned char b[RELAY_FRAME];
	int i, wait;

	for (;;) {
		struct pollfd p[2] = { { r->fd[0], POLLIN, 0 }, { r->fd[1], POLLIN, 0 } };

		wait = r->plan.late || r->plan.twice ? relay_due(r) : 1000;
		if (poll(p, 2, wait) < 0)
			_exit(1);
		for (i = 0; i < 2; i++) {
			ssize_t n = p[i].revents ? relay_receive(r, i, b, sizeof(b)) : 0;

			if (n > 0)
				relay_frame(r, i, b, n);
		}
	}
}
