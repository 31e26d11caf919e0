/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What came back for one segment, in a form in which two answers are equal if and
 * only if nobody can tell the hosts apart by them.
 */
#ifndef NOLIST_ANSWER_H
#define NOLIST_ANSWER_H

#include "selftests/lib/frame.h"

#define ANSWERS 4 /* to one segment, at most */
#define ANSWER_MAX 1700

struct answer {
	size_t len, norm_len;
	unsigned char raw[ANSWER_MAX];
	unsigned char norm[ANSWER_MAX + 2]; /* without what may differ */
};

struct answers {
	int n;
	struct answer a[ANSWERS];
};

size_t find_l3(const unsigned char *p, size_t len);
unsigned int get16(const unsigned char *p);
uint32_t get32(const unsigned char *p);

/* Cuts the padding, blanks what may differ, appends whether the checksums hold. */
void normalise(struct answer *a);
int by_bytes(const void *x, const void *y);
int is_icmp(const struct answer *a);

/*
 * Linux answers to a subnet's broadcast address with a broadcast, which it loops
 * back into the interface: generic XDP sees it, native does not.
 */
unsigned long count_looped(const struct answers *f);

#endif
