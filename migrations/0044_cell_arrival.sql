-- Up Migration
CREATE TABLE cell_arrival (
  partner_id text PRIMARY KEY,
  move_id uuid NOT NULL
);

COMMENT ON TABLE cell_arrival IS 'Of partners who came here from another cell, or were to: the last move. Whoever cleans up after an earlier one deletes nothing';
