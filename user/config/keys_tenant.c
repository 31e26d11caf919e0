// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tenants: customers with high fakes, words and domains of their own. A value names the tenant, and
 * one thing of it; file.c makes such values of a block. A tenant's number is its place: evidence has it,
 * so new ones come last, and one that has left stays, with its name alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/domain_set.h"
#include "user/config/given.h"
#include "user/config/keys_mx.h"
#include "user/config/keys_tenant.h"
#include "user/config/values.h"

#define NAME_MAX_BYTES 32
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define DOMAINS_MAX 4096

static int wrong(struct conf *conf, const char *where, const char *name, const char *why)
{
	conf_note(conf, true, "%s: tenant '%s' %s", where, name, why);
	return -EINVAL;
}

/* The tenant of a name, which is added if it is new; NULL, with a note. */
static struct conf_tenant *tenant_of(struct conf *conf, const char *name, const char *where)
{
	struct conf_tenant *t;
	unsigned int i;
	int n = conf->tenants;

	for (i = 0; i < conf->tenants; i++)
		if (!strcmp(conf->tenant[i].name, name))
			return &conf->tenant[i];
	if (!*name || strlen(name) > NAME_MAX_BYTES || name[strspn(name, NAME_CHARS)]) {
		wrong(conf, where, name, "has a name that is not of 1 to 32 letters, digits, '-', '_' and '.'");
		return NULL;
	}
	if (conf->tenants == NOLIST_TENANTS_MAX) {
		wrong(conf, where, name, "is one more than 255");
		return NULL;
	}
	if (array_grow(&conf->tenant, n, sizeof(*t)))
		return NULL;
	t = &conf->tenant[n];
	*t = (struct conf_tenant){ .name = strdup(name) };
	snprintf(t->where, sizeof(t->where), "%s", where);
	if (!t->name)
		return NULL;
	conf->tenants++;
	return t;
}

static int add_high(struct conf *conf, const struct conf_tenant *t, const char *value, const char *where)
{
	int error = conf_add_mx(conf, NOLIST_HIGH, value, where);

	if (!error)
		conf->mx[conf->mxs - 1].tenant = t - conf->tenant + 1;
	return error;
}

static int add_domain(struct conf *conf, struct conf_tenant *t, const char *value, const char *where)
{
	const char *why = NULL;
	struct domain d;
	char *copy;

	if (!strchr(value, '/'))
		why = domain_parse(value, &d);
	if (why) {
		conf_note(conf, true, "%s: '%s' is not a domain: %s", where, value, why);
		return -EINVAL;
	}
	if (t->domains >= DOMAINS_MAX)
		return wrong(conf, where, t->name, "has too many values of 'domains': name a file");
	if (array_grow(&t->domain, t->domains, sizeof(*t->domain)))
		return -ENOMEM;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	t->domain[t->domains++] = copy;
	return 0;
}

static int set_words(struct conf *conf, struct conf_tenant *t, const char *word, const char *value,
		     const char *where)
{
	bool is_name = !strcmp(word, "name");
	char **text = is_name ? &t->host : &t->text;

	if (*text) {
		conf_note(conf, true, "%s: '%s' of tenant '%s' is given twice", where, word, t->name);
		return -EINVAL;
	}
	return value_set_text(conf, value, where, is_name ? DIALOGUE_NAME_MAX : DIALOGUE_TEXT_MAX, !is_name,
			      text);
}

/* The next word of a text, which is cut; what follows it begins without blanks. */
static char *next_word(char **text)
{
	char *word = *text;

	*text += strcspn(*text, " ");
	if (**text)
		*(*text)++ = '\0';
	*text += strspn(*text, " ");
	return word;
}

static int add(struct conf *conf, char *text, const char *where)
{
	char *name = next_word(&text), *word = next_word(&text);
	struct conf_tenant *t = tenant_of(conf, name, where);

	if (!t)
		return -EINVAL;
	if (!*word)
		return 0;
	if (!strcmp(word, "high"))
		return add_high(conf, t, text, where);
	if (!strcmp(word, "domains"))
		return add_domain(conf, t, text, where);
	if (!strcmp(word, "name") || !strcmp(word, "tempfail-text"))
		return set_words(conf, t, word, text, where);
	conf_note(conf, true, "%s: '%s' of tenant '%s' is not high, domains, name or tempfail-text", where,
		  word, name);
	return -EINVAL;
}

int conf_add_tenant(struct conf *conf, const char *value, const char *where)
{
	char *copy = strdup(value);
	int error = copy ? add(conf, copy, where) : -ENOMEM;

	free(copy);
	return error;
}

void conf_check_tenants(struct conf *conf)
{
	unsigned int i;
	int k;

	for (i = 0; i < conf->tenants; i++) {
		const struct conf_tenant *t = &conf->tenant[i];

		for (k = 0; k < conf->mxs && conf->mx[k].tenant != i + 1; k++)
			;
		if (k == conf->mxs) {
			if (t->domains)
				conf_note(conf, false, "%s: tenant '%s' has no high fake: nothing comes to it",
					  t->where, t->name);
			continue;
		}
		if (!t->domains)
			wrong(conf, t->where, t->name, "has no 'domains'");
		if (!conf->domains)
			wrong(conf, t->where, t->name, "needs the key 'domains' for your own domains: else "
						       "its mail counts as yours, too");
		if (conf->stage < STAGE_RCPT)
			wrong(conf, t->where, t->name, "needs 'stage = rcpt' or 'data': at the stages "
						       "before, no domain is known");
	}
}

void conf_free_tenants(struct conf *conf)
{
	struct conf_tenant *t;

	while (conf->tenants) {
		t = &conf->tenant[--conf->tenants];
		while (t->domains)
			free(t->domain[--t->domains]);
		free(t->domain);
		free(t->name);
		free(t->host);
		free(t->text);
	}
	free(conf->tenant);
	conf->tenant = NULL;
}

const char *conf_tenant_name(const struct conf *conf, unsigned int number)
{
	return number && number <= conf->tenants ? conf->tenant[number - 1].name : NULL;
}

void conf_drop_tenants_mx(struct conf *conf)
{
	int i, n = 0;

	for (i = 0; i < conf->mxs; i++)
		if (!conf->mx[i].tenant)
			conf->mx[n++] = conf->mx[i];
	conf->mxs = n;
}
