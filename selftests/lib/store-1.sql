-- The first version of the store, as it was released: records as long as in memory.
PRAGMA application_id = 1852796019; PRAGMA user_version = 1;
CREATE TABLE life (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, tables INTEGER NOT NULL,
  generation INTEGER NOT NULL, wall_s INTEGER NOT NULL, begin_s INTEGER NOT NULL DEFAULT 0,
  seen_s INTEGER NOT NULL DEFAULT 0,
  real4_s INTEGER NOT NULL DEFAULT 0, real6_s INTEGER NOT NULL DEFAULT 0);
CREATE TABLE source (grade INTEGER NOT NULL, source BLOB NOT NULL, life INTEGER NOT NULL,
  has_data INTEGER, claims BLOB, proofs BLOB, hours BLOB,
  PRIMARY KEY (grade, source, life)) WITHOUT ROWID;
CREATE INDEX source_data ON source (source) WHERE has_data = 1;
CREATE TABLE losses (seq INTEGER PRIMARY KEY, life INTEGER NOT NULL,
  from_s INTEGER NOT NULL, to_s INTEGER NOT NULL, proofs_lost INTEGER NOT NULL,
  proofs_lost_s INTEGER NOT NULL, evicted INTEGER NOT NULL, evicted_s INTEGER NOT NULL,
  away INTEGER NOT NULL, away_s INTEGER NOT NULL, claims_lost INTEGER NOT NULL,
  shed_low INTEGER NOT NULL, shed_real INTEGER NOT NULL, shed_high INTEGER NOT NULL);
CREATE INDEX losses_life ON losses (life, seq);
CREATE TABLE bad_acks (life INTEGER NOT NULL, hour INTEGER NOT NULL,
  count INTEGER NOT NULL, PRIMARY KEY (life, hour)) WITHOUT ROWID;
