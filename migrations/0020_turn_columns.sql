-- Up Migration
ALTER TABLE conversation_session ADD COLUMN open_inquiries uuid[];

COMMENT ON COLUMN conversation_session.open_inquiries IS 'The inquiries that are open, in the order in which they were opened';

ALTER TABLE conversation_turn
  ADD COLUMN channel channel,
  ADD COLUMN intent_confidence real,
  ADD COLUMN bot_action text,
  ADD COLUMN message_id text,
  ADD COLUMN actor_role text,
  ADD COLUMN actor_id text,
  ADD COLUMN inquiry_id uuid,
  ADD COLUMN goal text;

COMMENT ON COLUMN conversation_turn.channel IS 'The channel of the session when the turn was recorded';
COMMENT ON COLUMN conversation_turn.message_id IS 'The channel''s own id of the message; personal';
COMMENT ON COLUMN conversation_turn.actor_role IS 'The role of the caller that recorded the turn';
COMMENT ON COLUMN conversation_turn.actor_id IS 'The subject of that caller''s token';
COMMENT ON COLUMN conversation_turn.inquiry_id IS 'Of the inquiries that were open when the turn was recorded, the one opened last';
COMMENT ON COLUMN conversation_turn.goal IS 'The current goal of the session when the turn was recorded';
