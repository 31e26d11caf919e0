// SPDX-License-Identifier: GPL-2.0-only
/*
 * share: one harvest of many nodes. A program of its own that needs no capability and never opens
 * the kernel's tables, since it links a client of Redis; "nolist-xdp share" starts it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/programs/share.h"
#include "user/lists/lifts.h"
#include "user/share/harvest.h"
#include "user/share/operators.h"
#include "user/share/published.h"
#include "user/share/push.h"

#define LEASE_S HOUR_S /* a judge that is silent for so long has another one in its place */

enum { OPT_AGAIN = 256, OPT_AT, OPT_ALL };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "again", OPT_AGAIN, NULL, "push: also put what is there already" },
	{ "format", 'f', "FORMAT", "judge: write one list; see dump --list-formats (plain)" },
	{ "output", 'o', "FILE", "judge: replace FILE in one step (standard output)" },
	{ "all", OPT_ALL, NULL, "judge: write all lists that the configuration names" },
	{ "at", OPT_AT, "TIME", "judge: as of TIME, for one list" },
	{ "quiet", 'q', NULL, "print only failures" },
	{}
};

/* --- what they have in common ------------------------------------------------------------ */

static int open_all(struct args *a)
{
	struct transport_options o;
	int error, status = cmd_conf(&a->conf, a->file);

	if (status)
		return status;
	a->options.conf = &a->conf;
	a->options.state_dir = options.state_dir;
	a->options.is_keeping = true;
	error = judge_open(&a->judge, &a->options);
	status = cmd_print_files(&a->judge.files) ? EXIT_WARNED : EXIT_DONE;
	o = (struct transport_options){ a->conf.share, a->conf.share_user, a->conf.share_secret_file };
	if (!error && a->conf.share_key_file)
		error = sign_key_read(a->conf.share_key_file, a->key);
	a->has_key = a->conf.share_key_file;
	if (!error)
		error = transport_open(&a->t, &o);
	return error ? cmd_failed(error) : status;
}

/* The worse of two exit statuses of what was done. */
static int worse(int a, int b)
{
	return a ? a : b;
}

static int status_of(enum dump_result result)
{
	return result == DUMP_DONE ? EXIT_DONE : result == DUMP_FAILED ? EXIT_FAILED : EXIT_WARNED;
}

/* Two at once would only do the same twice. */
static int lock(int *fd)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/share.lock", options.state_dir);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return fail(-errno, "cannot open '%s'", path);
	if (!flock(*fd, LOCK_EX | LOCK_NB))
		return 0;
	return failx(-EBUSY, "another \"nolist-xdp share\" is at work here");
}

/* --- push --------------------------------------------------------------------------------- */

static int tell_push(const struct args *a, const struct push *p)
{
	if (p->is_stale) {
		if (!a->dump.is_quiet)
			info("a newer push of '%s' is there already: nothing is put", p->node);
		return EXIT_DONE;
	}
	if (p->has_reread)
		warn("'%s' had a head that this version cannot read: it is replaced", p->node);
	if (p->left_out)
		warn("%zu sources have no room in their bucket, and are left out: no source is listed for "
		     "what it did here", p->left_out);
	if (!a->dump.is_quiet)
		info("'%s' at %s: %zu sources, %zu of %zu blobs were put (%llu of %llu bytes)", p->node,
		     a->conf.share, p->rows, p->put, p->blobs, (unsigned long long)p->put_bytes,
		     (unsigned long long)p->bytes);
	return p->has_reread || p->left_out ? EXIT_WARNED : EXIT_DONE;
}

