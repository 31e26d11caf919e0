/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers from a seed: the same in each run and on each machine.
 */
#ifndef NOLIST_CHANCE_H
#define NOLIST_CHANCE_H

#include <stddef.h>
#include <stdint.h>

extern uint64_t seg_state; /* the seed, and what became of it */

uint64_t seg_mix(uint64_t z); /* splitmix64 */
uint32_t rnd(void);
uint32_t below(uint32_t n);
int percent(uint32_t p);
void rnd_bytes(void *at, size_t n);

/* 32-bit numbers, the edges often. */
uint32_t rnd_edge(void);

#endif
