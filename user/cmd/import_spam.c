// SPDX-License-Identifier: GPL-2.0-only
/*
 * import --spam: what rspamd or SpamAssassin have found in mail, as their logs say. It weighs for the
 * tarpit only ("tarpit-from"), and is kept apart from all evidence.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/import_spam.h"
#include "user/maillog/verdicts.h"
#include "user/store/store.h"

struct spamming {
	struct store *store;
	unsigned long spam, ham, too_many;
};

static int keep(const struct nolist_addr *addr, int64_t time, bool is_spam, void *arg)
{
	struct spamming *k = arg;
	struct nolist_source src = addr_source(addr);
	struct pack_key key = pack_key(&src);
	int error = store_spam(k->store, &key, time, is_spam);

	if (error == -ENOSPC) {
		k->too_many++;
		return 0;
	}
	k->spam += is_spam;
	k->ham += !is_spam;
	return error;
}

/* true: something was left out. */
static bool warn_left(const struct spamming *k, const struct verdicts *v)
{
	if (v->ownerless) {
		warn("%zu verdicts are left out: the log does not say from which one address their mail came",
		     v->ownerless);
		hint("SpamAssassin's lines need those of postfix or exim about the same mail beside them");
	}
	if (v->outside)
		warn("%zu verdicts are left out: in the future, or older than 35 days", v->outside);
	if (k->too_many)
		warn("%lu verdicts are left out: there are %d sources and days already", k->too_many,
		     STORE_SPAM_ROWS);
	if (v->unread)
		warn("%zu lines of a filter were not understood; the first is line %zu", v->unread,
		     v->first_unread);
	return v->ownerless || v->outside || k->too_many || v->unread;
}

static int finish(const struct spamming *k, const struct verdicts *v)
{
	int error;

	if (!v->verdicts) {
		errx("no verdict of rspamd or SpamAssassin in %zu lines", v->lines);
		warn_left(k, v);
		hint("rspamd writes \"rspamd_task_write_log: id: ...\", spamd \"spamd: result: ...\"");
		return EXIT_FAILED;
	}
	error = store_commit(k->store);
	if (error)
		return cmd_failed(error);
	printf("%lu verdicts imported: %lu spam, %lu let through\n", k->spam + k->ham, k->spam, k->ham);
	return warn_left(k, v) ? EXIT_WARNED : EXIT_DONE;
}

int cmd_import_spam(const char *name)
{
	struct spamming k = {};
	struct verdicts v = { .fn = keep, .arg = &k, .now = time(NULL) };
	FILE *f = cmd_open(name);
	int error, status;

	if (!f)
		return EXIT_USAGE;
	v.from = v.now - STORED_HOURS * (int64_t)HOUR_S + 1;
	error = store_open(&k.store, options.state_dir, STORE_WRITE);
	if (!error)
		error = store_begin(k.store);
	if (!error) {
		error = verdicts_read(&v, f);
		if (error && error != -EPROTO)
			fail(error, "cannot read '%s'", name);
	}
	status = error ? cmd_failed(error) : finish(&k, &v);
	store_close(k.store);
	if (f != stdin)
		fclose(f);
	return status;
}