static int run_push(struct args *a)
{
	char name[NODE_NAME_MAX + 1] = "";
	struct push p = { .node = share_node_name(a, name), .state_dir = options.state_dir,
			  .key = a->has_key ? a->key : NULL,
			  .is_packed = !a->conf.is_share_raw, .is_all = a->is_again };
	struct evidence *evidence = NULL;
	int error;

	if (!p.node) {
		errx("the host name is no name of a node");
		hint("share-node = NAME");
		return EXIT_USAGE;
	}
	error = evidence_open_stored(&evidence, options.state_dir);
	if (!error && !evidence_is_stored(evidence))
		error = failx(-ENOENT, "there is no store in '%s': \"nolist-xdp collect\" makes it",
			      options.state_dir);
	if (error)
		evidence_free(evidence);
	else
		error = judge_take(&a->judge, evidence);
	if (!error)
		error = push_run(&p, a->t, &a->judge);
	return error ? cmd_failed(error) : tell_push(a, &p);
}

/* --- judge -------------------------------------------------------------------------------- */

static bool tell_operators(const struct harvest *h)
{
	const struct nodes *nodes = h->nodes;
	bool is_told = false;
	size_t i;

	for (i = 0; i < nodes->operators && harvest_is_weighed(h); i++) {
		const struct operator *o = &nodes->operator[i];
		const char *name = o->name + (*o->name == '=');

		if (o->is_growing)
			warn("operator '%s' has seen %zu sources offend, more than may be added in a day: "
			     "its offences add no source to the list", name, o->seen);
		else if (o->is_heavy)
			warn("operator '%s' is decisive for %zu listings, more than share-weight allows: "
			     "its offences add no source to the list", name, o->decisive);
		else if (o->is_doubted)
			warn("operator '%s' has seen %zu sources offend of which others acquit %zu: its "
			     "offences add no source to the list",
			     name, o->seen, o->acquitted);
		is_told |= *operator_reason(o);
	}
	return is_told;
}

static int tell_harvest(const struct harvest *h)
{
	bool is_told = tell_operators(h);
	size_t i;

	for (i = 0; i < h->reports; i++) {
		const struct report *r = &h->report[i];

		if (r->alone) {
			warn("node '%s' is muted: its operator alone would take %zu off the list that "
			     "others have seen offend", r->node->name, r->alone);
			is_told = true;
		} else if (r->state != NODE_USED && r->state != NODE_MUTED) {
			warn("node '%s' is left out: %s", r->node->name, node_reasons[r->state]);
		}
	}
	if (!h->unused)
		return is_told ? EXIT_WARNED : EXIT_DONE;
	if (h->used)
		hint("it might excuse any source: no source is added to a list until the node is back, or "
		     "is taken out of the file of nodes");
	return EXIT_WARNED;
}

/* What the look-up page has noted, before the store is read. 0, or a warning's status. */
static int take_lifts(const struct args *a)
{
	const char *file = a->conf.page_lifts;
	struct lifts done;

	if (!file || a->options.at)
		return EXIT_DONE;
	if (lifts_take(file, options.state_dir, a->judge.now, &done)) {
		failure_print(failure_last());
		warn("no listing is lifted by the look-up page");
		return EXIT_WARNED;
	}
	if (done.refused)
		warn("%zu listings are not lifted, though their sources asked for it at the look-up page: "
		     "there were too many of one network, or of all, in a day", done.refused);
	return EXIT_DONE;
}

/* The judge's own store has the pardons and the lifts; there may be none. */
static int take_own(struct args *a)
{
	struct evidence *own = NULL;
	int error = evidence_open_stored(&own, options.state_dir);

	return error ? error : judge_take_own(&a->judge, own);
}

/* 1: another judge makes the list, and this one stands by. */
static int take_lease(struct args *a)
{
	char name[NODE_NAME_MAX + 1] = "", who[TRANSPORT_TEXT], holder[TRANSPORT_TEXT];
	const char *node = share_node_name(a, name);
	int error;

	snprintf(who, sizeof(who), "%s", node ? node : "judge");
	error = transport_lease(a->t, who, LEASE_S, holder);
	if (error || !strcmp(who, holder))
		return error;
	if (!a->dump.is_quiet)
		info("'%s' makes the list: this judge stands by", holder);
	return 1;
}

