// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of lists: words that are written into files which other programs read as zones,
 * tables and rules. Only characters without a meaning in any format are allowed, so that
 * no word can end its field, its line or its file.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/page_row.h"
#include "user/config/keys_lists.h"

#define DOMAIN_MAX 180     /* leaves room for an IPv6 address, nibble by nibble */
#define REASON_MAX 255     /* RFC 1035 3.3: one string of a TXT record */
#define REASON_ADDRESS 43  /* the longest address in place of '$' */
#define WORD_ENDS " \t\n"
#define USER_LEN 32
#define USER_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define NAME_LEN 20        /* ipset: 31 with everything that is added to it */

static int wrong(struct conf *conf, const char *value, const char *where, const char *what)
{
	conf_note(conf, true, "%s: '%s' is not %s", where, value, what);
	return -EINVAL;
}

static int replace(char **text, const char *value, size_t size)
{
	char *copy = strndup(value, size);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* Letters, digits, '-' and '_', in labels of 1 to 63. */
static bool is_domain(const char *value, size_t size)
{
	size_t i, label = 0;

	if (!size || size > DOMAIN_MAX)
		return false;
	for (i = 0; i < size; i++) {
		unsigned char c = value[i];

		if (c == '.' ? !label : !isalnum(c) && c != '_' && (c != '-' || !label))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63 || (c == '-' && (i + 1 == size || value[i + 1] == '.')))
			return false;
	}
	return label;
}

/* With or without a dot at its end, which is dropped. */
static int set_domain(struct conf *conf, const char *value, const char *where, char **domain)
{
	size_t size = strlen(value);

	if (size && value[size - 1] == '.')
		size--;
	if (!is_domain(value, size))
		return wrong(conf, value, where, "a domain name");
	return replace(domain, value, size);
}

int conf_set_zone(struct conf *conf, const char *value, const char *where)
{
	return set_domain(conf, value, where, &conf->list_zone);
}

int conf_set_ns(struct conf *conf, const char *value, const char *where)
{
	return set_domain(conf, value, where, &conf->list_ns);
}

int conf_set_hostmaster(struct conf *conf, const char *value, const char *where)
{
	return set_domain(conf, value, where, &conf->list_hostmaster);
}

/*
 * Not allowed: characters that end a quoted string, a variable of rbldnsd ('$' before a
 * digit, '=' or '$'), an argument of sendmail's map ('%').
 */
static bool is_reason(const char *value)
{
	size_t i, size = strlen(value), capacity = size;

	if (!size || value[0] == ' ' || value[size - 1] == ' ')
		return false;
	for (i = 0; i < size; i++) {
		if (value[i] < ' ' || value[i] > '~' || strchr("\"\\%", value[i]))
			return false;
		if (value[i] != '$')
			continue;
		if (isdigit((unsigned char)value[i + 1]) || value[i + 1] == '=' ||
		    value[i + 1] == '$')
			return false;
		capacity += REASON_ADDRESS;
	}
	return capacity <= REASON_MAX;
}

int conf_set_reason(struct conf *conf, const char *value, const char *where)
{
	if (!is_reason(value))
		return wrong(conf, value, where,
			     "a text of printable ASCII that fits into 255 characters, without "
			     "quotes, backslash, '%', or '$' before '$', '=' or a digit");
	return replace(&conf->list_reason, value, strlen(value));
}

int conf_set_list_name(struct conf *conf, const char *value, const char *where)
{
	size_t size = strlen(value), i;

	for (i = 0; i < size && (isalnum((unsigned char)value[i]) || value[i] == '_'); i++)
		;
	if (!size || i < size || size > NAME_LEN || !isalpha((unsigned char)value[0]))
		return wrong(conf, value, where, "1 to 20 letters, digits and '_', a letter first");
	return replace(&conf->list_name, value, size);
}

/* Characters that mean the same in a text of a list, in HTML, in a shell and in a URL's path. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"

static bool is_url(const char *value)
{
	const char *host = !strncmp(value, "https://", 8) ? value + 8 :
			   !strncmp(value, "http://", 7)  ? value + 7 : "";
	size_t name = strcspn(host, "/");

	return name && strlen(value) < PAGE_URL - 1 && host[strspn(host, PLAIN ":[]")] == '\0' &&
	       !strpbrk(host + name, ":[]");
}

int conf_set_page_url(struct conf *conf, const char *value, const char *where)
{
	size_t size = strlen(value);
	char url[PAGE_URL], text[REASON_MAX + 1];
	int error;

	if (!is_url(value))
		return wrong(conf, value, where, "an address such as https://HOST/PATH, without '?' and '#', of "
			     "at most 98 characters");
	snprintf(url, sizeof(url), "%s%s", value, value[size - 1] == '/' ? "" : "/");
	size = snprintf(text, sizeof(text), CONF_LIST_REASON ", see %s?address=$", url);
	error = replace(&conf->page_reason, text, size);
	size = snprintf(text, sizeof(text), DIALOGUE_TEXT_DEFAULT "; see %s", url);
	if (!error && size <= DIALOGUE_TEXT_MAX)
		error = replace(&conf->page_tempfail, text, size);
	size = snprintf(text, sizeof(text), DIALOGUE_TEXT_LISTED "; see %s", url);
	if (!error && size <= DIALOGUE_TEXT_MAX)
		error = replace(&conf->page_enforce, text, size);
	return error ? error : replace(&conf->page_url, url, strlen(url));
}

int conf_set_page_lifts(struct conf *conf, const char *value, const char *where)
{
	if (*value != '/' || strlen(value) >= PAGE_PATH || value[strspn(value, PLAIN)])
		return wrong(conf, value, where, "the absolute path of a file, of letters, digits and \"-._~/\"");
	return replace(&conf->page_lifts, value, strlen(value));
}

int conf_set_origin(struct conf *conf, const char *value, const char *where)
{
	if (*value != '/')
		return wrong(conf, value, where, "the absolute path of a file");
	return replace(&conf->origin, value, strlen(value));
}

int conf_set_maillog(struct conf *conf, const char *value, const char *where)
{
	if (*value != '/')
		return wrong(conf, value, where, "the absolute path of a file");
	return replace(&conf->maillog, value, strlen(value));
}

int conf_split(const char *text, char **words, char ***argv)
{
	char *rest, **at;

	*words = strdup(text);
	/* Each word but the last takes two characters at least; NULL comes last. */
	*argv = at = calloc(strlen(text) / 2 + 2, sizeof(*at));
	if (!*words || !at) {
		free(*words);
		free(at);
		*words = NULL;
		*argv = NULL;
		return -ENOMEM;
	}
	*at = strtok_r(*words, WORD_ENDS, &rest);
	while (*at)
		*++at = strtok_r(NULL, WORD_ENDS, &rest);
	return 0;
}

