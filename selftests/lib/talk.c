// SPDX-License-Identifier: GPL-2.0-only
/* talk.h: the numbers that a TCP keeps, the frames that it sends, what it receives. */
#include "selftests/lib/talk.h"
#include "selftests/lib/talk_judge.h"

#define TALK_FAKE4 "192.0.2.30"
#define TALK_FAKE6 "2001:db8::30"

/* --- the program under test ---------------------------------------------- */

void talk_configure(struct prog *s, const struct dialogue *d)
{
	talk_configure_domains(s, d, NULL);
}

void talk_configure_domains(struct prog *s, const struct dialogue *d, const char *const *domain)
{
	struct nolist_config *c = prog_conf_new();

	/* Counted, and not reached. */
	c->answers[NOLIST_LIMIT_RESET] = c->answers[NOLIST_LIMIT_SYN_ACK] = 0xffff;
	if (!prog_conf_add(c, prog_addr(TALK_FAKE4), NOLIST_HIGH, 0) ||
	    !prog_conf_add(c, prog_addr(TALK_FAKE6), NOLIST_HIGH, 1) ||
	    dialogue_compile(d, &c->smtp))
		tap_die("a configuration");
	if (domain)
		prog_domains(s, c, domain);
	prog_configure(s, c);
	free(c);
}

unsigned long talk_bad_acks(const struct prog *s)
{
	struct nolist_stats st[s->cpus];
	unsigned long n = 0;
	__u32 zero = 0;
	int cpu, h;

	if (bpf_map_lookup_elem(s->stats, &zero, st))
		tap_die(NOLIST_MAP_STATS);
	for (cpu = 0; cpu < s->cpus; cpu++)
		for (h = 0; h < NOLIST_HOURS; h++)
			n += st[cpu].bad_acks[h].count;
	return n;
}

/* --- the client ---------------------------------------------------------- */

static const unsigned char talk_client_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const unsigned char talk_server_mac[6] = { 2, 0, 0, 0, 0, 2 };

void talk_start(struct talk *t, const struct prog *s, unsigned int n, int is_ip6, int has_ts)
{
	memset(t, 0, sizeof(*t));
	t->server = s;
	t->is_ip6 = is_ip6;
	t->has_ts = !!has_ts;
	t->tags = "";
	t->sport = 1024 + n % 60000;
	if (is_ip6) {
		frame_addr(AF_INET6, "2001:db8:ffff::9", t->src);
		frame_addr(AF_INET6, TALK_FAKE6, t->dst);
		t->src[5] = n >> 16, t->src[6] = n >> 8, t->src[7] = n;
	} else {
		t->src[10] = t->src[11] = t->dst[10] = t->dst[11] = 0xff;
		frame_addr(AF_INET, "198.18.0.0", t->src + 12);
		frame_addr(AF_INET, TALK_FAKE4, t->dst + 12);
		t->src[13] |= n >> 16 & 1;
		t->src[14] = n >> 8, t->src[15] = n;
	}
	t->iss = 0x9e3779b9u * (n + 1);
	t->snd_nxt = t->snd_una = t->sent_end = t->iss;
	t->shown_end = t->iss;
	t->clock = 0xfffffff0u + n * 977; /* timestamps wrap: so should nothing else */
}

void talk_split(struct talk *t)
{
	t->is_split = 1;
	t->sport |= 0x8000;
}

struct talk_seg talk_seg(const struct talk *t, const char *data, size_t len)
{
	struct talk_seg g = { .flags = FRAME_ACK | (len ? FRAME_PSH : 0), .seq = t->snd_nxt,
			      .ack = t->rcv_nxt, .window = 65535, .has_ts = t->has_ts,
			      .tsval = t->clock, .tsecr = t->ts_recent, .data = data, .len = len };

	return g;
}

