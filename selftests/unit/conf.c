// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: good text is taken as meant, bad text is reported with file and
 * line, hostile text breaks nothing, and every address can be found in the table
 * as the program looks for it. Why it matters: a wrong role answers for the real
 * MX, or takes a bot's mail.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/lib/tap.h"
#include "user/config/conf.h"
#include "user/config/given.h"
#include "user/config/keys_lists.h"

static char file[] = "/tmp/unit_conf.XXXXXX";

static void read_text(struct conf *conf, const char *text, size_t size)
{
	FILE *f = fopen(file, "w");

	if (!f || fwrite(text, 1, size, f) != size || fclose(f))
		tap_die(file);
	conf_init(conf);
	conf_read(conf, file);
	conf_check(conf);
}

/* Is there a note of this kind whose text, without the file's name, is this? */
static bool has_note(const struct conf *conf, bool is_error, const char *text)
{
	size_t size = strlen(file);
	int i;

	for (i = 0; i < conf->notes; i++) {
		const char *t = conf->note[i].text;

		if (!strncmp(t, file, size))
			t += size;
		if (conf->note[i].is_error == is_error && strstr(t, text))
			return true;
	}
	return false;
}

static const char good[] = "# all keys\n"
			   "interface = { eth0, \"eth1\" } # two\n"
			   "low = 192.0.2.10\n"
			   "real = { 192.0.2.20, # the first\n"
			   "  2001:db8::20 }\n"
			   "high = { 192.0.2.30 }\n"
			   "high = { 192.0.2.31, 2001:db8::30 }\n"
			   "port = { 25, 2525 }\n"
			   "mode = generic\n"
			   "sources = 4096\n"
			   "name = fake1.example.com\n"
			   "tempfail-text = \"Come # back\"\n"
			   "stage = rcpt\n"
			   "split-handshake = yes\n"
			   "key-file = /etc/nolist-xdp.numbers\n"
			   "teaser = yes\n"
			   "silence = pass\n"
			   "syn-ack-limit = 65535\n"
			   "reset-limit = 300\n"
			   "enforce = tempfail\n"
			   "enforce-list = { \"/etc/drop drop\", \"/etc/reset reset\" }\n"
			   "enforce-expires = 3h\n"
			   "enforce-text = \"Held, # here\"\n"
			   "brake = 20%\n"
			   "low-pass = { 192.0.2.0/24, /etc/banks }\n"
			   "tarpit = both\n"
			   "list = { \"xdp /var/lib/own\" }\n"
			   "tarpit-from = 9\n"
			   "tarpit-lines = 0\n"
			   "gate-by = connection\n"
			   "gate-low = 36h\n"
			   "gate-window = 40m\n"
			   "domains = { Example.com., .example.com, *.example.org,\n"
			   " \"*.example.net\", !mx.example.com, ./own }\n"
			   "collect = yes\n"
			   "store-size = 64\n"
			   "collect-interval = 60\n"
			   "dump-interval = 120\n"
			   "window = 60\n"
			   "grace = 0\n"
			   "real-mx-unseen = accept\n"
			   "dual-stack = accept\n"
			   "list-probable = no\n"
			   "page-url = https://bl.example.com/look-up\n"
			   "page-lifts = /run/page/lifts\n"
			   "allow = { /etc/a, /etc/b }\n"
			   "providers = { /etc/c }\n"
			   "never-list-except = { 198.18.0.0/15, 2001:db8::/32 }\n"
			   "test-sources = { 192.0.2.1, 2001:db8:1::/48 }\n";

