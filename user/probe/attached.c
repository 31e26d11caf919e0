// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test on the mail host itself, whose own packets never pass its interface: made-up frames
 * are run through what is attached there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/kern.h"
#include "user/probe/probe.h"

/* --- the configuration in force -------------------------------------------------------- */

static unsigned int role_in(const struct nolist_config *c, const struct nolist_addr *addr)
{
	unsigned int i, at = nolist_slot_of(addr, c->seed);

	for (i = 0; i < NOLIST_PROBES; i++) {
		const struct nolist_slot *s = &c->slot[(at + i) & (NOLIST_SLOTS - 1)];

		if (s->role != NOLIST_NONE && s->role != NOLIST_OWN &&
		    !addr_compare(&s->addr, addr))
			return NOLIST_ROLE(s->role);
	}
	return NOLIST_NONE;
}

static bool has_port(const struct nolist_config *c, unsigned int port)
{
	unsigned int i;

	for (i = 0; i < NOLIST_PORT_MAX; i++)
		if (ntohs(c->port[i]) == port)
			return true;
	return false;
}

static void take_config(struct conf *conf, const struct nolist_config *c)
{
	char text[ADDR_TEXT];
	unsigned int i;

	for (i = 0; i < NOLIST_SLOTS; i++)
		if (c->slot[i].role == NOLIST_LOW || c->slot[i].role == NOLIST_REAL ||
		    c->slot[i].role == NOLIST_HIGH)
			conf_add(conf, conf_role_name(c->slot[i].role),
				 addr_text(&c->slot[i].addr, text), "loaded");
	conf->ports = 0;
	for (i = 0; i < c->ports && i < NOLIST_PORT_MAX; i++)
		conf->port[conf->ports++] = ntohs(c->port[i]);
}

int probe_conf_in_force(struct conf *conf, const char *pin_dir)
{
	struct nolist_config *c = malloc(sizeof(*c));
	struct kern *k = NULL;
	int i, error = c ? kern_open(&k, pin_dir) : -ENOMEM;

	for (i = 0; !error && i < kern_instances(k) && !conf->mxs; i++)
		if (!kern_config(k, i, c))
			take_config(conf, c);
	if (!error)
		conf_check(conf); /* sorts; what is in force has been checked before */
	if (!error)
		kern_close(k);
	free(c);
	return error;
}

/* --- one interface ------------------------------------------------------------------------ */

/* False: it is not in force so, and that was said. */
static bool is_in_force(struct findings *found, const struct probe *p, const struct nolist_config *c)
{
	unsigned int role = role_in(c, &p->addr);
	char name[ADDR_TEXT + 16];

	probe_name(p, name);
	if (role == p->role && (role == NOLIST_REAL || has_port(c, p->port)))
		return true;
	if (role == NOLIST_NONE)
		find(found, GRADE_REFUSES, conf_role_name(p->role), name,
		     "is not in what is loaded");
	else if (role != p->role)
		find(found, GRADE_REFUSES, conf_role_name(p->role), name, "is %s in what is loaded",
		     conf_role_name(role));
	else
		find(found, GRADE_REFUSES, conf_role_name(p->role), name,
		     "port %u is not in what is loaded", p->port);
	find_hint(found, "nolist-xdp load");
	return false;
}

static int try_all(struct findings *found, const struct kern_if *i, const struct nolist_config *c,
		   const struct probe_run *run, const char *pin_dir)
{
	static const unsigned char any_mac[6] = { 2, 0, 0, 0, 0, 9 };
	int fd = kern_try_open(pin_dir, i->ifindex), error = 0, k;

	if (fd < 0)
		return fd;
	for (k = 0; k < run->n && !error; k++) {
		struct probe p = run->probe[k];
		size_t used;

		if (!is_in_force(found, &p, c))
			continue;
		error = probe_frames(&p, fd, i->ifindex,
				     c->macs ? (const unsigned char *)&c->mac[0] : any_mac);
		used = strlen(p.text);
		snprintf(p.text + used, sizeof(p.text) - used, " (made-up frames at %s)", i->name);
		if (!error)
			probe_find(found, &p);
	}
	close(fd);
	return error;
}

