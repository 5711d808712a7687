-- Up Migration
CREATE TABLE cell_version (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  version bigint NOT NULL
);
INSERT INTO cell_version (version) VALUES (0);

CREATE TABLE cell (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,31}$'),
  url text NOT NULL
);

CREATE TABLE cell_slot (
  slot smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 4095),
  cell text NOT NULL REFERENCES cell
);

CREATE TABLE cell_partner (
  partner_id text PRIMARY KEY,
  cell text NOT NULL REFERENCES cell,
  move_id uuid,
  moving_to text REFERENCES cell,
  phase text CHECK (phase IN ('copying', 'arriving', 'returning', 'cleaning')),
  version bigint NOT NULL,
  CHECK ((move_id IS NULL) = (moving_to IS NULL) AND (move_id IS NULL) = (phase IS NULL))
);
CREATE INDEX ON cell_partner (version);
CREATE INDEX ON cell_partner (move_id) WHERE move_id IS NOT NULL;

COMMENT ON TABLE cell_version IS 'The version of the cell directory: every change raises it by one, in its transaction';
COMMENT ON TABLE cell IS 'The cells, and where the router reaches the api of each';
COMMENT ON TABLE cell_slot IS 'In which cell the partners of a slot are (the first 12 bits of the SHA-256 of their ids) that cell_partner does not name';
COMMENT ON TABLE cell_partner IS 'Partners that are in another cell than their slot says, or on their way';
COMMENT ON COLUMN cell_partner.version IS 'The version of the directory that brought this row as it is: routers read what is new';
