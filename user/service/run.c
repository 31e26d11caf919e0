// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads, then collects and writes lists on timers, until it is stopped.
 *
 * Each step runs in a forked process. So a collect of millions of sources gives its memory
 * back, a crash ends only one step, a list's reader that hangs stops neither the other
 * steps nor the watchdog, and a killed collect or dump is simply repeated. This process
 * holds the last good configuration, and no other state that could be lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/duration.h"
#include "user/config/conf.h"
#include "user/config/given.h"
#include "user/service/job.h"
#include "user/service/lifts_watch.h"
#include "user/service/notify.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/service/run.h"
#include "user/service/single.h"
#include "user/service/conf_version.h"

#define SECOND 1000000ull
#define LIMIT_S 3600 /* a step that takes longer is stuck */
#define STOP_S 60    /* at the end, for running steps and the last collect */

/* A step that is repeated. */
struct periodic {
	struct job job;
	sd_event_source *timer;
	unsigned int every_s;
	bool is_late;   /* it was due again while it was running */
	bool is_failed; /* the last run failed */
	time_t done_at; /* when the last successful run ended; 0: never */
};

struct run {
	const struct run_options *o;
	bool is_unloaded_at_end;
	sd_event *event;
	struct version now, next; /* next: while it is being loaded */
	struct job load, unload, heal;
	struct periodic collect, dump;
	struct answer metrics;
	struct lifts_watch lifts;
	sd_event_source *deadline;
	bool is_ready;
	bool is_reload_wanted; /* SIGHUP came, and the reload has not begun */
	bool is_stopping;
	bool is_collected; /* the last collect, at the end, has begun */
	int status;        /* of the step that failed last; 0: none */
};

static void proceed(struct run *r);

/* --- messages to systemd ------------------------------------------------------- */

static void notify_status(const struct run *r)
{
	char text[256] = "";

	notify_add(text, sizeof(text), "collected", r->collect.done_at, r->collect.is_failed);
	if (conf_is_written(&r->now.conf))
		notify_add(text, sizeof(text), "lists written", r->dump.done_at, r->dump.is_failed);
	notify("STATUS=%s", text);
}

/* --- the configuration --------------------------------------------------------- */

static void adopt(struct run *r, struct version *v)
{
	version_free(&r->now);
	r->now = *v;
	*v = (struct version){};
	r->collect.every_s = r->now.conf.collect_s;
	r->dump.every_s = r->now.conf.dump_s;
	r->lifts.file = r->now.conf.page_lifts;
	r->o->adopted(r->now.text);
}

/* --- steps --------------------------------------------------------------------- */

/* A step reads the text that was found good, not a file that may be half edited. */
static int start(struct run *r, struct job *job, const struct version *v, unsigned int limit_s)
{
	int error;

	conf_hold(r->o->file, v->text);
	error = job_start(job, r->event, limit_s);
	if (error)
		err(error, "cannot start '%s'", job->name);
	return error;
}

