// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks tables and store side by side, both sorted by source, and makes one record of
 * each source. First each epoch is merged: the tables' records into what is stored of
 * them. Then all epochs are merged, in UTC.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/evidence/private.h"

/* --- making and freeing ------------------------------------------------------ */

static int add_stored_epochs(struct evidence *e)
{
	const struct store_epoch *stored;
	size_t i, n = e->store ? store_epochs(e->store, &stored) : 0;

	e->epoch = calloc(n + snapshot_epochs(e->tables) + 1, sizeof(*e->epoch));
	if (!e->epoch)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		e->epoch[e->epochs++] = (struct evidence_epoch){ .stored = &stored[i],
								 .epoch = stored[i].epoch,
								 .table = -1 };
	return 0;
}

static void add_table_epochs(struct evidence *e)
{
	int i, k;

	for (i = 0; i < snapshot_epochs(e->tables); i++) {
		const struct epoch *epoch = snapshot_epoch(e->tables, i);

		for (k = 0; k < e->epochs && !epoch_is(&e->epoch[k].epoch, epoch); k++)
			;
		if (k == e->epochs)
			e->epoch[e->epochs++].epoch = *epoch;
		e->epoch[k].table = i;
	}
	/* The wall clock may have been set since the last collect. */
	for (i = 0; i < snapshot_epochs(e->tables); i++) {
		const struct epoch *epoch = snapshot_epoch(e->tables, i);

		for (k = 0; k < e->epochs; k++)
			if (!strcmp(e->epoch[k].epoch.boot, epoch->boot))
				e->epoch[k].epoch.wall_s = epoch->wall_s;
	}
}

static int reserve(struct evidence *e)
{
	int i;

	for (i = 0; i < STORE_GRADES; i++) {
		e->row[i].row.stored.hour = calloc(STORED_HOURS, sizeof(struct pack_hour));
		if (!e->row[i].row.stored.hour)
			return -ENOMEM;
	}
	e->live = calloc(e->epochs + 1, sizeof(*e->live));
	e->part = calloc(e->epochs + 1, sizeof(*e->part));
	e->hour = calloc((e->epochs + 1) * STORED_HOURS, sizeof(*e->hour));
	e->data_hour = calloc((e->epochs + 1) * STORED_HOURS, sizeof(*e->data_hour));
	e->open_hour = calloc((e->epochs + 1) * STORED_HOURS, sizeof(*e->open_hour));
	if (!e->live || !e->part || !e->hour || !e->data_hour || !e->open_hour)
		return -ENOMEM;
	for (i = 0; i < e->epochs; i++) {
		e->part[i].stored.hour = calloc(STORED_HOURS, sizeof(struct pack_hour));
		if (!e->part[i].stored.hour)
			return -ENOMEM;
	}
	return 0;
}

int evidence_new(struct evidence **ep, struct snapshot *tables, struct store *store)
{
	return evidence_new_only(ep, tables, store, NULL);
}

bool evidence_is_partial(const struct evidence *e)
{
	return e->only;
}

bool evidence_is_looked_up(const struct evidence *e)
{
	return snapshot_is_looked_up(e->tables);
}

int evidence_new_only(struct evidence **ep, struct snapshot *tables, struct store *store,
		      const struct ranges *only)
{
	struct evidence *e = calloc(1, sizeof(*e));
	int error = 0;

	*ep = e;
	if (e)
		*e = (struct evidence){ .tables = tables, .store = store, .only = only };
	if (e && !tables)
		error = snapshot_new(&e->tables);
	if (!e || error) {
		snapshot_free(tables);
		store_close(store);
		free(e);
		*ep = NULL;
		return -ENOMEM;
	}
	error = evidence_walk_new(&e->walk);
	if (!error)
		error = add_stored_epochs(e);
	if (!error) {
		add_table_epochs(e);
		error = reserve(e);
	}
	if (!error)
		error = evidence_gather(e);
	if (!error)
		error = evidence_gather_real(e);
	if (error) {
		evidence_free(e);
		*ep = NULL;
	}
	return error;
}

void evidence_free(struct evidence *e)
{
	int i;

	if (!e)
		return;
	if (e->walk)
		evidence_stop(e);
	evidence_walk_free(e->walk);
	for (i = 0; i < STORE_GRADES; i++)
		free(e->row[i].row.stored.hour);
	for (i = 0; e->part && i < e->epochs; i++)
		free(e->part[i].stored.hour);
	snapshot_free(e->tables);
	store_close(e->store);
	free(e->live);
	free(e->part);
	free(e->hour);
	free(e->data_hour);
	free(e->open_hour);
	free(e->epoch);
	free(e->gap);
	free(e->gaps);
	free(e->flood[FLOOD_LOW]);
	free(e->flood[FLOOD_ANY]);
	free(e->acks);
	free(e->real[0]);
	free(e->real[1]);
	free(e->change);
	free(e->mx);
	free(e->pardon);
	free(e->lift_key);
	free(e->lift);
	free(e);
}

/* --- the parts of a record --------------------------------------------------- */

