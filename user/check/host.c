// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the host before a load, since most trouble with fake MXes is there: a
 * configuration without addresses, and an address that the host does not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/block.h"
#include "user/base/special_use.h"
#include "user/base/text.h"
#include "user/check/check.h"
#include "user/config/keys_enforce.h"
#include "user/config/keys_gate.h"

/* --- whether they are addresses of this host --------------------------------------- */

static bool is_fake(const struct conf_mx *mx)
{
	return mx->role == NOLIST_LOW || mx->role == NOLIST_HIGH;
}

static void not_here(struct findings *to, const struct conf_mx *mx, const struct links *links,
		     const struct check_ifs *ifs, const struct route *route)
{
	const struct link *out = route->oif ? netlink_find(links, route->oif) : NULL;
	const char *hint_dev = "lo";
	char text[ADDR_TEXT];
	int i;

	addr_text(&mx->addr, text);
	for (i = 0; i < ifs->n && out; i++)
		if (ifs->ifindex[i] == route->oif)
			out = NULL;
	if (out && !strcmp(out->kind, "bridge")) {
		find(to, GRADE_WARNING, "address", text,
		     "%s: '%s' is not an address of this host, but of a host on bridge '%s': "
		     "frames bridged to it pass, packets routed to it are answered",
		     mx->where, text, out->name);
	} else if (out) {
		find(to, GRADE_WARNING, "address", text,
		     "%s: '%s' is not an address of this host, which forwards it through '%s': "
		     "it is answered here, and there whenever nolist-xdp is not loaded",
		     mx->where, text, out->name);
	} else {
		find(to, GRADE_WARNING, "address", text,
		     "%s: '%s' is not an address of this host: it must be routed here, and "
		     "senders meet a timeout whenever nolist-xdp is not loaded",
		     mx->where, text);
	}
	/* A stranger's address must not be given to this host. */
	if (route->is_by_gateway || (!route->oif && !special_use_is_private(&mx->addr))) {
		find_hint(to, "a fake needs an address that is yours and routed to this host; \"ip "
			      "route get %s\" shows where it is now", text);
		return;
	}
	if (ifs->n && netlink_find(links, ifs->ifindex[0]))
		hint_dev = netlink_find(links, ifs->ifindex[0])->name;
	find_hint(to, "ip addr add %s/%d dev %s", text, addr_is_ip4(&mx->addr) ? 32 : 128,
		  hint_dev);
}

/* --- listed sources at the real MX ---------------------------------------------------- */

static bool tempfails(const struct conf *conf)
{
	int i;

	for (i = 0; i < conf->enforce_lists; i++)
		if (conf->enforce && !strcmp(conf->enforce_list[i].argv[1], "tempfail"))
			return true;
	return conf->enforce == NOLIST_ACT_TEMPFAIL;
}

/* A real MX behind this host. */
static void check_enforce(struct findings *to, const struct conf *conf, const struct conf_mx *mx,
			  const char *text)
{
	if (!tempfails(conf))
		return;
	find(to, GRADE_NOTE, "enforce", text,
	     "%s: the real MX is another host: 'tempfail' answers listed sources here only if each of their "
	     "segments comes through this host", mx->where);
	find_hint(to, "where some take another way use reset or drop, which need SYNs only");
}

/* What is on by the administrator's wish, and what it means for somebody who is listed wrongly. */
static void check_tarpit(struct findings *to, const struct conf *conf)
{
	unsigned int at = conf_tarpit(conf);

	if (!at)
		return;
	find(to, GRADE_WARNING, "tarpit", "", "sources with %u offences or more are held for minutes at %s, "
	     "and so is all other mail that they have for you", conf->tarpit_from,
	     at == TARPIT_REAL ? "the real MX" : at == TARPIT_HIGH ? "the high fakes" : "both");
	find_hint(to, "\"nolist-xdp pardon ADDRESS\" lets one go at once; tempfail alone harms less");
}

/* --- the gate ----------------------------------------------------------------------- */

/* Who never visits a low fake waits, until it has delivered once. */
static void check_gate(struct findings *to, const struct conf *conf)
{
	const char *where = conf_waits_at(conf);

	if (!where)
		return;
	find(to, GRADE_NOTE, conf->gate_s ? "gate" : "policy", "",
	     "senders that never try the low fake (where MTA-STS or DANE names the real MX alone, or "
	     "the application knows only one MX) wait %s with their first mail", where);
	find_hint(to, "\"nolist-xdp lint DOMAIN\" says if that is so; postscreen's greeting, postgrey or "
		      "rspamd's greylisting delay the same senders once more");
}

