/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists for machines. To add a format:
 *   1. user/out_WORD.c with its row, and what comes before and after
 *   2. their prototypes here and its row in the table in formats.c
 *   3. its section in docs/lists.md and in user/nolist-xdp.8
 *   4. a case in selftests/tool/lists.sh, and its reader in selftests/net/lists.sh
 *
 * Formats write through struct out, which buffers and keeps the first error.
 */
#ifndef NOLIST_OUT_H
#define NOLIST_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "user/base/addr.h"
#include "user/judge/judge.h"

#define JSON_DEPTH 8 /* how deep JSON may nest */

struct json_t; /* jansson's */

/* Takes all bytes; 0 or -errno. */
typedef int out_sink_fn(void *arg, const char *bytes, size_t size);

struct out {
	out_sink_fn *sink;
	void *arg;
	int error; /* of the sink: the first one; nothing is written after it */
	struct json_level {
		struct json_t *tree; /* NULL: written as it comes */
		const char *name;
		bool needs_comma; /* a value stands before */
	} json[JSON_DEPTH];
	int json_depth;
	size_t used;
	char bytes[1 << 16];
};

void out_open(struct out *o, out_sink_fn *sink, void *arg);
int out_flush(struct out *o); /* 0, or the first error */
/* A sink: standard output, at once and not by way of stdio. */
int out_stdout(void *arg, const char *bytes, size_t size);

static inline void out_char(struct out *o, char c)
{
	if (o->used == sizeof(o->bytes))
		out_flush(o);
	o->bytes[o->used++] = c;
}

void out_large(struct out *o, const char *bytes, size_t size); /* more than there is room for */

/* Here, so that of a text known to the compiler hardly anything is left to do. */
static inline void out_bytes(struct out *o, const char *bytes, size_t size)
{
	if (size > sizeof(o->bytes) - o->used) {
		out_large(o, bytes, size);
		return;
	}
	memcpy(o->bytes + o->used, bytes, size);
	o->used += size;
}

static inline void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

void out_number(struct out *o, int64_t number);
void out_time(struct out *o, int64_t time); /* 2026-01-02T03:04:05Z */
void out_source(struct out *o, const struct nolist_source *src);

/*
 * JSON, by jansson: bracket is '{' or '['; name is NULL in an array and lives until
 * the close. An open value is a tree, written when it is closed; in a stream each
 * element is written and forgotten, so that there may be a million.
 */
void json_open(struct out *o, const char *name, char bracket);
void json_stream(struct out *o, const char *name, char bracket);
void json_close(struct out *o, char bracket);
void json_number(struct out *o, const char *name, int64_t number);
void json_bool(struct out *o, const char *name, bool value);
void json_text(struct out *o, const char *name, const char *text);
void json_real_number(struct out *o, const char *name, double number);
/* A word of our own, of letters: nothing in it needs an escape. */
void json_word(struct out *o, const char *name, const char *word);
void json_none(struct out *o, const char *name);
/* The members that tell of a source and its verdict; the same in every document. */
void json_judged(struct out *o, const struct judged *of);

#define JSON_SCHEMA 1 /* raised when a member changes its meaning or goes */

#define OUT_NOTES 8
#define OUT_NOTE_SIZE 160

/* The administrator's words, held to harmless characters by config/keys_lists.c. */
struct out_words {
	const char *zone, *ns, *hostmaster; /* domain names, without a dot at the end */
	const char *reason;                 /* '$' stands for the address */
	const char *name;                   /* of tables and sets */
};

/* What a list says of itself. */
struct out_head {
	int64_t time;
	int64_t expires;
	size_t count;
	size_t family[2];                    /* of these, IPv4 and IPv6 */
	size_t probable[2];                  /* of these, what is not proven by strong proof */
	char digest[65];                     /* SHA-256 of all sources, one a line, in hex */
	bool is_claimed;                     /* lists also on SYNs alone */
	char note[OUT_NOTES][OUT_NOTE_SIZE]; /* warnings, without line ends */
	int notes;
	const struct out_words *words;
};