static void arm(struct periodic *c, unsigned int s)
{
	sd_event_source_set_time_relative(c->timer, s * SECOND);
	sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static void begin(struct run *r, struct periodic *c)
{
	unsigned int limit_s = LIMIT_S;

	if (c == &r->dump)
		limit_s += r->now.conf.lists * r->now.conf.reload_s;
	c->is_late = false;
	if (start(r, &c->job, &r->now, limit_s))
		c->is_failed = true;
}

/* What is due may wait for a look at the interfaces; see on_healed(). */
static void begin_due(struct run *r, struct periodic *c)
{
	if (c != &r->collect || !r->o->heal || r->load.pid ||
	    start(r, &r->heal, &r->now, LIMIT_S))
		begin(r, c);
}

static bool is_busy(const struct run *r, const struct periodic *c)
{
	return c->job.pid || (c == &r->collect && r->heal.pid);
}

static int on_due(sd_event_source *source, uint64_t usec, void *arg)
{
	struct periodic *c = arg;
	struct run *r = c->job.arg;

	(void)source;
	(void)usec;
	if (c == &r->dump && !conf_is_written(&r->now.conf))
		return 0;
	if (!is_busy(r, c)) {
		begin_due(r, c);
	} else if (!c->is_late) {
		warn("'%s' takes longer than %u s", c->job.name, c->every_s);
		c->is_late = true;
	}
	arm(c, c->every_s);
	return 0;
}

static void on_done(struct job *job, int status)
{
	struct run *r = job->arg;
	struct periodic *c = job == &r->collect.job ? &r->collect : &r->dump;
	bool is_failed = status;

	if (c->is_failed && !is_failed)
		info("'%s' works again", job->name);
	c->is_failed = is_failed;
	if (!is_failed)
		c->done_at = time(NULL);
	/* The first lists are written after the first collect, even if that failed. */
	if (c == &r->collect && !r->is_stopping && !r->dump.done_at && !r->dump.is_failed &&
	    !r->dump.job.pid)
		arm(&r->dump, 0);
	notify_status(r);
	proceed(r);
}

/* The look-up page has news: the lists are due before their time. */
static bool on_lifts(void *arg)
{
	struct run *r = arg;

	if (r->is_stopping || !r->dump.done_at || is_busy(r, &r->dump))
		return false;
	return !on_due(r->dump.timer, 0, &r->dump);
}

/* Whatever it found was told. */
static void on_healed(struct job *job, int status)
{
	struct run *r = job->arg;

	(void)status;
	if (!r->is_stopping)
		begin(r, &r->collect);
	proceed(r);
}

/* What a log has to show: that it is at work, and with what. */
static void say_loaded(const struct run *r)
{
	const struct conf *now = &r->next.conf;
	char collect[DURATION_TEXT], dump[DURATION_TEXT], changes[512];
	const char *what = r->o->load ? "loaded" : "not loading";

	if (r->is_ready) {
		given_changes(&r->now.conf, now, changes, sizeof(changes));
		info("reloaded: %s%s", *changes ? "changed: " : "nothing has changed", changes);
		return;
	}
	duration_text(now->collect_s, collect);
	duration_text(now->dump_s, dump);
	if (now->lists)
		info("%s; collecting every %s, writing %d list%s every %s", what, collect,
		     now->lists, now->lists == 1 ? "" : "s", dump);
	else
		info("%s; collecting every %s, no list is configured", what, collect);
}

/* A new configuration is in force. */
static void go_on(struct run *r)
{
	unsigned int before_s = r->collect.every_s;

	if (!r->is_stopping)
		say_loaded(r);
	adopt(r, &r->next);
	if (r->is_stopping)
		return;
	notify("READY=1");
	notify_status(r);
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
		/* The first load failed: nothing was changed, and there is nothing to run. */
		r->status = status > 0 ? status : -EIO;
		r->is_stopping = r->is_collected = true;
		r->is_unloaded_at_end = false;
	} else {
		version_free(&r->next);
		errx("the old configuration stays in force");
		notify("READY=1");
	}
	proceed(r);
}

static void reload(struct run *r)
{
	int error;

	notify_reloading();
	error = version_read(&r->next, r->o->file, r->o->check);
	/* A load would refuse it; without one nothing else would. */
	if (!error && r->now.conf.mxs && !r->next.conf.mxs) {
		version_free(&r->next);
		error = fail_usage("'%s' has no MX addresses, and the configuration in force has",
				   r->o->file);
	}
	if (error) {
		failure_print(failure_of(error));
		errx("the old configuration stays in force");
		notify("READY=1");
	} else if (!r->o->load) {
		go_on(r);
	} else if (start(r, &r->load, &r->next, LIMIT_S)) {
		version_free(&r->next);
		notify("READY=1");
	}
}

static void on_unloaded(struct job *job, int status)
{
	struct run *r = job->arg;

	r->is_unloaded_at_end = false;
	if (status)
		r->status = -EIO;
	proceed(r);
}

/* --- the end ------------------------------------------------------------------- */

