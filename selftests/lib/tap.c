// SPDX-License-Identifier: GPL-2.0-only
/* tap.h: counts contacts, and prints them as the protocol wants it. */
#include "selftests/lib/tap.h"

static int tap_count;
static int tap_failed;

int tap_ok(int is_ok, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", is_ok ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	tap_failed += !is_ok;
	return is_ok;
}

void tap_skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
	fflush(stdout);
}

void tap_diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void tap_die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

void tap_need_root(void)
{
	if (geteuid())
		tap_skip_all("needs root");
}

int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed || !tap_count;
}

const char *tap_build(const char *file)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1 - strlen(file));
	char *at;

	if (n < 0)
		tap_die("/proc/self/exe");
	path[n] = 0;
	at = strstr(path, "/selftests/");
	if (!at)
		at = strrchr(path, '/');
	strcpy(at + 1, file);
	return path;
}

static char *slurps[1000];
static size_t slurped;

char *tap_slurp(const char *file)
{
	size_t size = 0, room = 1 << 20;
	char *text = malloc(room + 1);
	FILE *f = fopen(file, "re");

	if (!f || !text)
		tap_die(file);
	size = fread(text, 1, room, f);
	if (ferror(f) || size == room)
		tap_die(file);
	fclose(f);
	text[size] = '\0';
	/* Never freed, and not to be called a leak. */
	if (slurped < sizeof(slurps) / sizeof(*slurps))
		slurps[slurped++] = text;
	return text;
}
