// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the configuration file: libconfuse parses, and what it says of a mistake is
 * completed by what the author probably meant.
 */
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/duration.h"
#include "user/base/failure.h"
#include "user/base/retired.h"
#include "user/base/similar.h"
#include "user/config/conf.h"

#define FILE_MAX (1 << 20) /* bytes; any sensible configuration is far smaller */
#define KEYS_MAX 256 /* more than there are, with retired ones; one beyond it is not known */

/* Static, since libconfuse's callbacks get no argument of ours: one parse at a time. */
static struct reading {
	struct conf *conf;
	const char *file;
	bool seen[KEYS_MAX];      /* which keys so far */
	int quote_from, quote_to; /* lines of the first quote that goes on over lines; 0: none */
} reading;

static void where_of(const cfg_t *cfg, char *where, size_t size)
{
	snprintf(where, size, "%s:%d", reading.file, cfg->line);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	char where[128];
	const char *now = retired_key(opt->name), *name = now ? now : opt->name;
	int key = conf_key_find(name);

	where_of(cfg, where, sizeof(where));
	if (key < 0)
		return -1;
	if (now)
		conf_note(reading.conf, false, "%s: '%s' is called '%s' now; the next release "
			  "drops the old name", where, opt->name, now);
	if (!conf_key_is_list(key) && reading.seen[key])
		conf_note(reading.conf, true, "%s: '%s' is given twice", where, name);
	reading.seen[key] = true;
	/* Errors are noted, and the rest of the file is still read, for further ones. */
	conf_add(reading.conf, name, value, where);
	*(const char **)result = value;
	return 0;
}

/* --- blocks of tenants ----------------------------------------------------------- */

/* The line goes before the value, until the blocks are taken in their order. */
static int on_tenant_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	static char text[1024];
	int n = snprintf(text, sizeof(text), "%d %s", cfg->line, value);

	if (n < 0 || n >= (int)sizeof(text)) {
		cfg_error(cfg, "'%s' is too long", opt->name);
		return -1;
	}
	*(const char **)result = text;
	return 0;
}

static void take_tenant_value(const char *tenant, const char *key, const char *numbered)
{
	char where[128], value[1200], *text;
	long line = strtol(numbered, &text, 10);

	snprintf(where, sizeof(where), "%s:%ld", reading.file, line);
	snprintf(value, sizeof(value), "%s %s %s", tenant, key, text + 1);
	conf_add(reading.conf, "tenants", value, where);
}

static void take_tenant(cfg_t *block)
{
	static const char *const keys[] = { "high", "domains", "name", "tempfail-text" };
	char where[128];
	unsigned int i, k;

	where_of(block, where, sizeof(where));
	/* Its place is its number, also if there is nothing in it. */
	if (strchr(cfg_title(block), ' '))
		conf_note(reading.conf, true, "%s: tenant '%s' has a blank in its name", where,
			  cfg_title(block));
	else
		conf_add(reading.conf, "tenants", cfg_title(block), where);
	for (i = 0; i < sizeof(keys) / sizeof(*keys) && !strchr(cfg_title(block), ' '); i++)
		for (k = 0; k < cfg_size(block, keys[i]); k++)
			take_tenant_value(cfg_title(block), keys[i], cfg_getnstr(block, keys[i], k));
}

/* --- what libconfuse does not say ---------------------------------------------- */

/* The word that a message of libconfuse has in quotes. */
static const char *quoted(const char *text, char *word, size_t size)
{
	const char *from = strchr(text, '\'');

	snprintf(word, size, "%s", from ? from + 1 : "");
	word[strcspn(word, "'")] = '\0';
	return word;
}

/* For a key that does not exist. */
static void explain_key(const char *text, char *more, size_t size)
{
	char word[64], time[80];
	struct similar s;
	int64_t seconds;
	size_t n;
	int i;

	quoted(text, word, sizeof(word));
	n = strlen(word);
	if (n && word[n - 1] == ':') {
		snprintf(more, size, ": write '%.*s = ...'", (int)n - 1, word);
		return;
	}
	snprintf(time, sizeof(time), "1%s", word);
	if (!duration_parse(time, &seconds)) {
		snprintf(more, size, ": a time with a blank stands in quotes, \"7 days\"");
		return;
	}
	similar_start(&s, word);
	for (i = 0; conf_key(i); i++)
		similar_try(&s, conf_key(i));
	if (s.best)
		snprintf(more, size, ": did you mean '%s'?", s.best);
	else
		snprintf(more, size, "; \"nolist-xdp config\" prints all of them");
}

static void explain_error(const char *text, int line, char *more, size_t size)
{
	*more = '\0';
	if (reading.quote_from && line >= reading.quote_from)
		snprintf(more, size, "; the quote that begins at line %d ends at line %d: is one "
			 "missing?", reading.quote_from, reading.quote_to);
	else if (!strncmp(text, "no such option", 14))
		explain_key(text, more, size);
	else if (!strncmp(text, "unexpected token ','", 20))
		snprintf(more, size, ": several values stand in braces, { ONE, TWO }");
	else if (!strncmp(text, "unexpected token", 16))
		snprintf(more, size, ": is a '}' or a ',' missing before it?");
	else if (!strncmp(text, "premature end of file", 21))
		snprintf(more, size, ": is a '}' missing?");
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char where[128], text[512], more[160];

	where_of(cfg, where, sizeof(where));
	vsnprintf(text, sizeof(text), fmt, ap);
	explain_error(text, cfg->line, more, sizeof(more));
	conf_note(reading.conf, true, "%s: %s%s", where, text, more);
}

