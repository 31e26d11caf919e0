/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the high fake: what does this piece of a line say? Reads the client's
 * bytes and stores none. What is known of a line so far fits in seven bits, a
 * "parse": nothing, the first one to three letters of a verb, or a verb and how
 * much of its line has come.
 */
#ifndef NOLIST_SMTP_H
#define NOLIST_SMTP_H

#define SMTP_LINE_MAX 512 /* with CR LF (RFC 5321 4.5.3.1.4) */
#define SMTP_FAST_MIN 6   /* bytes: DATA and CR LF */
#define SMTP_FAST_MAX 63  /* bytes */
#define SMTP_BUCKET 64    /* bytes: the unit in which a parse holds the length of a line */

/* A parse: 0, a prefix's number, or SMTP_VERB + verb + NOLIST_VERBS * buckets. */
#define SMTP_START 0
#define SMTP_VERB 33
#define SMTP_PARSES 128
#define SMTP_BUCKETS ((SMTP_PARSES - SMTP_VERB) / NOLIST_VERBS)

#define W4(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Beginnings of verbs that may come in a segment of their own, by their number as a parse. */
static const struct {
	__u32 word;
	__u32 len;
} smtp_prefix[SMTP_VERB] = {
	{ 0, 0 },
	{ 'E', 1 },           { W4(0, 0, 'E', 'H'), 2 }, { W4(0, 'E', 'H', 'L'), 3 },
	{ 'H', 1 },           { W4(0, 0, 'H', 'E'), 2 }, { W4(0, 'H', 'E', 'L'), 3 },
	{ 'M', 1 },           { W4(0, 0, 'M', 'A'), 2 }, { W4(0, 'M', 'A', 'I'), 3 },
	{ 'R', 1 },           { W4(0, 0, 'R', 'C'), 2 }, { W4(0, 'R', 'C', 'P'), 3 },
	{ W4(0, 0, 'R', 'S'), 2 },                       { W4(0, 'R', 'S', 'E'), 3 },
	{ 'D', 1 },           { W4(0, 0, 'D', 'A'), 2 }, { W4(0, 'D', 'A', 'T'), 3 },
	{ 'B', 1 },           { W4(0, 0, 'B', 'D'), 2 }, { W4(0, 'B', 'D', 'A'), 3 },
	{ 'N', 1 },           { W4(0, 0, 'N', 'O'), 2 }, { W4(0, 'N', 'O', 'O'), 3 },
	{ 'V', 1 },           { W4(0, 0, 'V', 'R'), 2 }, { W4(0, 'V', 'R', 'F'), 3 },
	{ 'Q', 1 },           { W4(0, 0, 'Q', 'U'), 2 }, { W4(0, 'Q', 'U', 'I'), 3 },
	{ 'S', 1 },           { W4(0, 0, 'S', 'T'), 2 }, { W4(0, 'S', 'T', 'A'), 3 },
};

/*
 * The result of a scan, packed: bytes of the line including its LF, or 0 (no LF yet); verb;
 * parse; SMTP_NAMED if the bytes name a verb of the table; and, from smtp_fast() only, the
 * sum of all bytes as csum.h takes it.
 */
#define SMTP_SCAN(line, verb, parse) ((line) | (verb) << 10 | (__u64)(parse) << 14)
#define SMTP_LINE(r) ((__u32)(r) & 1023)
#define SMTP_SAYS(r) ((__u32)(r) >> 10 & 15)
#define SMTP_PARSE(r) ((__u32)(r) >> 14 & 127)
#define SMTP_NAMED (1u << 21)
#define SMTP_SUM_SHIFT 22

/*
 * A text of the configuration, or NULL. Linux 6.1 loses the bounds of a number that
 * was composed by shifts, and of one that was spilled to the stack, so comparison and
 * use are kept next to each other.
 */
static __always_inline const struct nolist_reply *smtp_reply(const struct nolist_config *conf,
							     __u32 text)
{
	const struct nolist_reply *row;

	barrier_var(text);
	if (text >= NOLIST_REPLIES)
		return NULL;
	row = &conf->smtp.reply[text];
	barrier_var(row);
	return row;
}

