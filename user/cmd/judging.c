// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens configuration, evidence and judge, as the command line says.
 */
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/cmd/judging.h"
#include "user/origin/origin.h"
#include "user/report/judging.h"

int cmd_judging_conf(struct cmd_judging *j)
{
	j->options.conf = &j->conf;
	j->options.state_dir = options.state_dir;
	return cmd_conf(&j->conf, j->file);
}

int cmd_judging_open(struct cmd_judging *j)
{
	int error, status = j->options.conf ? EXIT_DONE : cmd_judging_conf(j);

	if (status)
		return status;
	error = j->one ? judging_open_one(&j->judge, &j->options, options.pin_dir, j->one) :
			 judging_open(&j->judge, &j->options, options.pin_dir);
	j->is_warned = cmd_print_files(&j->judge.files);
	return error ? cmd_failed(error) : EXIT_DONE;
}

int cmd_judging_open_empty(struct cmd_judging *j)
{
	struct evidence *none;
	int error, status = j->options.conf ? EXIT_DONE : cmd_judging_conf(j);

	if (status)
		return status;
	error = judge_open(&j->judge, &j->options);
	if (!error)
		error = evidence_new(&none, NULL, NULL);
	if (!error)
		error = judge_take(&j->judge, none);
	j->is_warned = cmd_print_files(&j->judge.files);
	return error ? cmd_failed(error) : EXIT_DONE;
}

/* Without it all but that is printed. */
void cmd_judging_origin(struct cmd_judging *j)
{
	const char *name = j->conf.origin;
	int error = name ? origin_open(&j->origin, name) : 0;

	if (!name)
		return;
	if (error) {
		failure_print(failure_of(error));
		warn("where sources come from is not shown");
		j->is_warned = true;
		return;
	}
	j->judge.origin = j->origin;
}

int cmd_judging_status(const struct cmd_judging *j, int status)
{
	return status == EXIT_DONE && j->is_warned ? EXIT_WARNED : status;
}

void cmd_judging_close(struct cmd_judging *j)
{
	judge_close(&j->judge);
	origin_close(j->origin);
	j->origin = NULL;
	conf_free(&j->conf);
	free(j->options.allow);
	j->options.allow = NULL;
}
