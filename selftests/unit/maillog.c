// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of mail servers' logs: behind every head that syslog daemons, the journal and
 * containers write, who delivered, who was refused, who is a user of the site; and what looks
 * like such a line and is not understood is counted, never passed over. Why it matters: what
 * audit does not see it cannot hold against a list.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "selftests/lib/tap.h"
#include "user/base/text.h"
#include "user/maillog/deliveries.h"

#define NOW 1795878000 /* 2026-11-28T15:00:00Z */
#define AT "2026-11-28T14:00:00Z"

static const char *const words[] = { "contacts only fake", "bl.example", NULL };
static struct maillog *m;

static struct maillog_line read_line(const char *text)
{
	struct maillog_line l;

	maillog_read(m, text, strlen(text), &l);
	return l;
}

static bool is_addr(const struct maillog_line *l, const char *wanted)
{
	char text[ADDR_TEXT];

	return !strcmp(wanted, *wanted ? addr_text(&l->addr, text) : "");
}

/* --- heads ------------------------------------------------------------------------- */

#define SAYS "4A1B2C3D02: client=mail.example.net[203.0.113.6]"
#define EXIM "1vMabc-000000001Ab-2XyZ <= a@example.net H=mail.example.net [203.0.113.6] P=esmtp S=300"

static const char *const heads[] = {
	"Nov 28 14:00:00 mx postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00.123 mx postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 2001:db8::25 postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 mx mail.info postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 <mail.info> mx postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 <2.6> mx postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 mx postfix/smtpd[1]: [ID 197553 mail.info] " SAYS,
	"Nov 28 14:00:00 mx postfix/smtpd[1]:  " SAYS,
	"mail.1.x9y8z7@node-1    | Nov 28 14:00:00 mx postfix/smtpd[1]: " SAYS,
	"<22>Nov 28 14:00:00 mx postfix/smtpd[1]: " SAYS,
	"<22>1 2026-11-28T14:00:00.123456Z mx postfix/smtpd 1 - - " SAYS,
	"<22>1 2026-11-28T14:00:00.123456+00:00 mx postfix 1 - -  " SAYS,
	"<22>1 2026-11-28T14:00:00.123456+00:00 mx mailin 1 - -  " SAYS,
	"<22>1 2026-11-28T15:00:00+01:00 mx postfix/smtpd 1 ID47 [a@1 x=\"y\\\"\\]\"][b@1] \xef\xbb\xbf" SAYS,
	AT " mx postfix/smtpd[1]: " SAYS,
	"2026-11-28T14:00:00.123456+00:00 mx postfix/smtpd[1]: " SAYS,
	"2026-11-28T15:00:00+0100 mx postfix/smtpd[1]: " SAYS,
	AT " INFO    postfix/smtpd[1]: " SAYS,
	AT " mx INFO postfix/smtpd[1]: " SAYS,
	"2026-11-28T14:00:00.123456789Z Nov 28 15:00:00 mx postfix/smtpd[1]: " SAYS,
	"2026-11-28T14:00:00.123456789Z postfix/smtpd[1]: " SAYS,
	"mail-1  | Nov 28 14:00:00 mx postfix/smtpd[1]: " SAYS,
	"mail_1  | 2026-11-28T14:00:00.123456789Z Nov 28 15:00:00 mx postfix/smtpd[1]: " SAYS,
	"Sat 2026-11-28 14:00:00 UTC mx postfix/smtpd[1]: " SAYS,
	"1795874400.123456 mx postfix/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 mx postfix-in/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 mx mailin/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 mx postfix/127.0.0.1:10025/smtpd[1]: " SAYS,
	"Nov 28 14:00:00 mx postfix/smtpd[1]: message repeated 2 times: [ " SAYS "]",
	"2026-11-28 14:00:00 " EXIM,
	"2026-11-28 14:00:00.123 [77] " EXIM,
	"2026-11-28 15:00:00 +0100 [77] " EXIM,
	"Nov 28 14:00:01 mx exim[8001]: 2026-11-28 14:00:00 " EXIM,
	"Nov 28 14:00:00 mx exim[8001]: " EXIM,
	"Nov 28 14:00:00 mx exim: " EXIM,
	"Nov 28 14:00:00 mx exim[8001]: [1/2] 2026-11-28 14:00:00 [8001] " EXIM,
	"Nov 28 14:00:00 mx exim[8001]: [1\\10] 2026-11-28 14:00:00 " EXIM,
	"2026-11-28T14:00:00+0000 mx exim4[8001]: 2026-11-28 15:00:00 " EXIM,
	"2026-11-28T14:00:00Z info exim4[8001]: 2026-11-28 14:00:00 " EXIM,
	"<22>1 " AT " mx exim4 8001 - - 2026-11-28 14:00:00 " EXIM,
	"exim-1  | 2026-11-28 14:00:00 " EXIM,
};

