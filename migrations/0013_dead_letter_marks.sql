-- Up Migration
CREATE TABLE dead_letter_mark (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  partition integer NOT NULL,
  first_offset bigint NOT NULL,
  last_offset bigint NOT NULL,
  oldest timestamptz NOT NULL,
  newest timestamptz NOT NULL,
  action text NOT NULL CHECK (action IN ('redriven', 'discarded')),
  marked_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ON dead_letter_mark (topic, partition, last_offset);

COMMENT ON TABLE dead_letter_mark IS 'Dead letters that are done with: stretches of their topics that were redriven or discarded, the latest of a letter counts';
COMMENT ON COLUMN dead_letter_mark.oldest IS 'The timestamps of its messages in Kafka: a topic that was deleted and made anew has the same offsets, but newer messages';
