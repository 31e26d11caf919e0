// SPDX-License-Identifier: GPL-2.0-only
/*
 * The metrics: each family is one function, named after it. To add a family: write such a
 * function, call it in metrics_write(), and add its row in nolist-xdp(8). Rules that hold
 * for all of them: base units, counters only grow, a family stays when it is zero, and a
 * label's values are bounded by the configuration or by this program.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bpf/block.h"
#include "user/base/failure.h"
#include "user/base/version.h"
#include "user/judge/hold.h"
#include "user/kernel/kern.h"
#include "user/report/metrics_private.h"
#include "user/report/status.h"
#include "user/store/store.h"

/* --- the packet path ---------------------------------------------------------- */

static const char *mode_name(enum kern_mode mode)
{
	return mode == KERN_GENERIC ? "generic" : "native";
}

static const struct kern_if *attached(const struct metrics *m, const char *name)
{
	const struct kern_if *f;
	int i, n = m->k ? kern_ifs(m->k, &f) : 0;

	for (i = 0; i < n; i++)
		if (!strcmp(f[i].name, name))
			return &f[i];
	return NULL;
}

/* 0 for an interface that the configuration names and that lacks the program. */
static void interface_attached(struct metrics *m)
{
	const struct kern_if *f;
	int i, n = m->k ? kern_ifs(m->k, &f) : 0;

	metrics_head(m, "interface_attached", "gauge", "Whether the program is attached to the interface.");
	for (i = 0; i < n; i++)
		metrics_sample(m, "", LABELS({ "interface", f[i].name }, { "mode", mode_name(f[i].mode) }), 1);
	for (i = 0; i < m->conf->interfaces; i++)
		if (!attached(m, m->conf->interface[i]))
			metrics_sample(m, "", LABELS({ "interface", m->conf->interface[i] }, { "mode", "none" }),
			       0);
}

static void frames(struct metrics *m)
{
	char name[STATUS_VERDICT];
	int i;

	metrics_head(m, "frames", "counter", "Frames by verdict; the sum is all frames that were seen.");
	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		if (i < NOLIST_VERDICTS || m->stats.verdict[i])
			metrics_sample(m, "", LABELS({ "verdict", status_verdict_name(i, name) }),
			       m->stats.verdict[i]);
}

struct by_role {
	__u64 segments[NOLIST_ROLES], opens[NOLIST_ROLES];
	bool has_domains;
	__u64 domains;
};

static void add_instance(struct metrics *m, int instance, struct by_role *sum)
{
	struct nolist_stats stats;
	int i, n;

	if (kern_config(m->k, instance, &m->config) ||
	    kern_instance_stats(m->k, instance, &stats))
		return;
	sum->has_domains |= !!m->config.domains;
	sum->domains += m->config.domains ? m->config.domain_count : 0;
	n = status_mx(&m->config);
	for (i = 0; i < n; i++) {
		const struct nolist_slot *slot = &m->config.slot[i];
		struct nolist_mxstats count = status_mx_count(&stats, slot);

		if (NOLIST_ROLE(slot->role) >= NOLIST_ROLES)
			continue;
		sum->segments[NOLIST_ROLE(slot->role)] += count.segments;
		sum->opens[NOLIST_ROLE(slot->role)] += count.opens;
	}
}

static void roles(struct metrics *m, const char *name, const char *help, const __u64 *count)
{
	int i;

	metrics_head(m, name, "counter", help);
	for (i = NOLIST_LOW; i <= NOLIST_HIGH; i++)
		metrics_sample(m, "", LABELS({ "role", conf_role_name(i) }), count[i]);
}

/* Of the pinned tables. */
static void block(struct metrics *m)
{
	struct nolist_block_head h;
	int mode;

	if (kern_block_head(&h, m->pin_dir))
		return;
	mode = kern_now_ns() > h.until_ns ? -1 : (int)h.mode;
	metrics_head(m, "enforced", "gauge", "1: listed sources are refused at the real MX.");
	metrics_sample(m, "", LABELS({}), mode == NOLIST_BLOCK_ENFORCED);
	metrics_head(m, "braked", "gauge", "1: the brake lets listed sources pass at the real MX.");
	metrics_sample(m, "", LABELS({}), mode == NOLIST_BLOCK_BRAKED);
	metrics_head(m, "enforced_prefixes", "gauge", "Prefixes of the lists that are in force at the real MX.");
	metrics_sample(m, "", LABELS({}), h.prefixes);
	metrics_head(m, "tarpit_sources", "gauge", "Sources that are held where \"tarpit\" says.");
	metrics_sample(m, "", LABELS({}), h.tarpits);
}

