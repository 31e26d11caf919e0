// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet path along its dimensions: every flag byte, every length, every
 * place where a frame can be cut, every bit that can be flipped. A frame that
 * is cut or damaged is never answered: it passes as it came, or is dropped at a
 * high fake. Else the answer is the one wanted, to the byte.
 */
#include "selftests/lib/row.h"
#include "selftests/lib/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LINUX_SYN "\2\4\5\xb4\4\2\x8\xa\1\2\3\4\0\0\0\0\1\3\3\7"
#define WINDOWS_SYN "\2\4\5\xb4\1\3\3\x8\1\1\4\2"
#define UNSCALED_SYN "\2\4\5\xb4\1\1\4\2"
#define STAMP "\1\1\x8\xa\1\2\3\4\5\6\7\x8"
#define OPT(o) .opt = o, .opt_len = sizeof(o) - 1

static const char *const tags[] = { "", "q", "a", "aq", "qq", "qa", "aa" };

/* No answer to a segment for a fake: the low one's is passed, the high one's is not. */
static enum nolist_verdict silent(const char *dst, enum nolist_verdict pass)
{
	return strcmp(dst, HIGH4) && strcmp(dst, HIGH6) ? pass : NOLIST_HIGH_BAD;
}

/* What becomes of a segment whose acknowledgement nobody has asked for. */
static enum nolist_verdict by_flags(const char *dst, unsigned int flags)
{
	unsigned int kind = flags & (FRAME_SYN | FRAME_ACK | FRAME_FIN);

	if (!strcmp(dst, REAL4) || !strcmp(dst, REAL6))
		return NOLIST_PASS_REAL;
	if (flags & FRAME_RST)
		return silent(dst, NOLIST_PASS_RESET);
	if (!strcmp(dst, LOW4) || !strcmp(dst, LOW6))
		return flags & FRAME_ACK ? NOLIST_LOW_RST : NOLIST_LOW_RST_ACK;
	if (kind == FRAME_SYN)
		return NOLIST_HIGH_SYN_ACK;
	return kind & FRAME_ACK ? NOLIST_HIGH_RST : NOLIST_HIGH_SILENT;
}

static void every_flag_byte(struct prog *p)
{
	static const char *const dst[] = { LOW4, LOW6, HIGH4, HIGH6, REAL4, REAL6 };
	unsigned int flags, t, d;
	char name[128];

	for (d = 0; d < COUNT(dst); d++) {
		struct group g = {};

		for (t = 0; t < COUNT(tags); t++)
			for (flags = 0; flags < 256 && group_more(&g); flags++) {
				struct row r = { name, by_flags(dst[d], flags), .tags = tags[t],
						 .dst = dst[d], .flags = flags ? flags : NO_FLAGS,
						 .ack = 0x0a0b0c0d, .data = flags % 3 };

				snprintf(name, sizeof(name), "flags %02x, tags '%s'", flags,
					 tags[t]);
				group_row(&g, p, &r);
			}
		snprintf(name, sizeof(name), "every flag byte to %s, with up to two tags", dst[d]);
		group_done(&g, name);
	}
}

/* Data and padding; what the answer does not need is cut off, and none of it is left. */
static void every_length(struct prog *p, const char *dst)
{
	struct group g = {};
	size_t data, t;
	char name[128];

	for (t = 0; t < 4; t++)
		for (data = 0; data <= 1460 && group_more(&g); data++) {
			struct row r = { name, NOLIST_LOW_RST_ACK, .dst = dst, .tags = tags[t],
					 .flags = FRAME_FIN, .data = data };

			snprintf(name, sizeof(name), "%zu bytes, tags '%s'", data, tags[t]);
			group_row(&g, p, &r);
		}
	snprintf(name, sizeof(name), "data of every length to %s", dst);
	group_done(&g, name);

	memset(&g, 0, sizeof(g));
	for (t = 0; t < 4; t++)
		for (data = 0; data < 320 && group_more(&g); data++) {
			struct row r = { name, NOLIST_LOW_RST_ACK, .dst = dst, .tags = tags[t],
					 .data = data / 40, .pad = 54 + data % 40 };

			snprintf(name, sizeof(name), "%zu bytes padded to %zu, tags '%s'", r.data,
				 r.pad, tags[t]);
			group_row(&g, p, &r);
		}
	snprintf(name, sizeof(name), "padding of every length to %s", dst);
	group_done(&g, name);
}

