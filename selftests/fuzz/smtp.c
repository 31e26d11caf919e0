// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client's lines at a high fake: bpf/smtp.h, compiled for the host, against a reading that
 * keeps everything. The first bytes say where the segments are cut.
 */
#define main unit_main
#include "selftests/unit/smtp.c"
#undef main

#include "selftests/fuzz/fuzz.h"

#define CUTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int cut[CUTS], i;

	if (!frame) {
		frame = mmap(NULL, CAPACITY, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
		if (frame == MAP_FAILED)
			abort();
	}
	if (size <= CUTS || size > CUTS + 1200)
		return 0;
	for (i = 0; i < CUTS; i++)
		cut[i] = (i ? cut[i - 1] : 0) + data[i];
	HOLDS(!compare((const char *)data + CUTS, size - CUTS, cut, CUTS));
	return 0;
}
