// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dialogues that nobody would think of: random commands in random pieces over a
 * network that loses, repeats and delays, half of them with timestamps, at each
 * stage and after either handshake, and clients that lie about every number. oracle.h
 * keeps everything and says what each segment must get; talk_judge.h reads each frame.
 * Each segment but the SYN comes with a tag and without. Whatever comes: never a 2 or 3 to DATA or
 * BDAT, never a 5, no text beyond the window, and nothing acknowledged that was not
 * received (without timestamps: that was not sent).
 *
 * NOLIST_SEED repeats a run, NOLIST_FULL makes it a long one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "selftests/lib/domain_rows.h"
#include "selftests/lib/oracle.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define STREAM 6000 /* bytes that a client has to say */
#define QUEUE 16    /* segments under way */

static struct prog server;
static struct oracle oracle;
static char stream[STREAM + 1024];
static unsigned int stream_len;
static unsigned long segments, texts, refused, clients;

/* --- chance -------------------------------------------------------------- */

static uint64_t state;

static uint32_t rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) >> 32;
}

static uint32_t below(uint32_t n)
{
	return (uint64_t)rnd() * n >> 32;
}

static bool percent(uint32_t p)
{
	return below(100) < p;
}

/* --- what a client says -------------------------------------------------- */

static const char *const lines[] = {
	"EHLO client.example\r\n",
	"HELO a\r\n",
	"ehlo b\n",
	"MAIL FROM:<a@b.example>\r\n",
	"MAIL FROM:<>\r\n",
	"RCPT TO:<c@example.com>\r\n",
	"RCPT TO:<data@example.com>\r\n",
	"RCPT TO:<data@ours.example>\r\n",
	"rcpt to:<a@X.wild.example> NOTIFY=NEVER\n",
	"DATA\r\n",
	"DATA\r\n",
	"data\n",
	"BDAT 10 LAST\r\n",
	"BDAT 0\r\n",
	"DATA \r\n",
	"DATAX\r\n",
	"RSET\r\n",
	"NOOP\r\n",
	"NOOP x y z\r\n",
	"VRFY postmaster\r\n",
	"HELP\r\n",
	"HELP DATA\r\n",
	"EXPN a\r\n",
	"AUTH LOGIN\r\n",
	"STARTTLS\r\n",
	"XCLIENT A=B\r\n",
	"\r\n",
	"\n",
	".\r\n",
	"Subject: data\r\n",
	" DATA\r\n",
	"DA\r\nTA\r\n",
	"354 go\r\n",
	"250 OK\r\n",
	"D\r\n",
	"MA\r\n",
};

static const char *const rare[] = {
	"QUIT\r\n",         "quit\n",       "GET / HTTP/1.1\r\n",
	"\x16\x03\x01\x02", "\x80\xff\r\n", "POST /\r\n",
};

static void say_something(void)
{
	unsigned int n;

	if (percent(4)) {
		const char *line = rare[below(COUNT(rare))];

		stream_len += sprintf(stream + stream_len, "%s", line);
	} else if (percent(3)) {
		n = below(700);
		memset(stream + stream_len, 'x', n);
		stream_len += n;
	} else if (percent(3)) {
		for (n = below(20); n; n--)
			stream[stream_len++] = percent(20) ? "\r\nDAT"[below(5)] : (char)rnd();
	} else {
		const char *line = lines[below(COUNT(lines))];

		stream_len += sprintf(stream + stream_len, "%s", line);
	}
}

/* Half of them know how to get to DATA. */
static void make_stream(void)
{
	unsigned int want = percent(90) ? below(600) : below(STREAM);

	stream_len = 0;
	while (stream_len < want) {
		if (percent(15))
			stream_len +=
				sprintf(stream + stream_len,
					"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@ours.example>\r\nDATA\r\n");
		else
			say_something();
	}
}

/* --- the network --------------------------------------------------------- */

struct flight {
	struct talk_seg seg;
	bool is_used;
};

static struct flight queue[QUEUE];

struct client {
	struct talk t;
	uint32_t first;    /* of the stream */
	uint32_t last_ack; /* that it has sent (RFC 7323 4.3) */
	bool has_fin, is_fin_sent, is_dead;
	unsigned int loss; /* percent */
};

