// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of a client comes together here: of the snapshot, of now, and of the hour.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "user/policy/rows.h"
#include "user/policy/service.h"

/* --- what it decides from -------------------------------------------------------- */

int service_take_snapshot(struct policy_service *s, int fd)
{
	struct policy_snapshot *taken;
	int error = policy_snapshot_open(&taken, fd);

	if (error)
		return error;
	policy_snapshot_free(s->snapshot);
	s->snapshot = taken;
	if (policy_snapshot_site(taken)->is_throttled && !s->throttle)
		s->throttle = throttle_new();
	return 0;
}

int service_take_stamps(struct policy_service *s, int fd)
{
	stamps_unmap(s->stamps);
	return stamps_map(&s->stamps, fd);
}

/* --- the decision ---------------------------------------------------------------- */

/* When something was, by how long ago; 0: never. */
static int64_t time_of(long long ago_ns, int64_t now)
{
	return ago_ns < 0 ? 0 : now - ago_ns / 1000000000;
}

#define LIVE_BEFORE_S 60 /* a snapshot may have begun to read so long before its time */

/*
 * What has happened since the snapshot was made, too. Older stamps are not asked: in the course of days
 * many networks come to share one, and the snapshot has each by itself.
 */
static void look_live(const struct policy_service *s, const struct nolist_addr *client, struct policy_facts *f,
		      int64_t now)
{
	const struct snapshot_site *site = policy_snapshot_site(s->snapshot);
	long long age = s->stamps ? stamps_age(s->stamps) : -ENOENT;
	int64_t low;

	/* Both are known to the second, and the snapshot is read after its time. */
	f->is_blind = age < 0 || time_of(age, now) > site->time + 1;
	if (age < 0)
		return;
	low = time_of(stamps_low(s->stamps, client), now);
	if (low > f->low_last && low >= site->time - LIVE_BEFORE_S)
		f->low_last = low;
	if (site->is_gated)
		f->gated_last = time_of(stamps_held(s->stamps, client), now);
}

uint64_t service_look_up(const struct policy_service *s, const struct nolist_addr *client,
			 struct policy_facts *f, int64_t now)
{
	uint64_t key = policy_snapshot_find(s->snapshot, client, f);

	look_live(s, client, f, now);
	f->deferred_first = s->memory ? memory_first(s->memory, key, now) : 0;
	return key;
}

/* Counts this recipient, and the connection, if it is a new one. */
static void count(struct policy_service *s, const struct request *r, const struct answered *before,
		  struct policy_facts *f, uint64_t network, int64_t now)
{
	const uint64_t key[THROTTLE_BYS] = { row_key(&r->client), network };
	bool is_same = r->port && r->port == before->port && !addr_compare(&r->client, &before->client);

	throttle_count(s->throttle, key, !is_same, now);
	f->is_throttled = throttle_is_over(s->throttle, policy_snapshot_site(s->snapshot), key, now);
}

static enum policy_step decide(struct policy_service *s, const struct request *r,
			       const struct answered *before, struct policy_facts *f)
{
	const struct policy_rules *rules = &policy_snapshot_site(s->snapshot)->rules;
	int64_t now = time(NULL);
	enum policy_step step;
	uint64_t key = service_look_up(s, &r->client, f, now);

	if (s->visits && !f->is_exempt)
		visits_note(s->visits, row_key(&r->client), now);
	if (s->throttle && !f->is_exempt)
		count(s, r, before, f, key, now);
	step = policy_decide(f, rules, now);
	/* What cannot be remembered would be deferred for ever. */
	if (step == POLICY_NEW && (!s->memory || !memory_note(s->memory, key, now)))
		step = POLICY_LIMITED;
	if (s->memory)
		s->memory->count[step]++;
	return step;
}

/* A further recipient of a message that is decided. */
static void count_again(struct policy_service *s, const struct request *r, const struct answered *before)
{
	struct policy_facts f = {};
	uint64_t network = policy_snapshot_find(s->snapshot, &r->client, &f);

	if (!f.is_exempt)
		count(s, r, before, &f, network, time(NULL));
}

bool service_decide(struct policy_service *s, const struct request *r, struct answered *message,
		    struct policy_facts *f)
{
	*f = (struct policy_facts){ .is_exempt = r->is_authenticated, .is_stressed = r->is_stressed,
				    .is_postmaster = r->is_postmaster };
	if (!s->snapshot || !r->has_client || !r->is_at_rcpt)
		return false;
	if (!r->instance || r->instance != message->instance || addr_compare(&r->client, &message->client)) {
		enum policy_step step = decide(s, r, message, f);

		*message = (struct answered){ .instance = r->instance, .client = r->client, .port = r->port,
					      .step = step, .is_slow = f->is_slow };
	} else if (s->throttle && !f->is_exempt) {
		count_again(s, r, message);
	}
	f->is_postmaster |= policy_snapshot_excepts(s->snapshot, r->recipient);
	return true;
}

size_t service_answer(struct policy_service *s, const struct request *r, struct answered *message,
		      char text[ANSWER_MAX])
{
	struct policy_facts f;

	if (!service_decide(s, r, message, &f))
		return sprintf(text, ANSWER_PASS);
	return answer_text(text, policy_snapshot_site(s->snapshot), r, message->step, &f, message);
}
