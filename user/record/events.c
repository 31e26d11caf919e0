// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of events: the only place in user space where each is spelled out.
 */
#include "user/record/events.h"

const struct event_name event_names[NOLIST_EVENTS] = {
	[NOLIST_EVENT_TEMPFAILED] = { "strong", "tempfailed, by timestamps", NULL },
	[NOLIST_EVENT_GREETED_WEAK] = { "weak", "greeted, exact number", NULL },
	[NOLIST_EVENT_TEMPFAILED_WEAK] = { "tempfailed_weak", "tempfailed, no timestamps", NULL },
	[NOLIST_EVENT_QUIT] = { "quit", "QUIT after that", "said QUIT" },
	[NOLIST_EVENT_CLOSED] = { "closed", "closed, no QUIT", "closed" },
	[NOLIST_EVENT_EARLY_TALKER] = { "early_talker", "talked early", "talked early" },
	[NOLIST_EVENT_PIPELINED] = { "pipelined", "commands together", "sent commands together" },
	[NOLIST_EVENT_NOT_SMTP] = { "not_smtp", "not SMTP", "was not SMTP" },
	[NOLIST_EVENT_STARTTLS] = { "starttls", "wanted STARTTLS", "wanted STARTTLS" },
	[NOLIST_EVENT_ELSEWHERE] = { "elsewhere", "other domains", "asked for other domains" },
	[NOLIST_EVENT_HELD] = { "held", "held at the real MX", "was held at the real MX" },
	[NOLIST_EVENT_TENANT] = { "tenant", "at a tenant's", "was tempfailed at a tenant's high fake" },
};
