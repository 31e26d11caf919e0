/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The look-up page: is an address listed, since when, and what frees it. It reads one list, of the
 * format "page", and nothing else.
 */
#ifndef NOLIST_PAGE_H
#define NOLIST_PAGE_H

#include <stdint.h>
#include "user/base/addr.h"
#include "user/http/http.h"

struct page_entry {
	bool is_listed;
	int64_t since, until;
	int tier;
	unsigned int walks; /* of 2 */
	int64_t walk_next;  /* 0: at any time */
};

/* --- lookup.c -------------------------------------------------------------------- */

struct page_list; /* open at its newest version */

int page_list_open(struct page_list **lp, const char *file); /* the file may come later */
void page_list_free(struct page_list *l);
/* The same work whether it is listed or not: 0 or -errno; times are of the list. */
int page_list_find(struct page_list *l, const struct nolist_addr *addr, int64_t now,
		   struct page_entry *e, int64_t *made);

/* --- limit.c --------------------------------------------------------------------- */

struct page_limit;

int page_limit_new(struct page_limit **lp);
void page_limit_free(struct page_limit *l);
/* May an address ask once more? Counted by its /24 or /48. */
bool page_limit_ask(struct page_limit *l, const struct nolist_addr *addr, int64_t now_ms);

/* --- page.c ---------------------------------------------------------------------- */

#define PAGE_PROXIES 8

struct page {
	struct page_list *list;
	struct page_limit *limit;
	const char *contact;      /* of whoever runs it; "": none is shown */
	struct nolist_addr proxy[PAGE_PROXIES]; /* whose X-Forwarded-For is believed */
	int proxies;
};

http_fn page_answer; /* arg is a struct page */

#endif