static void test_good(void)
{
	struct conf c;

	read_text(&c, good, strlen(good));
	tap_ok(!c.errors && !c.notes, "a file with all keys has no errors");
	tap_ok(c.interfaces == 2 && !strcmp(c.interface[1], "eth1"), "interfaces are a list");
	tap_ok(c.mxs == 6 && c.mx[0].role == NOLIST_LOW && addr_is_ip4(&c.mx[0].addr),
	       "addresses of a role may be given in pieces, with comments between");
	tap_ok(c.ports == 2 && c.port[1] == 2525 && c.mode == KERN_GENERIC && c.sources == 4096 &&
		       c.is_collected && c.store_mib == 64 && c.collect_s == 60 && c.dump_s == 120,
	       "ports, mode, sources and collect are taken");
	tap_ok(c.name && !strcmp(c.name, "fake1.example.com") && c.tempfail_text &&
		       !strcmp(c.tempfail_text, "Come # back") && c.stage == STAGE_RCPT && c.is_split &&
		       c.is_teased && c.syn_acks == 65535 && c.resets == 300 && !c.is_silent,
	       "texts of the high fakes are taken, '#' in quotes is text");
	tap_ok(c.key_file && !strcmp(c.key_file, "/etc/nolist-xdp.numbers"), "the file of a key is taken");
	tap_ok(c.rules.window_s == 60 && c.rules.grace_s == 0 && c.is_unseen_accepted && c.is_dual_accepted &&
		       c.allows == 2 &&
		       c.providers == 1 &&
		       c.never_excepts == 2 && c.test_sources == 2,
	       "rules of the verdict are taken");
	tap_ok(c.page_reason && !strcmp(c.page_reason, "$ contacts only fake mail exchangers, see "
						       "https://bl.example.com/look-up/?address=$") &&
		       c.page_tempfail && strstr(c.page_tempfail, "later; see https://bl.example.com/look-up/"),
	       "which the reason of lists and the text of the high fakes name");
	tap_ok(c.page_url && !strcmp(c.page_url, "https://bl.example.com/look-up/") && c.page_lifts &&
		       !strcmp(c.page_lifts, "/run/page/lifts"),
	       "the look-up page's address ends with a '/'");
	tap_ok(c.low_passes == 2 && !strcmp(c.low_pass[1], "/etc/banks"), "who passes at the low fake, too");
	tap_ok(c.tarpit == (TARPIT_REAL | TARPIT_HIGH) && c.tarpit_from == 9 && !c.tarpit_lines,
	       "the tarpit is taken");
	tap_ok(!c.gate_s && c.gate_by == NOLIST_GATE_CONNECTION && c.gate_low_s == 36 * 3600 &&
		       c.gate_window_s == 2400, "the gate is taken");
	tap_ok(c.domains == 6 && !strcmp(c.domain[0], "Example.com.") &&
		       !strcmp(c.domain[2], ".example.org") && !strcmp(c.domain[5], "./own"),
	       "domains are names and files");
	conf_free(&c);
	read_text(&c, "", 0);
	tap_ok(!c.errors && c.ports == 1 && c.port[0] == 25 && c.rules.window_s == 604800 &&
		       c.rules.grace_s == 86400 && !c.is_unseen_accepted && !c.is_dual_accepted &&
		       c.stage == STAGE_DATA,
	       "an empty file leaves the defaults");
	conf_free(&c);
}

#define N10 "abcdefghi."
#define N60 N10 N10 N10 N10 N10 N10

