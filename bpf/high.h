/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 4 of a high fake: what to answer to this segment. No state of the connection
 * is stored; everything that must be known comes with the segment:
 *
 *   SEG.ACK - ISN - 1   how many bytes we have sent, "total": this is the state
 *   TSecr - half hash   what we have received, and the parse of a line so far
 *
 * The ISN and that half are a keyed hash of addresses, ports, a slow clock and
 * whether there are timestamps, so nobody else can make them up. docs/dialogue.md
 * has the table of all segments and their answers.
 */
#ifndef NOLIST_HIGH_H
#define NOLIST_HIGH_H

#define HIGH_WINDOW 2048
#define HIGH_MSS 1220     /* IPv6's smallest MTU less headers (RFC 8200 5) */
#define HIGH_NOPS 8       /* most bytes of NOPs in a SYN,ACK */
#define HIGH_SPLIT_PORT 32768 /* lowest source port that gets a SYN: see high_is_split() */
#define HIGH_PARSE_BITS 7 /* of the timestamp; its other bits count what we received */
#define HIGH_SLACK 65535  /* a sequence number further off is not of this dialogue */
/* The most that can be acknowledged: a reply just below the limit, the 421, our FIN. */
#define HIGH_TOTAL (NOLIST_TOTAL_MAX + 2 * NOLIST_TEXT_MAX + 1)

/* What a segment shows about its source; bits of pkt.events. */
enum {
	HIGH_STRONG = 1,        /* verified by timestamps and sequence number together */
	HIGH_WEAK = 2,          /* greeting at the one exact sequence number, no timestamps */
	HIGH_TEMPFAILED = 4,    /* gets the 4xx */
	HIGH_QUIT = 8,          /* QUIT after the 4xx */
	HIGH_CLOSED = 16,       /* FIN after the 4xx, without QUIT */
	HIGH_EARLY_TALKER = 32, /* talked before the end of the greeting */
	HIGH_PIPELINED = 64,    /* more than one line at once */
	HIGH_NOT_SMTP = 128,
	HIGH_STARTTLS = 256,
	HIGH_BAD_ACK = 512, /* acknowledges a number that we have not sent */
	HIGH_ELSEWHERE = 1024, /* names a recipient whose domain is not ours */
	HIGH_HELD = 2048,      /* all of it at the real MX's address, since the source is listed */
};

#define HIGH_TENANT_SHIFT 16 /* whose high fake it is: above these bits */

/* What the numbers of a segment mean in its dialogue. All in host byte order. */
struct high {
	__u32 total; /* bytes of ours that it acknowledges */
	__u32 half;  /* upper half of the hash */
	__u32 seq;   /* SEG.SEQ, of the first byte of data */
	__u32 data;  /* bytes of data */
	__u32 parse; /* of the line so far (smtp.h); SMTP_START without timestamps */
	__s32 ahead; /* SEG.SEQ - RCV.NXT; 0 without timestamps */
	bool is_fin;
};

/* Seven bytes to be hashed. A clock slot repeats after 2^23 slots, which is 292 years. */
static __always_inline __u64 high_tail(const struct pkt *p, __u64 slot)
{
	return (slot & 0x7fffff) << 33 | (__u64)!!p->ts_at << 32 | (__u32)p->sport << 16 | p->dport;
}

/* is_here, a constant: without the call of a function. */
static __always_inline __u64 high_hash(const struct pkt *p, __u64 tail, bool is_here)
{
	__u64 hash;

	if (p->is_ip6 && is_here)
		hash = cookie_hash6_here(p->saddr.q[0], p->saddr.q[1], p->daddr.q[0],
					 p->daddr.q[1], tail);
	else if (p->is_ip6)
		hash = cookie_hash6(p->saddr.q[0], p->saddr.q[1], p->daddr.q[0], p->daddr.q[1],
				    tail);
	else if (is_here)
		hash = cookie_hash4_here((__u64)p->daddr.w[3] << 32 | p->saddr.w[3], tail);
	else
		hash = cookie_hash4((__u64)p->daddr.w[3] << 32 | p->saddr.w[3], tail);

#ifdef NOLIST_TEST_COOKIE_BITS
	/* In the build of a test, the sequence number has so few bits that guessing succeeds. */
	hash = hash >> 32 << 32 | (__u32)hash << (32 - NOLIST_TEST_COOKIE_BITS);
#endif
	return hash;
}

