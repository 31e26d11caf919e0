// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manual against the code: every key, every rule with its default and its
 * meaning, every check, judgement and format is in user/nolist-xdp.8; no key is
 * there, or in the example of a configuration, that the tool does not know; and
 * what the example shows as a default is one. Why it matters: an admin believes
 * what is written there. tool/help.sh compares what the tool prints.
 */
#include "selftests/lib/tap.h"
#include "user/config/conf.h"
#include "user/lists/format.h"
#include "user/judge/verdict.h"

#define MANUAL "user/nolist-xdp.8"
#define EXAMPLE "scripts/nolist-xdp.conf"

static char *slurp(const char *path)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "r");
	size_t size;

	if (!f)
		tap_die(path);
	size = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[size] = '\0';
	return strdup(text);
}

/* The text of a section, without what follows it. */
static char *section(const char *manual, const char *name)
{
	char head[64], *from, *to;

	snprintf(head, sizeof(head), "\n.Sh %s\n", name);
	from = strstr(manual, head);
	if (!from)
		return strdup("");
	from = strdup(from + strlen(head));
	to = strstr(from, "\n.Sh ");
	if (to)
		to[1] = '\0';
	return from;
}

/* The lines below ".It Cm NAME[ REST]" up to the next macro of a list, or NULL. */
static const char *item(const char *text, const char *name, const char *rest)
{
	char head[128];
	const char *at;

	snprintf(head, sizeof(head), "\n.It Cm %s%s%s\n", name, *rest ? " " : "", rest);
	at = strstr(text, head);
	return at ? at + strlen(head) : NULL;
}

/* Is a name in the list, or among the others ("strong , weak , excused") of one item? */
static bool has_item(const char *text, const char *name)
{
	const char *line = text, *end, *at;
	size_t size = strlen(name);

	for (; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, ".It Cm ", 7))
			continue;
		for (at = line + 6; (at = strstr(at, name)) && (!end || at < end); at++)
			if (at[-1] == ' ' && (!at[size] || strchr(" \n", at[size])))
				return true;
	}
	return false;
}

/* An item's words as they are read: on one line, .Dq in its quotes. */
static void words(const char *from, char *to, size_t size)
{
	size_t n = 0;

	while (*from && strncmp(from, ".It", 3) && strncmp(from, ".El", 3)) {
		size_t line = strcspn(from, "\n");
		bool is_quote = !strncmp(from, ".Dq ", 4);

		if (is_quote) {
			from += 4;
			line -= 4;
		}
		n += snprintf(to + n, size - n, "%s%s%.*s%s", n ? " " : "", is_quote ? "\"" : "",
			      (int)line, from, is_quote ? "\"" : "");
		if (n >= size)
			tap_die("an item is too long");
		from += line + 1;
	}
}

static void test_rules(const char *manual, const char *example)
{
	char rest[32], line[64], text[1024], value[CONF_DEFAULT];
	const struct rule *r;
	const char *at, *initial;

	for (r = rule_table; r->name; r++) {
		initial = conf_key_default(conf_key_find(r->name), value);
		snprintf(rest, sizeof(rest), "No = %s", initial);
		at = item(manual, r->name, rest);
		if (!tap_ok(!!at, "the manual has %s = %s", r->name, initial))
			continue;
		words(at, text, sizeof(text));
		if (!tap_ok(!strncmp(text, r->meaning, strlen(r->meaning)), "and what it means"))
			tap_diag("'%s' is there: '%s'", r->meaning, text);
		snprintf(line, sizeof(line), "\n#%s = %s\n", r->name, initial);
		tap_ok(!!strstr(example, line), "the example has it as a default");
	}
}

static bool is_rule(const char *name)
{
	const struct rule *r;

	for (r = rule_table; r->name && strcmp(r->name, name); r++)
		;
	return r->name;
}

static void test_keys(const char *manual)
{
	unsigned int i;

	for (i = 0; conf_key(i); i++)
		if (!is_rule(conf_key(i)))
			tap_ok(has_item(manual, conf_key(i)), "the manual has %s", conf_key(i));
}

/* Keys in lines that begin so; "": in lines "[#]KEY = VALUE", as the example has them. */
static void test_strangers(const char *text, const char *begin, const char *of)
{
	const char *line = text;
	bool has_none = true;

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line;
		char name[64];
		size_t size;

		if (*begin && strncmp(at, begin, strlen(begin)))
			continue;
		at += strlen(begin) + (!*begin && *at == '#');
		size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-");
		if (!size || size >= sizeof(name) || (!*begin && strncmp(at + size, " = ", 3)))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		if (conf_key_find(name) < 0) {
			tap_diag("'%s' is no key", name);
			has_none = false;
		}
	}
	tap_ok(has_none, "%s has no key that the tool does not know", of);
}

static void test_names(const char *judgement, const char *lists)
{
	const struct format *const *f;
	int i;

	for (i = 0; i < CHECKS; i++)
		tap_ok(has_item(judgement, check_names[i]), "the manual has the check %s",
		       check_names[i]);
	for (i = 0; i < JUDGEMENTS; i++)
		tap_ok(has_item(judgement, judgement_names[i]), "the manual has the judgement %s",
		       judgement_names[i]);
	for (f = formats; *f; f++)
		tap_ok(has_item(lists, (*f)->name), "the manual has the format %s", (*f)->name);
}

int main(void)
{
	char *manual = slurp(MANUAL), *example = slurp(EXAMPLE);
	char *keys = section(manual, "CONFIGURATION");
	char *judgement = section(manual, "THE JUDGEMENT"), *lists = section(manual, "LISTS");

	test_rules(keys, example);
	test_keys(keys);
	test_strangers(keys, ".It Cm ", "the manual");
	test_strangers(example, "", "the example");
	test_names(judgement, lists);
	free(judgement);
	free(lists);
	free(keys);
	free(example);
	free(manual);
	return tap_done();
}
