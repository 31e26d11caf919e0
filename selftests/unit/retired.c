// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the release before go on working for one more: scripts that read JSON, and
 * configurations, are other people's. A member that was renamed is there under both
 * names, with one value, in a tree and in a stream; a key is taken, with a warning.
 */
#include <jansson.h>

#include "selftests/lib/tap.h"
#include "user/base/json.h"
#include "user/base/retired.h"
#include "user/config/conf.h"

static char document[4096];
static size_t used;

static int keep(void *arg, const char *bytes, size_t size)
{
	(void)arg;
	if (used + size >= sizeof(document))
		return -ENOSPC;
	memcpy(document + used, bytes, size);
	used += size;
	document[used] = '\0';
	return 0;
}

/* A document with each kind of member, written by fn. */
static json_t *written(void (*fn)(struct writer *o))
{
	static struct writer o;
	json_error_t error;
	json_t *root;

	used = 0;
	writer_open(&o, keep, NULL);
	fn(&o);
	if (writer_flush(&o))
		tap_die("writer_flush");
	root = json_loads(document, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		tap_diag("%s: %s", document, error.text);
		tap_die("no JSON");
	}
	return root;
}

static void object(struct writer *o, const char *name, const char *member)
{
	json_open(o, name, '{');
	json_number(o, member, 9);
	json_close(o, '}');
}

static void members(struct writer *o)
{
	json_number(o, "learning", 7);
	json_bool(o, "verified", true);
	json_word(o, "hold", "gaps");
	json_none(o, "hint");
	json_number(o, "opens", 5);
	object(o, "contacts", "capacity");
	object(o, "rules", "learning");
	json_open(o, "sources", '[');
	object(o, NULL, "learning");
	json_close(o, ']');
	json_close(o, '}');
}

static void tree(struct writer *o)
{
	json_open(o, NULL, '{');
	members(o);
}

static void stream(struct writer *o)
{
	json_stream(o, NULL, '{');
	members(o);
}

static void begin(struct writer *o)
{
	json_open(o, NULL, '{');
	json_begin(o, "test");
	json_close(o, '}');
}

static bool same(const json_t *root, const char *now, const char *old)
{
	return json_object_get(root, now) &&
	       json_equal(json_object_get(root, now), json_object_get(root, old));
}

static void test_members(const char *what, void (*fn)(struct writer *o))
{
	json_t *root = written(fn);

	tap_ok(same(root, "learning", "learnt") &&
		       json_integer_value(json_object_get(root, "learnt")) == 7,
	       "%s: a number has both names", what);
	tap_ok(same(root, "verified", "proven") && !json_object_get(root, "proofs"),
	       "%s: a value has its own old name, not that of an object", what);
	tap_ok(same(root, "hold", "fuse"), "%s: so has a word", what);
	tap_ok(same(root, "hint", "cure"), "%s: and nothing", what);
	tap_ok(same(root, "contacts", "claims") &&
		       same(json_object_get(root, "claims"), "capacity", "room"),
	       "%s: an object has both, and what is in it", what);
	tap_ok(same(json_array_get(json_object_get(root, "sources"), 0), "learning", "learnt"),
	       "%s: an element of an array has both", what);
	tap_ok(json_object_size(json_object_get(root, "rules")) == 1,
	       "%s: another member with a new name, which was always called that, has one", what);
	tap_ok(json_object_size(root) == 13, "%s: a member that kept its name is there once", what);
	json_decref(root);
}

static void test_deprecated(void)
{
	json_t *root = written(begin), *names = json_object_get(root, "deprecated");
	const char *old, *now;
	bool is_whole = true;
	unsigned int i;

	for (i = 0; (old = retired_members(i, &now)); i++)
		is_whole &= json_is_string(json_object_get(names, old)) &&
			    !strcmp(json_string_value(json_object_get(names, old)), now);
	tap_ok(is_whole && i && json_object_size(names) == i,
	       "each document says which names go, and what has taken their place");
	tap_ok(json_integer_value(json_object_get(root, "schema")) == JSON_SCHEMA &&
		       JSON_SCHEMA == 2,
	       "the schema's number was raised once");
	json_decref(root);
}

static struct conf conf_of(const char *text)
{
	char path[] = "/tmp/unit_retired.XXXXXX";
	int fd = mkstemp(path);
	struct conf c;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		tap_die(path);
	close(fd);
	conf_init(&c);
	conf_read(&c, path);
	unlink(path);
	return c;
}

static void test_keys(void)
{
	struct conf c = conf_of("later = \"as before\"\n");

	tap_ok(!c.errors && c.tempfail_text && !strcmp(c.tempfail_text, "as before"),
	       "a retired key is taken");
	tap_ok(c.notes == 1 && !c.note[0].is_error && strstr(c.note[0].text, "'tempfail-text'"),
	       "with a warning that says what it is called now");
	conf_free(&c);
	c = conf_of("later = \"as before\"\ntempfail-text = \"now\"\n");
	tap_ok(c.errors == 1, "both names are one key, given twice");
	conf_free(&c);
	tap_ok(!retired_key("tempfail-text") && !retired_key("no-such-key"),
	       "a key that is not retired is none");
}

int main(void)
{
	test_members("tree", tree);
	test_members("stream", stream);
	test_deprecated();
	test_keys();
	return tap_done();
}
