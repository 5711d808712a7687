-- Up Migration
-- Contract: nothing that the release before uses. Its statements name the type `channel`, which is any text of a certain form
-- from here on. The table is rewritten: with many sessions the projectors and lists wait for it.
ALTER TYPE channel RENAME TO channel_enum;
CREATE DOMAIN channel AS text CONSTRAINT channel_form CHECK (VALUE ~ '^[a-z][a-z0-9_]{0,31}$');
COMMENT ON DOMAIN channel IS 'A channel: which there are is declared, not known here';

ALTER TABLE conversation_session ALTER COLUMN channel TYPE channel USING channel::text;

-- The tables of a rebuild that is under way, or was interrupted.
DO $$ BEGIN
  IF to_regclass('rebuild.conversation_session') IS NOT NULL THEN
    ALTER TABLE rebuild.conversation_session ALTER COLUMN channel TYPE channel USING channel::text;
  END IF;
END $$;

DROP TYPE channel_enum;
