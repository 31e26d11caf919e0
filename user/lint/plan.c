// SPDX-License-Identifier: GPL-2.0-only
/*
 * lint --plan: what to publish and to configure, in which order, and the way back.
 */
#include <stdio.h>
#include <string.h>

#include "user/lint/report.h"

/* The name that the zone has for an address; NULL: none. */
static const char *known_name(const struct zone *z, const struct nolist_addr *addr)
{
	int i, k;

	for (i = 0; i < z->hosts; i++)
		for (k = 0; k < z->host[i].addresses; k++)
			if (!addr_compare(&z->host[i].address[k].addr, addr))
				return z->host[i].name;
	return NULL;
}

/* The n-th of a role. Fakes sort behind "mx" by name: some testers look at ten names only. */
static void name_of(const struct lint *l, const struct conf_mx *mx, int n, char name[DNS_NAME + 32])
{
	static const char *const words[] = { [NOLIST_LOW] = "zfake0", [NOLIST_REAL] = "mx" };
	const char *known = known_name(&l->zone, &mx->addr);

	if (known)
		snprintf(name, DNS_NAME + 32, "%s.", known);
	else if (mx->role == NOLIST_HIGH)
		snprintf(name, DNS_NAME + 32, "zfake%d.%s.", n + 1, l->zone.name);
	else if (n)
		snprintf(name, DNS_NAME + 32, "%s%d.%s.", words[mx->role], n + 1, l->zone.name);
	else
		snprintf(name, DNS_NAME + 32, "%s.%s.", words[mx->role], l->zone.name);
}

/* IPv6 addresses of one role share the name of the IPv4 address with the same number. */
static void each(const struct lint *l, enum nolist_role role, bool is_ip4,
		 void (*fn)(const struct lint *l, const struct conf_mx *mx, int n))
{
	int i, n = 0;

	for (i = 0; i < l->conf->mxs; i++)
		if (l->conf->mx[i].role == role && addr_is_ip4(&l->conf->mx[i].addr) == is_ip4)
			fn(l, &l->conf->mx[i], n++);
}

static void print_mx(const struct lint *l, const struct conf_mx *mx, int n)
{
	static const int first[] = { [NOLIST_LOW] = 10, [NOLIST_REAL] = 20, [NOLIST_HIGH] = 30 };
	char name[DNS_NAME + 32];

	name_of(l, mx, n, name);
	printf("%s.\tMX %d\t%s\n", l->zone.name,
	       first[mx->role] + (mx->role == NOLIST_HIGH ? 10 * n : 0), name);
}

static void print_address(const struct lint *l, const struct conf_mx *mx, int n)
{
	char name[DNS_NAME + 32], text[ADDR_TEXT];

	name_of(l, mx, n, name);
	printf("%s\t%s\t%s\n", name, addr_is_ip4(&mx->addr) ? "A" : "AAAA",
	       addr_text(&mx->addr, text));
}

static void print_policy(const struct lint *l, const struct conf_mx *mx, int n)
{
	char name[DNS_NAME + 32];

	name_of(l, mx, n, name);
	name[strlen(name) - 1] = '\0';
	printf("mx: %s\n", name);
}

/* IPv4 first. */
static void print_real(const struct lint *l, const char *between)
{
	char text[ADDR_TEXT];
	int i, ip4;

	for (ip4 = 1; ip4 >= 0; ip4--)
		for (i = 0; i < l->conf->mxs; i++)
			if (l->conf->mx[i].role == NOLIST_REAL &&
			    addr_is_ip4(&l->conf->mx[i].addr) == ip4)
				printf("%s%s", addr_text(&l->conf->mx[i].addr, text), between);
}

static void print_zone(const struct lint *l)
{
	static const enum nolist_role roles[] = { NOLIST_LOW, NOLIST_REAL, NOLIST_HIGH };
	size_t i;

	puts("; 1. Lower the TTL of the MX records, and wait for the old one.\n"
	     "; 2. Load nolist-xdp, and see that the fakes answer: nolist-xdp test\n"
	     "; 3. Publish, and raise the serial:");
	for (i = 0; i < 3; i++)
		each(l, roles[i], true, print_mx);
	for (i = 0; i < 3; i++) {
		each(l, roles[i], true, print_address);
		each(l, roles[i], false, print_address);
	}
	printf("; 4. See what senders make of it: nolist-xdp lint --probe %s\n", l->zone.name);
}

static void print_server(const struct lint *l)
{
	puts("\n# The mail server listens at the real addresses alone. postfix:");
	printf("postconf -e 'inet_interfaces = ");
	print_real(l, ", ");
	puts("127.0.0.1'\npostfix stop; postfix start\n"
	     "# or exim (/etc/exim4/update-exim4.conf.conf), then update-exim4.conf and a restart:");
	printf("dc_local_interfaces='");
	print_real(l, " ; ");
	puts("127.0.0.1'");
	puts("\n# The firewall lets port 25 to all of them through; what drops it costs mail:\n"
	     "nft insert rule inet filter input tcp dport 25 accept");
}

static void print_tls(const struct lint *l)
{
	if (l->zone.policy.state == POLICY_NONE)
		return;
	puts("\n# The policy of MTA-STS names the low fake as well, so that its senders walk:");
	each(l, NOLIST_REAL, true, print_policy);
	each(l, NOLIST_LOW, true, print_policy);
	puts("# and its TXT record gets another id.");
}

void report_plan(const struct lint *l)
{
	print_zone(l);
	print_server(l);
	print_tls(l);
	puts("\n# To leave, in this order: take the fakes' MX records out of the zone; wait for twice\n"
	     "# the TTL; take the list out of what reads it; then\n"
	     "systemctl disable --now nolist-xdp-run\n"
	     "nolist-xdp unload --purge");
}
