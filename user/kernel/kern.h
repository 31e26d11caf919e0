/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one door to the kernel: only the files of this folder call libbpf and libxdp.
 * Functions return 0 or -errno and print nothing; failure_of() explains the error.
 *
 * An "instance" is one set of our maps: the pinned ones, or those of a program that
 * was attached with `ip link`. Instances are numbered from 0. Addresses are in network
 * byte order, times in nanoseconds of the evidence's clock.
 */
#ifndef NOLIST_KERN_H
#define NOLIST_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include "bpf/abi.h"
#include "user/base/limits.h"

#define KERN_INSTANCES_MAX 64

/* Is the slow path, for frames of rare shapes, where the program looks for it? */
enum kern_slow {
	KERN_SLOW_UNKNOWN, /* this needs CAP_SYS_ADMIN */
	KERN_SLOW_NONE,    /* another build, which has none */
	KERN_SLOW_MISSING,
	KERN_SLOW_THERE,
};

/* One interface that our program is attached to. */
struct kern_if {
	int ifindex;
	char name[16];
	enum kern_mode mode;    /* native or generic */
	bool is_shared;         /* in libxdp's dispatcher, beside other programs */
	unsigned int prog_id;   /* of our program */
	char tag[17];           /* of our program, in hex */
	bool is_pinned;         /* its maps are those in pin_dir */
	int instance;           /* number of the instance that its maps are */
	enum kern_slow slow;
	char slow_tag[17];      /* of its slow path; "": unknown */
	unsigned int progs_id;  /* of the array that holds its slow path; 0: unknown */
};

/* The XDP program of an interface, ours or another. */
struct kern_seen {
	unsigned int id;     /* of the program, or of libxdp's dispatcher; 0: none */
	unsigned int uid;    /* of the user that loaded it */
	enum kern_mode mode; /* native or generic */
	bool is_ours;        /* our program, or a dispatcher that calls it */
	bool is_shared;      /* a dispatcher */
	char name[16];
	char others[128];    /* names of the other programs that the dispatcher calls */
};
/* Fills seen; nothing is attached: seen->id is 0. */
int kern_look(int ifindex, struct kern_seen *seen); /* -EPERM: not root */

struct kern; /* what was found: instances and interfaces */

/*
 * Finds and opens our programs and maps, in this network namespace and in pin_dir.
 * -ENOENT: nothing is attached or pinned. -EPROTO: tables of another ABI (the failure
 * says which). -EPERM: not root.
 */
int kern_open(struct kern **kp, const char *pin_dir);
void kern_close(struct kern *k);

/* Interfaces with our program; returns how many. */
int kern_ifs(const struct kern *k, const struct kern_if **ifs);

/*
 * The id of a program that uses the pinned tables and that no interface of this network
 * namespace has; 0: none. Its interface was moved to another one, or is gone.
 */
unsigned int kern_elsewhere(const struct kern *k);

int kern_instances(const struct kern *k); /* how many there are */
/* The configuration in force in an instance, and its nolist_meta; -ENOENT: there is none. */
int kern_config(const struct kern *k, int instance, struct nolist_config *conf);
int kern_meta(const struct kern *k, int instance, struct nolist_meta *meta);
/* The secret of its sequence numbers, if several hosts have it; -ENOENT: it is its own. */
int kern_shared_key(const struct kern *k, int instance, struct nolist_key *key);
/* What came to the high fakes of a tenant, by its number. */
int kern_tenanted(const struct kern *k, int instance, unsigned int tenant, struct nolist_tenanted *sum);
/* Its sources of tests, as in nolist_config.test; all 0 where none can be read. */
int kern_tests(const struct kern *k, int instance, __u32 test[NOLIST_TEST_MAX]);

/* Identity of the tables of an instance: unique until the machine reboots. */
struct kern_tables {
	unsigned int id;               /* kernel's id of the table of verified evidence */
	unsigned long long generation; /* nolist_meta.generation; 0: not drawn */
	unsigned int verified_max;     /* capacity of that table, in sources */
	unsigned int contacts_max;     /* the same of unverified contacts; 0: unknown */
	bool is_lru;                   /* when full, that table evicts by itself */
	/* A table that evicts may do so when it lacks fewer records than this to be full. */
	unsigned int spare;
};
int kern_tables(const struct kern *k, int instance, struct kern_tables *t);
/* Reads a record of verified evidence: -ENOENT if there is none. */
int kern_verified(const struct kern *k, int instance, const struct nolist_source *src,
		  struct nolist_verified *verified);
/* The same of unverified contacts. */
int kern_contacts(const struct kern *k, int instance, const struct nolist_source *src,
		  struct nolist_contacts *contacts);
