// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines that come in pieces: each line of a dialogue split at each byte, and at
 * each two, with and without timestamps, its pieces lost, repeated and sent
 * again together. With timestamps every piece is acknowledged and the answer
 * comes with the line's end, however it is cut; without, what docs/dialogue.md
 * says of it happens, and the next line is understood again.
 */
#include <stdbool.h>
#include "selftests/lib/talk.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text, *want;
} line[] = {
	{ "EHLO client.example\r\n", "250 " },
	{ "mail from:<a@client.example> \n", "250 2.1.0" },
	{ "RCPT TO:<b@example.com>\r\n", "250 2.1.5" },
	{ "NOOP\r\n", "250 2.0.0" },
	{ "XFOO bar\r\n", "451 4.5.0" },
	{ "VRFY postmaster\r\n", "252 2.1.5" },
	{ "HELP\r\n", "214 2.0.0" },
	{ "STARTTLS\r\n", "454 4.7.0" },
	{ "DATA\r\n", "451 4.7.1" },
	{ "RSET\r\n", "250 2.0.0" },
	{ "QUIT\r\n", "221 2.0.0" },
};

static struct prog server;
static unsigned int clients;

/* --- what came back ------------------------------------------------------ */

static const char *expect(const struct talk *t, const struct talk_got *g, const char *want)
{
	static char why[256];

	if (!want)
		return g->is_frame ? "answered" : NULL;
	if (!g->is_frame)
		return "no answer";
	if (g->flags & FRAME_RST)
		return "RST";
	if (g->ack != t->snd_nxt)
		return "not all is acknowledged";
	if (*want ? strncmp(g->text, want, strlen(want)) != 0 : g->len != 0) {
		snprintf(why, sizeof(why), "says %.*s, not %s", (int)g->len, g->text, want);
		return why;
	}
	return NULL;
}

/* Says it; want: the beginning of the reply, "" for an ACK, NULL for silence. */
static const char *say(struct talk *t, const char *data, size_t len, const char *want)
{
	struct talk_got g;
	const char *wrong = talk_say(t, data, len, 0, &g);

	return wrong ? wrong : expect(t, &g, want);
}

/* A new client that has said the first n lines. */
static const char *begin(struct talk *t, size_t n, int is_ip6, int has_ts)
{
	const char *wrong;
	struct talk_got g;
	size_t i;

	talk_start(t, &server, clients++, is_ip6, has_ts);
	wrong = talk_connect(t, &g);
	for (i = 0; i < n && !wrong; i++)
		wrong = say(t, line[i].text, strlen(line[i].text), line[i].want);
	return wrong;
}

static bool has_verb(const char *text)
{
	return strncasecmp(text, "XFOO", 4) != 0;
}

/* is_mid: the line before was answered at its verb; what has none is its rest. */
static const char *finish(struct talk *t, size_t from, bool is_mid)
{
	const char *wrong = NULL;

	for (; from < COUNT(line) && !wrong; from++) {
		is_mid = is_mid && !has_verb(line[from].text);
		wrong = say(t, line[from].text, strlen(line[from].text),
			    is_mid ? "" : line[from].want);
	}
	if (!wrong && !t->is_ended)
		wrong = "not closed after QUIT";
	return wrong;
}

/* --- with timestamps ----------------------------------------------------- */

static const char *cut_twice(size_t i, size_t j, size_t k, int is_ip6)
{
	const char *text = line[i].text, *wrong;
	size_t len = strlen(text);
	struct talk t;

	wrong = begin(&t, i, is_ip6, 1);
	if (!wrong)
		wrong = say(&t, text, j, "");
	if (!wrong && k > j)
		wrong = say(&t, text + j, k - j, "");
	if (!wrong)
		wrong = say(&t, text + k, len - k, line[i].want);
	return wrong ? wrong : finish(&t, i + 1, false);
}

/* The first piece is acknowledged, the ACK is lost; then what TCP may send. */
static const char *cut_again(size_t i, size_t k, int is_together)
{
	const char *text = line[i].text, *wrong;
	size_t len = strlen(text);
	struct talk_got g;
	struct talk_seg s;
	struct talk t;

	wrong = begin(&t, i, 0, 1);
	if (wrong)
		return wrong;
	s = talk_seg(&t, text, k);
	wrong = talk_send(&t, &s, &g);
	if (wrong || !g.is_frame || g.len)
		return wrong ? wrong : "the first piece gets no plain ACK";
	if (is_together)
		return (wrong = say(&t, text, len, line[i].want)) ? wrong
								  : finish(&t, i + 1, false);
	wrong = say(&t, text, k, "");
	/* A copy of the piece, late: an ACK of all that there is. */
	if (!wrong)
		wrong = talk_send(&t, &s, &g);
	if (!wrong && (!g.is_frame || g.len || g.ack != t.snd_nxt))
		wrong = "a late copy of a piece gets something else";
	if (!wrong)
		wrong = say(&t, text + k, len - k, line[i].want);
	s = talk_seg(&t, text + k, len - k);
	s.seq -= len - k;
	if (!wrong)
		wrong = talk_send(&t, &s, &g);
	if (!wrong && (!g.is_frame || g.len || g.ack != t.snd_nxt))
		wrong = "a late copy of the end gets something else";
	return wrong ? wrong : finish(&t, i + 1, false);
}

