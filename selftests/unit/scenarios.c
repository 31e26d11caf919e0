// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole stories against the pure verdict: a script says which source did what when, and which
 * must be listed from when to when. Each hour is judged as a dump in that hour would
 * judge it, from what had happened by then. Why it matters: a block list is as good
 * as its worst false listing, and these are the ways in which one could come about.
 *
 * A line of a script is a time, an address and what it did:
 *	3d 10:00 198.51.100.7 low real data       at that minute; or 10:00:59, at that second
 *	3d 10:00 every 1h for 2d 203.0.113.66 tempfailed  again and again
 *	3d 10:00 203.0.113.0/26 low real high      all of a network, but for named ones
 * low, real, high: a SYN. data: on an established connection to the real MX. tempfailed:
 * "later" in a dialogue with timestamps, no QUIT; weak: without timestamps; quit. accepted: data, and
 * the real MX's log says that the mail was accepted after all filters. low and data together are a
 * walk.
 * Other lines concern everybody:
 *	1d 00:00 load 1              MX addresses, by a number, come in force
 *	1d 00:00 load 1 blind6       the same, and no low fake among them has IPv6
 *	1d 00:00 up 2d 4             the real MX works: 4 known senders an hour, for 2d
 *	1d 00:00 down 2h 4           it does not: their SYNs, and no data
 *	1d 00:00 lost 2h             verified evidence was lost
 *	1d 00:00 flood 2h            SYNs of sources that are not known as verified are not noted
 *	1d 00:00 forged 2h           wrong acknowledgements come by the million
 *	1d 00:00 reboot              new tables, whose clock starts anew
 *	1d 00:00 clock -3600         the wall clock is set
 *	1d 00:00 no low6, no real6   nothing of that kind is in force (low4: the same)
 * What must come of it:
 *	never ADDRESS, or listed ADDRESS 5d 03:00 9d 04:00 (to the hour, and else not)
 */
#include "selftests/lib/scenarios.h"
#include "selftests/lib/tap.h"
#include "user/base/addr.h"
#include "user/record/pack.h"
#include "user/judge/verdict.h"

#define H HOUR_S
#define D (24 * H)
#define T0 1700006400ll /* a full hour of UTC, at 0d 00:00 */
#define END (20 * D) /* of every script */
#define EVENTS 200000
#define SOURCES 2000
#define EPOCHS 4
#define KNOWN (26 * H) /* collect frees the packet program's record of who was idle for longer */

enum act { LOW = 1, REAL = 2, HIGH = 4, DATA = 8, TEMPFAILED = 16, WEAK = 32, QUIT = 64,
	   ACCEPTED = 128 };

static const struct {
	const char *name;
	int act;
} acts[] = { { "low", LOW },         { "real", REAL }, { "high", HIGH }, { "data", DATA },
	     { "tempfailed", TEMPFAILED }, { "weak", WEAK }, { "quit", QUIT },
	     { "accepted", DATA | ACCEPTED },                        {} };

struct event {
	int64_t t; /* seconds since 0d 00:00, by a clock that nobody sets */
	int source;
	int act;
};

struct source {
	struct nolist_source src;
	bool is_background;
	struct hour hour[24 * 35];
	struct open_hour open[24 * 35];
	uint32_t data[24 * 35];
	struct record r;
	int64_t known; /* until then, by a clock that nobody sets */
};

/* The wall clock is set at t. */
struct step {
	int64_t t, by;
};

static struct event *event;
static int events;
static struct source source[SOURCES];
static int sources;
static struct span lost[8];
static int losts;
static struct span flood[8];
static int floods;
static struct evidence_acks acks[200];
static int n_acks;
static struct mx_change change[8];
static int changes;
static int64_t boot[EPOCHS]; /* when each epoch begins */
static int boots;
static struct step step[8];
static int steps;
static struct site_family family[2];
static const char *script_name;

/* --- reading a script --------------------------------------------------------- */

static void __attribute__((noreturn)) bad(const char *line)
{
	printf("# %s: '%s'\n", script_name, line);
	tap_die("a script");
}

/* "3d", "2h", "30m", or "3d 10:00" */
static int64_t duration(char **rest)
{
	char *word = strtok_r(NULL, " ", rest), *end;
	int64_t n = word ? strtol(word, &end, 10) : 0;

	if (!word)
		tap_die(script_name);
	return n * (*end == 'd' ? D : *end == 'h' ? H : *end == 'm' ? 60 : 1);
}

