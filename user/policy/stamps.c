// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads while the program writes: a stamp is one aligned word, so it is seen whole.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "user/policy/stamps.h"

#define NS 1000000000ull
#define SIZE (NOLIST_STAMP_LINES * sizeof(struct nolist_stamps))

struct stamps {
	const volatile struct nolist_stamps *line;
};

/* The program's clock. */
static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * NS + now.tv_nsec;
}

/*
 * The kernel maps no descriptor that is for reading only; once mapped to be read, it cannot be written
 * through it.
 */
int stamps_open_pin(const char *path)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path };
	int fd = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

int stamps_map(struct stamps **sp, int fd)
{
	struct stamps *s = malloc(sizeof(*s));
	int error;

	*sp = NULL;
	if (!s)
		return -ENOMEM;
	s->line = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (s->line == MAP_FAILED) {
		error = -errno;
		free(s);
		return error;
	}
	*sp = s;
	return 0;
}

void stamps_unmap(struct stamps *s)
{
	if (!s)
		return;
	munmap((void *)s->line, SIZE);
	free(s);
}

static long long age_of(const struct stamps *s, const struct nolist_addr *addr, unsigned int part)
{
	__u64 hash = nolist_stamp_hash(nolist_network(addr->q[0], addr->q[1]),
				       s->line[0].head.factor);
	__u32 stamp = s->line[part + nolist_stamp_line(hash)].cell[nolist_stamp_cell(hash)];
	__u32 now = nolist_stamp(now_ns());

	if (!stamp)
		return -ENOENT;
	/* Of the program's clock, which may be a tick ahead. */
	return (now - stamp + 2048 < 2048 ? 0ull : now - stamp) << NOLIST_STAMP_SHIFT;
}

long long stamps_low(const struct stamps *s, const struct nolist_addr *addr)
{
	return age_of(s, addr, NOLIST_STAMPS_LOW);
}

long long stamps_held(const struct stamps *s, const struct nolist_addr *addr)
{
	return age_of(s, addr, NOLIST_STAMPS_TRY);
}

long long stamps_age(const struct stamps *s)
{
	unsigned long long since = s->line[0].head.since_ns, now = now_ns();

	if (!s->line[0].head.factor)
		return -ENOENT;
	return now > since ? now - since : 0;
}
