// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights, and the system calls that both kinds of confined processes have.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/confined/private.h"

int confined_drop(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, none) ? -errno : 0;
}

int confined_allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	size_t i;
	int error = 0;

	for (i = 0; i < n && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return error;
}

/* Memory that is written is never run: patterns were compiled before. */
static int allow_memory(scmp_filter_ctx filter)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	size_t i;
	int error = 0;

	for (i = 0; i < sizeof(calls) / sizeof(*calls) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return error;
}

int confined_allow_work(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(read),  SCMP_SYS(readv),  SCMP_SYS(write),  SCMP_SYS(writev),
		SCMP_SYS(close), SCMP_SYS(fstat),  SCMP_SYS(lseek),  SCMP_SYS(_llseek),
		SCMP_SYS(brk),   SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
		SCMP_SYS(futex), SCMP_SYS(exit),   SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(restart_syscall), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
		SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
		SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack), /* which ASan asks for */
	};
	int error = confined_allow(filter, calls, sizeof(calls) / sizeof(*calls));

	return error ? error : allow_memory(filter);
}
