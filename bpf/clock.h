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
	__u64 slot;  /* of the sequence numbers */
	__u64 other; /* the only other one that is good */
	__u32 hour;
} __attribute__((aligned(64))) clock_last;

/*
 * Which slots of the sequence numbers are good. Where hosts have one key, it may be the next one
 * already at the host that a dialogue was begun at.
 */
static __always_inline void clock_slots(__u64 now)
{
	__u32 zero = 0;
	const struct nolist_meta *m = bpf_map_lookup_elem(&nolist_meta, &zero);
	__u64 utc = m ? m->utc_ns : 0, slot;

	now += utc;
	slot = now >> NOLIST_COOKIE_SHIFT;
	clock_last.slot = slot;
	now = ~now >> (NOLIST_COOKIE_SHIFT - NOLIST_COOKIE_APART);
	clock_last.other = utc && !(now & ((1 << NOLIST_COOKIE_APART) - 1)) ? slot + 1 : slot - 1;
}

/* A new tick. A global function, so that the verifier walks it once. */
__noinline __u64 clock_read(void)
{
	__u64 now = bpf_ktime_get_coarse_ns();

	clock_last.hour = now / NOLIST_HOUR_NS + 1;
	clock_slots(now);
	clock_last.ns = now;
	return now;
}

/* CLOCK_MONOTONIC_COARSE in nanoseconds, or a tick less. */
static __always_inline __u64 clock_ns(void)
{
	__u64 tick = bpf_jiffies64();

	if (clock_last.tick != tick) {
		clock_read();
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

/* Would clock_ns() read the time? */
static __always_inline bool clock_is_old(void)
{
	return clock_last.tick != bpf_jiffies64();
}

/* The slot of the sequence numbers at the last clock_ns(), and the other one that is good. */
static __always_inline __u64 clock_slot(void)
{
	return clock_last.slot;
}

static __always_inline __u64 clock_other_slot(void)
{
	return clock_last.other;
}

#endif
