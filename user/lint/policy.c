// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain's MTA-STS policy (RFC 8461): fetched by HTTPS from the address that our own
 * resolver finds, without redirects, and read.
 */
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/lint/zone.h"

#define FETCH_MS 10000
#define MAX_AGE_MAX 31557600 /* RFC 8461 3.2: a year */

struct body {
	char text[POLICY_MAX + 1];
	size_t size;
	bool is_long;
};

int policy_start(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) ? -ENOMEM : 0;
}

void policy_end(void)
{
	curl_global_cleanup();
}

/* --- fetching ------------------------------------------------------------------------------ */

static size_t take_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct body *b = arg;

	(void)one;
	if (n > POLICY_MAX - b->size) {
		b->is_long = true;
		return 0;
	}
	memcpy(b->text + b->size, bytes, n);
	b->size += n;
	return n;
}

/* "+HOST:443:ADDRESS,ADDRESS": curl asks no resolver of its own. NULL: there is no address. */
static struct curl_slist *find_host(struct dns *d, const char *host)
{
	char line[2 * DNS_NAME], text[ADDR_TEXT];
	int i, k, n, found = 0;
	struct nolist_addr addr;
	struct dns_question q[2];

	dns_set(&q[0], DNS_AAAA, "%s", host);
	dns_set(&q[1], DNS_A, "%s", host);
	dns_ask(d, q, 2);
	n = snprintf(line, sizeof(line), "+%s:443:", host);
	for (i = 0; i < 2; i++)
		for (k = 0; k < q[i].answer.records && found < 4; k++)
			if (!dns_address(&q[i].answer.record[k], &addr)) {
				addr_text(&addr, text);
				n += snprintf(line + n, sizeof(line) - n, "%s%s%s%s",
					      found++ ? "," : "", i ? "" : "[", text, i ? "" : "]");
			}
	dns_free(q, 2);
	return found ? curl_slist_append(NULL, line) : NULL;
}

static bool set_up(CURL *c, const char *host, struct curl_slist *at, struct body *b, int ms)
{
	char url[DNS_NAME + 64];

	snprintf(url, sizeof(url), "https://%s/.well-known/mta-sts.txt", host);
	return !curl_easy_setopt(c, CURLOPT_URL, url) &&
	       !curl_easy_setopt(c, CURLOPT_RESOLVE, at) &&
	       !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") &&
	       !curl_easy_setopt(c, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(ms < FETCH_MS ? ms : FETCH_MS)) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEDATA, b);
}

/* What is wrong with the reply; NULL: nothing. */
static const char *judge_reply(CURL *c, CURLcode error, const struct body *b, char *why)
{
	char *type = NULL;
	long status = 0;

	if (b->is_long)
		return "it is longer than 64 KiB";
	if (error)
		return curl_easy_strerror(error);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		snprintf(why, DNS_WHY, "the HTTP status is %ld, and no redirect is followed", status);
		return why;
	}
	curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	if (!type || strncasecmp(type, "text/plain", 10))
		return "its type is not text/plain";
	return NULL;
}

static const char *get(struct zone_policy *p, struct dns *d, const char *host, struct body *b)
{
	struct curl_slist *at = find_host(d, host);
	CURL *c = at ? curl_easy_init() : NULL;
	const char *wrong = at ? "there is no memory" : "its host has no address";

	if (c && set_up(c, host, at, b, dns_left_ms(d)))
		wrong = judge_reply(c, curl_easy_perform(c), b, p->why);
	if (c)
		curl_easy_cleanup(c);
	curl_slist_free_all(at);
	return wrong;
}

void policy_fetch(struct zone_policy *p, struct dns *d, const char *domain)
{
	struct body *b = calloc(1, sizeof(*b));
	char host[DNS_NAME + 16];
	const char *wrong;

	snprintf(host, sizeof(host), "mta-sts.%s", domain);
	wrong = b ? get(p, d, host, b) : "there is no memory";
	if (wrong && wrong != p->why)
		snprintf(p->why, sizeof(p->why), "%s", wrong);
	if (!wrong)
		p->state = policy_parse(p, b->text) ? POLICY_GOOD : POLICY_MALFORMED;
	free(b);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool wrong(struct zone_policy *p, const char *why)
{
	snprintf(p->why, sizeof(p->why), "%s", why);
	return false;
}

static bool take_mx(struct zone_policy *p, const char *value)
{
	char *name;

	if (p->mxs == POLICY_MXES || strlen(value) > 255)
		return wrong(p, "it has too many or too long 'mx' lines");
	name = p->mx[p->mxs++] = strdup(value);
	for (; name && *name; name++)
		*name = *name <= ' ' || *name > '~' ? '?' : tolower((unsigned char)*name);
	return true;
}

/* Unknown fields are for extensions. */
static bool take_field(struct zone_policy *p, const char *key, const char *value, bool *has_version)
{
	if (!strcmp(key, "version"))
		*has_version = !strcmp(value, "STSv1");
	else if (!strcmp(key, "mode"))
		snprintf(p->mode, sizeof(p->mode), "%.15s", value);
	else if (!strcmp(key, "max_age"))
		p->max_age = value[strspn(value, "0123456789")] || strlen(value) > 10 ? -1 :
											 atoll(value);
	else if (!strcmp(key, "mx"))
		return take_mx(p, value);
	return true;
}

bool policy_parse(struct zone_policy *p, char *text)
{
	char *line, *value, *end, *rest = text;
	bool has_version = false;

	p->max_age = -1;
	while ((line = strsep(&rest, "\n"))) {
		value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		for (end = value + strlen(value); end > value && strchr(" \t\r", end[-1]); end--)
			end[-1] = '\0';
		if (!take_field(p, line, value, &has_version))
			return false;
	}
	if (!has_version)
		return wrong(p, "it has no 'version: STSv1'");
	if (strcmp(p->mode, "enforce") && strcmp(p->mode, "testing") && strcmp(p->mode, "none"))
		return wrong(p, "its 'mode' is none of enforce, testing, none");
	if (p->max_age < 0 || p->max_age > MAX_AGE_MAX)
		return wrong(p, "its 'max_age' is no number up to 31557600");
	if (!p->mxs && strcmp(p->mode, "none"))
		return wrong(p, "it has no 'mx' line");
	return true;
}

static bool name_matches(const char *pattern, const char *mx)
{
	if (strncmp(pattern, "*.", 2))
		return !strcasecmp(pattern, mx);
	mx = strchr(mx, '.');
	return mx && !strcasecmp(pattern + 1, mx);
}

bool policy_matches(const struct zone_policy *p, const char *mx)
{
	int i;

	for (i = 0; i < p->mxs; i++)
		if (p->mx[i] && name_matches(p->mx[i], mx))
			return true;
	return false;
}

void policy_free(struct zone_policy *p)
{
	int i;

	for (i = 0; i < p->mxs; i++)
		free(p->mx[i]);
	p->mxs = 0;
}
