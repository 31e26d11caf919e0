/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the live view share: counts.c reads counters, gather.c sources, child.c runs
 * what takes long in a process of its own, words.c has its words and numbers, screen.c draws, top.c
 * is the loop. Only these files include this header.
 */
#ifndef NOLIST_TOP_PRIVATE_H
#define NOLIST_TOP_PRIVATE_H

#include <sys/types.h>
#include "user/judge/judge.h"
#include "user/kernel/kern.h"
#include "user/top/top.h"

/* --- counts.c: cheap, whatever the number of sources ----------------------------- */

#define TOP_MX 64 /* MX addresses that are shown, at most */

struct top_mx {
	struct nolist_addr addr;
	unsigned int role;
	uint64_t opens;
};

struct top_counts {
	int error; /* -ENOENT: nothing is attached or pinned */
	uint64_t at_ns;
	uint64_t tables; /* others have another number: their counters began anew */
	char interfaces[256]; /* and how the program is attached */
	uint64_t verdict[NOLIST_VERDICT_SLOTS];
	uint64_t frames, lost, limited;
	struct top_mx mx[TOP_MX];
	int mxs;
};

void top_count(struct top_counts *c, const char *pin_dir);
/* Events a second in tenths; -1: unknown. */
int64_t top_rate(const struct top_counts *now, const struct top_counts *before, uint64_t a,
		 uint64_t b);

/* --- gather.c: a walk over all sources, in a process of its own ------------------ */

#define TOP_ROWS 256 /* sources, and as many listings */

struct top_query {
	unsigned int key; /* top_key() */
	int role;         /* enum nolist_role; 0: all */
	int family;       /* 4, 6; 0: both */
};

struct top_row {
	struct nolist_source src;
	int64_t key; /* what it is sorted by */
	int64_t last, talk;
	uint32_t low, real, high, data, hours;
	enum judgement is;
};

struct top_listing {
	struct nolist_source src;
	int64_t key;
	int64_t since, until;
	unsigned int strong, weak;
	int tier;
	enum hold hold;
};

struct top_view {
	int error;
	char why[256];
	int64_t now;
	int64_t learning_until; /* 0: it is not learning */
	bool is_unseen[2], is_unhealthy[2]; /* the real MX, by family */
	struct kern_fill fill;
	uint64_t sources, listed, held[HOLDS];
	uint64_t entries, grown, held_growth; /* of all list files; grown: within a day */
	int notes; /* files of the configuration that cannot be used as they are */
	struct top_row row[TOP_ROWS];
	int rows;
	struct top_listing listing[TOP_ROWS];
	int listings;
};

const char *top_key(unsigned int i); /* NULL after the last; the first is the default */
void top_gather(struct top_view *v, const struct top_options *o, const struct top_query *q);
/* Prints what explain prints, or why it cannot. */
void top_explain(const struct top_options *o, const struct nolist_source *src);

/* --- child.c ---------------------------------------------------------------------- */

#define TOP_BYTES (1 << 20) /* of a child's output, at most */

struct top_child {
	pid_t pid; /* 0: there is none */
	int fd;
	char *bytes; /* its output so far */
	size_t used;
	uint64_t began_ns, took_ns;
};

/* fn(arg) runs in a process of its own, which has no terminal; its standard output comes here. */
int top_child_start(struct top_child *c, void (*fn)(const void *arg), const void *arg);
/* Takes what there is. True: it has ended. */
bool top_child_read(struct top_child *c);
void top_child_end(struct top_child *c); /* kills it, if there is one */

uint64_t top_now_ns(void); /* of a clock that only goes on */

/* --- words.c ----------------------------------------------------------------------- */

#define TOP_NUMBER 12

const char *top_number(uint64_t n, char text[TOP_NUMBER]); /* in six columns */
/* The same, of tenths; "-": unknown, which is less than 0. */
const char *top_per_second(int64_t tenths, char text[TOP_NUMBER]);
const char *top_ago(int64_t now, int64_t at, char text[TEXT_AGE]); /* "-": never, which is 0 */
unsigned int top_percent(unsigned int n, unsigned int of);
/* Why additions wait, and how many sources wait for it; "": nothing waits. */
void top_holds(const struct top_view *v, char *text, size_t size);
void top_reason(const struct top_listing *l, char *text, size_t size);

/* --- screen.c --------------------------------------------------------------------- */

struct top {
	const struct top_options *o;
	struct top_counts now, before;
	struct top_view view;
	struct top_query query;
	struct top_child gather, explain;
	uint64_t count_at_ns, gather_at_ns; /* when these are due */
	bool is_paused, is_ended;
	/* The chosen source: in the first table or the second. */
	int chosen;
	bool is_choosing;
	struct nolist_source src;
	bool is_listing;
	/* Instead of the tables: what is known of it. */
	bool is_explaining;
	int line;
};

int top_screen_open(void); /* 0 or -errno, explained by failure_of() */
void top_screen_close(void);
void top_screen_draw(struct top *t);
/* How many rows the first table and the second have on this screen. */
void top_screen_rows(const struct top *t, int *rows, int *listings);
int top_screen_page(void); /* lines of a page of text */
enum top_press { PRESS_NONE, PRESS_QUIT, PRESS_UP, PRESS_DOWN, PRESS_PAGE_UP, PRESS_PAGE_DOWN,
		 PRESS_FIRST, PRESS_ENTER, PRESS_BACK, PRESS_SORT, PRESS_ROLE, PRESS_FAMILY,
		 PRESS_PAUSE, PRESS_RESIZE };
enum top_press top_screen_key(void); /* PRESS_NONE: there is none */

#endif
