// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reads text of others has no capability, no descriptor, and no system call to do harm
 * with: it is killed at the first. A program that talks to strangers has little more. Why it matters: a fault in a parser of logs, of other
 * people's DNS or of firewalls would else be root's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "selftests/lib/tap.h"
#include "user/base/failure.h"
#include "user/confined/confined.h"
#include "user/confined/lines.h"
#include "user/confined/program.h"

/* --- what it has ------------------------------------------------------------------- */

/* Waits until its input ends. */
static int wait_there(FILE *to, void *arg)
{
	char byte;

	fwrite("!", 1, 1, to);
	fflush(to);
	return read(*(int *)arg, &byte, 1) ? -EIO : 0;
}

static void status_of(pid_t pid, const char *key, char value[64])
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	*value = '\0';
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			sscanf(line + strlen(key) + 1, "%63s", value);
	if (f)
		fclose(f);
}

static int descriptors_of(pid_t pid)
{
	char path[64];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2; /* . and .. */
}

static void test_rights(void)
{
	static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	int in[2], other = open("/dev/null", O_RDONLY);
	struct confined c;
	char value[64], mark;
	size_t i;

	if (pipe(in) || other < 0 || confined_start(&c, in[0], wait_there, &in[0]))
		tap_die("confined_start");
	if (!confined_read(&c, &mark, 1))
		tap_die("confined_read");
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		status_of(c.pid, none[i], value);
		tap_ok(!strcmp(value, "0000000000000000"), "%s is empty", none[i]);
	}
	status_of(c.pid, "NoNewPrivs", value);
	tap_ok(!strcmp(value, "1"), "nor can a program that it runs get any");
	status_of(c.pid, "Seccomp", value);
	tap_ok(!strcmp(value, "2"), "its system calls are filtered");
	tap_ok(descriptors_of(c.pid) == 3 || geteuid(), "it has its input, its output and the log open: %d",
	       descriptors_of(c.pid));
	close(in[1]);
	tap_ok(!confined_end(&c), "and ends well");
	close(in[0]);
	close(other);
}

/* --- what it may ------------------------------------------------------------------ */

static long no_open(void) { return open("/etc/passwd", O_RDONLY); }
static long no_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long no_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static long no_exec(void) { return execl("/bin/true", "true", (char *)NULL); }
static long no_fork(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static long no_kill(void) { return kill(getppid(), 0); }
static long no_signal(void) { return syscall(SYS_kill, 1, 0); }
static long no_trace(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0); }
static long no_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0); }
static long no_user(void) { return syscall(SYS_setuid, 0); }
static long no_unlink(void) { return unlink("/nowhere/at/all"); }
static long no_mount(void) { return syscall(SYS_mount, "", "", "", 0, ""); }
static long no_space(void) { return unshare(CLONE_NEWUSER); }
static long no_ioctl(void) { return syscall(SYS_ioctl, 2, 0, 0); }
static long no_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}
static long no_more_code(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long no_write(void) { return open("/dev/null", O_RDWR); }
static long no_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static void *no_work(void *arg) { return arg; }
static long thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, no_work, NULL) || pthread_join(t, NULL) ? -1 : 0;
}

static const struct {
	const char *what;
	long (*fn)(void);
} forbidden[] = {
	{ "open a file", no_open },        { "speak to the network", no_socket },
	{ "speak to a service", no_unix }, { "run a program", no_exec },
	{ "fork", no_fork },               { "ask who started it", no_kill },
	{ "send a signal", no_signal },    { "trace", no_trace },
	{ "reach BPF", no_bpf },           { "change its user", no_user },
	{ "remove a file", no_unlink },    { "mount", no_mount },
	{ "have namespaces", no_space },   { "control a device", no_ioctl },
	{ "map code", no_code },           { "make code of data", no_more_code },
};

static int try(FILE *to, void *arg)
{
	long (*const *fn)(void) = arg;

	(*fn)();
	fwrite("!", 1, 1, to);
	return 0;
}

static void test_calls(void)
{
	struct confined c;
	char mark;
	size_t i;
	int is_there, error;

	for (i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++) {
		if (confined_start(&c, -1, try, (void *)&forbidden[i].fn))
			tap_die("confined_start");
		is_there = confined_read(&c, &mark, 1);
		error = confined_end(&c);
		tap_ok(!is_there && error == -EPROTO && strstr(failure_of(error)->what, "Bad system call"),
		       "it cannot %s", forbidden[i].what);
	}
}

/* --- what it must be able to do --------------------------------------------------- */

static int work_hard(FILE *to, void *arg)
{
	size_t size = 64 << 20, i;
	char *bytes = malloc(size);
	time_t now = 1790000000;
	struct tm tm;

	(void)arg;
	if (!bytes)
		return -ENOMEM;
	memset(bytes, 'x', size);
	bytes = realloc(bytes, 2 * size);
	for (i = 0; i < 1000; i++)
		fwrite(bytes, 1024, 1, to);
	free(bytes);
	localtime_r(&now, &tm);
	return mktime(&tm) == now && strftime(bytes = malloc(64), 64, "%c", &tm) ? 0 : -EINVAL;
}

