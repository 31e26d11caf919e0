// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers what the DNS says of a domain's mail, in three rounds of questions: the domain's
 * own records; its MXes and name servers; the names of addresses, and each server's answer. SPF comes last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/lint/certificate.h"
#include "user/lint/spf.h"
#include "user/lint/zone.h"

#define NAME_SERVERS 4 /* of which addresses are asked */

int zone_role(const struct zone_host *h)
{
	int i;

	for (i = 1; i < h->addresses; i++)
		if (h->address[i].role != h->address[0].role)
			return ROLE_OTHER;
	return h->addresses ? h->address[0].role : ROLE_OTHER;
}

bool zone_has_role(const struct zone_host *h, int role)
{
	int i;

	for (i = 0; i < h->addresses; i++)
		if (h->address[i].role == role)
			return true;
	return false;
}

bool zone_has_ip6(const struct zone_host *h)
{
	return h->addresses && !addr_is_ip4(&h->address[0].addr);
}

bool zone_knows_roles(const struct zone *z)
{
	int i, k;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++)
			if (z->host[i].address[k].role != ROLE_OTHER)
				return true;
	return false;
}

static int role_of(const struct conf *conf, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < conf->mxs; i++)
		if (!addr_compare(&conf->mx[i].addr, addr))
			return conf->mx[i].role;
	return ROLE_OTHER;
}

/* --- the domain itself ------------------------------------------------------------------- */

static int by_preference(const void *a, const void *b)
{
	const struct zone_host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int take_hosts(struct zone *z, const struct dns_answer *a)
{
	struct zone_host *h;
	int i;

	z->state = a->state;
	z->is_secure = a->is_secure;
	memcpy(z->why, a->why, sizeof(z->why));
	z->host = calloc(a->records + 1, sizeof(*z->host));
	if (!z->host)
		return -ENOMEM;
	for (i = 0; i < a->records; i++) {
		h = &z->host[z->hosts];
		if (dns_mx(&a->record[i], &h->preference, h->name))
			continue;
		if (!strcmp(h->name, ".") || !*h->name) {
			z->has_null = true;
			z->null_preference = h->preference;
			continue;
		}
		z->hosts++;
	}
	qsort(z->host, z->hosts, sizeof(*z->host), by_preference);
	z->hosts_all = z->hosts;
	if (z->hosts > ZONE_HOSTS) {
		z->hosts = ZONE_HOSTS;
		h = realloc(z->host, ZONE_HOSTS * sizeof(*z->host));
		z->host = h ? h : z->host;
	}
	return 0;
}

/* RFC 8461 3.1: exactly one record that begins so, with an id. */
static void take_policy_txt(struct zone_policy *p, const struct dns_answer *a)
{
	char text[sizeof(p->txt)];
	int i, n = 0;

	for (i = 0; i < a->records; i++)
		if (!dns_txt(&a->record[i], text, sizeof(text)) && !strncmp(text, "v=STSv1", 7) &&
		    !n++)
			strcpy(p->txt, text);
	if (!n)
		return;
	p->state = POLICY_UNFETCHED;
	if (n == 1 && strstr(p->txt, "id="))
		return;
	p->state = POLICY_BAD_TXT;
	snprintf(p->why, sizeof(p->why), n == 1 ? "it has no id" : "there are %d of them", n);
}

/* Notes up to NAME_SERVERS names, for the next round. */
static int take_servers(struct zone *z, const struct dns_answer *a, struct dns_question *q)
{
	char name[DNS_NAME];
	int i, n = 0;

	z->name_servers = a->records;
	for (i = 0; i < a->records && n < 2 * NAME_SERVERS; i++)
		if (!dns_name(&a->record[i], 0, name) && dns_set(&q[n], DNS_AAAA, "%s", name) &&
		    dns_set(&q[n + 1], DNS_A, "%s", name))
			n += 2;
	return n;
}

static int ask_domain(struct zone *z, struct dns *d, struct dns_question *servers, int *n)
{
	struct dns_question q[4];
	int error;

	dns_set(&q[0], DNS_MX, "%s", z->name);
	dns_set(&q[1], DNS_NS, "%s", z->name);
	dns_set(&q[2], DNS_TXT, "%s", z->name);
	dns_set(&q[3], DNS_TXT, "_mta-sts.%s", z->name);
	dns_ask(d, q, 4);
	error = take_hosts(z, &q[0].answer);
	*n = take_servers(z, &q[1].answer, servers);
	z->spf.state = q[2].answer.state;
	z->spf.records = spf_take(&q[2].answer, z->spf.text);
	take_policy_txt(&z->policy, &q[3].answer);
	dns_free(q, 4);
	return error;
}

/* --- its MXes ------------------------------------------------------------------------------ */

static void take_addresses(struct zone_host *h, const struct dns_answer *a, const struct conf *conf)
{
	struct zone_address *to;
	int i, n = 0;

	if (*a->alias_of && strcasecmp(a->alias_of, h->name))
		memcpy(h->alias_of, a->alias_of, sizeof(h->alias_of));
	if (a->state == DNS_BOGUS || (a->state != DNS_OK && h->state != DNS_OK)) {
		h->state = h->state == DNS_OK ? DNS_OK : a->state;
		memcpy(h->why, a->why, sizeof(h->why));
	}
	h->is_bogus |= a->state == DNS_BOGUS;
	for (i = 0; i < a->records && n < ZONE_ADDRESSES; i++) {
		to = &h->address[h->addresses];
		*to = (struct zone_address){};
		if (dns_address(&a->record[i], &to->addr))
			continue;
		to->role = role_of(conf, &to->addr);
		h->state = DNS_OK;
		h->is_secure = a->is_secure;
		h->addresses++;
		n++;
	}
}

static void take_tlsa(struct zone_host *h, const struct dns_answer *a)
{
	int i;

	if (a->state == DNS_BOGUS || a->state == DNS_FAILED || a->state == DNS_SILENT) {
		h->tlsa = a->state == DNS_BOGUS ? TLSA_BOGUS : TLSA_FAILED;
		snprintf(h->tlsa_why, sizeof(h->tlsa_why), "%s",
			 a->state == DNS_SILENT ? "no answer" : a->why);
		return;
	}
	for (i = 0; i < a->records && h->tlsas < ZONE_TLSAS; i++)
		h->tlsas += tlsa_take(&h->tlsa_record[h->tlsas], &a->record[i]);
	h->is_tlsa_secure = a->is_secure;
	h->tlsa = h->tlsas ? TLSA_GOOD : a->records ? TLSA_BAD : TLSA_NONE;
}

static int ask_hosts(struct zone *z, struct dns *d, const struct conf *conf)
{
	struct dns_question *q = calloc(3 * z->hosts + 1, sizeof(*q));
	int i;

	if (!q)
		return -ENOMEM;
	for (i = 0; i < z->hosts; i++) {
		dns_set(&q[3 * i], DNS_AAAA, "%s", z->host[i].name);
		dns_set(&q[3 * i + 1], DNS_A, "%s", z->host[i].name);
		dns_set(&q[3 * i + 2], DNS_TLSA, "_25._tcp.%s", z->host[i].name);
	}
	dns_ask(d, q, 3 * z->hosts);
	for (i = 0; i < z->hosts; i++) {
		take_addresses(&z->host[i], &q[3 * i].answer, conf);
		take_addresses(&z->host[i], &q[3 * i + 1].answer, conf);
		take_tlsa(&z->host[i], &q[3 * i + 2].answer);
	}
	dns_free(q, 3 * z->hosts);
	free(q);
	return 0;
}

/* --- names of addresses ---------------------------------------------------------------------- */

static bool has_address(const struct zone *z, const char *name, const struct nolist_addr *addr)
{
	int i, k;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses && !strcmp(z->host[i].name, name); k++)
			if (!addr_compare(&z->host[i].address[k].addr, addr))
				return true;
	return false;
}

