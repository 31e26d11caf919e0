// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows a domain's SPF record with what it includes (RFC 7208), as a receiver does for mail
 * that comes from the fakes' addresses: do they pass? Asks what is left of the domain's questions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/lint/spf.h"

#define FAKES 64    /* addresses that are tried: a bit each */
#define MX_NAMES 10 /* RFC 7208 4.6.4 */
#define ALL (~0ull)
#define MANY_MX "\"mx\": %.200s has more than 10 MX records"

struct walk_spf {
	struct zone *z;
	struct zone_spf *s;
	struct dns *d;
	struct nolist_addr fake[FAKES];
	int fakes;
	char term[FAKES][80]; /* the last one that matched the fake, */
	char of[FAKES][128];  /* and the record that it stands in */
	const char *above[SPF_LOOKUPS + 2]; /* records that led here */
	int depth;
};

int spf_take(const struct dns_answer *a, char text[SPF_TEXT])
{
	char one[SPF_TEXT];
	int i, n = 0;

	for (i = 0; i < a->records; i++)
		if (!dns_txt(&a->record[i], one, sizeof(one)) && !strncasecmp(one, "v=spf1", 6) &&
		    (!one[6] || one[6] == ' ') && !n++)
			memcpy(text, one, sizeof(one));
	return n;
}

/* Receivers take the whole record for an error; the first reason counts. */
static void fault(struct walk_spf *w, const char *fmt, const char *name)
{
	if (!*w->s->fault)
		snprintf(w->s->fault, sizeof(w->s->fault), fmt, name);
}

/* Counts a look-up; false: receivers ask no more. */
static bool counts(struct walk_spf *w)
{
	return ++w->s->lookups <= SPF_LOOKUPS;
}

static void take_state(struct walk_spf *w, enum dns_state state, bool is_void)
{
	w->s->is_cut |= state != DNS_OK && state != DNS_NODATA && state != DNS_NXDOMAIN;
	w->s->voids += is_void && (state == DNS_NODATA || state == DNS_NXDOMAIN);
}

/* --- which fakes a mechanism matches --------------------------------------------------------- */

static bool covers(const struct nolist_addr *net, unsigned int bits, const struct nolist_addr *addr)
{
	const unsigned char *x = net->b, *y = addr->b;

	if (addr_is_ip4(net) != addr_is_ip4(addr) || memcmp(x, y, bits / 8))
		return false;
	return !(bits % 8) || !((x[bits / 8] ^ y[bits / 8]) >> (8 - bits % 8));
}

/* The length after a first or, for IPv6, a second slash: "/24//64". */
static unsigned int bits_of(const char *slash, bool is_ip4)
{
	const char *second = slash ? strstr(slash, "//") : NULL;
	const char *text = is_ip4 ? (slash != second ? slash : NULL) : second ? second + 1 : NULL;
	unsigned int bits = text ? strtoul(text + 1, NULL, 10) : 128;

	return bits > (is_ip4 ? 32 : 128) ? 128 : is_ip4 ? 96 + bits : bits;
}

static uint64_t match(const struct walk_spf *w, const struct nolist_addr *net, const char *slash)
{
	unsigned int bits = bits_of(slash, addr_is_ip4(net));
	uint64_t found = 0;
	int i;

	for (i = 0; i < w->fakes; i++)
		if (covers(net, bits, &w->fake[i]))
			found |= 1ull << i;
	return found;
}

static bool is_length(const char *digits, unsigned int max)
{
	size_t n = strspn(digits, "0123456789");

	return n && n < 4 && !digits[n] && strtoul(digits, NULL, 10) <= max;
}

/* "ip4:192.0.2.0/24", without what stands before the address. */
static uint64_t match_network(struct walk_spf *w, const char *text)
{
	char addr[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	struct nolist_addr net;
	char bits[16];

	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(text, "/"), text);
	if (addr_parse(addr, &net) || (slash && !is_length(slash + 1, addr_is_ip4(&net) ? 32 : 128))) {
		fault(w, "\"%.100s\" is not a network", text);
		return 0;
	}
	/* An IPv6 network has its length behind one slash. */
	snprintf(bits, sizeof(bits), "%s%.8s", addr_is_ip4(&net) ? "" : "/", slash ? slash : "/128");
	return match(w, &net, slash ? bits : NULL);
}

