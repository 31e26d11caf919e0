// SPDX-License-Identifier: GPL-2.0-only
/*
 * Databases of libloc, such as those of Debian's libloc-database.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <stdlib.h>
#include <string.h>

#include "user/locate/locate.h"

struct libloc {
	struct loc_ctx *ctx;
	struct loc_database *db;
	FILE *file;
};

/* What libloc has to say about a file the tool says. */
static void ignore(struct loc_ctx *ctx, int priority, const char *file, int line, const char *fn,
		   const char *format, va_list args)
{
	(void)ctx, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

bool libloc_is(FILE *f)
{
	char magic[7];
	bool is_one = fread(magic, sizeof(magic), 1, f) == 1 && !memcmp(magic, "LOCDBXX", sizeof(magic));

	rewind(f);
	return is_one;
}

int libloc_open(struct libloc **lp, FILE *f)
{
	struct libloc *l = calloc(1, sizeof(*l));

	*lp = l;
	if (!l)
		return -ENOMEM;
	l->file = f;
	if (loc_new(&l->ctx))
		return -ENOMEM;
	loc_set_log_fn(l->ctx, ignore);
	if (!loc_database_new(l->ctx, &l->db, f))
		return 0;
	l->db = NULL;
	return -EINVAL;
}

void libloc_close(struct libloc *l)
{
	if (!l)
		return;
	if (l->db)
		loc_database_unref(l->db);
	if (l->ctx)
		loc_unref(l->ctx);
	if (l->file)
		fclose(l->file);
	free(l);
}

int64_t libloc_made(struct libloc *l)
{
	return loc_database_created_at(l->db);
}

static struct prefix network_of(struct loc_network *n)
{
	struct prefix p = { .len = loc_network_prefix(n) };

	memcpy(&p.addr, loc_network_get_first_address(n), sizeof(p.addr));
	if (addr_is_ip4(&p.addr))
		p.len += 96;
	return p;
}

static void set_owner(struct libloc *l, struct origin *o)
{
	struct loc_as *as = NULL;
	const char *name;

	if (!o->as || loc_database_get_as(l->db, &as, o->as) || !as)
		return;
	name = loc_as_get_name(as);
	if (name)
		origin_set_owner(o->owner, name, ORIGIN_OWNER);
	loc_as_unref(as);
}

int libloc_find(struct libloc *l, const struct nolist_source *src, struct origin *o)
{
	struct loc_network *network = NULL;
	struct in6_addr addr;

	memset(o, 0, sizeof(*o));
	memcpy(&addr, &src->addr, sizeof(addr));
	if (loc_database_lookup(l->db, &addr, &network) < 0)
		return -EIO;
	if (!network)
		return 0;
	o->as = loc_network_get_asn(network);
	origin_set_country(o->country, loc_network_get_country_code(network));
	o->network = network_of(network);
	loc_network_unref(network);
	set_owner(l, o);
	return 0;
}

static int add_all(struct loc_database_enumerator *all, struct entries *t)
{
	struct loc_network *network = NULL;
	int error = 0;

	while (!error && !loc_database_enumerator_next_network(all, &network) && network) {
		struct entry e = { .as = loc_network_get_asn(network), .network = network_of(network) };

		origin_set_country(e.country, loc_network_get_country_code(network));
		loc_network_unref(network);
		network = NULL;
		error = entries_add(t, &e);
	}
	return error;
}

int libloc_entries(struct libloc *l, struct entries *t)
{
	struct loc_database_enumerator *all;
	int error;

	if (loc_database_enumerator_new(&all, l->db, LOC_DB_ENUMERATE_NETWORKS, 0))
		return -EIO;
	error = add_all(all, t);
	loc_database_enumerator_unref(all);
	return error;
}
