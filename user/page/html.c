// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of the look-up page as HTML, all in one size.
 */
#include <string.h>

#include "user/base/text.h"
#include "user/page/private.h"

#define HTML_SIZE 8192

static const char style[] =
	":root{--text:#1c2330;--soft:#566074;--page:#f6f7f9;--card:#fff;--line:#b9c1cd;--edge:#6b7686;--link:#1d54ad}\n"
	"@media(prefers-color-scheme:dark){:root{--text:#e6e9ef;--soft:#a3adbd;--page:#12161d;"
	"--card:#1b212b;--line:#56627a;--edge:#8490a5;--link:#8ab4ff}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:44rem;background:var(--page);color:var(--text);"
	"font:1rem/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.4rem}h2{font-size:1.1rem}a{color:var(--link)}\n"
	"form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}label{flex:1 1 16rem}\n"
	"input,button{font:inherit;padding:.5rem .7rem;border:1px solid var(--edge);border-radius:.4rem;"
	"background:var(--card);color:var(--text)}\n"
	"input{width:100%;display:block}\n"
	"pre{overflow-x:auto;white-space:pre-wrap;font-size:.875rem}\n"
	"section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.2rem 1rem;"
	"margin-top:1rem;overflow-wrap:anywhere}\n"
	"footer{color:var(--soft);font-size:.875rem;margin-top:1rem}\n";

/* Of a static tree only: from an address to the file that it has there. */
static const char script[] =
	"\"use strict\";\n"
	"const root = document.currentScript.src.replace(/lookup\\.js$/, \"\");\n"
	"function groups(text) {\n"
	"  const host = new URL(`http://[${text.replace(/\\/64$/, \"\")}]/`).hostname.slice(1, -1);\n"
	"  const [head, tail] = host.split(\"::\").map(s => s ? s.split(\":\") : []);\n"
	"  return tail ? [...head, ...Array(8 - head.length - tail.length).fill(\"0\"), ...tail] : head;\n"
	"}\n"
	"function path(text) {\n"
	"  const four = /^(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})$/.exec(text);\n"
	"  if (four)\n"
	"    return four.slice(1).every(n => n < 256) ? \"4/\" + four.slice(1).map(Number).join(\"/\") : \"\";\n"
	"  try {\n"
	"    return text.includes(\":\") ? \"6/\" + groups(text).slice(0, 4).join(\"/\") : \"\";\n"
	"  } catch {\n"
	"    return \"\";\n"
	"  }\n"
	"}\n"
	"const field = document.querySelector(\"input\");\n"
	"field.addEventListener(\"input\", () => field.setCustomValidity(\"\"));\n"
	"document.querySelector(\"form\").addEventListener(\"submit\", event => {\n"
	"  const at = path(field.value.trim());\n"
	"  event.preventDefault();\n"
	"  if (at)\n"
	"    location.href = `${root}${at}.html`;\n"
	"  field.setCustomValidity(at ? \"\" : \"That is not an address\");\n"
	"  field.reportValidity();\n"
	"});\n";

static void add_frees(struct page_text *t, const struct page_result *a)
{
	const struct page_entry *e = &a->e;
	char when[TEXT_TIME];

	page_add(t, "<h2>What frees it</h2>\n<p><strong>Let your mail server retry as usual.</strong> When it "
		    "has tried our mail exchangers in their order twice, at least 15 minutes apart, the "
		    "listing ends; a try that is refused counts. So far: %u of 2.", e->walks);
	if (e->walks && e->walk_next)
		page_add(t, " The next one counts from %s on.", text_time(e->walk_next, when));
	page_add(t, "</p>\n<p>Else it ends by itself. Nobody has to ask, and nobody has to pay. If your network "
		    "shares an address, another machine behind it may be the reason.%s</p>\n",
		 *e->lifts && !a->is_own ? " From the address itself this page can lift the listing." : "");
}