/* Any of the functions may be NULL. IPv4 comes before IPv6, each in the order of addresses. */
struct output {
	const char *name;
	const char *reader; /* what reads it */
	const char *usage;  /* how: one line to paste */
	bool takes_claimed; /* may be written with --unverified */
	bool is_ip4_only;
	bool has_evidence;  /* else a row knows source, judgement, tier and end only */
	void (*head)(struct out *o, const struct out_head *head);
	/* Before and after the rows of a family (0: IPv4), also when it has none. */
	void (*begin)(struct out *o, const struct out_head *head, int family);
	void (*row)(struct out *o, const struct out_head *head, const struct judged *of);
	void (*end)(struct out *o, const struct out_head *head, int family);
	void (*tail)(struct out *o, const struct out_head *head);
	/* The source that a line of an old list is for; NULL: the first address in it. */
	bool (*source)(const char *line, struct nolist_source *src);
};

extern const struct output outputs[]; /* ends with a row without name */

const struct output *output_find(const char *name); /* or NULL */

/* For all formats: */

/* "# key: value" lines, each after mark instead of "# ". */
void out_comments(struct out *o, const struct out_head *head, const char *mark);
void out_reason(struct out *o, const struct out_head *head, const struct nolist_source *src);
/*
 * What both forms of a DNS list say of themselves, after the words that name the record:
 * "NS HOSTMASTER SERIAL ...", each name with this at its end.
 */
void out_soa(struct out *o, const struct out_head *head, const char *name_end);
/* 2001:db8:1:2 of 2001:db8:1:2::/64 */
void out_groups(struct out *o, const struct nolist_source *src);
void out_ip4(struct out *o, const struct nolist_source *src);
/* Seconds that an entry may live: until its listing ends, or the list expires. */
int64_t out_life(const struct out_head *head, const struct judged *of);

/* Each format, in out_NAME.c: */

void out_plain_head(struct out *o, const struct out_head *head);
void out_plain_row(struct out *o, const struct out_head *head, const struct judged *of);

void out_csv_head(struct out *o, const struct out_head *head);
void out_csv_row(struct out *o, const struct out_head *head, const struct judged *of);

void out_jsonl_head(struct out *o, const struct out_head *head);
void out_jsonl_row(struct out *o, const struct out_head *head, const struct judged *of);

void out_rbldnsd_head(struct out *o, const struct out_head *head);
void out_rbldnsd_begin(struct out *o, const struct out_head *head, int family);
void out_rbldnsd_row(struct out *o, const struct out_head *head, const struct judged *of);

void out_zone_head(struct out *o, const struct out_head *head);
void out_zone_row(struct out *o, const struct out_head *head, const struct judged *of);
bool out_zone_source(const char *line, struct nolist_source *src);

void out_postfix_row(struct out *o, const struct out_head *head, const struct judged *of);
void out_postscreen_row(struct out *o, const struct out_head *head, const struct judged *of);

void out_sendmail_row(struct out *o, const struct out_head *head, const struct judged *of);

void out_nft_head(struct out *o, const struct out_head *head);
void out_nft_begin(struct out *o, const struct out_head *head, int family);
void out_nft_row(struct out *o, const struct out_head *head, const struct judged *of);
void out_nft_end(struct out *o, const struct out_head *head, int family);

void out_ipset_begin(struct out *o, const struct out_head *head, int family);
void out_ipset_row(struct out *o, const struct out_head *head, const struct judged *of);
void out_ipset_end(struct out *o, const struct out_head *head, int family);

void out_spamassassin_head(struct out *o, const struct out_head *head);

void out_bird_begin(struct out *o, const struct out_head *head, int family);
void out_bird_row(struct out *o, const struct out_head *head, const struct judged *of);
void out_bird_end(struct out *o, const struct out_head *head, int family);

#endif
