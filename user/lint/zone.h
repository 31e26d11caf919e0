/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the DNS says of a domain's mail: the zone as lint looks at it, gathered once and then
 * only read. What a stranger's zone can make of it is bounded by the constants.
 */
#ifndef NOLIST_LINT_ZONE_H
#define NOLIST_LINT_ZONE_H

#include "user/dns/dns.h"

#define ZONE_MXES 35 /* of which addresses are asked for; the first by preference */
#define ZONE_QUESTIONS 20 /* and */
#define ZONE_QUESTIONS_MX 8 /* for each MX, and in all at most */
#define ZONE_QUESTIONS_MAX 300
#define ZONE_MS 30000 /* for all of them */

struct zone_mx {
	unsigned int preference;
	char name[DNS_NAME];
};

struct zone {
	char name[DNS_NAME]; /* in ASCII */
	struct dns_question asked; /* for the MX records */
	struct zone_mx *mx; /* by preference, then by name */
	int mxs;
	int mxs_all; /* that the answer has; more than mxs: these are left out */
};

/* Asks for all of it: 0 or -ENOMEM. What could not be asked says so itself. */
int zone_look(struct zone *z, struct dns *d, const char *name);
void zone_free(struct zone *z);

#endif
