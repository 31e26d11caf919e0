// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wilson's score interval: usable even if all or none of a few are right.
 */
#include <math.h>

#include "user/report/precision.h"

#define Z 1.959963984540054 /* of a two-sided interval of 95 % */

struct precision precision_of(size_t right, size_t all)
{
	double n = all, p = right / n, middle = p + Z * Z / (2 * n);
	double half = Z * sqrt((p * (1 - p) + Z * Z / (4 * n)) / n);

	return (struct precision){ p, (middle - half) / (1 + Z * Z / n),
				   (middle + half) / (1 + Z * Z / n) };
}
