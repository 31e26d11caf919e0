// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers where the program is attached, its configuration, the counters of frames, how
 * full the tables are and what was lost. status_text.c and status_json.c print it.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/block.h"
#include "user/base/addr.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/lists/forget.h"
#include "user/report/status.h"

#define FULL_PERCENT 80

const struct status_verdict status_verdicts[NOLIST_VERDICTS] = {
	[NOLIST_PASS_UNCONFIGURED] = { "pass_unconfigured", "no configuration in force" },
	[NOLIST_PASS_NOT_IP] = { "pass_not_ip", "ARP and other protocols, runts" },
	[NOLIST_PASS_NOT_TCP] = { "pass_not_tcp", "UDP, ICMP, neighbour discovery" },
	[NOLIST_PASS_SHAPE] = { "pass_shape", "fragments, rare or cut headers" },
	[NOLIST_PASS_OTHER] = { "pass_other", "TCP to other addresses or ports" },
	[NOLIST_PASS_REAL] = { "pass_real", "to the real MX, noted" },
	[NOLIST_PASS_NOT_HOST] = { "pass_not_host", "to a fake, to a group or another host" },
	[NOLIST_PASS_SOURCE] = { "pass_source", "to a fake, from an impossible source" },
	[NOLIST_PASS_TRUNCATED] = { "pass_truncated", "to a fake, lengths contradict" },
	[NOLIST_PASS_CHECKSUM] = { "pass_checksum", "to a fake, wrong checksum" },
	[NOLIST_PASS_RESET] = { "pass_reset", "to a fake, a reset" },
	[NOLIST_PASS_TCP_OPTION] = { "pass_tcp_option", "to a fake, broken or signed options" },
	[NOLIST_PASS_NO_SPACE] = { "pass_no_space", "to a fake, the driver left no space" },
	[NOLIST_LOW_RST_ACK] = { "low_rst_ack", "low fake: a connection refused" },
	[NOLIST_LOW_RST] = { "low_rst", "low fake: another segment reset" },
	[NOLIST_HIGH_RST] = { "high_rst", "high fake: reset, an acknowledgement not of ours" },
	[NOLIST_HIGH_SYN_ACK] = { "high_syn_ack", "high fake: a connection accepted" },
	[NOLIST_HIGH_TEXT] = { "high_text", "high fake: banner or reply" },
	[NOLIST_HIGH_ACK] = { "high_ack", "high fake: acknowledged, nothing said" },
	[NOLIST_HIGH_SILENT] = { "high_silent", "high fake: dropped, nothing to say to it" },
	[NOLIST_HIGH_BAD] = { "high_bad", "high fake: dropped, no host would answer it" },
	[NOLIST_HIGH_NO_SPACE] = { "high_no_space",
				   "high fake: dropped, the driver left no space" },
	[NOLIST_PASS_NO_SLOW] = { "pass_no_slow", "rare shapes, the slow path is missing" },
	[NOLIST_HIGH_NO_SLOW] = { "high_no_slow", "high fake: dropped, the slow path is missing" },
	[NOLIST_SILENT_SOURCE] = { "silent_source", "low fake: dropped, an impossible source" },
	[NOLIST_SILENT_TRUNCATED] = { "silent_truncated", "low fake: dropped, lengths contradict" },
	[NOLIST_SILENT_CHECKSUM] = { "silent_checksum", "low fake: dropped, wrong checksum" },
	[NOLIST_SILENT_RESET] = { "silent_reset", "low fake: dropped, a reset" },
	[NOLIST_RARE_LIMITED] = { "rare_limited",
				  "to a fake, of a rare shape: dropped, too many in a second" },
	[NOLIST_LOW_LIMITED] = { "low_limited", "low fake: dropped, reset-limit of its network" },
	[NOLIST_HIGH_LIMITED] = { "high_limited",
				  "high fake: dropped, a limit of answers to its network" },
	[NOLIST_PASS_LISTED] = { "pass_listed", "real MX: from a listed source, passed" },
	[NOLIST_REAL_RESET] = { "real_reset", "real MX: from a listed source, reset" },
	[NOLIST_REAL_SYN_ACK] = { "real_syn_ack", "real MX: a listed source, to be tempfailed" },
	[NOLIST_REAL_TEXT] = { "real_text", "real MX: banner or reply to a listed source" },
	[NOLIST_REAL_ACK] = { "real_ack", "real MX: acknowledged to a listed source" },
	[NOLIST_REAL_SILENT] = { "real_silent",
				 "real MX: dropped, nothing to say to a listed source" },
	[NOLIST_REAL_LIMITED] = { "real_limited",
				  "real MX: dropped, a limit of answers to its network" },
	[NOLIST_REAL_NO_SPACE] = { "real_no_space",
				   "real MX: dropped, the driver left no space" },
	[NOLIST_REAL_DROPPED] = { "real_dropped", "real MX: from a listed source, dropped" },
	[NOLIST_REAL_GATED] = { "real_gated", "real MX: a stranger's first try, dropped" },
	[NOLIST_TARPIT_SYN_ACK] = { "tarpit_syn_ack", "tarpit: a listed source, to be held" },
	[NOLIST_TARPIT_BANNER] = { "tarpit_banner", "tarpit: greeted, and held" },
	[NOLIST_TARPIT_LINE] = { "tarpit_line", "tarpit: one more line, for a probe" },
	[NOLIST_TARPIT_END] = { "tarpit_end", "tarpit: tempfailed, and let go" },
	[NOLIST_TARPIT_RST] = { "tarpit_rst", "tarpit: it leaves, reset" },
	[NOLIST_TARPIT_SILENT] = { "tarpit_silent", "tarpit: dropped, not sent by a timer" },
};

