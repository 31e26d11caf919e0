// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of sharing evidence with other nodes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/keys_share.h"
#include "user/config/values.h"

#define WHERE_MAX 200
#define NAME_MAX_BYTES 64
#define KEY_DIGITS 64
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

static int wrong(struct conf *conf, const char *value, const char *where, const char *what)
{
	conf_note(conf, true, "%s: '%s' is not %s", where, value, what);
	return -EINVAL;
}

static int replace(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static bool is_path(const char *value)
{
	return *value == '/' && value[1];
}

int conf_set_share(struct conf *conf, const char *value, const char *where)
{
	size_t size = strlen(value), i;
	bool is_redis = !strncmp(value, "redis://", 8) && value[8];

	for (i = 0; i < size && value[i] > ' ' && value[i] <= '~'; i++)
		;
	if (i < size || size > WHERE_MAX ||
	    !(is_redis || is_path(value) || (!strncmp(value, "unix:", 5) && is_path(value + 5))))
		return wrong(conf, value, where, "redis://HOST[:PORT], unix:PATH or the absolute path "
			     "of a directory");
	return replace(&conf->share, value);
}

static int set_name(struct conf *conf, const char *value, const char *where, char **name)
{
	size_t size = strspn(value, NAME_CHARS);

	if (!size || value[size] || size > NAME_MAX_BYTES || strchr("._-", *value))
		return wrong(conf, value, where, "a name of letters, digits, '-', '_' and '.'");
	return replace(name, value);
}

int conf_set_share_node(struct conf *conf, const char *value, const char *where)
{
	return set_name(conf, value, where, &conf->share_node);
}

int conf_set_share_user(struct conf *conf, const char *value, const char *where)
{
	return set_name(conf, value, where, &conf->share_user);
}

static int set_file(struct conf *conf, const char *value, const char *where, char **file)
{
	return is_path(value) ? replace(file, value) :
				wrong(conf, value, where, "the absolute path of a file");
}

int conf_set_share_nodes(struct conf *conf, const char *value, const char *where)
{
	return set_file(conf, value, where, &conf->share_nodes);
}

int conf_set_share_secret_file(struct conf *conf, const char *value, const char *where)
{
	return set_file(conf, value, where, &conf->share_secret_file);
}

int conf_set_share_key_file(struct conf *conf, const char *value, const char *where)
{
	return set_file(conf, value, where, &conf->share_key_file);
}

int conf_set_share_list_key(struct conf *conf, const char *value, const char *where)
{
	if (strspn(value, "0123456789abcdef") != KEY_DIGITS || value[KEY_DIGITS])
		return wrong(conf, value, where, "a public key of 64 hex digits");
	return replace(&conf->share_list_key, value);
}

int conf_set_share_leave_out(struct conf *conf, const char *value, const char *where)
{
	unsigned int n;
	int error = value_set_number(conf, value, where, 0, CONF_LEAVE_OUT_MAX, &n);

	if (!error)
		conf->share_leave_out = n;
	return error;
}

int conf_set_share_weight(struct conf *conf, const char *value, const char *where)
{
	unsigned int n;
	int error = value_set_number(conf, value, where, 1, 100, &n);

	if (!error)
		conf->share_weight = n;
	return error;
}

int conf_set_share_compress(struct conf *conf, const char *value, const char *where)
{
	conf->is_share_raw = !strcmp(value, "none");
	return conf->is_share_raw || !strcmp(value, "zstd") ? 0 : wrong(conf, value, where, "zstd or none");
}

void conf_free_share(struct conf *conf)
{
	free(conf->share);
	free(conf->share_node);
	free(conf->share_nodes);
	free(conf->share_user);
	free(conf->share_secret_file);
	free(conf->share_key_file);
	free(conf->share_list_key);
}
