// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that is wrong stops nothing: whoever is missing in it is refused, as all others are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/lines.h"
#include "user/base/log.h"
#include "user/enforce/low_pass.h"

#define FILE_MAX (16u << 20)

static int add(struct low_pass *l, const struct prefix *p)
{
	struct prefix *grown;

	if (l->n == NOLIST_LOW_PASS_MAX)
		return -E2BIG;
	if (l->n == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : 64;
		grown = reallocarray(l->prefix, l->capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->prefix = grown;
	}
	l->prefix[l->n++] = *p;
	return 0;
}

static int take_line(char *line, unsigned int number, void *arg)
{
	struct prefix p;

	(void)number;
	line[strcspn(line, " \t;")] = '\0';
	if (prefix_parse(line, &p))
		return -EINVAL;
	return add(arg, &p);
}

static int take_file(struct low_pass *l, const char *file)
{
	struct lines_bad bad = {};
	char *text;
	size_t size;
	int error = lines_read(file, FILE_MAX, &text, &size);

	if (error == -ENOMEM)
		return error;
	if (error) {
		err(error, "cannot read '%s'", file);
		hint("its networks are refused at the low fake, as all others are");
		l->bad++;
		return 0;
	}
	error = lines_each(text, size, take_line, l, &bad);
	free(text);
	if (bad.count)
		warn("'%s': line %u is not an address or a prefix; lines left out: %u", file, bad.first,
		     bad.count);
	if (error == -E2BIG)
		warn("'%s': there are more than %d networks of 'low-pass'; the others are left out", file,
		     NOLIST_LOW_PASS_MAX);
	l->bad += bad.count + (error == -E2BIG);
	return error == -E2BIG ? 0 : error;
}

int low_pass_read(struct low_pass *l, const struct conf *conf)
{
	struct prefix p;
	int i, error = 0;

	*l = (struct low_pass){};
	for (i = 0; i < conf->low_passes && !error; i++) {
		if (*conf->low_pass[i] == '/')
			error = take_file(l, conf->low_pass[i]);
		else if (!prefix_parse(conf->low_pass[i], &p))
			error = add(l, &p);
	}
	if (error)
		low_pass_free(l);
	return error;
}

void low_pass_free(struct low_pass *l)
{
	free(l->prefix);
	*l = (struct low_pass){};
}