static size_t talk_options(const struct talk *t, const struct talk_seg *g, unsigned char o[40])
{
	static const unsigned char syn[] = { 2, 4, 5, 180, 4, 2, 1, 3, 3, 7 };
	static const unsigned char before[STYLES] = { 2, 0, 1, 6, 0 };
	size_t n = 0, i;

	if (g->flags & FRAME_SYN) {
		memcpy(o, syn, sizeof(syn));
		n = sizeof(syn);
	}
	if (!g->has_ts)
		return n;
	if (t->style == STYLE_BEHIND_SACK && !n) {
		memset(o, 0x11, 10);
		o[0] = 5, o[1] = 10;
		n = 10;
	} else {
		for (i = 0; i < before[t->style] && n + 10 < 40; i++)
			o[n++] = 1;
	}
	o[n++] = 8, o[n++] = 10;
	for (i = 0; i < 8; i++)
		o[n++] = (i < 4 ? g->tsval : g->tsecr) >> (24 - 8 * (i % 4));
	return n;
}

void talk_frame(const struct talk *t, const struct talk_seg *g, struct frame *f)
{
	unsigned int tci = 0xb00a;
	unsigned char o[40];
	const char *c;
	size_t n;

	frame_start(f, talk_server_mac, talk_client_mac);
	for (c = t->tags; *c; c++)
		frame_vlan(f, *c == 'a' ? ETH_P_8021AD : ETH_P_8021Q, tci++);
	/* TOS b9: a class, and ECN bits that no answer may repeat; a flow label. */
	if (t->is_ip6) {
		frame_ip6_raw(f, t->src, t->dst);
		memcpy(frame_ip6h(f), "\x6b\x9a\xbc\xde", 4);
	} else {
		frame_ip4_raw(f, t->src + 12, t->dst + 12);
		frame_ip4h(f)->tos = 0xb9;
	}
	frame_tcp(f, t->sport, 25, g->seq, g->ack, g->flags);
	frame_tcph(f)->window = htons(g->window);
	if (g->options_len) {
		frame_tcp_options(f, g->options, g->options_len);
	} else {
		n = talk_options(t, g, o);
		if (n)
			frame_tcp_options(f, o, n);
	}
	frame_data(f, g->data, g->len);
	frame_finish(f);
	if (g->is_broken)
		f->b[f->l4 + 16] ^= 1;
}

/* --- sending ------------------------------------------------------------- */

void talk_note(struct talk *t, const struct talk_seg *s, int is_lost)
{
	uint32_t n = s->len + !!(s->flags & FRAME_FIN) + !!(s->flags & FRAME_SYN), i;

	if ((int32_t)(s->seq + n - t->sent_end) > 0)
		t->sent_end = s->seq + n;
	for (i = 0; i < n && !is_lost; i++)
		if (s->seq + i - t->iss < TALK_STREAM)
			t->shown[s->seq + i - t->iss] = 1;
	while (t->shown_end - t->iss < TALK_STREAM && t->shown[t->shown_end - t->iss])
		t->shown_end++;
}

const char *talk_send(struct talk *t, const struct talk_seg *s, struct talk_got *g)
{
	static unsigned char out[FRAME_MAX];
	static struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_out = out, .data_size_out = sizeof(out),
		    .repeat = 1);

	memset(g, 0, offsetof(struct talk_got, text));
	talk_note(t, s, 0);
	talk_frame(t, s, &f);
	opts.data_in = f.b;
	opts.data_size_in = f.len;
	if (bpf_prog_test_run_opts(t->server->fd, &opts))
		tap_die("BPF_PROG_TEST_RUN");
	t->clock++;
	if (opts.retval == XDP_DROP)
		return NULL;
	if (opts.retval != XDP_TX)
		return "neither sent nor dropped";
	g->is_frame = 1;
	return talk_judge(t, s, &f, out, opts.data_size_out, g);
}

