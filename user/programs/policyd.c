// SPDX-License-Identifier: GPL-2.0-only
/*
 * policyd: answers the policy requests of a mail server, or those of a milter. A program of its own without capabilities,
 * which "nolist-xdp policyd" starts.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/confined/program.h"
#include "user/policyd/opensmtpd.h"
#include "user/policyd/policyd.h"

#define LISTEN "127.0.0.1:9827"
#define CLIENTS 10000
#define OTHER_FILES 64

enum { OPT_LISTEN = 256, OPT_MILTER, OPT_OPENSMTPD, OPT_SNAPSHOT, OPT_MEMORY, OPT_RULES };

static const struct cmd_option opts[] = {
	{ "listen", OPT_LISTEN, "WHERE",
	  "ADDR:PORT, or unix:PATH (" LISTEN ", or what systemd has opened); may be repeated" },
	{ "milter", OPT_MILTER, "WHERE", "the same for sendmail, and for Postfix as a milter" },
	{ "opensmtpd", OPT_OPENSMTPD, "WHERE",
	  "only be a filter of OpenSMTPD, which asks the service at WHERE" },
	{ "snapshot", OPT_SNAPSHOT, "FILE", "a list of the format policy (lists/policy in the state directory)" },
	{ "memory", OPT_MEMORY, "FILE", "which networks were deferred (policyd/memory in the state "
					"directory)" },
	{ "rules", OPT_RULES, "FILTER", "only print rules for the header, for spamassassin or rspamd" },
	{}
};

struct args {
	struct where {
		const char *where;
		bool is_milter;
	} where[POLICYD_LISTENERS];
	int wheres;
	const char *memory;
	const char *rules; /* --rules; NULL: serve */
	const char *asked; /* --opensmtpd; NULL: the same */
	struct policyd p;
};

/* As many connections as descriptors allow. */
static void set_limit(struct policyd *p)
{
	struct rlimit l;

	p->clients = CLIENTS;
	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max < CLIENTS + OTHER_FILES ? l.rlim_max : CLIENTS + OTHER_FILES;
	setrlimit(RLIMIT_NOFILE, &l);
	if (l.rlim_cur < CLIENTS + OTHER_FILES)
		p->clients = l.rlim_cur > 2 * OTHER_FILES ? l.rlim_cur - OTHER_FILES : OTHER_FILES;
}

static int serve(struct args *a)
{
	int i, error;

	/* What systemd has opened needs no other. */
	error = policyd_listen_given(&a->p);
	if (!error && !a->p.listeners && !a->wheres)
		a->where[a->wheres++].where = LISTEN;
	for (i = 0; i < a->wheres && !error; i++)
		error = policyd_listen(&a->p, a->where[i].where, a->where[i].is_milter);
	if (error)
		return cmd_failed(error);
	policyd_open_memory(&a->p, options.state_dir, a->memory);
	a->p.pin_dir = options.pin_dir;
	set_limit(&a->p);
	error = policyd_keep(&a->p);
	return error ? cmd_failed(error) : EXIT_DONE;
}

static const char *without_scheme(const char *where)
{
	return strncmp(where, "unix:", 5) ? where : where + 5;
}

/* Its text is that of strangers, and it needs nothing but standard input, output and the service. */
static int filter(const char *asked)
{
	int error = program_confine(PROGRAM_READS);

	if (!error)
		error = opensmtpd_filter(asked);
	return error ? cmd_failed(error) : EXIT_DONE;
}

static int add_where(struct args *a, const char *where, bool is_milter)
{
	if (a->wheres == POLICYD_LISTENERS) {
		errx("more than %d sockets", POLICYD_LISTENERS);
		return EXIT_USAGE;
	}
	a->where[a->wheres++] = (struct where){ without_scheme(where), is_milter };
	return EXIT_DONE;
}

static int set_rules(struct args *a, const char *filter)
{
	if (strcmp(filter, "spamassassin") && strcmp(filter, "rspamd")) {
		errx("'%s' is not spamassassin or rspamd", filter);
		return EXIT_USAGE;
	}
	a->rules = filter;
	return EXIT_DONE;
}

static int cmd_policyd(int argc, char **argv)
{
	char snapshot[4096], memory[4096];
	struct args a = { .p.snapshot = snapshot, .memory = memory };
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == OPT_LISTEN || c == OPT_MILTER)
			status = add_where(&a, optarg, c == OPT_MILTER);
		else if (c == OPT_SNAPSHOT)
			a.p.snapshot = optarg;
		else if (c == OPT_OPENSMTPD)
			a.asked = without_scheme(optarg);
		else if (c == OPT_RULES)
			status = set_rules(&a, optarg);
		else
			a.memory = optarg;
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	if (a.asked)
		return filter(a.asked);
	snprintf(snapshot, sizeof(snapshot), "%s/lists/policy", options.state_dir);
	snprintf(memory, sizeof(memory), "%s/policyd/memory", options.state_dir);
	if (!a.rules)
		return serve(&a);
	return policyd_put_rules(a.p.snapshot, a.rules) ? cmd_failed(-EINVAL) : EXIT_DONE;
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "policyd", cmd_policyd, "[--listen WHERE]... [--milter WHERE]... [--opensmtpd WHERE] [--snapshot FILE] [--memory FILE] [--rules FILTER]",
		  HELP_POLICYD },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
