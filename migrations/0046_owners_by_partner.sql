-- Up Migration
-- For the erasure and the archive of a partner.
CREATE INDEX ON reference_owner (partner_id);
