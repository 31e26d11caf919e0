// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct conf -> struct nolist_config, the one value that the program reads: the
 * open-addressed table of addresses, the ports, and the texts of the high fakes. Pure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "user/config/conf.h"
#include "user/config/keys_enforce.h"
#include "user/config/keys_gate.h"

#define SEEDS_MX 4096 /* tries until all MX addresses fit: about every other seed does */
#define SEEDS_OWN 256 /* tries to fit this host's other addresses as well */

static struct nolist_slot *find(struct nolist_config *c, const struct nolist_addr *addr)
{
	unsigned int at = nolist_slot_of(addr, c->seed), i;
	struct nolist_slot *s;

	for (i = 0; i < NOLIST_PROBES; i++) {
		s = &c->slot[(at + i) & (NOLIST_SLOTS - 1)];
		if (s->role == NOLIST_NONE || !addr_compare(&s->addr, addr))
			return s;
	}
	return NULL;
}

/* other: NOLIST_TENANTS_PLACE, if the tenants go to the second of their places. */
static unsigned int slot_role(const struct conf_mx *mx, unsigned int other)
{
	return mx->tenant ? mx->role | (mx->tenant | other) << NOLIST_TENANT_SHIFT : mx->role;
}

/* Places all addresses with one seed. Returns how many of own did not fit; -1: an MX did not. */
static int place(const struct conf *conf, struct nolist_config *c, const struct nolist_addr *own,
		 int owns, unsigned int other)
{
	struct nolist_slot *s;
	int i, left = 0;

	memset(c->slot, 0, sizeof(c->slot));
	for (i = 0; i < conf->mxs; i++) {
		s = find(c, &conf->mx[i].addr);
		if (!s)
			return -1;
		*s = (struct nolist_slot){ .addr = conf->mx[i].addr,
					   .role = slot_role(&conf->mx[i], other) };
	}
	for (i = 0; i < owns; i++) {
		s = find(c, &own[i]);
		if (!s)
			left++;
		else if (s->role == NOLIST_NONE)
			*s = (struct nolist_slot){ .addr = own[i], .role = NOLIST_OWN };
	}
	return left;
}

static int choose_seed(const struct conf *conf, struct nolist_config *c,
		       const struct nolist_addr *own, int owns, unsigned int other)
{
	unsigned int seed, best = 0;
	int left, least = -1;

	for (seed = 1; seed <= SEEDS_MX && (least < 0 || seed <= SEEDS_OWN); seed++) {
		/* Spread the seeds: consecutive ones would only change the low bits. */
		c->seed = seed * 0x9e3779b9u;
		left = place(conf, c, own, owns, other);
		if (left < 0 || (least >= 0 && left >= least))
			continue;
		best = c->seed;
		least = left;
		if (!left)
			break;
	}
	if (least < 0)
		return -E2BIG;
	c->seed = best;
	return place(conf, c, own, owns, other);
}

static const struct nolist_slot *old_slot(const struct nolist_config *old,
					  const struct nolist_addr *addr)
{
	unsigned int at, i;

	for (i = 0; old && i < NOLIST_PROBES; i++) {
		at = (nolist_slot_of(addr, old->seed) + i) & (NOLIST_SLOTS - 1);
		if (old->slot[at].role != NOLIST_NONE && old->slot[at].role != NOLIST_OWN &&
		    old->slot[at].mx < NOLIST_MX_MAX && !addr_compare(&old->slot[at].addr, addr))
			return &old->slot[at];
	}
	return NULL;
}

/*
 * A free index, preferably one that is not busy with the counters of a former address.
 * Busy ones are reused only when no other is left.
 */
static unsigned int next_index(const bool *selected, const bool *busy)
{
	unsigned int i;

	for (i = 0; busy && i < NOLIST_MX_MAX; i++)
		if (!selected[i] && !busy[i])
			return i;
	for (i = 0; i < NOLIST_MX_MAX - 1 && selected[i]; i++)
		;
	return i;
}

