/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sizes.c and its programs share: frames that were made beforehand, one after the
 * other, since a dialogue's can only be made with its answers.
 */
#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

#include <linux/types.h>

#define SIZES_SOURCES 16000
#define SIZES_STEPS 8 /* frames of a source: a whole dialogue */
#define SIZES_FRAMES (SIZES_SOURCES * SIZES_STEPS)
#define SIZES_FRAME_MAX 128 /* a power of two; frames are shorter */

struct sizes_frame {
	__u32 len;
	__u32 out_len; /* of its answer */
	__u8 data[SIZES_FRAME_MAX];
};

#endif
