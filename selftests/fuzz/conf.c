// SPDX-License-Identifier: GPL-2.0-only
/* The configuration, with the words of its lists, and the table that is made of it. */
#include "selftests/fuzz/fuzz.h"
#include "user/config/conf.h"
#include "user/lists/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nolist_config table;
	char *text = fuzz_text(data, size);
	struct nolist_key key = {};
	struct conf conf;
	int i, n;

	conf_init(&conf);
	conf_hold("fuzz", text);
	if (!conf_read(&conf, "fuzz") && !conf_check(&conf)) {
		n = conf_fill(&conf, &table, NULL, 0, NULL, NULL);
		HOLDS(n == 0);
		for (i = 0; i < (int)conf.tenants; i++)
			HOLDS(!conf_fill_tenant(&conf, i, &key, 1, &table));
		for (i = 0; i < conf.lists; i++) {
			char **word = conf.list[i].argv;

			HOLDS(word[0] && word[1] && *word[1] == '/');
			format_find(word[0]);
			while (*word)
				HOLDS(*(*word++));
		}
	}
	conf_hold(NULL, NULL);
	conf_free(&conf);
	free(text);
	return 0;
}