static const struct {
	const char *text;
	bool is_error;
	const char *note; /* NULL: none at all */
} rows[] = {
	{"low = 192.0.2.1\n\nlow = 192.0.2.1", true, ":3: '192.0.2.1' is given twice, also at"},
	{"low = 192.0.2.1\nreal = 192.0.2.1", true, ":2: '192.0.2.1' is real, but low at"},
	{"low = ::ffff:192.0.2.1\nlow = 192.0.2.1", true, "is given twice"},
	{"page-url = bl.example.com", true, ":1: 'bl.example.com' is not an address such as https://"},
	{"page-url = \"https://bl.example.com/?a=1\"", true, "is not an address such as"},
	{"page-url = \"https://a b/\"", true, "is not an address such as"},
	{"page-url = \"https://h/$(id)\"", true, "is not an address such as"},
	{"page-url = https:///a", true, "is not an address such as"},
	{"page-url = \"http://[2001:db8::1]:8080\"", false, NULL},
	{"page-url = \"https://" N60 N10 N10 "example/abcdefghi/\"", true, "is not an address such as"},
	{"page-url = \"https://" N60 N10 "example/abcdefghi/\"", false, NULL},
	{"origin = location.db", true, ":1: 'location.db' is not the absolute path"},
	{"key-file = numbers", true, ":1: 'numbers' is not the absolute path"},
	{"page-lifts = lifts", true, ":1: 'lifts' is not the absolute path"},
	{"page-lifts = \"/a\nb\"", true, "is not the absolute path"},
	{"low = 300.0.2.1", true, ":1: '300.0.2.1' is not an address"},
	{"domains = { a@example.com }", true, ":1: 'a@example.com' is not a domain: write only"},
	{"domains = { b\xc3\xbc" "cher.example }", true, "is not a domain: write its A-label"},
	{"domains = { \"\" }", true, "is not a domain: it is empty"},
	{"domains = { !. }", true, "is not a domain: it is empty"},
	{"domains = { *.com }", true, "is not a domain: the names below a top-level"},
	{"domains = { 192.0.2.1 }", true, "is not a domain: it looks like an address"},
	{"domains = { a..example }", true, "is not a domain: one of its labels is empty"},
	{"domains = { ..example.com }", true, "is not a domain: one of its labels is empty"},
	{"domains = { -a.example }", true, "begins or ends with '-'"},
	{"domains = { \"a*.example\" }", true, "none of letters"},
	{"domains = { " N60 "xxxx }", true, "longer than 63"},
	{"domains = { " N60 "xxx }", false, NULL},
	{"stage = mail\ndomains = { example.com }", true,
	 ":1: 'stage = mail' tempfails before a recipient is named, so it cannot go with 'domains' at "},
	{"domains = { ./own }\nstage = greeting", true, ":2: 'stage = greeting' tempfails before"},
	{"domains = { example.com }\nstage = rcpt", false, NULL},
	{"\nlow = mx.example.com", true, ":2: 'mx.example.com' is not an address: write its IP"},
	{"low = 192.0.2.0/24", true, ":1: '192.0.2.0/24' is not an address: write one address"},
	{"high = 224.0.0.1", true, ":1: '224.0.0.1' is a multicast address"},
	{"high = ff02::1", true, ":1: 'ff02::1' is a multicast address"},
	{"high = 127.0.0.1", true, "is a loopback address"},
	{"high = ::1", true, "is a loopback address"},
	{"high = 255.255.255.255", true, "is a reserved or broadcast address"},
	{"low = 10.0.0.1", false, ":1: '10.0.0.1' is private"},
	{"low = fd00::1", false, ":1: 'fd00::1' is private"},
	{"low = fe80::1", false, ":1: 'fe80::1' is link-local"},
	{"low = 100.64.0.1", false, "is shared (RFC 6598)"},
	{"colour = red", true, ":1: no such option 'colour'; \"nolist-xdp config\""},
	{"grase = 1", true, ":1: no such option 'grase': did you mean 'grace'?"},
	{"intrface = eth0", true, "did you mean 'interface'?"},
	{"window = 1 d", true, ":1: no such option 'd': a time with a blank stands in quotes"},
	{"interface: eth0", true, ":1: no such option 'interface:': write 'interface = ...'"},
	{"low = 192.0.2.1, 192.0.2.2", true, ":1: unexpected token ',': several values stand in"},
	{"interface = { \"eth0\"\nlow = 192.0.2.1", true, "is a '}' or a ',' missing"},
	{"low", true, ":1: "},
	{"low = {192.0.2.1", true, ":1: premature end of file"},
	{"\nname = \"x\nmode = auto", true, ":2: the quote that begins here is never closed"},
	{"\nname = \"x\nreal={ \"192.0.2.1\" }", true, ":2: the quote that begins here goes on to line 3"},
	{"\nname = \"x\nreal = \"192.0.2.1", true, "quote that begins at line 2 ends at line 3"},
	{"mode = auto\nmode = native", true, ":2: 'mode' is given twice"},
	{"mode = fast", true, ":1: 'fast' is not auto, native or generic"},
	{"port = 0", true, ":1: '0' is not a port"},
	{"port = 65536", true, ":1: '65536' is not a port"},
	{"port = -1", true, ":1: '-1' is not a port"},
	{"port = { 25, 25 }", true, ":1: port 25 is given twice"},
	{"port = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }", true, ":1: more than 8 ports"},
	{"window = 0", true, ":1: '0' is not a time from 1s on, such as"},
	{"window = 7x", true, ":1: '7x' is not a time"},
	{"window = \"1h 1d\"", true, "is not a time"},
	{"reload-user = \"\"", true, "is not a user, and optionally the absolute path"},
	{"reload-user = -x", true, "is not a user, and"},
	{"reload-user = \"a list\"", true, "is not a user, and"},
	{"reload-user = \"a /list b\"", true, "is not a user, and"},
	{"reload-user = { a, b }", true, ":1: 'b' is for the same as the one at"},
	{"reload-user = { \"a /l\", \"b /l\" }", true, ":1: 'b /l' is for the same as"},
	{"share = \"redis://[2001:db8::1]:6380\"", false, NULL},
	{"share = \"unix:/run/redis.sock\"\nshare-node = mx1.example.com", false, NULL},
	{"share = /srv/share\nshare-nodes = /etc/nodes\nshare-leave-out = 8", false, NULL},
	{"share = /", true, "is not redis://HOST[:PORT], unix:PATH or the absolute path"},
	{"share = \"redis://\"", true, "is not redis://"},
	{"share = \"http://example.com\"", true, "is not redis://"},
	{"share = \"/srv/a b\"", true, "is not redis://"},
	{"share-node = ../up", true, "'../up' is not a name of letters"},
	{"share-node = \".hidden\"", true, "'.hidden' is not a name"},
	{"share-user = \"a b\"", true, "'a b' is not a name"},
	{"share-nodes = nodes", true, "'nodes' is not the absolute path of a file"},
	{"share-secret-file = secret", true, "is not the absolute path"},
	{"share-list-key = 12", true, "'12' is not a public key of 64 hex digits"},
	{"share-key-file = key", true, "is not the absolute path"},
	{"share-compress = none", false, NULL},
	{"share-compress = lz4", true, "'lz4' is not zstd or none"},
	{"share-leave-out = 9", true, "'9' is not a number from 0 to 8"},
	{"share-weight = 100", false, NULL},
	{"share-weight = 0", true, "'0' is not a number from 1 to 100"},
	{"reload-time = 2h", true, "'2h' is not a time from 1s to 1h"},
	{"grace = 99999999999999999999", true, "is not a time"},
	{"sources = 10", true, ":1: '10' is not a number from 1024"},
	{"list-probable = maybe", true, "is not yes or no"},
	{"policy-except = recipients", true, "is not the absolute path of a file"},
	{"throttle = { \"0 recipients source\" }", true, "is not 'NUMBER recipients"},
	{"throttle = { \"9 mails source\" }", true, "is not 'NUMBER recipients"},
	{"real-mx-unseen = perhaps", true, "is not accept or refuse"},
	{"stage = quit", true, "is not greeting, mail, rcpt or data"},
	{"split-handshake = 1", true, "is not yes or no"},
	{"teaser = twice", true, "is not yes or no"},
	{"teaser = true\nstage = greeting", true,
	 ":2: 'stage = greeting' tempfails with one line, so it cannot go with 'teaser'"},
	{"silence = yes", true, "is not drop or pass"},
	{"gate = 0", true, "is not a time from 1s to 8s"},
	{"gate = 9s", true, "is not a time from 1s to 8s"},
	{"gate = on", true, "is not a time from 1s to 8s"},
	{"gate-by = host", true, "is not network, source or connection"},
	{"gate-low = 59m", true, "is not a time from 1h to 10d"},
	{"gate-low = 11d", true, "is not a time from 1h to 10d"},
	{"gate-window = 14m", true, "is not a time from 15m to 2d"},
	{"gate-window = 3d", true, "is not a time from 15m to 2d"},
	{"gate = 3\nlow = 11.2.2.1\nreal = { 11.2.2.2, 2a00::2 }", false,
	 "no low fake over IPv6: the gate is open there"},
	{"syn-ack-limit = 65536", true, "is not a number from 0 to 65535"},
	{"reset-limit = -1", true, "is not a number from 0 to 65535"},
	{"collect-interval = 0", true, "is not a time from 1s to 1d"},
	{"dump-interval = 86401", true, "is not a time from 1s to 1d"},
	{"store-size = 0", true, "is not a number from 1 to"},
	{"collect = maybe", true, "is not yes or no"},
	{"name = \"two words\"", true, "without blanks"},
	{"low = 192.0.2.1\nname = mx${HOME}", true, ":2: '${' would expand an environment"},
	{"tempfail-text = \"a\\\nb ${HOME:-x}\"", true, ":2: '${' would expand an environment"},
	{"tempfail-text = \"caf\xc3\xa9\"", true, "printable ASCII"},
	{"tempfail-text = \"\"", true, "printable ASCII"},
	{"never-list-except = 10.0.0.1/8", true, "without host bits"},
	{"test-sources = 192.0.2.1/24", true, "without host bits"},
	{"test-sources = 192.0.0.0/15", true, "'192.0.0.0/15' is too wide"},
	{"test-sources = 2001:db8::/31", true, "is too wide"},
	{"interface = averylonginterface", true, "is not an interface name"},
	{"interface = { a, a }", true, "interface 'a' is given twice"},
	{"real = 192.0.2.1\nhigh = 192.0.2.2", false, "no low fake"},
	{"low = 192.0.2.1\nhigh = 192.0.2.2", false, "no real MX"},
	{"low = 192.0.2.1\nreal = 192.0.2.2", false, "no high fake"},
	{"real = 192.0.2.1\nhigh = 2001:db8::1", false, "a high fake over IPv6, but no real MX"},
	{"real = 2001:db8::1\nhigh = 192.0.2.1", false, "a high fake over IPv4, but no real MX"},
	{"low = {192.0.2.1, 192.0.2.2}", false, "more than one low fake address"},
	{"low = 192.0.2.1\nreal = 2001:db8::1\nhigh = 2001:db8::2", false,
	 "a high fake over IPv6, but no low fake there"},
	{"dual-stack = yes", true, "'yes' is not accept or excuse"},
	{"low = 192.0.2.1\nport = 2525", false, "port 25 is not among"},
	{"real = 192.0.2.1\nport = {25, 26}", false, "at the real MX only port 25 counts"},
};

