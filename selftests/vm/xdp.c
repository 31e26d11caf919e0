// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another XDP user of an interface, as an administrator's tool would be:
 *
 *	vm/xdp load IFACE MODE PRIORITY OBJECT PROGRAM
 *	vm/xdp unload IFACE PROGRAM
 *	vm/xdp list IFACE
 *
 * attaches a program through libxdp, takes it away again, and prints the names of
 * all that are there, in the order in which they run. MODE is native or generic.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xdp/libxdp.h>

static int complain(const char *what, int err)
{
	fprintf(stderr, "vm/xdp: cannot %s: %s\n", what, strerror(-err));
	return 1;
}

static int load(int ifindex, const char *mode, int priority, const char *object, const char *name)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, 0);
	struct xdp_program *prog;
	int err;

	opts.open_filename = object;
	opts.prog_name = name;
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (err)
		return complain("open the program", err);
	xdp_program__set_run_prio(prog, priority);
	xdp_program__set_chain_call_enabled(prog, XDP_PASS, true);
	err = xdp_program__attach(prog, ifindex,
				  strcmp(mode, "native") ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
	return err ? complain("attach", err) : 0;
}

static int unload(int ifindex, const char *name)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *prog = NULL;
	int err = libxdp_get_error(mp);

	if (err)
		return complain("see what is attached", err);
	while ((prog = xdp_multiprog__next_prog(prog, mp)))
		if (!strcmp(xdp_program__name(prog), name)) {
			err = xdp_program__detach(prog, ifindex, xdp_multiprog__attach_mode(mp), 0);
			return err ? complain("detach", err) : 0;
		}
	fprintf(stderr, "vm/xdp: no '%s' there\n", name);
	return 1;
}

static int list(int ifindex)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *prog = NULL;
	int err = libxdp_get_error(mp);

	if (err == -ENOENT)
		return 0;
	if (err)
		return complain("see what is attached", err);
	if (xdp_multiprog__is_legacy(mp))
		puts(xdp_program__name(xdp_multiprog__main_prog(mp)));
	while ((prog = xdp_multiprog__next_prog(prog, mp)))
		puts(xdp_program__name(prog));
	xdp_multiprog__close(mp);
	return 0;
}

int main(int argc, char **argv)
{
	int ifindex = argc > 2 ? (int)if_nametoindex(argv[2]) : 0;

	if (argc == 7 && ifindex && !strcmp(argv[1], "load"))
		return load(ifindex, argv[3], atoi(argv[4]), argv[5], argv[6]);
	if (argc == 4 && ifindex && !strcmp(argv[1], "unload"))
		return unload(ifindex, argv[3]);
	if (argc == 3 && ifindex && !strcmp(argv[1], "list"))
		return list(ifindex);
	fprintf(stderr, "usage: vm/xdp load IFACE MODE PRIORITY OBJECT PROGRAM\n"
			"       vm/xdp unload IFACE PROGRAM\n"
			"       vm/xdp list IFACE\n");
	return 2;
}
