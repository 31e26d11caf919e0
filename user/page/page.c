// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client may ask, and what it gets. Every answer of a kind has the same size, whether an
 * address is listed or not: somebody on the wire learns nothing. What only an address itself may
 * know is looked up in the same way for all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/text.h"
#include "user/page/private.h"

#define JSON_SIZE 1024
#define PER_NETWORK 16 /* connections */

bool page_may_lift(const struct page_result *a)
{
	return a->is_own && a->e.is_listed && *a->e.lifts && a->e.lift_next <= a->now;
}

/* --- as JSON, and for curl ------------------------------------------------------------ */

static void add_own(struct page_text *t, const struct page_result *a)
{
	int i;

	page_add(t, ",\"offences\":[");
	for (i = 0; i < PAGE_HOURS && a->e.hour[i]; i++)
		page_add(t, "%s%lld", i ? "," : "", (long long)a->e.hour[i] * HOUR_S);
	page_add(t, "],\"lift\":%s,\"lift_next\":%lld", page_may_lift(a) ? "true" : "false",
		 (long long)a->e.lift_next);
}

static void add_lookup(struct page_text *t, const struct page_result *a)
{
	const struct page_entry *e = &a->e;
	char addr[ADDR_TEXT];
	size_t end;

	page_add(t, "\"address\":\"%s\"", addr_text(&a->addr, addr));
	if (!a->root)
		page_add(t, ",\"made\":%lld", (long long)a->made);
	page_add(t, ",\"listed\":%s", e->is_listed ? "true" : "false");
	end = t->used;
	page_add(t, ",\"since\":%lld,\"until\":%lld,\"tier\":%d,\"walks\":%u,\"walks_needed\":2,"
		    "\"walk_next\":%lld",
		 (long long)e->since, (long long)e->until, e->tier, e->walks, (long long)e->walk_next);
	if (a->is_own)
		add_own(t, a);
	/* Else it was written for nothing but to take as long. */
	if (!e->is_listed)
		t->used = end;
}

void page_json(const struct page_result *a, struct http_reply *r)
{
	struct page_text t;
	char addr[ADDR_TEXT];

	if (!page_text_open(&t, JSON_SIZE))
		return;
	page_add(&t, "{\"type\":\"%s\",\"schema\":1,", a->is_lift ? "lift" : "lookup");
	if (a->why)
		page_add(&t, "\"error\":\"%s\"", a->why);
	else if (a->is_lift)
		page_add(&t, "\"address\":\"%s\",\"lifted\":true", addr_text(&a->addr, addr));
	else
		add_lookup(&t, a);
	page_add(&t, "}");
	page_finish(&t, r, a->status, "application/json");
}

static void plain(const struct page_result *a, struct http_reply *r)
{
	struct page_text t;

	if (!page_text_open(&t, PAGE_TOKEN + 16))
		return;
	page_add(&t, "token=%s\n", a->token);
	*r = (struct http_reply){ .status = 200, .type = "text/plain", .body = t.bytes, .size = t.used,
				  .is_page = true };
}

/* --- the client, and its question ------------------------------------------------------------ */

static bool is_proxy(const struct page *p, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < p->proxies; i++)
		if (!addr_compare(addr, &p->proxy[i]))
			return true;
	return false;
}

/*
 * The client. Behind a proxy it is the last address of X-Forwarded-For, which the proxy has
 * added itself; those before it anybody can have sent.
 */
static struct nolist_addr client_of(const struct page *p, const struct http_request *q)
{
	const char *last = q->forwarded;
	struct nolist_addr addr;
	char text[ADDR_TEXT];
	const char *comma;

	if (!*last || (!q->is_local && !is_proxy(p, &q->client)))
		return q->client;
	while ((comma = strchr(last, ',')))
		last = comma + 1;
	last += strspn(last, " ");
	snprintf(text, sizeof(text), "%s", last);
	text[strcspn(text, " ")] = '\0';
	return addr_parse(text, &addr) ? q->client : addr;
}

/* One address, or a source as lists have it: the whole /64 of an IPv6 address, never a wider network. */
static bool parse_address(const char *text, struct nolist_addr *addr)
{
	struct nolist_source src;
	struct prefix p, own;

	if (!addr_parse(text, addr))
		return true;
	if (prefix_parse(text, &p))
		return false;
	*addr = p.addr;
	src = addr_source(addr);
	own = source_prefix(&src);
	return p.len == own.len;
}

/* Where the client has found this page, if it can be shown. */
static void take_host(struct page_result *a, const char *host)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";

	if (strlen(host) < sizeof(a->host) && !host[strspn(host, good)])
		strcpy(a->host, host);
}

static void wrong(struct page_result *a, unsigned int status, const char *why)
{
	a->status = status;
	a->why = why;
}