static void receive(struct client *c, const struct talk_got *g)
{
	struct talk *t = &c->t;

	if (!g->is_frame)
		return;
	if (g->flags & FRAME_RST) {
		c->is_dead |= g->seq == t->rcv_nxt;
		return;
	}
	if (g->has_ts && (int32_t)(g->tsval - t->ts_recent) < 0)
		return; /* PAWS */
	if (g->has_ts && (int32_t)(g->seq - c->last_ack) <= 0)
		t->ts_recent = g->tsval;
	if ((int32_t)(g->ack - t->snd_una) > 0)
		t->snd_una = g->ack;
	if (g->seq == t->rcv_nxt) {
		t->rcv_nxt += g->len + !!(g->flags & FRAME_FIN);
		t->is_ended |= !!(g->flags & FRAME_FIN);
	}
}

static const char *explain(const char *wrong, const struct client *c, const struct talk_seg *s,
			   const struct oracle_want *w, const struct talk_got *g)
{
	static const char *const kinds[] = { "nothing", "RST", "ACK", "text" };
	size_t i;

	tap_diag("%s: client %lu, %s timestamps, T %u, SEQ %u, flags %02x, window %u, TSecr %u",
		 wrong, clients, s->has_ts ? "with" : "without", s->ack - c->t.irs - 1,
		 s->seq - c->first, s->flags, s->window, s->tsecr);
	printf("# data:");
	for (i = 0; i < s->len && i < 80; i++)
		printf(s->data[i] > ' ' && s->data[i] <= '~' ? " %c" : " %02x",
		       (unsigned char)s->data[i]);
	printf("\n");
	if (w)
		tap_diag("wanted: %s %s%s, ack %u", kinds[w->kind], w->code ? w->code : "",
			 w->has_fin ? " FIN" : "", w->ack - c->first);
	tap_diag("got: %s flags %02x, ack %u, %.*s", g->is_frame ? "frame" : "nothing", g->flags,
		 g->ack - c->first, (int)g->len, g->text);
	return wrong;
}

/* DATA and BDAT never get a 2 or a 3: judged by the line, not by the segment. */
static const char *judge_data(int verb, const struct talk_got *g)
{
	if (g->len && verb == NOLIST_V_DATA && g->text[0] != '4')
		return "DATA is not refused";
	refused += g->len && verb == NOLIST_V_DATA;
	return NULL;
}

/* Did the same counters grow from the first to the second, and to the third? */
static bool is_same_verdict(__u64 v[3][NOLIST_VERDICTS])
{
	size_t i;

	for (i = 0; i < NOLIST_VERDICTS; i++)
		if (v[1][i] - v[0][i] != v[2][i] - v[1][i])
			return false;
	return true;
}

/*
 * A tagged frame takes the slow path, where the same without a tag takes the fast one, if it
 * has one: nobody may see a difference, nor may the counters.
 */
static const char *send_both_ways(struct client *c, const struct talk_seg *s, struct talk_got *g)
{
	static struct talk_got tagged;
	bool is_counted = segments % 8 == 0; /* to read all counters takes longer than a segment */
	__u64 verdict[3][NOLIST_VERDICTS] = {};
	const char *wrong;

	if (is_counted)
		prog_counters(&server, verdict[0]);
	c->t.tags = "q";
	wrong = talk_send(&c->t, s, &tagged);
	c->t.tags = "";
	if (is_counted)
		prog_counters(&server, verdict[1]);
	if (!wrong)
		wrong = talk_send(&c->t, s, g);
	if (is_counted)
		prog_counters(&server, verdict[2]);
	if (!wrong && (memcmp(&tagged, g, offsetof(struct talk_got, text)) ||
		       memcmp(tagged.text, g->text, g->len)))
		wrong = "another answer to the same segment with a tag";
	if (!wrong && !is_same_verdict(verdict))
		wrong = "another verdict of the same segment with a tag";
	return wrong;
}

static const char *deliver(struct client *c, const struct talk_seg *s)
{
	struct oracle_want w = oracle_wants(&oracle, &c->t, s);
	const char *wrong;
	struct talk_got g;

	wrong = send_both_ways(c, s, &g);
	segments++;
	texts += !!g.len;
	if (!wrong)
		wrong = oracle_judge(&oracle, &c->t, s, &w, &g);
	if (!wrong)
		wrong = judge_data(w.verb, &g);
	if (wrong)
		return explain(wrong, c, s, &w, &g);
	if (!percent(c->loss))
		receive(c, &g);
	return NULL;
}

