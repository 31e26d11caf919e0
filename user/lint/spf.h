/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's SPF record, followed through what it includes. Own code: libspf2 asks by a
 * resolver of its own, without a limit that is ours.
 */
#ifndef NOLIST_LINT_SPF_H
#define NOLIST_LINT_SPF_H

#include "user/lint/zone.h"

/* How many SPF records the answer to TXT has; text becomes the first. */
int spf_take(const struct dns_answer *a, char text[SPF_TEXT]);
/* Follows the record that spf_take() has put into the zone, which has its MXes. */
void spf_follow(struct zone *z, struct dns *d);

#endif
