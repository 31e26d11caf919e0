/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * confined/confined.h for a fuzzer: the work is done at once and in its own process, where
 * libFuzzer sees which code it reaches, and the sanitizers what it does.
 */
#ifndef NOLIST_FUZZ_HERE_H
#define NOLIST_FUZZ_HERE_H

#include "selftests/fuzz/fuzz.h"
#include "user/confined/confined.h"

static char *here_bytes;
static int here_error;

int confined_start(struct confined *c, int in, confined_fn *fn, void *arg)
{
	size_t size = 0;
	FILE *to;

	(void)in;
	here_bytes = NULL;
	to = open_memstream(&here_bytes, &size);
	if (!to)
		abort();
	here_error = fn(to, arg);
	fclose(to);
	c->from = size ? fmemopen(here_bytes, size, "r") : NULL;
	c->pid = 1;
	return 0;
}

int confined_read(struct confined *c, void *value, size_t size)
{
	return c->from && fread(value, size, 1, c->from) == 1;
}

int confined_end(struct confined *c)
{
	if (!c->pid)
		return 0;
	if (c->from)
		fclose(c->from);
	free(here_bytes);
	*c = (struct confined){};
	return here_error;
}

void confined_stop(struct confined *c)
{
	confined_end(c);
}

#endif
