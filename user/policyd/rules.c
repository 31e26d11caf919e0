// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that make a filter read our header: those of this host's name only, since a sender can write
 * such a header itself.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/policy/snapshot.h"
#include "user/policyd/policyd.h"

static const struct {
	const char *step, *symbol;
	double score;
} scores[] = {
	{ "listed", "LISTED", 5 },     { "throttled", "THROTTLED", 1 }, { "new", "NEW", 2 },
	{ "returned", "RETURNED", 0.5 }, { "walked", "WALKED", -1 },      { "verified", "VERIFIED", -2 },
};
static const struct {
	const char *word, *symbol;
	double score;
} names[] = {
	{ "helo", "HELO", 1 }, { "nameless", "NAMELESS", 1.5 }, { "dynamic", "DYNAMIC", 1 },
	{ "origin", "ORIGIN", 1 },
};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A name as a pattern: letters, digits and '-' are themselves. */
static void put_name(char *to, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 3 < size; name++) {
		if (!isalnum((unsigned char)*name) && *name != '-')
			to[n++] = '\\';
		to[n++] = *name;
	}
	to[n] = '\0';
}

static void put_spamassassin(const char *symbol, double score, const char *name, const char *what)
{
	printf("header NOLIST_%s X-Nolist =~ /^%s; %s/m\nscore NOLIST_%s %.1f\n", symbol, name, what, symbol,
	       score);
}

static void put_rspamd(const char *symbol, double score, const char *name, const char *what)
{
	printf("NOLIST_%s {\n  type = \"header\"; header = \"X-Nolist\"; regexp = true;\n"
	       "  map = [\"/^%s; %s/\"];\n  score = %.1f;\n}\n", symbol, name, what, score);
}

int policyd_put_rules(const char *snapshot, const char *filter)
{
	void (*put)(const char *, double, const char *, const char *) =
		!strcmp(filter, "rspamd") ? put_rspamd : put_spamassassin;
	char name[2 * SNAPSHOT_WORDS], what[80];
	struct policy_snapshot *s;
	int fd = open(snapshot, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;
	size_t i;

	error = fd < 0 ? -errno : policy_snapshot_open(&s, fd);
	if (fd >= 0)
		close(fd);
	if (error)
		return fail(error, "cannot read the name of this host from the snapshot '%s'", snapshot);
	put_name(name, sizeof(name), policy_snapshot_site(s)->name);
	policy_snapshot_free(s);
	printf("# nolist-xdp: what its policy service says of a message, by its header\n");
	for (i = 0; i < COUNT(scores); i++) {
		snprintf(what, sizeof(what), "%s;", scores[i].step);
		put(scores[i].symbol, scores[i].score, name, what);
	}
	for (i = 0; i < COUNT(names); i++) {
		snprintf(what, sizeof(what), "[a-z-]+; score=[-0-9.]+.* %s", names[i].word);
		put(names[i].symbol, names[i].score, name, what);
	}
	return 0;
}