/* Acknowledges up to rcv_nxt, and remembers this parse of an unfinished line. */
static __always_inline void high_receive(const struct pkt *p, struct reply *r, __u32 half,
					 __u32 rcv_nxt, __u32 parse)
{
	r->ack = bpf_htonl(rcv_nxt);
	if (!p->ts_at)
		return;
	r->options += REPLY_TS;
	r->tsval = half + (rcv_nxt << HIGH_PARSE_BITS | parse);
	r->tsecr = p->tsval;
}

/*
 * May this SYN be answered by a SYN? A forger chooses its source port, and what listens
 * there would answer us: a service, whose client we would seem to be, or another fake that
 * answers with SYNs, without end. So only ports from which Linux and Windows connect.
 */
static __always_inline bool high_is_split(const struct nolist_config *conf, const struct pkt *p)
{
	return conf->smtp.is_split && bpf_ntohs(p->sport) >= HIGH_SPLIT_PORT;
}

/* After clock_ns(). */
static __always_inline enum nolist_verdict high_syn(const struct nolist_config *conf,
						    const struct pkt *p, struct reply *r,
						    bool is_here)
{
	__u64 hash = high_hash(p, high_tail(p, clock_slot()), is_here);
	__u32 least = sizeof(struct tcphdr) + REPLY_MSS + (p->ts_at ? REPLY_TS : 0);

	r->seq = bpf_htonl((__u32)hash);
	r->window = bpf_htons(HIGH_WINDOW);
	/*
	 * Never longer than the SYN: its source may be forged, so we must not amplify. But as long
	 * as a usual SYN: four or eight NOPs cost less than to resize the frame.
	 */
	r->options = REPLY_MSS;
	if (p->doff < least)
		r->options = 0;
	else if (p->doff - least <= HIGH_NOPS)
		r->nops = p->doff - least;
	r->flags = TCP_SYN | TCP_ACK;
	high_receive(p, r, hash >> 32, bpf_ntohl(p->seq) + 1, SMTP_START);
	if (high_is_split(conf, p)) {
		r->flags = TCP_SYN;
		r->ack = 0;
		r->tsecr = 0;
	}
	return NOLIST_HIGH_SYN_ACK;
}

/* The place of a dialogue's hash in the cookie cache. */
static __always_inline struct nolist_cookies *high_place(const struct pkt *p)
{
	__u32 at = (p->saddr.w[3] ^ p->saddr.w[1] ^ p->sport) * 0x9e3779b1u >> 23;

	return bpf_map_lookup_elem(&nolist_cookies, &at);
}

static __always_inline bool high_is_cached(const struct nolist_cookies *k, const struct pkt *p,
					   __u64 tail)
{
	return k->tail == tail && k->saddr.q[1] == p->saddr.q[1] &&
	       k->daddr.q[1] == p->daddr.q[1] && k->saddr.q[0] == p->saddr.q[0] &&
	       k->daddr.q[0] == p->daddr.q[0];
}

static __always_inline void high_cache(struct nolist_cookies *k, const struct pkt *p, __u64 tail,
				       __u64 hash)
{
	k->saddr = p->saddr;
	k->daddr = p->daddr;
	k->tail = tail;
	k->hash = hash;
}

/*
 * The hash of the dialogue, if the segment acknowledges a number that we may have sent in it, by
 * the last reading of the clock; else 0. One hash of 2^64 is 0, too: such a dialogue ends with a
 * reset.
 */
static __always_inline __u64 high_find(const struct pkt *p)
{
	__u64 tail = high_tail(p, clock_slot()), hash;
	struct nolist_cookies *cached = high_place(p);
	__u32 ack = bpf_ntohl(p->ack) - 1;

	if (cached && high_is_cached(cached, p, tail)) {
		hash = cached->hash;
		if (ack - (__u32)hash <= HIGH_TOTAL)
			return hash;
	} else {
		hash = high_hash(p, tail, false);
		if (ack - (__u32)hash <= HIGH_TOTAL) {
			if (cached)
				high_cache(cached, p, tail, hash);
			return hash;
		}
	}
	hash = high_hash(p, high_tail(p, clock_other_slot()), false);
	return ack - (__u32)hash <= HIGH_TOTAL ? hash : 0;
}

