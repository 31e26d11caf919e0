// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last failure. Two threads may fail at the same time, hence the lock. Which of them
 * was last does not matter, since both reasons are true.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "user/base/failure.h"
#include "user/base/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct failure last;

static int note(int error, bool has_reason, bool is_usage, const char *fmt, va_list ap)
{
	pthread_mutex_lock(&lock);
	last.error = error;
	last.has_reason = has_reason;
	last.is_usage = is_usage;
	last.hint[0] = '\0';
	vsnprintf(last.what, sizeof(last.what), fmt, ap);
	pthread_mutex_unlock(&lock);
	return error;
}

int fail(int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(error, true, false, fmt, ap);
	va_end(ap);
	return error;
}

int failx(int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(error, false, false, fmt, ap);
	va_end(ap);
	return error;
}

int fail_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(-EINVAL, false, true, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int note_reported(int error, bool is_usage)
{
	pthread_mutex_lock(&lock);
	last = (struct failure){ .error = error, .is_usage = is_usage };
	pthread_mutex_unlock(&lock);
	return error;
}

int fail_reported(int error)
{
	return note_reported(error, false);
}

int fail_usage_reported(void)
{
	return note_reported(-EINVAL, true);
}

int fail_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pthread_mutex_lock(&lock);
	vsnprintf(last.hint, sizeof(last.hint), fmt, ap);
	pthread_mutex_unlock(&lock);
	va_end(ap);
	return last.error;
}

const struct failure *failure_of(int error)
{
	if (last.error != error)
		fail(error, "failed");
	return &last;
}

const struct failure *failure_last(void)
{
	return &last;
}

void failure_keep(struct failure *saved)
{
	pthread_mutex_lock(&lock);
	*saved = last;
	pthread_mutex_unlock(&lock);
}

int failure_return(const struct failure *saved)
{
	pthread_mutex_lock(&lock);
	last = *saved;
	pthread_mutex_unlock(&lock);
	return last.error;
}

void failure_print(const struct failure *f)
{
	if (*f->what && f->has_reason)
		err(f->error, "%s", f->what);
	else if (*f->what)
		errx("%s", f->what);
	if (*f->hint)
		hint("%s", f->hint);
}
