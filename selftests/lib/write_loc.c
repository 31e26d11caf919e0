// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a database of libloc: write_loc FILE [NETWORK,AS,COUNTRY | "ASn OWNER"]... A helper of the tests of origin.
 */
#include <libloc/as.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(struct loc_writer *w, char *text)
{
	char *network = strsep(&text, ","), *as = strsep(&text, ",");
	struct loc_network *n;

	if (!text || loc_writer_add_network(w, &n, network))
		return 1;
	loc_network_set_asn(n, atoi(as));
	loc_network_set_country_code(n, text);
	loc_network_unref(n);
	return 0;
}

static int add_as(struct loc_writer *w, const char *text)
{
	struct loc_as *as;

	if (loc_writer_add_as(w, &as, atoi(text + 2)))
		return 1;
	loc_as_set_name(as, strchr(text, ' ') + 1);
	loc_as_unref(as);
	return 0;
}

int main(int argc, char **argv)
{
	FILE *f = argc > 1 ? fopen(argv[1], "w+") : NULL;
	struct loc_writer *w;
	struct loc_ctx *ctx;
	int i;

	if (!f || loc_new(&ctx) || loc_writer_new(ctx, &w, NULL, NULL))
		return 1;
	for (i = 2; i < argc; i++)
		if (strchr(argv[i], ' ') ? add_as(w, argv[i]) : add(w, argv[i]))
			return 1;
	return loc_writer_write(w, f, LOC_DATABASE_VERSION_1) || fclose(f);
}
