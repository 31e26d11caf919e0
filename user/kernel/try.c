// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs made-up frames through what is attached to an interface, as if they had come in there:
 * the program alone, or libxdp's dispatcher with all that it calls. No answer leaves the host.
 * The frames count, and what they show is noted.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

int kern_try_open(const char *pin_dir, int ifindex)
{
	struct kern_slot slot;
	char name[16];
	int fd, ret;

	kern_quiet();
	ret = kern_slot(pin_dir, ifindex, &slot);
	if (!ret && !slot.ours)
		ret = -ENOENT;
	fd = ret ? ret : kern_prog_fd(pin_dir, slot.id);
	if (fd < 0)
		return fail(fd, "cannot open the program at '%s'", kern_if_name(ifindex, name));
	return fd;
}

int kern_try(int fd, int ifindex, const void *frame, size_t len, void *out, size_t *out_len)
{
	struct xdp_md ctx = { .data_end = len, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = *out_len, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = 1);
	int ret = bpf_prog_test_run_opts(fd, &opts);

	/* Not every driver has a queue that this can name: then as if at the loopback device. */
	if (ret == -EINVAL || ret == -ENODEV) {
		opts.ctx_in = NULL;
		opts.ctx_size_in = 0;
		opts.data_size_out = *out_len;
		ret = bpf_prog_test_run_opts(fd, &opts);
	}
	if (ret)
		return fail(ret, "the kernel cannot run a frame through the program");
	*out_len = opts.data_size_out;
	switch (opts.retval) {
	case XDP_PASS:
		return KERN_TRY_PASSED;
	case XDP_TX:
		return KERN_TRY_ANSWERED;
	case XDP_DROP:
		return KERN_TRY_DROPPED;
	default:
		return KERN_TRY_OTHER;
	}
}
