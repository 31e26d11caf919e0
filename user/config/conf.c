// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct conf: its defaults, its notes, and checks of the whole. Pure, so that tests and
 * fuzzers can feed it anything. file.c reads the text; keys.c knows the keys; compile.c
 * turns the result into the program's table.
 */
#define _GNU_SOURCE /* vasprintf */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/config/conf.h"
#include "user/config/given.h"
#include "user/config/keys_enforce.h"
#include "user/config/keys_gate.h"
#include "user/config/keys_lists.h"
#include "user/config/keys_share.h"
#include "user/config/keys_tenant.h"
#include "user/base/log.h"

#define NOTES_MAX 50

static const char *const role_names[NOLIST_ROLES] = {
	[NOLIST_NONE] = "none", [NOLIST_LOW] = "low", [NOLIST_REAL] = "real",
	[NOLIST_HIGH] = "high", [NOLIST_OWN] = "own",
};

const char *conf_role_name(unsigned int role)
{
	return role < NOLIST_ROLES ? role_names[role] : "unknown";
}

int conf_role_parse(const char *name)
{
	int i;

	for (i = 0; i < NOLIST_ROLES; i++)
		if (!strcmp(name, role_names[i]))
			return i;
	return -EINVAL;
}

void conf_note(struct conf *conf, bool is_error, const char *fmt, ...)
{
	struct conf_note *grown;
	va_list ap;

	conf->errors += is_error;
	if (conf->notes >= NOTES_MAX)
		return;
	grown = realloc(conf->note, (conf->notes + 1) * sizeof(*grown));
	if (!grown)
		return;
	conf->note = grown;
	grown += conf->notes;
	grown->is_error = is_error;
	va_start(ap, fmt);
	if (vasprintf(&grown->text, fmt, ap) >= 0)
		conf->notes++;
	va_end(ap);
}

void conf_init(struct conf *conf)
{
	*conf = (struct conf){ .stage = STAGE_DATA, .reload_s = 60, .store_mib = 1024,
			      .is_silent = true, .syn_acks = 8192,
				.is_probable_listed = true,
			      .collect_s = 300, .dump_s = 600, .share_leave_out = -1 };
	rules_init(&conf->rules);
	conf_init_gate(conf);
	conf_init_enforce(conf);
}

void conf_drop_interfaces(struct conf *conf)
{
	while (conf->interfaces)
		free(conf->interface[--conf->interfaces]);
	free(conf->interface);
	conf->interface = NULL;
	given_drop(conf, conf_key_find("interface"));
}

void conf_free(struct conf *conf)
{
	int i;

	conf_drop_interfaces(conf);
	conf_free_lists(conf);
	conf_free_enforce(conf);
	conf_free_share(conf);
	conf_free_tenants(conf);
	for (i = 0; i < conf->providers; i++)
		free(conf->provider[i]);
	free(conf->provider);
	for (i = 0; i < conf->allows; i++)
		free(conf->allow[i]);
	for (i = 0; i < conf->domains; i++)
		free(conf->domain[i]);
	free(conf->domain);
	for (i = 0; i < conf->notes; i++)
		free(conf->note[i].text);
	free(conf->name);
	free(conf->tempfail_text);
	free(conf->test_domain);
	free(conf->allow);
	free(conf->policy_except);
	free(conf->key_file);
	free(conf->note);
	free(conf->mx);
	free(conf->never_except);
	free(conf->test_source);
	given_free(conf);
	*conf = (struct conf){};
}

static int compare_mx(const void *a, const void *b)
{
	return addr_compare(&((const struct conf_mx *)a)->addr, &((const struct conf_mx *)b)->addr);
}

static void check_twice(struct conf *conf)
{
	char text[ADDR_TEXT];
	int i;

	/* In the order of addresses, as status shows them and the mx indexes count. */
	if (conf->mxs)
		qsort(conf->mx, conf->mxs, sizeof(*conf->mx), compare_mx);
	for (i = 1; i < conf->mxs; i++) {
		const struct conf_mx *a = &conf->mx[i - 1], *b = &conf->mx[i];

		if (addr_compare(&a->addr, &b->addr))
			continue;
		addr_text(&b->addr, text);
		if (a->role == b->role)
			conf_note(conf, true, "%s: '%s' is given twice, also at %s", b->where,
				  text, a->where);
		else
			conf_note(conf, true, "%s: '%s' is %s, but %s at %s", b->where, text,
				  conf_role_name(b->role), conf_role_name(a->role), a->where);
	}
	for (i = 1; i < conf->interfaces; i++) {
		int j;

		for (j = 0; j < i && strcmp(conf->interface[i], conf->interface[j]); j++)
			;
		if (j < i)
			conf_note(conf, true, "interface '%s' is given twice", conf->interface[i]);
	}
}

