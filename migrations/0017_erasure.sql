-- Up Migration
CREATE TABLE partner_privacy (
  partner_id text PRIMARY KEY,
  erasure text CHECK (erasure IN ('announced', 'restricted', 'requested')),
  due_at timestamptz,
  announced_at timestamptz,
  held boolean NOT NULL,
  erased_at timestamptz,
  receipt_id uuid,
  claimed_until timestamptz,
  changed_at timestamptz NOT NULL DEFAULT now(),
  revision bigint NOT NULL
);

CREATE INDEX ON partner_privacy (due_at) WHERE erasure IS NOT NULL;
CREATE INDEX ON partner_privacy (erased_at, partner_id) WHERE erased_at IS NOT NULL;
CREATE INDEX ON partner_privacy (partner_id) WHERE held;

COMMENT ON TABLE partner_privacy IS 'Read model of the bridges: the partners whose erasure is asked for or done, and those on whom there is a legal hold';
COMMENT ON COLUMN partner_privacy.due_at IS 'When an announced erasure begins, or a restriction ends';
COMMENT ON COLUMN partner_privacy.claimed_until IS 'Until then a bridge works on the erasure';
COMMENT ON COLUMN partner_privacy.changed_at IS 'When the row was written';
COMMENT ON COLUMN partner_privacy.revision IS 'Of the partner''s stream: what was read of it before does not overwrite the row';

CREATE TABLE partner_retention (
  partner_id text PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

CREATE INDEX ON partner_retention (seen_at);

COMMENT ON TABLE partner_retention IS 'Partners whose sessions were deleted by the retention, and who may still be remembered';
COMMENT ON COLUMN partner_retention.seen_at IS 'The last activity of a session that was deleted';

-- For retention and inactivity: the sessions that are over, and the last contact with each partner.
CREATE INDEX ON conversation_session (last_activity_time, session_id);
