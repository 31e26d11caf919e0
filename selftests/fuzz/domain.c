// SPDX-License-Identifier: GPL-2.0-only
/*
 * RCPT lines at a high fake where 'domains' is set: bpf/domain.h, compiled for the host, against a
 * reading of letters and names; the line whole, and each last piece of it.
 */
#define main unit_main
#include "selftests/unit/domain.c"
#undef main

#include "selftests/fuzz/fuzz.h"

static void start(void)
{
	struct domain_set set = {};
	size_t i;

	frame = mmap(NULL, CAPACITY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		     -1, 0);
	if (frame == MAP_FAILED)
		abort();
	for (i = 0; domain_ours[i]; i++)
		add(&set, domain_ours[i]);
	domain_set_sort(&set);
	use(&set);
	domain_set_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[SMTP_LINE_MAX];
	const uint8_t *lf;

	if (!frame)
		start();
	/* smtp_line() has found its end. */
	if (size > sizeof(line) - 1)
		return 0;
	lf = memchr(data, '\n', size);
	if (lf)
		size = lf - data;
	memcpy(line, data, size);
	line[size++] = '\n';
	HOLDS(try_line(line, size));
	return 0;
}
