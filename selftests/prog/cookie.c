// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a segment ours: the keyed hash, its clock, its two halves. A
 * dialogue survives the change of a slot and a reload of configuration and
 * program; an older one, another one's, and one with a single bit changed do
 * not. Hosts with one key and one clock continue each other's. Every flag byte in every state, options in odd places, and the longest
 * dialogue that can be.
 */
#include <stdbool.h>
#include "selftests/lib/siphash.h"
#include "selftests/lib/talk.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SLOT_NS (1ull << 40)

static struct prog server;
static unsigned int clients;

static struct talk client(int is_ip6, int has_ts)
{
	struct talk t;

	talk_start(&t, &server, clients++, is_ip6, has_ts);
	return t;
}

static __u64 hash_at(const struct talk *t, __u64 now)
{
	struct nolist_addr src, dst;

	memcpy(src.b, t->src, 16);
	memcpy(dst.b, t->dst, 16);
	return siphash_dialogue(&prog_key, &src, &dst, t->sport, 25, now, t->has_ts);
}

/* As if its SYN had been answered at that time. */
static void open_at(struct talk *t, __u64 now)
{
	__u64 hash = hash_at(t, now);

	t->snd_nxt = t->sent_end = t->shown_end = t->iss + 1;
	t->shown[0] = 1;
	t->irs = hash;
	t->rcv_nxt = t->irs + 1;
	t->ts_recent = (hash >> 32) + (t->snd_nxt << 7);
}

/* EHLO to QUIT: NULL, or what went wrong. */
static const char *talk_through(struct talk *t, bool has_banner)
{
	static const struct {
		const char *text, *want;
	} line[] = {
		{ "", "220" },
		{ "EHLO a\r\n", "250" },
		{ "MAIL FROM:<a@b>\r\n", "250" },
		{ "RCPT TO:<b@c>\r\n", "250" },
		{ "DATA\r\n", "451 4.7.1" },
		{ "QUIT\r\n", "221" },
	};
	const char *wrong = NULL;
	struct talk_got g;
	size_t i;

	for (i = has_banner; i < COUNT(line) && !wrong; i++) {
		wrong = talk_say(t, line[i].text, strlen(line[i].text), 0, &g);
		if (!wrong && (!g.is_frame || strncmp(g.text, line[i].want, strlen(line[i].want))))
			wrong = g.is_frame && g.flags & FRAME_RST ? "RST"
								  : "another reply, or none";
	}
	return wrong;
}

static bool report(const char *wrong, const char *what, int mode)
{
	if (wrong)
		tap_diag("%s, IPv%d, %s timestamps: %s", what, mode & 1 ? 6 : 4,
			 mode & 2 ? "with" : "without", wrong);
	return !wrong;
}

/* --- the clock ----------------------------------------------------------- */

/* A whole dialogue whose SYN came so many slots from now. */
static const char *try_slot(int mode, long slots)
{
	struct talk t = client(mode & 1, mode & 2);

	open_at(&t, prog_clock() + slots * SLOT_NS);
	return talk_through(&t, false);
}

static void slots(void)
{
	bool is_known = true, is_foreign = true, is_unchanged = true;
	struct talk_got g;
	const char *wrong;
	int mode;

	for (mode = 0; mode < 4; mode++) {
		struct talk t = client(mode & 1, mode & 2);
		__u64 before = prog_clock() >> 40;
		struct talk_seg s;

		wrong = talk_connect(&t, &g);
		if (!wrong && before == prog_clock() >> 40 &&
		    t.irs != (__u32)hash_at(&t, prog_clock()))
			wrong = "an ISN that is not the hash";
		is_known &= report(wrong, "SYN", mode);
		is_known &= report(try_slot(mode, 0), "this slot", mode);
		is_known &= report(try_slot(mode, -1), "the slot before", mode);
		wrong = try_slot(mode, -2);
		is_foreign &= report(!wrong || strcmp(wrong, "RST") ? "no RST" : NULL,
				     "two slots ago", mode);
		wrong = try_slot(mode, 2);
		is_foreign &= report(!wrong || strcmp(wrong, "RST") ? "no RST" : NULL,
				     "a later slot", mode);
		/* The SYN of a dialogue that is on its way comes again, in another slot. */
		t = client(mode & 1, mode & 2);
		open_at(&t, prog_clock() - SLOT_NS);
		s = talk_seg(&t, NULL, 0);
		s.flags = FRAME_SYN;
		s.seq--;
		wrong = talk_send(&t, &s, &g);
		if (!wrong && (!(g.flags & FRAME_SYN) || g.seq == t.irs))
			wrong = "no SYN,ACK of this slot";
		is_unchanged &= report(wrong, "SYN again", mode);
		is_unchanged &= report(talk_through(&t, false), "SYN again in another slot", mode);
	}
	tap_ok(is_known,
	       "the sequence number is the hash of this slot; the one before is known as well");
	tap_ok(is_foreign, "an older and a later one are not ours");
	tap_ok(is_unchanged, "a SYN that comes again in another slot does not end the dialogue");
}

