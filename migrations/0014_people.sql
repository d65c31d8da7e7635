-- People: invitations, links that were mailed, where a session is used from, who has shown that an address is theirs.
SET ROLE phony_owner;

-- As the browser calls itself, and its address, at sign-in and at each refresh.
ALTER TABLE phony.sessions
  ADD COLUMN user_agent text NOT NULL DEFAULT '' CHECK (char_length(user_agent) <= 300),
  ADD COLUMN address text NOT NULL DEFAULT '' CHECK (char_length(address) <= 64);
CREATE INDEX sessions_of_user ON phony.sessions (tenant_id, user_id);
-- A key stays when the one who made it leaves the company.
ALTER TABLE phony.api_keys DROP CONSTRAINT api_keys_tenant_id_created_by_fkey;

-- The token itself is only in the mail.
CREATE TABLE phony.invitations (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, email text NOT NULL CHECK (char_length(email) <= 254),
  role text NOT NULL CHECK (role IN ('admin','supervisor','viewer')),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32), invited_by uuid NOT NULL,
  created_at timestamptz NOT NULL, sent_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
  accepted_at timestamptz, accepted_by uuid, withdrawn_at timestamptz, PRIMARY KEY (tenant_id, id),
  CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)), CHECK (accepted_at IS NULL OR withdrawn_at IS NULL));
CREATE UNIQUE INDEX one_open_invitation ON phony.invitations (tenant_id, lower(email)) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
-- Links to confirm an address or to choose a new password. They go when the person leaves the company that asked.
CREATE TABLE phony.mailed_links (
  tenant_id uuid NOT NULL, id uuid NOT NULL, user_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('verify_email','reset_password')),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32), created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
  used_at timestamptz, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, user_id) REFERENCES phony.memberships ON DELETE CASCADE);
CREATE INDEX mailed_links_of_user ON phony.mailed_links (tenant_id, user_id, kind, created_at);
CREATE INDEX mailed_links_age ON phony.mailed_links (tenant_id, expires_at);
CALL phony.protect('phony.invitations');  CALL phony.protect('phony.mailed_links');
REVOKE SELECT ON phony.invitations, phony.mailed_links FROM phony_readonly;

-- A link that was mailed to a person acts on the person, whichever tenant it was asked for in.
GRANT SELECT, UPDATE (used_at) ON phony.mailed_links TO phony_gate;
GRANT SELECT, UPDATE (revoked_at, successor_enc) ON phony.sessions TO phony_gate;
GRANT UPDATE (email_verified_at) ON phony.users TO phony_gate;
CREATE POLICY gate_read ON phony.mailed_links FOR SELECT TO phony_gate USING (true);
CREATE POLICY gate_read ON phony.sessions FOR SELECT TO phony_gate USING (true);
CREATE POLICY gate_use ON phony.mailed_links FOR UPDATE TO phony_gate USING (used_at IS NULL) WITH CHECK (used_at IS NOT NULL);
CREATE POLICY gate_end ON phony.sessions FOR UPDATE TO phony_gate USING (revoked_at IS NULL) WITH CHECK (revoked_at IS NOT NULL);

GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
-- Whoever was here before is believed.
UPDATE phony.users SET email_verified_at = created_at WHERE email_verified_at IS NULL;
CREATE FUNCTION phony.gate_create_verified_user(uid uuid, e text, n text, hash text, moment timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  INSERT INTO phony.users (id, email, name, email_verified_at) VALUES (uid, e, n, moment);
  INSERT INTO phony.user_credentials (user_id, password_hash) VALUES (uid, hash) $$;
-- The next two act for whoever holds the link that was mailed, and for nobody else: they use it up.
CREATE FUNCTION phony.gate_verify_email(h bytea, moment timestamptz) RETURNS TABLE (user_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH link AS (
    UPDATE phony.mailed_links l SET used_at = moment
    WHERE l.token_hash = h AND l.kind = 'verify_email' AND l.used_at IS NULL AND l.expires_at > moment RETURNING l.user_id)
  UPDATE phony.users u SET email_verified_at = coalesce(u.email_verified_at, moment) FROM link WHERE u.id = link.user_id RETURNING u.id $$;
-- Ends every session of the person, in every tenant.
CREATE FUNCTION phony.gate_reset_password(h bytea, hash text, moment timestamptz) RETURNS TABLE (user_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH link AS (
    UPDATE phony.mailed_links l SET used_at = moment
    WHERE l.token_hash = h AND l.kind = 'reset_password' AND l.used_at IS NULL AND l.expires_at > moment RETURNING l.user_id),
  proven AS (
    UPDATE phony.users u SET email_verified_at = coalesce(u.email_verified_at, moment) FROM link WHERE u.id = link.user_id),
  ended AS (
    UPDATE phony.sessions s SET revoked_at = moment, successor_enc = NULL FROM link WHERE s.user_id = link.user_id AND s.revoked_at IS NULL),
  chosen AS (
    INSERT INTO phony.user_credentials (user_id, password_hash) SELECT link.user_id, hash FROM link
    ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash)
  SELECT link.user_id FROM link $$;
DROP FUNCTION phony.gate_memberships(uuid);
CREATE FUNCTION phony.gate_memberships(u uuid) RETURNS TABLE (tenant_id uuid, tenant_name text, role text, tenant_status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT m.tenant_id, t.name, m.role, t.status FROM phony.memberships m JOIN phony.tenants t ON t.id = m.tenant_id WHERE m.user_id = u $$;
REVOKE ALL ON FUNCTION phony.gate_create_verified_user, phony.gate_verify_email, phony.gate_reset_password, phony.gate_memberships FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_create_verified_user, phony.gate_verify_email, phony.gate_reset_password, phony.gate_memberships
  TO phony_app;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
