// SPDX-License-Identifier: GPL-2.0-only
/*
 * unload: detaches. The evidence stays pinned, unless --purge drops it; then unload prints
 * how much that was.
 */
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/kernel/kern.h"
#include "user/base/log.h"

enum { OPT_PURGE = 256 };

static const struct cmd_option opts[] = {
	{ "interface", 'i', "IFACE", "only from this one; may be given several times" },
	{ "purge", OPT_PURGE, NULL, "drop the tables' evidence as well, and print how much" },
	{}
};

static int purge(bool is_unloaded)
{
	unsigned int contacts, verified;
	int ret;

	ret = kern_purge(options.pin_dir, &contacts, &verified);
	if (ret == -ENOENT && is_unloaded) {
		printf("no evidence was pinned\n");
		return EXIT_DONE;
	}
	if (ret)
		return cmd_failed(ret);
	printf("dropped sources: %u with contacts, %u with verified evidence\n", contacts,
	       verified);
	return EXIT_DONE;
}

/* Reports evidence of tables without pins, which is gone after the last detach. */
static void print_gone(const struct kern_gone *gone, bool is_purge)
{
	printf("dropped sources, of tables that were not pinned: %u with contacts, %u with "
	       "verified "
	       "evidence\n",
	       gone->contacts, gone->verified);
	if (is_purge)
		return;
	warn("'%s' held no pins of them, so their evidence is gone", options.pin_dir);
	hint("\"nolist-xdp load\" pins the tables that it configures");
}

static int unload(const int *ifindex, int ifs, bool is_purge)
{
	struct kern_gone gone;
	int ret = kern_unload(options.pin_dir, ifindex, ifs, is_purge, &gone);

	if (ret == -ENOENT && is_purge && !ifs)
		return purge(false);
	if (ret < 0)
		return cmd_failed(ret);
	printf("detached from %d interface%s\n", ret, ret == 1 ? "" : "s");
	if (gone.tables)
		print_gone(&gone, is_purge);
	return is_purge ? purge(true) : EXIT_DONE;
}

int unload_run(void)
{
	return unload(NULL, 0, false);
}

int cmd_unload(int argc, char **argv)
{
	int ifindex[KERN_IFS_MAX], ifs = 0, c;
	bool is_purge = false;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == OPT_PURGE) {
			is_purge = true;
			continue;
		}
		if (ifs == KERN_IFS_MAX) {
			errx("more than %d interfaces", KERN_IFS_MAX);
			return EXIT_USAGE;
		}
		ifindex[ifs] = if_nametoindex(optarg);
		if (!ifindex[ifs++]) {
			err(-ENODEV, "cannot detach from '%s'", optarg);
			return EXIT_FAILED;
		}
	}
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	return unload(ifindex, ifs, is_purge);
}
