// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the size of the tables costs: a SYN and a whole verified dialogue of 8 segments, in
 * the kernel, in nanoseconds over a program that only returns XDP_PASS, with tables of
 * contacts and verified evidence for 64 k, 256 k, 1 M and 4 M sources, all of them full; and what they
 * take of the kernel's memory. From sources that the tables hold, and from others: each
 * of these makes another one go. The budget of new sources is given back between, so
 * that each SYN is noted; in the last row it is not, as in a flood.
 *
 * usage: sizes rounds name=object...
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "lib.h"
#include "sizes.h"
#include "bench.skel.h"
#include "sizes.skel.h"

#define BATCH 4000             /* SYNs that one budget admits, and sources in an update */
#define SOURCES4 0xc6130000u   /* 198.19.0.0: of those that are measured */
#define FILLERS4 0x0a000000u   /* 10.0.0.0: of those that fill the tables */
#define CACHE (64 << 20)       /* bytes that push the tables out of the core's caches */
#define FLOOD_FRAMES 500000

_Static_assert(SIZES_SOURCES % BATCH == 0, "each budget is used up");

static const struct size {
	const char *name;
	uint32_t entries;
} sizes[] = { { "64 k", 1 << 16 }, { "256 k", 1 << 18 }, { "1 M", 1 << 20 }, { "4 M", 1 << 22 } };
#define SIZES (sizeof(sizes) / sizeof(*sizes))

static struct sizes_bpf *skel;
static struct bench_bpf *bench;
static struct sizes_frame *frames;

/* One instance of the packet path; its frames are made with its key. */
struct instance {
	struct path path;
	const struct size *size;
	int contacts, verified;
	uint32_t fillers; /* the next one's number */
	struct sizes_frame *frames;
};

/* ---- the tables ---- */

static struct nolist_source source_of(uint32_t address)
{
	struct nolist_source src = {};

	src.addr.b[10] = src.addr.b[11] = 0xff;
	src.addr.w[3] = htonl(address);
	return src;
}

/* n that nobody else is, so that as many others go. */
static void fill(int map, uint32_t from, uint32_t n, size_t value_size)
{
	static struct nolist_source key[BATCH];
	static char value[BATCH * 512];
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t done, i, count;

	if (value_size > 512)
		die("a record of %zu bytes", value_size);
	for (done = 0; done < n; done += count) {
		count = n - done < BATCH ? n - done : BATCH;
		for (i = 0; i < count; i++)
			key[i] = source_of(FILLERS4 + (from + done + i) % (1 << 24));
		if (bpf_map_update_batch(map, key, value, &count, &opts))
			die("cannot fill a table: %s", strerror(errno));
	}
}

static void forget(int map)
{
	struct nolist_source key;
	uint32_t i;

	for (i = 0; i < SIZES_SOURCES; i++) {
		key = source_of(SOURCES4 + i);
		bpf_map_delete_elem(map, &key);
	}
}

/* Neither table holds a source that is measured, and both are full. */
static void make_new(struct instance *in)
{
	forget(in->contacts);
	forget(in->verified);
	fill(in->contacts, in->fillers, SIZES_SOURCES, sizeof(struct nolist_contacts));
	fill(in->verified, in->fillers, SIZES_SOURCES, sizeof(struct nolist_verified));
	in->fillers += SIZES_SOURCES;
}

/* MB of the kernel's memory. */
static double map_mb(int map)
{
	unsigned long long bytes = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "memlock: %llu", &bytes);
	if (!f || !bytes)
		die("the kernel does not say what a table takes");
	fclose(f);
	return bytes / 1e6;
}

/* ---- the frames ---- */

/* Runs it once, and keeps it for later. */
static void keep(const struct instance *in, struct sizes_frame *to, const struct segment *s,
		 uint8_t *out)
{
	struct bench_frame f;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f.data, .data_out = out,
		    .data_size_out = 2048, .repeat = 1);

	frame_make(&f, s);
	o.data_size_in = f.len;
	if (f.len >= SIZES_FRAME_MAX || bpf_prog_test_run_opts(in->path.prog, &o) || o.retval != 3)
		die("no answer to a frame of %u bytes", f.len);
	to->len = f.len;
	to->out_len = o.data_size_out;
	memcpy(to->data, f.data, f.len);
}

