// SPDX-License-Identifier: GPL-2.0-only
/* records.h: the maps of the program under test, and what was sent when. */
#include "selftests/lib/records.h"

struct prog prog;

/* --- reading the maps -------------------------------------------------------- */

struct nolist_source records_source(const char *text)
{
	return (struct nolist_source){ .addr = prog_addr(text) };
}

unsigned int sources_in(int map)
{
	struct nolist_source key, next;
	unsigned int n;
	int err = bpf_map_get_next_key(map, NULL, &next);

	for (n = 0; !err; n++) {
		key = next;
		err = bpf_map_get_next_key(map, &key, &next);
	}
	return n;
}

struct nolist_stats stats(void)
{
	struct nolist_stats s[prog.cpus], sum = {};
	__u32 zero = 0;
	int i, k;

	if (bpf_map_lookup_elem(prog.stats, &zero, s))
		tap_die(NOLIST_MAP_STATS);
	for (i = 0; i < prog.cpus; i++) {
		sum.contacts_new += s[i].contacts_new;
		sum.contacts_lost += s[i].contacts_lost;
		sum.verified_new += s[i].verified_new;
		sum.verified_lost += s[i].verified_lost;
		for (k = 0; k < NOLIST_ROLES; k++)
			sum.contacts_limited[k] += s[i].contacts_limited[k];
		for (k = 0; k < NOLIST_MX_MAX; k++) {
			sum.mx[k].segments += s[i].mx[k].segments;
			sum.mx[k].opens += s[i].mx[k].opens;
		}
		for (k = 0; k < NOLIST_HOURS; k++)
			sum.bad_acks[k].count += s[i].bad_acks[k].count;
		/* All hours as one. */
		for (k = 0; k < 2 * NOLIST_HOURS; k++) {
			const struct nolist_real *r = &s[i].real[0][0] + k;

			sum.real[k / NOLIST_HOURS][0].opens += r->opens;
			sum.real[k / NOLIST_HOURS][0].data += r->data;
		}
	}
	return sum;
}

int is_in(__u64 ns, struct span s)
{
	return ns >= s.from && ns <= s.until;
}

static struct group sent;

void send_row(const struct row *r)
{
	group_row(&sent, &prog, r);
}

struct span send_later(const struct row *r)
{
	__u64 start = prog_clock();
	struct span s;

	while ((s.from = prog_clock()) == start)
		;
	send_row(r);
	s.until = prog_clock();
	return s;
}

void records_begin(void)
{
	struct nolist_config *c = row_conf();

	prog_load(&prog, NULL);
	prog_configure(&prog, c);
	free(c);
}

int records_end(void)
{
	group_done(&sent, "and each frame was answered or passed as it should");
	bpf_object__close(prog.object);
	return tap_done();
}
