// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of the configuration: one row each, with the function that takes a value; those
 * of the verdict's rules are in rules.c. The command line's options go through the same
 * rows. To add a key: its row with its default, its field in conf.h, its lines in
 * scripts/nolist-xdp.conf and user/nolist-xdp.8, and its cases in selftests/unit/conf.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/domain_set.h"
#include "user/base/duration.h"
#include "user/base/text.h"
#include "user/config/conf.h"
#include "user/config/given.h"
#include "user/config/keys_enforce.h"
#include "user/config/keys_gate.h"
#include "user/config/keys_lists.h"
#include "user/config/keys_mx.h"
#include "user/config/keys_share.h"
#include "user/config/keys_tenant.h"
#include "user/config/values.h"
#include "user/base/special_use.h"

#define LIST_MAX 4096 /* values of a list that has no limit of its own */
#define IF_NAME_LEN 15

static int add_text(char ***list, int *n, const char *value)
{
	char *copy;

	if (array_grow(list, *n, sizeof(**list)))
		return -ENOMEM;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	(*list)[(*n)++] = copy;
	return 0;
}

static int add_interface(struct conf *conf, const char *value, const char *where)
{
	if (!*value || strlen(value) > IF_NAME_LEN || strchr(value, '/')) {
		conf_note(conf, true, "%s: '%s' is not an interface name", where, value);
		return -EINVAL;
	}
	if (conf->interfaces >= KERN_IFS_MAX) {
		conf_note(conf, true, "%s: more than %d interfaces", where, KERN_IFS_MAX);
		return -EINVAL;
	}
	return add_text(&conf->interface, &conf->interfaces, value);
}

static int add_low(struct conf *conf, const char *value, const char *where)
{
	return conf_add_mx(conf, NOLIST_LOW, value, where);
}

static int add_real(struct conf *conf, const char *value, const char *where)
{
	return conf_add_mx(conf, NOLIST_REAL, value, where);
}

static int add_high(struct conf *conf, const char *value, const char *where)
{
	return conf_add_mx(conf, NOLIST_HIGH, value, where);
}

static int add_port(struct conf *conf, const char *value, const char *where)
{
	unsigned int port;
	int i;

	if (value_number(value, 1, 65535, &port)) {
		conf_note(conf, true, "%s: '%s' is not a port from 1 to 65535", where, value);
		return -EINVAL;
	}
	for (i = 0; i < conf->ports; i++)
		if (conf->port[i] == port) {
			conf_note(conf, true, "%s: port %u is given twice", where, port);
			return -EINVAL;
		}
	if (conf->ports >= NOLIST_PORT_MAX) {
		conf_note(conf, true, "%s: more than %d ports", where, NOLIST_PORT_MAX);
		return -EINVAL;
	}
	conf->port[conf->ports++] = port;
	return 0;
}

static int set_mode(struct conf *conf, const char *value, const char *where)
{
	static const char *const names[] = {
		[KERN_AUTO] = "auto", [KERN_NATIVE] = "native", [KERN_GENERIC] = "generic",
	};
	int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(value, names[i])) {
			conf->mode = i;
			return 0;
		}
	conf_note(conf, true, "%s: '%s' is not auto, native or generic", where, value);
	return -EINVAL;
}

static int set_reload_time(struct conf *conf, const char *value, const char *where)
{
	return value_set_time(conf, value, where, 1, 3600, &conf->reload_s);
}

static int set_sources(struct conf *conf, const char *value, const char *where)
{
	return value_set_number(conf, value, where, KERN_SOURCES_MIN, KERN_SOURCES_MAX, &conf->sources);
}

static int set_unseen(struct conf *conf, const char *value, const char *where)
{
	return value_set_accepted(conf, value, where, "refuse", &conf->is_unseen_accepted);
}

static int set_dual(struct conf *conf, const char *value, const char *where)
{
	return value_set_accepted(conf, value, where, "excuse", &conf->is_dual_accepted);
}

static int set_pipelined(struct conf *conf, const char *value, const char *where)
{
	return value_set_accepted(conf, value, where, "excuse", &conf->is_pipelined_accepted);
}

static int set_probable(struct conf *conf, const char *value, const char *where)
{
	return value_set_yes_no(conf, value, where, &conf->is_probable_listed);
}