static void test_heads(void)
{
	struct maillog_line l;
	char text[TEXT_TIME];
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		bool is_exim = strstr(heads[i], " <= ");

		l = read_line(heads[i]);
		if (!tap_ok(l.kind == (is_exim ? MAILLOG_ACCEPTED : MAILLOG_CLIENT) &&
				    is_addr(&l, "203.0.113.6") && !strcmp(text_time(l.time, text), AT),
			    "'%.60s' is read", heads[i]))
			tap_diag("kind %d, time %s", l.kind, text_time(l.time, text));
	}
}

/* --- what they say ----------------------------------------------------------------- */

#define P "Nov 28 14:00:00 mx postfix/"
#define E "2026-11-28 14:00:00 "
#define EID "1vMabc-000000001Ab-2XyZ "
#define V "192.0.2.99" /* somebody else's, as a sender may say */

static const struct {
	const char *text;
	enum maillog_kind kind;
	const char *addr; /* "": none */
	const char *facts; /* l: because of the list, m: at the MX */
} rows[] = {
	/* clients */
	{ P "smtpd[1]: 4A1B2C3D02: client=unknown[203.0.113.6]:50123", MAILLOG_CLIENT, "203.0.113.6", "m" },
	{ P "smtpd[1]: 4fZ1Xk2sNwz1B: client=x[2001:db8:5:1::77]:50123", MAILLOG_CLIENT, "2001:db8:5:1::77", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=localhost[127.0.0.1], orig_client=x.example.net[203.0.113.6]", MAILLOG_CLIENT, "203.0.113.6", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=localhost[127.0.0.1]:4711, orig_queue_id=4A1B2C3D01, orig_client=x[203.0.113.6]:50123", MAILLOG_CLIENT, "203.0.113.6", "m" },
	{ P "10025/smtpd[1]: 4A1B2C3D02: client=localhost[::1], orig_queue_id=NOQUEUE, orig_client=unknown[2001:db8:5:1::77]", MAILLOG_CLIENT, "2001:db8:5:1::77", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=localhost[127.0.0.1], orig_queue_id=4A1B2C3D01, orig_client=unknown[unknown]", MAILLOG_CLIENT, "127.0.0.1", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=localhost[127.0.0.1], orig_queue_id=4A1B2C3D01", MAILLOG_CLIENT, "127.0.0.1", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=unknown[unknown]", MAILLOG_MAIL, "", "m" },
	{ P "smtpd[1]: NOQUEUE: client=x.example.net[203.0.113.6]", MAILLOG_CLIENT, "203.0.113.6", "m" },
	{ P "smtpd[1]: proxy-reject: END-OF-MESSAGE: 550 5.7.1 from x[" V "]; from=<a@b>", MAILLOG_TURNED_DOWN, "", "m" },
	{ P "smtpd[1]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok; from=<a@b>", MAILLOG_MAIL, "", "" },
	{ P "smtpd[1]: connect from x.example.net[203.0.113.6]", MAILLOG_MAIL, "", "" },
	{ P "smtpd[1]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok; from=<a@b>", MAILLOG_MAIL, "", "" },
	/* users */
	{ P "smtpd[1]: 4A1B2C3D02: client=x[203.0.113.6], sasl_method=PLAIN, sasl_username=joe", MAILLOG_SUBMITTED, "203.0.113.6", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=x[203.0.113.6]:50123, sasl_method=PLAIN, sasl_username=joe", MAILLOG_SUBMITTED, "203.0.113.6", "m" },
	{ P "smtpd[1]: 4A1B2C3D02: client=x[203.0.113.6], sasl_username=a, orig_client=x[" V "]", MAILLOG_SUBMITTED, "203.0.113.6", "m" },
	{ P "submission/smtpd[1]: 4A1B2C3D02: client=x[203.0.113.6], sasl_method=PLAIN, sasl_username=joe", MAILLOG_SUBMITTED, "203.0.113.6", "" },
	{ P "smtps/smtpd[1]: 4A1B2C3D02: client=x[203.0.113.6]", MAILLOG_SUBMITTED, "203.0.113.6", "" },
	{ P "submissions/smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.6]: 554 5.7.1 no", MAILLOG_MAIL, "", "" },
	{ E EID "<= a@example.net H=(x) [203.0.113.6] P=esmtpsa X=TLS1.3:x:256 CV=no A=plain:joe S=7", MAILLOG_SUBMITTED, "203.0.113.6", "m" },
	{ E EID "<= a@example.net H=(x) [203.0.113.6]:99 I=[192.0.2.20]:25 P=asmtp S=7", MAILLOG_SUBMITTED, "203.0.113.6", "m" },
	{ E EID "<= a@example.net H=(x) [203.0.113.6] P=esmtps X=TLS1.3 DN=\"C=x, O= P=esmtpa \" S=7", MAILLOG_ACCEPTED, "203.0.113.6", "m" },
	{ E EID "<= a@example.net H=(x) [203.0.113.6] P=esmtp S=7 id=x A=plain:joe", MAILLOG_ACCEPTED, "203.0.113.6", "m" },
	{ E EID "<= a@example.net H=(a) [" V "] P=esmtpa x) [203.0.113.6] P=esmtp S=7", MAILLOG_ODD, V, "m" },
	{ E EID "<= root@example.com U=root P=local S=300", MAILLOG_MAIL, "", "m" },
	{ E EID "=> inbox <inbox@example.com> R=local T=maildir", MAILLOG_MAIL, "", "" },
	/* refusals */
	{ P "smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.6]:50123: 550 5.1.1 <a@b>: no", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.6]: 554 5.7.1 <unknown[203.0.113.6]>: Client host rejected: 203.0.113.6 contacts only fake mail exchangers; from=<a@b>", MAILLOG_REJECTED, "203.0.113.6", "lm" },
	{ P "smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.6]: 554 5.7.1 Service unavailable; Client host [203.0.113.6] blocked using bl.example; from=<a@b>", MAILLOG_REJECTED, "203.0.113.6", "lm" },
	{ P "smtpd[1]: NOQUEUE: reject_warning: RCPT from x[203.0.113.6]: 554 5.7.1 no", MAILLOG_MAIL, "", "" },
	{ P "cleanup[4]: 4A1B2C3D04: milter-reject: END-OF-MESSAGE from unknown[203.0.113.6]: 5.7.1 Spam message rejected; from=<a@b>", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "cleanup[4]: 4A1B2C3D04: milter-reject: END-OF-MESSAGE from unknown[203.0.113.6]: 4.7.1 Try again later; from=<a@b>", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "cleanup[4]: 4A1B2C3D04: milter-reject: END-OF-MESSAGE from unknown[203.0.113.6]:99: 550 5.7.1 no; from=<a@b>", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "cleanup[4]: 4A1B2C3D04: milter-hold: END-OF-MESSAGE from unknown[203.0.113.6]: milter triggers HOLD action", MAILLOG_MAIL, "", "" },
	{ P "cleanup[4]: 4A1B2C3D04: reject: header Subject: from x[" V "]: 5.7.1 from x[203.0.113.6]; from=<a@b>", MAILLOG_TURNED_DOWN, "", "m" },
	{ P "cleanup[4]: 4A1B2C3D04: reject: body from x[" V "]; from=<a>: 5.7.1 x", MAILLOG_TURNED_DOWN, "", "m" },
	{ P "cleanup[4]: 4A1B2C3D04: reject: RCPT from x[unknown]: 5.7.1 x", MAILLOG_MAIL, "", "m" },
	{ P "postscreen[5]: NOQUEUE: reject: RCPT from [203.0.113.6]:4711: 550 5.3.2 Service currently unavailable; from=<a@b>", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "postscreen[5]: NOQUEUE: reject: CONNECT from [203.0.113.6]:4711: all server ports busy", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "postscreen[5]: NOQUEUE: reject: CONNECT from [203.0.113.6]:4711: too many connections", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ P "postscreen[5]: DENYLISTED [203.0.113.6]:4711", MAILLOG_DENIED, "203.0.113.6", "m" },
	{ P "postscreen[5]: BLACKLISTED [203.0.113.6]:4711", MAILLOG_DENIED, "203.0.113.6", "m" },
	{ P "postscreen[5]: ALLOWLISTED [203.0.113.6]:4711", MAILLOG_MAIL, "", "" },
	{ P "smtpd[1]: message repeated 3 times: [ NOQUEUE: reject: RCPT from x[203.0.113.6]: 554 5.7.1 no]", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ E "H=(x) [203.0.113.6] F=<a@example.net> rejected RCPT <no@example.com>: unknown", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ E "H=(x) [203.0.113.6] F=<a@example.net> rejected RCPT <a@b>: 203.0.113.6 is listed in bl.example", MAILLOG_REJECTED, "203.0.113.6", "lm" },
	{ E "H=x.example.net [203.0.113.6]:99 rejected connection in \"connect\" ACL", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ E "refused connection from [203.0.113.6] (host_reject_connection)", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ E "rejected EHLO from H=[203.0.113.6]: syntactically invalid argument(s): x", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ E "rejected EHLO from H=[203.0.113.6]: syntactically invalid argument(s): a) [" V "] P=smtp", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ E "rejected EHLO from H=(a) [" V "]: x) [203.0.113.6]: syntactically invalid argument(s): b", MAILLOG_ODD, V, "m" },
	{ E "SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=[203.0.113.6] input=\"x\"", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ "Nov 28 14:00:00 mx exim[8001]: [2/2] " E "H=(x) [" V "] rejected RCPT <a@b>: no", MAILLOG_MAIL, "", "" },
	{ "<22>1 " AT " mx postfix 1 - -  NOQUEUE: reject: RCPT from x[203.0.113.6]: 550 5.1.1 no", MAILLOG_REJECTED, "203.0.113.6", "m" },
	{ "<22>1 " AT " mx postfix 1 - -  connect from x[203.0.113.6]", MAILLOG_MAIL, "", "" },
	{ "<22>1 " AT " mx sshd 1 - -  Invalid user 4A1B2C3D02: client=x[" V "]", MAILLOG_OTHER, "", "" },
	/* messages */
	{ P "pickup[1]: 4A1B2C3D02: uid=0 from=<root>", MAILLOG_OWN, "", "m" },
	{ P "bounce[1]: 4A1B2C3D02: sender non-delivery notification: 4A1B2C3D03", MAILLOG_OWN, "", "m" },
	{ P "virtual[1]: 4A1B2C3D02: to=<a@b>, relay=virtual, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered)", MAILLOG_SENT, "", "m" },
	{ P "out/smtp[1]: 4A1B2C3D02: to=<a@b>, relay=x[" V "]:25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)", MAILLOG_SENT, "", "m" },
	{ P "local[1]: 4A1B2C3D02: to=<a@b>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as 4A1B2C3D03)", MAILLOG_SENT, "", "m" },
	{ P "smtp[1]: 4A1B2C3D02: to=<a@b>, relay=none, delay=0, delays=0/0/0/0, dsn=4.4.1, status=deferred (connect)", MAILLOG_MAIL, "", "m" },
	{ P "qmgr[1]: 4A1B2C3D02: removed", MAILLOG_REMOVED, "", "m" },
	/* not understood */
	{ P "smtpd[1]: 4A1B2C3D02: client=x y[" V "]", MAILLOG_UNREAD, "", "" },
	{ P "smtpd[1]: 4A1B2C3D02: client=x[" V "]z", MAILLOG_UNREAD, "", "" },
	{ P "smtpd[1]: 4A1B2C3D02: client=x[" V "], orig_client=what", MAILLOG_UNREAD, "", "" },
	{ P "smtpd[1]: [tenant=a] 4A1B2C3D02: client=x[" V "]", MAILLOG_UNREAD, "", "" },
	{ P "smtpd[1]: (a) NOQUEUE: reject: RCPT from x[" V "]: 550 5.1.1 no", MAILLOG_UNREAD, "", "" },
	{ P "smtpd[1]: NOQUEUE: reject: RCPT from x[" V "] because", MAILLOG_UNREAD, "", "" },
	{ P "virtual[1]: 4A1B2C3D02: to=<a@b>, status=sent (delivered)", MAILLOG_UNREAD, "", "" },
	{ "xx " P "smtpd[1]: 4A1B2C3D02: client=x[" V "]", MAILLOG_UNREAD, "", "" },
	{ "Nov 28 14:00 mx postfix/smtpd[1]: connect from x[" V "]", MAILLOG_UNREAD, "", "" },
	{ "Nov 28 14:00:00 mx: postfix/smtpd[1]: connect from x[" V "]", MAILLOG_OTHER, "", "" },
	{ "4A1B2C3D02: client=x[" V "]", MAILLOG_UNREAD, "", "" },
	{ "{\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\",\"MESSAGE\":\"4A1B2C3D02: client=x[" V "]\"}", MAILLOG_UNREAD, "", "" },
	{ "28.11.2026 14:00:00 " EID "<= a@example.net H=x [" V "] P=esmtp S=7", MAILLOG_UNREAD, "", "" },
	{ E EID "<= a@example.net H=(x y) [" V "] P=esmtp", MAILLOG_UNREAD, "", "" },
	{ "Nov 28 14:00:00 mx sm-mta[1]: 1AB: from=<a@b>, relay=x [" V "]", MAILLOG_UNREAD, "", "" },
	/* what is none */
	{ "Nov 28 14:00:00 mx sshd[1]: Invalid user postfix/smtpd[1]: 0A1B2C3D51: client=x[" V "]", MAILLOG_OTHER, "", "" },
	{ "Nov 28 14:00:00 mx sshd[1]: postfix/smtpd[1]: 0A1B2C3D51: client=x[" V "]", MAILLOG_OTHER, "", "" },
	{ "Nov 28 14:00:00 mx sshd: postfix/smtpd[1]: 0A1B2C3D51: client=x[" V "]", MAILLOG_OTHER, "", "" },
	{ "Nov 28 14:00:00 mx dovecot: lmtp(1): saved mail", MAILLOG_OTHER, "", "" },
	{ "2026-11-28 14:00:00,123 fail2ban.actions [1]: NOTICE [x] Ban " V, MAILLOG_OTHER, "", "" },
	{ "root:x:0:0:root:/root:/bin/bash", MAILLOG_OTHER, "", "" },
	{ "", MAILLOG_OTHER, "", "" },
};

static void test_rows(void)
{
	struct maillog_line l;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool by_list = strchr(rows[i].facts, 'l'), at_mx = strchr(rows[i].facts, 'm');

		l = read_line(rows[i].text);
		if (!tap_ok(l.kind == rows[i].kind && (!*rows[i].addr || is_addr(&l, rows[i].addr)) &&
				    l.is_by_list == by_list &&
				    (l.is_at_mx == at_mx || l.kind == MAILLOG_UNREAD),
			    "%zu: '%.70s'", i, rows[i].text))
			tap_diag("kind %d, wanted %d; by list %d, at the MX %d", l.kind, rows[i].kind,
				 l.is_by_list, l.is_at_mx);
	}
	l = read_line(P "smtpd[1]: message repeated 3 times: [ NOQUEUE: reject: RCPT from x[203.0.113.6]: 554 5.7.1 no]");
	tap_ok(l.times == 3, "what is repeated counts as often");
}

/* --- an example --------------------------------------------------------------------- */

static void test_example(void)
{
	static const char secret[] = "x postfix/cleanup[1]: 4A1B2C3D02: warning: header Subject: hers";
	struct {
		char text[MAILLOG_EXAMPLE], after;
	} guarded;
	char text[MAILLOG_EXAMPLE], longest[2 * MAILLOG_EXAMPLE];
	bool is_short = true;
	size_t i;
	static const char line[] = "x <a@b.example> \"c d\" from=<e@f.example> g@h.example\033[1m \"i <j";

	maillog_example(line, strlen(line), text);
	tap_ok(!strcmp(text, "x <> \"\" @ @ \"i <j"), "an example has no address of a person");
	maillog_example(secret, strlen(secret), text);
	tap_ok(!strcmp(text, "x postfix/cleanup[1]: 4A1B2C3D02: warning..."), "nor words of a message");
	/* Of every length, with what is left out at every place: within its bounds. */
	for (i = 0; i < MAILLOG_EXAMPLE; i++) {
		memset(longest, 'x', sizeof(longest));
		memcpy(longest + i, "\"a\"", 3);
		memset(guarded.text, '!', sizeof(guarded));
		maillog_example(longest, sizeof(longest), guarded.text);
		is_short &= guarded.after == '!' && strlen(guarded.text) > MAILLOG_EXAMPLE - 8;
	}
	tap_ok(is_short, "nor is it longer than it may be");
}

/* --- whole logs ---------------------------------------------------------------------- */

/*
 * Made by net/maillogs with real servers, without most lines that do not count. Who delivered
 * and who was refused is in selftests/lib/maillogs.sh.
 */
static const struct {
	const char *file;
	size_t accepted, refused, by_list; /* sources */
	size_t messages, own, submitted;
} logs[] = {
	{ "postfix", 8, 8, 1, 13, 3, 2 },
	/* Without the service's name: one more was refused, at submission. */
	{ "postfix-fields", 8, 9, 1, 13, 3, 2 },
	{ "postfix-named", 1, 1, 0, 1, 0, 0 },
	{ "postfix-busybox", 1, 1, 0, 1, 0, 0 },
	{ "exim", 2, 3, 1, 3, 0, 1 },
	{ "exim-syslog", 2, 3, 1, 3, 0, 1 },
};

static void test_log(size_t i)
{
	struct audit a = { .now = NOW + 86400, .from = NOW - 86400, .words = words };
	size_t accepted = 0, refused = 0, by_list = 0, k;
	char path[64], *text;
	FILE *f;
	int error;

	snprintf(path, sizeof(path), "selftests/lib/logs/%s.log", logs[i].file);
	text = tap_slurp(path);
	f = fmemopen(text, strlen(text), "r");
	error = audit_read(&a, f);
	fclose(f);
	for (k = 0; k < a.sources; k++) {
		const struct audit_source *s = a.source[k];

		accepted += !!s->accepted;
		refused += s->rejected && !s->accepted;
		by_list += s->rejected && s->by_list == s->rejected;
	}
	if (!tap_ok(!error && accepted == logs[i].accepted && refused == logs[i].refused &&
			    by_list == logs[i].by_list && a.messages == logs[i].messages &&
			    a.own == logs[i].own && a.submitted == logs[i].submitted &&
			    !a.unread && !a.clientless && !a.odd,
		    "%s is counted as it was", logs[i].file))
		tap_diag("accepted %zu, refused %zu, by the list %zu; messages %zu, own %zu, of users %zu; "
			 "not understood %zu, without client %zu", accepted, refused, by_list,
			 a.messages, a.own, a.submitted, a.unread, a.clientless);
	audit_free(&a);
}

static void test_logs(void)
{
	size_t i;

	for (i = 0; i < sizeof(logs) / sizeof(*logs); i++)
		test_log(i);
}

/* Processes that begin with a client, more than are remembered: no message is lost. */
static void test_processes(void)
{
	struct audit a = { .now = NOW, .from = NOW - 86400 };
	enum maillog_kind kind;
	char text[128];
	int i, n, error = audit_start(&a);

	for (i = 0; i < 70000 && !error; i++) {
		n = snprintf(text, sizeof(text), P "smtpd[%d]: NOQUEUE: client=x[203.0.113.6]", i);
		error = audit_line(&a, text, n, &kind);
	}
	tap_ok(!error && a.known == 70000 && !a.forgotten && !a.messages,
	       "a process that took no message is none that was lost");
	audit_free(&a);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	if (maillog_new(&m, NOW, words))
		tap_die("maillog_new");
	test_heads();
	test_rows();
	test_example();
	test_logs();
	test_processes();
	maillog_free(m);
	return tap_done();
}
