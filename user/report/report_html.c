// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report as one page of HTML: no script, nothing from elsewhere, light or dark as the reader has
 * it. Bars are SVG that is stretched to the width of the screen; words are HTML beside them, so
 * that they stay readable on a phone. All numbers are in a table below as well.
 */
#include <stdarg.h>
#include <stdio.h>

#include "user/base/version.h"
#include "user/report/report.h"

static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"robots\" content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<style>\n"
	":root{--text:#1c2330;--soft:#566074;--page:#f6f7f9;--card:#fff;--line:#d5dae2;"
	"--a:#2563c9;--b:#c2560c;--c:#7d8797}\n"
	"@media(prefers-color-scheme:dark){:root{--text:#e6e9ef;--soft:#a3adbd;--page:#12161d;"
	"--card:#1b212b;--line:#343d4b;--a:#6aa3ff;--b:#f2945a;--c:#8a94a6}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:64rem;background:var(--page);color:var(--text);"
	"font:1rem/1.45 system-ui,sans-serif}\n"
	"h1{font-size:1.35rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}\n"
	"p{margin:.3rem 0;color:var(--soft)}\n"
	".cards{display:grid;gap:.7rem;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr))}\n"
	".charts{display:grid;gap:.7rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}\n"
	".card,figure{margin:0;padding:.8rem;background:var(--card);border:1px solid var(--line);"
	"border-radius:.5rem}\n"
	".card b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}\n"
	".card span,figcaption+div,.x,.key{color:var(--soft);font-size:.875rem}\n"
	"figcaption{font-weight:600}\n"
	"svg{display:block;width:100%;height:9rem;border-bottom:1px solid var(--line)}\n"
	".x{display:flex;justify-content:space-between}\n"
	".key i{display:inline-block;width:.75rem;height:.75rem;margin:0 .3rem 0 .7rem;border-radius:.15rem}\n"
	".a{fill:var(--a);background:var(--a)}.b{fill:var(--b);background:var(--b)}"
	".c{fill:var(--c);background:var(--c)}\n"
	".wide{overflow-x:auto}\n"
	"table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid var(--line)}\n"
	"th:first-child,td:first-child{text-align:left;white-space:nowrap}\n"
	"</style>\n";

/* Our own words and numbers: nothing in them needs an escape. */
__attribute__((format(printf, 2, 3))) static void putf(struct writer *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(o, fmt, ap);
	va_end(ap);
}

/* What may have any bytes: all but some ASCII becomes '?'. */
static void put_name(struct writer *o, const char *name)
{
	for (; *name; name++)
		put_char(o, *name <= ' ' || *name > '~' || strchr("<>&\"'", *name) ? '?' : *name);
}

/* With a space between thousands, which wraps nowhere. */
static void put_count(struct writer *o, uint64_t n)
{
	if (n >= 1000) {
		put_count(o, n / 1000);
		putf(o, "&#8239;%03d", (int)(n % 1000));
	} else {
		putf(o, "%d", (int)n);
	}
}

/* --- numbers ------------------------------------------------------------------------- */

static void card(struct writer *o, uint64_t n, const char *words)
{
	put_text(o, "<div class=\"card\"><b>");
	put_count(o, n);
	putf(o, "</b><span>%s</span></div>\n", words);
}

static void card_share(struct writer *o, double share, const char *words)
{
	putf(o, "<div class=\"card\"><b>%.1f&#8239;%%</b><span>%s</span></div>\n", 100 * share, words);
}

