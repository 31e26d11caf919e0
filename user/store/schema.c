// SPDX-License-Identifier: GPL-2.0-only
/*
 * The schema of the store, version by version, with the names that each had.
 */
#include "user/store/private.h"

/*
 * One step for each version, from an empty file on; user_version counts them.
 * A step that was released is never changed: add another one.
 */
const char *const store_steps[] = {
	/* Records are blobs (record/pack.h, record/sparse.h): columns took three times as long. */
	"CREATE TABLE life (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, tables INTEGER NOT NULL,"
	"  generation INTEGER NOT NULL, wall_s INTEGER NOT NULL, begin_s INTEGER NOT NULL DEFAULT "
	"0,"
	"  seen_s INTEGER NOT NULL DEFAULT 0,"
	"  real4_s INTEGER NOT NULL DEFAULT 0, real6_s INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE source (grade INTEGER NOT NULL, source BLOB NOT NULL, life INTEGER NOT NULL,"
	"  has_data INTEGER, claims BLOB, proofs BLOB, hours BLOB,"
	"  PRIMARY KEY (grade, source, life)) WITHOUT ROWID;"
	"CREATE INDEX source_data ON source (source) WHERE has_data = 1;"
	"CREATE TABLE losses (seq INTEGER PRIMARY KEY, life INTEGER NOT NULL,"
	"  from_s INTEGER NOT NULL, to_s INTEGER NOT NULL, proofs_lost INTEGER NOT NULL,"
	"  proofs_lost_s INTEGER NOT NULL, evicted INTEGER NOT NULL, evicted_s INTEGER NOT NULL,"
	"  away INTEGER NOT NULL, away_s INTEGER NOT NULL, claims_lost INTEGER NOT NULL,"
	"  shed_low INTEGER NOT NULL, shed_real INTEGER NOT NULL, shed_high INTEGER NOT NULL);"
	"CREATE INDEX losses_life ON losses (life, seq);"
	"CREATE TABLE bad_acks (life INTEGER NOT NULL, hour INTEGER NOT NULL,"
	"  count INTEGER NOT NULL, PRIMARY KEY (life, hour)) WITHOUT ROWID;",
	"CREATE TABLE pardon (id INTEGER PRIMARY KEY, addr BLOB NOT NULL, len INTEGER NOT NULL,"
	"  made INTEGER NOT NULL, until INTEGER NOT NULL);",
	"ALTER TABLE life ADD COLUMN data4_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE life ADD COLUMN data6_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE real_hour (life INTEGER NOT NULL, family INTEGER NOT NULL,"
	"  hour INTEGER NOT NULL, opens INTEGER NOT NULL, data INTEGER NOT NULL,"
	"  PRIMARY KEY (life, family, hour)) WITHOUT ROWID;"
	"CREATE TABLE mx_change (life INTEGER NOT NULL, at_s INTEGER NOT NULL,"
	"  mx INTEGER NOT NULL, PRIMARY KEY (life, at_s)) WITHOUT ROWID;",
	/* Records were as long as in memory; the numbers are their 32-bit words. */
	"UPDATE source SET claims = squeezed(claims, 17), proofs = squeezed(proofs, 11),"
	"  hours = squeezed(hours, 6);",
	"CREATE TABLE list (path TEXT PRIMARY KEY, time INTEGER NOT NULL, since INTEGER NOT NULL,"
	"  entries INTEGER NOT NULL, losses INTEGER NOT NULL, learning INTEGER NOT NULL,"
	"  unseen INTEGER NOT NULL, unhealthy INTEGER NOT NULL, growth INTEGER NOT NULL)"
	"  WITHOUT ROWID;"
	"CREATE TABLE growth (id INTEGER PRIMARY KEY, path TEXT NOT NULL, time INTEGER NOT NULL,"
	"  added INTEGER NOT NULL);",
	/* Hours have SYNs, too (record/pack.h): an older tool would take them for data. */
	"SELECT 0;",
	/* Records carry their length, and can grow; hours have more events. */
	"UPDATE source SET claims = with_length(claims, 17), proofs = with_length(proofs, 11),"
	"  hours = with_length(hours, 6);"
	"ALTER TABLE life ADD COLUMN end_s INTEGER NOT NULL DEFAULT 0;"
	/* The terms of today. */
	"ALTER TABLE life RENAME TO epoch;"
	"ALTER TABLE losses RENAME TO gap;"
	"DROP INDEX losses_life;"
	"ALTER TABLE source RENAME COLUMN life TO epoch;"
	"ALTER TABLE source RENAME COLUMN claims TO contacts;"
	"ALTER TABLE source RENAME COLUMN proofs TO verified;"
	"ALTER TABLE gap RENAME COLUMN life TO epoch;"
	"ALTER TABLE gap RENAME COLUMN proofs_lost TO verified_lost;"
	"ALTER TABLE gap RENAME COLUMN proofs_lost_s TO verified_lost_s;"
	"ALTER TABLE gap RENAME COLUMN away TO detached;"
	"ALTER TABLE gap RENAME COLUMN away_s TO detached_s;"
	"ALTER TABLE gap RENAME COLUMN claims_lost TO contacts_lost;"
	"ALTER TABLE gap RENAME COLUMN shed_low TO limited_low;"
	"ALTER TABLE gap RENAME COLUMN shed_real TO limited_real;"
	"ALTER TABLE gap RENAME COLUMN shed_high TO limited_high;"
	"CREATE INDEX gap_epoch ON gap (epoch, seq);"
	"ALTER TABLE bad_acks RENAME COLUMN life TO epoch;"
	"ALTER TABLE real_hour RENAME COLUMN life TO epoch;"
	"ALTER TABLE mx_change RENAME COLUMN life TO epoch;"
	"ALTER TABLE list RENAME COLUMN losses TO gaps;",
	/* To count rows takes long. */
	"CREATE TABLE amount (grade INTEGER PRIMARY KEY, rows INTEGER NOT NULL);"
	"INSERT INTO amount SELECT 0, count(*) FROM source WHERE grade = 0;"
	"ALTER TABLE gap ADD COLUMN contacts_evicted INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE gap ADD COLUMN contacts_evicted_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE list ADD COLUMN flood INTEGER NOT NULL DEFAULT 0;",
	/* hour: since 1970; kind: enum store_count. */
	"CREATE TABLE history (kind INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL,"
	"  PRIMARY KEY (kind, hour)) WITHOUT ROWID;",
	"CREATE TABLE lift (source BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (source, at))"
	"  WITHOUT ROWID;",
	"CREATE TABLE level (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;",
	/* Filled by the next prune by age (newest.c). */
	"CREATE TABLE newest (epoch INTEGER NOT NULL, source BLOB NOT NULL, last INTEGER NOT NULL,"
	"  PRIMARY KEY (epoch, source)) WITHOUT ROWID;"
	"CREATE TABLE newest_end (epoch INTEGER PRIMARY KEY, source BLOB NOT NULL,"
	"  last INTEGER NOT NULL);",
	/* day: since 1970; spam, ham: a bit for each of its hours. */
	"CREATE TABLE spam (source BLOB NOT NULL, day INTEGER NOT NULL, spam INTEGER NOT NULL,"
	"  ham INTEGER NOT NULL, PRIMARY KEY (source, day)) WITHOUT ROWID;",
};

const int store_version = sizeof(store_steps) / sizeof(*store_steps);