static void number(const struct conf *conf, struct nolist_config *c,
		   const struct nolist_config *old, const bool *busy)
{
	bool selected[NOLIST_MX_MAX] = {};
	const struct nolist_slot *was;
	int i;

	for (i = 0; i < conf->mxs; i++) {
		was = old_slot(old, &conf->mx[i].addr);
		if (was)
			selected[was->mx] = true;
	}
	for (i = 0; i < conf->mxs; i++) {
		struct nolist_slot *s = find(c, &conf->mx[i].addr);

		was = old_slot(old, &conf->mx[i].addr);
		s->mx = was ? was->mx : next_index(selected, busy);
		selected[s->mx] = true;
	}
}

/* The first ones that are one source each; a prefix of many has no place in the table. */
static void fill_tests(const struct conf *conf, struct nolist_config *out)
{
	int i, n = 0;

	for (i = 0; i < conf->test_sources && n < NOLIST_TEST_MAX; i++) {
		struct nolist_source src = addr_source(&conf->test_source[i].addr);

		if (conf->test_source[i].len >= source_prefix(&src).len)
			out->test[n++] = nolist_test_of(src.addr.q[0], src.addr.q[1]);
	}
}

static struct dialogue dialogue_of(const struct conf *conf)
{
	return (struct dialogue){ .name = conf->name ? conf->name : "localhost",
				  .text = conf->tempfail_text ? conf->tempfail_text : conf->page_tempfail,
				  .stage = conf->stage,
				  .is_split = conf->is_split,
				  .is_teased = conf->is_teased };
}

int conf_fill(const struct conf *conf, struct nolist_config *out, const struct nolist_addr *own,
	      int owns, const struct nolist_config *old, const bool busy[NOLIST_MX_MAX])
{
	struct dialogue d = dialogue_of(conf);
	int i, left;

	memset(out, 0, sizeof(*out));
	out->magic = NOLIST_MAGIC;
	out->version = NOLIST_ABI_VERSION;
	out->ports = conf->ports;
	for (i = 0; i < NOLIST_PORT_MAX; i++)
		out->port[i] = htons(conf->port[i < conf->ports ? i : 0]);
	out->is_silent = conf->is_silent;
	conf_fill_gate(conf, out);
	if (conf->enforce)
		out->defends |= NOLIST_DEFEND_BLOCK;
	if (conf->low_passes)
		out->defends |= NOLIST_DEFEND_LOW;
	if (conf_tarpit(conf) & TARPIT_HIGH)
		out->defends |= NOLIST_DEFEND_HIGH;
	out->answers[NOLIST_LIMIT_SYN_ACK] = conf->syn_acks;
	out->answers[NOLIST_LIMIT_RESET] = conf->resets;
	fill_tests(conf, out);
	/* Not where those of the configuration in force are. */
	left = choose_seed(conf, out, own, owns,
			   old && !nolist_tenants_place(old) ? NOLIST_TENANTS_PLACE : 0);
	if (left < 0)
		return left;
	number(conf, out, old, busy);
	i = dialogue_compile(&d, &out->smtp);
	return i ? i : left;
}

int conf_fill_tenant(const struct conf *conf, unsigned int tenant, const struct nolist_key *key,
		     unsigned int domains, struct nolist_config *out)
{
	const struct conf_tenant *t = &conf->tenant[tenant];
	struct dialogue d = dialogue_of(conf);

	if (t->host)
		d.name = t->host;
	if (t->text)
		d.text = t->text;
	out->domain_key = *key;
	out->domain_count = domains;
	return dialogue_compile(&d, &out->smtp);
}

/* No domains: whatever a listed source asks for, the answer is the tempfail. */
int conf_fill_said(const struct conf *conf, struct nolist_config *said)
{
	struct dialogue d = { .name = conf->name ? conf->name : "localhost",
			      .text = conf->enforce_text ? conf->enforce_text : conf->page_enforce,
			      .stage = conf->stage,
			      .is_listed = true };
	int error;

	memset(said, 0, sizeof(*said));
	said->magic = NOLIST_MAGIC;
	said->version = NOLIST_ABI_VERSION;
	said->answers[NOLIST_LIMIT_SYN_ACK] = conf->syn_acks;
	said->answers[NOLIST_LIMIT_RESET] = conf->resets;
	error = dialogue_compile(&d, &said->smtp);
	said->smtp.tarpit_lines = conf->tarpit_lines;
	return error;
}