static void take_ptr(const struct zone *z, struct zone_address *to, const struct dns_answer *a)
{
	char name[DNS_NAME];
	int i;

	to->is_ptr_asked = a->state == DNS_OK || a->state == DNS_NODATA || a->state == DNS_NXDOMAIN;
	to->has_ptr = a->records;
	for (i = 0; i < a->records; i++)
		if (!dns_name(&a->record[i], 0, name) && has_address(z, name, &to->addr))
			to->is_confirmed = true;
}

/* Of some addresses of each host, so that three questions for it are left. */
static int ask_names(struct zone *z, struct dns *d)
{
	enum { EACH = ZONE_QUESTIONS_MX - 3 };
	struct dns_question *q = calloc(EACH * z->hosts + 1, sizeof(*q));
	char name[DNS_NAME];
	int i, k;

	if (!q)
		return -ENOMEM;
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses && k < EACH; k++) {
			dns_reverse(&z->host[i].address[k].addr, name);
			dns_set(&q[EACH * i + k], DNS_PTR, "%s", name);
		}
	dns_ask(d, q, EACH * z->hosts);
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses && k < EACH; k++)
			take_ptr(z, &z->host[i].address[k], &q[EACH * i + k].answer);
	dns_free(q, EACH * z->hosts);
	free(q);
	return 0;
}

/* --- its name servers ---------------------------------------------------------------------- */

static void add_server(struct zone *z, const char *name, const struct dns_record *r)
{
	struct dns_direct *s = &z->server[z->servers];

	if (z->servers == ZONE_SERVERS || dns_address(r, &s->server))
		return;
	snprintf(z->server_name[z->servers++], sizeof(z->server_name[0]), "%.250s", name);
}

/* The first address of each, then the second ones: no server may crowd others out. */
static void ask_servers(struct zone *z, struct dns *d, struct dns_question *q, int n)
{
	int turn, i;

	dns_ask(d, q, n);
	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < n; i++)
			if (q[i].answer.records > turn)
				add_server(z, q[i].name, &q[i].answer.record[turn]);
	dns_free(q, n);
	dns_ask_mx(d, z->name, z->server, z->servers);
}

int zone_look(struct zone *z, struct dns *d, const char *name, const struct conf *conf)
{
	struct dns_question servers[2 * NAME_SERVERS];
	int more, n, error;

	*z = (struct zone){};
	snprintf(z->name, sizeof(z->name), "%s", name);
	dns_allow(d, ZONE_QUESTIONS, ZONE_MS);
	error = ask_domain(z, d, servers, &n);
	if (error)
		return error;
	ask_servers(z, d, servers, n);
	if (z->policy.state == POLICY_UNFETCHED)
		policy_fetch(&z->policy, d, z->name);
	more = z->hosts * ZONE_QUESTIONS_MX;
	dns_more(d, more < ZONE_QUESTIONS_MAX - ZONE_QUESTIONS ? more :
								ZONE_QUESTIONS_MAX - ZONE_QUESTIONS);
	error = ask_hosts(z, d, conf);
	if (!error)
		error = ask_names(z, d);
	if (!error)
		spf_follow(z, d);
	z->questions = dns_asked(d);
	return error;
}

void zone_free(struct zone *z)
{
	dns_direct_free(z->server, z->servers);
	policy_free(&z->policy);
	free(z->host);
	z->host = NULL;
	z->hosts = 0;
}