/* Hours are rounded, and only for whoever is at the address. */
static void add_hours(struct page_text *t, const struct page_entry *e)
{
	char when[TEXT_TIME];
	int i;

	if (!e->hour[0])
		return;
	page_add(t, "<p>You ask from this address. The last hours (UTC) in which it was told to come back "
		    "later, and left:</p>\n<ul>\n");
	for (i = 0; i < PAGE_HOURS && e->hour[i]; i++)
		page_add(t, "<li>%.16s</li>\n", text_time((int64_t)e->hour[i] * HOUR_S, when));
	page_add(t, "</ul>\n");
}

static void add_curl(struct page_text *t, const struct page_result *a)
{
	const char *family = addr_is_ip4(&a->client) ? "-4" : "-6", *url = a->e.url;
	char here[PAGE_URL + 16];

	if (!*url && !*a->host)
		return;
	if (!*url) {
		strcpy(here, "http://");
		strcat(strcat(here, a->host), "/");
		url = here;
	}
	page_add(t, "<p>On a host without a browser:</p>\n<pre>curl %s -d \"$(curl %s -s ", family, family);
	page_add_escaped(t, url);
	page_add(t, "token)\" ");
	page_add_escaped(t, url);
	page_add(t, "lift</pre>\n");
}

static void add_lift(struct page_text *t, const struct page_result *a)
{
	char when[TEXT_TIME];

	if (!*a->e.lifts)
		return;
	page_add(t, "<h2>Or lift it now, from this address</h2>\n");
	if (!page_may_lift(a)) {
		page_add(t, "<p>A listing of this address was lifted here before. That is possible again from "
			    "%s on.</p>\n", text_time(a->e.lift_next, when));
		return;
	}
	page_add(t, "<p>That ends this listing, and what was counted before it. It is no exemption: a new "
		    "listing can begin at once, and is not lifted here for %d days.</p>\n"
		    "<form method=\"post\" action=\"lift\"><input type=\"hidden\" name=\"token\" "
		    "value=\"%s\"><button>Lift this listing</button></form>\n", PAGE_AGAIN_DAYS, a->token);
	add_curl(t, a);
}

static void add_lifted(struct page_text *t, const char *addr)
{
	page_add(t, "<section role=\"status\">\n<h2>The listing of %s is being lifted</h2>\n<p>The lists of this "
		    "host follow within a minute, where they are written at once, and copies elsewhere when "
		    "they are fetched again: for a DNS list that may take its time to live, for other "
		    "lists a day or two.</p>\n</section>\n", addr);
}

/* What an offence was, by the answer of a DNS list. */
static const char *rule_of(int tier)
{
	return tier == 2 ? "in two different hours, which TCP timestamps verify" :
			   "in three different hours, which sequence numbers verify";
}

static void add_listed(struct page_text *t, const struct page_result *a, const char *addr)
{
	char since[TEXT_TIME], until[TEXT_TIME];
	const struct page_entry *e = &a->e;

	page_add(t, "<h2>%s is listed</h2>\n<p>Since %s, until %s at the latest; answer 127.0.0.%d. It talked "
		    "only to a mail exchanger that always says &ldquo;later&rdquo;, left without QUIT, %s, and "
		    "did not try the others.</p>\n",
		 addr, text_time(e->since, since), text_time(e->until, until), e->tier, rule_of(e->tier));
	if (a->is_own)
		add_hours(t, e);
	add_frees(t, a);
	if (a->is_own)
		add_lift(t, a);
}

