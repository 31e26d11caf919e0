// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only object that has the version, so that a new commit rebuilds no other object.
 */
#include "user/base/version.h"

const char nolist_version[] = VERSION;
const char nolist_generator[] = "nolist-xdp " VERSION;
