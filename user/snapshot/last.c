// SPDX-License-Identifier: GPL-2.0-only
/*
 * When each source was there last, without the rest of its record.
 */
#include "user/record/sparse.h"
#include "user/snapshot/private.h"

uint32_t snapshot_contacts_last(const struct snapshot *s, int epoch, size_t at)
{
	struct snapshot_item item;

	snapshot_take_contacts(&s->tables[epoch].contacts.sorted, at, &item);
	return snapshot_later(item.contacts->role[PACK_LOW].last,
		     snapshot_later(item.contacts->role[PACK_REAL].last,
			   item.contacts->role[PACK_HIGH].last));
}

uint32_t snapshot_verified_last(const struct snapshot *s, int epoch, size_t at)
{
	struct pack_verified v;
	size_t size;
	const unsigned char *bytes = sorted_record(&s->tables[epoch].verified.sorted, at, &size);

	sparse_decode(&v, sizeof(v) / 4, bytes, size);
	return snapshot_later(v.data.last, v.talk.last);
}

void snapshot_each_last(const struct snapshot *s, int epoch, bool is_verified, snapshot_last_fn *fn,
			void *arg)
{
	const struct tables *t = &s->tables[epoch];
	const struct sorted *all = is_verified ? &t->verified.sorted : &t->contacts.sorted;
	struct pack_key key;
	size_t i;

	for (i = 0; sorted_key(all, i, &key); i++)
		fn(&key,
		   is_verified ? snapshot_verified_last(s, epoch, i) :
				 snapshot_contacts_last(s, epoch, i),
		   arg);
}
