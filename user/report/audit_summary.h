/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What audit has found, and the two ways to print it.
 */
#ifndef NOLIST_REPORT_AUDIT_SUMMARY_H
#define NOLIST_REPORT_AUDIT_SUMMARY_H

#include "user/maillog/deliveries.h"
#include "user/policy/mode.h"
#include "user/report/deferred.h"

/* Is the list safe to enforce? */
enum audit_answer {
	AUDIT_UNKNOWN_LOG,    /* too much of the log is not understood */
	AUDIT_UNKNOWN_CLIENT, /* the log does not name the clients */
	AUDIT_UNKNOWN_LIST,   /* no source is listed */
	AUDIT_UNKNOWN_SEEN,   /* the log has seen none of them */
	AUDIT_NO,             /* there are false listings */
	AUDIT_NO_USERS,       /* listed sources are users who log in there */
	AUDIT_TOO_FEW,        /* no false listing, but too few were seen */
	AUDIT_YES,
};

struct summary {
	struct audit log;
	/* Sources in the log: */
	size_t accepted, refused;          /* with mail accepted; only refused */
	size_t blocked;                    /* of the latter: only because of the list */
	size_t never, allowed;             /* can never be listed; are on an allow list */
	size_t never_messages;             /* accepted from the former */
	struct nolist_source never_source; /* one of them */
	/* Listed sources: */
	size_t listed;          /* at the end of the log, or when they were in it */
	size_t listed_accepted; /* false listings */
	size_t listed_earlier;  /* mail was accepted, but only while they were not listed */
	size_t listed_refused, listed_blocked;
	size_t listed_submitted; /* users of the MX, by authentication */
	size_t listed_seen;      /* accepted, earlier or refused: precision is of these */
	size_t listed_unseen;    /* not in the log */
	size_t listed_now;       /* where none was at the end of the log: those of now */
	size_t unlisted_refused;
	/* The table at the real MX as it is now; table: its state, NULL: there is none. */
	const char *table;
	size_t table_sources, table_messages; /* with mail accepted, though it has them; that mail */
	struct deferred deferred;
	enum policy_mode mode; /* of the policy service, as configured */
	double precision, low, high;
	bool has_precision;
	enum audit_answer answer;
};

void audit_say(const struct summary *s);
/* 0 or -errno. */
int audit_say_json(const struct summary *s);
/* "yes", "no" or "unknown". */
const char *audit_answer_name(enum audit_answer answer);

#endif
