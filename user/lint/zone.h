/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the DNS says of a domain's mail: gathered once (zone.c, policy.c), then only read.
 * What a stranger's zone can make of it is bounded by the constants.
 */
#ifndef NOLIST_LINT_ZONE_H
#define NOLIST_LINT_ZONE_H

#include "user/config/conf.h"
#include "user/dns/dns.h"

#define ZONE_HOSTS 35        /* MXes that are looked at: the first by preference */
#define ZONE_ADDRESSES 8     /* addresses of an MX, of each family */
#define ZONE_SERVERS 6       /* addresses of name servers that are asked */
#define ZONE_QUESTIONS 20    /* for a domain, and */
#define ZONE_QUESTIONS_MX 8  /* for each MX; together at most */
#define ZONE_QUESTIONS_MAX 300
#define ZONE_MS 30000        /* for all of them */
#define POLICY_MAX 65536     /* bytes of an MTA-STS policy (RFC 8461 3.2) */
#define POLICY_MXES 64       /* names in it */

/* A role that lint knows, or none: an address that the configuration does not name. */
enum { ROLE_OTHER = -1 };

struct zone_address {
	struct nolist_addr addr;
	int role; /* enum nolist_role, or ROLE_OTHER */
	bool is_ptr_asked, has_ptr;
	bool is_confirmed; /* the name of its PTR is that of an MX with this address */
};

#define ZONE_TLSAS 8    /* usable TLSA records of an MX that are looked at */
#define TLSA_DIGEST 64  /* bytes of SHA-512 */

struct zone_tlsa {
	uint8_t usage, selector, type;
	unsigned char digest[TLSA_DIGEST]; /* of type 0 the SHA-512 */
};

enum tlsa_state { TLSA_NONE, TLSA_GOOD, TLSA_BAD, TLSA_BOGUS, TLSA_FAILED };

struct zone_host {
	unsigned int preference;
	char name[DNS_NAME];
	char alias_of[DNS_NAME]; /* "": it is no CNAME */
	enum dns_state state;    /* DNS_OK: it has addresses; else why not */
	bool is_bogus;           /* some of its addresses fail validation */
	bool is_secure;
	char why[DNS_WHY];
	struct zone_address address[2 * ZONE_ADDRESSES]; /* IPv6 first */
	int addresses;
	enum tlsa_state tlsa;
	bool is_tlsa_secure; /* the records are signed: else no sender heeds them */
	char tlsa_why[DNS_WHY];
	struct zone_tlsa tlsa_record[ZONE_TLSAS]; /* those that can be used */
	int tlsas;
};

enum policy_state {
	POLICY_NONE,     /* there is no TXT record of one */
	POLICY_BAD_TXT,  /* it is malformed, or there are two */
	POLICY_UNFETCHED,
	POLICY_MALFORMED,
	POLICY_GOOD,
};

struct zone_policy {
	enum policy_state state;
	char txt[256];
	char why[DNS_WHY]; /* of what is not good */
	char mode[16];     /* "enforce", "testing", "none" */
	int64_t max_age;
	char *mx[POLICY_MXES]; /* in lower case */
	int mxs;
};

#define SPF_TEXT 2048  /* bytes of a record that are looked at */
#define SPF_LOOKUPS 10 /* RFC 7208 4.6.4 */
#define SPF_VOIDS 2    /* look-ups that find nothing; the same */

struct zone_spf {
	enum dns_state state;
	char text[SPF_TEXT]; /* the first record */
	int records;
	int lookups;     /* that it costs, with all that it includes: more than SPF_LOOKUPS, at least */
	int voids;       /* of them find nothing */
	bool is_cut;     /* some of it could not be asked for */
	char fault[320]; /* why receivers take it for an error; "": they do not */
	int passing;     /* addresses of fakes that it lets send, and of the first of them: */
	struct nolist_addr passed;
	char term[80], of[128]; /* the term that does, and whose record that is in */
};

struct zone {
	char name[DNS_NAME];   /* in ASCII, lower case */
	enum dns_state state;  /* of the MX records */
	char why[DNS_WHY];
	bool is_secure;
	bool has_null; /* an MX "." */
	unsigned int null_preference;
	struct zone_host *host; /* by preference, then by name; without a null MX */
	int hosts;
	int hosts_all; /* that the answer has; more than hosts: the rest was not looked at */
	struct dns_direct server[ZONE_SERVERS];
	char server_name[ZONE_SERVERS][256];
	int servers;
	int name_servers; /* NS records */
	struct zone_spf spf;
	struct zone_policy policy;
	int questions; /* that were asked */
};

/*
 * Asks for all of it: 0 or -ENOMEM. What could not be asked says so itself. conf names the
 * roles of addresses.
 */
int zone_look(struct zone *z, struct dns *d, const char *name, const struct conf *conf);
void zone_free(struct zone *z);
/* The role of all of a host's addresses; ROLE_OTHER: unknown, or they differ. */
int zone_role(const struct zone_host *h);
bool zone_has_role(const struct zone_host *h, int role);
bool zone_has_ip6(const struct zone_host *h);
bool zone_knows_roles(const struct zone *z); /* is there any address with a role? */

/* Before the first and after the last policy, while there is one thread: 0 or -ENOMEM. */
int policy_start(void);
void policy_end(void);
/* Fetches the policy that a TXT record announces. */
void policy_fetch(struct zone_policy *p, struct dns *d, const char *domain);
/* Reads one; false: it is malformed, and why[] says how. */
bool policy_parse(struct zone_policy *p, char *text);
/* Does the policy name this MX? "*." stands for one label. */
bool policy_matches(const struct zone_policy *p, const char *mx);
void policy_free(struct zone_policy *p);

#endif
