// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process parses lines and writes values; here they are checked. It may have become
 * somebody else's on the way: there are never more values than lines can be, and without the
 * last one it has not come to its end.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/confined/confined.h"
#include "user/confined/lines.h"

/* A line that was read, and at the end which ones were wrong. */
struct value {
	unsigned int line; /* 0: the end */
	struct lines_bad bad;
	_Alignas(max_align_t) unsigned char of[CONFINED_VALUE];
};

struct text {
	const char *at;
	size_t size;
	const struct confined_lines *how;
	FILE *to;
};

static size_t size_of(const struct confined_lines *how)
{
	return offsetof(struct value, of) + how->size;
}

/* --- in the process ------------------------------------------------------------- */

static int write_line(char *line, unsigned int number, void *arg)
{
	const struct text *t = arg;
	struct value v;

	memset(&v, 0, sizeof(v));
	v.line = number;
	if (t->how->parse(line, v.of))
		return -EINVAL;
	return fwrite(&v, size_of(t->how), 1, t->to) == 1 ? 0 : -EIO;
}

static int work(FILE *to, void *arg)
{
	struct text *t = arg;
	struct value v;
	int error;

	memset(&v, 0, sizeof(v));
	t->to = to;
	error = lines_each(t->at, t->size, write_line, t, &v.bad);
	return error || fwrite(&v, size_of(t->how), 1, to) != 1 ? -EIO : 0;
}

/* --- the one that asks ---------------------------------------------------------- */

static void note_bad(struct lines_bad *bad, unsigned int first, unsigned int count)
{
	if (count && (!bad->count || first < bad->first))
		bad->first = first;
	bad->count += count;
}

static int take_all(const struct text *t, struct confined *c, void *arg, struct lines_bad *bad)
{
	struct value v;
	size_t n;
	int error;

	for (n = 0; n <= t->size && confined_read(c, &v, size_of(t->how)); n++) {
		if (!v.line) {
			note_bad(bad, v.bad.first, v.bad.count);
			return confined_end(c);
		}
		error = t->how->take(v.of, v.line, arg);
		if (error == -EINVAL)
			note_bad(bad, v.line, 1);
		else if (error)
			return error;
	}
	error = n > t->size ? 0 : confined_end(c);
	return error ? error : failx(-EPROTO, "what has read text of others has not come to its end");
}

int confined_lines(const char *text, size_t size, const struct confined_lines *how, void *arg,
		   struct lines_bad *bad)
{
	struct text t = { .at = text, .size = size, .how = how };
	struct confined c;
	int error = confined_start(&c, -1, work, &t);

	*bad = (struct lines_bad){};
	if (!error)
		error = take_all(&t, &c, arg, bad);
	confined_stop(&c);
	return error;
}

/* --- domains ---------------------------------------------------------------------- */

enum { ITSELF = 1, BELOW = 2, NEVER = 4 };

struct domain_value {
	char name[NOLIST_DOMAIN_MAX + 1];
	unsigned char marks;
};

static int parse_domain(char *line, void *value)
{
	struct domain_value *v = value;
	struct domain d;

	if (domain_parse(line, &d))
		return -EINVAL;
	memcpy(v->name, d.name, sizeof(v->name));
	v->marks = d.is_itself * ITSELF | d.is_below * BELOW | d.is_never * NEVER;
	return 0;
}

static int take_domain(const void *value, unsigned int line, void *arg)
{
	const struct domain_value *v = value;
	struct domain d = {
		.is_itself = v->marks & ITSELF,
		.is_below = v->marks & BELOW,
		.is_never = v->marks & NEVER,
	};

	(void)line;
	memcpy(d.name, v->name, sizeof(d.name) - 1);
	return domain_why_wrong(&d) ? -EINVAL : domain_set_add(arg, &d);
}

int confined_domains(struct domain_set *set, const char *text, size_t size,
		     struct lines_bad *bad)
{
	static const struct confined_lines how = { sizeof(struct domain_value), parse_domain,
						   take_domain };

	return confined_lines(text, size, &how, set, bad);
}

/* --- prefixes --------------------------------------------------------------------- */

static int parse_prefix(char *line, void *value)
{
	return prefix_parse(line, value);
}

struct named_set {
	struct prefix_set *set;
	const char *file;
};

static int take_prefix(const void *value, unsigned int line, void *arg)
{
	const struct named_set *to = arg;
	const struct prefix *p = value;

	return prefix_is_right(p) ? prefix_set_add_line(to->set, p, to->file, line) : -EINVAL;
}

int confined_prefixes(struct prefix_set *set, const char *file, const char *text, size_t size,
		      struct lines_bad *bad)
{
	static const struct confined_lines how = { sizeof(struct prefix), parse_prefix, take_prefix };
	struct named_set to = { set, prefix_set_name(set, file) };

	*bad = (struct lines_bad){};
	return to.file ? confined_lines(text, size, &how, &to, bad) : -ENOMEM;
}
