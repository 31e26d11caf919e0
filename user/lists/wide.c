// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each file says what it is: firewalls are to count by it, and filters to add a little to a score.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/array.h"
#include "user/base/atomic_file.h"
#include "user/base/failure.h"
#include "user/base/version.h"
#include "user/lists/wide.h"
#include "user/lists/wide_dns.h"
#include "user/base/writer.h"

struct networks {
	struct prefix *p; /* IPv4 comes first */
	size_t n, ip4;
};

static int add(const struct prefix *network, void *arg)
{
	struct networks *all = arg;

	if (array_grow(&all->p, all->n, sizeof(*all->p)))
		return fail(-ENOMEM, "cannot hold the networks");
	all->p[all->n++] = *network;
	all->ip4 += addr_is_ip4(&network->addr);
	return 0;
}

static void put_prefix(struct writer *o, const struct prefix *p)
{
	char text[ADDR_TEXT];

	put_text(o, prefix_text(p, text));
}

/* --- the head ------------------------------------------------------------------------- */

static void head(struct writer *o, const struct wide *w, const struct networks *all)
{
	char text[ORIGIN_KEY];
	size_t i;

	put_text(o, "# generator: ");
	put_text(o, nolist_generator);
	put_text(o, "\n# time: ");
	put_time(o, time(NULL));
	put_text(o, "\n# count: ");
	put_number(o, all->n);
	put_text(o, "\n# origin-time: ");
	put_time(o, origin_made(w->file));
	for (i = 0; i < w->keys; i++) {
		put_text(o, "\n# origin: ");
		put_text(o, origin_key_text(&w->key[i], text));
	}
	put_text(o, "\n# warning: whole networks, of which nobody was judged: to count or to score by, never to "
		    "refuse mail by\n");
}

/* --- formats -------------------------------------------------------------------------- */

static void plain(struct writer *o, const struct wide *w, const struct networks *all)
{
	size_t i;

	(void)w;
	for (i = 0; i < all->n; i++) {
		put_prefix(o, &all->p[i]);
		put_char(o, '\n');
	}
}

static void nft_set(struct writer *o, const struct networks *all, int family)
{
	size_t i = family ? all->ip4 : 0, end = family ? all->n : all->ip4;

	put_text(o, family ? "\tset wide6 { type ipv6_addr; flags interval;" : "\tset wide4 { type ipv4_addr; flags interval;");
	put_text(o, i < end ? " elements = {\n" : " }\n");
	for (; i < end; i++) {
		put_prefix(o, &all->p[i]);
		put_text(o, i + 1 < end ? ",\n" : " } }\n");
	}
}

/* A table of its own, so that it can be replaced in one step; its rules count and let pass. */
static void nft(struct writer *o, const struct wide *w, const struct networks *all)
{
	const char *const line[] = { "add table inet ", "delete table inet ", "table inet " };
	size_t i;

	for (i = 0; i < sizeof(line) / sizeof(*line); i++) {
		put_text(o, line[i]);
		put_text(o, w->words.name);
		put_text(o, i < 2 ? "_origin\n" : "_origin {\n");
	}
	nft_set(o, all, 0);
	nft_set(o, all, 1);
	put_text(o, "\tchain note {\n\t\ttype filter hook input priority filter - 2; policy accept;\n"
		    "\t\ttcp dport 25 tcp flags & (syn | ack) == syn ip saddr @wide4 counter accept\n"
		    "\t\ttcp dport 25 tcp flags & (syn | ack) == syn ip6 saddr @wide6 counter accept\n\t}\n}\n");
}

static void ipset_line(struct writer *o, const struct wide *w, const char *verb, int family, const char *more)
{
	put_text(o, verb);
	put_text(o, w->words.name);
	put_text(o, family ? "_origin6" : "_origin4");
	put_text(o, more);
}

static void ipset(struct writer *o, const struct wide *w, const struct networks *all)
{
	static const char *const type[] = { " hash:net family inet hashsize 4096 maxelem 16777216 -exist\n",
					    " hash:net family inet6 hashsize 4096 maxelem 16777216 -exist\n" };
	size_t i;
	int family;

	for (family = 0; family < 2; family++) {
		ipset_line(o, w, "create ", family, type[family]);
		ipset_line(o, w, "create ", family, ".new");
		put_text(o, type[family]);
		ipset_line(o, w, "flush ", family, ".new\n");
		for (i = family ? all->ip4 : 0; i < (family ? all->n : all->ip4); i++) {
			ipset_line(o, w, "add ", family, ".new ");
			put_prefix(o, &all->p[i]);
			put_char(o, '\n');
		}
		ipset_line(o, w, "swap ", family, " ");
		ipset_line(o, w, "", family, ".new\n");
		ipset_line(o, w, "destroy ", family, ".new\n");
	}
}

static void rbldnsd(struct writer *o, const struct wide *w, const struct networks *all)
{
	size_t i;

	wide_dns_head(o, &w->words, time(NULL));
	wide_dns_set(o, 0);
	for (i = 0; i < all->n; i++) {
		if (i == all->ip4)
			wide_dns_set(o, 1);
		put_prefix(o, &all->p[i]);
		put_char(o, '\n');
	}
}

/* Rules without any network: they ask the zone of rbldnsd. */
static void spamassassin(struct writer *o, const struct wide *w, const struct networks *all)
{
	(void)all;
	wide_dns_rules(o, &w->words);
}

static const struct {
	const char *name;
	void (*put)(struct writer *o, const struct wide *w, const struct networks *all);
} wide_formats[] = { { "plain", plain }, { "nft", nft }, { "ipset", ipset }, { "rspamd", plain },
		{ "rbldnsd", rbldnsd }, { "spamassassin", spamassassin } };

#define FORMATS (sizeof(wide_formats) / sizeof(*wide_formats))

static size_t find_format(const char *name)
{
	size_t i;

	for (i = 0; i < FORMATS && strcmp(wide_formats[i].name, name); i++)
		;
	return i;
}

bool wide_has_format(const char *name)
{
	return find_format(name) < FORMATS;
}

/* --- writing -------------------------------------------------------------------------- */

static int put_all(struct writer *o, const struct wide *w, const struct networks *all)
{
	head(o, w, all);
	wide_formats[find_format(w->format)].put(o, w, all);
	return writer_flush(o);
}

static int write_file(struct writer *o, const struct wide *w, const struct networks *all)
{
	struct atomic_file f;
	int error = atomic_file_open(&f, w->output);

	if (error)
		return error;
	error = atomic_file_start(&f, 0644);
	writer_open(o, atomic_file_write, &f);
	if (!error)
		error = put_all(o, w, all);
	if (!error)
		error = atomic_file_commit(&f, time(NULL), false);
	atomic_file_close(&f);
	return error;
}

static int write_all(const struct wide *w, const struct networks *all)
{
	struct writer *o = malloc(sizeof(*o));
	int error = -ENOMEM;

	if (o && w->output) {
		error = write_file(o, w, all);
	} else if (o) {
		writer_open(o, writer_stdout, NULL);
		error = put_all(o, w, all);
	}
	free(o);
	return error ? fail(error, "cannot write '%s'", w->output ? w->output : "standard output") : 0;
}

int wide_write(const struct wide *w)
{
	struct networks all = {};
	int error = origin_networks(w->file, w->key, w->keys, add, &all);

	if (!error && !all.n)
		error = failx(-ENOENT, "'%s' has no network of these", w->file_name);
	if (!error)
		error = write_all(w, &all);
	free(all.p);
	return error;
}
