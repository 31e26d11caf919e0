/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration: a file and the command line -> struct conf, and struct conf -> the table
 * that the program reads. No kernel calls, so that it can be fuzzed.
 *
 * Functions return 0 or -errno and print nothing: they note errors and warnings in the
 * conf, with file and line; conf_print_notes() prints them.
 */
#ifndef NOLIST_CONF_H
#define NOLIST_CONF_H

#include <stdbool.h>
#include "user/base/addr.h"
#include "user/config/dialogue.h"
#include "user/base/limits.h"
#include "user/config/rules.h"
#include "user/policy/mode.h"

#define CONF_DEFAULT 160 /* bytes of a default as text, at most */

#define CONF_ANSWERS_MAX 65535 /* of a limit of answers */

/* Words of lists where none are given: */
#define CONF_LIST_ZONE "nolist.invalid"
#define CONF_LIST_NS "localhost"
#define CONF_LIST_HOSTMASTER "nobody.invalid"
#define CONF_LIST_REASON "$ contacts only fake mail exchangers"
#define CONF_LIST_NAME "nolist"

/* An address with a role, and where it was given (for messages). */
struct conf_mx {
	struct nolist_addr addr;
	enum nolist_role role;
	unsigned int tenant; /* whose high fake it is, by its number; 0: ours */
	char where[128]; /* "FILE:LINE", or the option */
};

/* A customer with high fakes here. Its number, from 1 on, is its place in the configuration. */
struct conf_tenant {
	char *name;
	char *host;    /* in place of conf.name; NULL: the same */
	char *text;    /* in place of conf.tempfail_text; NULL: the same */
	char **domain; /* as conf.domain */
	int domains;
	char where[128];
};

/* A list to write: its format, its file, and the command that reloads its reader. */
struct conf_list {
	char **argv; /* ends with NULL; points into words */
	char *words;
	char where[128];
};

/* Where sources with many offences are held. */
enum { TARPIT_REAL = 1, TARPIT_HIGH = 2 };

struct conf {
	char **interface; /* names */
	int interfaces;
	struct conf_mx *mx; /* each address once, after conf_check() */
	int mxs;
	unsigned short port[NOLIST_PORT_MAX]; /* host order; 25 unless given */
	int ports;
	enum kern_mode mode;
	unsigned int sources; /* capacity of each table; 0: default */
	bool is_collected;    /* "collect = yes" */
	unsigned int store_mib; /* "store-size": maximum size of the store */
	unsigned int collect_s; /* "collect-interval": for run */
	unsigned int dump_s;    /* "dump-interval": for run */

	/* The high fakes' dialogue: */
	char *name;  /* "name": host name; NULL: the host's own */
	char *tempfail_text; /* "tempfail-text": after 451 4.7.1; NULL: the default */
	enum dialogue_stage stage; /* "stage": when a dialogue is tempfailed */
	char *key_file;            /* "key-file": of the sequence numbers; NULL: a key of its own */
	bool is_split;             /* "split-handshake = yes" */
	bool is_teased;            /* "teaser = yes" */
	char **domain;             /* "domains": names, and files of names, which have a '/' */
	int domains;

	struct conf_tenant *tenant; /* "tenants", or blocks "tenant NAME { ... }" */
	unsigned int tenants;

	/* Listed sources at the real MX: */
	unsigned int enforce;          /* "enforce": enum nolist_action for the own list; 0: off */
	struct conf_list *enforce_list; /* "enforce-list": a file, and its action */
	int enforce_lists;
	unsigned int enforce_expires_s; /* "enforce-expires" */
	char *enforce_text;            /* "enforce-text"; NULL: the default */
	unsigned int brake;            /* "brake": percent of the verified senders; 0: off */
	char **low_pass;               /* "low-pass": networks, and files of networks, which begin with '/' */
	int low_passes;
	unsigned int tarpit;           /* "tarpit": bits TARPIT_...; 0: off */
	unsigned int tarpit_from;      /* "tarpit-from": offences of a source that is held */
	unsigned int tarpit_lines;     /* "tarpit-lines": of a reply; 0: silence */

