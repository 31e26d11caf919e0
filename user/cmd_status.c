// SPDX-License-Identifier: GPL-2.0-only
/*
 * status: a noun. Where the program is, what it is configured to do, what became
 * of every frame, how full the tables are and what was lost. Text is for eyes and
 * may change; --json is for scripts, and JSON_SCHEMA counts its changes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "conf.h"
#include "kern.h"
#include "log.h"
#include "out.h"

enum { OPT_JSON = 256 };

static const struct cmd_option opts[] = {
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

/* Every verdict's name, and what it says to an admin. */
static const struct {
	const char *name, *help;
} verdicts[] = {
	[NOLIST_PASS_UNCONFIGURED] = { "pass_unconfigured", "no configuration yet" },
	[NOLIST_PASS_NOT_IP] = { "pass_not_ip", "ARP and other protocols, runts" },
	[NOLIST_PASS_NOT_TCP] = { "pass_not_tcp", "UDP, ICMP, neighbour discovery" },
	[NOLIST_PASS_SHAPE] = { "pass_shape", "fragments, rare headers" },
	[NOLIST_PASS_OTHER] = { "pass_other", "TCP to other addresses or ports" },
	[NOLIST_PASS_REAL] = { "pass_real", "to the real MX, noted" },
	[NOLIST_PASS_NOT_HOST] = { "pass_not_host", "to a fake, to a group or another host" },
	[NOLIST_PASS_SOURCE] = { "pass_source", "to a fake, from an impossible source" },
	[NOLIST_PASS_TRUNCATED] = { "pass_truncated", "to a fake, lengths contradict" },
	[NOLIST_PASS_CHECKSUM] = { "pass_checksum", "to a fake, wrong checksum" },
	[NOLIST_PASS_RESET] = { "pass_reset", "to a fake, a reset" },
	[NOLIST_PASS_TCP_OPTION] = { "pass_tcp_option", "to a fake, broken or signed options" },
	[NOLIST_PASS_NO_ROOM] = { "pass_no_room", "to a fake, the driver gave no room" },
	[NOLIST_LOW_RST_ACK] = { "low_rst_ack", "low fake: a connection refused" },
	[NOLIST_LOW_RST] = { "low_rst", "low fake: another segment reset" },
	[NOLIST_HIGH_RST] = { "high_rst", "high fake: reset, an acknowledgement not of ours" },
	[NOLIST_HIGH_SYN_ACK] = { "high_syn_ack", "high fake: a connection accepted" },
	[NOLIST_HIGH_TEXT] = { "high_text", "high fake: banner or reply" },
	[NOLIST_HIGH_ACK] = { "high_ack", "high fake: acknowledged, nothing said" },
	[NOLIST_HIGH_SILENT] = { "high_silent", "high fake: dropped, nothing to say to it" },
	[NOLIST_HIGH_BAD] = { "high_bad", "high fake: dropped, nobody would answer it" },
	[NOLIST_HIGH_NO_ROOM] = { "high_no_room", "high fake: dropped, the driver gave no room" },
};
_Static_assert(sizeof(verdicts) / sizeof(*verdicts) == NOLIST_VERDICTS, "each has a name");

/* All that is shown, read once, so that text and JSON say the same. */
struct status {
	struct kern *k;
	const struct kern_if *ifs;
	int n_ifs;
	struct nolist_stats stats;
	struct kern_fill fill;
	unsigned long long claimed_ns, verified_ns; /* last contact with the real MX; 0: none */
	long long offset;                           /* to wall time */
	struct nolist_config *conf;                 /* scratch for one set */
};

static int on_record(const struct nolist_source *src, const struct nolist_claims *claims,
		     const struct nolist_proofs *proofs, void *arg)
{
	struct status *s = arg;

	(void)src;
	if (claims && claims->real.last_ns > s->claimed_ns)
		s->claimed_ns = claims->real.last_ns;
	if (proofs && proofs->real_last_ns > s->verified_ns)
		s->verified_ns = proofs->real_last_ns;
	return 0;
}

static int read_status(struct status *s)
{
	int ret;

	ret = kern_open(&s->k, options.pin_dir);
	if (ret)
		return ret;
	s->n_ifs = kern_ifs(s->k, &s->ifs);
	s->offset = kern_clock_offset();
	ret = kern_stats(s->k, &s->stats);
	if (!ret)
		ret = kern_fill(s->k, &s->fill);
	return ret ? ret : kern_each(s->k, on_record, s);
}

