// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the evidence in the kernel's tables and in the store.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/evidence/private.h"
#include "user/kernel/kern.h"

static int add_mx(struct nolist_slot **mx, size_t *mxs, const struct nolist_slot *slot)
{
	struct nolist_slot *grown = reallocarray(*mx, *mxs + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*mx = grown;
	grown[(*mxs)++] = *slot;
	return 0;
}

/* The addresses of all configurations in force, with their roles. */
static int read_mx(const struct kern *k, struct nolist_slot **mx, size_t *mxs)
{
	struct nolist_config *c = malloc(sizeof(*c));
	int i, j, error = c ? 0 : -ENOMEM;

	for (i = 0; i < kern_instances(k) && !error; i++) {
		error = kern_config(k, i, c);
		if (error == -ENOENT) {
			error = 0;
			continue;
		}
		for (j = 0; j < NOLIST_SLOTS && !error; j++)
			if (c->slot[j].role != NOLIST_NONE)
				error = add_mx(mx, mxs, &c->slot[j]);
	}
	free(c);
	return error;
}

/* snapshot_read() or snapshot_look_up() */
typedef int read_fn(struct snapshot **tables, const struct kern *k, const struct ranges *only);

static int read_tables(read_fn *read, const char *pin_dir, const struct ranges *only,
		       struct snapshot **tables, struct nolist_slot **mx, size_t *mxs)
{
	struct kern *k = NULL;
	int error = kern_open(&k, pin_dir);

	if (error)
		return error;
	error = read_mx(k, mx, mxs);
	if (!error)
		error = read(tables, k, only);
	kern_close(k);
	return error ? fail(error, "cannot read the tables") : 0;
}

/* A store may have pardons only, and no evidence. */
static bool knows_tables(const struct store *store)
{
	const struct store_epoch *epochs;

	return store && store_epochs(store, &epochs);
}

/* Takes tables, store and mx over, also where it fails. */
static int merge(struct evidence **ep, struct snapshot *tables, struct store *store,
		 const struct ranges *only, struct nolist_slot *mx, size_t mxs)
{
	int error = evidence_new_only(ep, tables, store, only);

	if (error) {
		free(mx);
	} else {
		(*ep)->mx = mx;
		(*ep)->mxs = mxs;
		error = evidence_read_pardons(*ep);
	}
	if (error) {
		evidence_free(*ep);
		*ep = NULL;
	}
	return error == -ENOMEM ? fail(error, "cannot hold the evidence") : error;
}

static int open_by(read_fn *read, struct evidence **ep, const char *pin_dir, const char *state_dir,
		   const struct ranges *only)
{
	struct nolist_slot *mx = NULL;
	struct snapshot *tables = NULL;
	struct store *store = NULL;
	struct failure none;
	int error, stored;
	size_t mxs = 0;

	*ep = NULL;
	error = read_tables(read, pin_dir, only, &tables, &mx, &mxs);
	failure_keep(&none);
	/* After the tables: records that a collect frees there meanwhile are here. */
	stored = error && error != -ENOENT ? -ENOENT : store_open(&store, state_dir, STORE_READ);
	if (stored && stored != -ENOENT)
		error = stored;
	else if (error == -ENOENT && knows_tables(store))
		error = 0;
	else if (error)
		failure_return(&none);
	if (!error)
		return merge(ep, tables, store, only, mx, mxs);
	free(mx);
	snapshot_free(tables);
	store_close(store);
	return error;
}

int evidence_open(struct evidence **ep, const char *pin_dir, const char *state_dir,
		  const struct ranges *only)
{
	return open_by(snapshot_read, ep, pin_dir, state_dir, only);
}

int evidence_look_up(struct evidence **ep, const char *pin_dir, const char *state_dir,
		     const struct ranges *only)
{
	return open_by(snapshot_look_up, ep, pin_dir, state_dir, only);
}
