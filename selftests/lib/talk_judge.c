// SPDX-License-Identifier: GPL-2.0-only
/* talk_judge.h: layer by layer: link and IP, options, TCP, text. */
#include "selftests/lib/talk_judge.h"

static uint32_t talk_get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Link and IP layer of an answer to f. Sets where TCP begins and ends. */
static const char *talk_judge_ip(const struct frame *f, const unsigned char *b, size_t len,
				 size_t *l4, size_t *end)
{
	const unsigned char *in = f->b + f->l3, *ip = b + f->l3;
	size_t i, size = frame_is_ip6(f) ? 40 : 20, at = frame_is_ip6(f) ? 8 : 12;
	size_t bytes = frame_is_ip6(f) ? 16 : 4;

	if (len < f->l3 + size + 20)
		return "a frame too short for its headers";
	if (memcmp(b, f->b + 6, 6) || memcmp(b + 6, f->b, 6))
		return "link addresses are not swapped";
	if (memcmp(b + 12, f->b + 12, f->l3 - 12))
		return "VLAN tags or type changed";
	if (memcmp(ip + at, in + at + bytes, bytes) || memcmp(ip + at + bytes, in + at, bytes))
		return "IP addresses are not swapped";
	*l4 = f->l3 + size;
	if (frame_is_ip6(f)) {
		if (ip[6] != IPPROTO_TCP || ip[7] < 32 || memcmp(ip, "\x6b\x80\0\0", 4))
			return "not a plain IPv6 header of this class";
		*end = *l4 + (ip[4] << 8 | ip[5]);
	} else {
		if (ip[0] != 0x45 || ip[1] != 0xb8 || ip[9] != IPPROTO_TCP || ip[8] < 32 ||
		    (ip[6] & 0x3f) || ip[7])
			return "not a plain IPv4 header of this class";
		if (frame_sum(ip, 20, 0) != 0xffff)
			return "a wrong IPv4 checksum";
		/* RFC 6864 4.1: what may be cut has an id; here it goes with the stream. */
		if (!(ip[6] & 0x40) && memcmp(ip + 4, ip + 20 + 6, 2))
			return "may be cut, and has not the id that it should";
		*end = f->l3 + (ip[2] << 8 | ip[3]);
	}
	if (*end < *l4 + 20 || *end > len || (len != *end && len != 60))
		return "the IP length does not fit the frame";
	for (i = *end; i < len; i++)
		if (b[i])
			return "padding that is not zero";
	return NULL;
}

/* RFC 9293 3.1, RFC 7323 3.2: MSS on a SYN and timestamps, nothing else. */
static const char *talk_judge_options(const unsigned char *o, size_t n, struct talk_got *g)
{
	size_t i = 0;

	while (i < n) {
		if (o[i] == 1) {
			i++;
			continue;
		}
		if (i + 2 > n || o[i + 1] < 2 || i + o[i + 1] > n)
			return "malformed TCP options";
		if (o[i] == 2 && o[i + 1] == 4)
			g->mss = o[i + 2] << 8 | o[i + 3];
		else if (o[i] == 8 && o[i + 1] == 10 && !g->has_ts) {
			g->has_ts = 1;
			g->tsval = talk_get32(o + i + 2);
			g->tsecr = talk_get32(o + i + 6);
		} else
			return "an option that was not agreed on";
		i += o[i + 1];
	}
	return NULL;
}

static const char *talk_judge_tcp(const struct frame *f, const unsigned char *b, size_t l4,
				  size_t end, struct talk_got *g)
{
	const unsigned char *tcp = b + l4;
	size_t header = (tcp[12] >> 4) * 4;

	if (frame_sum(tcp, end - l4, frame_pseudo_sum(b + f->l3, IPPROTO_TCP, end - l4)) != 0xffff)
		return "a wrong TCP checksum";
	if (memcmp(tcp, f->b + f->l4 + 2, 2) || memcmp(tcp + 2, f->b + f->l4, 2))
		return "ports are not swapped";
	if (header < 20 || l4 + header > end || tcp[12] & 15 || tcp[18] || tcp[19])
		return "a malformed TCP header";
	g->seq = talk_get32(tcp + 4);
	g->ack = talk_get32(tcp + 8);
	g->flags = tcp[13];
	g->window = tcp[14] << 8 | tcp[15];
	g->len = end - l4 - header;
	memcpy(g->text, b + l4 + header, g->len);
	return talk_judge_options(tcp + 20, header - 20, g);
}

