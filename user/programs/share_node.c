// SPDX-License-Identifier: GPL-2.0-only
/*
 * share: what is said of the nodes, what is carried from place to place, users and keys.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/programs/share.h"
#include "user/share/copy.h"
#include "user/share/harvest.h"
#include "user/share/operators.h"
#include "user/share/setup.h"
#include "user/share/status.h"

const char *share_node_name(const struct args *a, char name[NODE_NAME_MAX + 1])
{
	if (a->conf.share_node)
		return a->conf.share_node;
	return gethostname(name, NODE_NAME_MAX) || !node_name_is(name) ? NULL : name;
}

/* All but evidence of nodes that are gone for ever comes back with their next push. */
static int tell_lasting(struct args *a)
{
	if (transport_lasts(a->t))
		return EXIT_DONE;
	warn("'%s' saves nothing to its disk: after a restart it has nothing until each node has pushed", a->conf.share);
	hint("save 900 1, in its configuration");
	return EXIT_WARNED;
}

/* --- status ------------------------------------------------------------------------------- */

int share_run_status(struct args *a)
{
	struct nodes nodes;
	struct harvest h = { .t = a->t, .nodes = &nodes, .j = &a->judge };
	int error = nodes_read(&nodes, a->conf.share_nodes);

	harvest_take_limits(&h);
	if (!error)
		error = operators_read(&nodes, options.state_dir);
	if (!error)
		error = harvest_heads(&h);
	if (!error)
		error = share_status(&h, a->t, a->judge.now);
	harvest_free(&h);
	nodes_free(&nodes);
	if (error)
		return cmd_failed(error);
	return tell_lasting(a) || h.unused ? EXIT_WARNED : EXIT_DONE;
}

/* --- one node ----------------------------------------------------------------------------- */

/* The one that the command line names, of the file of nodes if there is one. */
static int find_node(const struct args *a, struct node *node)
{
	struct nodes nodes = {};
	int error = 0;
	size_t i;

	*node = (struct node){};
	if (!node_name_is(a->node))
		return fail_usage("'%s' is no name of a node", a->node);
	snprintf(node->name, sizeof(node->name), "%s", a->node);
	if (!a->conf.share_nodes)
		return 0;
	error = nodes_read(&nodes, a->conf.share_nodes);
	for (i = 0; i < nodes.n && strcmp(nodes.node[i].name, a->node); i++)
		;
	if (!error && i == nodes.n)
		error = fail_usage("'%s' does not name '%s'", a->conf.share_nodes, a->node);
	if (!error)
		*node = nodes.node[i];
	nodes_free(&nodes);
	return error;
}

int share_run_node(struct args *a)
{
	struct nodes nodes = {};
	struct harvest h = { .t = a->t, .nodes = &nodes, .j = &a->judge };
	struct node node;
	int error = find_node(a, &node);

	if (!error)
		nodes = (struct nodes){ .node = &node, .n = 1 };
	if (!error)
		error = harvest_heads(&h);
	if (!error)
		error = share_status_node(&h.report[0], a->judge.now);
	harvest_free(&h);
	return error ? cmd_failed(error) : h.unused ? EXIT_WARNED : EXIT_DONE;
}

int share_run_export(struct args *a)
{
	char name[NODE_NAME_MAX + 1] = "";
	const char *node = a->node ? a->node : share_node_name(a, name);
	struct copied done = {};
	int error;

	if (isatty(STDOUT_FILENO)) {
		errx("these are no lines to read");
		hint("nolist-xdp share export >FILE");
		return EXIT_USAGE;
	}
	if (!node || !node_name_is(node))
		error = fail_usage("'%s' is no name of a node", node ? node : "");
	else
		error = copy_out(a->t, node, stdout, &done);
	if (!error && !a->dump.is_quiet)
		info("'%s': %zu sources in %zu blobs, %llu bytes", node, done.rows, done.blobs,
		     (unsigned long long)done.bytes);
	return error ? cmd_failed(error) : EXIT_DONE;
}

int share_run_import(struct args *a)
{
	struct copied done = {};
	struct node node;
	int error = find_node(a, &node);

	if (!error)
		error = copy_in(a->t, &node, stdin, a->judge.now, &done);
	if (error)
		return cmd_failed(error);
	if (a->dump.is_quiet)
		return EXIT_DONE;
	if (done.is_stale)
		info("a newer push of '%s' is there already: nothing is put", node.name);
	else
		info("'%s' at %s: %zu sources, %zu of %zu blobs were put", node.name, a->conf.share, done.rows,
		     done.put, done.blobs);
	return EXIT_DONE;
}

/* --- setup -------------------------------------------------------------------------------- */

/* The place can be reached, and is one that forgets nothing: transport_open() has asked. */
int share_run_setup(struct args *a)
{
	struct nodes nodes;
	int error = nodes_read(&nodes, a->conf.share_nodes), status = EXIT_DONE;

	if (!error && *a->conf.share == '/')
		info("'%s' needs no users: the owner of the directory may write there", a->conf.share);
	else if (!error)
		error = share_setup(&nodes);
	nodes_free(&nodes);
	if (!error)
		status = tell_lasting(a);
	if (!error && !a->conf.share_user && *a->conf.share != '/')
		hint("without a password anybody who reaches '%s' may do anything there: ACL SETUSER default off "
		     "resetpass, once you have a user of your own", a->conf.share);
	return error ? cmd_failed(error) : status;
}

/* --- key ---------------------------------------------------------------------------------- */

/* Makes this host's key, and prints what others need to know of it. */
int share_run_key(struct args *a)
{
	uint8_t public[KEY_BYTES];
	char text[KEY_TEXT];
	int error, status = cmd_conf(&a->conf, a->file);

	if (status)
		return status;
	if (!a->conf.share_key_file) {
		errx("the configuration names no file for the key");
		hint("share-key-file = FILE");
		return EXIT_USAGE;
	}
	error = sign_key_make(a->conf.share_key_file);
	if (!error)
		error = sign_key_read(a->conf.share_key_file, a->key);
	if (error)
		return cmd_failed(error);
	sign_public(a->key, public);
	sign_key_text(public, text);
	puts(text);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}
