-- People see who they are at providers of identities, and give that up; recovery codes are made anew.
SET ROLE phony_owner;
ALTER TABLE phony.identities ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;
GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
CREATE FUNCTION phony.gate_identities(u uuid) RETURNS TABLE (id uuid, issuer text, subject text, linked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT i.id, i.issuer, i.subject, i.linked_at FROM phony.identities i WHERE i.user_id = u ORDER BY i.linked_at, i.id LIMIT 100 $$;
-- Whether there was one; that of somebody else is as none.
CREATE FUNCTION phony.gate_unlink_identity(u uuid, i uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH gone AS (DELETE FROM phony.identities k WHERE k.user_id = u AND k.id = i RETURNING 1) SELECT EXISTS (SELECT FROM gone) $$;
-- The codes before are worthless; whether there is a second factor that they belong to.
CREATE FUNCTION phony.gate_totp_recovery(u uuid, hashes bytea[]) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH done AS (UPDATE phony.user_credentials c SET recovery_hashes = hashes
    WHERE c.user_id = u AND c.totp_secret_enc IS NOT NULL RETURNING 1) SELECT EXISTS (SELECT FROM done) $$;
REVOKE ALL ON FUNCTION phony.gate_identities, phony.gate_unlink_identity, phony.gate_totp_recovery FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_identities, phony.gate_unlink_identity, phony.gate_totp_recovery TO phony_app;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
