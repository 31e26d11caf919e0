// SPDX-License-Identifier: GPL-2.0-only
/* A firewall's rules, as libnftables prints them in JSON. */
#include "user/check/firewall.c"

#include "selftests/fuzz/fuzz.h"

static void walk_with(json_t *items, const struct conf_mx *mx)
{
	struct findings to = {};
	bool stops;

	check_fake(&to, items, "eth0", mx, 25, &stops);
	free(to.f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_mx ip4 = { .addr.b = { [10] = 0xff, 0xff, 192, 0, 2, 10 } },
				    ip6 = { .addr.b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 10 } };
	json_t *root = json_loadb((const char *)data, size, 0, NULL);
	json_t *items = json_object_get(root, "nftables");

	if (json_is_array(items)) {
		walk_with(items, &ip4);
		walk_with(items, &ip6);
	}
	json_decref(root);
	return 0;
}
