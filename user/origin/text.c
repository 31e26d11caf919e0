// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words about origins, read from a file of others.
 */
#include <ctype.h>
#include <string.h>

#include "user/origin/origin.h"

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

void origin_set_country(char country[3], const char *code)
{
	bool is_one = code && strnlen(code, 3) == 2 && is_capital(code[0]) && is_capital(code[1]) &&
		      strcmp(code, "ZZ") != 0;

	memset(country, 0, 3);
	if (is_one)
		memcpy(country, code, 2);
}

void origin_set_owner(char owner[ORIGIN_OWNER], const char *text, size_t size)
{
	size_t i;

	memset(owner, 0, ORIGIN_OWNER);
	for (i = 0; i < ORIGIN_OWNER - 1 && i < size && text[i]; i++)
		owner[i] = text[i] < ' ' || text[i] > '~' || strchr("\",\\", text[i]) ? '?' : text[i];
}
