// SPDX-License-Identifier: GPL-2.0-only
/* Logs of mail servers, whose lines strangers shape. */
#include "selftests/fuzz/fuzz.h"
#include "user/maillog/deliveries.h"

#define ROUNDS 4096 /* then the audit ends, and another one begins */

static struct audit audit;
static unsigned int rounds;

static void renew(void)
{
	if (rounds) {
		audit_sort(&audit);
		audit_free(&audit);
	}
	rounds = 0;
	audit = (struct audit){ .now = 1790000000 };
	if (audit_start(&audit))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum maillog_kind kind;
	const uint8_t *end;
	size_t n;

	if (!(rounds % ROUNDS))
		renew();
	rounds++;
	for (; size; data += n, size -= n) {
		end = memchr(data, '\n', size);
		n = end ? (size_t)(end - data) : size;
		if (audit_line(&audit, (const char *)data, n, &kind))
			abort();
		n += !!end;
	}
	return 0;
}
