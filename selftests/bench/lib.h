/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the benchmark share on the user side: frames, the packet
 * path under test, the CPU's time, and results as lines of JSON.
 */
#ifndef BENCH_LIB_H
#define BENCH_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bpf/libbpf.h>
#include "bpf/abi.h"
#include "frame.h"

/* Addresses of the benchmark's site (RFC 5737, RFC 2544, RFC 3849). */
#define LOW4 "192.0.2.1"
#define REAL4 "192.0.2.2"
#define HIGH4 "192.0.2.3"
#define OTHER4 "192.0.2.9"
#define CLIENT4 "198.51.100.1"
#define CLIENTS4 "198.18.0.0" /* the first of BENCH_CLIENTS */
#define LOW6 "2001:db8::1"
#define REAL6 "2001:db8::2"
#define HIGH6 "2001:db8::3"
#define CLIENT6 "2001:db8:1::1"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* A TCP segment, or a UDP datagram where proto says so. */
struct segment {
	const char *from, *to;
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;
	uint8_t proto;           /* 0: TCP */
	bool is_broken;          /* with a wrong checksum */
	const void *options;     /* of TCP */
	size_t options_len;      /* a multiple of 4 */
	const void *data;
	size_t data_len;
};

/* Options of a Linux SYN (MSS, SACK, timestamps, window scale), and of a segment. */
extern const uint8_t linux_syn[20], windows_syn[12], macos_syn[24];
void timestamps(uint8_t options[12], uint32_t val, uint32_t ecr);

/* Lays s out in f, whose sources may be set afterwards; dies if it does not fit. */
void frame_make(struct bench_frame *f, const struct segment *s);

/* Its length without what pads it to the shortest that Ethernet carries. */
uint32_t frame_bare_len(const struct bench_frame *f);

/* A client of a high fake, frame by frame: what it sends, and what must come of it. */
struct client {
	struct segment s;
	bool has_ts;
	uint8_t ts[12];
};

#define SESSION_STEPS 8

struct session_step {
	const char *name, *text;
	uint8_t flags;
	int verdict;
};

extern const struct session_step session_steps[SESSION_STEPS];

void client_start(struct client *c, const char *from, const char *to, bool has_ts);
/* The next segment, after answer: the frame that came to the one before; NULL: none yet. */
void client_say(struct client *c, const struct session_step *step, const uint8_t *answer);

/* In this network namespace: a connection to the real MX that the kernel holds; its port. */
uint16_t real_connect(void);

/* The packet path: one instance of an object file. */
struct path {
	const char *name;
	struct bpf_object *obj;
	int prog, stats;
	bool is_keyed;
	int gate; /* 0: off; else BENCH_GATE_... */
	bool is_defended; /* listed sources are looked for */
};

/* Whom the gate of a path knows. */
enum { BENCH_GATE_LOW = 1, /* all were at the low fake */ BENCH_GATE_NOBODY };

void path_open(struct path *p, const char *name, const char *object);
/* With tables of contacts and verified evidence for so many sources; 0: as the object has them. */
void path_open_sized(struct path *p, const char *name, const char *object, uint32_t entries);
/*
 * Sets how many SYN,ACKs a network gets in a second; an opened one has no limit, since a single
 * source sends more here.
 */
void path_configure(struct path *p, uint16_t syn_acks);
/* What networks got in this second is forgotten. */
void path_forget_answers(const struct path *p);
/*
 * The same as path_open(), where example.com and 100,000 other domains are ours (has_below: and
 * names below others). False: the object is from before there were domains.
 */
bool path_open_domains(struct path *p, const char *name, const char *object, bool has_below);
/*
 * The same as path_open(), with the gate closed for those that it does not know. False: the object
 * is from before there was a gate.
 */
bool path_open_gate(struct path *p, const char *name, const char *object, int gate);
/*
 * The same with a table of listed sources, with an action of enum nolist_action: n addresses of a
 * list; list NULL: all IPv4 sources. False: the object is from before there was one.
 */
bool path_open_listed(struct path *p, const char *name, const char *object, const uint32_t *list,
		      size_t n, int act);
/*
 * The first n addresses of a list, wire order: at random all over unicast IPv4, each once, with
 * an odd last byte, and none of the benchmark's own networks. To be freed.
 */
uint32_t *list_make(size_t n);
/* What the gate knows as of now, and nothing that it has noted since. */
void path_set_stamps(const struct path *p);
/* Adds to v, over all CPUs. */
void path_verdicts(const struct path *p, uint64_t v[NOLIST_VERDICTS]);
const char *verdict_name(unsigned int verdict);

/* Does the extended regular expression in $ONLY match "traffic, sources"? Unset: all do. */
bool is_wanted(const char *traffic, const char *sources);

/* This thread moves to a network namespace of /run/netns; false: there is none. */
bool netns_enter(const char *name);

/* Nanoseconds of this thread, and of softirqs that ran in this CPU's ksoftirqd. */
uint64_t wall_ns(void);
uint64_t thread_ns(void);
uint64_t softirqd_ns(int cpu);
void pin_to(int cpu);

/*
 * Nanoseconds that a fixed piece of work takes, that keeps many of the core's units
 * busy. A virtual CPU that shares its core with a stranger's takes nearly twice as
 * long, and no clock of its own tells: rounds are compared with rounds of one pace.
 */
double pace_ns(void);

/* Sleeps until the pace is near the best that was seen, for a while at most. */
void pace_wait(void);

#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)
void die_at(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#endif
