// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the files of 'allow', 'providers' and 'domains' into sets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/config/given.h"
#include "user/confined/lines.h"
#include "user/judge/files.h"
#include "user/judge/kept.h"

/* A file, and where the configuration names it. */
struct named {
	const char *path, *where;
};

/* One of the three kinds, and the set that its files are read into. */
struct reader {
	const char *key;     /* of the configuration */
	const char *must_be; /* each line */
	int (*add)(void *set, const char *file, const char *text, size_t size,
		   struct lines_bad *bad);
	void *set;
};

static int add_allow(void *set, const char *file, const char *text, size_t size,
		     struct lines_bad *bad)
{
	return confined_prefixes(set, file, text, size, bad);
}

static int add_providers(void *set, const char *file, const char *text, size_t size,
			 struct lines_bad *bad)
{
	(void)file;
	return providers_add_text(set, text, size, bad);
}

static int add_domains(void *set, const char *file, const char *text, size_t size,
		       struct lines_bad *bad)
{
	(void)file;
	return confined_domains(set, text, size, bad);
}

static struct reader allow_reader(struct prefix_set *set)
{
	return (struct reader){ "allow", "an address or a prefix without host bits", add_allow, set };
}

static struct reader providers_reader(struct providers *set)
{
	return (struct reader){ "providers", "a name and a network (/8 to /32, /16 to /128)",
				add_providers, set };
}

/* Any other error is explained already. */
static int cannot_hold(int error)
{
	return error == -ENOMEM ? fail(error, "cannot hold allow lists, providers and domains") :
				  error;
}

/* --- what could not be used ---------------------------------------------------- */

/* For the words of a note; NULL: there are too many already. */
static struct files_note *add_note(struct files *f)
{
	if (f->notes < FILES_NOTES)
		return &f->note[f->notes++];
	f->unnoted++;
	return NULL;
}

static void note_lines(struct files *f, const struct reader *r, const struct named *file,
		       const struct lines_bad *bad)
{
	struct files_note *n = add_note(f);
	char more[48] = "";

	if (bad->count > 1)
		snprintf(more, sizeof(more), ", nor are %u more lines", bad->count - 1);
	if (n)
		snprintf(n->text, sizeof(n->text), "%s: %.300s:%u: not %s%s", file->where,
			 file->path, bad->first, r->must_be, more);
}

static void note_file(struct files *f, const struct named *file, int error)
{
	struct files_note *n = add_note(f);

	if (n)
		snprintf(n->text, sizeof(n->text), "%s: cannot read '%.300s': %s", file->where,
			 file->path, strerror(-error));
}

static void note_kept(struct files *f, bool is_kept)
{
	if (f->unnoted)
		return;
	snprintf(f->note[f->notes - 1].hint, sizeof(f->note[0].hint), "%s",
		 is_kept ? "its last good content is used as well, until the file is right" :
			   "what it should say there is unknown, and has no effect");
}

/* --- one file ------------------------------------------------------------------ */

/* Adds the last good content. 0 or -errno. */
static int add_kept(struct files *f, const struct reader *r, const struct kept *k)
{
	struct lines_bad bad;
	char *text;
	size_t size;
	int error = k ? kept_read(k, &text, &size) : -ENOENT;

	note_kept(f, !error);
	if (error)
		return 0;
	error = r->add(r->set, k->path, text, size, &bad);
	free(text);
	return error;
}

/* 0 or -errno. */
static int add_file(struct files *f, const struct reader *r, const struct named *file)
{
	struct lines_bad bad = {};
	struct kept where, *k = f->state_dir && !kept_find(&where, f->state_dir, r->key, file->path) ?
					&where :
					NULL;
	char *text;
	size_t size;
	int unreadable = lines_read(file->path, LINES_FILE_MAX, &text, &size), error = 0;

	if (unreadable)
		note_file(f, file, unreadable);
	else
		error = r->add(r->set, file->path, text, size, &bad);
	if (!error && bad.count)
		note_lines(f, r, file, &bad);
	if (!error && (unreadable || bad.count))
		error = add_kept(f, r, k);
	else if (!error && k && f->is_keeping)
		kept_write(k, text, size); /* a precaution: without it the file itself still counts */
	free(text);
	return error;
}

static int add_named(struct files *f, const struct reader *r, const struct conf *conf,
		     const char *path)
{
	struct named file = { path, given_where(conf, r->key, path) };

	return add_file(f, r, &file);
}

