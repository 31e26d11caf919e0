// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of a request are separated by blanks: the configuration allows none in a file's name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/socket_call.h"
#include "user/lists/reload_by.h"

#define LONGER_S 30 /* than the command itself may take */

static const char *const ends[] = {
	[RELOAD_DONE] = "done",
	[RELOAD_STATUS] = "status",
	[RELOAD_SIGNAL] = "signal",
	[RELOAD_TIME] = "time",
	[RELOAD_ERROR] = "error",
};

#define ENDS (sizeof(ends) / sizeof(*ends))

/* --- the side that judges ------------------------------------------------------ */

static int call(const char *socket, const char *request, unsigned int limit_s,
		char answer[RELOAD_ANSWER])
{
	return socket_call(socket, request, limit_s + LONGER_S, answer, RELOAD_ANSWER);
}

/* What an answer says; RELOAD_NOBODY: nothing that is known. */
static enum reload_end end_of(const char *answer, int *value)
{
	char word[RELOAD_ANSWER];
	size_t i;

	*value = 0;
	if (sscanf(answer, "%31s %d", word, value) >= 1)
		for (i = 0; i < ENDS; i++)
			if (!strcmp(word, ends[i]))
				return i;
	*value = -EPROTO;
	return RELOAD_NOBODY;
}

enum reload_end reload_by(const char *socket, const char *file, unsigned int limit_s, int *value)
{
	char request[RELOAD_REQUEST], answer[RELOAD_ANSWER];
	enum reload_end end;

	*value = -ENAMETOOLONG;
	if (snprintf(request, sizeof(request), "reload %s\n", file) < (int)sizeof(request))
		*value = call(socket, request, limit_s, answer);
	if (*value)
		return RELOAD_NOBODY;
	end = end_of(answer, value);
	if (end == RELOAD_ERROR)
		*value = -*value;
	return end;
}

static void name_first(const struct reader *r, int family, char text[ADDR_TEXT])
{
	strcpy(text, "-");
	if (r->has[family])
		addr_text(&r->first[family].addr, text);
}

bool reload_by_has_lost(const char *socket, const char *file, const struct reader *r)
{
	char request[RELOAD_REQUEST], answer[RELOAD_ANSWER], first[2][ADDR_TEXT];

	if (!reader_can_be_asked(r))
		return false;
	name_first(r, 0, first[0]);
	name_first(r, 1, first[1]);
	return snprintf(request, sizeof(request), "lost %s %s %s\n", file, first[0], first[1]) <
		       (int)sizeof(request) &&
	       !call(socket, request, 2 * r->reload.limit_s, answer) && !strcmp(answer, "lost");
}

/* --- the other side ------------------------------------------------------------ */

static const struct conf_list *find_list(const struct conf *conf, const char *file)
{
	int i;

	for (i = 0; i < conf->lists; i++)
		if (!strcmp(conf->list[i].argv[1], file))
			return conf->list[i].argv[2] ? &conf->list[i] : NULL;
	return NULL;
}

static int take_first(struct reader *r, int family, const char *text)
{
	struct nolist_addr addr;

	if (!text)
		return -EINVAL;
	if (!strcmp(text, "-"))
		return 0;
	if (addr_parse(text, &addr) || addr_is_ip4(&addr) == family)
		return -EINVAL;
	r->first[family] = addr_source(&addr);
	r->has[family] = true;
	return 0;
}

static int answer_lost(struct reader *r, char **rest, char answer[RELOAD_ANSWER])
{
	if (take_first(r, 0, strtok_r(NULL, " ", rest)) || take_first(r, 1, strtok_r(NULL, " ", rest)))
		return -EINVAL;
	snprintf(answer, RELOAD_ANSWER, "%s\n", reader_has_lost(r) ? "lost" : "there");
	return 0;
}

static int answer_reload(const struct reader *r, char answer[RELOAD_ANSWER])
{
	int value;
	enum reload_end end = reload_run(&r->reload, &value);

	snprintf(answer, RELOAD_ANSWER, "%s %d\n", ends[end], end == RELOAD_ERROR ? -value : value);
	return 0;
}

int reload_answer(const struct conf *conf, char *request, char answer[RELOAD_ANSWER])
{
	const struct format_words words = list_words(conf);
	struct reader r = { .words = &words };
	const struct conf_list *list;
	const char *what, *file;
	char *rest;

	request[strcspn(request, "\n")] = '\0';
	what = strtok_r(request, " ", &rest);
	file = what ? strtok_r(NULL, " ", &rest) : NULL;
	list = file ? find_list(conf, file) : NULL;
	if (!list)
		return fail(-EINVAL, "no list with a reload command is asked for");
	r.format = format_find(list->argv[0]);
	r.reload = (struct reload){ .argv = list->argv + 2, .user = conf_reload_user(conf, file),
				    .limit_s = conf->reload_s };
	if (!strcmp(what, "reload"))
		return answer_reload(&r, answer);
	if (!strcmp(what, "lost") && !answer_lost(&r, &rest, answer))
		return 0;
	return fail(-EINVAL, "the request is not understood");
}
