// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rspamd and SpamAssassin found, read from lines that the programs themselves have written: whose
 * mail it was is taken from no text that a sender can choose, and of a message of two sources, or of a
 * user of the site, nothing is said. Why it matters: another host's spam must not be held against a
 * listed source that did not send it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/lib/tap.h"
#include "user/base/text.h"
#include "user/enforce/spam.h"
#include "user/maillog/verdicts.h"
#include "user/store/store.h"

#define NOW 1795881600 /* 2026-11-28T16:00:00Z */
#define RSPAMD "2026-11-28 14:00:00 #18518(normal) <4a8155>; task; rspamd_task_write_log: "
#define SYMBOLS "[PILLS(20.00){pills;},RCVD_COUNT_ZERO(0.00){0;}]), len: 170, time: 0.572ms, dns req: 0, digest: <931d>"
#define REJECT "(default: T (reject): [31.50/15.00] " SYMBOLS
#define PASS "(default: F (no action): [3.00/15.00] " SYMBOLS
#define SPAMD "Nov 28 14:00:00.040 [18495] info: spamd: result: "
#define SPAMD_TESTS " - SPAMMY scantime=0.0,size=124,user=root,uid=65534,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=40316,mid="
#define CLIENT(id, addr) "Nov 28 13:59:58 mx postfix/smtpd[7]: " id ": client=mail.example.net[" addr "]"
#define MID(id, mid) "Nov 28 13:59:59 mx postfix/cleanup[8]: " id ": message-id=" mid
#define EXIM(addr, mid) "2026-11-28 14:00:01 1vMabc-000000001Ab-2XyZ <= a@example.net H=mail.example.net (helo) [" addr "] P=esmtp S=300 id=" mid

static char told[512];

static int tell(const struct nolist_addr *addr, int64_t time, bool is_spam, void *arg)
{
	char text[ADDR_TEXT];
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%s%s %s", n ? ", " : "", addr_text(addr, text),
		 is_spam ? "spam" : "ham");
	if (time != NOW - 2 * HOUR_S)
		strcat(told, " at another time");
	return 0;
}

static struct verdicts read_text(const char *text)
{
	struct verdicts v = { .now = NOW, .from = NOW - STORED_HOURS * (int64_t)HOUR_S, .fn = tell };
	FILE *f = tmpfile();
	int error;

	*told = '\0';
	fputs(text, f);
	rewind(f);
	error = verdicts_read(&v, f);
	if (error)
		snprintf(told, sizeof(told), "error %d", error);
	fclose(f);
	return v;
}

