// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only mail for our domains is evidence: each line of domain_rows.c, whole and in two pieces,
 * with and without timestamps, on the fast path and, with a VLAN tag, on the slow one. A
 * recipient of another domain is told 450 and leads nowhere: DATA is then no tempfail. A
 * domain taken for ours by mistake lets whoever owns it list other people's mail servers.
 */
#include <stdbool.h>
#include "selftests/lib/domain_rows.h"
#include "selftests/lib/talk.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REPLY_OURS "250 2.1.5"
#define REPLY_ELSEWHERE "450 4.1.2 No mail for that domain"
#define OURS_LINE "RCPT TO:<a@ours.example>\r\n"
#define OTHER_LINE "RCPT TO:<a@other.example>\r\n"

static struct prog server;
static unsigned int clients;

/* want: the beginning of the reply, "" an acknowledgement, NULL silence. */
static const char *say(struct talk *t, const char *data, size_t len, const char *want)
{
	static char why[256];
	struct talk_got g;
	const char *wrong = talk_say(t, data, len, 0, &g);

	if (wrong || (!want && !g.is_frame))
		return wrong;
	if (!want || !g.is_frame)
		return want ? "no answer" : "answered";
	if (g.ack != t->snd_nxt)
		return "not all is acknowledged";
	if (*want ? strncmp(g.text, want, strlen(want)) != 0 : g.len != 0) {
		snprintf(why, sizeof(why), "says \"%.*s\", not \"%s\"", (int)g.len, g.text, want);
		return why;
	}
	return NULL;
}

static const char *say_line(struct talk *t, const char *line, const char *want)
{
	return say(t, line, strlen(line), want);
}

/* A new client that has said MAIL. how: bit 0 IPv6, bit 1 timestamps, bit 2 the slow path. */
static const char *begin(struct talk *t, unsigned int how)
{
	struct talk_got g;
	const char *wrong;

	talk_start(t, &server, clients++, how & 1, how >> 1 & 1);
	t->tags = how & 4 ? "q" : "";
	wrong = talk_connect(t, &g);
	if (!wrong)
		wrong = say_line(t, "EHLO client.example\r\n", "250 fake");
	return wrong ? wrong : say_line(t, "MAIL FROM:<a@client.example>\r\n", "250 2.1.0");
}

/* DATA shows the state: it is tempfailed only after a recipient of ours. */
static const char *finish(struct talk *t, bool is_ours)
{
	return say_line(t, "DATA\r\n", is_ours ? "451 4.7.1" : "451 4.5.0");
}

static bool report(const char *wrong, const char *line, unsigned int how, size_t cut)
{
	static int printed;

	if (wrong && printed++ < 20)
		tap_diag("%s, how %u, cut at %zu: %s", line, how, cut, wrong);
	return !wrong;
}

/* --- the rows -------------------------------------------------------------------- */

static const char *whole(const struct domain_row *r, unsigned int how)
{
	struct talk t;
	const char *wrong = begin(&t, how);

	if (!wrong)
		wrong = say_line(&t, r->line, r->is ? REPLY_OURS : REPLY_ELSEWHERE);
	return wrong ? wrong : finish(&t, r->is);
}

/* Of the last piece of a line that was cut there. */
static bool is_piece_ours(const struct domain_row *r, size_t cut)
{
	const char *at = strrchr(r->line, '@');
	size_t n, from;

	if (r->is == PIECES)
		return cut <= (size_t)(at - r->line);
	n = domain_read(r->line + cut, strlen(r->line) - cut, cut < 4 ? (int)cut : -1, &from);
	return n && domain_is_ours(r->line + cut + from, n);
}

static const char *two_pieces(const struct domain_row *r, unsigned int how, size_t cut)
{
	bool is_ours = is_piece_ours(r, cut);
	struct talk t;
	const char *wrong = begin(&t, how);

	if (!wrong)
		wrong = say(&t, r->line, cut, "");
	if (!wrong)
		wrong = say_line(&t, r->line + cut, is_ours ? REPLY_OURS : REPLY_ELSEWHERE);
	return wrong ? wrong : finish(&t, is_ours);
}