static int set_policy(struct conf *conf, const char *value, const char *where)
{
	int mode = policy_mode_parse(value);

	if (mode < 0) {
		conf_note(conf, true, "%s: '%s' is not warn, header or defer", where, value);
		return -EINVAL;
	}
	conf->policy = mode;
	return 0;
}

static int set_path(struct conf *conf, const char *value, const char *where, char **path)
{
	char *copy;

	if (*value != '/') {
		conf_note(conf, true, "%s: '%s' is not the absolute path of a file", where, value);
		return -EINVAL;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*path);
	*path = copy;
	return 0;
}

static int set_policy_except(struct conf *conf, const char *value, const char *where)
{
	return set_path(conf, value, where, &conf->policy_except);
}

static int set_key_file(struct conf *conf, const char *value, const char *where)
{
	return set_path(conf, value, where, &conf->key_file);
}

static int add_throttle(struct conf *conf, const char *value, const char *where)
{
	if (throttle_parse(value, conf->throttle))
		return 0;
	conf_note(conf, true, "%s: '%s' is not 'NUMBER recipients|connections source|network'", where, value);
	return -EINVAL;
}

static int set_name(struct conf *conf, const char *value, const char *where)
{
	return value_set_text(conf, value, where, DIALOGUE_NAME_MAX, false, &conf->name);
}

static int set_tempfail_text(struct conf *conf, const char *value, const char *where)
{
	return value_set_text(conf, value, where, DIALOGUE_TEXT_MAX, true, &conf->tempfail_text);
}

static int set_stage(struct conf *conf, const char *value, const char *where)
{
	if (!dialogue_stage_parse(value, &conf->stage))
		return 0;
	conf_note(conf, true, "%s: '%s' is not greeting, mail, rcpt or data", where, value);
	return -EINVAL;
}

static int set_collect(struct conf *conf, const char *value, const char *where)
{
	return value_set_yes_no(conf, value, where, &conf->is_collected);
}

static int set_store_size(struct conf *conf, const char *value, const char *where)
{
	return value_set_number(conf, value, where, 1, 1 << 20, &conf->store_mib);
}

static int set_collect_interval(struct conf *conf, const char *value, const char *where)
{
	return value_set_time(conf, value, where, 1, DAY_S, &conf->collect_s);
}

static int set_dump_interval(struct conf *conf, const char *value, const char *where)
{
	return value_set_time(conf, value, where, 1, DAY_S, &conf->dump_s);
}

static int set_split(struct conf *conf, const char *value, const char *where)
{
	return value_set_yes_no(conf, value, where, &conf->is_split);
}

static int set_teaser(struct conf *conf, const char *value, const char *where)
{
	return value_set_yes_no(conf, value, where, &conf->is_teased);
}

static int set_silence(struct conf *conf, const char *value, const char *where)
{
	if (strcmp(value, "drop") && strcmp(value, "pass")) {
		conf_note(conf, true, "%s: '%s' is not drop or pass", where, value);
		return -EINVAL;
	}
	conf->is_silent = !strcmp(value, "drop");
	return 0;
}

static int set_syn_acks(struct conf *conf, const char *value, const char *where)
{
	return value_set_number(conf, value, where, 0, CONF_ANSWERS_MAX, &conf->syn_acks);
}

static int set_resets(struct conf *conf, const char *value, const char *where)
{
	return value_set_number(conf, value, where, 0, CONF_ANSWERS_MAX, &conf->resets);
}

static int add_file(struct conf *conf, const char *value, const char *where, char ***files, int *n)
{
	if (*value && *n < LIST_MAX)
		return add_text(files, n, value);
	conf_note(conf, true, *value ? "%s: too many files" : "%s: empty name of a file", where);
	return -EINVAL;
}

static int add_allow(struct conf *conf, const char *value, const char *where)
{
	return add_file(conf, value, where, &conf->allow, &conf->allows);
}

static int add_provider(struct conf *conf, const char *value, const char *where)
{
	return add_file(conf, value, where, &conf->provider, &conf->providers);
}

/* A file has a '/' in its name, which no domain has. */
static int add_domain(struct conf *conf, const char *value, const char *where)
{
	const char *why = NULL;
	struct domain d;

	if (!strchr(value, '/'))
		why = domain_parse(value, &d);
	if (!why)
		return add_text(&conf->domain, &conf->domains, value);
	conf_note(conf, true, "%s: '%s' is not a domain: %s", where, value, why);
	return -EINVAL;
}

