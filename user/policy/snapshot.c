// SPDX-License-Identifier: GPL-2.0-only
/*
 * Root has written the file; all the same nothing in it leads outside of the mapping.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "user/base/prefix_set.h"
#include "user/policy/rows.h"
#include "user/policy/snapshot.h"

#define LINE 512

/* Rows of one kind, and the key of each SAMPLE-th of them: a search is over these, then in a page or two. */
#define SAMPLE 64
struct section {
	const char *first;
	size_t rows, length;
	uint64_t *sample;
	size_t samples;
};

struct policy_snapshot {
	char *text;
	size_t size;
	struct snapshot_site site;
	struct section source, network, provider, recipient;
	struct prefix_set *exempt, *providers, *slow;
};

/* --- what holds for all --------------------------------------------------------- */

static bool take_number(const char *value, int64_t *to)
{
	char *end;

	*to = strtoll(value, &end, 10);
	return end != value && !*end && *to >= 0;
}

static bool take_mode(const char *value, struct snapshot_site *site)
{
	int mode = policy_mode_parse(value);

	if (mode >= 0)
		site->mode = mode;
	return mode >= 0;
}

static bool take_text(const char *value, char to[SNAPSHOT_WORDS])
{
	return snprintf(to, SNAPSHOT_WORDS, "%s", value) < SNAPSHOT_WORDS;
}

static bool take_low(const char *value, struct snapshot_site *site)
{
	int low[2];

	if (sscanf(value, "%1d %1d", &low[0], &low[1]) != 2)
		return false;
	site->has_low[0] = low[0];
	site->has_low[1] = low[1];
	return true;
}

static bool take_bits(const char *value, struct snapshot_site *site)
{
	unsigned int *bits = site->bits;

	return sscanf(value, "%2u %2u", &bits[0], &bits[1]) == 2 && bits[0] && bits[0] <= 32 && bits[1] &&
	       bits[1] <= 64;
}

/* A newer program may write more of them. */
static bool take_key(const char *key, const char *value, struct snapshot_site *s)
{
	const struct {
		const char *key;
		int64_t *to;
	} numbers[] = {
		{ "time", &s->time }, { "greylist-wait", &s->rules.wait_s }, { "window", &s->rules.window_s },
		{ "origin-wait", &s->rules.slow_wait_s }, { "data-window", &s->rules.data_window_s }, { "good-until", &s->good_until },
		{ "limited", &s->limited_last }, { "learning-until", &s->learning_until },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!strcmp(key, numbers[i].key))
			return take_number(value, numbers[i].to);
	if (!strcmp(key, "policy"))
		return take_mode(value, s);
	if (!strcmp(key, "name"))
		return take_text(value, s->name);
	if (!strcmp(key, "throttle"))
		return s->is_throttled = throttle_parse(value, s->throttle);
	if (!strcmp(key, "gate"))
		s->is_gated = !strcmp(value, "network");
	if (!strcmp(key, "reason"))
		return take_text(value, s->reason);
	if (!strcmp(key, "low"))
		return take_low(value, s);
	return strcmp(key, "neighbours") || take_bits(value, s);
}

/* The next line as a string, without its end; the one behind it, or NULL. */
static const char *next_line(const char *at, const char *end, char line[LINE])
{
	const char *eol = memchr(at, '\n', end - at);

	if (!eol || eol - at >= LINE || memchr(at, '\0', eol - at))
		return NULL;
	memcpy(line, at, eol - at);
	line[eol - at] = '\0';
	return eol + 1;
}

/* Returns where the rows begin, or NULL. */
static const char *read_head(struct policy_snapshot *s, const char *end)
{
	const char *at = s->text;
	char line[LINE], *value;

	while (at && at < end && (*at == '#' || *at == 'H')) {
		at = next_line(at, end, line);
		if (!at || *line == '#')
			continue;
		value = strchr(line + 2, ' ');
		if (!value)
			return NULL;
		*value++ = '\0';
		if (!take_key(line + 2, value, &s->site))
			return NULL;
	}
	return s->site.bits[0] && s->site.rules.window_s ? at : NULL;
}

/* --- rows ------------------------------------------------------------------------ */