/* Is it a segment of a dialogue of ours? Then fills h. */
static __always_inline bool high_recognize(const struct pkt *p, struct high *h)
{
	__u64 hash = high_find(p);
	__u32 rel;

	if (!hash)
		return false;
	h->total = bpf_ntohl(p->ack) - 1 - (__u32)hash;
	h->half = hash >> 32;
	h->data = p->l4_len - p->doff;
	h->is_fin = p->flags & TCP_FIN;
	h->seq = bpf_ntohl(p->seq) + !!(p->flags & TCP_SYN);
	h->parse = SMTP_START;
	h->ahead = 0;
	if (!p->ts_at)
		return true;
	rel = p->tsecr - h->half;
	h->parse = rel & ((1 << HIGH_PARSE_BITS) - 1);
	h->ahead = (__s32)((h->seq << HIGH_PARSE_BITS) - (rel - h->parse)) >> HIGH_PARSE_BITS;
	return h->ahead <= HIGH_SLACK && h->ahead >= -HIGH_SLACK &&
	       h->parse < SMTP_VERB + NOLIST_VERBS * SMTP_BUCKETS;
}

/*
 * Answers with a text, acknowledging up to rcv_nxt. Returns the text; NULL: it does not fit
 * into the client's window, and the answer is silence.
 */
static __always_inline const struct nolist_reply *high_say(const struct nolist_config *conf,
							   const struct pkt *p, struct reply *r,
							   const struct high *h, __u32 text,
							   __u32 rcv_nxt)
{
	const struct nolist_reply *row = smtp_reply(conf, text);
	__u8 flags = TCP_ACK | TCP_PSH;
	__u32 window, len;

	if (!row)
		return NULL;
	len = row->len;
	window = bpf_ntohs(p->window);
	/* With a split handshake the window may be scaled: only zero is certain. */
	if (window < len && (!window || !conf->smtp.is_split))
		return NULL;
	if (!len)
		return NULL;
	if (row->does & NOLIST_SAYS_BYE || h->is_fin)
		flags |= TCP_FIN;
	r->flags = flags;
	r->text = text;
	r->text_len = len;
	high_receive(p, r, h->half, rcv_nxt + h->is_fin, SMTP_START);
	return row;
}

static __always_inline enum nolist_verdict high_acknowledge(const struct pkt *p, struct reply *r,
							    const struct high *h, __u8 flags,
							    __u32 rcv_nxt, __u32 parse)
{
	r->flags = TCP_ACK | flags;
	high_receive(p, r, h->half, rcv_nxt, parse);
	return NOLIST_HIGH_ACK;
}

/* Of a greeting in two lines, is exactly the first one acknowledged? */
static __always_inline bool high_is_teased(const struct nolist_config *conf, const struct high *h)
{
	return (h->total / 2 & (NOLIST_STATES - 1)) == NOLIST_TEASED &&
	       h->total == conf->smtp.reply[NOLIST_BANNER].len &&
	       conf->smtp.reply[NOLIST_BANNER_END].len;
}

/*
 * The handshake is done, the greeting is not acknowledged, or its first line only. Data waits
 * until it is.
 */
static __always_inline enum nolist_verdict high_banner(const struct nolist_config *conf,
						       struct pkt *p, struct reply *r,
						       struct high *h, __u32 text)
{
	if (h->ahead > 0)
		return NOLIST_HIGH_SILENT;
	/*
	 * Data is not accepted yet, so a FIN after it is not, either. A FIN alone gets the
	 * banner and our FIN: the banner may be out, and our FIN must come after it.
	 */
	if (h->data) {
		p->events |= HIGH_EARLY_TALKER;
		h->is_fin = false;
	}
	/* A banner that is the 4xx is no evidence: a good sender need not say QUIT then. */
	return high_say(conf, p, r, h, text, h->seq - h->ahead) ? NOLIST_HIGH_TEXT
								: NOLIST_HIGH_SILENT;
}

