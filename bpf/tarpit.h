/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the room of the real MX and of room 4 of a high fake: holds a client that has many
 * offences, without a state of its own and without a timer. The greeting closes our window, so
 * that the client cannot send what it has to say and asks from time to time whether it may: each
 * such probe gets one more line of a reply that does not end, and the last one gets the tempfail.
 *
 *   our first sequence number = a keyed hash + RCV.NXT
 *
 * We acknowledge nothing, so RCV.NXT stays the client's first number plus 1, and
 * SEG.ACK - 1 - hash - SEG.SEQ is how many bytes of ours it has, "total". All texts have an even
 * length. A probe as Linux sends it, one number too low, is therefore odd.
 *
 * It cannot talk to itself, whatever the numbers are: it answers SYNs, acknowledgements of the
 * handshake whose window has room for the greeting, and probes, which have at most one byte of
 * data, and room for a line. What it sends is SYN,ACK; or has two bytes of data at least and a
 * window of 0; or a reset.
 */
#ifndef NOLIST_TARPIT_H
#define NOLIST_TARPIT_H

#define TARPIT_WINDOW 5 /* until the greeting: some systems give up on a window of 0 */
#define TARPIT_SLOT (1ull << 22) /* a bit that the slots of dialogues do not have */
#define TARPIT_SPARED 3 /* at a high fake one connection in 2^3 is not held */

/* The hash of a connection, from a slot of the clock. Nobody else can make it up. */
static __always_inline __u64 tarpit_hash(const struct pkt *p, __u64 slot)
{
	return high_hash(p, ((slot & (TARPIT_SLOT - 1)) | TARPIT_SLOT) << 33 |
				    (__u32)p->sport << 16 | p->dport, false);
}

/*
 * A later segment, which is timed by the client. No timestamps were agreed on, so those that a
 * text has are not looked at; but they let Linux count the probes anew with each of them.
 */
static __always_inline void tarpit_begin(const struct pkt *p, struct reply *r, __u32 rcv_nxt)
{
	r->seq = p->ack;
	r->ack = bpf_htonl(rcv_nxt);
	r->window = 0;
}

/* After clock_ns(). */
static __always_inline int tarpit_syn(const struct pkt *p, struct reply *r)
{
	__u64 hash = tarpit_hash(p, clock_slot());
	__u32 rcv_nxt = bpf_ntohl(p->seq) + 1;

	if (p->role == NOLIST_HIGH && !(hash >> (64 - TARPIT_SPARED)))
		return NOLIST_UNDECIDED;
	r->seq = bpf_htonl((__u32)hash + rcv_nxt);
	r->ack = bpf_htonl(rcv_nxt);
	r->window = bpf_htons(TARPIT_WINDOW);
	r->flags = TCP_SYN | TCP_ACK;
	/* Never longer than the SYN, as in high_syn(). */
	if (p->doff >= sizeof(struct tcphdr) + REPLY_MSS)
		r->options = REPLY_MSS;
	return NOLIST_TARPIT_SYN_ACK;
}

/* Says a text, if the client has room for it; else nothing: its window is 0 where ours is. */
static __always_inline int tarpit_say(const struct nolist_config *said, const struct pkt *p,
				      struct reply *r, __u32 text, enum nolist_verdict verdict)
{
	const struct nolist_reply *row = smtp_reply(said, text);

	if (!row || !row->len || bpf_ntohs(p->window) < row->len)
		return NOLIST_TARPIT_SILENT;
	r->flags = TCP_ACK | TCP_PSH;
	if (row->does & NOLIST_SAYS_BYE)
		r->flags |= TCP_FIN;
	r->options = REPLY_TS;
	r->text = text;
	r->text_len = row->len;
	return verdict;
}

/* Which line of the reply is due, by what the client has: 0 to lines; -1: it has part of one. */
static __always_inline int tarpit_line(const struct nolist_smtp *smtp, __u32 total)
{
	__u32 banner = smtp->reply[NOLIST_TARPIT_GREETING].len, len = smtp->reply[NOLIST_TARPIT_MORE].len;
	__u32 lines;

	if (total < banner || !len)
		return -1;
	lines = (total - banner) / len;
	return lines <= smtp->tarpit_lines && banner + lines * len == total ? (int)lines : -1;
}

/* Of a segment that is of ours; odd: its number is one too low. */
static __always_inline int tarpit_answer(const struct nolist_config *said, const struct pkt *p,
					 struct reply *r, __u32 total, bool is_odd)
{
	__u32 data = p->l4_len - p->doff;
	int line;

	if (!total)
		return tarpit_say(said, p, r, NOLIST_TARPIT_GREETING, NOLIST_TARPIT_BANNER);
	if (data > 1 || (!is_odd && !data))
		return NOLIST_TARPIT_SILENT;
	line = tarpit_line(&said->smtp, total);
	if (line < 0)
		return NOLIST_TARPIT_SILENT;
	if ((__u32)line < said->smtp.tarpit_lines)
		return tarpit_say(said, p, r, NOLIST_TARPIT_MORE, NOLIST_TARPIT_LINE);
	return tarpit_say(said, p, r, NOLIST_TARPIT_LAST, NOLIST_TARPIT_END);
}

/* All bytes of ours, with the FIN. */
static __always_inline __u32 tarpit_all(const struct nolist_smtp *smtp)
{
	if (!smtp->tarpit_lines)
		return 0;
	return smtp->reply[NOLIST_TARPIT_GREETING].len +
	       smtp->tarpit_lines * smtp->reply[NOLIST_TARPIT_MORE].len +
	       smtp->reply[NOLIST_TARPIT_LAST].len + 1;
}

/*
 * Decides about a segment of a client that is to be held, as high() does, and fills r if it is to
 * be answered. NOLIST_UNDECIDED: it is of none that is held. A function of its own for the verifier.
 */
__noinline int tarpit(const struct nolist_config *said, const struct pkt *p, struct reply *r)
{
	__u32 seq, got, all;

	if (!said || !p || !r)
		return NOLIST_UNDECIDED;
	clock_ns();
	if ((p->flags & (TCP_SYN | TCP_FIN | TCP_ACK)) == TCP_SYN)
		return tarpit_syn(p, r);
	if ((p->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK)
		return NOLIST_UNDECIDED;
	seq = bpf_ntohl(p->seq);
	all = tarpit_all(&said->smtp);
	got = bpf_ntohl(p->ack) - 1 - seq - (__u32)tarpit_hash(p, clock_slot());
	if (got > all + 1)
		got = bpf_ntohl(p->ack) - 1 - seq - (__u32)tarpit_hash(p, clock_other_slot());
	if (got > all + 1)
		return NOLIST_UNDECIDED;
	tarpit_begin(p, r, seq + (got & 1));
	/* It leaves, or goes on after all was said: let go. */
	if (p->flags & TCP_FIN || (all && (got > all || (got == all && p->l4_len > p->doff)))) {
		decide_reset(r, p->flags, p->seq, p->ack, 0);
		return NOLIST_TARPIT_RST;
	}
	if (got >= all)
		return NOLIST_TARPIT_SILENT;
	return tarpit_answer(said, p, r, got & ~1u, got & 1);
}

#endif
