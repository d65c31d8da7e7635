-- Second factors, single sign-on, keys of tenants at providers of models, and the words of calls sealed at rest.
SET ROLE phony_owner;

-- One time-based secret a person, not yet proven while it is pending; its steps are taken once each. Tries are counted
-- here because every instance counts them.
ALTER TABLE phony.user_credentials
  ADD COLUMN totp_pending_enc bytea, ADD COLUMN totp_pending_at timestamptz,
  ADD COLUMN totp_tries int NOT NULL DEFAULT 0, ADD COLUMN totp_tries_since timestamptz,
  ADD COLUMN recovery_hashes bytea[] NOT NULL DEFAULT '{}';          -- of those not used yet
ALTER TABLE phony.users ADD COLUMN totp_enabled_at timestamptz;
GRANT SELECT (totp_enabled_at) ON phony.users TO phony_app, phony_worker, phony_readonly;
GRANT UPDATE (totp_enabled_at) ON phony.users TO phony_gate;
-- Who must have a second factor. Those who have none can only make one until they do.
ALTER TABLE phony.tenants ADD COLUMN totp_required text NOT NULL DEFAULT 'off' CHECK (totp_required IN ('off','admins','all'));
GRANT UPDATE (totp_required) ON phony.tenants TO phony_app;

-- A tenant's own provider of identities. `proven_at`: somebody has come in by it, so that it may be enforced.
CREATE TABLE phony.sso_connections (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL,
  issuer text NOT NULL CHECK (char_length(issuer) <= 500), client_id text NOT NULL CHECK (char_length(client_id) BETWEEN 1 AND 255),
  secret_sealed bytea, enforced boolean NOT NULL DEFAULT false, proven_at timestamptz,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id));
-- Domains whose people the tenant vouches for, once their DNS says so. One tenant a domain, over all tenants.
CREATE TABLE phony.sso_domains (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, domain text NOT NULL CHECK (char_length(domain) <= 253), proof text NOT NULL,
  verified_at timestamptz, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, domain));
CREATE UNIQUE INDEX one_tenant_per_domain ON phony.sso_domains (domain) WHERE verified_at IS NOT NULL;
-- Who a person is at a provider: its issuer and its subject, never an address. Reached by the gate only.
CREATE TABLE phony.identities (
  issuer text NOT NULL, subject text NOT NULL CHECK (char_length(subject) <= 255),
  user_id uuid NOT NULL REFERENCES phony.users ON DELETE CASCADE, linked_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (issuer, subject));
CREATE INDEX identities_of_user ON phony.identities (user_id);
ALTER TABLE phony.identities ENABLE ROW LEVEL SECURITY; ALTER TABLE phony.identities FORCE ROW LEVEL SECURITY;
CREATE POLICY gate_all ON phony.identities FOR ALL TO phony_gate USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON phony.identities TO phony_gate;  GRANT SELECT ON phony.identities TO phony_backup;

-- A tenant's own key at a provider of models; it is used, and never shown.
CREATE TABLE phony.provider_credentials (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, provider text NOT NULL CHECK (provider IN ('openai')),
  secret_sealed bytea NOT NULL, base_url text CHECK (char_length(base_url) <= 500),
  checked_at timestamptz, check_result text CHECK (check_result IN ('good','refused','unreachable')),
  updated_by text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, provider));
ALTER TABLE phony.calls ADD COLUMN models_payer text NOT NULL DEFAULT 'platform' CHECK (models_payer IN ('platform','tenant'));  -- whose key

