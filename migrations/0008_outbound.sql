-- Outbound calls: what was ordered, how far the dial is, what answered, what the carrier charged; whom a tenant's
-- agents may ring.
SET ROLE phony_owner;
ALTER TABLE phony.calls
  ADD COLUMN outbound jsonb,                        -- the order; null for a call that came in
  ADD COLUMN policy_version int,                    -- of tenant_policies; 0 is the product's own
  ADD COLUMN dial_after timestamptz,                -- not before; a carrier that refuses for a moment is asked again
  ADD COLUMN dial_tries int NOT NULL DEFAULT 0,
  ADD COLUMN dialed_at timestamptz,                 -- since then the carrier may have been asked: never asked again
  ADD COLUMN cancel_requested_at timestamptz,
  ADD COLUMN machine_kind text CHECK (machine_kind IN ('person','mailbox','menu','screening','fax','unsure')),
  ADD COLUMN machine_at timestamptz,
  ADD COLUMN machine_acted_at timestamptz,          -- its policy is carried out once
  ADD COLUMN erased_at timestamptz;
-- The queue of a tenant in its order. Until the carrier names a call, call_sid is our own id.
CREATE INDEX calls_queued ON phony.calls (tenant_id, started_at, id) WHERE status = 'queued';

-- Whom a tenant's agents may ring, when and how often. A change is a new version; a call keeps the one it went by.
CREATE TABLE phony.tenant_policies (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, version int NOT NULL CHECK (version > 0), body jsonb NOT NULL,
  created_by text NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, version));
CREATE TABLE phony.do_not_call (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL,
  e164 text NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$'), reason text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 300),
  added_by text NOT NULL, added_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, e164));
CALL phony.protect('phony.tenant_policies', append_only => true);
CALL phony.protect('phony.do_not_call');
GRANT DELETE ON phony.call_events TO phony_worker;  -- erasure of a call's content, nothing else

INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source) VALUES
 ('standard','twilio.amd','2025-01-01Z','call',1,0.0075,'unverified');

GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
-- The head of each tenant's queue, if it may be dialled now.
CREATE FUNCTION phony.gate_dial_queues(n int) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT h.tenant_id, h.id FROM (
    SELECT DISTINCT ON (c.tenant_id) c.tenant_id, c.id, c.started_at, c.dial_after FROM phony.calls c
    WHERE c.status = 'queued' ORDER BY c.tenant_id, c.started_at, c.id) h
  WHERE h.dial_after <= clock_timestamp() ORDER BY h.started_at LIMIT n $$;
REVOKE ALL ON FUNCTION phony.gate_dial_queues FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_dial_queues TO phony_worker;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
