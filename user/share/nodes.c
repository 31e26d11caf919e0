// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the file of nodes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/share/nodes.h"

#define FILE_MAX (1u << 20)
#define BLANKS " \t\r"

static bool is_known(const struct nodes *nodes, const char *name)
{
	size_t i;

	for (i = 0; i < nodes->n; i++)
		if (!strcmp(nodes->node[i].name, name))
			return true;
	return false;
}

static unsigned int voice_of(const struct nodes *nodes, const char *operator)
{
	unsigned int voices = 0;
	size_t i;

	for (i = 0; i < nodes->n; i++) {
		if (!strcmp(nodes->node[i].operator, operator))
			return nodes->node[i].voice;
		if (nodes->node[i].voice >= voices)
			voices = nodes->node[i].voice + 1;
	}
	return voices;
}

static int add_operator(struct nodes *nodes, const struct node *node)
{
	struct operator *o;

	if (node->voice < nodes->operators)
		return 0;
	if (array_grow(&nodes->operator, nodes->operators, sizeof(*nodes->operator)))
		return -ENOMEM;
	o = &nodes->operator[nodes->operators++];
	*o = (struct operator){};
	snprintf(o->name, sizeof(o->name), "%s", node->operator);
	return 0;
}

static int take_line(char *line, unsigned int number, void *arg)
{
	struct nodes *nodes = arg;
	char *rest, *name = strtok_r(line, BLANKS, &rest), *operator = strtok_r(NULL, BLANKS, &rest);
	char *key = operator ? strtok_r(NULL, BLANKS, &rest) : NULL;
	uint8_t public[KEY_BYTES] = {};
	bool is_muted = *name == '!';
	struct node *node;

	(void)number;
	name += is_muted;
	if (operator && !strcmp(operator, "-"))
		operator = NULL;
	if (key && (sign_key_parse(key, public) || strtok_r(NULL, BLANKS, &rest)))
		return -EINVAL;
	if (!node_name_is(name) || is_known(nodes, name) ||
	    (operator && !node_name_is(operator)) || nodes->n == NODES_MAX)
		return -EINVAL;
	if (array_grow(&nodes->node, nodes->n, sizeof(*nodes->node)))
		return -ENOMEM;
	node = &nodes->node[nodes->n];
	snprintf(node->name, sizeof(node->name), "%s", name);
	/* A node without one is nobody else's: a name that no operator can have. */
	snprintf(node->operator, sizeof(node->operator), "%s%s", operator ? "" : "=",
		 operator ? operator : name);
	node->voice = voice_of(nodes, node->operator);
	node->has_key = key;
	node->is_muted = is_muted;
	memcpy(node->key, public, sizeof(public));
	node->seen = 0;
	nodes->has_operators |= operator != NULL;
	nodes->n++;
	return add_operator(nodes, node);
}

int nodes_read(struct nodes *nodes, const char *file)
{
	struct lines_bad bad = {};
	char *text;
	size_t size;
	int error;

	*nodes = (struct nodes){};
	if (!file) {
		fail_usage("the configuration does not say which nodes are judged");
		return fail_hint("share-nodes = FILE: the name of a node a line, and its operator");
	}
	error = lines_read(file, FILE_MAX, &text, &size);
	if (error)
		return fail(error, "cannot read '%s'", file);
	error = lines_each(text, size, take_line, nodes, &bad);
	free(text);
	if (error)
		return fail(error, "cannot read '%s'", file);
	/* A node that is left out would be a gap that nobody knows of. */
	if (bad.count) {
		fail_usage("%s:%u: this is no node, or the node is there twice", file,
			   bad.first);
		return fail_hint("NODE, NODE OPERATOR, or NODE OPERATOR KEY, with '-' for no operator");
	}
	return nodes->n ? 0 : fail_usage("'%s' names no node", file);
}

void nodes_free(struct nodes *nodes)
{
	free(nodes->node);
	free(nodes->operator);
	*nodes = (struct nodes){};
}
