/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the high fake: is this RCPT for a domain of ours? The address is read from its
 * end, so whoever owns a name owns what is compared: no mistake about where the address begins
 * can make somebody else's domain ours. What cannot be read is not ours: its 450 costs
 * evidence, never mail. Nothing of the name is stored.
 *
 * The table has keyed hashes of names (abi.h, struct nolist_domain_line). The closest entry
 * decides: that of the name itself, then that of its parent, then that of the parent's parent.
 */
#ifndef NOLIST_DOMAIN_H
#define NOLIST_DOMAIN_H

#define DOMAIN_PATH 8    /* where the address begins: behind "RCPT TO:" */
#define DOMAIN_WINDOW 64 /* bytes that are read: '@' and the longest name */

#define DOMAIN_BYTES(c) (0x0101010101010101ull * (c))

/* Top bits of the bytes that are zero; only the lowest one is exact. */
static __always_inline __u64 domain_zero(__u64 w)
{
	return (w - DOMAIN_BYTES(0x01)) & ~w & DOMAIN_BYTES(0x80);
}

/* The same, each of them exact. */
static __always_inline __u64 domain_zeros(__u64 w)
{
	return ~(((w & DOMAIN_BYTES(0x7f)) + DOMAIN_BYTES(0x7f)) | w) & DOMAIN_BYTES(0x80);
}

/* Top bits of the bytes that are blanks or less; only the lowest one is exact. */
static __always_inline __u64 domain_blank(__u64 w)
{
	return (w - DOMAIN_BYTES(0x21)) & ~w & DOMAIN_BYTES(0x80);
}

#define DOMAIN_QUOTE (1 << 16)

/*
 * How many bytes at offset off are before the first blank or line end, among left ones of a
 * line; with DOMAIN_QUOTE if there seems to be a '"' near them. 0: there is no such byte. A
 * function of its own for the verifier.
 */
__noinline int domain_stop(struct xdp_md *ctx, __u32 off, __u32 left)
{
	void *end = (void *)(long)ctx->data_end;
	void *at = (void *)(long)ctx->data;
	__u64 w, blank, quote = 0;
	__u32 i;

	if (off > 511 || left > SMTP_LINE_MAX)
		return 0;
	barrier_var(off);
	at += off;
	barrier_var(at);
#pragma unroll
	for (i = 0; i < SMTP_LINE_MAX; i += 8) {
		if (at + i + 8 > end)
			break;
		w = *(__u64 *)(at + i);
		quote |= domain_zero(w ^ DOMAIN_BYTES('"'));
		blank = domain_blank(w);
		if (blank)
			goto found;
	}
	if (i >= left || i >= SMTP_LINE_MAX || !smtp_tail(ctx, off + left, (left - i) & 7, &w))
		return 0;
	quote |= domain_zero(w ^ DOMAIN_BYTES('"'));
	blank = domain_blank(w);
	if (!blank)
		return 0;
found:
	i += smtp_lf_at(blank);
	return i < left ? (int)(quote ? i | DOMAIN_QUOTE : i) : 0;
}

/*
 * The address ends with the byte before offset "to": where does its domain end? is_open: it
 * begins with '<', or may do so; then it ends with '>'.
 */
static __always_inline int domain_cut(struct xdp_md *ctx, __u32 to, bool is_open)
{
	const __u8 *last;

	to -= 2;
	barrier_var(to);
	last = (void *)(long)ctx->data + (to & 1023);
	if ((void *)(last + 2) > (void *)(long)ctx->data_end)
		return 0;
	if (last[1] == '>')
		return last[0] == '.' ? to : to + 1;
	if (is_open)
		return 0;
	return last[1] == '.' ? to + 1 : to + 2;
}

#define DOMAIN_QUICK 63 /* bytes of an address that are looked at without a call */

/* Eight bytes at an offset that the compiler, but not the verifier, knows to be small. */
static __always_inline bool domain_eight(struct xdp_md *ctx, __u32 off, __u64 *word)
{
	void *at;

	barrier_var(off);
	at = (void *)(long)ctx->data + (off & 1023);
	if (at + 8 > (void *)(long)ctx->data_end)
		return false;
	*word = *(__u64 *)at;
	return true;
}

/*
 * domain_end() for nearly all whole lines: the address ends with '>' at the end of the line, and
 * no blank is in it. 0: it is another line. Twin of domain_end(); unit/domain compares both.
 */
