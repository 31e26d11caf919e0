/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of evidence and store: tables that say what the test made up.
 */
#ifndef NOLIST_SELFTESTS_EVIDENCE_H
#define NOLIST_SELFTESTS_EVIDENCE_H

#include "selftests/lib/tap.h"
#include "user/base/addr.h"
#include "user/evidence/evidence.h"
#include "user/snapshot/snapshot.h"
#include "user/store/store.h"

#define WALL 1699999000ll /* UTC when the machine started */
#define NS 1000000000ull

static inline struct nolist_source source(const char *text)
{
	struct nolist_addr a;

	if (addr_parse(text, &a))
		tap_die(text);
	return addr_source(&a);
}

static inline void add(struct snapshot *t, int life, const char *text,
		       const struct nolist_claims *c, const struct nolist_proofs *p)
{
	struct nolist_source src = source(text);

	if (snapshot_add(t, life, &src, c, p))
		tap_die("snapshot_add");
}

#endif
