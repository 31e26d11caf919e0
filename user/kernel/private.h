/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this folder share: find.c finds, read.c and each.c read, attach.c
 * attaches, load.c puts it together. Only these files include this header.
 */
#ifndef NOLIST_KERNEL_PRIVATE_H
#define NOLIST_KERNEL_PRIVATE_H

#include "user/kernel/kern.h"

/* In the order of pinning: the record of the version is pinned last. */
enum kern_map {
	MAP_CONF,
	MAP_KEY,
	MAP_CONTACTS,
	MAP_VERIFIED,
	MAP_STATS,
	/* Missing where an earlier build made the tables; see added.c. */
	MAP_DOMAINS,
	MAP_STAMPS,
	MAP_BLOCK,
	MAP_SAID,
	MAP_LOW_PASS,
	MAP_TENANTS,
	MAP_TENANTED,
	MAP_META,
	KERN_MAPS
};

extern const char *const kern_map_names[KERN_MAPS];

/* One instance of our maps. Instances with the same id of MAP_CONF are the same. */
struct kern_instance {
	int fd[KERN_MAPS]; /* -1: missing */
	unsigned int id[KERN_MAPS];
	unsigned int key_size[KERN_MAPS], value_size[KERN_MAPS]; /* bytes */
	const char *pin_dir; /* where it is pinned; NULL: not pinned */
	unsigned int abi;    /* NOLIST_ABI_VERSION or OLDER_ABI, by the sizes; 0: another */
	bool is_aside;       /* a load has replaced it: see takeover.c */
};

/* Maps that a program shares with its slow path only: new with each load. */
enum kern_own_map {
	OWN_PROGS,   /* the array that holds the slow path */
	OWN_COOKIES, /* the cookie cache */
	OWN_LIMITS,  /* answers by network */
	OWN_BSS,     /* its global variables */
	KERN_OWNS
};

struct kern_own {
	int fd[KERN_OWNS]; /* -1: missing */
	unsigned int progs_id;
};

struct kern {
	struct kern_instance instance[KERN_INSTANCES_MAX];
	int instances;
	struct kern_if ifs[KERN_IFS_MAX];
	int n_ifs;
	const char *pin_dir;
	int pinned; /* number of the pinned instance, or -1 */
};

/* What the kernel says of a program. */
struct kern_prog {
	unsigned int id;
	char name[16];
	char tag[17];
	unsigned int map_id[64];
	unsigned int maps;
	unsigned int btf_id;
	bool is_extension; /* called by a dispatcher of libxdp, while a link joins the two */
};

/* What is attached to an interface. */
struct kern_slot {
	unsigned int id;     /* of the program, or of the dispatcher; 0: none */
	enum kern_mode mode; /* native or generic */
	bool is_shared;      /* a dispatcher of libxdp */
	unsigned int ours;   /* id of our program there; 0: not there */
	char name[16];       /* of the program with that id */
};

/* Catches the messages of libbpf and libxdp (-v prints them); resets the next two. */
void kern_quiet(void);
const char *kern_extack(void);  /* the driver's reason for the last refusal, or "" */
bool kern_resize_refused(void); /* a dispatcher refused our program, since it resizes frames */

/* find.c: as kern_open(), but for any ABI, and 0 if nothing was found. */
int kern_find(struct kern **kp, const char *pin_dir);
/* Our program at an interface; NULL: not there. */
const struct kern_if *kern_if_of(const struct kern *k, int ifindex);
int kern_abi(const struct kern *k, const char *pin_dir); /* -EPROTO: one is of another ABI */
int kern_prog_info(int fd, struct kern_prog *prog);
int kern_prog_info_of(const char *pin_dir, unsigned int id, struct kern_prog *prog);
/*
 * Can it still be called? An extension without a link cannot, though it may stay loaded as
 * long as this process lives: before 1.4.1 libxdp leaves descriptors of what it detaches
 * open. Of others each attachment counts, and they are freed with the last.
 */