static int try_interfaces(struct findings *found, const struct kern *k, const struct probe_run *run,
			  const struct probe_options *o)
{
	struct nolist_config *c = malloc(sizeof(*c));
	const struct kern_if *ifs;
	int i, n = kern_ifs(k, &ifs), error = c ? 0 : -ENOMEM;

	for (i = 0; i < n && !error; i++) {
		error = kern_config(k, ifs[i].instance, c);
		if (error == -ENOENT)
			find(found, GRADE_REFUSES, "program", ifs[i].name,
			     "is attached, but not configured: every frame passes");
		else if (!error)
			error = try_all(found, &ifs[i], c, run, o->pin_dir);
		if (error == -ENOENT)
			error = 0;
	}
	if (!n)
		find(found, GRADE_REFUSES, "program", "", "is attached to no interface");
	free(c);
	return error;
}

static void find_unattached(struct findings *found, const struct kern *k, const struct conf *conf)
{
	const struct kern_if *ifs;
	int i, m, n = kern_ifs(k, &ifs);

	for (i = 0; i < conf->interfaces; i++) {
		for (m = 0; m < n && strcmp(ifs[m].name, conf->interface[i]); m++)
			;
		if (m < n)
			continue;
		find(found, GRADE_REFUSES, "program", conf->interface[i],
		     "is configured, and the program is not attached there");
		find_hint(found, "nolist-xdp load");
	}
}

/* --- the real MX, and what to run elsewhere ------------------------------------------------- */

static void ask_real(struct findings *found, struct probe_run *run)
{
	struct probe_run real = { .probe = calloc(run->n + 1, sizeof(*real.probe)),
				  .timeout_ms = run->timeout_ms };
	size_t used;
	int i;

	for (i = 0; i < run->n && real.probe; i++)
		if (run->probe[i].role == NOLIST_REAL)
			real.probe[real.n++] = run->probe[i];
	if (real.n) {
		probe_route(&real);
		probe_wire(&real);
	}
	for (i = 0; i < real.n; i++) {
		used = strlen(real.probe[i].text);
		snprintf(real.probe[i].text + used, PROBE_TEXT - used, " (asked from this host)");
		probe_find(found, &real.probe[i]);
	}
	free(real.probe);
}

/* The command for another host; is_short: with one address of each role. */
static size_t command(const struct conf *conf, bool is_short, char *text, size_t size)
{
	size_t n = snprintf(text, size, "nolist-xdp test");
	char addr[ADDR_TEXT];
	unsigned int role;
	int i;

	for (role = NOLIST_LOW; role <= NOLIST_HIGH; role++)
		for (i = 0; i < conf->mxs && n < size; i++) {
			if (conf->mx[i].role != role)
				continue;
			n += snprintf(text + n, size - n, " --%s %s", conf_role_name(role),
				      addr_text(&conf->mx[i].addr, addr));
			if (is_short)
				break;
		}
	for (i = 0; i < conf->ports && n < size && (conf->ports > 1 || conf->port[0] != 25); i++)
		n += snprintf(text + n, size - n, " --port %u", conf->port[i]);
	return n;
}

static void find_command(struct findings *found, const struct conf *conf)
{
	char text[sizeof(found->f->hint)];

	find(found, GRADE_NOTE, "wire", "",
	     "made-up frames show the program and its configuration, not the way to it: firewalls, "
	     "routes and cables are shown by the same test from another host");
	if (command(conf, false, text, sizeof(text)) >= sizeof(text))
		command(conf, true, text, sizeof(text));
	find_hint(found, "%s", text);
}

int probe_attached(struct findings *found, const struct probe_options *o)
{
	struct probe_run run = { .timeout_ms = o->timeout_ms };
	struct kern *k = NULL;
	int error = probe_targets(o->conf, &run.probe, &run.n);

	if (!error)
		error = kern_open(&k, o->pin_dir);
	if (error == -ENOENT) {
		find(found, GRADE_REFUSES, "program", "", "%s", failure_last()->what);
		find_hint(found, "nolist-xdp load");
		error = 0;
	} else if (!error) {
		find_unattached(found, k, o->conf);
		error = try_interfaces(found, k, &run, o);
		kern_close(k);
	}
	if (!error) {
		ask_real(found, &run);
		find_command(found, o->conf);
	}
	free(run.probe);
	return error;
}
