-- What there is now, in the order of pages. In version_by_type it stands among all that it replaced:
-- a first page would pass over most of a store that is much written to.
CREATE INDEX version_current ON version (type, sequence)
  WHERE replaced = 9223372036854775807 AND deleted = 0;
