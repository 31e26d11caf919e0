// SPDX-License-Identifier: GPL-2.0-only
/*
 * The values of the configuration as they were given.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/config/given.h"

int given_add(struct conf *conf, unsigned int key, const char *value, const char *where)
{
	struct conf_given *g;

	if (!conf_key_is_list(key))
		given_drop(conf, key);
	if (array_grow(&conf->given, conf->givens, sizeof(*g)))
		return -ENOMEM;
	g = &conf->given[conf->givens];
	*g = (struct conf_given){ .key = key, .value = strdup(value) };
	if (!g->value)
		return -ENOMEM;
	snprintf(g->where, sizeof(g->where), "%s", where);
	conf->givens++;
	return 0;
}

void given_drop(struct conf *conf, unsigned int key)
{
	int i, n = 0;

	for (i = 0; i < conf->givens; i++)
		if (conf->given[i].key == key)
			free(conf->given[i].value);
		else
			conf->given[n++] = conf->given[i];
	conf->givens = n;
}

void given_free(struct conf *conf)
{
	while (conf->givens)
		free(conf->given[--conf->givens].value);
	free(conf->given);
	conf->given = NULL;
}

/* The next value of a key from i on; NULL: there is none. */
static const char *next_value(const struct conf *conf, unsigned int key, int *i)
{
	while (*i < conf->givens && conf->given[*i].key != key)
		++*i;
	return *i < conf->givens ? conf->given[(*i)++].value : NULL;
}

static bool differs(const struct conf *a, const struct conf *b, unsigned int key)
{
	const char *x, *y;
	int i = 0, k = 0;

	do {
		x = next_value(a, key, &i);
		y = next_value(b, key, &k);
	} while (x && y && !strcmp(x, y));
	return x || y;
}

const char *given_changes(const struct conf *a, const struct conf *b, char *text, size_t size)
{
	unsigned int key;
	size_t n = 0;

	*text = '\0';
	for (key = 0; conf_key(key); key++)
		if (differs(a, b, key) && n < size)
			n += snprintf(text + n, size - n, "%s%s", n ? ", " : "", conf_key(key));
	return text;
}

const char *given_where(const struct conf *conf, const char *key, const char *value)
{
	int i, number = conf_key_find(key);

	for (i = 0; i < conf->givens; i++)
		if ((int)conf->given[i].key == number && !strcmp(conf->given[i].value, value))
			return conf->given[i].where;
	return "";
}
