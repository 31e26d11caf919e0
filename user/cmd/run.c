// SPDX-License-Identifier: GPL-2.0-only
/*
 * run: load, then collect and dump on timers, for as long as one likes.
 *
 * Each step is the command of that name in a process of its own, which a fork of
 * this one becomes. So a collect of millions of sources gives its memory back, a
 * crash takes one step with it, a list's reader that hangs stops neither the
 * others nor the watchdog, and what is true of a killed collect or dump is true
 * here: it is done again. This process holds the configuration that was found
 * good last, and nothing else that anybody would miss.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "user/service/single.h"
#include "user/cmd/cmd.h"
#include "user/config/conf.h"
#include "user/judge/files.h"
#include "user/service/job.h"
#include "user/base/log.h"
#include "user/base/text.h"

#define SECOND 1000000ull
#define LIMIT_S 3600 /* no step takes so long that is not stuck */
#define STOP_S 60    /* for those at work, and the last collect, at the end */

/* A file as it was read, and what it says. */
struct version {
	char *text;
	struct conf conf;
};

/* What is done again and again. */
struct chore {
	struct job job;
	sd_event_source *timer;
	unsigned int every_s;
	bool is_late;   /* it was due again while it was at work */
	bool is_failed; /* the last one was */
	time_t done_at; /* when the last good one ended; 0: never */
};

struct run {
	const char *file;
	bool is_loaded; /* not --no-load */
	bool is_unloaded_at_end;
	sd_event *event;
	struct version now, next; /* next: while it is loaded */
	struct job load, unload;
	struct chore collect, dump;
	sd_event_source *deadline;
	bool is_ready;
	bool is_reload_wanted; /* SIGHUP came while there was no time for it */
	bool is_stopping, is_collected; /* since it is stopping */
	int status;            /* to exit with */
};

static void proceed(struct run *r);

/* --- what is said -------------------------------------------------------------- */

static void add_chore(char *text, size_t size, const char *name, const struct chore *c)
{
	size_t n = strlen(text);
	char when[REPORT_TIME];

	if (c->done_at)
		snprintf(text + n, size - n, "%s%s at %s%s", n ? ", " : "", name,
			 report_time(c->done_at, when), c->is_failed ? " (failed since)" : "");
	else
		snprintf(text + n, size - n, "%s%s %s", n ? ", " : "", name,
			 c->is_failed ? "failed" : "never");
}

static void tell_status(const struct run *r)
{
	char text[256] = "";

	add_chore(text, sizeof(text), "collected", &r->collect);
	if (r->now.conf.lists)
		add_chore(text, sizeof(text), "lists written", &r->dump);
	sd_notifyf(0, "STATUS=%s", text);
}

static void tell_reloading(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   ts.tv_sec * SECOND + ts.tv_nsec / 1000);
}

/* --- the configuration --------------------------------------------------------- */

static void version_free(struct version *v)
{
	conf_free(&v->conf);
	free(v->text);
	*v = (struct version){};
}

/* Says what is wrong; 0, or an exit status. */
static int version_read(struct version *v, const char *file)
{
	int error = conf_slurp(file, &v->text), status;

	if (error) {
		conf_unread(file, error);
		return EXIT_USAGE;
	}
	conf_hold(file, v->text);
	status = conf_open(&v->conf, file);
	if (!status)
		status = files_check(&v->conf);
	if (status)
		version_free(v);
	return status;
}

static void adopt(struct run *r, struct version *v)
{
	version_free(&r->now);
	r->now = *v;
	*v = (struct version){};
	r->collect.every_s = r->now.conf.collect_s;
	r->dump.every_s = r->now.conf.dump_s;
}

/* --- steps --------------------------------------------------------------------- */

/* What a step reads is what was good, not what somebody is writing there. */
static int start(struct run *r, struct job *job, const struct version *v, unsigned int limit_s)
{
	int error;

	conf_hold(r->file, v->text);
	error = job_start(job, r->event, limit_s);
	if (error)
		err(error, "cannot start '%s'", job->argv[0]);
	return error;
}

