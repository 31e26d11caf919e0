// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of libbpf and libxdp: -v prints them, and what an administrator can use is
 * remembered.
 */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "user/base/log.h"
#include "user/kernel/private.h"

static char extack_text[256];
static bool is_resize_refused;

const char *kern_extack(void)
{
	return extack_text;
}

bool kern_resize_refused(void)
{
	return is_resize_refused;
}

/*
 * libbpf returns only a number, and prints the reason of the driver (extack) or the
 * verifier: remembers it.
 */
static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	static const char extack[] = "Kernel error message: ";
	static const char resize[] = "Extension program changes packet data";
	char text[512], *found;
	va_list again;

	va_copy(again, ap);
	vsnprintf(text, sizeof(text), fmt, again);
	va_end(again);
	found = strstr(text, extack);
	if (found) {
		found += sizeof(extack) - 1;
		snprintf(extack_text, sizeof(extack_text), "%.*s", (int)strcspn(found, "\n"),
			 found);
	}
	if (strstr(text, resize))
		is_resize_refused = true;
	if (!log_is_verbose() || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, fmt, ap);
}

static int on_libxdp(enum libxdp_print_level level, const char *fmt, va_list ap)
{
	if (!log_is_verbose() || level == LIBXDP_DEBUG)
		return 0;
	return vfprintf(stderr, fmt, ap);
}

void kern_quiet(void)
{
	libbpf_set_print(on_libbpf);
	libxdp_set_print(on_libxdp);
	extack_text[0] = '\0';
	is_resize_refused = false;
}
