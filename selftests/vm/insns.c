// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a BPF object file and prints, for each of its programs, how many instructions
 * this machine's verifier walked through, and how many bytes of stack the longest chain of
 * its functions takes:
 *
 *	vm/insns FILE...	-> "PROGRAM INSNS STACK" a line, or why it was refused
 *
 * Each frame is rounded up as Linux 6.1 does it; later kernels round up to less.
 * Nothing is attached and nothing is left behind. Exits 1 when any was refused.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

/* BPF_LOG_STATS: the count alone, without the walk that led to it. */
#define LOG_STATS 4
#define PROGS 8
#define FUNCTIONS 256
#define FRAME_STEP 32 /* bytes */

static char refusal[1 << 16];
static char logs[PROGS][1 << 16];

/* libbpf repeats a refused program's log here; keep it to be printed once. */
static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(refusal);

	if (level > LIBBPF_INFO)
		return 0;
	return vsnprintf(refusal + used, sizeof(refusal) - used, format, args);
}

/* --- stack --------------------------------------------------------------- */

/* A program's functions: where they begin, in order, and the size of their frames. */
struct functions {
	const struct bpf_insn *insn;
	size_t insns;
	size_t start[FUNCTIONS + 1];
	long frame[FUNCTIONS];
	int n;
};

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static int compare(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

static int function_at(const struct functions *f, size_t start)
{
	const size_t *at = bsearch(&start, f->start, f->n, sizeof(start), compare);

	return at ? at - f->start : -1;
}

/* False: more of them than fit. */
static bool find_functions(struct functions *f)
{
	size_t i;
	int to;

	f->n = 1;
	f->start[0] = 0;
	for (i = 0; i < f->insns; i++) {
		if (!is_call(&f->insn[i]) || function_at(f, i + 1 + f->insn[i].imm) >= 0)
			continue;
		if (f->n == FUNCTIONS)
			return false;
		f->start[f->n++] = i + 1 + f->insn[i].imm;
		qsort(f->start, f->n, sizeof(*f->start), compare);
	}
	f->start[f->n] = f->insns;
	for (to = 0; to < f->n; to++)
		f->frame[to] = 0;
	return true;
}

/* "stack depth 8+208+0": a frame for each function, in order. */
static bool read_frames(struct functions *f, const char *log)
{
	static const char words[] = "stack depth ";
	char *at = strstr(log, words);
	int i;

	if (!at)
		return false;
	at += sizeof(words) - 1;
	for (i = 0; i < f->n; i++) {
		f->frame[i] = strtol(at, &at, 10);
		if (*at != (i < f->n - 1 ? '+' : '\n'))
			return false;
		at++;
	}
	return true;
}

/* Of the longest chain from this function on; the verifier has refused circles. */
static long chain(const struct functions *f, int which)
{
	long frame = f->frame[which], longest = 0, below;
	size_t i;

	for (i = f->start[which]; i < f->start[which + 1]; i++) {
		if (!is_call(&f->insn[i]))
			continue;
		below = chain(f, function_at(f, i + 1 + f->insn[i].imm));
		longest = below > longest ? below : longest;
	}
	if (frame < 1)
		frame = 1;
	return longest + (frame + FRAME_STEP - 1) / FRAME_STEP * FRAME_STEP;
}

/* -1: unknown. */
static long stack(const struct bpf_program *prog, const char *log)
{
	static struct functions f;

	f.insn = bpf_program__insns(prog);
	f.insns = bpf_program__insn_cnt(prog);
	return find_functions(&f) && read_frames(&f, log) ? chain(&f, 0) : -1;
}

/* --- instructions -------------------------------------------------------- */

static void print_program(const char *path, const struct bpf_program *prog, const char *log,
			  int error)
{
	const char *line = strstr(log, "processed ");

	if (error)
		printf("%s: %s refused: %s\n%s", path, bpf_program__name(prog), strerror(-error),
		       log);
	else
		printf("%s %ld %ld\n", bpf_program__name(prog),
		       line ? strtol(line + strlen("processed "), NULL, 10) : -1L,
		       stack(prog, log));
}

static int count(const char *path)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int error, i = 0;

	memset(logs, 0, sizeof(logs));
	refusal[0] = '\0';
	obj = bpf_object__open_file(path, NULL);
	if (!obj) {
		printf("%s: cannot open: %s\n", path, strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_autoload(prog, true); /* also what only a loader asks for */
		bpf_program__set_log_level(prog, LOG_STATS);
		bpf_program__set_log_buf(prog, logs[i % PROGS], sizeof(logs[0]));
		i++;
	}
	error = bpf_object__load(obj);
	i = 0;
	bpf_object__for_each_program(prog, obj)
		print_program(path, prog, logs[i++ % PROGS], error);
	if (error)
		fputs(refusal, stdout);
	bpf_object__close(obj);
	return error != 0;
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
