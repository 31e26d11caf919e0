// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers what the table is made of. What must not be refused is put first, since the
 * first one counts; what is too wide for a table is kept apart, and what is in it is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/block.h"
#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/base/log.h"
#include "user/config/keys_enforce.h"
#include "user/enforce/brake.h"
#include "user/enforce/enforce.h"
#include "user/enforce/table.h"
#include "user/enforce/worst.h"
#include "user/judge/kept.h"
#include "user/kernel/kern.h"
#include "user/store/store.h"

#define SECOND_NS 1000000000ll
#define WIDE_MAX 256
#define KEPT_KIND "enforce-list"
#define KEPT_S DAY_S /* for which a file that is gone counts as it was */

struct making {
	struct judge *j;
	struct block_maker *m;
	struct prefix wide[WIDE_MAX]; /* allowed, and wider than a table can hold */
	int wides;
	enum nolist_action act; /* of the file that is read */
	bool is_own;            /* it is the own list */
	size_t refused;         /* its prefixes that are too wide */
	unsigned int listed;    /* prefixes of all files */
	struct worst worst;     /* sources that are held if the own list has them */
	unsigned int tarpits;   /* those it has */
};

static bool is_in_wide(const struct making *k, const struct prefix *p)
{
	int i;

	for (i = 0; i < k->wides; i++)
		if (k->wide[i].len <= p->len && prefix_has(&k->wide[i], &p->addr))
			return true;
	return false;
}

static int allow(const struct prefix_entry *e, void *arg)
{
	struct making *k = arg;
	int error = block_maker_put(k->m, &e->prefix, NOLIST_ACT_ALLOW);

	if (error != -ERANGE)
		return error;
	if (k->wides == WIDE_MAX)
		return -E2BIG;
	k->wide[k->wides++] = e->prefix;
	return 0;
}

/* --- files ----------------------------------------------------------------------- */

/* A prefix, and perhaps a comment behind it, as lists of networks have it. */
static int list_line(char *line, unsigned int number, void *arg)
{
	struct making *k = arg;
	struct prefix p;
	bool is_held;
	int error;

	(void)number;
	line[strcspn(line, " \t;")] = '\0';
	if (!*line)
		return 0;
	if (prefix_parse(line, &p))
		return -EINVAL;
	if (is_in_wide(k, &p))
		return 0;
	is_held = k->is_own && worst_has(&k->worst, &p);
	k->tarpits += is_held;
	error = block_maker_put(k->m, &p, is_held ? NOLIST_ACT_TARPIT : k->act);
	if (error == -ERANGE)
		k->refused++;
	k->listed += !error;
	return error == -ERANGE ? 0 : error;
}

static int list_text(struct making *k, const char *file, const char *text, size_t size)
{
	struct lines_bad bad;
	int error;

	k->refused = 0;
	error = lines_each(text, size, list_line, k, &bad);
	if (bad.count)
		warn("'%s': line %u is not an address or a prefix; lines left out: %u", file, bad.first,
		     bad.count);
	if (k->refused)
		warn("'%s': prefixes that are too wide, and left out: %zu", file, k->refused);
	return error;
}

/* The copy's time is when its file was read last. */
static bool is_young(const struct kept *where, int64_t now)
{
	struct stat is;

	return !stat(where->path, &is) && is.st_mtim.tv_sec > now - (int64_t)KEPT_S;
}

static void keep(const struct kept *where, const char *text, size_t size)
{
	if (!kept_write(where, text, size))
		utimensat(AT_FDCWD, where->path, NULL, 0);
}

/* The last good content of a file that cannot be read. -ENOENT: there is none, or it is old. */
static int read_copy(const struct making *k, const char *file, int why, char **text, size_t *size)
{
	struct kept where;
	int error = k->j->state_dir ? kept_find(&where, k->j->state_dir, KEPT_KIND, file) : -ENOENT;

	if (!error && !is_young(&where, k->j->now))
		error = -ENOENT;
	if (!error)
		error = kept_read(&where, text, size);
	err(why, "cannot read '%s'", file);
	if (!error)
		hint("its last content counts for a day");
	else if (error != -ENOMEM)
		hint("it refuses no source");
	return error;
}

