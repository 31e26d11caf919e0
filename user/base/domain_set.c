// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of domains as DNS and SMTP write them (RFC 1035 2.3.1, RFC 5321 4.1.2), in ASCII: a
 * mail server that is not offered SMTPUTF8 sends the A-label of an international name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/domain_set.h"

static bool is_in(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Small letters, digits, '-', and '_', which is no letter of host names but is met. */
static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || is_in(c, "0123456789-_");
}

static const char *why_no_letter(char c)
{
	if ((unsigned char)c >= 0x80)
		return "write its A-label, which begins with xn--: \"idn2 NAME\" prints it";
	if (c == '@')
		return "write only what follows the '@'";
	return "it has a character that is none of letters, digits, '-', '_' and '.'";
}

/* Every label, and what is wrong with one. */
static const char *why_no_name(const char *name)
{
	const char *at, *last = name;
	size_t len;

	for (at = name; *at; at += len + (at[len] == '.')) {
		for (len = 0; is_of_name(at[len]); len++)
			;
		if (at[len] && at[len] != '.')
			return why_no_letter(at[len]);
		if (!len || (at[len] == '.' && !at[len + 1]))
			return "one of its labels is empty";
		if (at[0] == '-' || at[len - 1] == '-')
			return "a label begins or ends with '-'";
		last = at;
	}
	if (!last[strspn(last, "0123456789")])
		return "it looks like an address, which has no MX records";
	return NULL;
}

static const char *take_mark(const char *text, struct domain *d)
{
	if (*text == '!') {
		d->is_never = true;
		return text + 1;
	}
	/* Without quotes libconfuse leaves the '*' out. */
	text += *text == '*' && text[1] == '.';
	if (*text == '.') {
		d->is_below = true;
		return text + 1;
	}
	d->is_itself = true;
	return text;
}

const char *domain_why_wrong(const struct domain *d)
{
	const char *why = *d->name ? why_no_name(d->name) : "it is empty";

	if (!why && d->is_below && !strchr(d->name, '.'))
		why = "the names below a top-level domain cannot all be yours";
	return why;
}

const char *domain_parse(const char *text, struct domain *d)
{
	size_t len, i;

	*d = (struct domain){};
	text = take_mark(text, d);
	len = strlen(text);
	if (len && text[len - 1] == '.')
		len--;
	if (!len)
		return "it is empty";
	if (len > NOLIST_DOMAIN_MAX)
		return "it is longer than 63 characters, and longer ones are never recognized";
	for (i = 0; i < len; i++)
		d->name[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i];
	return domain_why_wrong(d);
}

/* --- sets ------------------------------------------------------------------------ */

int domain_set_add(struct domain_set *set, const struct domain *d)
{
	if (set->n >= DOMAIN_SET_MAX)
		return -E2BIG;
	if (array_grow(&set->domain, set->n, sizeof(*d)))
		return -ENOMEM;
	set->domain[set->n++] = *d;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct domain *)a)->name, ((const struct domain *)b)->name);
}

void domain_set_sort(struct domain_set *set)
{
	size_t i, n = 0;

	if (set->n)
		qsort(set->domain, set->n, sizeof(*set->domain), compare);
	for (i = 0; i < set->n; i++) {
		struct domain *last = n ? &set->domain[n - 1] : NULL, *d = &set->domain[i];

		if (!last || compare(last, d)) {
			set->domain[n++] = *d;
			continue;
		}
		last->is_itself |= d->is_itself;
		last->is_below |= d->is_below;
		last->is_never |= d->is_never;
	}
	set->n = n;
}

const struct domain *domain_set_find(const struct domain_set *set, const char *name)
{
	struct domain d = {};

	if (!set->n || strlen(name) > NOLIST_DOMAIN_MAX)
		return NULL;
	strcpy(d.name, name);
	return bsearch(&d, set->domain, set->n, sizeof(d), compare);
}

void domain_set_free(struct domain_set *set)
{
	free(set->domain);
	*set = (struct domain_set){};
}
