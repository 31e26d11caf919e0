// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes made-up evidence into the pinned tables of a loaded program, so that
 * what reads them meets real maps. A helper of the tool tests, no test itself.
 *
 *	inject DIR < LINES    DIR is where the tables are pinned
 *	inject --boot         UTC second from which times are counted
 *
 * Times and hours are counted from the boot, or from the beginning of hour
 * INJECT_FROM of it. A line: SOURCE WORD... with times in s, m, h or d, 0 is
 * never, also later than now ("--at" looks at them from there):
 *	low=FIRST:LAST:OPENS  real=...  high=...
 *	data=FIRST:LAST:CONNECTIONS  talk=FIRST:LAST:HOURS  bad-acks=N
 *	walk=PREV:LAST               its last two walks from low to real
 *	hour=HOUR:STRONG:WEAK:TEMPFAILED_WEAK:QUIT   HOUR counts from 0
 * and, as only a newer program would write it:
 *	event=HOUR:EVENT:COUNT  reserved=N     in the words in reserve
 * "verdict=N:COUNT" alone adds to that counter.
 * "hour4=HOUR:OPENS:DATA" alone, or hour6, are connections to the real MX.
 * "lost=TIME" alone says that verified evidence was lost then. "many=N" alone adds
 * N offenders from 100.128.0.0 on and as many /64s, with two bad hours each;
 * "varied=N" adds as many that are spread over the addresses, with two to four bad hours at other times each;
 * "later=N" or "later=N:TIME" says that they were there again, a minute or
 * so much later. "contacts=N:FIRST" adds
 * as many that only sent SYNs, the first of them that far behind. "whole=IFINDEX" alone
 * says that this interface's checksums are always whole, as a card's are.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/addr.h"
#include "user/kernel/kern.h"

#define NS 1000000000ull
#define HOUR (3600 * NS)
#define BATCH 4096

static unsigned int first_hour; /* what times and hours are counted from */

static int contacts_fd, verified_fd, stats_fd;
static const char *dir;

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(1);
}

static __u64 number(const char **at)
{
	char *end;
	__u64 n = strtoull(*at, &end, 10);

	if (end == *at)
		die(*at);
	switch (*end) {
	case 'd':
		n *= 24; /* fall through */
	case 'h':
		n *= 60; /* fall through */
	case 'm':
		n *= 60; /* fall through */
	case 's':
		end++;
	}
	*at = *end == ':' ? end + 1 : end;
	return n;
}

static __u64 since_boot(__u64 s)
{
	return s ? first_hour * HOUR + s * NS : 0;
}

static __u64 number_ns(const char **at)
{
	return since_boot(number(at));
}

/* nolist_hour.hour */
static __u32 number_hour(const char **at)
{
	return first_hour + number(at) + 1;
}

static void contact(struct nolist_contact *c, const char *at)
{
	c->first_ns = number_ns(&at);
	c->last_ns = number_ns(&at);
	c->opens = number(&at);
}

static struct nolist_hour *hour_of(struct nolist_verified *p, __u32 n)
{
	struct nolist_hour *h = &p->hour[n % NOLIST_HOURS];

	h->hour = n;
	return h;
}

static void hour(struct nolist_verified *p, const char *at)
{
	struct nolist_hour *h = hour_of(p, number_hour(&at));

	h->n[NOLIST_EVENT_TEMPFAILED] = number(&at);
	h->n[NOLIST_EVENT_GREETED_WEAK] = number(&at);
	h->n[NOLIST_EVENT_TEMPFAILED_WEAK] = number(&at);
	h->n[NOLIST_EVENT_QUIT] = number(&at);
}

static void event(struct nolist_verified *p, const char *at)
{
	struct nolist_hour *h = hour_of(p, number_hour(&at));
	__u64 which = number(&at);

	h->n[which % NOLIST_EVENT_SLOTS] = number(&at);
}

static bool take(struct nolist_contacts *c, struct nolist_verified *p, const char *word)
{
	const char *at = strchr(word, '=');

	if (!at++)
		die(word);
	if (!strncmp(word, "low=", 4)) {
		contact(&c->low, at);
	} else if (!strncmp(word, "real=", 5)) {
		contact(&c->real, at);
	} else if (!strncmp(word, "high=", 5)) {
		contact(&c->high, at);
	} else if (!strncmp(word, "data=", 5)) {
		p->real_first_ns = number_ns(&at);
		p->real_last_ns = number_ns(&at);
		p->real_data = number(&at);
		return true;
	} else if (!strncmp(word, "walk=", 5)) {
		p->walk.prev_ns = number_ns(&at);
		p->walk.last_ns = number_ns(&at);
		p->walks = 2;
		return true;
	} else if (!strncmp(word, "talk=", 5)) {
		p->high_first_ns = number_ns(&at);
		p->high_last_ns = number_ns(&at);
		p->hours = number(&at);
		return true;
	} else if (!strncmp(word, "hour=", 5)) {
		hour(p, at);
		return true;
	} else if (!strncmp(word, "event=", 6)) {
		event(p, at);
		return true;
	} else if (!strncmp(word, "reserved=", 9)) {
		p->reserved[0] = number(&at);
		return true;
	} else if (!strncmp(word, "bad-acks=", 9)) {
		p->bad_acks = number(&at);
		return true;
	} else {
		die(word);
	}
	return false;
}

