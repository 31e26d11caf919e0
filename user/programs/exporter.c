// SPDX-License-Identifier: GPL-2.0-only
/*
 * exporter: metrics over HTTP. A program of its own without capabilities, which "nolist-xdp
 * exporter" starts.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/base/listen.h"
#include "user/base/log.h"
#include "user/base/metrics_socket.h"
#include "user/cmd/cmd.h"
#include "user/confined/program.h"
#include "user/exporter/exporter.h"

#define LISTEN "127.0.0.1:9825"

enum { OPT_LISTEN = 256 };

static const struct cmd_option opts[] = {
	{ "listen", OPT_LISTEN, "WHERE", "ADDR:PORT of this host, or the path of a socket (" LISTEN ")" },
	{}
};

static int serve(const char *where, char *from)
{
	struct http *h;
	sigset_t set;
	int fd, signal, error = listen_at(where, false, &fd);

	if (!error)
		error = program_confine(PROGRAM_READS);
	if (error)
		return cmd_failed(error);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	error = http_start(&h, fd, &(struct http_server){ .fn = exporter_answer }, from);
	if (error)
		return cmd_failed(error);
	info("metrics at %s%s%s", *where == '/' ? "" : "http://", where,
	     *where == '/' ? "" : "/metrics");
	sigwait(&set, &signal);
	http_stop(h);
	return EXIT_DONE;
}

static int cmd_exporter(int argc, char **argv)
{
	const char *where = LISTEN;
	char from[108]; /* as struct sockaddr_un has it */
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		where = optarg;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	if (snprintf(from, sizeof(from), "%s/" METRICS_SOCKET, options.state_dir) >= (int)sizeof(from)) {
		errx("the path of '%s' is too long for a socket", options.state_dir);
		return EXIT_USAGE;
	}
	return serve(where, from);
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "exporter", cmd_exporter, "[--listen WHERE]", HELP_EXPORTER },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
