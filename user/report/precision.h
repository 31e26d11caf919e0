/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A share, and how far the true one may be from it.
 */
#ifndef NOLIST_PRECISION_H
#define NOLIST_PRECISION_H

#include <stddef.h>

struct precision {
	double is;        /* right / all */
	double low, high; /* the interval that has the true one with 95 % */
};

/* all must not be 0. */
struct precision precision_of(size_t right, size_t all);

#endif
