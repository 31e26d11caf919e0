// SPDX-License-Identifier: GPL-2.0-only
/*
 * What many dialogues leave behind: nothing of a connection. After any number of
 * sessions from one source, finished or left at any point, over both families and
 * with and without timestamps, the tables hold what they held after the first
 * ones, in the same memory, and the source's counts stop at their largest value.
 * An hour is noted as an hour: another one counts, the same one does not. Peers
 * pay for each connection with a process or a socket, and can be exhausted.
 *
 * 70,000 sessions; a million with NOLIST_FULL=1.
 */
#include <stdbool.h>
#include "selftests/lib/records.h"
#include "selftests/lib/talk.h"

#define FIRST 1000 /* sessions after which nothing more is added */

static struct prog *server = &prog;
static unsigned long bad;

/* A session is left after so many commands; 6 is QUIT, and then our FIN is taken. */
static void session(struct talk *t, unsigned int commands)
{
	static const char *const lines[] = { "EHLO a\r\n",	   "MAIL FROM:<a@b>\r\n",
					     "RCPT TO:<c@d>\r\n", "DATA\r\n",
					     "RSET\r\n",	   "QUIT\r\n" };
	struct talk_got g;
	const char *wrong = talk_connect(t, &g);
	unsigned int i;

	for (i = 0; i < commands && i < COUNT(lines) && !wrong; i++)
		wrong = talk_say(t, lines[i], strlen(lines[i]), 0, &g);
	if (!wrong && commands == COUNT(lines))
		wrong = t->is_ended ? talk_say(t, NULL, 0, FRAME_FIN, &g) : "no FIN";
	if (!wrong)
		return;
	if (!bad++)
		tap_diag("%s", wrong);
}

/* Number n, of one of four clients: two addresses, with and without timestamps. */
static void sessions(unsigned int from, unsigned int to)
{
	static struct talk t;
	unsigned int n;

	for (n = from; n < to; n++) {
		talk_start(&t, server, 1, n & 1, n & 2);
		t.sport = 1024 + n / 4 % 60000;
		t.iss = t.snd_nxt = t.snd_una = t.sent_end = t.shown_end = n * 2654435761u;
		session(&t, n % 5 ? 6 : n / 5 % 6);
	}
}

/* What the kernel has set aside for a map, in bytes. */
static unsigned long memory_of(int map)
{
	unsigned long bytes = 0;
	char path[64], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
	in = fopen(path, "r");
	if (!in)
		tap_die(path);
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, "memlock: %lu", &bytes) == 1)
			break;
	fclose(in);
	return bytes;
}

struct fill {
	unsigned int contacts, verified;
	unsigned long contacts_bytes, verified_bytes;
};

static struct fill fill(void)
{
	return (struct fill){ sources_in(prog.contacts), sources_in(prog.verified),
			      memory_of(prog.contacts), memory_of(prog.verified) };
}

/* The record of client 1, over IPv4 or IPv6. */
static bool record_of(int is_ip6, struct nolist_verified *r)
{
	struct talk *t = calloc(1, sizeof(*t));
	bool is_there;

	if (!t)
		tap_die("memory");
	talk_start(t, server, 1, is_ip6, 0);
	is_there = talk_verified(t, r);
	free(t);
	return is_there;
}

static unsigned int largest(const struct nolist_verified *r, enum nolist_event event)
{
	unsigned int most = 0;
	int h;

	for (h = 0; h < NOLIST_HOURS; h++)
		most = r->hour[h].n[event] > most ? r->hour[h].n[event] : most;
	return most;
}

