// SPDX-License-Identifier: GPL-2.0-only
/*
 * check: shows what load would find at the interfaces, before anything is attached: each
 * finding with its grade and a hint that helps.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/check/check.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/config/key_file.h"
#include "user/cmd/interfaces.h"
#include "user/enforce/low_pass.h"
#include "user/lists/configured.h"
#include "user/base/duration.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/base/version.h"

enum { OPT_JSON = 256, OPT_PROVIDERS };

#define ASK_MS 9000 /* for the real MX to answer: postscreen lets a client wait for 6 s */

static const struct cmd_option opts[] = {
	CONF_ARGS_FILE,
	CONF_ARGS_INTERFACE,
	CONF_ARGS_OPTIONS,
	{ "providers", OPT_PROVIDERS, "FILE", "only check that each line of FILE can be used" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

static int take_options(struct conf_args *args, bool *is_json, const char **providers, int argc,
			char **argv)
{
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		if (c == OPT_PROVIDERS)
			*providers = optarg;
		else if (!conf_args_take(args, c, optarg))
			*is_json = true;
	if (!c)
		conf_args_interfaces(args, argc, argv);
	return c;
}

/* Notes of the configuration, and errors in its files, are findings as well. */
static void add_notes(struct findings *found, const struct conf *conf)
{
	struct files f = { .state_dir = options.state_dir };
	struct domain_set domains;
	struct nolist_key key;
	int i;

	if (configured_check_all(conf, &f))
		find(found, GRADE_REFUSES, "configuration", "", "%s", failure_last()->what);
	if (files_domains(&domains, conf, &f))
		find(found, GRADE_REFUSES, "configuration", "", "%s", failure_last()->what);
	domain_set_free(&domains);
	for (i = 0; i < (int)conf->tenants; i++) {
		if (files_tenant_domains(&domains, conf, i, &f))
			find(found, GRADE_REFUSES, "configuration", "", "%s", failure_last()->what);
		domain_set_free(&domains);
	}
	if (conf->key_file && key_file_read(conf->key_file, &key))
		find(found, GRADE_REFUSES, "configuration", "", "%s", failure_last()->what);
	for (i = 0; i < f.notes; i++) {
		find(found, GRADE_WARNING, "configuration", "", "%s", f.note[i].text);
		find_hint(found, "%s", f.note[i].hint);
	}
	for (i = 0; i < conf->notes; i++)
		find(found, conf->note[i].is_error ? GRADE_REFUSES : GRADE_WARNING, "configuration",
		     "", "%s", conf->note[i].text);
}

/* How much that matters: docs/limits.md. */
static void look_for_domains(struct findings *found, const struct conf *conf)
{
	int i;

	for (i = 0; i < conf->mxs && conf->mx[i].role != NOLIST_HIGH; i++)
		;
	if (i == conf->mxs || conf->domains)
		return;
	find(found, GRADE_WARNING, "configuration", "",
	     "no 'domains': anyone can point the MX of their own domain at a high fake, and so have mail "
	     "servers listed that leave without QUIT, as some good ones do");
	find_hint(found, "domains = { example.com, /etc/nolist-xdp.domains }: the domains whose mail you "
			 "accept");
}

/* Evidence has the first and the last offence of an hour: what was due by the first is forgotten then. */
static void look_at_grace(struct findings *found, const struct conf *conf)
{
	char grace[DURATION_TEXT];

	if (conf->rules.grace_s >= HOUR_S)
		return;
	find(found, GRADE_WARNING, "configuration", "",
	     "'grace' is %s: a second offence in the same hour starts it again, so that a source that is "
	     "listed already comes off the list until it is over", duration_text(conf->rules.grace_s, grace));
	find_hint(found, "grace = 1h, or longer; less is for trying it out");
}

#define LOOSE_IP4 (96 + 16)
#define LOOSE_IP6 32

/* The widest of an address family; NULL: there is none. */
static const struct prefix *widest(const struct low_pass *l, bool is_ip4)
{
	const struct prefix *w = NULL;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (addr_is_ip4(&l->prefix[i].addr) == is_ip4 && (!w || l->prefix[i].len < w->len))
			w = &l->prefix[i];
	return w;
}

/* Who is a stranger to "low-pass" is refused by the program, as test proves; how many are none? */
static void look_at_low_pass(struct findings *found, const struct conf *conf)
{
	const struct prefix *w;
	char text[ADDR_TEXT];
	struct low_pass l;
	int i;

	if (!conf->low_passes || low_pass_read(&l, conf))
		return;
	for (i = 0; i < 2; i++) {
		w = widest(&l, !i);
		if (!w || w->len >= (i ? LOOSE_IP6 : LOOSE_IP4))
			continue;
		find(found, GRADE_WARNING, "low-pass", prefix_text(w, text),
		     "'low-pass' has %s: to so many the low fake is a mail server like any other", text);
		find_hint(found, "name the networks of the senders that \"nolist-xdp show --lost\" shows");
	}
	find(found, GRADE_NOTE, "low-pass", "", "networks that 'low-pass' lets through: %zu; anybody else is refused "
	     "at a low fake by the program", l.n);
	find_hint(found, "\"nolist-xdp test\" proves that, with a stranger's frames or from another host");
	low_pass_free(&l);
}

static int look(struct findings *found, const struct conf *conf)
{
	int ifindex[KERN_IFS_MAX], n = 0, i, ret;
	char text[200];
	struct check_site site = { .conf = conf, .ifindex = ifindex, .pin_dir = options.pin_dir,
				   .is_enforced = configured_is_enforced(conf), .ask_ms = ASK_MS };

	for (i = 0; i < conf->interfaces && n < KERN_IFS_MAX; i++) {
		ifindex[n] = if_nametoindex(conf->interface[i]);
		n += !!ifindex[n];
	}
	site.ifs = n;
	ret = check_all(found, &site);
	for (i = 0; i < conf->interfaces; i++) {
		if (if_nametoindex(conf->interface[i]))
			continue;
		find(found, GRADE_REFUSES, "link", conf->interface[i], "there is no such interface");
		cmd_interface_hint(conf->interface[i], text, sizeof(text));
		find_hint(found, "%s", text);
	}
	add_notes(found, conf);
	find(found, GRADE_NOTE, "zone", "", "\"nolist-xdp lint DOMAIN\" shows what senders make of the MX "
					    "records");
	look_for_domains(found, conf);
	look_at_grace(found, conf);
	look_at_low_pass(found, conf);
	return ret;
}

static void print_text(const struct findings *found)
{
	int i;

	for (i = 0; i < found->n; i++) {
		const struct finding *f = &found->f[i];

		printf("%-7s  ", grade_names[f->grade]);
		text_name(f->subject, 15);
		printf("  %-13s  ", f->about);
		text_name(f->text, 0);
		if (*f->hint) {
			printf("\n%-7s  %-15s  %-13s  ", "", "", "hint:");
			text_name(f->hint, 0);
		}
		putchar('\n');
	}
}

static int print_json(const struct findings *found)
{
	static struct writer out;
	struct writer *o = &out;
	int i;

	writer_open(o, writer_stdout, NULL);
	json_open(o, NULL, '{');
	json_begin(o, "check");
	json_text(o, "version", nolist_version);
	json_number(o, "errors", findings_errors(found));
	json_number(o, "refuses", findings_count(found, GRADE_REFUSES));
	json_number(o, "warnings", findings_count(found, GRADE_WARNING));
	json_open(o, "findings", '[');
	for (i = 0; i < found->n; i++) {
		const struct finding *f = &found->f[i];

		json_open(o, NULL, '{');
		json_text(o, "grade", grade_names[f->grade]);
		json_bool(o, "refused", f->grade == GRADE_REFUSES);
		json_text(o, "subject", f->subject);
		json_text(o, "about", f->about);
		json_text(o, "text", f->text);
		json_text_or_none(o, "hint", f->hint);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	return writer_flush(o);
}

static int check(const struct conf *conf, bool is_json)
{
	struct findings found = {};
	int ret, status;

	if (!conf->interfaces) {
		errx("no interface given");
		hint("\"nolist-xdp check IFACE\", or 'interface' in the configuration file");
		return EXIT_USAGE;
	}
	ret = look(&found, conf);
	if (ret) {
		err(ret, "cannot check the host");
		free(found.f);
		return EXIT_FAILED;
	}
	if (!is_json)
		print_text(&found);
	else if (print_json(&found))
		errx("cannot write all of the output");
	status = findings_errors(&found) ? EXIT_FAILED : EXIT_DONE;
	free(found.f);
	return status;
}

/* For scripts that make such files; asks neither the kernel nor a configuration. */
static int prove(const char *providers)
{
	int error = files_prove_providers(providers);

	return error ? cmd_failed(error) : EXIT_DONE;
}

int cmd_check(int argc, char **argv)
{
	const char *providers = NULL;
	struct conf_args args;
	struct conf conf;
	bool is_json = false;
	int c, status;

	if (conf_args_init(&args, argc)) {
		err(-ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	c = take_options(&args, &is_json, &providers, argc, argv);
	if (c < 0 || providers) {
		conf_args_free(&args);
		return c < 0 ? -1 - c : prove(providers);
	}
	status = conf_args_read(&args, &conf);
	if (status)
		conf_print_notes(&conf, true);
	else
		status = check(&conf, is_json);
	conf_free(&conf);
	conf_args_free(&args);
	return status;
}
