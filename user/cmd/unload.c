// SPDX-License-Identifier: GPL-2.0-only
/*
 * unload: detaches. The evidence stays pinned, unless --purge drops it; then unload prints
 * how much that was.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "user/cmd/attached.h"
#include "user/cmd/cmd.h"
#include "user/cmd/interfaces.h"
#include "user/kernel/kern.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/store/store.h"

enum { OPT_PURGE = 256 };

static const struct cmd_option opts[] = {
	{ "interface", 'i', "IFACE", "only from this interface; the same as IFACE" },
	{ "purge", OPT_PURGE, NULL, "drop the evidence in the kernel's tables, not that in the store" },
	{}
};

/* What a purge does not drop, and what it has for a consequence. */
static void say_kept(void)
{
	struct store *store;
	char when[TEXT_TIME];
	size_t n;

	if (store_open(&store, options.state_dir, STORE_READ))
		return;
	n = store_count(store, STORE_UNVERIFIED) + store_count(store, STORE_VERIFIED);
	if (n)
		printf("the store in '%s' still has %zu record%s of sources; \"nolist-xdp forget "
		       "--all\" deletes them\n", options.state_dir, n, n == 1 ? "" : "s");
	if (store_collected(store))
		printf("what came after the last collect, at %s, is lost: no source is listed for "
		       "what it did from an hour before that until the next load (the hold 'gaps')\n",
		       text_time(store_collected(store), when));
	store_close(store);
}

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
	printf("dropped from the tables: %u source%s with contacts, %u with verified evidence\n",
	       contacts, contacts == 1 ? "" : "s", verified);
	say_kept();
	return EXIT_DONE;
}

/* Reports evidence of tables without pins, which is gone after the last detach. */
static void print_gone(const struct kern_gone *gone, bool is_purge)
{
	printf("dropped with tables that were not pinned: %u source%s with contacts, %u with "
	       "verified evidence\n",
	       gone->contacts, gone->contacts == 1 ? "" : "s", gone->verified);
	if (is_purge)
		return;
	warn("'%s' held no pins of them, so their evidence is gone", options.pin_dir);
	hint("\"nolist-xdp load\" pins the tables that it configures");
}

/* names: of the interfaces, for those that wonder why it is not attached. */
static int unload(const int *ifindex, const char *const *names, int ifs, bool is_purge)
{
	struct kern_gone gone;
	int ret, status;

	/* First: else "run" could load again in between. */
	attached_note_unload(names, ifs);
	ret = kern_unload(options.pin_dir, ifindex, ifs, is_purge, &gone);
	if (ret == -ENOENT && is_purge && !ifs)
		return purge(false);
	if (ret < 0) {
		status = cmd_failed(ret);
		if (ret != -ENOENT)
			attached_note_load();
		return status;
	}
	printf("detached from %d interface%s\n", ret, ret == 1 ? "" : "s");
	if (gone.elsewhere)
		warn("program %u still uses the tables, at an interface of another network namespace",
		     gone.elsewhere);
	if (gone.tables)
		print_gone(&gone, is_purge);
	return is_purge ? purge(true) : EXIT_DONE;
}

int unload_run(void)
{
	return unload(NULL, NULL, 0, false);
}

struct interfaces {
	const char *name[KERN_IFS_MAX];
	int ifindex[KERN_IFS_MAX], n;
};

static int add_interface(struct interfaces *ifs, const char *name)
{
	if (ifs->n == KERN_IFS_MAX) {
		errx("more than %d interfaces", KERN_IFS_MAX);
		return EXIT_USAGE;
	}
	ifs->name[ifs->n] = name;
	ifs->ifindex[ifs->n] = cmd_interface(name, "detach from");
	return ifs->ifindex[ifs->n++] ? EXIT_DONE : EXIT_FAILED;
}

int cmd_unload(int argc, char **argv)
{
	struct interfaces ifs = {};
	bool is_purge = false;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == OPT_PURGE)
			is_purge = true;
		else
			status = add_interface(&ifs, optarg);
	}
	if (!status && c < 0)
		return -1 - c;
	for (; !status && optind < argc; optind++)
		status = add_interface(&ifs, argv[optind]);
	return status ? status : unload(ifs.ifindex, ifs.name, ifs.n, is_purge);
}
