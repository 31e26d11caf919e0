// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of commands: the function, synopsis and help of each. Help is printed from
 * here; selftests/tool/help.sh compares it with the man page.
 */
#include <malloc.h>

#include "user/cmd/cmd.h"

static const struct cmd cmds[] = {
	{ "check", cmd_check,
	  "[IFACE]... [-i IFACE]... [-c FILE] [--low ADDR]... [--real ADDR]... [--high ADDR]... "
	  "[--port N]... [--mode auto|native|generic] [--providers FILE] [--json]",
	  "look for what would keep load from working; changes nothing" },
	{ "load", cmd_load,
	  "[IFACE]... [-i IFACE]... [-c FILE] [--low ADDR]... [--real ADDR]... [--high ADDR]... "
	  "[--port N]... [--mode auto|native|generic] [--sources N] [--key FILE] [--new-key FILE] "
	  "[--probation TIME] [--confirm] [--force]",
	  "attach to interfaces, or adopt what is attached, and configure" },
	{ "test", cmd_test,
	  "[-c FILE] [--low ADDR]... [--real ADDR]... [--high ADDR]... [--port N]... "
	  "[--from NETNS] [--via CMD] [--domain NAME] [--timeout TIME] [--json]",
	  "show whether the fakes and the real MX answer as they should" },
	{ "lint", cmd_exec, "", HELP_LINT },
	{ "unload", cmd_unload, "[IFACE]... [-i IFACE]... [--purge]",
	  "detach from interfaces; the evidence stays, unless it is purged" },
	{ "status", cmd_status, "[-c FILE] [--json]",
	  "show interfaces, MX addresses, counters of frames, lists and gaps" },
	{ "metrics", cmd_metrics, "[-c FILE] [--openmetrics] [--output FILE]",
	  "print counters and states, for a monitoring system" },
	{ "exporter", cmd_exec, "", HELP_EXPORTER },
	{ "config", cmd_config,
	  "[-c FILE] [-i IFACE]... [--low ADDR]... [--real ADDR]... [--high ADDR]... [--port N]... "
	  "[--mode auto|native|generic] [--json]",
	  "show the configuration in force, with the origin of each value" },
	{ "collect", cmd_collect, "[-c FILE] [--log N] [--quiet]",
	  "copy the evidence from the kernel's tables to the store" },
	{ "import", cmd_import, "--role low|real|accepted FILE | --spam FILE",
	  "add evidence from other logs to the store" },
	{ "show", cmd_show,
	  "[-c FILE] [--json] [--role low|real|high] "
	  "[--sort last|first|low|real|high|data|talk|verdict|source] [--top N] [--at TIME] "
	  "[--lost] [--follow]",
	  "show sources as a table" },
	{ "top", cmd_top, "[-c FILE] [--interval TIME]",
	  "watch counters, dialogues and listings on a terminal" },
	{ "explain", cmd_explain, "ADDR [-c FILE] [--json] [--at TIME]",
	  "show all that is known of one source, its verdict, and why" },
	{ "pardon", cmd_pardon, "ADDR... [-c FILE] [--remove] [--list] [--json]",
	  "keep an address or prefix off every list for a time" },
	{ "forget", cmd_forget, "[ADDR]... [--all]",
	  "delete the evidence of some sources, or of all" },
	{ "dump", cmd_dump,
	  "[-c FILE] [--format FORMAT] [--output FILE [--reload-command CMD]] [--all] "
	  "[--unverified] [--white] [--allow FILE]... [--at TIME] [--quiet] [--log N] [--json] "
	  "[--close] [--origin KEYS] [--reload-by SOCKET] [--answer] [--forget FILE] [--list-formats]",
	  "write the block list, for mail servers, DNS lists and firewalls" },
	{ "audit", cmd_audit, "LOG [-c FILE] [--json] [--at TIME]",
	  "compare the list with the log of a real MX" },
	{ "report", cmd_report, "[-c FILE] [--days N] [--html FILE]",
	  "show what happened in the last days, as text or as a page" },
	{ "origin", cmd_origin,
	  "[ADDR]... [-c FILE] [--file FILE] [--by as|country] [--min N] [--json]",
	  "count listed and delivering sources by autonomous system or country" },
	{ "page", cmd_exec, "", HELP_PAGE },
	{ "share", cmd_exec, "", HELP_SHARE },
	{ "policyd", cmd_exec, "", HELP_POLICYD },
	{ "run", cmd_run, "[-c FILE] [--no-load] [--unload-on-exit] [--dump-by SOCKET]",
	  "load, then collect and write the lists periodically" },
	{}
};

int main(int argc, char **argv)
{
	/* Large arrays grow in pages of their own, and go back to the system when they are freed. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	return cmd_main(cmds, argc, argv);
}