	bool is_silent; /* "silence = drop" */
	/* The order gate: */
	unsigned int gate_s; /* "gate": seconds that a first try waits; 0: off */
	unsigned char gate_by; /* "gate-by": NOLIST_GATE_SOURCE, _CONNECTION, or 0: by network */
	unsigned int gate_low_s; /* "gate-low": how long a visit to a low fake opens it */
	unsigned int gate_window_s; /* "gate-window": how long a first try is remembered */
	bool is_stamped; /* something asks which networks were at a low fake */

	/* Answers to one network in a second and CPU; 0: any number. */
	unsigned int syn_acks; /* "syn-ack-limit" */
	unsigned int resets;   /* "reset-limit" */

	/* Rules of the verdict: */
	struct rules rules;            /* keys and defaults are in rule_table (rules.h) */
	bool is_unseen_accepted;       /* "real-mx-unseen = accept" */
	bool is_dual_accepted;         /* "dual-stack = accept" */
	bool is_pipelined_accepted;    /* "pipelined-only = accept" */
	bool is_probable_listed;       /* "list-probable = yes" */
	enum policy_mode policy;       /* "policy": what policyd does */
	char *policy_except;           /* "policy-except": a file of recipients; NULL: none */
	unsigned int throttle[THROTTLE_WHATS][THROTTLE_BYS]; /* "throttle": in an hour; 0: any number */
	char **allow;                  /* "allow", --allow: files */
	int allows;
	char **provider;               /* "providers": files of sets of networks */
	int providers;
	struct prefix *never_except;   /* "never-list-except": not on the never-list */
	int never_excepts;
	struct prefix *test_source;    /* "test-sources": where tests of the fakes come from */
	int test_sources;
	char *test_domain;             /* of the recipient in a test; NULL: none is named */

	/* Lists (NULL: the default above): */
	char *list_zone;       /* "list-zone": of the DNS list */
	char *list_ns;         /* "list-ns": its name server */
	char *list_hostmaster; /* "list-hostmaster": the contact of the zone */
	char *list_reason;     /* "list-reason": text for refused clients */
	char *list_name;       /* "list-name": of tables and sets */
	char *page_url;        /* "page-url": of the look-up page, with a '/' at its end; NULL: none */
	char *page_reason;     /* what list_reason is then; NULL: the default */
	char *page_tempfail;   /* what tempfail_text is then, if both fit; NULL: the default */
	char *page_enforce;    /* what enforce_text is then, if both fit; NULL: the default */
	char *page_lifts;      /* "page-lifts": the file of its requests; NULL: none are taken */
	char *maillog;         /* "maillog": of the real MX's mail server; NULL: none is followed */
	char *origin;          /* "origin": file of where networks are; NULL: none */
	struct conf_list *list; /* "list": for dump --all */
	int lists;
	unsigned int reload_s;  /* "reload-time": how long a command may take */
	struct conf_list *reload_user; /* "reload-user": a name, and the file of a list or none */
	int reload_users;

	/* Sharing with other nodes (NULL: not given): */
	char *share;              /* "share": where nodes and judge meet */
	char *share_node;         /* "share-node": this one's name */
	char *share_nodes;        /* "share-nodes": the judge's file of nodes */
	char *share_user;         /* "share-user": of Redis */
	char *share_secret_file;  /* "share-secret-file": its password */
	char *share_key_file;     /* "share-key-file": signs what this host shares */
	char *share_list_key;     /* "share-list-key": must have signed the list */
	bool is_share_raw;        /* "share-compress = none" */
	int share_leave_out;      /* "share-leave-out": operators that may lie; -1: not given */
	int share_weight;         /* "share-weight": percent of a list for which one may be decisive; 0: not given */

