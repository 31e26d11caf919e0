// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reaches the look-up page: a request with any path, query, headers and body; the list that it
 * looks in; and the file of lifts, as the page and "dump" read it. The first byte says which. An
 * answer is whole and printable, JSON is JSON, and no lift is noted for another address.
 */
#define _GNU_SOURCE /* memfd_create */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "selftests/fuzz/fuzz.h"
#include "user/page/page.h"

#define NOW 1795000000

/* The limit is by the clock: here nobody has one. */
bool page_limit_ask(struct page_limit *l, const struct nolist_addr *addr, int64_t now_ms)
{
	(void)l;
	(void)addr;
	(void)now_ms;
	return true;
}

static char dir[64], lifts_file[96];
static struct page_lifts *lifts;

static void write_file(const char *name, const void *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void end(void)
{
	char next[112];

	snprintf(next, sizeof(next), "%s.new", lifts_file);
	unlink(next);
	unlink(lifts_file);
	rmdir(dir);
}

static void begin(void)
{
	if (lifts)
		return;
	snprintf(dir, sizeof(dir), "/tmp/fuzz-page-XXXXXX");
	if (!mkdtemp(dir) || page_lifts_new(&lifts))
		abort();
	snprintf(lifts_file, sizeof(lifts_file), "%s/lifts", dir);
	atexit(end);
}

/* --- lists ------------------------------------------------------------------------- */

static struct page_list *open_list(int *fd, const void *bytes, size_t size)
{
	struct page_list *l;
	char name[32];

	*fd = memfd_create("list", MFD_CLOEXEC);
	if (*fd < 0 || write(*fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", *fd);
	if (page_list_open(&l, name))
		abort();
	return l;
}

static void fuzz_list(const uint8_t *data, size_t size)
{
	static const char *const asked[] = { "192.0.2.7", "203.0.113.1", "0.0.0.0", "2001:db8:5:1::9" };
	struct page_entry e;
	struct page_list *l;
	struct nolist_addr addr;
	int64_t made;
	size_t i;
	int fd;

	l = open_list(&fd, data, size);
	for (i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		HOLDS(!addr_parse(asked[i], &addr));
		if (!page_list_find(l, &addr, NOW, &e, &made))
			HOLDS(!e.is_listed || e.until > NOW);
	}
	page_list_free(l);
	close(fd);
}

/* --- requests ----------------------------------------------------------------------- */

/* The next line of the text, or "". */
static const char *next(char **at)
{
	char *line = *at, *eol = strchr(line, '\n');

	*at = eol ? eol + 1 : line + strlen(line);
	if (eol)
		*eol = '\0';
	return line;
}

static size_t lines_of(const char *file, char *text, size_t capacity)
{
	FILE *f = fopen(file, "re");
	size_t n = 0, used = f ? fread(text, 1, capacity - 1, f) : 0;
	char *at;

	if (f)
		fclose(f);
	text[used] = '\0';
	for (at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

static void check_reply(const struct http_reply *r)
{
	size_t i;

	HOLDS(r->status == 200 || r->status == 400 || r->status == 403 || r->status == 404 ||
	      r->status == 409 || r->status == 429 || r->status == 503);
	HOLDS(r->body && r->size);
	for (i = 0; i < r->size; i++)
		HOLDS(r->body[i] == '\n' || (r->body[i] >= ' ' && r->body[i] <= '~'));
	if (!strcmp(r->type, "application/json")) {
		json_t *j = json_loadb(r->body, r->size, 0, NULL);

		HOLDS(j);
		json_decref(j);
	} else if (r->type && strstr(r->type, "html")) {
		HOLDS(memmem(r->body, r->size, "</html>", 7));
		HOLDS(!memmem(r->body, r->size, "<script", 7));
	}
}

static void ask(struct page *p, uint8_t how, char *at)
{
	char token[PAGE_TOKEN], body[HTTP_BODY + 1], noted[4096], addr[ADDR_TEXT];
	struct http_request q = { .is_local = how & 1 };
	struct http_reply r = { .status = 503 };

	q.client = addr_of_ip4(htonl(how & 2 ? 0xcb007101 : 0xc0000207));
	q.path = how & 4 ? PAGE_POST : next(&at);
	q.accept = next(&at);
	q.forwarded = next(&at);
	q.host = next(&at);
	q.origin = next(&at);
	q.site = next(&at);
	q.address = how & 8 ? next(&at) : NULL;
	snprintf(body, sizeof(body), "%s", at);
	/* What the client itself would get: nobody guesses it. */
	page_token(lifts, &q.client, time(NULL), token);
	if (how & 16)
		snprintf(body, sizeof(body), "token=%s", token);
	q.body = how & (4 | 32) ? body : NULL;
	unlink(lifts_file);
	page_http.fn(&q, &r, p);
	if (how & 64 || r.body)
		check_reply(&r);
	/* One line at most: of the client, who has sent the token back. */
	HOLDS(lines_of(lifts_file, noted, sizeof(noted)) <= 1);
	addr_text(&q.client, addr);
	if (*noted && (!q.is_local || !*q.forwarded))
		HOLDS(how & 16 && !strncmp(noted, addr, strlen(addr)) && noted[strlen(addr)] == ' ');
	free(r.body);
}

static void fuzz_request(const uint8_t *data, size_t size)
{
	static const char rows[] =
		"192.0.2.7                1794000000 1799000000 2 0 0000000000 0000000000 "
		"079a2f079a11000000000000000000000000000000000000\n"
		"203.0.113.1              1794000000 1799000000 2 1 1794100000 0000000000 "
		"079a2f079a11000000000000000000000000000000000000\n";
	struct page p = { .lifts = lifts, .contact = "a<b" };
	char head[400], *text = fuzz_text(data + 1, size - 1);
	static struct page_list *l;
	static int fd;

	if (!l) {
		snprintf(head, sizeof(head), "# time: 2026-11-18T00:00:00Z\n# expires: 2046-11-18T00:00:00Z\n"
					     PAGE_URL_HEAD "https://mx.example/\n" PAGE_LIFTS_HEAD "%s\n%s",
			 lifts_file, rows);
		l = open_list(&fd, head, strlen(head));
	}
	p.list = l;
	p.proxies = 1;
	p.proxy[0] = addr_of_ip4(htonl(0xc6336401));
	ask(&p, *data, text);
	free(text);
}

/* --- the file of lifts ---------------------------------------------------------------- */

static void fuzz_lifts(const uint8_t *data, size_t size)
{
	struct nolist_source src = { .addr.b = { [10] = 0xff, 0xff, 203, 0, 113, 77 } };
	static char text[PAGE_LIFTS * PAGE_LIFT + 4096];
	int error;

	write_file(lifts_file, data, size);
	error = page_lift(lifts, lifts_file, &src, NOW);
	HOLDS(!error || error == -EDQUOT || error == -ENOSPC);
	HOLDS(lines_of(lifts_file, text, sizeof(text)) <= PAGE_LIFTS || error);
	if (!error)
		HOLDS(strstr(text, "203.0.113.77 "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	if (size < 2)
		return 0;
	if (*data % 4 == 0)
		fuzz_list(data + 1, size - 1);
	else if (*data % 4 == 1)
		fuzz_lifts(data + 1, size - 1);
	else
		fuzz_request(data + 1, size - 1);
	return 0;
}