/*
 * Verbs by their word's place. A table and not a switch: a verb that is read from memory is one
 * number to the verifier, which would walk all that follows anew for each constant. What is not
 * set says NOLIST_V_UNKNOWN.
 */
#define SMTP_PLACES 32
#define SMTP_PLACE(word) ((word) * 0xcb5dd811u >> 27) /* no two words have the same */
#define SMTP_WORD(a, b, c, d, verb) [SMTP_PLACE(W4(a, b, c, d))] = { W4(a, b, c, d), verb }

static const struct {
	__u32 word;
	__u32 verb;
} smtp_verbs[SMTP_PLACES] = {
	SMTP_WORD('E', 'H', 'L', 'O', NOLIST_V_GREET),
	SMTP_WORD('H', 'E', 'L', 'O', NOLIST_V_GREET),
	SMTP_WORD('M', 'A', 'I', 'L', NOLIST_V_MAIL),
	SMTP_WORD('R', 'C', 'P', 'T', NOLIST_V_RCPT),
	SMTP_WORD('D', 'A', 'T', 'A', NOLIST_V_DATA),
	SMTP_WORD('B', 'D', 'A', 'T', NOLIST_V_DATA),
	SMTP_WORD('R', 'S', 'E', 'T', NOLIST_V_RSET),
	SMTP_WORD('N', 'O', 'O', 'P', NOLIST_V_NOOP),
	SMTP_WORD('V', 'R', 'F', 'Y', NOLIST_V_VRFY),
	SMTP_WORD('H', 'E', 'L', 'P', NOLIST_V_HELP),
	SMTP_WORD('Q', 'U', 'I', 'T', NOLIST_V_QUIT),
	SMTP_WORD('S', 'T', 'A', 'R', NOLIST_V_STARTTLS),
	SMTP_WORD('G', 'E', 'T', ' ', NOLIST_V_NOT_SMTP),
	SMTP_WORD('P', 'O', 'S', 'T', NOLIST_V_NOT_SMTP),
	SMTP_WORD('P', 'U', 'T', ' ', NOLIST_V_NOT_SMTP),
	SMTP_WORD('H', 'E', 'A', 'D', NOLIST_V_NOT_SMTP),
	SMTP_WORD('C', 'O', 'N', 'N', NOLIST_V_NOT_SMTP),
	SMTP_WORD('O', 'P', 'T', 'I', NOLIST_V_NOT_SMTP),
	SMTP_WORD('P', 'R', 'I', ' ', NOLIST_V_NOT_SMTP),
};

static __always_inline __u32 smtp_word_verb(__u32 word)
{
	__u32 at = SMTP_PLACE(word);

	return smtp_verbs[at].word == word ? smtp_verbs[at].verb & 15 : NOLIST_V_UNKNOWN;
}

/* For 8 bytes in memory order: the top bit of the first LF, perhaps with bits above it; or 0. */
static __always_inline __u64 smtp_lf(__u64 w)
{
	w ^= 0x0a0a0a0a0a0a0a0aull;
	return (w - 0x0101010101010101ull) & ~w & 0x8080808080808080ull;
}

/* Index of that first LF among the eight bytes: 0 to 7. w: a result of smtp_lf(), not 0. */
static __always_inline __u32 smtp_lf_at(__u64 w)
{
	/* The lowest bit is exact. The multiplication moves the byte with its index to the top. */
	return ((w & -w) >> 7) * 0x0001020304050607ull >> 56;
}

/*
 * Reads the last one to seven bytes before offset "to" into the low bytes of *last, with
 * zeros above. One read of eight bytes does it: the bytes before them are shifted out.
 */
static __always_inline bool smtp_tail(struct xdp_md *ctx, __u32 to, __u32 bytes, __u64 *last)
{
	__u32 from = to - 8;
	void *at;

	/* The compiler may know that this is small; the verifier does not. */
	barrier_var(from);
	at = (void *)(long)ctx->data + (from & 2047);
	if (at + 8 > (void *)(long)ctx->data_end)
		return false;
	*last = *(__u64 *)at >> (64 - 8 * bytes);
	return true;
}