static uint64_t match_known(const struct walk_spf *w, const struct zone_host *h, const char *slash)
{
	uint64_t found = 0;
	int k;

	for (k = 0; k < h->addresses; k++)
		found |= match(w, &h->address[k].addr, slash);
	return found;
}

/* The addresses of a name, "a"; the domain's own MXes were asked for already. */
static uint64_t match_name(struct walk_spf *w, const char *name, const char *slash, bool is_void)
{
	struct dns_question q[2] = {};
	struct nolist_addr addr;
	uint64_t found = 0;
	int i, k;

	for (i = 0; i < w->z->hosts; i++)
		if (!strcasecmp(w->z->host[i].name, name))
			return match_known(w, &w->z->host[i], slash);
	if (!dns_set(&q[0], DNS_AAAA, "%s", name) || !dns_set(&q[1], DNS_A, "%s", name))
		return 0;
	dns_ask(w->d, q, 2);
	for (k = 0; k < 2; k++)
		for (i = 0; i < q[k].answer.records; i++)
			if (!dns_address(&q[k].answer.record[i], &addr))
				found |= match(w, &addr, slash);
	if (q[0].answer.state != DNS_OK)
		take_state(w, q[1].answer.state, is_void);
	dns_free(q, 2);
	return found;
}

/* A name without macros is there for every client, or for none. */
static uint64_t match_exists(struct walk_spf *w, const char *name)
{
	struct dns_question q = {};
	bool is_there;

	if (!dns_set(&q, DNS_A, "%s", name))
		return 0;
	dns_ask(w->d, &q, 1);
	take_state(w, q.answer.state, true);
	is_there = q.answer.records;
	dns_free(&q, 1);
	return is_there ? ALL : 0;
}

static uint64_t match_mx(struct walk_spf *w, const char *name, const char *slash)
{
	struct dns_question q = {};
	char host[DNS_NAME];
	unsigned int preference;
	uint64_t found = 0;
	int i;

	for (i = 0; i < w->z->hosts && !strcasecmp(name, w->z->name); i++)
		found |= match_known(w, &w->z->host[i], slash);
	if (i > MX_NAMES)
		fault(w, MANY_MX, name);
	if (i || !dns_set(&q, DNS_MX, "%s", name))
		return found;
	dns_ask(w->d, &q, 1);
	take_state(w, q.answer.state, true);
	if (q.answer.records > MX_NAMES)
		fault(w, MANY_MX, name);
	for (i = 0; i < q.answer.records && i < MX_NAMES; i++)
		if (!dns_mx(&q.answer.record[i], &preference, host) && *host)
			found |= match_name(w, host, slash, false);
	dns_free(&q, 1);
	return found;
}

/* --- records --------------------------------------------------------------------------------- */

static uint64_t passes(struct walk_spf *w, const char *name, char *text, uint64_t left);

/* The fakes that pass the record of another name. */
static uint64_t pass_other(struct walk_spf *w, const char *name, uint64_t left)
{
	struct dns_question q = {};
	char text[SPF_TEXT] = "";
	uint64_t found = 0;
	int i, records;

	for (i = 0; i < w->depth; i++)
		if (!strcasecmp(w->above[i], name)) {
			fault(w, "it includes %.200s in a loop", name);
			return 0;
		}
	if (!dns_set(&q, DNS_TXT, "%s", name))
		return 0;
	dns_ask(w->d, &q, 1);
	take_state(w, q.answer.state, true);
	records = spf_take(&q.answer, text);
	if (records == 1)
		found = passes(w, name, text, left);
	else if (records)
		fault(w, "%.200s, which it includes, has more than one SPF record", name);
	else if (q.answer.state == DNS_OK || q.answer.state == DNS_NODATA || q.answer.state == DNS_NXDOMAIN)
		fault(w, "%.200s, which it includes, has no SPF record", name);
	dns_free(&q, 1);
	return found;
}

