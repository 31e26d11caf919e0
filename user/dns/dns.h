/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions to the DNS, and their answers. resolve.c asks a validating resolver (libunbound),
 * so that "there is none" and "somebody tampers with it" differ; direct.c asks one server and
 * shows what it sent itself.
 *
 * Names are text, absolute without the last dot, with \DDD for bytes that have no place in
 * one; what an answer says is bounded by the size of a DNS message. Nothing is printed.
 */
#ifndef NOLIST_DNS_H
#define NOLIST_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/addr.h"

#define DNS_NAME 1025  /* bytes of a name as text: each of 254 bytes may need four */
#define DNS_WHY 200    /* bytes of a reason */
#define DNS_AT_ONCE 64 /* questions that are under way together */

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52,
};

enum dns_state {
	DNS_UNASKED,  /* no question is left, or no time */
	DNS_OK,       /* there are records */
	DNS_NODATA,   /* the name exists, without such records */
	DNS_NXDOMAIN, /* there is no such name */
	DNS_BOGUS,    /* the answer fails validation; why[] says how */
	DNS_SILENT,   /* no answer in time */
	DNS_FAILED,   /* SERVFAIL, REFUSED ...; why[] names it */
};

struct dns_record {
	const unsigned char *data; /* names in it are not compressed */
	size_t size;
};

struct dns_answer {
	enum dns_state state;
	bool is_secure;         /* validated; else the zone is not signed */
	uint32_t ttl;           /* seconds */
	char alias_of[DNS_NAME]; /* the name is a CNAME of this; "": it is none */
	char why[DNS_WHY];
	struct dns_record *record; /* sorted by their bytes */
	int records;
	void *memory; /* of the records */
};

struct dns_question {
	char name[DNS_NAME];
	enum dns_type type;
	struct dns_answer answer;
};

struct dns; /* a resolver, of one thread */

struct dns_options {
	const char *resolver; /* the address of one to ask; NULL: from the root servers on */
	const char *anchor;   /* a file with the root's keys; NULL: those of IANA */
};

/* NULL and an error: -errno, see failure_of(). */
int dns_open(struct dns **d, const struct dns_options *o);
void dns_close(struct dns *d);
/* From now on so many questions and milliseconds are left, for all that is asked. */
void dns_allow(struct dns *d, int questions, int ms);
void dns_more(struct dns *d, int questions); /* and so many more questions */
int dns_asked(const struct dns *d); /* since dns_allow() */
int dns_left_ms(const struct dns *d);
bool dns_take(struct dns *d); /* takes one of the questions that are left */

/* Asks all of them together; what was not asked or did not come has no records. */
void dns_ask(struct dns *d, struct dns_question *q, int n);
/* Starts a question; true: it had space for the name. */
bool dns_set(struct dns_question *q, enum dns_type type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void dns_free(struct dns_question *q, int n);

/* --- one server, asked directly ----------------------------------------------------- */

#define DNS_EDNS_SIZE 1232 /* bytes of UDP that arrive everywhere without fragments */

struct dns_direct {
	struct nolist_addr server;
	enum dns_state state; /* DNS_FAILED: rcode has the reason */
	int rcode;
	bool is_authoritative;
	bool is_cut;  /* by UDP it did not fit; then it was asked by TCP */
	int bytes;    /* of the answer */
	uint32_t ttl; /* the least of the records */
	char **record; /* MX records as text, "10 mx.example.com", lower case, sorted */
	int records;
};

/* Asks n servers for the MX records of a name, all together. */
void dns_ask_mx(struct dns *d, const char *name, struct dns_direct *s, int n);
/* Reads one answer to the question with that id (two bytes); false: it is none. */
bool dns_read_mx(struct dns_direct *s, const unsigned char *id, const unsigned char *bytes, int size);
void dns_direct_free(struct dns_direct *s, int n);

/* --- what records say ------------------------------------------------------------------ */

/* All return 0 or -EBADMSG: the record is not well formed. Names become lower case. */
int dns_name(const struct dns_record *r, size_t from, char name[DNS_NAME]);
int dns_mx(const struct dns_record *r, unsigned int *preference, char name[DNS_NAME]);
int dns_address(const struct dns_record *r, struct nolist_addr *addr);
/* The strings of a TXT record, joined; bytes that a terminal would act on become '?'. */
int dns_txt(const struct dns_record *r, char *text, size_t size);
/* The name of an address in in-addr.arpa or ip6.arpa. */
void dns_reverse(const struct nolist_addr *addr, char name[DNS_NAME]);

#endif