static int take_prefix(struct conf *conf, const char *value, const char *where, struct prefix *p)
{
	if (!prefix_parse(value, p))
		return 0;
	conf_note(conf, true, "%s: '%s' is not an address or a prefix without host bits", where,
		  value);
	return -EINVAL;
}

static int add_prefix(struct conf *conf, const struct prefix *p, const char *where,
		      struct prefix **list, int *n)
{
	if (*n >= LIST_MAX) {
		conf_note(conf, true, "%s: more than %d prefixes", where, LIST_MAX);
		return -EINVAL;
	}
	if (array_grow(list, *n, sizeof(*p)))
		return -ENOMEM;
	(*list)[(*n)++] = *p;
	return 0;
}

static int add_never_except(struct conf *conf, const char *value, const char *where)
{
	struct prefix p;

	if (take_prefix(conf, value, where, &p))
		return -EINVAL;
	if (!special_use_is_lab(&p)) {
		conf_note(conf, true, "%s: '%s' is not for labs: only documentation, benchmarking, "
				      "private or unique local space is", where, value);
		return -EINVAL;
	}
	return add_prefix(conf, &p, where, &conf->never_except, &conf->never_excepts);
}

/* A typing error must not make tests of the internet's senders. */
#define TEST_IP4_LEN 16
#define TEST_IP6_LEN 32

static int add_test_source(struct conf *conf, const char *value, const char *where)
{
	struct prefix p;

	if (take_prefix(conf, value, where, &p))
		return -EINVAL;
	if (p.len < (addr_is_ip4(&p.addr) ? 96 + TEST_IP4_LEN : TEST_IP6_LEN)) {
		conf_note(conf, true, "%s: '%s' is too wide: an IPv4 /%d or an IPv6 /%d at most",
			  where, value, TEST_IP4_LEN, TEST_IP6_LEN);
		return -EINVAL;
	}
	return add_prefix(conf, &p, where, &conf->test_source, &conf->test_sources);
}

/*
 * Every key of the file except the rules of the verdict, which are in rule_table;
 * scripts/nolist-xdp.conf documents each.
 */