static void test_rows(void)
{
	char name[256];
	struct conf c;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_text(&c, rows[i].text, strlen(rows[i].text));
		snprintf(name, sizeof(name), "%s: %s", rows[i].is_error ? "error" : "warning",
			 rows[i].note ? rows[i].note : rows[i].text);
		tap_ok((rows[i].note ? has_note(&c, rows[i].is_error, rows[i].note) : !c.notes) &&
			       !c.errors == !rows[i].is_error,
		       "%s", name);
		conf_free(&c);
	}
}

static void test_command_line(void)
{
	struct conf c;

	read_text(&c, good, strlen(good));
	tap_ok(!conf_add(&c, "mode", "native", "--mode") && c.mode == KERN_NATIVE,
	       "the command line takes the place of a single value");
	tap_ok(!conf_add(&c, "high", "192.0.2.32", "--high") && c.mxs == 7, "and adds to a list");
	tap_ok(conf_add(&c, "low", "x", "--low") == -EINVAL &&
		       has_note(&c, true, "--low: 'x' is not"),
	       "its errors name the option");
	conf_drop_interfaces(&c);
	tap_ok(!c.interfaces && !conf_add(&c, "interface", "eth9", "-i") && c.interfaces == 1,
	       "its interfaces take the place of the file's");
	conf_free(&c);
	conf_init(&c);
	tap_ok(conf_read(&c, "/nonexistent/x") == -ENOENT && !c.errors,
	       "a missing file is reported as such");
	tap_ok(conf_read(&c, "/tmp") == -EISDIR, "a directory is reported as such");
	tap_ok(conf_read(&c, "/dev/zero") == -EFBIG, "an endless file is refused");
	conf_free(&c);
}

