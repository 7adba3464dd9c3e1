-- Names that stand in many rows, as small integers. 0 is no name.
CREATE TABLE type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE system (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE parameter (
  id INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  code TEXT NOT NULL,
  UNIQUE (type, code)
) STRICT;

-- Every version of every resource; also the change log.
CREATE TABLE version (
  sequence INTEGER PRIMARY KEY,  -- rises by one with every write
  type INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  replaced INTEGER NOT NULL DEFAULT 9223372036854775807,  -- sequence of the version after it
  last_updated INTEGER NOT NULL,  -- microseconds since 1970
  deleted INTEGER NOT NULL,
  method TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX version_by_id ON version (type, id, version);
CREATE INDEX version_by_type ON version (type, sequence, replaced, deleted);
CREATE INDEX version_by_replaced ON version (replaced) WHERE replaced < 9223372036854775807;

-- Bodies stand apart, so that marking a version as replaced rewrites no body. zstd with checksum.
CREATE TABLE body (sequence INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

-- What searches compare, by version. Rows of replaced versions stay a while for paging.
CREATE TABLE token (
  sequence INTEGER NOT NULL,
  parameter INTEGER NOT NULL,
  value TEXT NOT NULL,
  system INTEGER NOT NULL,
  PRIMARY KEY (sequence, parameter, value, system)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_value ON token (parameter, value, system);

CREATE TABLE string (
  sequence INTEGER NOT NULL,
  parameter INTEGER NOT NULL,
  value TEXT NOT NULL,
  exact TEXT NOT NULL,
  PRIMARY KEY (sequence, parameter, value, exact)
) STRICT, WITHOUT ROWID;
CREATE INDEX string_by_value ON string (parameter, value);

CREATE TABLE reference (
  sequence INTEGER NOT NULL,
  parameter INTEGER NOT NULL,
  target TEXT NOT NULL,  -- logical id
  type INTEGER NOT NULL,
  exact TEXT NOT NULL,  -- as written, when it is not local
  PRIMARY KEY (sequence, parameter, target, type, exact)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_by_target ON reference (parameter, target, type);
CREATE INDEX reference_by_exact ON reference (parameter, exact) WHERE exact <> '';

-- Dates, numbers and quantities: all of [low, high].
CREATE TABLE span (
  sequence INTEGER NOT NULL,
  parameter INTEGER NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  system INTEGER NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (sequence, parameter, low, high, system, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX span_by_low ON span (parameter, low, high);

-- Named values kept beside the resources.
CREATE TABLE value (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- The store's own numbers: index_horizon is the newest `replaced` whose index rows are gone.
CREATE TABLE state (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO state (name, number) VALUES ('index_horizon', 0);
