// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge's list: put, got, and walked over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/base/page_row.h"
#include "user/base/state_note.h"
#include "user/base/text.h"
#include "user/share/published.h"
#include "user/share/sign.h"

#define LIST_NOTE "share.list"

static const char magic[8] = "nolist-l";
#define ENVELOPE (sizeof(magic) + DIGEST_BYTES)

int published_put(struct transport *t, const char *file, const uint8_t *private)
{
	const struct key key = { .kind = KEY_LIST };
	struct bytes b = {};
	uint8_t digest[DIGEST_BYTES];
	char *text;
	size_t size;
	int error = lines_read(file, LINES_FILE_MAX, &text, &size);

	if (error)
		return fail(error, "cannot read '%s'", file);
	digest_of(text, size, digest);
	bytes_raw(&b, magic, sizeof(magic));
	bytes_raw(&b, digest, sizeof(digest));
	bytes_raw(&b, text, size);
	if (private)
		sign_append(&b, private);
	error = b.is_bad ? fail(-ENOMEM, "cannot hold the list") :
			   transport_put(t, &key, b.at, b.used);
	if (!error)
		error = transport_sync(t);
	free(b.at);
	free(text);
	return error;
}

/* --- what is got ---------------------------------------------------------------------- */

static bool is_whole(const uint8_t *bytes, size_t size)
{
	uint8_t digest[DIGEST_BYTES];

	if (size < ENVELOPE || memcmp(bytes, magic, sizeof(magic)))
		return false;
	digest_of(bytes + ENVELOPE, size - ENVELOPE, digest);
	return !memcmp(bytes + sizeof(magic), digest, sizeof(digest));
}

/* "# KEY: TIME" in the head. */
static void read_time(const char *line, size_t size, const char *name, int64_t *time)
{
	size_t name_size = strlen(name);
	char text[TEXT_TIME];

	if (size <= name_size || memcmp(line, name, name_size) || size - name_size >= sizeof(text))
		return;
	memcpy(text, line + name_size, size - name_size);
	text[size - name_size] = '\0';
	text_time_parse(text, time);
}

static int read_list(struct published *p, const char *text, size_t size)
{
	const char *at = text, *end = text + size, *eol;

	for (; at < end && *at == '#'; at = eol + 1) {
		eol = memchr(at, '\n', end - at);
		if (!eol)
			return -EBADMSG;
		read_time(at, eol - at, "# time: ", &p->time);
		read_time(at, eol - at, "# expires: ", &p->expires);
	}
	p->row = at;
	p->rows = (end - at) / PAGE_ROW;
	return p->time > 0 && p->expires > p->time && !((end - at) % PAGE_ROW) ? 0 : -EBADMSG;
}

static bool parse_row(const char *line, struct judged *of)
{
	char text[PAGE_ROW + 1], source[32];
	long long since, until, next;
	unsigned int walks;
	struct prefix p;
	int tier;

	memcpy(text, line, PAGE_ROW);
	text[PAGE_ROW] = '\0';
	if (text[PAGE_ROW - 1] != '\n' ||
	    sscanf(text, "%31s %10lld %10lld %1d %1u %10lld", source, &since, &until, &tier, &walks,
		   &next) != 6 || prefix_parse(source, &p))
		return false;
	*of = (struct judged){ .r.src = addr_source(&p.addr) };
	of->v.is = tier == 2 ? JUDGED_OFFENDER : JUDGED_PROBABLE;
	of->v.is_strong = tier == 2;
	of->v.is_verified = true;
	of->v.since = since;
	of->v.until = until;
	of->v.walks = walks;
	of->v.walk_next = next;
	return true;
}

/* Rows that make sense, in the order of addresses. */
static bool is_in_order(const struct published *p)
{
	struct nolist_addr last = {};
	struct judged of;
	size_t i;

	for (i = 0; i < p->rows; i++) {
		if (!parse_row(p->row + i * PAGE_ROW, &of) ||
		    addr_compare(&of.r.src.addr, &last) <= 0)
			return false;
		last = of.r.src.addr;
	}
	return true;
}