static const char *send_out(struct client *c, const struct talk_seg *s)
{
	unsigned int i = below(QUEUE);
	const char *wrong;

	c->last_ack = s->ack;
	if (percent(c->loss)) {
		talk_note(&c->t, s, 1);
		return NULL;
	}
	if (percent(c->loss) && !queue[i].is_used) {
		talk_note(&c->t, s, 1);
		queue[i] = (struct flight){ *s, true };
		return NULL;
	}
	wrong = deliver(c, s);
	if (!wrong && percent(c->loss / 2))
		wrong = deliver(c, s);
	return wrong;
}

/* --- honest clients ------------------------------------------------------ */

static struct talk_seg piece_at(struct client *c, uint32_t seq, unsigned int max)
{
	unsigned int at = seq - c->first, left = at < stream_len ? stream_len - at : 0, n;
	struct talk_seg s = talk_seg(&c->t, NULL, 0);
	const char *lf;

	n = percent(40) ? 1 + below(12) : 1 + below(800);
	if (percent(60) && left && (lf = memchr(stream + at, '\n', left)))
		n = lf - (stream + at) + 1;
	if (n > max)
		n = max;
	if (n > left)
		n = left;
	s.seq = seq;
	s.data = stream + at;
	s.len = n;
	s.flags |= n ? FRAME_PSH : 0;
	if (at + n == stream_len && c->has_fin && (n < max || percent(50)))
		s.flags |= FRAME_FIN;
	if (percent(3))
		s.window = below(200);
	return s;
}

static const char *step(struct client *c)
{
	struct talk *t = &c->t;
	unsigned int i = below(QUEUE);
	struct talk_seg s;

	if (queue[i].is_used && percent(50)) {
		queue[i].is_used = percent(20);
		return deliver(c, &queue[i].seg);
	}
	if (t->is_split && t->snd_una == t->iss) {
		/* Its SYN is not acknowledged: a SYN,ACK is all that it may send. */
		s = talk_seg(t, NULL, 0);
		s.flags |= FRAME_SYN;
		s.seq = t->iss;
		return send_out(c, &s);
	}
	if (percent(55) && t->snd_nxt - c->first < stream_len + c->has_fin &&
	    t->snd_nxt - t->snd_una < 2048) {
		s = piece_at(c, t->snd_nxt, 1220);
		t->snd_nxt += s.len + !!(s.flags & FRAME_FIN);
	} else if (percent(70) && t->snd_una != t->snd_nxt) {
		s = piece_at(c, t->snd_una, t->snd_nxt - t->snd_una);
		if ((int32_t)(s.seq + s.len + !!(s.flags & FRAME_FIN) - t->snd_nxt) > 0)
			s.flags &= ~FRAME_FIN;
	} else {
		s = talk_seg(t, NULL, 0);
		if (percent(30))
			s.seq = t->snd_una - 1; /* keep-alive */
		if (percent(10))
			s.window = below(100);
	}
	return send_out(c, &s);
}

static const char *open_client(struct client *c, enum dialogue_stage stage, bool is_split)
{
	struct talk *t = &c->t;
	struct talk_seg s;
	struct talk_got g;
	const char *wrong;

	talk_start(t, &server, clients++, rnd() & 1, rnd() & 1);
	t->style = percent(70) ? STYLE_LINUX : below(STYLES);
	if (is_split)
		talk_split(t);
	s = talk_seg(t, NULL, 0);
	s.flags = FRAME_SYN;
	s.ack = s.tsecr = 0;
	wrong = talk_send(t, &s, &g);
	if (!wrong && !(g.flags & FRAME_SYN))
		wrong = "no SYN,ACK";
	if (wrong)
		return wrong;
	t->snd_nxt = c->first = t->iss + 1;
	t->snd_una = is_split ? t->iss : t->iss + 1;
	wrong = talk_take(t, &g);
	c->last_ack = t->rcv_nxt;
	c->has_fin = rnd() & 1;
	c->is_dead = false;
	c->loss = percent(30) ? 0 : below(30);
	memset(queue, 0, sizeof(queue));
	oracle_start(&oracle, stage, t);
	return wrong;
}

static const char *honest(enum dialogue_stage stage, bool is_split)
{
	static struct client c;
	const char *wrong = open_client(&c, stage, is_split);
	unsigned int steps = 20 + below(200);

	make_stream();
	while (!wrong && steps-- && !c.is_dead)
		wrong = step(&c);
	return wrong;
}

/* --- liars --------------------------------------------------------------- */

static uint32_t bend(uint32_t v)
{
	switch (below(5)) {
	case 0:
		return v ^ 1u << below(32);
	case 1:
		return v + below(64) - 32;
	case 2:
		return v + below(1 << 17) - (1 << 16);
	case 3:
		return rnd();
	}
	return v;
}

