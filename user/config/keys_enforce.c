// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of what is done to listed sources at the real MX.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/block.h"
#include "user/base/text.h"
#include "user/config/keys_enforce.h"
#include "user/config/keys_lists.h"
#include "user/config/values.h"

static const char *const actions[NOLIST_ACTIONS] = {
	[NOLIST_ACT_NONE] = "off",     [NOLIST_ACT_NOTE] = "note", [NOLIST_ACT_TEMPFAIL] = "tempfail",
	[NOLIST_ACT_RESET] = "reset",  [NOLIST_ACT_DROP] = "drop", [NOLIST_ACT_TARPIT] = "tarpit",
};

void conf_init_enforce(struct conf *conf)
{
	conf->enforce_expires_s = 2 * HOUR_S;
	conf->brake = 10;
	conf->tarpit_from = NOLIST_HOURS;
	conf->tarpit_lines = 12;
}

const char *conf_action_name(unsigned int act)
{
	return act < NOLIST_ACTIONS && actions[act] ? actions[act] : "allow";
}

int conf_action_parse(const char *word)
{
	int act;

	for (act = NOLIST_ACT_NONE; act <= NOLIST_ACT_DROP; act++)
		if (!strcmp(word, actions[act]))
			return act;
	return -EINVAL;
}

int conf_set_enforce(struct conf *conf, const char *value, const char *where)
{
	int act = conf_action_parse(value);

	if (act < 0) {
		conf_note(conf, true, "%s: '%s' is not off, note, tempfail, reset or drop%s", where, value,
			  strcmp(value, "tarpit") ? "" : "; for single sources there is tarpit = real");
		return -EINVAL;
	}
	conf->enforce = act;
	return 0;
}

int conf_add_enforce_list(struct conf *conf, const char *value, const char *where)
{
	struct conf_list list = {}, *grown;
	int act = -EINVAL;

	if (conf_split(value, &list.words, &list.argv))
		return -ENOMEM;
	if (list.argv[0] && *list.argv[0] == '/' && list.argv[1] && !list.argv[2])
		act = conf_action_parse(list.argv[1]);
	grown = act > NOLIST_ACT_NONE ? reallocarray(conf->enforce_list, conf->enforce_lists + 1,
						    sizeof(*grown)) : NULL;
	if (!grown) {
		free(list.words);
		free(list.argv);
		if (act > NOLIST_ACT_NONE)
			return -ENOMEM;
		conf_note(conf, true, "%s: '%s' is not the absolute path of a file and note, tempfail, "
			  "reset or drop", where, value);
		return -EINVAL;
	}
	strncpy(list.where, where, sizeof(list.where) - 1);
	conf->enforce_list = grown;
	conf->enforce_list[conf->enforce_lists++] = list;
	return 0;
}

int conf_set_enforce_expires(struct conf *conf, const char *value, const char *where)
{
	return value_set_time(conf, value, where, 60, 30 * DAY_S, &conf->enforce_expires_s);
}

int conf_set_enforce_text(struct conf *conf, const char *value, const char *where)
{
	return value_set_text(conf, value, where, DIALOGUE_TEXT_MAX, true, &conf->enforce_text);
}

int conf_set_brake(struct conf *conf, const char *value, const char *where)
{
	size_t size = strcspn(value, "%");
	char number[8] = "";

	if (!strcmp(value, "off")) {
		conf->brake = 0;
		return 0;
	}
	if (!value[size] || !value[size + 1])
		snprintf(number, sizeof(number), "%.*s", (int)size, value);
	if (!value_number(number, 1, 100, &conf->brake))
		return 0;
	conf_note(conf, true, "%s: '%s' is not off, or a share from 1%% to 100%%", where, value);
	return -EINVAL;
}

int conf_add_low_pass(struct conf *conf, const char *value, const char *where)
{
	struct prefix p;
	char **grown;

	if (*value != '/' && prefix_parse(value, &p)) {
		conf_note(conf, true, "%s: '%s' is not an address, a prefix or the absolute path of a file",
			  where, value);
		return -EINVAL;
	}
	grown = reallocarray(conf->low_pass, conf->low_passes + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	conf->low_pass = grown;
	grown[conf->low_passes] = strdup(value);
	return grown[conf->low_passes] && ++conf->low_passes ? 0 : -ENOMEM;
}

int conf_set_tarpit(struct conf *conf, const char *value, const char *where)
{
	static const char *const places[] = { "off", "real", "high", "both" };
	unsigned int i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strcmp(value, places[i])) {
			conf->tarpit = i;
			return 0;
		}
	conf_note(conf, true, "%s: '%s' is not off, real, high or both", where, value);
	return -EINVAL;
}

int conf_set_tarpit_from(struct conf *conf, const char *value, const char *where)
{
	return value_set_number(conf, value, where, 3, 10000, &conf->tarpit_from);
}

int conf_set_tarpit_lines(struct conf *conf, const char *value, const char *where)
{
	return value_set_number(conf, value, where, 0, NOLIST_TARPIT_LINES, &conf->tarpit_lines);
}

unsigned int conf_tarpit(const struct conf *conf)
{
	return conf->enforce > NOLIST_ACT_NOTE ? conf->tarpit : 0;
}

const char *conf_own_list(const struct conf *conf, int *from)
{
	for (; *from < conf->lists; ++*from)
		if (!strcmp(conf->list[*from].argv[0], "xdp"))
			return conf->list[(*from)++].argv[1];
	return NULL;
}

bool conf_is_written(const struct conf *conf)
{
	return conf->lists || (conf->enforce && conf->enforce_lists);
}

void conf_check_enforce(struct conf *conf)
{
	int from = 0;
	bool has_list = conf_own_list(conf, &from) || conf->enforce_lists;

	if (conf->enforce && !has_list)
		conf_note(conf, false, "'enforce' has no list: list = { \"xdp FILE\" }, or enforce-list");
	else if (!conf->enforce && has_list)
		conf_note(conf, false, "'enforce' is off: no source is refused at the real MX");
	from = 0;
	if (conf->tarpit && !conf_tarpit(conf))
		conf_note(conf, false, "'tarpit' holds no source while 'enforce' is off or note");
	else if (conf->tarpit && !conf_own_list(conf, &from))
		conf_note(conf, false, "'tarpit' holds sources of the own list only: list = { \"xdp FILE\" }");
	else if (conf->tarpit && conf->tarpit_from > NOLIST_HOURS && !conf->is_collected)
		conf_note(conf, false, "'tarpit-from' is more than the %d hours that are known of a source "
			  "without collect = yes", NOLIST_HOURS);
}

void conf_free_enforce(struct conf *conf)
{
	while (conf->enforce_lists) {
		free(conf->enforce_list[--conf->enforce_lists].words);
		free(conf->enforce_list[conf->enforce_lists].argv);
	}
	while (conf->low_passes)
		free(conf->low_pass[--conf->low_passes]);
	free(conf->low_pass);
	free(conf->enforce_list);
	free(conf->enforce_text);
}
