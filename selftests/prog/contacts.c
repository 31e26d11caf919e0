// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the packet path notes of a source that opens connections and got its
 * answer, or reached the real MX: under which key, by role, when, how often. What
 * got no answer must leave nothing, and a flood costs no answer and little else.
 */
#define _GNU_SOURCE /* sched_getcpu() */

#include <sched.h>
#include <stdbool.h>
#include "selftests/lib/records.h"

#define TRIES 5 /* of a flood */
#define MD5 "\x13\x12\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"

static int contacts_of(const char *text, struct nolist_contacts *c)
{
	struct nolist_source s = records_source(text);

	memset(c, 0, sizeof(*c));
	return !bpf_map_lookup_elem(prog.contacts, &s, c);
}

static struct nolist_mxstats mxstats(__u32 mx)
{
	return stats().mx[mx];
}

static int is_contact(const char *what, const struct nolist_contact *c, __u32 opens,
		      struct span first, struct span last)
{
	if (c->opens == opens && is_in(c->first_ns, first) && is_in(c->last_ns, last))
		return 1;
	tap_diag("%s: %u opens from %llu to %llu, wanted %u from %llu to %llu", what, c->opens,
		 c->first_ns, c->last_ns, opens, first.from, last.until);
	return 0;
}

static const struct span never;

/* A source goes to the low fake, to the real MX, to the high fake and back to the low one. */
static void walk(const char *key, const char *from[4], const char *low, const char *real,
		 const char *high)
{
	struct row to_low = { "to low", NOLIST_LOW_RST_ACK, .src = from[0], .dst = low };
	struct row to_real = { "to real", NOLIST_PASS_REAL, .src = from[1], .dst = real };
	struct row to_high = { "to high", NOLIST_HIGH_SYN_ACK, .src = from[2], .dst = high };
	unsigned int before = sources_in(prog.contacts);
	struct nolist_contacts c;
	struct span at[4];
	int is_new;

	is_new = !contacts_of(key, &c);
	at[0] = send_later(&to_low);
	is_new &= contacts_of(key, &c);
	tap_ok(is_new && is_contact("low", &c.low, 1, at[0], at[0]) &&
		       is_contact("real", &c.real, 0, never, never) &&
		       is_contact("high", &c.high, 0, never, never),
	       "%s: a first SYN to low makes the record", key);
	at[1] = send_later(&to_real);
	at[2] = send_later(&to_high);
	to_low.src = from[3];
	at[3] = send_later(&to_low);
	contacts_of(key, &c);
	tap_ok(is_contact("low", &c.low, 2, at[0], at[3]) &&
		       is_contact("real", &c.real, 1, at[1], at[1]) &&
		       is_contact("high", &c.high, 1, at[2], at[2]),
	       "%s: each role has its opens and its times", key);
	tap_ok(sources_in(prog.contacts) == before + 1, "%s: all in one record", key);
}

static void contacts(void)
{
	static const char *same[] = { "203.0.113.20", "203.0.113.20", "203.0.113.20",
				      "203.0.113.20" };
	static const char *net64[] = { "2001:db8:20:1::1", "2001:db8:20:1::2",
				       "2001:db8:20:1:ffff:ffff:ffff:ffff", "2001:db8:20:1::" };
	static const struct row next64 = { "the next /64", NOLIST_LOW_RST_ACK,
					   .src = "2001:db8:20:2::1" };
	struct nolist_contacts c;

	walk("203.0.113.20", same, LOW4, REAL4, HIGH4);
	walk("2001:db8:20:1::", net64, LOW6, REAL6, HIGH6);
	send_row(&next64);
	tap_ok(contacts_of("2001:db8:20:2::", &c) && c.low.opens == 1,
	       "the next /64 is another source");
}

static enum nolist_verdict high_by_flags(unsigned int flags)
{
	if (flags & FRAME_RST)
		return NOLIST_HIGH_BAD;
	if (flags & FRAME_ACK)
		return NOLIST_HIGH_RST;
	return (flags & (FRAME_SYN | FRAME_FIN)) == FRAME_SYN ? NOLIST_HIGH_SYN_ACK
							      : NOLIST_HIGH_SILENT;
}

/*
 * Of all flag bytes 32 have SYN, but neither ACK nor RST; to those with FIN a high
 * fake is silent, so they are no contacts there.
 */
