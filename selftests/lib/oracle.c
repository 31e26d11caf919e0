// SPDX-License-Identifier: GPL-2.0-only
/* oracle.h: the table of the dialogue, and what each answer shows. */
#include "selftests/lib/domain_rows.h"
#include "selftests/lib/oracle.h"

#define ORACLE_TOTAL 8192 /* bytes said before 421 */

/* --- the dialogue's table ------------------------------------------------ */

static const char *oracle_later(struct oracle_state *s)
{
	s->is_reported = true;
	return "451 4.7.1 ";
}

static const char *oracle_reply(enum dialogue_stage stage, int verb, bool is_ours,
				struct oracle_state *s)
{
	switch (verb) {
	case NOLIST_V_GREET:
		s->at = AT_GREETED;
		return "250 fake1.example.com";
	case NOLIST_V_MAIL:
		if (s->at != AT_GREETED)
			break;
		if (stage == STAGE_MAIL)
			return oracle_later(s);
		s->at = AT_SENDER;
		return "250 2.1.0 ";
	case NOLIST_V_RCPT:
		if (s->at != AT_SENDER && s->at != AT_RECIPIENT)
			break;
		if (!is_ours)
			return "450 4.1.2 ";
		if (stage == STAGE_RCPT)
			return oracle_later(s);
		s->at = AT_RECIPIENT;
		return "250 2.1.5 ";
	case NOLIST_V_DATA:
		if (s->at != AT_RECIPIENT)
			break;
		return oracle_later(s);
	case NOLIST_V_RSET:
		if (s->at != AT_FRESH)
			s->at = AT_GREETED;
		return "250 2.0.0 ";
	case NOLIST_V_NOOP:
		return "250 2.0.0 ";
	case NOLIST_V_VRFY:
		return "252 2.1.5 ";
	case NOLIST_V_HELP:
		return "214 2.0.0 ";
	case NOLIST_V_STARTTLS:
		return "454 4.7.0 ";
	case NOLIST_V_QUIT:
		s->at = AT_END;
		return "221 2.0.0 ";
	case NOLIST_V_NOT_SMTP:
		s->at = AT_END;
		return "421 4.7.0 ";
	}
	return "451 4.5.0 ";
}

/* --- what is wanted ------------------------------------------------------ */

static void oracle_ack(struct oracle_want *w, uint32_t ack, bool has_fin)
{
	w->kind = WANT_ACK;
	w->ack = ack;
	w->has_fin = has_fin;
}

static void oracle_banner(const struct oracle *o, const struct talk_seg *s, uint32_t seq, int ahead,
			  bool is_second, struct oracle_want *w)
{
	if (ahead > 0)
		return;
	w->kind = WANT_TEXT;
	w->has_fin = s->flags & FRAME_FIN && !s->len;
	w->ack = seq - ahead + w->has_fin;
	w->code = "220 fake1.example.com ESMTP";
	w->next.at = AT_FRESH;
	if (o->is_teased && o->stage != STAGE_GREETING) {
		w->code = is_second ? "220 fake1.example.com" : "220-fake1.example.com ESMTP";
		w->next.at = is_second ? AT_FRESH : AT_TEASED;
	}
	if (o->stage != STAGE_GREETING)
		return;
	w->has_fin = true;
	w->code = "421 4.7.1 ";
	w->next = (struct oracle_state){ AT_END, true, false };
}

/* Is the domain ours that a line, or its last piece, names? begun: what came of it before. */
static bool oracle_is_ours(const struct oracle *o, const struct talk_seg *s, unsigned int end,
			   const struct reading *begun)
{
	int letters = begun->verb < 0 && begun->len < 4 ? (int)begun->len : -1;
	size_t at, n = end ? domain_read(s->data, end, letters, &at) : 0;

	return !o->is_choosy || (n && domain_is_ours(s->data + at, n));
}

static void oracle_line(const struct oracle *o, const struct talk_seg *s, uint32_t total,
			struct reading line, struct oracle_want *w)
{
	struct oracle_state at = o->edge[total];
	struct reading begun = line;
	unsigned int end = read_piece(&line, s->data, s->len), selected = end ? end : s->len;
	bool is_all = selected == s->len, has_fin = s->flags & FRAME_FIN && is_all;
	bool is_piece = !end && line.verb != NOLIST_V_NOT_SMTP;

