// SPDX-License-Identifier: GPL-2.0-only
/*
 * metrics: for a monitoring system. To standard output, or to a file in the directory of
 * node_exporter's textfile collector.
 */
#include <errno.h>
#include <getopt.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/base/atomic_file.h"
#include "user/report/metrics.h"

enum { OPT_OPEN = 256 };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "openmetrics", OPT_OPEN, NULL, "OpenMetrics 1.0 (the text format of Prometheus)" },
	{ "output", 'o', "FILE", "replace FILE in one step (standard output)" },
	{}
};

struct args {
	const char *conf, *output;
	enum metrics_format format;
};

static int to_file(struct writer *o, const struct args *a, const struct conf *conf)
{
	struct atomic_file f;
	int error = atomic_file_open(&f, a->output);

	if (!error)
		error = atomic_file_start(&f, 0644);
	if (error)
		return fail(error, "cannot write '%s'", a->output);
	writer_open(o, atomic_file_write, &f);
	error = metrics_write(o, a->format, conf, options.pin_dir, options.state_dir);
	if (!error)
		error = atomic_file_commit(&f, time(NULL), false);
	atomic_file_close(&f);
	return error;
}

static int run(const struct args *a)
{
	static struct writer out;
	struct conf conf;
	int error, status = cmd_conf(&conf, a->conf);

	if (!status) {
		if (a->output) {
			error = to_file(&out, a, &conf);
		} else {
			writer_open(&out, writer_stdout, NULL);
			error = metrics_write(&out, a->format, &conf, options.pin_dir,
					      options.state_dir);
		}
		status = error ? cmd_failed(error) : EXIT_DONE;
	}
	conf_free(&conf);
	return status;
}

static int write_fd(void *arg, const char *bytes, size_t size)
{
	ssize_t n;

	for (; size; bytes += n, size -= n) {
		n = write(*(int *)arg, bytes, size);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -errno;
	}
	return 0;
}

int metrics_run(const char *file, int fd, bool is_open)
{
	static struct writer out;
	struct conf conf;
	int error, status = cmd_conf(&conf, file);

	if (!status) {
		writer_open(&out, write_fd, &fd);
		error = metrics_write(&out, is_open ? METRICS_OPENMETRICS : METRICS_PROMETHEUS, &conf,
				      options.pin_dir, options.state_dir);
		/* Who asked may be gone. */
		status = error && error != -EPIPE && error != -EAGAIN ? cmd_failed(error) : EXIT_DONE;
	}
	conf_free(&conf);
	return status;
}

int cmd_metrics(int argc, char **argv)
{
	struct args a = {};
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			a.conf = optarg;
		else if (c == 'o')
			a.output = optarg;
		else
			a.format = METRICS_OPENMETRICS;
	}
	if (c < 0)
		return -1 - c;
	if (a.output && !*a.output) {
		errx("--output is empty");
		return EXIT_USAGE;
	}
	return cmd_is_end(argc, argv) ? run(&a) : EXIT_USAGE;
}