int evidence_epoch_of(const struct evidence *e, int stored_id)
{
	int i;

	for (i = 0; i < e->epochs; i++)
		if (e->epoch[i].stored && e->epoch[i].stored->id == stored_id)
			return i;
	return -1;
}

static void clear_parts(struct evidence *e)
{
	int i;

	for (i = 0; i < e->epochs; i++)
		e->part[i].is_there = false;
}

static struct part *part_of(struct evidence *e, int epoch)
{
	struct part *p = &e->part[epoch];

	if (!p->is_there)
		p->stored = (struct stored){ .hour = p->stored.hour };
	p->is_there = true;
	return p;
}

/* To be called before take_item(), which merges the tables' record into the stored one. */
static int take_row(struct evidence *e, struct store_row *row)
{
	int epoch = evidence_epoch_of(e, row->epoch);
	struct pack_hour *hour;
	struct part *p;

	if (epoch < 0)
		return -EBADMSG;
	p = part_of(e, epoch);
	/* The part has a buffer of its own; the row gets it in exchange. */
	hour = p->stored.hour;
	p->stored = row->stored;
	row->stored.hour = hour;
	return 0;
}

static void take_item(struct evidence *e, int epoch, const struct snapshot_item *item)
{
	struct part *p = part_of(e, epoch);

	p->stored.seen_s = e->epoch[epoch].stored ? e->epoch[epoch].stored->seen_s : 0;
	if (item->contacts)
		stored_add_contacts(&p->stored, item->contacts, e->epoch[epoch].epoch.wall_s);
	if (item->verified)
		stored_add_verified(&p->stored, item->verified, item->hour, item->hours);
	if (item->contacts)
		stored_add_opens(&p->stored, item->contacts,
				 snapshot_stats(e->tables, e->epoch[epoch].table)->now_s);
}

/* --- walking ----------------------------------------------------------------- */

/* Where a walk over what is stored begins; false: there is nothing to walk over. */
static bool first_of(const struct evidence *e, const struct pack_key **from)
{
	*from = e->only && e->only->n ? &e->only->range[0].first : NULL;
	return !e->only || *from;
}

/* Is a key behind the range before it? Then *from is the next range's first; NULL: there is none. */
static bool is_beside(const struct evidence *e, const struct pack_key *key,
		      const struct pack_key **from)
{
	const struct range *range = e->only ? ranges_from(e->only, key) : NULL;

	*from = range ? &range->first : NULL;
	return e->only && (!range || pack_compare(key, &range->first) < 0);
}

static int fetch_row(struct evidence *e, enum store_grade grade)
{
	struct store_row *row = &e->row[grade].row;
	const struct pack_key *from;
	int ret;

	while ((ret = store_next(e->store, grade, row)) > 0 && is_beside(e, &row->key, &from)) {
		ret = from ? store_start(e->store, grade, from) : 0;
		if (ret || !from)
			break;
	}
	e->row[grade].is_there = ret > 0;
	return ret < 0 ? ret : 0;
}

static void fetch_item(struct evidence *e, int epoch)
{
	struct live *l = &e->live[epoch];

	if (e->kind == EVIDENCE_VERIFIED) {
		l->is_there = snapshot_next_verified(&l->walk, &l->key);
		return;
	}
	l->is_there = snapshot_next(&l->walk, &l->item);
	l->key = l->item.key;
}

/*
 * Takes the current source from the tables of an epoch. In a walk over verified sources
 * that may be a source with contacts only, whose verified evidence is in another epoch or in
 * the store. Other sources with contacts only, perhaps a flood, are stepped over.
 */
static void take_live(struct evidence *e, int epoch, const struct pack_key *key)
{
	struct live *l = &e->live[epoch];
	bool is_next = l->is_there && !pack_compare(&l->key, key);

	if (e->kind == EVIDENCE_VERIFIED ? snapshot_step_to(&l->walk, key, &l->item) : is_next)
		take_item(e, epoch, &l->item);
	if (is_next)
		fetch_item(e, epoch);
}

static int start_rows(struct evidence *e)
{
	const struct pack_key *from;
	bool is_any = first_of(e, &from);
	int i, error = 0;

	for (i = 0; i < STORE_GRADES && !error; i++) {
		e->row[i].is_there = false;
		if (!e->store || !is_any || (i == STORE_UNVERIFIED && e->kind != EVIDENCE_ALL))
			continue;
		error = store_start(e->store, i, from);
		if (!error)
			error = fetch_row(e, i);
	}
	return error;
}

/* The next key of a source that is stored with data. */
static int fetch_data_key(struct evidence *e)
{
	const struct pack_key *from;
	int ret;

	while ((ret = store_data_next(e->store, &e->data_key)) > 0 &&
	       is_beside(e, &e->data_key, &from)) {
		ret = from ? store_data_start(e->store, from) : 0;
		if (ret || !from)
			break;
	}
	e->has_data_key = ret > 0;
	return ret < 0 ? ret : 0;
}

static int start_data(struct evidence *e)
{
	const struct pack_key *from;
	int error;

	e->has_data_key = false;
	if (!e->store || !first_of(e, &from))
		return 0;
	error = store_data_start(e->store, from);
	return error ? error : fetch_data_key(e);
}

