// SPDX-License-Identifier: GPL-2.0-only
/*
 * All or nothing: a load first checks all that can be checked (what is attached, does
 * the verifier accept the program, does the configuration fit). Then it attaches and
 * pins, and notes how to undo each step. Its last step puts the configuration in force.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/load.h"
#include "nolist.skel.h" /* after abi.h, which it needs */

/* --- the plan: refuse what cannot be done, before anything is done ------------- */

/* Are these the tables that this load replaces, or that one has replaced before? */
static bool is_older(const struct job *job, int instance)
{
	return instance == job->older || job->k->instance[instance].is_aside;
}

static int plan_ours(struct job *job, struct step *step)
{
	const struct kern_if *f = kern_if_of(job->k, step->ifindex);
	struct nolist_config *conf;
	int ret;

	if (job->what->mode != KERN_AUTO && job->what->mode != step->was.mode) {
		failx(-EBUSY, "'%s' has the program in %s mode", step->name,
		      step->was.mode == KERN_GENERIC ? "generic" : "native");
		return fail_hint("\"nolist-xdp unload -i %s\" first", step->name);
	}
	step->action = job->old ? KERN_RECONFIGURED : KERN_ADOPTED;
	step->is_swap = strcmp(f->tag, job->prog.tag) ||
			(*f->slow_tag && strcmp(f->slow_tag, job->slow.tag)) ||
			is_older(job, f->instance) ||
			kern_lacks_added(job->what->pin_dir, &job->new.instance, f->prog_id);
	step->is_give = !step->is_swap && f->slow != KERN_SLOW_THERE;
	if (f->instance == job->main || is_older(job, f->instance)) {
		if (step->is_swap && job->old)
			step->action = KERN_REPLACED;
		return 0;
	}
	/* Attached with tables of its own: these may be replaced if they were never configured. */
	conf = malloc(sizeof(*conf));
	if (!conf)
		return fail(-ENOMEM, "cannot look at '%s'", step->name);
	ret = kern_config(job->k, f->instance, conf);
	free(conf);
	if (!ret) {
		failx(-EBUSY, "'%s' uses other tables than those in '%s'", step->name,
		      job->what->pin_dir);
		return fail_hint(
			"perhaps it was loaded with another --pin-dir; \"nolist-xdp unload -i "
			"%s\" frees it",
			step->name);
	}
	step->is_swap = true;
	step->is_give = false;
	step->action = KERN_ADOPTED;
	return 0;
}

static int plan_step(struct job *job, struct step *step, int ifindex)
{
	const struct kern_slot *was = &step->was;
	int ret;

	*step = (struct step){ .ifindex = ifindex, .old_fd = -1, .action = KERN_ATTACHED };
	kern_if_name(ifindex, step->name);
	ret = kern_slot(job->what->pin_dir, ifindex, &step->was);
	if (ret)
		return fail(ret, "cannot look at '%s'", step->name);
	if (was->ours && kern_if_of(job->k, ifindex))
		return plan_ours(job, step);
	if (was->id && !was->is_shared) {
		failx(-EBUSY, "'%s' has another XDP program, %u '%s'", step->name, was->id,
		      was->name);
		return fail_hint(
			"nolist-xdp does not replace other programs; \"bpftool prog show id %u\" shows "
			"whose it is; end it with the program that attached it, or, if nothing needs it: ip "
			"link set dev %s xdp%s off",
			was->id, step->name, was->mode == KERN_GENERIC ? "generic" : "");
	}
	if (was->id && job->what->mode != KERN_AUTO && job->what->mode != was->mode)
		return failx(-EBUSY, "'%s' has other XDP programs, in %s mode", step->name,
			     was->mode == KERN_GENERIC ? "generic" : "native");
	return 0;
}

static int plan(struct job *job)
{
	int i, ret = 0;

	for (i = 0; i < job->what->ifs && !ret; i++) {
		ret = plan_step(job, &job->step[i], job->what->ifindex[i]);
		job->is_new_used |= job->step[i].is_swap || job->step[i].action == KERN_ATTACHED;
	}
	return ret;
}

/* --- doing and undoing --------------------------------------------------------- */

static int do_step(struct job *job, struct step *step, struct kern_done *done)
{
	int ret;

	*done = (struct kern_done){ .action = step->action };
	step->now = step->was;
	if (step->action == KERN_ATTACHED) {
		ret = kern_attach(&job->new, step->ifindex, job->what->mode, &step->now, done->why,
				  sizeof(done->why));
	} else if (step->is_swap) {
		step->old_fd = bpf_prog_get_fd_by_id(step->was.ours);
		ret = step->old_fd < 0 ? fail(-errno, "cannot look at '%s'", step->name) :
		      kern_replace(&job->new, step->ifindex, &step->was, step->old_fd,
				   &step->now);
	} else if (step->is_give) {
		ret = kern_slow_give(job->what->pin_dir, &job->new.instance, step->was.ours,
				     &step->progs_id);
	} else {
		return 0;
	}
	step->is_done = !ret;
	return ret;
}

