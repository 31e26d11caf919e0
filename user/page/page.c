// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of the look-up page, as HTML and as JSON. Every answer of a kind has the same size,
 * whether an address is listed or not: somebody on the wire learns nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/text.h"
#include "user/page/page.h"

#define HTML_SIZE 6144
#define JSON_SIZE 512

static const char style[] =
	":root{--text:#1c2330;--soft:#566074;--page:#f6f7f9;--card:#fff;--line:#b9c1cd;--link:#1d54ad}\n"
	"@media(prefers-color-scheme:dark){:root{--text:#e6e9ef;--soft:#a3adbd;--page:#12161d;"
	"--card:#1b212b;--line:#56627a;--link:#8ab4ff}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:44rem;background:var(--page);color:var(--text);"
	"font:1rem/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.4rem}h2{font-size:1.1rem}a{color:var(--link)}\n"
	"form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}label{flex:1 1 16rem}\n"
	"input,button{font:inherit;padding:.5rem .7rem;border:1px solid var(--line);border-radius:.4rem;"
	"background:var(--card);color:var(--text)}\n"
	"input{width:100%;display:block}\n"
	"section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.2rem 1rem;"
	"margin-top:1rem;overflow-wrap:anywhere}\n"
	"footer{color:var(--soft);font-size:.875rem;margin-top:1rem}\n";

struct text {
	char *bytes;
	size_t used, capacity;
};

/* What does not fit is cut off. */
__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
	size_t left = t->capacity - t->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->bytes + t->used, left, fmt, ap);
	va_end(ap);
	t->used += n < 0 ? 0 : (size_t)n < left ? (size_t)n : left - 1;
}

/* The administrator's words. */
static void add_escaped(struct text *t, const char *words)
{
	for (; *words; words++)
		if (*words < ' ' || *words > '~' || strchr("<>&\"'", *words))
			add(t, "&#%d;", (unsigned char)*words < ' ' ? ' ' : (unsigned char)*words);
		else
			add(t, "%c", *words);
}

static bool open_text(struct text *t, size_t size)
{
	*t = (struct text){ .bytes = malloc(size), .capacity = size };
	return t->bytes;
}

/* Fills up with blanks, which mean nothing in HTML and JSON. */
static void finish(struct text *t, struct http_reply *r, unsigned int status, const char *type)
{
	memset(t->bytes + t->used, ' ', t->capacity - t->used);
	t->bytes[t->capacity - 1] = '\n';
	*r = (struct http_reply){ .status = status, .type = type, .body = t->bytes, .size = t->capacity,
				  .is_page = true };
}

/* --- as HTML ------------------------------------------------------------------------- */

static void add_frees(struct text *t, const struct page_entry *e)
{
	char when[TEXT_TIME];

	add(t, "<h2>What frees it</h2>\n<p><strong>Let your mail server retry as usual.</strong> When it "
	       "has tried our mail exchangers in their order twice, at least 15 minutes apart, the listing "
	       "ends; a try that is refused counts. So far: %u of 2.", e->walks);
	if (e->walks && e->walk_next)
		add(t, " The next one counts from %s on.", text_time(e->walk_next, when));
	add(t, "</p>\n<p>Else it ends by itself. Nobody has to ask, and nobody has to pay. If your network "
	       "shares an address, another machine behind it may be the reason.</p>\n");
}

static void add_entry(struct text *t, const char *addr, const struct page_entry *e, int64_t made)
{
	char since[TEXT_TIME], until[TEXT_TIME], when[TEXT_TIME];

	add(t, "<section aria-live=\"polite\">\n");
	if (e->is_listed) {
		add(t, "<h2>%s is listed</h2>\n<p>Since %s, until %s at the latest; answer 127.0.0.%d. It "
		       "talked only to a mail exchanger that always says &ldquo;later&rdquo;, left without "
		       "QUIT, and did not try the others.</p>\n",
		    addr, text_time(e->since, since), text_time(e->until, until), e->tier);
		add_frees(t, e);
	} else {
		add(t, "<h2>%s is not listed</h2>\n<p>Copies of the list elsewhere may be older, by a day or "
		       "two.</p>\n", addr);
	}
	add(t, "<p>As of the list of %s.</p>\n</section>\n", text_time(made, when));
}

