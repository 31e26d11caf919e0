// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buffer that formats write through, and what they have in common. Numbers
 * and times are formatted here, without stdio: a list may have a million rows.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/version.h"
#include "user/lists/format.h"

void out_open(struct out *o, out_sink_fn *sink, void *arg)
{
	o->sink = sink;
	o->arg = arg;
	o->error = 0;
	o->json_depth = 0;
	o->used = 0;
}

int out_flush(struct out *o)
{
	if (!o->error && o->used)
		o->error = o->sink(o->arg, o->bytes, o->used);
	o->used = 0;
	return o->error;
}

int out_stdout(void *arg, const char *bytes, size_t size)
{
	ssize_t n;

	(void)arg;
	for (; size; bytes += n, size -= n) {
		n = write(STDOUT_FILENO, bytes, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

void out_large(struct out *o, const char *bytes, size_t size)
{
	out_flush(o);
	if (size > sizeof(o->bytes)) {
		if (!o->error)
			o->error = o->sink(o->arg, bytes, size);
		return;
	}
	memcpy(o->bytes, bytes, size);
	o->used = size;
}

void out_number(struct out *o, int64_t number)
{
	uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[24];
	char *at = digits + sizeof(digits);

	/* Two at a time, since each division waits for the one before. */
	for (; n >= 10; n /= 100) {
		unsigned int two = n % 100;

		*--at = '0' + two % 10;
		*--at = '0' + two / 10;
	}
	if (n || at == digits + sizeof(digits))
		*--at = '0' + n;
	if (number < 0)
		*--at = '-';
	out_bytes(o, at, digits + sizeof(digits) - at);
}

void out_time(struct out *o, int64_t time)
{
	char text[REPORT_TIME];

	out_text(o, report_time(time, text));
}

static void hex(struct out *o, unsigned int group)
{
	int shift = 12;

	while (shift && !(group >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		out_char(o, "0123456789abcdef"[group >> shift & 15]);
}

void out_ip4(struct out *o, const struct nolist_source *src)
{
	int i;

	for (i = 12; i < 16; i++) {
		if (i > 12)
			out_char(o, '.');
		out_number(o, src->addr.b[i]);
	}
}

static void groups(struct out *o, const struct nolist_source *src, int count)
{
	const __u8 *b = src->addr.b;
	int i;

	for (i = 0; i < count; i++) {
		if (i)
			out_char(o, ':');
		hex(o, b[2 * i] << 8 | b[2 * i + 1]);
	}
}

void out_groups(struct out *o, const struct nolist_source *src)
{
	groups(o, src, 4);
}

void out_source(struct out *o, const struct nolist_source *src)
{
	const __u8 *b = src->addr.b;
	int count = 4;

	if (addr_is_ip4(&src->addr)) {
		out_ip4(o, src);
		return;
	}
	/* Of a /64 the last four groups are zero: no other run is longer (RFC 5952). */
	while (count && !b[2 * count - 2] && !b[2 * count - 1])
		count--;
	groups(o, src, count);
	out_text(o, "::/64");
}

static void comment(struct out *o, const char *mark, const char *key)
{
	out_text(o, mark);
	out_text(o, key);
	out_text(o, ": ");
}

void out_comments(struct out *o, const struct out_head *head, const char *mark)
{
	int i;

	comment(o, mark, "generator");
	out_text(o, nolist_generator);
	out_char(o, '\n');
	comment(o, mark, "time");
	out_time(o, head->time);
	out_char(o, '\n');
	comment(o, mark, "expires");
	out_time(o, head->expires);
	out_char(o, '\n');
	comment(o, mark, "count");
	out_number(o, head->count);
	out_char(o, '\n');
	comment(o, mark, "sha256");
	out_text(o, head->digest);
	out_char(o, '\n');
	if (head->is_claimed) {
		comment(o, mark, "warning");
		out_text(o, "unverified: a forged SYN can put anyone on this list\n");
	}
	for (i = 0; i < head->notes; i++) {
		comment(o, mark, "warning");
		out_text(o, head->note[i]);
		out_char(o, '\n');
	}
}

void out_soa(struct out *o, const struct out_head *head, const char *name_end)
{
	out_text(o, head->words->ns);
	out_text(o, name_end);
	out_char(o, ' ');
	out_text(o, head->words->hostmaster);
	out_text(o, name_end);
	out_char(o, ' ');
	out_number(o, head->time);
	out_text(o, " 600 300 ");
	out_number(o, head->expires - head->time);
	out_text(o, " 60\n");
}

void out_reason(struct out *o, const struct out_head *head, const struct nolist_source *src)
{
	const char *c;

	for (c = head->words->reason; *c; c++) {
		if (*c == '$')
			out_source(o, src);
		else
			out_char(o, *c);
	}
}

int64_t out_life(const struct out_head *head, const struct judged *of)
{
	int64_t until = of->v.until < head->expires ? of->v.until : head->expires;

	return until > head->time ? until - head->time : 1;
}
