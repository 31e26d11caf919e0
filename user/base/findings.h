/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of findings, each with its grade and a hint.
 */
#ifndef NOLIST_FINDINGS_H
#define NOLIST_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum grade {
	GRADE_OK,
	GRADE_NOTE,    /* good to know */
	GRADE_WARNING, /* works, but perhaps not as expected */
	GRADE_ERROR,   /* mail or evidence suffers; load warns, since it may mend itself */
	GRADE_REFUSES, /* would break mail or the link, or cannot be attached: load stops */
	GRADES
};

extern const char *const grade_names[GRADES]; /* both kinds of errors have one name */

struct finding {
	enum grade grade;
	const char *about; /* one word: "mode", "mtu" ... */
	char subject[64];  /* an interface or an address; "": the host */
	char text[320];
	char hint[256]; /* a line to paste, or a word of advice; "" */
};

struct findings {
	struct finding *f;
	int n;
	bool is_incomplete; /* there was no memory for all */
};

void find(struct findings *to, enum grade grade, const char *about, const char *subject,
	  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Adds a hint to the last finding. */
void find_hint(struct findings *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int findings_count(const struct findings *of, enum grade grade);
int findings_errors(const struct findings *of); /* of both kinds */
/* The finding as a message: the interface's name, if it is about one, then the text. */
void finding_line(const struct finding *f, char *line, size_t size);

#endif
