/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The look-up page: is an address listed, since when, and what frees it. It reads one list, of the
 * format "page", and writes nothing but a file of sources that ask to have their listing lifted.
 */
#ifndef NOLIST_PAGE_H
#define NOLIST_PAGE_H

#include <stdint.h>
#include "user/base/addr.h"
#include "user/base/page_row.h"
#include "user/http/http.h"

struct page_entry {
	bool is_listed;
	int64_t since, until;
	int tier;
	unsigned int walks; /* of 2 */
	int64_t walk_next;  /* 0: at any time */
	/* For whoever is at the address only: */
	int64_t lift_next;          /* 0: at any time */
	uint32_t hour[PAGE_HOURS];  /* since 1970, the newest first; 0: no more */
	/* Of the list, also where it is not listed; "": there is none. */
	char url[PAGE_URL], lifts[PAGE_PATH];
};

/* --- lookup.c -------------------------------------------------------------------- */

struct page_list; /* open at its newest version */

int page_list_open(struct page_list **lp, const char *file); /* the file may come later */
void page_list_free(struct page_list *l);
/* The same work whether it is listed or not: 0 or -errno; times are of the list. */
int page_list_find(struct page_list *l, const struct nolist_addr *addr, int64_t now,
		   struct page_entry *e, int64_t *made);

/* Calls fn for each entry that is listed now, in the order of addresses; other than 0 ends it. */
typedef int page_list_fn(const struct nolist_addr *addr, const struct page_entry *e, void *arg);
int page_list_each(struct page_list *l, int64_t now, page_list_fn *fn, void *arg);
/* Of the version that was looked at last. */
void page_list_times(struct page_list *l, int64_t *made, int64_t *expires);

/* --- limit.c --------------------------------------------------------------------- */

struct page_limit;

int page_limit_new(struct page_limit **lp);
void page_limit_free(struct page_limit *l);
/* May an address ask once more? Counted by its /24 or /48. */
bool page_limit_ask(struct page_limit *l, const struct nolist_addr *addr, int64_t now_ms);

/* --- lift.c ---------------------------------------------------------------------- */

#define PAGE_TOKEN 64 /* bytes */

struct page_lifts;

int page_lifts_new(struct page_lifts **lp);
void page_lifts_free(struct page_lifts *l);
/* What a client has to send back, from its own address, within five minutes. */
void page_token(const struct page_lifts *l, const struct nolist_addr *client, int64_t now,
		char token[PAGE_TOKEN]);
bool page_token_is_good(const struct page_lifts *l, const struct nolist_addr *client, int64_t now,
			const char *token);
/*
 * Notes in the file that a source asks to lift its listing; once more does nothing. 0; -EDQUOT: its
 * network has had its share; or another -errno.
 */
int page_lift(struct page_lifts *l, const char *file, const struct nolist_source *src, int64_t now);

/* --- page.c ---------------------------------------------------------------------- */

#define PAGE_PROXIES 8
#define PAGE_POST "/lift"

struct page {
	struct page_list *list;
	struct page_limit *limit;
	struct page_lifts *lifts;
	const char *contact;      /* of whoever runs it; "": none is shown */
	struct nolist_addr proxy[PAGE_PROXIES]; /* whose X-Forwarded-For is believed */
	int proxies;
};

extern const struct http_server page_http; /* their arg is a struct page */

/* --- tree.c ---------------------------------------------------------------------- */

struct page_tree {
	size_t entries, written, removed;
};

/*
 * The same as files in dir, for any web server: 4/203/0/113/7.html, 6/2001/db8/5/1.html, and .json
 * beside each. What has not changed is left alone, what is not listed any more is removed. Of p list
 * and contact. 0 or -errno, explained by failure_of().
 */
int page_tree_write(const struct page *p, const char *dir, struct page_tree *done);

#endif
