// SPDX-License-Identifier: GPL-2.0-only
/*
 * All formats, in the order in which "dump --list-formats" prints them.
 */
#include <string.h>

#include "user/base/similar.h"
#include "user/lists/format.h"

/* Each is defined at the end of its file in formats/. */
extern const struct format format_plain, format_csv, format_jsonl;
extern const struct format format_rbldnsd, format_zone, format_spamassassin, format_rspamd;
extern const struct format format_postfix, format_postscreen, format_exim, format_sendmail;
extern const struct format format_nft, format_ipset, format_pf, format_spamd, format_bird,
	format_page, format_policy, format_xdp;

const struct format *const formats[] = { &format_plain,
					 &format_csv,
					 &format_jsonl,
					 &format_rbldnsd,
					 &format_zone,
					 &format_postfix,
					 &format_postscreen,
					 &format_exim,
					 &format_sendmail,
					 &format_nft,
					 &format_ipset,
					 &format_spamd,
					 &format_pf,
					 &format_spamassassin,
					 &format_rspamd,
					 &format_bird,
					 &format_page,
					 &format_policy,
					 &format_xdp,
					 NULL };

const struct format *format_find(const char *name)
{
	const struct format *const *f;

	for (f = formats; *f; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

const char *format_meant(const char *name)
{
	const struct format *const *f;
	struct similar s;

	similar_start(&s, name);
	for (f = formats; *f; f++)
		similar_try(&s, (*f)->name);
	return s.best;
}
