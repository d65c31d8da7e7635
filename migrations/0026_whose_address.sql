-- An address belongs to whoever has confirmed it. Until somebody has, every sign-up with it is an account of its own:
-- so signing up tells nobody whether an address is known, and nobody can take one that is not theirs.
SET ROLE phony_owner;
DROP INDEX phony.users_email_key;
CREATE UNIQUE INDEX users_email_key ON phony.users (lower(email)) WHERE email_verified_at IS NOT NULL;
CREATE INDEX users_email_unconfirmed ON phony.users (lower(email), created_at, id) WHERE email_verified_at IS NULL;

GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
-- Whoever has confirmed the address, and the first of those who have not: the accounts that a password for it can open.
DROP FUNCTION phony.gate_login(text);
CREATE FUNCTION phony.gate_login(e text) RETURNS TABLE (user_id uuid, password_hash text, disabled boolean, confirmed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT u.id, c.password_hash, u.disabled_at IS NOT NULL, true
  FROM phony.users u LEFT JOIN phony.user_credentials c ON c.user_id = u.id
  WHERE lower(u.email) = lower(e) AND u.email_verified_at IS NOT NULL
  UNION ALL (
  SELECT u.id, c.password_hash, false, false
  FROM phony.users u LEFT JOIN phony.user_credentials c ON c.user_id = u.id
  WHERE lower(u.email) = lower(e) AND u.email_verified_at IS NULL AND u.disabled_at IS NULL
  ORDER BY u.created_at, u.id LIMIT 1) $$;
-- For somebody who is signed in and proves it again.
CREATE FUNCTION phony.gate_password(u uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT c.password_hash FROM phony.user_credentials c WHERE c.user_id = u $$;
-- Whose the address is now. If somebody else has confirmed it before, the account of the link is theirs: it ends, and its
-- company goes to them.
DROP FUNCTION phony.gate_verify_email(bytea, timestamptz);
CREATE FUNCTION phony.gate_verify_email(h bytea, moment timestamptz) RETURNS TABLE (user_id uuid, owner_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH link AS (
    UPDATE phony.mailed_links l SET used_at = moment
    WHERE l.token_hash = h AND l.kind = 'verify_email' AND l.used_at IS NULL AND l.expires_at > moment RETURNING l.user_id),
  person AS (
    SELECT u.id, coalesce(o.id, u.id) AS owner FROM link JOIN phony.users u ON u.id = link.user_id
    LEFT JOIN phony.users o ON lower(o.email) = lower(u.email) AND o.email_verified_at IS NOT NULL),
  confirmed AS (
    UPDATE phony.users u SET email_verified_at = coalesce(u.email_verified_at, moment) FROM person p
    WHERE u.id = p.id AND p.owner = p.id),
  joined AS (
    UPDATE phony.users u SET email = 'joined-' || u.id || '@invalid', name = '', disabled_at = moment FROM person p
    WHERE u.id = p.id AND p.owner <> p.id),
  shut AS (DELETE FROM phony.user_credentials c USING person p WHERE c.user_id = p.id AND p.owner <> p.id),
  elsewhere AS (DELETE FROM phony.identities i USING person p WHERE i.user_id = p.id AND p.owner <> p.id),
  ended AS (
    UPDATE phony.sessions s SET revoked_at = moment, successor_enc = NULL FROM person p
    WHERE s.user_id = p.id AND p.owner <> p.id AND s.revoked_at IS NULL)
  SELECT p.id, p.owner FROM person p $$;
-- Confirms the address, too, unless somebody else has meanwhile.
CREATE OR REPLACE FUNCTION phony.gate_reset_password(h bytea, hash text, moment timestamptz) RETURNS TABLE (user_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH link AS (
    UPDATE phony.mailed_links l SET used_at = moment
    WHERE l.token_hash = h AND l.kind = 'reset_password' AND l.used_at IS NULL AND l.expires_at > moment RETURNING l.user_id),
  proven AS (
    UPDATE phony.users u SET email_verified_at = moment FROM link
    WHERE u.id = link.user_id AND u.email_verified_at IS NULL AND NOT EXISTS (
      SELECT FROM phony.users o WHERE lower(o.email) = lower(u.email) AND o.email_verified_at IS NOT NULL)),
  ended AS (
    UPDATE phony.sessions s SET revoked_at = moment, successor_enc = NULL FROM link WHERE s.user_id = link.user_id AND s.revoked_at IS NULL),
  chosen AS (
    INSERT INTO phony.user_credentials (user_id, password_hash) SELECT link.user_id, hash FROM link
    ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash)
  SELECT link.user_id FROM link $$;
REVOKE ALL ON FUNCTION phony.gate_login, phony.gate_password, phony.gate_verify_email FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_login, phony.gate_password, phony.gate_verify_email TO phony_app;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