static const struct key {
	const char *name;
	int (*take)(struct conf *conf, const char *value, const char *where);
	bool is_list;
	const char *initial; /* what holds where it is not given; NULL: nothing */
} keys[] = {
	{ "interface", add_interface, true, NULL },
	{ "low", add_low, true, NULL },
	{ "real", add_real, true, NULL },
	{ "high", add_high, true, NULL },
	{ "port", add_port, true, "25" },
	{ "mode", set_mode, false, "auto" },
	{ "sources", set_sources, false, "262144" },
	{ "name", set_name, false, NULL },
	{ "tempfail-text", set_tempfail_text, false, DIALOGUE_TEXT_DEFAULT },
	{ "stage", set_stage, false, "data" },
	{ "collect", set_collect, false, "no" },
	{ "collect-interval", set_collect_interval, false, "5m" },
	{ "dump-interval", set_dump_interval, false, "10m" },
	{ "store-size", set_store_size, false, "1024" },
	{ "key-file", set_key_file, false, NULL },
	{ "split-handshake", set_split, false, "no" },
	{ "teaser", set_teaser, false, "no" },
	{ "silence", set_silence, false, "drop" },
	{ "syn-ack-limit", set_syn_acks, false, "8192" },
	{ "reset-limit", set_resets, false, "0" },
	{ "enforce", conf_set_enforce, false, "off" },
	{ "enforce-list", conf_add_enforce_list, true, NULL },
	{ "enforce-expires", conf_set_enforce_expires, false, "2h" },
	{ "enforce-text", conf_set_enforce_text, false, DIALOGUE_TEXT_LISTED },
	{ "brake", conf_set_brake, false, "10%" },
	{ "low-pass", conf_add_low_pass, true, NULL },
	{ "tarpit", conf_set_tarpit, false, "off" },
	{ "tarpit-from", conf_set_tarpit_from, false, "8" },
	{ "tarpit-lines", conf_set_tarpit_lines, false, "12" },
	{ "gate", conf_set_gate, false, "off" },
	{ "gate-by", conf_set_gate_by, false, "network" },
	{ "gate-low", conf_set_gate_low, false, "7d" },
	{ "gate-window", conf_set_gate_window, false, "6h" },
	{ "domains", add_domain, true, NULL },
	{ "tenants", conf_add_tenant, true, NULL },
	{ "real-mx-unseen", set_unseen, false, "refuse" },
	{ "dual-stack", set_dual, false, "excuse" },
	{ "pipelined-only", set_pipelined, false, "excuse" },
	{ "list-probable", set_probable, false, "yes" },
	{ "policy", set_policy, false, "warn" },
	{ "policy-except", set_policy_except, false, NULL },
	{ "throttle", add_throttle, true, NULL },
	{ "allow", add_allow, true, NULL },
	{ "providers", add_provider, true, NULL },
	{ "never-list-except", add_never_except, true, NULL },
	{ "test-sources", add_test_source, true, NULL },
	{ "list", conf_add_list, true, NULL },
	{ "list-zone", conf_set_zone, false, CONF_LIST_ZONE },
	{ "list-ns", conf_set_ns, false, CONF_LIST_NS },
	{ "list-hostmaster", conf_set_hostmaster, false, CONF_LIST_HOSTMASTER },
	{ "list-reason", conf_set_reason, false, CONF_LIST_REASON },
	{ "list-name", conf_set_list_name, false, CONF_LIST_NAME },
	{ "page-url", conf_set_page_url, false, NULL },
	{ "page-lifts", conf_set_page_lifts, false, NULL },
	{ "origin", conf_set_origin, false, NULL },
	{ "maillog", conf_set_maillog, false, NULL },
	{ "reload-time", set_reload_time, false, "1m" },
	{ "reload-user", conf_add_reload_user, true, NULL },
	{ "share", conf_set_share, false, NULL },
	{ "share-node", conf_set_share_node, false, NULL },
	{ "share-nodes", conf_set_share_nodes, false, NULL },
	{ "share-user", conf_set_share_user, false, NULL },
	{ "share-secret-file", conf_set_share_secret_file, false, NULL },
	{ "share-key-file", conf_set_share_key_file, false, NULL },
	{ "share-list-key", conf_set_share_list_key, false, NULL },
	{ "share-compress", conf_set_share_compress, false, NULL },
	{ "share-leave-out", conf_set_share_leave_out, false, NULL },
	{ "share-weight", conf_set_share_weight, false, NULL },
};

#define KEYS (sizeof(keys) / sizeof(*keys))

const char *conf_key(unsigned int i)
{
	const struct rule *r;

	if (i < KEYS)
		return keys[i].name;
	for (r = rule_table, i -= KEYS; r->name && i; r++, i--)
		;
	return r->name;
}

/* A key's number, with the rules of the verdict last; -1: there is no such key. */
int conf_key_find(const char *name)
{
	const struct rule *r;
	size_t i;

	for (i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return i;
	for (r = rule_table; r->name; r++, i++)
		if (!strcmp(r->name, name))
			return i;
	return -1;
}

bool conf_key_is_list(unsigned int key)
{
	return key < KEYS && keys[key].is_list;
}

const char *conf_key_default(unsigned int key, char text[CONF_DEFAULT])
{
	const struct rule *r;

	if (key < KEYS)
		return keys[key].initial;
	r = &rule_table[key - KEYS];
	if (!strcmp(r->unit, "s"))
		duration_text(r->initial, text);
	else
		snprintf(text, CONF_DEFAULT, "%u", r->initial);
	return text;
}

static int key_take(struct conf *conf, size_t key, const char *value, const char *where)
{
	const struct rule *r;

	if (key < KEYS)
		return keys[key].take(conf, value, where);
	r = &rule_table[key - KEYS];
	if (!strcmp(r->unit, "s"))
		return value_set_time(conf, value, where, r->min, r->max, rules_value(&conf->rules, r));
	return value_set_number(conf, value, where, r->min, r->max, rules_value(&conf->rules, r));
}

int conf_add(struct conf *conf, const char *name, const char *value, const char *where)
{
	int key = conf_key_find(name), error;

	if (key < 0)
		return -EINVAL;
	error = key_take(conf, key, value, where);
	return error ? error : given_add(conf, key, value, where);
}