static int publish(struct args *a)
{
	char file[4096];
	int error, status;

	snprintf(file, sizeof(file), "%s/" LIST_FILE, options.state_dir);
	a->one = (struct list){ .format = format_find("page"), .file = file, .is_private = true };
	status = status_of(dump(&a->judge, &a->one, &a->dump));
	if (status == EXIT_FAILED)
		return status;
	error = published_put(a->t, file, a->has_key ? a->key : NULL);
	return error ? cmd_failed(error) : status;
}

static bool is_published(const struct args *a)
{
	return !a->is_all && !a->format && !a->one.file;
}

static int write_lists(struct args *a)
{
	int error;

	if (is_published(a))
		return publish(a);
	if (!a->is_all) {
		a->one.format = format_find(a->format ? a->format : "plain");
		return status_of(dump(&a->judge, &a->one, &a->dump));
	}
	error = configured_check(&a->conf);
	return error ? cmd_failed(error) : status_of(dump(&a->judge, NULL, &a->dump));
}

static bool has_room(const struct conf *conf)
{
	if (conf->rules.neighbours_ip4 >= BUCKET_LEN_IP4 && conf->rules.neighbours_ip6 >= BUCKET_LEN_IP6)
		return true;
	errx("neighbourhoods wider than an IPv4 /%d or an IPv6 /%d cannot be shared", BUCKET_LEN_IP4,
	     BUCKET_LEN_IP6);
	return false;
}

static int run_judge(struct args *a)
{
	struct nodes nodes;
	struct harvest h = { .t = a->t, .nodes = &nodes, .state_dir = options.state_dir,
			     .j = &a->judge };
	int error, status, lifted;

	if (!has_room(&a->conf))
		return EXIT_USAGE;
	error = is_published(a) ? take_lease(a) : 0;
	if (error)
		return error > 0 ? EXIT_DONE : cmd_failed(error);
	lifted = take_lifts(a);
	error = nodes_read(&nodes, a->conf.share_nodes);
	harvest_take_limits(&h);
	if (!error)
		error = take_own(a);
	if (!error)
		error = nodes_seen_read(&nodes, options.state_dir);
	if (!error)
		error = operators_read(&nodes, options.state_dir);
	if (!error)
		error = harvest_fetch(&h);
	status = tell_harvest(&h);
	if (!error && !a->options.at)
		error = nodes_seen_write(&nodes, options.state_dir, a->judge.now);
	if (!error && !a->options.at && harvest_is_weighed(&h))
		error = operators_write(&nodes, options.state_dir, a->judge.now);
	if (error == -ENODATA)
		failx(error, "there is no node to judge by: lists stay as they are");
	if (!error)
		error = judge_take_given(&a->judge, &h.given);
	status = error ? cmd_failed(error) : worse(worse(write_lists(a), status), lifted);
	harvest_free(&h);
	nodes_free(&nodes);
	return status;
}

/* --- pull --------------------------------------------------------------------------------- */

static int run_pull(struct args *a)
{
	struct evidence *own = NULL;
	struct published p = {};
	uint8_t public[KEY_BYTES];
	int error = configured_check(&a->conf), status;

	if (!error && !a->conf.lists) {
		errx("the configuration names no list");
		hint("list = { \"FORMAT FILE COMMAND...\" }");
		return EXIT_USAGE;
	}
	if (a->conf.share_list_key)
		sign_key_parse(a->conf.share_list_key, public);
	if (!error)
		error = published_get(&p, a->t, a->conf.share_list_key ? public : NULL, a->judge.now);
	if (!error)
		error = published_note(&p, options.state_dir);
	if (!error)
		error = evidence_open_stored(&own, options.state_dir);
	if (!error)
		error = published_take(&p, &a->judge, own);
	status = error ? cmd_failed(error) : status_of(dump(&a->judge, NULL, &a->dump));
	if (p.own && !a->dump.is_quiet)
		info("%zu of the shared list were at this host's real MX, and are not listed here", p.own);
	published_free(&p);
	return status;
}

