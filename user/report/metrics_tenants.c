// SPDX-License-Identifier: GPL-2.0-only
/*
 * The metrics of each tenant, of all instances together: there are 255 at most, and their names are those
 * of the configuration.
 */
#include <stdio.h>

#include "user/config/keys_tenant.h"
#include "user/report/metrics_private.h"
#include "user/report/status.h"

enum tenant_metric { TENANT_OPENS, TENANT_TEMPFAILED, TENANT_QUIT, TENANT_ELSEWHERE, TENANT_METRICS };

struct by_tenant {
	bool is_there;
	__u64 n[TENANT_METRICS];
};

static void add_tenants(struct metrics *m, int instance, struct by_tenant *sum)
{
	struct status_tenant t;
	struct nolist_stats stats;
	unsigned int i;
	int n;

	if (kern_config(m->k, instance, &m->config) || kern_instance_stats(m->k, instance, &stats))
		return;
	n = status_mx(&m->config);
	for (i = 1; i <= NOLIST_TENANTS_MAX; i++) {
		if (!status_tenant(m->k, instance, &m->config, n, &stats, i, &t))
			continue;
		sum[i].is_there = true;
		sum[i].n[TENANT_OPENS] += t.sum.opens;
		sum[i].n[TENANT_TEMPFAILED] += t.came.tempfailed;
		sum[i].n[TENANT_QUIT] += t.came.quit;
		sum[i].n[TENANT_ELSEWHERE] += t.came.elsewhere;
	}
}

static void tenant_sample(struct metrics *m, unsigned int number, __u64 count)
{
	const char *name = conf_tenant_name(m->conf, number);
	char text[12];

	snprintf(text, sizeof(text), "%u", number);
	metrics_sample(m, "", LABELS({ "tenant", text }, { "name", name ? name : "" }), count);
}

void metrics_tenants(struct metrics *m)
{
	static const char *const text[TENANT_METRICS][2] = {
		[TENANT_OPENS] = { "tenant_opens", "SYNs to high fakes of this tenant." },
		[TENANT_TEMPFAILED] = { "tenant_tempfailed", "Tempfails at them." },
		[TENANT_QUIT] = { "tenant_quit", "QUITs after these." },
		[TENANT_ELSEWHERE] = { "tenant_elsewhere", "Recipients refused there, since their domain is not the tenant's." },
	};
	struct by_tenant sum[NOLIST_TENANTS_MAX + 1] = {};
	bool is_any = false;
	int i, k;

	for (i = 0; i < kern_instances(m->k); i++)
		add_tenants(m, i, sum);
	for (i = 1; i <= NOLIST_TENANTS_MAX; i++)
		is_any |= sum[i].is_there;
	for (k = 0; k < TENANT_METRICS && is_any; k++) {
		metrics_head(m, text[k][0], "counter", text[k][1]);
		for (i = 1; i <= NOLIST_TENANTS_MAX; i++)
			if (sum[i].is_there)
				tenant_sample(m, i, sum[i].n[k]);
	}
}
