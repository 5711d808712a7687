-- Up Migration
-- Taken first by every batch too, so that none waits for us while holding what we need.
LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE;

-- Values and words of a partner are found by the partner's turns, and deleted by session. The indexes are found by their
-- columns, since a rebuild gives them other names; tables that stand by would bring them back.
DO $$ DECLARE unused regclass; BEGIN
  FOR unused IN
    SELECT i.indexrelid FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid IN (to_regclass('turn_entity'), to_regclass('turn_word'), to_regclass('rebuild.turn_entity'),
      to_regclass('rebuild.turn_word')) AND i.indnkeyatts = 1 AND a.attname = 'partner_id'
  LOOP EXECUTE format('DROP INDEX %s', unused); END LOOP;
END $$;