const char *const status_gate[NOLIST_GATE_PASSES] = {
	[NOLIST_GATE_LOW] = "low",           [NOLIST_GATE_AGED] = "aged",
	[NOLIST_GATE_VERIFIED] = "verified", [NOLIST_GATE_ALLOWED] = "allowed",
	[NOLIST_GATE_LEARNING] = "learning",
};

const char *const status_lenient[NOLIST_LENIENCIES] = {
	[NOLIST_LENIENT_NOTE] = "note",     [NOLIST_LENIENT_EXPIRED] = "expired",
	[NOLIST_LENIENT_BRAKED] = "braked", [NOLIST_LENIENT_PAROLE] = "parole",
	[NOLIST_LENIENT_WALKED] = "walked",
};

bool status_block(const struct status *s, int instance, struct status_block *b)
{
	static const char *const modes[] = { [NOLIST_BLOCK_ENFORCED] = "enforced",
					     [NOLIST_BLOCK_NOTED] = "noted",
					     [NOLIST_BLOCK_BRAKED] = "braked" };
	struct nolist_block_head h;

	*b = (struct status_block){ .mode = "none" };
	if (!(s->conf->defends & NOLIST_DEFEND_BLOCK))
		return false;
	/* Of other tables than the pinned ones nobody makes one. */
	if (!kern_is_pinned(s->k, instance) || kern_block_head(&h, s->pin_dir))
		return true;
	*b = (struct status_block){ .mode = kern_now_ns() > h.until_ns ? "expired" :
					    h.mode < 3		       ? modes[h.mode] : "unknown",
				    .made_ns = h.made_ns, .until_ns = h.until_ns,
				    .prefixes = h.prefixes, .senders = h.senders, .refused = h.refused,
				    .tarpits = h.tarpits, .is_held = h.held == NOLIST_ACT_TARPIT };
	return true;
}

const char *status_gate_by(const struct nolist_gate *gate)
{
	return gate->flags & NOLIST_GATE_CONNECTION ? "connection" :
	       gate->flags & NOLIST_GATE_SOURCE     ? "source" : "network";
}

const char *status_verdict_name(int verdict, char text[STATUS_VERDICT])
{
	if (verdict < NOLIST_VERDICTS)
		return status_verdicts[verdict].name;
	snprintf(text, STATUS_VERDICT, "verdict_%d", verdict);
	return text;
}

static int on_record(const struct nolist_source *src, const struct nolist_contacts *contacts,
		     const struct nolist_verified *verified, void *arg)
{
	struct status *s = arg;

	if (nolist_is_test(s->test, src->addr.q[0], src->addr.q[1]))
		return 0;
	if (contacts && contacts->real.last_ns > s->contacted_ns)
		s->contacted_ns = contacts->real.last_ns;
	if (verified && verified->real_last_ns > s->verified_ns)
		s->verified_ns = verified->real_last_ns;
	return 0;
}

static int read_status(struct status *s)
{
	int i, ret;

	ret = kern_open(&s->k, s->pin_dir);
	if (ret)
		return ret;
	s->n_ifs = kern_ifs(s->k, &s->ifs);
	s->offset = kern_clock_offset();
	s->n_missing = kern_missing(s->missing, KERN_FEATURES_MAX);
	ret = kern_stats(s->k, &s->stats);
	if (!ret)
		ret = kern_fill(s->k, &s->fill);
	for (i = 0; i < kern_instances(s->k) && !ret; i++) {
		ret = kern_tests(s->k, i, s->test);
		if (!ret)
			ret = kern_instance_each(s->k, i, on_record, NULL, s);
	}
	return ret;
}

