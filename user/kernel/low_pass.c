// SPDX-License-Identifier: GPL-2.0-only
/*
 * The networks that pass at a low fake's address: a trie that is put in force in one write.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/addr.h"
#include "user/kernel/private.h"

static int make_trie(const struct prefix *low_pass, size_t n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "nolist_let_in", sizeof(struct nolist_low_key),
				sizeof(__u32), NOLIST_LOW_PASS_MAX, &opts), error;
	__u32 one = 1;
	size_t i;

	for (i = 0; i < n && fd >= 0; i++) {
		struct nolist_low_key key = { .len = low_pass[i].len };

		memcpy(key.addr, &low_pass[i].addr, sizeof(key.addr));
		if (!bpf_map_update_elem(fd, &key, &one, BPF_ANY))
			continue;
		error = -errno;
		close(fd);
		return error;
	}
	return fd < 0 ? -errno : fd;
}

int kern_put_low_pass(const struct kern_instance *instance, const struct prefix *low_pass, size_t n)
{
	int outer = instance->fd[MAP_LOW_PASS], fd, ret = 0;
	__u32 zero = 0;

	if (!n) {
		bpf_map_delete_elem(outer, &zero);
		return 0;
	}
	fd = make_trie(low_pass, n);
	if (fd < 0)
		return fail(fd, "cannot make the table of 'low-pass'");
	if (bpf_map_update_elem(outer, &zero, &fd, BPF_ANY))
		ret = fail(-errno, "cannot put the networks of 'low-pass' in force");
	close(fd);
	return ret;
}