int evidence_begin(struct evidence *e, enum evidence_kind kind)
{
	int i;

	e->kind = kind;
	for (i = 0; i < e->epochs; i++) {
		e->live[i].is_there = false;
		if (e->epoch[i].table < 0)
			continue;
		snapshot_start(e->tables, e->epoch[i].table, NULL, &e->live[i].walk);
		e->live[i].walk.is_verified = e->live[i].walk.has_data = kind == EVIDENCE_DATA;
		fetch_item(e, i);
	}
	return kind == EVIDENCE_DATA ? start_data(e) : start_rows(e);
}

static void take_lowest(const struct pack_key **lowest, const struct pack_key *key)
{
	if (!*lowest || pack_compare(key, *lowest) < 0)
		*lowest = key;
}

/* Takes all parts of the next source, the first in order: 1; 0: the end; or -errno. */
static int next_parts(struct evidence *e, struct pack_key *key)
{
	const struct pack_key *lowest = NULL;
	int i, error = 0;

	for (i = 0; i < STORE_GRADES; i++)
		if (e->row[i].is_there)
			take_lowest(&lowest, &e->row[i].row.key);
	for (i = 0; i < e->epochs; i++)
		if (e->live[i].is_there)
			take_lowest(&lowest, &e->live[i].key);
	if (!lowest)
		return 0;
	*key = *lowest;
	clear_parts(e);
	for (i = 0; i < STORE_GRADES; i++)
		while (!error && e->row[i].is_there && !pack_compare(&e->row[i].row.key, key)) {
			error = take_row(e, &e->row[i].row);
			if (!error)
				error = fetch_row(e, i);
		}
	for (i = 0; i < e->epochs; i++)
		if (e->epoch[i].table >= 0)
			take_live(e, i, key);
	return error ? error : 1;
}

static bool is_verified(const struct evidence *e)
{
	int i;

	for (i = 0; i < e->epochs; i++)
		if (e->part[i].is_there && stored_is_verified(&e->part[i].stored))
			return true;
	return false;
}

static int find_parts(struct evidence *e, const struct pack_key *key)
{
	struct snapshot_item item;
	struct snapshot_walk walk;
	int i, ret, found = 0;

	clear_parts(e);
	for (i = 0; i < e->epochs; i++) {
		if (e->epoch[i].stored) {
			struct store_row row = { .key = *key, .epoch = e->epoch[i].stored->id };

			row.stored.hour = e->part[i].stored.hour;
			ret = store_get(e->store, &row);
			if (ret < 0)
				return ret;
			if (ret)
				part_of(e, i)->stored = row.stored;
			found |= ret;
		}
		if (e->epoch[i].table < 0)
			continue;
		snapshot_start(e->tables, e->epoch[i].table, key, &walk);
		if (snapshot_next(&walk, &item) && !pack_compare(&item.key, key)) {
			take_item(e, i, &item);
			found = 1;
		}
	}
	return found;
}

/* The next source that sent data, in the tables or the store; false: the end. */
static bool next_data_key(struct evidence *e, struct pack_key *key, int *error)
{
	const struct pack_key *lowest = e->has_data_key ? &e->data_key : NULL;
	int i;

	for (i = 0; i < e->epochs; i++)
		if (e->live[i].is_there)
			take_lowest(&lowest, &e->live[i].key);
	if (!lowest)
		return false;
	*key = *lowest;
	for (i = 0; i < e->epochs; i++)
		if (e->live[i].is_there && !pack_compare(&e->live[i].key, key))
			fetch_item(e, i);
	if (e->has_data_key && !pack_compare(&e->data_key, key)) {
		*error = fetch_data_key(e);
	}
	return true;
}

/* So is a record of the tables that was emptied, since its source is to be forgotten. */
static bool is_empty(const struct record *r)
{
	return !r->low.when.first && !r->real.when.first && !r->high.when.first &&
	       !r->data.first && !r->talk.first && !r->bad_acks && !r->hours && !r->data_hours;
}

static int next_record(struct evidence *e, struct record *r)
{
	struct pack_key key;
	int ret, error = 0;

	if (e->kind == EVIDENCE_DATA) {
		if (!next_data_key(e, &key, &error))
			return 0;
		ret = error ? error : find_parts(e, &key);
	} else {
		do {
			ret = next_parts(e, &key);
		} while (ret > 0 && e->kind == EVIDENCE_VERIFIED && !is_verified(e));
	}
	if (ret > 0)
		evidence_record(e, &key, r);
	return ret;
}

int evidence_step(struct evidence *e, struct record *r)
{
	int ret;

	do {
		ret = next_record(e, r);
	} while (ret > 0 && is_empty(r));
	return ret;
}

int evidence_find(struct evidence *e, const struct nolist_source *src, struct record *r)
{
	struct pack_key key = pack_key(src);
	int ret;

	evidence_stop(e);
	ret = find_parts(e, &key);
	if (ret <= 0)
		return ret;
	evidence_record(e, &key, r);
	return !is_empty(r);
}
