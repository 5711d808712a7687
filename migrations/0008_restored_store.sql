-- Up Migration
ALTER TABLE projection_slot ADD COLUMN ahead_of bigint;
ALTER TABLE bridge_slot ADD COLUMN ahead_of bigint;

COMMENT ON COLUMN projection_slot.ahead_of IS 'The end of the event store''s log when the position was found beyond it: the rows hold more than the store, and have to be rebuilt; null: they do not';
