// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of commands: where each lives, how it is called, what it does. Help
 * is printed from here, and selftests/tool_help.sh compares it with the man page.
 */
#include "cmd.h"

static const struct cmd cmds[] = {
	{}
};

int main(int argc, char **argv)
{
	return cmd_run(cmds, argc, argv);
}
