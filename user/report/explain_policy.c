// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the policy service says of a source now: asked of what it decides from itself, and by its own
 * functions, so that no second opinion can differ.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "user/policy/service.h"
#include "user/report/explain.h"

static const char *snapshot_of(const struct conf *c)
{
	int i;

	for (i = 0; i < c->lists; i++)
		if (!strcmp(c->list[i].argv[0], "policy"))
			return c->list[i].argv[1];
	return NULL;
}

static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* What is missing the service does without, too, and so does this. */
static void open_service(struct policy_service *s, const char *snapshot, const char *state_dir,
			 const char *pin_dir)
{
	char path[4096];
	int fd = open_file(snapshot);

	if (fd >= 0) {
		service_take_snapshot(s, fd);
		close(fd);
	}
	snprintf(path, sizeof(path), "%s/" MEMORY_FILE, state_dir);
	fd = open_file(path);
	if (fd >= 0) {
		memory_map(&s->memory, fd, false);
		close(fd);
	}
	snprintf(path, sizeof(path), "%s/" NOLIST_MAP_STAMPS, pin_dir);
	fd = stamps_open_pin(path);
	if (fd >= 0) {
		service_take_stamps(s, fd);
		close(fd);
	}
}

static void close_service(struct policy_service *s)
{
	policy_snapshot_free(s->snapshot);
	memory_unmap(s->memory);
	stamps_unmap(s->stamps);
	throttle_free(s->throttle);
}

void explain_policy(struct explain *e, const char *pin_dir)
{
	const char *snapshot = snapshot_of(e->j->conf);
	struct explain_policy *p = &e->policy;
	struct policy_service s = {};

	if (!snapshot || e->j->is_replay)
		return;
	open_service(&s, snapshot, e->j->state_dir, pin_dir);
	if (s.snapshot) {
		p->is_there = true;
		p->mode = policy_snapshot_site(s.snapshot)->mode;
		service_look_up(&s, &e->addr, &p->f, e->j->now);
		p->step = policy_decide(&p->f, &policy_snapshot_site(s.snapshot)->rules, e->j->now);
	}
	close_service(&s);
}

struct explain_when explain_policy_when(const struct explain_policy *p)
{
	const struct policy_facts *f = &p->f;

	switch (p->step) {
	case POLICY_LISTED:
		return (struct explain_when){ "until", f->listed_until };
	case POLICY_VERIFIED:
		return (struct explain_when){ "at the real MX last",
					      f->alibi_last > f->data_last ? f->alibi_last : f->data_last };
	case POLICY_WALKED:
		return (struct explain_when){ "at the low fake last", f->low_last };
	case POLICY_GATED:
		return (struct explain_when){ "held by the gate last", f->gated_last };
	case POLICY_RETURNED:
	case POLICY_NEW:
		return (struct explain_when){ "deferred first", f->deferred_first };
	default:
		return (struct explain_when){};
	}
}
