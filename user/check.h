/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host says about a configuration: its addresses, who listens there,
 * and VLANs. Asks the kernel by its ordinary interfaces; changes nothing.
 */
#ifndef NOLIST_CHECK_HOST_H
#define NOLIST_CHECK_HOST_H

#include "conf.h"

/*
 * Addresses of this network namespace, and the broadcast addresses of its IPv4
 * subnets, sorted, each once, without loopback. 0 or -errno; to be freed.
 */
int check_own(struct nolist_addr **own, int *owns);

/* Notes in conf what is odd: fakes that are not local, or where something listens. */
void check_host(struct conf *conf, const struct nolist_addr *own, int owns);

/*
 * Would answers through this interface lose their VLAN tag? True, and how to cure
 * it in cure, when it has VLAN sub-devices and tags are out of the frames before
 * the program sees them.
 */
bool check_loses_tags(const char *name, enum kern_mode mode, char cure[256]);

#endif
