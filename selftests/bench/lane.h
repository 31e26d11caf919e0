/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live frames over a veth pair ("gen" to "dut"), sent from one CPU or from two side by side, and
 * what each of these CPUs counts and computes meanwhile.
 */
#ifndef BENCH_LANE_H
#define BENCH_LANE_H

#include <pthread.h>
#include <stdint.h>
#include "lib.h"
#include "bench.skel.h"

struct lane {
	int cpu, ifindex;  /* ifindex: of the device that the frames leave by */
	uint64_t duration; /* nanoseconds of CPU time, about */
	uint32_t spent;    /* frames that are sent beforehand */
	uint64_t sent, good, bad, sums, other, wall, busy; /* results */
	long preempted;
	double pace;
	pthread_barrier_t *start;
};

/* The benchmark's own programs: lanes_open() loads them, or ends the benchmark. */
extern struct bench_bpf *skel;
void lanes_open(void);

/* Sends the frame of skel in n lanes side by side; one lane runs in this thread, and pins it. */
void lanes_run(struct lane *l, int n);
/* Of all CPUs, since the programs were loaded. */
uint64_t lanes_sent(void);

/* Of this namespace's veth: the sum of its counters whose names end in "errors" or "drops". */
uint64_t device_gaps(const char *dev);
/* Counts the answers that come back to "gen" of this namespace; is_kernel: they are skbs. */
void sink_attach(bool is_kernel);

#endif
