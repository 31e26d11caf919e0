// SPDX-License-Identifier: GPL-2.0-only
/*
 * A record lock on a file beside the store. It belongs to this process only: a child that
 * a killed run leaves behind does not hold it, and it ends with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "user/service/single.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/state_dir.h"

#define LOCK_FILE "run.lock"

int single_instance(const char *dir, pid_t *by)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int at, fd, error;

	*by = 0;
	error = state_dir_open(dir, &at);
	if (error)
		return error;
	fd = openat(at, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	error = -errno;
	close(at);
	if (fd < 0)
		return fail(error, "cannot make '%s/%s'", dir, LOCK_FILE);
	if (!fcntl(fd, F_SETLK, &lock))
		return 0; /* fd stays open: closing it would unlock */
	error = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
	if (error == -EBUSY && !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK && lock.l_pid > 0)
		*by = lock.l_pid;
	close(fd);
	return fail(error, "cannot lock '%s/%s'", dir, LOCK_FILE);
}

int single_or_unknown(const char *state_dir)
{
	pid_t by;
	int error = single_instance(state_dir, &by);

	if (error && error != -EBUSY) {
		failure_print(failure_of(error));
		warn("cannot find out whether another 'run' is running");
	}
	if (error != -EBUSY)
		return 0;
	if (by)
		failx(-EBUSY, "another 'nolist-xdp run', process %d, is running for '%s'", (int)by,
		      state_dir);
	else
		failx(-EBUSY, "another 'nolist-xdp run' is running for '%s'", state_dir);
	return fail_hint("SIGHUP makes it read its configuration again; two need different "
			 "--state-dir");
}
