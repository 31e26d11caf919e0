// SPDX-License-Identifier: GPL-2.0-only
/*
 * What strangers send to lint: an MTA-STS policy, a name server's message, records, SPF; and
 * walks through zones of any shape. The first byte says which.
 */
#include <string.h>

#include "selftests/fuzz/fuzz.h"
#include "user/lint/senders.h"
#include "user/lint/spf.h"

static void read_policy(const uint8_t *data, size_t size)
{
	static char text[POLICY_MAX + 1];
	struct zone_policy p = {};

	size = size < POLICY_MAX ? size : POLICY_MAX;
	memcpy(text, data, size);
	text[size] = '\0';
	if (policy_parse(&p, text))
		HOLDS(p.max_age >= 0 && (p.mxs || !strcmp(p.mode, "none")));
	else
		HOLDS(*p.why);
	policy_matches(&p, "mx.example.com");
	policy_free(&p);
}

static void read_message(const uint8_t *data, size_t size)
{
	struct dns_direct s = {};
	int i;

	if (dns_read_mx(&s, data, data, size))
		for (i = 0; i < s.records; i++)
			HOLDS(strlen(s.record[i]) < DNS_NAME + 8);
	dns_direct_free(&s, 1);
}

static void read_record(const uint8_t *data, size_t size)
{
	struct dns_record r = { data, size };
	struct nolist_addr addr;
	char name[DNS_NAME], text[64], *c;
	unsigned int preference;

	if (!dns_mx(&r, &preference, name) || !dns_name(&r, 0, name))
		for (c = name; *c; c++)
			HOLDS(*c > ' ' && *c <= '~');
	if (!dns_txt(&r, text, sizeof(text)))
		for (c = text; *c; c++)
			HOLDS(*c >= ' ' && *c <= '~');
	dns_address(&r, &addr);
}

/* A byte for each MX: its preference, whether it has IPv6, and its role. */
static void fill_zone(struct zone *z, struct zone_host *host, const uint8_t *data, size_t size)
{
	static const int roles[] = { NOLIST_LOW, NOLIST_REAL, NOLIST_HIGH, ROLE_OTHER };
	struct zone_host *h;
	size_t i;

	z->host = host;
	for (i = 0; i < size && i < ZONE_HOSTS; i++) {
		h = &host[z->hosts++];
		*h = (struct zone_host){ .preference = (i && !(data[i] & 16) ? h[-1].preference : i) };
		if (data[i] & 8)
			h->address[h->addresses++] = (struct zone_address){
				.addr.b = { 0x26, 0x20, [15] = i }, .role = roles[data[i] & 3] };
		if (data[i] & 4)
			h->address[h->addresses++] = (struct zone_address){
				.addr.b = { [10] = 0xff, 0xff, 192, 175, 48, i },
				.role = roles[data[i] & 3] };
	}
}

static void walk_all(const uint8_t *data, size_t size)
{
	static struct zone_host host[ZONE_HOSTS];
	static struct walk w;
	struct zone z = {};
	const struct sender *s;
	int i, real;

	fill_zone(&z, host, data, size);
	for (s = senders; s->name; s++)
		for (real = 0; real < REAL_STATES; real++) {
			walk(s, &z, real, size & 1, &w);
			HOLDS(w.steps <= WALK_STEPS && w.tries <= WALK_TRIES);
			HOLDS(!w.has_arrived || w.step[w.steps - 1].outcome == OUT_TAKEN);
			for (i = 0; i + w.has_arrived < w.steps; i++)
				HOLDS(w.step[i].outcome != OUT_TAKEN);
			for (i = 0; s->is_ip4_only && i < w.steps; i++)
				HOLDS(addr_is_ip4(&w.step[i].addr));
		}
}

/* An SPF record, of a domain with a fake of each family; no question is left. */
static void read_spf(const uint8_t *data, size_t size)
{
	static struct zone_host host[ZONE_HOSTS];
	static struct dns *d;
	struct zone z = { .name = "example", .spf.records = 1 };
	struct zone_spf *s = &z.spf;

	if (!d)
		HOLDS(!dns_open(&d, &(struct dns_options){ .resolver = "127.0.0.1" }));
	dns_allow(d, 0, 0);
	fill_zone(&z, host, (const uint8_t *)"\0\14\16", 3);
	memcpy(s->text, data, size < SPF_TEXT ? size : SPF_TEXT - 1);
	spf_follow(&z, d);
	HOLDS(!dns_asked(d) && s->passing <= 4 && s->voids <= s->lookups);
	HOLDS(!s->passing == !*s->term && !s->passing == !*s->of);
	HOLDS(!s->passing || !strchr("-~?", *s->term));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const uint8_t *data, size_t size) = {
		read_policy, read_message, read_record, walk_all, read_spf,
	};

	if (size)
		readers[*data % 5](data + 1, size - 1);
	return 0;
}