/* A number in hex; the text is ours, and another letter counts as some digit. */
static uint64_t hex(const char *at, int digits)
{
	uint64_t n = 0;

	for (; digits; digits--, at++)
		n = n << 4 | (((*at & 15) + (*at >> 6 & 1) * 9) & 15);
	return n;
}

#define KEY_DIGITS 16

static const char *take_section(struct section *to, const char *at, const char *end, size_t rows,
				size_t length)
{
	if (!at || rows > (size_t)(end - at) / length)
		return NULL;
	*to = (struct section){ .first = at, .rows = rows, .length = length };
	return at + rows * length;
}

static int take_samples(struct section *in)
{
	size_t i, n = (in->rows + SAMPLE - 1) / SAMPLE;

	in->sample = n ? malloc(n * sizeof(*in->sample)) : NULL;
	if (n && !in->sample)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		in->sample[i] = hex(in->first + i * SAMPLE * in->length + 2, KEY_DIGITS);
	in->samples = n;
	return 0;
}

static int add_prefix(struct policy_snapshot *s, char *line)
{
	char *number = strchr(line + 2, ' ');
	struct prefix p;
	int64_t set = 0;

	if (number)
		*number++ = '\0';
	if (!*line || line[1] != ' ' || prefix_parse(line + 2, &p))
		return -EBADMSG;
	switch (*line) {
	case 'E':
		return prefix_set_add(s->exempt, &p, "");
	case 'L':
		return prefix_set_add_optional(s->exempt, &p, "");
	case 'X':
		return prefix_set_except(s->exempt, &p);
	case 'W':
		return prefix_set_add(s->slow, &p, "");
	case 'P':
		if (!number || !take_number(number, &set) || set >= (int64_t)s->provider.rows)
			return -EBADMSG;
		return prefix_set_add_until(s->providers, &p, "", set);
	}
	return -EBADMSG;
}

static int read_prefixes(struct policy_snapshot *s, const char *at, const char *end, size_t count)
{
	char line[LINE];
	int error = 0;

	for (; count && !error; count--) {
		at = at < end ? next_line(at, end, line) : NULL;
		error = at ? add_prefix(s, line) : -EBADMSG;
	}
	if (error || at != end)
		return error ? error : -EBADMSG;
	return prefix_set_sort(s->exempt) || prefix_set_sort(s->providers) || prefix_set_sort(s->slow) ? -ENOMEM : 0;
}

/* The last line; *end becomes its beginning. */
static int read_counts(const struct policy_snapshot *s, const char **end, size_t count[5])
{
	const char *last = s->text + s->size, *at = last - 1;
	char line[LINE];

	if (!s->size || *at != '\n')
		return -EBADMSG;
	while (at > s->text && at[-1] != '\n')
		at--;
	if (!next_line(at, last, line) ||
	    sscanf(line, "Z %zu %zu %zu %zu %zu", &count[0], &count[1], &count[2], &count[3], &count[4]) != 5)
		return -EBADMSG;
	*end = at;
	return 0;
}

static int read_all(struct policy_snapshot *s)
{
	const char *at, *end;
	size_t count[5];
	int error = read_counts(s, &end, count);

	if (error)
		return error;
	at = read_head(s, end);
	at = take_section(&s->source, at, end, count[0], ROW_SOURCE);
	at = take_section(&s->network, at, end, count[1], ROW_NETWORK);
	at = take_section(&s->provider, at, end, count[2], ROW_NETWORK);
	at = take_section(&s->recipient, at, end, count[4], ROW_RECIPIENT);
	if (!at)
		return -EBADMSG;
	if (take_samples(&s->source) || take_samples(&s->network) || take_samples(&s->recipient))
		return -ENOMEM;
	return read_prefixes(s, at, end, count[3]);
}

/* --- open and close -------------------------------------------------------------- */

static int map(struct policy_snapshot *s, int fd)
{
	struct stat st;
	void *text;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return -EBADMSG;
	text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	s->text = text;
	s->size = st.st_size;
	return 0;
}