/* --- hosts with one key ----------------------------------------------------- */

/* Sets what is added to the clock, and waits for a tick. */
static void set_utc(struct prog *p, __u64 utc_ns)
{
	int fd = bpf_object__find_map_fd_by_name(p->object, NOLIST_MAP_META);
	struct nolist_meta meta;
	__u64 then;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(fd, &zero, &meta))
		tap_die(NOLIST_MAP_META);
	meta.utc_ns = utc_ns;
	if (bpf_map_update_elem(fd, &zero, &meta, BPF_ANY))
		tap_die(NOLIST_MAP_META);
	for (then = prog_clock(); prog_clock() < then + 20000000;)
		;
}

/* What must be added for this time to be so far into a slot, in 64ths; whole years of slots more. */
static __u64 utc_into(double parts)
{
	__u64 now = prog_clock();

	return (1000000 - (now >> 40)) * SLOT_NS - (now & (SLOT_NS - 1)) + (__u64)(parts * (SLOT_NS / 64));
}

/* Each line at the other host, where no frame was for a while. */
static const char *by_turns(struct talk *t, struct prog *a, struct prog *b)
{
	static const struct {
		const char *text, *want;
	} line[] = { { "EHLO a\r\n", "250" }, { "MAIL FROM:<a@b>\r\n", "250" },
		     { "RCPT TO:<b@c>\r\n", "250" }, { "DATA\r\n", "451 4.7.1" }, { "QUIT\r\n", "221" } };
	const char *wrong;
	struct talk_got g;
	size_t i;

	t->server = a;
	wrong = talk_connect(t, &g);
	for (i = 0; i < COUNT(line) && !wrong; i++) {
		t->server = i & 1 ? a : b;
		wrong = talk_say(t, line[i].text, strlen(line[i].text), 0, &g);
		if (!wrong && (!g.is_frame || strncmp(g.text, line[i].want, strlen(line[i].want))))
			wrong = g.is_frame && g.flags & FRAME_RST ? "RST" : "another reply, or none";
	}
	return wrong;
}

static void turns(const struct dialogue *d, double at_a, double at_b, bool is_good, const char *name)
{
	bool is_so = true;
	const char *wrong;
	struct prog fresh;
	int mode;

	/* A host that has seen no frame before: its clock was never read. */
	prog_load(&fresh, NULL);
	talk_configure(&fresh, d);
	set_utc(&fresh, utc_into(at_b));
	set_utc(&server, utc_into(at_a));
	for (mode = 0; mode < 4; mode++) {
		struct talk t = client(mode & 1, mode & 2);

		wrong = by_turns(&t, &server, &fresh);
		if (!is_good)
			wrong = !wrong || strcmp(wrong, "RST") ? "no RST" : NULL;
		is_so &= report(wrong, name, mode);
	}
	bpf_object__close(fresh.object);
	tap_ok(is_so, "%s", name);
}

static void hosts(const struct dialogue *d)
{
	bool is_good = true;
	const char *wrong;
	struct talk_got g;
	int mode;

	set_utc(&server, utc_into(30));
	for (mode = 0; mode < 4; mode++) {
		struct talk t = client(mode & 1, mode & 2);

		wrong = talk_connect(&t, &g);
		/* What this host's clock says has no part in it. */
		if (!wrong && t.irs != (__u32)hash_at(&t, 1000000 * SLOT_NS + 1))
			wrong = "an ISN of another clock";
		is_good &= report(wrong, "SYN", mode);
	}
	tap_ok(is_good, "with one key: the number is that of the common clock's slot");
	turns(d, 30, 31, true, "a dialogue goes on at another host, and back");
	turns(d, 0.2, -0.2, true, "also where only one of the two is in a new slot, by some seconds");
	turns(d, 1.5, -1.5, false, "not where their clocks are minutes apart");
	turns(d, 30, 30 + 128, false, "nor by two slots");
	set_utc(&server, 0);
}

