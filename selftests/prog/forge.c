// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence against a source that sent nothing: a forger sends segments in its
 * name and sees no answer. Millions of them yield nothing. As that would also
 * be so if nothing were ever noted, the same is tried on a build whose sequence
 * numbers have 12 secret bits: there the guesses succeed, and what must stop
 * them then is tested one by one: the timestamps' half, the one exact total, the
 * count of wrong acknowledgements, the number of hours.
 */
#include <stdbool.h>
#include <time.h>
#include "selftests/lib/siphash.h"
#include "selftests/lib/talk.h"
#include "user/judge/verdict.h"

#define SHORT_BITS 12 /* as in short_cookie.bpf.c */
#define HOUR 3600
#define NOW 1700006400ll

static struct prog real, cut;
static unsigned long n_full;
static unsigned int clients;
static unsigned int banner; /* bytes of it: anyone may look them up */

/* --- chance -------------------------------------------------------------- */

static uint64_t state;

static uint32_t rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) >> 32;
}

/* --- a forger ------------------------------------------------------------ */

/* What the forger writes into a segment. */
enum guess {
	GUESS_ALL,   /* any acknowledgement */
	GUESS_ISN,   /* a short sequence number, and this total */
	KNOW_ISN,    /* it knows the ISN: not even that helps */
	KNOW_ALL,    /* and TSecr: a real client */
};

struct forgery {
	const struct prog *at;
	enum guess guess;
	bool has_ts;
	const char *data;
	unsigned int total;
};

static __u64 true_hash(const struct talk *t)
{
	struct nolist_addr src, dst;

	memcpy(src.b, t->src, 16);
	memcpy(dst.b, t->dst, 16);
	return siphash_dialogue(&prog_key, &src, &dst, t->sport, 25, prog_clock(), t->has_ts);
}

static void forge(const struct forgery *f, struct talk *t, struct frame *frame)
{
	struct tcphdr *h = frame_tcph(frame);
	unsigned char *ts = frame->b + frame->l4 + 20 + 4;
	uint32_t seq = rnd(), ack = rnd(), tsecr = rnd();
	__u64 hash;

	t->sport = 1024 + rnd() % 60000;
	if (f->guess == GUESS_ISN)
		ack = (rnd() << (32 - SHORT_BITS)) + 1 + f->total;
	if (f->guess == KNOW_ISN || f->guess == KNOW_ALL) {
		hash = true_hash(t);
		ack = (uint32_t)hash + 1 + f->total;
		if (f->guess == KNOW_ALL)
			tsecr = (hash >> 32) + (seq << 7);
	}
	h->source = htons(t->sport);
	h->seq = htonl(seq);
	h->ack_seq = htonl(ack);
	if (f->has_ts) {
		tsecr = htonl(tsecr);
		memcpy(ts + 4, &tsecr, 4);
	}
	frame_tcp_sum(frame);
}

/* Sends n segments in the name of one source. */
static void flood(const struct forgery *f, struct talk *t, unsigned long n)
{
	size_t len = strlen(f->data);
	struct talk_seg s;
	struct frame frame;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.b, .repeat = 1);

	talk_start(t, f->at, clients++, 0, f->has_ts);
	s = talk_seg(t, f->data, len);
	talk_frame(t, &s, &frame);
	opts.data_size_in = frame.len;
	while (n--) {
		forge(f, t, &frame);
		opts.data_size_out = 0; /* where the run before has left its own */
		if (bpf_prog_test_run_opts(f->at->fd, &opts))
			tap_die("BPF_PROG_TEST_RUN");
	}
}

static __u64 texts(const struct prog *p)
{
	__u64 verdict[NOLIST_VERDICTS];

	prog_counters((struct prog *)p, verdict);
	return verdict[NOLIST_HIGH_TEXT];
}

static unsigned int count_records(const struct prog *p)
{
	struct nolist_source key, *last = NULL;
	unsigned int n = 0;

	for (; !bpf_map_get_next_key(p->verified, last, &key); last = &key)
		n++;
	return n;
}

/* All hours added up. */
static struct nolist_hour sum(const struct talk *t)
{
	struct nolist_hour all = {};
	struct nolist_verified r = {};
	int i, event;

	if (!talk_verified(t, &r))
		return all;
	for (i = 0; i < NOLIST_HOURS; i++)
		for (event = 0; event < NOLIST_EVENTS; event++)
			all.n[event] += r.hour[i].n[event];
	return all;
}