/* --- the command line --------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	int (*run)(struct args *a);
	bool is_locked; /* one at a time */
	bool is_alone;  /* opens what it needs itself */
	int words;      /* behind it: -1 one or none, 0 none, 1 one */
} verbs[] = {
	{ "push", run_push, true, false, 0 },
	{ "judge", run_judge, true, false, 0 },
	{ "pull", run_pull, true, false, 0 },
	{ "status", share_run_status, false, false, 0 },
	{ "node", share_run_node, false, false, 1 },
	{ "export", share_run_export, false, false, -1 },
	{ "import", share_run_import, false, false, 1 },
	{ "setup", share_run_setup, false, false, 0 },
	{ "key", share_run_key, true, true, 0 },
};
#define VERBS "push, judge, pull, status, node, export, import, setup or key"

static const struct verb *verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	errx("unknown word '%s'", name);
	hint("nolist-xdp share " VERBS);
	return NULL;
}

static int take_option(struct args *a, int c)
{
	switch (c) {
	case 'c':
		a->file = optarg;
		break;
	case 'f':
		a->format = optarg;
		if (format_find(optarg))
			break;
		errx("unknown format '%s'", optarg);
		return EXIT_USAGE;
	case 'o':
		a->one.file = optarg;
		break;
	case 'q':
		a->dump.is_quiet = true;
		break;
	case OPT_AGAIN:
		a->is_again = true;
		break;
	case OPT_ALL:
		a->is_all = true;
		break;
	case OPT_AT:
		return cmd_time(optarg, &a->options.at);
	}
	return EXIT_DONE;
}

/* Options that this command does not have. */
static int check(const struct args *a, const struct verb *v)
{
	bool is_judge = v->run == run_judge, is_one = a->format || a->one.file;

	if (!is_judge && (is_one || a->is_all || a->options.at))
		errx("--format, --output, --all and --at are for \"share judge\"");
	else if (v->run != run_push && a->is_again)
		errx("--again is for \"share push\"");
	else if (a->is_all && is_one)
		errx("--all takes formats and files from the configuration");
	else if (a->options.at && !is_one)
		errx("--at is for one list: it needs --format or --output");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

static int run(struct args *a, const struct verb *v)
{
	int fd = -1, error = v->is_locked ? lock(&fd) : 0;
	int warned = error ? cmd_failed(error) : v->is_alone ? EXIT_DONE : open_all(a), status = warned;

	if (status == EXIT_DONE || status == EXIT_WARNED)
		status = worse(v->run(a), warned);
	transport_close(a->t);
	judge_close(&a->judge);
	conf_free(&a->conf);
	if (fd >= 0)
		close(fd);
	return status;
}

static int cmd_share(int argc, char **argv)
{
	struct args a = {};
	const struct verb *v;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0)
		status = take_option(&a, c);
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (optind == argc) {
		errx("what is to be shared? " VERBS);
		return EXIT_USAGE;
	}
	v = verb_find(argv[optind++]);
	if (v && v->words && optind < argc)
		a.node = argv[optind++];
	if (v && v->words > 0 && !a.node) {
		errx("which node? share %s NODE", v->name);
		return EXIT_USAGE;
	}
	if (!v || !cmd_is_end(argc, argv) || check(&a, v))
		return EXIT_USAGE;
	a.dump.log_max = 0;
	/* A server that closes the connection is an error of a call. */
	signal(SIGPIPE, SIG_IGN);
	return run(&a, v);
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "share", cmd_share,
		  "push|judge|pull|status|node|export|import|setup|key [NODE] [-c FILE] [--again] [--format FORMAT] [--output FILE] [--all] "
		  "[--at TIME] [--quiet]",
		  HELP_SHARE },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
