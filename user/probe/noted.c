// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tables have noted of the sources of tests.
 */
#include <errno.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/kernel/kern.h"
#include "user/probe/probe.h"

static const struct nolist_contact *contact_of(const struct nolist_contacts *c,
					       enum nolist_role role)
{
	return role == NOLIST_LOW ? &c->low : role == NOLIST_REAL ? &c->real : &c->high;
}

static void later(uint64_t *at, uint64_t ns)
{
	if (ns > *at)
		*at = ns;
}

/* Adds an hour; one that is newer takes the place of the older one. */
static void add_hour(struct probe_noted *n, int i, const struct nolist_hour *h)
{
	if (h->hour < n->hour[i])
		return;
	if (h->hour > n->hour[i])
		n->tempfailed[i] = n->quit[i] = 0;
	n->hour[i] = h->hour;
	n->tempfailed[i] += h->n[NOLIST_EVENT_TEMPFAILED] + h->n[NOLIST_EVENT_TEMPFAILED_WEAK];
	n->quit[i] += h->n[NOLIST_EVENT_QUIT];
}

static int add_instance(const struct kern *k, int instance, const struct probe *p,
			struct probe_noted *n)
{
	struct nolist_source src = addr_source(&p->source);
	struct nolist_contacts contacts;
	struct nolist_verified verified;
	int i, error = kern_contacts(k, instance, &src, &contacts);

	if (!error) {
		n->opens += contact_of(&contacts, p->role)->opens;
		later(&n->opened_ns, contact_of(&contacts, p->role)->last_ns);
	}
	if (error && error != -ENOENT)
		return error;
	error = kern_verified(k, instance, &src, &verified);
	if (error)
		return error == -ENOENT ? 0 : error;
	n->data += verified.real_data;
	later(&n->data_ns, verified.real_last_ns);
	later(&n->talked_ns, verified.high_last_ns);
	for (i = 0; i < NOLIST_HOURS; i++)
		add_hour(n, i, &verified.hour[i]);
	return 0;
}

int probe_read_noted(const struct kern *k, const struct probe_run *run, struct probe_noted *noted)
{
	int i, m, error = 0;

	memset(noted, 0, run->n * sizeof(*noted));
	for (i = 0; i < run->n && !error; i++)
		for (m = 0; m < kern_instances(k) && run->probe[i].has_source && !error; m++)
			error = add_instance(k, m, &run->probe[i], &noted[i]);
	return error ? fail(error, "cannot read the tables") : 0;
}

unsigned int probe_grown(const struct probe_noted *before, const struct probe_noted *after)
{
	unsigned int grown = 0;
	int i;

	if (after->opens != before->opens)
		grown |= PROBE_CONTACT;
	if (after->data != before->data)
		grown |= PROBE_DATA;
	for (i = 0; i < NOLIST_HOURS; i++) {
		bool is_same = after->hour[i] == before->hour[i];

		if (after->tempfailed[i] > (is_same ? before->tempfailed[i] : 0))
			grown |= PROBE_TEMPFAILED;
		if (after->quit[i] > (is_same ? before->quit[i] : 0))
			grown |= PROBE_QUIT;
	}
	return grown;
}

unsigned int probe_noted_since(uint64_t since_ns, const struct probe_noted *noted)
{
	unsigned int since = 0;
	int i, now = 0;

	for (i = 1; i < NOLIST_HOURS; i++)
		if (noted->hour[i] > noted->hour[now])
			now = i;
	if (noted->opened_ns >= since_ns)
		since |= PROBE_CONTACT;
	if (noted->data_ns >= since_ns)
		since |= PROBE_DATA;
	if (noted->talked_ns >= since_ns && noted->tempfailed[now])
		since |= PROBE_TEMPFAILED;
	if (noted->talked_ns >= since_ns && noted->quit[now])
		since |= PROBE_QUIT;
	return since;
}
