// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of patterns. Those of kind MAILLOG_UNREAD stand last: what begins as a line that
 * counts, and is none of those before, must not be passed over in silence.
 */
#include "user/maillog/patterns.h"

#define NAME "[A-Za-z0-9._-]"
#define ANY_ID "(?!NOQUEUE:)[0-9A-Za-z]{5,20}"
#define ID "(?<id>" ANY_ID ")"
#define NEW "(?<new>[0-9A-Za-z]{5,20})"
#define ADDR "\\[(?:IPv6:)?(?<addr>[0-9A-Fa-f:.]{2,45})(?:%[A-Za-z0-9]+)?\\]"
#define PORT "(?::\\d{1,5})?"
#define NO_ADDR "\\[(?:unknown|unix:[^\\]]*)\\]"
#define STAGE "[A-Za-z-]+(?: [A-Za-z]+)*"
#define END "(?:$|,)"
/* Before-queue filters: postfix writes both only as trusted clients (XFORWARD) give them. */
#define ORIG_ID "(?:, orig_queue_id=[0-9A-Za-z]*)?"
#define FILTERED NAME "*\\[[^\\]]+\\]" PORT ORIG_ID ", orig_client="

#define EXIM "(?:\\[\\d+\\] )?"
#define EXIM_ID "(?<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})"
#define EXIM_SENDER "(?:<>|(?:\"(?:[^\"\\\\]|\\\\.)*+\"|[^\\s\"\\\\]|\\\\.)++)"
#define EXIM_AT "(?:" NAME "+ )?(?:\\([^()\\s]*\\) )?" ADDR PORT
#define EXIM_HOST "H=" EXIM_AT "(?= )"
#define EXIM_FROM EXIM EXIM_ID " <= " EXIM_SENDER " (?:R=\\S+ )?(?:U=\\S+ )?" EXIM_HOST
/* What exim itself chooses, up to A=: of a certificate's name it quotes what it writes. */
#define EXIM_FIELDS "(?: (?!S=)[A-Za-z0-9]+=(?:\"(?:[^\"\\\\]|\\\\.)*+\"|[^\\s\"]*+)| [KL*])*"