static int read_list(const struct making *k, const char *file, char **text, size_t *size)
{
	struct kept where;
	int error = lines_read(file, LINES_FILE_MAX, text, size);

	if (error == -ENOMEM)
		return error;
	if (error)
		return read_copy(k, file, error, text, size);
	if (k->j->state_dir && !kept_find(&where, k->j->state_dir, KEPT_KIND, file))
		keep(&where, *text, *size);
	return 0;
}

static int list_file(struct making *k, const char *file, enum nolist_action act, bool is_own)
{
	char *text;
	size_t size;
	int error = is_own ? lines_read(file, LINES_FILE_MAX, &text, &size) :
			     read_list(k, file, &text, &size);

	/* Of the own list there is none before its first dump. */
	if (error && is_own && error != -ENOENT)
		return fail(error, "cannot read '%s'", file);
	if (error)
		return error == -ENOMEM ? error : 0;
	k->act = act;
	k->is_own = is_own;
	error = list_text(k, file, text, size);
	free(text);
	return error;
}

/* --- the table --------------------------------------------------------------------- */

static int gather(struct making *k)
{
	const struct conf *c = k->j->conf;
	const char *file;
	int from = 0, i, error = prefix_set_each(k->j->never, allow, k);

	if (!error)
		error = prefix_set_each(k->j->allow, allow, k);
	if (!error)
		error = prefix_set_each(k->j->pardon, allow, k);
	if (!error)
		error = prefix_set_each(k->j->tests, allow, k);
	if (!error && conf_tarpit(c))
		error = worst_find(&k->worst, k->j, c->tarpit_from);
	while (!error && (file = conf_own_list(c, &from)))
		error = list_file(k, file, c->enforce, true);
	for (i = 0; i < c->enforce_lists && !error; i++)
		error = list_file(k, c->enforce_list[i].argv[0],
				  conf_action_parse(c->enforce_list[i].argv[1]), false);
	return error;
}

static int fill_head(const struct making *k, struct block_table *t)
{
	const struct conf *c = k->j->conf;
	struct nolist_block_head *h = &t->line[NOLIST_BLOCK_HEAD].head;
	struct brake b;
	int error = brake_count(&b, k->j, t);

	if (error)
		return error;
	h->mode = c->enforce == NOLIST_ACT_NOTE ? NOLIST_BLOCK_NOTED : NOLIST_BLOCK_ENFORCED;
	if (brake_pulls(&b, c->brake)) {
		warn("%u of %u verified senders of the last day are on the lists of 'enforce'%s", b.refused,
		     b.senders, h->mode == NOLIST_BLOCK_ENFORCED ? ": the brake lets all pass" : "");
		hint("a list is wrong, or a prefix too wide; \"nolist-xdp explain ADDRESS\" says which has it");
		if (h->mode == NOLIST_BLOCK_ENFORCED)
			h->mode = NOLIST_BLOCK_BRAKED;
	}
	h->held = conf_tarpit(c) & TARPIT_REAL ? NOLIST_ACT_TARPIT : c->enforce;
	h->tarpits = k->tarpits;
	h->prefixes = k->listed;
	h->senders = b.senders;
	h->refused = b.refused;
	h->made_ns = k->j->now * SECOND_NS - kern_clock_offset();
	h->until_ns = kern_now_ns() + c->enforce_expires_s * SECOND_NS;
	return 0;
}

static int make_and_put(struct making *k, const char *pin_dir)
{
	struct block_table t;
	int error = block_maker_make(k->m, &t);

	if (error)
		return error;
	error = fill_head(k, &t);
	if (!error)
		error = kern_put_block(pin_dir, t.line, t.lines);
	block_table_free(&t);
	return error;
}

static int apply(struct making *k, const char *pin_dir)
{
	int lock = kern_block_lock(pin_dir);
	int error = lock < 0 ? lock : block_maker_new(&k->m);

	if (!error)
		error = gather(k);
	if (!error)
		error = make_and_put(k, pin_dir);
	block_maker_free(k->m);
	worst_free(&k->worst);
	if (lock >= 0)
		close(lock);
	return error;
}

