/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files behind the one door share: find.c finds, read.c reads,
 * attach.c attaches, load.c puts it together. Nobody else includes this.
 */
#ifndef NOLIST_KERNEL_PRIVATE_H
#define NOLIST_KERNEL_PRIVATE_H

#include "user/kernel/kern.h"

/* In the order of pinning: the record of the version is the last. */
enum kern_map { MAP_CONF, MAP_KEY, MAP_CONTACTS, MAP_VERIFIED, MAP_STATS, MAP_META, KERN_MAPS };

extern const char *const kern_map_names[KERN_MAPS];

/* One instance of our maps. Two sets with the same id of MAP_CONF are the same. */
struct kern_instance {
	int fd[KERN_MAPS]; /* -1: there is none */
	unsigned int id[KERN_MAPS];
	const char *pin_dir; /* where it is pinned; NULL: it is not */
	unsigned int abi;    /* NOLIST_ABI_VERSION or OLDER_ABI, by the sizes; 0: another */
	bool is_aside;       /* a load put others in its place: see takeover.c */
};

/* What a program shares with its slow path beside the tables: new with each load. */
enum kern_own_map {
	OWN_PROGS, /* the array in which the slow path is */
	OWN_KNOWN,
	OWN_BSS, /* its global variables */
	KERN_OWNS
};

struct kern_own {
	int fd[KERN_OWNS]; /* -1: there is none */
	unsigned int progs_id;
};

struct kern {
	struct kern_instance instance[KERN_INSTANCES_MAX];
	int instances;
	struct kern_if ifs[KERN_IFS_MAX];
	int n_ifs;
	const char *pin_dir;
	int pinned; /* index of the pinned set, or -1 */
};

/* What a program tells of itself. */
struct kern_prog {
	unsigned int id;
	char name[16];
	char tag[17];
	unsigned int map_id[64];
	unsigned int maps;
	unsigned int btf_id;
};

/* What is attached to an interface. */
struct kern_slot {
	unsigned int id;     /* of the program, or of the dispatcher; 0: none */
	enum kern_mode mode; /* native or generic */
	bool is_shared;      /* a dispatcher of libxdp */
	unsigned int ours;   /* id of our program there; 0: it is not */
	char name[16];       /* of the program with that id */
};

void kern_quiet(void); /* libbpf and libxdp speak only under -v */
const char *kern_extack(void); /* the driver's reason for the last refusal, or "" */
bool kern_resize_refused(void); /* a dispatcher could not take a program that resizes */

/* find.c: as kern_open(), but with any ABI; succeeds with nothing found. */
int kern_find(struct kern **kp, const char *pin_dir);
/* Our program at an interface; NULL: it is not there. */
const struct kern_if *kern_if_of(const struct kern *k, int ifindex);
int kern_abi(const struct kern *k, const char *pin_dir); /* -EPROTO: a set is of another */
int kern_prog_info(int fd, struct kern_prog *prog);
void kern_instance_init(struct kern_instance *instance);
void kern_instance_close(struct kern_instance *instance);
int kern_instance_same(const struct kern *k, unsigned int conf_id); /* index, or -1 */
int kern_instance_add_map(struct kern_instance *instance,
			  int fd); /* takes fd if it is a map of ours */
bool kern_instance_is_whole(const struct kern_instance *instance);
bool kern_instance_is_used(const struct kern *k, int instance); /* by a program at an interface */

/* pin.c */
int kern_lock(const char *pin_dir, bool *is_new); /* fd; is_new NULL: does not create */
/* Where a map is pinned: as today, as in the version before, or after others took its place. */
enum kern_pin { KERN_PIN_TODAY, KERN_PIN_OLDER, KERN_PIN_ASIDE };
void kern_pin_path(char path[4096], const char *pin_dir, enum kern_map map, enum kern_pin as);
int kern_pin(const char *pin_dir, const struct kern_instance *instance);
int kern_pin_back(const char *pin_dir,
		  const struct kern_instance *instance); /* of the version before */
int kern_pin_aside(const char *pin_dir, const struct kern_instance *instance);
int kern_unpin_aside(const char *pin_dir);
int kern_pin_prog(const char *pin_dir, int prog_fd);
int kern_pin_conf(const char *pin_dir, int fd);
void kern_unpin_prog(const char *pin_dir);
void kern_unpin(const char *pin_dir); /* all of ours, and the directory if it is empty */

