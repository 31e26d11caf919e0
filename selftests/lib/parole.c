// SPDX-License-Identifier: GPL-2.0-only
/*
 * When sources that are reset or dropped pass, with a key: a helper of tests that choose the key, no test
 * itself. Its hash is not the packet program's.
 *
 *	parole KEYFILE SOURCE...    the seconds that are left of this hour; then of each source how many
 *	                            hours it is until its own: 0 is this one
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "selftests/lib/siphash.h"
#include "user/base/addr.h"
#include "user/base/text.h"
#include "user/config/key_file.h"

int main(int argc, char **argv)
{
	struct nolist_key key;
	struct nolist_source src;
	struct timespec now;
	struct prefix p;
	unsigned int own;
	int i;

	if (argc < 2 || key_file_read(argv[1], &key))
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%ld", (long)HOUR_S - now.tv_sec % (long)HOUR_S);
	for (i = 2; i < argc; i++) {
		unsigned char bytes[15] = {};

		if (prefix_parse(argv[i], &p))
			return 2;
		src = addr_source(&p.addr);
		memcpy(bytes, &src.addr.q[src.addr.q[0] ? 0 : 1], 8);
		bytes[8] = 'p';
		own = (siphash_bytes(&key, bytes, sizeof(bytes)) >> 32) % 24;
		printf(" %u", (unsigned int)((own + 24 - (now.tv_sec / HOUR_S + 1) % 24) % 24));
	}
	putchar('\n');
	return 0;
}
