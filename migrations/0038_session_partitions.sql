-- Up Migration
CREATE TABLE session_partitions (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  partitions smallint NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE session_partitions IS 'One row: into how many partitions the session streams are to be divided';
COMMENT ON COLUMN session_partitions.set_at IS 'Since when; projectors and bridges move their partitions over';

INSERT INTO session_partitions (partitions) SELECT count(*) FROM projection_slot HAVING count(*) > 0;

ALTER TABLE projection_instance ADD COLUMN divides boolean NOT NULL DEFAULT false;
ALTER TABLE bridge_instance ADD COLUMN divides boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN projection_instance.divides IS 'Whether it takes part in a change of the number of partitions: an older release does not';
COMMENT ON COLUMN projection_slot.slot IS 'The number of the partition in its division, modulo 256: while the number of partitions changes, two have the same';

-- A process of the release before deletes all partitions when it starts with another number of them.
CREATE FUNCTION keep_partitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('turnstream.replaces_partitions', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'partitions are replaced by npm run partitions only'
    USING HINT = 'Set PARTITIONS of the release before to the number that npm run partitions shows.';
END $$;

CREATE TRIGGER keep_partitions BEFORE DELETE ON projection_slot FOR EACH ROW EXECUTE FUNCTION keep_partitions();
CREATE TRIGGER keep_partitions BEFORE DELETE ON bridge_slot FOR EACH ROW EXECUTE FUNCTION keep_partitions();