static void every_tos(struct prog *p)
{
	struct group g = {};
	char name[64];
	unsigned int i;

	for (i = 0; i < 512 && group_more(&g); i++) {
		struct row r = { name, NOLIST_LOW_RST_ACK, .dst = i & 256 ? LOW6 : LOW4,
				 .tos = i & 255 };

		snprintf(name, sizeof(name), "%s, tos %02x", r.dst, r.tos);
		group_row(&g, p, &r);
	}
	group_done(&g, "DSCP is mirrored, ECN is not");
}

/* --- truncation ------------------------------------------------------------- */

static const struct row whole[] = {
	{ "SYN", NOLIST_LOW_RST_ACK, .dst = LOW4 },
	{ "SYN, IPv6", NOLIST_HIGH_SYN_ACK, .dst = HIGH6 },
	{ "SYN with options in a VLAN", NOLIST_LOW_RST_ACK, .tags = "q", OPT(LINUX_SYN) },
	{ "SYN as Linux sends it, IPv6", NOLIST_HIGH_SYN_ACK, .dst = HIGH6, OPT(LINUX_SYN),
	  .tsval = 0x01020304 },
	{ "SYN as Windows sends it", NOLIST_LOW_RST_ACK, .dst = LOW4, OPT(WINDOWS_SYN),
	  .data = 9 },
	{ "SYN without scaling", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, OPT(UNSCALED_SYN),
	  .data = 9 },
	{ "ACK with timestamps", NOLIST_HIGH_RST, .dst = HIGH4, OPT(STAMP), .flags = FRAME_ACK,
	  .data = 9 },
	{ "data in two VLANs, IPv6", NOLIST_LOW_RST_ACK, .tags = "aq", .dst = LOW6, .data = 33,
	  .flags = FRAME_PSH },
	{ "IPv6 with four extension headers", NOLIST_LOW_RST_ACK, .dst = LOW6,
	  .layer = layer_all_ext, OPT(LINUX_SYN), .data = 5 },
	{ "data to high", NOLIST_HIGH_RST, .dst = HIGH4, .flags = FRAME_ACK, .data = 20 },
	{ "a full segment", NOLIST_LOW_RST_ACK, .dst = LOW4, OPT(LINUX_SYN), .data = 1440 },
};

/* What a frame of len bytes is, that begins as f does and lacks its end. */
static enum nolist_verdict cut_to(const struct frame *f, size_t len, const char *dst)
{
	size_t l3_end = f->l3 + (frame_is_ip6(f) ? 40 : 20);

	if (len < l3_end)
		return NOLIST_PASS_NOT_IP;
	if (len < f->l4)
		return NOLIST_PASS_NOT_TCP;
	return len < f->l4 + 20 ? NOLIST_PASS_SHAPE : silent(dst, NOLIST_PASS_TRUNCATED);
}

static void every_cut(struct prog *p)
{
	static struct frame f;
	struct group g = {};
	size_t i, full;
	char name[128];

	for (i = 0; i < COUNT(whole); i++) {
		row_build(&whole[i], &f);
		g.frames++;
		g.failed += !row_check_frame(p, &whole[i], &f, 0);
		full = f.len;
		for (f.len = 14; f.len < full && group_more(&g); f.len++) {
			struct row r = whole[i];

			r.name = name;
			r.verdict = cut_to(&f, f.len, row_dst(&r));
			snprintf(name, sizeof(name), "%s, %zu of %zu bytes", whole[i].name, f.len,
				 full);
			g.frames++;
			g.failed += !row_check_frame(p, &r, &f, 0);
		}
	}
	group_done(&g, "a frame that lacks its end is not answered, wherever it is cut");
}

