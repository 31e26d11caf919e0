// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only actions that can lose no mail and open no relay: DUNNO, WARN, PREPEND, DEFER_IF_PERMIT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/policy/answer.h"

/* Words of the configuration as printable ASCII, which ends no line; '$' stands for dollar. */
static void put_words(char *to, size_t size, const char *from, const char *dollar)
{
	size_t n = 0, length = strlen(dollar);

	for (; *from && n + length + 1 < size; from++) {
		if (*from == '$')
			n += sprintf(to + n, "%s", dollar);
		else
			to[n++] = *from >= ' ' && *from <= '~' ? *from : '?';
	}
	to[n] = '\0';
}

/* Why, for the sender's log. */
static void put_reason(char *to, size_t size, const struct snapshot_site *site, enum policy_step step,
		       const struct policy_facts *f, const struct nolist_addr *client)
{
	char addr[ADDR_TEXT];

	if (step == POLICY_LISTED)
		put_words(to, size, site->reason, addr_text(client, addr));
	else if (step == POLICY_THROTTLED)
		snprintf(to, size, "too much mail from there: please try again in an hour");
	else
		snprintf(to, size, "first contact: please try again in %lld seconds, or begin with the first MX",
			 (long long)policy_wait(f, &site->rules));
}

/* Does where it comes from matter? */
static bool is_unknown(enum policy_step step)
{
	return step != POLICY_EXEMPT && step != POLICY_VERIFIED && step != POLICY_WALKED;
}

int answer_score(enum policy_step step, const struct request *r, bool is_slow)
{
	static const int by_step[POLICY_STEPS] = {
		[POLICY_THROTTLED] = 10, [POLICY_LISTED] = 50, [POLICY_VERIFIED] = -20,
		[POLICY_WALKED] = -10,   [POLICY_RETURNED] = 5, [POLICY_NEW] = 20,
	};

	return by_step[step] + r->is_helo_odd * 10 + r->is_nameless * 15 + r->is_dynamic * 10 +
	       (is_slow && is_unknown(step)) * 10;
}

static size_t put_header(char text[ANSWER_MAX], const struct snapshot_site *site, const struct request *r,
			 enum policy_step step, struct answered *message)
{
	char name[SNAPSHOT_WORDS];
	int score;

	/* At the end of a message it is too late for a header. */
	if (r->is_end || message->is_marked)
		return sprintf(text, ANSWER_PASS);
	message->is_marked = true;
	put_words(name, sizeof(name), site->name, "$");
	score = answer_score(step, r, message->is_slow);
	return snprintf(text, ANSWER_MAX, "action=PREPEND X-Nolist: %s; %s; score=%s%d.%d%s%s%s%s\n\n", name,
			policy_step_names[step], score < 0 ? "-" : "", abs(score) / 10, abs(score) % 10,
			r->is_helo_odd ? " helo" : "", r->is_nameless ? " nameless" : "",
			r->is_dynamic ? " dynamic" : "", message->is_slow && is_unknown(step) ? " origin" : "");
}

size_t answer_text(char text[ANSWER_MAX], const struct snapshot_site *site, const struct request *r,
		   enum policy_step step, const struct policy_facts *f, struct answered *message)
{
	bool is_deferred = policy_defers(step, f);
	char reason[ANSWER_MAX - 100];

	if (site->mode == POLICY_HEADER || (site->mode == POLICY_DEFER && !is_deferred))
		return put_header(text, site, r, step, message);
	if (!is_deferred)
		return sprintf(text, ANSWER_PASS);
	put_reason(reason, sizeof(reason), site, step, f, &r->client);
	if (site->mode == POLICY_DEFER)
		return snprintf(text, ANSWER_MAX, "action=DEFER_IF_PERMIT %s\n\n", reason);
	return snprintf(text, ANSWER_MAX, "action=WARN nolist-xdp would defer it: %s: %s\n\n",
			policy_step_names[step], reason);
}