static __always_inline bool high_is_tempfailed(__u32 state)
{
	return (state & ~NOLIST_MIDLINE) >= NOLIST_GREETED + NOLIST_TEMPFAILED;
}

/*
 * Events of the last verbs of the table. said: the client's verb; verb: as which it is
 * answered, NOLIST_V_NOT_SMTP for any verb above the limit of bytes.
 */
static __always_inline __u32 high_leaving(__u32 verb, __u32 said, __u32 total)
{
	__u32 events = 0;

	if (verb == NOLIST_V_STARTTLS)
		return HIGH_STARTTLS;
	/* Above the limit of bytes we hang up, so no QUIT can be expected. */
	if ((verb == NOLIST_V_QUIT || total >= NOLIST_TOTAL_MAX) &&
	    high_is_tempfailed(total / 2 & (NOLIST_STATES - 1)))
		events |= HIGH_QUIT;
	/* Not for the limit alone: the line may be SMTP. */
	if (said == NOLIST_V_NOT_SMTP)
		events |= HIGH_NOT_SMTP;
	return events;
}

/* Events of a line that row answers; verb and said as in high_leaving(). */
static __always_inline __u32 high_shown(const struct nolist_config *conf, const struct pkt *p,
					const struct high *h, const struct nolist_reply *row,
					__u32 verb, __u32 said)
{
	__u32 state = h->total / 2 & (NOLIST_STATES - 1), events = 0;

	if (verb == NOLIST_V_GREET && !p->ts_at && state == NOLIST_FRESH &&
	    h->total == conf->smtp.reply[NOLIST_BANNER].len + conf->smtp.reply[NOLIST_BANNER_END].len)
		events |= HIGH_WEAK;
	if (row->does & NOLIST_SAYS_LATER)
		events |= HIGH_TEMPFAILED;
	if (row->does & NOLIST_SAYS_ELSEWHERE)
		events |= HIGH_ELSEWHERE;
	if (verb >= NOLIST_V_QUIT)
		events |= high_leaving(verb, said, h->total);
	return events;
}

/* The column of the reply to a verb. scan: its line, or the last piece of it. */
static __always_inline __u32 high_column(struct xdp_md *ctx, const struct nolist_config *conf,
					 const struct pkt *p, const struct high *h, __u32 verb,
					 __u64 scan)
{
	__u32 off = p->l4 + p->doff, to, column;

	if (verb != NOLIST_V_RCPT || !conf->domains)
		return verb;
	to = h->parse != SMTP_START ? 0 :
	     __builtin_constant_p(p->l4) ? domain_quick_here(ctx, off, SMTP_LINE(scan)) :
					   domain_quick(ctx, off, SMTP_LINE(scan));
	if (!to)
		to = domain_end(ctx, off, SMTP_LINE(scan), h->parse);
	column = domain_column(ctx, conf, to, to - off);
	if (column >= DOMAIN_BELOW(1))
		column = domain_below(ctx, conf, to, column >> 8);
	return column;
}

/*
 * A line, or a piece of one. With timestamps a piece is acknowledged, and they
 * remember its parse. Without timestamps a verb is answered as soon as it is known,
 * and the rest of its line is only acknowledged: a piece without a verb is such a
 * rest if the state says that one is to come.
 */
static __always_inline enum nolist_verdict high_line(struct xdp_md *ctx,
						     const struct nolist_config *conf,
						     struct pkt *p, struct reply *r,
						     struct high *h)
{
	__u64 scan = smtp_scan(ctx, p->l4 + p->doff, h->data, h->parse, p->line);
	__u32 line = SMTP_LINE(scan), verb = SMTP_SAYS(scan), parse = SMTP_PARSE(scan);
	__u32 state = h->total / 2 & (NOLIST_STATES - 1), accepted = line ? line : h->data, mid = 0;
	const struct nolist_reply *row;
	bool is_fin = h->is_fin;