static void arm(struct chore *c, unsigned int s)
{
	sd_event_source_set_time_relative(c->timer, s * SECOND);
	sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static void begin(struct run *r, struct chore *c)
{
	unsigned int limit_s = LIMIT_S;

	if (c == &r->dump)
		limit_s += r->now.conf.lists * r->now.conf.reload_s;
	c->is_late = false;
	if (start(r, &c->job, &r->now, limit_s))
		c->is_failed = true;
}

static int on_due(sd_event_source *source, uint64_t usec, void *arg)
{
	struct chore *c = arg;
	struct run *r = c->job.arg;

	(void)source;
	(void)usec;
	if (c == &r->dump && !r->now.conf.lists)
		return 0;
	if (!c->job.pid) {
		begin(r, c);
	} else if (!c->is_late) {
		warn("'%s' takes longer than %u s", c->job.argv[0], c->every_s);
		c->is_late = true;
	}
	arm(c, c->every_s);
	return 0;
}

static void on_done(struct job *job, int status)
{
	struct run *r = job->arg;
	struct chore *c = job == &r->collect.job ? &r->collect : &r->dump;
	/* That fuses held additions back is told in the log, and in status. */
	bool is_failed = status != EXIT_DONE && status != EXIT_HELD;

	if (c->is_failed && !is_failed)
		info("'%s' works again", job->argv[0]);
	c->is_failed = is_failed;
	if (!is_failed)
		c->done_at = time(NULL);
	/* The first lists tell what the first collect found, or that it failed. */
	if (c == &r->collect && !r->is_stopping && !r->dump.done_at && !r->dump.is_failed &&
	    !r->dump.job.pid)
		arm(&r->dump, 0);
	tell_status(r);
	proceed(r);
}

/* A new configuration is in force. */
static void go_on(struct run *r)
{
	unsigned int before_s = r->collect.every_s;

	adopt(r, &r->next);
	if (r->is_stopping)
		return;
	sd_notify(0, "READY=1");
	tell_status(r);
	if (r->collect.every_s != before_s)
		arm(&r->collect, r->is_ready ? r->collect.every_s : 0);
	if (r->is_ready)
		arm(&r->dump, 0);
	r->is_ready = true;
}

static void on_loaded(struct job *job, int status)
{
	struct run *r = job->arg;

	if (!status) {
		go_on(r);
	} else if (!r->is_ready) {
		/* Nothing was changed, and there is nothing to go on with. */
		r->status = status > 0 ? status : EXIT_FAILED;
		r->is_stopping = r->is_collected = true;
		r->is_unloaded_at_end = false;
	} else {
		version_free(&r->next);
		errx("the old configuration stays in force");
		sd_notify(0, "READY=1");
	}
	proceed(r);
}

static void reload(struct run *r)
{
	tell_reloading();
	if (version_read(&r->next, r->file)) {
		errx("the old configuration stays in force");
		sd_notify(0, "READY=1");
	} else if (!r->is_loaded) {
		go_on(r);
	} else if (start(r, &r->load, &r->next, LIMIT_S)) {
		version_free(&r->next);
		sd_notify(0, "READY=1");
	}
}

static void on_unloaded(struct job *job, int status)
{
	struct run *r = job->arg;

	r->is_unloaded_at_end = false;
	if (status)
		r->status = EXIT_FAILED;
	proceed(r);
}

/* --- the end ------------------------------------------------------------------- */

/* What there is to do now that something has ended. */
static void proceed(struct run *r)
{
	if (!r->is_stopping) {
		if (r->is_reload_wanted && !r->load.pid) {
			r->is_reload_wanted = false;
			reload(r);
		}
		return;
	}
	if (r->load.pid || r->unload.pid || r->collect.job.pid)
		return;
	if (!r->is_collected) {
		r->is_collected = true;
		begin(r, &r->collect);
		if (r->collect.job.pid)
			return;
	}
	if (r->dump.job.pid)
		return;
	if (r->is_unloaded_at_end && !start(r, &r->unload, &r->now, LIMIT_S))
		return;
	sd_event_exit(r->event, 0);
}

static void kill_all(struct run *r)
{
	r->is_collected = true;
	job_kill(&r->load);
	job_kill(&r->unload);
	job_kill(&r->collect.job);
	job_kill(&r->dump.job);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	kill_all(arg);
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct run *r = arg;

	(void)source;
	(void)si;
	if (r->is_stopping) {
		kill_all(r);
		return 0;
	}
	r->is_stopping = true;
	r->is_collected = !r->is_ready;
	sd_notify(0, "STOPPING=1");
	sd_event_source_set_enabled(r->collect.timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(r->dump.timer, SD_EVENT_OFF);
	sd_event_add_time_relative(r->event, &r->deadline, CLOCK_MONOTONIC, STOP_S * SECOND, 0,
				   on_deadline, r);
	proceed(r);
	return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct run *r = arg;

	(void)source;
	(void)si;
	r->is_reload_wanted = true;
	proceed(r);
	return 0;
}

/* --- the loop ------------------------------------------------------------------ */

static int open_event(struct run *r)
{
	sigset_t set;
	int ret;

	job_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Whoever reads what we say may go. */
	signal(SIGPIPE, SIG_IGN);
	ret = sd_event_new(&r->event);
	if (ret >= 0)
		ret = sd_event_add_signal(r->event, NULL, SIGTERM, on_end, r);
	if (ret >= 0)
		ret = sd_event_add_signal(r->event, NULL, SIGINT, on_end, r);
	if (ret >= 0)
		ret = sd_event_add_signal(r->event, NULL, SIGHUP, on_hangup, r);
	if (ret >= 0)
		ret = sd_event_add_time(r->event, &r->collect.timer, CLOCK_BOOTTIME, 0, 0, on_due,
					&r->collect);
	if (ret >= 0)
		ret = sd_event_add_time(r->event, &r->dump.timer, CLOCK_BOOTTIME, 0, 0, on_due,
					&r->dump);
	if (ret >= 0)
		ret = sd_event_set_watchdog(r->event, true);
	if (ret < 0)
		return ret;
	sd_event_source_set_enabled(r->collect.timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(r->dump.timer, SD_EVENT_OFF);
	return 0;
}

static void close_event(struct run *r)
{
	job_free(&r->load);
	job_free(&r->unload);
	job_free(&r->collect.job);
	job_free(&r->dump.job);
	sd_event_source_unref(r->collect.timer);
	sd_event_source_unref(r->dump.timer);
	sd_event_source_unref(r->deadline);
	sd_event_unref(r->event);
}

static void set_jobs(struct run *r)
{
	r->load = (struct job){ .fn = cmd_load, .argv = { "load", "-c", r->file },
				.is_whole = true, .ended = on_loaded, .arg = r };
	r->unload = (struct job){ .fn = cmd_unload, .argv = { "unload" }, .is_whole = true,
				  .ended = on_unloaded, .arg = r };
	r->collect.job = (struct job){ .fn = cmd_collect, .argv = { "collect", "-c", r->file },
				       .is_modest = true, .ended = on_done, .arg = r };
	r->dump.job = (struct job){ .fn = cmd_dump,
				    .argv = { "dump", "--all", "--quiet", "--log", "1000", "-c",
					      r->file },
				    .is_modest = true, .ended = on_done, .arg = r };
}

/* 0, or an exit status. Who cannot find out goes on: mail needs the program. */
static int be_alone(void)
{
	pid_t by;
	int error = alone(options.state_dir, &by);

	if (error && error != -EBUSY) {
		cmd_failed(error);
		warn("whether another 'run' is at work is not known");
	}
	if (error != -EBUSY)
		return EXIT_DONE;
	if (by)
		errx("another 'nolist-xdp run', process %d, is at work for '%s'", (int)by,
		     options.state_dir);
	else
		errx("another 'nolist-xdp run' is at work for '%s'", options.state_dir);
	hint("SIGHUP has it read its configuration again; --state-dir keeps two apart");
	return EXIT_FAILED;
}

static int run(struct run *r)
{
	int ret;

	set_jobs(r);
	r->status = version_read(&r->next, r->file);
	if (!r->status)
		r->status = be_alone();
	if (r->status) {
		version_free(&r->next);
		return r->status;
	}
	ret = open_event(r);
	if (ret >= 0 && r->is_loaded)
		ret = start(r, &r->load, &r->next, LIMIT_S);
	else if (ret >= 0)
		go_on(r);
	if (ret >= 0)
		ret = sd_event_loop(r->event);
	if (ret < 0) {
		err(ret, "cannot go on");
		r->status = EXIT_FAILED;
	}
	if (!r->status && r->collect.is_failed)
		r->status = EXIT_FAILED;
	close_event(r);
	conf_hold(NULL, NULL);
	version_free(&r->now);
	version_free(&r->next);
	return r->status;
}

enum { OPT_NO_LOAD = 256, OPT_UNLOAD };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ")" },
	{ "no-load", OPT_NO_LOAD, NULL, "somebody else loads" },
	{ "unload-on-exit", OPT_UNLOAD, NULL, "detach at the end" },
	{}
};

int cmd_run(int argc, char **argv)
{
	struct run r = { .file = DEFAULT_CONF, .is_loaded = true };
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		switch (c) {
		case 'c':
			r.file = optarg;
			break;
		case OPT_NO_LOAD:
			r.is_loaded = false;
			break;
		case OPT_UNLOAD:
			r.is_unloaded_at_end = true;
			break;
		}
	if (c < 0)
		return -1 - c;
	return cmd_is_end(argc, argv) ? run(&r) : EXIT_USAGE;
}