static __always_inline int domain_quick_here(struct xdp_md *ctx, __u32 off, __u32 line)
{
	void *at, *end = (void *)(long)ctx->data_end;
	__u32 size = line - DOMAIN_PATH - 3; /* of the address, up to '>' */
	__u64 last, blank;

	if (off > 256 || off < PARSE_LEAST || line > SMTP_LINE_MAX || line < DOMAIN_PATH + 8)
		return 0;
	off += DOMAIN_PATH;
	if (!domain_eight(ctx, off + line - DOMAIN_PATH - 8, &last))
		return 0;
	if (last >> 48 == ('>' | '\n' << 8))
		size++;
	else if (last >> 40 != ('>' | '\r' << 8 | '\n' << 16))
		return 0;
	if (size < 8 || size > DOMAIN_QUICK || !domain_eight(ctx, off + size - 8, &last))
		return 0;
	/* The last eight bytes of it; before them are whole words of eight. */
	blank = domain_blank(last);
	barrier_var(off);
	at = (void *)(long)ctx->data + (off & 511);
	if (size & 32) {
		if (at + 32 > end)
			return 0;
		blank |= domain_blank(((__u64 *)at)[0]) | domain_blank(((__u64 *)at)[1]) |
			 domain_blank(((__u64 *)at)[2]) | domain_blank(((__u64 *)at)[3]);
		at += 32;
	}
	if (size & 16) {
		if (at + 16 > end)
			return 0;
		blank |= domain_blank(((__u64 *)at)[0]) | domain_blank(((__u64 *)at)[1]);
		at += 16;
	}
	if (size & 8) {
		if (at + 8 > end)
			return 0;
		blank |= domain_blank(((__u64 *)at)[0]);
	}
	if (blank)
		return 0;
	return off + size - (last >> 56 == '.');
}

/* A function of its own for the verifier. */
__noinline int domain_quick(struct xdp_md *ctx, __u32 off, __u32 line)
{
	return domain_quick_here(ctx, off, line);
}

/*
 * Where the domain of a RCPT ends: an offset, or 0: it cannot be read. The line, or its last
 * piece, is at offset off and has "line" bytes with its LF; 0: its end has not come. parse: what
 * is known of the line from the segments before. A line in pieces must end with the domain and
 * '>', since its beginning is not known. A function of its own for the verifier.
 */
__noinline int domain_end(struct xdp_md *ctx, __u32 off, __u32 line, __u32 parse)
{
	__u32 from = 0, left, stop, to;
	const __u8 *at;
	bool is_open;

	if (off > 256 || off < PARSE_LEAST || line > SMTP_LINE_MAX)
		return 0;
	if (parse < SMTP_VERB)
		from = DOMAIN_PATH - smtp_prefix[parse].len;
	if (line < from + 2)
		return 0;
	off += from;
	left = line - from;
	barrier_var(off);
	at = (void *)(long)ctx->data + (off & 511);
	if ((void *)(at + 2) > (void *)(long)ctx->data_end)
		return 0;
	is_open = at[0] == '<';
	if (at[0] == ' ') {
		is_open = at[1] == '<';
		off++;
		left--;
	}
	stop = domain_stop(ctx, off, left);
	if (!(stop & (DOMAIN_QUOTE - 1)))
		return 0;
	/* Not at the line's end: parameters follow, or the blank is within quotes. */
	if (left - (stop & (DOMAIN_QUOTE - 1)) > 2 && (stop & DOMAIN_QUOTE || parse != SMTP_START))
		return 0;
	to = domain_cut(ctx, off + (stop & (DOMAIN_QUOTE - 1)), is_open || parse != SMTP_START);
	/* Never before the piece: there are headers. */
	return to > off ? to : 0;
}

/* The 64 bytes before offset "to"; NULL: there are none. */
static __always_inline const __u64 *domain_window(struct xdp_md *ctx, __u32 to)
{
	const __u64 *at;

	if (to < DOMAIN_WINDOW)
		return NULL;
	to -= DOMAIN_WINDOW;
	barrier_var(to);
	at = (void *)(long)ctx->data + (to & 1023);
	return (void *)(at + 8) > (void *)(long)ctx->data_end ? NULL : at;
}

/* Eight bytes of a name: its last one is the lowest, letters are small. */
static __always_inline __u64 domain_word(const __u64 *window, __u32 i)
{
	return bpf_be64_to_cpu(window[7 - i]) | DOMAIN_BYTES(0x20);
}

/* Bytes between the last '@' and offset "to", 1 to 63; 0: there is no such '@'. */
static __always_inline __u32 domain_len(const __u64 *window)
{
	__u64 at;
	__u32 i;

#pragma unroll
	for (i = 0; i < DOMAIN_WINDOW / 8; i++) {
		/* '@' with the bit that makes letters small */
		at = domain_zero(domain_word(window, i) ^ DOMAIN_BYTES('@' | 0x20));
		if (at)
			return 8 * i + smtp_lf_at(at);
	}
	return 0;
}

/*
 * SipHash-1-3 (Aumasson, Bernstein 2012) of the last len bytes of the window, read backwards in
 * small letters; len is less than DOMAIN_WINDOW.
 */
static __always_inline __u64 domain_hash(const struct nolist_config *conf, const __u64 *window,
					 __u32 len)
{
	__u64 a, b, c, d, w, last;
	__u32 i;

	COOKIE_START(a, b, c, d, &conf->domain_key);
	last = (__u64)len << 56;
#pragma unroll
	for (i = 0; i < DOMAIN_WINDOW / 8; i++) {
		w = domain_word(window, i);
		if (len < 8)
			break;
		len -= 8;
		d ^= w;
		COOKIE_ROUND(a, b, c, d);
		a ^= w;
	}
	last |= w & ((1ull << (8 * (len & 7))) - 1);
	d ^= last;
	COOKIE_ROUND(a, b, c, d);
	a ^= last;
	c ^= 0xff;
	COOKIE_ROUND(a, b, c, d);
	COOKIE_ROUND(a, b, c, d);
	COOKIE_ROUND(a, b, c, d);
	return a ^ b ^ c ^ d;
}