	/* All of the above as it was given, in that order (given.h): */
	struct conf_given {
		unsigned int key;
		char *value;
		char where[128];
	} *given;
	int givens;

	bool is_read; /* from a file */
	bool is_cut;  /* the file's last line has no end: perhaps it is cut off */

	/* Errors and warnings, in the order they were found: */
	struct conf_note {
		bool is_error;
		char *text;
	} *note;
	int notes;
	int errors; /* how many of them are errors */
};

/* Starts with defaults; conf_free() is always safe afterwards. */
void conf_init(struct conf *conf);
void conf_free(struct conf *conf);

/* Adds a file's settings: -errno if it cannot be read, -EINVAL if errors were noted. */
int conf_read(struct conf *conf, const char *file);
/* Reads a whole file, with a zero byte at its end; the caller frees it. 0 or -errno. */
int conf_slurp(const char *file, char **text);
/* Notes why conf_read() or conf_slurp() failed; returns -EINVAL. */
int conf_unreadable(const char *file, int error);
/*
 * From now on conf_read() of this file uses this text, whatever is on the disk. Both are
 * held by reference; NULL ends it.
 */
void conf_hold(const char *file, const char *text);
/*
 * Adds one value as a key in the file would: conf_add(conf, "low", "192.0.2.1", "--low").
 * A single value replaces the file's; a list's value is added. where: for messages.
 */
int conf_add(struct conf *conf, const char *key, const char *value, const char *where);
/* A key's name by its number, from 0 on (NULL after the last), and its number by name (or -1). */
const char *conf_key(unsigned int key);
int conf_key_find(const char *name);
/* What holds where a key is not given; NULL: nothing. */
const char *conf_key_default(unsigned int key, char text[CONF_DEFAULT]);
bool conf_key_is_list(unsigned int key);
/* Has dump --all anything to write? */
bool conf_is_written(const struct conf *conf);
/* As whom the reload command of the list in a file runs; NULL: as whoever runs dump. */
const char *conf_reload_user(const struct conf *conf, const char *file);
/* Forgets the file's interfaces, so that conf_add() names them instead. */
void conf_drop_interfaces(struct conf *conf);
/* Checks the whole: duplicates, contradictions, odd roles. -EINVAL if errors were noted. */
int conf_check(struct conf *conf);

void conf_note(struct conf *conf, bool is_error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Prints the errors to the log; with is_all the warnings as well. */
void conf_print_notes(const struct conf *conf, bool is_all);

#define DEFAULT_CONF "/etc/nolist-xdp.conf"

/*
 * Reads and checks a file (NULL: DEFAULT_CONF if it exists). 0 or -EINVAL: either errors
 * were noted, for conf_print_notes(), or failure_of() explains why it cannot be read.
 */
int conf_open(struct conf *conf, const char *file);

/* "low", "real", "high", "own", "none". */
const char *conf_role_name(unsigned int role);
int conf_role_parse(const char *name); /* enum nolist_role, or -EINVAL */

/*
 * Makes the table for the program. own: addresses of this host without a role. An address
 * keeps the mx index that it has in old (which may be NULL); a new one gets an index that
 * is not busy[] (which may be NULL), as long as there is one. Returns how many of own did
 * not fit, or -E2BIG: the MX addresses did not fit.
 */
int conf_fill(const struct conf *conf, struct nolist_config *out, const struct nolist_addr *own,
	      int owns, const struct nolist_config *old, const bool busy[NOLIST_MX_MAX]);

/*
 * Of a copy of that: the configuration of a tenant, by its number less one, with so many domains,
 * hashed with that key. 0 or -errno.
 */
int conf_fill_tenant(const struct conf *conf, unsigned int tenant, const struct nolist_key *key,
		     unsigned int domains, struct nolist_config *out);

/* What listed sources are told at the real MX, for the map nolist_said. 0 or -errno. */
int conf_fill_said(const struct conf *conf, struct nolist_config *said);

#endif
