/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What will happen when the program is attached here: one finding for each thing checked,
 * with a hint that helps. Asks the kernel by its ordinary interfaces; changes nothing,
 * prints nothing. `check` shows all findings; `load` prints the warnings and stops if a
 * finding refuses.
 */
#ifndef NOLIST_CHECK_CHECK_H
#define NOLIST_CHECK_CHECK_H

#include "user/base/findings.h"
#include "user/config/conf.h"
#include "user/host/netlink.h"

/*
 * All checks: what would happen if this configuration was loaded to these interfaces.
 * 0 or -errno; free(to->f) in either case.
 */
int check_all(struct findings *to, const struct conf *conf, const int *ifindex, int ifs);

/* Its parts. */
struct check_ifs {
	const int *ifindex; /* the interfaces to attach to */
	int n;
};
/* The kernel: its version, and which features it lacks. */
void check_kernel(struct findings *to);
/* One interface: driver, mode, queues, MTU, offloads, VLANs, other programs. */
void check_interface(struct findings *to, const struct links *links, const struct check_ifs *ifs,
		     int ifindex, enum kern_mode mode);
/* What is stacked above an interface, beside it and below it. */
void check_above(struct findings *to, const struct links *links, const struct check_ifs *ifs,
		 const struct link *link, bool is_native);
/* Rules of nftables that would drop segments to a fake. */
void check_firewall(struct findings *to, const struct conf *conf, const struct links *links,
		    const struct check_ifs *ifs);
/* Fakes that are no address of this host, servers that listen at them, connections to them. */
void check_host(struct findings *to, const struct conf *conf, const struct links *links,
		const struct check_ifs *ifs);

#endif