static int fail_there(FILE *to, void *arg)
{
	(void)to;
	(void)arg;
	return -EILSEQ;
}

static void test_work(void)
{
	struct confined c;
	size_t n = 0;
	char kilo[1024];

	if (confined_start(&c, -1, work_hard, NULL))
		tap_die("confined_start");
	while (confined_read(&c, kilo, sizeof(kilo)))
		n++;
	tap_ok(n == 1000 && !confined_end(&c), "it has memory, output and the time zone");
	if (confined_start(&c, -1, fail_there, NULL))
		tap_die("confined_start");
	tap_ok(confined_end(&c) == -EILSEQ, "its failure is told");
	if (confined_start(&c, -1, work_hard, NULL))
		tap_die("confined_start");
	confined_stop(&c);
	tap_ok(!c.pid && waitpid(-1, NULL, WNOHANG) < 0, "none is left when it is not wanted any more");
}

/* --- lines --------------------------------------------------------------------------- */

static unsigned int taken;

static int parse_first(char *line, void *value)
{
	*(int *)value = *line;
	return 0;
}

static int take_all_but_x(const void *value, unsigned int line, void *arg)
{
	(void)line;
	(void)arg;
	taken++;
	return *(const int *)value == 'x' ? -EINVAL : 0;
}

static int die(char *line, void *value)
{
	(void)line;
	(void)value;
	return open("/etc/passwd", O_RDONLY);
}

/* Somebody else's by now: made-up values, without an end. */
static int flood(char *line, void *value)
{
	char bytes[4096];
	int fd;

	memset(bytes, 1, sizeof(bytes));
	for (;; *line = *(char *)value)
		for (fd = 3; fd < 256; fd++)
			if (write(fd, bytes, sizeof(bytes)) < 0 && errno != EBADF)
				return -EINVAL;
}

static void test_lines(void)
{
	static const struct confined_lines endless = { sizeof(int), flood, take_all_but_x };
	static const struct confined_lines good = { sizeof(int), parse_first, take_all_but_x };
	static const struct confined_lines dead = { sizeof(int), die, take_all_but_x };
	static const char text[] = "a\n\nx # one\n0\n";
	struct lines_bad bad;
	int error;

	tap_ok(!confined_lines(text, strlen(text), &good, NULL, &bad) && taken == 3,
	       "each line comes back");
	tap_ok(bad.count == 1 && bad.first == 3, "one that is refused here is a wrong line");
	tap_ok(confined_lines(text, strlen(text), &dead, NULL, &bad) == -EPROTO,
	       "where its reader is killed, the text is not taken for a shorter one");
	taken = 0;
	error = confined_lines(text, strlen(text), &endless, NULL, &bad);
	tap_ok(error == -EPROTO && taken && taken <= strlen(text) + 1,
	       "nor does one that writes without an end fill memory: %u values", taken);
}

/* --- a program of its own ----------------------------------------------------------- */

static const struct {
	const char *what;
	long (*fn)(void);
	bool may;
} of_program[] = {
	{ "run a program", no_exec, false },         { "fork", no_fork, false },
	{ "ask who started it", no_kill, false },    { "send a signal", no_signal, false },
	{ "trace", no_trace, false },                { "reach BPF", no_bpf, false },
	{ "change its user", no_user, false },       { "remove a file", no_unlink, false },
	{ "mount", no_mount, false },                { "have namespaces", no_space, false },
	{ "control a device", no_ioctl, false },     { "make code of data", no_more_code, false },
	{ "write a file", no_write, false },         { "ask the kernel about interfaces", no_netlink, false },
	{ "speak to the network", no_socket, true }, { "read a file", no_open, true },
	{ "have threads", thread, true },
};

#define ALL_RIGHT 42 /* which no other program ends with */

/* In one child: what is forbidden fails, and ends nothing. */
static int use_rights(void)
{
	size_t i;
	int wrong = 0;
	long ret;

	if (program_confine(PROGRAM_READS))
		return 1;
	for (i = 0; i < sizeof(of_program) / sizeof(*of_program); i++) {
		errno = 0;
		ret = of_program[i].fn();
		if (of_program[i].may ? ret < 0 : ret >= 0 || errno != EPERM) {
			printf("# %s: %ld, %s\n", of_program[i].what, ret, strerror(errno));
			wrong++;
		}
	}
	fflush(stdout);
	return wrong ? 1 : ALL_RIGHT;
}

static void test_program(void)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(use_rights());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		tap_die("fork");
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == ALL_RIGHT,
	       "a program that is confined has sockets, threads and files to read, and nothing else");
}

int main(void)
{
	test_rights();
	test_calls();
	test_work();
	test_lines();
	test_program();
	return tap_done();
}
