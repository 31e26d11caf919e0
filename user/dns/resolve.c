// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks libunbound, which validates. It waits for no answer longer than is allowed; what is
 * still under way then is cancelled.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unbound.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/dns/dns.h"

/* IANA's keys of the root, of 2017 and of 2024 (data.iana.org/root-anchors). */
static const char *const root_keys[] = {
	". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
	". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

struct dns {
	struct ub_ctx *ctx;
	int left; /* questions */
	int asked;
	int64_t deadline; /* ms of the monotonic clock */
	int under_way;
};

/* One question that is under way. */
struct under_way {
	struct dns *dns;
	struct dns_question *q;
	int id;
	bool is_done;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* --- one resolver ---------------------------------------------------------------------- */

static int add_anchors(struct ub_ctx *ctx, const char *file)
{
	int error = 0;
	size_t i;

	if (file)
		return access(file, R_OK) ? UB_READFILE : ub_ctx_add_ta_file(ctx, file);
	for (i = 0; i < sizeof(root_keys) / sizeof(*root_keys) && !error; i++)
		error = ub_ctx_add_ta(ctx, root_keys[i]);
	return error;
}

/* Small caches, since there may be many of these; names of private networks as well. */
static int configure(struct ub_ctx *ctx)
{
	static const char *const settings[][2] = {
		{ "msg-cache-size:", "1m" },        { "rrset-cache-size:", "2m" },
		{ "key-cache-size:", "1m" },        { "infra-cache-numhosts:", "2000" },
		{ "unblock-lan-zones:", "yes" },    { "outgoing-range:", "256" },
		{ "num-queries-per-thread:", "128" },
	};
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(*settings) && !error; i++)
		error = ub_ctx_set_option(ctx, settings[i][0], settings[i][1]);
	return error ? error : ub_ctx_async(ctx, 1);
}

int dns_open(struct dns **d, const struct dns_options *o)
{
	int error;

	*d = calloc(1, sizeof(**d));
	if (!*d)
		return -ENOMEM;
	(*d)->ctx = ub_ctx_create();
	if (!(*d)->ctx) {
		dns_close(*d);
		return -ENOMEM;
	}
	ub_ctx_debuglevel((*d)->ctx, 0);
	error = configure((*d)->ctx);
	if (!error && o->resolver)
		error = ub_ctx_set_fwd((*d)->ctx, o->resolver);
	if (error) {
		dns_close(*d);
		return failx(-EINVAL, "cannot use the resolver '%s': %s",
			     o->resolver ? o->resolver : "", ub_strerror(error));
	}
	error = add_anchors((*d)->ctx, o->anchor);
	if (!error)
		return 0;
	dns_close(*d);
	return fail_usage("cannot read the trust anchors of '%s': %s", o->anchor ? o->anchor : "",
			  ub_strerror(error));
}

void dns_close(struct dns *d)
{
	if (d && d->ctx)
		ub_ctx_delete(d->ctx);
	free(d);
}

void dns_allow(struct dns *d, int questions, int ms)
{
	d->left = questions;
	d->asked = 0;
	d->deadline = now_ms() + ms;
}

void dns_more(struct dns *d, int questions)
{
	d->left += questions;
}

int dns_asked(const struct dns *d)
{
	return d->asked;
}

int dns_left_ms(const struct dns *d)
{
	int64_t left = d->deadline - now_ms();

	return left < 0 ? 0 : left;
}

bool dns_take(struct dns *d)
{
	if (!d->left || !dns_left_ms(d))
		return false;
	d->left--;
	d->asked++;
	return true;
}

/* --- an answer -------------------------------------------------------------------------- */

static const char *rcode_name(int rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
					     "NXDOMAIN", "NOTIMP",  "REFUSED" };

	return rcode >= 0 && rcode < 6 ? names[rcode] : "an unknown error";
}

/* Only printable bytes: the names in it are of strangers. */
static void copy_why(char why[DNS_WHY], const char *text)
{
	int i;

	snprintf(why, DNS_WHY, "%s", text ? text : "");
	for (i = 0; why[i]; i++)
		if (why[i] < ' ' || why[i] > '~')
			why[i] = '?';
}

static int by_bytes(const void *a, const void *b)
{
	const struct dns_record *x = a, *y = b;
	int order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);

	return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* All records in one piece of memory. Sorted: servers give them in another order each time. */
