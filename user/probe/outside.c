// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test as a client, from here or from another network namespace, and what the tables have
 * noted of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/host/addresses.h"
#include "user/kernel/kern.h"
#include "user/probe/probe.h"
#include "user/probe/smtp.h"

#define NOTED_MS 2000 /* within this time evidence is in the tables */

const char *probe_name(const struct probe *p, char text[ADDR_TEXT + 16])
{
	char addr[ADDR_TEXT];

	addr_text(&p->addr, addr);
	if (p->port == NOLIST_SMTP_PORT)
		snprintf(text, ADDR_TEXT + 16, "%s", addr);
	else
		snprintf(text, ADDR_TEXT + 16, addr_is_ip4(&p->addr) ? "%s:%u" : "[%s]:%u", addr,
			 p->port);
	return text;
}

void probe_find(struct findings *found, const struct probe *p)
{
	char name[ADDR_TEXT + 16];

	find(found, p->is_ok ? GRADE_OK : GRADE_REFUSES, conf_role_name(p->role),
	     probe_name(p, name), "%s", p->text);
	if (!p->is_ok && p->role == NOLIST_HIGH && !strncmp(p->text, "refused", 7))
		find_hint(found, "is the program loaded, with this address as high?");
}

static int run_in(const char *netns, void (*fn)(struct probe_run *run), struct probe_run *run)
{
	if (netns)
		return probe_in_netns(netns, fn, run);
	fn(run);
	return 0;
}

static int refuse_own(const struct probe_run *run)
{
	char name[ADDR_TEXT + 16];
	int i;

	for (i = 0; i < run->n; i++)
		if (run->probe[i].is_own) {
			fail_usage("'%s' is an address of the host that the test would run on: no "
				   "packet would pass an interface", probe_name(&run->probe[i], name));
			return fail_hint("run it on another host, or with --from a network namespace");
		}
	return 0;
}

/* --- evidence --------------------------------------------------------------------------- */

/* By probe. */
struct evidence {
	struct probe_noted *before, *after;
	bool is_compared; /* before was read before the test */
	uint64_t since_ns;
};

static bool is_local(const struct nolist_addr *addr)
{
	struct nolist_addr *own = NULL;
	bool is_there = false;
	int i, n;

	if (!host_own(&own, &n))
		for (i = 0; i < n; i++)
			is_there |= !addr_compare(&own[i], addr);
	free(own);
	return is_there;
}

/* What has to be noted of a probe. Data are noted only where the kernel has the connection. */
static unsigned int wanted_of(const struct probe *p, const struct conf *conf)
{
	if (p->role == NOLIST_REAL && is_local(&p->addr))
		return PROBE_CONTACT | PROBE_DATA;
	if (p->role == NOLIST_HIGH && conf->stage != STAGE_GREETING)
		return PROBE_CONTACT | PROBE_TEMPFAILED | PROBE_QUIT;
	return PROBE_CONTACT;
}

static void find_noted(struct findings *found, const struct probe *p, unsigned int missing)
{
	static const struct {
		unsigned int bit;
		const char *what;
	} parts[] = { { PROBE_CONTACT, "the contact" },
		      { PROBE_TEMPFAILED, "the tempfailed dialogue" },
		      { PROBE_QUIT, "its QUIT" },
		      { PROBE_DATA, "data on an established connection" } };
	const char *role = conf_role_name(p->role);
	char source[ADDR_TEXT];
	size_t i;

	addr_text(&p->source, source);
	if (!missing)
		find(found, GRADE_OK, "evidence", source, "noted at %s", role);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!(missing & parts[i].bit))
			continue;
		find(found, GRADE_REFUSES, "evidence", source, "not noted at %s: %s", role,
		     parts[i].what);
		if (parts[i].bit == PROBE_CONTACT)
			find_hint(found, "does this path pass an interface with the program, with this "
					 "source (NAT)? is it limited, as in a flood (nolist-xdp status)?");
	}
}

/* Was the same asked for an earlier probe? Sources and roles have one count each. */
static bool is_repeated(const struct probe_run *run, int i)
{
	struct nolist_source a = addr_source(&run->probe[i].source), b;
	int k;

	for (k = 0; k < i; k++) {
		b = addr_source(&run->probe[k].source);
		if (run->probe[k].is_ok && run->probe[k].role == run->probe[i].role &&
		    !addr_compare(&a.addr, &b.addr))
			return true;
	}
	return false;
}

static void want(const struct probe_run *run, const struct conf *conf, struct probe_noted *noted)
{
	int i;

	for (i = 0; i < run->n; i++)
		if (run->probe[i].is_ok && run->probe[i].has_source)
			noted[i].wanted = wanted_of(&run->probe[i], conf);
}