/* Commands of hours ago, sent once more where no frame was since: offences of that time, not of now. */
static void replays(void)
{
	static const char *const said[] = { "EHLO a\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<b@c>\r\n",
					    "DATA\r\n" };
	bool is_refused = true;
	const char *wrong;
	struct talk_got g;
	unsigned int mode, last, i;

	for (mode = 0; mode < 4; mode++) {
		for (last = 0; last < COUNT(said); last++) {
			struct talk t = client(mode & 1, mode & 2);

			set_utc(&server, utc_into(30));
			wrong = talk_connect(&t, &g);
			for (i = 0; i < last && !wrong; i++)
				wrong = talk_say(&t, said[i], strlen(said[i]), 0, &g);
			set_utc(&server, utc_into(30 + 5 * 64));
			if (!wrong)
				wrong = talk_say(&t, said[last], strlen(said[last]), 0, &g);
			if (!wrong && !(g.is_frame && g.flags & FRAME_RST))
				wrong = "no RST";
			is_refused &= report(wrong, said[last], mode);
		}
	}
	tap_ok(is_refused, "a dialogue of hours ago does not go on, even at a host that was idle");
	set_utc(&server, 0);
}

/* --- reloads ------------------------------------------------------------- */

static void reloads(const struct dialogue *d)
{
	struct dialogue other = { "backup.mx.example.net", "Please come back in an hour", STAGE_DATA,
				  false, false, false };
	struct prog second;
	bool is_good = true;
	const char *wrong;
	struct talk_got g;
	int mode;

	prog_load(&second, NULL);
	talk_configure(&second, &other);
	for (mode = 0; mode < 4; mode++) {
		struct talk t = client(mode & 1, mode & 2);

		wrong = talk_connect(&t, &g);
		talk_configure(&server, &other);
		if (!wrong)
			wrong = talk_say(&t, "EHLO a\r\n", 8, 0, &g);
		if (!wrong && strncmp(g.text, "250 backup.mx", 13))
			wrong = "not the new text";
		t.server = &second;
		if (!wrong)
			wrong = talk_say(&t, "MAIL FROM:<a@b>\r\n", 17, 0, &g);
		if (!wrong && strncmp(g.text, "250 2.1.0", 9))
			wrong = "the dialogue is lost";
		t.server = &server;
		talk_configure(&server, d);
		if (!wrong)
			wrong = talk_say(&t, "QUIT\r\n", 6, 0, &g);
		if (!wrong && strncmp(g.text, "221", 3))
			wrong = "the dialogue is lost again";
		is_good &= report(wrong, "reload", mode);
	}
	tap_ok(is_good, "a dialogue survives another configuration and another program");
	bpf_object__close(second.object);
}

/* --- single bits --------------------------------------------------------- */

/* A tempfailed dialogue, then QUIT with one bit of ACK or of TSecr changed. */
static const char *flip(int mode, int bit)
{
	struct talk t = client(mode & 1, mode & 2);
	struct talk_seg s;
	struct talk_got g;
	const char *wrong = talk_connect(&t, &g);

	if (!wrong)
		wrong = talk_say(&t, "EHLO a\r\n", 8, 0, &g);
	if (!wrong)
		wrong = talk_say(&t, "MAIL FROM:<a@b>\r\n", 17, 0, &g);
	if (!wrong)
		wrong = talk_say(&t, "RCPT TO:<a@b>\r\n", 15, 0, &g);
	if (wrong)
		return wrong;
	s = talk_seg(&t, "DATA\r\n", 6);
	if (bit < 32)
		s.ack ^= 1u << bit;
	else
		s.tsecr ^= 1u << (bit - 32);
	t.is_liar = 1;
	wrong = talk_send(&t, &s, &g);
	if (wrong)
		return wrong;
	/* Low bits lead to another state, or another place in the stream. */
	if ((bit >= 14 && bit < 32) || bit >= 32 + 7 + 16)
		return g.flags == FRAME_RST ? NULL : "not taken for another's";
	/* With the right TSecr another T is still the source's own word. */
	if (bit >= 32 && strstr(talk_evidence(&t), "strong"))
		return "verified";
	return NULL;
}

