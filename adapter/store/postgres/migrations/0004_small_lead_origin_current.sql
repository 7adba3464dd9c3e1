-- Only a time further ahead of the newest version's than the retention is that of a wrong clock: one
-- that is seconds ahead of the others ends no page early.
CREATE OR REPLACE FUNCTION clear_index(retention bigint) RETURNS void LANGUAGE plpgsql AS $$
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
    EXIT WHEN old.last_updated BETWEEN newest - retention AND newest + retention;
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

-- origin: drawn when the store was made, and never copied. A store that was put in the place of
-- another one under a running service has another.
INSERT INTO state (name, number) VALUES ('origin', floor(random() * 9007199254740992)::bigint);

-- What there is now, in the order of pages. In version_by_type it stands among all that it replaced:
-- a first page would pass over most of a store that is much written to.
CREATE INDEX version_current ON version (type, sequence)
  WHERE replaced = 9223372036854775807 AND deleted = 0;