static long long wall_s(const struct status *s, unsigned long long ns)
{
	return ((long long)ns + s->offset) / 1000000000;
}

/* More were added than are there: the rest was idle longest, and gave way. */
static unsigned long long evicted(unsigned long long added, unsigned int present)
{
	return added > present ? added - present : 0;
}

/* Contacts that were too many to note: a flood. */
static unsigned long long shed(const struct nolist_stats *t)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < NOLIST_ROLES; i++)
		sum += t->claims_shed[i];
	return sum;
}

/* When an hour of the evidence began; at least 1, since 0 is never. */
static unsigned long long hour_ns(unsigned int hour)
{
	return hour > 1 ? (hour - 1) * NOLIST_HOUR_NS : 1;
}

static unsigned long long frames(const struct status *s)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < NOLIST_VERDICTS; i++)
		sum += s->stats.verdict[i];
	return sum;
}

/* Slots with a role, in the order of addresses. */
static int compare_slots(const void *a, const void *b)
{
	const struct nolist_slot *x = a, *y = b;

	return x->role != y->role ? (int)x->role - (int)y->role : addr_compare(&x->addr, &y->addr);
}

/* Sorts the MX addresses to the front of slot[]; how many. For reading only. */
static int list_mx(struct nolist_config *conf)
{
	int i, n = 0;

	for (i = 0; i < NOLIST_SLOTS; i++)
		if (conf->slot[i].role != NOLIST_NONE && conf->slot[i].role != NOLIST_OWN)
			conf->slot[n++] = conf->slot[i];
	qsort(conf->slot, n, sizeof(*conf->slot), compare_slots);
	return n;
}

static const struct nolist_reply *banner(const struct nolist_config *conf)
{
	return &conf->smtp.reply[NOLIST_BANNER];
}

/* Without CR LF. */
static int banner_len(const struct nolist_config *conf)
{
	unsigned int len = banner(conf)->len;

	return len < 2 || len > NOLIST_TEXT_MAX ? 0 : len - 2;
}

/* --- text ------------------------------------------------------------------------ */

static const char *when(const struct status *s, unsigned long long ns, char text[32])
{
	time_t t = wall_s(s, ns);
	struct tm tm;

	if (!ns)
		return "never";
	strftime(text, 32, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&t, &tm));
	return text;
}

static const char *tables_name(const struct kern_if *f, char text[16])
{
	if (f->is_pinned)
		return "pinned";
	snprintf(text, 16, "own (%d)", f->set);
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
	for (i = 0; i < s->n_ifs; i++)
		printf("%-15s  %-7s  %-8s  %-8s  %7u  %s\n", s->ifs[i].name,
		       s->ifs[i].mode == KERN_GENERIC ? "generic" : "native",
		       s->ifs[i].is_shared ? "shared" : "alone",
		       tables_name(&s->ifs[i], text), s->ifs[i].prog_id, s->ifs[i].tag);
}

static void text_set(struct status *s, int set)
{
	struct nolist_mxstats sum;
	char text[ADDR_TEXT];
	unsigned int port;
	int i, n;

	printf("\n");
	if (kern_sets(s->k) > 1)
		printf("tables %d:\n", set);
	if (kern_config(s->k, set, s->conf)) {
		printf("not configured: every frame passes\n");
		return;
	}
	n = list_mx(s->conf);
	printf("%-39s  %-4s  %12s  %12s\n", "MX address", "role", "segments", "opens");
	for (i = 0; i < n; i++) {
		const struct nolist_slot *slot = &s->conf->slot[i];

		if (kern_mxstats(s->k, set, slot->mx, &sum))
			sum = (struct nolist_mxstats){};
		printf("%-39s  %-4s  %12llu  %12llu\n", addr_text(&slot->addr, text),
		       conf_role_name(slot->role), (unsigned long long)sum.segments,
		       (unsigned long long)sum.opens);
	}
	printf("ports of the fakes:");
	for (port = 0; port < s->conf->ports && port < NOLIST_PORT_MAX; port++)
		printf(" %u", ntohs(s->conf->port[port]));
	printf("\n");
	/* The banner is all of the dialogue that tells the name and the stage. */
	printf("high fakes say: %.*s%s\n", banner_len(s->conf), banner(s->conf)->text,
	       s->conf->smtp.is_split ? " (split handshake)" : "");
}

