// SPDX-License-Identifier: GPL-2.0-only
/*
 * pardon: keeps an address or a prefix off every list for a time, whatever it does
 * meanwhile; or lists the pardons, or removes them. They are in the store, which is made
 * if there is none.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/base/log.h"
#include "user/enforce/enforce.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/store/store.h"

/* Wider prefixes belong into an allow list, which an administrator maintains and reads. */
#define IP4_LEN_MIN (96 + 16)
#define IP6_LEN_MIN 32

struct pardon {
	const char *conf;
	bool is_list, is_remove, is_json;
	int64_t now, until;
	struct store *store;
	struct prefix *prefix;
	int prefixes;
	struct writer *json;
	size_t listed;
};

/* --- what is pardoned -------------------------------------------------------- */

/* An IPv6 source is a /64: a narrower prefix is widened to it. */
static int parse(const char *text, struct prefix *p)
{
	struct nolist_source src;
	bool is_ip4;

	if (prefix_parse(text, p)) {
		errx("'%s' is not an address, or a prefix without host bits", text);
		return EXIT_USAGE;
	}
	is_ip4 = addr_is_ip4(&p->addr) && p->len >= 96;
	if (p->len < (is_ip4 ? IP4_LEN_MIN : IP6_LEN_MIN)) {
		errx("'%s' is too wide for a pardon: at most an IPv4 /16 or an IPv6 /32", text);
		hint("an allow list may hold it, see 'allow' in the configuration");
		return EXIT_USAGE;
	}
	if (!is_ip4 && p->len > 64) {
		src = addr_source(&p->addr);
		*p = source_prefix(&src);
	}
	return EXIT_DONE;
}

/* Looks for a pardon in force of a wider prefix. */
struct around {
	const struct prefix *prefix;
	int64_t now;
	struct prefix wider;
	bool is_there;
};

static int find_around(const struct store_pardon *p, void *arg)
{
	struct around *a = arg;

	if (p->until > a->now && p->prefix.len < a->prefix->len &&
	    prefix_has(&p->prefix, &a->prefix->addr)) {
		a->wider = p->prefix;
		a->is_there = true;
	}
	return 0;
}

static int not_pardoned(struct pardon *c, const struct prefix *p)
{
	struct around a = { .prefix = p, .now = c->now };
	char text[ADDR_TEXT];

	errx("'%s' is not pardoned", prefix_text(p, text));
	if (c->store && !store_each_pardon(c->store, find_around, &a) && a.is_there)
		hint("it is in '%s', which is", prefix_text(&a.wider, text));
	return EXIT_FAILED;
}

/* Pardons all of them, or none. */
static int change(struct pardon *c)
{
	char text[ADDR_TEXT], time[TEXT_TIME];
	int i, error = store_begin(c->store);

	for (i = 0; i < c->prefixes && !error; i++)
		error = c->is_remove ? store_unpardon(c->store, &c->prefix[i], c->now) :
				       store_pardon(c->store, &c->prefix[i], c->now, c->until);
	if (error == -ENOENT)
		return not_pardoned(c, &c->prefix[i - 1]);
	if (!error)
		error = store_commit(c->store);
	if (error)
		return cmd_failed(error);
	for (i = 0; i < c->prefixes; i++) {
		/* Where it is refused in the driver this ends at once; what fails waits for the next dump. */
		if (!c->is_remove)
			enforce_take_off(options.pin_dir, &c->prefix[i]);
		printf("%s: %s", prefix_text(&c->prefix[i], text),
		       c->is_remove ? "pardon removed\n" : "pardoned until ");
		if (!c->is_remove)
			printf("%s\n", text_time(c->until, time));
	}
	return EXIT_DONE;
}

/* --- the list of pardons ----------------------------------------------------- */

