// SPDX-License-Identifier: GPL-2.0-only
/*
 * lint: what senders and testers will make of a domain's MX records. A program of its own,
 * which "nolist-xdp lint" starts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/dns/dns.h"
#include "user/lint/zone.h"

enum { OPT_JSON = 256, OPT_RESOLVER, OPT_ANCHOR };

static const struct cmd_option opts[] = {
	{ "resolver", OPT_RESOLVER, "ADDR", "ask this resolver, not from the root servers on" },
	{ "trust-anchor", OPT_ANCHOR, "FILE", "the root's keys, instead of those of IANA" },
	{}
};

static int look(struct dns *dns, const char *domain)
{
	struct zone z;
	int error, i;

	error = zone_look(&z, dns, domain);
	if (error)
		return cmd_failed(error);
	for (i = 0; i < z.mxs; i++) {
		printf("%5u  ", z.mx[i].preference);
		text_name(z.mx[i].name, 0);
		putchar('\n');
	}
	zone_free(&z);
	return EXIT_DONE;
}

static int cmd_lint(int argc, char **argv)
{
	struct dns_options o = {};
	struct dns *dns;
	int c, error, status = EXIT_DONE;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		if (c == OPT_RESOLVER)
			o.resolver = optarg;
		else
			o.anchor = optarg;
	if (c < 0)
		return -1 - c;
	if (optind == argc) {
		errx("no domain given");
		return EXIT_USAGE;
	}
	error = dns_open(&dns, &o);
	if (error)
		return cmd_failed(error);
	for (; optind < argc && !status; optind++)
		status = look(dns, argv[optind]);
	dns_close(dns);
	return status;
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "lint", cmd_lint, "DOMAIN... [--resolver ADDR] [--trust-anchor FILE]",
		  HELP_LINT },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
