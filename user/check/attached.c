// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the program is, compared with the configuration; see attached.h. Needs no
 * CAP_SYS_ADMIN where the tables are pinned.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/check/attached.h"
#include "user/host/addresses.h"
#include "user/host/netlink.h"
#include "user/kernel/kern.h"

struct look {
	const char *pin_dir;
	struct kern *k; /* NULL: nothing is attached or pinned */
	struct links links;
	struct nolist_addr *own;
	int owns;
	struct nolist_config *now; /* scratch */
};

/* --- has anything changed since the load? --------------------------------------------- */

static bool has_mac(const struct nolist_config *c, const unsigned char mac[6])
{
	unsigned int i;

	for (i = 0; i < c->macs && memcmp(&c->mac[i], mac, 6); i++)
		;
	return i < c->macs;
}

/* Is it on top of an interface in the set, or the bridge or bond of one? */
static bool is_next(const struct links *links, const bool *in, const struct link *l)
{
	int i;

	for (i = 0; i < links->n; i++) {
		const struct link *below = &links->link[i];

		if (in[i] && (below->master == l->ifindex ||
			      (l->lower == below->ifindex && l->lower_netns < 0 &&
			       strcmp(l->kind, "veth"))))
			return true;
	}
	return false;
}

/* A link address at which frames of this interface may arrive, and that the load has not seen. */
static bool has_new_mac(const struct look *look, int ifindex)
{
	const struct links *links = &look->links;
	bool *in = calloc(links->n, sizeof(*in)), is_grown = in, is_new = false;
	int i;

	for (i = 0; in && i < links->n; i++)
		in[i] = links->link[i].ifindex == ifindex;
	while (is_grown) {
		is_grown = false;
		for (i = 0; i < links->n; i++)
			if (!in[i] && is_next(links, in, &links->link[i]))
				in[i] = is_grown = true;
	}
	for (i = 0; in && i < links->n; i++)
		is_new |= in[i] && links->link[i].has_mac &&
			  !has_mac(look->now, links->link[i].mac);
	free(in);
	return is_new;
}

/* The slot of an address; else a free one (role NOLIST_NONE); NULL: it would not have fitted. */
static const struct nolist_slot *slot_of(const struct nolist_config *c,
					 const struct nolist_addr *addr)
{
	unsigned int at = nolist_slot_of(addr, c->seed), i;
	const struct nolist_slot *s;

	for (i = 0; i < NOLIST_PROBES; i++) {
		s = &c->slot[(at + i) & (NOLIST_SLOTS - 1)];
		if (s->role == NOLIST_NONE || !addr_compare(&s->addr, addr))
			return s;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

/* An address that this host has got, or has no longer. */
static bool has_other_addresses(const struct look *look)
{
	const struct nolist_slot *s;
	int i;

	for (i = 0; i < look->owns; i++) {
		s = slot_of(look->now, &look->own[i]);
		if (s && s->role == NOLIST_NONE)
			return true;
	}
	for (i = 0; i < NOLIST_SLOTS; i++)
		if (look->now->slot[i].role == NOLIST_OWN &&
		    !bsearch(&look->now->slot[i].addr, look->own, look->owns, sizeof(*look->own),
			     compare))
			return true;
	return false;
}

static bool is_stale(const struct look *look, const struct kern_if *f)
{
	if (f->instance < 0 || kern_config(look->k, f->instance, look->now))
		return false;
	/* Without any, all link addresses are taken for this host's. */
	return (look->now->macs && has_new_mac(look, f->ifindex)) || has_other_addresses(look);
}

/* --- one interface ------------------------------------------------------------------------ */

static enum attached_state state_of(const struct look *look, const char *name)
{
	int ifindex = if_nametoindex(name), i, n;
	struct kern_seen seen;
	const struct kern_if *ifs;
	const struct link *link;

	if (!ifindex)
		return ATTACHED_ABSENT;
	n = look->k ? kern_ifs(look->k, &ifs) : 0;
	for (i = 0; i < n; i++)
		if (ifs[i].ifindex == ifindex)
			return is_stale(look, &ifs[i]) ? ATTACHED_STALE : ATTACHED;
	link = netlink_find(&look->links, ifindex);
	if (!link || !link->has_xdp)
		return ATTACHED_DETACHED;
	/* Without CAP_SYS_ADMIN only the program is found that has a pin. */
	return kern_look(ifindex, &seen) == -EPERM ? ATTACHED_UNKNOWN : ATTACHED_FOREIGN;
}

static int open_look(struct look *look)
{
	int error = kern_open(&look->k, look->pin_dir);

	if (error && error != -ENOENT)
		return error;
	if (error)
		look->k = NULL;
	look->now = malloc(sizeof(*look->now));
	if (!look->now)
		return fail(-ENOMEM, "cannot look at the interfaces");
	error = netlink_read(&look->links);
	if (!error)
		error = host_own(&look->own, &look->owns);
	return error ? fail(error, "cannot look at the interfaces") : 0;
}

int attached_look(struct attached *a, const struct conf *conf, const char *pin_dir)
{
	struct look look = { .pin_dir = pin_dir };
	int i, error;

	a->n = 0;
	if (!conf->interfaces)
		return 0;
	error = open_look(&look);
	for (i = 0; !error && i < conf->interfaces; i++)
		a->interface[a->n++] = (struct attached_if){ conf->interface[i],
							     state_of(&look, conf->interface[i]) };
	kern_close(look.k);
	free(look.links.link);
	free(look.own);
	free(look.now);
	return error;
}

bool attached_is_well(const struct attached *a)
{
	int i;

	for (i = 0; i < a->n && a->interface[i].state == ATTACHED; i++)
		;
	return i == a->n;
}

bool attached_is_everywhere(const struct attached *a)
{
	int i;

	for (i = 0; i < a->n && a->interface[i].state <= ATTACHED_STALE; i++)
		;
	return i == a->n;
}

static const char *const words[] = {
	[ATTACHED] = "", [ATTACHED_STALE] = "stale", [ATTACHED_DETACHED] = "detached",
	[ATTACHED_FOREIGN] = "foreign", [ATTACHED_ABSENT] = "absent", [ATTACHED_UNKNOWN] = "unknown",
};

void attached_resolve(struct attached *a, const char *text)
{
	char item[64];
	int i;

	for (i = 0; i < a->n; i++) {
		if (a->interface[i].state != ATTACHED_UNKNOWN)
			continue;
		snprintf(item, sizeof(item), "%s=%s", a->interface[i].name, words[ATTACHED_FOREIGN]);
		a->interface[i].state = strstr(text, item) ? ATTACHED_FOREIGN : ATTACHED;
	}
}

void attached_text(const struct attached *a, char text[ATTACHED_TEXT])
{
	size_t n = 0;
	int i;

	*text = '\0';
	for (i = 0; i < a->n && n < ATTACHED_TEXT; i++)
		if (a->interface[i].state != ATTACHED)
			n += snprintf(text + n, ATTACHED_TEXT - n, "%s%s=%s", n ? " " : "",
				      a->interface[i].name, words[a->interface[i].state]);
}