/* What "config" prints as a default is one: giving it changes nothing. */
static void test_defaults(void)
{
	char text[CONF_DEFAULT];
	struct conf c, d;
	unsigned int i;
	int bad = 0;

	conf_init(&c);
	conf_init(&d);
	for (i = 0; conf_key(i); i++)
		if (conf_key_default(i, text))
			bad += !!conf_add(&d, conf_key(i), conf_key_default(i, text), "default");
		else if (!conf_key_is_list(i) && strcmp(conf_key(i), "name") && strcmp(conf_key(i), "origin") && strcmp(conf_key(i), "maillog") &&
			 strcmp(conf_key(i), "policy-except") && strcmp(conf_key(i), "key-file") && strncmp(conf_key(i), "share", 5) &&
			 strncmp(conf_key(i), "page-", 5))
			bad++; /* the name is the host's; no origin, log, recipient, key, node or page need be given */
	conf_check(&c);
	tap_ok(!bad && !memcmp(&c.rules, &d.rules, sizeof(c.rules)) && c.mode == d.mode &&
		       d.sources == 262144 && c.is_collected == d.is_collected &&
		       c.store_mib == d.store_mib && c.collect_s == d.collect_s &&
		       c.dump_s == d.dump_s && c.stage == d.stage && c.is_split == d.is_split && c.is_teased == d.is_teased &&
		       c.syn_acks == d.syn_acks && c.resets == d.resets &&
		       c.is_silent == d.is_silent && c.is_silent && c.gate_s == d.gate_s &&
		       c.gate_by == d.gate_by && c.gate_low_s == d.gate_low_s &&
		       c.gate_window_s == d.gate_window_s &&
		       c.is_unseen_accepted == d.is_unseen_accepted &&
		       c.is_dual_accepted == d.is_dual_accepted &&
		       c.is_pipelined_accepted == d.is_pipelined_accepted &&
		       c.is_probable_listed == d.is_probable_listed && c.reload_s == d.reload_s &&
		       c.ports == d.ports && c.port[0] == d.port[0],
	       "the defaults that are told are those in force");
	conf_free(&c);
	conf_free(&d);
}