/* It is answered at its verb, where the domain is not there yet. */
static const char *two_pieces_bare(const struct domain_row *r, unsigned int how, size_t cut)
{
	struct talk t;
	const char *wrong = begin(&t, how);

	if (!wrong)
		wrong = say(&t, r->line, cut, REPLY_ELSEWHERE);
	if (!wrong)
		wrong = say_line(&t, r->line + cut, "");
	return wrong ? wrong : finish(&t, false);
}

static void run_rows(void)
{
	bool is_whole = true, is_pieces = true, is_bare = true;
	unsigned int how;
	size_t i, cut;

	for (i = 0; i < domain_row_count; i++) {
		const struct domain_row *r = &domain_rows[i];
		size_t len = strlen(r->line);

		for (how = 0; how < 8; how++)
			is_whole &= report(whole(r, how), r->line, how, 0);
		for (cut = 1; cut < len; cut++)
			is_pieces &= report(two_pieces(r, 2 | (cut & 5), cut), r->line, 2, cut);
		/* An empty line has no verb, and its rest may look like one. */
		for (cut = 4; cut < len && len > 10; cut++)
			is_bare &= report(two_pieces_bare(r, cut & 5, cut), r->line, 0, cut);
	}
	tap_ok(is_whole, "%zu lines on both paths, in both families, with and without timestamps",
	       domain_row_count);
	tap_ok(is_pieces, "with timestamps: each line in two pieces, cut anywhere");
	tap_ok(is_bare, "without: cut behind the verb each line is 450 at once");
}

static void run_three_pieces(void)
{
	static const char line[] = "RCPT TO:<a@ours.example>\r\n";
	size_t a, b, at = strchr(line, '@') - line, len = strlen(line);
	const char *wrong;
	bool is_good = true;
	struct talk t;

	for (a = 1; a < len; a++)
		for (b = a + 1; b < len; b++) {
			wrong = begin(&t, 2 | (b & 5));
			if (!wrong)
				wrong = say(&t, line, a, "");
			if (!wrong)
				wrong = say(&t, line + a, b - a, "");
			if (!wrong)
				wrong = say(&t, line + b, len - b,
					    b <= at ? REPLY_OURS : REPLY_ELSEWHERE);
			is_good &= report(wrong ? wrong : finish(&t, b <= at), line, a, b);
		}
	tap_ok(is_good, "with timestamps: in three pieces");
}

/* --- states and evidence ---------------------------------------------------------- */

struct said {
	const char *line, *want;
};

static const char *talk_all(struct talk *t, unsigned int how, const struct said *s)
{
	const char *wrong = begin(t, how);

	for (; s->line && !wrong; s++)
		wrong = say_line(t, s->line, s->want);
	return wrong;
}

static void run_dialogue(const char *name, const struct said *s, const char *with,
			 const char *without)
{
	bool is_good = true;
	unsigned int how;

	for (how = 0; how < 8; how++) {
		const char *want = how & 2 ? with : without, *wrong;
		struct talk t;

		wrong = talk_all(&t, how, s);
		if (!wrong && strcmp(talk_evidence(&t), want))
			wrong = talk_evidence(&t);
		is_good &= report(wrong, name, how, 0);
	}
	tap_ok(is_good, "%s", name);
}

