-- Recordings of calls: what is to be recorded and how the caller is told, the recordings themselves, how long they
-- are kept, and what a minute of them costs.
SET ROLE phony_owner;
ALTER TABLE phony.tenants
  ADD COLUMN recording_days int NOT NULL DEFAULT 90 CHECK (recording_days BETWEEN 1 AND 3650);
GRANT UPDATE (recording_days) ON phony.tenants TO phony_app;
ALTER TABLE phony.phone_numbers
  ADD COLUMN recording text NOT NULL DEFAULT 'off' CHECK (recording IN ('off','always','on_demand')),
  ADD COLUMN recording_consent text NOT NULL DEFAULT 'announce' CHECK (recording_consent IN ('off','announce','ask')),
  ADD COLUMN recording_notice text NOT NULL DEFAULT '' CHECK (char_length(recording_notice) <= 300);  -- empty: our words
-- What was in force when the call began; a number that is set otherwise later changes nothing for it.
ALTER TABLE phony.calls
  ADD COLUMN recording text CHECK (recording IN ('off','always','on_demand')),
  ADD COLUMN recording_consent text CHECK (recording_consent IN ('off','announce','ask')),
  ADD COLUMN recording_notice text,
  ADD COLUMN recording_told_at timestamptz,                        -- the caller was told
  ADD COLUMN recording_agreed_at timestamptz,                      -- and said yes, or nothing against it, when asked
  ADD COLUMN recording_refused_at timestamptz;                     -- or does not want it: nothing is recorded from then on
-- One recording at the carrier. What is deleted leaves the row without its content.
CREATE TABLE phony.recordings (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, call_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('starting','recording','paused','processing','ready','absent','failed','deleted')),
  carrier_sid text, carrier_account_sid text, started_by text NOT NULL, consent text NOT NULL CHECK (consent IN ('off','announce','ask')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(), started_at timestamptz, paused_at timestamptz, paused_for text,
  ended_at timestamptz, duration_seconds int CHECK (duration_seconds >= 0), channels int CHECK (channels BETWEEN 1 AND 8),
  discard boolean NOT NULL DEFAULT false,                          -- the caller refused: never fetched, only deleted at the carrier
  storage_key text, size_bytes bigint, content_type text, sha256 bytea CHECK (octet_length(sha256) = 32), ready_at timestamptz,
  expires_at timestamptz, failure text, erased_at timestamptz, erased_for text CHECK (erased_for IN ('retention','request','call','refused')),
  carrier_deleted_at timestamptz, PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES phony.calls,
  CHECK ((status = 'deleted') = (erased_at IS NOT NULL)), CHECK (status <> 'ready' OR storage_key IS NOT NULL));
CREATE INDEX recordings_by_call ON phony.recordings (tenant_id, call_id, id);
CREATE UNIQUE INDEX one_recording_per_sid ON phony.recordings (tenant_id, carrier_sid) WHERE carrier_sid IS NOT NULL;
-- A call has one recording at a time, however often and from where it is asked for.
CREATE UNIQUE INDEX one_recording_at_a_time ON phony.recordings (tenant_id, call_id) WHERE status IN ('starting','recording','paused');
CREATE INDEX recordings_kept ON phony.recordings (tenant_id, expires_at) WHERE storage_key IS NOT NULL;
-- The same act of a supervisor twice is one act.
CREATE TABLE phony.recording_acts (
  tenant_id uuid NOT NULL, call_id uuid NOT NULL, action_id text NOT NULL CHECK (char_length(action_id) BETWEEN 1 AND 64),
  op text NOT NULL CHECK (op IN ('start','pause','resume','stop')), actor text NOT NULL, code text, detail text, done_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (tenant_id, call_id, action_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES phony.calls);
CALL phony.protect('phony.recordings');  CALL phony.protect('phony.recording_acts');
INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source) VALUES
 ('standard','twilio.recording_minute','2025-01-01Z','minute',1,0.0025,'unverified');
RESET ROLE;