static void begin_html(struct text *t, const char *client)
{
	add(t, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	       "<meta name=\"color-scheme\" content=\"light dark\">\n"
	       "<title>Is an address listed?</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n"
	       "</head>\n<body>\n<main>\n<h1>Is an address listed?</h1>\n<form method=\"get\">\n"
	       "<label>One address<input name=\"address\" value=\"%s\" maxlength=\"45\" required "
	       "autocomplete=\"off\" spellcheck=\"false\"></label>\n<button>Look up</button>\n</form>\n",
	    client);
}

static void end_html(struct text *t, const struct page *p)
{
	add(t, "</main>\n<footer><p>One address at a time. Nothing is stored of those that ask. The same as "
	       "JSON: <code>json?address=...</code></p>\n");
	if (*p->contact) {
		add(t, "<p>Contact: ");
		add_escaped(t, p->contact);
		add(t, "</p>\n");
	}
	add(t, "</footer>\n</body>\n</html>\n");
}

/* NULL entry: why tells what is wrong, or is NULL. */
static void html(const struct page *p, const char *client, const char *addr, const struct page_entry *e,
		 int64_t made, const char *why, unsigned int status, struct http_reply *r)
{
	struct text t;

	if (!open_text(&t, HTML_SIZE))
		return;
	begin_html(&t, *addr ? addr : client);
	if (e)
		add_entry(&t, addr, e, made);
	else if (why)
		add(&t, "<section role=\"alert\"><h2>%s</h2></section>\n", why);
	end_html(&t, p);
	finish(&t, r, status, "text/html; charset=utf-8");
}

/* --- as JSON ------------------------------------------------------------------------- */

static void json(const char *addr, const struct page_entry *e, int64_t made, const char *why,
		 unsigned int status, struct http_reply *r)
{
	struct text t;

	if (!open_text(&t, JSON_SIZE))
		return;
	if (!e)
		add(&t, "{\"type\":\"lookup\",\"schema\":1,\"error\":\"%s\"}", why);
	else if (e->is_listed)
		add(&t, "{\"type\":\"lookup\",\"schema\":1,\"address\":\"%s\",\"made\":%lld,\"listed\":true,"
			"\"since\":%lld,\"until\":%lld,\"tier\":%d,\"walks\":%u,\"walks_needed\":2,"
			"\"walk_next\":%lld}",
		    addr, (long long)made, (long long)e->since, (long long)e->until, e->tier, e->walks,
		    (long long)e->walk_next);
	else
		add(&t, "{\"type\":\"lookup\",\"schema\":1,\"address\":\"%s\",\"made\":%lld,\"listed\":false}",
		    addr, (long long)made);
	finish(&t, r, status, "application/json");
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

static void answer(const struct page *p, const struct http_request *q, const struct nolist_addr *client,
		   bool is_json, struct http_reply *r)
{
	char from[ADDR_TEXT], text[ADDR_TEXT] = "";
	struct nolist_addr addr;
	const char *why = NULL;
	unsigned int status = 200;
	struct page_entry e;
	int64_t made = 0;

	addr_text(client, from);
	if (!q->address && !is_json) {
		html(p, from, "", NULL, 0, NULL, 200, r);
		return;
	}
	if (!q->address || !parse_address(q->address, &addr)) {
		why = "That is not an address";
		status = 400;
	} else {
		addr_text(&addr, text);
		if (page_list_find(p->list, &addr, time(NULL), &e, &made)) {
			why = "There is no list at the moment";
			status = 503;
		}
	}
	if (is_json)
		json(text, why ? NULL : &e, made, why, status, r);
	else
		html(p, from, text, why ? NULL : &e, made, why, status, r);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000 + 1;
}

static void serve_style(struct http_reply *r)
{
	r->body = strdup(style);
	r->size = r->body ? strlen(style) : 0;
	r->type = "text/css; charset=utf-8";
	r->status = 200;
	r->is_page = true;
}

void page_answer(const struct http_request *q, struct http_reply *r, void *arg)
{
	const struct page *p = arg;
	struct nolist_addr client = client_of(p, q);
	bool is_json = !strcmp(q->path, "/json");

	if (!strcmp(q->path, "/style.css"))
		serve_style(r);
	else if (strcmp(q->path, "/") && !is_json)
		html(p, "", "", NULL, 0, "There is nothing here", 404, r);
	else if (!page_limit_ask(p->limit, &client, now_ms()))
		r->status = 429;
	else
		answer(p, q, &client, is_json, r);
}