/*
 * by_id.c: an fd, or -errno; without CAP_SYS_ADMIN by the pins, if pin_dir is not NULL.
 * Of a map, that of the configuration in force.
 */
#define KERN_PIN_CONF "nolist_config"
#define KERN_PIN_CONF_ASIDE "nolist_old_config"
int kern_prog_fd(const char *pin_dir, unsigned int id);
int kern_conf_fd(const char *pin_dir, unsigned int id);
/* What of ours is in a slot of which only mode and id are known; none: it is not seen. */
void kern_slot_by_pins(const char *pin_dir, int ifindex, struct kern_slot *slot);
/* The ABI that a program of ours was built with; 0: it does not tell. */
#define KERN_ABI_UNSEEN (~0u) /* it takes CAP_SYS_ADMIN to see */
unsigned int kern_prog_version(const char *pin_dir, unsigned int id);

/* slow.c: the slow path of a program */
struct nolist_bpf;
void kern_own_init(struct kern_own *own);
void kern_own_close(struct kern_own *own);
int kern_own_of_skel(struct kern_own *own, struct nolist_bpf *skel); /* not to be closed */
void kern_slow_look(const struct kern_prog *prog, const char *pin_dir, struct kern_if *found);
int kern_slow_put(const struct kern_own *own, int prog_fd);
/* Gives one to an attached program that has none, and pins its array, which has this id. */
int kern_slow_give(const char *pin_dir, const struct kern_instance *instance, unsigned int prog_id,
		   unsigned int *progs_id);
int kern_pin_progs(const char *pin_dir, const struct kern_own *own);
void kern_unpin_progs(const char *pin_dir, unsigned int id);
void kern_unpin_unused(const char *pin_dir); /* arrays that no program uses */
void kern_unpin_freed(const char *pin_dir);  /* and those of programs that are going */

/* takeover.c: makes new tables, which are not in use yet, the heirs of older ones. */
int kern_take_over(const char *pin_dir, const struct kern *k, int older,
		   const struct kern_instance *to);

/* load.c: puts a configuration in force, as a whole; and pins it, if pin_dir is not NULL. */
int kern_commit(const char *pin_dir, const struct kern_instance *instance,
		const struct nolist_config *conf);

/* read.c */
int kern_instance_config(const struct kern_instance *instance, struct nolist_config *conf);
int kern_instance_busy(const struct kern_instance *instance, bool busy[NOLIST_MX_MAX]);
int kern_instance_count(const struct kern_instance *instance, enum kern_map map,
			unsigned int *entries, unsigned int *capacity);

/* meta.c */
int kern_write_meta(const struct kern_instance *instance); /* where there is none yet */
int kern_draw_key(const struct kern_instance *instance);
/* Notes which MX addresses come in force, if they are others; was: to undo that. */
int kern_note_mx(const struct kern_instance *instance, const struct nolist_config *conf,
		 struct nolist_meta *was);

/* attach.c */
int kern_slot(const char *pin_dir, int ifindex, struct kern_slot *slot);
/*
 * A skeleton, opened, with the maps of a set and of a program (NULL: new ones), not yet
 * loaded: the program alone, of the type that a dispatcher and an array can take.
 */
int kern_skel_open(struct nolist_bpf **skel, const struct kern_instance *instance,
		   const struct kern_own *own, unsigned int capacity, bool is_collected);

/* The program that a load attaches: its maps, and an fd. */
struct kern_new {
	struct kern_instance instance;
	struct kern_own own;
	int fd;
};
/*
 * Attaches to an interface that has none of ours: a copy of the program beside
 * others where libxdp can, or this one. now says how it went.
 */
int kern_attach(const struct kern_new *new, int ifindex, enum kern_mode mode,
		struct kern_slot *now, char *why, size_t size);
/* Puts this program, or a copy, in the place of ours. */
int kern_replace(const struct kern_new *new, int ifindex, const struct kern_slot *was,
		 struct kern_slot *now);
/* Undoes that, where it can be undone: alone. */
int kern_put_back(int ifindex, const struct kern_slot *now, int old_fd);
/* Takes our program away, and nobody else's. */
int kern_detach(int ifindex, const struct kern_slot *slot);
/* Does this interface deliver segments whose checksum is still to be made? */
bool kern_is_partial(int ifindex, enum kern_mode mode);
/* This host's link addresses, on whatever interface; more than fit: none is asked for. */
int kern_fill_mac(struct nolist_config *conf);
const char *kern_if_name(int ifindex, char name[16]);

#endif