/* Splits "a:NAME/24": its name, or else the record's own; NULL: a macro stands for it. */
static const char *target(const char *term, const char *own, char name[DNS_NAME], const char **slash)
{
	const char *colon = term + strcspn(term, ":/=");
	int size;

	*slash = strchr(term, '/');
	if (*colon != ':' && *colon != '=')
		return own;
	size = strcspn(colon + 1, "/");
	snprintf(name, DNS_NAME, "%.*s", size, colon + 1);
	size = strlen(name);
	if (size && name[size - 1] == '.')
		name[size - 1] = '\0';
	return strchr(name, '%') ? NULL : name;
}

static bool is_term(const char *term, const char *word)
{
	size_t n = strlen(word);

	return !strncasecmp(term, word, n) && strchr(":/", term[n]);
}

/* Which fakes a mechanism matches, of those that are left. */
static uint64_t match_term(struct walk_spf *w, const char *own, const char *term, uint64_t left)
{
	char space[DNS_NAME];
	const char *slash, *name = target(term, own, space, &slash);

	if (is_term(term, "all"))
		return ALL;
	if (is_term(term, "ip4") || is_term(term, "ip6"))
		return match_network(w, term + 3 + (term[3] == ':'));
	if (!is_term(term, "include") && !is_term(term, "a") && !is_term(term, "mx") &&
	    !is_term(term, "exists") && !is_term(term, "ptr")) {
		fault(w, "\"%.100s\" is no term of SPF", term);
		return 0;
	}
	/* A macro or PTR depends on the message: nothing is known of it. */
	if (!counts(w) || !name || is_term(term, "ptr"))
		return 0;
	if (is_term(term, "include"))
		return pass_other(w, name, left);
	if (is_term(term, "mx"))
		return match_mx(w, name, slash);
	if (is_term(term, "exists"))
		return match_exists(w, name);
	return match_name(w, name, slash, true);
}

static void note(struct walk_spf *w, const char *name, const char *term, uint64_t found)
{
	int i;

	for (i = 0; i < w->fakes && !is_term(term, "include"); i++)
		if (found & 1ull << i) {
			snprintf(w->term[i], sizeof(w->term[i]), "%.79s", term);
			snprintf(w->of[i], sizeof(w->of[i]), "%.127s", name);
		}
}

/* Which of the fakes that are left pass a record; takes its text apart. */
static uint64_t passes(struct walk_spf *w, const char *name, char *text, uint64_t left)
{
	const char *other = NULL, *slash;
	char *term, *rest = text, space[DNS_NAME];
	uint64_t found, pass = 0;
	bool is_plus;

	w->s->is_cut |= strlen(text) == SPF_TEXT - 1;
	w->above[w->depth++] = name;
	strsep(&rest, " ");
	while ((term = strsep(&rest, " "))) {
		if (!strncasecmp(term, "redirect=", 9))
			other = target(term, name, space, &slash);
		if (!*term || term[strcspn(term, "=:/%")] == '=')
			continue;
		is_plus = !strchr("-~?", *term);
		term += !!strchr("+-~?", *term);
		found = match_term(w, name, term, left) & left;
		note(w, name, term, found);
		pass |= is_plus ? found : 0;
		left &= ~found;
		if (is_term(term, "all"))
			break;
	}
	if (!term && other && counts(w))
		pass |= pass_other(w, other, left);
	w->depth--;
	return pass;
}

void spf_follow(struct zone *z, struct dns *d)
{
	struct walk_spf *w = calloc(1, sizeof(*w));
	struct zone_spf *s = &z->spf;
	char text[SPF_TEXT];
	uint64_t pass;
	int i, k;

	if (!w || !s->records) {
		free(w);
		return;
	}
	w->z = z;
	w->s = s;
	w->d = d;
	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses && w->fakes < FAKES; k++)
			if (z->host[i].address[k].role == NOLIST_LOW || z->host[i].address[k].role == NOLIST_HIGH)
				w->fake[w->fakes++] = z->host[i].address[k].addr;
	memcpy(text, s->text, sizeof(text));
	pass = passes(w, z->name, text, w->fakes < FAKES ? (1ull << w->fakes) - 1 : ALL);
	for (i = w->fakes - 1; i >= 0; i--)
		if (pass & 1ull << i) {
			s->passing++;
			s->passed = w->fake[i];
			memcpy(s->term, w->term[i], sizeof(s->term));
			memcpy(s->of, w->of[i], sizeof(s->of));
		}
	free(w);
}