static void run_dialogues(void)
{
	static const struct said only_other[] = {
		{ OTHER_LINE, REPLY_ELSEWHERE }, { "DATA\r\n", "451 4.5.0" },
		{ "BDAT 5 LAST\r\n", "451 4.5.0" }, { "RSET\r\n", "250 2.0.0" }, {}
	};
	static const struct said mixed[] = {
		{ OTHER_LINE, REPLY_ELSEWHERE }, { OURS_LINE, REPLY_OURS },
		{ OTHER_LINE, REPLY_ELSEWHERE }, { "DATA\r\n", "451 4.7.1" }, {}
	};
	static const struct said again[] = {
		{ OURS_LINE, REPLY_OURS }, { "DATA\r\n", "451 4.7.1" },
		{ "RSET\r\n", "250 2.0.0" }, { "MAIL FROM:<>\r\n", "250 2.1.0" },
		{ OTHER_LINE, REPLY_ELSEWHERE }, { "DATA\r\n", "451 4.5.0" },
		{ "QUIT\r\n", "221" }, {}
	};
	static const struct said order[] = {
		{ "RSET\r\n", "250 2.0.0" }, { OTHER_LINE, "451 4.5.0" }, { OURS_LINE, "451 4.5.0" },
		{}
	};

	run_dialogue("other domains only: DATA is no tempfail", only_other, "elsewhere 1",
		     "weak 1, elsewhere 1");
	run_dialogue("one of ours among others: DATA is tempfailed", mixed, "strong 1, elsewhere 2",
		     "weak 1, tempfailed_weak 1, elsewhere 2");
	run_dialogue("a second message, for another domain", again, "strong 1, quit 1, elsewhere 1",
		     "weak 1, tempfailed_weak 1, quit 1, elsewhere 1");
	run_dialogue("out of order, whatever the domain", order, "none", "weak 1");
}

static void run_stage_rcpt(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_RCPT, false, false, false };
	static const struct said both[] = {
		{ OTHER_LINE, REPLY_ELSEWHERE }, { OURS_LINE, "451 4.7.1" },
		{ OTHER_LINE, REPLY_ELSEWHERE }, {}
	};
	static const struct said other[] = { { OTHER_LINE, REPLY_ELSEWHERE }, {} };

	talk_configure_domains(&server, &d, domain_ours);
	run_dialogue("stage rcpt: ours are tempfailed, others told 450", both,
		     "strong 1, elsewhere 2", "weak 1, tempfailed_weak 1, elsewhere 2");
	run_dialogue("stage rcpt: others only", other, "elsewhere 1", "weak 1, elsewhere 1");
}

/* --- tables ---------------------------------------------------------------------- */

static __u64 count_elsewhere(void)
{
	struct nolist_stats s[server.cpus];
	__u32 zero = 0;
	__u64 n = 0;
	int cpu;

	if (bpf_map_lookup_elem(server.stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	for (cpu = 0; cpu < server.cpus; cpu++)
		n += s[cpu].elsewhere;
	return n;
}

static void run_tables(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_DATA, false, false, false };
	static const char *const none[] = { NULL }, *const other[] = { "other.example", NULL };
	static const struct said all_ours[] = { { OURS_LINE, REPLY_OURS }, { OTHER_LINE, REPLY_OURS }, {} };
	static const struct said no_ours[] = { { OURS_LINE, REPLY_ELSEWHERE },
					       { "RCPT TO:<a@x.wild.example>\r\n", REPLY_ELSEWHERE }, {} };
	static const struct said now_other[] = { { OURS_LINE, REPLY_ELSEWHERE }, { OTHER_LINE, REPLY_OURS }, {} };
	__u64 before = count_elsewhere();
	__u32 place;

	talk_configure(&server, &d);
	run_dialogue("without the key all domains are ours", all_ours, "none", "weak 1");
	tap_ok(count_elsewhere() == before, "and none is counted as another's");
	talk_configure_domains(&server, &d, none);
	run_dialogue("an empty table: no domain is ours", no_ours, "elsewhere 2",
		     "weak 1, elsewhere 2");
	tap_ok(count_elsewhere() == before + 16, "counted for the site as well");
	talk_configure_domains(&server, &d, other);
	run_dialogue("another table takes its place", now_other, "elsewhere 1",
		     "weak 1, elsewhere 1");
	for (place = 0; place < NOLIST_DOMAIN_PLACES; place++)
		bpf_map_delete_elem(server.domains, &place);
	run_dialogue("a table that is missing: no domain is ours", no_ours, "elsewhere 2",
		     "weak 1, elsewhere 2");
}

int main(void)
{
	struct dialogue d = { "fake1.example.com", NULL, STAGE_DATA, false, false, false };

	tap_need_root();
	prog_load(&server, NULL);
	talk_configure_domains(&server, &d, domain_ours);
	run_rows();
	run_three_pieces();
	run_dialogues();
	run_stage_rcpt();
	run_tables();
	return tap_done();
}
