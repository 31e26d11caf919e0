/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lint: the zone, the wire and the senders of one domain, judged by a table of checks.
 *
 * To add a check: its function in the file of its view (checks_*.c) and its row in checks.c;
 * a zone that fails and one that passes in selftests/lint/zones.txt.
 */
#ifndef NOLIST_LINT_H
#define NOLIST_LINT_H

#include "user/base/domain_set.h"
#include "user/base/findings.h"
#include "user/lint/certificate.h"
#include "user/lint/senders.h"
#include "user/lint/zone.h"
#include "user/probe/probe.h"

struct check;
struct ifaddrs;

struct lint {
	struct zone zone;
	const struct conf *conf; /* names the roles */
	bool has_file;           /* and is of a configuration file */
	const struct domain_set *domains; /* of it; NULL: they cannot be read */
	const struct ifaddrs *own;        /* addresses of this host */
	struct probe *probe;     /* what was probed; NULL: nothing */
	int probes;
	struct certificate *certificate; /* of each */
	const struct check *check; /* the one that runs */
	struct findings found;
	int worst; /* what it has found: -1 nothing, else the grade */
};

struct check {
	int number;       /* never changed */
	const char *name; /* what a finding is about */
	enum grade grade; /* of what it finds, if it says nothing else */
	void (*look)(struct lint *l);
	const char *fine; /* what it says if there is nothing to find */
};

extern const struct check checks[]; /* ends with a row without name */

struct lint_options {
	const struct conf *conf;
	bool has_file;
	const struct domain_set *domains; /* of conf; NULL: they cannot be read */
	const struct ifaddrs *own;        /* addresses of this host */
	bool is_probing;
	const struct nolist_addr *from; /* probes come from there; NULL: the kernel chooses */
	int timeout_ms;                 /* of a probe */
};

/* Looks at a domain, whose name is as a person writes it: 0, or -EINVAL: it is no name. */
int lint(struct lint *l, struct dns *d, const char *domain, const struct lint_options *o);
void lint_free(struct lint *l);
/* The domains of the configuration and of its files, sorted: 0 or -errno; always safe to free. */
int lint_domains(struct domain_set *set, const struct conf *conf);
/* A name in ASCII and lower case: 0 or -EINVAL. */
int lint_name(const char *domain, char ascii[DNS_NAME]);

/* --- for the checks ------------------------------------------------------------------------ */

/* A finding of the check that runs, with its grade; find_hint() adds how to mend it. */
#define bad(l, ...) lint_say(l, (l)->check->grade, __VA_ARGS__)
void lint_say(struct lint *l, enum grade grade, const char *subject, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* It cannot be known here; why. */
void lint_skip(struct lint *l, const char *why);

/* checks_zone.c */
void look_servers(struct lint *l);
void look_null(struct lint *l);
void look_target(struct lint *l);
void look_bogon(struct lint *l);
void look_dnssec(struct lint *l);
void look_size(struct lint *l);
void look_ptr(struct lint *l);
void look_spf(struct lint *l);
/* checks_roles.c */
void look_low(struct lint *l);
void look_high(struct lint *l);
void look_equal(struct lint *l);
void look_own(struct lint *l);
void look_first(struct lint *l);
void look_roles(struct lint *l);
void look_twice(struct lint *l);
void look_domains(struct lint *l); /* domains.c; a part of look_roles() */
void look_backup(struct lint *l);
/* checks_tls.c */
void look_policy(struct lint *l);
void look_tlsa(struct lint *l);
/* checks_senders.c */
void look_senders(struct lint *l);
/* checks_wire.c */
void look_wire_low(struct lint *l);
void look_wire_high(struct lint *l);
void look_wire_real(struct lint *l);

/* Probes the addresses that have a role: 0 or -ENOMEM. */
int lint_probe(struct lint *l, const struct lint_options *o);

/* --- what testers will say (testers.c) --------------------------------------------------------- */

void testers_say(struct lint *l);

#endif
