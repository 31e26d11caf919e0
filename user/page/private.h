/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that write answers share; only they include it.
 */
#ifndef NOLIST_PAGE_PRIVATE_H
#define NOLIST_PAGE_PRIVATE_H

#include "user/page/page.h"

/* What there is to answer. */
struct page_result {
	unsigned int status;
	const char *why;             /* what is wrong; NULL: nothing is */
	struct nolist_addr client;
	bool has_addr;               /* an address was asked for */
	struct nolist_addr addr;
	struct page_entry e;         /* of that, if nothing is wrong */
	int64_t now, made;           /* made: the list */
	bool is_own;                 /* the client is at the source of that address */
	bool is_lift;                /* it asks to lift that */
	bool is_lifted;              /* and that is noted */
	bool is_at_once;             /* why stands in for all of the page */
	char token[PAGE_TOKEN];      /* of the client */
	char host[PAGE_URL];         /* where the page is; "": unknown */
	const char *root;            /* of a static tree, from where this lies; NULL: it is served */
};

/* May it lift its listing now? */
bool page_may_lift(const struct page_result *a);

/* Each makes the reply; without memory none is made. */
void page_html(const struct page *p, const struct page_result *a, struct http_reply *r);
void page_style(struct http_reply *r);
void page_script(struct http_reply *r); /* of a static tree */
void page_json(const struct page_result *a, struct http_reply *r);

/* text.c: a text of one size. What does not fit is cut off. */
struct page_text {
	char *bytes;
	size_t used, capacity;
};

bool page_text_open(struct page_text *t, size_t size);
__attribute__((format(printf, 2, 3))) void page_add(struct page_text *t, const char *fmt, ...);
void page_add_escaped(struct page_text *t, const char *words); /* for HTML */
/* Fills up with blanks, which mean nothing in HTML and JSON. */
void page_finish(struct page_text *t, struct http_reply *r, unsigned int status, const char *type);

#endif
