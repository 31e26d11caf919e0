// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's own firewall: would it drop a connection to a fake? While the program is
 * detached, a closed port must answer there. And does it send the real MX's port to another
 * host or port, such as a container? Reads nftables' rules (libnftables, as JSON); walk.c
 * walks them with the SYN of a stranger.
 */
#include <errno.h>
#include <jansson.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/check/check.h"
#include "user/check/rule.h"
#include "user/confined/confined.h"

enum { REPORTED_MAX = 8 };

/* --- all fakes ----------------------------------------------------------------------- */

/* As libnftables' JSON; the caller frees it. NULL: they cannot be read. */
static char *read_rules(void)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	char *text = NULL;

	if (!ctx)
		return NULL;
	/* Without the elements of sets: a block list may have a million. */
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE |
					      NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_NUMERIC_PRIO);
	nft_ctx_buffer_output(ctx);
	nft_ctx_buffer_error(ctx);
	if (!nft_run_cmd_from_buffer(ctx, "list ruleset"))
		text = strdup(nft_ctx_get_output_buffer(ctx));
	nft_ctx_free(ctx);
	return text;
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
		find_hint(to, "\"%s-legacy-save\" shows them: they must not drop port 25 of the fakes, nor "
			      "send port 25 of the real MX elsewhere",
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
	if (is == NO || *stops)
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

/* taken: those that this host has (is_local), and that are sent elsewhere. */
static void check_reals(struct findings *to, json_t *items, const char *iface,
			const struct conf *conf, const bool *is_local, unsigned char *taken)
{
	bool stops = false;
	int i;

	for (i = 0; i < conf->mxs && i < NOLIST_MX_MAX && !stops; i++)
		if (is_local[i])
			taken[i] = check_real(to, items, iface, &conf->mx[i], &stops);
}

/* --- in a process that can do nothing else --------------------------------------------- */

struct ruleset {
	const char *text, *iface;
	const struct conf *conf;
	bool is_local[NOLIST_MX_MAX]; /* by index of mx: a real MX that this host has */
};

struct head {
	unsigned char is_whole, taken[NOLIST_MX_MAX];
};

/* A finding as it is told: its words are of a fixed size. */
struct told {
	struct finding f; /* without about */
	unsigned char is_dnat;
};

/* What the rules say, then the findings. */
static int work(FILE *out, void *arg)
{
	const struct ruleset *r = arg;
	json_t *root = json_loads(r->text, 0, NULL), *items = json_object_get(root, "nftables");
	struct head h = { .is_whole = json_is_array(items) };
	struct findings to = {};
	struct told t;
	int i;

	if (h.is_whole && check_fakes(&to, items, r->iface, r->conf))
		check_reals(&to, items, r->iface, r->conf, r->is_local, h.taken);
	fwrite(&h, sizeof(h), 1, out);
	for (i = 0; i < to.n; i++) {
		memset(&t, 0, sizeof(t));
		t.f = to.f[i];
		t.is_dnat = !strcmp(t.f.about, "dnat");
		fwrite(&t, sizeof(t), 1, out);
	}
	return to.is_incomplete ? -ENOMEM : 0;
}

/* Not more than one for each address and one for all. */
static void take_findings(struct findings *to, struct confined *c)
{
	struct told t;
	int n;

	for (n = 0; n <= NOLIST_MX_MAX && confined_read(c, &t, sizeof(t)); n++) {
		if ((unsigned int)t.f.grade >= GRADES)
			continue;
		find(to, t.f.grade, t.is_dnat ? "dnat" : "firewall", "", "%.*s",
		     (int)sizeof(t.f.text) - 1, t.f.text);
		if (to->is_incomplete)
			break;
		snprintf(to->f[to->n - 1].subject, sizeof(t.f.subject), "%.*s",
			 (int)sizeof(t.f.subject) - 1, t.f.subject);
		find_hint(to, "%.*s", (int)sizeof(t.f.hint) - 1, t.f.hint);
	}
}

static int check_rules(struct findings *to, struct check_site *site, struct ruleset *r)
{
	struct confined c;
	struct head h = {};
	int i, error = confined_start(&c, -1, work, r);

	if (error)
		return error;
	if (confined_read(&c, &h, sizeof(h)))
		take_findings(to, &c);
	for (i = 0; i < NOLIST_MX_MAX; i++)
		site->is_taken[i] = h.taken[i];
	error = confined_end(&c);
	return error ? error : h.is_whole ? 0 : -EBADMSG;
}

static void find_local(struct ruleset *r)
{
	int i;

	for (i = 0; i < r->conf->mxs && i < NOLIST_MX_MAX; i++)
		r->is_local[i] = r->conf->mx[i].role == NOLIST_REAL &&
				 check_is_local(&r->conf->mx[i].addr);
}

void check_firewall(struct findings *to, struct check_site *site, const struct links *links,
		    const struct check_ifs *ifs)
{
	const struct link *l = ifs->n ? netlink_find(links, ifs->ifindex[0]) : NULL;
	struct ruleset r = { .conf = site->conf };
	char *text;

	if (!r.conf->mxs || !l)
		return;
	/* Otherwise libnftables prints the error itself. */
	if (geteuid()) {
		find(to, GRADE_NOTE, "firewall", "", "only root can read nftables' rules");
		return;
	}
	find_local(&r);
	r.iface = l->name;
	r.text = text = read_rules();
	if (!text || check_rules(to, site, &r))
		find(to, GRADE_NOTE, "firewall", "", "nftables' rules cannot be read");
	else
		check_legacy(to);
	free(text);
}