/*
 * Length of the line at offset off, including its LF; 0: there is no LF among the len bytes,
 * or not among the first SMTP_LINE_MAX. A function of its own for the verifier.
 */
__noinline int smtp_line(struct xdp_md *ctx, __u32 off, __u32 len)
{
	void *end = (void *)(long)ctx->data_end;
	void *at = (void *)(long)ctx->data;
	__u64 lf, last;
	__u32 i;

	if (off > 256 || len > CSUM_MAX)
		return 0;
	barrier_var(off); /* else Linux 6.1 forgets the bounds of what was spilled to the stack */
	at += off;
	barrier_var(at);
	/* Up to the frame's end, which mostly is the segment's: this saves a comparison. */
#pragma unroll
	for (i = 0; i < SMTP_LINE_MAX; i += 8) {
		if (at + i + 8 > end)
			break;
		lf = smtp_lf(*(__u64 *)(at + i));
		if (lf)
			goto found;
	}
	if (i >= len || i >= SMTP_LINE_MAX || !smtp_tail(ctx, off + len, (len - i) & 7, &last))
		return 0;
	lf = smtp_lf(last);
	if (!lf)
		return 0;
found:
	i += smtp_lf_at(lf) + 1;
	return i <= len ? i : 0;
}

/* Has a top bit set if one of the eight bytes is LF or less, or is above 0x8a. */
#define SMTP_LESS_VT(w) ((w) - 0x0b0b0b0b0b0b0b0bull)

/* Sums the eight bytes of word i at w, and collects their SMTP_LESS_VT() in low. */
#define SMTP_TAKE(w, i, low, sum)                                                                  \
	do {                                                                                       \
		low |= SMTP_LESS_VT(((__u64 *)(w))[i]);                                            \
		barrier_var(w); /* else clang reads the eight bytes once, and splits them */       \
		sum += ((__u32 *)(w))[2 * (i)];                                                    \
		sum += ((__u32 *)(w))[2 * (i) + 1];                                                \
	} while (0)

/*
 * For nearly all segments: one whole line of few bytes, whose verb no letter follows.
 * Returns what smtp_scan() does, with the sum of the bytes, so that they are read once; or 0:
 * smtp_read() is needed. Twin of smtp_read() for such lines; unit/smtp and prog/fuzz compare
 * them.
 */
static __always_inline __u64 smtp_fast_here(struct xdp_md *ctx, __u32 off, __u32 len)
{
	void *end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data, *at;
	__u32 verb, from = off + len - 8, before = len - 1;
	__u64 last, low, sum;

	if (len < SMTP_FAST_MIN || len > SMTP_FAST_MAX || off < PARSE_LEAST)
		return 0;
	barrier_var(off);
	at = data + (off & 255);
	if (at + SMTP_FAST_MIN > end)
		return 0;
	verb = smtp_word_verb(bpf_ntohl(*(__be32 *)at) & ~W4(' ', ' ', ' ', ' '));
	if (verb == NOLIST_V_UNKNOWN || *(__u8 *)(at + 4) > ' ')
		return 0;
	barrier_var(from);
	data += from & 511;
	if (data + 8 > end)
		return 0;
	last = *(__u64 *)data;
	if (last >> 56 != '\n')
		return 0;
	/* The last one to eight bytes; before them are whole words of eight. */
	sum = last >> (56 - 8 * (before & 7));
	sum = (__u32)sum + (sum >> 32);
	last ^= (__u64)('\n' ^ ' ') << 56;
	/* Blanks replace the bytes before the line. */
	if (len < 8)
		last = (last >> (64 - 8 * len) << (64 - 8 * len)) |
		       0x2020202020202020ull >> (8 * len);
	low = SMTP_LESS_VT(last);
	if (before & 32) {
		if (at + 32 > end)
			return 0;
		SMTP_TAKE(at, 0, low, sum);
		SMTP_TAKE(at, 1, low, sum);
		SMTP_TAKE(at, 2, low, sum);
		SMTP_TAKE(at, 3, low, sum);
		at += 32;
	}
	if (before & 16) {
		if (at + 16 > end)
			return 0;
		SMTP_TAKE(at, 0, low, sum);
		SMTP_TAKE(at, 1, low, sum);
		at += 16;
	}
	if (before & 8) {
		if (at + 8 > end)
			return 0;
		SMTP_TAKE(at, 0, low, sum);
	}
	if (low & 0x8080808080808080ull)
		return 0;
	return sum << SMTP_SUM_SHIFT | SMTP_NAMED | SMTP_SCAN(len, verb, 0);
}

