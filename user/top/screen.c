// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws the live view, and reads keys: the one file that calls curses. Everything goes through
 * put(), so that no byte that others chose moves the cursor. No colour: bold and reverse are what
 * a vt100 has, too.
 */
#include <curses.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/base/version.h"
#include "user/report/status.h"
#include "user/top/private.h"

#define FIXED 7 /* lines that are always there: three of state, three heads, the keys */
#define COUNTERS_LEAST 3
#define LINES_LEAST (FIXED + COUNTERS_LEAST + 2)
#define COLUMNS_LEAST 60
#define SOURCE_WIDTH 24 /* of an IPv6 /64, at most */
#define LEFT 33         /* columns of the verdicts */

static SCREEN *screen;

int top_screen_open(void)
{
	const char *term = getenv("TERM");

	screen = term && *term ? newterm(NULL, stdout, stdin) : NULL;
	if (!screen || !cursor_address) {
		top_screen_close();
		failx(-ENOTTY, "cannot draw on a terminal of the type '%s'", term ? term : "");
		return fail_hint("set TERM to what the terminal is, such as xterm, linux or vt100");
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(100);
	curs_set(0);
	return 0;
}

void top_screen_close(void)
{
	if (!screen)
		return;
	/* Not every terminal has a second screen to go back from. */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* --- text ------------------------------------------------------------------------- */

/* Writes text at a place, at most up to the right edge; the cursor stays behind it. */
static void put(int y, int x, const char *text)
{
	if (y < 0 || y >= LINES || x >= COLS)
		return;
	move(y, x);
	for (; *text && x < COLS; text++, x++)
		addch(*text < ' ' || *text > '~' ? '?' : *text);
}

__attribute__((format(printf, 3, 4))) static void putf(int y, int x, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(y, x, text);
}

static void fill_line(int y, attr_t attr)
{
	mvchgat(y, 0, -1, attr, 0, NULL);
}

static const char *source(const struct nolist_source *src, char text[ADDR_TEXT])
{
	struct prefix p = source_prefix(src);

	return prefix_text(&p, text);
}

/* --- what the tables have ---------------------------------------------------------- */

static bool is_small(void)
{
	return LINES < LINES_LEAST || COLS < COLUMNS_LEAST;
}

static int verdicts(const struct top_counts *c)
{
	int i, n = 0;

	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		n += !!c->verdict[i];
	return n;
}

static int counters(const struct top *t)
{
	int most = (LINES - FIXED) * 3 / 10, n = verdicts(&t->now);

	if (n < t->now.mxs)
		n = t->now.mxs;
	n = n < most ? n : most;
	return n < COUNTERS_LEAST ? COUNTERS_LEAST : n;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* How much space the first table and the second have. */
static void spaces(const struct top *t, int *rows, int *listings)
{
	int space = LINES - FIXED - counters(t);

	*rows = (space + 1) / 2;
	*listings = space - *rows;
}

void top_screen_rows(const struct top *t, int *rows, int *listings)
{
	*rows = *listings = 0;
	if (is_small())
		return;
	spaces(t, rows, listings);
	*rows = least(*rows, t->view.rows);
	*listings = least(*listings, t->view.listings);
}

int top_screen_page(void)
{
	return LINES > 3 ? LINES - 2 : 1;
}

/* --- counters ----------------------------------------------------------------------- */

/* The next verdict after the one with this count and number; the busiest first. -1: the end. */
static int next_verdict(const struct top_counts *c, int last)
{
	uint64_t most = last < 0 ? UINT64_MAX : c->verdict[last];
	int i, best = -1;

	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++) {
		if (!c->verdict[i] || c->verdict[i] > most ||
		    (last >= 0 && c->verdict[i] == most && i <= last))
			continue;
		if (best < 0 || c->verdict[i] > c->verdict[best])
			best = i;
	}
	return best;
}

static void draw_verdicts(const struct top *t, int y, int n)
{
	char name[STATUS_VERDICT], a[TOP_NUMBER], b[TOP_NUMBER];
	int v = -1;

	while (n-- && (v = next_verdict(&t->now, v)) >= 0)
		putf(y++, 0, "%-17s %6s %6s", status_verdict_name(v, name),
		     top_per_second(top_rate(&t->now, &t->before, t->now.verdict[v],
					     t->before.verdict[v]), a),
		     top_number(t->now.verdict[v], b));
}

static uint64_t opens_before(const struct top *t, const struct top_mx *mx)
{
	int i;

	for (i = 0; i < t->before.mxs; i++)
		if (t->before.mx[i].role == mx->role &&
		    !addr_compare(&t->before.mx[i].addr, &mx->addr))
			return t->before.mx[i].opens;
	return UINT64_MAX; /* more than it has now: no rate */
}

static void draw_mx(const struct top *t, int y, int n)
{
	char addr[ADDR_TEXT], a[TOP_NUMBER], b[TOP_NUMBER];
	int i, width = COLS - LEFT - 20;

	for (i = 0; i < t->now.mxs && i < n; i++) {
		const struct top_mx *mx = &t->now.mx[i];

		addr_text(&mx->addr, addr);
		if ((int)strlen(addr) > width)
			strcpy(addr + width - 1, "~");
		putf(y + i, LEFT, "%-4s %-*s %6s %6s", conf_role_name(mx->role), width, addr,
		     top_per_second(top_rate(&t->now, &t->before, mx->opens, opens_before(t, mx)), a),
		     top_number(mx->opens, b));
	}
}

static int draw_counters(const struct top *t, int y)
{
	int n = counters(t);

	putf(y, 0, "%-17s %6s %6s  %-4s %-*s %6s %6s", "VERDICT", "/S", "TOTAL", "MX", COLS - LEFT - 20,
	     "ADDRESS", "SYN/S", "SYNS");
	fill_line(y++, A_REVERSE);
	draw_verdicts(t, y, n);
	draw_mx(t, y, n);
	return y + n;
}

/* --- state --------------------------------------------------------------------------- */

static void draw_title(const struct top *t)
{
	char when[TEXT_TIME];

	putf(0, 0, "nolist-xdp %s  %s", nolist_version,
	     t->now.error == -ENOENT ? "not attached" :
	     t->now.error	     ? "cannot read the counters" :
				       t->now.interfaces);
	text_time(time(NULL), when);
	putf(0, COLS - (int)strlen(when) - (t->is_paused ? 8 : 0), "%s%s", t->is_paused ? "PAUSED  " : "",
	     when);
	fill_line(0, A_BOLD);
}

static void draw_tables(const struct top *t)
{
	const struct kern_fill *f = &t->view.fill;
	char n[6][TOP_NUMBER];

	putf(1, 0, "frames %s/s  contacts %s of %s, %u%%  verified %s of %s, %u%%  lost %s",
	     top_per_second(top_rate(&t->now, &t->before, t->now.frames, t->before.frames), n[0]),
	     top_number(f->contacts, n[1]), top_number(f->contacts_max, n[2]),
	     top_percent(f->contacts, f->contacts_max), top_number(f->verified, n[3]),
	     top_number(f->verified_max, n[4]), top_percent(f->verified, f->verified_max),
	     top_number(t->now.lost, n[5]));
}

static void draw_holds(const struct top *t)
{
	const struct top_view *v = &t->view;
	char text[256];

	if (v->error) {
		put(2, 0, v->why);
		fill_line(2, A_BOLD);
		return;
	}
	if (!v->now) {
		put(2, 0, "reading ...");
		return;
	}
	top_holds(v, text, sizeof(text));
	putf(2, 0, "listed %" PRIu64 "  in files %" PRIu64 " (+%" PRIu64 ")  holds: %s%s", v->listed,
	     v->entries, v->grown, *text ? text : "none",
	     v->notes ? "  a file of the configuration cannot be used: see status" : "");
}

/* --- sources -------------------------------------------------------------------------- */

static void draw_row(const struct top_view *v, const struct top_row *r, int y)
{
	char src[ADDR_TEXT], last[TEXT_AGE], talk[TEXT_AGE], n[5][TOP_NUMBER];

	putf(y, 0, "%-*s %4s %6s %6s %6s %6s %4s %4s %s", SOURCE_WIDTH, source(&r->src, src),
	     top_ago(v->now, r->last, last), top_number(r->low, n[0]), top_number(r->real, n[1]),
	     top_number(r->high, n[2]), top_number(r->data, n[3]), top_number(r->hours, n[4]),
	     top_ago(v->now, r->talk, talk), judgement_names[r->is]);
}

static void draw_rows(const struct top *t, int y, int space)
{
	int i;

	putf(y, 0, "%-*s %4s %6s %6s %6s %6s %4s %4s %s", SOURCE_WIDTH,
	     t->query.key ? "SOURCE" : "NEWEST DIALOGUES", "LAST", "LOW", "REAL", "HIGH", "DATA",
	     "HRS", "AGO", "VERDICT");
	fill_line(y++, A_REVERSE);
	for (i = 0; i < space && i < t->view.rows; i++)
		draw_row(&t->view, &t->view.row[i], y + i);
}

static void draw_listing(const struct top_view *v, const struct top_listing *l, int y)
{
	char src[ADDR_TEXT], since[TEXT_AGE], until[TEXT_AGE], why[128];

	top_reason(l, why, sizeof(why));
	putf(y, 0, "%-*s %5s %5s %4d %s", SOURCE_WIDTH, source(&l->src, src),
	     l->hold < HOLDS ? "held" : top_ago(v->now, l->since, since),
	     l->until > v->now ? text_age(l->until - v->now, until) : "-", l->tier, why);
}

static void draw_listings(const struct top *t, int y, int space)
{
	int i;

	putf(y, 0, "%-*s %5s %5s %4s %s", SOURCE_WIDTH, "NEWEST LISTINGS", "SINCE", "ENDS", "TIER",
	     "REASON");
	fill_line(y++, A_REVERSE);
	for (i = 0; i < space && i < t->view.listings; i++)
		draw_listing(&t->view, &t->view.listing[i], y + i);
}

static void draw_keys(const struct top *t)
{
	if (t->is_explaining)
		put(LINES - 1, 0, "up/down, PgUp/PgDn: scroll  Esc, q: back");
	else
		putf(LINES - 1, 0, "q quit  Enter explain  s sort: %s  r role: %s  f family: %s"
				   "  p pause",
		     top_key(t->query.key), t->query.role ? conf_role_name(t->query.role) : "all",
		     !t->query.family ? "both" : t->query.family == 4 ? "IPv4" : "IPv6");
	fill_line(LINES - 1, A_BOLD);
}

static void draw_overview(struct top *t)
{
	int y, space, listings, rows_at;

	draw_title(t);
	draw_tables(t);
	draw_holds(t);
	y = draw_counters(t, 3);
	spaces(t, &space, &listings);
	rows_at = y + 1;
	draw_rows(t, y, space);
	y += 1 + space;
	draw_listings(t, y, listings);
	if (t->is_choosing)
		fill_line((t->is_listing ? y + 1 : rows_at) + t->chosen, A_REVERSE);
}

/* --- explain --------------------------------------------------------------------------- */

/* The end of the screen line that begins at text: at a line's end, or at the right edge. */
static const char *line_end(const char *text, const char *end)
{
	const char *most = end - text > COLS ? text + COLS : end, *at = memchr(text, '\n', most - text);

	return at ? at : most;
}

static void draw_explanation(struct top *t)
{
	const char *text = t->explain.bytes, *end = text + t->explain.used;
	int n = 0, page = top_screen_page(), total = 0;
	char src[ADDR_TEXT];
	const char *at, *to;

	for (at = text; at < end; at = to + (to < end && *to == '\n'), total++)
		to = line_end(at, end);
	if (t->line > total - page)
		t->line = total - page;
	if (t->line < 0)
		t->line = 0;
	putf(0, 0, "explain %s%s", source(&t->src, src), t->explain.pid ? "  reading ..." : "");
	fill_line(0, A_REVERSE);
	for (at = text; at < end && n < t->line + page; at = to + (to < end && *to == '\n'), n++) {
		to = line_end(at, end);
		if (n >= t->line)
			putf(1 + n - t->line, 0, "%.*s", (int)(to - at), at);
	}
}

void top_screen_draw(struct top *t)
{
	erase();
	if (is_small()) {
		putf(0, 0, "needs %d lines of %d columns", LINES_LEAST, COLUMNS_LEAST);
	} else {
		if (t->is_explaining)
			draw_explanation(t);
		else
			draw_overview(t);
		draw_keys(t);
	}
	move(LINES - 1, COLS - 1);
	refresh();
}

/* --- keys ------------------------------------------------------------------------------ */

enum top_press top_screen_key(void)
{
	static const struct {
		int key;
		enum top_press press;
	} keys[] = {
		{ 'q', PRESS_QUIT },	     { KEY_UP, PRESS_UP },	{ 'k', PRESS_UP },
		{ KEY_DOWN, PRESS_DOWN },    { 'j', PRESS_DOWN },	{ KEY_PPAGE, PRESS_PAGE_UP },
		{ 'b', PRESS_PAGE_UP },	     { KEY_NPAGE, PRESS_PAGE_DOWN }, { ' ', PRESS_PAGE_DOWN },
		{ KEY_HOME, PRESS_FIRST },   { 'g', PRESS_FIRST },	{ KEY_ENTER, PRESS_ENTER },
		{ '\n', PRESS_ENTER },	     { '\r', PRESS_ENTER },	{ 'e', PRESS_ENTER },
		{ 27, PRESS_BACK },	     { KEY_LEFT, PRESS_BACK },	{ 's', PRESS_SORT },
		{ 'r', PRESS_ROLE },	     { 'f', PRESS_FAMILY },	{ 'p', PRESS_PAUSE },
		{ KEY_RESIZE, PRESS_RESIZE },
	};
	size_t i;
	int c;

	while ((c = getch()) != ERR)
		for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			if (keys[i].key == c)
				return keys[i].press;
	return PRESS_NONE;
}