/* Pins the older tables where they were. */
static void undo_pins(struct job *job)
{
	const char *pin_dir = job->what->pin_dir;

	if (!job->is_pinned_here)
		kern_unpin_aside(pin_dir);
	else if (job->k->pinned != job->older)
		kern_unpin(pin_dir);
	else if (!kern_pin_back(pin_dir, &job->k->instance[job->older]))
		kern_unpin_aside(pin_dir);
}

/* True: something of the new program is still attached. */
static bool undo(struct job *job)
{
	bool is_left = false;
	int i;

	for (i = job->what->ifs - 1; i >= 0; i--) {
		struct step *step = &job->step[i];

		if (step->is_done && step->is_swap)
			is_left |= kern_put_back(&job->new, step->ifindex, &step->was,
						 step->old_fd) != 0;
		else if (step->is_done && !step->is_give)
			is_left |= kern_unattach(&job->new, step->ifindex) != 0;
		if (step->progs_id)
			kern_unpin_progs(job->what->pin_dir, step->progs_id);
	}
	kern_undo_key(&job->key_was);
	kern_undo_domains(&job->put);
	if (job->put.instance)
		kern_drop_tenants(&job->new.instance, job->put.in_force);
	kern_unpin_added(job->what->pin_dir, job->is_added);
	if (job->is_new_used && !is_left)
		kern_unpin_progs(job->what->pin_dir, job->new.own.progs_id);
	if (job->older >= 0)
		undo_pins(job);
	else if (job->is_pinned_here)
		kern_unpin(job->what->pin_dir);
	return is_left;
}

static void add_partial(struct nolist_config *conf, int ifindex, enum kern_mode mode)
{
	__u32 entry = kern_sums_entry(ifindex, kern_sums(ifindex, mode), conf->is_silent);

	if (entry && conf->partials < NOLIST_PARTIAL_MAX)
		conf->partial[conf->partials++] = entry;
}

/* For the interfaces of this load, and for others that share the tables. */
static void fill_partial(struct job *job)
{
	int i, j;

	for (i = 0; i < job->what->ifs; i++)
		add_partial(job->conf, job->step[i].ifindex, job->step[i].now.mode);
	for (i = 0; i < job->k->n_ifs; i++) {
		const struct kern_if *f = &job->k->ifs[i];

		for (j = 0; j < job->what->ifs && job->step[j].ifindex != f->ifindex; j++)
			;
		if (j == job->what->ifs && f->instance == job->main)
			add_partial(job->conf, f->ifindex, f->mode);
	}
}

/*
 * Last steps: 1 if one has failed, which is explained, and harms little. The record of the version is bound to the
 * programs, so that it is found through them if pins got lost. The program is pinned
 * for commands without CAP_SYS_ADMIN: see by_id.c.
 */
static int settle(const struct job *job)
{
	int i, fd, ret = 0;

	for (i = job->what->ifs - 1; i >= 0; i--) {
		fd = bpf_prog_get_fd_by_id(job->step[i].now.ours);
		if (fd < 0) {
			ret = 1;
			fail(-errno, "cannot look at '%s'", job->step[i].name);
			continue;
		}
		bpf_prog_bind_map(fd, job->new.instance.fd[MAP_META], NULL);
		if (!i && kern_pin_prog(job->what->pin_dir, fd))
			ret = 1;
		close(fd);
	}
	return ret;
}

/* Never 0: "not at all" is no "unknown". */
static __u64 learning_ns(const struct job *job)
{
	return job->what->learning_s * 1000000000ull + 1;
}

/*
 * The new tables have their configuration before any program uses them, so that no frame
 * passes unconfigured.
 */
static int take_over(struct job *job)
{
	int i, ret;

	ret = kern_take_over(job->what->pin_dir, job->k, job->older, &job->new.instance);
	if (!ret)
		ret = kern_fill_mac(job->conf);
	if (ret)
		return ret;
	for (i = 0; i < job->what->ifs; i++)
		job->step[i].now = job->step[i].was;
	fill_partial(job);
	ret = kern_commit(NULL, &job->new.instance, job->conf, learning_ns(job));
	/* To be filled again, when the modes of all interfaces are known. */
	job->conf->partials = 0;
	return ret;
}