const struct maillog_pattern maillog_patterns[] = {
	/* --- smtpd and postscreen --- */
	{ PROGRAM_SMTPD, MAILLOG_SUBMITTED,
	  ID ": client=" NAME "+" ADDR PORT ", sasl_(?:method|username|sender)=" },
	{ PROGRAM_SMTPD, MAILLOG_CLIENT, ID ": client=" FILTERED NAME "*" ADDR PORT END },
	{ PROGRAM_SMTPD, MAILLOG_CLIENT,
	  ID ": client=" NAME "+" ADDR PORT ORIG_ID "(?:$|, (?!orig_)|, orig_client=" NAME
	     "*" NO_ADDR ")" },
	{ PROGRAM_SMTPD, MAILLOG_CLIENT, ID ": client=" NAME "+" NO_ADDR },
	/* Before a filter: no message yet, so the process stands for it. */
	{ PROGRAM_SMTPD, MAILLOG_CLIENT, "NOQUEUE: client=" NAME "+" ADDR PORT END },
	{ PROGRAM_SMTPD, MAILLOG_TURNED_DOWN,
	  "(?:NOQUEUE: )?proxy-reject: " STAGE ": [45]\\d\\d " },
	{ PROGRAM_SMTPD | PROGRAM_CLEANUP, MAILLOG_REJECTED,
	  "(?:NOQUEUE|" ID "): (?:milter-)?reject: " STAGE " from " NAME "*" ADDR PORT
	  ": (?:[45]\\d\\d |[45]\\.\\d{1,3}\\.\\d{1,3} |too many connections|all server ports "
	  "busy)" },
	{ PROGRAM_SMTPD | PROGRAM_CLEANUP, MAILLOG_MAIL,
	  "(?:NOQUEUE|" ID "): (?:milter-)?reject: " STAGE " from " NAME "*" NO_ADDR },
	{ PROGRAM_SMTPD, MAILLOG_DENIED, "(?:DENY|BLACK)LISTED " ADDR PORT "$" },

	/* --- cleanup, pickup, bounce: which messages are whose --- */
	{ PROGRAM_CLEANUP, MAILLOG_TURNED_DOWN,
	  ID ": (?:milter-)?reject: (?:header|body|mime-header|nested-header|mime-error) " },
	{ PROGRAM_CLEANUP, MAILLOG_TURNED_DOWN, ID ": milter-(?:header|body)-reject: " },
	{ PROGRAM_PICKUP, MAILLOG_OWN, NEW ": uid=\\d+ from=<" },
	{ PROGRAM_BOUNCE, MAILLOG_OWN, ANY_ID ": [a-z]+ [a-z -]*notification: " NEW "$" },

	/* --- delivery --- */
	/* A filter behind the queue, such as amavis, has taken it and passes it on to nobody. */
	{ PROGRAM_AGENT, MAILLOG_MAIL,
	  ID ": to=<.*>, .*dsn=2\\.\\d{1,3}\\.\\d{1,3}, status=sent \\(250 [^()]*\\b(?:discarded|quarantined?)\\b" },
	{ PROGRAM_AGENT, MAILLOG_SENT,
	  ID ": to=<.*>, .*dsn=2\\.\\d{1,3}\\.\\d{1,3}, status=sent (?:\\(forwarded as " NEW
	     "\\)$)?" },
	{ PROGRAM_AGENT, MAILLOG_MAIL,
	  ID ": to=<.*>, .*dsn=[245]\\.\\d{1,3}\\.\\d{1,3}, status=[a-z]+ " },
	{ PROGRAM_QMGR, MAILLOG_REMOVED, ID ": removed$" },

	/* --- exim --- */
	{ PROGRAM_EXIM, MAILLOG_SUBMITTED,
	  EXIM_FROM "(?=" EXIM_FIELDS " (?:P=[a-z0-9]*(?:mtpa|mtpsa|asmtp|asmtps) |A=))" },
	{ PROGRAM_EXIM, MAILLOG_ACCEPTED, EXIM_FROM },
	{ PROGRAM_EXIM, MAILLOG_MAIL, EXIM EXIM_ID " <= " EXIM_SENDER " (?:[RU]=\\S+ )*P=" },
	{ PROGRAM_EXIM, MAILLOG_REJECTED, EXIM "(?:" EXIM_ID " )?" EXIM_HOST "(?=.* rejected )" },
	{ PROGRAM_EXIM, MAILLOG_REJECTED,
	  EXIM "(?:SMTP protocol synchronization error \\([^()]*\\): )?(?:temporarily )?"
	       "(?:refused connection|rejected [a-zA-Z]+) from (?:H=)?" EXIM_AT "(?=[ :])" },

	/* --- not understood --- */
	{ PROGRAM_SMTPD | PROGRAM_CLEANUP, MAILLOG_UNREAD,
	  "(?:[[({][^])}]{1,80}[])}] *)?(?:" ANY_ID ": client=|(?:NOQUEUE|" ANY_ID
	  "): (?:milter-)?reject: )" },
	{ PROGRAM_AGENT, MAILLOG_UNREAD, ANY_ID ": to=<.* status=sent " },
	{ PROGRAM_EXIM, MAILLOG_UNREAD,
	  EXIM "[0-9A-Za-z-]{10,25} <= .* H=|" EXIM "(?:[0-9A-Za-z-]{10,25} )?H=.* rejected " },
	{ PROGRAM_RIVAL, MAILLOG_UNREAD, ".*(?:relay=|from=<|from: <|message|Message|rejected)" },
	{ PROGRAM_NONE, MAILLOG_UNREAD,
	  ".*(?:\\bpostfix\\S*/[a-z]|/(?:smtpd|postscreen|cleanup|qmgr|smtp|lmtp)\\[\\d+\\]: "
	  "|\\bexim4?\\[\\d+\\]:| <= .*\\bH=.*\\[.* P=| H=.*\\[.* rejected )" },
	{ PROGRAM_NONE, MAILLOG_UNREAD,
	  "(?:NOQUEUE|" ANY_ID "): (?:client=|(?:milter-)?reject: |to=<.*status=|removed$)" },
};

const unsigned int maillog_pattern_count = sizeof(maillog_patterns) / sizeof(*maillog_patterns);
_Static_assert(sizeof(maillog_patterns) / sizeof(*maillog_patterns) <= MAILLOG_PATTERNS_MAX,
	       "more patterns than parse.c has room for");
