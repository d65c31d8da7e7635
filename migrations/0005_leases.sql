-- Leases only for calls that run, calls found by the carrier's id, what the relay sessions of a call came to,
-- and what a worker needs to throw old rows away.
SET ROLE phony_owner;
ALTER TABLE phony.calls
  ADD COLUMN connects int NOT NULL DEFAULT 0,                       -- tokens given after the first, used or not
  ADD COLUMN relay_sessions jsonb NOT NULL DEFAULT '{}';            -- seconds of each, by the carrier's session id
CREATE INDEX calls_by_sid ON phony.calls (call_sid);                -- a callback names nothing else
CREATE INDEX exports_kept ON phony.exports (tenant_id, expires_at) WHERE storage_key IS NOT NULL;
CREATE INDEX outbox_done ON phony.outbox (tenant_id, done_at) WHERE done_at IS NOT NULL;
CREATE INDEX callbacks_age ON phony.carrier_callbacks (tenant_id, received_at);
CREATE INDEX sessions_age ON phony.sessions (tenant_id, expires_at);
GRANT DELETE ON phony.carrier_callbacks TO phony_worker;
GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
DROP FUNCTION phony.gate_heartbeat(uuid);
-- A row that belongs to an instance is no proof that the instance runs the call: it says which ones it does.
CREATE FUNCTION phony.gate_heartbeat(inst uuid, running uuid[]) RETURNS SETOF uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE phony.calls c SET lease_until = clock_timestamp() + interval '30 seconds'
  WHERE c.owner_instance = inst AND c.id = ANY (running) AND c.ended_at IS NULL RETURNING c.id $$;
CREATE FUNCTION phony.gate_call(sid text) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT c.tenant_id, c.id FROM phony.calls c WHERE c.call_sid = sid $$;
CREATE FUNCTION phony.gate_tenants(after uuid, n int) RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT t.id FROM phony.tenants t WHERE t.id > after ORDER BY t.id LIMIT n $$;
REVOKE ALL ON FUNCTION phony.gate_heartbeat, phony.gate_call, phony.gate_tenants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_heartbeat, phony.gate_call TO phony_app;
GRANT EXECUTE ON FUNCTION phony.gate_tenants TO phony_worker;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