static void lose(const char *at)
{
	struct nolist_stats *s = calloc(libbpf_num_possible_cpus(), sizeof(*s));
	__u32 zero = 0;

	if (!s || bpf_map_lookup_elem(stats_fd, &zero, s))
		die("stats");
	s->verified_lost++;
	s->verified_lost_ns = number_ns(&at);
	if (bpf_map_update_elem(stats_fd, &zero, s, BPF_ANY))
		die("stats");
	free(s);
}

static void verdict(const char *at)
{
	struct nolist_stats *s = calloc(libbpf_num_possible_cpus(), sizeof(*s));
	__u64 which = number(&at) % NOLIST_VERDICT_SLOTS;
	__u32 zero = 0;

	if (!s || bpf_map_lookup_elem(stats_fd, &zero, s))
		die("stats");
	s->verdict[which] += number(&at);
	if (bpf_map_update_elem(stats_fd, &zero, s, BPF_ANY))
		die("stats");
	free(s);
}

static void real(int family, const char *at)
{
	struct nolist_stats *s = calloc(libbpf_num_possible_cpus(), sizeof(*s));
	__u32 zero = 0, n = number_hour(&at);
	struct nolist_real *h;

	if (!s || bpf_map_lookup_elem(stats_fd, &zero, s))
		die("stats");
	h = &s->real[family][n % NOLIST_HOURS];
	h->hour = n;
	h->opens = number(&at);
	h->data = number(&at);
	if (bpf_map_update_elem(stats_fd, &zero, s, BPF_ANY))
		die("stats");
	free(s);
}

static struct nolist_source made_up(unsigned int i, bool is_ip6)
{
	struct nolist_source src = {};

	if (is_ip6) {
		src.addr.w[0] = htonl(0x2a000000 + (i >> 16));
		src.addr.w[1] = htonl(i << 16);
	} else {
		src.addr.w[2] = htonl(0xffff);
		src.addr.w[3] = htonl(0x64800000u + i);
	}
	return src;
}

static void many(unsigned int first, unsigned int n, unsigned int later_s, bool is_verified)
{
	struct nolist_source *src = calloc(BATCH, sizeof(*src));
	struct nolist_contacts *c = calloc(BATCH, sizeof(*c));
	struct nolist_verified *p = calloc(BATCH, sizeof(*p));
	__u64 from = since_boot(3600), to = since_boot(9000 + later_s);
	unsigned int i, k, size;

	if (!src || !c || !p)
		die("memory");
	for (i = 0; i < 2 * n; i += size) {
		for (size = 0; size < BATCH && i + size < 2 * n; size++) {
			k = i + size;
			src[size] = made_up(first + k / 2, k & 1);
			c[size].high = (struct nolist_contact){ from, to, 2, 0 };
			p[size].high_first_ns = from;
			p[size].high_last_ns = to;
			p[size].hours = 2;
			hour_of(&p[size], first_hour + 2)->n[NOLIST_EVENT_TEMPFAILED] = 1;
			hour_of(&p[size], first_hour + 3)->n[NOLIST_EVENT_TEMPFAILED] = 1;
		}
		k = size;
		if (bpf_map_update_batch(contacts_fd, src, c, &k, NULL) || k != size)
			die("contacts");
		if (is_verified &&
		    (bpf_map_update_batch(verified_fd, src, p, &k, NULL) || k != size))
			die("verified evidence");
	}
	free(src);
	free(c);
	free(p);
}

static unsigned int drawn = 7;

static unsigned int draw(unsigned int below)
{
	drawn = drawn * 1664525 + 1013904223;
	return (drawn >> 8) % below;
}

/* Of 20.0.0.0 to 99.255.255.255, or of 2a00::/12. */
static struct nolist_source spread(unsigned int i, unsigned int n, bool is_ip6)
{
	char text[64];
	struct nolist_addr addr;
	__u32 ip4 = 0x14000000 + i * (0x50000000 / n) + draw(0x50000000 / n);
	__u64 ip6 = 0x2a00000000000000 + i * ((1ull << 52) / n) + draw(1 << 24);

	if (is_ip6)
		snprintf(text, sizeof(text), "%x:%x:%x:%x::", (int)(ip6 >> 48), (int)(ip6 >> 32 & 0xffff),
			 (int)(ip6 >> 16 & 0xffff), (int)(ip6 & 0xffff));
	else
		snprintf(text, sizeof(text), "%d.%d.%d.%d", ip4 >> 24, ip4 >> 16 & 255, ip4 >> 8 & 255, ip4 & 255);
	if (addr_parse(text, &addr))
		die(text);
	return addr_source(&addr);
}

