// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of commands: the function, synopsis and help of each. Help is printed from
 * here; selftests/tool/help.sh compares it with the man page.
 */
#include "user/cmd/cmd.h"

static const struct cmd cmds[] = {
	{ "check", cmd_check,
	  "[IFACE]... [-c FILE] [--low ADDR]... [--real ADDR]... [--high ADDR]... [--port N]... "
	  "[--mode auto|native|generic] [--json]",
	  "what load would find here, with hints" },
	{ "load", cmd_load,
	  "[-c FILE] [-i IFACE]... [--low ADDR]... [--real ADDR]... [--high ADDR]... [--port N]... "
	  "[--mode auto|native|generic] [--sources N] [--probation SECONDS] [--confirm] [--force]",
	  "attach to interfaces, or adopt what is attached, and configure" },
	{ "unload", cmd_unload, "[-i IFACE]... [--purge]",
	  "detach from interfaces; the evidence stays, unless it is purged" },
	{ "status", cmd_status, "[-c FILE] [--json]",
	  "interfaces, MX addresses, verdict counters, table fill, gaps" },
	{ "metrics", cmd_metrics, "[-c FILE] [--openmetrics] [--output FILE]",
	  "counters and states, for a monitoring system" },
	{ "collect", cmd_collect, "[-c FILE] [--log N]", "store the tables' evidence" },
	{ "import", cmd_import, "--role low|real FILE",
	  "write contacts that another host has logged to the store" },
	{ "show", cmd_show, "[-c FILE] [--json] [--role ROLE] [--sort KEY] [--top N] [--at TIME]",
	  "sources, as a table" },
	{ "explain", cmd_explain, "ADDR [-c FILE] [--json] [--at TIME]",
	  "all that is known of one source, its verdict, and why" },
	{ "pardon", cmd_pardon, "ADDR... [-c FILE] [--remove] [--list] [--json]",
	  "keep an address or prefix off every list for a time" },
	{ "dump", cmd_dump,
	  "[-c FILE] [--format FORMAT] [--output FILE [--reload-command CMD]] [--all] "
	  "[--unverified] [--allow FILE]... [--at TIME] [--quiet] [--log N] [--json] "
	  "[--list-formats]",
	  "the block list, for mail servers, DNS lists and firewalls" },
	{ "audit", cmd_audit, "LOG [-c FILE] [--json] [--at TIME]",
	  "compare the list with the log of a real MX" },
	{ "run", cmd_run, "[-c FILE] [--no-load] [--unload-on-exit]",
	  "load, then collect and write the lists periodically" },
	{}
};

int main(int argc, char **argv)
{
	return cmd_main(cmds, argc, argv);
}
