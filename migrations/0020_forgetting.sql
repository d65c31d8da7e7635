-- Somebody who is forgotten is forgotten at the providers of identities that they came by, too.
SET ROLE phony_owner;
GRANT DELETE ON phony.identities TO phony_gate;
GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
CREATE OR REPLACE FUNCTION phony.gate_forget_person(u uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH gone AS (
    UPDATE phony.users p SET email = 'erased-' || p.id || '@invalid', name = '', email_verified_at = NULL,
      disabled_at = coalesce(p.disabled_at, clock_timestamp())
    WHERE p.id = u AND NOT EXISTS (SELECT FROM phony.memberships m JOIN phony.tenants t ON t.id = m.tenant_id
      WHERE m.user_id = u AND t.status NOT IN ('closing', 'closed'))
    RETURNING p.id),
  shut AS (DELETE FROM phony.user_credentials c USING gone WHERE c.user_id = gone.id RETURNING 1),
  elsewhere AS (DELETE FROM phony.identities i USING gone WHERE i.user_id = gone.id RETURNING 1)
  SELECT EXISTS (SELECT FROM gone) $$;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