static int64_t moment(const char *day, const char *clock)
{
	int d, h, m, s = 0;

	if (!day || !clock || sscanf(day, "%dd", &d) != 1 || sscanf(clock, "%d:%d:%d", &h, &m, &s) < 2)
		bad(day ? day : "no time");
	return d * (int64_t)D + h * H + m * 60 + s;
}

static int find(const struct nolist_source *src)
{
	int i;

	for (i = 0; i < sources && addr_compare(&source[i].src.addr, &src->addr); i++)
		;
	if (i == SOURCES)
		tap_die("too many sources");
	if (i == sources)
		source[sources++].src = *src;
	return i;
}

static int source_of(const char *text)
{
	struct nolist_addr addr;
	struct nolist_source src;

	if (addr_parse(text, &addr))
		bad(text);
	src = addr_source(&addr);
	return find(&src);
}

static void add_event(int64_t t, int of, int act)
{
	if (events == EVENTS)
		tap_die("too many events");
	event[events++] = (struct event){ t, of, act };
}

/* Good senders that are well known, so many in each hour. */
static void background(int64_t t, int64_t for_s, int n, int act)
{
	char text[32];
	int i, of;

	for (; for_s > 0; for_s -= H, t += H)
		for (i = 0; i < n; i++) {
			snprintf(text, sizeof(text), i & 1 ? "2001:db8:ff%02x::1" : "198.51.%d.1",
				 i + 101);
			of = source_of(text);
			source[of].is_background = true;
			add_event(t + i * 60, of, act);
		}
}

static int acts_of(char **rest)
{
	char *word;
	int act = 0, i;

	while ((word = strtok_r(NULL, " ", rest))) {
		for (i = 0; acts[i].name && strcmp(acts[i].name, word); i++)
			;
		if (!acts[i].name)
			bad(word);
		act |= acts[i].act;
	}
	return act;
}

/* An address, or all of a network that the script does not name apart. */
static void contact(int64_t t, int64_t every, int64_t until, const char *who, char **rest,
		    const char *script)
{
	int act = acts_of(rest), i, of;
	struct prefix p;
	char text[ADDR_TEXT], name[ADDR_TEXT + 2];

	if (prefix_parse(who, &p))
		bad(who);
	for (; t < until; t += every) {
		if (!strchr(who, '/')) {
			add_event(t, source_of(who), act);
			continue;
		}
		for (i = 1; i < 63; i++) {
			struct nolist_source src = { .addr = p.addr };

			src.addr.b[addr_is_ip4(&p.addr) ? 15 : 7] += i;
			snprintf(name, sizeof(name), " %s ", addr_text(&src.addr, text));
			if (strstr(script, name))
				continue;
			of = find(&src);
			add_event(t, of, act);
		}
	}
}

static void command(int64_t t, char *word, char **rest, const char *script)
{
	int64_t every = 1, until = t + 1, n;

	if (!strcmp(word, "load")) {
		change[changes] = (struct mx_change){ t, duration(rest) };
		if ((word = strtok_r(NULL, " ", rest)))
			change[changes].mx |= NOLIST_MX_NO_LOW(!strcmp(word, "blind6"));
		changes++;
	} else if (!strcmp(word, "up") || !strcmp(word, "down")) {
		n = duration(rest);
		background(t, n, duration(rest), *word == 'u' ? LOW | REAL | DATA : REAL);
	} else if (!strcmp(word, "lost")) {
		n = duration(rest);
		lost[losts++] = (struct span){ t, t + n };
	} else if (!strcmp(word, "flood")) {
		n = duration(rest);
		flood[floods++] = (struct span){ t, t + n };
	} else if (!strcmp(word, "forged")) {
		for (n = duration(rest); n > 0; n -= H, t += H)
			acks[n_acks++] = (struct evidence_acks){ T0 + t, 1 << 21, 0 };
	} else if (!strcmp(word, "reboot")) {
		boot[boots++] = t;
	} else if (!strcmp(word, "clock")) {
		step[steps++] = (struct step){ t, duration(rest) };
	} else if (!strcmp(word, "no")) {
		word = strtok_r(NULL, " ", rest);
		if (!strcmp(word, "low6"))
			family[1].has_low = false;
		else if (!strcmp(word, "low4"))
			family[0].has_low = false;
		else if (!strcmp(word, "real6"))
			family[1].has_real = false;
		else
			bad(word);
	} else {
		if (!strcmp(word, "every")) {
			every = duration(rest);
			strtok_r(NULL, " ", rest);
			until = t + duration(rest);
			word = strtok_r(NULL, " ", rest);
		}
		contact(t, every, until, word, rest, script);
	}
}

/* --- what is known at a time --------------------------------------------------- */

static int epoch_at(int64_t t)
{
	int i = boots;

	while (i && boot[i - 1] > t)
		i--;
	return i;
}

