-- Up Migration
CREATE TABLE reference_owner (
  kind text NOT NULL,
  reference text NOT NULL,
  partner_id text NOT NULL,
  named_at timestamptz NOT NULL,
  PRIMARY KEY (kind, reference)
);

COMMENT ON TABLE reference_owner IS 'Whose an order, payout or shipment is, as the latest event that names both says';
