// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of the decision, one row each.
 */
#include "user/policy/decide.h"

const char *const policy_step_names[POLICY_STEPS] = {
	[POLICY_EXEMPT] = "exempt",     [POLICY_OLD] = "old",           [POLICY_STRESS] = "stress",
	[POLICY_THROTTLED] = "throttled",
	[POLICY_LISTED] = "listed",     [POLICY_VERIFIED] = "verified", [POLICY_WALKED] = "walked",
	[POLICY_GATED] = "gated",       [POLICY_NO_LOW] = "no-low",     [POLICY_BLIND] = "blind",
	[POLICY_LIMITED] = "limited",   [POLICY_LEARNING] = "learning", [POLICY_RETURNED] = "returned",
	[POLICY_NEW] = "new",
};

/* A time in the future, where a clock was set back, is as good as now. */
static bool is_within(int64_t time, int64_t seconds, int64_t now)
{
	return time && now - time <= seconds;
}

int64_t policy_wait(const struct policy_facts *f, const struct policy_rules *r)
{
	return f->is_slow && r->slow_wait_s > r->wait_s ? r->slow_wait_s : r->wait_s;
}

/*
 * What it does in its first delivery is no second one: else a bot would pass on the data of its own
 * deferred attempt.
 */
static bool is_verified(const struct policy_facts *f, const struct policy_rules *r, int64_t now)
{
	return is_within(f->alibi_last, r->data_window_s, now) ||
	       (is_within(f->data_last, r->data_window_s, now) && f->data_first &&
		now - f->data_first >= policy_wait(f, r));
}

static bool holds(enum policy_step step, const struct policy_facts *f, const struct policy_rules *r,
		  int64_t now)
{
	switch (step) {
	case POLICY_EXEMPT:
		return f->is_exempt;
	case POLICY_OLD:
		return f->good_until <= now;
	case POLICY_STRESS:
		return f->is_stressed;
	case POLICY_THROTTLED:
		return f->is_throttled;
	case POLICY_LISTED:
		return f->listed_until > now;
	case POLICY_VERIFIED:
		return is_verified(f, r, now);
	case POLICY_WALKED:
		return is_within(f->low_last, r->window_s, now);
	case POLICY_GATED:
		return is_within(f->gated_last, POLICY_LATELY_S, now);
	case POLICY_NO_LOW:
		return !f->has_low;
	case POLICY_BLIND:
		return f->is_blind;
	case POLICY_LIMITED:
		return is_within(f->limited_last, POLICY_LATELY_S, now);
	case POLICY_LEARNING:
		return f->learning_until > now;
	case POLICY_RETURNED:
		return is_within(f->deferred_first, POLICY_REMEMBERS_S, now) &&
		       now - f->deferred_first >= policy_wait(f, r);
	default:
		return true;
	}
}

enum policy_step policy_decide(const struct policy_facts *f, const struct policy_rules *r, int64_t now)
{
	enum policy_step step = 0;

	while (!holds(step, f, r, now))
		step++;
	return step;
}

bool policy_defers(enum policy_step step, const struct policy_facts *f)
{
	return !f->is_postmaster && (step == POLICY_THROTTLED || step == POLICY_LISTED || step == POLICY_NEW);
}
