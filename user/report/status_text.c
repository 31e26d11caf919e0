// SPDX-License-Identifier: GPL-2.0-only
/*
 * status as text, for people: it may change.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "user/config/conf.h"
#include "user/config/key_file.h"
#include "user/judge/hold.h"
#include "user/base/text.h"
#include "user/base/version.h"
#include "user/report/status.h"

static const char *when(const struct status *s, unsigned long long ns, char text[TEXT_TIME])
{
	return ns ? text_time(status_wall_s(s, ns), text) : "never";
}

static const char *tables_name(const struct kern_if *f, char text[16])
{
	if (f->is_pinned)
		return "pinned";
	snprintf(text, 16, "own (%d)", f->instance);
	return text;
}

static void text_interfaces(const struct status *s)
{
	char text[16];
	int i;

	if (!s->n_ifs) {
		printf("attached to no interface; the evidence is still pinned\n");
		return;
	}
	printf("%-15s  %-7s  %-8s  %-8s  %7s  %s\n", "interface", "mode", "attached", "tables",
	       "program", "tag");
	for (i = 0; i < s->n_ifs; i++) {
		text_name(s->ifs[i].name, 15);
		printf("  %-7s  %-8s  %-8s  %7u  %s\n",
		       s->ifs[i].mode == KERN_GENERIC ? "generic" : "native",
		       s->ifs[i].is_shared ? "shared" : "alone",
		       tables_name(&s->ifs[i], text), s->ifs[i].prog_id, s->ifs[i].tag);
	}
}

/* Optional features that are missing; without a required one there is no program to show. */
static void text_kernel(const struct status *s)
{
	int i;

	for (i = 0; i < s->n_missing; i++)
		printf("this kernel lacks: %s%s%s\n", s->missing[i].name,
		       s->missing[i].lost ? "; " : "",
		       s->missing[i].lost ? s->missing[i].lost : "");
	if (s->n_missing > 0)
		printf("\n");
}

static void text_probation(const struct nolist_config *conf)
{
	unsigned long long now = kern_now_ns();
	char left[DURATION_TEXT];

	if (conf->until_ns && now > conf->until_ns)
		printf("on probation: the time is up, and every frame passes\n");
	else if (conf->until_ns)
		printf("on probation: detaches in %s, unless you run \"nolist-xdp load "
		       "--confirm\"\n",
		       duration_text((conf->until_ns - now) / 1000000000 + 1, left));
}

/* When the program was detached, as far as that is noted: offences near it do not count. */
static void text_detached(const struct status *s, int instance)
{
	struct nolist_detached d[NOLIST_DETACHED + 1];
	char from[32], to[32];
	int i, n = status_detached(s, instance, d);

	for (i = 0; i < n; i++)
		printf("was detached, or suspended, from %s %s%s: no offence near that counts\n",
		       d[i].from_ns ? when(s, d[i].from_ns, from) : "the last collect",
		       d[i].to_ns ? "to " : "on", d[i].to_ns ? when(s, d[i].to_ns, to) : "");
}

static const char *comma(bool *is_next)
{
	const char *text = *is_next ? ", " : "";

	*is_next = true;
	return text;
}

/* What tcpdump does not see there. */
static void text_silence(const struct status *s, int instance)
{
	bool is_next = false;
	int i;

	for (i = 0; i < s->n_ifs; i++) {
		if (s->ifs[i].instance != instance || !status_is_silent(s->conf, s->ifs[i].ifindex))
			continue;
		printf(is_next ? "" : "what a closed port is silent to is dropped (xdpdump shows it, "
				      "tcpdump does not) at ");
		printf("%s", comma(&is_next));
		text_name(s->ifs[i].name, 0);
	}
	printf(is_next ? "\n" : "");
}

static void text_limits(const __u16 most[NOLIST_LIMITS])
{
	printf("answers to one network in a second and CPU: ");
	if (most[NOLIST_LIMIT_SYN_ACK])
		printf("%u SYN,ACKs", most[NOLIST_LIMIT_SYN_ACK]);
	else
		printf("any number of SYN,ACKs");
	if (most[NOLIST_LIMIT_RESET])
		printf(", %u resets\n", most[NOLIST_LIMIT_RESET]);
	else
		printf(", any number of resets\n");
}

/* What passed it, and where it is open for all. */
static void text_gate(const struct status *s, int instance, const struct nolist_stats *stats)
{
	const struct nolist_gate *g = &s->conf->gate;
	struct nolist_meta meta = {};
	char text[TEXT_TIME];
	int i;

	if (!(s->conf->defends & NOLIST_DEFEND_GATE))
		return;
	kern_meta(s->k, instance, &meta);
	printf("gate: a stranger's first try waits %u s, by %s%s%s; dropped: %llu; passed:", g->seconds,
	       status_gate_by(g), g->flags & NOLIST_GATE_IP4 ? "" : ", open over IPv4",
	       g->flags & NOLIST_GATE_IP6 ? "" : ", open over IPv6",
	       (unsigned long long)stats->verdict[NOLIST_REAL_GATED]);
	for (i = 0; i < NOLIST_GATE_PASSES && status_gate[i]; i++)
		printf(" %s %llu", status_gate[i], (unsigned long long)stats->gate[i]);
	printf("\n");
	if (meta.learning_ns && kern_now_ns() - meta.change[0].at_ns < meta.learning_ns)
		printf("gate: open until %s, while it learns which senders come\n",
		       when(s, meta.change[0].at_ns + meta.learning_ns, text));
}

