-- Up Migration
CREATE TABLE event_correlation (
  session_id uuid NOT NULL,
  correlation bigint NOT NULL,
  first_revision bigint NOT NULL,
  last_revision bigint NOT NULL,
  PRIMARY KEY (session_id, correlation)
);

CREATE INDEX ON event_correlation (correlation);

COMMENT ON TABLE event_correlation IS 'Read model: between which revisions a session has the events of a correlation id';
COMMENT ON COLUMN event_correlation.correlation IS 'The first 64 bits of the SHA-256 of the correlation id; the events tell whether it is the one';
