// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each key has four places. The oldest one is given up for a new key, unless it is of the last
 * day: so a flood of strangers pushes nobody out, and what finds no place passes.
 */
#define _GNU_SOURCE /* fallocate() */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/policy/memory.h"

static const char magic[16] = "nolist-policy 1";

static bool is_good(const struct memory *m)
{
	return !memcmp(m->magic, magic, sizeof(magic));
}

int memory_map(struct memory **mp, int fd, bool is_written)
{
	struct memory *m;
	struct stat st;

	*mp = NULL;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if (st.st_size != sizeof(*m) && !is_written)
		return -ENOENT;
	if (st.st_size != sizeof(*m) && (ftruncate(fd, 0) || ftruncate(fd, sizeof(*m))))
		return -errno;
	/* Else a disk that is full would kill the process where it writes into the mapping. */
	if (is_written && fallocate(fd, 0, 0, sizeof(*m)) && errno != EOPNOTSUPP)
		return -errno;
	m = mmap(NULL, sizeof(*m), PROT_READ | (is_written ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	if (m == MAP_FAILED)
		return -errno;
	if (!is_good(m) && !is_written) {
		memory_unmap(m);
		return -ENOENT;
	}
	if (!is_good(m)) {
		memset(m, 0, sizeof(*m));
		memcpy(m->magic, magic, sizeof(magic));
	}
	*mp = m;
	return 0;
}

void memory_unmap(struct memory *m)
{
	if (m)
		munmap(m, sizeof(*m));
}

static size_t set_of(uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15ull) >> 47;
}
_Static_assert(MEMORY_SETS == 1 << (64 - 47), "as many bits as there are sets");

/* A time in the future is as good as now. */
static int64_t age(const struct memory_entry *e, int64_t now)
{
	return now > e->last ? now - e->last : 0;
}

int64_t memory_first(const struct memory *m, uint64_t key, int64_t now)
{
	const struct memory_entry *e = m->set[set_of(key)];
	int i;

	for (i = 0; i < MEMORY_WAYS; i++, e++)
		if (e->key == key && key && age(e, now) <= POLICY_REMEMBERS_S)
			return e->first;
	return 0;
}

bool memory_note(struct memory *m, uint64_t key, int64_t now)
{
	struct memory_entry *e = m->set[set_of(key)], *old = e;
	int i;

	if (!key)
		return false;
	for (i = 0; i < MEMORY_WAYS; i++, e++) {
		if (e->key == key && now - e->first <= POLICY_REMEMBERS_S) {
			e->last = now;
			return true;
		}
		if (e->key == key || !e->key) {
			old = e;
			break;
		}
		if (age(e, now) > age(old, now))
			old = e;
	}
	if (old->key && old->key != key && age(old, now) <= POLICY_LATELY_S)
		return false;
	old->key = 0;
	old->first = old->last = now;
	__atomic_store_n(&old->key, key, __ATOMIC_RELEASE);
	return true;
}