bool kern_prog_is_callable(const struct kern_prog *prog);
void kern_instance_init(struct kern_instance *instance);
void kern_instance_close(struct kern_instance *instance);
int kern_instance_same(const struct kern *k, unsigned int conf_id); /* its number, or -1 */
/* 0: fd is a map of ours, and now the instance's; else -errno, and fd is the caller's. */
int kern_instance_add_map(struct kern_instance *instance, int fd);
/* Nothing but META and what later builds have added may lack. */
bool kern_instance_is_whole(const struct kern_instance *instance);
bool kern_instance_is_used(const struct kern *k, int instance); /* by a program at an interface */

/* pin.c */
/*
 * Locks the directory: an fd, to be closed, or -errno. made: how many directories of its
 * path were created; NULL: creates none.
 */
int kern_lock(const char *pin_dir, int *made);
/* Names of a map's pin: today's, that of the version before, that of tables replaced by a load. */
enum kern_pin { KERN_PIN_TODAY, KERN_PIN_OLDER, KERN_PIN_ASIDE };
void kern_pin_path(char path[4096], const char *pin_dir, enum kern_map map, enum kern_pin as);
int kern_pin(const char *pin_dir, const struct kern_instance *instance);
int kern_pin_back(const char *pin_dir,
		  const struct kern_instance *instance); /* of the version before */
int kern_pin_aside(const char *pin_dir, const struct kern_instance *instance);
/* One map more; and takes that back. */
int kern_pin_map(const char *pin_dir, const struct kern_instance *instance, enum kern_map map);
void kern_unpin_map(const char *pin_dir, enum kern_map map);
int kern_unpin_aside(const char *pin_dir);
int kern_pin_prog(const char *pin_dir, int prog_fd);
/* The table of listed sources that is in force: so it is found without CAP_SYS_ADMIN. */
#define KERN_PIN_LISTED "nolist_listed"
int kern_pin_listed(const char *pin_dir, int fd);
void kern_unpin_listed(const char *pin_dir);
/* Pins a configuration in two steps, since only one that is in force may have the name. */
int kern_pin_next(const char *pin_dir, int fd);
int kern_pin_rename(const char *pin_dir);
void kern_unpin_next(const char *pin_dir);
void kern_unpin_prog(const char *pin_dir);
int kern_unpin(const char *pin_dir); /* all of ours, and the directory if it is empty */
void kern_rmdir(const char *pin_dir, int made); /* the last directories of the path, if empty */

/*
 * by_id.c: an fd of a program, or of the inner map of a configuration, or -errno. Without
 * CAP_SYS_ADMIN it is looked for among the pins, if pin_dir is not NULL.
 */
#define KERN_PIN_CONF "nolist_config"
#define KERN_PIN_CONF_ASIDE "nolist_old_config"
int kern_prog_fd(const char *pin_dir, unsigned int id);
int kern_conf_fd(const char *pin_dir, unsigned int id);
/* The programs that a dispatcher of libxdp calls, in their order: how many, or -errno. */
#define KERN_SHARED_MAX 10
int kern_shared(int ifindex, unsigned int dispatcher, struct kern_prog progs[KERN_SHARED_MAX]);
/* The id of ours among them; 0: it is not there. */
unsigned int kern_shared_ours(int ifindex, unsigned int dispatcher);
/* Fills is_shared and ours of a slot whose mode and id are known, by what is pinned. */
void kern_slot_by_pins(const char *pin_dir, int ifindex, struct kern_slot *slot);
/* The ABI that a program of ours was built with; 0: unknown; -EPERM: this needs CAP_SYS_ADMIN. */
int kern_prog_version(const char *pin_dir, unsigned int id);

/*
 * elsewhere.c: the id of a program that uses the pinned tables and is attached to no interface
 * of this network namespace, but to one of another; 0: none. Removes the pin of a program that
 * is attached nowhere.
 */
unsigned int kern_still_elsewhere(const struct kern *k, const char *pin_dir);

