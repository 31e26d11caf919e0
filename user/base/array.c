// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* reallocarray */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"

int array_grow(void *arrayp, size_t n, size_t size)
{
	void **array = arrayp, *grown;

	if (n & (n - 1))
		return 0;
	grown = reallocarray(*array, n ? 2 * n : 1, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}
