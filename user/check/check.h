/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What will happen when the program is attached here, said before it is: one
 * finding for each thing looked at, with what cures it. Asks the kernel by its
 * ordinary interfaces; changes nothing, prints nothing. `check` shows all of it,
 * `load` tells warnings and stops at what refuses.
 */
#ifndef NOLIST_CHECK_CHECK_H
#define NOLIST_CHECK_CHECK_H

#include "user/base/findings.h"
#include "user/config/conf.h"
#include "user/host/netlink.h"

/*
 * All of it: what would happen if this configuration were loaded to these interfaces.
 * 0 or -errno; free(to->f) in either case.
 */
int check_all(struct findings *to, const struct conf *conf, const int *ifindex, int ifs);

/* Its parts. */
struct check_ifs {
	const int *ifindex; /* that are to have the program */
	int n;
};
/* Its version, and what it has not. */
void check_kernel(struct findings *to);
/* One of them: driver, mode, queues, MTU, offloads, VLANs, other programs. */
void check_interface(struct findings *to, const struct links *links, const struct check_ifs *ifs,
		     int ifindex, enum kern_mode mode);
/* What is above, beside and below it. */
void check_above(struct findings *to, const struct links *links, const struct check_ifs *ifs,
		 const struct link *link, bool is_native);
/* Rules of nftables that would drop what is for a fake. */
void check_firewall(struct findings *to, const struct conf *conf, const struct links *links,
		    const struct check_ifs *ifs);
/* Fakes that are not here, servers that listen at them, connections that would be cut. */
void check_host(struct findings *to, const struct conf *conf, const struct links *links,
		const struct check_ifs *ifs);

#endif