/* The interfaces that have the program after this load, with those of earlier loads. */
static unsigned int count_interfaces(const struct job *job)
{
	int of = job->main >= 0 ? job->main : job->older, i, j;
	unsigned int ifs = job->what->ifs;

	for (i = 0; i < job->k->n_ifs && of >= 0; i++) {
		for (j = 0; j < job->what->ifs && job->step[j].ifindex != job->k->ifs[i].ifindex; j++)
			;
		ifs += j == job->what->ifs && job->k->ifs[i].instance == of;
	}
	return ifs;
}

/* Was it detached until this load? Of older tables that are replaced the new ones tell it. */
static void look_back(struct job *job)
{
	int of = job->older >= 0 ? job->older : job->main;

	job->was_detached = of >= 0 && kern_is_detached(job->k, of, &job->detached_ns);
}

/* Undoes all, and returns the failure that was the reason. */
static int fail_undone(struct job *job)
{
	struct failure why;
	bool is_left;

	failure_keep(&why);
	is_left = undo(job);
	failure_return(&why);
	return is_left ? fail_hint("the new program is still attached somewhere: \"nolist-xdp "
				   "status\" shows where") : why.error;
}

static int load_locked(struct job *job)
{
	int i, ret;

	ret = kern_find(&job->k, job->what->pin_dir);
	if (!ret)
		ret = kern_abi(job->k, job->what->pin_dir);
	if (ret)
		return ret; /* nothing was done yet */
	job->main = job_choose(job);
	if (job->main >= 0 && job->k->instance[job->main].abi != NOLIST_ABI_VERSION) {
		job->older = job->main;
		job->main = job_unpinned(job);
	}
	look_back(job);
	ret = job_load(job);
	if (!ret)
		ret = job_fill(job);
	if (!ret)
		ret = plan(job);
	if (!ret)
		ret = job_put_needed(job);
	if (!ret && job->is_new_used)
		ret = kern_pin_progs(job->what->pin_dir, &job->new.own);
	if (!ret && job->older >= 0)
		ret = take_over(job);
	for (i = 0; i < job->what->ifs && !ret; i++)
		ret = do_step(job, &job->step[i], &job->done[i]);
	if (!ret)
		ret = kern_write_meta(&job->new.instance);
	if (!ret)
		ret = kern_set_key(&job->new.instance, job->what->key, &job->key_was);
	if (!ret && (job->main < 0 || job->main != job->k->pinned)) {
		job->is_pinned_here = true;
		ret = kern_pin(job->what->pin_dir, &job->new.instance);
	}
	if (!ret)
		ret = kern_fill_mac(job->conf);
	/* Before the configuration is in force: a gap too many harms less than one that is missing. */
	if (!ret)
		ret = kern_note_loaded(&job->new.instance, job->was_detached, job->detached_ns,
				       count_interfaces(job));
	if (!ret)
		ret = kern_put_said(&job->new.instance, job->what->said);
	if (!ret)
		ret = kern_put_low_pass(&job->new.instance, job->what->low_pass, job->what->low_passes);
	if (!ret) {
		fill_partial(job);
		ret = kern_commit(job->what->pin_dir, &job->new.instance, job->conf,
				  learning_ns(job));
	}
	if (ret < 0)
		return fail_undone(job);
	kern_drop_domains(&job->new.instance, job->conf);
	kern_drop_tenants(&job->new.instance, job->conf);
	if (!job->what->said)
		kern_drop_block(job->what->pin_dir, &job->new.instance);
	return ret | settle(job);
}

int kern_load(const struct kern_load *what, struct kern_done *done)
{
	struct job *job = calloc(1, sizeof(*job));
	int i, lock, ret;

	kern_quiet();
	if (!job)
		return fail(-ENOMEM, "cannot load");
	if (geteuid() != 0) {
		free(job);
		return fail(-EPERM, "cannot load");
	}
	*job = (struct job){ .what = what, .done = done, .main = -1, .older = -1 };
	for (i = 0; i < KERN_IFS_MAX; i++)
		job->step[i].old_fd = -1;
	lock = kern_lock(what->pin_dir, &job->dirs_made);
	ret = lock < 0 ? lock : load_locked(job);
	for (i = 0; i < KERN_IFS_MAX; i++)
		if (job->step[i].old_fd >= 0)
			close(job->step[i].old_fd);
	nolist_bpf__destroy(job->skel);
	if (ret >= 0)
		kern_unpin_freed(what->pin_dir);
	else if (lock >= 0)
		kern_rmdir(what->pin_dir, job->dirs_made);
	kern_close(job->k);
	free(job->conf);
	free(job->old);
	free(job);
	if (lock >= 0)
		close(lock);
	return ret;
}
