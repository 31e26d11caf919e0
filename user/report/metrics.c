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
#include "user/report/metrics.h"
#include "user/report/status.h"
#include "user/store/store.h"

struct metrics {
	struct writer *o;
	bool is_open; /* OpenMetrics */
	const char *family;
	bool is_counter;
	const struct conf *conf;
	int64_t now;
	struct kern *k; /* NULL: nothing is attached or pinned */
	const char *pin_dir;
	struct nolist_stats stats;
	struct nolist_config config; /* scratch */
	struct store *store;         /* NULL: there is none */
};

/* --- the format --------------------------------------------------------------- */

/*
 * Both formats say "name_total" for a counter's samples; only the text format says so in its
 * head as well (OpenMetrics 1.0, section "Counter").
 */
static void head(struct metrics *m, const char *name, const char *type, const char *help)
{
	const char *total;

	m->family = name;
	m->is_counter = !strcmp(type, "counter");
	total = m->is_counter && !m->is_open ? "_total" : "";
	/* The text format has no type "info". */
	if (!m->is_open && !strcmp(type, "info")) {
		type = "gauge";
		total = "_info";
	}
	put_text(m->o, "# HELP nolist_");
	put_text(m->o, name);
	put_text(m->o, total);
	put_char(m->o, ' ');
	put_text(m->o, help);
	put_text(m->o, "\n# TYPE nolist_");
	put_text(m->o, name);
	put_text(m->o, total);
	put_char(m->o, ' ');
	put_text(m->o, type);
	put_char(m->o, '\n');
}

/* A label's value: what is no printable ASCII becomes '?'. */
static void value(struct writer *o, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			put_char(o, '\\');
		put_char(o, *text < ' ' || *text > '~' ? '?' : *text);
	}
}

/* One sample. Labels are pairs of name and value, up to the first name that is NULL. */
struct label {
	const char *name, *value;
};

static void sample(struct metrics *m, const char *suffix, const struct label *l, int64_t number)
{
	const char *sep = "{";

	put_text(m->o, "nolist_");
	put_text(m->o, m->family);
	put_text(m->o, m->is_counter ? "_total" : suffix);
	for (; l->name; l++) {
		put_text(m->o, sep);
		put_text(m->o, l->name);
		put_text(m->o, "=\"");
		value(m->o, l->value);
		put_char(m->o, '"');
		sep = ",";
	}
	put_text(m->o, *sep == ',' ? "} " : " ");
	put_number(m->o, number);
	put_char(m->o, '\n');
}

#define LABELS(...) ((const struct label[]){ __VA_ARGS__, {} })
#define NO_LABEL ((const struct label[]){ {} })

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

	head(m, "interface_attached", "gauge", "Whether the program is attached to the interface.");
	for (i = 0; i < n; i++)
		sample(m, "", LABELS({ "interface", f[i].name }, { "mode", mode_name(f[i].mode) }), 1);
	for (i = 0; i < m->conf->interfaces; i++)
		if (!attached(m, m->conf->interface[i]))
			sample(m, "", LABELS({ "interface", m->conf->interface[i] }, { "mode", "none" }),
			       0);
}