/* --- the store --------------------------------------------------------------- */

static int add_list(const char *path, const struct store_list *l, void *arg)
{
	struct status_list *grown;
	struct status *s = arg;

	/* The next dump drops it. */
	if (forget_is_gone(path, s->rules))
		return 0;
	grown = reallocarray(s->list, s->lists + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->list = grown;
	grown += s->lists;
	*grown = (struct status_list){ .path = strdup(path), .is_missing = access(path, F_OK),
				       .is_configured = forget_is_configured(path, s->rules),
				       .is = *l };
	if (!grown->path)
		return -ENOMEM;
	s->lists++;
	return 0;
}

/* If the store cannot be read, that is reported and the tables are shown all the same. */
static void read_store(struct status *s)
{
	struct store *store = NULL;
	int error = store_open(&store, s->state_dir, STORE_READ);

	if (!error) {
		s->collected_at = store_collected(store);
		error = store_each_list(store, s->now, add_list, s);
	}
	if (!error)
		error = followed_read(store, &s->log);
	if (!error || error == -ENOENT)
		error = status_find_learning(s, store);
	if (!error)
		error = status_find_flood(s, store);
	store_close(store);
	s->store_error = error;
	if (error)
		s->store_failure = *failure_of(error);
}

/* --- warnings ---------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void add_warning(struct status *s, const char *fmt, ...)
{
	va_list ap;

	if (s->warnings == STATUS_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(s->warning[s->warnings++], sizeof(s->warning[0]), fmt, ap);
	va_end(ap);
}

static void warn_of_table(struct status *s, const char *name, unsigned int now,
			  unsigned int capacity, const char *what)
{
	if (capacity && now > (uint64_t)capacity * FULL_PERCENT / 100)
		add_warning(s, "the table of %s is %llu %% full: %s", name, 100ull * now / capacity,
			    what);
}

/* When the oldest tables were made; 0: unknown. */
static int64_t loaded_at(const struct status *s)
{
	int64_t at = 0, made;
	struct nolist_meta meta;
	int i;

	for (i = 0; i < kern_instances(s->k); i++) {
		if (kern_meta(s->k, i, &meta) || !meta.created_ns)
			continue;
		made = status_wall_s(s, meta.created_ns);
		at = at && at < made ? at : made;
	}
	return at;
}

/* A quarter more than the interval, since collect and cron take some time. */
static void warn_of_collect(struct status *s)
{
	unsigned int due_s = s->rules->collect_s;
	char age[TEXT_AGE], due[TEXT_AGE];

	if (s->collected_at && s->now - s->collected_at > due_s + due_s / 4)
		add_warning(s, "the last collect was %s ago, and is due every %s",
			    text_age(s->now - s->collected_at, age), text_age(due_s, due));
	else if (!s->collected_at && s->rules->is_collected && s->now - loaded_at(s) > due_s)
		add_warning(s, "nothing was ever collected, but the configuration says "
			       "'collect = yes'");
}

/* The program was detached by someone, or the interface was made anew. */
static void warn_of_interfaces(struct status *s)
{
	int i, j;

	for (i = 0; i < s->rules->interfaces; i++) {
		int ifindex = if_nametoindex(s->rules->interface[i]);

		for (j = 0; j < s->n_ifs && s->ifs[j].ifindex != ifindex; j++)
			;
		if (j == s->n_ifs)
			add_warning(s, "'%s': program not attached, but configured%s",
				    s->rules->interface[i],
				    ifindex ? "" : ": there is no such interface");
	}
}

/* A program without configuration needs no slow path. */
static void warn_of_slow(struct status *s)
{
	int i;

	for (i = 0; i < s->n_ifs; i++)
		if (s->ifs[i].slow == KERN_SLOW_MISSING &&
		    !kern_config(s->k, s->ifs[i].instance, s->conf))
			add_warning(s, "'%s': the slow path is missing (was its pin removed?): "
				       "segments that need it are dropped at a high fake and pass "
				       "elsewhere; load again",
				    s->ifs[i].name);
}

static void warn_of_elsewhere(struct status *s)
{
	unsigned int id = kern_elsewhere(s->k);

	if (id)
		add_warning(s, "program %u uses the tables, and no interface here has it: its "
			       "interface is gone, or was moved to another network namespace", id);
}

static void warn_of_log(struct status *s)
{
	const struct followed *log = &s->log;
	char age[TEXT_AGE];

	if (!s->rules->maillog || !log->looked)
		return;
	if (log->error)
		add_warning(s, "the log '%s' cannot be read: %s", s->rules->maillog, strerror(-log->error));
	else if (log->lost && s->now - log->lost < DAY_S)
		add_warning(s, "the log '%s' was rotated out of reach %s ago: lines may be lost",
			    s->rules->maillog, text_age(s->now - log->lost, age));
}

static void find_warnings(struct status *s)
{
	warn_of_elsewhere(s);
	warn_of_interfaces(s);
	warn_of_slow(s);
	warn_of_table(s, "contacts", s->fill.contacts, s->fill.contacts_max,
		      "when full, the longest idle are forgotten");
	warn_of_table(s, "verified evidence", s->fill.verified, s->fill.verified_max,
		      s->fill.is_lru ? "when full, the longest idle are lost, and no source is "
				       "listed for offences near that"
				     : "when full, no other source gets in, and no source is "
				       "listed for offences near that");
	warn_of_collect(s);
	warn_of_log(s);
}

/* --- for both forms ---------------------------------------------------------- */

long long status_wall_s(const struct status *s, unsigned long long ns)
{
	/* A time that the tables cannot have got from the clock must not overflow. */
	return ns > INT64_MAX / 2 ? INT64_MAX / 1000000000 : ((long long)ns + s->offset) / 1000000000;
}

int status_detached(const struct status *s, int instance,
		    struct nolist_detached d[NOLIST_DETACHED + 1])
{
	unsigned long long from_ns;
	struct nolist_meta meta;
	int i, n = 0;

	if (kern_is_detached(s->k, instance, &from_ns))
		d[n++] = (struct nolist_detached){ from_ns, 0 };
	if (kern_meta(s->k, instance, &meta))
		return n;
	for (i = 0; i < NOLIST_DETACHED; i++)
		if (meta.detached[i].from_ns && meta.detached[i].to_ns)
			d[n++] = meta.detached[i];
	return n;
}

unsigned long long status_evicted(unsigned long long added, unsigned int present)
{
	return added > present ? added - present : 0;
}

struct nolist_mxstats status_mx_count(const struct nolist_stats *t, const struct nolist_slot *slot)
{
	return slot->mx < NOLIST_MX_MAX ? t->mx[slot->mx] : (struct nolist_mxstats){};
}

unsigned long long status_limited(const struct nolist_stats *t)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < NOLIST_ROLES; i++)
		sum += t->contacts_limited[i];
	return sum;
}

