/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of findings, each with its grade and what helps against it.
 */
#ifndef NOLIST_FINDINGS_H
#define NOLIST_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum grade {
	GRADE_OK,
	GRADE_NOTE,    /* good to know */
	GRADE_WARNING, /* works, but not as somebody might think */
	GRADE_REFUSES, /* would break mail or the link, or cannot be attached */
	GRADES
};

extern const char *const grade_names[GRADES];

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
	bool is_short; /* there was no memory for all */
};

void find(struct findings *to, enum grade grade, const char *about, const char *subject,
	  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Of the last finding. */
void find_hint(struct findings *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int findings_count(const struct findings *of, enum grade grade);
/* As a message: names the interface before what is said of it. */
void finding_line(const struct finding *f, char *line, size_t size);

#endif
