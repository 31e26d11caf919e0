// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stamps of networks: a SYN to a low fake leaves one, whatever becomes of it, and the
 * reader of user space finds it for every host of the network, and for none of another. Why it
 * matters: a sender that was at a low fake is let through at once because of its stamp.
 */
#define _GNU_SOURCE /* unshare() */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "selftests/lib/packet_rows.h"
#include "user/kernel/kern.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct prog p;
static int stamps;

static void configure(unsigned int flags, unsigned int resets)
{
	struct nolist_config *c = row_conf();

	c->gate.flags = flags;
	c->answers[NOLIST_LIMIT_RESET] = resets;
	prog_configure(&p, c);
	free(c);
}

static void put_head(__u64 factor, __u64 since_ns)
{
	struct nolist_stamps line = { .head = { .factor = factor, .since_ns = since_ns } };
	__u32 zero = 0;

	if (bpf_map_update_elem(stamps, &zero, &line, BPF_ANY))
		tap_die(NOLIST_MAP_STAMPS);
}

/* --- stamps of the low fake, through the reader ----------------------------------- */

static char pins[] = "/tmp/nolist-gate-XXXXXX";

/* A file system for the pin, that nobody else sees and that ends with this process. */
static struct kern_stamps *open_reader(void)
{
	struct kern_stamps *s;
	char path[256];

	if (!mkdtemp(pins) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("bpf", pins, "bpf", 0, NULL))
		tap_die(pins);
	tap_ok(kern_stamps_open(&s, pins) == -ENOENT, "what is not pinned has no reader");
	snprintf(path, sizeof(path), "%s/" NOLIST_MAP_STAMPS, pins);
	if (bpf_obj_pin(stamps, path) || kern_stamps_open(&s, pins))
		tap_die(path);
	return s;
}

static void close_reader(struct kern_stamps *s)
{
	kern_stamps_close(s);
	if (umount2(pins, MNT_DETACH) || rmdir(pins))
		tap_die(pins);
}

#define SOON 10000000000ll /* ns; long enough for a slow machine */

static bool is_stamped(const struct kern_stamps *s, const char *host)
{
	struct nolist_addr a = prog_addr(host);
	long long ns = kern_stamps_low(s, &a);

	return ns >= 0 && ns < SOON;
}

static const struct low {
	struct row row;
	const char *same, *other; /* a host of its network, and of the next one */
} lows[] = {
	{ { "SYN", NOLIST_LOW_RST_ACK, .src = "11.1.1.7" }, "11.1.1.200", "11.1.2.7" },
	{ { "SYN in a VLAN", NOLIST_LOW_RST_ACK, .src = "11.2.1.7", .tags = "q" }, "11.2.1.200",
	  "11.2.0.7" },
	{ { "IPv6", NOLIST_LOW_RST_ACK, .src = "2001:db8:a:1::7", .dst = LOW6 },
	  "2001:db8:a:1:ffff::1", "2001:db8:a:2::7" },
	{ { "IPv6 in two VLANs", NOLIST_LOW_RST_ACK, .src = "2001:db8:b:1::7", .dst = LOW6,
	    .tags = "aq" }, "2001:db8:b:1:1::1", "2001:db8:b::7" },
};

/* What opens no connection to a low fake. */
static const struct row others[] = {
	{ "low: ACK", NOLIST_LOW_RST, .src = "11.3.1.7", .flags = FRAME_ACK, .ack = 7 },
	{ "low: SYN,ACK", NOLIST_LOW_RST, .src = "11.3.2.7", .flags = FRAME_SYN | FRAME_ACK,
	  .ack = 7 },
	{ "low: FIN", NOLIST_LOW_RST_ACK, .src = "11.3.3.7", .flags = FRAME_FIN },
	{ "high: SYN", NOLIST_HIGH_SYN_ACK, .src = "11.3.4.7", .dst = HIGH4 },
	{ "real: SYN", NOLIST_PASS_REAL, .src = "11.3.5.7", .dst = REAL4 },
};

static void stamped(const struct kern_stamps *s)
{
	struct row limited = { "SYN", NOLIST_LOW_LIMITED, .src = "11.4.1.7" };
	unsigned int i, wrong = 0;
	int tries = 0;

	configure(0, 0);
	tap_ok(row_check(&p, &lows[0].row) && !is_stamped(s, lows[0].same),
	       "where nobody asks there are no stamps");
	configure(NOLIST_GATE_STAMPS, 0);
	tap_ok(row_check(&p, &lows[0].row) && !is_stamped(s, lows[0].same) && !kern_stamps_since(s),
	       "nor without a secret");
	put_head(0x9e3779b97f4a7c15, 4711);
	tap_ok(kern_stamps_since(s) == 4711, "the reader knows since when they are complete");
	for (i = 0; i < COUNT(lows); i++)
		tap_ok(!is_stamped(s, lows[i].same) && row_check(&p, &lows[i].row) &&
			       is_stamped(s, lows[i].same) && !is_stamped(s, lows[i].other),
		       "%s: its network is stamped, and the one beside it is not",
		       lows[i].row.name);
	for (i = 0; i < COUNT(others); i++)
		wrong += !row_check(&p, &others[i]) || is_stamped(s, others[i].src);
	tap_ok(!wrong, "what opens no connection to a low fake leaves no stamp");
	configure(NOLIST_GATE_STAMPS, 1);
	row_check(&p, &(struct row){ "SYN", NOLIST_LOW_RST_ACK, .src = "11.4.1.7" });
	put_head(0x9e3779b97f4a7c17, 0); /* other places: none is stamped */
	while (!row_check(&p, &limited) && ++tries < 20)
		put_head(0x9e3779b97f4a7c15 + 2 * (tries + 2), 0);
	tap_ok(is_stamped(s, limited.src), "one that is not answered for its number is stamped, too");
}

/* The places are spread over the whole table: two networks seldom share one. */
static void spread(void)
{
	static unsigned char has[1 << NOLIST_STAMP_BITS][NOLIST_STAMP_CELLS];
	unsigned int i, taken = 0;
	__u64 factor, h;

	if (getrandom(&factor, sizeof(factor), 0) != sizeof(factor))
		tap_die("getrandom");
	for (i = 0; i < 100000; i++) {
		struct nolist_addr a = { .b = { [10] = 0xff, 0xff, i >> 16, i >> 8, i, 7 } };

		h = nolist_network(a.q[0], a.q[1]) * (factor | 1);
		taken += has[nolist_stamp_line(h)][nolist_stamp_cell(h)]++ > 0;
	}
	/* Of 100,000 in 2^20 places 4.6 % find theirs taken; neighbours may do better. */
	tap_ok(taken < 9000, "of 100,000 networks %u share a place with one before", taken);
}

int main(void)
{
	struct kern_stamps *s;

	tap_need_root();
	prog_load(&p, NULL);
	stamps = bpf_object__find_map_fd_by_name(p.object, NOLIST_MAP_STAMPS);
	s = open_reader();
	stamped(s);
	spread();
	close_reader(s);
	bpf_object__close(p.object);
	return tap_done();
}
