// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of an interface's checksums by its driver. Why it matters: where a segment's
 * checksum may be still to be made, one that seems wrong is a good one; dropped, it would be a
 * sender that finds the low fake silent. To add a driver: its row.
 */
#include "selftests/lib/tap.h"
#include "user/kernel/private.h"

static const struct {
	const char *driver, *bus;
	enum kern_sums native, generic;
} rows[] = {
	{ "ixgbe", "0000:01:00.0", KERN_SUMS_WHOLE, KERN_SUMS_UNKNOWN },
	{ "mlx5_core", "0000:3b:00.1", KERN_SUMS_WHOLE, KERN_SUMS_UNKNOWN },
	{ "ena", "0000:00:05.0", KERN_SUMS_WHOLE, KERN_SUMS_UNKNOWN },
	{ "virtio_net", "0000:00:03.0", KERN_SUMS_PARTIAL, KERN_SUMS_UNKNOWN },
	{ "xen_netfront", "vif-0", KERN_SUMS_PARTIAL, KERN_SUMS_UNKNOWN },
	{ "vif", "vif-0", KERN_SUMS_PARTIAL, KERN_SUMS_UNKNOWN },
	{ "tun", "tap", KERN_SUMS_PARTIAL, KERN_SUMS_UNKNOWN },
	{ "veth", "", KERN_SUMS_PARTIAL, KERN_SUMS_PARTIAL },
	{ "veth", "N/A", KERN_SUMS_PARTIAL, KERN_SUMS_PARTIAL },
	{ "bonding", "", KERN_SUMS_PARTIAL, KERN_SUMS_PARTIAL },
	{ "bridge", "N/A", KERN_SUMS_PARTIAL, KERN_SUMS_PARTIAL },
	/* What says nothing of itself may be anything. */
	{ "", "", KERN_SUMS_PARTIAL, KERN_SUMS_PARTIAL },
};

int main(void)
{
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (kern_sums_of(rows[i].driver, rows[i].bus, KERN_NATIVE) == rows[i].native &&
		    kern_sums_of(rows[i].driver, rows[i].bus, KERN_GENERIC) == rows[i].generic)
			continue;
		tap_diag("%s at '%s'", rows[i].driver, rows[i].bus);
		wrong++;
	}
	tap_ok(!wrong, "%zu drivers: whether checksums are whole, in native and in generic mode", i);
	tap_ok(kern_sums_entry(7, KERN_SUMS_WHOLE, true) == (7 | NOLIST_WHOLE) &&
		       kern_sums_entry(7, KERN_SUMS_WHOLE, false) == 0 &&
		       kern_sums_entry(7, KERN_SUMS_PARTIAL, true) == 7 &&
		       kern_sums_entry(7, KERN_SUMS_PARTIAL, false) == 7 &&
		       kern_sums_entry(7, KERN_SUMS_UNKNOWN, true) == 0,
	       "nothing is dropped where they may be unfinished, or with silence = pass");
	return tap_done();
}
