// SPDX-License-Identifier: GPL-2.0-only
/* Lines of import: an address and a time. */
#include "user/cmd/import.c"

#include "selftests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line, *rest = text;
	struct nolist_addr addr;
	int64_t time;

	while ((line = strsep(&rest, "\n")))
		if (!parse_line(line, 1790000000, &addr, &time))
			HOLDS(time > -100000 && time < 1000000000000);
	free(text);
	return 0;
}
