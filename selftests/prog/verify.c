// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much work the kernel's verifier has with each program. It gives up at a
 * million instructions; a quarter of that leaves room for the next compiler or
 * kernel to walk the same code less cleverly.
 */
#define _GNU_SOURCE /* memmem() */

#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "bpf/abi.h"
#include "selftests/lib/tap.h"

#define INSNS_MAX 250000
#define LOG_STATS 4 /* BPF_LOG_STATS of the kernel's bpf_verifier.h */

static char verifier_log[1 << 20];

/* The compiler's name is in the debug information's strings, which are not parsed here. */
static void tell_machine(const char *path)
{
	struct utsname u;
	struct stat st;
	FILE *f = fopen(path, "r");
	char *text = NULL, *at;

	if (uname(&u) || !f || fstat(fileno(f), &st) || !(text = malloc(st.st_size + 1)) ||
	    fread(text, 1, st.st_size, f) != (size_t)st.st_size)
		tap_die(path);
	text[st.st_size] = 0;
	at = memmem(text, st.st_size, "clang version ", 14);
	tap_diag("kernel %s %s, object by %.100s", u.release, u.machine,
		 at ? at : "an unknown compiler");
	free(text);
	fclose(f);
}

/* "processed N insns (limit 1000000) ..." */
static unsigned long processed(const char *log)
{
	const char *at, *last = NULL;

	for (at = log; (at = strstr(at, "processed ")); at++)
		last = at;
	return last ? strtoul(last + 10, NULL, 10) : 0;
}

static void check_program(struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);
	unsigned long n = processed(verifier_log);
	const char *at = strstr(verifier_log, "processed ");

	if (at)
		tap_diag("%.*s", (int)strcspn(at, "\n"), at);
	tap_ok(n && n <= INSNS_MAX, "%s: %zu instructions, %lu processed, at most %d", name,
	       bpf_program__insn_cnt(prog), n, INSNS_MAX);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : tap_build("nolist.bpf.o");
	struct bpf_program *prog, *other;
	struct bpf_object *object;
	struct bpf_map *m;

	tap_need_root();
	libbpf_set_print(NULL);
	tell_machine(path);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		tap_die(path);
	bpf_object__for_each_program(prog, object) {
		const char *name = bpf_program__name(prog);
		struct bpf_object *one = bpf_object__open_file(path, NULL);

		if (!one)
			tap_die(path);
		bpf_object__for_each_program(other, one) {
			int is_it = !strcmp(bpf_program__name(other), name);

			bpf_program__set_autoload(other, is_it);
			if (!is_it)
				continue;
			bpf_program__set_log_level(other, LOG_STATS);
			bpf_program__set_log_buf(other, verifier_log, sizeof(verifier_log));
		}
		bpf_object__for_each_map(m, one)
			if (bpf_map__type(m) == BPF_MAP_TYPE_LRU_HASH)
				bpf_map__set_max_entries(m, 1024); /* nothing is sent */
		*verifier_log = 0;
		if (bpf_object__load(one))
			tap_ok(0, "%s: the kernel refuses it", name);
		else
			check_program(bpf_object__find_program_by_name(one, name));
		bpf_object__close(one);
	}
	bpf_object__close(object);
	return tap_done();
}
