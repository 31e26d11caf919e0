// SPDX-License-Identifier: GPL-2.0-only
/*
 * The segment table of docs/dialogue.md, row by row: what is sent, what comes
 * back, what it proves about the source. Each row runs over IPv4 and IPv6, with
 * no, one and two VLAN tags, with and without timestamps where it holds for
 * both; talk.h judges every frame besides. A row of the page that is not here,
 * or the reverse, fails.
 */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* of the table */

#include <stdbool.h>
#include "selftests/lib/dialogue_rows.h"
#include "selftests/lib/talk.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct prog server;
static unsigned int clients;

/* --- one step ------------------------------------------------------------ */

static const char *judge_want(const struct step *p, const struct talk_seg *s,
			      const struct talk_got *g)
{
	static char why[256];
	const char *want = p->want;
	unsigned int flags;
	uint32_t ack = s->seq + s->len + !!(s->flags & S) + !!(s->flags & F);

	if (p->acked)
		ack = s->seq + (p->acked == NONE ? 0 : p->acked);
	if (!strcmp(want, "-"))
		return g->is_frame ? "answered" : NULL;
	if (!g->is_frame)
		return "no answer";
	flags = !strcmp(want, "SA") ? S | A : !strcmp(want, "S") ? S : !strcmp(want, "R") ? R : A;
	if (flags == A && want[0] == 'F') {
		flags |= F;
		want += want[1] ? 2 : 1;
	}
	if ((g->flags & ~P) != flags) {
		snprintf(why, sizeof(why), "flags %02x: %.*s", g->flags, (int)g->len, g->text);
		return why;
	}
	if (flags & S || flags & R)
		return NULL;
	if (g->ack != ack) {
		snprintf(why, sizeof(why), "acknowledges %d, not %d", (int)(g->ack - s->seq),
			 (int)(ack - s->seq));
		return why;
	}
	if (!strcmp(want, "."))
		want = "";
	if (*want ? strncmp(g->text, want, strlen(want)) != 0 : g->len != 0) {
		snprintf(why, sizeof(why), "says %.*s", (int)g->len, g->text);
		return why;
	}
	return NULL;
}

static const char *run_segment(struct talk *t, const struct step *p, const char *data, size_t len,
			       const char *want)
{
	struct talk_seg s = talk_seg(t, data, len);
	struct step q = *p;
	struct talk_got g;
	const char *wrong;

	q.want = want;
	if (p->flags)
		s.flags = p->flags & 0xff;
	if ((s.flags & (S | A)) == S)
		s.ack = s.tsecr = 0;
	s.seq += p->seq;
	s.ack += p->ack;
	if (p->window)
		s.window = p->window == NONE ? 0 : p->window;
	if (p->how & STRIP)
		s.has_ts = 0;
	if (p->how & ADD)
		s.has_ts = 1;
	if (p->how & BAD_TSECR)
		s.tsecr += 0x12345678;
	s.is_broken = !!(p->how & BROKEN);
	s.options = p->options;
	s.options_len = p->options_len;
	if (!(p->how & HOLD))
		t->snd_nxt += len + !!(s.flags & S) + !!(s.flags & F);
	if (p->how & LOST) {
		talk_note(t, &s, 1);
		return NULL;
	}
	wrong = talk_send(t, &s, &g);
	if (!wrong)
		wrong = judge_want(&q, &s, &g);
	if (!wrong && !(p->how & DEAF))
		wrong = talk_take(t, &g);
	return wrong;
}

static const char *run_step(struct talk *t, const struct step *p)
{
	size_t len = p->data ? strlen(p->data) : 0, i;
	const char *wrong = NULL;
	int n;

	for (n = 0; n <= p->repeat && !wrong; n++) {
		if (!(p->how & PIECES)) {
			wrong = run_segment(t, p, p->data, len, p->want);
			continue;
		}
		for (i = 0; i < len && !wrong; i++)
			wrong = run_segment(t, p, p->data + i, 1, i + 1 < len ? "." : p->want);
	}
	return wrong;
}

/* --- one row ------------------------------------------------------------- */

