/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that mail is for us in, by name: "example.com" is that name, ".example.com" or
 * "*.example.com" names below it, "!mx.example.com" a name that mail is never for us in, whatever is above it.
 */
#ifndef NOLIST_DOMAIN_SET_H
#define NOLIST_DOMAIN_SET_H

#include <stdbool.h>
#include <stddef.h>
#include "bpf/abi.h"

struct domain {
	char name[NOLIST_DOMAIN_MAX + 1]; /* in small letters, without a dot at its end */
	bool is_itself, is_below, is_never;
};

struct domain_set {
	struct domain *domain;
	size_t n;
};

/* NULL, or why the text is no domain: the end of a sentence. */
const char *domain_parse(const char *text, struct domain *d);
/* The same of one whose bytes are not of domain_parse(); its name has an end. */
const char *domain_why_wrong(const struct domain *d);

#define DOMAIN_SET_MAX (1u << 22) /* domains; they take 64 MiB of the kernel's memory */

/*
 * All return 0, -ENOMEM, or -E2BIG: more than DOMAIN_SET_MAX; the set is always safe to
 * free. A set begins as {}.
 */
int domain_set_add(struct domain_set *set, const struct domain *d);
/* Sorts by name, with one element for each name: "never" is stronger than all else. */
void domain_set_sort(struct domain_set *set);
/* After that: the element of a name, or NULL. */
const struct domain *domain_set_find(const struct domain_set *set, const char *name);
void domain_set_free(struct domain_set *set);

#endif
