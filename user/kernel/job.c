// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a load makes before it attaches anything: the program with its slow path, in tables that are
 * there or new, the configuration, and what that needs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/kernel/load.h"
#include "nolist.skel.h" /* after abi.h, which it needs */

int job_choose(const struct job *job)
{
	const struct kern_if *f;
	int i;

	if (job->k->pinned >= 0)
		return job->k->pinned;
	for (i = 0; i < job->what->ifs; i++) {
		f = kern_if_of(job->k, job->what->ifindex[i]);
		if (f)
			return f->instance;
	}
	return -1;
}

/* Puts the slow path into its array, before the program is attached anywhere. */
static int load_slow(struct job *job)
{
	int fd = bpf_program__fd(job->skel->progs.nolist_slow), ret;

	kern_own_init(&job->new.own);
	ret = kern_own_of_skel(&job->new.own, job->skel);
	if (!ret)
		ret = kern_slow_put(&job->new.own, fd);
	if (!ret)
		ret = kern_prog_info(fd, &job->slow);
	return ret ? fail(ret, "cannot put the slow path in its place") : 0;
}

int job_unpinned(const struct job *job)
{
	const struct kern_if *f;
	int i;

	for (i = 0; i < job->what->ifs; i++) {
		f = kern_if_of(job->k, job->what->ifindex[i]);
		if (f && job->k->instance[f->instance].abi == NOLIST_ABI_VERSION &&
		    !job->k->instance[f->instance].pin_dir)
			return f->instance;
	}
	return -1;
}

/* Capacity of new tables: as configured; else that of the tables that they replace. */
static unsigned int capacity_of(const struct job *job)
{
	unsigned int entries = 0, capacity = 0;

	if (job->what->sources_max || job->older < 0 ||
	    kern_instance_count(&job->k->instance[job->older], MAP_CONTACTS, &entries, &capacity))
		return job->what->sources_max;
	return capacity;
}

int job_load(struct job *job)
{
	const struct kern_instance *instance = job->main >= 0 ? &job->k->instance[job->main] : NULL;
	int i, ret;

	ret = kern_skel_open(&job->skel, instance, NULL, capacity_of(job), job->what->is_collected);
	if (ret)
		return fail(ret, "cannot open the program");
	bpf_program__set_autoload(job->skel->progs.nolist_slow, true);
	ret = nolist_bpf__load(job->skel);
	if (ret) {
		fail(ret, "cannot load the program");
		return fail_hint("-v shows what the kernel's verifier says");
	}
	kern_instance_init(&job->new.instance);
	job->new.instance.abi = NOLIST_ABI_VERSION;
	for (i = 0; i < KERN_MAPS; i++)
		job->new.instance.fd[i] = bpf_map__fd(
			bpf_object__find_map_by_name(job->skel->obj, kern_map_names[i]));
	job->new.fd = bpf_program__fd(job->skel->progs.nolist_ingress);
	ret = kern_check_new(&job->new, &job->prog);
	job->new.id = job->prog.id;
	return ret ? ret : load_slow(job);
}

int job_fill(struct job *job)
{
	/* Each address keeps its index, since counters of older tables are added to the new. */
	const struct kern_instance *from =
		job->older >= 0 ? &job->k->instance[job->older] : &job->new.instance;
	static bool busy[NOLIST_MX_MAX];
	int ret;

	job->conf = calloc(1, sizeof(*job->conf));
	job->old = calloc(1, sizeof(*job->old));
	if (!job->conf || !job->old)
		return fail(-ENOMEM, "cannot make a configuration");
	ret = kern_instance_config(from, job->old);
	if (ret) {
		free(job->old);
		job->old = NULL;
	}
	ret = kern_instance_busy(from, busy);
	if (ret)
		return fail(ret, "cannot read the counters");
	ret = job->what->fill(job->conf, job->old, busy, job->what->arg);
	if (ret)
		return fail(ret, "cannot make the table of addresses");
	job->conf->magic = NOLIST_MAGIC;
	job->conf->version = NOLIST_ABI_VERSION;
	return 0;
}

/* What the configuration in force reads stays as it is, so that undoing needs no old content. */
static int put_domains(struct job *job)
{
	job->put = (struct kern_put){ .instance = &job->new.instance,
				      .in_force = job->older >= 0 ? NULL : job->old };
	return kern_put_domains(&job->put, job->what->domains, job->conf);
}

int job_put_needed(struct job *job)
{
	int ret = 0;

	if (job->main >= 0 && job->main == job->k->pinned)
		ret = kern_pin_added(job->what->pin_dir, &job->k->instance[job->main],
				     &job->new.instance, job->is_added);
	if (!ret)
		ret = put_domains(job);
	if (!ret)
		ret = kern_put_tenants(&job->new.instance, job->what, job->conf);
	return ret ? ret : kern_begin_stamps(&job->new.instance, job->conf, job->put.in_force);
}
