// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of networks. Which form a line has is seen in it: its second field is an address in
 * FIRST,LAST,COUNTRY and a number in NETWORK,AS,COUNTRY[,OWNER], such as 192.0.2.0/24,64496,DE,Example.
 * IPv4 addresses of the former may be numbers, as tor's geoip file has them. Fields may be quoted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/lines.h"
#include "user/locate/locate.h"

#define FIELDS 4

static int parse_number(const char *text, uint32_t *n)
{
	unsigned long long all;

	if (text[strspn(text, "0123456789")] || strlen(text) > 10)
		return -EINVAL;
	all = strtoull(text, NULL, 10);
	*n = all;
	return all > UINT32_MAX ? -EINVAL : 0;
}

/* With quotes or without. The last field has all that is left. -EINVAL: they are fewer. */
static int split(char *line, char *field[FIELDS], int *fields)
{
	char *end;
	int n;

	for (n = 0; n < FIELDS && line; n++) {
		end = *line == '"' ? strchr(++line, '"') : line + (n < FIELDS - 1 ? strcspn(line, ",") : strlen(line));
		if (!end)
			return -EINVAL;
		field[n] = line;
		line = *end == '"' ? end + 1 : end;
		if (*line && *line != ',')
			return -EINVAL;
		line = *line ? line + 1 : NULL;
		*end = '\0';
	}
	*fields = n;
	return n < 3 || line ? -EINVAL : 0;
}

/* --- FIRST,LAST,COUNTRY ------------------------------------------------------------------------ */

/* Both as addresses or both as numbers, of one family. */
static int parse_range(const char *from, const char *to, struct nolist_addr *first, struct nolist_addr *last)
{
	uint32_t a, b;

	if (!parse_number(from, &a) && !parse_number(to, &b)) {
		*first = addr_of_ip4(htonl(a));
		*last = addr_of_ip4(htonl(b));
		return *from && *to ? 0 : -EINVAL;
	}
	if (addr_parse(from, first) || addr_parse(to, last))
		return -EINVAL;
	return addr_is_ip4(first) == addr_is_ip4(last) ? 0 : -EINVAL;
}

static bool has_host_bit(const struct nolist_addr *addr, int bit)
{
	return addr->b[bit / 8] & 0x80 >> bit % 8;
}

static struct nolist_addr last_of(const struct prefix *p)
{
	struct nolist_addr last = p->addr;
	int bit;

	for (bit = p->len; bit < 128; bit++)
		last.b[bit / 8] |= 0x80 >> bit % 8;
	return last;
}

/* The widest network that begins with p's address and ends no later than last. */
static void widen(struct prefix *p, const struct nolist_addr *last)
{
	struct prefix wider = *p;
	struct nolist_addr end;

	while (wider.len && !has_host_bit(&p->addr, wider.len - 1)) {
		wider.len--;
		end = last_of(&wider);
		if (addr_compare(&end, last) > 0)
			break;
		p->len = wider.len;
	}
}

/* false: there is none. */
static bool next(struct nolist_addr *addr)
{
	int i = 15;

	while (i >= 0 && !++addr->b[i])
		i--;
	return i >= 0;
}

static int add_range(struct entries *t, struct entry *e, const struct nolist_addr *first,
		     const struct nolist_addr *last)
{
	struct nolist_addr end;
	int error;

	e->network.addr = *first;
	do {
		e->network.len = 128;
		widen(&e->network, last);
		error = entries_add(t, e);
		end = last_of(&e->network);
		e->network.addr = end;
	} while (!error && addr_compare(&end, last) < 0 && next(&e->network.addr));
	return error;
}

/* --- one line ---------------------------------------------------------------------------------- */

static int add_line(char *line, unsigned int number, void *arg)
{
	struct entries *t = arg;
	struct entry e = {};
	struct nolist_addr first, last;
	char *field[FIELDS];
	int fields;

	(void)number;
	if (split(line, field, &fields))
		return -EINVAL;
	origin_set_country(e.country, field[2]);
	if (!parse_range(field[0], field[1], &first, &last))
		return addr_compare(&first, &last) > 0 ? -EINVAL : add_range(t, &e, &first, &last);
	if (prefix_parse(field[0], &e.network) ||
	    parse_number(field[1] + 2 * !strncmp(field[1], "AS", 2), &e.as))
		return -EINVAL;
	if (fields == FIELDS && entries_name(t, field[3], &e.owner))
		return -ENOMEM;
	return entries_add(t, &e);
}

int csv_read(struct entries *t, const char *text, size_t size, unsigned int *line)
{
	struct lines_bad bad;
	int error = lines_each(text, size, add_line, t, &bad);

	*line = bad.first;
	return error ? error : bad.count ? -EINVAL : 0;
}