static void put_cards(const struct report *r, struct writer *o)
{
	const uint64_t *n = r->sum;
	uint64_t known = n[COUNT_BACK] + n[COUNT_NEVER_BACK];
	char words[160];

	put_text(o, "<div class=\"cards\">\n");
	card(o, n[COUNT_LOW], "SYNs refused at the low fake");
	card(o, n[COUNT_DIALOGUES], "sources told &ldquo;later&rdquo; by a high fake, by the hour");
	if (known)
		card_share(o, (double)n[COUNT_NEVER_BACK] / known,
			   "of these were not at the real MX within a week");
	card(o, n[COUNT_DATA], "connections with data at the real MX");
	card(o, r->listed, "sources listed now");
	if (r->listings) {
		snprintf(words, sizeof(words),
			 "of the listings in %d days were not ended by the sender itself "
			 "(95&#8239;%%: %.1f to %.1f)",
			 r->evidence_days, 100 * r->precision.low, 100 * r->precision.high);
		card_share(o, r->precision.is, words);
	}
	if (n[COUNT_ACCEPTED] || n[COUNT_REFUSED]) {
		card(o, n[COUNT_ACCEPTED], "contacts accepted, of imported logs");
		card(o, n[COUNT_REFUSED], "sources refused, of imported logs, by the hour");
	}
	put_text(o, "</div>\n");
}

/* --- charts -------------------------------------------------------------------------- */

#define SERIES 3
struct chart {
	const char *title;
	struct {
		enum store_count kind;
		const char *name; /* NULL: there are no more */
	} series[SERIES]; /* on top of each other */
};

static const struct chart charts[] = {
	{ "SYNs by role", { { COUNT_REAL, "real MX" }, { COUNT_LOW, "low fake" }, { COUNT_HIGH, "high fakes" } } },
	{ "Sources told &ldquo;later&rdquo;", { { COUNT_DIALOGUES, "told later" } } },
	{ "Of these, back within a week?", { { COUNT_BACK, "yes" }, { COUNT_NEVER_BACK, "never" } } },
	{ "Entries of the longest list", { { COUNT_ENTRIES, "entries" } } },
	{ "Changes of the list", { { COUNT_REMOVED, "removed" }, { COUNT_LISTED, "added" } } },
	{ "Data at the real MX", { { COUNT_DATA, "with data" } } },
};

static uint64_t total(const struct report *r, const struct chart *c, int part)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < SERIES && c->series[i].name; i++)
		sum += r->part[part][c->series[i].kind];
	return sum;
}

#define HEIGHT 1000
#define STEP 10 /* columns of a bar with its gap */

static void put_bar(const struct report *r, struct writer *o, const struct chart *c, int part,
		    uint64_t most)
{
	char date[REPORT_DATE];
	double y = HEIGHT;
	int i;

	putf(o, "<g><title>%s:", report_date(r, part, date));
	for (i = 0; i < SERIES && c->series[i].name; i++)
		putf(o, " %s %llu", c->series[i].name,
		     (unsigned long long)r->part[part][c->series[i].kind]);
	put_text(o, "</title>");
	for (i = 0; i < SERIES && c->series[i].name; i++) {
		double height = (double)r->part[part][c->series[i].kind] * HEIGHT / most;

		if (!height)
			continue;
		/* What there is can be seen. */
		height = height < HEIGHT / 100 ? HEIGHT / 100 : height;
		y -= height;
		putf(o, "<rect class=\"%c\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>", 'a' + i,
		     part * STEP + 1, y < 0 ? 0 : y, STEP - 2, height);
	}
	put_text(o, "</g>\n");
}

static void put_bars(const struct report *r, struct writer *o, const struct chart *c, uint64_t most)
{
	int i;

	putf(o, "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">\n",
	     c->title, r->parts * STEP, HEIGHT);
	for (i = 0; i < r->parts && most; i++)
		if (total(r, c, i))
			put_bar(r, o, c, i, most);
	put_text(o, "</svg>\n");
}