	if (accepted != h->data)
		h->is_fin = false;
	if (!line && verb != NOLIST_V_NOT_SMTP) {
		if (p->ts_at)
			return high_acknowledge(p, r, h, h->is_fin ? TCP_FIN : 0,
						h->seq + accepted + h->is_fin, parse);
		if (!(scan & SMTP_NAMED) && !(state & NOLIST_MIDLINE) && parse < SMTP_VERB)
			return NOLIST_HIGH_SILENT;
		mid = 1;
	}
	if (state & NOLIST_MIDLINE && !p->ts_at &&
	    (!(scan & SMTP_NAMED) || verb == NOLIST_V_NOT_SMTP))
		return high_acknowledge(p, r, h, h->is_fin ? TCP_FIN : 0,
					h->seq + accepted + h->is_fin, SMTP_START);
	if (verb >= NOLIST_V_NOT_SMTP || h->total >= NOLIST_TOTAL_MAX) {
		verb = NOLIST_V_NOT_SMTP;
		accepted = h->data;
		h->is_fin = is_fin;
		mid = 0;
	}
	row = high_say(conf, p, r, h,
		       NOLIST_REPLY(mid, state, high_column(ctx, conf, p, h, verb, scan)),
		       h->seq + accepted);
	if (!row)
		return NOLIST_HIGH_SILENT;
	/* Only some values of the parse verify: the fewer they are, the harder is a guess. */
	if (p->ts_at && h->parse >= SMTP_VERB && h->parse < SMTP_VERB + NOLIST_VERBS)
		p->events |= HIGH_STRONG;
	if (accepted != h->data)
		p->events |= HIGH_PIPELINED;
	p->events |= high_shown(conf, p, h, row, verb, SMTP_SAYS(scan));
	return NOLIST_HIGH_TEXT;
}

/* A segment out of order: old, or after a segment that was lost. */
static __always_inline enum nolist_verdict high_astray(const struct pkt *p, struct reply *r,
						       const struct high *h)
{
	if (h->ahead > 0 || (h->ahead < -1 && !h->data && !h->is_fin))
		return NOLIST_HIGH_SILENT;
	return high_acknowledge(p, r, h, 0, h->seq - h->ahead, h->parse);
}

/* The dialogue has ended: our FIN is out, and acknowledged if the total is odd. */
static __always_inline enum nolist_verdict high_closed(const struct pkt *p, struct reply *r,
						       const struct high *h)
{
	if (h->total & 1 && !h->data && !h->is_fin)
		return NOLIST_HIGH_SILENT;
	return high_acknowledge(p, r, h, h->total & 1 ? 0 : TCP_FIN,
				h->seq + h->data + h->is_fin, SMTP_START);
}

static __always_inline enum nolist_verdict high_dialogue(struct xdp_md *ctx,
							 const struct nolist_config *conf,
							 struct pkt *p, struct reply *r,
							 struct high *h)
{
	__u32 state = h->total / 2 & (NOLIST_STATES - 1);
	enum nolist_verdict verdict;

	r->seq = p->ack;
	r->window = bpf_htons(HIGH_WINDOW);
	if (p->ts_at && !h->ahead && h->parse == SMTP_START)
		p->events |= HIGH_STRONG;
	if (!h->total)
		return high_banner(conf, p, r, h, NOLIST_BANNER);
	if (high_is_teased(conf, h))
		return high_banner(conf, p, r, h, NOLIST_BANNER_END);
	if (h->ahead)
		return high_astray(p, r, h);
	if (h->total & 1 || state == NOLIST_CLOSED)
		return high_closed(p, r, h);
	if (h->data)
		verdict = high_line(ctx, conf, p, r, h);
	else if (h->is_fin)
		verdict = high_acknowledge(p, r, h, TCP_FIN, h->seq + 1, SMTP_START);
	else
		return NOLIST_HIGH_SILENT;
	if (h->is_fin && verdict != NOLIST_HIGH_SILENT && !(p->events & HIGH_QUIT) &&
	    (high_is_tempfailed(state) || p->events & HIGH_TEMPFAILED))
		p->events |= HIGH_CLOSED;
	return verdict;
}