static void mx(struct metrics *m)
{
	struct by_role sum = {};
	int i;

	for (i = 0; i < kern_instances(m->k); i++)
		add_instance(m, i, &sum);
	roles(m, "segments", "TCP segments to MX addresses of this role.", sum.segments);
	roles(m, "opens", "SYNs to MX addresses of this role.", sum.opens);
	metrics_head(m, "elsewhere", "counter",
	     "Recipients that a high fake refused, since their domain is not ours.");
	metrics_sample(m, "", LABELS({}), m->stats.elsewhere);
	metrics_head(m, "gate_passed", "counter", "SYNs to the real MX that passed the gate, by reason.");
	for (i = 0; i < NOLIST_GATE_PASSES && status_gate[i]; i++)
		metrics_sample(m, "", LABELS({ "reason", status_gate[i] }), m->stats.gate[i]);
	metrics_head(m, "listed_passed", "counter", "SYNs of listed sources that passed to the real MX, by reason.");
	for (i = 0; i < NOLIST_LENIENCIES; i++)
		metrics_sample(m, "", LABELS({ "reason", status_lenient[i] }), m->stats.lenient[i]);
	block(m);
	if (!sum.has_domains)
		return;
	metrics_head(m, "domains", "gauge", "Domains that mail is for us in; without it all are.");
	metrics_sample(m, "", LABELS({}), sum.domains);
}

static void evidence(struct metrics *m)
{
	const struct nolist_stats *t = &m->stats;

	metrics_head(m, "sources_added", "counter", "Sources that were added to a table, by table.");
	metrics_sample(m, "", LABELS({ "table", "contacts" }), t->contacts_new);
	metrics_sample(m, "", LABELS({ "table", "verified" }), t->verified_new);
	metrics_head(m, "evidence_lost", "counter", "Evidence that found no space in its table, by table.");
	metrics_sample(m, "", LABELS({ "table", "contacts" }), t->contacts_lost);
	metrics_sample(m, "", LABELS({ "table", "verified" }), t->verified_lost);
	roles(m, "contacts_limited", "SYNs of sources that were too many to be noted: a flood.",
	      t->contacts_limited);
}

/* The labels change when the tables, and so all counters, begin anew. */
static void tables(struct metrics *m)
{
	struct kern_tables t;
	char id[2][24];
	int i;

	metrics_head(m, "tables", "info", "Tables that the counters are of.");
	for (i = 0; i < kern_instances(m->k); i++) {
		if (kern_tables(m->k, i, &t))
			continue;
		snprintf(id[0], sizeof(id[0]), "%u", t.id);
		snprintf(id[1], sizeof(id[1]), "%016llx", t.generation);
		metrics_sample(m, "_info", LABELS({ "id", id[0] }, { "generation", id[1] }), 1);
	}
}

/* --- the store ---------------------------------------------------------------- */

static int64_t newest(const struct metrics *m, int family, bool is_data)
{
	const struct store_epoch *e;
	size_t i, n = store_epochs(m->store, &e);
	int64_t last = 0;

	for (i = 0; i < n; i++) {
		uint32_t at = is_data ? e[i].data_s[family] : e[i].real_s[family];
		int64_t utc = at ? e[i].epoch.wall_s + at - 1 : 0;

		if (utc > last)
			last = utc;
	}
	return last;
}

/* Times that are not known are left out: 0 would be 1970. */
static void site(struct metrics *m)
{
	static const char *const family[] = { "ipv4", "ipv6" };
	int64_t collected = store_collected(m->store);
	int i, k;

	metrics_head(m, "collect_timestamp_seconds", "gauge", "When evidence was last stored.");
	if (collected)
		metrics_sample(m, "", NO_LABEL, collected);
	metrics_head(m, "real_mx_timestamp_seconds", "gauge",
	     "When a source was last seen at the real MX, as of the last collect.");
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++)
			if (newest(m, i, k))
				metrics_sample(m, "", LABELS({ "family", family[i] },
						     { "grade", k ? "verified" : "contact" }),
				       newest(m, i, k));
}

static int on_count(enum store_count kind, int64_t hour, uint64_t count, void *arg)
{
	uint64_t *sum = arg;

	(void)hour;
	sum[kind] += count;
	return 0;
}

/* No counter: an hour that is too old goes. Those of a week ago and of lists are elsewhere. */
static int history(struct metrics *m)
{
	int64_t hour = m->now / HOUR_S;
	uint64_t sum[STORE_COUNTS] = {};
	int i, error = store_each_count(m->store, hour - 23, hour, on_count, sum);

	metrics_head(m, "counted_day", "gauge", "What was counted within a day, by kind.");
	for (i = 0; i <= COUNT_REFUSED && !error; i++)
		metrics_sample(m, "", LABELS({ "kind", store_count_names[i] }), sum[i]);
	return error;
}