/* Bad hours of the first 90. */
static void vary(struct nolist_contacts *c, struct nolist_verified *p)
{
	unsigned int hour = 2 + draw(40), i;
	__u64 from = since_boot(hour * 3600 + draw(3600)), to = from;

	p->hours = 2 + draw(3);
	for (i = 0; i < p->hours; i++) {
		hour_of(p, first_hour + hour)->n[NOLIST_EVENT_TEMPFAILED] = 1 + draw(4);
		to = since_boot(hour * 3600 + 3000 + draw(600));
		hour += 1 + draw(NOLIST_HOURS / 4);
	}
	c->high = (struct nolist_contact){ from, to, 2 + draw(30), 0 };
	p->high_first_ns = from;
	p->high_last_ns = to;
}

static void varied(unsigned int n)
{
	struct nolist_contacts c;
	struct nolist_verified p;
	struct nolist_source src;
	unsigned int i;

	for (i = 0; i < 2 * n; i++) {
		c = (struct nolist_contacts){};
		p = (struct nolist_verified){};
		src = spread(i / 2, n, i & 1);
		vary(&c, &p);
		if (bpf_map_update_elem(contacts_fd, &src, &c, BPF_ANY) ||
		    bpf_map_update_elem(verified_fd, &src, &p, BPF_ANY))
			die("verified evidence");
	}
}

static int open_map(const char *dir, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		die(path);
	return fd;
}

/* From now on the interface with this index counts as one whose checksums are always whole. */
static void whole(int ifindex)
{
	struct nolist_config *c = malloc(sizeof(*c));
	int fd = open_map(dir, "nolist_config");
	__u32 zero = 0;

	if (!c || bpf_map_lookup_elem(fd, &zero, c))
		die("nolist_config");
	c->partial[c->partials++] = ifindex | NOLIST_WHOLE;
	if (bpf_map_update_elem(fd, &zero, c, BPF_ANY))
		die("nolist_config");
	free(c);
	close(fd);
}

static void line(char *text)
{
	struct nolist_contacts c = {};
	struct nolist_verified p = {};
	struct nolist_source src;
	struct nolist_addr addr;
	bool is_unverified = false, is_verified = false;
	char *rest, *word = strtok_r(text, " \t\n", &rest);

	if (!word || *word == '#')
		return;
	if (!strncmp(word, "lost=", 5)) {
		lose(word + 5);
		return;
	}
	if (!strncmp(word, "verdict=", 8)) {
		verdict(word + 8);
		return;
	}
	if (!strncmp(word, "hour4=", 6) || !strncmp(word, "hour6=", 6)) {
		real(word[4] == '6', word + 6);
		return;
	}
	if (!strncmp(word, "whole=", 6)) {
		whole(atoi(word + 6));
		return;
	}
	if (!strncmp(word, "many=", 5)) {
		many(0, atoi(word + 5), 0, true);
		return;
	}
	if (!strncmp(word, "varied=", 7)) {
		varied(atoi(word + 7));
		return;
	}
	if (!strncmp(word, "later=", 6)) {
		const char *at = word + 6;
		unsigned int n = number(&at);

		many(0, n, *at ? number(&at) : 60, true);
		return;
	}
	if (!strncmp(word, "contacts=", 9)) {
		const char *at = word + 9;
		unsigned int n = number(&at);

		many(number(&at), n, 0, false);
		return;
	}
	if (addr_parse(word, &addr))
		die(word);
	src = addr_source(&addr);
	while ((word = strtok_r(NULL, " \t\n", &rest))) {
		if (take(&c, &p, word))
			is_verified = true;
		else
			is_unverified = true;
	}
	if (is_unverified && bpf_map_update_elem(contacts_fd, &src, &c, BPF_ANY))
		die("contacts");
	if (is_verified && bpf_map_update_elem(verified_fd, &src, &p, BPF_ANY))
		die("verified evidence");
}

int main(int argc, char **argv)
{
	long long offset = kern_clock_offset();
	const char *first = getenv("INJECT_FROM");
	char *text = NULL;
	size_t capacity = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: inject DIR | --boot\n");
		return 2;
	}
	first_hour = first ? atoi(first) : 0;
	if (!strcmp(argv[1], "--boot")) {
		printf("%lld\n", offset / (long long)NS + first_hour * 3600ll);
		return 0;
	}
	contacts_fd = open_map(argv[1], NOLIST_MAP_CONTACTS);
	verified_fd = open_map(argv[1], NOLIST_MAP_VERIFIED);
	stats_fd = open_map(argv[1], NOLIST_MAP_STATS);
	dir = argv[1];
	while (getline(&text, &capacity, stdin) >= 0)
		line(text);
	free(text);
	return 0;
}