/* The second piece comes without the first. */
static const char *cut_lost(size_t i, size_t k)
{
	const char *text = line[i].text, *wrong;
	size_t len = strlen(text);
	struct talk_got g;
	struct talk_seg s;
	struct talk t;

	wrong = begin(&t, i, 1, 1);
	if (wrong)
		return wrong;
	s = talk_seg(&t, text, k);
	talk_note(&t, &s, 1);
	s = talk_seg(&t, text + k, len - k);
	s.seq += k;
	wrong = talk_send(&t, &s, &g);
	if (!wrong && g.is_frame)
		wrong = "what comes behind a gap is answered";
	if (!wrong)
		wrong = say(&t, text, len, line[i].want);
	return wrong ? wrong : finish(&t, i + 1, false);
}

static bool report(const char *wrong, size_t i, size_t j, size_t k)
{
	static int printed;

	if (wrong && printed++ < 10)
		tap_diag("line %zu, cut at %zu and %zu: %s", i, j, k, wrong);
	return !wrong;
}

static void with_timestamps(void)
{
	bool twice = true, again = true, lost = true;
	size_t i, j, k;

	for (i = 0; i < COUNT(line); i++)
		for (k = 1; k < strlen(line[i].text); k++) {
			for (j = 1; j <= k; j++)
				twice &= report(cut_twice(i, j, k, (j + k) & 1), i, j, k);
			again &= report(cut_again(i, k, 0), i, k, 0);
			again &= report(cut_again(i, k, 1), i, k, 1);
			lost &= report(cut_lost(i, k), i, k, 0);
		}
	tap_ok(twice, "with timestamps: each line in two and three pieces, cut anywhere");
	tap_ok(again, "with timestamps: pieces that come again, alone and together");
	tap_ok(lost, "with timestamps: pieces behind a lost one wait for it");
}

static const char *type(int is_ip6, enum talk_style style)
{
	const char *wrong;
	struct talk t;
	size_t i, k;

	wrong = begin(&t, 0, is_ip6, 1);
	t.style = style;
	for (i = 0; i < COUNT(line) && !wrong; i++)
		for (k = 0; line[i].text[k] && !wrong; k++)
			wrong = say(&t, line[i].text + k, 1,
				    line[i].text[k] == '\n' ? line[i].want : "");
	if (!wrong && strcmp(talk_evidence(&t), "strong 1, quit 1, starttls 1"))
		wrong = talk_evidence(&t);
	return wrong;
}

/* --- without ------------------------------------------------------------- */

static const char *cut_bare(size_t i, size_t k, int is_ip6)
{
	const char *text = line[i].text, *wrong;
	size_t len = strlen(text);
	struct talk t;

	wrong = begin(&t, i, is_ip6, 0);
	if (wrong)
		return wrong;
	wrong = say(&t, text, k, line[i].want);
	if (!wrong)
		wrong = say(&t, text + k, len - k, "");
	return wrong ? wrong : finish(&t, i + 1, true);
}

/* Letters of a verb, then the others: "not now", and the line again is understood. */
static const char *cut_verb_bare(size_t i, size_t k)
{
	const char *text = line[i].text, *wrong;
	struct talk t;

	wrong = begin(&t, i, 0, 0);
	if (!wrong)
		wrong = say(&t, text, k, NULL);
	if (!wrong)
		wrong = say(&t, text + k, strlen(text) - k, "451 4.5.0");
	return wrong ? wrong : finish(&t, i, false);
}

/* Rests of lines that begin like a verb, or like what is no SMTP. */
static const char *rest_like_verb(const char *rest)
{
	const char *wrong;
	struct talk t;

	wrong = begin(&t, 2, 0, 0);
	if (!wrong)
		wrong = say(&t, "RCPT TO:<", 9, line[2].want);
	if (!wrong)
		wrong = say(&t, rest, strlen(rest), "");
	return wrong ? wrong : finish(&t, 8, false);
}

static bool rests_like_verbs(void)
{
	static const char *const rest[] = {
		"postmaster@example.com>\r\n", "mail@example.com>\r\n", "data@example.com>\r\n",
		"quit@example.com>\r\n", "help.desk@example.com>\r\n", "head@example.com>\r\n",
		"options@example.com>\r\n", "vrfy-1@example.com>\r\n", "\xc3\xa4@example.com>\r\n",
		"noop_@example.com>\r\n", "rset2@example.com>\r\n", "\r\n", "\n", ">\r\n",
	};
	bool is_good = true;
	const char *wrong;
	size_t i;

	for (i = 0; i < COUNT(rest); i++) {
		wrong = rest_like_verb(rest[i]);
		if (wrong)
			tap_diag("%s: %s", rest[i], wrong);
		is_good &= !wrong;
	}
	return is_good;
}

static void without_timestamps(void)
{
	bool bare = true, verb = true;
	size_t i, k;

	for (i = 0; i < COUNT(line); i++) {
		if (!has_verb(line[i].text))
			continue;
		for (k = 4; k < strlen(line[i].text); k++)
			bare &= report(cut_bare(i, k, k & 1), i, k, 0);
		for (k = 1; k < 4; k++)
			verb &= report(cut_verb_bare(i, k), i, k, 0);
	}
	tap_ok(bare,
	       "without: a line cut after its verb is answered at once, its rest acknowledged");
	tap_ok(rests_like_verbs(), "without: the rest of a line is no command");
	tap_ok(verb, "without: a line cut within its verb gets 451, and again it is understood");
}

int main(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_DATA, false, false, false };
	enum talk_style style;
	bool is_good = true;

	tap_need_root();
	prog_load(&server, NULL);
	talk_configure(&server, &d);
	with_timestamps();
	for (style = 0; style < STYLES; style++)
		is_good &= report(type(style & 1, style), style, 0, 0);
	tap_ok(is_good, "with timestamps: a dialogue typed byte by byte");
	without_timestamps();
	return tap_done();
}