/* --- the program as it is ------------------------------------------------ */

static void blind(void)
{
	static const struct forgery all[] = {
		{ &real, GUESS_ALL, false, "EHLO a\r\n", 0 },
		{ &real, GUESS_ALL, false, "DATA\r\n", 0 },
		{ &real, GUESS_ALL, false, "", 0 },
		{ &real, GUESS_ALL, false, "\x80", 0 },
		{ &real, GUESS_ALL, true, "EHLO a\r\n", 0 },
		{ &real, GUESS_ALL, true, "DATA\r\n", 0 },
		{ &real, GUESS_ALL, true, "", 0 },
		{ &real, GUESS_ALL, true, "STARTTLS\r\n", 0 },
	};
	unsigned long n = n_full / 8, bad, sent = 0;
	struct talk t;
	size_t i;

	bad = talk_bad_acks(&real);
	for (i = 0; i < sizeof(all) / sizeof(*all); i++, sent += n)
		flood(&all[i], &t, n);
	bad = talk_bad_acks(&real) - bad;
	tap_ok(count_records(&real) == 0, "%lu blind segments are no evidence", sent);
	/* 4 in a million are recognized by chance. */
	tap_ok(bad <= sent && bad >= sent - sent / 20000 - 10, "%lu of them counted as wrong", bad);
}

static void half(void)
{
	struct forgery f = { &real, KNOW_ISN, true, "DATA\r\n", 8 + 32 * 9 };
	unsigned long n = n_full / 10; /* four in 2^32 would be right */
	struct talk t;

	flood(&f, &t, n);
	tap_ok(!talk_verified(&t, &(struct nolist_verified){}),
	       "%lu segments with the right ISN and a wrong TSecr are no evidence", n);
	f.guess = KNOW_ALL;
	flood(&f, &t, 100);
	tap_ok(sum(&t).n[NOLIST_EVENT_TEMPFAILED] == 100, "with the right TSecr they are");
	f = (struct forgery){ &real, KNOW_ISN, false, "DATA\r\n", 8 + 32 * 9 };
	flood(&f, &t, 100);
	tap_ok(!talk_verified(&t, &(struct nolist_verified){}),
	       "without timestamps, a total that is not the exact one opens no record");
	f = (struct forgery){ &real, KNOW_ISN, false, "EHLO a\r\n", banner };
	flood(&f, &t, 100);
	tap_ok(sum(&t).n[NOLIST_EVENT_GREETED_WEAK] == 100, "the exact one does");
}

/* --- the program with short sequence numbers ----------------------------- */

static bool is_near(unsigned long have, unsigned long want)
{
	tap_diag("%lu, about %lu expected", have, want);
	return have > want / 2 && have < want * 2;
}

static void exact_total(void)
{
	struct forgery f = { &cut, GUESS_ISN, false, "EHLO a\r\n", banner + 2 * 32 };
	unsigned long n = n_full;
	__u64 before = texts(&cut);
	struct talk t;

	flood(&f, &t, n);
	tap_ok(is_near(texts(&cut) - before, n >> (SHORT_BITS - 1)),
	       "12 bits: guesses at another total are answered");
	tap_ok(!talk_verified(&t, &(struct nolist_verified){}), "but are no evidence");
	f = (struct forgery){ &cut, GUESS_ISN, false, "DATA\r\n", 8 + 32 * 2 };
	flood(&f, &t, n);
	tap_ok(!talk_verified(&t, &(struct nolist_verified){}),
	       "nor is a tempfail there");
}

static void timestamp_half(void)
{
	struct forgery f = { &cut, GUESS_ISN, true, "DATA\r\n", 8 + 32 * 2 };
	unsigned long n = n_full, bad = talk_bad_acks(&cut);
	struct talk t;

	flood(&f, &t, n);
	bad = talk_bad_acks(&cut) - bad;
	tap_ok(!talk_verified(&t, &(struct nolist_verified){}),
	       "12 bits: the timestamps' half stops them");
	tap_ok(bad >= n - n / 10000 - 10, "and they are counted as wrong");
}

/* --- what a verdict makes of it ------------------------------------------ */

