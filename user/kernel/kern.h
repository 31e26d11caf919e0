/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one door to the kernel: only kern*.c call libbpf and libxdp. Functions
 * return 0 or -errno and print nothing; failure_of() explains the last one.
 *
 * A "set" is one instance of our maps: the pinned one, and those found through
 * programs that somebody attached with `ip link`. Readers see all sets as one.
 */
#ifndef NOLIST_KERN_H
#define NOLIST_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include "bpf/abi.h"
#include "user/base/limits.h"

#define KERN_INSTANCES_MAX 64

/* Has the program its slow path, for frames of rare shapes? */
enum kern_slow {
	KERN_SLOW_UNKNOWN, /* it takes CAP_SYS_ADMIN to see */
	KERN_SLOW_NONE,    /* another build, which needs none */
	KERN_SLOW_MISSING,
	KERN_SLOW_THERE,
};

/* One interface that our program is attached to. */
struct kern_if {
	int ifindex;
	char name[16];
	enum kern_mode mode;    /* what it is in fact: native or generic */
	bool is_shared;         /* in libxdp's dispatcher, beside other programs */
	unsigned int prog_id;   /* of our program */
	char tag[17];           /* of our program, in hex */
	bool is_pinned;         /* its maps are those in pin_dir */
	int instance;           /* index of its maps among the sets */
	enum kern_slow slow;
	char slow_tag[17];      /* of its slow path; "" where that is not known */
	unsigned int progs_id;  /* of the array in which that is; 0: unknown */
};

/* What is attached to an interface, whoever's it is. */
struct kern_seen {
	unsigned int id;     /* of the program, or of libxdp's dispatcher; 0: none */
	unsigned int uid;    /* who loaded it */
	enum kern_mode mode; /* native or generic */
	bool is_ours;        /* ours, or ours is among those of the dispatcher */
	bool is_shared;      /* a dispatcher */
	char name[16];
	char others[128]; /* the names of others that the dispatcher calls */
};
int kern_look(int ifindex, struct kern_seen *seen); /* -EPERM: not root */

struct kern; /* what was found: sets and interfaces */

/*
 * Opens what there is in this network namespace and in pin_dir. -ENOENT: nothing
 * of ours is attached or pinned. -EPROTO: tables of another ABI (the failure says
 * which). -EPERM: not root.
 */
int kern_open(struct kern **kp, const char *pin_dir);
void kern_close(struct kern *k);

/* Interfaces with our program; returns how many. */
int kern_ifs(const struct kern *k, const struct kern_if **ifs);

/* Configuration in force of a set: -ENOENT if it has none. */
int kern_instances(const struct kern *k);
int kern_config(const struct kern *k, int instance, struct nolist_config *conf);
int kern_meta(const struct kern *k, int instance, struct nolist_meta *meta);

/* Which tables a set has: as long as the machine is up no others are called so. */
struct kern_tables {
	unsigned int id;               /* the kernel's, of the table of verified evidence */
	unsigned long long generation; /* 0: not drawn */
	unsigned int verified_max;
	bool is_lru; /* the table of verified evidence makes room by itself */
};
int kern_tables(const struct kern *k, int instance, struct kern_tables *t);
/* A record of verified evidence: -ENOENT if there is none. */
int kern_verified(const struct kern *k, int instance, const struct nolist_source *src,
		  struct nolist_verified *verified);
/*
 * Frees a record of verified evidence: 0 when it was as expected, -EAGAIN when it was not or
 * has gone, and then nothing is freed.
 */
int kern_free_verified(const struct kern *k, int instance, const struct nolist_source *src,
		       const struct nolist_verified *expected);

/*
 * Tables of an older version, in whose place a load has put others: no program uses them,
 * they are read like any others, and have no configuration. When all in them is stored
 * they are to be forgotten: -EBUSY where they are not over.
 */
bool kern_is_over(const struct kern *k, int instance);
int kern_forget(struct kern *k, int instance);

/* Counters, summed over CPUs and sets; lost_ns is the latest. */
int kern_stats(const struct kern *k, struct nolist_stats *sum);
/* The same of one set. */
int kern_instance_stats(const struct kern *k, int instance, struct nolist_stats *sum);

/* How full a table is: entries and room, summed over sets. */
struct kern_fill {
	unsigned int contacts, contacts_max;
	unsigned int verified, verified_max;
	bool is_lru; /* verified evidence make room by themselves */
};
int kern_fill(const struct kern *k, struct kern_fill *fill);