static void text_verdicts(const struct status *s)
{
	int i;

	printf("\n%-18s  %14s\n", "verdict", "frames");
	for (i = 0; i < NOLIST_VERDICTS; i++)
		if (s->stats.verdict[i])
			printf("%-18s  %14llu  %s\n", verdicts[i].name,
			       (unsigned long long)s->stats.verdict[i], verdicts[i].help);
	printf("%-18s  %14llu\n", "all", frames(s));
}

static void text_bad_acks(const struct status *s)
{
	const struct nolist_bad_acks *b = s->stats.bad_acks;
	char text[32];
	int i;

	for (i = 0; i < NOLIST_HOURS; i++)
		if (b[i].hour)
			printf("%u acknowledgements that were not ours in the hour from %s\n",
			       b[i].count, when(s, hour_ns(b[i].hour), text));
}

static void text_evidence(const struct status *s)
{
	const struct nolist_stats *t = &s->stats;
	char text[32];

	printf("\n%-18s  %14s  %10s  %10s  %10s  %10s\n", "sources with", "now", "room", "evicted",
	       "lost", "shed");
	printf("%-18s  %14u  %10u  %10llu  %10llu  %10llu\n", "claims", s->fill.claims,
	       s->fill.claims_max, evicted(t->claims_new, s->fill.claims),
	       (unsigned long long)t->claims_lost, shed(t));
	printf("%-18s  %14u  %10u  %10llu  %10llu  %10s\n", "proofs", s->fill.proofs,
	       s->fill.proofs_max, s->fill.is_lru ? evicted(t->proofs_new, s->fill.proofs) : 0,
	       (unsigned long long)t->proofs_lost, "-");
	if (t->proofs_lost)
		printf("proofs were last lost at %s: nothing near it counts against anybody\n",
		       when(s, t->proofs_lost_ns, text));
	text_bad_acks(s);
	printf("\nreal MX last contacted: %s", when(s, s->claimed_ns, text));
	printf("; with data: %s\n", when(s, s->verified_ns, text));
}

static void print_text(struct status *s)
{
	int i;

	printf("nolist-xdp %s, ABI %u, pins in %s\n\n", VERSION, NOLIST_ABI_VERSION,
	       options.pin_dir);
	text_interfaces(s);
	for (i = 0; i < kern_sets(s->k); i++)
		text_set(s, i);
	text_verdicts(s);
	text_evidence(s);
}

/* --- JSON ------------------------------------------------------------------------ */

static void json_when(struct out *o, const char *name, const struct status *s,
		      unsigned long long ns)
{
	if (ns)
		json_number(o, name, wall_s(s, ns));
	else
		json_none(o, name);
}