/* What was noted of a probe since the test began: by another host's test its time has to tell. */
static unsigned int missing_of(const struct evidence *e, int i)
{
	return e->before[i].wanted & ~(e->is_compared ?
					       probe_grown(&e->before[i], &e->after[i]) :
					       probe_noted_since(e->since_ns, &e->after[i]));
}

/* Waits until all is noted, but not long. */
static int read_after(const struct kern *k, const struct probe_run *run, struct evidence *e)
{
	int64_t until = smtp_clock() + NOTED_MS;
	unsigned int missing;
	int i, error;

	do {
		error = probe_read_noted(k, run, e->after);
		for (i = 0, missing = 0; i < run->n && !error; i++)
			missing |= missing_of(e, i);
	} while (!error && missing && smtp_clock() < until && !usleep(50000));
	return error;
}

static int find_evidence(struct findings *found, const struct kern *k, const struct probe_run *run,
			 struct evidence *e)
{
	int i, error = read_after(k, run, e);

	for (i = 0; i < run->n && !error; i++)
		if (e->before[i].wanted && !is_repeated(run, i))
			find_noted(found, &run->probe[i], missing_of(e, i));
	return error;
}

/* --- the sources of the test -------------------------------------------------------------- */

static bool is_among(const struct conf *conf, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < conf->test_sources; i++)
		if (prefix_has(&conf->test_source[i], addr))
			return true;
	return false;
}

static void find_source(struct findings *found, const struct probe *p, const struct probe_options *o)
{
	char source[ADDR_TEXT];

	addr_text(&p->source, source);
	if (o->pin_dir && is_among(o->conf, &p->source))
		return;
	if (o->pin_dir)
		find(found, GRADE_WARNING, "source", source,
		     "is not among 'test-sources': this test counts as a sender's contact");
	else
		find(found, GRADE_NOTE, "source", source,
		     "should be among 'test-sources' of the mail host, where \"nolist-xdp explain "
		     "%s\" shows what was noted", source);
	find_hint(found, "test-sources = { %s }", source);
}

static void find_sources(struct findings *found, const struct probe_run *run,
			 const struct probe_options *o)
{
	int i, k;

	for (i = 0; i < run->n; i++) {
		const struct probe *p = &run->probe[i];

		for (k = 0; k < i && addr_compare(&run->probe[k].source, &p->source); k++)
			;
		if (p->has_source && k == i)
			find_source(found, p, o);
	}
}

/* --- all of it ------------------------------------------------------------------------------ */

static int ask(struct probe_run *run, const struct probe_options *o)
{
	return o->via ? probe_via(o->via, o->conf, run) : run_in(o->netns, probe_wire, run);
}

static int ask_all(struct findings *found, struct probe_run *run, const struct probe_options *o,
		   const struct kern *k, struct evidence *e)
{
	int i, error = 0;

	if (k && e->is_compared)
		error = probe_read_noted(k, run, e->before);
	if (!error)
		error = ask(run, o);
	for (i = 0; i < run->n && !error; i++)
		probe_find(found, &run->probe[i]);
	if (!error && k) {
		want(run, o->conf, e->before);
		error = find_evidence(found, k, run, e);
	}
	if (!error)
		find_sources(found, run, o);
	return error;
}

static int ask_with(struct findings *found, struct probe_run *run, const struct probe_options *o,
		    const struct kern *k)
{
	struct evidence e = { .before = calloc(run->n + 1, sizeof(*e.before)),
			      .after = calloc(run->n + 1, sizeof(*e.after)),
			      .is_compared = !o->via,
			      .since_ns = kern_now_ns() };
	int error = e.before && e.after ? ask_all(found, run, o, k, &e) : -ENOMEM;

	free(e.before);
	free(e.after);
	return error;
}

int probe_outside(struct findings *found, const struct probe_options *o)
{
	struct probe_run run = { .timeout_ms = o->timeout_ms };
	struct kern *k = NULL;
	int error = probe_targets(o->conf, &run.probe, &run.n);

	if (!error)
		error = probe_share(&run.probe, run.n);
	if (!error && !o->via)
		error = run_in(o->netns, probe_route, &run);
	if (!error)
		error = refuse_own(&run);
	if (error || !o->pin_dir)
		return error ? error : ask_with(found, &run, o, NULL);
	error = kern_open(&k, o->pin_dir);
	if (error == -ENOENT) {
		find(found, GRADE_REFUSES, "program", "", "%s", failure_last()->what);
		error = 0;
	}
	if (!error)
		error = ask_with(found, &run, o, k);
	kern_close(k);
	return error;
}
