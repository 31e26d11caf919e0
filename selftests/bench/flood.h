/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the real clients of flood.c are: 198.18.0.0/20, and a /64 for each below
 * 2001:db8:2::/48. No address that is forged is among them, but by a rare chance.
 */
#ifndef BENCH_FLOOD_H
#define BENCH_FLOOD_H

#define FLOOD_CLIENTS4 0xc6120000u
#define FLOOD_MASK4 0xfffff000u
#define FLOOD_CLIENTS6 2u /* third group of the address */
#define FLOOD_CLIENTS_MAX 4096

#endif
