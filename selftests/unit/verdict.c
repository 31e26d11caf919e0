// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict, with made-up time: each row is a source's history, what the site
 * knows, and what the source must be judged to be. A false listing is the worst
 * that this project can do, so most rows are senders that must not be listed.
 */
#include "selftests/lib/tap.h"
#include "user/base/addr.h"
#include "user/evidence/evidence.h"
#include "user/judge/verdict.h"

#define H HOUR_S
#define D (24 * H)
#define NOW 1700006400ll /* a full hour */

/* Times are "so long ago"; 0: never. */
struct ago {
	int first, last;
};

struct talk {
	int ago; /* start of the hour; 0: no dialogue */
	int strong, weak, tempfailed_weak, quit, pipelined;
};

struct scenario {
	const char *name;
	const char *addr;             /* "192.0.2.1" unless given */
	struct ago low, real, high;   /* contacts */
	struct ago data, talk;        /* verified evidence */
	struct ago walk, visit;       /* the last two */
	struct talk hour[NOLIST_HOURS]; /* oldest first */
	unsigned int bad_acks;        /* its own */
	unsigned int bad_acks_all;    /* everybody's, in the hour of its first dialogue */
	int acks_shift;               /* counted in hours that begin so much later */
	struct ago neighbours;        /* a verified alibi next door */
	int seen;                     /* the real MX was seen so long ago; 0: a minute */
	int data_seen;                /* the same with data; 0: never */
	bool is_unseen;               /* it never was */
	bool is_unconfigured;         /* there is none */
	bool is_accepted;             /* real-mx-unseen = accept */
	bool is_low_ip4_only;         /* the real MX has both families, and is seen in both */
	bool is_dual_accepted;        /* dual-stack = accept */
	bool is_pipelined_accepted;   /* pipelined-only = accept */
	struct ago flood;             /* contacts were too many to be noted */
	bool is_known;                /* the packet program knew it in all of these hours but the first */
	int lost;                     /* verified evidence was lost so long ago */
	int now;                      /* judged so long before NOW */
	int grace;                    /* in seconds, unless the default */
	int data_window;              /* the same */
	int offences;
	enum judgement want;
};

#define BAD(h)                                                                                     \
	{                                                                                          \
		h, 1, 0, 0, 0                                                                      \
	}                         /* tempfailed, no QUIT, verified by timestamp */
#define WEAK(h) { h, 0, 1, 1, 0 } /* by one exact number */
#define POLITE(h) { h, 1, 0, 0, 1 }
#define BURST(h) { h, 1, 0, 0, 0, 3 } /* all commands at once */
#define WEAK_BURST(h) { h, 0, 1, 1, 0, 3 }

