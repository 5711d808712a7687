-- Up Migration
CREATE TABLE standby_tables (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  role text NOT NULL CHECK (role IN ('new', 'old')),
  position bigint NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  switched_at timestamptz
);

COMMENT ON TABLE standby_tables IS 'Whether the schema rebuild holds conversation tables that can be switched to: those of a shadow rebuild, or those that were in use before';
COMMENT ON COLUMN standby_tables.role IS 'new: built, and not in use yet; old: in use until switched_at';
COMMENT ON COLUMN standby_tables.position IS 'Commit position up to which they hold the events; some later ones, too';