/*
 * Of a name of len bytes before offset "to": bytes behind its first dot, and behind its second
 * one << 8; 0: there is none. A function of its own for the verifier.
 */
__noinline int domain_parents(struct xdp_md *ctx, __u32 to, __u32 len)
{
	const __u64 *window = domain_window(ctx, to);
	__u32 first = 0, second = 0, i;
	__u64 dots;

	if (!window)
		return 0;
#pragma unroll
	for (i = 0; i < DOMAIN_WINDOW / 8; i++) {
		if (len <= 8 * i)
			break;
		/* In memory's order, unlike domain_word(): the first dot is the lowest. */
		dots = domain_zeros(window[7 - i] ^ DOMAIN_BYTES('.'));
		if (len < 8 * i + 8)
			dots &= ~0ull << (8 * (8 * i + 8 - len));
		if (!dots)
			continue;
		second = first;
		first = 8 * i + 7 - smtp_lf_at(dots);
		dots &= dots - 1;
		if (dots)
			second = 8 * i + 7 - smtp_lf_at(dots);
	}
	return first | second << 8;
}

/* The entry of a hash, its NOLIST_DOMAIN_... bits; 0: it has none. */
static __always_inline __u32 domain_find(const struct nolist_config *conf, __u64 hash)
{
	struct nolist_domain_line *line;
	__u32 slot, at, i, n;
	void *table;

	slot = conf->domains - 1;
	table = bpf_map_lookup_elem(&nolist_domains, &slot);
	if (!table)
		return 0;
	hash &= ~(__u64)NOLIST_DOMAIN_BITS;
#pragma unroll
	for (n = 0; n < NOLIST_DOMAIN_PROBES; n++) {
		at = (nolist_domain_line_of(hash) + n) & conf->domain_mask;
		line = bpf_map_lookup_elem(table, &at);
		if (!line)
			return 0;
#pragma unroll
		for (i = 0; i < NOLIST_DOMAIN_ENTRIES; i++)
			if ((line->entry[i] ^ hash) <= NOLIST_DOMAIN_BITS)
				return line->entry[i] & NOLIST_DOMAIN_BITS;
		/* User space takes the first free place. */
		if (!line->entry[NOLIST_DOMAIN_ENTRIES - 1])
			break;
	}
	return 0;
}

/* The entry of a name of len bytes before offset "to". A function of its own for the verifier. */
__noinline int domain_entry(struct xdp_md *ctx, const struct nolist_config *conf, __u32 to,
			    __u32 len)
{
	const __u64 *window = domain_window(ctx, to);

	return conf && window ? domain_find(conf, domain_hash(conf, window, len & 63)) : 0;
}

#define DOMAIN_BELOW(len) ((len) << 8) /* a name of len bytes: its parents decide */

/*
 * The column of the reply to a RCPT whose domain ends at offset "to" (0: it cannot be read), at
 * most max bytes behind the address's beginning: NOLIST_V_RCPT if it is ours, else
 * NOLIST_SAY_ELSEWHERE; or a DOMAIN_BELOW(). A function of its own for the verifier, which then
 * knows nothing of the result.
 */
__noinline int domain_column(struct xdp_md *ctx, const struct nolist_config *conf, __u32 to,
			     __u32 max)
{
	const __u64 *window = domain_window(ctx, to);
	__u32 len, kind;

	if (!conf || !window)
		return NOLIST_SAY_ELSEWHERE;
	len = domain_len(window);
	if (!len || len >= max)
		return NOLIST_SAY_ELSEWHERE;
	kind = domain_find(conf, domain_hash(conf, window, len));
	if (!kind && conf->domain_below)
		return DOMAIN_BELOW(len);
	return kind & NOLIST_DOMAIN_ITSELF ? NOLIST_V_RCPT : NOLIST_SAY_ELSEWHERE;
}

/*
 * The same by the parents of a name of len bytes. Not called by domain_column(), so that the
 * chain of calls needs less stack.
 */
__noinline int domain_below(struct xdp_md *ctx, const struct nolist_config *conf, __u32 to,
			    __u32 len)
{
	__u32 parents = domain_parents(ctx, to, len), kind = 0;

	if (!conf)
		return NOLIST_SAY_ELSEWHERE;
	if (parents & 63)
		kind = domain_entry(ctx, conf, to, parents & 63);
	if (parents >> 8 && !kind)
		kind = domain_entry(ctx, conf, to, parents >> 8);
	return kind & NOLIST_DOMAIN_BELOW ? NOLIST_V_RCPT : NOLIST_SAY_ELSEWHERE;
}

#endif
