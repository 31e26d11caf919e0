// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells and mends what has become of the attachment; see attached.h. Two notes in the
 * state directory: "unloaded", and "attached", whose first line is what was told last, and
 * whose others are the times of the last loads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/state_note.h"
#include "user/base/text.h"
#include "user/check/attached.h"
#include "user/cmd/attached.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/kernel/kern.h"

#define NOTE_UNLOADED "unloaded"
#define NOTE_ATTACHED "attached"
#define TRIES 3 /* in an hour */

struct note {
	char told[ATTACHED_TEXT];
	long long tried[TRIES]; /* seconds since 1970, the oldest first; 0: none */
};

static void note_read(struct note *n)
{
	char text[STATE_NOTE_MAX], *line, *rest;
	int i;

	*n = (struct note){};
	if (state_note_read(options.state_dir, NOTE_ATTACHED, text))
		return;
	rest = text;
	line = strsep(&rest, "\n");
	snprintf(n->told, sizeof(n->told), "%s", line);
	for (i = 0; i < TRIES && (line = strsep(&rest, "\n")); i++)
		n->tried[i] = strtoll(line, NULL, 10);
}

static int note_write(const struct note *n)
{
	char text[STATE_NOTE_MAX];

	snprintf(text, sizeof(text), "%.1900s\n%lld\n%lld\n%lld\n", n->told, n->tried[0],
		 n->tried[1], n->tried[2]);
	return state_note_write(options.state_dir, NOTE_ATTACHED, text);
}

/* The interfaces that were unloaded: a line each; "*": all. "": none. */
static void unloaded_read(char text[STATE_NOTE_MAX])
{
	if (state_note_read(options.state_dir, NOTE_UNLOADED, text))
		*text = '\0';
}

static bool is_unloaded(const char *text, const char *name)
{
	size_t size = strlen(name);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (*text == '*' || (!strncmp(text, name, size) && text[size] == '\n'))
			return true;
	return false;
}

void attached_note_unload(const char *const *names, int n)
{
	char text[STATE_NOTE_MAX];
	size_t size;
	int i;

	unloaded_read(text);
	for (i = 0; i < n; i++) {
		size = strlen(text);
		if (!is_unloaded(text, names[i]))
			snprintf(text + size, sizeof(text) - size, "%s\n", names[i]);
	}
	state_note_write(options.state_dir, NOTE_UNLOADED, n ? text : "*\n");
}

void attached_note_load(void)
{
	state_note_remove(options.state_dir, NOTE_UNLOADED);
}

/* --- telling -------------------------------------------------------------------------- */

static void tell_one(const struct attached_if *i, bool was_unloaded)
{
	switch (i->state) {
	case ATTACHED:
	case ATTACHED_UNKNOWN:
		break;
	case ATTACHED_STALE:
		warn("'%s': link addresses or addresses of this host have changed since the load",
		     i->name);
		break;
	case ATTACHED_DETACHED:
		warn("'%s': the program is not attached any more%s: nothing is seen there", i->name,
		     was_unloaded ? ", since \"nolist-xdp unload\"" : "");
		break;
	case ATTACHED_FOREIGN:
		warn("'%s': another XDP program is attached, which is not replaced: nothing is seen "
		     "there", i->name);
		break;
	case ATTACHED_ABSENT:
		warn("'%s': there is no such interface any more: nothing is seen there", i->name);
	}
}

/* Logs what is not as it was told last, and notes it. */
static int tell(struct note *n, struct attached *a, const char *unloaded)
{
	char text[ATTACHED_TEXT];
	int i;

	attached_resolve(a, n->told);
	attached_text(a, text);
	if (!strcmp(text, n->told))
		return 0;
	for (i = 0; i < a->n; i++)
		tell_one(&a->interface[i], is_unloaded(unloaded, a->interface[i].name));
	if (!*text)
		info("the program is attached everywhere again");
	strcpy(n->told, text);
	return note_write(n);
}

int attached_tell(const struct conf *conf)
{
	char unloaded[STATE_NOTE_MAX];
	struct attached a;
	struct note n;

	/* Whatever prevents a look is told by the command itself. */
	if (!conf->interfaces || attached_look(&a, conf, options.pin_dir))
		return EXIT_DONE;
	unloaded_read(unloaded);
	note_read(&n);
	tell(&n, &a, unloaded);
	return attached_is_everywhere(&a) ? EXIT_DONE : EXIT_WARNED;
}

/* --- mending ---------------------------------------------------------------------------- */

/* May it be tried now? Notes that it is. */
static bool take_try(struct note *n)
{
	long long now = time(NULL);

	if (n->tried[0] > now - HOUR_S && n->tried[0] <= now)
		return false;
	memmove(n->tried, n->tried + 1, sizeof(n->tried) - sizeof(*n->tried));
	n->tried[TRIES - 1] = now;
	/* What cannot be counted is not tried: it would be tried for ever. */
	return !note_write(n);
}

/* Those that a load could mend, and with them all that have the program. */
static int to_load(const struct attached *a, const char *unloaded,
		   const char *names[KERN_IFS_MAX])
{
	bool is_any = false;
	int i, n = 0;

	for (i = 0; i < a->n; i++) {
		enum attached_state state = a->interface[i].state;

		if (state > ATTACHED_DETACHED || is_unloaded(unloaded, a->interface[i].name))
			continue;
		names[n++] = a->interface[i].name;
		is_any |= state == ATTACHED_STALE || state == ATTACHED_DETACHED;
	}
	return is_any ? n : 0;
}

/* What is well now has been told; what is not is as it was. */
static void say_mended(struct note *n, const struct attached *before, const struct conf *conf)
{
	struct attached now;
	int i;

	if (attached_look(&now, conf, options.pin_dir))
		return;
	for (i = 0; i < now.n; i++)
		if (now.interface[i].state == ATTACHED && before->interface[i].state != ATTACHED)
			info("'%s': loaded again", now.interface[i].name);
	attached_text(&now, n->told);
	note_write(n);
}

static int heal(const struct conf *conf, const char *file)
{
	const char *names[KERN_IFS_MAX];
	char unloaded[STATE_NOTE_MAX];
	unsigned long long until_ns;
	struct attached a;
	struct note n;
	int count, status = EXIT_DONE;

	/* Whatever prevents a look is told by collect. */
	if (!conf->interfaces || attached_look(&a, conf, options.pin_dir))
		return EXIT_DONE;
	/* After the look: unload notes it before it detaches. */
	unloaded_read(unloaded);
	note_read(&n);
	tell(&n, &a, unloaded);
	count = to_load(&a, unloaded, names);
	/* A probation that has ended is meant to end. */
	if (!count || !kern_probation(options.pin_dir, &until_ns))
		return attached_is_everywhere(&a) ? EXIT_DONE : EXIT_WARNED;
	if (!take_try(&n))
		return EXIT_WARNED;
	status = load_again(file, names, count);
	if (!status)
		say_mended(&n, &a, conf);
	return status;
}

int heal_run(const char *file)
{
	struct conf conf;
	int status = cmd_conf(&conf, file);

	if (!status)
		status = heal(&conf, file);
	conf_free(&conf);
	return status;
}
