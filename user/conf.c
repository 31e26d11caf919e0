// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text -> struct conf. Every key is a row in one table, and the command line's
 * options go through the same rows. Pure but for reading the file, so that tests
 * and fuzzers can feed it anything. conf_fill.c turns the result into the
 * program's table.
 */
#define _GNU_SOURCE /* vasprintf, reallocarray */
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "conf.h"
#include "log.h"

#define FILE_MAX (1 << 20) /* bytes; all that fits in the table is far less */
#define NOTES_MAX 50
#define LIST_MAX 4096   /* values of any other list */
#define IF_NAME_LEN 15

static const char *const role_names[NOLIST_ROLES] = {
	[NOLIST_NONE] = "none", [NOLIST_LOW] = "low", [NOLIST_REAL] = "real",
	[NOLIST_HIGH] = "high", [NOLIST_OWN] = "own",
};

const char *conf_role_name(unsigned int role)
{
	return role < NOLIST_ROLES ? role_names[role] : "unknown";
}

int conf_role_parse(const char *name)
{
	int i;

	for (i = 0; i < NOLIST_ROLES; i++)
		if (!strcmp(name, role_names[i]))
			return i;
	return -EINVAL;
}

void conf_note(struct conf *conf, bool is_error, const char *fmt, ...)
{
	struct conf_note *grown;
	va_list ap;

	conf->errors += is_error;
	if (conf->notes >= NOTES_MAX)
		return;
	grown = realloc(conf->note, (conf->notes + 1) * sizeof(*grown));
	if (!grown)
		return;
	conf->note = grown;
	grown += conf->notes;
	grown->is_error = is_error;
	va_start(ap, fmt);
	if (vasprintf(&grown->text, fmt, ap) >= 0)
		conf->notes++;
	va_end(ap);
}

/* Makes room for one more in an array of n elements, which doubles in size. */
static int grow(void *arrayp, int n, size_t size)
{
	void **array = arrayp;
	void *grown;

	if (n & (n - 1))
		return 0;
	grown = reallocarray(*array, n ? 2 * (size_t)n : 1, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}

static int add_text(char ***list, int *n, const char *value)
{
	char *copy;

	if (grow(list, *n, sizeof(**list)))
		return -ENOMEM;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	(*list)[(*n)++] = copy;
	return 0;
}

/* --- the keys ---------------------------------------------------------------- */

static int add_interface(struct conf *conf, const char *value, const char *where)
{
	if (!*value || strlen(value) > IF_NAME_LEN || strchr(value, '/')) {
		conf_note(conf, true, "%s: '%s' is no name of an interface", where, value);
		return -EINVAL;
	}
	if (conf->interfaces >= KERN_IFS_MAX) {
		conf_note(conf, true, "%s: more than %d interfaces", where, KERN_IFS_MAX);
		return -EINVAL;
	}
	return add_text(&conf->interface, &conf->interfaces, value);
}

/* Addresses that no segment on a wire can have, and those that nobody outside can reach. */
static const struct special {
	const char *prefix, *what;
	bool is_error;
} special[] = {
	{ "0.0.0.0/8", "is no host's address", true },
	{ "127.0.0.0/8", "is a loopback address", true },
	{ "224.0.0.0/4", "is a multicast address", true },
	{ "240.0.0.0/4", "is a reserved or broadcast address", true },
	{ "::/64", "is a loopback address, or no host's", true },
	{ "ff00::/8", "is a multicast address", true },
	{ "10.0.0.0/8", "is private: no sender in the internet can reach it", false },
	{ "172.16.0.0/12", "is private: no sender in the internet can reach it", false },
	{ "192.168.0.0/16", "is private: no sender in the internet can reach it", false },
	{ "100.64.0.0/10", "is shared (RFC 6598): no sender in the internet can reach it", false },
	{ "169.254.0.0/16", "is link-local: no sender in the internet can reach it", false },
	{ "fc00::/7", "is private: no sender in the internet can reach it", false },
	{ "fe80::/10", "is link-local: no sender in the internet can reach it", false },
};

static const struct special *special_of(const struct nolist_addr *addr)
{
	struct prefix p;
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!prefix_parse(special[i].prefix, &p) && prefix_has(&p, addr))
			return &special[i];
	return NULL;
}