struct level_walk {
	struct metrics *m;
	const char *prefix, *label;
};

static int on_level(const char *name, uint64_t count, void *arg)
{
	const struct level_walk *w = arg;
	size_t size = strlen(w->prefix);

	if (!strncmp(name, w->prefix, size))
		metrics_sample(w->m, "", LABELS({ w->label, name + size }), count);
	return 0;
}

static int levels(struct metrics *m)
{
	static const char *const text[][4] = {
		{ "sources", "judged.", "state", "Sources by what the last dump judged them to be." },
		{ "table_entries", "entries.", "table", "Sources in a table, as of the last collect." },
		{ "table_capacity", "capacity.", "table", "Sources that fit into a table." },
	};
	int i, error = 0;

	for (i = 0; i < 3 && !error; i++) {
		struct level_walk w = { m, text[i][1], text[i][2] };

		metrics_head(m, text[i][0], "gauge", text[i][3]);
		error = store_each_level(m->store, on_level, &w);
	}
	return error;
}

enum list_metric { LIST_ENTRIES, LIST_ADDED, LIST_TIME, LIST_EXPIRES, LIST_HELD, LIST_METRICS };

struct list_walk {
	struct metrics *m;
	enum list_metric metric;
};

static int on_list(const char *path, const struct store_list *l, void *arg)
{
	const struct list_walk *w = arg;
	struct metrics *m = w->m;
	int i;

	switch (w->metric) {
	case LIST_ENTRIES:
		metrics_sample(m, "", LABELS({ "list", path }), l->entries);
		break;
	case LIST_ADDED:
		metrics_sample(m, "", LABELS({ "list", path }), l->grown);
		break;
	case LIST_TIME:
		metrics_sample(m, "", LABELS({ "list", path }), l->time);
		break;
	case LIST_EXPIRES:
		metrics_sample(m, "", LABELS({ "list", path }), l->time + m->conf->rules.list_life_s);
		break;
	default:
		for (i = 0; i < HOLDS; i++)
			metrics_sample(m, "", LABELS({ "list", path }, { "hold", hold_names[i] }), l->held[i]);
	}
	return 0;
}

static int lists(struct metrics *m)
{
	static const char *const text[LIST_METRICS][2] = {
		[LIST_ENTRIES] = { "list_entries", "Sources on the list." },
		[LIST_ADDED] = { "list_added_day", "Sources that were added to the list within a day." },
		[LIST_TIME] = { "list_made_timestamp_seconds", "When the list was made." },
		[LIST_EXPIRES] = { "list_expires_timestamp_seconds", "Until when the list may be used." },
		[LIST_HELD] = { "list_held", "Sources that a hold keeps off the list." },
	};
	struct list_walk w = { .m = m };
	int error = 0;

	for (; w.metric < LIST_METRICS && !error; w.metric++) {
		metrics_head(m, text[w.metric][0], "gauge", text[w.metric][1]);
		error = store_each_list(m->store, m->now, on_list, &w);
	}
	return error;
}

/* ------------------------------------------------------------------------------ */

static void build(struct metrics *m)
{
	char abi[12];

	snprintf(abi, sizeof(abi), "%u", NOLIST_ABI_VERSION);
	metrics_head(m, "build", "info", "Version of the tool.");
	metrics_sample(m, "_info", LABELS({ "version", nolist_version }, { "abi", abi }), 1);
}

static int write_all(struct metrics *m)
{
	int error = 0;

	build(m);
	interface_attached(m);
	if (m->k) {
		tables(m);
		frames(m);
		mx(m);
		metrics_tenants(m);
		evidence(m);
	}
	if (m->store) {
		site(m);
		error = history(m);
		if (!error)
			error = levels(m);
		if (!error)
			error = lists(m);
	}
	if (m->is_open)
		put_text(m->o, "# EOF\n");
	return error;
}

int metrics_write(struct writer *o, enum metrics_format format, const struct conf *conf,
		  const char *pin_dir, const char *state_dir)
{
	struct metrics m = { .o = o, .is_open = format == METRICS_OPENMETRICS, .conf = conf,
			     .now = time(NULL), .pin_dir = pin_dir };
	int error = kern_open(&m.k, pin_dir);

	if (error == -ENOENT)
		error = 0;
	else if (!error)
		error = kern_stats(m.k, &m.stats);
	if (!error)
		error = store_open(&m.store, state_dir, STORE_READ);
	if (error == -ENOENT)
		error = 0;
	if (!error)
		error = write_all(&m);
	store_close(m.store);
	kern_close(m.k);
	return error ? error : writer_flush(o);
}
