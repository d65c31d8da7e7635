-- How long a tenant keeps what, copies of its data, erasure with its receipts, and what the audit log may lose.
SET ROLE phony_owner;
ALTER TABLE phony.tenants
  ADD COLUMN transcript_days int NOT NULL DEFAULT 90 CHECK (transcript_days BETWEEN 1 AND 3650),
  ADD COLUMN audit_days int NOT NULL DEFAULT 365 CHECK (audit_days BETWEEN 90 AND 3650);
GRANT UPDATE (transcript_days, audit_days) ON phony.tenants TO phony_app;
ALTER TABLE phony.calls ADD COLUMN words_erased_at timestamptz;      -- what was said was kept long enough
CREATE INDEX calls_with_words ON phony.calls (tenant_id, ended_at)
  WHERE words_erased_at IS NULL AND erased_at IS NULL AND ended_at IS NOT NULL;

-- The log loses only what is old. What is cut off is signed for outside of the database first.
CREATE FUNCTION phony.keep_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF OLD.at > clock_timestamp() - interval '90 days' THEN
    RAISE EXCEPTION 'this part of the audit log is kept' USING ERRCODE = '55000';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER kept BEFORE DELETE ON phony.audit_log FOR EACH ROW EXECUTE FUNCTION phony.keep_audit();
GRANT DELETE ON phony.audit_log TO phony_worker;
CREATE INDEX audit_by_action ON phony.audit_log (tenant_id, action, seq DESC);
CREATE INDEX audit_by_actor ON phony.audit_log (tenant_id, actor, seq DESC);
CREATE INDEX audit_by_target ON phony.audit_log (tenant_id, target, seq DESC);

CREATE TABLE phony.privacy_exports (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, subject text NOT NULL CHECK (subject IN ('tenant','contact')),
  e164 text,                                                         -- of the contact; forgotten with the file
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued','running','ready','failed')), failure text,
  storage_key text, size_bytes bigint, sha256 bytea CHECK (octet_length(sha256) = 32), file_count int, created_by text NOT NULL,
  created_at timestamptz NOT NULL, ready_at timestamptz, expires_at timestamptz, PRIMARY KEY (tenant_id, id),
  CHECK (subject = 'contact' OR e164 IS NULL));
CREATE INDEX privacy_exports_kept ON phony.privacy_exports (tenant_id, expires_at) WHERE storage_key IS NOT NULL;
CREATE TABLE phony.privacy_erasures (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, subject text NOT NULL CHECK (subject IN ('tenant','contact')),
  e164 text,                                                         -- of the contact, until it is erased
  subject_hmac bytea,                                                -- of the number, for ever
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued','running','done','failed')), failure text,
  receipt text, signature bytea, created_by text NOT NULL, created_at timestamptz NOT NULL, done_at timestamptz,
  PRIMARY KEY (tenant_id, id), CHECK ((status = 'done') = (done_at IS NOT NULL)), CHECK (status <> 'done' OR e164 IS NULL),
  CHECK ((receipt IS NULL) = (signature IS NULL)));
DO $$ DECLARE x text; BEGIN
  FOREACH x IN ARRAY ARRAY['privacy_exports','privacy_erasures'] LOOP
    EXECUTE format('CALL phony.protect(%L)', 'phony.'||x); END LOOP; END $$;
REVOKE DELETE ON phony.privacy_exports, phony.privacy_erasures FROM phony_app, phony_worker;
REVOKE SELECT ON phony.privacy_exports, phony.privacy_erasures FROM phony_readonly;
GRANT DELETE ON phony.personality_versions TO phony_worker;          -- of a tenant that is closed

GRANT UPDATE (email, name, email_verified_at, disabled_at) ON phony.users TO phony_gate;
GRANT DELETE ON phony.user_credentials TO phony_gate;
GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
-- Somebody who belongs to no tenant that goes on is a row without a name. Says whether that was so.
CREATE FUNCTION phony.gate_forget_person(u uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH gone AS (
    UPDATE phony.users p SET email = 'erased-' || p.id || '@invalid', name = '', email_verified_at = NULL,
      disabled_at = coalesce(p.disabled_at, clock_timestamp())
    WHERE p.id = u AND NOT EXISTS (SELECT FROM phony.memberships m JOIN phony.tenants t ON t.id = m.tenant_id
      WHERE m.user_id = u AND t.status NOT IN ('closing', 'closed'))
    RETURNING p.id),
  shut AS (DELETE FROM phony.user_credentials c USING gone WHERE c.user_id = gone.id RETURNING 1)
  SELECT EXISTS (SELECT FROM gone) $$;
REVOKE ALL ON FUNCTION phony.gate_forget_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_forget_person TO phony_worker;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