static void only_opens(const char *from, const char *dst, __u32 mx, __u32 opens)
{
	struct nolist_mxstats before = mxstats(mx), after;
	struct nolist_contacts c;
	unsigned int flags, round, found = 0;

	/* First those that open nothing: they must not even leave a record. */
	for (round = 0; round < 2; round++) {
		for (flags = 0; flags < 256; flags++) {
			struct row r = { "flags", NOLIST_PASS_REAL, .src = from, .dst = dst,
					 .flags = flags ? flags : NO_FLAGS };
			int is_open = flags & FRAME_SYN && !(flags & (FRAME_ACK | FRAME_RST));

			if (!strcmp(dst, HIGH4))
				r.verdict = high_by_flags(flags);
			if (is_open == (int)round)
				send_row(&r);
		}
		if (!round)
			found = contacts_of(from, &c);
	}
	contacts_of(from, &c);
	after = mxstats(mx);
	if (!tap_ok(!found && c.low.opens == 0 && c.real.opens + c.high.opens == opens,
		    "%s: only segments that open a connection are contacts", dst))
		tap_diag("%s, low %u real %u high %u", found ? "found too early" : "", c.low.opens,
			 c.real.opens, c.high.opens);
	if (!tap_ok(after.segments - before.segments == 256 && after.opens - before.opens == 32,
		    "%s: its counters have 256 segments, 32 opens", dst))
		tap_diag("%llu segments, %llu opens", after.segments - before.segments,
			 after.opens - before.opens);
}

/* Adds up what is counted of the MXes, and of the sources. */
static __u64 all_counts(void)
{
	struct nolist_stats st = stats();
	__u64 sum = st.contacts_new + st.verified_new + st.contacts_lost;
	unsigned int i;

	for (i = 0; i < NOLIST_MX_MAX; i++)
		sum += st.mx[i].segments + st.mx[i].opens;
	for (i = 0; i < NOLIST_ROLES; i++)
		sum += st.contacts_limited[i];
	for (i = 0; i < NOLIST_HOURS; i++)
		sum += st.bad_acks[i].count;
	return sum;
}

/*
 * Of a frame that ends before its TCP header does, nothing is known: neither its MX nor its
 * source. It comes after a whole one, so that the stack still holds what that was.
 */
static void cut_short(const char *dst)
{
	const struct row whole = { "whole", NOLIST_HIGH_SYN_ACK, .dst = dst, .tags = "q",
				   .src = *dst == '2' ? "2001:db8:43::1" : "203.0.113.43" };
	unsigned int wrong = 0, contacts, verified;
	static struct prog_result r;
	static struct frame f;
	__u64 counts;
	size_t len;

	row_build(&whole, &f);
	for (len = 14; len < f.l4 + 20; len++) {
		send_row(&whole);
		counts = all_counts();
		contacts = sources_in(prog.contacts);
		verified = sources_in(prog.verified);
		f.len = len;
		prog_run(&prog, &f, 0, &r);
		wrong += all_counts() != counts || sources_in(prog.contacts) != contacts ||
			 sources_in(prog.verified) != verified;
	}
	tap_ok(!wrong, "%s: nothing is noted of a frame that lacks its TCP header", dst);
}

/* Without an answer there is no contact. */
static void unanswered(void)
{
	static const struct row rows[] = {
		{ "a wrong TCP checksum", NOLIST_PASS_CHECKSUM, .twist = twist_tcp_sum },
		{ "a wrong IP checksum, high", NOLIST_HIGH_BAD, .twist = twist_ip_sum,
		  .dst = HIGH4 },
		{ "truncated", NOLIST_PASS_TRUNCATED, .twist = twist_len_1_over },
		{ "to a group", NOLIST_PASS_NOT_HOST, .twist = twist_to_group },
		{ "signed", NOLIST_PASS_TCP_OPTION, .opt = MD5, .opt_len = 18 },
		{ "a fragment", NOLIST_PASS_SHAPE, .twist = twist_more_fragments },
		{ "another port", NOLIST_PASS_OTHER, .dport = 26 },
		{ "another port of the real MX", NOLIST_PASS_OTHER, .dport = 587, .dst = REAL4 },
		{ "another address", NOLIST_PASS_OTHER, .dst = "192.0.2.99" },
		{ "an address of ours", NOLIST_PASS_OTHER, .dst = OWN4 },
	};
	unsigned int before = sources_in(prog.contacts), wrong = 0;
	struct nolist_contacts c;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct row r = rows[i];

		r.src = "203.0.113.40";
		send_row(&r);
		if (contacts_of(r.src, &c)) {
			tap_diag("%s: left a contact", r.name);
			wrong++;
		}
	}
	tap_ok(!wrong && sources_in(prog.contacts) == before, "what gets no answer is no contact");
}

/*
 * Segments to the real MX are not checked before they are recorded: a forger of the source can
 * make the checksum right as well, and all that such a contact can do is acquit.
 */
static void unchecked(void)
{
	static const struct row rows[] = {
		{ "a wrong TCP checksum", NOLIST_PASS_REAL, .twist = twist_tcp_sum },
		{ "a wrong IP checksum", NOLIST_PASS_REAL, .twist = twist_ip_sum },
		{ "truncated", NOLIST_PASS_REAL, .twist = twist_len_1_over },
		{ "to a group", NOLIST_PASS_REAL, .twist = twist_to_group },
		{ "signed", NOLIST_PASS_REAL, .opt = MD5, .opt_len = 18 },
		{ "with data", NOLIST_PASS_REAL, .data = 7 },
	};
	unsigned int verified = sources_in(prog.verified), wrong = 0;
	struct nolist_contacts c;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct row r = rows[i];

		r.src = "203.0.113.41";
		r.dst = REAL4;
		send_row(&r);
		if (contacts_of(r.src, &c) && c.real.opens == i + 1 && !c.low.opens &&
		    !c.high.opens)
			continue;
		tap_diag("%s: not an open of the real MX alone", r.name);
		wrong++;
	}
	tap_ok(!wrong && sources_in(prog.verified) == verified,
	       "a SYN that no server would take is a contact with the real MX, and no more");
}

