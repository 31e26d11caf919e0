// SPDX-License-Identifier: GPL-2.0-only
/*
 * forget: deletes the evidence of some sources, or of all, from the kernel's tables and from
 * the store; for a request to erase what is stored of an address, and to begin anew.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/addr.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/source.h"
#include "user/evidence/forget.h"

/* Returns whether anything was known. */
static bool print_one(const char *of, const struct forgotten *done)
{
	if (!done->tables && !done->stored) {
		printf("%s: nothing was known\n", of);
		return false;
	}
	printf("%s: forgotten: %u record%s in the tables, %u in the store\n", of, done->tables,
	       done->tables == 1 ? "" : "s", done->stored);
	return true;
}

static int forget_some(const struct nolist_source *src, int n)
{
	struct forgotten *done = calloc(n, sizeof(*done));
	char text[ADDR_TEXT];
	bool is_any = false;
	struct prefix p;
	int i, error = done ? forget(options.pin_dir, options.state_dir, src, n, done) : -ENOMEM;

	for (i = 0; i < n && !error; i++) {
		p = source_prefix(&src[i]);
		is_any |= print_one(prefix_text(&p, text), &done[i]);
	}
	free(done);
	if (error)
		return cmd_failed(error);
	if (is_any)
		printf("lists drop it at the next dump; what it does from now on is noted again\n");
	return EXIT_DONE;
}

static int forget_all(void)
{
	struct forgotten done = {};
	int error = forget(options.pin_dir, options.state_dir, NULL, 0, &done);

	if (error)
		return cmd_failed(error);
	print_one("all", &done);
	printf("the lists become empty at the next dump, pardons stay; the learning time begins "
	       "anew\n");
	return EXIT_DONE;
}

static int take_sources(int argc, char **argv)
{
	struct nolist_source *src = calloc(argc, sizeof(*src));
	struct nolist_addr addr;
	int n = 0, status = src ? EXIT_DONE : EXIT_FAILED;

	for (; optind < argc && !status; optind++) {
		status = cmd_source(argv[optind], &addr);
		if (!status)
			src[n++] = addr_source(&addr);
	}
	if (!status)
		status = forget_some(src, n);
	free(src);
	return status;
}

enum { OPT_ALL = 256 };

static const struct cmd_option opts[] = {
	{ "all", OPT_ALL, NULL, "delete the evidence of all sources" },
	{}
};

int cmd_forget(int argc, char **argv)
{
	bool is_all = false;
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		is_all = true;
	if (c < 0)
		return -1 - c;
	if (is_all == (optind < argc)) {
		errx(is_all ? "--all takes no address" : "no address given");
		hint("an IPv4 address or an IPv6 /64, or --all");
		return EXIT_USAGE;
	}
	return is_all ? forget_all() : take_sources(argc, argv);
}