static void nothing_is_stored(unsigned int count)
{
	struct nolist_verified r4 = {}, r6 = {};
	struct fill first, last;

	sessions(0, FIRST);
	first = fill();
	tap_ok(!bad && first.contacts == 2 && first.verified == 2,
	       "%d sessions from one IPv4 and one IPv6 source: a record each in both tables",
	       FIRST);
	sessions(FIRST, count);
	last = fill();
	tap_ok(!bad, "%u sessions: each was answered as the first", count);
	if (!tap_ok(!memcmp(&first, &last, sizeof(first)),
		    "after %u sessions the tables hold what they held after %d, in %lu bytes",
		    count, FIRST, last.contacts_bytes + last.verified_bytes))
		tap_diag("%u and %u records, %lu and %lu bytes", last.contacts, last.verified,
			 last.contacts_bytes, last.verified_bytes);
	tap_ok(!stats().contacts_lost && !stats().verified_lost, "no evidence was lost");
	tap_ok(record_of(0, &r4) && record_of(1, &r6) && !r4.bad_acks && !r6.bad_acks &&
		       largest(&r4, NOLIST_EVENT_TEMPFAILED) > FIRST / 8 &&
		       largest(&r6, NOLIST_EVENT_GREETED_WEAK) > FIRST / 8,
	       "each has the verified evidence of both kinds of clients, and no wrong acknowledgement");
}

/* Puts the counts of this hour just below their largest value. */
static void counts_stop(void)
{
	struct nolist_source src = records_source("::ffff:198.18.0.1");
	static const int counted[] = { NOLIST_EVENT_TEMPFAILED, NOLIST_EVENT_GREETED_WEAK,
				       NOLIST_EVENT_TEMPFAILED_WEAK, NOLIST_EVENT_QUIT };
	unsigned int h, i, full = 0, now = prog_clock() / NOLIST_HOUR_NS + 1;
	struct nolist_verified r;

	if (bpf_map_lookup_elem(prog.verified, &src, &r))
		tap_die("the record of 198.18.0.1");
	h = now % NOLIST_HOURS;
	r.hour[h].hour = now;
	for (i = 0; i < COUNT(counted); i++)
		r.hour[h].n[counted[i]] = 0xfffe;
	bpf_map_update_elem(prog.verified, &src, &r, BPF_EXIST);
	sessions(0, 100);
	bpf_map_lookup_elem(prog.verified, &src, &r);
	for (i = 0; i < COUNT(counted); i++)
		full += r.hour[h].n[counted[i]] == 0xffff;
	tap_ok(full == COUNT(counted),
	       "counts stop at their largest value: a QUIT is never forgotten");
}

/* A record whose last dialogue was "ago" hours ago, and then one more. */
static void hour_is_noted(unsigned int ago, unsigned int want)
{
	struct nolist_source src = records_source("::ffff:198.18.0.1");
	unsigned int now = prog_clock() / NOLIST_HOUR_NS + 1, then = now + 2 * NOLIST_HOURS - ago;
	struct nolist_verified r = { .hours = 1 };
	struct nolist_hour *old = &r.hour[then % NOLIST_HOURS];
	bool is_unchanged;

	/* Before the machine's first hour there was none: then any other number will do. */
	*old = (struct nolist_hour){ .hour = ago < now ? now - ago : now + 2 * NOLIST_HOURS - ago,
				     .n[NOLIST_EVENT_TEMPFAILED] = 7, .n[NOLIST_EVENT_QUIT] = 3 };
	bpf_map_update_elem(prog.verified, &src, &r, BPF_ANY);
	sessions(2, 3);
	bpf_map_lookup_elem(prog.verified, &src, &r);
	is_unchanged = ago && ago < NOLIST_HOURS;
	tap_ok(r.hours == want && r.hour[now % NOLIST_HOURS].hour == now &&
		       r.hour[now % NOLIST_HOURS].n[NOLIST_EVENT_TEMPFAILED] == (ago ? 1 : 8) &&
		       (!is_unchanged ||
			r.hour[then % NOLIST_HOURS].n[NOLIST_EVENT_TEMPFAILED] == 7),
	       "a dialogue %u hours after the last: %u hours with one", ago, want);
}

int main(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_DATA, false, false, false };
	unsigned int ago;

	tap_need_root();
	prog_load(&prog, NULL);
	talk_configure(&prog, &d);
	nothing_is_stored(getenv("NOLIST_FULL") ? 1000000 : 70000);
	counts_stop();
	hour_is_noted(0, 1);
	for (ago = 1; ago <= NOLIST_HOURS; ago++)
		hour_is_noted(ago, 2);
	return tap_done();
}