/* What the wall clock of an epoch is off by, as is known at t. */
static int64_t wall(int epoch, int64_t t)
{
	int64_t by = 0;
	int i;

	/* Setting the clock moves what this boot has stamped; of former boots all stays. */
	for (i = 0; i < steps && step[i].t <= t; i++)
		if (epoch_at(step[i].t) <= epoch)
			by += step[i].by;
	return T0 + by;
}

static void span_add(struct span *s, int64_t at)
{
	if (!s->first || at < s->first)
		s->first = at;
	if (at > s->last)
		s->last = at;
}

static struct hour *hour_at(struct source *s, int64_t start)
{
	struct record *r = &s->r;

	if (!r->hours || s->hour[r->hours - 1].start != start)
		s->hour[r->hours++] = (struct hour){ .start = start };
	return &s->hour[r->hours - 1];
}

static void mark_day(struct record *r, int role, int64_t at)
{
	uint32_t day = at / D;
	int i;

	for (i = 0; i < 3; i++)
		r->days[i] = pack_days_later(r->days[i], day - r->day);
	r->day = day;
	r->days[role] |= 1;
}

/* Hours are stored of verified sources only: collect is run all the time here. */
static void mark_hour(struct source *s, unsigned int marks, int64_t start)
{
	struct record *r = &s->r;

	if (!r->talk.first && !r->data.first)
		return;
	if (!r->open_hours || s->open[r->open_hours - 1].start != start)
		s->open[r->open_hours++] = (struct open_hour){ .start = start };
	s->open[r->open_hours - 1].roles |= marks;
}

static bool count_again(struct twice *t, int64_t at)
{
	if (t->last && at - t->last < (int64_t)PACK_APART_S)
		return false;
	t->prev = t->last;
	t->last = at;
	return true;
}

/* Data to the real MX: a visit, and perhaps a walk. */
static void note_data(struct source *s, int64_t at, int64_t start)
{
	struct record *r = &s->r;
	unsigned int marks = 1 << RECORD_WALK;

	span_add(&r->data, at);
	r->data_count++;
	if (!r->data_hours || s->data[r->data_hours - 1] != start)
		s->data[r->data_hours++] = start;
	count_again(&r->visit, at);
	if (!r->low.when.first || at - r->low.when.last > 600 || !count_again(&r->walk, at))
		return;
	if (r->walk.prev >= start)
		marks |= 1 << RECORD_WALK_TWICE;
	mark_hour(s, marks, start);
}

static bool is_flooded(int64_t t)
{
	int i;

	for (i = 0; i < floods && (t < flood[i].first || t > flood[i].last); i++)
		;
	return i < floods;
}

/* What the packet program notes of an event. */
static int noted(const struct source *s, const struct event *e)
{
	return is_flooded(e->t) && e->t > s->known ? e->act & ~(LOW | REAL | HIGH) : e->act;
}

static void note(struct source *s, const struct event *e, int64_t now)
{
	bool is_verified = e->act & (DATA | TEMPFAILED | WEAK | QUIT);
	int epoch = epoch_at(e->t);
	int64_t begin = epoch ? boot[epoch - 1] : 0, at = e->t + wall(epoch, now);
	int64_t start = begin + (e->t - begin) / H * H + wall(epoch, now);
	struct record *r = &s->r;

	if (e->act & (TEMPFAILED | WEAK | QUIT))
		span_add(&r->talk, at);
	if (e->act & (HIGH | TEMPFAILED | WEAK | QUIT))
		span_add(&r->high.when, at);
	if (e->act & LOW) {
		span_add(&r->low.when, at);
		mark_day(r, RECORD_LOW, at);
	}
	if (e->act & REAL) {
		span_add(&r->real.when, at);
		mark_day(r, RECORD_REAL, at);
	}
	if (e->act & DATA)
		note_data(s, at, start);
	if (e->act & ACCEPTED)
		mark_hour(s, 1 << RECORD_ACCEPTED, start);
	if (is_verified && e->t > s->known)
		mark_hour(s, 1 << RECORD_NEW, start);
	if (is_verified)
		s->known = e->t + KNOWN;
	if (e->act & (LOW | REAL))
		mark_hour(s, (e->act & LOW ? 1 << RECORD_LOW : 0) |
				     (e->act & REAL ? 1 << RECORD_REAL : 0), start);
	if (!(e->act & (TEMPFAILED | WEAK | QUIT)))
		return;
	hour_at(s, start)->last = at - start + 1;
	hour_at(s, start)->n[NOLIST_EVENT_TEMPFAILED] += !!(e->act & TEMPFAILED);
	hour_at(s, start)->n[NOLIST_EVENT_GREETED_WEAK] += !!(e->act & WEAK);
	hour_at(s, start)->n[NOLIST_EVENT_TEMPFAILED_WEAK] += !!(e->act & WEAK);
	hour_at(s, start)->n[NOLIST_EVENT_QUIT] += !!(e->act & QUIT);
}