/* slow.c: the slow path of a program */
bool kern_prog_uses(const struct kern_prog *prog, unsigned int map_id);
struct nolist_bpf;
void kern_own_init(struct kern_own *own);
void kern_own_close(struct kern_own *own);
int kern_own_of_skel(struct kern_own *own, struct nolist_bpf *skel); /* fds are the skeleton's */
/* Fills slow, slow_tag and progs_id of found. */
void kern_slow_look(const struct kern_prog *prog, const char *pin_dir, struct kern_if *found);
/* The slow path of a program: 0, or -errno if there is none, or it cannot be looked at. */
int kern_slow_info(const struct kern_prog *prog, const char *pin_dir, struct kern_prog *slow);
int kern_slow_put(const struct kern_own *own, int prog_fd);
/* Gives a slow path to an attached program that lacks it; pins its array, whose id is returned. */
int kern_slow_give(const char *pin_dir, const struct kern_instance *instance, unsigned int prog_id,
		   unsigned int *progs_id);
int kern_pin_progs(const char *pin_dir, const struct kern_own *own);
void kern_unpin_progs(const char *pin_dir, unsigned int id);
void kern_unpin_unused(const char *pin_dir); /* arrays that no program uses */
void kern_unpin_freed(const char *pin_dir);  /* the same; waits for programs just detached */

/* domains.c: the table of domains that a load puts beside the one that is read. */
struct kern_put {
	const struct kern_instance *instance; /* NULL: nothing was put */
	const struct nolist_config *in_force; /* NULL: none is */
};
/* line: NULL: all domains are ours. Notes in conf which table it is. */
int kern_put_domains(const struct kern_put *put, const struct nolist_domain_line *line,
		     struct nolist_config *conf);
void kern_undo_domains(const struct kern_put *put);
/* Drops what the configuration in force does not read. */
void kern_drop_domains(const struct kern_instance *instance, const struct nolist_config *in_force);

/*
 * tenants.c: the tenants' configurations, copies of conf that what->fill_tenant changes, at the place
 * that conf names. And drops what is at the places that the one in force (NULL: none is) does not name.
 */
int kern_put_tenants(const struct kern_instance *instance, const struct kern_load *what,
		     const struct nolist_config *conf);
void kern_drop_tenants(const struct kern_instance *instance, const struct nolist_config *in_force);

/* added.c: maps that a later build has added, so that an instance may lack them */
bool kern_is_added(enum kern_map map);
/* Pins those that the pinned instance lacked; pinned: which. And takes that back. */
int kern_pin_added(const char *pin_dir, const struct kern_instance *lacks,
		   const struct kern_instance *instance, bool pinned[KERN_MAPS]);
void kern_unpin_added(const char *pin_dir, const bool pinned[KERN_MAPS]);
/* Does a program use another one of them than the instance has, or none? */
bool kern_lacks_added(const char *pin_dir, const struct kern_instance *instance,
		      unsigned int prog_id);

/*
 * stamps.c: draws the secret of the stamps' hash, if there is none yet, and notes since when
 * they are complete. in_force: the configuration before conf; NULL: none.
 */
int kern_begin_stamps(const struct kern_instance *instance, const struct nolist_config *conf,
		      const struct nolist_config *in_force);

/* block.c: what listed sources are told; NULL: nothing. */
/* Who passes at a low fake's address: no networks, nobody. 0 or -errno, explained. */
int kern_put_low_pass(const struct kern_instance *instance, const struct prefix *low_pass, size_t n);
int kern_put_said(const struct kern_instance *instance, const struct nolist_config *said);
/* Drops the table of listed sources. */
void kern_drop_block(const char *pin_dir, const struct kern_instance *instance);

/* takeover.c: gives new tables the key of older ones, and pins the older ones aside. */
int kern_take_over(const char *pin_dir, const struct kern *k, int older,
		   const struct kern_instance *to);

/* read.c */
int kern_instance_config(const struct kern_instance *instance, struct nolist_config *conf);
int kern_instance_busy(const struct kern_instance *instance, bool busy[NOLIST_MX_MAX]);

/* each.c */
int kern_instance_count(const struct kern_instance *instance, enum kern_map map,
			unsigned int *entries, unsigned int *capacity);

