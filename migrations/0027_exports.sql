-- Up Migration
CREATE TABLE export_job (
  export_id uuid PRIMARY KEY,
  form text NOT NULL CHECK (form IN ('turns', 'sessions', 'events', 'training')),
  format text NOT NULL CHECK (format IN ('ndjson', 'csv', 'parquet')),
  gzip boolean NOT NULL,
  filter jsonb NOT NULL,
  scope jsonb NOT NULL,
  masked boolean NOT NULL,
  purpose text,
  requested_by jsonb NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  until timestamptz NOT NULL,
  projected_until timestamptz,
  status text NOT NULL DEFAULT 'waiting'
    CHECK (status IN ('waiting', 'running', 'done', 'failed', 'withdrawn', 'deleted', 'expired')),
  failure text,
  finished_at timestamptz,
  files_removed_at timestamptz,
  owner text,
  epoch bigint NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  lease_until timestamptz
);

CREATE INDEX ON export_job (requested_at) WHERE status IN ('waiting', 'running');
CREATE INDEX ON export_job (finished_at) WHERE files_removed_at IS NULL;
CREATE INDEX ON export_job ((requested_by ->> 'subject'), requested_at, export_id);

COMMENT ON TABLE export_job IS 'Exports: what is asked for, by whom, and how far each is';
COMMENT ON COLUMN export_job.scope IS 'What the token of the requester is limited to, and whether it reads restricted partners';
COMMENT ON COLUMN export_job.until IS 'The export holds what happened before: it never changes';
COMMENT ON COLUMN export_job.projected_until IS 'What happened until then was in the tables when the export was asked for; null: it was not known';
COMMENT ON COLUMN export_job.epoch IS 'Grows with each change of owner: a fencing token';
COMMENT ON COLUMN export_job.attempts IS 'How often it was begun or taken over since its last file';

CREATE TABLE export_part (
  export_id uuid NOT NULL REFERENCES export_job (export_id),
  number integer NOT NULL,
  name text NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  first_place jsonb,
  last_place jsonb,
  is_last boolean NOT NULL,
  PRIMARY KEY (export_id, number)
);

COMMENT ON TABLE export_part IS 'The files of an export that are complete; the next one begins after last_place';

CREATE TABLE export_partner (
  partner_id text NOT NULL,
  export_id uuid NOT NULL REFERENCES export_job (export_id),
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (partner_id, export_id)
);

COMMENT ON TABLE export_partner IS 'The partners whose data an unmasked export holds or was about to hold: receipts of erasures name them';

CREATE TABLE export_folder (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  folder_id uuid NOT NULL
);

COMMENT ON TABLE export_folder IS 'The id that stands in the folder of the files, too: a node with another folder writes and removes nothing';

CREATE TABLE export_pseudonym_key (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  key bytea NOT NULL
);

COMMENT ON TABLE export_pseudonym_key IS 'Under which partners have other names in training data, where there is no key store';