static void add_entry(struct page_text *t, const struct page_result *a)
{
	char addr[ADDR_TEXT], when[TEXT_TIME];
	size_t start;

	addr_text(&a->addr, addr);
	if (a->is_lifted) {
		add_lifted(t, addr);
		return;
	}
	page_add(t, "<section aria-live=\"polite\">\n");
	start = t->used;
	add_listed(t, a, addr);
	if (!a->e.is_listed) {
		/* That was written for nothing but to take as long. */
		t->used = start;
		page_add(t, "<h2>%s is not listed</h2>\n<p>Copies of the list elsewhere may be older, by a day or "
			    "two.</p>\n", addr);
	}
	/* A file of a static tree stays as it is while its entry does. */
	if (!a->root)
		page_add(t, "<p>As of the list of %s.</p>\n", text_time(a->made, when));
	page_add(t, "</section>\n");
}

static void begin(struct page_text *t, const struct page_result *a)
{
	const char *root = a->root ? a->root : "";
	char addr[ADDR_TEXT] = "";

	if (!a->is_at_once && (a->has_addr || !a->root))
		addr_text(a->has_addr ? &a->addr : &a->client, addr);
	page_add(t, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n");
	if (a->root)
		page_add(t, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			    "'self'; script-src 'self'; form-action 'self'; base-uri 'none'\">\n"
			    "<meta name=\"robots\" content=\"noindex\">\n<script src=\"%slookup.js\" defer></script>\n",
			 root);
	page_add(t, "<title>Is an address listed?</title>\n<link rel=\"stylesheet\" href=\"%sstyle.css\">\n"
		    "</head>\n<body>\n<main>\n<h1>Is an address listed?</h1>\n"
		    "<form method=\"get\" action=\"%s./\">\n"
		    "<label>One address<input name=\"address\" value=\"%s\" maxlength=\"45\" required "
		    "autocomplete=\"off\" spellcheck=\"false\"></label>\n<button>Look up</button>\n</form>\n",
		 root, root, addr);
}

static void add_footer(struct page_text *t, const struct page_result *a)
{
	char made[TEXT_TIME], expires[TEXT_TIME];

	if (!a->root)
		page_add(t, "<p>One address at a time. Nothing is stored of those that ask, but for a listing that "
			    "is lifted. The same as JSON: <code>json?address=...</code></p>\n");
	else
		page_add(t, "<p>The same as JSON: a name that ends with <code>.json</code>. What is not listed has no "
			    "page, so whoever sees the line sees which it is.</p>\n<noscript><p>Without a script: "
			    "203.0.113.7 is at <code>4/203/0/113/7.html</code>, 2001:db8:5:1::7 at "
			    "<code>6/2001/db8/5/1.html</code>; where nothing is there, it is not listed.</p></noscript>\n");
	if (a->root && a->made)
		page_add(t, "<p>As of the list of %s, good until %s.</p>\n", text_time(a->made, made),
			 text_time(a->now, expires));
}

static void end(struct page_text *t, const struct page *p, const struct page_result *a)
{
	page_add(t, "</main>\n<footer>");
	add_footer(t, a);
	if (*p->contact) {
		page_add(t, "<p>Contact: ");
		page_add_escaped(t, p->contact);
		page_add(t, "</p>\n");
	}
	page_add(t, "</footer>\n</body>\n</html>\n");
}

void page_html(const struct page *p, const struct page_result *a, struct http_reply *r)
{
	struct page_text t;

	if (!page_text_open(&t, HTML_SIZE))
		return;
	begin(&t, a);
	if (a->why)
		page_add(&t, "<section role=\"alert\"><h2>%s</h2></section>\n", a->why);
	else if (a->has_addr)
		add_entry(&t, a);
	end(&t, p, a);
	page_finish(&t, r, a->status, "text/html; charset=utf-8");
}

static void reply_text(struct http_reply *r, const char *text, const char *type)
{
	r->body = strdup(text);
	r->size = r->body ? strlen(text) : 0;
	r->type = type;
	r->status = 200;
	r->is_page = true;
}

void page_style(struct http_reply *r)
{
	reply_text(r, style, "text/css; charset=utf-8");
}

void page_script(struct http_reply *r)
{
	reply_text(r, script, "text/javascript; charset=utf-8");
}
