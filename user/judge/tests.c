// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells sources of tests from others.
 */
#include "user/base/test_source.h"
#include "user/judge/tests.h"

static const char why[] = "source of tests";

static int add_made_up(struct judge *j, const char *text)
{
	struct nolist_source src;
	struct nolist_addr addr;
	struct prefix p;
	int error = addr_parse(text, &addr);

	if (error)
		return error;
	src = addr_source(&addr);
	p = source_prefix(&src);
	return prefix_set_add(j->tests, &p, why);
}

int judge_read_tests(struct judge *j)
{
	int i, error = prefix_set_new(&j->tests);

	if (!error)
		error = add_made_up(j, TEST_SOURCE_IP4);
	if (!error)
		error = add_made_up(j, TEST_SOURCE_IP6);
	for (i = 0; i < j->conf->test_sources && !error; i++)
		error = prefix_set_add(j->tests, &j->conf->test_source[i], why);
	return error ? error : prefix_set_sort(j->tests);
}

bool judge_is_test(const struct judge *j, const struct nolist_source *src)
{
	return prefix_set_find(j->tests, src);
}

static bool is_last(const struct judge *j, const struct record *r)
{
	const struct site_family *f = &j->site.family[!addr_is_ip4(&r->src.addr)];

	if (f->is_or_later)
		return (r->real.when.last && r->real.when.last >= f->real_last) ||
		       (r->data.last && (r->data.last >= f->data_last || r->data.last >= f->real_last));
	return (r->real.when.last && r->real.when.last == f->real_last) ||
	       (r->data.last && (r->data.last == f->data_last || r->data.last == f->real_last));
}

int judge_is_test_last(struct judge *j, bool *is_test)
{
	int i, ret;

	*is_test = false;
	for (i = 0; i < j->conf->test_sources && !*is_test; i++) {
		const struct prefix *p = &j->conf->test_source[i];
		struct nolist_source src = addr_source(&p->addr);
		struct record r;

		/* Of a prefix of many sources it is not known which of them there are. */
		if (p->len < source_prefix(&src).len) {
			*is_test = true;
			break;
		}
		ret = evidence_find(j->evidence, &src, &r);
		if (ret < 0)
			return ret;
		*is_test = ret && is_last(j, &r);
	}
	return 0;
}