static enum judgement judge(const struct nolist_hour *h, unsigned int hours, unsigned long bad_own,
			    unsigned long bad_all)
{
	struct evidence_acks acks[NOLIST_HOURS] = {};
	struct hour hour[NOLIST_HOURS] = {};
	struct record r = { .hour = hour, .hours = hours };
	struct site site = { .family[0] = { true, true, true, NOW - 60 } };
	struct rules rules;
	struct verdict v;
	unsigned int i;

	rules_init(&rules);
	addr_parse("198.18.0.1", &r.src.addr);
	for (i = 0; i < hours; i++) {
		hour[i] = (struct hour){ .start = NOW - (50 - 5 * i) * HOUR };
		memcpy(hour[i].n, h->n, sizeof(hour[i].n));
		acks[i] = (struct evidence_acks){ hour[i].start, bad_all, 0 };
	}
	site.acks = acks;
	site.n_acks = hours;
	r.talk = (struct span){ hour[0].start, hour[hours - 1].start };
	r.bad_acks = bad_own;
	verdict_of(&r, NULL, &site, &rules, NOW, &v);
	return v.is;
}

static bool is_listed(enum judgement is)
{
	return is == JUDGED_OFFENDER || is == JUDGED_PROBABLE;
}

/* He knows the exact total; greeting and DATA in turns, in the name of one source. */
static void weak_grade(void)
{
	struct forgery greet = { &cut, GUESS_ISN, false, "EHLO a\r\n", banner };
	struct forgery data = { &cut, GUESS_ISN, false, "DATA\r\n", 8 + 32 * 2 };
	unsigned long n = n_full, bad = talk_bad_acks(&cut);
	struct nolist_verified r = {};
	struct nolist_hour h;
	struct talk t;

	flood(&greet, &t, n);
	clients--; /* the same source again */
	flood(&data, &t, n);
	bad = talk_bad_acks(&cut) - bad;
	h = sum(&t);
	talk_verified(&t, &r);
	tap_ok(is_near(h.n[NOLIST_EVENT_GREETED_WEAK], n >> (SHORT_BITS - 1)),
	       "12 bits: weak evidence is forged");
	tap_ok(is_near(h.n[NOLIST_EVENT_TEMPFAILED_WEAK], n >> (SHORT_BITS - 1)),
	       "and tempfailed as well");
	tap_ok(h.n[NOLIST_EVENT_TEMPFAILED] == 0, "but nothing strong");
	tap_ok(r.hours <= 2, "all of one hour, or two, however many");
	tap_ok(is_near(bad / h.n[NOLIST_EVENT_GREETED_WEAK], 2ul << (SHORT_BITS - 1)),
	       "each costs as many wrong acknowledgements as there are guesses");
	tap_ok(r.bad_acks >= n, "which its record holds");
	tap_ok(!is_listed(judge(&h, 1, 0, 0)), "one forged hour lists nobody");
	tap_ok(!is_listed(judge(&h, 2, 0, 0)), "nor do two");
	tap_ok(judge(&h, 3, 0, 0) == JUDGED_PROBABLE, "three would, as probable,");
	tap_ok(!is_listed(judge(&h, 3, r.bad_acks, 0)), "were its wrong acknowledgements not");
	/* 32 bits: 2^31 guesses for one that is right. */
	tap_ok(!is_listed(judge(&h, 3, 0, 1ul << 31)), "nor everybody's");
}

int main(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_DATA, false, false, false };
	const char *seed = getenv("NOLIST_SEED");
	struct nolist_smtp *smtp = calloc(1, sizeof(*smtp));
	struct forgery syn = { &cut, KNOW_ISN, false, "EHLO a\r\n", 0 };
	struct talk_got g;
	struct talk t;

	tap_need_root();
	n_full = getenv("NOLIST_FULL") ? 10000000 : 300000;
	state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) * 1000003;
	tap_diag("NOLIST_SEED=%llu", (unsigned long long)state);
	if (!smtp || dialogue_compile(&d, smtp))
		tap_die("dialogue_compile()");
	banner = smtp->reply[NOLIST_BANNER].len;
	free(smtp);
	prog_load(&real, NULL);
	prog_load_file(&cut, "selftests/prog/short_cookie.bpf.o", NULL);
	talk_configure(&real, &d);
	talk_configure(&cut, &d);
	talk_start(&t, syn.at, clients++, 0, 0);
	if (talk_connect(&t, &g))
		tap_die("no connection");
	tap_ok(!(t.irs << SHORT_BITS) && t.irs >> (32 - SHORT_BITS) == (true_hash(&t) & 0xfff),
	       "the short sequence number is 12 bits of the hash");
	blind();
	half();
	exact_total();
	timestamp_half();
	weak_grade();
	return tap_done();
}
