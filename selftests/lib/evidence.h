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

struct nolist_source evidence_source(const char *text);
void evidence_add(struct snapshot *t, int epoch, const char *text, const struct nolist_contacts *c,
		  const struct nolist_verified *p);

#endif
