-- Up Migration
CREATE TABLE reference_owner (
  kind text NOT NULL,
  reference text NOT NULL,
  partner_id text NOT NULL,
  named_at timestamptz NOT NULL,
  PRIMARY KEY (kind, reference)
);

CREATE INDEX ON reference_owner (named_at);

COMMENT ON TABLE reference_owner IS 'The partner whom an event named last with an order, payout or shipment. Known from Kafka alone: no rebuild restores it';
COMMENT ON COLUMN reference_owner.named_at IS 'When that event happened, by the clock of its system';
