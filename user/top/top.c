// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop of the live view: keys, counters every few seconds, and the sources whenever the walk
 * over them is due. A walk over many sources takes long, so it comes the more rarely.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/top/private.h"

#define NS 1000000000ull
#define SHARE 10 /* of its time, a tenth at most goes into walks */

static volatile sig_atomic_t is_signalled;

static void on_signal(int signal)
{
	(void)signal;
	is_signalled = 1;
}

/* --- in a child -------------------------------------------------------------------- */

static void gather_fn(const void *arg)
{
	const struct top *t = arg;
	static struct top_view v;

	top_gather(&v, t->o, &t->query);
	fwrite(&v, sizeof(v), 1, stdout);
}

static void explain_fn(const void *arg)
{
	const struct top *t = arg;

	top_explain(t->o, &t->src);
}

/* --- the chosen source -------------------------------------------------------------- */

static const struct nolist_source *source_at(const struct top *t, bool is_listing, int i)
{
	return is_listing ? &t->view.listing[i].src : &t->view.row[i].src;
}

/* Where the chosen source is now; if it is gone, another one at its place is chosen. */
static void find_chosen(struct top *t)
{
	int rows, listings, n, i;

	top_screen_rows(t, &rows, &listings);
	n = t->is_listing ? listings : rows;
	for (i = 0; i < n; i++)
		if (!addr_compare(&source_at(t, t->is_listing, i)->addr, &t->src.addr))
			break;
	if (i < n)
		t->chosen = i;
	else if (t->chosen >= n)
		t->chosen = n - 1;
	if (t->chosen < 0)
		t->is_choosing = false;
	else if (t->is_choosing)
		t->src = *source_at(t, t->is_listing, t->chosen);
}

/* Both tables are one: the second follows the first. */
static void choose(struct top *t, int step)
{
	int rows, listings, at;

	top_screen_rows(t, &rows, &listings);
	at = !t->is_choosing ? 0 : (t->is_listing ? rows : 0) + t->chosen + step;
	if (at >= rows + listings)
		at = rows + listings - 1;
	t->is_choosing = rows + listings;
	if (at < 0)
		at = 0;
	t->is_listing = at >= rows;
	t->chosen = t->is_listing ? at - rows : at;
	if (t->is_choosing)
		t->src = *source_at(t, t->is_listing, t->chosen);
}

/* --- keys --------------------------------------------------------------------------- */

/* Something else is asked for: what is being read is of no use. */
static void ask_anew(struct top *t)
{
	top_child_end(&t->gather);
	t->gather_at_ns = 0;
}

static void next_role(struct top *t)
{
	static const int next[NOLIST_ROLES] = { [0] = NOLIST_LOW, [NOLIST_LOW] = NOLIST_REAL,
						[NOLIST_REAL] = NOLIST_HIGH };

	t->query.role = next[t->query.role];
}

static int explain_start(struct top *t)
{
	if (!t->is_choosing)
		return 0;
	t->is_explaining = true;
	t->line = 0;
	top_child_end(&t->explain);
	return top_child_start(&t->explain, explain_fn, t);
}

static void press_explaining(struct top *t, enum top_press press)
{
	int page = top_screen_page();

	switch (press) {
	case PRESS_QUIT:
	case PRESS_BACK:
		top_child_end(&t->explain);
		t->is_explaining = false;
		break;
	case PRESS_UP:
	case PRESS_DOWN:
		t->line += press == PRESS_DOWN ? 1 : -1;
		break;
	case PRESS_PAGE_UP:
	case PRESS_PAGE_DOWN:
		t->line += press == PRESS_PAGE_DOWN ? page : -page;
		break;
	case PRESS_FIRST:
		t->line = 0;
		break;
	default:
		break;
	}
}