static void make_frames(struct instance *in)
{
	static uint8_t out[2048];
	struct client c;
	uint32_t i, k;

	in->frames = calloc(SIZES_FRAMES, sizeof(*in->frames));
	for (i = 0; i < SIZES_SOURCES; i++) {
		struct in_addr a = { htonl(SOURCES4 + i) };
		char from[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &a, from, sizeof(from));
		client_start(&c, from, HIGH4, true);
		for (k = 0; k < SIZES_STEPS; k++) {
			client_say(&c, &session_steps[k], k ? out : NULL);
			keep(in, &in->frames[i * SIZES_STEPS + k], &c.s, out);
		}
	}
}

/* ---- measuring ---- */

/* Of n frames, from this one on; each must have come to the program. */
static double run(int target, uint32_t first, uint32_t step, uint32_t n)
{
	struct sizes_frame *f = &frames[first];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->data, .data_size_in = f->len, .repeat = n);
	uint32_t zero = 0;
	uint64_t start;

	if (bpf_map_update_elem(bpf_map__fd(skel->maps.next), &zero, &target, 0))
		die("cannot set the target: %s", strerror(errno));
	skel->bss->first = first;
	skel->bss->step = step;
	skel->bss->turn = skel->bss->missed = 0;
	start = thread_ns();
	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.replay), &o))
		die("cannot run: %s", strerror(errno));
	start = thread_ns() - start;
	if (skel->bss->missed || skel->bss->turn != n)
		die("%llu of %u frames were not laid out", (unsigned long long)skel->bss->missed, n);
	return start;
}

static void clear_caches(void)
{
	static volatile char *much;
	size_t i;

	if (!much)
		much = malloc(CACHE);
	for (i = 0; i < CACHE; i += 64)
		much[i]++;
}

struct tally {
	uint64_t answers, limited, contacts_new, verified_new;
};

/* Reads the counters and clears them, and with them what was spent of the budgets. */
static struct tally take_stats(const struct instance *in)
{
	static struct nolist_stats st[BENCH_CPUS], none[BENCH_CPUS];
	int cpus = libbpf_num_possible_cpus(), cpu, i;
	struct tally t = {};
	uint32_t zero = 0;

	if (cpus > BENCH_CPUS || bpf_map_lookup_elem(in->path.stats, &zero, st) ||
	    bpf_map_update_elem(in->path.stats, &zero, none, 0))
		die("%s: cannot read the counters", in->path.name);
	for (cpu = 0; cpu < cpus; cpu++) {
		for (i = NOLIST_LOW_RST_ACK; i <= NOLIST_HIGH_ACK; i++)
			t.answers += st[cpu].verdict[i];
		for (i = 0; i < NOLIST_ROLES; i++)
			t.limited += st[cpu].contacts_limited[i];
		t.contacts_new += st[cpu].contacts_new;
		t.verified_new += st[cpu].verified_new;
	}
	return t;
}

/*
 * Nanoseconds of one source's frames: of step of them, whole dialogues where that is 1.
 * Batch by batch, so that the budget is there for each SYN.
 */
static double pass_over(const struct instance *in, uint32_t step, bool is_new)
{
	uint32_t each = SIZES_STEPS / step, n = BATCH * each, i;
	double ns = 0, base, resize;

	clear_caches();
	for (i = 0; i < SIZES_SOURCES; i += BATCH) {
		struct tally t;

		base = run(bpf_program__fd(skel->progs.pass), i * SIZES_STEPS, step, n);
		resize = run(bpf_program__fd(skel->progs.unfit), i * SIZES_STEPS, step, n) - base;
		take_stats(in);
		ns += run(in->path.prog, i * SIZES_STEPS, step, n) - base - resize / 2;
		t = take_stats(in);
		if (t.answers != n || t.limited ||
		    (is_new ? t.contacts_new != BATCH : t.contacts_new > BATCH / 100))
			die("%s: of %u frames %llu were answered, %llu rate-limited, %llu sources are new",
			    in->path.name, n, (unsigned long long)t.answers,
			    (unsigned long long)t.limited, (unsigned long long)t.contacts_new);
	}
	return ns / SIZES_SOURCES;
}

