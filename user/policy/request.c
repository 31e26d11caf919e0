// SPDX-License-Identifier: GPL-2.0-only
/*
 * Others choose most of the values: each has a fixed place, what is longer is passed over, and
 * a zero byte or a line that is no attribute ends the connection.
 */
#define _GNU_SOURCE /* strcasestr() */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/policy/request.h"
#include "user/policy/rows.h"

void request_start(struct request *r)
{
	memset(r, 0, offsetof(struct request, line));
}

static void take_client(struct request *r, const char *value)
{
	r->has_client = !addr_parse(value, &r->client);
}

static void take_state(struct request *r, const char *value)
{
	r->is_end = !strcmp(value, "END-OF-MESSAGE");
	r->is_at_rcpt = r->is_end || !strcmp(value, "RCPT") || !strcmp(value, "DATA");
}

static void take_request(struct request *r, const char *value)
{
	r->is_policy = !strcmp(value, "smtpd_access_policy");
}

/* FNV-1a; never 0. One client's instances are compared with each other only. */
static void take_instance(struct request *r, const char *value)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	if (!*value)
		return;
	for (; *value; value++)
		hash = (hash ^ (unsigned char)*value) * 0x100000001b3ull;
	r->instance = hash ? hash : 1;
}

static void take_user(struct request *r, const char *value)
{
	r->is_authenticated = *value;
}

static void take_stress(struct request *r, const char *value)
{
	r->is_stressed = !strcmp(value, "yes");
}

/* RFC 5321 4.5.1 and RFC 2142, with or without a domain; Postfix gives no angle brackets. */
static void take_recipient(struct request *r, const char *value)
{
	size_t size = strcspn(value, "@");

	row_recipient_keys(value, r->recipient);
	r->is_postmaster = (size == 10 && !strncasecmp(value, "postmaster", size)) ||
			   (size == 5 && !strncasecmp(value, "abuse", size));
}

static void take_port(struct request *r, const char *value)
{
	r->port = strtoul(value, NULL, 10);
}

/* An address, in brackets or not, is no name, nor is one without a dot. */
static void take_helo(struct request *r, const char *value)
{
	size_t digits = strspn(value, "0123456789.");

	r->is_helo_odd = !value[digits] || *value == '[' || strchr(value, ':') || !strchr(value, '.');
}

/* Words of providers for lines of their customers, and three numbers or more: most of an address. */
static void take_name(struct request *r, const char *value)
{
	static const char *const words[] = { "dsl", "dyn", "pool", "ppp", "dial", "dhcp", "cable", "cust" };
	unsigned int numbers = 0;
	const char *at;
	size_t i;

	r->is_nameless = !strcmp(value, "unknown");
	r->is_dynamic = false;
	for (at = value; *at; at++)
		numbers += isdigit((unsigned char)*at) && !isdigit((unsigned char)at[1]);
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		r->is_dynamic |= strcasestr(value, words[i]) != NULL;
	r->is_dynamic |= numbers >= 3;
}

#define NAME(text) text, sizeof(text) - 1
static const struct attribute {
	const char *name;
	size_t size;
	void (*take)(struct request *r, const char *value);
} attributes[] = {
	{ NAME("request"), take_request },
	{ NAME("protocol_state"), take_state },
	{ NAME("client_address"), take_client },
	{ NAME("instance"), take_instance },
	{ NAME("sasl_username"), take_user },
	{ NAME("stress"), take_stress },
	{ NAME("recipient"), take_recipient },
	{ NAME("client_port"), take_port },
	{ NAME("helo_name"), take_helo },
	{ NAME("reverse_client_name"), take_name },
};

static void set(struct request *r, const char *name, size_t size, const char *value)
{
	size_t i;

	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (attributes[i].size == size && !memcmp(attributes[i].name, name, size))
			attributes[i].take(r, value);
}

void request_set(struct request *r, const char *name, const char *value)
{
	set(r, name, strlen(name), value);
}

/* A whole line: false if it is no attribute. */
static bool take_line(struct request *r)
{
	char *value = memchr(r->line, '=', r->used);
	size_t size = value ? value - r->line : 0;

	if (!size || memchr(r->line, '\0', r->used))
		return false;
	r->line[r->used] = '\0';
	set(r, r->line, size, value + 1);
	return true;
}

/* Of a line that is too long its beginning is kept: more than any value that means something has. */
static void keep(struct request *r, const char *bytes, size_t size)
{
	size_t room = sizeof(r->line) - 1 - r->used;

	size = size < room ? size : room;
	memcpy(r->line + r->used, bytes, size);
	r->used += size;
}

enum request_state request_read(struct request *r, const char *bytes, size_t size, size_t *taken)
{
	const char *at = bytes, *end = bytes + size, *eol;

	for (; at < end; at = eol + 1) {
		eol = memchr(at, '\n', end - at);
		r->size += eol ? eol + 1 - at : end - at;
		if (r->size > REQUEST_MAX)
			return REQUEST_BAD;
		keep(r, at, (eol ? eol : end) - at);
		if (!eol)
			break;
		*taken = eol + 1 - bytes;
		if (!r->used)
			return r->is_policy ? REQUEST_DONE : REQUEST_BAD;
		if (!take_line(r))
			return REQUEST_BAD;
		r->used = 0;
	}
	*taken = size;
	return REQUEST_MORE;
}