static int add_mx(struct conf *conf, enum nolist_role role, const char *value, const char *where)
{
	const struct special *s;
	struct conf_mx mx = { .role = role };

	if (addr_parse(value, &mx.addr)) {
		conf_note(conf, true, "%s: '%s' is not an address", where, value);
		return -EINVAL;
	}
	if (conf->mxs >= NOLIST_MX_MAX) {
		conf_note(conf, true, "%s: more than %d addresses", where, NOLIST_MX_MAX);
		return -EINVAL;
	}
	s = special_of(&mx.addr);
	if (s)
		conf_note(conf, s->is_error, "%s: '%s' %s", where, value, s->what);
	if (s && s->is_error)
		return -EINVAL;
	if (grow(&conf->mx, conf->mxs, sizeof(*conf->mx)))
		return -ENOMEM;
	snprintf(mx.where, sizeof(mx.where), "%s", where);
	conf->mx[conf->mxs++] = mx;
	return 0;
}

static int add_low(struct conf *conf, const char *value, const char *where)
{
	return add_mx(conf, NOLIST_LOW, value, where);
}

static int add_real(struct conf *conf, const char *value, const char *where)
{
	return add_mx(conf, NOLIST_REAL, value, where);
}

static int add_high(struct conf *conf, const char *value, const char *where)
{
	return add_mx(conf, NOLIST_HIGH, value, where);
}

/* A whole decimal number from min to max, and nothing else. */
static int parse_number(const char *value, unsigned long min, unsigned long max,
			unsigned int *number)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long n;

	if (!digits || digits > 10 || value[digits])
		return -EINVAL;
	n = strtoul(value, NULL, 10);
	if (n < min || n > max)
		return -EINVAL;
	*number = n;
	return 0;
}

static int add_port(struct conf *conf, const char *value, const char *where)
{
	unsigned int port;
	int i;

	if (parse_number(value, 1, 65535, &port)) {
		conf_note(conf, true, "%s: '%s' is not a port from 1 to 65535", where, value);
		return -EINVAL;
	}
	for (i = 0; i < conf->ports; i++)
		if (conf->port[i] == port) {
			conf_note(conf, true, "%s: port %u is given twice", where, port);
			return -EINVAL;
		}
	if (conf->ports >= NOLIST_PORT_MAX) {
		conf_note(conf, true, "%s: more than %d ports", where, NOLIST_PORT_MAX);
		return -EINVAL;
	}
	conf->port[conf->ports++] = port;
	return 0;
}

static int set_mode(struct conf *conf, const char *value, const char *where)
{
	static const char *const names[] = {
		[KERN_AUTO] = "auto", [KERN_NATIVE] = "native", [KERN_GENERIC] = "generic",
	};
	int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(value, names[i])) {
			conf->mode = i;
			return 0;
		}
	conf_note(conf, true, "%s: '%s' is not auto, native or generic", where, value);
	return -EINVAL;
}

static int set_number(struct conf *conf, const char *value, const char *where, unsigned int min,
		      unsigned int max, unsigned int *number)
{
	if (!parse_number(value, min, max, number))
		return 0;
	conf_note(conf, true, "%s: '%s' is not a number from %u to %u", where, value, min, max);
	return -EINVAL;
}

static int set_sources(struct conf *conf, const char *value, const char *where)
{
	return set_number(conf, value, where, KERN_SOURCES_MIN, KERN_SOURCES_MAX, &conf->sources);
}

static int set_unseen(struct conf *conf, const char *value, const char *where)
{
	conf->is_unseen_accepted = !strcmp(value, "accept");
	if (conf->is_unseen_accepted || !strcmp(value, "refuse"))
		return 0;
	conf_note(conf, true, "%s: '%s' is not accept or refuse", where, value);
	return -EINVAL;
}