int published_get(struct published *p, struct transport *t, const uint8_t *public, int64_t now)
{
	const struct key key = { .kind = KEY_LIST };
	char when[TEXT_TIME];
	size_t size;
	int error;

	*p = (struct published){};
	error = transport_get_one(t, &key, LIST_MAX, &p->bytes, &size);
	if (error)
		return error;
	if (!p->bytes)
		return failx(-ENODATA, "there is no list: \"nolist-xdp share judge\" makes it");
	if (public && !sign_is_by(p->bytes, size, public))
		return failx(-EACCES, "the shared list is not signed by the judge's key");
	size = sign_body(p->bytes, size);
	if (!is_whole(p->bytes, size) || read_list(p, (char *)p->bytes + ENVELOPE, size - ENVELOPE) ||
	    !is_in_order(p))
		return failx(-EBADMSG, "the shared list is damaged, or was made by another version");
	if (p->expires <= now)
		return failx(-ESTALE, "the shared list has expired at %s", text_time(p->expires, when));
	if (p->time > now + HOUR_S)
		return failx(-EPROTO, "the shared list is of %s, which is yet to come",
			     text_time(p->time, when));
	return 0;
}

int published_note(const struct published *p, const char *state_dir)
{
	char text[STATE_NOTE_MAX], was[TEXT_TIME], is[TEXT_TIME];
	int error = state_note_read(state_dir, LIST_NOTE, text);
	int64_t last = error ? 0 : strtoll(text, NULL, 10);

	if (error && error != -ENOENT)
		return fail(error, "cannot read '%s/" LIST_NOTE "'", state_dir);
	if (p->time < last)
		return failx(-EPROTO, "the shared list is of %s, older than the last one, of %s",
			     text_time(p->time, is), text_time(last, was));
	if (p->time == last)
		return 0;
	snprintf(text, sizeof(text), "%lld\n", (long long)p->time);
	error = state_note_write(state_dir, LIST_NOTE, text);
	return error ? fail(error, "cannot write '%s/" LIST_NOTE "'", state_dir) : 0;
}

/* --- as the judge's sources -------------------------------------------------------------- */

static void next_data(struct published *p)
{
	struct record r;
	int ret = p->j->error ? p->j->error : evidence_next(p->j->evidence, &r);

	p->has_data = ret > 0;
	if (p->has_data)
		p->data = r.src;
	else
		p->j->error = ret;
}

static void start(void *arg)
{
	struct published *p = arg;

	p->next = p->entries = p->own = 0;
	p->j->error = evidence_start(p->j->evidence, EVIDENCE_DATA);
	next_data(p);
}

static bool next(void *arg, struct judged *of)
{
	struct published *p = arg;
	int order = 1;

	if (p->next == p->rows || p->j->error)
		return false;
	parse_row(p->row + p->next++ * PAGE_ROW, of);
	while (p->has_data && (order = addr_compare(&p->data.addr, &of->r.src.addr)) < 0)
		next_data(p);
	p->entries++;
	if (p->has_data && !order) {
		p->own++;
		of->v.is = JUDGED_ALIBI;
		return true;
	}
	if (of->v.until <= p->j->now)
		of->v.is = JUDGED_EXPIRED;
	judge_settle(p->j, &p->j->site, of);
	return true;
}

int published_take(struct published *p, struct judge *j, struct evidence *own)
{
	const struct site_family family = { .has_low = true, .has_real = true, .has_high = true,
					    .real_last = p->time, .data_last = p->time };
	int error;

	p->j = j;
	p->given = (struct judge_given){ p, start, next };
	j->now = p->time;
	j->rules.list_life_s = p->expires - p->time;
	/* Whether senders were seen is the judge's to know. */
	j->site.family[0] = j->site.family[1] = family;
	error = judge_take_own(j, own);
	return error ? error : judge_take_given(j, &p->given);
}

void published_free(struct published *p)
{
	free(p->bytes);
	*p = (struct published){};
}