/*
 * Frees a record of verified evidence: 0 if it was as expected; -EAGAIN: it has changed or is
 * gone, and nothing is freed.
 */
int kern_free_verified(const struct kern *k, int instance, const struct nolist_source *src,
		       const struct nolist_verified *expected);

/*
 * Tables of an older version that a load has replaced: no program uses them, they are read
 * like other tables, and have no configuration. Once they are stored, kern_forget() drops
 * them. -EBUSY: they are not such tables, or still in use.
 */
bool kern_is_replaced(const struct kern *k, int instance);
int kern_forget(struct kern *k, int instance);

/*
 * Is the program of an instance not attached where it should be, or is its probation over, or
 * was the machine suspended since the last load or collect? *from_ns: since when that may be
 * so; 0: unknown.
 */
bool kern_is_detached(const struct kern *k, int instance, unsigned long long *from_ns);
/* Notes that a collect, at that time, has read the tables of a program that is attached. */
void kern_note_collected(const struct kern *k, int instance, unsigned long long at_ns);

/*
 * Deletes what the tables of an instance hold of a source, or of all sources: how many
 * records, or -errno.
 */
int kern_drop_source(const struct kern *k, int instance, const struct nolist_source *src);
int kern_drop_sources(const struct kern *k, int instance);
/* The learning time begins anew, as after a change of the MX addresses. */
int kern_learn_anew(const struct kern *k, int instance);

/* Counters, summed over CPUs and instances; verified_lost_ns is the latest. */
int kern_stats(const struct kern *k, struct nolist_stats *sum);
/* The same for one instance. */
int kern_instance_stats(const struct kern *k, int instance, struct nolist_stats *sum);

/* How full the tables are: sources and capacity, summed over instances. */
struct kern_fill {
	unsigned int contacts, contacts_max;
	unsigned int verified, verified_max;
	bool is_lru; /* when full, a table of verified evidence evicts by itself */
};
int kern_fill(const struct kern *k, struct kern_fill *fill);

/*
 * Calls fn for every record of every instance, in no order; a source may come several
 * times. Exactly one of contacts and verified is not NULL. Two threads call fn at the same
 * time, one for each table. A return other than 0 ends the walk of that table and is
 * returned.
 */
typedef int kern_each_fn(const struct nolist_source *src, const struct nolist_contacts *contacts,
			 const struct nolist_verified *verified, void *arg);
int kern_each(const struct kern *k, kern_each_fn *fn, void *arg);
/*
 * The same for one instance. Each thread calls end after its last record, unless that is
 * NULL; what it returns is returned.
 */
typedef int kern_end_fn(bool is_verified, void *arg);
int kern_instance_each(const struct kern *k, int instance, kern_each_fn *fn, kern_end_fn *end,
		       void *arg);
/*
 * The same for the contacts of one instance alone, whose order nobody can choose: the first of them
 * are a sample.
 */
int kern_each_contacts(const struct kern *k, int instance, kern_each_fn *fn, void *arg);

/*
 * Attaches the program to the interfaces (with the pinned maps, or new ones), or
 * adopts a program that `ip link` attached there, puts a configuration in force in one
 * write, and pins. All or nothing: on failure everything is as before. fill() makes the
 * configuration, while no other load can run: old is the one in force, or NULL; busy[]
 * says which mx indexes have counters. kern_load() itself fills magic, version, mac[] and
 * partial[].
 */
enum kern_action {
	KERN_ATTACHED,     /* was free */
	KERN_REPLACED,     /* had another build of our program */
	KERN_ADOPTED,      /* had our program, but no configuration */
	KERN_RECONFIGURED, /* had our program: only the configuration is new */
};

struct kern_done {
	enum kern_action action;
	char why[256]; /* why it is not native, or not shared, if that was tried; or "" */
};

struct kern_load {
	const char *pin_dir;
	const int *ifindex;
	int ifs; /* 1 to KERN_IFS_MAX */
	enum kern_mode mode;
	unsigned int sources_max; /* capacity of each new table; 0: default */
	bool is_collected;        /* "collect" frees a new table of verified evidence: no LRU */
	unsigned int learning_s;  /* how long it learns after a change of the MX addresses */
	/* The table of domains: as many lines as the configuration's domain_mask says; or NULL. */
	const struct nolist_domain_line *domains;
	const struct nolist_key *key; /* of the sequence numbers, where several hosts have it; or NULL */
	const struct nolist_config *said; /* what listed sources are told at the real MX; or NULL */
	const struct prefix *low_pass;    /* who passes at a low fake's address; or NULL */
	size_t low_passes;
	unsigned int tenants; /* at most NOLIST_TENANTS_MAX */
	/* Makes of a copy of the configuration that of a tenant, by its number less one. 0 or -errno. */
	int (*fill_tenant)(struct nolist_config *conf, unsigned int tenant, void *arg);
	int (*fill)(struct nolist_config *conf, const struct nolist_config *old,
		    const bool *busy, void *arg);
	void *arg;
};
/*
 * done: an array of what->ifs; filled on success. 1: all is in force, but a pin is missing
 * without which commands with few capabilities see less: failure_last() says which.
 */
