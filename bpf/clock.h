/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the later rooms: the time. The coarse clock advances with the kernel's
 * ticks, and reading it costs as much as 60 instructions, so it is read once a
 * tick; reading the number of ticks is one load.
 */
#ifndef NOLIST_CLOCK_H
#define NOLIST_CLOCK_H

/*
 * Shared by all CPUs. Two that write at once may leave the time of the tick before:
 * one tick does not matter here.
 */
static volatile struct {
	__u64 tick;
	__u64 ns;
	__u32 hour;
} __attribute__((aligned(64))) clock_last;

/* CLOCK_MONOTONIC_COARSE in nanoseconds, or a tick less. */
static __always_inline __u64 clock_ns(void)
{
	__u64 tick = bpf_jiffies64();

	if (clock_last.tick != tick) {
		__u64 now = bpf_ktime_get_coarse_ns();

		clock_last.hour = now / NOLIST_HOUR_NS + 1;
		clock_last.ns = now;
		clock_last.tick = tick;
	}
	return clock_last.ns;
}

/*
 * What clock_ns() has returned last, on any CPU: for a second reading for the same frame, or
 * where it is enough that time does not run back.
 */
static __always_inline __u64 clock_again(void)
{
	__u64 ns = clock_last.ns;

	return ns ? ns : clock_ns();
}

/* The hour of the last clock_ns(), as nolist_hour.hour has it; saves a division. */
static __always_inline __u32 clock_hour(void)
{
	return clock_last.hour;
}

#endif