int policy_snapshot_open(struct policy_snapshot **sp, int fd)
{
	struct policy_snapshot *s = calloc(1, sizeof(*s));
	int error = s ? map(s, fd) : -ENOMEM;

	*sp = NULL;
	if (!error && (prefix_set_new(&s->exempt) || prefix_set_new(&s->providers) ||
		       prefix_set_new(&s->slow)))
		error = -ENOMEM;
	if (!error)
		error = read_all(s);
	if (error)
		policy_snapshot_free(s);
	else
		*sp = s;
	return error;
}

void policy_snapshot_free(struct policy_snapshot *s)
{
	if (!s)
		return;
	prefix_set_free(s->exempt);
	prefix_set_free(s->providers);
	prefix_set_free(s->slow);
	free(s->source.sample);
	free(s->network.sample);
	free(s->recipient.sample);
	if (s->text)
		munmap(s->text, s->size);
	free(s);
}

const struct snapshot_site *policy_snapshot_site(const struct policy_snapshot *s)
{
	return &s->site;
}

/* --- look-ups -------------------------------------------------------------------- */

static int64_t time_of(const char *row, int column)
{
	return hex(row + 2 + KEY_DIGITS + 1 + 9 * column, 8);
}

/* How many of the first n samples are not above key. */
static size_t samples_upto(const uint64_t *sample, size_t n, uint64_t key)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (sample[mid] <= key)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* A key as the two numbers that its digits are: they compare as it does. */
struct digits {
	uint64_t high, low;
};

static struct digits digits_at(const char *row)
{
	struct digits d;

	memcpy(&d, row + 2, KEY_DIGITS);
	return (struct digits){ be64toh(d.high), be64toh(d.low) };
}

static struct digits digits_of(uint64_t key)
{
	static const char hex_digits[] = "0123456789abcdef";
	char row[2 + KEY_DIGITS];
	int i;

	for (i = KEY_DIGITS - 1; i >= 0; i--, key >>= 4)
		row[2 + i] = hex_digits[key & 15];
	return digits_at(row);
}

/* Its row, or NULL. */
static const char *find(const struct section *in, uint64_t key)
{
	size_t to = samples_upto(in->sample, in->samples, key) * SAMPLE, from = to ? to - SAMPLE : 0;
	struct digits is, wanted = digits_of(key);

	to = to < in->rows ? to : in->rows;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const char *row = in->first + mid * in->length;

		is = digits_at(row);
		if (is.high == wanted.high && is.low == wanted.low)
			return row;
		if (is.high < wanted.high || (is.high == wanted.high && is.low < wanted.low))
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

static void take_network(struct policy_facts *f, const char *row)
{
	if (!row)
		return;
	if (time_of(row, 0) > f->alibi_last)
		f->alibi_last = time_of(row, 0);
	if (time_of(row, 1) > f->low_last)
		f->low_last = time_of(row, 1);
}

static void take_source(struct policy_facts *f, const char *row)
{
	if (!row)
		return;
	f->listed_until = time_of(row, 0);
	f->data_first = time_of(row, 1);
	f->data_last = time_of(row, 2);
}

uint64_t policy_snapshot_find(const struct policy_snapshot *s, const struct nolist_addr *client,
			      struct policy_facts *f)
{
	struct nolist_source src = addr_source(client);
	const struct prefix_entry *provider = prefix_set_find(s->providers, &src);
	uint64_t key = row_network(client, s->site.bits[0], s->site.bits[1]);

	f->good_until = s->site.good_until;
	f->limited_last = s->site.limited_last;
	f->learning_until = s->site.learning_until;
	f->has_low = s->site.has_low[!addr_is_ip4(client)];
	f->is_exempt |= prefix_set_find(s->exempt, &src) != NULL;
	f->is_slow = prefix_set_find(s->slow, &src) != NULL;
	take_source(f, find(&s->source, row_key(client)));
	take_network(f, find(&s->network, key));
	if (provider) {
		const char *row = s->provider.first + provider->until * s->provider.length;

		take_network(f, row);
		key = hex(row + 2, KEY_DIGITS);
	}
	return key;
}

bool policy_snapshot_excepts(const struct policy_snapshot *s, const uint64_t key[3])
{
	int i;

	for (i = 0; i < 3; i++)
		if (key[i] && find(&s->recipient, key[i]))
			return true;
	return false;
}
