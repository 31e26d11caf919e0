/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lint prints: text for people, and JSON.
 */
#ifndef NOLIST_LINT_REPORT_H
#define NOLIST_LINT_REPORT_H

#include "user/base/writer.h"
#include "user/lint/lint.h"

/* One domain: a line for each finding, and what is found in all. */
void report_text(const struct lint *l, const char *domain);
/* The same as a member of the array "domains" that is open. */
void report_json(struct writer *o, const struct lint *l, const char *domain);
/*
 * The zone to publish for a domain, the lines for its mail server and firewall, and how to
 * leave; of the roles of conf, and of the names that the zone has already.
 */
void report_plan(const struct lint *l);

#endif