static void put_chart(const struct report *r, struct writer *o, const struct chart *c)
{
	char first[REPORT_DATE], last[REPORT_DATE];
	uint64_t most = 0;
	int i;

	for (i = 0; i < r->parts; i++)
		most = total(r, c, i) > most ? total(r, c, i) : most;
	putf(o, "<figure><figcaption>%s</figcaption>\n<div>at most ", c->title);
	put_count(o, most);
	put_text(o, "</div>\n");
	put_bars(r, o, c, most);
	putf(o, "<div class=\"x\"><span>%s</span><span>%s</span></div>\n", report_date(r, 0, first),
	     report_date(r, r->parts - 1, last));
	if (c->series[1].name) {
		put_text(o, "<div class=\"key\">");
		for (i = 0; i < SERIES && c->series[i].name; i++)
			putf(o, "<i class=\"%c\"></i>%s", 'a' + i, c->series[i].name);
		put_text(o, "</div>\n");
	}
	put_text(o, "</figure>\n");
}

/* --- tables -------------------------------------------------------------------------- */

static void row(struct writer *o, const char *name, uint64_t n, uint64_t of)
{
	putf(o, "<tr><td>%s</td><td>", name);
	put_count(o, n);
	put_text(o, "</td>");
	if (of)
		putf(o, "<td>%.1f&#8239;%%</td>", 100.0 * n / of);
	put_text(o, "</tr>\n");
}

static void put_ways(const struct report *r, struct writer *o)
{
	int i;

	putf(o, "<h2>Who walked</h2>\n<p>Sources with verified evidence in %d days.</p>\n"
		"<div class=\"wide\"><table>\n", r->evidence_days);
	for (i = 0; i < REPORT_WAYS; i++)
		row(o, report_ways[i], r->way[i], r->ways ? r->ways : 1);
	put_text(o, "</table></div>\n");
}

static void put_origins(const struct report *r, struct writer *o)
{
	char text[ADDR_TEXT];
	int i;

	if (!r->origins)
		return;
	put_text(o, "<h2>Networks with most listed sources</h2>\n<div class=\"wide\"><table>\n");
	for (i = 0; i < r->origins; i++)
		row(o, prefix_text(&r->origin[i].prefix, text), r->origin[i].listed, 0);
	put_text(o, "</table></div>\n");
}

static void put_numbers(const struct report *r, struct writer *o)
{
	char date[REPORT_DATE];
	int i, k;

	put_text(o, "<h2>All numbers</h2>\n<details><summary>As a table</summary>\n"
		    "<div class=\"wide\"><table>\n<tr><th>from (UTC)</th>");
	for (k = 0; k < STORE_COUNTS; k++)
		putf(o, "<th>%s</th>", store_count_names[k]);
	put_text(o, "</tr>\n");
	for (i = 0; i < r->parts; i++) {
		putf(o, "<tr><td>%s</td>", report_date(r, i, date));
		for (k = 0; k < STORE_COUNTS; k++)
			putf(o, "<td>%llu</td>", (unsigned long long)r->part[i][k]);
		put_text(o, "</tr>\n");
	}
	put_text(o, "</table></div></details>\n");
}

void report_html(const struct report *r, struct writer *o)
{
	char host[256], date[REPORT_DATE], now[TEXT_TIME];
	size_t i;

	put_text(o, head);
	put_text(o, "<title>nolist-xdp at ");
	put_name(o, report_host(host));
	put_text(o, "</title>\n</head>\n<body>\n<h1>Fake mail exchangers at ");
	put_name(o, host);
	putf(o, "</h1>\n<p>%s to %s, %d day%s</p>\n", report_date(r, 0, date), text_time(r->now, now),
	     r->days, r->days == 1 ? "" : "s");
	put_cards(r, o);
	put_text(o, "<h2>Over time</h2>\n<div class=\"charts\">\n");
	for (i = 0; i < sizeof(charts) / sizeof(*charts); i++)
		put_chart(r, o, &charts[i]);
	put_text(o, "</div>\n");
	put_ways(r, o);
	put_origins(r, o);
	put_numbers(r, o);
	putf(o, "<p>nolist-xdp %s. Counts are of the hour in which they were collected; the last bar is not over.</p>\n"
		"</body>\n</html>\n", nolist_version);
}