static const char *talk_judge_text(const struct talk *t, const struct talk_seg *s,
				   const struct talk_got *g)
{
	size_t i;

	/* After a split handshake Linux scales its window: only zero is closed. */
	if (g->len > s->window && (!t->is_split || !s->window))
		return "text beyond the client's window";
	if (g->len < 6 || memcmp(g->text + g->len - 2, "\r\n", 2))
		return "text that is not one line";
	for (i = 0; i < g->len - 2; i++)
		if (g->text[i] < ' ' || g->text[i] > '~')
			return "text that is not printable";
	if (!strchr("24", g->text[0]))
		return "a reply that begins neither with 2 nor with 4";
	/* With timestamps it may be the rest of another line: the test knows. */
	if (!s->has_ts && s->len >= 4 && g->text[0] == '2' && strncmp(g->text, "220", 3) &&
	    (!strncasecmp(s->data, "DATA", 4) || !strncasecmp(s->data, "BDAT", 4)))
		return "DATA was not refused";
	return NULL;
}

/* Its source may be forged: what is sent there is not longer than what came. */
static const char *talk_judge_mss(const struct talk_got *g, const struct frame *f)
{
	unsigned int capacity = (f->b[f->l4 + 12] >> 4) * 4, ts = g->has_ts ? 12 : 0;

	if (capacity < 20 + ts)
		return "an answer to a SYN that is longer than it";
	if (capacity < 24 + ts)
		return g->mss ? "an answer to a SYN that is longer than it" : NULL;
	return g->mss < 536 ? "a SYN without MSS" : NULL;
}

static const char *talk_judge_syn(const struct talk *t, const struct talk_seg *s,
				  const struct talk_got *g, const struct frame *f)
{
	if ((s->flags & (FRAME_SYN | FRAME_ACK)) != FRAME_SYN)
		return "a SYN for something else";
	if (g->flags != (t->is_split ? FRAME_SYN : FRAME_SYN | FRAME_ACK))
		return "a SYN with other flags";
	if (g->ack != (t->is_split ? 0 : s->seq + 1) || g->len)
		return "a SYN of another connection, or with data";
	if (g->has_ts != s->has_ts || (g->has_ts && g->tsecr != (t->is_split ? 0 : s->tsval)))
		return "wrong timestamps on a SYN";
	return talk_judge_mss(g, f);
}

/* An acknowledgement must cover nothing that the server was not shown. */
static const char *talk_judge_ack(const struct talk *t, const struct talk_seg *s,
				  const struct talk_got *g)
{
	uint32_t end = s->seq + s->len + !!(s->flags & FRAME_FIN) + !!(s->flags & FRAME_SYN);

	if ((int32_t)(g->ack - t->sent_end) > 0)
		return "acknowledges what was never sent";
	if (t->has_ts && (int32_t)(g->ack - t->shown_end) > 0)
		return "acknowledges what was not received";
	if (!t->has_ts && (int32_t)(g->ack - end) > 0)
		return "acknowledges beyond the segment";
	return NULL;
}

const char *talk_judge(const struct talk *t, const struct talk_seg *s, const struct frame *f,
		       const unsigned char *b, size_t len, struct talk_got *g)
{
	const char *wrong;
	size_t l4, end;

	wrong = talk_judge_ip(f, b, len, &l4, &end);
	if (!wrong)
		wrong = talk_judge_tcp(f, b, l4, end, g);
	if (wrong)
		return wrong;
	if (s->flags & FRAME_RST)
		return "an answer to an RST";
	if (g->flags & FRAME_RST)
		return g->flags != FRAME_RST || !(s->flags & FRAME_ACK) || g->seq != s->ack ||
				       g->len || g->has_ts || g->mss
			       ? "not the RST that a closed port sends"
			       : NULL;
	if (g->flags & FRAME_SYN)
		return talk_judge_syn(t, s, g, f);
	if ((g->flags | FRAME_PSH | FRAME_FIN) != (FRAME_ACK | FRAME_PSH | FRAME_FIN))
		return "unexpected flags";
	if (g->seq != s->ack)
		return "does not go on where the client has acknowledged";
	if (g->has_ts != s->has_ts || (g->has_ts && g->tsecr != s->tsval) || g->mss)
		return "wrong timestamps or an MSS";
	wrong = t->is_liar ? NULL : talk_judge_ack(t, s, g);
	if (!wrong && g->len)
		wrong = talk_judge_text(t, s, g);
	return wrong;
}
