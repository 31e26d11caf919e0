// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fills the pinned tables of an earlier build with records of all kinds: unverified
 * contacts and verified evidence, both families, every event and counter. What it writes
 * depends on its arguments alone. A helper of tool/takeover, no test itself.
 *
 *	mixed DIR FIRST COUNT SEED LATER
 *
 * DIR is where the tables are pinned; their sizes show which is which. Sources FIRST to
 * FIRST + COUNT - 1 get what SEED says; with LATER as if they had been
 * there again so many seconds later. Prints how many records it wrote into each table.
 * Times are counted from hour INJECT_FROM since the boot, as in inject.c.
 *
 * The layout is that of ABI version 5, spelled out here and not included: what is to be
 * compared with a conversion must not come from it.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS 1000000000ull
#define HOUR 3600u
#define HOURS 8
#define EVENTS 9
#define BATCH 4096
#define DAYS 29 /* over which all is spread */

struct source {
	uint32_t w[4];
};

struct contact {
	uint64_t first, last;
	uint32_t opens, pad;
};

struct contacts {
	struct contact role[3];
};

struct hour {
	uint32_t hour;
	uint16_t n[EVENTS], pad;
};

struct verified {
	uint64_t data_first, data_last;
	uint32_t data;
	uint16_t port, pad;
	uint64_t talk_first, talk_last;
	uint32_t hours, bad_acks;
	struct hour hour[HOURS];
};

struct stats {
	uint64_t verdict[22], contacts_new, contacts_lost, limited[5];
	uint64_t verified_new, verified_lost, verified_lost_ns;
	struct {
		uint32_t hour, count;
	} bad_acks[HOURS];
	struct {
		uint32_t hour, opens, data;
	} real[2][HOURS];
	uint32_t budget[5][4];
	struct {
		uint64_t segments, opens;
	} mx[1024];
};

_Static_assert(sizeof(struct contacts) == 72 && sizeof(struct verified) == 240 &&
		       sizeof(struct stats) == 16976,
	       "version 5");

static uint64_t seed;
static uint32_t later, from_hour;

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "mixed: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The which-th number of a source, below a limit (splitmix64). */
static uint32_t number(uint32_t source, uint32_t which, uint32_t limit)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15 + ((uint64_t)source << 32 | which);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (x ^ x >> 31) % limit;
}

/* Some of a /24 or a /48 each, so that there are neighbours. */
static struct source address(uint32_t i)
{
	uint32_t k = i / 2;

	if (i % 2)
		return (struct source){ { htonl(0x2a000000 + (k >> 12)), htonl(k << 13) } };
	return (struct source){ { 0, 0, htonl(0xffff), htonl(0x0b000000 + 83 * k) } };
}

static struct contact contact(uint32_t i, uint32_t which)
{
	uint64_t first = from_hour * HOUR + number(i, which, DAYS * 24 * HOUR), for_s = number(i, which + 1, 3 * 24 * HOUR);

	return (struct contact){ (first + 1) * NS + number(i, which + 2, NS),
				 (first + 2 + for_s + later) * NS,
				 1 + number(i, which + 3, 1000) + !!later, 0 };
}

/* One in seven only once; one in three with each of the roles, or else with the high fake. */
static bool make_contacts(uint32_t i, struct contacts *c)
{
	int role;
	bool has = false;

	*c = (struct contacts){};
	if (number(i, 1, 10) == 0)
		return false;
	for (role = 0; role < 3; role++)
		if (number(i, 2 + role, 3) == 0) {
			c->role[role] = contact(i, 10 * (role + 1));
			has = true;
		}
	if (!has)
		c->role[2] = contact(i, 40);
	return true;
}

/* Each event in some hours; once, often, or as often as is counted. */
static uint16_t count(uint32_t i, uint32_t which)
{
	uint32_t kind = number(i, which, 16);

	return kind > 5 ? 0 : kind == 5 ? 65535 : kind == 4 ? 2 + number(i, which + 1, 60000) : 1;
}

static void make_talk(uint32_t i, struct verified *v)
{
	uint32_t first = from_hour + 1 + number(i, 50, DAYS * 24), h, event, last = first;

	for (h = first; h < first + HOURS; h++) {
		struct hour *to = &v->hour[h % HOURS];

		if (h > first && number(i, 60 + h - first, 3))
			continue;
		to->hour = last = h;
		for (event = 0; event < EVENTS; event++)
			to->n[event] = count(i, 100 + 40 * (h - first) + 2 * event);
		/* That one is the event by which most are judged. */
		if (number(i, 70 + h - first, 2))
			to->n[0] = 1;
		v->hours++;
	}
	v->talk_first = (uint64_t)((first - 1) * HOUR + number(i, 80, HOUR / 2)) * NS + 1;
	v->talk_last = (uint64_t)((last - 1) * HOUR + HOUR / 2 + number(i, 81, HOUR / 2)) * NS;
	if (later)
		v->hour[last % HOURS].n[8] = 65535;
}

