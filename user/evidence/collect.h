/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts what the tables say into the store, and frees what is idle in a full table.
 */
#ifndef NOLIST_COLLECT_H
#define NOLIST_COLLECT_H

#include <stddef.h>
#include <stdint.h>

struct collected {
	size_t sources; /* that the tables have */
	size_t changed; /* of them, with something new */
	size_t freed;   /* of them, freed in the kernel */
};

/*
 * The store in state_dir is made if there is none, and kept below so many bytes. 0 or
 * -errno, explained by failure_of().
 */
int collect(const char *pin_dir, const char *state_dir, uint64_t bytes_max, struct collected *done);

#endif