const char *conf_shell_word(char **argv)
{
	static const char *const words[] = { "&&", "||", ";", "&", "|", ">", ">>", "<", "2>&1" };
	size_t i;

	for (; *argv; argv++)
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!strcmp(*argv, words[i]))
				return *argv;
	return NULL;
}

int conf_add_list(struct conf *conf, const char *value, const char *where)
{
	struct conf_list list, *grown;

	if (conf_split(value, &list.words, &list.argv))
		return -ENOMEM;
	grown = reallocarray(conf->list, conf->lists + 1, sizeof(*grown));
	if (!grown || !list.argv[0] || !list.argv[1] || *list.argv[1] != '/') {
		free(list.words);
		free(list.argv);
		conf->list = grown ? grown : conf->list;
		return grown ? wrong(conf, value, where,
				     "a format, an absolute path, and optionally a command") :
			       -ENOMEM;
	}
	strncpy(list.where, where, sizeof(list.where) - 1);
	list.where[sizeof(list.where) - 1] = '\0';
	if (conf_shell_word(list.argv))
		conf_note(conf, false, "%s: there is no shell: '%s' is a word for the command; put "
			  "both into a script", where, conf_shell_word(list.argv));
	conf->list = grown;
	conf->list[conf->lists++] = list;
	conf->is_stamped |= !strcmp(list.argv[0], "policy");
	return 0;
}

static bool is_same_file(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* A user's name, as useradd(8) takes it, and an absolute path or nothing. */
static bool is_reload_user(char **argv)
{
	return argv[0] && (isalpha((unsigned char)*argv[0]) || *argv[0] == '_') && strlen(argv[0]) <= USER_LEN &&
	       !argv[0][strspn(argv[0], USER_CHARS)] &&
	       (!argv[1] || (*argv[1] == '/' && !argv[2]));
}

static void check_reload_user(struct conf *conf, const struct conf_list *user, const char *value)
{
	int i;

	for (i = 0; i < conf->reload_users; i++)
		if (is_same_file(conf->reload_user[i].argv[1], user->argv[1]))
			conf_note(conf, true, "%s: '%s' is for the same as the one at %s", user->where,
				  value, conf->reload_user[i].where);
}

int conf_add_reload_user(struct conf *conf, const char *value, const char *where)
{
	struct conf_list user = {}, *grown = NULL;
	int error = 0;

	if (conf_split(value, &user.words, &user.argv))
		return -ENOMEM;
	snprintf(user.where, sizeof(user.where), "%s", where);
	if (!is_reload_user(user.argv))
		error = wrong(conf, value, where, "a user, and optionally the absolute path of a list's "
			      "file");
	else
		grown = reallocarray(conf->reload_user, conf->reload_users + 1, sizeof(*grown));
	if (!grown) {
		free(user.words);
		free(user.argv);
		return error ? error : -ENOMEM;
	}
	conf->reload_user = grown;
	check_reload_user(conf, &user, value);
	conf->reload_user[conf->reload_users++] = user;
	return 0;
}

const char *conf_reload_user(const struct conf *conf, const char *file)
{
	const char *all = NULL;
	int i;

	for (i = 0; i < conf->reload_users; i++) {
		char *const *argv = conf->reload_user[i].argv;

		if (!argv[1])
			all = argv[0];
		else if (is_same_file(argv[1], file))
			return argv[0];
	}
	return all;
}

static void free_split(struct conf_list *list, int n)
{
	while (n--) {
		free(list[n].words);
		free(list[n].argv);
	}
	free(list);
}

void conf_free_lists(struct conf *conf)
{
	free_split(conf->list, conf->lists);
	free_split(conf->reload_user, conf->reload_users);
	free(conf->list_zone);
	free(conf->list_ns);
	free(conf->list_hostmaster);
	free(conf->list_reason);
	free(conf->list_name);
	free(conf->page_url);
	free(conf->page_reason);
	free(conf->page_tempfail);
	free(conf->page_enforce);
	free(conf->page_lifts);
	free(conf->origin);
	free(conf->maillog);
}
