// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buffer, and formatting into it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/base/writer.h"

void writer_open(struct writer *o, writer_sink_fn *sink, void *arg)
{
	o->sink = sink;
	o->arg = arg;
	o->error = 0;
	o->json_depth = 0;
	o->used = 0;
}

int writer_flush(struct writer *o)
{
	if (!o->error && o->used)
		o->error = o->sink(o->arg, o->bytes, o->used);
	o->used = 0;
	return o->error;
}

int writer_stdout(void *arg, const char *bytes, size_t size)
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

void put_format(struct writer *o, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	put_text(o, text);
}

void put_large(struct writer *o, const char *bytes, size_t size)
{
	writer_flush(o);
	if (size > sizeof(o->bytes)) {
		if (!o->error)
			o->error = o->sink(o->arg, bytes, size);
		return;
	}
	memcpy(o->bytes, bytes, size);
	o->used = size;
}

void put_number(struct writer *o, int64_t number)
{
	uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[24];
	char *at = digits + sizeof(digits);

	/* Two digits a step, since each division waits for the one before. */
	for (; n >= 10; n /= 100) {
		unsigned int two = n % 100;

		*--at = '0' + two % 10;
		*--at = '0' + two / 10;
	}
	if (n || at == digits + sizeof(digits))
		*--at = '0' + n;
	if (number < 0)
		*--at = '-';
	put_bytes(o, at, digits + sizeof(digits) - at);
}

void put_time(struct writer *o, int64_t time)
{
	char text[TEXT_TIME];

	put_text(o, text_time(time, text));
}

static void hex(struct writer *o, unsigned int group)
{
	int shift = 12;

	while (shift && !(group >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_char(o, "0123456789abcdef"[group >> shift & 15]);
}

void put_ip4(struct writer *o, const struct nolist_source *src)
{
	int i;

	for (i = 12; i < 16; i++) {
		if (i > 12)
			put_char(o, '.');
		put_number(o, src->addr.b[i]);
	}
}

static void groups(struct writer *o, const struct nolist_source *src, int count)
{
	const __u8 *b = src->addr.b;
	int i;

	for (i = 0; i < count; i++) {
		if (i)
			put_char(o, ':');
		hex(o, b[2 * i] << 8 | b[2 * i + 1]);
	}
}

void put_groups(struct writer *o, const struct nolist_source *src)
{
	groups(o, src, 4);
}

void put_source(struct writer *o, const struct nolist_source *src)
{
	const __u8 *b = src->addr.b;
	int count = 4;

	if (addr_is_ip4(&src->addr)) {
		put_ip4(o, src);
		return;
	}
	/* Of a /64 the last four groups are zero: no other run is longer (RFC 5952). */
	while (count && !b[2 * count - 2] && !b[2 * count - 1])
		count--;
	groups(o, src, count);
	put_text(o, "::/64");
}