static const struct {
	const char *name, *wanted, *text;
} cases[] = {
	/* --- rspamd --- */
	{ "rspamd: rejected", "203.0.113.7 spam", RSPAMD "id: <a@x>, ip: 203.0.113.7, " REJECT },
	{ "rspamd: let through", "203.0.113.7 ham", RSPAMD "id: <a@x>, ip: 203.0.113.7, " PASS },
	{ "rspamd: a header is added", "2001:db8:9::1 spam",
	  RSPAMD "id: <a@x>, qid: <4A1B2C3D02>, ip: 2001:db8:9::1, from: <joe@example.net>, "
		 "(default: F (add header): [7.00/15.00] " SYMBOLS },
	{ "rspamd: deferred says nothing", "",
	  RSPAMD "id: <a@x>, ip: 203.0.113.7, (default: F (greylist): [5.00/15.00] " SYMBOLS },
	{ "rspamd in syslog", "203.0.113.7 spam",
	  "Nov 28 14:00:00 mx rspamd[18518]: <4a8155>; task; rspamd_task_write_log: id: <a@x>, ip: 203.0.113.7, " REJECT },
	{ "rspamd: of a user of the site", "", RSPAMD "id: <z@y>, ip: 203.0.113.7, user: u@example.com, " REJECT },
	{ "rspamd: of nowhere", "", RSPAMD "id: <undef>, " REJECT },
	{ "rspamd: of a host inside", "", RSPAMD "id: <a@x>, ip: 10.0.0.1, " REJECT },
	{ "rspamd: an id cannot name another address", "2001:db8:9::1 spam",
	  RSPAMD "id: <a?b,?ip:?9.9.9.9,?>, ip: 2001:db8:9::1, " REJECT },
	{ "rspamd: two verdicts are none", "",
	  RSPAMD "id: <a@x>, ip: 203.0.113.7, from: <\"(default: T (reject): [9.0/1.0] [x\"@y>, " PASS },
	{ "another program says it", "",
	  "Nov 28 14:00:00 mx cron[9]: <4a8155>; task; rspamd_task_write_log: id: <a@x>, ip: 203.0.113.7, " REJECT },
	/* --- SpamAssassin, beside postfix --- */
	{ "spamd: spam", "203.0.113.6 spam",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "<pills.sa@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<pills.sa@x>,autolearn=disabled" },
	{ "spamd: let through", "203.0.113.6 ham",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "<good.sa@x>") "\n"
	  SPAMD ".  0" SPAMD_TESTS "<good.sa@x>,autolearn=disabled" },
	{ "spamd in syslog; an id with odd bytes", "203.0.113.6 spam",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "<pi lls,autolearn=x (?\?) mid=<a@b>>") "\n"
	  "Nov 28 14:00:00 mx spamd[18495]: spamd: result: Y 12" SPAMD_TESTS
	  "<pi?lls_autolearn=x?mid=?a@b>,autolearn=disabled" },
	{ "given back by a filter behind the queue", "203.0.113.6 spam",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "<a@x>") "\n"
	  CLIENT("4A1B2C3D03", "127.0.0.1") "\n" MID("4A1B2C3D03", "<a@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled" },
	{ "of two sources: of none", "",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "<a@x>") "\n"
	  CLIENT("4A1B2C3D03", "203.0.113.7") "\n" MID("4A1B2C3D03", "<a@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled" },
	{ "of a user of the site", "",
	  CLIENT("4A1B2C3D02", "203.0.113.6") ", sasl_method=PLAIN, sasl_username=u\n" MID("4A1B2C3D02", "<a@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled" },
	{ "an id of postfix' that is used again", "203.0.113.7 spam",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "<a@x>") "\n"
	  CLIENT("4A1B2C3D02", "203.0.113.7") "\n" MID("4A1B2C3D02", "<b@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<b@x>,autolearn=disabled" },
	{ "an id of postfix' that a filter uses again", "",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" CLIENT("4A1B2C3D02", "127.0.0.1") "\n" MID("4A1B2C3D02", "<b@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<b@x>,autolearn=disabled" },
	{ "of a user and of another source", "",
	  CLIENT("4A1B2C3D02", "203.0.113.6") ", sasl_method=PLAIN, sasl_username=u\n" MID("4A1B2C3D02", "<a@x>") "\n"
	  CLIENT("4A1B2C3D03", "203.0.113.7") "\n" MID("4A1B2C3D03", "<a@x>") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled" },
	{ "a message without an id", "",
	  CLIENT("4A1B2C3D02", "203.0.113.6") "\n" MID("4A1B2C3D02", "(unknown)") "\n"
	  SPAMD "Y 12" SPAMD_TESTS "(unknown),autolearn=disabled" },
	{ "of nobody", "", SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled" },
	/* --- beside exim, which names the message behind the verdict --- */
	{ "exim: spam", "203.0.113.6 spam",
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled\n" EXIM("203.0.113.6", "a@x") },
	{ "exim: two verdicts that differ", "",
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled\n" SPAMD ".  0" SPAMD_TESTS "<a@x>,autolearn=disabled\n"
	  EXIM("203.0.113.6", "a@x") },
	{ "exim: of a user of the site", "",
	  SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled\n"
	  "2026-11-28 14:00:01 1vMabc-000000001Ab-2XyZ <= a@b H=h (h) [203.0.113.6] P=esmtpsa A=plain:u S=300 id=a@x" },
};

static void lines(void)
{
	struct verdicts v;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		read_text(cases[i].text);
		tap_ok(!strcmp(told, cases[i].wanted), "%s: '%s'", cases[i].name, told);
	}
	v = read_text(RSPAMD "id: <a@x>, ip: 203.0.113.7, (default: T [x\n" SPAMD "what\n"
		      "2026-09-28 14:00:00 #1(normal) <4a8155>; task; rspamd_task_write_log: id: <a@x>, ip: 203.0.113.7, " REJECT
		      "\n" SPAMD "Y 12" SPAMD_TESTS "<a@x>,autolearn=disabled\n");
	tap_ok(v.lines == 4 && v.unread == 2 && v.first_unread == 1 && v.outside == 1 && v.ownerless == 1 &&
		       v.verdicts == 2 && !*told,
	       "what is left out is counted: %zu lines, %zu not understood, %zu too old, %zu of nobody of %zu",
	       v.lines, v.unread, v.outside, v.ownerless, v.verdicts);
}

static void weights(void)
{
	struct spam_found f = { .spam = 5 };

	tap_ok(!spam_weight(NULL, 3), "nothing known: no weight");
	tap_ok(spam_weight(&f, 8) == 5, "as many as hours with spam");
	tap_ok(spam_weight(&f, 2) == 2, "never more than offences of its own");
	f.ham = 1;
	tap_ok(!spam_weight(&f, 8), "none where mail was let through");
}

static void stored(void)
{
	char dir[] = "/tmp/nolist-spam-XXXXXX", command[64];
	struct nolist_source src;
	struct spam_sources s;
	struct store *store;
	struct pack_key key;
	struct prefix p;
	int error, i;

	if (!mkdtemp(dir))
		tap_die("cannot make a directory");
	prefix_parse("203.0.113.7", &p);
	src = addr_source(&p.addr);
	key = pack_key(&src);
	error = store_open(&store, dir, STORE_WRITE);
	if (!error)
		error = store_begin(store);
	/* An hour twice, another one, one that is too old. */
	for (i = 0; i < 4 && !error; i++)
		error = store_spam(store, &key, NOW - (i / 2) * (int64_t)HOUR_S - (i == 3 ? 36 * DAY_S : 0), true);
	if (!error)
		error = store_spam(store, &key, NOW - 2 * (int64_t)HOUR_S, true);
	if (!error)
		error = store_spam(store, &key, NOW - 30 * (int64_t)HOUR_S, false);
	if (!error)
		error = store_commit(store);
	tap_ok(!error, "stored: %d", error);
	error = spam_find(&s, dir, NOW);
	tap_ok(!error && s.n == 1 && spam_of(&s, &src) && spam_of(&s, &src)->spam == 3 && spam_of(&s, &src)->ham == 1,
	       "hours count once, and old ones do not: %zu sources", s.n);
	tap_ok(s.n && s.found->last == NOW / HOUR_S * HOUR_S, "the last one");
	spam_free(&s);
	error = store_forget_begin(store);
	if (!error)
		error = store_forget(store, &key);
	if (error >= 0)
		error = store_commit(store);
	store_close(store);
	tap_ok(!error && !spam_find(&s, dir, NOW) && !s.n, "forget takes them");
	spam_free(&s);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		tap_die("cannot remove a directory");
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	lines();
	weights();
	stored();
	return tap_done();
}
