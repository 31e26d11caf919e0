/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs frames through the program in the kernel, by BPF_PROG_TEST_RUN: loads
 * the object, configures it as the loader would, and tells of each frame what
 * came out and which verdict counter grew. Needs root, no interface.
 */
#ifndef NOLIST_PROG_H
#define NOLIST_PROG_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <time.h>
#include "bpf/abi.h"
#include "selftests/lib/frame.h"
#include "selftests/lib/tap.h"

#define PROG_SOURCES 1024 /* in each table: less memory than by default */

/* Of the high fake's sequence numbers. */
extern const struct nolist_key prog_key;

struct prog {
	struct bpf_object *object;
	int fd, slow; /* the program, and its slow path */
	int conf, progs, key, contacts, verified, stats, limits, domains;
	int cpus;
	__u64 seen[NOLIST_VERDICTS]; /* verdict counters after the last frame */
};

/* An answer to an unverified source that is longer than its request, in any test. */
#define PROG_LONGER (-2)

/* What became of a frame. */
struct prog_result {
	int xdp;     /* XDP_PASS, XDP_TX, XDP_DROP */
	int verdict; /* -1: not exactly one counter grew by exactly one; or PROG_LONGER */
	size_t len;
	unsigned char b[FRAME_MAX + 256];
};

extern const char *const prog_verdict_names[NOLIST_VERDICTS];
const char *prog_verdict(int verdict);

/* --- loading ------------------------------------------------------------- */

/* The verdict counters, summed over all CPUs. */
void prog_counters(struct prog *p, __u64 verdict[NOLIST_VERDICTS]);

/* tamper: NULL, or changes each program before the kernel sees it. */
void prog_load_file(struct prog *p, const char *file, void (*tamper)(struct bpf_program *));
void prog_load(struct prog *p, void (*tamper)(struct bpf_program *));
/* A loaded one has its slow path; takes it away and gives it back. */
void prog_take_slow(struct prog *p);
void prog_give_slow(struct prog *p);

/* --- configuration ------------------------------------------------------- */

struct nolist_addr prog_addr(const char *text);

/* Ports end with 0. */
void prog_conf_ports(struct nolist_config *c, const unsigned int *port);

/* Empty, with port 25. */
struct nolist_config *prog_conf_new(void);

/* False where all places for the address are taken: try another seed. */
int prog_conf_add(struct nolist_config *c, struct nolist_addr a, __u32 role, __u32 mx);
/* Puts a table of these domains at the other place, and notes it in c. NULL ends them. */
void prog_domains(struct prog *p, struct nolist_config *c, const char *const *domain);
void prog_configure(struct prog *p, const struct nolist_config *c);

/* abi.h: the one clock. */
__u64 prog_clock(void);

/*
 * Is it one of the hours of the day in which this listed source passes at the real MX? Hours: as
 * many from this one on. By the paper's hash, so apart from the code under test.
 */
bool prog_is_parole(const char *src, unsigned int hours);

/* --- running ------------------------------------------------------------- */

/* As received by the interface ifindex; 0: the namespace's loopback device. */
void prog_run(struct prog *p, const struct frame *f, __u32 ifindex, struct prog_result *r);

/* What the kernel shall do with a frame of this verdict. */
int prog_code(int verdict);
int prog_is_same(const struct frame *f, const struct prog_result *r);

#endif