/* What the program gets of the gate: units rounded up, and the families with a low fake. */
static void test_gate(void)
{
	static const char text[] = "low = 11.2.2.1\nreal = 11.2.2.2\ngate = 5\ngate-by = source\n"
				   "gate-low = 1h1s\ngate-window = 15m\n";
	static struct nolist_config table;
	const struct nolist_gate *g = &table.gate;
	struct conf c;

	read_text(&c, text, sizeof(text) - 1);
	conf_fill(&c, &table, NULL, 0, NULL, NULL);
	tap_ok(table.defends == NOLIST_DEFEND_GATE && g->seconds == 5 && g->low == 2 &&
		       g->window == 1 &&
		       g->flags == (NOLIST_GATE_STAMPS | NOLIST_GATE_SOURCE | NOLIST_GATE_IP4),
	       "the gate is filled: rounded up, and closed where a low fake is");
	conf_add(&c, "gate", "off", "--gate");
	conf_fill(&c, &table, NULL, 0, NULL, NULL);
	tap_ok(!table.defends && !g->flags && !g->seconds, "gate = off leaves nothing of it");
	c.is_stamped = true;
	conf_fill(&c, &table, NULL, 0, NULL, NULL);
	tap_ok(!table.defends && g->flags == NOLIST_GATE_STAMPS, "stamps may be wanted without a gate");
	conf_free(&c);
}

static void test_reload_users(void)
{
	static const char text[] = "reload-user = { \"b /l2\", a, \"c /l3\" }\n";
	struct conf c;

	read_text(&c, text, sizeof(text) - 1);
	tap_ok(!c.errors && !strcmp(conf_reload_user(&c, "/l2"), "b") &&
		       !strcmp(conf_reload_user(&c, "/l3"), "c") &&
		       !strcmp(conf_reload_user(&c, "/l"), "a") && !strcmp(conf_reload_user(&c, NULL), "a"),
	       "each list has its reload-user, all others the one without a file");
	conf_free(&c);
	conf_init(&c);
	tap_ok(!conf_reload_user(&c, "/l"), "unless given there is none");
	conf_free(&c);
}

static void test_times(void)
{
	static const char text[] = "window = \"7 days\"\ngrace = 90\ncollect-interval = 1m30s\n"
				   "collect = true\nlist-probable = off\nsplit-handshake = on\n";
	struct conf c, d;
	char changes[128];

	read_text(&c, text, sizeof(text) - 1);
	tap_ok(!c.errors && c.rules.window_s == 604800 && c.rules.grace_s == 90 && c.collect_s == 90,
	       "times are taken with and without a unit");
	tap_ok(c.is_collected && !c.is_probable_listed && c.is_split, "true, on and off are taken");
	tap_ok(!strcmp(given_where(&c, "grace", "90") + strlen(file), ":2"),
	       "where a value was given is known");
	conf_init(&d);
	conf_add(&d, "window", "7 days", "-");
	conf_add(&d, "grace", "90", "-");
	conf_add(&d, "grace", "91", "-");
	tap_ok(!strcmp(given_changes(&c, &d, changes, sizeof(changes)),
		       "collect, collect-interval, split-handshake, list-probable, grace"),
	       "and what differs in two of them");
	conf_free(&c);
	conf_free(&d);
}

/* Words are counted by what parts them: each has its place, and NULL comes last. */
static void test_words(void)
{
	static const char ends[] = " \t\n";
	char text[256], **argv, *words;
	int n, i, bad = 0;

	for (n = 0; n < 60; n++) {
		for (i = 0; i < n; i++) {
			text[2 * i] = 'w';
			text[2 * i + 1] = ends[(i + n) % 3];
		}
		text[2 * n] = '\0';
		if (conf_split(text, &words, &argv))
			tap_die("conf_split");
		for (i = 0; i < n; i++)
			bad += !argv[i] || strcmp(argv[i], "w");
		bad += argv[n] != NULL;
		free(words);
		free(argv);
	}
	tap_ok(!bad, "words are parted by blanks, tabs and line ends");
}