/* A client that has verified itself, and then sends anything. */
static const char *liar(enum dialogue_stage stage, bool is_split)
{
	static struct client c;
	const char *wrong = open_client(&c, stage, is_split);
	unsigned int steps = 5 + below(40);
	struct reading line;
	struct talk_got g;
	struct talk_seg s;

	make_stream();
	c.t.is_liar = 1;
	while (!wrong && steps--) {
		unsigned int at = below(stream_len + 1), n = below(stream_len - at + 1);
		const char *lf;

		if (percent(60) && (lf = memchr(stream + at, '\n', stream_len - at))) {
			at = lf + 1 - stream;
			lf = memchr(stream + at, '\n', stream_len - at);
			n = lf ? lf + 1 - stream - at : stream_len - at;
		}
		s = talk_seg(&c.t, stream + at, n > 1400 ? 1400 : n);
		if (percent(40))
			s.ack = c.t.irs + 1 + below(9000);
		else if (percent(40))
			s.ack = bend(s.ack);
		if (percent(30))
			s.seq = bend(s.seq);
		if (percent(30))
			s.tsecr = bend(s.tsecr);
		if (percent(20))
			s.flags = percent(50) ? FRAME_FIN | FRAME_ACK : rnd() & 0xff;
		if (percent(20))
			s.window = below(300);
		s.has_ts ^= percent(5);
		wrong = send_both_ways(&c, &s, &g);
		segments++;
		texts += !!g.len;
		line = (struct reading)READING_START;
		read_piece(&line, s.data, s.len);
		if (!wrong && !strncmp(g.text, "354", g.len < 3 ? g.len : 3) && g.len)
			wrong = "354";
		/* Behind the greeting's first line comes the second, whatever is said. */
		if (!wrong && s.ack - c.t.irs != 1 && !s.has_ts &&
		    !(oracle.is_teased && !strncmp(g.text, "220 ", g.len < 4 ? g.len : 4)))
			wrong = judge_data(line.verb, &g);
		if (wrong)
			return explain(wrong, &c, &s, NULL, &g);
		receive(&c, &g);
	}
	return wrong;
}

/* --- the whole ----------------------------------------------------------- */

static void run(const char *who, bool is_liar, enum dialogue_stage stage, bool is_split,
		bool is_teased, unsigned long count)
{
	static const char *const at[] = { [STAGE_GREETING] = "the greeting", [STAGE_MAIL] = "MAIL",
					  [STAGE_RCPT] = "RCPT", [STAGE_DATA] = "DATA" };
	struct dialogue d = { "fake1.example.com", NULL, stage, is_split, false, is_teased };
	const char *wrong = NULL;

	segments = texts = refused = 0;
	/* Half of the rounds ask for domains, at the stages where that can be. */
	oracle.is_teased = is_teased;
	oracle.is_choosy = is_split && stage >= STAGE_RCPT;
	talk_configure_domains(&server, &d, oracle.is_choosy ? domain_ours : NULL);
	while (segments < count && !wrong)
		wrong = is_liar ? liar(stage, is_split) : honest(stage, is_split);
	/* A fuzzer that never gets to DATA finds nothing. */
	if (!wrong && stage != STAGE_GREETING &&
	    (texts < segments / 20 || refused < segments / 1000))
		wrong = "too few replies for a test";
	tap_ok(!wrong, "%s, later at %s%s%s: %lu segments, %lu replies, %lu times DATA", who,
	       at[stage], is_split ? oracle.is_choosy ? ", split handshake, domains" : ", split handshake" : "",
	       is_teased ? ", a greeting in two lines" : "", segments, texts, refused);
}

int main(void)
{
	const char *seed = getenv("NOLIST_SEED");
	unsigned long n = getenv("NOLIST_FULL") ? 2000000 : 100000;
	int stage, split;

	tap_need_root();
	state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) * 1000003;
	tap_diag("NOLIST_SEED=%llu", (unsigned long long)state);
	prog_load(&server, NULL);
	for (split = 0; split < 2; split++)
		for (stage = STAGE_DATA; stage >= STAGE_GREETING; stage--) {
			unsigned long count = stage == STAGE_DATA ? n / (1 + split) : n / 8;

			run("honest clients", false, stage, split, false, count);
			run("liars", true, stage, split, false, count);
		}
	for (split = 0; split < 2; split++) {
		run("honest clients", false, STAGE_DATA, split, true, n / 4);
		run("liars", true, STAGE_DATA, split, true, n / 8);
	}
	return tap_done();
}