static const struct step opening[] = {
	[OPENED] = { NULL, "SA", .flags = S },
	[BANNER] = { NULL, "220" },
	[GREETED] = { "EHLO client.example\r\n", "250" },
	[SENDER] = { "MAIL FROM:<a@client.example>\r\n", "250" },
	[RECIPIENT] = { "RCPT TO:<b@example.com>\r\n", "250" },
	[TEMPFAILED] = { "DATA\r\n", "451 4.7.1" },
};

static const char *run_client(struct talk *t, const struct row *row, int *at)
{
	const char *wrong = NULL;

	for (*at = OPENED; *at <= (int)row->start && !wrong; ++*at)
		wrong = run_step(t, &opening[*at]);
	for (*at = 0; !wrong && *at < (int)COUNT(row->step) && row->step[*at].want; ++*at)
		wrong = run_step(t, &row->step[*at]);
	return wrong;
}

static bool run_mode(const struct row *row, int is_ip6, int has_ts, const char *tags)
{
	const char *want = has_ts ? row->with : row->without, *got, *wrong;
	unsigned long bad_acks = talk_bad_acks(&server);
	struct talk t;
	int at;

	talk_start(&t, &server, clients++, is_ip6, has_ts);
	t.tags = tags;
	if (row->sport)
		t.sport = row->sport;
	else if (row->is_split)
		talk_split(&t);
	wrong = run_client(&t, row, &at);
	got = talk_evidence(&t);
	bad_acks = talk_bad_acks(&server) - bad_acks;
	if (!wrong && strcmp(got, want ? want : "none"))
		wrong = got;
	if (!wrong && bad_acks != (unsigned long)row->bad_acks)
		wrong = "wrong acknowledgements miscounted";
	if (wrong)
		tap_diag("%s: IPv%d, %s timestamps, tags \"%s\", step %d: %s", row->name,
			 is_ip6 ? 6 : 4, has_ts ? "with" : "without", tags, at, wrong);
	return !wrong;
}

static void run_row(const struct row *row)
{
	static const char *const tags[] = { "", "q", "aq" };
	struct dialogue d = {"fake1.example.com", NULL,
			     row->is_greeting ? STAGE_GREETING
			     : row->stage     ? row->stage
					      : STAGE_DATA,
			     row->is_split, false, row->is_teased};
	bool is_good = true;
	unsigned int i;
	int ts;

	talk_configure(&server, &d);
	for (ts = 1; ts >= 0; ts--)
		for (i = 0; i < 6 && row->modes & (ts ? WITH : WITHOUT); i++)
			is_good &= run_mode(row, i & 1, ts, tags[i / 2]);
	tap_ok(is_good, "%s", row->name);
}

/* --- rows and their page ------------------------------------------------- */

static char *read_page(void)
{
	char path[4096], *page = calloc(1, 1 << 18);
	FILE *in;

	snprintf(path, sizeof(path), "%s", tap_build("../docs/dialogue.md"));
	in = fopen(path, "r");
	if (!in || !page)
		tap_die(path);
	if (!fread(page, 1, (1 << 18) - 1, in))
		tap_die(path);
	fclose(in);
	return page;
}

/* Is it a row's name, which ends with "` |"? Other tables have addresses and commands there. */
static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len && !strncmp(text + len, "` |", 3);
}

/* The rows of the page begin with "| `name` |". */
static void compare_with_page(void)
{
	char *page = read_page(), *line, key[128];
	unsigned int on_page = 0;
	bool is_good = true;
	size_t i;

	for (i = 0; i < dialogue_row_count; i++) {
		snprintf(key, sizeof(key), "\n| `%s` |", dialogue_rows[i].name);
		if (!strstr(page, key)) {
			tap_diag("docs/dialogue.md has no row `%s`", dialogue_rows[i].name);
			is_good = false;
		}
	}
	for (line = page; (line = strstr(line, "\n| `")); line++)
		on_page += is_name(line + 4);
	if (on_page != dialogue_row_count)
		tap_diag("docs/dialogue.md has %u rows, the test %zu", on_page, dialogue_row_count);
	tap_ok(is_good && on_page == dialogue_row_count, "every row of docs/dialogue.md is run");
	free(page);
}

int main(void)
{
	size_t i;

	tap_need_root();
	prog_load(&server, NULL);
	for (i = 0; i < dialogue_row_count; i++)
		run_row(&dialogue_rows[i]);
	compare_with_page();
	return tap_done();
}
