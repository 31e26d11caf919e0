/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources of tests ("test-sources", and the addresses of made-up frames). They are never
 * listed, and what they do at the real MX is no alibi for others and no sign that it is seen.
 */
#ifndef NOLIST_JUDGE_TESTS_H
#define NOLIST_JUDGE_TESTS_H

#include "user/judge/judge.h"

/* Fills j->tests: 0 or -ENOMEM. */
int judge_read_tests(struct judge *j);
bool judge_is_test(const struct judge *j, const struct nolist_source *src);
/*
 * May the last contact with the real MX have been a test? Then the last one of another source
 * is only found by a walk over all. 0 or -errno.
 */
int judge_is_test_last(struct judge *j, bool *is_test);

#endif
