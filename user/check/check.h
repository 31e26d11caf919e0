/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What will happen when the program is attached here: one finding for each thing checked,
 * with a hint that helps. Asks the kernel by its ordinary interfaces; changes nothing,
 * prints nothing. `check` shows all findings; `load` prints warnings and errors, and stops
 * if a finding refuses.
 */
#ifndef NOLIST_CHECK_CHECK_H
#define NOLIST_CHECK_CHECK_H

#include "user/base/findings.h"
#include "user/config/conf.h"
#include "user/host/netlink.h"

struct check_site {
	const struct conf *conf;
	const int *ifindex; /* the interfaces to attach to */
	int ifs;
	const char *pin_dir;
	bool is_enforced;    /* a list of the configuration is read by what refuses mail */
	unsigned int ask_ms; /* how long the real MX may take to say what it offers; 0: not asked */
	bool is_taken[NOLIST_MX_MAX]; /* by index of mx; filled here: DNAT sends it elsewhere */
};

/*
 * All checks: what would happen if this configuration was loaded to these interfaces.
 * 0 or -errno; free(to->f) in either case.
 */
int check_all(struct findings *to, struct check_site *site);

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
/* Rules of nftables that would drop segments to a fake, or send the real MX's elsewhere. */
void check_firewall(struct findings *to, struct check_site *site, const struct links *links,
		    const struct check_ifs *ifs);
/* Addresses: are there any, are they of this host, which servers listen there? */
void check_host(struct findings *to, const struct check_site *site, const struct links *links,
		const struct check_ifs *ifs);
void check_listeners(struct findings *to, const struct check_site *site);
bool check_is_local(const struct nolist_addr *addr); /* an address of this host */
/* A file that seems to be cut off would take addresses from the configuration in force. */
void check_running(struct findings *to, const struct check_site *site);
/* Does anything answer at port 25, for a client on this host, within so many milliseconds? */
bool check_answers(const struct nolist_addr *addr, unsigned int ms);
/* Does the real MX offer AUTH at the port where a list refuses clients? Asks it. */
void check_auth(struct findings *to, const struct check_site *site);

#endif
