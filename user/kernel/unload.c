// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detaches the program from interfaces, and drops what is pinned.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

static bool is_chosen(const int *ifindex, int ifs, int which)
{
	int i;

	for (i = 0; i < ifs; i++)
		if (ifindex[i] == which)
			return true;
	return !ifs;
}

static int refuse_purge(const char *name)
{
	failx(-EBUSY, "'%s' still uses the tables", name);
	return fail_hint("unload it from there as well");
}

static int refuse_elsewhere(unsigned int prog_id)
{
	failx(-EBUSY, "program %u still uses the tables, at an interface of another network "
		      "namespace", prog_id);
	return fail_hint("unload it there (nsenter --net=/run/netns/NAME nolist-xdp unload), or "
			 "move the interface back");
}

/* Counts the tables that are not pinned and that only these interfaces use. */
static void count_gone(const struct kern *k, const int *ifindex, int ifs, struct kern_gone *gone)
{
	unsigned int capacity;
	int instance, i;

	for (instance = 0; instance < k->instances; instance++) {
		bool is_used = false, is_unchanged = k->instance[instance].pin_dir;

		for (i = 0; i < k->n_ifs; i++) {
			is_used |= k->ifs[i].instance == instance;
			is_unchanged |= k->ifs[i].instance == instance &&
					!is_chosen(ifindex, ifs, k->ifs[i].ifindex);
		}
		if (!is_used || is_unchanged)
			continue;
		gone->tables++;
		if (k->instance[instance].fd[MAP_CONTACTS] >= 0)
			kern_instance_count(&k->instance[instance], MAP_CONTACTS, &gone->contacts,
					    &capacity);
		if (k->instance[instance].fd[MAP_VERIFIED] >= 0)
			kern_instance_count(&k->instance[instance], MAP_VERIFIED, &gone->verified,
					    &capacity);
	}
}

/* The pinned program may be one that was detached: pins one that is still attached instead. */
static void pin_other(const char *pin_dir, unsigned int prog_id)
{
	int fd = bpf_prog_get_fd_by_id(prog_id);

	if (fd < 0)
		return;
	kern_pin_prog(pin_dir, fd);
	close(fd);
}

/* After the detach: by programs that are no longer here. */
static unsigned int still_elsewhere(const char *pin_dir)
{
	unsigned int id = 0;
	struct kern *k;

	if (!kern_find(&k, pin_dir)) {
		id = kern_still_elsewhere(k, pin_dir);
		kern_close(k);
	}
	return id;
}

static int nothing_here(unsigned int prog_id)
{
	if (!prog_id)
		return failx(-ENOENT, "nothing is attached");
	failx(-ENOENT, "nothing is attached in this network namespace");
	return fail_hint("program %u uses the tables: its interface is gone, or was moved to "
			 "another namespace", prog_id);
}

static int unload_locked(struct kern *k, const char *pin_dir, const int *ifindex, int ifs,
			 bool is_purge, struct kern_gone *lost)
{
	const struct kern_if *left = NULL;
	unsigned long long now = kern_now_ns();
	struct kern_slot slot;
	char name[16];
	unsigned int elsewhere;
	int i, ret, gone = 0;

	for (i = 0; i < ifs; i++)
		if (!kern_if_of(k, ifindex[i]))
			return failx(-ENOENT, "nothing of nolist-xdp is attached to '%s'",
				     kern_if_name(ifindex[i], name));
	for (i = 0; i < k->n_ifs; i++)
		if (is_purge && k->ifs[i].is_pinned && !is_chosen(ifindex, ifs, k->ifs[i].ifindex))
			return refuse_purge(k->ifs[i].name);
	elsewhere = is_purge ? kern_still_elsewhere(k, pin_dir) : 0;
	if (elsewhere)
		return refuse_elsewhere(elsewhere);
	count_gone(k, ifindex, ifs, lost);
	for (i = 0; i < k->n_ifs; i++) {
		if (!is_chosen(ifindex, ifs, k->ifs[i].ifindex)) {
			if (k->ifs[i].is_pinned)
				left = &k->ifs[i];
			continue;
		}
		if (k->ifs[i].is_pinned)
			kern_note_detached(&k->instance[k->ifs[i].instance], now);
		ret = kern_slot(pin_dir, k->ifs[i].ifindex, &slot);
		if (!ret && slot.ours)
			ret = kern_detach(k->ifs[i].ifindex, &slot);
		if (ret)
			return fail(ret, "cannot detach from '%s'", k->ifs[i].name);
		gone++;
	}
	if (!gone)
		return nothing_here(kern_elsewhere(k));
	if (left)
		pin_other(pin_dir, left->prog_id);
	else
		kern_unpin_prog(pin_dir);
	kern_unpin_freed(pin_dir);
	lost->elsewhere = left ? 0 : still_elsewhere(pin_dir);
	return gone;
}

int kern_unload(const char *pin_dir, const int *ifindex, int ifs, bool is_purge,
		struct kern_gone *gone)
{
	struct kern *k;
	int lock, ret;

	*gone = (struct kern_gone){};
	kern_quiet();
	/* If there is no directory to lock, no load can be running. */
	lock = kern_lock(pin_dir, NULL);
	if (lock < 0 && lock != -ENOENT)
		return lock;
	ret = kern_find(&k, pin_dir);
	if (!ret) {
		ret = unload_locked(k, pin_dir, ifindex, ifs, is_purge, gone);
		kern_close(k);
	}
	if (lock >= 0)
		close(lock);
	return ret;
}

static int purge_locked(struct kern *k, const char *pin_dir, unsigned int *contacts,
			unsigned int *verified)
{
	unsigned int capacity = 0, elsewhere;
	int i;

	if (k->pinned < 0)
		return failx(-ENOENT, "nothing is pinned in '%s'", pin_dir);
	for (i = 0; i < k->n_ifs; i++)
		if (k->ifs[i].is_pinned)
			return refuse_purge(k->ifs[i].name);
	elsewhere = kern_still_elsewhere(k, pin_dir);
	if (elsewhere)
		return refuse_elsewhere(elsewhere);
	/* Tables of another version are dropped, too; their records are counted if possible. */
	for (i = 0; i < k->instances; i++) {
		if (k->instance[i].pin_dir && k->instance[i].fd[MAP_CONTACTS] >= 0)
			kern_instance_count(&k->instance[i], MAP_CONTACTS, contacts, &capacity);
		if (k->instance[i].pin_dir && k->instance[i].fd[MAP_VERIFIED] >= 0)
			kern_instance_count(&k->instance[i], MAP_VERIFIED, verified, &capacity);
	}
	kern_unpin_prog(pin_dir);
	kern_unpin_freed(pin_dir);
	return kern_unpin(pin_dir);
}

int kern_purge(const char *pin_dir, unsigned int *contacts, unsigned int *verified)
{
	struct kern *k;
	int lock, ret;

	*contacts = *verified = 0;
	kern_quiet();
	lock = kern_lock(pin_dir, NULL);
	if (lock == -ENOENT)
		return failx(-ENOENT, "nothing is pinned in '%s'", pin_dir);
	if (lock < 0)
		return lock;
	ret = kern_find(&k, pin_dir);
	if (!ret) {
		ret = purge_locked(k, pin_dir, contacts, verified);
		kern_close(k);
	}
	close(lock);
	return ret;
}