/* A function of its own for the verifier, and so that registers of smtp_read() are not in its way. */
__noinline __u64 smtp_fast(struct xdp_md *ctx, __u32 off, __u32 len)
{
	return smtp_fast_here(ctx, off, len);
}

/* As smtp_scan(), for any piece of a line. A function of its own for the verifier. */
__noinline __u64 smtp_read(struct xdp_md *ctx, __u32 off, __u32 len, __u32 parse)
{
	void *end = (void *)(long)ctx->data_end;
	void *at = (void *)(long)ctx->data;
	__u32 verb = NOLIST_V_UNKNOWN, word, have, line, i, bucket = 0, named = 0;
	if (off > 256 || !len || len > CSUM_MAX || parse >= SMTP_PARSES)
		return SMTP_SCAN(0, NOLIST_V_NOT_SMTP, 0);
	line = smtp_line(ctx, off, len);
	at += off;
	if (parse >= SMTP_VERB) {
		verb = (parse - SMTP_VERB) % NOLIST_VERBS;
		bucket = (parse - SMTP_VERB) / NOLIST_VERBS;
		named = SMTP_NAMED;
	} else {
		word = smtp_prefix[parse].word;
		have = smtp_prefix[parse].len;
		for (i = 0; i < 4; i++) {
			__u8 c;

			if (have >= 4 || i >= len || at + i + 1 > end)
				break;
			c = *(__u8 *)(at + i);
			if (c == '\r' || c == '\n') {
				have = 4; /* too short for any verb, whatever follows */
				break;
			}
			if ((c < ' ' && c != '\t') || c > '~')
				return SMTP_SCAN(line, NOLIST_V_NOT_SMTP, 0) | SMTP_NAMED;
			if (c >= 'a' && c <= 'z')
				c -= 'a' - 'A';
			word = word << 8 | c;
			have++;
		}
		if (have >= 4) {
			verb = smtp_word_verb(word);
			/* "mail@" is no verb: it may be the rest of a line. */
			if (verb < NOLIST_V_STARTTLS && i < len && at + i + 1 <= end &&
			    *(__u8 *)(at + i) > ' ')
				verb = NOLIST_V_UNKNOWN;
			named = verb != NOLIST_V_UNKNOWN ? SMTP_NAMED : 0;
		} else if (!line) {
			for (i = 1; i < SMTP_VERB; i++)
				if (smtp_prefix[i].word == word && smtp_prefix[i].len == have)
					return SMTP_SCAN(0, 0, i);
		}
	}
	bucket += len / SMTP_BUCKET;
	if (verb == NOLIST_V_NOT_SMTP || (!line && bucket >= SMTP_BUCKETS))
		return SMTP_SCAN(line, NOLIST_V_NOT_SMTP, 0) | SMTP_NAMED;
	if (line)
		return SMTP_SCAN(line, verb, 0) | named;
	return SMTP_SCAN(0, verb, SMTP_VERB + verb + NOLIST_VERBS * bucket) | named;
}

/*
 * Scans len bytes at offset off. parse: what is known of their line from the segments before;
 * fast: what smtp_fast() returned for them. Returns an SMTP_SCAN().
 */
static __always_inline __u64 smtp_scan(struct xdp_md *ctx, __u32 off, __u32 len, __u32 parse,
				       __u64 fast)
{
	return fast && parse == SMTP_START ? fast : smtp_read(ctx, off, len, parse);
}

#endif
