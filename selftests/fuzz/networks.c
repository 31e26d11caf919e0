// SPDX-License-Identifier: GPL-2.0-only
/* Allow and providers files. */
#include "selftests/fuzz/fuzz.h"
#include "selftests/fuzz/here.h"
#include "user/confined/lines.h"
#include "user/judge/providers.h"

/* A source that is in some of them. */
static const struct nolist_source source = { .addr.b = { [10] = 0xff, 0xff, 192, 0, 2, 7 } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct providers *providers;
	struct prefix_set *set;
	struct lines_bad bad;
	int found;

	if (prefix_set_new(&set) || providers_new(&providers))
		abort();
	confined_prefixes(set, "fuzz", text, size, &bad);
	HOLDS(!bad.count == !bad.first);
	prefix_set_sort(set);
	prefix_set_find(set, &source);
	providers_add_text(providers, text, size, &bad);
	providers_sort(providers);
	found = providers_find(providers, &source);
	HOLDS(found < providers_count(providers));
	prefix_set_free(set);
	providers_free(providers);
	free(text);
	return 0;
}
