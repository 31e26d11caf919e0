// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list is whole or the old one, and nothing else is left beside it: the next writer sweeps
 * up what a killed one left, and nothing that is somebody's.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "selftests/lib/tap.h"
#include "user/base/atomic_file.h"

static char dir[] = "/tmp/unit_atomic.XXXXXX";

static const char *in(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static bool is_there(const char *name)
{
	return !access(in(name), F_OK);
}

static int make(const char *name)
{
	int fd = open(in(name), O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		tap_die(name);
	return fd;
}

static int write_list(const char *text)
{
	static char path[128];
	struct atomic_file f;
	int error;

	snprintf(path, sizeof(path), "%s", in("list"));
	error = atomic_file_open(&f, path);
	if (!error)
		error = atomic_file_start(&f, 0644);
	if (!error)
		error = atomic_file_write(&f, text, strlen(text));
	if (!error)
		error = atomic_file_commit(&f, 1, false);
	atomic_file_close(&f);
	return error;
}

int main(void)
{
	static const char left[] = ".nolist-xdp.0123456789abcdef",
			  held[] = ".nolist-xdp.fedcba9876543210";
	int fd;

	if (!mkdtemp(dir))
		tap_die("mkdtemp");
	close(make(left));
	close(make(".nolist-xdp.0123456789abcde"));
	close(make(".nolist-xdp.0123456789abcdef0"));
	close(make(".nolist-xdp.0123456789abcdeg"));
	close(make("nolist-xdp.0123456789abcdef"));
	if (symlink("/etc/passwd", in(".nolist-xdp.0000000000000000")) ||
	    mkdir(in(".nolist-xdp.1111111111111111"), 0700))
		tap_die("symlink");
	fd = make(held);
	flock(fd, LOCK_EX);
	tap_ok(!write_list("one\n"), "a list is written");
	tap_ok(!is_there(left), "what a killed writer left is swept up");
	tap_ok(is_there(held), "not what another one is writing");
	tap_ok(is_there(".nolist-xdp.0123456789abcde") && is_there(".nolist-xdp.0123456789abcdef0") &&
		       is_there(".nolist-xdp.0123456789abcdeg") && is_there("nolist-xdp.0123456789abcdef"),
	       "nor what only looks like it");
	tap_ok(!access(in(".nolist-xdp.1111111111111111"), F_OK) &&
		       !faccessat(AT_FDCWD, in(".nolist-xdp.0000000000000000"), F_OK, AT_SYMLINK_NOFOLLOW),
	       "nor links and directories");
	close(fd);
	tap_ok(!write_list("two\n") && !is_there(held), "once that one has gone, it is");
	if (!fork())
		execlp("rm", "rm", "-rf", dir, NULL);
	wait(NULL);
	return tap_done();
}
