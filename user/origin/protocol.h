/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tool and the program that reads the file say to each other, over a socket at the program's
 * standard input. First the program says whether it has read the file; then each request is answered.
 */
#ifndef NOLIST_ORIGIN_PROTOCOL_H
#define NOLIST_ORIGIN_PROTOCOL_H

#include "user/origin/origin.h"

#define ORIGIN_SOURCES 1024 /* of a request, at most */
#define ORIGIN_KEYS 4096    /* of a request, at most */
#define ORIGIN_END 255      /* the length of the prefix behind the last network */

struct origin_hello {
	int64_t made;
	int32_t error;  /* -errno; 0: it is read */
	uint32_t line;  /* of a text, if that is wrong */
};

enum origin_what {
	ORIGIN_FIND,     /* n sources follow; the answer has n origins */
	ORIGIN_NETWORKS, /* n keys follow; the answer has networks, and one of the length ORIGIN_END */
};

struct origin_request {
	uint32_t what;
	uint32_t n;
};

#endif
