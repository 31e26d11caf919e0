// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program with sequence numbers of which only 12 bits are secret, for
 * prog/forge: there guessing succeeds, so that what stops a forger besides is
 * tested.
 */
#define NOLIST_TEST_COOKIE_BITS 12
#include "bpf/nolist.bpf.c"