static void look_up(const struct page *p, struct page_result *a)
{
	struct nolist_source own = addr_source(&a->client), src = addr_source(&a->addr);

	a->has_addr = true;
	a->is_own = !addr_compare(&own.addr, &src.addr);
	if (page_list_find(p->list, &a->addr, a->now, &a->e, &a->made))
		wrong(a, 503, "There is no list at the moment");
}

static void ask(const struct page *p, const struct http_request *q, bool is_needed, struct page_result *a)
{
	if (!q->address && !is_needed)
		return;
	if (!q->address || !parse_address(q->address, &a->addr))
		wrong(a, 400, "That is not an address");
	else
		look_up(p, a);
}

/* --- a lift ------------------------------------------------------------------------------------ */

/* Did another site send it? Old browsers, and curl, do not say. The token is what counts. */
static bool is_foreign(const struct http_request *q, const char *url)
{
	const char *host = strstr(q->origin, "://");

	if (*q->site)
		return strcmp(q->site, "same-origin");
	if (!*q->origin || (host && !strcmp(host + 3, q->host)))
		return false;
	/* A proxy may have changed the name of the host. */
	return strncmp(url, q->origin, strlen(q->origin)) || url[strlen(q->origin)] != '/';
}

static bool has_token(const struct page *p, const struct http_request *q, const struct page_result *a)
{
	const char *token = strstr(q->body, "token=");
	char text[PAGE_TOKEN];

	if (!token || (token != q->body && token[-1] != '&'))
		return false;
	snprintf(text, sizeof(text), "%s", token + 6);
	text[strcspn(text, "&\r\n")] = '\0';
	return page_token_is_good(p->lifts, &a->client, a->now, text);
}

static void note_lift(const struct page *p, struct page_result *a)
{
	struct nolist_source src = addr_source(&a->client);

	switch (page_lift(p->lifts, a->e.lifts, &src, a->now)) {
	case 0:
		a->is_lifted = true;
		break;
	case -EDQUOT:
		wrong(a, 429, "Too many addresses of this network had a listing lifted: come back later");
		break;
	default:
		wrong(a, 503, "No listing can be lifted at the moment: come back later");
	}
}

static void lift(const struct page *p, const struct http_request *q, struct page_result *a)
{
	a->is_lift = true;
	a->addr = a->client;
	look_up(p, a);
	if (a->why)
		return;
	if (is_foreign(q, a->e.url) || !has_token(p, q, a))
		wrong(a, 403, "Load the page again, from the listed address, and ask within five minutes");
	else if (!*a->e.lifts)
		wrong(a, 403, "No listing is lifted here");
	else if (!a->e.is_listed)
		wrong(a, 409, "The address that you ask from is not listed");
	else if (!page_may_lift(a))
		wrong(a, 409, "A listing of this address was lifted within 30 days");
	else
		note_lift(p, a);
}

/* --- all of it ------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000 + 1;
}

/* A browser says that it takes HTML. */
static bool wants_json(const struct http_request *q)
{
	return q->body ? !strstr(q->accept, "text/html") : !strcmp(q->path, "/json");
}

static bool is_here(const struct http_request *q)
{
	return !strcmp(q->path, "/") || !strcmp(q->path, "/json") || !strcmp(q->path, "/token") ||
	       (q->body && !strcmp(q->path, PAGE_POST));
}

static void answer(const struct page *p, const struct http_request *q, struct page_result *a,
		   struct http_reply *r)
{
	page_token(p->lifts, &a->client, a->now, a->token);
	if (!strcmp(q->path, "/token")) {
		plain(a, r);
		return;
	}
	take_host(a, q->host);
	if (q->body)
		lift(p, q, a);
	else
		ask(p, q, wants_json(q), a);
	if (wants_json(q))
		page_json(a, r);
	else
		page_html(p, a, r);
}

static void page_answer(const struct http_request *q, struct http_reply *r, void *arg)
{
	const struct page *p = arg;
	struct page_result a = { .status = 200, .client = client_of(p, q), .now = time(NULL) };

	if (!strcmp(q->path, "/style.css")) {
		page_style(r);
	} else if (!is_here(q)) {
		a.is_at_once = true;
		wrong(&a, 404, "There is nothing here");
		page_html(p, &a, r);
	} else if (!page_limit_ask(p->limit, &a.client, now_ms())) {
		r->status = 429;
	} else {
		answer(p, q, &a, r);
	}
}

static bool is_exempt(const struct nolist_addr *addr, void *arg)
{
	return is_proxy(arg, addr);
}

const struct http_server page_http = {
	.fn = page_answer, .post = PAGE_POST, .per_network = PER_NETWORK, .is_exempt = is_exempt,
};