/* Does what is due after a step has ended or a signal came. */
static void proceed(struct run *r)
{
	if (!r->is_stopping) {
		if (r->is_reload_wanted && !r->load.pid && !r->heal.pid) {
			r->is_reload_wanted = false;
			reload(r);
		}
		return;
	}
	if (r->load.pid || r->unload.pid || r->heal.pid || r->collect.job.pid)
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
	job_kill(&r->heal);
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
	notify("STOPPING=1");
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
	/* The reader of our stdout or stderr may end before us. */
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
		ret = notify_open(r->event);
	if (ret < 0)
		return ret;
	sd_event_source_set_enabled(r->collect.timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(r->dump.timer, SD_EVENT_OFF);
	return 0;
}

static void close_event(struct run *r)
{
	answer_close(&r->metrics);
	sd_event_source_unref(r->lifts.timer);
	job_free(&r->load);
	job_free(&r->unload);
	job_free(&r->heal);
	job_free(&r->collect.job);
	job_free(&r->dump.job);
	sd_event_source_unref(r->collect.timer);
	sd_event_source_unref(r->dump.timer);
	sd_event_source_unref(r->deadline);
	notify_close();
	sd_event_unref(r->event);
}

static void set_jobs(struct run *r)
{
	const struct run_options *o = r->o;

	r->load = (struct job){ .name = "load", .fn = o->load, .file = o->file, .is_whole = true,
				.ended = on_loaded, .arg = r };
	r->unload = (struct job){ .name = "unload", .fn = o->unload, .file = o->file,
				  .is_whole = true, .ended = on_unloaded, .arg = r };
	r->heal = (struct job){ .name = "load", .fn = o->heal, .file = o->file, .is_whole = true,
				.ended = on_healed, .arg = r };
	r->collect.job = (struct job){ .name = "collect",
				       .fn = o->collect,
				       .file = o->file,
				       .keeps = JOB_KEEPS_BPF,
				       .ended = on_done,
				       .arg = r };
	r->dump.job = (struct job){ .name = "dump",
				    .fn = o->dump,
				    .file = o->file,
				    .keeps = o->is_dump_elsewhere ? JOB_KEEPS_NONE :
								    JOB_KEEPS_LISTS,
				    .ended = on_done,
				    .arg = r };
}

/* An answer has the configuration in force. */
static void hold_now(void *arg)
{
	const struct run *r = arg;

	conf_hold(r->o->file, (r->now.text ? &r->now : &r->next)->text);
}

/* Without it all else works. */
static void open_metrics(struct run *r)
{
	r->metrics = (struct answer){ .fn = r->o->metrics, .file = r->o->file, .prepare = hold_now,
				      .arg = r };
	if (answer_open(&r->metrics, r->event, r->o->state_dir)) {
		failure_print(failure_last());
		warn("the exporter has nothing to ask");
	}
}

static int loop(struct run *r)
{
	int ret = open_event(r);

	if (ret >= 0)
		open_metrics(r);
	if (ret >= 0)
		ret = lifts_watch_open(&r->lifts, r->event, on_lifts, r);
	if (ret >= 0 && r->o->load)
		ret = start(r, &r->load, &r->next, LIMIT_S);
	else if (ret >= 0)
		go_on(r);
	if (ret >= 0)
		ret = sd_event_loop(r->event);
	close_event(r);
	return ret < 0 ? fail(ret, "cannot go on") : 0;
}

int run(const struct run_options *o)
{
	struct run r = { .o = o, .is_unloaded_at_end = o->unload };
	int error;

	set_jobs(&r);
	error = version_read(&r.next, o->file, o->check);
	if (!error)
		error = single_or_unknown(o->state_dir);
	if (!error)
		error = loop(&r);
	if (!error && !r.status && r.collect.is_failed)
		r.status = -EIO;
	if (!error && r.is_ready)
		info("ended; %s", !o->unload ? "the program stays attached" :
				  r.is_unloaded_at_end ? "not detached" : "detached");
	conf_hold(NULL, NULL);
	version_free(&r.now);
	version_free(&r.next);
	if (error)
		return error;
	/* Each step has logged why it failed. */
	return r.status < 0 ? fail_reported(r.status) : r.status;
}