/* Connections that are held now nobody knows: there is no state. */
static void text_tarpit(const struct status *s, const struct status_block *b,
			const struct nolist_stats *stats)
{
	bool is_high = s->conf->defends & NOLIST_DEFEND_HIGH;

	if (!b->tarpits && !is_high && !b->is_held)
		return;
	printf("tarpit: %u sources, at %s; connections: %llu held, %llu of them to the end; answers to "
	       "probes: %llu\n", b->tarpits,
	       is_high ? b->is_held ? "the real MX and the high fakes" : "the high fakes" : "the real MX",
	       (unsigned long long)stats->verdict[NOLIST_TARPIT_BANNER],
	       (unsigned long long)stats->verdict[NOLIST_TARPIT_END],
	       (unsigned long long)stats->verdict[NOLIST_TARPIT_LINE]);
}

static void text_block(const struct status *s, int instance, const struct nolist_stats *stats)
{
	char until[TEXT_TIME];
	struct status_block b;
	int i;

	if (!status_block(s, instance, &b))
		return;
	if (!b.until_ns) {
		printf("listed sources at the real MX: no table yet: \"nolist-xdp dump --all\" makes it\n");
		return;
	}
	printf("listed sources at the real MX: %s, %u prefixes, until %s; of %u verified senders of the "
	       "day before %u would be refused; passed:", b.mode, b.prefixes, when(s, b.until_ns, until),
	       b.senders, b.refused);
	for (i = 0; i < NOLIST_LENIENCIES; i++)
		printf(" %s %llu", status_lenient[i], (unsigned long long)stats->lenient[i]);
	printf("\n");
	text_tarpit(s, &b, stats);
}

static void text_domains(const struct nolist_config *conf, const struct nolist_stats *stats)
{
	if (!conf->domains) {
		printf("domains: all count as yours, since 'domains' is not set\n");
		return;
	}
	printf("domains: %u; recipients of other domains that the high fakes refused: %llu\n",
	       conf->domain_count, (unsigned long long)stats->elsewhere);
}

/* Compared by eye with that of the other hosts. */
static void text_key(const struct status *s, int instance)
{
	char mark[KEY_MARK];
	struct nolist_key key;

	if (!kern_shared_key(s->k, instance, &key))
		printf("sequence numbers: by a key with the mark %s, which other hosts have too\n",
		       key_mark(&key, mark));
}

static void text_instance(struct status *s, int instance)
{
	struct nolist_stats stats;
	char text[ADDR_TEXT];
	unsigned int port;
	int i, n;

	printf("\n");
	if (kern_instances(s->k) > 1)
		printf("tables %d:\n", instance);
	if (kern_is_replaced(s->k, instance)) {
		printf("of an older version, which load replaced: \"nolist-xdp collect\" stores them\n");
		return;
	}
	if (kern_config(s->k, instance, s->conf)) {
		printf("not configured: every frame passes\n");
		return;
	}
	text_probation(s->conf);
	text_detached(s, instance);
	n = status_mx(s->conf);
	/* If they cannot be read, they are zero. */
	kern_instance_stats(s->k, instance, &stats);
	printf("%-39s  %-4s  %12s  %12s\n", "MX address", "role", "segments", "opens");
	for (i = 0; i < n; i++) {
		const struct nolist_slot *slot = &s->conf->slot[i];
		struct nolist_mxstats sum = status_mx_count(&stats, slot);

		printf("%-39s  %-4s  %12llu  %12llu\n", addr_text(&slot->addr, text),
		       conf_role_name(NOLIST_ROLE(slot->role)), (unsigned long long)sum.segments,
		       (unsigned long long)sum.opens);
	}
	printf("ports of the fakes:");
	for (port = 0; port < s->conf->ports && port < NOLIST_PORT_MAX; port++)
		printf(" %u", ntohs(s->conf->port[port]));
	printf("\n");
	text_limits(s->conf->answers);
	text_silence(s, instance);
	text_block(s, instance, &stats);
	if (s->conf->defends & NOLIST_DEFEND_LOW)
		printf("low fake: the networks of low-pass reach a mail server at its address\n");
	text_gate(s, instance, &stats);
	text_domains(s->conf, &stats);
	status_tenants_text(s, instance, n, &stats);
	/* Of the dialogue only the banner shows the name and the stage. */
	printf("high fakes say: %.*s%s\n", status_banner_len(s->conf), status_banner(s->conf)->text,
	       s->conf->smtp.is_split ? " (split handshake)" : "");
	text_key(s, instance);
}

