/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference that a high fake's frames are judged by: what RFC 791, 8200,
 * 9293, 7323 and 5321 say of an answer to this segment, and what the client has
 * really sent and agreed to. Written from these and docs/dialogue.md, not from
 * bpf/. Called by talk_send().
 */
#ifndef NOLIST_TALK_JUDGE_H
#define NOLIST_TALK_JUDGE_H

#include "selftests/lib/talk.h"

const char *talk_judge(const struct talk *t, const struct talk_seg *s, const struct frame *f,
		       const unsigned char *b, size_t len, struct talk_got *g);

#endif
