-- Somebody who is signed in and has shown their password chooses another: that of before must still be the one, all their
-- sessions but the one that asks end, and links that were mailed to choose a password are worth nothing.
SET ROLE phony_owner;
GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
CREATE FUNCTION phony.gate_change_password(u uuid, before text, hash text, keep uuid, moment timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH chosen AS (
    UPDATE phony.user_credentials c SET password_hash = hash WHERE c.user_id = u AND c.password_hash = before RETURNING c.user_id),
  ended AS (
    UPDATE phony.sessions s SET revoked_at = moment, successor_enc = NULL FROM chosen
    WHERE s.user_id = chosen.user_id AND s.id <> keep AND s.revoked_at IS NULL),
  links AS (
    UPDATE phony.mailed_links l SET used_at = moment FROM chosen
    WHERE l.user_id = chosen.user_id AND l.kind = 'reset_password' AND l.used_at IS NULL)
  SELECT EXISTS (SELECT FROM chosen) $$;
REVOKE ALL ON FUNCTION phony.gate_change_password FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_change_password TO phony_app;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
