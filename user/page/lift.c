// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listed source asks to have its listing lifted. That it is at its address, a token shows: made
 * for that source, it comes back over a connection from it, so no other site can send it in its name.
 * What it asks is noted in a file, which "dump --all" reads: nothing here can change a list.
 */
#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "user/base/page_row.h"
#include "user/page/page.h"

#define TOKEN_S 300
#define MAC 16 /* bytes of it that are sent */

struct page_lifts {
	pthread_mutex_t mutex; /* of the file */
	uint8_t secret[32];    /* of this process: tokens end with it */
};

int page_lifts_new(struct page_lifts **lp)
{
	struct page_lifts *l = calloc(1, sizeof(*l));

	*lp = l;
	if (!l)
		return -ENOMEM;
	if (getrandom(l->secret, sizeof(l->secret), 0) != sizeof(l->secret))
		return -errno;
	return pthread_mutex_init(&l->mutex, NULL) ? -ENOMEM : 0;
}

void page_lifts_free(struct page_lifts *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

/* --- tokens ---------------------------------------------------------------------- */

static void write_token(const struct page_lifts *l, const struct nolist_addr *client, uint64_t made,
			char token[PAGE_TOKEN])
{
	struct nolist_source src = addr_source(client);
	struct hmac_sha256_ctx hmac;
	uint8_t mac[MAC];
	int i, n;

	hmac_sha256_set_key(&hmac, sizeof(l->secret), l->secret);
	hmac_sha256_update(&hmac, sizeof(src.addr), src.addr.b);
	hmac_sha256_update(&hmac, sizeof(made), (const uint8_t *)&made);
	hmac_sha256_digest(&hmac, sizeof(mac), mac);
	n = snprintf(token, PAGE_TOKEN, "%llx.", (unsigned long long)made);
	for (i = 0; i < MAC; i++)
		n += snprintf(token + n, PAGE_TOKEN - n, "%02x", mac[i]);
}

void page_token(const struct page_lifts *l, const struct nolist_addr *client, int64_t now,
		char token[PAGE_TOKEN])
{
	write_token(l, client, now, token);
}

bool page_token_is_good(const struct page_lifts *l, const struct nolist_addr *client, int64_t now,
			const char *token)
{
	char good[PAGE_TOKEN];
	int64_t made = strtoull(token, NULL, 16);

	if (made > now || now - made > TOKEN_S)
		return false;
	write_token(l, client, made, good);
	return strlen(token) == strlen(good) && memeql_sec(token, good, strlen(good));
}

/* --- the file -------------------------------------------------------------------- */

struct lift {
	struct nolist_source src;
	int64_t at;
};

struct lifts {
	struct lift lift[PAGE_LIFTS];
	int n;
};

/* Those that are not too old. */
static int read_file(const char *file, int64_t now, struct lifts *to)
{
	FILE *f = fopen(file, "re");
	char line[PAGE_LIFT + 2], text[PAGE_LIFT + 2];
	struct nolist_addr addr;
	long long at;

	to->n = 0;
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (to->n < PAGE_LIFTS && fgets(line, sizeof(line), f))
		if (sscanf(line, "%49s %18lld", text, &at) == 2 && !addr_parse(text, &addr) &&
		    at <= now && at > now - PAGE_LIFT_S)
			to->lift[to->n++] = (struct lift){ addr_source(&addr), at };
	fclose(f);
	return 0;
}

/* Its reader sees all of it, the old one or the new one. */
static int write_file(const char *file, const struct lifts *lifts)
{
	char next[PAGE_PATH + 8], text[ADDR_TEXT];
	int i, fd, error = 0;
	FILE *f;

	snprintf(next, sizeof(next), "%s.new", file);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	for (i = 0; i < lifts->n; i++)
		fprintf(f, PAGE_LIFT_FORMAT, addr_text(&lifts->lift[i].src.addr, text),
			(long long)lifts->lift[i].at);
	if (fflush(f) || ferror(f))
		error = -EIO;
	fclose(f);
	if (!error && rename(next, file))
		error = -errno;
	if (error)
		unlink(next);
	return error;
}

static int add(struct lifts *lifts, const struct nolist_source *src, int64_t now)
{
	int i, network = 0;

	for (i = 0; i < lifts->n; i++) {
		if (!addr_compare(&lifts->lift[i].src.addr, &src->addr))
			return -EEXIST;
		network += addr_network(&lifts->lift[i].src.addr) == addr_network(&src->addr);
	}
	if (network >= PAGE_LIFTS_NETWORK)
		return -EDQUOT;
	if (lifts->n == PAGE_LIFTS)
		return -ENOSPC;
	lifts->lift[lifts->n++] = (struct lift){ *src, now };
	return 0;
}

int page_lift(struct page_lifts *l, const char *file, const struct nolist_source *src, int64_t now)
{
	struct lifts lifts;
	int error;

	pthread_mutex_lock(&l->mutex);
	error = read_file(file, now, &lifts);
	if (!error)
		error = add(&lifts, src, now);
	if (!error)
		error = write_file(file, &lifts);
	pthread_mutex_unlock(&l->mutex);
	return error == -EEXIST ? 0 : error;
}
