// SPDX-License-Identifier: GPL-2.0-only
/*
 * What another version has left is begun anew.
 */
#define _GNU_SOURCE /* fallocate() */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/policy/mapped.h"

int mapped_open(void **to, int fd, size_t size, const char magic[MAPPED_MAGIC], bool is_written)
{
	struct stat st;
	void *at;

	*to = NULL;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if ((size_t)st.st_size != size && !is_written)
		return -ENOENT;
	if ((size_t)st.st_size != size && (ftruncate(fd, 0) || ftruncate(fd, size)))
		return -errno;
	/* Else a disk that is full would kill the process where it writes into the mapping. */
	if (is_written && fallocate(fd, 0, 0, size) && errno != EOPNOTSUPP)
		return -errno;
	at = mmap(NULL, size, PROT_READ | (is_written ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	if (memcmp(at, magic, MAPPED_MAGIC) && !is_written) {
		munmap(at, size);
		return -ENOENT;
	}
	if (memcmp(at, magic, MAPPED_MAGIC)) {
		memset(at, 0, size);
		memcpy(at, magic, MAPPED_MAGIC);
	}
	*to = at;
	return 0;
}

void mapped_close(void *at, size_t size)
{
	if (at)
		munmap(at, size);
}
