/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SipHash-2-4 as its authors describe it (Aumasson, Bernstein 2012), over bytes:
 * what the high fake's sequence numbers are made of, independent of its code.
 */
#ifndef NOLIST_SIPHASH_H
#define NOLIST_SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "bpf/abi.h"

/* The paper's appendix A: key 00 to 0f, message 00 to 0e. */
int siphash_is_right(void);

uint64_t siphash_bytes(const struct nolist_key *key, const void *bytes, size_t len);

/*
 * The hash of a dialogue at a high fake: its ISN is the lower half, its timestamps
 * start from the upper one. Ports in host order, now in nanoseconds.
 */
uint64_t siphash_dialogue(const struct nolist_key *key, const struct nolist_addr *src,
			  const struct nolist_addr *dst, unsigned int sport, unsigned int dport,
			  uint64_t now, int has_timestamps);

#endif
