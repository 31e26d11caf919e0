// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of findings; see findings.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/addr.h"
#include "user/base/findings.h"

const char *const grade_names[GRADES] = {
	[GRADE_OK] = "ok",
	[GRADE_NOTE] = "note",
	[GRADE_WARNING] = "warning",
	[GRADE_ERROR] = "error",
	[GRADE_REFUSES] = "error",
};

void find(struct findings *to, enum grade grade, const char *about, const char *subject,
	  const char *fmt, ...)
{
	struct finding *f;
	va_list ap;

	f = realloc(to->f, (to->n + 1) * sizeof(*f));
	if (!f) {
		to->is_incomplete = true;
		return;
	}
	to->f = f;
	f += to->n++;
	*f = (struct finding){ .grade = grade, .about = about };
	snprintf(f->subject, sizeof(f->subject), "%s", subject);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void find_hint(struct findings *to, const char *fmt, ...)
{
	va_list ap;

	if (!to->n || to->is_incomplete)
		return;
	va_start(ap, fmt);
	vsnprintf(to->f[to->n - 1].hint, sizeof(to->f[0].hint), fmt, ap);
	va_end(ap);
}

int findings_count(const struct findings *of, enum grade grade)
{
	int i, n = 0;

	for (i = 0; i < of->n; i++)
		n += of->f[i].grade == grade;
	return n;
}

int findings_errors(const struct findings *of)
{
	return findings_count(of, GRADE_ERROR) + findings_count(of, GRADE_REFUSES);
}

void finding_line(const struct finding *f, char *line, size_t size)
{
	struct nolist_addr addr;

	if (*f->subject && addr_parse(f->subject, &addr))
		snprintf(line, size, "'%s': %s", f->subject, f->text);
	else
		snprintf(line, size, "%s", f->text);
}