/* key.c: draws a key, if there is none yet */
int kern_draw_key(const struct kern_instance *instance);
/* Puts that of a file in its place, with the clock that goes with it; NULL: one of this host's own. */
struct kern_key_was {
	const struct kern_instance *instance; /* NULL: nothing was changed */
	struct nolist_key key;
	__u64 utc_ns;
};
int kern_set_key(const struct kern_instance *instance, const struct nolist_key *shared,
		 struct kern_key_was *was);
void kern_undo_key(const struct kern_key_was *was);
/* Was the clock set, where several hosts have the key? Then meta has it now. */
bool kern_follow_clock(struct nolist_meta *meta);

/* meta.c */
int kern_write_meta(const struct kern_instance *instance); /* if there is none yet */
/*
 * Puts a configuration in force in one write; pins it, if pin_dir is not NULL. 1: it
 * is in force, and its pin is missing, as failure_last() explains. learning_ns: how long it
 * learns after a change of the MX addresses; 0: as before.
 */
int kern_commit(const char *pin_dir, const struct kern_instance *instance,
		const struct nolist_config *conf, __u64 learning_ns);

/*
 * detached.c: notes that a load has attached the program to so many interfaces, and when it was
 * detached before, if it was (from_ns 0: as long as the tables exist).
 */
int kern_note_loaded(const struct kern_instance *instance, bool was_detached,
		     unsigned long long from_ns, unsigned int ifs);
/* Notes that it is being detached; until a load the evidence has a gap. */
void kern_note_detached(const struct kern_instance *instance, unsigned long long from_ns);

/* attach.c */
int kern_slot(const char *pin_dir, int ifindex, struct kern_slot *slot);
/*
 * Opens the skeleton, to be loaded by the caller, with the maps of an instance and of a
 * program (NULL: new ones). The programs get the type that a dispatcher and an array accept.
 */
int kern_skel_open(struct nolist_bpf **skel, const struct kern_instance *instance,
		   const struct kern_own *own, unsigned int capacity, bool is_collected);

/* The program that a load attaches: its maps, and an fd. */
struct kern_new {
	struct kern_instance instance;
	struct kern_own own;
	int fd;
	unsigned int id;
};
/* Will everybody know the new program for ours? 0 or -errno, explained; fills prog. */
int kern_check_new(const struct kern_new *new, struct kern_prog *prog);
/*
 * Attaches to an interface without our program: a copy beside other programs if libxdp
 * can do that, else the program itself. now is the slot afterwards; why, of size bytes, says
 * why it is not native or not shared. On failure nothing of the new program is attached.
 */
int kern_attach(const struct kern_new *new, int ifindex, enum kern_mode mode,
		struct kern_slot *now, char *why, size_t size);
/* Undoes that; -EBUSY: it may still be attached. */
int kern_unattach(const struct kern_new *new, int ifindex);
/*
 * Replaces our program at an interface (old_fd) by the new one, or by a copy of that. On
 * failure it is as before.
 */
int kern_replace(const struct kern_new *new, int ifindex, const struct kern_slot *was, int old_fd,
		 struct kern_slot *now);
/* Undoes that; -EOPNOTSUPP in a dispatcher. */
int kern_put_back(const struct kern_new *new, int ifindex, const struct kern_slot *was, int old_fd);
/* Detaches our program, and no other. */
int kern_detach(int ifindex, const struct kern_slot *slot);
/* Does this interface deliver segments whose checksum is not complete yet? */
enum kern_sums { KERN_SUMS_UNKNOWN, KERN_SUMS_PARTIAL, KERN_SUMS_WHOLE };
enum kern_sums kern_sums(int ifindex, enum kern_mode mode);
/* By its driver and the bus that the driver names; pure. */
enum kern_sums kern_sums_of(const char *driver, const char *bus, enum kern_mode mode);
/* What partial[] says of such an interface; 0: nothing. */
__u32 kern_sums_entry(int ifindex, enum kern_sums sums, bool is_silent);
/* Fills mac[] by the link addresses of all interfaces; if these do not fit, macs is 0. */
int kern_fill_mac(struct nolist_config *conf);
const char *kern_if_name(int ifindex, char name[16]);

#endif
