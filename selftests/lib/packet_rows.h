/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row for each kind of frame, in tables by what becomes of them: the frame that goes
 * in, and the verdict that counts it.
 */
#ifndef NOLIST_SELFTESTS_PACKET_ROWS_H
#define NOLIST_SELFTESTS_PACKET_ROWS_H

#include "selftests/lib/row.h"

/* Fields of a row. */
#define OPT(bytes) .opt = bytes, .opt_len = sizeof(bytes) - 1
#define ACKS(n) .flags = FRAME_ACK, .acks = 1 + (n)
#define SAYS(s) .say = s, .data = sizeof(s) - 1
#define BANNER_LEN (sizeof(ROW_BANNER) - 1)
#define GREETED .text = NOLIST_REPLY(0, NOLIST_FRESH, NOLIST_V_GREET)

/* TCP options as Linux puts them into a SYN. */
#define LINUX_SYN "\2\4\5\xb4\4\2\x8\xa\1\2\3\4\0\0\0\0\1\3\3\7"

struct packet_table {
	const char *name;
	const struct row *rows;
	size_t n;
};

extern const struct packet_table packet_tables[];
extern const size_t packet_table_count;
extern const struct row packet_vlans[]; /* the table with VLAN tags */
extern const size_t packet_vlan_count;

#endif
