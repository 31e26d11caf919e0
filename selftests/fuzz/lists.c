// SPDX-License-Identifier: GPL-2.0-only
/* A list that was written before, in any format: the first byte says which. */
#define _GNU_SOURCE /* memfd_create */
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/fuzz/fuzz.h"
#include "selftests/fuzz/here.h"
#include "user/lists/previous.h"

static void gone(const struct nolist_source *src, void *arg)
{
	(void)src;
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nolist_source src = { .addr.b = { [10] = 0xff, 0xff, 192, 0, 2, 0 } };
	static struct previous old;
	size_t formats_known = 0, removed = 0;
	int fd, i;

	if (!size)
		return 0;
	while (formats[formats_known])
		formats_known++;
	fd = memfd_create("list", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) < 0)
		abort();
	lseek(fd, 0, SEEK_SET);
	previous_open(&old, fd, formats[*data % formats_known], gone, &removed);
	for (i = 0; i < 256; i += 16) {
		src.addr.b[15] = i;
		previous_has(&old, &src);
	}
	previous_end(&old);
	previous_close(&old);
	HOLDS(removed == old.removed && old.removed <= old.count);
	close(fd);
	return 0;
}