static void bits(void)
{
	bool is_good = true;
	char what[32];
	int mode, bit;

	for (mode = 0; mode < 4; mode++)
		for (bit = 0; bit < (mode & 2 ? 64 : 32); bit++) {
			snprintf(what, sizeof(what), "bit %d", bit);
			is_good &= report(flip(mode, bit), what, mode);
		}
	tap_ok(is_good, "one bit changed in ACK or TSecr: another's, or not verified");
}

/* Another port, another address: the same numbers mean nothing. */
static void strangers(void)
{
	bool is_good = true;
	struct talk_got g;
	int mode, what;

	for (mode = 0; mode < 4; mode++)
		for (what = 0; what < 3; what++) {
			struct talk t = client(mode & 1, mode & 2);
			const char *wrong = talk_connect(&t, &g);

			if (what == 0)
				t.sport ^= 1;
			if (what == 1)
				t.src[15] ^= 1;
			if (what == 2)
				t.src[mode & 1 ? 6 : 13] ^= 1;
			if (!wrong)
				wrong = talk_say(&t, "EHLO a\r\n", 8, 0, &g);
			if (!wrong && g.flags != FRAME_RST)
				wrong = "not taken for another's";
			is_good &= report(wrong, "a stranger", mode);
		}
	tap_ok(is_good, "the numbers of a dialogue are of no use to another port or address");
}

/* --- flags and options --------------------------------------------------- */

static void all_flags(void)
{
	bool is_good = true;
	unsigned int flags, state;
	struct talk_got g;
	struct talk_seg s;
	char what[64];

	for (flags = 0; flags < 256; flags++)
		for (state = 0; state < 3; state++) {
			struct talk t = client(flags & 1, state & 1);
			const char *wrong = state ? talk_connect(&t, &g) : NULL;
			bool is_syn = (flags & 0x17) == FRAME_SYN;

			s = talk_seg(&t, flags & 0x80 ? "NOOP\r\n" : NULL, flags & 0x80 ? 6 : 0);
			s.flags = flags;
			if (!wrong)
				wrong = talk_send(&t, &s, &g);
			if (!wrong && flags & FRAME_RST && g.is_frame)
				wrong = "an RST is answered";
			if (!wrong && !(flags & FRAME_ACK) && g.is_frame &&
			    (!is_syn || flags & FRAME_FIN))
				wrong = "answered without an ACK";
			if (!wrong && is_syn && !(flags & FRAME_FIN) && !(g.flags & FRAME_SYN))
				wrong = "no SYN,ACK";
			if (!wrong && !state && flags & FRAME_ACK && !(flags & FRAME_RST) &&
			    g.flags != FRAME_RST)
				wrong = "no RST to a stranger";
			snprintf(what, sizeof(what), "flags %02x, state %u", flags, state);
			is_good &= report(wrong, what, flags & 1);
		}
	tap_ok(is_good, "each flag byte, before and in a dialogue, gets what it may");
}

static const char *with_options(const void *options, size_t len, bool has_ts)
{
	struct talk t = client(0, has_ts);
	struct talk_seg s = talk_seg(&t, NULL, 0);
	const char *wrong;
	struct talk_got g;

	s.flags = FRAME_SYN;
	s.options = options;
	s.options_len = len;
	s.tsval = 0x01020304;
	t.snd_nxt++;
	wrong = talk_send(&t, &s, &g);
	if (wrong)
		return wrong;
	if (!(g.flags & FRAME_SYN))
		return "no SYN,ACK";
	wrong = talk_take(&t, &g);
	return wrong ? wrong : talk_through(&t, false);
}

#define O(bytes) (bytes), sizeof(bytes) - 1
#define TS "\x08\x0a\1\2\3\4\0\0\0\0"

