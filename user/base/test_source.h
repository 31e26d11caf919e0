/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses that "nolist-xdp test" gives to made-up frames: registered for such uses
 * (RFC 7600, RFC 6666), no host's, and never listed, in a lab neither.
 */
#ifndef NOLIST_TEST_SOURCE_H
#define NOLIST_TEST_SOURCE_H

#define TEST_SOURCE_IP4 "192.0.0.8"
#define TEST_SOURCE_IP6 "100::8"

#endif
