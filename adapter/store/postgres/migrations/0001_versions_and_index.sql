-- Names that stand in many rows, as small integers. 0 is no name. Texts compare by their bytes.
CREATE TABLE type (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE system (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uri text COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE parameter (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type integer NOT NULL,
  code text COLLATE "C" NOT NULL,
  UNIQUE (type, code)
);

-- Every version of every resource; also the change log. Narrow, and in one piece: its order is that
-- of the whole store.
CREATE TABLE version (
  sequence bigint PRIMARY KEY,  -- rises by one with every write
  version bigint NOT NULL,
  replaced bigint NOT NULL DEFAULT 9223372036854775807,  -- sequence of the version after it
  last_updated bigint NOT NULL,  -- microseconds since 1970
  type integer NOT NULL,
  compartment integer NOT NULL,  -- of the patient, 0: of none or of several
  deleted smallint NOT NULL,
  id text COLLATE "C" NOT NULL,
  method text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX version_by_id ON version (type, id, version);
CREATE INDEX version_by_type ON version (type, sequence, replaced, deleted);
CREATE INDEX version_by_replaced ON version (replaced) WHERE replaced < 9223372036854775807;

-- All else is spread by compartment: what belongs to one patient stands together, and a partition
-- can be kept on another disk or node. Bodies: zstd with checksum.
CREATE TABLE body (
  sequence bigint NOT NULL,
  compartment integer NOT NULL,
  data bytea NOT NULL
) PARTITION BY HASH (compartment);
ALTER TABLE body ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX body_by_sequence ON body (sequence, compartment);

-- What searches compare, by version. Rows of replaced versions stay a while for paging.
CREATE TABLE token (
  sequence bigint NOT NULL,
  compartment integer NOT NULL,
  parameter integer NOT NULL,
  system integer NOT NULL,
  value text COLLATE "C" NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX token_by_sequence ON token (sequence);
CREATE INDEX token_by_value ON token (parameter, value, system);

CREATE TABLE string (
  sequence bigint NOT NULL,
  compartment integer NOT NULL,
  parameter integer NOT NULL,
  value text COLLATE "C" NOT NULL,
  exact text COLLATE "C" NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX string_by_sequence ON string (sequence);
CREATE INDEX string_by_value ON string (parameter, value);

CREATE TABLE reference (
  sequence bigint NOT NULL,
  compartment integer NOT NULL,
  parameter integer NOT NULL,
  type integer NOT NULL,
  target text COLLATE "C" NOT NULL,  -- logical id
  exact text COLLATE "C" NOT NULL    -- as written, when it is not local
) PARTITION BY HASH (compartment);
CREATE INDEX reference_by_sequence ON reference (sequence);
CREATE INDEX reference_by_target ON reference (parameter, target, type);
CREATE INDEX reference_by_exact ON reference (parameter, exact) WHERE exact <> '';

-- Dates, numbers and quantities: all of [low, high].
CREATE TABLE span (
  sequence bigint NOT NULL,
  low bigint NOT NULL,
  high bigint NOT NULL,
  compartment integer NOT NULL,
  parameter integer NOT NULL,
  system integer NOT NULL,
  unit text COLLATE "C" NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX span_by_sequence ON span (sequence);
CREATE INDEX span_by_low ON span (parameter, low, high);

DO $$
DECLARE
  whole text;
BEGIN
  FOREACH whole IN ARRAY ARRAY['body', 'token', 'string', 'reference', 'span'] LOOP
    FOR part IN 0..7 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 8, REMAINDER %s)',
                     whole || '_' || part, whole, part);
    END LOOP;
  END LOOP;
END $$;

-- Named values kept beside the resources.
CREATE TABLE value (name text COLLATE "C" PRIMARY KEY, data bytea NOT NULL);

-- The store's own numbers: schema is that of the last migration, index_horizon the newest
-- `replaced` whose index rows are gone.
CREATE TABLE state (name text PRIMARY KEY, number bigint NOT NULL);
INSERT INTO state (name, number) VALUES ('schema', 0), ('index_horizon', 0);

-- Index rows of versions replaced more than `retention` microseconds ago: no page can ask for them
-- any more. A few at a time, in the order of replacement; the first that is too young ends it.
CREATE FUNCTION clear_index(retention bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  newest bigint;
  horizon bigint;
  old record;
  sequences bigint[] := '{}';
  compartments integer[] := '{}';
BEGIN
  SELECT last_updated INTO newest FROM version ORDER BY sequence DESC LIMIT 1;
  SELECT number INTO horizon FROM state WHERE name = 'index_horizon';
  FOR old IN
    SELECT v.sequence, v.compartment, v.replaced, n.last_updated
    FROM version v JOIN version n ON n.sequence = v.replaced
    WHERE v.replaced > horizon AND v.replaced < 9223372036854775807
    ORDER BY v.replaced LIMIT 256
  LOOP
    EXIT WHEN old.last_updated >= newest - retention;
    sequences := sequences || old.sequence;
    compartments := compartments || old.compartment;
    horizon := old.replaced;
  END LOOP;
  IF cardinality(sequences) = 0 THEN
    RETURN;
  END IF;
  DELETE FROM token r USING unnest(sequences, compartments) AS o (sequence, compartment)
    WHERE r.sequence = o.sequence AND r.compartment = o.compartment;
  DELETE FROM string r USING unnest(sequences, compartments) AS o (sequence, compartment)
    WHERE r.sequence = o.sequence AND r.compartment = o.compartment;
  DELETE FROM reference r USING unnest(sequences, compartments) AS o (sequence, compartment)
    WHERE r.sequence = o.sequence AND r.compartment = o.compartment;
  DELETE FROM span r USING unnest(sequences, compartments) AS o (sequence, compartment)
    WHERE r.sequence = o.sequence AND r.compartment = o.compartment;
  UPDATE state SET number = horizon WHERE name = 'index_horizon';
END $$;