/* Warnings about the roles. Not errors: a site may have only two addresses. */
static void check_roles(struct conf *conf)
{
	int count[2][NOLIST_ROLES] = {}, all[NOLIST_ROLES] = {};
	static const char *const family[] = { "IPv6", "IPv4" };
	int i, f;

	for (i = 0; i < conf->mxs; i++) {
		if (conf->mx[i].tenant)
			continue;
		count[addr_is_ip4(&conf->mx[i].addr)][conf->mx[i].role]++;
		all[conf->mx[i].role]++;
	}
	if (!conf->mxs)
		return; /* check_host() says so, and load refuses it */
	if (!all[NOLIST_LOW])
		conf_note(conf, false,
			  "no low fake: senders that skip the first MX cannot be recognized");
	if (!all[NOLIST_REAL])
		conf_note(conf, false, "no real MX: without its alibis no source can be listed");
	if (!all[NOLIST_HIGH])
		conf_note(conf, false, "no high fake: no source can be listed");
	for (f = 0; f < 2; f++)
		if (all[NOLIST_REAL] && count[f][NOLIST_HIGH] && !count[f][NOLIST_REAL])
			conf_note(conf, false,
				  "a high fake over %s, but no real MX there: good senders that "
				  "use %s would look like bots",
				  family[f], family[f]);
	for (f = 0; f < 2; f++)
		if (count[f][NOLIST_HIGH] && count[f][NOLIST_REAL] && !count[f][NOLIST_LOW] &&
		    (count[!f][NOLIST_LOW] || count[!f][NOLIST_REAL]) && !conf->is_dual_accepted)
			conf_note(
				conf, false,
				"a high fake over %s, but no low fake there: no source is listed over it, "
				"since a sender that tries the MXes over %s as well could look like a bot "
				"(dual-stack)",
				family[f], family[!f]);
	if (count[0][NOLIST_LOW] > 1 || count[1][NOLIST_LOW] > 1)
		conf_note(conf, false,
			  "more than one low fake address: each delays good mail, and some senders "
			  "try no more than two");
	for (i = 0; i < conf->ports && conf->port[i] != NOLIST_SMTP_PORT; i++)
		;
	if (i == conf->ports)
		conf_note(conf, false, "port %d is not among the ports: the fakes are not seen "
				       "by mail",
			  NOLIST_SMTP_PORT);
	if (conf->ports > 1 && !all[NOLIST_LOW] && !all[NOLIST_HIGH])
		conf_note(conf, false, "further ports are for fakes: at the real MX only port %d "
				       "counts",
			  NOLIST_SMTP_PORT);
}

/* At the stages before RCPT a dialogue is tempfailed before any domain is named. */
static void check_stage(struct conf *conf)
{
	const char *stage = conf->stage == STAGE_GREETING ? "greeting" : "mail";

	if (conf->is_teased && conf->stage == STAGE_GREETING)
		conf_note(conf, true,
			  "%s: 'stage = greeting' tempfails with one line, so it cannot go with 'teaser'",
			  given_where(conf, "stage", stage));
	if (!conf->domains || conf->stage > STAGE_MAIL)
		return;
	conf_note(conf, true,
		  "%s: 'stage = %s' tempfails before a recipient is named, so it cannot go with "
		  "'domains' at %s: use rcpt or data",
		  given_where(conf, "stage", stage), stage,
		  given_where(conf, "domains", conf->domain[0]));
}

int conf_check(struct conf *conf)
{
	if (!conf->ports)
		conf->port[conf->ports++] = NOLIST_SMTP_PORT;
	check_twice(conf);
	check_stage(conf);
	conf_check_tenants(conf);
	if (!conf->errors)
		check_roles(conf);
	if (!conf->errors)
		conf_check_gate(conf);
	if (conf->rules.origin_wait_s && !conf->origin)
		conf_note(conf, false, "origin-wait does nothing without 'origin'");
	if (!conf->errors)
		conf_check_enforce(conf);
	return conf->errors ? -EINVAL : 0;
}

void conf_print_notes(const struct conf *conf, bool is_all)
{
	int i;

	for (i = 0; i < conf->notes; i++) {
		if (conf->note[i].is_error)
			errx("%s", conf->note[i].text);
		else if (is_all)
			warn("%s", conf->note[i].text);
	}
	if (conf->errors && conf->notes == NOTES_MAX)
		errx("%d errors in all", conf->errors);
}

int conf_open(struct conf *conf, const char *file)
{
	int ret;

	conf_init(conf);
	if (!file && access(DEFAULT_CONF, F_OK))
		return conf_check(conf);
	ret = conf_read(conf, file ? file : DEFAULT_CONF);
	if (ret && !conf->errors)
		return conf_unreadable(file ? file : DEFAULT_CONF, ret);
	return conf_check(conf);
}
