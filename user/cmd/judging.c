// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens configuration, evidence and judge, as the command line says.
 */
#include <stdlib.h>

#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/cmd/judging.h"
#include "user/report/judging.h"

int cmd_judging_conf(struct cmd_judging *j)
{
	j->options.conf = &j->conf;
	j->options.state_dir = options.state_dir;
	return cmd_conf(&j->conf, j->file);
}

int cmd_judging_open(struct cmd_judging *j)
{
	int error, status = cmd_judging_conf(j);

	if (status)
		return status;
	error = judging_open(&j->judge, &j->options, options.pin_dir);
	return error ? cmd_failed(error) : EXIT_DONE;
}

void cmd_judging_close(struct cmd_judging *j)
{
	judge_close(&j->judge);
	conf_free(&j->conf);
	free(j->options.allow);
	j->options.allow = NULL;
}