/* --- the text ------------------------------------------------------------------- */

/* A quote has ended, or the text has. A backslash before the end of a line is meant. */
static void end_quote(int from, int to, bool is_open)
{
	/* One end too few makes each end a begin: the first that goes over lines is wrong. */
	if (is_open && reading.quote_from)
		conf_note(reading.conf, true, "%s:%d: the quote that begins here goes on to line %d: "
			  "is its end missing?", reading.file, reading.quote_from,
			  reading.quote_to);
	else if (is_open)
		conf_note(reading.conf, true, "%s:%d: the quote that begins here is never closed",
			  reading.file, from);
	else if (to > from && !reading.quote_from) {
		reading.quote_from = from;
		reading.quote_to = to;
	}
}

/*
 * libconfuse allows comments only between keys, but people write them beside the addresses
 * of a list: this blanks them out, except in quotes. libconfuse also expands environment
 * variables, which differ between cron, systemd and a shell: those are an error.
 */
static void prepare(char *text)
{
	int line = 1, from = 1, more = 0; /* more: lines that a backslash continues */
	char quote = 0;

	for (; *text; text++) {
		line += *text == '\n';
		if (!strncmp(text, "${", 2) && quote != '\'')
			conf_note(reading.conf, true, "%s:%d: '${' would expand an environment "
				  "variable: put it in single quotes", reading.file, line);
		if (quote) {
			if (*text == '\\' && text[1]) {
				more += text[1] == '\n';
				line += *++text == '\n';
			} else if (*text == quote) {
				end_quote(from, line - more, false);
				quote = 0;
			}
		} else if (*text == '"' || *text == '\'') {
			quote = *text;
			from = line;
			more = 0;
		} else if (*text == '#') {
			size_t size = strcspn(text, "\n");

			memset(text, ' ', size);
			text += size - 1;
		}
	}
	if (quote)
		end_quote(from, line, true);
}

/* A key in libconfuse's form; key: its number. */
static cfg_opt_t option_of(const char *name, int key)
{
	cfg_opt_t list = CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, on_value);
	cfg_opt_t one = CFG_STR_CB(name, NULL, CFGF_NODEFAULT, on_value);

	return conf_key_is_list(key) ? list : one;
}

static int parse(struct conf *conf, const char *file, char *text)
{
	cfg_opt_t of_tenant[] = {
		CFG_STR_LIST_CB("high", NULL, CFGF_NODEFAULT, on_tenant_value),
		CFG_STR_LIST_CB("domains", NULL, CFGF_NODEFAULT, on_tenant_value),
		CFG_STR_CB("name", NULL, CFGF_NODEFAULT, on_tenant_value),
		CFG_STR_CB("tempfail-text", NULL, CFGF_NODEFAULT, on_tenant_value),
		CFG_END()
	};
	cfg_opt_t opts[KEYS_MAX + 2];
	int errors = conf->errors;
	const char *old, *now;
	size_t i, n = 0;
	cfg_t *cfg;

	for (i = 0; conf_key(i) && n < KEYS_MAX; i++)
		opts[n++] = option_of(conf_key(i), i);
	for (i = 0; (old = retired_keys(i, &now)) && n < KEYS_MAX; i++)
		opts[n++] = option_of(old, conf_key_find(now));
	opts[n++] = (cfg_opt_t)CFG_SEC("tenant", of_tenant, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	opts[n] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(opts, CFGF_NONE);
	if (!cfg)
		return -ENOMEM;
	reading = (struct reading){ .conf = conf, .file = file };
	cfg_set_error_function(cfg, on_error);
	prepare(text);
	if (conf->errors == errors && cfg_parse_buf(cfg, text) != CFG_SUCCESS &&
	    conf->errors == errors)
		conf_note(conf, true, "%s: cannot be parsed", file);
	for (i = 0; i < cfg_size(cfg, "tenant"); i++)
		take_tenant(cfg_getnsec(cfg, "tenant", i));
	/* An empty list of ports says something else than the default, which it would get. */
	if (cfg_getopt(cfg, "port")->flags & CFGF_MODIFIED && !cfg_size(cfg, "port"))
		conf_note(conf, true, "%s: 'port' is empty: leave it out for port %d", file,
			  NOLIST_SMTP_PORT);
	cfg_free(cfg);
	return conf->errors > errors ? -EINVAL : 0;
}

int conf_slurp(const char *file, char **text)
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
	errno = 0;
	size = fread(*text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		ret = errno ? -errno : -EIO;
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

int conf_unreadable(const char *file, int error)
{
	if (error == -EILSEQ)
		return fail_usage("'%s' has a zero byte: it is not a text file", file);
	return fail_usage("cannot read '%s': %s", file, strerror(-error));
}

/* The arguments of conf_hold(). */
static const char *held_file, *held_text;

void conf_hold(const char *file, const char *text)
{
	held_file = file;
	held_text = text;
}

int conf_read(struct conf *conf, const char *file)
{
	char *text = NULL;
	int ret = 0;

	if (held_file && !strcmp(file, held_file)) {
		text = strdup(held_text);
		if (!text)
			return -ENOMEM;
	} else {
		ret = conf_slurp(file, &text);
	}
	if (ret)
		return ret;
	conf->is_read = true;
	conf->is_cut = *text && text[strlen(text) - 1] != '\n';
	ret = parse(conf, file, text);
	free(text);
	return ret;
}