/* A text that goes into a reply: RFC 5321 4.2 lets only printable ASCII in. */
static int set_text(struct conf *conf, const char *value, const char *where, size_t max,
		    bool has_blanks, char **text)
{
	char first = has_blanks ? ' ' : '!';
	char *copy;
	size_t i;

	for (i = 0; value[i] >= first && value[i] <= '~'; i++)
		;
	if (!i || value[i] || i > max) {
		conf_note(conf, true, "%s: '%s' is not 1 to %zu characters of printable ASCII%s",
			  where, value, max, has_blanks ? "" : " without blanks");
		return -EINVAL;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int set_name(struct conf *conf, const char *value, const char *where)
{
	return set_text(conf, value, where, DIALOGUE_NAME_MAX, false, &conf->name);
}

static int set_later(struct conf *conf, const char *value, const char *where)
{
	return set_text(conf, value, where, DIALOGUE_LATER_MAX, true, &conf->later);
}

static int set_stage(struct conf *conf, const char *value, const char *where)
{
	if (!dialogue_stage_parse(value, &conf->stage))
		return 0;
	conf_note(conf, true, "%s: '%s' is not greeting, mail, rcpt or data", where, value);
	return -EINVAL;
}

static int set_split(struct conf *conf, const char *value, const char *where)
{
	conf->is_split = !strcmp(value, "yes");
	if (conf->is_split || !strcmp(value, "no"))
		return 0;
	conf_note(conf, true, "%s: '%s' is not yes or no", where, value);
	return -EINVAL;
}

static int add_allow(struct conf *conf, const char *value, const char *where)
{
	if (!*value || conf->allows >= LIST_MAX) {
		conf_note(conf, true, *value ? "%s: too many files" : "%s: empty name of a file",
			  where);
		return -EINVAL;
	}
	return add_text(&conf->allow, &conf->allows, value);
}

static int add_never_except(struct conf *conf, const char *value, const char *where)
{
	struct prefix p;

	if (prefix_parse(value, &p)) {
		conf_note(conf, true, "%s: '%s' is not an address or a prefix without host bits",
			  where, value);
		return -EINVAL;
	}
	if (conf->never_excepts >= LIST_MAX) {
		conf_note(conf, true, "%s: more than %d prefixes", where, LIST_MAX);
		return -EINVAL;
	}
	if (grow(&conf->never_except, conf->never_excepts, sizeof(p)))
		return -ENOMEM;
	conf->never_except[conf->never_excepts++] = p;
	return 0;
}

/*
 * Every key of the file, but for those of the verdict, which are in rule_table;
 * scripts/nolist-xdp.conf documents each.
 */
static const struct key {
	const char *name;
	int (*take)(struct conf *conf, const char *value, const char *where);
	bool is_list;
} keys[] = {
	{ "interface", add_interface, true },
	{ "low", add_low, true },
	{ "real", add_real, true },
	{ "high", add_high, true },
	{ "port", add_port, true },
	{ "mode", set_mode, false },
	{ "sources", set_sources, false },
	{ "name", set_name, false },
	{ "later", set_later, false },
	{ "stage", set_stage, false },
	{ "split-handshake", set_split, false },
	{ "real-mx-unseen", set_unseen, false },
	{ "allow", add_allow, true },
	{ "never-list-except", add_never_except, true },
};

#define KEYS (sizeof(keys) / sizeof(*keys))
#define KEYS_MAX 64 /* with those of the verdict */

const char *conf_key(unsigned int i)
{
	const struct rule *r;

	if (i < KEYS)
		return keys[i].name;
	for (r = rule_table, i -= KEYS; r->name && i; r++, i--)
		;
	return r->name;
}

/* A key's number, those of the verdict last; -1: there is none. */
static int key_find(const char *name)
{
	const struct rule *r;
	size_t i;

	for (i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return i;
	for (r = rule_table; r->name; r++, i++)
		if (!strcmp(r->name, name))
			return i;
	return -1;
}

static bool key_is_list(size_t key)
{
	return key < KEYS && keys[key].is_list;
}

static int key_take(struct conf *conf, size_t key, const char *value, const char *where)
{
	const struct rule *r;

	if (key < KEYS)
		return keys[key].take(conf, value, where);
	r = &rule_table[key - KEYS];
	return set_number(conf, value, where, r->min, r->max, rules_value(&conf->rules, r));
}

int conf_add(struct conf *conf, const char *name, const char *value, const char *where)
{
	int key = key_find(name);

	return key < 0 ? -EINVAL : key_take(conf, key, value, where);
}

/* --- the file ---------------------------------------------------------------- */

/* What libconfuse's callbacks work on: they get no argument of ours. */
static struct reading {
	struct conf *conf;
	const char *file;
	bool seen[KEYS_MAX]; /* which keys so far */
} reading;

static void where_of(const cfg_t *cfg, char *where, size_t size)
{
	snprintf(where, size, "%s:%d", reading.file, cfg->line);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	char where[128];
	int key = key_find(opt->name);

	where_of(cfg, where, sizeof(where));
	if (key < 0)
		return -1;
	if (!key_is_list(key) && reading.seen[key])
		conf_note(reading.conf, true, "%s: '%s' is given twice", where, opt->name);
	reading.seen[key] = true;
	/* Errors are noted, and the rest of the file is read for its own. */
	key_take(reading.conf, key, value, where);
	*(const char **)result = value;
	return 0;
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char where[128], text[512];

	where_of(cfg, where, sizeof(where));
	vsnprintf(text, sizeof(text), fmt, ap);
	conf_note(reading.conf, true, "%s: %s", where, text);
}

/*
 * libconfuse knows comments between keys only, and people write them beside the
 * addresses of a list: blank them out, outside of quotes.
 */
static void blank_comments(char *text)
{
	char quote = 0;

	for (; *text; text++) {
		if (quote) {
			if (*text == '\\' && text[1])
				text++;
			else if (*text == quote)
				quote = 0;
		} else if (*text == '"' || *text == '\'') {
			quote = *text;
		} else if (*text == '#') {
			size_t size = strcspn(text, "\n");

			memset(text, ' ', size);
			text += size - 1;
		}
	}
}

static int parse(struct conf *conf, const char *file, char *text)
{
	const struct rule *r = rule_table;
	cfg_opt_t opts[KEYS_MAX + 1];
	int errors = conf->errors;
	cfg_t *cfg;
	size_t i;

	for (i = 0; i < KEYS_MAX && (i < KEYS || r->name); i++) {
		const char *name = i < KEYS ? keys[i].name : r++->name;
		cfg_opt_t list = CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, on_value);
		cfg_opt_t one = CFG_STR_CB(name, NULL, CFGF_NODEFAULT, on_value);

		opts[i] = key_is_list(i) ? list : one;
	}
	opts[i] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(opts, CFGF_NONE);
	if (!cfg)
		return -ENOMEM;
	reading = (struct reading){ .conf = conf, .file = file };
	cfg_set_error_function(cfg, on_error);
	blank_comments(text);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && conf->errors == errors)
		conf_note(conf, true, "%s: cannot be parsed", file);
	cfg_free(cfg);
	return conf->errors > errors ? -EINVAL : 0;
}

/* All of the file, with a zero at its end. */
static int slurp(const char *file, char **text)
{
	FILE *f = fopen(file, "re");
	size_t size;
	int ret = 0;

	if (!f)
		return -errno;
	*text = malloc(FILE_MAX + 1);
	if (!*text) {
		fclose(f);
		return -ENOMEM;
	}
	size = fread(*text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		ret = -errno;
	else if (size > FILE_MAX)
		ret = -EFBIG;
	else if (memchr(*text, '\0', size))
		ret = -EILSEQ;
	else
		(*text)[size] = '\0';
	fclose(f);
	if (ret) {
		free(*text);
		*text = NULL;
	}
	return ret;
}

int conf_read(struct conf *conf, const char *file)
{
	char *text = NULL;
	int ret;

	ret = slurp(file, &text);
	if (ret)
		return ret;
	ret = parse(conf, file, text);
	free(text);
	return ret;
}

/* --- the whole --------------------------------------------------------------- */

void conf_init(struct conf *conf)
{
	*conf = (struct conf){ .stage = STAGE_DATA };
	rules_init(&conf->rules);
}

void conf_drop_interfaces(struct conf *conf)
{
	while (conf->interfaces)
		free(conf->interface[--conf->interfaces]);
	free(conf->interface);
	conf->interface = NULL;
}

void conf_free(struct conf *conf)
{
	int i;

	conf_drop_interfaces(conf);
	for (i = 0; i < conf->allows; i++)
		free(conf->allow[i]);
	for (i = 0; i < conf->notes; i++)
		free(conf->note[i].text);
	free(conf->name);
	free(conf->later);
	free(conf->allow);
	free(conf->note);
	free(conf->mx);
	free(conf->never_except);
	*conf = (struct conf){};
}

static int compare_mx(const void *a, const void *b)
{
	return addr_compare(&((const struct conf_mx *)a)->addr, &((const struct conf_mx *)b)->addr);
}

static void check_twice(struct conf *conf)
{
	char text[ADDR_TEXT];
	int i;

	/* In the order of addresses, so that status and the mx indexes have one too. */
	if (conf->mxs)
		qsort(conf->mx, conf->mxs, sizeof(*conf->mx), compare_mx);
	for (i = 1; i < conf->mxs; i++) {
		const struct conf_mx *a = &conf->mx[i - 1], *b = &conf->mx[i];

		if (addr_compare(&a->addr, &b->addr))
			continue;
		addr_text(&b->addr, text);
		if (a->role == b->role)
			conf_note(conf, true, "%s: '%s' is given twice, also at %s", b->where,
				  text, a->where);
		else
			conf_note(conf, true, "%s: '%s' is %s, but %s at %s", b->where, text,
				  conf_role_name(b->role), conf_role_name(a->role), a->where);
	}
	for (i = 1; i < conf->interfaces; i++) {
		int j;

		for (j = 0; j < i && strcmp(conf->interface[i], conf->interface[j]); j++)
			;
		if (j < i)
			conf_note(conf, true, "interface '%s' is given twice", conf->interface[i]);
	}
}

/* What is odd about the roles. Advice, not law: a site may have two addresses only. */
static void check_roles(struct conf *conf)
{
	int count[2][NOLIST_ROLES] = {}, all[NOLIST_ROLES] = {};
	static const char *const family[] = { "IPv6", "IPv4" };
	int i, f;

	for (i = 0; i < conf->mxs; i++) {
		count[addr_is_ip4(&conf->mx[i].addr)][conf->mx[i].role]++;
		all[conf->mx[i].role]++;
	}
	if (!conf->mxs) {
		conf_note(conf, false, "no MX addresses: every frame passes");
		return;
	}
	if (!all[NOLIST_LOW])
		conf_note(conf, false,
			  "no low fake: senders that skip the first MX cannot be told from others");
	if (!all[NOLIST_REAL])
		conf_note(conf, false, "no real MX: without its alibis nobody can be listed");
	if (!all[NOLIST_HIGH])
		conf_note(conf, false, "no high fake: nobody can give himself away");
	for (f = 0; f < 2; f++)
		if (all[NOLIST_REAL] && count[f][NOLIST_HIGH] && !count[f][NOLIST_REAL])
			conf_note(conf, false,
				  "a high fake over %s, but no real MX there: good senders that "
				  "use %s would look like bots",
				  family[f], family[f]);
	if (all[NOLIST_LOW] > 1)
		conf_note(conf, false,
			  "more than one low fake address: each delays good mail, and some senders "
			  "try no more than two");
	for (i = 0; i < conf->ports && conf->port[i] != NOLIST_SMTP_PORT; i++)
		;
	if (i == conf->ports)
		conf_note(conf, false, "port %d is not among the ports: the fakes are not seen "
				       "by mail",
			  NOLIST_SMTP_PORT);
	if (conf->ports > 1 && !all[NOLIST_LOW] && !all[NOLIST_HIGH])
		conf_note(conf, false, "further ports are for fakes: at the real MX only port %d "
				       "counts",
			  NOLIST_SMTP_PORT);
}

int conf_check(struct conf *conf)
{
	if (!conf->ports)
		conf->port[conf->ports++] = NOLIST_SMTP_PORT;
	check_twice(conf);
	if (!conf->errors)
		check_roles(conf);
	return conf->errors ? -EINVAL : 0;
}

void conf_tell(const struct conf *conf)
{
	int i;

	for (i = 0; i < conf->notes; i++) {
		if (conf->note[i].is_error)
			errx("%s", conf->note[i].text);
		else
			warn("%s", conf->note[i].text);
	}
	if (conf->errors && conf->notes == NOTES_MAX)
		errx("%d errors in all", conf->errors);
}

int conf_open(struct conf *conf, const char *file)
{
	int ret, i;

	conf_init(conf);
	if (!file && access(DEFAULT_CONF, F_OK))
		return conf_check(conf) ? EXIT_USAGE : 0;
	ret = conf_read(conf, file ? file : DEFAULT_CONF);
	if (ret && !conf->errors) {
		err(ret, "cannot read '%s'", file ? file : DEFAULT_CONF);
		return EXIT_USAGE;
	}
	conf_check(conf);
	for (i = 0; i < conf->notes; i++)
		if (conf->note[i].is_error)
			errx("%s", conf->note[i].text);
	return conf->errors ? EXIT_USAGE : 0;
}
