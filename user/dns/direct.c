// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks single servers for MX records: by UDP, twice, and by TCP what does not fit. What they
 * send is parsed by libc.
 */
#define _GNU_SOURCE /* asprintf */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/dns/dns.h"

#define PORT 53
#define TRY_MS 1500 /* after which it is asked again */
#define TRIES 2
#define MESSAGE_MAX 65535

struct asking {
	struct dns_direct *s;
	int fd;
	unsigned char query[NS_PACKETSZ];
	int size;
	int tries;
	int64_t again_ms; /* when the next try begins, or the last one ends */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* --- the question ------------------------------------------------------------------------ */

/* A question with EDNS and DO, as resolvers ask; its size, or -1: it is no name. */
static int make_query(unsigned char *q, const char *name)
{
	static const unsigned char edns[] = { 0, 0, 41, DNS_EDNS_SIZE >> 8, DNS_EDNS_SIZE & 255,
					      0, 0, 0x80, 0, 0, 0 };
	unsigned char packed[NS_MAXCDNAME];
	int n;

	memset(q, 0, NS_HFIXEDSZ);
	if (getrandom(q, 2, 0) != 2 || ns_name_pton(name, packed, sizeof(packed)) < 0)
		return -1;
	q[5] = 1;
	q[11] = 1;
	n = ns_name_pack(packed, q + NS_HFIXEDSZ, NS_MAXCDNAME, NULL, NULL);
	if (n < 0)
		return -1;
	n += NS_HFIXEDSZ;
	memcpy(q + n, (unsigned char[]){ 0, DNS_MX, 0, 1 }, 4);
	memcpy(q + n + 4, edns, sizeof(edns));
	return n + 4 + sizeof(edns);
}

static int socket_to(const struct nolist_addr *addr, int type)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	bool is_ip4 = addr_is_ip4(addr);
	int fd = socket(is_ip4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	memcpy(&in.sin_addr, addr->b + 12, 4);
	memcpy(&in6.sin6_addr, addr->b, 16);
	if (connect(fd, is_ip4 ? (void *)&in : (void *)&in6, is_ip4 ? sizeof(in) : sizeof(in6)) &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- the answer ---------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *mx_text(const ns_msg *m, const ns_rr *rr)
{
	char name[DNS_NAME], *text;
	int i;

	if (ns_rr_rdlen(*rr) < 3 ||
	    ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), ns_rr_rdata(*rr) + 2, name,
			       sizeof(name)) < 0)
		return NULL;
	for (i = 0; name[i]; i++)
		name[i] = tolower((unsigned char)name[i]);
	if (asprintf(&text, "%d %s", ns_get16(ns_rr_rdata(*rr)), *name ? name : ".") < 0)
		return NULL;
	return text;
}

static void take_records(struct dns_direct *s, ns_msg *m)
{
	int i, n = ns_msg_count(*m, ns_s_an);
	ns_rr rr;

	s->record = calloc(n + 1, sizeof(*s->record));
	for (i = 0; s->record && i < n; i++) {
		if (ns_parserr(m, ns_s_an, i, &rr))
			break;
		if (ns_rr_type(rr) != ns_t_mx)
			continue;
		s->record[s->records] = mx_text(m, &rr);
		if (!s->record[s->records])
			continue;
		if (!s->records++ || ns_rr_ttl(rr) < s->ttl)
			s->ttl = ns_rr_ttl(rr);
	}
	if (s->records)
		qsort(s->record, s->records, sizeof(*s->record), by_text);
}

bool dns_read_mx(struct dns_direct *s, const unsigned char *id, const unsigned char *bytes, int size)
{
	ns_msg m;

	if (size < NS_HFIXEDSZ || memcmp(bytes, id, 2) || ns_initparse(bytes, size, &m) ||
	    !ns_msg_getflag(m, ns_f_qr))
		return false;
	s->bytes = size;
	s->is_authoritative = ns_msg_getflag(m, ns_f_aa);
	s->rcode = ns_msg_getflag(m, ns_f_rcode);
	if (ns_msg_getflag(m, ns_f_tc))
		return s->is_cut = true;
	take_records(s, &m);
	s->state = s->rcode == ns_r_nxdomain ? DNS_NXDOMAIN :
		   s->rcode		     ? DNS_FAILED :
		   s->records		     ? DNS_OK :
					       DNS_NODATA;
	return true;
}

/* --- by TCP -------------------------------------------------------------------------------- */

static bool wait_for(int fd, short events, struct dns *d)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, dns_left_ms(d)) == 1;
}

