// SPDX-License-Identifier: GPL-2.0-only
/*
 * The never-list and allow files: which sources can be listed and which cannot. A prefix set
 * is compared with a plain walk over all its entries, for random sets.
 */
#include "selftests/lib/tap.h"
#include "user/confined/lines.h"
#include "user/judge/neverlist.h"

static struct prefix_set *set_new(void)
{
	struct prefix_set *n;

	if (prefix_set_new(&n))
		tap_die("prefix_set_new");
	return n;
}

static struct nolist_source source(const char *text)
{
	struct nolist_addr a = {};

	if (addr_parse(text, &a))
		tap_die(text);
	return addr_source(&a);
}

static const struct prefix_entry *find(const struct prefix_set *n, const char *text)
{
	struct nolist_source src = source(text);

	return prefix_set_find(n, &src);
}

static const struct {
	const char *addr;
	bool is_never;
} rows[] = {
	{ "0.1.2.3", true },
	{ "9.255.255.255", false },
	{ "10.0.0.0", true },
	{ "10.255.255.255", true },
	{ "11.0.0.0", false },
	{ "100.63.255.255", false },
	{ "100.64.0.1", true },
	{ "100.127.255.255", true },
	{ "100.128.0.0", false },
	{ "127.0.0.1", true },
	{ "169.254.1.1", true },
	{ "172.15.255.255", false },
	{ "172.16.0.1", true },
	{ "172.32.0.0", false },
	{ "192.0.0.8", true },
	{ "192.0.2.1", true },
	{ "192.168.255.255", true },
	{ "192.169.0.0", false },
	{ "198.17.255.255", false },
	{ "198.19.255.255", true },
	{ "198.51.100.255", true },
	{ "198.51.101.0", false },
	{ "203.0.113.0", true },
	{ "223.255.255.255", false },
	{ "224.0.0.1", true },
	{ "255.255.255.255", true },
	{ "8.8.8.8", false },
	{ "::", true },
	{ "::1", true },
	{ "64:ff9b::102:304", true },
	{ "100::1", true },
	{ "2001:0:1::1", true },
	{ "2001:1::1", false },
	{ "2001:2::1", true },
	{ "2001:db8::1", true },
	{ "2001:db9::1", false },
	{ "2002:c000:201::1", true },
	{ "2003::1", false },
	{ "2a00:1450::1", false },
	{ "3fff:fff::1", true },
	{ "fd00::1", true },
	{ "fe80::1", true },
	{ "ff02::1", true },
};

static void test_builtin(void)
{
	struct prefix_set *n = set_new();
	const struct prefix_entry *e;
	size_t i;

	if (neverlist_add_special_use(n) || prefix_set_sort(n))
		tap_die("neverlist_add_special_use");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = find(n, rows[i].addr);
		tap_ok(!e == !rows[i].is_never, "%s %s", rows[i].addr,
		       rows[i].is_never ? "is on the never-list" : "is not");
	}
	prefix_set_free(n);
}

/* Is it in what prefix_set_each() hands out? */
struct among {
	struct nolist_addr addr;
	bool is_there;
	size_t entries;
};

static int is_among(const struct prefix_entry *e, void *arg)
{
	struct among *a = arg;

	a->entries++;
	a->is_there |= prefix_has(&e->prefix, &a->addr);
	return 0;
}

static bool is_handed_out(const struct prefix_set *n, const char *text)
{
	struct among a = {};
	struct prefix p;

	prefix_parse(text, &p);
	a.addr = p.addr;
	prefix_set_each(n, is_among, &a);
	return a.is_there;
}