static void text_verdicts(const struct status *s)
{
	char name[STATUS_VERDICT];
	int i;

	printf("\n%-18s  %14s\n", "verdict", "frames");
	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		if (s->stats.verdict[i])
			printf("%-18s  %14llu  %s\n", status_verdict_name(i, name),
			       (unsigned long long)s->stats.verdict[i],
			       i < NOLIST_VERDICTS ? status_verdicts[i].help : "known to a newer tool");
	printf("%-18s  %14llu\n", "all", status_frames(s));
}

static void text_bad_acks(const struct status *s)
{
	const struct nolist_bad_acks *b = s->stats.bad_acks;
	char text[TEXT_TIME];
	int i;

	for (i = 0; i < NOLIST_HOURS; i++)
		if (b[i].hour)
			printf("%u acknowledgements that were not ours in the hour from %s\n",
			       b[i].count, when(s, status_hour_ns(b[i].hour), text));
}

static void text_evidence(const struct status *s)
{
	const struct nolist_stats *t = &s->stats;
	char text[TEXT_TIME];

	printf("\n%-18s  %14s  %10s  %10s  %10s  %10s\n", "sources with", "now", "capacity",
	       "evicted", "lost", "limited");
	printf("%-18s  %14u  %10u  %10llu  %10llu  %10llu\n", "contacts", s->fill.contacts,
	       s->fill.contacts_max, status_evicted(t->contacts_new, s->fill.contacts),
	       (unsigned long long)t->contacts_lost, status_limited(t));
	printf("%-18s  %14u  %10u  %10llu  %10llu  %10s\n", "verified evidence", s->fill.verified,
	       s->fill.verified_max,
	       s->fill.is_lru ? status_evicted(t->verified_new, s->fill.verified) : 0,
	       (unsigned long long)t->verified_lost, "-");
	if (t->verified_lost)
		printf("verified evidence was last lost at %s: nothing near it counts against a "
		       "source\n",
		       when(s, t->verified_lost_ns, text));
	if (s->flooded_at)
		printf("SYNs were too many to note all of them at %s, a flood: for a source that is "
		       "new then, what it does counts for no list (hold 'flood')\n",
		       text_time(s->flooded_at, text));
	text_bad_acks(s);
	printf("\nreal MX last contacted: %s", when(s, s->contacted_ns, text));
	printf("; with data: %s\n", when(s, s->verified_ns, text));
}

static void text_held(const struct store_list *l, bool is_configured)
{
	const char *comma = "";
	int i;

	for (i = 0; i < HOLDS; i++)
		if (l->held[i]) {
			printf("%s%s %llu", comma, hold_names[i], (unsigned long long)l->held[i]);
			comma = ", ";
		}
	printf("%s%s\n", *comma ? "" : "-", is_configured ? "" : " (not configured)");
}

static void text_lists(const struct status *s)
{
	char age[TEXT_AGE];
	size_t i;

	if (!s->lists)
		return;
	printf("\n%-39s  %10s  %10s  %7s  %s\n", "list", "entries", "added/day", "age",
	       "held back");
	for (i = 0; i < s->lists; i++) {
		const struct store_list *l = &s->list[i].is;

		text_name(s->list[i].path, 39);
		printf("  %10llu  %10llu  %7s  ", (unsigned long long)l->entries,
		       (unsigned long long)l->grown, s->list[i].is_missing ? "no file" : text_age(s->now - l->time, age));
		text_held(l, s->list[i].is_configured);
	}
}

static void text_log(const struct status *s)
{
	const struct followed *log = &s->log;
	char text[TEXT_TIME], age[TEXT_AGE];

	if (!s->rules->maillog)
		return;
	printf("mail log ");
	text_name(s->rules->maillog, 0);
	if (!log->looked) {
		printf(": not read yet\n");
		return;
	}
	printf(": read %s ago", text_age(s->now - log->looked, age));
	printf(", up to %s", log->newest ? text_time(log->newest, text) : "no line that counts");
	if (log->left)
		printf(", %llu bytes to go", (unsigned long long)log->left);
	printf("\n");
}

void status_text(struct status *s)
{
	char age[TEXT_AGE], learning[LEARNING_TEXT];
	int i;

	printf("nolist-xdp %s, ABI %u, pins in ", nolist_version, NOLIST_ABI_VERSION);
	text_name(s->pin_dir, 0);
	printf("\n\n");
	text_kernel(s);
	text_interfaces(s);
	for (i = 0; i < kern_instances(s->k); i++)
		text_instance(s, i);
	text_verdicts(s);
	text_evidence(s);
	printf("last collect: %s%s\n",
	       s->collected_at ? text_age(s->now - s->collected_at, age) : "never",
	       s->collected_at ? " ago" : "");
	text_log(s);
	if (s->learning_until)
		printf("%s\n", learning_text(s->learning_until, &s->rules->rules, learning));
	text_lists(s);
}
