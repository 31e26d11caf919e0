// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report as text: lines that a mail of any client shows as they are.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "user/report/report.h"

__attribute__((format(printf, 2, 3))) static void line(struct writer *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(o, fmt, ap);
	va_end(ap);
	put_char(o, '\n');
}

static unsigned int percent(uint64_t n, uint64_t of)
{
	return of ? (100 * n + of / 2) / of : 0;
}

static void say_sums(const struct report *r, struct writer *o)
{
	const uint64_t *n = r->sum;
	uint64_t known = n[COUNT_BACK] + n[COUNT_NEVER_BACK];

	line(o, "What the fakes took");
	line(o, "  SYNs to the low fake, refused          %12" PRIu64, n[COUNT_LOW]);
	line(o, "  SYNs to the high fakes                 %12" PRIu64, n[COUNT_HIGH]);
	line(o, "  sources told \"later\", by the hour      %12" PRIu64, n[COUNT_DIALOGUES]);
	if (known)
		line(o, "  of those, never at the real MX         %12" PRIu64 " of %" PRIu64 ", %u %%",
		     n[COUNT_NEVER_BACK], known, percent(n[COUNT_NEVER_BACK], known));
	line(o, "%s", "");
	line(o, "What came to the real MX");
	line(o, "  SYNs                                   %12" PRIu64, n[COUNT_REAL]);
	line(o, "  connections with data                  %12" PRIu64, n[COUNT_DATA]);
	line(o, "  walks from the low fake                %12" PRIu64, n[COUNT_WALKS]);
	if (n[COUNT_ACCEPTED] || n[COUNT_REFUSED]) {
		line(o, "  accepted, of imported logs             %12" PRIu64, n[COUNT_ACCEPTED]);
		line(o, "  sources refused, of imported logs      %12" PRIu64, n[COUNT_REFUSED]);
	}
	line(o, "%s", "");
}

static void say_list(const struct report *r, struct writer *o)
{
	line(o, "The list");
	line(o, "  listed now                             %12" PRIu64, r->listed);
	line(o, "  added, removed                         %12" PRIu64 ", %" PRIu64,
	     r->sum[COUNT_LISTED], r->sum[COUNT_REMOVED]);
	if (r->listings) {
		line(o, "  listings in %2d days                    %12" PRIu64, r->evidence_days,
		     r->listings);
		line(o, "  of those, ended by the sender itself   %12" PRIu64, r->freed);
		line(o, "  so right were                          %10.1f %% (95 %%: %.1f to %.1f)",
		     100 * r->precision.is, 100 * r->precision.low, 100 * r->precision.high);
	}
	line(o, "%s", "");
}

static void say_ways(const struct report *r, struct writer *o)
{
	int i;

	line(o, "Who walked: sources with verified evidence in %d days", r->evidence_days);
	for (i = 0; i < REPORT_WAYS; i++)
		line(o, "  %-38s %12" PRIu64 "  %3u %%", report_ways[i], r->way[i],
		     percent(r->way[i], r->ways));
	if (r->lost)
		line(o, "  only at the low fake, again and again  %12" PRIu64 "  (show --lost)", r->lost);
	line(o, "%s", "");
}

static void say_origins(const struct report *r, struct writer *o)
{
	char text[ADDR_TEXT];
	int i;

	if (!r->origins)
		return;
	line(o, "Networks with most listed sources");
	for (i = 0; i < r->origins; i++)
		line(o, "  %-38s %12" PRIu64, prefix_text(&r->origin[i].prefix, text),
		     r->origin[i].listed);
	line(o, "%s", "");
}

static void say_parts(const struct report *r, struct writer *o)
{
	char date[REPORT_DATE];
	int i;

	line(o, "%-16s %9s %9s %9s %9s %9s %9s", "From (UTC)", "low", "real", "high", "told", "listed",
	     "list");
	for (i = 0; i < r->parts; i++) {
		const uint64_t *n = r->part[i];

		line(o, "%-16s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64,
		     report_date(r, i, date), n[COUNT_LOW], n[COUNT_REAL], n[COUNT_HIGH],
		     n[COUNT_DIALOGUES], n[COUNT_LISTED], n[COUNT_ENTRIES]);
	}
}

void report_text(const struct report *r, struct writer *o)
{
	char host[256], date[REPORT_DATE], now[TEXT_TIME];

	line(o, "nolist-xdp at %s: %s to %s, %d day%s", report_host(host), report_date(r, 0, date),
	     text_time(r->now, now), r->days, r->days == 1 ? "" : "s");
	line(o, "%s", "");
	say_sums(r, o);
	say_list(r, o);
	say_ways(r, o);
	say_origins(r, o);
	say_parts(r, o);
}
