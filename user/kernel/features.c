// SPDX-License-Identifier: GPL-2.0-only
/*
 * Features of the running kernel, probed by using them: those that the program needs, and
 * optional ones, with what does not work without them.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/kernel/private.h"

static int has_xdp(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL);
}

static int has_coarse_clock(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_ktime_get_coarse_ns, NULL);
}

static int has_sockets(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_skc_lookup_tcp, NULL);
}

static int has_resizing(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_adjust_tail, NULL);
}

static int has_maps(void)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_LRU_HASH,
						   BPF_MAP_TYPE_PERCPU_ARRAY,
						   BPF_MAP_TYPE_ARRAY_OF_MAPS,
						   BPF_MAP_TYPE_PROG_ARRAY };
	int ret = 1;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types) && ret == 1; i++)
		ret = libbpf_probe_bpf_map_type(types[i], NULL);
	return ret;
}

static int has_extensions(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL);
}

/* A batch from an empty table ends at once, with ENOENT. */
static int has_batches(void)
{
	__u32 n = 1, next;
	__u64 key, value;
	int fd, ret;

	fd = bpf_map_create(BPF_MAP_TYPE_HASH, NULL, sizeof(key), sizeof(value), 1, NULL);
	if (fd < 0)
		return -errno;
	ret = bpf_map_lookup_batch(fd, NULL, &next, &key, &value, &n, NULL);
	ret = !ret || errno == ENOENT;
	close(fd);
	return ret;
}

static int has_jit(void)
{
	FILE *f = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int value = 0;

	/* A kernel with the JIT always on may not have the switch. */
	if (!f)
		return -errno;
	if (fscanf(f, "%d", &value) != 1)
		value = -EIO;
	fclose(f);
	return value > 0 ? 1 : value;
}

static const struct {
	struct kern_feature feature;
	int (*probe)(void); /* 1, 0, or -errno: unknown */
} features[] = {
	{ { "XDP", NULL }, has_xdp },
	{ { "bpf_ktime_get_coarse_ns", NULL }, has_coarse_clock },
	{ { "bpf_skc_lookup_tcp", NULL }, has_sockets },
	{ { "bpf_xdp_adjust_tail", NULL }, has_resizing },
	{ { "LRU hashes, per-CPU arrays, arrays of maps and of programs", NULL }, has_maps },
	{ { "extensions of programs", "no other XDP program can share an interface with it" },
	  has_extensions },
	{ { "reading tables in batches", "collect and dump take many times longer" },
	  has_batches },
	{ { "the BPF JIT", "each frame costs many times more; sysctl net.core.bpf_jit_enable=1" },
	  has_jit },
};

int kern_missing(struct kern_feature *missing, int max)
{
	int n = 0, fd;
	size_t i;

	kern_quiet();
	/* Without permission every feature would seem to be missing. */
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(__u32), 1, NULL);
	if (fd < 0 && errno == EPERM)
		return -EPERM;
	if (fd >= 0)
		close(fd);
	for (i = 0; i < sizeof(features) / sizeof(*features) && n < max; i++)
		if (features[i].probe() == 0)
			missing[n++] = features[i].feature;
	return n;
}

const char *kern_release(bool *is_old)
{
	static struct utsname name;
	unsigned int major = 0, minor = 0;

	*is_old = uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2 ||
		  major < KERN_OLDEST_MAJOR ||
		  (major == KERN_OLDEST_MAJOR && minor < KERN_OLDEST_MINOR);
	return name.release;
}