static int list_one(const struct store_pardon *p, void *arg)
{
	char text[ADDR_TEXT], made[TEXT_TIME], until[TEXT_TIME];
	struct pardon *c = arg;

	if (p->until <= c->now)
		return 0;
	prefix_text(&p->prefix, text);
	if (!c->json) {
		if (!c->listed++)
			printf("%-39s  %-20s  %s\n", "PARDONED", "FROM", "UNTIL");
		printf("%-39s  %-20s  %s\n", text, text_time(p->made, made),
		       text_time(p->until, until));
		return 0;
	}
	json_open(c->json, NULL, '{');
	json_text(c->json, "prefix", text);
	json_number(c->json, "since", p->made);
	json_number(c->json, "until", p->until);
	json_close(c->json, '}');
	return 0;
}

static int list_json(struct pardon *c)
{
	int error = 0, failed;

	c->json = malloc(sizeof(*c->json));
	if (!c->json) {
		err(ENOMEM, "cannot write JSON");
		return EXIT_FAILED;
	}
	writer_open(c->json, writer_stdout, NULL);
	json_open(c->json, NULL, '{');
	json_begin(c->json, "pardon");
	json_number(c->json, "time", c->now);
	json_open(c->json, "pardons", '[');
	if (c->store)
		error = store_each_pardon(c->store, list_one, c);
	json_close(c->json, ']');
	json_close(c->json, '}');
	put_char(c->json, '\n');
	if (error) {
		failed = cmd_failed(error);
	} else {
		failed = writer_flush(c->json);
		if (failed)
			err(failed, "cannot write all of the output");
	}
	free(c->json);
	return failed ? EXIT_FAILED : EXIT_DONE;
}

/* Without a store there are no pardons: this is not an error. */
static int list(struct pardon *c)
{
	int error = store_open(&c->store, options.state_dir, STORE_READ);

	if (error && error != -ENOENT)
		return cmd_failed(error);
	if (c->is_json)
		return list_json(c);
	error = c->store ? store_each_pardon(c->store, list_one, c) : 0;
	if (error)
		return cmd_failed(error);
	if (!c->listed)
		info("no pardons in force");
	return EXIT_DONE;
}

/* --- the command line -------------------------------------------------------- */

enum { OPT_LIST = 256, OPT_REMOVE, OPT_JSON };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "list", OPT_LIST, NULL, "print the pardons that are in force" },
	{ "remove", OPT_REMOVE, NULL, "remove the pardon" },
	{ "json", OPT_JSON, NULL, "with --list: one JSON document, for scripts" },
	{}
};

static int take_addresses(struct pardon *c, int argc, char **argv)
{
	int status = EXIT_DONE;

	if (c->is_list ? c->is_remove || optind < argc : c->is_json || optind == argc) {
		errx(c->is_list ? "--list takes no address" :
		     c->is_json ? "--json is for --list" : "no address given");
		return EXIT_USAGE;
	}
	c->prefix = calloc(argc, sizeof(*c->prefix));
	if (!c->prefix) {
		err(ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	for (; optind < argc && !status; optind++)
		status = parse(argv[optind], &c->prefix[c->prefixes++]);
	return status;
}

static int run(struct pardon *c)
{
	struct conf conf;
	int error, status = cmd_conf(&conf, c->conf);

	c->until = c->now + conf.rules.pardon_s;
	conf_free(&conf);
	if (status)
		return status;
	if (c->is_list)
		return list(c);
	/* To remove a pardon, do not make a store if there is none. */
	error = c->is_remove ? store_open(&c->store, options.state_dir, STORE_READ) : 0;
	if (error == -ENOENT)
		return not_pardoned(c, c->prefix);
	store_close(c->store);
	c->store = NULL;
	if (!error)
		error = store_open(&c->store, options.state_dir, STORE_NOTE);
	return error ? cmd_failed(error) : change(c);
}

int cmd_pardon(int argc, char **argv)
{
	struct pardon p = { .now = time(NULL) };
	int c, status;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			p.conf = optarg;
		p.is_list |= c == OPT_LIST;
		p.is_remove |= c == OPT_REMOVE;
		p.is_json |= c == OPT_JSON;
	}
	if (c < 0)
		return -1 - c;
	status = take_addresses(&p, argc, argv);
	if (!status)
		status = run(&p);
	store_close(p.store);
	free(p.prefix);
	return status;
}
