/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stories of unit/scenarios.c, which tells the words. Rules are the defaults: two
 * offences by timestamps or three with weaker evidence, a day of grace, and a listing
 * that ends seven days after the last offence.
 */
#ifndef NOLIST_SCENARIOS_H
#define NOLIST_SCENARIOS_H

struct scenario {
	const char *name, *script;
};

extern const struct scenario scenarios[]; /* the last one has no name */

#endif
