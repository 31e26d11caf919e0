// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only object that knows the version, so that a new commit builds no other anew.
 */
#include "user/base/version.h"

const char nolist_version[] = VERSION;
const char nolist_generator[] = "nolist-xdp " VERSION;