static void frames(struct metrics *m)
{
	char name[STATUS_VERDICT];
	int i;

	head(m, "frames", "counter", "Frames by verdict; the sum is all frames that were seen.");
	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		if (i < NOLIST_VERDICTS || m->stats.verdict[i])
			sample(m, "", LABELS({ "verdict", status_verdict_name(i, name) }),
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

	head(m, name, "counter", help);
	for (i = NOLIST_LOW; i <= NOLIST_HIGH; i++)
		sample(m, "", LABELS({ "role", conf_role_name(i) }), count[i]);
}

/* Of the pinned tables. */
static void block(struct metrics *m)
{
	struct nolist_block_head h;
	int mode;

	if (kern_block_head(&h, m->pin_dir))
		return;
	mode = kern_now_ns() > h.until_ns ? -1 : (int)h.mode;
	head(m, "enforced", "gauge", "1: listed sources are refused at the real MX.");
	sample(m, "", LABELS({}), mode == NOLIST_BLOCK_ENFORCED);
	head(m, "braked", "gauge", "1: the brake lets listed sources pass at the real MX.");
	sample(m, "", LABELS({}), mode == NOLIST_BLOCK_BRAKED);
	head(m, "enforced_prefixes", "gauge", "Prefixes of the lists that are in force at the real MX.");
	sample(m, "", LABELS({}), h.prefixes);
	head(m, "tarpit_sources", "gauge", "Sources that are held where \"tarpit\" says.");
	sample(m, "", LABELS({}), h.tarpits);
}

static void mx(struct metrics *m)
{
	struct by_role sum = {};
	int i;

	for (i = 0; i < kern_instances(m->k); i++)
		add_instance(m, i, &sum);
	roles(m, "segments", "TCP segments to MX addresses of this role.", sum.segments);
	roles(m, "opens", "SYNs to MX addresses of this role.", sum.opens);
	head(m, "elsewhere", "counter",
	     "Recipients that a high fake refused, since their domain is not ours.");
	sample(m, "", LABELS({}), m->stats.elsewhere);
	head(m, "gate_passed", "counter", "SYNs to the real MX that passed the gate, by reason.");
	for (i = 0; i < NOLIST_GATE_PASSES && status_gate[i]; i++)
		sample(m, "", LABELS({ "reason", status_gate[i] }), m->stats.gate[i]);
	head(m, "listed_passed", "counter", "SYNs of listed sources that passed to the real MX, by reason.");
	for (i = 0; i < NOLIST_LENIENCIES; i++)
		sample(m, "", LABELS({ "reason", status_lenient[i] }), m->stats.lenient[i]);
	block(m);
	if (!sum.has_domains)
		return;
	head(m, "domains", "gauge", "Domains that mail is for us in; without it all are.");
	sample(m, "", LABELS({}), sum.domains);
}

static void evidence(struct metrics *m)
{
	const struct nolist_stats *t = &m->stats;

	head(m, "sources_added", "counter", "Sources that were added to a table, by table.");
	sample(m, "", LABELS({ "table", "contacts" }), t->contacts_new);
	sample(m, "", LABELS({ "table", "verified" }), t->verified_new);
	head(m, "evidence_lost", "counter", "Evidence that found no space in its table, by table.");
	sample(m, "", LABELS({ "table", "contacts" }), t->contacts_lost);
	sample(m, "", LABELS({ "table", "verified" }), t->verified_lost);
	roles(m, "contacts_limited", "SYNs of sources that were too many to be noted: a flood.",
	      t->contacts_limited);
}

/* The labels change when the tables, and so all counters, begin anew. */
static void tables(struct metrics *m)
{
	struct kern_tables t;
	char id[2][24];
	int i;

	head(m, "tables", "info", "Tables that the counters are of.");
	for (i = 0; i < kern_instances(m->k); i++) {
		if (kern_tables(m->k, i, &t))
			continue;
		snprintf(id[0], sizeof(id[0]), "%u", t.id);
		snprintf(id[1], sizeof(id[1]), "%016llx", t.generation);
		sample(m, "_info", LABELS({ "id", id[0] }, { "generation", id[1] }), 1);
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

	head(m, "collect_timestamp_seconds", "gauge", "When evidence was last stored.");
	if (collected)
		sample(m, "", NO_LABEL, collected);
	head(m, "real_mx_timestamp_seconds", "gauge",
	     "When a source was last seen at the real MX, as of the last collect.");
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++)
			if (newest(m, i, k))
				sample(m, "", LABELS({ "family", family[i] },
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

	head(m, "counted_day", "gauge", "What was counted within a day, by kind.");
	for (i = 0; i <= COUNT_REFUSED && !error; i++)
		sample(m, "", LABELS({ "kind", store_count_names[i] }), sum[i]);
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
		sample(w->m, "", LABELS({ w->label, name + size }), count);
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

		head(m, text[i][0], "gauge", text[i][3]);
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
		sample(m, "", LABELS({ "list", path }), l->entries);
		break;
	case LIST_ADDED:
		sample(m, "", LABELS({ "list", path }), l->grown);
		break;
	case LIST_TIME:
		sample(m, "", LABELS({ "list", path }), l->time);
		break;
	case LIST_EXPIRES:
		sample(m, "", LABELS({ "list", path }), l->time + m->conf->rules.list_life_s);
		break;
	default:
		for (i = 0; i < HOLDS; i++)
			sample(m, "", LABELS({ "list", path }, { "hold", hold_names[i] }), l->held[i]);
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
		head(m, text[w.metric][0], "gauge", text[w.metric][1]);
		error = store_each_list(m->store, m->now, on_list, &w);
	}
	return error;
}

/* ------------------------------------------------------------------------------ */

static void build(struct metrics *m)
{
	char abi[12];

	snprintf(abi, sizeof(abi), "%u", NOLIST_ABI_VERSION);
	head(m, "build", "info", "Version of the tool.");
	sample(m, "_info", LABELS({ "version", nolist_version }, { "abi", abi }), 1);
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
