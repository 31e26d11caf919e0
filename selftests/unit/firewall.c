// SPDX-License-Identifier: GPL-2.0-only
/*
 * A rule set whose chains lead to each other many times over is given up at once, for all
 * addresses, and said to be. Why it matters: load asks the firewall at each boot, and each
 * further chain would double the time.
 */
#include <time.h>

#include "selftests/lib/tap.h"
#include "user/check/firewall.c"

#define CHAINS 15
#define JUMPS 8 /* from each chain to the next */

static void add(json_t *items, json_t *item)
{
	if (!item || json_array_append_new(items, item))
		tap_die("json");
}

static json_t *chains(int jumps)
{
	json_t *items = json_array();
	char name[16], next[16];
	int i, j;

	add(items, json_pack("{s:{s:s,s:s,s:s,s:s,s:s,s:i,s:s}}", "chain", "family", "inet", "table",
			     "t", "name", "c0", "type", "filter", "hook", "input", "prio", 0, "policy",
			     "accept"));
	for (i = 0; i < CHAINS; i++)
		for (j = 0; j < jumps; j++) {
			snprintf(name, sizeof(name), "c%d", i);
			snprintf(next, sizeof(next), "c%d", i + 1);
			add(items, json_pack("{s:{s:s,s:s,s:s,s:i,s:[{s:{s:s}}]}}", "rule", "family", "inet",
					     "table", "t", "chain", name, "handle", j, "expr", "jump",
					     "target", next));
		}
	return items;
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

int main(void)
{
	static struct conf_mx mx[NOLIST_MX_MAX];
	struct conf conf = { .mx = mx, .mxs = NOLIST_MX_MAX, .port = { 25 }, .ports = 1 };
	struct findings to = {};
	json_t *items = chains(1);
	double began;
	int i;

	for (i = 0; i < NOLIST_MX_MAX; i++)
		mx[i] = (struct conf_mx){ .addr.b = { [10] = 0xff, 0xff, 192, 0, 2, i }, .role = NOLIST_LOW };
	tap_ok(check_fakes(&to, items, "eth0", &conf) && to.n == 1 && to.f[0].grade == GRADE_OK,
	       "a chain of chains is followed to its end");
	json_decref(items);

	items = chains(JUMPS);
	began = seconds();
	to.n = 0;
	tap_ok(!check_fakes(&to, items, "eth0", &conf) && to.n == 1 && to.f[0].grade == GRADE_NOTE &&
		       strstr(to.f[0].text, "too often to be followed"),
	       "chains that lead to each other many times over are given up, once");
	tap_ok(seconds() - began < 2, "at once: %.2f s", seconds() - began);
	json_decref(items);
	free(to.f);
	return tap_done();
}
