// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forgets: first in the tables, then in the store, while no collect can run. A forget that
 * was killed is simply repeated.
 */
#include <errno.h>

#include "user/base/failure.h"
#include "user/evidence/forget.h"
#include "user/kernel/kern.h"
#include "user/store/store.h"

struct forgetting {
	struct kern *k;      /* NULL: there are no tables */
	struct store *store; /* NULL: there is none */
	const struct nolist_source *src;
	int n;
	struct forgotten *done;
};

/* --- the tables ---------------------------------------------------------------- */

/* Of all sources: tables that a load has replaced are dropped as a whole. */
static int forget_instance(struct forgetting *f, int instance)
{
	int ret;

	ret = kern_drop_sources(f->k, instance);
	if (ret < 0)
		return ret;
	f->done->tables += ret;
	if (kern_is_replaced(f->k, instance))
		return kern_forget(f->k, instance);
	return kern_learn_anew(f->k, instance);
}

static int forget_tables(struct forgetting *f)
{
	int i, k, ret = 0, n = f->k ? kern_instances(f->k) : 0;

	for (i = 0; i < n && !f->n && !ret; i++)
		ret = forget_instance(f, i);
	for (i = 0; i < n; i++)
		for (k = 0; k < f->n; k++) {
			ret = kern_drop_source(f->k, i, &f->src[k]);
			if (ret < 0)
				return ret;
			f->done[k].tables += ret;
		}
	return ret < 0 ? ret : 0;
}

/* --- the store ----------------------------------------------------------------- */

static int forget_rows(struct forgetting *f)
{
	struct pack_key key;
	int k, ret = 0;

	if (!f->n) {
		ret = store_forget_all(f->store);
		f->done->stored = ret < 0 ? 0 : ret;
	}
	for (k = 0; k < f->n && ret >= 0; k++) {
		key = pack_key(&f->src[k]);
		ret = store_forget(f->store, &key);
		f->done[k].stored = ret < 0 ? 0 : ret;
	}
	return ret < 0 ? ret : 0;
}

static int forget_stored(struct forgetting *f)
{
	int error = store_forget_begin(f->store);

	if (!error)
		error = forget_rows(f);
	if (!error)
		error = store_commit(f->store);
	return error ? error : store_tidy(f->store);
}

/* --- both ---------------------------------------------------------------------- */

/* Makes no store if there is none. */
static int open_store(struct forgetting *f, const char *state_dir)
{
	int error = store_open(&f->store, state_dir, STORE_READ);

	if (error)
		return error == -ENOENT ? 0 : error;
	store_close(f->store);
	f->store = NULL;
	return store_open(&f->store, state_dir, STORE_WRITE);
}

int forget(const char *pin_dir, const char *state_dir, const struct nolist_source *src, int n,
	   struct forgotten *done)
{
	struct forgetting f = { .src = src, .n = n, .done = done };
	int error = kern_open(&f.k, pin_dir);

	if (error == -ENOENT)
		error = 0;
	if (!error)
		error = open_store(&f, state_dir);
	if (!error && !f.k && !f.store)
		error = failx(-ENOENT, "there are neither tables nor a store");
	if (!error)
		error = forget_tables(&f);
	if (!error && f.store)
		error = forget_stored(&f);
	store_close(f.store);
	kern_close(f.k);
	return error;
}
