/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The formats of block lists. To add one:
 *   1. user/lists/formats/WORD.c with its struct format
 *   2. its name in the list in formats.c
 *   3. its section in docs/lists.md and in user/nolist-xdp.8
 *   4. a case in selftests/tool/lists.sh, and its reader in selftests/net/lists.sh
 */
#ifndef NOLIST_FORMAT_H
#define NOLIST_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "user/base/writer.h"
#include "user/judge/judge.h"

struct list;

#define FORMAT_NOTES 8
#define FORMAT_NOTE_SIZE 192
#define FORMAT_ASK 160

/* Words from the configuration; config/keys_lists.c allows only harmless characters. */
struct format_words {
	const char *zone, *ns, *hostmaster; /* domain names, without a dot at the end */
	const char *reason;                 /* '$' stands for the address */
	const char *name;                   /* of tables and sets */
	const char *url, *lifts;            /* of the look-up page; NULL: there is none */
};

/* The head of a list. Times are seconds since 1970. */
struct format_head {
	int64_t time;
	int64_t expires;
	size_t count;
	size_t family[2];                    /* of these, IPv4 and IPv6 */
	size_t probable[2];                  /* of these, what lacks strong evidence */
	char digest[65];                     /* SHA-256 of all sources, one a line, in hex */
	bool is_white;                       /* who is on it is to be let in */
	bool is_unverified;                  /* sources with SYNs only are listed, too */
	bool is_closed;                      /* the list has ended: it is empty for good */
	bool never_ends;                     /* as of the format */
	char note[FORMAT_NOTES][FORMAT_NOTE_SIZE]; /* warnings, without line ends */
	int notes;
	const struct format_words *words;
};

/* Any of the functions may be NULL. IPv4 comes before IPv6, each in the order of addresses. */
struct format {
	const char *name;
	const char *reader; /* what reads it */
	const char *usage;  /* how: one line to paste */
	bool takes_unverified; /* may be written with --unverified */
	bool takes_white;   /* and with --white; usage_white: how, if it is not as usage says */
	const char *usage_white;
	bool is_ip4_only;
	bool has_evidence;  /* rows show evidence; else see selected_get() */
	bool never_ends;    /* its reader goes on with a list that has expired */
	bool is_private;    /* only its owner may read it */
	void (*head)(struct writer *o, const struct format_head *head);
	/* Before and after the rows of a family (0: IPv4), also when it has none. */
	void (*begin)(struct writer *o, const struct format_head *head, int family);
	void (*row)(struct writer *o, const struct format_head *head, const struct judged *of);
	void (*end)(struct writer *o, const struct format_head *head, int family);
	void (*tail)(struct writer *o, const struct format_head *head);
	/*
	 * In place of the four above: all behind the head. Such a file is written each time.
	 * 0 or -errno; -EBADMSG: what it is made of is wrong, as failure_of() explains.
	 */
	int (*body)(struct writer *o, const struct list *l, struct judge *j);
	/*
	 * How the program that is named like the format can be asked for little whether it
	 * has the list still: arguments, separated by blanks, with which it exits with 0 if it
	 * has. first: of the sources of a family; NULL: there is none.
	 */
	void (*ask)(char text[FORMAT_ASK], const struct format_head *head, int family,
		    const struct nolist_source *first);
	/* Reads the source from a line of an old list; NULL: the first address in it. */
	bool (*source)(const char *line, struct nolist_source *src);
};

/* Does it have sources? */
static inline bool format_has_rows(const struct format *f)
{
	return f->row || f->body;
}

extern const struct format *const formats[]; /* ends with NULL */

const struct format *format_find(const char *name); /* or NULL */
/* The name that is meant by one that is no format, or NULL. */
const char *format_meant(const char *name);

/* For all formats: */

/* "# key: value" lines, each after mark instead of "# ". */
void format_comments(struct writer *o, const struct format_head *head, const char *mark);
void format_reason(struct writer *o, const struct format_head *head,
		   const struct nolist_source *src);
/*
 * The SOA of both forms of a DNS list, after the words that name the record:
 * "NS HOSTMASTER SERIAL ...", each name followed by name_end.
 */
void format_soa(struct writer *o, const struct format_head *head, const char *name_end);
/* What a DNS list answers for an entry: 127.0.0.N. */
int format_answer(const struct format_head *head, const struct judged *of);
/* Lifetime of an entry in seconds, at most max: until its listing ends or the list expires. */
int64_t format_ttl(const struct format_head *head, const struct judged *of, int64_t max);

/* Rows that several formats share: */
void format_plain_head(struct writer *o, const struct format_head *head);
void format_plain_row(struct writer *o, const struct format_head *head, const struct judged *of);

#endif