int enforce_apply(struct judge *j, const char *pin_dir)
{
	struct making *k;
	int error;

	if (!j->conf->enforce)
		return 0;
	k = calloc(1, sizeof(*k));
	if (!k)
		return fail(-ENOMEM, "cannot make the table of listed sources");
	k->j = j;
	error = apply(k, pin_dir);
	free(k);
	/* What was pardoned since the pardons were read. */
	if (!error && j->state_dir)
		enforce_take_off_all(pin_dir, j->state_dir, time(NULL));
	if (error == -ENOENT)
		return failx(error, "the table of listed sources has no place: nothing is loaded in '%s'",
			     pin_dir);
	return error ? fail(error, "cannot put the table of listed sources in force") : 0;
}

/* --- single sources ------------------------------------------------------------------ */

const char *enforce_look(struct kern_block *b, const char *pin_dir)
{
	static const char *const modes[] = { "enforced", "noted", "braked" };
	const struct nolist_block_head *h;

	if (kern_block_open(b, pin_dir))
		return NULL;
	if (b->n <= NOLIST_BLOCK_HEAD) {
		kern_block_close(b);
		return NULL;
	}
	h = &b->line[NOLIST_BLOCK_HEAD].head;
	return kern_now_ns() > h->until_ns ? "expired" : h->mode < 3 ? modes[h->mode] : "unknown";
}

bool enforce_refuses(const struct kern_block *b, const struct nolist_source *src)
{
	enum nolist_action act = block_table_find(b->line, b->n, src);

	return act != NOLIST_ACT_NONE && act != NOLIST_ACT_ALLOW;
}

const char *enforce_says(const char *pin_dir, const struct nolist_source *src, const char **table,
			 bool *is_held)
{
	enum nolist_action act;
	struct kern_block b;

	*table = enforce_look(&b, pin_dir);
	if (!*table)
		return NULL;
	act = block_table_find(b.line, b.n, src);
	*is_held = act == NOLIST_ACT_TARPIT;
	if (*is_held)
		act = b.line[NOLIST_BLOCK_HEAD].head.held;
	kern_block_close(&b);
	return act == NOLIST_ACT_NONE ? NULL : conf_action_name(act);
}

int enforce_take_off(const char *pin_dir, const struct prefix *p)
{
	struct kern_block b;
	int error = kern_block_open(&b, pin_dir);

	if (error)
		return error;
	error = block_table_change(b.line, b.n, p, NOLIST_ACT_ALLOW);
	kern_block_close(&b);
	return error;
}

struct taking {
	struct kern_block b;
	int64_t now, made; /* made: the table */
};

static int take_off(const struct store_pardon *p, void *arg)
{
	struct taking *t = arg;

	if (p->made <= t->now && p->until > t->now)
		block_table_change(t->b.line, t->b.n, &p->prefix, NOLIST_ACT_ALLOW);
	return 0;
}

/* One that the table's lists do not know of yet. */
static int lift(const struct store_lift *l, void *arg)
{
	struct taking *t = arg;
	struct nolist_source src;
	struct prefix p;

	if (l->at < t->made || l->at > t->now)
		return 0;
	src = pack_source(&l->key);
	p = source_prefix(&src);
	block_table_change(t->b.line, t->b.n, &p, NOLIST_ACT_NONE);
	return 0;
}

void enforce_take_off_all(const char *pin_dir, const char *state_dir, int64_t now)
{
	struct taking t = { .now = now };
	struct store *store;

	if (kern_block_open(&t.b, pin_dir))
		return;
	t.made = (long long)(t.b.line[NOLIST_BLOCK_HEAD].head.made_ns + kern_clock_offset()) / SECOND_NS;
	if (!store_open(&store, state_dir, STORE_READ)) {
		store_each_pardon(store, take_off, &t);
		store_each_lift(store, lift, &t);
		store_close(store);
	}
	kern_block_close(&t.b);
}
