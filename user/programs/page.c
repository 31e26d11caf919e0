// SPDX-License-Identifier: GPL-2.0-only
/*
 * page: where a listed sender finds out why, and what frees it. A program of its own without
 * capabilities, which "nolist-xdp page" starts.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/listen.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/confined/program.h"
#include "user/page/page.h"

#define LISTEN "127.0.0.1:9826"

enum { OPT_LISTEN = 256, OPT_LIST, OPT_CONTACT, OPT_PROXY, OPT_STATIC };

static const struct cmd_option opts[] = {
	{ "list", OPT_LIST, "FILE", "a list of the format page (lists/page in the state directory)" },
	{ "listen", OPT_LISTEN, "WHERE", "ADDR:PORT, or the path of a socket (" LISTEN ")" },
	{ "contact", OPT_CONTACT, "TEXT", "how to reach you" },
	{ "proxy", OPT_PROXY, "ADDR", "a reverse proxy, whose X-Forwarded-For is trusted; may be repeated" },
	{ "static", OPT_STATIC, "DIR", "write the page as files into DIR instead, for any web server" },
	{}
};

struct args {
	const char *file, *where, *dir;
	struct page page;
};

static int add_proxy(struct page *p, const char *text)
{
	if (p->proxies == PAGE_PROXIES) {
		errx("more than %d proxies", PAGE_PROXIES);
		return EXIT_USAGE;
	}
	if (!addr_parse(text, &p->proxy[p->proxies++]))
		return EXIT_DONE;
	errx("'%s' is not an address", text);
	return EXIT_USAGE;
}

static int serve(struct args *a)
{
	struct http *h = NULL;
	sigset_t set;
	int fd, signal, error = listen_at(a->where, true, &fd);

	if (!error)
		error = program_confine(PROGRAM_NOTES);
	if (!error && (page_list_open(&a->page.list, a->file) || page_limit_new(&a->page.limit) ||
		       page_lifts_new(&a->page.lifts)))
		error = fail(-ENOMEM, "cannot serve");
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!error)
		error = http_start(&h, fd, &page_http, &a->page);
	if (!error) {
		info("look-ups at %s, in '%s'", a->where, a->file);
		sigwait(&set, &signal);
	}
	http_stop(h);
	page_list_free(a->page.list);
	page_limit_free(a->page.limit);
	page_lifts_free(a->page.lifts);
	return error ? cmd_failed(error) : EXIT_DONE;
}

static int write_files(struct args *a)
{
	struct page_tree done;
	int error = program_confine(PROGRAM_NOTES);

	if (!error && page_list_open(&a->page.list, a->file))
		error = fail(-ENOMEM, "cannot read the list");
	if (!error)
		error = page_tree_write(&a->page, a->dir, &done);
	page_list_free(a->page.list);
	if (error)
		return cmd_failed(error);
	info("%zu listed sources in '%s': %zu files written, %zu removed", done.entries, a->dir, done.written,
	     done.removed);
	return EXIT_DONE;
}

static int cmd_page(int argc, char **argv)
{
	struct args a = { .where = LISTEN, .page.contact = "" };
	char file[4096];
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == OPT_LIST)
			a.file = optarg;
		else if (c == OPT_LISTEN)
			a.where = optarg;
		else if (c == OPT_CONTACT)
			a.page.contact = optarg;
		else if (c == OPT_STATIC)
			a.dir = optarg;
		else
			status = add_proxy(&a.page, optarg);
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	if (strlen(a.page.contact) > 200) {
		errx("--contact is longer than 200 bytes");
		return EXIT_USAGE;
	}
	if (!a.file) {
		snprintf(file, sizeof(file), "%s/lists/page", options.state_dir);
		a.file = file;
	}
	return a.dir ? write_files(&a) : serve(&a);
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "page", cmd_page, "[--list FILE] [--listen WHERE | --static DIR] [--contact TEXT] [--proxy ADDR]",
		  HELP_PAGE },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
