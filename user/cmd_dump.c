// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump: the offenders, for machines. Two walks over the same evidence: the first
 * one counts and digests the rows, since the head comes before them; the second
 * one writes.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "listfile.h"
#include "log.h"
#include "out.h"

struct dump {
	const struct output *format;
	const char *output; /* --output; NULL: standard output */
	bool is_claimed;    /* --unverified */
	struct judge j;
	struct out_head head;
	size_t suspects; /* left out for want of proof */
	size_t allowed;  /* left out for an allow list */
	size_t never;    /* left out for the never-list */
};

static int each_row(struct dump *d, struct out *o)
{
	struct judged of;
	size_t i;

	d->head.count = d->suspects = d->allowed = d->never = 0;
	for (i = 0; i < judge_count(&d->j); i++) {
		judge_get(&d->j, i, &of);
		d->suspects += of.v.is == JUDGED_SUSPECT;
		d->allowed += of.v.is == JUDGED_ALLOWED;
		d->never += of.v.is == JUDGED_NEVER;
		if (!verdict_is_listed(&of.v, d->is_claimed))
			continue;
		d->format->row(o, &of);
		d->head.count++;
	}
	return out_flush(o);
}

/* --- the head ---------------------------------------------------------------- */

static int digest(void *sha, const char *bytes, size_t size)
{
	sha256_update(sha, size, (const uint8_t *)bytes);
	return 0;
}

/* Says it on stderr, and in the list. */
static void note(struct dump *d, const char *text)
{
	warn("%s", text);
	if (d->head.notes < OUT_NOTES)
		snprintf(d->head.note[d->head.notes++], OUT_NOTE_SIZE, "%s", text);
}

static bool has_roles(const struct site_family *f)
{
	return f->has_low || f->has_real || f->has_high;
}

static void note_family(struct dump *d, int family)
{
	const struct site_family *f = &d->j.site.family[family];
	char text[OUT_NOTE_SIZE], age[REPORT_AGE];
	const char *ip = family ? "IPv6" : "IPv4";

	if (judge_is_seen(&d->j, family))
		return;
	/* A family that has no part in this needs no excuse, if another one has. */
	if (!has_roles(f) && (family || has_roles(&d->j.site.family[1])))
		return;
	snprintf(text, sizeof(text), "%s: %s: %s%s", ip,
		 d->j.site.is_unseen_accepted ? "listed all the same" : "nobody is listed",
		 !f->has_real ? "no real MX is configured" : "nobody was seen at the real MX for ",
		 !f->has_real ? "" : report_age(d->j.rules.real_seen_s, age));
	note(d, text);
}

static void fill_head(struct dump *d, struct out *o)
{
	uint8_t sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	int i;

	sha256_init(&sha);
	out_open(o, digest, &sha);
	each_row(d, o);
	sha256_digest(&sha, sizeof(sum), sum);
	for (i = 0; i < SHA256_DIGEST_SIZE; i++)
		sprintf(d->head.digest + 2 * i, "%02x", sum[i]);
	d->head.time = d->j.now;
	d->head.expires = d->j.now + d->j.rules.list_life_s;
	d->head.is_claimed = d->is_claimed;
	note_family(d, 0);
	note_family(d, 1);
}

/* --- writing ----------------------------------------------------------------- */

