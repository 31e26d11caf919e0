// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statements that read and change the store, each prepared when it is first used.
 */
#include "user/base/text.h"
#include "user/store/private.h"

/* What a macro stands for, as text. */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

#define LIST_COLUMNS                                                                               \
	"SELECT path, time, since, entries, (SELECT max(0, ifnull(sum(added), 0)) FROM growth"     \
	" WHERE growth.path = list.path AND growth.time > ?2 - " TEXT(DAY_S) " AND growth.time <= ?2),"      \
	" gaps, flood, learning, unseen, unhealthy, growth FROM list "

#define HISTORY_MAX 4000000000000000000 /* a sum of SQLite's would become a fraction */

#define PUT "INSERT INTO source (grade, source, epoch, has_data, contacts, verified, hours) VALUES"
/* A row of unchanged size is overwritten in place; REPLACE would delete it first. */
#define OVER                                                                                       \
	" ON CONFLICT (grade, source, epoch) DO UPDATE SET has_data = excluded.has_data,"          \
	" contacts = excluded.contacts, verified = excluded.verified, hours = excluded.hours"
#define ROW " (?, ?, ?, ?, ?, ?, ?)"
#define ROWS_4 ROW "," ROW "," ROW "," ROW
#define ROWS_16 ROWS_4 "," ROWS_4 "," ROWS_4 "," ROWS_4

