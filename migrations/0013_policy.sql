-- Who has agreed to be rung, national lists of those who have not, and outbound calls that stop by themselves when they
-- look like fraud. Numbers are kept by their keyed hash alone.
SET ROLE phony_owner;

-- The key of a tenant's hashes: sealed, and never another, so that hashes outlive the keys that seal it.
CREATE TABLE phony.number_keys (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, version int NOT NULL, key_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, version));

-- The key is not known here: the worker hashes the numbers that are in clear, and until then both forms are looked at.
ALTER TABLE phony.do_not_call ALTER COLUMN e164 DROP NOT NULL,
  ADD COLUMN e164_hmac bytea CHECK (octet_length(e164_hmac) = 32), ADD COLUMN e164_masked text NOT NULL DEFAULT '',
  ADD CHECK ((e164 IS NULL) <> (e164_hmac IS NULL));
CREATE UNIQUE INDEX do_not_call_by_hmac ON phony.do_not_call (tenant_id, e164_hmac);
CREATE INDEX do_not_call_in_clear ON phony.do_not_call (tenant_id) WHERE e164 IS NOT NULL;

CREATE TABLE phony.contact_consents (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL,
  e164_hmac bytea NOT NULL CHECK (octet_length(e164_hmac) = 32), e164_masked text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('transactional','marketing','ai_voice')),
  source text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 120), evidence jsonb NOT NULL DEFAULT '{}',
  captured_at timestamptz NOT NULL, revoked_at timestamptz, recorded_by text NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id));
CREATE INDEX consents_of_number ON phony.contact_consents (tenant_id, e164_hmac, kind);
CREATE INDEX consents_newest ON phony.contact_consents (tenant_id, created_at, id);

-- A list may come in parts; it is in force when it is complete, and the newest of a country is the one that counts.
CREATE TABLE phony.national_lists (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  as_of date NOT NULL, numbers bigint NOT NULL DEFAULT 0, complete_at timestamptz, removed_at timestamptz,
  recorded_by text NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX one_national_list_a_day ON phony.national_lists (tenant_id, country, as_of) WHERE removed_at IS NULL;
CREATE TABLE phony.national_list_numbers (
  tenant_id uuid NOT NULL, list_id uuid NOT NULL, e164_hmac bytea NOT NULL CHECK (octet_length(e164_hmac) = 32),
  PRIMARY KEY (tenant_id, list_id, e164_hmac), FOREIGN KEY (tenant_id, list_id) REFERENCES phony.national_lists);

-- While one is not lifted, nobody is rung.
CREATE TABLE phony.outbound_stops (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, stopped_at timestamptz NOT NULL,
  reason text NOT NULL CHECK (reason IN ('spend','prefixes','short_calls')), figures jsonb NOT NULL,
  lifted_at timestamptz, lifted_by text, PRIMARY KEY (tenant_id, id), CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)));
CREATE INDEX stops_newest ON phony.outbound_stops (tenant_id, stopped_at);
CREATE INDEX calls_dialed ON phony.calls (dialed_at) WHERE dialed_at IS NOT NULL;

DO $$ DECLARE x text; BEGIN
  FOREACH x IN ARRAY ARRAY['number_keys','contact_consents','national_lists','national_list_numbers','outbound_stops'] LOOP
    EXECUTE format('CALL phony.protect(%L)', 'phony.'||x); END LOOP; END $$;
REVOKE SELECT ON phony.number_keys FROM phony_readonly;
REVOKE DELETE ON phony.number_keys, phony.outbound_stops FROM phony_app, phony_worker;

GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
-- Whose calls of the last hour are to be looked at.
CREATE FUNCTION phony.gate_ringing_tenants(after uuid, n int) RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT DISTINCT c.tenant_id FROM phony.calls c
  WHERE c.dialed_at > clock_timestamp() - interval '1 hour' AND c.tenant_id > after ORDER BY c.tenant_id LIMIT n $$;
REVOKE ALL ON FUNCTION phony.gate_ringing_tenants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_ringing_tenants TO phony_worker;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