static void test_environment(void)
{
	static const char text[] = "# ${HOME}\ntempfail-text = 'a ${HOME} b' # ${HOME}\n";
	struct conf c;

	read_text(&c, text, sizeof(text) - 1);
	tap_ok(!c.errors && c.tempfail_text && !strcmp(c.tempfail_text, "a ${HOME} b"),
	       "nothing is asked for in single quotes and comments");
	conf_free(&c);
}

/* The installed example has every key, set or in a comment, and is valid both ways. */
static void test_example(void)
{
	char text[32768], key[64], *at;
	const char *path = "scripts/nolist-xdp.conf";
	FILE *f = fopen(path, "r");
	struct conf c;
	size_t size;
	unsigned int i;
	bool has_all = true;

	if (!f) {
		tap_ok(false, "scripts/nolist-xdp.conf is there");
		return;
	}
	size = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[size] = '\0';
	read_text(&c, text, size);
	tap_ok(!c.errors && !c.notes && c.mxs == 4, "the example has no errors and no warnings");
	conf_free(&c);
	for (i = 0; conf_key(i); i++) {
		snprintf(key, sizeof(key), "\n%s = ", conf_key(i));
		at = strstr(text, key);
		snprintf(key, sizeof(key), "\n#%s = ", conf_key(i));
		if (strstr(text, key))
			at = strstr(text, key);
		if (!at)
			printf("# '%s' is missing\n", conf_key(i));
		has_all &= !!at;
		if (at && at[1] == '#')
			at[1] = ' ';
	}
	tap_ok(has_all, "it documents every key");
	read_text(&c, text, size);
	tap_ok(!c.errors && c.allows == 1 && c.never_excepts == 1 && c.tempfail_text,
	       "it has no errors either with all keys in force");
	conf_free(&c);
}

/* --- the table ----------------------------------------------------------------- */

static struct nolist_config table, old;

/* As match.h looks for an address. */
static const struct nolist_slot *slot_of(const struct nolist_config *c, const struct nolist_addr *a)
{
	unsigned int i, at = nolist_slot_of(a, c->seed);

	for (i = 0; i < NOLIST_PROBES; i++)
		if (!addr_compare(&c->slot[(at + i) & (NOLIST_SLOTS - 1)].addr, a))
			return &c->slot[(at + i) & (NOLIST_SLOTS - 1)];
	return NULL;
}

static struct nolist_addr address(unsigned int i)
{
	struct nolist_addr a = {};

	if (i % 2) {
		a.w[0] = htonl(0x20010db8);
		a.w[3] = htonl(i);
	} else {
		a.w[2] = htonl(0xffff);
		a.w[3] = htonl((198u << 24 | 18 << 16) + i);
	}
	return a;
}

static void fill_conf(struct conf *c, unsigned int mxs)
{
	char text[ADDR_TEXT];
	struct nolist_addr a;
	unsigned int i;

	conf_init(c);
	for (i = 0; i < mxs; i++) {
		a = address(i);
		conf_add(c, i % 3 ? "high" : "real", addr_text(&a, text), "test");
	}
	conf_check(c);
}

static void test_table(void)
{
	static bool seen[NOLIST_MX_MAX];
	struct nolist_addr own[1000];
	unsigned int i, bad = 0, left;
	const struct nolist_slot *s;
	struct conf c;

	fill_conf(&c, NOLIST_MX_MAX);
	tap_ok(!c.errors && c.mxs == NOLIST_MX_MAX, "1024 addresses are taken");
	for (i = 0; i < 1000; i++)
		own[i] = address(5000 + i);
	left = conf_fill(&c, &table, own, 1000, NULL, NULL);
	for (i = 0; i < NOLIST_MX_MAX; i++) {
		s = slot_of(&table, &c.mx[i].addr);
		bad += !s || s->role != c.mx[i].role || s->mx >= NOLIST_MX_MAX || seen[s->mx];
		if (s && s->mx < NOLIST_MX_MAX)
			seen[s->mx] = true;
	}
	tap_ok(!bad, "each is found within its probes, with its role and an index of its own");
	for (i = 0, bad = 0; i < 1000; i++) {
		s = slot_of(&table, &own[i]);
		bad += !s;
		if (s && s->role != NOLIST_OWN)
			bad += 1000;
	}
	tap_ok(bad == left && left < 100,
	       "nearly all other addresses of the host fit, and the rest is reported");
	tap_ok(conf_add(&c, "low", "203.0.113.1", "--low") == -EINVAL, "one more is refused");
	tap_ok(table.magic == NOLIST_MAGIC && table.ports == 1 && table.port[0] == htons(25) &&
		       table.port[NOLIST_PORT_MAX - 1] == htons(25),
	       "unused ports repeat the first");
	tap_ok(table.smtp.reply[NOLIST_BANNER].len > 4, "the high fakes' texts are in the table");
	conf_free(&c);
}