static const char *const sql[STATEMENTS] = {
	[SQL_WALK_UNVERIFIED] = "SELECT source, epoch, contacts, verified, hours FROM source"
				" WHERE grade = 0 AND source >= ?1 ORDER BY source, epoch",
	[SQL_WALK_VERIFIED] = "SELECT source, epoch, contacts, verified, hours FROM source"
			      " WHERE grade = 1 AND source >= ?1 ORDER BY source, epoch",
	[SQL_DATA] = "SELECT DISTINCT source FROM source INDEXED BY source_data"
		     " WHERE has_data = 1 AND source >= ?1 ORDER BY source",
	[SQL_GET] = "SELECT source, epoch, contacts, verified, hours FROM source"
		    " WHERE grade = ?3 AND source = ?1 AND epoch = ?2",
	[SQL_PUT] = PUT ROW OVER,
	/* STORE_PUT_ROWS */
	[SQL_PUT_MANY] = PUT ROWS_16 "," ROWS_16 "," ROWS_16 "," ROWS_16 OVER,
	[SQL_PROMOTE] = "UPDATE source SET grade = 1 WHERE grade = 0 AND source = ?1",
	[SQL_IS_VERIFIED] = "SELECT 1 FROM source WHERE grade = 1 AND source = ?1 LIMIT 1",
	[SQL_COUNT] = "SELECT count(*) FROM source WHERE grade = ?1",
	[SQL_DROP] = "DELETE FROM source WHERE grade = ?1 AND source = ?2 AND epoch = ?3",
	[SQL_FORGET] = "DELETE FROM source WHERE grade IN (0, 1) AND source = ?1",
	[SQL_GAPS_DROP] = "DELETE FROM gap WHERE to_s + ifnull((SELECT wall_s FROM epoch"
			  " WHERE id = gap.epoch), 0) < ?1 AND seq NOT IN"
			  " (SELECT max(seq) FROM gap GROUP BY epoch)",
	[SQL_ACKS_DROP] = "DELETE FROM bad_acks WHERE hour * " TEXT(HOUR_S) " + ifnull((SELECT wall_s"
			  " FROM epoch WHERE id = bad_acks.epoch), 0) < ?1",
	[SQL_PARDON_DROP] = "DELETE FROM pardon WHERE until < ?1",
	[SQL_PARDON_ADD] = "INSERT INTO pardon VALUES (NULL, ?1, ?2, ?3, ?4)",
	[SQL_PARDON_EXTEND] = "UPDATE pardon SET until = ?4"
			      " WHERE addr = ?1 AND len = ?2 AND until > ?3",
	[SQL_PARDON_EACH] = "SELECT addr, len, made, until FROM pardon ORDER BY addr, len, made",
	[SQL_REAL_DROP] = "DELETE FROM real_hour WHERE hour * " TEXT(HOUR_S) " + ifnull((SELECT wall_s"
			  " FROM epoch WHERE id = real_hour.epoch), 0) < ?1",
	/* The last change before that time is not dropped: the next one is compared with it. */
	[SQL_CHANGES_DROP] =
		"WITH old AS (SELECT epoch, at_s, at_s + wall_s AS utc FROM mx_change"
		" JOIN epoch ON id = epoch WHERE at_s + wall_s < ?1)"
		" DELETE FROM mx_change WHERE (epoch, at_s) IN (SELECT epoch, at_s FROM"
		" old WHERE utc < (SELECT max(utc) FROM old))",
	[SQL_LIST_DROP] = "DELETE FROM list WHERE time < ?1",
	[SQL_LIST_GET] = LIST_COLUMNS "WHERE path = ?1",
	[SQL_LIST_SET] = "INSERT OR REPLACE INTO list (path, time, since, entries, gaps, flood,"
			 " learning, unseen, unhealthy, growth)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_LIST_FORGET] = "DELETE FROM list WHERE path = ?1",
	[SQL_UNVERIFIED] = "SELECT rows FROM amount WHERE grade = 0",
	[SQL_UNVERIFIED_SET] = "INSERT OR REPLACE INTO amount VALUES (0, ?1)",
	[SQL_GROWTH_FORGET] = "DELETE FROM growth WHERE path = ?1",
	[SQL_LIST_EACH] = LIST_COLUMNS "ORDER BY path",
	[SQL_GROWTH_ADD] = "INSERT INTO growth VALUES (NULL, ?1, ?2, ?3)",
	[SQL_GROWTH_DROP] = "DELETE FROM growth WHERE path = ?1"
			    " AND (time <= ?2 - " TEXT(DAY_S) " OR time > ?2)",
	[SQL_HISTORY_ADD] = "INSERT INTO history VALUES (?1, ?2, ?3) ON CONFLICT (kind, hour)"
			    " DO UPDATE SET count = min(count + excluded.count, " TEXT(HISTORY_MAX) ")",
	[SQL_HISTORY_MOST] = "INSERT INTO history VALUES (?1, ?2, ?3) ON CONFLICT (kind, hour)"
			     " DO UPDATE SET count = max(count, excluded.count)",
	[SQL_HISTORY_EACH] = "SELECT kind, hour, count FROM history WHERE hour BETWEEN ?1 AND ?2"
			     " ORDER BY kind, hour",
	[SQL_HISTORY_DROP] = "DELETE FROM history WHERE hour NOT BETWEEN ?1 AND ?2",
	[SQL_LEVEL_SET] = "INSERT OR REPLACE INTO level VALUES (?1, ?2)",
	[SQL_LEVEL_EACH] = "SELECT name, count FROM level ORDER BY name",
	[SQL_LIFT_ADD] = "INSERT OR IGNORE INTO lift VALUES (?1, ?2)",
	[SQL_LIFT_EACH] = "SELECT source, at FROM lift ORDER BY source, at",
	/* Also those of a clock that was wrong. */
	[SQL_LIFT_DROP] = "DELETE FROM lift WHERE at < ?1 OR at > ?1 + 70 * " TEXT(DAY_S),
	[SQL_LIFT_FORGET] = "DELETE FROM lift WHERE source = ?1",
	[SQL_SPAM_ADD] = "INSERT INTO spam VALUES (?1, ?2, ?3, ?4)",
	[SQL_SPAM_MORE] = "UPDATE spam SET spam = spam | ?3, ham = ham | ?4 WHERE source = ?1 AND day = ?2",
	[SQL_SPAM_COUNT] = "SELECT count(*) FROM spam",
	[SQL_SPAM_EACH] = "SELECT source, day, spam, ham FROM spam ORDER BY source, day",
	/* Also those of a clock that was wrong. */
	[SQL_SPAM_DROP] = "DELETE FROM spam WHERE day < ?1 / " TEXT(DAY_S) " OR day > ?1 / " TEXT(DAY_S) " + 70",
	[SQL_SPAM_FORGET] = "DELETE FROM spam WHERE source = ?1",
	[SQL_NEWEST_EACH] = "SELECT source, last FROM newest WHERE epoch = ?1",
	[SQL_NEWEST_ADD] = "INSERT INTO newest VALUES (?1, ?2, ?3)",
	[SQL_NEWEST_DROP] = "DELETE FROM newest WHERE epoch = ?1",
	[SQL_NEWEST_FORGET] = "DELETE FROM newest WHERE source = ?1"
			      " AND epoch IN (SELECT id FROM epoch)",
	[SQL_NEWEST_END] = "SELECT source, last FROM newest_end WHERE epoch = ?1",
	[SQL_NEWEST_END_SET] = "INSERT OR REPLACE INTO newest_end VALUES (?1, ?2, ?3)",
	[SQL_NEWEST_MISSING] = "SELECT count(*) FROM epoch"
			       " WHERE id NOT IN (SELECT epoch FROM newest_end)",
	[SQL_EPOCH_ADD] = "INSERT INTO epoch (boot, tables, generation, wall_s)"
			  " VALUES (?1, ?2, ?3, ?4)",
	[SQL_EPOCH_SET] =
		"UPDATE epoch SET generation = ?2, begin_s = ?3, seen_s = ?4,"
		" real4_s = ?5, real6_s = ?6, data4_s = ?7, data6_s = ?8, end_s = ?9 WHERE id = ?1",
	[SQL_EPOCH_WALL] = "UPDATE epoch SET wall_s = ?2 WHERE boot = ?1 AND wall_s <> ?2",
	[SQL_GAPS_LAST] = "SELECT * FROM gap WHERE epoch = ?1 ORDER BY seq DESC LIMIT 1",
	[SQL_GAPS_ADD] = "INSERT INTO gap VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
			 " ?10, ?11, ?12, ?13, ?14, ?15)",
	[SQL_GAPS_STRETCH] = "UPDATE gap SET to_s = ?2 WHERE seq ="
			     " (SELECT max(seq) FROM gap WHERE epoch = ?1)",
	[SQL_GAPS_EACH] = "SELECT * FROM gap ORDER BY epoch, seq",
	[SQL_ACKS_ADD] = "INSERT INTO bad_acks VALUES (?1, ?2, ?3) ON CONFLICT (epoch, hour)"
			 " DO UPDATE SET count = max(count, excluded.count)",
	[SQL_ACKS_EACH] = "SELECT epoch, hour, count FROM bad_acks ORDER BY epoch, hour",
	[SQL_REAL_ADD] = "INSERT INTO real_hour VALUES (?1, ?2, ?3, ?4, ?5)"
			 " ON CONFLICT (epoch, family, hour) DO UPDATE SET"
			 " opens = max(opens, excluded.opens), data = max(data, excluded.data)",
	[SQL_REAL_EACH] = "SELECT epoch, family, hour, opens, data FROM real_hour"
			  " ORDER BY epoch, family, hour",
	[SQL_CHANGE_ADD] = "INSERT OR REPLACE INTO mx_change VALUES (?1, ?2, ?3)",
	[SQL_CHANGES_EACH] = "SELECT epoch, at_s, mx FROM mx_change ORDER BY epoch, at_s",
};

sqlite3_stmt *store_stmt(struct store *s, enum statement which)
{
	if (!s->stmt[which] &&
	    sqlite3_prepare_v3(s->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[which],
			       NULL) != SQLITE_OK) {
		store_fail(s, "read");
		return NULL;
	}
	sqlite3_reset(s->stmt[which]);
	return s->stmt[which];
}
