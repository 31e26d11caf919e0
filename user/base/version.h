/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of this build: "1.0", or "1.0-5-g0123abc" five commits later.
 */
#ifndef NOLIST_VERSION_H
#define NOLIST_VERSION_H

extern const char nolist_version[];
extern const char nolist_generator[]; /* "nolist-xdp", blank, version */

#endif
