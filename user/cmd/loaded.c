// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a load has done, as the kernel says it afterwards: a line for each interface, and what
 * stays as it was.
 */
#include <stdio.h>

#include "user/base/duration.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/loaded.h"

static void say_interface(const struct kern_if *f, const struct kern_done *done)
{
	static const char *const actions[] = {
		[KERN_ATTACHED] = "attached",
		[KERN_REPLACED] = "program replaced",
		[KERN_ADOPTED] = "adopted",
		[KERN_RECONFIGURED] = "reconfigured",
	};

	text_name(f->name, 0);
	printf(": %s, %s mode, %s%s%s%s\n", actions[done->action],
	       f->mode == KERN_GENERIC ? "generic" : "native",
	       f->is_shared ? "beside others" : "alone", *done->why ? " (" : "", done->why,
	       *done->why ? ")" : "");
}

/* Settings of existing tables that differ from the configuration do not change. */
static void say_tables(const struct loaded *l, const struct kern *k)
{
	struct kern_tables tables;
	struct kern_fill capacity;
	bool is_other = false;

	if (kern_instances(k) != 1)
		return;
	if (l->conf->sources && !kern_fill(k, &capacity) &&
	    capacity.contacts_max != l->conf->sources) {
		warn("the existing tables have a capacity of %u sources, and keep it",
		     capacity.contacts_max);
		is_other = true;
	}
	if (!kern_tables(k, 0, &tables) && tables.is_lru == l->conf->is_collected) {
		warn("the existing table of verified evidence is for 'collect = %s', and stays so",
		     tables.is_lru ? "no" : "yes");
		is_other = true;
	}
	if (is_other)
		hint("for new ones run \"nolist-xdp unload --purge\", then load");
}

/* Reports tables of an older version that this load, or an earlier one, has found. */
static void say_older(const struct loaded *l, const struct kern *k)
{
	int i;

	for (i = 0; i < kern_instances(k); i++)
		if (kern_is_replaced(k, i))
			printf("tables of an older version stay beside the new ones%s\n",
			       l->conf->is_collected ? ", until collect has stored them" : "");
}

/* What was done is asked of the kernel, so that it is what is so. */
int loaded_say(const struct loaded *l)
{
	const struct kern_if *ifs;
	char text[DURATION_TEXT];
	struct kern *k;
	int i, j, n, error = kern_open(&k, options.pin_dir);

	if (error) {
		failure_print(failure_of(error));
		warn("all is in force, but it cannot be shown");
		return EXIT_WARNED;
	}
	n = kern_ifs(k, &ifs);
	for (i = 0; i < l->ifs; i++)
		for (j = 0; j < n; j++)
			if (ifs[j].ifindex == l->ifindex[i])
				say_interface(&ifs[j], &l->done[i]);
	if (l->own_left)
		warn("%d addresses of this host do not fit into the table: segments that forge "
		     "them are answered",
		     l->own_left);
	say_tables(l, k);
	say_older(l, k);
	if (l->probation_s)
		printf("on probation: detaches in %s, unless you run \"nolist-xdp load "
		       "--confirm\"\n",
		       duration_text(l->probation_s, text));
	kern_close(k);
	return EXIT_DONE;
}
