/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room of the real MX: what is for its port 25 passes, unless something defends it
 * (nolist_config.defends). Whatever is decided here, the contact is noted as one with the
 * real MX. In this order:
 *
 *   1. The gate (NOLIST_DEFEND_GATE): is it a stranger's first try? Dropped, so that the
 *      client's own retransmission comes through.
 *   2. Anything else passes.
 *
 * Nothing here refuses what it does not know: each doubt ends with NOLIST_PASS_REAL.
 */
#ifndef NOLIST_REAL_H
#define NOLIST_REAL_H

/* Is it a verdict for which the slow path must write an answer? */
static __always_inline bool real_is_answer(enum nolist_verdict verdict)
{
	return verdict >= NOLIST_REAL_RESET && verdict <= NOLIST_REAL_ACK;
}

/* Does the frame go on to the kernel? Of the verdicts of this room that are no answers. */
static __always_inline bool real_passes(enum nolist_verdict verdict)
{
	return verdict == NOLIST_PASS_REAL || verdict == NOLIST_PASS_LISTED;
}

/*
 * The verdict on a segment for the real MX, of which p has all but what check.h fills. Asked
 * only if conf->defends is not 0. It may be asked twice for a frame, by the fast path and, if
 * there is to be an answer, by the slow path.
 */
static __always_inline enum nolist_verdict real_decide(const struct nolist_config *conf,
						       const struct pkt *p)
{
	if (conf->defends & NOLIST_DEFEND_GATE && record_opens(p) && gate_is_closed(conf, p))
		return NOLIST_REAL_GATED;
	return NOLIST_PASS_REAL;
}

#endif