static void test_except(void)
{
	struct prefix_set *n = set_new();
	struct prefix p;
	const char *refused[] = { "127.0.0.0/8", "0.0.0.0/0",     "192.0.0.0/16", "fe80::/10",
				  "8.8.8.8",     "100.64.0.0/10", "2000::/3",     "::/0" };
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		prefix_parse(refused[i], &p);
		tap_ok(neverlist_except(n, &p) == -EINVAL, "%s is no lab's", refused[i]);
	}
	neverlist_add_special_use(n);
	prefix_parse("198.51.100.9", &p);
	prefix_set_add(n, &p, "own");
	prefix_parse("2001:db8:1:2::9", &p);
	prefix_set_add(n, &p, "own");
	prefix_parse("198.51.100.0/25", &p);
	tap_ok(!neverlist_except(n, &p), "half of a documentation network is a lab's");
	prefix_parse("2001:db8::/32", &p);
	tap_ok(!neverlist_except(n, &p), "and so is all of one");
	prefix_set_sort(n);
	tap_ok(!find(n, "198.51.100.1"), "it is out of the list");
	tap_ok(!!find(n, "198.51.100.128"), "the other half is not");
	tap_ok(!!find(n, "203.0.113.1"), "nor is another network");
	tap_ok(!!find(n, "198.51.100.9"), "nor what was added: an address of our own");
	tap_ok(!find(n, "2001:db8:1:3::1"), "a /64 is out of the list");
	tap_ok(!!find(n, "2001:db8:1:2::1"), "but not one in which an address of our own is");
	tap_ok(!is_handed_out(n, "198.51.100.1") && !is_handed_out(n, "198.51.100.127") &&
		       !is_handed_out(n, "2001:db8:1:3::1"),
	       "who is handed all entries does not get it either");
	tap_ok(is_handed_out(n, "198.51.100.9") && is_handed_out(n, "198.51.100.128") &&
		       is_handed_out(n, "198.51.100.255") && is_handed_out(n, "2001:db8:1:2::9") &&
		       is_handed_out(n, "127.0.0.1"),
	       "but all else");
	prefix_set_free(n);
}

static char path[] = "/tmp/unit_never.XXXXXX";

/* The wrong lines of a file with this text; the set is kept in *np. */
static struct lines_bad read_text(struct prefix_set **np, const char *text, size_t size)
{
	FILE *f = fopen(path, "w");
	struct lines_bad bad;
	char *got;
	size_t got_size;

	if (!f || fwrite(text, 1, size, f) != size || fclose(f) ||
	    lines_read(path, 1 << 20, &got, &got_size) || got_size != size)
		tap_die(path);
	*np = set_new();
	if (confined_prefixes(*np, path, got, got_size, &bad))
		tap_die(path);
	free(got);
	prefix_set_sort(*np);
	return bad;
}

static void test_file_good(void)
{
	static const char text[] = "# our friends\n192.0.2.7\n\n  198.51.100.0/24 # all of them\t\n"
				   "\t2001:db8:1:2::5\r\n2001:db8:2::/48";
	const struct prefix_entry *e;
	struct prefix_set *n;

	tap_ok(!read_text(&n, text, sizeof(text) - 1).count, "a file is read");
	e = find(n, "198.51.100.200");
	tap_ok(e && e->line == 4 && !strcmp(e->why, path), "an entry knows its file and line");
	tap_ok(!!find(n, "192.0.2.7") && !find(n, "192.0.2.8"), "an address is one");
	tap_ok(!!find(n, "2001:db8:1:2::99") && !find(n, "2001:db8:1:3::"),
	       "an IPv6 address stands for its /64");
	tap_ok(!!find(n, "2001:db8:2:3::"), "the last line needs no end");
	prefix_set_free(n);
}

static const struct {
	const char *name, *text;
	unsigned int line;
} bad[] = {
	{ "a word", "192.0.2.1\nfriend.example\n", 2 },
	{ "host bits", "192.0.2.1/24\n", 1 },
	{ "too long a prefix", "\n\n192.0.2.0/33\n", 3 },
	{ "two addresses on a line", "192.0.2.1 192.0.2.2\n", 1 },
	{ "a minus", "-192.0.2.1\n", 1 },
	{ "half an address", "192.0.2\n", 1 },
	{ "a range", "192.0.2.1-192.0.2.9", 1 },
	{ "terminal codes", "192.0.2.1\n\x1b[2J\n", 2 },
};