const char *talk_take(struct talk *t, const struct talk_got *g)
{
	if (!g->is_frame || g->flags & FRAME_RST)
		return NULL;
	if (g->flags & FRAME_SYN) {
		t->irs = g->seq;
		t->rcv_nxt = g->seq + 1;
		t->is_open = 1;
	} else if (g->seq == t->rcv_nxt) {
		t->rcv_nxt += g->len + !!(g->flags & FRAME_FIN);
		t->is_ended |= g->flags & FRAME_FIN;
	}
	if (g->has_ts) {
		if (!(g->flags & FRAME_SYN) && (int32_t)(g->tsval - t->ts_recent) < 0)
			return "timestamps that go back (RFC 7323 5.3)";
		t->ts_recent = g->tsval;
	}
	if (g->flags & FRAME_ACK && (int32_t)(g->ack - t->snd_una) > 0)
		t->snd_una = g->ack;
	return NULL;
}

const char *talk_say(struct talk *t, const char *data, size_t len, unsigned int more_flags,
		     struct talk_got *g)
{
	struct talk_seg s = talk_seg(t, data, len);
	const char *wrong;

	s.flags |= more_flags;
	t->snd_nxt += len + !!(more_flags & FRAME_FIN);
	wrong = talk_send(t, &s, g);
	return wrong ? wrong : talk_take(t, g);
}

const char *talk_connect(struct talk *t, struct talk_got *g)
{
	struct talk_seg s = talk_seg(t, NULL, 0);
	const char *wrong;

	s.flags = FRAME_SYN;
	s.ack = s.tsecr = 0;
	t->snd_nxt = t->iss + 1;
	wrong = talk_send(t, &s, g);
	if (!wrong)
		wrong = talk_take(t, g);
	if (wrong || !t->is_open)
		return wrong ? wrong : "no SYN,ACK";
	if (!t->is_split)
		return talk_say(t, NULL, 0, 0, g);
	s = talk_seg(t, NULL, 0);
	s.flags |= FRAME_SYN;
	s.seq = t->iss;
	wrong = talk_send(t, &s, g);
	return wrong ? wrong : talk_take(t, g);
}

/* --- evidence ------------------------------------------------------------ */

int talk_verified(const struct talk *t, struct nolist_verified *r)
{
	struct nolist_source src;

	memcpy(src.addr.b, t->src, 16);
	if (t->is_ip6)
		memset(src.addr.b + 8, 0, 8);
	return !bpf_map_lookup_elem(t->server->verified, &src, r);
}

const char *talk_evidence(const struct talk *t)
{
	/* Not the tool's table: what is compared with it must not come from it. */
	static const char *const names[NOLIST_EVENTS] = {
		[NOLIST_EVENT_TEMPFAILED] = "strong",
		[NOLIST_EVENT_GREETED_WEAK] = "weak",
		[NOLIST_EVENT_TEMPFAILED_WEAK] = "tempfailed_weak",
		[NOLIST_EVENT_QUIT] = "quit",
		[NOLIST_EVENT_CLOSED] = "closed",
		[NOLIST_EVENT_EARLY_TALKER] = "early_talker",
		[NOLIST_EVENT_PIPELINED] = "pipelined",
		[NOLIST_EVENT_NOT_SMTP] = "not_smtp",
		[NOLIST_EVENT_STARTTLS] = "starttls",
		[NOLIST_EVENT_ELSEWHERE] = "elsewhere",
	};
	static char text[256];
	struct nolist_verified r;
	size_t n = 0, i;
	int h;

	if (!talk_verified(t, &r))
		return "none";
	text[0] = 0;
	for (i = 0; i < NOLIST_EVENTS; i++) {
		unsigned int sum = 0;

		for (h = 0; h < NOLIST_HOURS; h++)
			sum += r.hour[h].n[i];
		if (sum)
			n += snprintf(text + n, sizeof(text) - n, "%s%s %u", n ? ", " : "",
				      names[i], sum);
	}
	if (r.bad_acks)
		snprintf(text + n, sizeof(text) - n, "%sbad_acks %u", n ? ", " : "", r.bad_acks);
	return text;
}
