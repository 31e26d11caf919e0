// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge's note of which push of each node it has judged by last: an older one is a replay.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/share/nodes.h"
#include "user/share/note.h"

#define NOTE "share.seen"

static int take_line(char *line, unsigned int number, void *arg)
{
	struct nodes *nodes = arg;
	char *blank = strchr(line, ' ');
	size_t i;

	(void)number;
	if (!blank)
		return -EINVAL;
	*blank = '\0';
	for (i = 0; i < nodes->n; i++)
		if (!strcmp(nodes->node[i].name, line))
			nodes->node[i].seen = strtoll(blank + 1, NULL, 10);
	return 0;
}

int nodes_seen_read(struct nodes *nodes, const char *state_dir)
{
	return note_read(state_dir, NOTE, take_line, nodes);
}

static void put_nodes(struct writer *w, const void *arg)
{
	const struct nodes *nodes = arg;
	size_t i;

	for (i = 0; i < nodes->n; i++) {
		put_text(w, nodes->node[i].name);
		put_char(w, ' ');
		put_number(w, nodes->node[i].seen);
		put_char(w, '\n');
	}
}

int nodes_seen_write(const struct nodes *nodes, const char *state_dir, int64_t now)
{
	return note_write(state_dir, NOTE, now, put_nodes, nodes);
}
