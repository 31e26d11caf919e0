// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the evidence in the store alone, as a program without capabilities can; and what both
 * ways of opening have in common.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/evidence/private.h"

static int add_pardon(const struct store_pardon *p, void *arg)
{
	struct evidence *e = arg;
	struct store_pardon *grown = reallocarray(e->pardon, e->pardons + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	e->pardon = grown;
	grown[e->pardons++] = *p;
	return 0;
}

static int add_lift(const struct store_lift *l, void *arg)
{
	struct evidence *e = arg;

	if (array_grow(&e->lift_key, e->lifts, sizeof(*e->lift_key)) ||
	    array_grow(&e->lift, e->lifts, sizeof(*e->lift)))
		return -ENOMEM;
	e->lift_key[e->lifts] = l->key;
	e->lift[e->lifts++] = l->at;
	return 0;
}

int evidence_read_pardons(struct evidence *e)
{
	int error = e->store ? store_each_pardon(e->store, add_pardon, e) : 0;

	return e->store && !error ? store_each_lift(e->store, add_lift, e) : error;
}

int evidence_open_stored(struct evidence **ep, const char *state_dir)
{
	struct store *store = NULL;
	int error;

	*ep = NULL;
	error = store_open(&store, state_dir, STORE_READ);
	if (error && error != -ENOENT)
		return error;
	error = evidence_new(ep, NULL, store);
	if (!error)
		error = evidence_read_pardons(*ep);
	if (error) {
		evidence_free(*ep);
		*ep = NULL;
	}
	return error == -ENOMEM ? fail(error, "cannot hold the evidence") : error;
}

size_t evidence_mx(const struct evidence *e, const struct nolist_slot **mx)
{
	*mx = e->mx;
	return e->mxs;
}

size_t evidence_pardons(const struct evidence *e, const struct store_pardon **pardons)
{
	*pardons = e->pardon;
	return e->pardons;
}

bool evidence_is_stored(const struct evidence *e)
{
	return e->store;
}

int64_t evidence_collected(const struct evidence *e)
{
	return e->store ? store_collected(e->store) : 0;
}
