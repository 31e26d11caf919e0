// SPDX-License-Identifier: GPL-2.0-only
/*
 * What status shows of each tenant, as text and as JSON.
 */
#include <stdio.h>

#include "user/base/json.h"
#include "user/config/keys_tenant.h"
#include "user/report/status.h"

bool status_tenant(struct kern *k, int instance, const struct nolist_config *conf, int n,
		   const struct nolist_stats *stats, unsigned int number, struct status_tenant *t)
{
	int i;

	*t = (struct status_tenant){};
	for (i = 0; i < n; i++) {
		const struct nolist_slot *slot = &conf->slot[i];
		struct nolist_mxstats one = status_mx_count(stats, slot);

		if (NOLIST_TENANT(slot->role) != number)
			continue;
		t->addresses++;
		t->sum.segments += one.segments;
		t->sum.opens += one.opens;
	}
	/* If they cannot be read, they are zero. */
	if (t->addresses)
		kern_tenanted(k, instance, number, &t->came);
	return t->addresses;
}

/* "" where the configuration file has another number of them. */
static const char *name_of(const struct status *s, unsigned int number)
{
	const char *name = s->rules ? conf_tenant_name(s->rules, number) : NULL;

	return name ? name : "";
}

static bool gather(const struct status *s, int instance, int n, const struct nolist_stats *stats,
		   unsigned int number, struct status_tenant *t)
{
	return status_tenant(s->k, instance, s->conf, n, stats, number, t);
}

void status_tenants_text(const struct status *s, int instance, int n, const struct nolist_stats *stats)
{
	unsigned int number;
	struct status_tenant t;

	for (number = 1; number <= NOLIST_TENANTS_MAX; number++)
		if (gather(s, instance, n, stats, number, &t))
			printf("tenant %u %s: %u high fake%s, %llu opens; tempfailed %llu, QUIT %llu, "
			       "recipients of other domains %llu\n",
			       number, name_of(s, number), t.addresses, t.addresses == 1 ? "" : "s",
			       (unsigned long long)t.sum.opens, (unsigned long long)t.came.tempfailed,
			       (unsigned long long)t.came.quit, (unsigned long long)t.came.elsewhere);
}

void status_tenants_json(struct writer *o, const struct status *s, int instance, int n,
			 const struct nolist_stats *stats)
{
	unsigned int number;
	struct status_tenant t;

	json_open(o, "tenants", '[');
	for (number = 1; number <= NOLIST_TENANTS_MAX; number++) {
		if (!gather(s, instance, n, stats, number, &t))
			continue;
		json_open(o, NULL, '{');
		json_number(o, "number", number);
		json_text_or_none(o, "name", name_of(s, number));
		json_number(o, "addresses", t.addresses);
		json_number(o, "segments", t.sum.segments);
		json_number(o, "opens", t.sum.opens);
		json_number(o, "tempfailed", t.came.tempfailed);
		json_number(o, "quit", t.came.quit);
		json_number(o, "elsewhere", t.came.elsewhere);
		json_close(o, '}');
	}
	json_close(o, ']');
}