static struct real_hour real[2][24 * 40];

static void note_real(struct site_family *f, int of, int64_t start, const struct event *e, bool is_known)
{
	struct real_hour *h = real[of] + f->hours;

	if (!(e->act & DATA) && !((e->act & REAL) && is_known))
		return;
	if (!f->hours || h[-1].start != start) {
		*h = (struct real_hour){ .start = start };
		f->hours++;
	} else {
		h--;
	}
	h->data += !!(e->act & DATA);
	h->opens += (e->act & REAL) && is_known;
}

static void gather_floods(struct site *site, int64_t t)
{
	static struct span when[8];
	int i;

	for (i = 0; i < floods && flood[i].first <= t; i++) {
		when[i] = (struct span){ flood[i].first + wall(epoch_at(flood[i].first), t),
					 flood[i].last + wall(epoch_at(flood[i].first), t) };
		site->floods[FLOOD_LOW] = site->floods[FLOOD_ANY] = i + 1;
	}
	site->flood[FLOOD_LOW] = site->flood[FLOOD_ANY] = when;
}

static void gather(struct site *site, struct span *when_lost, struct mx_change *changed, int64_t t)
{
	int i, f;

	*site = (struct site){ .lost = when_lost, .change = changed, .acks = acks,
			       .n_acks = n_acks };
	gather_floods(site, t);
	for (f = 0; f < 2; f++) {
		site->family[f] = family[f];
		site->family[f].hour = real[f];
	}
	for (i = 0; i < sources; i++)
		source[i].r = (struct record){ .src = source[i].src, .hour = source[i].hour,
						.open_hour = source[i].open,
						.data_hour = source[i].data };
	for (i = 0; i < sources; i++)
		source[i].known = -1;
	for (i = 0; i < events && event[i].t <= t; i++) {
		struct source *s = &source[event[i].source];
		struct event seen = event[i];
		int epoch = epoch_at(event[i].t);
		int64_t begin = epoch ? boot[epoch - 1] : 0;

		f = !addr_is_ip4(&s->src.addr);
		note_real(&site->family[f], f,
			  begin + (event[i].t - begin) / H * H + wall(epoch, t), &event[i],
			  s->r.data.first);
		seen.act = noted(s, &seen);
		note(s, &seen, t);
	}
	for (i = 0; i < losts && lost[i].first <= t; i++, site->losts++)
		when_lost[i] = (struct span){ lost[i].first + wall(epoch_at(lost[i].first), t),
					      lost[i].last + wall(epoch_at(lost[i].first), t) };
	for (i = 0; i < changes && change[i].at <= t; i++, site->changes++)
		changed[i] = (struct mx_change){ change[i].at + wall(epoch_at(change[i].at), t),
						 change[i].mx };
}

/* --- judging ------------------------------------------------------------------- */

static const char *const provider_networks[] = { "198.18.0.0/24", "198.19.0.0/24",
						 "2001:db8:99::/48" };

static bool is_in_set(const struct nolist_source *src)
{
	struct prefix p, host = source_prefix(src);
	size_t i;

	for (i = 0; i < 3; i++)
		if (!prefix_parse(provider_networks[i], &p) && prefix_has(&p, &host.addr))
			return true;
	return false;
}

static void judge(struct site *site, const struct rules *rules, int of, int64_t now,
		  struct verdict *v)
{
	struct prefix mine = neighbours_prefix(&source[of].src, rules), p;
	struct neighbours around = {}, n;
	struct provider set = {};
	bool is_member = is_in_set(&source[of].src);
	int i;

	for (i = 0; i < sources; i++) {
		p = neighbours_prefix(&source[i].src, rules);
		if (!addr_compare(&p.addr, &mine.addr))
			neighbours_add(&around, &source[i].r, site, rules, now);
		if (is_member && is_in_set(&source[i].src))
			provider_add(&set, &source[i].r, site, now);
	}
	n = neighbours_of(&source[of].src, &around, provider_has_alibi(&set, rules) ? &set.n : NULL);
	verdict_of(&source[of].r, n.count ? &n : NULL, site, rules, now, v);
}

static struct rules rules;
static struct verdict judged[END / H]; /* of each hour */