/* SYNs from so many sources never seen before, each answered: how many left no contact? */
static unsigned int flood(const char *dst, enum nolist_verdict verdict, unsigned int n)
{
	static unsigned int next;
	unsigned int missing = 0, i;
	struct nolist_contacts c;
	char src[64];

	for (i = 0; i < n; i++, next++) {
		struct row r = { "one of many", verdict, .src = src, .dst = dst };

		snprintf(src, sizeof(src), "198.18.%u.%u", next >> 8, next & 255);
		send_row(&r);
		missing +=
			!contacts_of(src, &c) || c.low.opens + c.real.opens + c.high.opens != 1;
	}
	return missing;
}

/* Waits until a second of the budget (2^30 ns) begins, and stays on one CPU. */
static __u64 next_second(void)
{
	const struct timespec ms = { 0, 1000000 };
	__u64 now = prog_clock() >> NOLIST_SECOND_SHIFT;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		tap_die("sched_setaffinity");
	while (prog_clock() >> NOLIST_SECOND_SHIFT == now)
		nanosleep(&ms, NULL);
	return now + 1;
}

/* More sources than the table holds: each is answered, each is recorded. */
static void full_table(void)
{
	struct nolist_stats before = stats(), after;
	unsigned int missing, stored;

	next_second();
	missing = flood(HIGH4, NOLIST_HIGH_SYN_ACK, 2 * PROG_SOURCES);
	after = stats();
	stored = sources_in(prog.contacts);
	if (!tap_ok(!missing && stored <= PROG_SOURCES && stored > PROG_SOURCES / 2 &&
			    after.contacts_new - before.contacts_new == 2 * PROG_SOURCES &&
			    after.contacts_lost == before.contacts_lost,
		    "a full table makes room and costs no answer"))
		tap_diag("%u without a contact, %u stored, %llu new, %llu lost", missing, stored,
			 after.contacts_new - before.contacts_new,
			 after.contacts_lost - before.contacts_lost);
}

/*
 * A flood at one fake: each is answered, but only so many are noted, and the others
 * are counted. The other roles have budgets of their own. False where the machine was
 * so slow that nothing was too much.
 */
static bool too_many(bool is_last)
{
	struct nolist_stats before = stats(), after;
	__u64 second = next_second(), seconds;
	unsigned int high = flood(HIGH4, NOLIST_HIGH_SYN_ACK, 2 * NOLIST_CONTACTS_NEW);
	unsigned int real = flood(REAL4, NOLIST_PASS_REAL, 10);
	unsigned int low = flood(LOW4, NOLIST_LOW_RST_ACK, 10);
	__u64 limited, added;
	bool is_slow;

	after = stats();
	seconds = (prog_clock() >> NOLIST_SECOND_SHIFT) - second + 1;
	limited = after.contacts_limited[NOLIST_HIGH] - before.contacts_limited[NOLIST_HIGH];
	added = after.contacts_new - before.contacts_new;
	if (seconds > 1)
		tap_diag("a busy machine: this took %llu seconds", seconds);
	is_slow = !limited && added <= seconds * NOLIST_CONTACTS_NEW + 20;
	if (is_slow && !is_last)
		return false;
	if (is_slow) {
		tap_skip("of a flood only so many are noted",
			 "this machine sends too few a second");
		return true;
	}
	if (!tap_ok(high == limited && added + limited == 2 * NOLIST_CONTACTS_NEW + 20 &&
			    added >= NOLIST_CONTACTS_NEW + 20 &&
			    added <= seconds * NOLIST_CONTACTS_NEW + 20,
		    "of a flood only so many are noted, the others are counted"))
		tap_diag("%u without a contact, %llu rate-limited, %llu added", high, limited, added);
	tap_ok(!real && !low &&
		       !memcmp(&after.contacts_limited[NOLIST_LOW],
			       &before.contacts_limited[NOLIST_LOW], 2 * sizeof(__u64)),
	       "a flood at the high fake takes nothing from the other roles");
	return true;
}

int main(void)
{
	int tries;

	tap_need_root();
	records_begin();
	contacts();
	only_opens("203.0.113.30", REAL4, 2, 32);
	only_opens("203.0.113.31", HIGH4, 4, 16);
	unanswered();
	cut_short(HIGH4);
	cut_short(HIGH6);
	unchecked();
	full_table();
	for (tries = 1; !too_many(tries == TRIES); tries++)
		;
	return records_end();
}
