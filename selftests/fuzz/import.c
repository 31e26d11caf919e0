// SPDX-License-Identifier: GPL-2.0-only
/* Lines of import: an address and a time. */
#include "user/maillog/lines.c"

#include "selftests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line, *rest = text;
	struct maillog_read_line to;

	while ((line = strsep(&rest, "\n")))
		if (!parse_contact(line, 1790000000, &to))
			HOLDS(to.time > -100000 && to.time < 1000000000000);
	free(text);
	return 0;
}