/* Four of ten. */
static bool make_verified(uint32_t i, struct verified *v)
{
	uint32_t kind = number(i, 90, 20);

	*v = (struct verified){};
	if (kind >= 8)
		return false;
	if (kind < 7)
		make_talk(i, v);
	if (kind > 5) {
		v->data_first = (from_hour * HOUR + 1 + (uint64_t)number(i, 91, DAYS * 24 * HOUR)) * NS + 7;
		v->data_last = v->data_first + (number(i, 92, 24 * HOUR) + later) * NS;
		v->data = 1 + number(i, 93, 100) + !!later;
		v->port = number(i, 94, 65536);
	}
	v->bad_acks = number(i, 95, 4) ? 0 : number(i, 96, 3000) + !!later;
	return true;
}

struct table {
	int fd;
	struct source key[BATCH];
	char *value;
	size_t size;
	unsigned int n, written;
};

static void flush(struct table *t)
{
	unsigned int n = t->n;

	if (n && (bpf_map_update_batch(t->fd, t->key, t->value, &n, NULL) || n != t->n))
		die("bpf_map_update_batch");
	t->written += t->n;
	t->n = 0;
}

static void put(struct table *t, struct source key, const void *value)
{
	t->key[t->n] = key;
	memcpy(t->value + t->n * t->size, value, t->size);
	if (++t->n == BATCH)
		flush(t);
}

/* The pinned map with values of so many bytes, whatever it is called. */
static int open_map(const char *dir, size_t size)
{
	struct bpf_map_info info;
	struct dirent *entry;
	DIR *d = opendir(dir);
	char path[4096];
	__u32 len;
	int fd;

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		fd = bpf_obj_get(path);
		if (fd < 0)
			continue;
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.value_size == size) {
			closedir(d);
			return fd;
		}
		close(fd);
	}
	errno = ENOENT;
	die(dir);
}

static void table_free(struct table *t)
{
	close(t->fd);
	free(t->value);
	free(t);
}

static struct table *table_at(const char *dir, size_t size)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		die("calloc");
	t->fd = open_map(dir, size);
	t->size = size;
	t->value = calloc(BATCH, size);
	if (!t->value)
		die("calloc");
	return t;
}

/* Each CPU has a share; each counter another number. */
static void put_stats(const char *dir, unsigned int verified)
{
	int fd = open_map(dir, sizeof(struct stats)), cpus = libbpf_num_possible_cpus(), cpu, i, f;
	struct stats *s = calloc(cpus, sizeof(*s));
	uint32_t zero = 0, hour = from_hour + DAYS * 24;

	if (!s || bpf_map_lookup_elem(fd, &zero, s))
		die("counters");
	for (cpu = 0; cpu < cpus; cpu++) {
		for (i = 0; i < 22; i++)
			s[cpu].verdict[i] += 100000 * (i + 1);
		for (i = 0; i < 5; i++)
			s[cpu].limited[i] = 11 * i;
		s[cpu].contacts_new = 1000000;
		s[cpu].contacts_lost = 5;
		s[cpu].verified_new = cpu ? 0 : verified;
		s[cpu].verified_lost = 3;
		s[cpu].verified_lost_ns = (uint64_t)((from_hour + 200) * HOUR + cpu) * NS;
		for (i = 0; i < HOURS; i++) {
			uint32_t h = hour - i;

			s[cpu].bad_acks[h % HOURS].hour = h;
			s[cpu].bad_acks[h % HOURS].count = 17 * (i + 1);
			for (f = 0; f < 2; f++) {
				s[cpu].real[f][h % HOURS].hour = h;
				s[cpu].real[f][h % HOURS].opens = 20 * i + f;
				/* In every other hour too few for it to be well. */
				s[cpu].real[f][h % HOURS].data = (i % 2 ? 12 : 2) * i + f;
			}
		}
		for (i = 0; i < 6; i++) {
			s[cpu].mx[i].segments = 1000 * (i + 1);
			s[cpu].mx[i].opens = 100 * (i + 1);
		}
	}
	if (bpf_map_update_elem(fd, &zero, s, BPF_ANY))
		die("counters");
	free(s);
}

int main(int argc, char **argv)
{
	struct table *contacts, *verified;
	uint32_t first, i, n;
	struct contacts c;
	struct verified v;

	if (argc != 6) {
		fprintf(stderr, "usage: mixed DIR FIRST COUNT SEED LATER\n");
		return 2;
	}
	contacts = table_at(argv[1], sizeof(c));
	verified = table_at(argv[1], sizeof(v));
	first = strtoul(argv[2], NULL, 10);
	n = strtoul(argv[3], NULL, 10);
	seed = strtoul(argv[4], NULL, 10);
	later = strtoul(argv[5], NULL, 10);
	if (getenv("INJECT_FROM"))
		from_hour = strtoul(getenv("INJECT_FROM"), NULL, 10);
	for (i = first; i < first + n; i++) {
		bool has_contacts = make_contacts(i, &c), has_verified = make_verified(i, &v);

		if (has_contacts)
			put(contacts, address(i), &c);
		if (has_verified)
			put(verified, address(i), &v);
	}
	flush(contacts);
	flush(verified);
	put_stats(argv[1], verified->written);
	printf("%u %u\n", contacts->written, verified->written);
	table_free(contacts);
	table_free(verified);
	return 0;
}