	if (is_piece && s->has_ts) {
		oracle_ack(w, s->seq + selected + has_fin, has_fin);
		w->line = line;
		return;
	}
	if (!s->has_ts && at.is_mid &&
	    (line.verb <= NOLIST_V_UNKNOWN || line.verb == NOLIST_V_NOT_SMTP)) {
		oracle_ack(w, s->seq + selected + has_fin, has_fin);
		return;
	}
	if (is_piece && line.verb < 0)
		return; /* letters that cannot be kept */
	w->verb = line.verb;
	if (total >= ORACLE_TOTAL)
		line.verb = NOLIST_V_NOT_SMTP;
	if (line.verb == NOLIST_V_NOT_SMTP) {
		selected = s->len;
		has_fin = s->flags & FRAME_FIN;
	}
	w->kind = WANT_TEXT;
	w->next = at;
	w->next.is_mid = is_piece;
	w->code = oracle_reply(o->stage, line.verb, oracle_is_ours(o, s, end, &begun), &w->next);
	w->ack = s->seq + selected + has_fin;
	w->has_fin = has_fin || w->next.at == AT_END;
}

struct oracle_want oracle_wants(const struct oracle *o, const struct talk *t,
				const struct talk_seg *s)
{
	struct oracle_want w = { .line = READING_START, .verb = -1 };
	struct reading line = READING_START;
	bool has_fin = s->flags & FRAME_FIN;
	uint32_t total = s->ack - t->irs - 1, seq = s->seq + !!(s->flags & FRAME_SYN);
	unsigned int i;
	int ahead = 0;

	for (i = o->times; s->has_ts && i > 0; i--)
		if (o->time[(i - 1) % ORACLE_TIMES].tsval == s->tsecr) {
			ahead = seq - o->time[(i - 1) % ORACLE_TIMES].rcv_nxt;
			line = o->time[(i - 1) % ORACLE_TIMES].line;
			break;
		}
	if (!total) {
		oracle_banner(o, s, seq, ahead, false, &w);
	} else if (total < ORACLE_EDGES && o->edge[total].at == AT_TEASED) {
		oracle_banner(o, s, seq, ahead, true, &w);
	} else if (ahead < 0 && (s->len || has_fin || ahead == -1)) {
		oracle_ack(&w, s->seq - ahead, false);
		w.line = line;
	} else if (ahead) {
		return w;
	} else if (total & 1) {
		if (s->len || has_fin)
			oracle_ack(&w, s->seq + s->len + has_fin, false);
	} else if (total >= ORACLE_EDGES || o->edge[total].at == AT_NOWHERE) {
		w.kind = WANT_RST; /* no honest client */
	} else if (o->edge[total].at == AT_END) {
		oracle_ack(&w, s->seq + s->len + has_fin, true);
	} else if (s->len) {
		oracle_line(o, s, total, line, &w);
	} else if (has_fin) {
		oracle_ack(&w, s->seq + 1, true);
	}
	return w;
}

/* --- learning ------------------------------------------------------------ */

static void oracle_remember(struct oracle *o, uint32_t tsval, uint32_t rcv_nxt,
			    const struct reading *line)
{
	struct oracle_time *at = &o->time[o->times++ % ORACLE_TIMES];

	at->tsval = tsval;
	at->rcv_nxt = rcv_nxt;
	at->line = *line;
}

void oracle_start(struct oracle *o, enum dialogue_stage stage, const struct talk *t)
{
	struct reading line = READING_START;

	memset(o->edge, 0, sizeof(o->edge));
	o->times = 0;
	o->stage = stage;
	if (t->has_ts)
		oracle_remember(o, t->ts_recent, t->snd_nxt, &line);
}

const char *oracle_judge(struct oracle *o, const struct talk *t, const struct talk_seg *s,
			 const struct oracle_want *w, const struct talk_got *g)
{
	uint32_t total = s->ack - t->irs - 1 + g->len;
	struct oracle_state *next;

	if (w->kind == WANT_TEXT && !g->is_frame &&
	    s->window < (t->is_split ? 1 : NOLIST_TEXT_MAX))
		return NULL;
	if (w->kind == WANT_NOTHING)
		return g->is_frame ? "answered" : NULL;
	if (!g->is_frame)
		return "not answered";
	if ((w->kind == WANT_RST) != !!(g->flags & FRAME_RST))
		return "RST, or none";
	if (w->kind == WANT_RST)
		return NULL;
	if (g->ack != w->ack)
		return "acknowledges something else";
	if (w->has_fin != !!(g->flags & FRAME_FIN))
		return "FIN, or none";
	if ((w->kind == WANT_TEXT) != !!g->len)
		return "a text, or none";
	if (g->has_ts)
		oracle_remember(o, g->tsval, g->ack, &w->line);
	if (w->kind != WANT_TEXT)
		return NULL;
	if (strncmp(g->text, w->code, strlen(w->code)))
		return "another text";
	if (total >= ORACLE_EDGES)
		return "says too much";
	next = &o->edge[total];
	if (next->at != AT_NOWHERE &&
	    (next->at != w->next.at ||
	     (next->at != AT_END &&
	      (next->is_reported != w->next.is_reported || next->is_mid != w->next.is_mid))))
		return "one total names two states";
	*next = w->next;
	return NULL;
}