static void test_index(void)
{
	static bool busy[NOLIST_MX_MAX];
	struct nolist_addr a = address(7), b;
	const struct nolist_slot *s;
	unsigned int was;
	struct conf c;

	fill_conf(&c, 20);
	conf_fill(&c, &old, NULL, 0, NULL, NULL);
	was = slot_of(&old, &a)->mx;
	conf_free(&c);

	memset(busy, true, 20);
	conf_init(&c);
	addr_parse("203.0.113.1", &b);
	conf_add(&c, "low", "203.0.113.1", "test");
	conf_add(&c, "high", "2001:db8::7", "test");
	conf_check(&c);
	conf_fill(&c, &table, &a, 1, &old, busy);
	s = slot_of(&table, &a);
	tap_ok(s && s->mx == was && s->role == NOLIST_HIGH,
	       "an address keeps its index, and its role though it is the host's own");
	s = slot_of(&table, &b);
	tap_ok(s && s->mx >= 20, "a new one gets an index without counters");
	conf_free(&c);
}

/* The program compares single sources: an address, or an IPv6 /64 by any of its addresses. */
static void test_tests(void)
{
	static const char text[] =
		"test-sources = { 192.0.2.0/31, 192.0.2.7, 2001:db8::1, 2001:db8:1::/48 }\n";
	struct nolist_addr a, b;
	unsigned int i, n = 0;
	struct conf c;

	read_text(&c, text, sizeof(text) - 1);
	addr_parse("192.0.2.7", &a);
	addr_parse("2001:db8::", &b);
	conf_fill(&c, &table, NULL, 0, NULL, NULL);
	for (i = 0; i < NOLIST_TEST_MAX; i++)
		n += !!table.test[i];
	tap_ok(!c.errors && n == 2 && table.test[0] == nolist_test_of(a.q[0], a.q[1]) &&
		       table.test[1] == nolist_test_of(b.q[0], b.q[1]),
	       "single sources of tests are in the table");
	for (i = 0; i < NOLIST_TEST_MAX; i++) {
		a = address(2 * i);
		conf_add(&c, "test-sources", addr_text(&a, (char[ADDR_TEXT]){}), "test");
	}
	conf_fill(&c, &table, NULL, 0, NULL, NULL);
	a = address(2 * (NOLIST_TEST_MAX - 3));
	tap_ok(table.test[NOLIST_TEST_MAX - 1] == nolist_test_of(a.q[0], a.q[1]),
	       "as many as there are places");
	conf_free(&c);
}

/* Mutations of good text: nothing may crash, leak or hang (ASan sees more). */
static void test_hostile(void)
{
	int i, j, errors = 0;
	char text[2048];
	struct conf c;
	size_t size;

	srandom(1);
	for (i = 0; i < 5000; i++) {
		size = strlen(good);
		memcpy(text, good, size);
		for (j = random() % 6; j >= 0; j--)
			text[random() % size] = random() % 3 ? good[random() % size] : random();
		if (i % 7 == 0)
			size = random() % size;
		read_text(&c, text, size);
		errors += !!c.errors;
		conf_free(&c);
	}
	tap_ok(errors > 500, "5000 damaged files are survived, most of them reported as wrong");
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		return 1;
	close(fd);
	test_good();
	test_rows();
	test_command_line();
	test_words();
	test_environment();
	test_defaults();
	test_times();
	test_gate();
	test_reload_users();
	test_example();
	test_table();
	test_index();
	test_tests();
	test_hostile();
	unlink(file);
	return tap_done();
}
