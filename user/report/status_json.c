// SPDX-License-Identifier: GPL-2.0-only
/*
 * status for scripts: JSON_SCHEMA counts its changes.
 */
#include <arpa/inet.h>
#include <string.h>
#include <stdio.h>

#include "user/base/version.h"
#include "user/config/conf.h"
#include "user/config/key_file.h"
#include "user/judge/hold.h"
#include "user/base/json.h"
#include "user/report/status.h"

static void json_when(struct writer *o, const char *name, const struct status *s,
		      unsigned long long ns)
{
	if (ns)
		json_number(o, name, status_wall_s(s, ns));
	else
		json_none(o, name);
}

static void json_interfaces(struct writer *o, const struct status *s)
{
	int i;

	json_open(o, "interfaces", '[');
	for (i = 0; i < s->n_ifs; i++) {
		const struct kern_if *f = &s->ifs[i];

		json_open(o, NULL, '{');
		json_text(o, "name", f->name);
		json_number(o, "ifindex", f->ifindex);
		json_text(o, "mode", f->mode == KERN_GENERIC ? "generic" : "native");
		json_bool(o, "shared", f->is_shared);
		json_number(o, "program", f->prog_id);
		json_text(o, "tag", f->tag);
		json_number(o, "tables", f->instance);
		json_bool(o, "pinned", f->is_pinned);
		if (f->slow == KERN_SLOW_UNKNOWN)
			json_none(o, "slow_path");
		else
			json_bool(o, "slow_path", f->slow != KERN_SLOW_MISSING);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_mx(struct writer *o, struct status *s, int instance)
{
	int i, n = status_mx(s->conf);
	struct nolist_stats stats;
	char text[ADDR_TEXT];

	/* If they cannot be read, they are zero. */
	kern_instance_stats(s->k, instance, &stats);
	json_open(o, "mx", '[');
	for (i = 0; i < n; i++) {
		const struct nolist_slot *slot = &s->conf->slot[i];
		struct nolist_mxstats sum = status_mx_count(&stats, slot);

		json_open(o, NULL, '{');
		json_text(o, "address", addr_text(&slot->addr, text));
		json_text(o, "role", conf_role_name(NOLIST_ROLE(slot->role)));
		if (NOLIST_TENANT(slot->role))
			json_number(o, "tenant", NOLIST_TENANT(slot->role));
		json_number(o, "segments", sum.segments);
		json_number(o, "opens", sum.opens);
		json_close(o, '}');
	}
	json_close(o, ']');
	status_tenants_json(o, s, instance, n, &stats);
}

/* Counters are those of these tables. */
static void json_gate(struct writer *o, const struct status *s, int instance)
{
	const struct nolist_gate *g = &s->conf->gate;
	struct nolist_stats stats = {};
	struct nolist_meta meta = {};
	bool is_learning;
	int i;

	if (!(s->conf->defends & NOLIST_DEFEND_GATE)) {
		json_none(o, "gate");
		return;
	}
	kern_instance_stats(s->k, instance, &stats);
	is_learning = !kern_meta(s->k, instance, &meta) && meta.learning_ns &&
		      kern_now_ns() - meta.change[0].at_ns < meta.learning_ns;
	json_open(o, "gate", '{');
	json_number(o, "seconds", g->seconds);
	json_text(o, "by", status_gate_by(g));
	json_bool(o, "ip4", g->flags & NOLIST_GATE_IP4);
	json_bool(o, "ip6", g->flags & NOLIST_GATE_IP6);
	json_when(o, "learning_until", s, is_learning ? meta.change[0].at_ns + meta.learning_ns : 0);
	json_number(o, "dropped", stats.verdict[NOLIST_REAL_GATED]);
	json_open(o, "passed", '{');
	for (i = 0; i < NOLIST_GATE_PASSES && status_gate[i]; i++)
		json_number(o, status_gate[i], stats.gate[i]);
	json_close(o, '}');
	json_close(o, '}');
}

static void json_block(struct writer *o, const struct status *s, int instance)
{
	struct nolist_stats stats = {};
	struct status_block b;
	int i;

	if (!status_block(s, instance, &b)) {
		json_none(o, "enforce");
		return;
	}
	kern_instance_stats(s->k, instance, &stats);
	json_open(o, "enforce", '{');
	json_text(o, "mode", b.mode);
	json_when(o, "made", s, b.made_ns);
	json_when(o, "until", s, b.until_ns);
	json_number(o, "prefixes", b.prefixes);
	json_number(o, "senders", b.senders);
	json_number(o, "senders_refused", b.refused);
	json_number(o, "tarpits", b.tarpits);
	json_bool(o, "tarpit_real", b.is_held);
	json_bool(o, "tarpit_high", s->conf->defends & NOLIST_DEFEND_HIGH);
	json_open(o, "passed", '{');
	for (i = 0; i < NOLIST_LENIENCIES; i++)
		json_number(o, status_lenient[i], stats.lenient[i]);
	json_close(o, '}');
	json_close(o, '}');
}

static void json_key(struct writer *o, const struct status *s, int instance)
{
	struct nolist_key key;
	char mark[KEY_MARK];

	if (kern_shared_key(s->k, instance, &key))
		json_none(o, "key");
	else
		json_text(o, "key", key_mark(&key, mark));
}

static void json_conf(struct writer *o, struct status *s, int instance)
{
	char text[NOLIST_TEXT_MAX + 1];
	unsigned int i;
	int j;

	json_open(o, "ports", '[');
	for (i = 0; i < s->conf->ports && i < NOLIST_PORT_MAX; i++)
		json_number(o, NULL, ntohs(s->conf->port[i]));
	json_close(o, ']');
	json_mx(o, s, instance);
	snprintf(text, sizeof(text), "%.*s", status_banner_len(s->conf), status_banner(s->conf)->text);
	json_text(o, "banner", text);
	json_bool(o, "split_handshake", s->conf->smtp.is_split);
	json_bool(o, "teaser", s->conf->smtp.reply[NOLIST_BANNER_END].len);
	json_open(o, "silent_interfaces", '[');
	for (j = 0; j < s->n_ifs; j++)
		if (s->ifs[j].instance == instance && status_is_silent(s->conf, s->ifs[j].ifindex))
			json_text(o, NULL, s->ifs[j].name);
	json_close(o, ']');
	json_number(o, "syn_ack_limit", s->conf->answers[NOLIST_LIMIT_SYN_ACK]);
	json_number(o, "reset_limit", s->conf->answers[NOLIST_LIMIT_RESET]);
	json_block(o, s, instance);
	json_bool(o, "low_pass", s->conf->defends & NOLIST_DEFEND_LOW);
	json_gate(o, s, instance);
	if (s->conf->domains)
		json_number(o, "domains", s->conf->domain_count);
	else
		json_none(o, "domains");
	json_key(o, s, instance);
	json_when(o, "probation_until", s, s->conf->until_ns);
}

static void json_detached(struct writer *o, const struct status *s, int instance)
{
	struct nolist_detached d[NOLIST_DETACHED + 1];
	int i, n = status_detached(s, instance, d);

	json_open(o, "detached", '[');
	for (i = 0; i < n; i++) {
		json_open(o, NULL, '{');
		json_when(o, "from", s, d[i].from_ns);
		json_when(o, "to", s, d[i].to_ns);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_instance(struct writer *o, struct status *s, int instance)
{
	struct nolist_meta meta = {};
	bool is_configured = !kern_config(s->k, instance, s->conf);
	char generation[17];

	json_open(o, NULL, '{');
	json_bool(o, "configured", is_configured);
	/* Tables without this record have never been loaded. */
	if (!kern_meta(s->k, instance, &meta) && meta.magic) {
		snprintf(generation, sizeof(generation), "%016llx",
			 (unsigned long long)meta.generation);
		json_number(o, "abi", meta.version);
		json_text(o, "generation", generation);
		json_when(o, "created", s, meta.created_ns);
	}
	if (is_configured)
		json_conf(o, s, instance);
	json_detached(o, s, instance);
	json_close(o, '}');
}

static void json_contacts(struct writer *o, const struct status *s)
{
	const struct nolist_stats *t = &s->stats;
	int i;

	json_open(o, "contacts", '{');
	json_number(o, "now", s->fill.contacts);
	json_number(o, "capacity", s->fill.contacts_max);
	json_number(o, "evicted", status_evicted(t->contacts_new, s->fill.contacts));
	json_number(o, "lost", t->contacts_lost);
	json_open(o, "limited", '{');
	for (i = NOLIST_LOW; i <= NOLIST_HIGH; i++)
		json_number(o, conf_role_name(i), t->contacts_limited[i]);
	json_close(o, '}');
	json_close(o, '}');
}

static void json_verified(struct writer *o, const struct status *s)
{
	const struct nolist_stats *t = &s->stats;

	json_open(o, "verified", '{');
	json_number(o, "now", s->fill.verified);
	json_number(o, "capacity", s->fill.verified_max);
	json_number(o, "evicted",
		    s->fill.is_lru ? status_evicted(t->verified_new, s->fill.verified) : 0);
	json_number(o, "lost", t->verified_lost);
	json_when(o, "lost_at", s, t->verified_lost_ns);
	json_close(o, '}');
}

static void json_bad_acks(struct writer *o, const struct status *s)
{
	const struct nolist_bad_acks *b = s->stats.bad_acks;
	int i;

	json_open(o, "bad_acks", '[');
	for (i = 0; i < NOLIST_HOURS; i++) {
		if (!b[i].hour)
			continue;
		json_open(o, NULL, '{');
		json_when(o, "hour", s, status_hour_ns(b[i].hour));
		json_number(o, "count", b[i].count);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_lists(struct writer *o, const struct status *s)
{
	size_t i;
	int k;

	json_open(o, "lists", '[');
	for (i = 0; i < s->lists; i++) {
		json_open(o, NULL, '{');
		json_text(o, "output", s->list[i].path);
		json_bool(o, "missing", s->list[i].is_missing);
		json_bool(o, "configured", s->list[i].is_configured);
		json_number(o, "time", s->list[i].is.time);
		json_number(o, "entries", s->list[i].is.entries);
		json_number(o, "added", s->list[i].is.grown);
		json_open(o, "held_back", '{');
		for (k = 0; k < HOLDS; k++)
			json_number(o, hold_names[k], s->list[i].is.held[k]);
		json_close(o, '}');
		json_close(o, '}');
	}
	json_close(o, ']');
}

/* null: none is followed. */
static void json_log(struct writer *o, const struct status *s)
{
	const struct followed *log = &s->log;

	if (!s->rules->maillog) {
		json_none(o, "maillog");
		return;
	}
	json_open(o, "maillog", '{');
	json_text(o, "path", s->rules->maillog);
	json_number(o, "looked_at", log->looked);
	json_number(o, "newest_at", log->newest);
	json_number(o, "lost_at", log->lost);
	json_number(o, "left", log->left);
	json_text_or_none(o, "error", log->error ? strerror(-log->error) : "");
	json_close(o, '}');
}

int status_json(struct status *s)
{
	static struct writer out;
	struct writer *o = &out;
	char name[STATUS_VERDICT];
	bool is_old;
	int i;

	writer_open(o, writer_stdout, NULL);
	json_open(o, NULL, '{');
	json_begin(o, "status");
	json_text(o, "version", nolist_version);
	json_number(o, "abi", NOLIST_ABI_VERSION);
	json_text(o, "pin_dir", s->pin_dir);
	json_text(o, "kernel", kern_release(&is_old));
	json_open(o, "kernel_lacks", '[');
	for (i = 0; i < s->n_missing; i++)
		json_text(o, NULL, s->missing[i].name);
	json_close(o, ']');
	json_interfaces(o, s);
	json_open(o, "tables", '[');
	for (i = 0; i < kern_instances(s->k); i++)
		json_instance(o, s, i);
	json_close(o, ']');
	json_open(o, "verdicts", '{');
	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		if (i < NOLIST_VERDICTS || s->stats.verdict[i])
			json_number(o, status_verdict_name(i, name), s->stats.verdict[i]);
	json_close(o, '}');
	json_number(o, "frames", status_frames(s));
	json_contacts(o, s);
	json_verified(o, s);
	json_bad_acks(o, s);
	json_when(o, "real_contacted_at", s, s->contacted_ns);
	json_when(o, "real_data_at", s, s->verified_ns);
	if (s->collected_at)
		json_number(o, "collected_at", s->collected_at);
	else
		json_none(o, "collected_at");
	json_log(o, s);
	if (s->flooded_at)
		json_number(o, "flooded_at", s->flooded_at);
	else
		json_none(o, "flooded_at");
	if (s->learning_until)
		json_number(o, "learning_until", s->learning_until);
	else
		json_none(o, "learning_until");
	json_lists(o, s);
	json_open(o, "warnings", '[');
	for (i = 0; i < s->warnings; i++)
		json_text(o, NULL, s->warning[i]);
	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	return writer_flush(o);
}
