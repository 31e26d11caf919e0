// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probation: a configuration that ends unless it is confirmed. The end is in the
 * configuration, so that the program itself knows it: it ends whatever happens to
 * processes and sessions, and however loaded the machine is.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

/* Opens what is pinned, with its configuration, which is on probation; the caller frees both. */
static int open_pinned(const char *pin_dir, struct kern **k, struct nolist_config **conf)
{
	int ret;

	*conf = NULL;
	ret = kern_open(k, pin_dir);
	if (ret)
		return ret;
	*conf = malloc(sizeof(**conf));
	if (!*conf)
		ret = fail(-ENOMEM, "cannot read the configuration");
	else if ((*k)->pinned < 0 || kern_config(*k, (*k)->pinned, *conf))
		ret = failx(-ENOENT, "nothing is loaded");
	else if (!(*conf)->until_ns)
		ret = failx(-ENOENT, "the configuration in force is not on probation");
	if (!ret)
		return 0;
	kern_close(*k);
	free(*conf);
	*conf = NULL;
	return ret;
}

int kern_probation(const char *pin_dir, unsigned long long *until_ns)
{
	struct nolist_config *conf;
	struct kern *k;
	int ret;

	ret = open_pinned(pin_dir, &k, &conf);
	if (ret)
		return ret;
	*until_ns = conf->until_ns;
	kern_close(k);
	free(conf);
	return 0;
}

int kern_confirm(const char *pin_dir)
{
	struct nolist_config *conf;
	struct kern *k;
	int lock, ret;

	lock = kern_lock(pin_dir, NULL);
	ret = open_pinned(pin_dir, &k, &conf);
	if (!ret) {
		if (k->instance[k->pinned].abi != NOLIST_ABI_VERSION) {
			ret = failx(-EPROTO, "the program is of an older version");
			fail_hint("load again");
		} else if (kern_now_ns() > conf->until_ns) {
			failx(-ETIME, "the probation is over");
			ret = fail_hint("load again");
		} else {
			conf->until_ns = 0;
			ret = kern_commit(pin_dir, &k->instance[k->pinned], conf, 0);
		}
		kern_close(k);
		free(conf);
	}
	if (lock >= 0)
		close(lock);
	return ret;
}

static int detach_all(struct kern *k, const char *pin_dir, unsigned long long until_ns)
{
	unsigned long long now = kern_now_ns();
	struct kern_slot slot;
	int i, ret, worst = 0, gone = 0;

	for (i = 0; i < k->n_ifs; i++) {
		if (!k->ifs[i].is_pinned)
			continue;
		/* Every frame has passed since the probation was over. */
		kern_note_detached(&k->instance[k->ifs[i].instance],
				   now < until_ns ? now : until_ns);
		ret = kern_slot(pin_dir, k->ifs[i].ifindex, &slot);
		if (!ret && slot.ours)
			ret = kern_detach(k->ifs[i].ifindex, &slot);
		gone++;
		/* Go on with the others: one of them may be the administrator's way back in. */
		if (ret)
			worst = fail(ret, "cannot detach from '%s'", k->ifs[i].name);
	}
	if (!gone)
		return -ENOENT;
	if (!worst) {
		kern_unpin_prog(pin_dir);
		kern_unpin_freed(pin_dir);
	}
	return worst;
}

int kern_end_probation(const char *pin_dir, unsigned long long until_ns)
{
	struct nolist_config *conf;
	struct kern *k;
	int lock, ret;

	lock = kern_lock(pin_dir, NULL);
	ret = open_pinned(pin_dir, &k, &conf);
	if (!ret) {
		ret = conf->until_ns == until_ns ? detach_all(k, pin_dir, until_ns) : -ENOENT;
		kern_close(k);
		free(conf);
	}
	if (lock >= 0)
		close(lock);
	return ret;
}