/* SYNs from sources that never come again: what most of a flood costs. */
static double flood(const struct instance *in)
{
	struct segment s = { .from = CLIENT4, .to = LOW4, .sport = 40000, .dport = 25, .flags = SYN };
	uint32_t zero = 0, k;
	int target[2] = { bpf_program__fd(skel->progs.pass), in->path.prog };
	double ns[2];

	frame_make(&bench->bss->frame, &s);
	bench->bss->frame.sources = BENCH_RANDOM;
	for (k = 0; k < 2; k++) {
		LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = bench->bss->frame.data,
			    .data_size_in = bench->bss->frame.len, .repeat = FLOOD_FRAMES);
		uint64_t start;

		if (bpf_map_update_elem(bpf_map__fd(bench->maps.target), &zero, &target[k], 0))
			die("cannot set the target: %s", strerror(errno));
		take_stats(in);
		start = thread_ns();
		if (bpf_prog_test_run_opts(bpf_program__fd(bench->progs.restore), &o))
			die("cannot run: %s", strerror(errno));
		ns[k] = (double)(thread_ns() - start) / FLOOD_FRAMES;
	}
	if (take_stats(in).answers != FLOOD_FRAMES)
		die("%s: a flood was not answered", in->path.name);
	return ns[1] - ns[0];
}

static void measure(struct instance *in, int round)
{
	double syn_new, syn_known, dialogue_new, dialogue_known, limited, pace;

	memcpy(frames, in->frames, SIZES_FRAMES * sizeof(*frames));
	pace_wait();
	pace = pace_ns();
	make_new(in);
	syn_new = pass_over(in, SIZES_STEPS, true);
	syn_known = pass_over(in, SIZES_STEPS, false);
	make_new(in);
	dialogue_new = pass_over(in, 1, true);
	dialogue_known = pass_over(in, 1, false);
	limited = flood(in);
	pace = (pace + pace_ns()) / 2;
	printf("{\"part\":\"sizes\",\"path\":\"%s\",\"size\":\"%s\",\"entries\":%u,\"round\":%d,"
	       "\"contacts_mb\":%.1f,\"verified_mb\":%.1f,\"flood\":%.1f,\"syn_known\":%.1f,"
	       "\"syn_new\":%.1f,\"dialogue_known\":%.1f,\"dialogue_new\":%.1f,\"pace\":%.0f}\n",
	       in->path.name, in->size->name, in->size->entries, round, map_mb(in->contacts),
	       map_mb(in->verified), limited, syn_known, syn_new, dialogue_known, dialogue_new,
	       pace);
}

static void open_instance(struct instance *in, const char *name, const char *object,
			  const struct size *size)
{
	in->size = size;
	path_open_sized(&in->path, name, object, size->entries);
	in->contacts = bpf_object__find_map_fd_by_name(in->path.obj, NOLIST_MAP_CONTACTS);
	in->verified = bpf_object__find_map_fd_by_name(in->path.obj, NOLIST_MAP_VERIFIED);
	make_frames(in);
	/* More than they hold: an LRU makes room before it is full. */
	fill(in->contacts, 0, size->entries + size->entries / 8, sizeof(struct nolist_contacts));
	fill(in->verified, 0, size->entries + size->entries / 8, sizeof(struct nolist_verified));
	in->fillers = size->entries + size->entries / 8;
}

int main(int argc, char **argv)
{
	static struct instance all[8 * SIZES];
	int rounds, round, i, n = 0;
	size_t k;

	if (argc < 3 || argc > 10)
		die("usage: sizes rounds name=object...");
	if (!is_wanted("sizes", "all"))
		return 0;
	rounds = atoi(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pin_to(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	libbpf_set_print(NULL);
	skel = sizes_bpf__open_and_load();
	bench = bench_bpf__open_and_load();
	if (!skel || !bench)
		die("cannot load the benchmark's own programs");
	frames = mmap(NULL, SIZES_FRAMES * sizeof(*frames), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(skel->maps.frames), 0);
	if (frames == MAP_FAILED)
		die("cannot map the frames: %s", strerror(errno));
	for (i = 2; i < argc; i++) {
		char *object = strchr(argv[i], '=');

		if (!object)
			die("not name=object: %s", argv[i]);
		*object++ = 0;
		for (k = 0; k < SIZES; k++)
			open_instance(&all[n++], argv[i], object, &sizes[k]);
	}
	for (round = 0; round < rounds; round++)
		for (i = 0; i < n; i++)
			measure(&all[i], round);
	return 0;
}