static void json_interfaces(struct out *o, const struct status *s)
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
		json_number(o, "tables", f->set);
		json_bool(o, "pinned", f->is_pinned);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_mx(struct out *o, struct status *s, int set)
{
	struct nolist_mxstats sum;
	char text[ADDR_TEXT];
	int i, n = list_mx(s->conf);

	json_open(o, "mx", '[');
	for (i = 0; i < n; i++) {
		const struct nolist_slot *slot = &s->conf->slot[i];

		if (kern_mxstats(s->k, set, slot->mx, &sum))
			sum = (struct nolist_mxstats){};
		json_open(o, NULL, '{');
		json_text(o, "address", addr_text(&slot->addr, text));
		json_text(o, "role", conf_role_name(slot->role));
		json_number(o, "segments", sum.segments);
		json_number(o, "opens", sum.opens);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_conf(struct out *o, struct status *s, int set)
{
	char text[NOLIST_TEXT_MAX + 1];
	unsigned int i;

	json_open(o, "ports", '[');
	for (i = 0; i < s->conf->ports && i < NOLIST_PORT_MAX; i++)
		json_number(o, NULL, ntohs(s->conf->port[i]));
	json_close(o, ']');
	json_mx(o, s, set);
	snprintf(text, sizeof(text), "%.*s", banner_len(s->conf), banner(s->conf)->text);
	json_text(o, "banner", text);
	json_bool(o, "split_handshake", s->conf->smtp.is_split);
}

static void json_set(struct out *o, struct status *s, int set)
{
	struct nolist_meta meta = {};
	bool is_configured = !kern_config(s->k, set, s->conf);
	char generation[17];

	json_open(o, NULL, '{');
	json_bool(o, "configured", is_configured);
	/* Tables without this record: no load has been here. */
	if (!kern_meta(s->k, set, &meta) && meta.magic) {
		snprintf(generation, sizeof(generation), "%016llx",
			 (unsigned long long)meta.generation);
		json_number(o, "abi", meta.version);
		json_text(o, "generation", generation);
		json_when(o, "created", s, meta.created_ns);
	}
	if (is_configured)
		json_conf(o, s, set);
	json_close(o, '}');
}

static void json_claims(struct out *o, const struct status *s)
{
	const struct nolist_stats *t = &s->stats;
	int i;

	json_open(o, "claims", '{');
	json_number(o, "now", s->fill.claims);
	json_number(o, "room", s->fill.claims_max);
	json_number(o, "evicted", evicted(t->claims_new, s->fill.claims));
	json_number(o, "lost", t->claims_lost);
	json_open(o, "shed", '{');
	for (i = NOLIST_LOW; i <= NOLIST_HIGH; i++)
		json_number(o, conf_role_name(i), t->claims_shed[i]);
	json_close(o, '}');
	json_close(o, '}');
}

static void json_proofs(struct out *o, const struct status *s)
{
	const struct nolist_stats *t = &s->stats;

	json_open(o, "proofs", '{');
	json_number(o, "now", s->fill.proofs);
	json_number(o, "room", s->fill.proofs_max);
	json_number(o, "evicted", s->fill.is_lru ? evicted(t->proofs_new, s->fill.proofs) : 0);
	json_number(o, "lost", t->proofs_lost);
	json_when(o, "lost_at", s, t->proofs_lost_ns);
	json_close(o, '}');
}

static void json_bad_acks(struct out *o, const struct status *s)
{
	const struct nolist_bad_acks *b = s->stats.bad_acks;
	int i;

	json_open(o, "bad_acks", '[');
	for (i = 0; i < NOLIST_HOURS; i++) {
		if (!b[i].hour)
			continue;
		json_open(o, NULL, '{');
		json_when(o, "hour", s, hour_ns(b[i].hour));
		json_number(o, "count", b[i].count);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static int to_stdout(void *arg, const char *bytes, size_t size)
{
	(void)arg;
	return fwrite(bytes, 1, size, stdout) == size ? 0 : -EIO;
}

static int print_json(struct status *s)
{
	static struct out out;
	struct out *o = &out;
	int i;

	out_open(o, to_stdout, NULL);
	json_open(o, NULL, '{');
	json_text(o, "type", "status");
	json_number(o, "schema", JSON_SCHEMA);
	json_text(o, "version", VERSION);
	json_number(o, "abi", NOLIST_ABI_VERSION);
	json_text(o, "pin_dir", options.pin_dir);
	json_interfaces(o, s);
	json_open(o, "tables", '[');
	for (i = 0; i < kern_sets(s->k); i++)
		json_set(o, s, i);
	json_close(o, ']');
	json_open(o, "verdicts", '{');
	for (i = 0; i < NOLIST_VERDICTS; i++)
		json_number(o, verdicts[i].name, s->stats.verdict[i]);
	json_close(o, '}');
	json_number(o, "frames", frames(s));
	json_claims(o, s);
	json_proofs(o, s);
	json_bad_acks(o, s);
	json_when(o, "real_contacted_at", s, s->claimed_ns);
	json_when(o, "real_data_at", s, s->verified_ns);
	json_close(o, '}');
	out_char(o, '\n');
	return out_flush(o);
}

int cmd_status(int argc, char **argv)
{
	struct status s = {};
	bool is_json = false;
	int c, ret, status = EXIT_DONE;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		is_json = true;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	s.conf = calloc(1, sizeof(*s.conf));
	if (!s.conf) {
		errx("cannot start: out of memory");
		return EXIT_FAILED;
	}
	ret = read_status(&s);
	if (ret) {
		status = cmd_failed(ret);
	} else if (!is_json) {
		print_text(&s);
	} else if (print_json(&s)) {
		errx("cannot write all of the output");
		status = EXIT_FAILED;
	}
	kern_close(s.k);
	free(s.conf);
	return status;
}