/* Looks at what was gathered as of a time. */
static void look(struct site *site, int64_t now)
{
	int i;

	for (i = 0; i < sources; i++)
		site_add(site, &source[i].r, now);
	if (site_ready(site, &rules, now))
		tap_die("site_ready");
}

/* Judges each hour; true where it was as it should. */
static bool watch(int of, int64_t from, int64_t to)
{
	struct span when_lost[8];
	struct mx_change changed[8];
	struct site site;
	bool is_on, is_due, is_good = true;
	int64_t t;

	rules_init(&rules);
	for (t = 0; t < END; t += H) {
		gather(&site, when_lost, changed, t);
		look(&site, t + wall(boots, t));
		judge(&site, &rules, of, t + wall(boots, t), &judged[t / H]);
		is_on = verdict_is_listed(&judged[t / H], false);
		is_due = t >= from && t < to;
		if (is_on != is_due && is_good) {
			tap_diag("at %dd %02d:00 it %s listed", (int)(t / D), (int)(t % D / H),
				 is_on ? "is" : "is not");
			is_good = false;
		}
		site_free(&site);
	}
	return is_good;
}

/*
 * All of it is judged again, once, when it is over: as of each hour the listing must be that
 * which a judge in that hour saw, with the same beginning and end. Returns how many are not.
 */
static int replay(int of)
{
	struct span when_lost[8];
	struct mx_change changed[8];
	struct site all, site;
	struct verdict v;
	int64_t t;
	int wrong = 0;

	gather(&all, when_lost, changed, END - 1);
	all.is_replay = true;
	for (t = 0; t < END; t += H) {
		const struct verdict *was = &judged[t / H];

		site = all;
		look(&site, T0 + t);
		judge(&site, &rules, of, T0 + t, &v);
		site_free(&site);
		if (verdict_is_listed(&v, false) == verdict_is_listed(was, false) &&
		    (!verdict_is_listed(was, false) ||
		     (v.since == was->since && v.until == was->until)))
			continue;
		if (!wrong++)
			tap_diag("as of %dd %02d:00 it is %s, %lld to %lld; then it was %s, %lld to %lld",
				 (int)(t / D), (int)(t % D / H), judgement_names[v.is],
				 (long long)(v.since - T0), (long long)(v.until - T0),
				 judgement_names[was->is], (long long)(was->since - T0),
				 (long long)(was->until - T0));
	}
	return wrong;
}

/* --- running ------------------------------------------------------------------- */

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->t != y->t ? (x->t > y->t) - (x->t < y->t) : (x > y) - (x < y);
}

static void expect(char *word, char **rest)
{
	char *who = strtok_r(NULL, " ", rest), *day, *clock;
	int64_t from = 0, to = 0;

	if (!strcmp(word, "listed")) {
		day = strtok_r(NULL, " ", rest);
		clock = strtok_r(NULL, " ", rest);
		from = moment(day, clock);
		day = strtok_r(NULL, " ", rest);
		clock = strtok_r(NULL, " ", rest);
		to = moment(day, clock);
	}
	tap_ok(watch(source_of(who), from, to), "%s: %s is %s", script_name, who,
	       from ? "listed, as long as it should" : "never listed");
	/* Where the clock is set, nobody can tell what was when. */
	if (!steps && !boots)
		tap_ok(!replay(source_of(who)), "%s: %s, judged again afterwards", script_name, who);
}

static void each_line(const char *script, bool is_expecting)
{
	char *text = strdup(script), *lines, *line, *rest, *word;

	for (line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		bool is_expectation = !strncmp(line, "never", 5) || !strncmp(line, "listed", 6);

		if (is_expectation != is_expecting)
			continue;
		word = strtok_r(line, " ", &rest);
		if (is_expectation) {
			expect(word, &rest);
		} else {
			char *clock = strtok_r(NULL, " ", &rest);
			int64_t t = moment(word, clock);

			command(t, strtok_r(NULL, " ", &rest), &rest, script);
		}
	}
	free(text);
}

static void run(const struct scenario *s)
{
	script_name = s->name;
	events = sources = losts = floods = n_acks = changes = boots = steps = 0;
	memset(source, 0, sizeof(source));
	family[0] = family[1] = (struct site_family){ .has_low = true, .has_real = true,
						   .has_high = true };
	each_line(s->script, false);
	qsort(event, events, sizeof(*event), compare_events);
	each_line(s->script, true);
}

int main(void)
{
	size_t i;

	event = calloc(EVENTS, sizeof(*event));
	if (!event)
		tap_die("memory");
	for (i = 0; scenarios[i].name; i++)
		run(&scenarios[i]);
	return tap_done();
}