unsigned long long status_hour_ns(unsigned int hour)
{
	return hour > 1 ? (hour - 1) * NOLIST_HOUR_NS : 1;
}

unsigned long long status_frames(const struct status *s)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		sum += s->stats.verdict[i];
	return sum;
}

/* Slots with a role, in the order of addresses. */
static int compare_slots(const void *a, const void *b)
{
	const struct nolist_slot *x = a, *y = b;

	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	return addr_compare(&x->addr, &y->addr);
}

int status_mx(struct nolist_config *conf)
{
	int i, n = 0;

	for (i = 0; i < NOLIST_SLOTS; i++)
		if (conf->slot[i].role != NOLIST_NONE && conf->slot[i].role != NOLIST_OWN)
			conf->slot[n++] = conf->slot[i];
	qsort(conf->slot, n, sizeof(*conf->slot), compare_slots);
	return n;
}

bool status_is_silent(const struct nolist_config *conf, int ifindex)
{
	unsigned int i;

	for (i = 0; i < conf->partials && i < NOLIST_PARTIAL_MAX; i++)
		if (conf->partial[i] == (ifindex | NOLIST_WHOLE))
			return true;
	return false;
}

const struct nolist_reply *status_banner(const struct nolist_config *conf)
{
	return &conf->smtp.reply[NOLIST_BANNER];
}

int status_banner_len(const struct nolist_config *conf)
{
	unsigned int len = status_banner(conf)->len;

	return len < 2 || len > NOLIST_TEXT_MAX ? 0 : len - 2;
}

int status_read(struct status *s, const struct conf *rules, const char *pin_dir,
		const char *state_dir)
{
	int error;

	*s = (struct status){ .pin_dir = pin_dir, .state_dir = state_dir, .rules = rules,
			      .now = time(NULL), .conf = calloc(1, sizeof(*s->conf)) };
	if (!s->conf)
		return fail(-ENOMEM, "cannot start");
	error = read_status(s);
	if (error)
		return error;
	read_store(s);
	find_warnings(s);
	return 0;
}

void status_free(struct status *s)
{
	kern_close(s->k);
	while (s->lists)
		free(s->list[--s->lists].path);
	free(s->list);
	free(s->conf);
}