static void test_file_bad(void)
{
	struct prefix_set *n;
	struct lines_bad got;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		got = read_text(&n, bad[i].text, strlen(bad[i].text));
		tap_ok(got.count == 1 && got.first == bad[i].line,
		       "%s is wrong, and its line reported", bad[i].name);
		prefix_set_free(n);
	}
	got = read_text(&n, "192.0.2.1\0/24\nx\n192.0.2.2\n", 26);
	tap_ok(got.count == 2 && got.first == 1, "so is a zero byte, and each line is counted");
	tap_ok(!find(n, "192.0.2.1") && !!find(n, "192.0.2.2"), "the good lines are taken");
	prefix_set_free(n);
	tap_ok(!read_text(&n, "", 0).count, "an empty file is good");
	prefix_set_free(n);
}

static int count_line(char *line, unsigned int number, void *arg)
{
	(void)number;
	*(int *)arg += strlen(line);
	return 0;
}

/* A file that cannot be read to its end is no shorter one. */
static void test_lines(void)
{
	static char text[2 * LINES_LINE_MAX + 16];
	struct lines_bad got;
	char *all = text;
	size_t size;
	int letters = 0;

	tap_ok(lines_read("/nonexistent/allow", 99, &all, &size) == -ENOENT && !all,
	       "a missing file is an error");
	tap_ok(lines_read("/tmp", 99, &all, &size) == -EISDIR && !all, "so is a directory");
	tap_ok(lines_read("/dev/zero", 1 << 20, &all, &size) == -EFBIG && !all,
	       "so is a file without an end");
	memset(text, 'a', sizeof(text));
	text[LINES_LINE_MAX] = '\n';
	text[sizeof(text) - 4] = '\n';
	tap_ok(!lines_each(text, sizeof(text), count_line, &letters, &got) && got.count == 1 &&
		       got.first == 2 && letters == LINES_LINE_MAX + 3,
	       "a line that is too long is wrong, and only that");
}

/* This host's own surroundings, whatever they are. */
static void test_host(void)
{
	struct prefix_set *n = set_new();

	tap_ok(!neverlist_add_host(n), "addresses, routes and resolvers are read");
	prefix_set_sort(n);
	tap_ok(!!find(n, "127.0.0.1"), "an address of this host is found");
	prefix_set_free(n);
}

#define SETS 200
#define ENTRIES 60

static void random_prefix(struct prefix *p)
{
	static const char *const base[] = { "192.0.2.0", "2001:db8::" };
	bool is_ip6 = random() & 1;
	unsigned int i;

	addr_parse(base[is_ip6], &p->addr);
	/* Few bits vary, so that prefixes nest and touch. */
	if (is_ip6) {
		p->addr.b[7] = random() & 7;
		p->addr.b[15] = random() & 3;
		p->len = random() & 1 ? 128 : 60 + random() % 6;
	} else {
		p->addr.b[15] = random() & 63;
		p->len = 120 + random() % 9;
	}
	for (i = p->len; i < 128; i++)
		p->addr.b[i / 8] &= ~(0x80 >> i % 8);
}

static void test_random(void)
{
	struct prefix p[ENTRIES], got, want;
	int set, i, k, wrong = 0, hits = 0;
	struct nolist_source src;
	struct prefix_set *n;

	srandom(1);
	for (set = 0; set < SETS; set++) {
		int entries = 1 + random() % ENTRIES / (1 + set % 10);

		n = set_new();
		for (i = 0; i < entries; i++) {
			random_prefix(&p[i]);
			prefix_set_add(n, &p[i], "");
		}
		prefix_set_sort(n);
		for (k = 0; k < 100; k++) {
			bool is_in = false;

			random_prefix(&got);
			src = addr_source(&got.addr);
			want = source_prefix(&src);
			for (i = 0; i < entries; i++)
				is_in |= prefix_has(&p[i], &want.addr) ||
					 prefix_has(&want, &p[i].addr);
			wrong += is_in != !!prefix_set_find(n, &src);
			hits += is_in;
		}
		prefix_set_free(n);
	}
	tap_ok(!wrong, "the search finds what a plain walk finds");
	tap_ok(hits > 1000 && hits < SETS * 100 - 1000, "both answers occur (%d hits)", hits);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		tap_die(path);
	close(fd);
	test_builtin();
	test_except();
	test_file_good();
	test_file_bad();
	test_lines();
	test_host();
	test_random();
	unlink(path);
	return tap_done();
}