int kern_load(const struct kern_load *what, struct kern_done *done);

/*
 * Detaches from the interfaces (all, if ifs is 0). Pinned evidence remains; tables that
 * are not pinned are dropped with their last interface, and gone counts them. Returns the
 * number of interfaces. -ENOENT: our program is not attached there. -EBUSY: a purge is
 * wanted, and another interface uses the pinned tables; nothing was done. Works on any
 * version of ours.
 */
struct kern_gone {
	int tables;                      /* instances that were dropped */
	unsigned int contacts, verified; /* records in them */
	unsigned int elsewhere; /* id of a program that still uses the pinned tables; 0: none */
};
int kern_unload(const char *pin_dir, const int *ifindex, int ifs, bool is_purge,
		struct kern_gone *gone);
/*
 * Drops the pinned evidence, and counts the records that were dropped. -ENOENT: nothing is
 * pinned; -EBUSY: an interface uses it.
 */
int kern_purge(const char *pin_dir, unsigned int *contacts, unsigned int *verified);

/*
 * Probation: a configuration may have an end (until_ns), after which every frame
 * passes. Reads the end of the one in force in pin_dir: -ENOENT if it has none.
 */
int kern_probation(const char *pin_dir, unsigned long long *until_ns);
/* Removes the end: -ETIME if the probation is over; 1: as kern_load(). */
int kern_confirm(const char *pin_dir);
/* Detaches from all interfaces that use it; -ENOENT: it does not end at until_ns any more. */
int kern_end_probation(const char *pin_dir, unsigned long long until_ns);

/*
 * Opens what is attached to an interface for kern_try(), which runs a made-up frame of up to
 * 1514 bytes through it as if it had come in there: an fd, to be closed, or -errno; -ENOENT:
 * our program is not attached.
 */
int kern_try_open(const char *pin_dir, int ifindex);
/* out: *out_len bytes for the frame afterwards, whose length *out_len becomes. */
enum kern_tried { KERN_TRY_PASSED, KERN_TRY_ANSWERED, KERN_TRY_DROPPED, KERN_TRY_OTHER };
int kern_try(int fd, int ifindex, const void *frame, size_t len, void *out, size_t *out_len);

#define KERN_OLDEST_MAJOR 6 /* Linux 6.1: the oldest that is tested */
#define KERN_OLDEST_MINOR 1
#define KERN_FEATURES_MAX 16

/* A feature that not every kernel has. */
struct kern_feature {
	const char *name;
	const char *lost; /* what does not work without it; NULL: the program needs it */
};
/* Features that the running kernel is known to lack: how many (at most max), or -EPERM. */
int kern_missing(struct kern_feature *missing, int max);
const char *kern_release(bool *is_old); /* older than the oldest that is tested */

/* The clock of the evidence: CLOCK_MONOTONIC_COARSE. */
unsigned long long kern_now_ns(void);
/* UTC minus that clock, in nanoseconds. */
long long kern_clock_offset(void);
/* The kernel's boot id, 36 characters and a zero. */
int kern_boot_id(char id[37]);

/*
 * block.c: the table of listed sources (bpf/block.h). Puts one in force in one write. -ENOENT: there
 * is no map for it. Prints nothing, as the others.
 */
struct nolist_block_line;
/* Are these tables the pinned ones, which alone get one? */
bool kern_is_pinned(const struct kern *k, int instance);
int kern_put_block(const char *pin_dir, const struct nolist_block_line *line, size_t n);
/* Until the fd is closed nobody else loads or puts one in force. An fd or -errno, explained. */
int kern_block_lock(const char *pin_dir);
/* The one in force, mapped: writing acts at once. -ENOENT: there is none. */
struct kern_block {
	struct nolist_block_line *line;
	size_t n; /* of lines */
};
int kern_block_open(struct kern_block *b, const char *pin_dir);
/* Its head alone. */
struct nolist_block_head;
int kern_block_head(struct nolist_block_head *head, const char *pin_dir);
void kern_block_close(struct kern_block *b);

#endif
