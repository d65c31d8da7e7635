-- What the product adds to the tenancy and billing schemas: sessions, personality versions,
-- the life of a number and of a call, exports.
-- A foreign key added to a protected table is checked under its policy and fails without a tenant; keys are
-- therefore part of CREATE TABLE, or are added NOT VALID together with their empty column.
SET ROLE phony_owner;

ALTER TABLE phony.tenants ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
  ADD COLUMN viewers_read_transcripts boolean NOT NULL DEFAULT false;
GRANT INSERT (time_zone), UPDATE (time_zone, viewers_read_transcripts) ON phony.tenants TO phony_app;
-- Compared with the access token's claim: a change of role or a removal acts at once, not at expiry.
ALTER TABLE phony.memberships ADD COLUMN epoch int NOT NULL DEFAULT 0;

-- A refresh-token family. The token itself is never stored, only its SHA-256.
CREATE TABLE phony.sessions (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, user_id uuid NOT NULL,
  refresh_hash bytea NOT NULL UNIQUE CHECK (octet_length(refresh_hash) = 32),
  prev_hash bytea CHECK (octet_length(prev_hash) = 32), successor_enc bytea, rotated_at timestamptz NOT NULL DEFAULT now(),
  auth_at timestamptz NOT NULL, amr text[] NOT NULL, expires_at timestamptz NOT NULL, absolute_expires_at timestamptz NOT NULL,
  revoked_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES phony.memberships ON DELETE CASCADE);
CREATE INDEX sessions_by_prev ON phony.sessions (tenant_id, prev_hash);

ALTER TABLE phony.personalities
  ADD COLUMN preset text, ADD COLUMN description text NOT NULL DEFAULT '', ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN archived_at timestamptz;
CREATE UNIQUE INDEX one_personality_per_preset ON phony.personalities (tenant_id, preset) WHERE preset IS NOT NULL;
-- A name is free again when its personality has been put away.
ALTER TABLE phony.personalities DROP CONSTRAINT personalities_tenant_id_name_key;
CREATE UNIQUE INDEX one_personality_per_name ON phony.personalities (tenant_id, name) WHERE archived_at IS NULL;
-- Immutable: a change makes a new version; body is the whole personality as the call plan takes it.
CREATE TABLE phony.personality_versions (
  tenant_id uuid NOT NULL, id uuid NOT NULL, personality_id uuid NOT NULL, version int NOT NULL CHECK (version > 0),
  body jsonb NOT NULL, created_by uuid, created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, personality_id, version), FOREIGN KEY (tenant_id, personality_id) REFERENCES phony.personalities);

ALTER TABLE phony.phone_numbers
  ADD COLUMN label text NOT NULL DEFAULT '', ADD COLUMN country text NOT NULL DEFAULT 'US',
  ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('pending','active','failed','released')),
  ADD COLUMN carrier_sid text, ADD COLUMN carrier_account_sid text, ADD COLUMN failure text,
  ADD COLUMN purchase_key text,   -- of the request that buys it: its repeat after a crash finds the number by this
  ADD COLUMN engine text NOT NULL DEFAULT 'relay' CHECK (engine IN ('realtime','relay','pipeline','gather')),
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
-- One holder at a time, over all tenants: a number that was released, or never came, may be bought again.
ALTER TABLE phony.phone_numbers DROP CONSTRAINT phone_numbers_e164_key;
CREATE UNIQUE INDEX one_holder_per_number ON phony.phone_numbers (e164) WHERE released_at IS NULL;
ALTER TABLE phony.phone_numbers ADD CHECK ((status IN ('pending','active')) = (released_at IS NULL));
CREATE INDEX numbers_by_status ON phony.phone_numbers (tenant_id, status, id);

ALTER TABLE phony.calls
  ADD COLUMN channel text NOT NULL DEFAULT 'phone' CHECK (channel IN ('phone','web')),
  ADD COLUMN engine text NOT NULL DEFAULT 'relay' CHECK (engine IN ('realtime','relay','pipeline','gather')),
  ADD COLUMN from_text text NOT NULL DEFAULT '', ADD COLUMN to_text text NOT NULL DEFAULT '',
  ADD COLUMN personality_version int,
  ADD COLUMN ringing_at timestamptz, ADD COLUMN first_audio_at timestamptz,
  ADD COLUMN ended_reason text, ADD COLUMN ended_by text, ADD COLUMN fault text, ADD COLUMN detail text,
  ADD COLUMN carrier_status text, ADD COLUMN carrier_duration_seconds int, ADD COLUMN settled_at timestamptz,
  ADD COLUMN stream_token_hash bytea, ADD COLUMN stream_token_used_at timestamptz, ADD COLUMN resumes int NOT NULL DEFAULT 0,
  ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}', ADD COLUMN test boolean NOT NULL DEFAULT false,
  ADD CHECK (status IN ('admitted','queued','dialing','ringing','in_progress','ended')),
  ADD CHECK ((status = 'ended') = (ended_at IS NOT NULL)), ADD CHECK ((ended_at IS NULL) = (ended_reason IS NULL));
CREATE INDEX calls_by_number ON phony.calls (tenant_id, phone_number_id, started_at DESC);
ALTER TABLE phony.outbox ADD COLUMN failure text;    -- of the last attempt; next_attempt_at 'infinity' waits for a person
CREATE INDEX usage_by_call ON phony.usage_events (tenant_id, call_id);
CREATE INDEX usage_in_order ON phony.usage_events (tenant_id, billing_time, id);   -- pages of an export
-- Every status callback once: (call, callback sequence) is the carrier's own identity of a delivery.
CREATE TABLE phony.carrier_callbacks (
  tenant_id uuid NOT NULL, call_id uuid NOT NULL, sequence_number int NOT NULL, status text NOT NULL, received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, call_id, sequence_number), FOREIGN KEY (tenant_id, call_id) REFERENCES phony.calls);

CREATE TABLE phony.exports (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, dataset text NOT NULL CHECK (dataset IN ('usage')),
  format text NOT NULL CHECK (format IN ('csv')), period_from timestamptz NOT NULL, period_to timestamptz NOT NULL CHECK (period_to > period_from),
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued','running','ready','failed')), row_count bigint, sha256 bytea, size_bytes bigint,
  storage_key text, failure text, created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), ready_at timestamptz,
  expires_at timestamptz, PRIMARY KEY (tenant_id, id));

DO $$ DECLARE x text; BEGIN
  FOREACH x IN ARRAY ARRAY['sessions','exports'] LOOP EXECUTE format('CALL phony.protect(%L)', 'phony.'||x); END LOOP;
  FOREACH x IN ARRAY ARRAY['personality_versions','carrier_callbacks'] LOOP
    EXECUTE format('CALL phony.protect(%L, append_only => true)', 'phony.'||x); END LOOP; END $$;
REVOKE SELECT ON phony.sessions FROM phony_readonly;

INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source) VALUES
 ('standard','twilio.relay_minute','2025-01-01Z','minute',1,0.07,'unverified'),
 ('standard','openai.gpt-6-luna.text_in',       '2026-06-01Z','token',1000000,0.10,'provider price list, 2026'),
 ('standard','openai.gpt-6-luna.text_in_cached','2026-06-01Z','token',1000000,0.01,'provider price list, 2026'),
 ('standard','openai.gpt-6-luna.text_out',      '2026-06-01Z','token',1000000,0.50,'provider price list, 2026');
RESET ROLE;