static void copy_records(struct dns_answer *a, const struct ub_result *r)
{
	size_t size = 0;
	unsigned char *to;
	int i, n;

	for (n = 0; r->data[n]; n++)
		size += r->len[n];
	a->memory = malloc(n * sizeof(*a->record) + size + 1);
	if (!a->memory)
		return;
	a->record = a->memory;
	to = (void *)(a->record + n);
	for (i = 0; i < n; to += r->len[i], i++) {
		memcpy(to, r->data[i], r->len[i]);
		a->record[i] = (struct dns_record){ to, r->len[i] };
	}
	a->records = n;
	qsort(a->record, n, sizeof(*a->record), by_bytes);
}

/* Without its last dot. */
static void copy_alias(struct dns_answer *a, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	if (n > 1 && n < sizeof(a->alias_of))
		memcpy(a->alias_of, name, n - (name[n - 1] == '.'));
}

static void take_result(struct dns_answer *a, const struct ub_result *r)
{
	a->is_secure = r->secure;
	a->ttl = r->ttl;
	copy_alias(a, r->canonname);
	if (r->bogus) {
		a->state = DNS_BOGUS;
		copy_why(a->why, r->why_bogus);
	} else if (r->havedata) {
		a->state = DNS_OK;
		copy_records(a, r);
	} else if (r->nxdomain || r->rcode == 3) {
		a->state = DNS_NXDOMAIN;
	} else if (r->rcode) {
		a->state = DNS_FAILED;
		copy_why(a->why, rcode_name(r->rcode));
	} else {
		a->state = DNS_NODATA;
	}
}

static void arrived(void *arg, int error, struct ub_result *r)
{
	struct under_way *u = arg;

	u->is_done = true;
	u->dns->under_way--;
	if (error) {
		u->q->answer.state = DNS_FAILED;
		copy_why(u->q->answer.why, ub_strerror(error));
	} else {
		take_result(&u->q->answer, r);
	}
	ub_resolve_free(r);
}

/* --- questions ---------------------------------------------------------------------------- */

static void wait_all(struct dns *d)
{
	struct pollfd p = { .fd = ub_fd(d->ctx), .events = POLLIN };
	int left;

	while (d->under_way && (left = dns_left_ms(d)) > 0) {
		if (poll(&p, 1, left) < 0 && errno != EINTR)
			return;
		if (ub_process(d->ctx))
			return;
	}
}

static void ask_some(struct dns *d, struct dns_question *q, int n)
{
	struct under_way u[DNS_AT_ONCE];
	int i;

	d->under_way = 0;
	for (i = 0; i < n; i++) {
		u[i] = (struct under_way){ .dns = d, .q = &q[i], .is_done = true };
		if (!*q[i].name || !dns_take(d))
			continue;
		u[i].is_done = false;
		d->under_way++;
		if (!ub_resolve_async(d->ctx, q[i].name, q[i].type, 1, &u[i], arrived, &u[i].id))
			continue;
		u[i].is_done = true;
		d->under_way--;
		q[i].answer.state = DNS_FAILED;
		copy_why(q[i].answer.why, "no such name can be asked for");
	}
	wait_all(d);
	for (i = 0; i < n; i++) {
		if (u[i].is_done)
			continue;
		ub_cancel(d->ctx, u[i].id);
		q[i].answer.state = DNS_SILENT;
	}
}

void dns_ask(struct dns *d, struct dns_question *q, int n)
{
	int i, some;

	for (i = 0; i < n; i += some) {
		some = n - i < DNS_AT_ONCE ? n - i : DNS_AT_ONCE;
		ask_some(d, q + i, some);
	}
}

bool dns_set(struct dns_question *q, enum dns_type type, const char *fmt, ...)
{
	va_list ap;
	int n;

	*q = (struct dns_question){ .type = type };
	va_start(ap, fmt);
	n = vsnprintf(q->name, sizeof(q->name), fmt, ap);
	va_end(ap);
	if (n >= 0 && n < (int)sizeof(q->name))
		return true;
	*q->name = '\0';
	return false;
}

void dns_free(struct dns_question *q, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		free(q[i].answer.memory);
		q[i].answer.memory = NULL;
		q[i].answer.record = NULL;
		q[i].answer.records = 0;
	}
}