static int press_overview(struct top *t, enum top_press press)
{
	switch (press) {
	case PRESS_QUIT:
		t->is_ended = true;
		break;
	case PRESS_UP:
	case PRESS_DOWN:
		choose(t, press == PRESS_DOWN ? 1 : -1);
		break;
	case PRESS_BACK:
		t->is_choosing = false;
		break;
	case PRESS_ENTER:
		return explain_start(t);
	case PRESS_SORT:
		t->query.key = top_key(t->query.key + 1) ? t->query.key + 1 : 0;
		ask_anew(t);
		break;
	case PRESS_ROLE:
		next_role(t);
		ask_anew(t);
		break;
	case PRESS_FAMILY:
		t->query.family = !t->query.family ? 4 : t->query.family == 4 ? 6 : 0;
		ask_anew(t);
		break;
	case PRESS_PAUSE:
		t->is_paused = !t->is_paused;
		break;
	default:
		break;
	}
	return 0;
}

static int press_all(struct top *t)
{
	enum top_press press;
	int error = 0;

	while (!error && !t->is_ended && (press = top_screen_key()) != PRESS_NONE) {
		if (t->is_explaining)
			press_explaining(t, press);
		else
			error = press_overview(t, press);
	}
	return error;
}

/* --- the loop ------------------------------------------------------------------------ */

static void look(struct top *t, uint64_t now)
{
	struct top_counts before = t->now;

	if (t->is_paused || now < t->count_at_ns)
		return;
	top_count(&t->now, t->o->pin_dir);
	t->before = before;
	t->count_at_ns = now + t->o->every_s * NS;
}

static int start_gather(struct top *t, uint64_t now)
{
	/* Where something else was asked for, also while paused. */
	if (t->gather.pid || (t->is_paused && t->gather_at_ns) || now < t->gather_at_ns)
		return 0;
	return top_child_start(&t->gather, gather_fn, t);
}

static void take_gathered(struct top *t, uint64_t now)
{
	uint64_t wait_ns = t->gather.took_ns * (SHARE - 1);

	if (t->gather.used == sizeof(t->view)) {
		memcpy(&t->view, t->gather.bytes, sizeof(t->view));
	} else {
		t->view.error = -EIO;
		strcpy(t->view.why, "cannot read the sources: the process ended early");
	}
	if (wait_ns < t->o->every_s * NS)
		wait_ns = t->o->every_s * NS;
	t->gather_at_ns = now + wait_ns;
}

/* Until a key, a signal, output of a child, or the next look. */
static int wait_for_any(struct top *t)
{
	struct pollfd p[3] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = t->gather.pid ? t->gather.fd : -1, .events = POLLIN },
		{ .fd = t->explain.pid ? t->explain.fd : -1, .events = POLLIN },
	};
	uint64_t now = top_now_ns();
	int ms = t->is_paused || t->count_at_ns > now + NS ? 1000 :
		 t->count_at_ns > now			   ? (t->count_at_ns - now) / 1000000 + 1 :
							     0;

	if (poll(p, 3, ms) < 0)
		return errno == EINTR ? 0 : -errno;
	/* The terminal is gone. */
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		t->is_ended = true;
	return 0;
}

static int step(struct top *t)
{
	uint64_t now = top_now_ns();
	int error;

	look(t, now);
	error = start_gather(t, now);
	if (error)
		return error;
	find_chosen(t);
	top_screen_draw(t);
	error = wait_for_any(t);
	if (!error)
		error = press_all(t);
	if (t->gather.pid && top_child_read(&t->gather))
		take_gathered(t, top_now_ns());
	if (t->explain.pid)
		top_child_read(&t->explain);
	return error;
}

static void take_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

int top(const struct top_options *o)
{
	static struct top t;
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		failx(-ENOTTY, "needs a terminal");
		return fail_hint("\"nolist-xdp show\", \"show --follow\" and \"metrics\" are for "
				 "scripts");
	}
	t = (struct top){ .o = o };
	/* What is wrong from the beginning is told where it stays readable. */
	top_count(&t.now, o->pin_dir);
	if (t.now.error && t.now.error != -ENOENT)
		return t.now.error;
	error = top_screen_open();
	if (error)
		return error;
	take_signals();
	while (!error && !t.is_ended && !is_signalled)
		error = step(&t);
	top_screen_close();
	top_child_end(&t.gather);
	top_child_end(&t.explain);
	free(t.gather.bytes);
	free(t.explain.bytes);
	return error ? fail(error, "cannot go on") : 0;
}
