// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins records: spans widen, counts are summed.
 */
#include "user/record/pack.h"
#include "user/share/join.h"

static void widen(struct span *to, struct span by)
{
	if (!by.first)
		return;
	if (!to->first || by.first < to->first)
		to->first = by.first;
	if (by.last > to->last)
		to->last = by.last;
}

static void join_contact(struct contact *to, const struct contact *from)
{
	widen(&to->when, from->when);
	widen(&to->hidden, from->hidden);
	to->opens = pack_sum(to->opens, from->opens);
}

void join_record(struct record *to, const struct record *from)
{
	join_contact(&to->low, &from->low);
	join_contact(&to->real, &from->real);
	join_contact(&to->high, &from->high);
	widen(&to->data, from->data);
	widen(&to->talk, from->talk);
	to->data_count = pack_sum(to->data_count, from->data_count);
	to->talk_hours = pack_sum(to->talk_hours, from->talk_hours);
	to->bad_acks = pack_sum(to->bad_acks, from->bad_acks);
	to->walks = pack_sum(to->walks, from->walks);
	if (from->hours > to->hours) {
		to->hour = from->hour;
		to->hours = from->hours;
	}
}
