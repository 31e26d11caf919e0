// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a file of origins for the tool, which starts it with a socket as standard input: nobody else
 * has a use for it. It gives up all rights before it looks at the file.
 */
#define _GNU_SOURCE /* close_range() */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/lines.h"
#include "user/confined/program.h"
#include "user/locate/locate.h"
#include "user/origin/protocol.h"

#define MEMORY (4ull << 30) /* addresses, of which most are those of the file */

struct job {
	struct libloc *libloc; /* NULL: it was a text */
	struct entries entries;
	bool has_entries;
};

/* --- bytes ------------------------------------------------------------------------------------ */

/* Ends the program when the tool has ended. */
static void hear(void *bytes, size_t size)
{
	char *at = bytes;
	ssize_t n;

	for (; size; at += n, size -= n) {
		n = read(STDIN_FILENO, at, size);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			exit(0);
	}
}

static char out[65536];
static size_t used;

static void flush(void)
{
	size_t at = 0;
	ssize_t n;

	while (at < used) {
		n = send(STDIN_FILENO, out + at, used - at, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			exit(0);
		at += n > 0 ? n : 0;
	}
	used = 0;
}

static void tell(const void *bytes, size_t size)
{
	if (used + size > sizeof(out))
		flush();
	memcpy(out + used, bytes, size);
	used += size;
}

/* --- the file --------------------------------------------------------------------------------- */

static int read_text(struct job *j, const char *file, unsigned int *line)
{
	char *text;
	size_t size;
	int error = lines_read(file, LINES_FILE_MAX, &text, &size);

	if (!error)
		error = csv_read(&j->entries, text, size, line);
	free(text);
	entries_sort(&j->entries);
	j->has_entries = true;
	return error;
}

static void read_file(struct job *j, const char *file, struct origin_hello *hello)
{
	FILE *f = fopen(file, "re");
	struct stat st;

	if (!f || fstat(fileno(f), &st)) {
		hello->error = -errno;
	} else if (libloc_is(f)) {
		hello->error = libloc_open(&j->libloc, f);
		hello->made = hello->error ? 0 : libloc_made(j->libloc);
		return;
	} else {
		hello->error = read_text(j, file, &hello->line);
		hello->made = st.st_mtime;
	}
	if (f)
		fclose(f);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void find(struct job *j, size_t n)
{
	static struct nolist_source src[ORIGIN_SOURCES];
	struct origin o;
	size_t i;

	hear(src, n * sizeof(*src));
	for (i = 0; i < n; i++) {
		if (!j->libloc)
			entries_find(&j->entries, &src[i], &o);
		else if (libloc_find(j->libloc, &src[i], &o))
			exit(1);
		tell(&o, sizeof(o));
	}
}

static int tell_network(const struct prefix *network, void *arg)
{
	(void)arg;
	tell(network, sizeof(*network));
	return 0;
}

static void networks(struct job *j, size_t n)
{
	static struct origin_key key[ORIGIN_KEYS];
	const struct prefix end = { .len = ORIGIN_END };

	hear(key, n * sizeof(*key));
	if (!j->has_entries) {
		if (libloc_entries(j->libloc, &j->entries))
			exit(1);
		entries_sort(&j->entries);
		j->has_entries = true;
	}
	if (entries_networks(&j->entries, key, n, tell_network, NULL))
		exit(1);
	tell(&end, sizeof(end));
}

static _Noreturn void answer(struct job *j)
{
	struct origin_request r;

	for (;;) {
		hear(&r, sizeof(r));
		if (r.what == ORIGIN_FIND && r.n <= ORIGIN_SOURCES)
			find(j, r.n);
		else if (r.what == ORIGIN_NETWORKS && r.n <= ORIGIN_KEYS)
			networks(j, r.n);
		else
			exit(1);
		flush();
	}
}

int main(int argc, char **argv)
{
	const struct rlimit memory = { MEMORY, MEMORY };
	struct origin_hello hello = {};
	struct job j = {};

	if (argc != 2 || close_range(STDERR_FILENO + 1, ~0U, 0)) {
		fprintf(stderr, "%s: is for nolist-xdp, which starts it\n", argv[0]);
		return 2;
	}
	setrlimit(RLIMIT_AS, &memory);
	hello.error = program_confine(PROGRAM_READS);
	if (!hello.error)
		read_file(&j, argv[1], &hello);
	tell(&hello, sizeof(hello));
	flush();
	if (hello.error)
		return 1;
	answer(&j);
}
