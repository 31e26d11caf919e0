/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A wire with a host at its end, for tests that send and capture raw frames:
 * two unnamed network namespaces joined by a veth pair. The client's end c0 has
 * no address and never speaks by itself, so every frame on it is the test's.
 * The server is a plain Linux host: static neighbours, no rate limits, its own
 * addresses below. Every wire has the same names, addresses and MACs, so that
 * the same bytes mean the same on each; all vanish with the process.
 *
 * Frames are sent by packet sockets and captured by libpcap at two places: what
 * leaves the server (answers) and what its XDP program passed to it (passed).
 * Whoever includes this defines _GNU_SOURCE first, for setns().
 */
#ifndef NOLIST_WIRE_H
#define NOLIST_WIRE_H

#include <errno.h>
#define PCAP_DONT_INCLUDE_PCAP_BPF_H /* its struct bpf_insn is not the kernel's */
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bpf/abi.h"
#include "selftests/lib/frame.h"

#define WIRE_LOW4 "192.0.2.10"
#define WIRE_REAL4 "192.0.2.20"
#define WIRE_HIGH4 "192.0.2.30"
#define WIRE_OWN4 "198.51.100.1" /* with a /24, so with a broadcast address */
#define WIRE_NEAR4 "198.51.100.7" /* a neighbour on the link, not behind the gateway */
#define WIRE_LOW6 "2001:db8::10"
#define WIRE_REAL6 "2001:db8::20"
#define WIRE_HIGH6 "2001:db8::30"
#define WIRE_OWN6 "2001:db8:1::1"
#define WIRE_NEAR6 "2001:db8:1::7"

extern const unsigned char wire_client_mac[6];
extern const unsigned char wire_server_mac[6];

struct wire {
	int client, server; /* namespaces */
	int tx;             /* packet socket on the client's end */
	pcap_t *answers;    /* frames that reach the client */
	pcap_t *passed;     /* frames that reach the server's stack */
	unsigned int ifindex; /* of the server's end */
	unsigned long sent;
};

extern int wire_home; /* the namespace of the test itself */

void wire_die(const char *what);
void wire_enter(int netns);

/* Runs a shell command in a namespace and returns its exit status. */
__attribute__((format(printf, 2, 3))) int wire_try(int netns, const char *fmt, ...);

#define wire_run(...) \
	do { \
		if (wire_try(__VA_ARGS__)) \
			wire_die(#__VA_ARGS__); \
	} while (0)

int wire_new_netns(void);

/* Once per test: a mount namespace with a bpffs of its own. */
void wire_init(void);
void wire_open(struct wire *w);
void wire_close(struct wire *w);

/* XDP_TX on a veth arrives only where the peer has an XDP program as well. */
void wire_attach_pass(struct wire *w);

/* The frame as it is; or, with partial, as a sender leaves it to its device. */
void wire_send(struct wire *w, const struct frame *f, int partial);
double wire_now(void);

/* How many times longer to wait, as lib.sh does: emulated processors are slow. */
int wire_patience(void);

/* The verdict counters over all CPUs; returns their sum. */
/* From now on its interface counts as one whose checksums are always whole. */
void wire_whole(struct wire *w);
/* The program at the server's end. */
int wire_prog(struct wire *w);
unsigned long wire_verdicts(struct wire *w, unsigned long verdict[NOLIST_VERDICTS]);

/* Attaches and configures as a user does; by force, since not every test has answers taken. */
void wire_load(struct wire *w, const char *mode);
void wire_unload(struct wire *w);

#endif
