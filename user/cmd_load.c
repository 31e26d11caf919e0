// SPDX-License-Identifier: GPL-2.0-only
/*
 * load: a verb. Reads the configuration, looks at the host, and puts both in
 * force; says on stdout what happened to each interface.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "cmd.h"
#include "conf.h"
#include "kern.h"
#include "log.h"

enum { OPT_LOW = 256, OPT_REAL, OPT_HIGH, OPT_PORT, OPT_MODE, OPT_SOURCES, OPT_FORCE };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "interface", 'i', "IFACE", "where to attach; instead of the file's" },
	{ "low", OPT_LOW, "ADDR", "a low fake, besides the file's" },
	{ "real", OPT_REAL, "ADDR", "a real MX, besides the file's" },
	{ "high", OPT_HIGH, "ADDR", "a high fake, besides the file's" },
	{ "port", OPT_PORT, "N", "a port of the fakes, besides the file's (25)" },
	{ "mode", OPT_MODE, "MODE", "auto (native, else generic), native or generic" },
	{ "sources", OPT_SOURCES, "N", "room in each table, when it is made (262144)" },
	{ "force", OPT_FORCE, NULL, "attach also where answers would lose their VLAN tags" },
	{}
};

/* What the command line adds, kept until the file has been read. */
struct addition {
	const char *key, *value, *where;
};

struct load {
	const char *file;
	struct addition *add;
	int adds;
	bool has_interfaces, is_forced;
	struct conf conf;
	struct nolist_addr *own;
	int owns, own_left;
	int ifindex[KERN_IFS_MAX];
	struct kern_done done[KERN_IFS_MAX];
	int ifs;
};

