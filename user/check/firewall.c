// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's own firewall: would it drop a connection to a fake? While the program is
 * detached, a closed port must answer there. And does it send the real MX's port to another
 * host or port, such as a container? Reads nftables' rules (libnftables, as JSON); walk.c
 * walks them with the SYN of a stranger.
 */
#include <jansson.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/check/check.h"
#include "user/check/rule.h"

enum { REPORTED_MAX = 8 };

/* --- all fakes ----------------------------------------------------------------------- */

static json_t *read_rules(void)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	json_t *root = NULL;

	if (!ctx)
		return NULL;
	/* Without the elements of sets: a block list may have a million. */
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE |
					      NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_NUMERIC_PRIO);
	nft_ctx_buffer_output(ctx);
	nft_ctx_buffer_error(ctx);
	if (!nft_run_cmd_from_buffer(ctx, "list ruleset"))
		root = json_loads(nft_ctx_get_output_buffer(ctx), 0, NULL);
	nft_ctx_free(ctx);
	return root;
}

/* The rules of the older iptables can only be read by itself. */
static void check_legacy(struct findings *to)
{
	static const char *const files[] = { "/proc/net/ip_tables_names",
					     "/proc/net/ip6_tables_names" };
	char word[32];
	int i;

	for (i = 0; i < 2; i++) {
		FILE *f = fopen(files[i], "re");
		bool is_there = f && fscanf(f, "%31s", word) == 1;

		if (f)
			fclose(f);
		if (!is_there)
			continue;
		find(to, GRADE_NOTE, "firewall", "",
		     "there are rules of %s-legacy, which are not checked",
		     i ? "ip6tables" : "iptables");
		find_hint(to, "\"%s-legacy-save\": port 25 of the fakes must not be dropped, nor the real MX's "
			      "sent elsewhere",
			  i ? "ip6tables" : "iptables");
	}
}

static struct syn syn_to(json_t *items, const char *iface, const struct conf_mx *mx,
			 unsigned int port)
{
	struct syn s = { .items = items, .iface = iface, .addr = &mx->addr, .dport = port,
			 .family = addr_is_ip4(&mx->addr) ? "ip" : "ip6" };

	addr_text(&mx->addr, s.daddr);
	/* What a rule on the translation of its address would find. */
	s.is_nat = true;
	s.is_translated = rule_walk(&s);
	s.is_nat = false;
	return s;
}

/* It would be for the next address, too: each takes a good part of a second. */
static bool is_endless(struct findings *to, const struct syn *s)
{
	if (s->is_endless)
		find(to, GRADE_NOTE, "firewall", "",
		     "the rules of nftables lead from chain to chain too often to be followed");
	return s->is_endless;
}

/* true: something was found. *stops: further addresses need not be looked at. */
static bool check_fake(struct findings *to, json_t *items, const char *iface,
		       const struct conf_mx *mx, unsigned int port, bool *stops)
{
	struct syn s = syn_to(items, iface, mx, port);
	enum is is = s.is_endless ? NO : rule_walk(&s);

	*stops = is_endless(to, &s);
	if (is == YES) {
		find(to, GRADE_WARNING, "firewall", s.daddr,
		     "%s: port %u of '%s' is dropped by %s, so senders meet a timeout "
		     "whenever nolist-xdp is not loaded",
		     mx->where, port, s.daddr, s.rule);
		find_hint(to, "a rule before it: %s daddr %s tcp dport %u accept", s.family,
			  s.daddr, port);
	} else if (is == UNKNOWN) {
		find(to, GRADE_NOTE, "firewall", s.daddr,
		     "%s: port %u of '%s' may be dropped by %s: not all its conditions are known",
		     mx->where, port, s.daddr, s.rule);
	}
	return is != NO || *stops;
}

/* Then its segments are not on a connection of this host: none is verified. */
static bool check_real(struct findings *to, json_t *items, const char *iface,
		       const struct conf_mx *mx, bool *stops)
{
	struct syn s = syn_to(items, iface, mx, NOLIST_SMTP_PORT);
	enum is is = s.is_translated;

	*stops = is_endless(to, &s);
	if (is == NO || *stops || !check_is_local(&mx->addr))
		return false;
	find(to, is == YES ? GRADE_ERROR : GRADE_WARNING, "dnat", s.daddr,
	     "%s: port %u of '%s', the real MX, %s sent elsewhere by %s (DNAT, perhaps a "
	     "container): its mail is not verified here, so it is no alibi for neighbours and "
	     "providers", mx->where, NOLIST_SMTP_PORT, s.daddr, is == YES ? "is" : "may be", s.rule);
	find_hint(to, "let the server have the address itself (docker: --network host), or import "
		      "its log: nolist-xdp import --role real FILE");
	return true;
}

/* false: its rules cannot be followed. */
static bool check_fakes(struct findings *to, json_t *items, const char *iface,
			const struct conf *conf)
{
	int i, reported = 0;
	bool stops = false;

	for (i = 0; i < conf->mxs && reported < REPORTED_MAX && !stops; i++)
		if (conf->mx[i].role == NOLIST_LOW || conf->mx[i].role == NOLIST_HIGH)
			reported += check_fake(to, items, iface, &conf->mx[i], conf->port[0], &stops);
	if (reported == REPORTED_MAX)
		find(to, GRADE_NOTE, "firewall", "", "further fakes are not shown");
	else if (!reported)
		find(to, GRADE_OK, "firewall", "", "no rule of nftables drops segments to the "
						   "fakes");
	return !stops;
}

static void check_reals(struct findings *to, json_t *items, const char *iface,
			struct check_site *site)
{
	const struct conf *conf = site->conf;
	bool stops = false;
	int i;

	for (i = 0; i < conf->mxs && i < NOLIST_MX_MAX && !stops; i++)
		if (conf->mx[i].role == NOLIST_REAL)
			site->is_taken[i] = check_real(to, items, iface, &conf->mx[i], &stops);
}

void check_firewall(struct findings *to, struct check_site *site, const struct links *links,
		    const struct check_ifs *ifs)
{
	const struct link *l = ifs->n ? netlink_find(links, ifs->ifindex[0]) : NULL;
	const struct conf *conf = site->conf;
	json_t *root, *items;

	if (!conf->mxs || !l)
		return;
	/* Otherwise libnftables prints the error itself. */
	if (geteuid()) {
		find(to, GRADE_NOTE, "firewall", "", "only root can read nftables' rules");
		return;
	}
	root = read_rules();
	items = json_object_get(root, "nftables");
	if (!json_is_array(items)) {
		json_decref(root);
		find(to, GRADE_NOTE, "firewall", "", "nftables' rules cannot be read");
		return;
	}
	if (check_fakes(to, items, l->name, conf))
		check_reals(to, items, l->name, site);
	json_decref(root);
	check_legacy(to);
}
