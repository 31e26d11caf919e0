// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the packet path, and what they say of a second. No source is read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/report/status.h"
#include "user/top/private.h"

uint64_t top_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void add_interfaces(struct top_counts *c, const struct kern *k)
{
	const struct kern_if *f;
	int i, n = kern_ifs(k, &f);
	size_t used = 0;

	for (i = 0; i < n && used < sizeof(c->interfaces); i++)
		used += snprintf(c->interfaces + used, sizeof(c->interfaces) - used, "%s%s %s",
				 i ? ", " : "", f[i].name,
				 f[i].mode == KERN_GENERIC ? "generic" : "native");
}

/* One address may be in several instances. */
static void add_mx(struct top_counts *c, const struct nolist_slot *slot, uint64_t opens)
{
	int i;

	for (i = 0; i < c->mxs; i++)
		if (c->mx[i].role == NOLIST_ROLE(slot->role) && !addr_compare(&c->mx[i].addr, &slot->addr))
			break;
	if (i == TOP_MX)
		return;
	if (i == c->mxs)
		c->mx[c->mxs++] = (struct top_mx){ slot->addr, NOLIST_ROLE(slot->role), 0 };
	c->mx[i].opens += opens;
}

static int add_instance(struct top_counts *c, const struct kern *k, int instance,
			struct nolist_config *conf)
{
	struct kern_tables tables;
	struct nolist_stats stats;
	int i, n, error = kern_tables(k, instance, &tables);

	if (!error)
		error = kern_instance_stats(k, instance, &stats);
	if (error)
		return error;
	c->tables = (c->tables ^ tables.id ^ tables.generation) * 0x9e3779b97f4a7c15ull;
	if (kern_config(k, instance, conf))
		return 0;
	n = status_mx(conf);
	for (i = 0; i < n; i++)
		add_mx(c, &conf->slot[i], status_mx_count(&stats, &conf->slot[i]).opens);
	return 0;
}

static int read_all(struct top_counts *c, const struct kern *k)
{
	struct nolist_config *conf = malloc(sizeof(*conf));
	struct nolist_stats stats;
	int i, error = conf ? kern_stats(k, &stats) : -ENOMEM;

	for (i = 0; i < kern_instances(k) && !error; i++)
		error = add_instance(c, k, i, conf);
	free(conf);
	if (error)
		return error;
	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		c->frames += c->verdict[i] = stats.verdict[i];
	c->lost = stats.verified_lost;
	c->limited = status_limited(&stats);
	add_interfaces(c, k);
	return 0;
}

void top_count(struct top_counts *c, const char *pin_dir)
{
	struct kern *k = NULL;

	*c = (struct top_counts){ .at_ns = top_now_ns() };
	c->error = kern_open(&k, pin_dir);
	if (!c->error)
		c->error = read_all(c, k);
	kern_close(k);
}

int64_t top_rate(const struct top_counts *now, const struct top_counts *before, uint64_t a,
		 uint64_t b)
{
	uint64_t ns = now->at_ns - before->at_ns;

	if (now->error || before->error || !before->at_ns || now->at_ns <= before->at_ns ||
	    now->tables != before->tables || a < b)
		return -1;
	return (a - b) * 1e10 / ns + 0.5;
}