static void options(void)
{
	enum talk_style style;
	bool is_good = true;
	struct talk_got g;
	int is_ip6;

	for (style = 0; style < STYLES; style++)
		for (is_ip6 = 0; is_ip6 < 2; is_ip6++) {
			struct talk t = client(is_ip6, 1);
			const char *wrong;

			t.style = style;
			wrong = talk_connect(&t, &g);
			is_good &=
				report(wrong ? wrong : talk_through(&t, true), "style", 2 + is_ip6);
		}
	is_good &= report(with_options(O(TS), true), "timestamps alone", 2);
	is_good &= report(with_options(O("\1" TS), true), "one NOP", 2);
	is_good &= report(with_options(O("\2\4\5\xb4\4\2" TS "\1\3\3\7"), true), "Linux", 2);
	is_good &= report(with_options(O("\2\4\5\xb4\1\3\3\6\1\1" TS "\4\2\0\0"), true), "BSD", 2);
	is_good &= report(with_options(O("\2\4\5\xb4\1\3\3\x8\4\2" TS), true), "Windows", 2);
	is_good &= report(with_options(O("\2\4\5\xb4\1\3\3\x8\1\1\4\2"), false), "Windows", 0);
	is_good &= report(with_options(O("\2\4\0\x58"), false), "MSS 88", 0);
	is_good &= report(with_options(O("\2\4\0\0"), false), "MSS 0", 0);
	is_good &= report(with_options(O("\2\4\xff\xff"), false), "MSS 65535", 0);
	is_good &= report(with_options(O("\x22\x0a" "cookie12" TS), true), "fast open", 2);
	is_good &= report(with_options(O("\0" TS), false), "behind the end of options", 0);
	is_good &= report(with_options(O("\x08\x09\1\2\3\4\0\0\0"), false), "of nine bytes", 0);
	is_good &= report(with_options(O("\xfd\x14"
					 "01234567890123456x" TS TS),
				       true),
			  "40 bytes", 2);
	is_good &= report(with_options(O("\1\1\1\1\1\1\1\1\1\1" TS), true), "11 options", 2);
	tap_ok(is_good, "timestamps are found wherever they stand, and only where they are");
}

/* --- the longest dialogue ------------------------------------------------ */

/* DATA again and again, then NOOP, so that the total comes as near to the limit as can be. */
static const char *longest(const char *later, int has_ts, unsigned int noops)
{
	struct dialogue d = { "mx.example", later, STAGE_DATA, false, false, false };
	struct talk t = client(0, has_ts);
	unsigned long bad_acks;
	const char *wrong;
	struct talk_got g;
	unsigned int i;

	talk_configure(&server, &d);
	bad_acks = talk_bad_acks(&server);
	wrong = talk_connect(&t, &g);
	if (!wrong)
		wrong = talk_say(&t, "EHLO a\r\n", 8, 0, &g);
	for (i = 0; i < noops && !wrong; i++)
		wrong = talk_say(&t, "NOOP\r\n", 6, 0, &g);
	if (!wrong)
		wrong = talk_say(&t, "MAIL FROM:<a@b>\r\n", 17, 0, &g);
	if (!wrong)
		wrong = talk_say(&t, "RCPT TO:<a@b>\r\n", 15, 0, &g);
	/* Without timestamps the longest replies are those to a verb and to a line in turns. */
	for (i = 0; i < 1000 && !wrong && !t.is_ended; i++)
		wrong = talk_say(&t, "DATA\r\n", !has_ts && i & 1 ? 4 : 6, 0, &g);
	if (!wrong && (i == 1000 || strncmp(g.text, "421 4.7.0", 9)))
		wrong = "does not end by 421";
	if (!wrong)
		wrong = talk_say(&t, NULL, 0, 0, &g);
	if (!wrong && g.is_frame)
		wrong = "the ACK of its end is answered";
	if (!wrong)
		wrong = talk_say(&t, NULL, 0, FRAME_FIN, &g);
	if (!wrong && (!g.is_frame || g.flags != FRAME_ACK))
		wrong = "FIN gets no ACK";
	if (!wrong && talk_bad_acks(&server) != bad_acks)
		wrong = "a right acknowledgement counted as wrong";
	return wrong;
}

static void lengths(void)
{
	char text[DIALOGUE_TEXT_MAX + 1];
	bool is_good = true;
	unsigned int noops;
	int has_ts;

	memset(text, 'x', DIALOGUE_TEXT_MAX);
	text[DIALOGUE_TEXT_MAX] = 0;
	for (has_ts = 0; has_ts < 2; has_ts++)
		for (noops = 0; noops < 8; noops++) {
			is_good &= report(longest(text, has_ts, noops), "long texts", 2 * has_ts);
			is_good &= report(longest("x", has_ts, noops), "short texts", 2 * has_ts);
		}
	tap_ok(is_good, "the longest dialogues end by 421, and their last ACK is known");
}

int main(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_DATA, false, false, false };

	tap_need_root();
	prog_load(&server, NULL);
	talk_configure(&server, &d);
	tap_ok(siphash_is_right(), "the reference gives the paper's example");
	slots();
	hosts(&d);
	replays();
	reloads(&d);
	bits();
	strangers();
	all_flags();
	options();
	lengths();
	return tap_done();
}