/* The same of a file of the command line: whatever is wrong is a failure. */
static int add_whole(const struct reader *r, const char *file)
{
	struct lines_bad bad;
	char *text;
	size_t size;
	int error = lines_read(file, LINES_FILE_MAX, &text, &size);

	if (error == -ENOMEM)
		return fail(error, "cannot read '%s'", file);
	if (error)
		return fail_usage("cannot read '%s': %s", file, strerror(-error));
	error = r->add(r->set, file, text, size, &bad);
	free(text);
	if (error)
		return cannot_hold(error);
	return bad.count ? fail_usage("%s:%u: not %s", file, bad.first, r->must_be) : 0;
}

/* --- all of them --------------------------------------------------------------- */

int files_add_allow(struct prefix_set *allow, const char *file)
{
	struct reader r = allow_reader(allow);

	return add_whole(&r, file);
}

int files_allow(struct prefix_set **allow, const struct conf *conf, struct files *f)
{
	struct reader r;
	int i, error = prefix_set_new(allow);

	r = allow_reader(*allow);
	for (i = 0; i < conf->allows && !error; i++)
		error = add_named(f, &r, conf, conf->allow[i]);
	return cannot_hold(error);
}

int files_providers(struct providers **providers, const struct conf *conf, struct files *f)
{
	struct reader r;
	int i, error = providers_new(providers);

	r = providers_reader(*providers);
	for (i = 0; i < conf->providers && !error; i++)
		error = add_named(f, &r, conf, conf->provider[i]);
	if (!error)
		error = providers_sort(*providers);
	return cannot_hold(error);
}

/* Its implicit MX (RFC 5321 5.1) is the fake itself: whoever is sent there met no low fake. */
static int add_name(struct domain_set *set, const char *name)
{
	struct domain d;

	if (!name || domain_parse(name, &d) || !d.is_itself)
		return 0;
	domain_set_sort(set);
	if (domain_set_find(set, d.name))
		return 0;
	d.is_itself = false;
	d.is_never = true;
	return domain_set_add(set, &d);
}

/* where: of all of them; NULL: the configuration knows it of each. */
static int add_all_domains(struct domain_set *set, const struct conf *conf, char *const *name, int n,
			   const char *where, struct files *f)
{
	struct reader r = { "domains", "a domain", add_domains, set };
	struct domain d;
	int i, error = 0;

	for (i = 0; i < n && !error; i++) {
		struct named file = { name[i], where };

		if (strchr(name[i], '/'))
			error = where ? add_file(f, &r, &file) : add_named(f, &r, conf, name[i]);
		else if (!domain_parse(name[i], &d))
			error = domain_set_add(set, &d);
	}
	return error;
}

static int end_domains(struct domain_set *set, int error)
{
	domain_set_sort(set);
	if (error == -E2BIG)
		return failx(error, "more than %u domains", DOMAIN_SET_MAX);
	return cannot_hold(error);
}

int files_domains(struct domain_set *set, const struct conf *conf, struct files *f)
{
	int error;

	*set = (struct domain_set){};
	error = add_all_domains(set, conf, conf->domain, conf->domains, NULL, f);
	if (!error)
		error = add_name(set, conf->name);
	return end_domains(set, error);
}

int files_tenant_domains(struct domain_set *set, const struct conf *conf, unsigned int tenant,
			 struct files *f)
{
	const struct conf_tenant *t = &conf->tenant[tenant];
	int error;

	*set = (struct domain_set){};
	error = add_all_domains(set, conf, t->domain, t->domains, t->where, f);
	if (!error)
		error = add_name(set, t->host ? t->host : conf->name);
	return end_domains(set, error);
}

int files_prove_providers(const char *file)
{
	struct providers *providers;
	struct reader r;
	int error = cannot_hold(providers_new(&providers));

	r = providers_reader(providers);
	if (!error)
		error = add_whole(&r, file);
	providers_free(providers);
	return error;
}

int files_check(const struct conf *conf, struct files *f)
{
	struct providers *providers = NULL;
	struct prefix_set *allow = NULL;
	int error = files_allow(&allow, conf, f);

	if (!error)
		error = files_providers(&providers, conf, f);
	prefix_set_free(allow);
	providers_free(providers);
	return error;
}
