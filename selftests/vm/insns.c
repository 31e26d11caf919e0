// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a BPF object file and prints, for each of its programs, how many
 * instructions this machine's verifier walked through:
 *
 *	vm/insns FILE...	-> "PROGRAM INSNS" a line, or why it was refused
 *
 * Nothing is attached and nothing is left behind. Exits 1 when any was refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

/* BPF_LOG_STATS: the count alone, without the walk that led to it. */
#define LOG_STATS 4

static char refusal[1 << 16];

/* libbpf repeats a refused program's log here; keep it to be printed once. */
static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(refusal);

	if (level > LIBBPF_INFO)
		return 0;
	return vsnprintf(refusal + used, sizeof(refusal) - used, format, args);
}

static int count(const char *path)
{
	static char logs[8][1 << 16];
	struct bpf_program *prog;
	struct bpf_object *obj;
	int err, i = 0;

	memset(logs, 0, sizeof(logs));
	refusal[0] = '\0';
	obj = bpf_object__open_file(path, NULL);
	if (!obj) {
		printf("%s: cannot open: %s\n", path, strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_log_level(prog, LOG_STATS);
		bpf_program__set_log_buf(prog, logs[i % 8], sizeof(logs[0]));
		i++;
	}
	err = bpf_object__load(obj);
	i = 0;
	bpf_object__for_each_program(prog, obj) {
		const char *line = strstr(logs[i % 8], "processed ");

		if (err)
			printf("%s: %s refused: %s\n%s", path, bpf_program__name(prog),
			       strerror(-err), logs[i % 8]);
		else
			printf("%s %ld\n", bpf_program__name(prog),
			       line ? strtol(line + strlen("processed "), NULL, 10) : -1L);
		i++;
	}
	if (err)
		fputs(refusal, stdout);
	bpf_object__close(obj);
	return err != 0;
}

int main(int argc, char **argv)
{
	int refused = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: vm/insns FILE...\n");
		return 2;
	}
	libbpf_set_print(keep);
	for (int i = 1; i < argc; i++)
		refused |= count(argv[i]);
	return refused;
}