static void check_addresses(struct findings *to, const struct conf *conf, const struct links *links,
			    const struct check_ifs *ifs)
{
	char text[ADDR_TEXT];
	struct route route;
	int i;

	for (i = 0; i < conf->mxs; i++) {
		const struct conf_mx *mx = &conf->mx[i];

		addr_text(&mx->addr, text);
		if (netlink_route(&mx->addr, &route))
			find(to, GRADE_NOTE, "address", text,
			     "%s: cannot find out if '%s' is an address of this host", mx->where,
			     text);
		else if (route.is_local)
			find(to, GRADE_OK, "address", text, "%s: %s, an address of this host",
			     mx->where, conf_role_name(mx->role));
		else if (is_fake(mx))
			not_here(to, mx, links, ifs, &route);
		else
			find(to, GRADE_NOTE, "address", text,
			     "%s: the real MX is another host: only SYNs to it are seen here, so "
			     "import its log",
			     mx->where);
		if (!is_fake(mx) && !route.is_local)
			check_enforce(to, conf, mx, text);
	}
}

bool check_is_local(const struct nolist_addr *addr)
{
	struct route route;

	return !netlink_route(addr, &route) && route.is_local;
}

/* --- the configuration ----------------------------------------------------------------- */

/* What names no address would switch all off, be it empty, cut off or not yet written. */
static void check_empty(struct findings *to, const struct conf *conf)
{
	if (conf->mxs)
		return;
	if (!conf->is_read) {
		find(to, GRADE_NOTE, "configuration", "", "no MX addresses are given: only the "
							  "interface is checked");
		return;
	}
	find(to, GRADE_REFUSES, "configuration", "", "the configuration has no MX addresses: every "
						     "frame would pass");
	find_hint(to, "low = { ADDR }, real = { ADDR } and high = { ADDR } name them; \"nolist-xdp "
		      "unload\" detaches");
}

#define LOG_IDLE_S DAY_S

/* As whoever runs check: the units' rights are theirs. */
static void check_maillog(struct findings *to, const struct conf *conf)
{
	int fd = conf->maillog ? open(conf->maillog, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	char age[TEXT_AGE];
	struct stat st;

	if (!conf->maillog)
		return;
	if (fd < 0 || fstat(fd, &st)) {
		find(to, GRADE_WARNING, "maillog", "", "the log '%s' cannot be read: %s", conf->maillog,
		     strerror(errno));
		find_hint(to, "postfix: \"postconf maillog_file\" and syslog's configuration tell where it is");
	} else if (!S_ISREG(st.st_mode)) {
		find(to, GRADE_WARNING, "maillog", "", "'%s' is no regular file, and cannot be followed",
		     conf->maillog);
	} else if (time(NULL) - st.st_mtime > LOG_IDLE_S) {
		find(to, GRADE_WARNING, "maillog", "", "the log '%s' was last written %s ago: is it the one that "
		     "the mail server writes?", conf->maillog, text_age(time(NULL) - st.st_mtime, age));
	}
	if (fd >= 0)
		close(fd);
}

void check_host(struct findings *to, const struct check_site *site, const struct links *links,
		const struct check_ifs *ifs)
{
	check_empty(to, site->conf);
	check_addresses(to, site->conf, links, ifs);
	check_tarpit(to, site->conf);
	check_gate(to, site->conf);
	check_maillog(to, site->conf);
	check_listeners(to, site);
}

int check_all(struct findings *to, struct check_site *site)
{
	struct check_ifs ifs = { .ifindex = site->ifindex, .n = site->ifs };
	struct links links;
	int i, ret;

	*to = (struct findings){};
	ret = netlink_read(&links);
	if (ret)
		return ret;
	check_kernel(to);
	for (i = 0; i < ifs.n; i++)
		check_interface(to, &links, &ifs, ifs.ifindex[i], site->conf->mode);
	/* First: what takes a real MX away decides who has to listen there. */
	check_firewall(to, site, &links, &ifs);
	check_host(to, site, &links, &ifs);
	check_running(to, site);
	check_auth(to, site);
	free(links.link);
	return to->is_incomplete ? -ENOMEM : 0;
}