/*
 * Calls back for every record of every set, in no order; a source may come
 * several times. Exactly one of contacts and verified evidence is not NULL: there is a thread
 * for each, at the same time. A return other than 0 ends that one's walk and is returned.
 */
typedef int kern_each_fn(const struct nolist_source *src, const struct nolist_contacts *contacts,
			 const struct nolist_verified *verified, void *arg);
int kern_each(const struct kern *k, kern_each_fn *fn, void *arg);
/*
 * The same of one set. Each of the threads calls "end" when it has been through, unless
 * that is NULL; what it returns is returned.
 */
typedef int kern_end_fn(bool is_verified, void *arg);
int kern_instance_each(const struct kern *k, int instance, kern_each_fn *fn, kern_end_fn *end,
		       void *arg);

/*
 * Attaches the program to the interfaces (with the pinned maps, or new ones), or
 * adopts what `ip link` attached there, puts a configuration in force in one
 * write, and pins. All or nothing: on failure everything is as before. fill() is
 * asked for the configuration while no other load can run: old is the one in
 * force, or NULL; busy[] tells which mx indexes have counters. partial[] is
 * filled by kern_load(), which knows the modes.
 */
enum kern_action {
	KERN_ATTACHED,     /* was free */
	KERN_REPLACED,     /* had another build of our program */
	KERN_ADOPTED,      /* had our program, but no configuration */
	KERN_RECONFIGURED, /* had our program: only the configuration is new */
};

struct kern_done {
	enum kern_action action;
	char why[256]; /* why not native, or not shared, where that was tried; or "" */
};

struct kern_load {
	const char *pin_dir;
	const int *ifindex;
	int ifs; /* 1 to KERN_IFS_MAX */
	enum kern_mode mode;
	unsigned int sources_max; /* room in each table when it is new; 0: default */
	bool is_collected;        /* a new table of verified evidence is freed by "collect" only */
	int (*fill)(struct nolist_config *conf, const struct nolist_config *old,
		    const bool *busy, void *arg);
	void *arg;
};
/* done has room for what->ifs, and is filled on success. */
int kern_load(const struct kern_load *what, struct kern_done *done);

/*
 * Detaches from the interfaces (all, if ifs is 0); evidence stays pinned, but that
 * of tables that are not goes with their last interface: gone says how much it was.
 * Returns from how many. -ENOENT: our program is not there. -EBUSY: the pinned tables
 * shall be purged, and another interface uses them; nothing was done. Works on any
 * version of ours.
 */
struct kern_gone {
	int tables; /* that were not pinned, and are no more */
	unsigned int contacts, verified;
};
int kern_unload(const char *pin_dir, const int *ifindex, int ifs, bool is_purge,
		struct kern_gone *gone);
/*
 * Drops the pinned evidence; says how many records went. -ENOENT: nothing is
 * pinned; -EBUSY: it is in use by an interface.
 */
int kern_purge(const char *pin_dir, unsigned int *contacts, unsigned int *verified);

/*
 * Probation: a configuration may have an end (until_ns), after which every frame
 * passes. Of that in force in pin_dir: -ENOENT if it has none.
 */
int kern_probation(const char *pin_dir, unsigned long long *until_ns);
/* Takes its end away: -ETIME if it is over. */
int kern_confirm(const char *pin_dir);
/* Detaches from all that use it, if it still ends then; -ENOENT: it does not. */
int kern_end_probation(const char *pin_dir, unsigned long long until_ns);

#define KERN_OLDEST_MAJOR 6 /* Linux 6.1: the oldest that is tested */
#define KERN_OLDEST_MINOR 1
#define KERN_FEATURES_MAX 16

/* Something that not every kernel has. */
struct kern_feature {
	const char *name;
	const char *lost; /* without it; NULL: the program cannot do without */
};
/* What the running kernel has not, as far as that can be told: how many, or -EPERM. */
int kern_missing(struct kern_feature *missing, int max);
const char *kern_release(bool *is_old); /* older than the oldest */

/* The clock of the evidence. */
unsigned long long kern_now_ns(void);
/* Wall time minus that, in nanoseconds. */
long long kern_clock_offset(void);
/* The kernel's boot id, 36 characters and a zero. */
int kern_boot_id(char id[37]);

#endif