static const struct scenario scenarios[] = {
	/* Contacts only. */
	{ .name = "nothing is known", .want = JUDGED_NONE },
	{ .name = "low and real in order", .low = { D, D }, .real = { D, D }, .want = JUDGED_NONE },
	{ .name = "SYNs to high only, a day ago", .high = { D, D }, .want = JUDGED_SUSPECT },
	{ .name = "SYNs to high only, a second short of the grace",
	  .high = { D - 1, D - 1 },
	  .want = JUDGED_WAITING },
	{ .name = "SYNs to high only, each hour for two days: the last may be on its way",
	  .high = { 2 * D, 60 },
	  .want = JUDGED_WAITING },
	{ .name = "SYNs to high only, eight days ago",
	  .high = { 9 * D, 8 * D },
	  .want = JUDGED_EXPIRED },
	{ .name = "low, real, high: a sender that met greylisting",
	  .low = { D + 2, D + 2 },
	  .real = { D + 1, D + 1 },
	  .high = { D, D },
	  .want = JUDGED_ALIBI },
	{ .name = "Exim that remembers the refused low fake: low days ago, real, then high",
	  .low = { 4 * D, 4 * D },
	  .real = { 4 * D, 2 * D },
	  .high = { 2 * D, 2 * D },
	  .want = JUDGED_ALIBI },
	{ .name = "Exim that skips the low fake: real and high in one second",
	  .real = { 2 * D, 2 * D },
	  .high = { 2 * D, 2 * D },
	  .want = JUDGED_ALIBI },
	{ .name = "high first, then back to real within the grace",
	  .real = { D, D },
	  .high = { D + H, D + H },
	  .want = JUDGED_ALIBI },
	{ .name = "low only in the window before: exactly its end",
	  .low = { 8 * D, 8 * D },
	  .high = { D, D },
	  .want = JUDGED_ALIBI },
	{ .name = "low only before the window: a second too early",
	  .low = { 8 * D + 1, 8 * D + 1 },
	  .high = { D, D },
	  .want = JUDGED_SUSPECT },
	{ .name = "real after the offence: exactly the end of the window",
	  .real = { 1, 1 },
	  .high = { 7 * D, 7 * D },
	  .want = JUDGED_ALIBI },
	{ .name = "known from elsewhere long ago: the grace runs from the last contact",
	  .low = { 30 * D, 30 * D },
	  .high = { 3 * D, H },
	  .want = JUDGED_WAITING },
	{ .name = "nobody was ever at the real MX",
	  .high = { D, D },
	  .is_unseen = true,
	  .want = JUDGED_HELD },
	{ .name = "no real MX is configured, though there was one",
	  .high = { D, D },
	  .is_unconfigured = true,
	  .want = JUDGED_HELD },
	{ .name = "nobody was at the real MX for a day and a second",
	  .high = { D, D },
	  .seen = D + 1,
	  .want = JUDGED_HELD },
	{ .name = "the same, but it was listed before",
	  .high = { D + 1, D + 1 },
	  .seen = D + 1,
	  .want = JUDGED_SUSPECT },
	{ .name = "nobody sent data to the real MX for a day and a second, SYNs came all the time",
	  .high = { D, D },
	  .data_seen = D + 1,
	  .want = JUDGED_HELD },
	{ .name = "a source sent data to it just in time",
	  .high = { D, D },
	  .data_seen = D,
	  .want = JUDGED_SUSPECT },
	{ .name = "a source was at the real MX a day ago",
	  .high = { 2 * D, 2 * D },
	  .seen = D,
	  .want = JUDGED_SUSPECT },
	{ .name = "nobody was at the real MX, and that is accepted",
	  .high = { D, D },
	  .is_unseen = true,
	  .is_accepted = true,
	  .want = JUDGED_SUSPECT },
	{ .name = "IPv6 at high, a real MX with IPv4 only: dual-stack senders look so",
	  .addr = "2001:db8:1:2::",
	  .high = { 2 * D, 2 * D },
	  .want = JUDGED_HELD },
	{ .name = "a verified alibi next door excuses a suspect",
	  .high = { D, D },
	  .neighbours = { 20 * D, 20 * D },
	  .want = JUDGED_ALIBI },
	{ .name = "a grace of seconds, for labs",
	  .high = { 3, 3 },
	  .grace = 3,
	  .want = JUDGED_SUSPECT },

	/* Verified dialogues. */
	{ .name = "two hours tempfailed without QUIT",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "one such hour",
	  .talk = { 50 * H, 50 * H },
	  .hour = { BAD(50 * H) },
	  .want = JUDGED_FEW },
	{ .name = "one such hour, and one is enough",
	  .talk = { 50 * H, 50 * H },
	  .hour = { BAD(50 * H) },
	  .offences = 1,
	  .want = JUDGED_OFFENDER },
	{ .name = "a hundred dialogues in one hour are one delivery",
	  .talk = { 50 * H, 50 * H },
	  .hour = { { 50 * H, 100, 0, 0, 0 } },
	  .want = JUDGED_FEW },
	{ .name = "two hours, both with QUIT",
	  .talk = { 50 * H, 40 * H },
	  .hour = { POLITE(50 * H), POLITE(40 * H) },
	  .want = JUDGED_NONE },
	{ .name = "two hours, one with QUIT",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), POLITE(40 * H) },
	  .want = JUDGED_FEW },
	{ .name = "a retransmitted DATA counts twice, its QUIT once",
	  .talk = { 50 * H, 40 * H },
	  .hour = { { 50 * H, 2, 0, 0, 1 }, { 40 * H, 2, 0, 0, 1 } },
	  .want = JUDGED_NONE },
	{ .name = "tempfailed in the last second of an hour, QUIT in the next, twice",
	  .talk = { 50 * H, 39 * H },
	  .hour = { BAD(50 * H), { 49 * H, 0, 0, 0, 1 }, BAD(40 * H), { 39 * H, 0, 0, 0, 1 } },
	  .want = JUDGED_NONE },
	{ .name = "QUIT two hours later is of another dialogue",
	  .talk = { 50 * H, 38 * H },
	  .hour = { BAD(50 * H), { 48 * H, 0, 0, 0, 1 }, BAD(40 * H), { 38 * H, 0, 0, 0, 1 } },
	  .want = JUDGED_OFFENDER },
	{ .name = "a captured segment of a dialogue with QUIT, sent again in the next hour",
	  .talk = { 50 * H, 49 * H },
	  .hour = { POLITE(50 * H), BAD(49 * H) },
	  .offences = 1,
	  .want = JUDGED_NONE },
	{ .name = "two hours later no segment is good any more",
	  .talk = { 50 * H, 48 * H },
	  .hour = { POLITE(50 * H), BAD(48 * H) },
	  .offences = 1,
	  .want = JUDGED_OFFENDER },
	{ .name = "hours of another boot: QUIT ended half an hour before this one began",
	  .talk = { 50 * H, 48 * H },
	  .hour = { POLITE(50 * H), BAD(49 * H - 1800) },
	  .offences = 1,
	  .want = JUDGED_NONE },
	{ .name = "and 40 minutes before",
	  .talk = { 50 * H, 48 * H },
	  .hour = { POLITE(50 * H), BAD(49 * H - 2400) },
	  .offences = 1,
	  .want = JUDGED_OFFENDER },
	{ .name = "a web server that is given our address to fetch: all commands at once",
	  .talk = { 60 * H, 40 * H },
	  .hour = { BURST(60 * H), BURST(50 * H), BURST(40 * H) },
	  .want = JUDGED_FEW },
	{ .name = "the same without timestamps",
	  .talk = { 60 * H, 30 * H },
	  .hour = { WEAK_BURST(60 * H), WEAK_BURST(50 * H), WEAK_BURST(40 * H) },
	  .want = JUDGED_FEW },
	{ .name = "a bot that sends all at once in one hour, and waits in another",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BURST(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "it waited first",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BURST(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "two such hours, and they may count",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BURST(50 * H), BURST(40 * H) },
	  .is_pipelined_accepted = true,
	  .want = JUDGED_OFFENDER },
	{ .name = "never tempfailed: it left after EHLO, for want of TLS",
	  .talk = { 50 * H, 30 * H },
	  .hour = { { 50 * H, 0, 1 }, { 40 * H, 0, 1 }, { 30 * H, 0, 1 } },
	  .want = JUDGED_NONE },
	{ .name = "tempfailed on a connection that nothing verifies",
	  .talk = { 50 * H, 40 * H },
	  .hour = { { 50 * H, 0, 0, 1 }, { 40 * H, 0, 0, 1 }, { 30 * H, 0, 0, 1 } },
	  .want = JUDGED_NONE },
	{ .name = "two weak hours",
	  .talk = { 50 * H, 40 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H) },
	  .want = JUDGED_FEW },
	{ .name = "three weak hours",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .want = JUDGED_PROBABLE },
	{ .name = "three weak hours, then two strong ones",
	  .talk = { 50 * H, 26 * H },
	  .hour = { WEAK(60 * H), WEAK(50 * H), WEAK(40 * H), BAD(30 * H), BAD(26 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "the same, within the grace of the second strong one",
	  .talk = { 50 * H, 3 * H },
	  .hour = { WEAK(60 * H), WEAK(50 * H), WEAK(40 * H), BAD(30 * H), BAD(3 * H) },
	  .want = JUDGED_PROBABLE },
	{ .name = "three weak hours amid forged acknowledgements",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks = 101,
	  .want = JUDGED_NONE },
	{ .name = "as many as there may be",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks = 100,
	  .bad_acks_all = 1 << 20,
	  .want = JUDGED_PROBABLE },
	{ .name = "one of three weak hours is amid everybody's forged acknowledgements",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks_all = (1 << 20) + 1,
	  .want = JUDGED_FEW },
	{ .name = "the same, where another boot's hours overlap",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks_all = (1 << 20) + 1,
	  .acks_shift = 3599,
	  .want = JUDGED_FEW },
	{ .name = "and the hour after that does not matter",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks_all = (1 << 20) + 1,
	  .acks_shift = 3600,
	  .want = JUDGED_PROBABLE },
	{ .name = "an hour of another boot that ends within it does",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks_all = (1 << 20) + 1,
	  .acks_shift = -3599,
	  .want = JUDGED_FEW },
	{ .name = "one that ends before it does not",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), WEAK(40 * H), WEAK(30 * H) },
	  .bad_acks_all = (1 << 20) + 1,
	  .acks_shift = -3600,
	  .want = JUDGED_PROBABLE },
	{ .name = "forged acknowledgements do not help against strong evidence",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .bad_acks = 1000000,
	  .want = JUDGED_OFFENDER },
	{ .name = "one strong and two weak hours",
	  .talk = { 50 * H, 30 * H },
	  .hour = { WEAK(50 * H), BAD(40 * H), WEAK(30 * H) },
	  .want = JUDGED_PROBABLE },
	{ .name = "the grace has not passed since the second offence",
	  .talk = { 90 * H, 2 * H },
	  .hour = { BAD(90 * H), BAD(2 * H) },
	  .want = JUDGED_WAITING },
	{ .name = "the grace has passed since the second of three",
	  .talk = { 90 * H, 2 * H },
	  .hour = { BAD(90 * H), BAD(26 * H), BAD(2 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "at it each hour, and what was before is not known",
	  .talk = { 90 * H, H },
	  .hour = { BAD(8 * H), BAD(7 * H), BAD(6 * H), BAD(5 * H), BAD(4 * H), BAD(3 * H),
		    BAD(2 * H), BAD(H) },
	  .want = JUDGED_WAITING },
	{ .name = "again after its listing had ended: the grace begins anew",
	  .talk = { 20 * D, 2 * H },
	  .hour = { BAD(20 * D), BAD(19 * D), BAD(2 * H) },
	  .want = JUDGED_WAITING },
	{ .name = "and ends",
	  .talk = { 20 * D, 26 * H },
	  .hour = { BAD(20 * D), BAD(19 * D), BAD(26 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "was at the real MX a month ago: the grace runs from the offences",
	  .data = { 60 * D, 60 * D },
	  .talk = { 90 * H, 2 * H },
	  .hour = { BAD(8 * H), BAD(2 * H) },
	  .want = JUDGED_WAITING },
	{ .name = "the same, a day after its last offence",
	  .data = { 60 * D, 60 * D },
	  .talk = { 90 * H, 30 * H },
	  .hour = { BAD(38 * H), BAD(30 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "came back to the real MX after two bad hours, within the grace",
	  .data = { 17 * H, 17 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "the same when it had been listed: a contact does not take it off",
	  .data = { H, H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "two walks since then take it off",
	  .data = { 10 * H, 9 * H },
	  .walk = { 10 * H, 9 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "what was before them is spent, however short data excuse",
	  .data = { 10 * H, 9 * H },
	  .data_window = H,
	  .walk = { 10 * H, 9 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "one of the two was before its listing",
	  .data = { 17 * H, 9 * H },
	  .data_window = H,
	  .walk = { 17 * H, 9 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "two visits are no walks",
	  .data = { 10 * H, 9 * H },
	  .visit = { 10 * H, 9 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "but where no low fake has its family",
	  .addr = "2001:db8:1:2::",
	  .is_low_ip4_only = true,
	  .is_dual_accepted = true,
	  .data = { 10 * H, 9 * H },
	  .visit = { 10 * H, 9 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "a SYN to low is an alibi too, though unverified",
	  .low = { 3 * D, 3 * D },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "data to the real MX, 29 days before",
	  .data = { 31 * D, 31 * D },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "a neighbour's alibi",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .neighbours = { 25 * D, 2 * D },
	  .want = JUDGED_ALIBI },
	{ .name = "a neighbour's alibi of long ago",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .neighbours = { 60 * D, 50 * D },
	  .want = JUDGED_OFFENDER },
	{ .name = "seven days after its last offence",
	  .talk = { 9 * D, 7 * D },
	  .hour = { BAD(9 * D), BAD(7 * D) },
	  .want = JUDGED_EXPIRED },
	{ .name = "an hour before that",
	  .talk = { 9 * D, 7 * D - H },
	  .hour = { BAD(9 * D), BAD(7 * D - H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "verified evidence was lost after the offences",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .lost = 20 * H,
	  .want = JUDGED_HELD },
	{ .name = "verified evidence was lost half an hour before the first of two",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .lost = 50 * H + H / 2,
	  .want = JUDGED_HELD },
	{ .name = "verified evidence was lost two hours before the first",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .lost = 52 * H,
	  .want = JUDGED_OFFENDER },
	{ .name = "verified evidence was lost after the end of the grace",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .lost = 40 * H - D - (H - 1),
	  .want = JUDGED_OFFENDER },
	{ .name = "verified evidence was lost a second before the end of the grace",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .lost = 40 * H - D,
	  .want = JUDGED_HELD },
	{ .name = "as of before it was lost",
	  .talk = { 90 * H, 80 * H },
	  .hour = { BAD(90 * H), BAD(80 * H) },
	  .lost = 50 * H,
	  .now = 51 * H,
	  .seen = 52 * H,
	  .want = JUDGED_OFFENDER },
	{ .name = "an offence amid gaps, two after them",
	  .talk = { 60 * H, 40 * H },
	  .hour = { BAD(60 * H), BAD(50 * H), BAD(40 * H) },
	  .lost = 55 * H,
	  .want = JUDGED_OFFENDER },
	{ .name = "what is verified outweighs its SYNs: it QUITs",
	  .high = { 3 * D, 2 * D },
	  .talk = { 50 * H, 50 * H },
	  .hour = { POLITE(50 * H) },
	  .want = JUDGED_NONE },
	{ .name = "an IPv6 /64, where no real MX is seen over IPv6",
	  .addr = "2001:db8:1:2::",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_HELD },
	{ .name = "an IPv6 /64, where no low fake has IPv6: its walk may have been over IPv4",
	  .addr = "2001:db8:1:2::",
	  .talk = { 50 * H, 40 * H },
	  .is_low_ip4_only = true,
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_DUAL },
	{ .name = "the same, one offence",
	  .addr = "2001:db8:1:2::",
	  .talk = { 50 * H, 50 * H },
	  .is_low_ip4_only = true,
	  .hour = { BAD(50 * H) },
	  .want = JUDGED_FEW },
	{ .name = "the same, SYNs only",
	  .addr = "2001:db8:1:2::",
	  .high = { 2 * D, 2 * D },
	  .is_low_ip4_only = true,
	  .want = JUDGED_DUAL },
	{ .name = "the same, with an alibi of its own",
	  .addr = "2001:db8:1:2::",
	  .real = { 2 * D, 2 * D },
	  .talk = { 50 * H, 40 * H },
	  .is_low_ip4_only = true,
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_ALIBI },
	{ .name = "the same, and dual-stack = accept",
	  .addr = "2001:db8:1:2::",
	  .talk = { 50 * H, 40 * H },
	  .is_low_ip4_only = true,
	  .is_dual_accepted = true,
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },
	{ .name = "IPv4 there: it would have been at the low fake",
	  .talk = { 50 * H, 40 * H },
	  .is_low_ip4_only = true,
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .want = JUDGED_OFFENDER },

	/* The same history, asked as of an earlier time. */
	{ .name = "as of before the second offence",
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .now = 45 * H,
	  .seen = 46 * H,
	  .want = JUDGED_FEW },
	/* A flood of forged SYNs, in which contacts are not noted. */
	{ .name = "SYNs to high only, in a flood: it may have been at low",
	  .high = { 2 * D, 2 * D },
	  .flood = { 2 * D + H, 2 * D + H },
	  .want = JUDGED_HELD },
	{ .name = "SYNs to high only, a flood more than an hour before",
	  .high = { 2 * D, 2 * D },
	  .flood = { 4 * D, 2 * D + H + 1 },
	  .want = JUDGED_SUSPECT },
	{ .name = "SYNs to high only, a flood in its grace: it may have come back",
	  .high = { 2 * D, 2 * D },
	  .flood = { D, D },
	  .want = JUDGED_HELD },
	{ .name = "SYNs to high only, a flood after its grace",
	  .high = { 2 * D, 2 * D },
	  .flood = { D - 1, H },
	  .want = JUDGED_SUSPECT },
	{ .name = "two bad hours in a flood, of a source that was new in both",
	  .talk = { 60 * H, 30 * H },
	  .hour = { BAD(60 * H), BAD(31 * H) },
	  .flood = { 5 * D, H },
	  .want = JUDGED_HELD },
	{ .name = "the same, but it was known in the second: one of two is not enough",
	  .talk = { 60 * H, 30 * H },
	  .hour = { BAD(60 * H), BAD(31 * H) },
	  .flood = { 5 * D, H },
	  .is_known = true,
	  .want = JUDGED_HELD },
	{ .name = "a third one",
	  .talk = { 60 * H, 30 * H },
	  .hour = { BAD(60 * H), BAD(59 * H), BAD(31 * H) },
	  .flood = { 5 * D, H },
	  .is_known = true,
	  .want = JUDGED_OFFENDER },
	{ .name = "known nine days ago: the filter has forgotten it",
	  .talk = { 9 * D, 30 * H },
	  .hour = { BAD(9 * D), BAD(31 * H) },
	  .flood = { 3 * D, H },
	  .is_known = true,
	  .want = JUDGED_HELD },
	{ .name = "a flood before one of three",
	  .talk = { 60 * H, 30 * H },
	  .hour = { BAD(60 * H), BAD(45 * H), BAD(31 * H) },
	  .flood = { 46 * H, 46 * H },
	  .want = JUDGED_OFFENDER },
	{ .name = "a flood, and all else is as if there was none: it walked",
	  .low = { 61 * H, 61 * H },
	  .talk = { 60 * H, 30 * H },
	  .hour = { BAD(60 * H), BAD(31 * H) },
	  .flood = { 5 * D, H },
	  .want = JUDGED_ALIBI },
	{ .name = "as of before all of it",
	  .high = { 50 * H, 40 * H },
	  .talk = { 50 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .now = 51 * H,
	  .want = JUDGED_NONE },
	{ .name = "as of before it came back to the real MX",
	  .real = { H, H },
	  .talk = { 90 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .now = 2 * H,
	  .seen = 3 * H,
	  .want = JUDGED_OFFENDER },
	{ .name = "as of the middle of the hour of its second offence",
	  .talk = { 30 * H, H },
	  .hour = { BAD(30 * H), BAD(2 * H) },
	  .now = H + H / 2,
	  .seen = 2 * H,
	  .want = JUDGED_WAITING },
	{ .name = "as of between two SYNs to high: it may just have been there",
	  .low = { 30 * D, 30 * D },
	  .high = { 3 * D, H },
	  .now = 2 * H,
	  .seen = 3 * H,
	  .want = JUDGED_WAITING },
	{ .name = "as of a time when an alibi may have been: it was before and after",
	  .real = { 60 * H, H },
	  .talk = { 90 * H, 40 * H },
	  .hour = { BAD(50 * H), BAD(40 * H) },
	  .now = 2 * H,
	  .seen = 3 * H,
	  .want = JUDGED_ALIBI },
};

static struct span span_of(struct ago ago)
{
	if (!ago.first)
		return (struct span){};
	return (struct span){ NOW - ago.first, NOW - ago.last };
}

static void run(const struct scenario *s)
{
	struct neighbours n = {};
	struct site site = {};
	struct hour hour[NOLIST_HOURS] = {};
	struct record r = { .hour = hour };
	/* What happened at other times concerns nobody. */
	struct span lost[] = { { NOW - 90 * D, NOW - 80 * D }, { NOW - s->lost, NOW - s->lost } };
	struct span flood = span_of(s->flood);
	struct open_hour new[NOLIST_HOURS];
	struct evidence_acks acks[] = { { NOW - 40 * D, UINT32_MAX, 0 }, {}, { NOW, UINT32_MAX, 0 } };
	struct rules rules;
	struct verdict v;
	int i;

	rules_init(&rules);
	if (s->grace)
		rules.grace_s = s->grace;
	if (s->data_window)
		rules.data_window_s = s->data_window;
	if (s->offences)
		rules.offences = s->offences;
	addr_parse(s->addr ? s->addr : "192.0.2.1", &r.src.addr);
	r.low.when = span_of(s->low);
	r.real.when = span_of(s->real);
	r.high.when = span_of(s->high);
	r.data = span_of(s->data);
	r.talk = span_of(s->talk);
	r.walk = (struct twice){ span_of(s->walk).first, span_of(s->walk).last };
	r.visit = (struct twice){ span_of(s->visit).first, span_of(s->visit).last };
	r.bad_acks = s->bad_acks;
	for (i = 0; i < NOLIST_HOURS && s->hour[i].ago; i++) {
		hour[r.hours++] = (struct hour){ .start = NOW - s->hour[i].ago,
						 .n[NOLIST_EVENT_TEMPFAILED] = s->hour[i].strong,
						 .n[NOLIST_EVENT_GREETED_WEAK] = s->hour[i].weak,
						 .n[NOLIST_EVENT_TEMPFAILED_WEAK] =
							 s->hour[i].tempfailed_weak,
						 .n[NOLIST_EVENT_QUIT] = s->hour[i].quit,
						 .n[NOLIST_EVENT_PIPELINED] = s->hour[i].pipelined };
	}
	r.open_hour = new;
	for (i = 0; i < (int)r.hours && (!i || !s->is_known); i++)
		new[r.open_hours++] = (struct open_hour){ hour[i].start, 1 << RECORD_NEW };
	for (i = 0; i < FLOODS; i++) {
		site.flood[i] = &flood;
		site.floods[i] = i == FLOOD_ANY && s->flood.first;
	}
	acks[1] = (struct evidence_acks){ s->hour[0].ago ? hour[0].start + s->acks_shift : NOW - D,
					  s->bad_acks_all, 0 };
	if (s->neighbours.first) {
		n.count = 1;
		n.when = span_of(s->neighbours);
		addr_parse("192.0.2.77", &n.one.addr);
	}
	site.acks = acks;
	site.n_acks = 3;
	site.family[0].has_low = true;
	site.family[0].has_real = !s->is_unconfigured;
	site.family[0].real_last = s->is_unseen ? 0 : NOW - (s->seen ? s->seen : 60);
	site.family[0].data_last = s->data_seen ? NOW - s->data_seen : 0;
	site.is_unseen_accepted = s->is_accepted;
	site.is_dual_accepted = s->is_dual_accepted;
	site.is_pipelined_accepted = s->is_pipelined_accepted;
	site.family[1].has_low = !s->is_low_ip4_only;
	site.family[1].has_real = s->is_low_ip4_only;
	site.family[1].real_last = s->is_low_ip4_only ? NOW - 60 : 0;
	site.lost = lost;
	site.losts = s->lost ? 2 : 1;
	verdict_of(&r, &n, &site, &rules, NOW - s->now, &v);
	if (!tap_ok(v.is == s->want, "%s: %s", s->name, judgement_names[s->want])) {
		tap_diag("judged %s, since %lld ago until %lld ago", judgement_names[v.is],
			 NOW - (long long)v.since, NOW - (long long)v.until);
		for (i = 0; i < CHECKS; i++)
			tap_diag("%-10s asked %d passed %d have %lld need %lld", check_names[i],
				 v.check[i].is_asked, v.check[i].is_passed,
				 (long long)v.check[i].have, (long long)v.check[i].need);
	}
}

/* What is said of a listing must be true to the second. */
static void test_times(void)
{
	struct hour hour[] = { { .start = NOW - 50 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 },
			       { .start = NOW - 40 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 } };
	struct record r = { .hour = hour, .hours = 2,
			    .talk = { NOW - 50 * H + 100, NOW - 40 * H + 50 } };
	struct site site = { .family[0] = { true, true, true, NOW - 60 } };
	struct rules rules;
	struct verdict v;

	rules_init(&rules);
	addr_parse("192.0.2.1", &r.src.addr);
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	tap_ok(v.since == NOW - 40 * H + 50 + D, "listed a day after the second offence");
	tap_ok(v.until == NOW - 40 * H + 50 + 7 * D, "until seven days after the last");
	tap_ok(v.strong == 2 && !v.weak && !v.excused, "both offences are counted");
	tap_ok(verdict_is_listed(&v, false) && verdict_tier(&v) == 2, "an offender is listed");
	v.is = JUDGED_HELD;
	tap_ok(verdict_tier(&v) == 2, "and keeps its tier when it is held");
	v.is = JUDGED_PROBABLE;
	v.is_strong = false;
	tap_ok(verdict_is_listed(&v, false) && verdict_tier(&v) == 3, "so is a probable one");
	v.is = JUDGED_SUSPECT;
	tap_ok(!verdict_is_listed(&v, false), "no source is listed on contacts");
	tap_ok(verdict_is_listed(&v, true), "unless that was asked for");
}

/* Once it is listed, contacts excuse nothing: offences in a flood count as others do. */
static void test_flood(void)
{
	struct hour hour[] = { { .start = NOW - 60 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 },
			       { .start = NOW - 50 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 },
			       { .start = NOW - 10 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 } };
	struct open_hour new[] = { { NOW - 60 * H, 1 << RECORD_NEW }, { NOW - 10 * H, 1 << RECORD_NEW } };
	struct record r = { .hour = hour, .hours = 3, .talk = { NOW - 60 * H, NOW - 9 * H - 1 },
			    .open_hour = new, .open_hours = 2 };
	struct span flood = { NOW - 20 * H, NOW };
	struct site site = { .family[0] = { true, true, true, NOW - 60 } };
	struct rules rules;
	struct verdict v;

	site.flood[FLOOD_ANY] = &flood;
	site.floods[FLOOD_ANY] = 1;
	rules_init(&rules);
	addr_parse("192.0.2.1", &r.src.addr);
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	tap_ok(v.is == JUDGED_OFFENDER && v.strong == 3 && !v.hidden && v.check[CHECK_FLOOD].is_passed &&
		       v.until > NOW + 6 * D,
	       "an offence in a flood makes a listing last longer");
	flood.first = NOW - 100 * H;
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	tap_ok(v.is == JUDGED_HELD && v.hidden == 2 && v.check[CHECK_FLOOD].have == 2,
	       "of one that was listed by none, those before which it was not known do not count");
}

/* A lift ends the listing that it was made in, and makes void what was before it; nothing else. */
static void test_lifts(void)
{
	struct hour hour[] = { { .start = NOW - 60 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 },
			       { .start = NOW - 50 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 },
			       { .start = NOW - 9 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 },
			       { .start = NOW - 8 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 } };
	struct record r = { .hour = hour, .hours = 2, .talk = { NOW - 60 * H, NOW - 49 * H - 1 } };
	struct site site = { .family[0] = { true, true, true, NOW - 60 } };
	int64_t lift[] = { NOW - 30 * H, NOW - 10 * H };
	struct rules rules;
	struct verdict v;

	rules_init(&rules);
	addr_parse("192.0.2.1", &r.src.addr);
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	tap_ok(v.is == JUDGED_OFFENDER && v.since < NOW - 20 * H && !v.freed, "it is listed");
	r.lift = lift;
	r.lifts = 1;
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	tap_ok(v.is == JUDGED_OFFENDER && !v.freed, "a lift before its listing began does nothing");
	r.lifts = 2;
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	tap_ok(v.is == JUDGED_ALIBI && v.freed == lift[1] && v.freed_by == FREED_LIFTED && v.excused == 2,
	       "one in its listing ends it, and its offences are void");
	verdict_of(&r, NULL, &site, &rules, NOW - 11 * H, &v);
	tap_ok(v.is == JUDGED_OFFENDER, "as of before the lift it is listed");
	r.hours = 3;
	r.talk.last = NOW - 7 * H - 1;
	verdict_of(&r, NULL, &site, &rules, NOW + 30 * H, &v);
	tap_ok(!verdict_is_listed(&v, false), "one more offence is one");
	r.hours = 4;
	site.family[0].real_last = NOW + 30 * H;
	verdict_of(&r, NULL, &site, &rules, NOW + 30 * H, &v);
	tap_ok(v.is == JUDGED_OFFENDER && v.since > NOW, "two begin a new listing: no exemption");
}

static void test_neighbours(void)
{
	struct site site = { .family = { { true, true, true, NOW }, { false, true, true, NOW } } };
	struct record bot = { .data = { NOW - D, NOW - D } };
	struct record good = { .data = { NOW - D, NOW - D }, .low.when = { NOW - D, NOW - D } };
	struct record forged = { .low.when = { NOW, NOW }, .real.when = { NOW, NOW } };
	struct neighbours n = {};
	struct rules rules;
	struct verdict v;
	struct prefix p;
	struct hour hour[] = { { .start = NOW - 50 * H, .n[NOLIST_EVENT_TEMPFAILED] = 1 } };
	struct record self = { .hour = hour, .hours = 1 };
	char text[ADDR_TEXT];

	rules_init(&rules);
	rules.offences = 1;
	addr_parse("198.51.100.7", &bot.src.addr);
	good.src = forged.src = self.src = bot.src;
	neighbours_add(&n, &forged, &site, &rules, NOW);
	tap_ok(!n.count, "forged SYNs acquit no neighbour");
	neighbours_add(&n, &bot, &site, &rules, NOW);
	tap_ok(!n.count, "a bot at the real MX acquits no neighbour");
	neighbours_add(&n, &good, &site, &rules, NOW);
	tap_ok(n.count == 1, "one that was at low and sent data to real does");
	verdict_of(&self, &n, &site, &rules, NOW, &v);
	tap_ok(v.is == JUDGED_OFFENDER, "a source is not its own neighbour");
	n = (struct neighbours){};
	addr_parse("2001:db8:1:2::", &bot.src.addr);
	neighbours_add(&n, &bot, &site, &rules, NOW);
	tap_ok(n.count == 1, "where no low fake has IPv6, data to real is enough");
	n = (struct neighbours){};
	neighbours_add(&n, &bot, &site, &rules, NOW - 2 * D);
	tap_ok(!n.count, "as of before, it is not");
	p = neighbours_prefix(&good.src, &rules);
	tap_ok(!strcmp(prefix_text(&p, text), "198.51.100.0/24"), "an IPv4 neighbourhood: %s", text);
	rules.neighbours_ip4 = 20;
	p = neighbours_prefix(&good.src, &rules);
	tap_ok(!strcmp(prefix_text(&p, text), "198.51.96.0/20"), "another one: %s", text);
	rules.neighbours_ip4 = 32;
	p = neighbours_prefix(&good.src, &rules);
	tap_ok(!strcmp(prefix_text(&p, text), "198.51.100.7"), "or none: %s", text);
	p = neighbours_prefix(&bot.src, &rules);
	tap_ok(!strcmp(prefix_text(&p, text), "2001:db8:1::/48"), "an IPv6 neighbourhood: %s", text);
}

/* A neighbour that was at low long before or after its data says nothing of others. */
static void test_neighbours_window(void)
{
	struct site site = { .family[0] = { true, true, true, NOW } };
	struct record r = { .data = { NOW - D, NOW - D } };
	struct neighbours n = {};
	struct provider p = {};
	struct rules rules;

	rules_init(&rules);
	addr_parse("198.51.100.7", &r.src.addr);
	r.low.when.first = r.low.when.last = NOW - D - rules.window_s - 1;
	neighbours_add(&n, &r, &site, &rules, NOW);
	tap_ok(!n.count, "a second more than the window before its data, low acquits no neighbour");
	provider_add(&p, &r, &site, NOW);
	tap_ok(!provider_has_alibi(&p, &rules), "nor a provider");
	r.low.when.first = r.low.when.last = NOW - D - rules.window_s;
	neighbours_add(&n, &r, &site, &rules, NOW);
	tap_ok(n.count == 1, "within the window it does");
	p = (struct provider){};
	provider_add(&p, &r, &site, NOW);
	tap_ok(provider_has_alibi(&p, &rules), "and a provider, too");
}

static void test_rules(void)
{
	const struct rule *r;
	struct rules rules;
	int wrong = 0;

	memset(&rules, 0xff, sizeof(rules));
	rules_init(&rules);
	for (r = rule_table; r->name; r++)
		wrong += r->initial < r->min || r->initial > r->max ||
			 *rules_value(&rules, r) != r->initial;
	tap_ok(!wrong, "every rule starts within its bounds");
	tap_ok((size_t)(r - rule_table) * sizeof(unsigned int) == sizeof(rules),
	       "every field of struct rules has its row");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		run(&scenarios[i]);
	test_times();
	test_flood();
	test_lifts();
	test_neighbours();
	test_neighbours_window();
	test_rules();
	return tap_done();
}
