// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is stacked on an interface, beside it and below it: VLANs whose tags answers would
 * lose, the other ports of its bond, its bridge, the card below it.
 */
#include <stdio.h>
#include <string.h>

#include "user/check/check.h"

struct around {
	struct findings *to;
	const struct links *links;
	const struct check_ifs *ifs;
	const struct link *link;
	bool is_native;
};

/* --- VLANs ----------------------------------------------------------------------- */

/* Is there a VLAN above this one, or above the bridge or bond that it is a port of? */
static const struct link *vlan_above(const struct links *links, const struct link *l, int depth)
{
	const struct link *up;
	int i;

	for (i = 0; i < links->n; i++) {
		up = &links->link[i];
		if (!strcmp(up->kind, "vlan") && up->lower == l->ifindex && up->lower_netns < 0)
			return up;
	}
	up = l->master ? netlink_find(links, l->master) : NULL;
	if (!up || depth > 4)
		return NULL;
	if (!strcmp(up->kind, "bridge") && up->is_filtering)
		return up;
	return vlan_above(links, up, depth + 1);
}

static void check_vlans(const struct around *i)
{
	const struct link *vlan = vlan_above(i->links, i->link, 0), *on;
	const char *name = i->link->name;
	bool is_veth = !strcmp(i->link->kind, "veth");
	char above[64];
	int rx;

	if (!vlan)
		return;
	on = !strcmp(vlan->kind, "vlan") ? netlink_find(i->links, vlan->lower) : vlan;
	snprintf(above, sizeof(above), "%s '%s'", *vlan->kind == 'v' ? "VLAN" : "VLANs of bridge",
		 vlan->name);
	if (on && on != i->link && *vlan->kind == 'v')
		snprintf(above, sizeof(above), "VLAN '%s' on '%s'", vlan->name, on->name);
	/* In generic mode the tag stays with the packet, and the answer carries it. */
	if (!i->is_native) {
		find(i->to, GRADE_OK, "vlans", name, "%s: generic mode keeps tags", above);
		return;
	}
	rx = ethtool_feature(name, "rx-vlan-hw-parse");
	/*
	 * A veth passes on the tag that its peer put beside the frame, whatever rxvlan is
	 * here; the peer may be in another namespace and cannot be asked.
	 */
	if (!is_veth && rx == 0) {
		find(i->to, GRADE_OK, "vlans", name, "%s: rxvlan is off, so answers keep tags",
		     above);
		return;
	}
	if (*vlan->kind != 'v') {
		find(i->to, GRADE_WARNING, "vlans", name,
		     "%s: if frames come tagged, answers would lose their tags", above);
	} else {
		find(i->to, GRADE_REFUSES, "vlans", name,
		     "has %s, and answers would lose their tags", above);
	}
	if (is_veth)
		find_hint(i->to, "\"ethtool -K PEER txvlan off\" at the other end and --force; "
				 "or --mode generic");
	else
		find_hint(i->to, "ethtool -K %s rxvlan off; or --mode generic", name);
}

/* --- bonds, bridges, and what is below --------------------------------------------- */

static bool is_chosen(const struct check_ifs *ifs, int ifindex)
{
	int i;

	for (i = 0; i < ifs->n; i++)
		if (ifs->ifindex[i] == ifindex)
			return true;
	return false;
}

/* Frames may arrive at any port of a bond: each needs the program. */
static void check_bond(const struct around *i, const struct link *bond)
{
	const struct link *l = i->links->link, *end = l + i->links->n;

	for (; l < end; l++) {
		if (l->master != bond->ifindex || is_chosen(i->ifs, l->ifindex))
			continue;
		find(i->to, GRADE_WARNING, "bond", i->link->name,
		     "frames that arrive at '%s', in the same %s '%s', bypass the program",
		     l->name, bond->kind, bond->name);
		find_hint(i->to, "-i %s -i %s", i->link->name, l->name);
	}
}

static void check_stack(const struct around *i)
{
	const struct link *l = i->link, *end = i->links->link + i->links->n, *up, *on;

	up = l->master ? netlink_find(i->links, l->master) : NULL;
	if (up && (!strcmp(up->kind, "bond") || !strcmp(up->kind, "team")))
		check_bond(i, up);
	else if (up && !strcmp(up->kind, "bridge"))
		find(i->to, GRADE_NOTE, "bridge", l->name,
		     "a port of '%s': frames bridged to other link addresses pass, whatever their "
		     "IP address",
		     up->name);
	on = l->lower && l->lower_netns < 0 && strcmp(l->kind, "veth")
		     ? netlink_find(i->links, l->lower)
		     : NULL;
	if (on) {
		find(i->to, GRADE_NOTE, "stack", l->name,
		     "stands on '%s'; there it would be faster", on->name);
		find_hint(i->to, "-i %s", on->name);
	}
	for (up = i->links->link; up < end; up++)
		if (!strncmp(up->kind, "macv", 4) && up->lower == l->ifindex && up->lower_netns < 0)
			find(i->to, GRADE_NOTE, "stack", l->name,
			     "frames to the link address of '%s', a %s above it, are answered too",
			     up->name, up->kind);
}

void check_above(struct findings *to, const struct links *links, const struct check_ifs *ifs,
		 const struct link *link, bool is_native)
{
	struct around i = { to, links, ifs, link, is_native };

	check_vlans(&i);
	check_stack(&i);
}