static int take_options(struct load *l, int argc, char **argv)
{
	static const char *const keys[] = { "low", "real", "high", "port", "mode", "sources" };
	static const char *const names[] = { "--low",  "--real", "--high",
					     "--port", "--mode", "--sources" };
	int c;

	l->add = calloc(argc, sizeof(*l->add));
	if (!l->add) {
		err(-ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		switch (c) {
		case 'c':
			l->file = optarg;
			break;
		case 'i':
			l->has_interfaces = true;
			l->add[l->adds++] = (struct addition){ "interface", optarg, "-i" };
			break;
		case OPT_FORCE:
			l->is_forced = true;
			break;
		default:
			l->add[l->adds++] = (struct addition){ keys[c - OPT_LOW], optarg,
							       names[c - OPT_LOW] };
		}
	}
	if (c < 0)
		return c;
	return cmd_is_end(argc, argv) ? 0 : -1 - EXIT_USAGE;
}

static int read_conf(struct load *l)
{
	const char *file = l->file;
	char name[256] = "";
	int i, ret = 0;

	conf_init(&l->conf);
	if (!file && !access(DEFAULT_CONF, F_OK))
		file = DEFAULT_CONF;
	if (file)
		ret = conf_read(&l->conf, file);
	if (ret && !l->conf.errors) {
		err(ret, "cannot read '%s'", file);
		return EXIT_USAGE;
	}
	if (l->has_interfaces)
		conf_drop_interfaces(&l->conf);
	for (i = 0; i < l->adds; i++)
		conf_add(&l->conf, l->add[i].key, l->add[i].value, l->add[i].where);
	if (!l->conf.name && !gethostname(name, sizeof(name) - 1))
		conf_add(&l->conf, "name", name, "host name");
	return conf_check(&l->conf) ? EXIT_USAGE : 0;
}

/* The interfaces that were named; else those that have the program. */
static int find_interfaces(struct load *l)
{
	const struct kern_if *ifs;
	struct kern *k;
	int i, ret;

	for (i = 0; i < l->conf.interfaces; i++) {
		l->ifindex[i] = if_nametoindex(l->conf.interface[i]);
		if (!l->ifindex[i]) {
			err(-ENODEV, "cannot attach to '%s'", l->conf.interface[i]);
			return EXIT_FAILED;
		}
	}
	l->ifs = l->conf.interfaces;
	if (l->ifs)
		return 0;
	ret = kern_open(&k, options.pin_dir);
	if (ret && ret != -ENOENT)
		return cmd_failed(ret);
	if (!ret) {
		l->ifs = kern_ifs(k, &ifs);
		for (i = 0; i < l->ifs; i++)
			l->ifindex[i] = ifs[i].ifindex;
		kern_close(k);
	}
	if (l->ifs)
		return 0;
	errx("to which interface?");
	hint("-i IFACE, or 'interface' in the configuration file");
	return EXIT_USAGE;
}

/* The mode that an interface has, where a load would keep it; else what is asked for. */
static enum kern_mode mode_of(const struct load *l, int ifindex)
{
	enum kern_mode mode = l->conf.mode;
	const struct kern_if *ifs;
	struct kern *k;
	int i;

	if (mode != KERN_AUTO || kern_open(&k, options.pin_dir))
		return mode;
	for (i = kern_ifs(k, &ifs) - 1; i >= 0; i--)
		if (ifs[i].ifindex == ifindex)
			mode = ifs[i].mode;
	kern_close(k);
	return mode;
}

static int check_vlans(struct load *l)
{
	char name[IF_NAMESIZE], cure[256];
	int i, status = 0;

	for (i = 0; i < l->ifs; i++) {
		if (!if_indextoname(l->ifindex[i], name) ||
		    !check_loses_tags(name, mode_of(l, l->ifindex[i]), cure))
			continue;
		if (l->is_forced) {
			warn("answers at '%s' lose their VLAN tags", name);
			continue;
		}
		errx("'%s' has VLANs, and answers would lose their tags", name);
		hint("%s; or --mode generic, or --force", cure);
		status = EXIT_FAILED;
	}
	return status;
}

static int fill(struct nolist_config *out, const struct nolist_config *old, const bool *busy,
		void *arg)
{
	struct load *l = arg;

	l->own_left = conf_fill(&l->conf, out, l->own, l->owns, old, busy);
	return l->own_left < 0 ? l->own_left : 0;
}

static void say_interface(const struct kern_if *f, const struct kern_done *done)
{
	static const char *const deeds[] = {
		[KERN_ATTACHED] = "attached",
		[KERN_REPLACED] = "program replaced",
		[KERN_ADOPTED] = "adopted",
		[KERN_KEPT] = "configured anew",
	};

	printf("%s: %s, %s mode, %s%s%s%s\n", f->name, deeds[done->deed],
	       f->mode == KERN_GENERIC ? "generic" : "native",
	       f->is_shared ? "beside others" : "alone", *done->why ? " (" : "", done->why,
	       *done->why ? ")" : "");
}

/* What was decided when the tables were made stays. */
static void say_tables(const struct load *l, const struct kern *k)
{
	struct kern_tables tables;
	struct kern_fill room;
	bool is_other = false;

	if (kern_sets(k) != 1)
		return;
	if (l->conf.sources && !kern_fill(k, &room) && room.claims_max != l->conf.sources) {
		warn("the tables have room for %u sources, and keep it", room.claims_max);
		is_other = true;
	}
	if (!kern_tables(k, 0, &tables) && tables.is_lru == l->conf.is_collected) {
		warn("the table of proofs was made for 'collect = %s', and stays so",
		     tables.is_lru ? "no" : "yes");
		is_other = true;
	}
	if (is_other)
		hint("\"nolist-xdp unload --purge\", then load, makes new ones");
}

static void say(const struct load *l)
{
	const struct kern_if *ifs;
	struct kern *k;
	int i, j, n;

	if (kern_open(&k, options.pin_dir))
		return;
	n = kern_ifs(k, &ifs);
	for (i = 0; i < l->ifs; i++)
		for (j = 0; j < n; j++)
			if (ifs[j].ifindex == l->ifindex[i])
				say_interface(&ifs[j], &l->done[i]);
	if (l->own_left)
		warn("%d addresses of this host found no room in the table: segments that forge "
		     "them are answered",
		     l->own_left);
	say_tables(l, k);
	kern_close(k);
}

static int load(struct load *l)
{
	struct kern_load what;
	int ret, status;

	status = find_interfaces(l);
	if (!status)
		status = check_vlans(l);
	if (status)
		return status;
	what = (struct kern_load){
		.pin_dir = options.pin_dir,
		.ifindex = l->ifindex,
		.ifs = l->ifs,
		.mode = l->conf.mode,
		.sources_max = l->conf.sources,
		.is_collected = l->conf.is_collected,
		.fill = fill,
		.arg = l,
	};
	ret = kern_load(&what, l->done);
	if (ret)
		return cmd_failed(ret);
	say(l);
	return EXIT_DONE;
}

int cmd_load(int argc, char **argv)
{
	struct load l = {};
	int status;

	status = take_options(&l, argc, argv);
	if (status < 0) {
		free(l.add);
		return -1 - status;
	}
	if (!status)
		status = read_conf(&l);
	if (!status && check_own(&l.own, &l.owns)) {
		errx("cannot list the addresses of this host");
		status = EXIT_FAILED;
	}
	if (!status)
		check_host(&l.conf, l.own, l.owns);
	conf_tell(&l.conf);
	if (!status)
		status = load(&l);
	conf_free(&l.conf);
	free(l.own);
	free(l.add);
	return status;
}