static __always_inline enum nolist_verdict high_reset(const struct pkt *p, struct reply *r)
{
	decide_reset(r, p->flags, p->seq, p->ack, 0);
	r->options = 0;
	return NOLIST_HIGH_RST;
}

/* A segment that acknowledges a number that we have not sent. */
static __always_inline enum nolist_verdict high_refuse(const struct nolist_config *conf,
						       struct pkt *p, struct reply *r)
{
	if (match_slot(conf, &p->saddr))
		return NOLIST_HIGH_BAD;
	p->events |= HIGH_BAD_ACK;
	return high_reset(p, r);
}

/*
 * The common segments of dialogues, without FIN: the handshake's last segment, and whole
 * lines in order. Returns the text that r answers; NULL: r and h are invalid, p is unchanged,
 * and the slow path must decide anew. Twin of high_dialogue(); prog/fuzz sends each segment
 * both ways.
 */
static __always_inline const struct nolist_reply *high_fast(struct xdp_md *ctx,
							     const struct nolist_config *conf,
							     struct pkt *p, struct reply *r,
							     struct high *h)
{
	__u32 verb = SMTP_SAYS(p->line), text = NOLIST_BANNER;
	__u32 state = h->total / 2 & (NOLIST_STATES - 1);
	const struct nolist_reply *row;
	bool is_greeting;

	if (h->ahead || h->parse != SMTP_START)
		return NULL;
	is_greeting = !h->total || high_is_teased(conf, h);
	if (!is_greeting) {
		/* State CLOSED needs no test: it has no texts. */
		if (!p->line || verb >= NOLIST_V_NOT_SMTP || h->total >= NOLIST_TOTAL_MAX ||
		    h->total & 1)
			return NULL;
		text = NOLIST_REPLY(0, state, high_column(ctx, conf, p, h, verb, p->line));
	} else if (h->data) {
		return NULL;
	} else if (h->total) {
		text = NOLIST_BANNER_END;
	}
	h->is_fin = false;
	r->seq = p->ack;
	r->window = bpf_htons(HIGH_WINDOW);
	row = high_say(conf, p, r, h, text, h->seq + h->data);
	if (!row)
		return NULL;
	if (p->ts_at)
		p->events = HIGH_STRONG;
	if (!is_greeting)
		p->events |= high_shown(conf, p, h, row, verb, verb);
	return row;
}

/*
 * The same for the end: a FIN without data that acknowledges our own FIN. True: r is the
 * answer. Twin of high_dialogue(), too.
 */
static __always_inline bool high_fast_fin(const struct pkt *p, struct reply *r,
					  const struct high *h)
{
	if (h->ahead || h->data || !(h->total & 1))
		return false;
	r->seq = p->ack;
	r->window = bpf_htons(HIGH_WINDOW);
	high_acknowledge(p, r, h, 0, h->seq + 1, SMTP_START);
	return true;
}

/*
 * Decides about a segment to a high fake, and fills r if it is to be answered; also for a listed
 * source at the real MX, where what is not of a dialogue of ours is the kernel's:
 * NOLIST_PASS_REAL. A function of its own for the verifier, which then walks it once.
 */
__noinline int high(struct xdp_md *ctx, const struct nolist_config *conf, struct pkt *p,
		    struct reply *r)
{
	struct high h;
	bool is_real;
	__u8 flags;

	if (!conf || !p || !r)
		return NOLIST_HIGH_SILENT;
	is_real = p->role == NOLIST_REAL;
	flags = p->flags;
	clock_ns();
	if ((flags & (TCP_SYN | TCP_FIN | TCP_ACK)) == TCP_SYN)
		return high_syn(conf, p, r, false);
	if (!(flags & TCP_ACK))
		return is_real ? NOLIST_PASS_REAL : NOLIST_HIGH_SILENT;
	/* SYN,ACK without a split handshake: no attempt to guess our number, so none is counted. */
	if (flags & TCP_SYN && !high_is_split(conf, p))
		return is_real ? NOLIST_PASS_REAL : high_reset(p, r);
	if (high_recognize(p, &h))
		return high_dialogue(ctx, conf, p, r, &h);
	return is_real ? NOLIST_PASS_REAL : high_refuse(conf, p, r);
}

#endif
