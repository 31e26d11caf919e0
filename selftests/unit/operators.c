// SPDX-License-Identifier: GPL-2.0-only
/*
 * When an operator is held, at each limit's border, and the judge's note of what was counted: as it was
 * written, and as the version before wrote it. Why it matters: what is forgotten here begins anew, and
 * an operator that grew too fast would not have.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/lib/scratch.h"
#include "selftests/lib/tap.h"
#include "user/config/conf.h"
#include "user/share/operators.h"

#define NOW 1800000000ll

static struct rules rules;

/* Why it is held. */
static const char *settled(struct operator o, unsigned int leave_out, unsigned int weight, size_t listed)
{
	const struct operator_limits l = { &rules, leave_out, weight, listed, NOW };

	operator_settle(&o, &l);
	return operator_reason(&o);
}

static void test_limits(void)
{
	struct operator o = { .seen = 2020, .base = 2020, .base_at = NOW - 60 };

	tap_ok(!*settled(o, 1, 0, 0), "nothing is wrong with it");
	o.acquitted = 101;
	tap_ok(!*settled(o, 1, 0, 0), "101 of 2020 are no more than 5 percent");
	o.seen = 2019;
	tap_ok(strstr(settled(o, 1, 0, 0), "others acquit") != NULL, "of 2019 they are");
	tap_ok(!*settled(o, 0, 0, 0), "which holds nobody where nobody lies");
	o.acquitted = 100;
	o.seen = 100;
	tap_ok(!*settled(o, 1, 0, 0), "100 may be anybody's");
	o.acquitted = 0;
	o.decisive = 100;
	tap_ok(!*settled(o, 1, 10, 100), "for 100 sources it may be decisive");
	o.decisive = 101;
	tap_ok(strstr(settled(o, 0, 10, 1009), "decisive") != NULL, "not for 101, if they are more than its share");
	tap_ok(!*settled(o, 0, 10, 1010) && !*settled(o, 0, 0, 101), "nor if they are not, or nobody asks");
	o.seen = 3020;
	o.decisive = 0;
	tap_ok(!*settled(o, 0, 10, 0), "1000 more in a day are allowed");
	o.seen = 3021;
	tap_ok(strstr(settled(o, 0, 10, 0), "in a day") != NULL, "not one more");
	o.base_at = NOW - 100 * (int64_t)DAY_S;
	tap_ok(operator_limit(&o, &rules, NOW) == 2020 + 35 * 1000, "however long ago: of 35 days");
	o.base = 10000;
	o.base_at = NOW - 60;
	tap_ok(operator_limit(&o, &rules, NOW) == 12000, "a fifth more, where that is more");
}

static void named(struct nodes *nodes, struct operator *o)
{
	*nodes = (struct nodes){ .operator = o, .operators = 1 };
	snprintf(o->name, sizeof(o->name), "acme");
}

static void test_note(void)
{
	const char before[] = "other 1 1 1 1 1 0 0\nacme 200 30 10 190 1799990000 1 0\nnonsense\n";
	struct operator was = { .seen = 5, .listed = 4, .acquitted = 3, .base = 2, .base_at = 1, .is_heavy = true,
				.freed = 6, .decisive = 7, .is_doubted = true }, is = {};
	struct nodes nodes;
	char file[160];
	int fd;

	named(&nodes, &is);
	tap_ok(!operators_read(&nodes, scratch_dir) && !is.base_at, "without a note it was never counted");
	named(&nodes, &was);
	if (operators_write(&nodes, scratch_dir, NOW))
		tap_die("write");
	named(&nodes, &is);
	tap_ok(!operators_read(&nodes, scratch_dir) && !memcmp(&is, &was, sizeof(is)), "all is read as it was written");
	snprintf(file, sizeof(file), "%s/share.operators", scratch_dir);
	fd = open(file, O_WRONLY | O_TRUNC);
	if (write(fd, before, sizeof(before) - 1) != sizeof(before) - 1 || close(fd))
		tap_die("note");
	memset(&is, 0, sizeof(is));
	named(&nodes, &is);
	tap_ok(!operators_read(&nodes, scratch_dir) && is.seen == 200 && is.listed == 30 && is.acquitted == 10 && is.base == 190 &&
	       is.base_at == 1799990000 && is.is_growing && !is.is_doubted && !is.freed && !is.decisive && !is.is_heavy,
	       "and what the version before has written, of this operator");
}

int main(void)
{
	struct conf conf;

	conf_init(&conf);
	rules = conf.rules;
	conf_free(&conf);
	scratch_begin();
	scratch_fresh("operators");
	mkdir(scratch_dir, 0755);
	test_limits();
	test_note();
	return scratch_end();
}