-- The words of a call are sealed by a key of the call. Erasing that key erases the words in every copy.
CREATE TABLE phony.call_keys (
  tenant_id uuid NOT NULL, call_id uuid NOT NULL, key_sealed bytea NOT NULL, PRIMARY KEY (tenant_id, call_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES phony.calls ON DELETE CASCADE);
ALTER TABLE phony.call_events ADD COLUMN body_sealed bytea;          -- `body` is empty then

DO $$ DECLARE x text; BEGIN
  FOREACH x IN ARRAY ARRAY['sso_connections','sso_domains','provider_credentials','call_keys'] LOOP
    EXECUTE format('CALL phony.protect(%L)', 'phony.'||x); END LOOP; END $$;
REVOKE SELECT ON phony.sso_connections, phony.provider_credentials, phony.call_keys FROM phony_readonly;
REVOKE UPDATE, DELETE ON phony.call_keys FROM phony_app;
CREATE POLICY gate_read ON phony.sso_domains FOR SELECT TO phony_gate USING (true);
GRANT SELECT ON phony.sso_domains TO phony_gate;

GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
CREATE FUNCTION phony.gate_totp(u uuid) RETURNS TABLE (secret_enc bytea, pending_enc bytea, last_step bigint, recovery_left int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT c.totp_secret_enc, CASE WHEN c.totp_pending_at > now() - interval '1 hour' THEN c.totp_pending_enc END, c.totp_last_step,
    cardinality(c.recovery_hashes) FROM phony.user_credentials c WHERE c.user_id = u $$;
-- 0 and counted, or the seconds until the next try.
CREATE FUNCTION phony.gate_totp_try(u uuid) RETURNS int
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH counted AS (
    UPDATE phony.user_credentials c SET
      totp_tries = CASE WHEN c.totp_tries_since > clock_timestamp() - interval '5 minutes' THEN c.totp_tries + 1 ELSE 1 END,
      totp_tries_since = CASE WHEN c.totp_tries_since > clock_timestamp() - interval '5 minutes' THEN c.totp_tries_since ELSE clock_timestamp() END
    WHERE c.user_id = u AND NOT coalesce(c.totp_tries >= 5 AND c.totp_tries_since > clock_timestamp() - interval '5 minutes', false) RETURNING 1)
  SELECT CASE WHEN EXISTS (SELECT FROM counted) THEN 0 ELSE coalesce((
    SELECT greatest(1, ceil(extract(epoch FROM c.totp_tries_since + interval '5 minutes' - clock_timestamp()))::int)
    FROM phony.user_credentials c WHERE c.user_id = u), 300) END $$;
CREATE FUNCTION phony.gate_totp_begin(u uuid, sealed bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE phony.user_credentials SET totp_pending_enc = sealed, totp_pending_at = now() WHERE user_id = u $$;
CREATE FUNCTION phony.gate_totp_confirm(u uuid, pending bytea, anew bytea, step bigint, hashes bytea[]) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH done AS (
    UPDATE phony.user_credentials SET totp_secret_enc = anew, totp_pending_enc = NULL, totp_pending_at = NULL, totp_last_step = step,
      totp_tries = 0, recovery_hashes = hashes WHERE user_id = u AND totp_pending_enc = pending AND totp_secret_enc IS NULL RETURNING user_id),
  noted AS (UPDATE phony.users SET totp_enabled_at = now() WHERE id IN (SELECT user_id FROM done) RETURNING 1)
  SELECT EXISTS (SELECT FROM noted) $$;
-- Whether the step was good for the first time; of two who come with it one goes in.
CREATE FUNCTION phony.gate_totp_accept(u uuid, step bigint) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH done AS (UPDATE phony.user_credentials SET totp_last_step = step, totp_tries = 0
    WHERE user_id = u AND totp_secret_enc IS NOT NULL AND totp_last_step < step RETURNING 1) SELECT EXISTS (SELECT FROM done) $$;
CREATE FUNCTION phony.gate_totp_recover(u uuid, code_hash bytea) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH done AS (UPDATE phony.user_credentials SET recovery_hashes = array_remove(recovery_hashes, code_hash), totp_tries = 0
    WHERE user_id = u AND totp_secret_enc IS NOT NULL AND code_hash = ANY (recovery_hashes) RETURNING 1) SELECT EXISTS (SELECT FROM done) $$;
CREATE FUNCTION phony.gate_totp_disable(u uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE phony.user_credentials SET totp_secret_enc = NULL, totp_pending_enc = NULL, totp_pending_at = NULL, recovery_hashes = '{}' WHERE user_id = u;
  UPDATE phony.users SET totp_enabled_at = NULL WHERE id = u $$;
-- For the rotation of keys: what is sealed of people, and its like under another key.
CREATE FUNCTION phony.gate_totp_sealed(after uuid, n int) RETURNS TABLE (user_id uuid, secret_enc bytea, pending_enc bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT c.user_id, c.totp_secret_enc, c.totp_pending_enc FROM phony.user_credentials c
  WHERE c.user_id > after AND (c.totp_secret_enc IS NOT NULL OR c.totp_pending_enc IS NOT NULL) ORDER BY c.user_id LIMIT n $$;
CREATE FUNCTION phony.gate_totp_rewrap(u uuid, before bytea, anew bytea) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH done AS (UPDATE phony.user_credentials c SET
      totp_secret_enc = CASE WHEN c.totp_secret_enc = before THEN anew ELSE c.totp_secret_enc END,
      totp_pending_enc = CASE WHEN c.totp_pending_enc = before THEN anew ELSE c.totp_pending_enc END
    WHERE c.user_id = u AND before IN (c.totp_secret_enc, c.totp_pending_enc) RETURNING 1) SELECT EXISTS (SELECT FROM done) $$;
CREATE FUNCTION phony.gate_identity(iss text, sub text) RETURNS TABLE (user_id uuid, disabled boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT i.user_id, u.disabled_at IS NOT NULL FROM phony.identities i JOIN phony.users u ON u.id = i.user_id
  WHERE i.issuer = iss AND i.subject = sub $$;
-- Whether the identity is the person's now; one that is somebody else's stays theirs.
CREATE FUNCTION phony.gate_link_identity(u uuid, iss text, sub text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO phony.identities (issuer, subject, user_id) VALUES (iss, sub, u) ON CONFLICT DO NOTHING;
  RETURN EXISTS (SELECT FROM phony.identities i WHERE i.issuer = iss AND i.subject = sub AND i.user_id = u);
END $$;
CREATE FUNCTION phony.gate_sso_domain(d text) RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT s.tenant_id FROM phony.sso_domains s WHERE s.domain = lower(d) AND s.verified_at IS NOT NULL $$;
REVOKE ALL ON FUNCTION phony.gate_totp, phony.gate_totp_try, phony.gate_totp_begin, phony.gate_totp_confirm, phony.gate_totp_accept,
  phony.gate_totp_recover, phony.gate_totp_disable, phony.gate_totp_sealed, phony.gate_totp_rewrap, phony.gate_identity,
  phony.gate_link_identity, phony.gate_sso_domain FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_totp, phony.gate_totp_try, phony.gate_totp_begin, phony.gate_totp_confirm, phony.gate_totp_accept,
  phony.gate_totp_recover, phony.gate_totp_disable, phony.gate_identity, phony.gate_link_identity, phony.gate_sso_domain TO phony_app;
GRANT EXECUTE ON FUNCTION phony.gate_totp_sealed, phony.gate_totp_rewrap TO phony_worker;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