/* The headers say so, too: what is left is a whole frame, but no whole segment. */
static void every_short_packet(struct prog *p)
{
	static struct frame f;
	struct group g = {};
	size_t i, full;
	char name[128];

	for (i = 0; i < COUNT(whole); i++) {
		row_build(&whole[i], &f);
		full = f.len;
		for (f.len = f.l4; f.len < full && group_more(&g); f.len++) {
			struct row r = whole[i];

			r.name = name;
			r.verdict = f.len < f.opt_end ? NOLIST_PASS_TRUNCATED :
							NOLIST_PASS_CHECKSUM;
			if (f.len < f.l4 + 20)
				r.verdict = NOLIST_PASS_SHAPE;
			else
				r.verdict = silent(row_dst(&r), r.verdict);
			snprintf(name, sizeof(name), "%s, %zu of %zu bytes", whole[i].name, f.len,
				 full);
			frame_ip_len(&f);
			if (!frame_is_ip6(&f))
				frame_ip4_sum(&f);
			g.frames++;
			g.failed += !row_check_frame(p, &r, &f, 0);
		}
	}
	group_done(&g, "a packet that lacks its end is not answered, wherever it is cut");
}

/* --- single bits ------------------------------------------------------------- */

/* IPv6's hop limit, flow label, traffic class and fragment id are under no checksum. */
static int is_free(const struct frame *f, size_t bit)
{
	size_t byte = bit / 8, in_l3 = byte - f->l3;

	if (byte < 12)
		return byte >= 6; /* not where it goes, but where it comes from */
	if (byte >= 14 && byte < f->type_at)
		return (byte - 14) % 4 < 2; /* a VLAN tag's content */
	if (byte < f->l3)
		return 0;
	if (!frame_is_ip6(f))
		return 0;
	if (f->l4 - f->l3 == 72 && in_l3 >= 60 && in_l3 < 64)
		return 1; /* the id, in the third of layer_all_ext() */
	return (in_l3 == 0 && bit % 8 >= 4) || (in_l3 > 0 && in_l3 < 4) || in_l3 == 7;
}

/* Passed as it came, at a high fake dropped; answered where nothing protects the bit. */
static int is_right(const struct frame *f, size_t bit, const struct prog_result *got)
{
	if (got->verdict < 0 || got->xdp != prog_code(got->verdict))
		return 0;
	if (is_free(f, bit))
		return got->xdp == XDP_TX;
	return got->verdict == NOLIST_HIGH_BAD || (got->xdp == XDP_PASS && prog_is_same(f, got));
}

static int check_flipped(struct prog *p, struct frame *f, size_t bit, const char *name)
{
	static struct prog_result got;
	int right;

	f->b[bit / 8] ^= 0x80 >> bit % 8;
	prog_run(p, f, 0, &got);
	right = is_right(f, bit, &got);
	if (!right) {
		tap_diag("%s, bit %zu of byte %zu: %s", name, bit % 8, bit / 8,
			 prog_verdict(got.verdict));
		frame_dump(stdout, "in", f->b, f->len);
		frame_dump(stdout, "got", got.b, got.len);
	}
	f->b[bit / 8] ^= 0x80 >> bit % 8;
	return right;
}

static void every_bit(struct prog *p)
{
	static struct frame f;
	struct group g = {};
	size_t i, bit;

	for (i = 0; i < COUNT(whole) - 1; i++) {
		row_build(&whole[i], &f);
		for (bit = 0; bit < 8 * f.len && group_more(&g); bit++) {
			g.frames++;
			g.failed += !check_flipped(p, &f, bit, whole[i].name);
		}
	}
	group_done(&g, "each bit flipped: only what nothing protects is answered");
}

/* An answer whose checksum is one of the two zeros: none is over IPv6, nor -0 over IPv4. */
static void zero_sums(struct prog *p, const char *dst, const char *name)
{
	struct row r = { name, NOLIST_LOW_RST_ACK, .dst = dst };
	static struct frame answer;
	struct group g = {};
	__u32 n;

	for (n = 1; n < 0x20000; n++) {
		r.seq = n;
		row_answer(&r, &answer);
		if (!frame_tcph(&answer)->check || frame_tcph(&answer)->check == 0xffff)
			group_row(&g, p, &r);
	}
	group_done(&g, name);
}

int main(void)
{
	struct nolist_config *c;
	struct prog p;

	tap_need_root();
	prog_load(&p, NULL);
	c = row_conf();
	prog_configure(&p, c);
	free(c);
	every_flag_byte(&p);
	every_length(&p, LOW4);
	every_length(&p, LOW6);
	every_tos(&p);
	every_cut(&p);
	every_short_packet(&p);
	every_bit(&p);
	zero_sums(&p, LOW4, "a checksum that comes to zero");
	zero_sums(&p, LOW6, "and over IPv6, where it is written as ffff");
	bpf_object__close(p.object);
	return tap_done();
}
