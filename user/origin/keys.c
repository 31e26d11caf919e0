// SPDX-License-Identifier: GPL-2.0-only
/*
 * Autonomous systems and countries.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/origin/origin.h"

int origin_key_parse(const char *text, struct origin_key *key)
{
	const char *digits = text + 2;
	unsigned long long n;

	*key = (struct origin_key){};
	if (strncmp(text, "AS", 2) || !*digits) {
		origin_set_country(key->country, text);
		return *key->country ? 0 : -EINVAL;
	}
	if (strlen(digits) > 10 || digits[strspn(digits, "0123456789")])
		return -EINVAL;
	n = strtoull(digits, NULL, 10);
	key->as = n;
	return n && n <= UINT32_MAX ? 0 : -EINVAL;
}

const char *origin_key_text(const struct origin_key *key, char text[ORIGIN_KEY])
{
	if (key->as)
		snprintf(text, ORIGIN_KEY, "AS%" PRIu32, key->as);
	else
		snprintf(text, ORIGIN_KEY, "%s", *key->country ? key->country : "unknown");
	return text;
}

struct origin_key origin_key_of(const struct origin *o, enum origin_by by)
{
	struct origin_key key = {};

	if (by == ORIGIN_AS)
		key.as = o->as;
	else
		memcpy(key.country, o->country, sizeof(key.country));
	return key;
}

int origin_key_compare(const struct origin_key *a, const struct origin_key *b)
{
	return a->as != b->as ? (a->as > b->as) - (a->as < b->as) : strcmp(a->country, b->country);
}