static bool read_all(int fd, unsigned char *to, size_t size, struct dns *d)
{
	ssize_t n;

	for (; size; to += n, size -= n) {
		if (!wait_for(fd, POLLIN, d))
			return false;
		n = read(fd, to, size);
		if (n <= 0)
			return false;
	}
	return true;
}

static void ask_tcp(struct dns *d, struct asking *a)
{
	int fd = socket_to(&a->s->server, SOCK_STREAM);
	unsigned char *bytes = malloc(MESSAGE_MAX), head[2 + NS_PACKETSZ];
	size_t size;

	head[0] = a->size >> 8;
	head[1] = a->size & 255;
	memcpy(head + 2, a->query, a->size);
	a->s->state = DNS_SILENT;
	if (bytes && fd >= 0 && wait_for(fd, POLLOUT, d) &&
	    send(fd, head, a->size + 2, MSG_NOSIGNAL) == a->size + 2 && read_all(fd, head, 2, d)) {
		size = head[0] << 8 | head[1];
		if (read_all(fd, bytes, size, d))
			dns_read_mx(a->s, a->query, bytes, size);
	}
	free(bytes);
	if (fd >= 0)
		close(fd);
}

/* --- by UDP -------------------------------------------------------------------------------- */

static void hang_up(struct asking *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static void try_again(struct asking *a)
{
	if (a->fd < 0 || a->again_ms > now_ms())
		return;
	if (a->tries++ == TRIES || (send(a->fd, a->query, a->size, 0) < 0 && errno != ECONNREFUSED))
		hang_up(a);
	a->again_ms = now_ms() + TRY_MS;
}

/* An ICMP error ends it as well; bytes of somebody else do not. */
static void receive(struct asking *a)
{
	unsigned char bytes[4096];
	ssize_t n = recv(a->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || dns_read_mx(a->s, a->query, bytes, n))
		hang_up(a);
}

/* Until all have answered, or none can any more. */
static void wait_answers(struct dns *d, struct asking *a, int n)
{
	struct pollfd p[DNS_AT_ONCE];
	int i, open, wait;

	do {
		for (i = open = 0; i < n; i++) {
			try_again(&a[i]);
			p[i] = (struct pollfd){ .fd = a[i].fd, .events = POLLIN };
			open += a[i].fd >= 0;
		}
		wait = dns_left_ms(d) < 50 ? dns_left_ms(d) : 50;
		if (!open || !wait || poll(p, n, wait) < 0)
			break;
		for (i = 0; i < n; i++)
			if (a[i].fd >= 0 && p[i].revents)
				receive(&a[i]);
	} while (open);
}

void dns_ask_mx(struct dns *d, const char *name, struct dns_direct *s, int n)
{
	struct asking a[DNS_AT_ONCE];
	int i;

	n = n < DNS_AT_ONCE ? n : DNS_AT_ONCE;
	for (i = 0; i < n; i++) {
		a[i] = (struct asking){ .s = &s[i], .fd = -1 };
		a[i].size = make_query(a[i].query, name);
		if (a[i].size < 0 || !dns_take(d))
			continue;
		s[i].state = DNS_SILENT;
		a[i].fd = socket_to(&s[i].server, SOCK_DGRAM);
	}
	wait_answers(d, a, n);
	for (i = 0; i < n; i++) {
		hang_up(&a[i]);
		if (s[i].is_cut && dns_take(d))
			ask_tcp(d, &a[i]);
	}
}

void dns_direct_free(struct dns_direct *s, int n)
{
	int i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < s[i].records; k++)
			free(s[i].record[k]);
		free(s[i].record);
		s[i].record = NULL;
		s[i].records = 0;
	}
}
