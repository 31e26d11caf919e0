/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow by one element at a time.
 */
#ifndef NOLIST_ARRAY_H
#define NOLIST_ARRAY_H

#include <stddef.h>

/*
 * Makes sure that an array of n elements, each of so many bytes, can take one more; its
 * capacity is n rounded up to a power of two, so it must only ever grow by this. arrayp
 * points to the pointer to its first element, which is NULL for n = 0. 0 or -ENOMEM: the
 * array is as before.
 */
int array_grow(void *arrayp, size_t n, size_t size);

#endif