static int to_stdout(void *arg, const char *bytes, size_t size)
{
	ssize_t n;

	(void)arg;
	for (; size; bytes += n, size -= n) {
		n = write(STDOUT_FILENO, bytes, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

static int write_list(struct dump *d, struct out *o)
{
	d->format->head(o, &d->head);
	each_row(d, o);
	if (d->format->tail)
		d->format->tail(o, &d->head);
	return out_flush(o);
}

static const char *refusal(int error)
{
	switch (error) {
	case -ELOOP:
		return "a symbolic link is not replaced";
	case -ENOTSUP:
		return "only a regular file is replaced";
	case -EPERM:
		return "anybody can write to its directory, or the file there is somebody else's";
	default:
		return NULL;
	}
}

static int write_file(struct dump *d, struct out *o)
{
	struct listfile f;
	int error;

	error = listfile_open(&f, d->output);
	if (!error) {
		out_open(o, listfile_write, &f);
		error = write_list(d, o);
		if (!error)
			error = listfile_commit(&f);
		else
			listfile_abort(&f);
	}
	if (!error)
		return EXIT_DONE;
	err(error, "cannot write '%s'", d->output);
	if (refusal(error))
		hint("%s", refusal(error));
	return EXIT_FAILED;
}

static int write_out(struct dump *d, struct out *o)
{
	int error;

	if (d->output)
		return write_file(d, o);
	out_open(o, to_stdout, NULL);
	error = write_list(d, o);
	if (error)
		err(error, "cannot write all of the list");
	return error ? EXIT_FAILED : EXIT_DONE;
}

static void tell(const struct dump *d)
{
	if (d->suspects && !d->is_claimed) {
		warn("%zu that only SYNs speak against are not listed: anyone can forge them",
		     d->suspects);
		hint("--unverified lists them all the same");
	}
	if (d->allowed)
		warn("%zu on an allow list are not listed", d->allowed);
	if (d->never)
		warn("%zu on the never-list are not listed", d->never);
}

static int run(struct dump *d, const struct judge_options *jo)
{
	struct out *o = malloc(sizeof(*o));
	int status;

	if (!o) {
		err(ENOMEM, "cannot write a list");
		return EXIT_FAILED;
	}
	status = judge_open(&d->j, jo);
	if (!status) {
		fill_head(d, o);
		tell(d);
		status = write_out(d, o);
	}
	judge_close(&d->j);
	free(o);
	return status;
}

/* --- the command line -------------------------------------------------------- */

static int list_formats(void)
{
	const struct output *o;

	for (o = outputs; o->name; o++)
		printf("%-8s for %s\n%-8s %s\n", o->name, o->reader, "", o->usage);
	return EXIT_DONE;
}

static int set_format(struct dump *d, const char *name)
{
	d->format = output_find(name);
	if (d->format)
		return EXIT_DONE;
	errx("unknown format '%s'", name);
	hint("\"nolist-xdp dump --list-formats\" lists them");
	return EXIT_USAGE;
}

static int add_allow(struct judge_options *jo, const char *file)
{
	const char **grown = reallocarray(jo->allow, jo->allows + 1, sizeof(*grown));

	if (!grown) {
		err(ENOMEM, "cannot read '%s'", file);
		return EXIT_FAILED;
	}
	jo->allow = grown;
	jo->allow[jo->allows++] = file;
	return EXIT_DONE;
}

enum { OPT_UNVERIFIED = 256, OPT_ALLOW, OPT_AT, OPT_LIST };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "format", 'f', "FORMAT", "see --list-formats; plain unless given" },
	{ "output", 'o', "FILE", "replace FILE in one step; standard output unless given" },
	{ "unverified", OPT_UNVERIFIED, NULL, "list also on SYNs alone, which anyone can forge" },
	{ "allow", OPT_ALLOW, "FILE", "never list the addresses and prefixes in FILE" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{ "list-formats", OPT_LIST, NULL, "what there is, what reads it, and how" },
	{}
};

static int take(struct dump *d, struct judge_options *jo, int c, const char *value)
{
	switch (c) {
	case 'c':
		jo->conf = value;
		break;
	case 'f':
		return set_format(d, value);
	case 'o':
		d->output = value;
		break;
	case OPT_UNVERIFIED:
		d->is_claimed = true;
		break;
	case OPT_ALLOW:
		return add_allow(jo, value);
	case OPT_AT:
		jo->at = value;
		break;
	}
	return EXIT_DONE;
}

int cmd_dump(int argc, char **argv)
{
	struct dump d = { .format = outputs };
	struct judge_options jo = {};
	bool is_listing = false;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		is_listing |= c == OPT_LIST;
		status = take(&d, &jo, c, optarg);
	}
	if (!status && c < 0)
		status = -1 - c;
	else if (!status && !cmd_is_end(argc, argv))
		status = EXIT_USAGE;
	else if (!status && is_listing)
		status = list_formats();
	else if (!status && d.is_claimed && !d.format->takes_claimed) {
		errx("'%s' is read by machines that refuse mail: not with --unverified",
		     d.format->name);
		status = EXIT_USAGE;
	} else if (!status)
		status = run(&d, &jo);
	free(jo.allow);
	return status;
}
