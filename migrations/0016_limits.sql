-- API keys in full, calls made by test keys, what a tenant's own rates are.
SET ROLE phony_owner;
ALTER TABLE phony.api_keys
  ADD COLUMN mode text NOT NULL DEFAULT 'live' CHECK (mode IN ('live','test')),
  ADD COLUMN allowed_cidrs text[] NOT NULL DEFAULT '{}' CHECK (cardinality(allowed_cidrs) <= 20),   -- empty: from anywhere
  ADD COLUMN rotated_at timestamptz;                -- since when another key stands in its place
-- {"api.read": {"tokens": 100, "per_seconds": 1, "burst": 200}}; what is absent is as the plan says.
ALTER TABLE phony.tenants ADD COLUMN rate_limits jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(rate_limits) = 'object');
GRANT UPDATE (rate_limits) ON phony.tenants TO phony_worker;

-- A call of a test key runs on the test carrier: no live line is taken and nothing is billed.
ALTER TABLE phony.calls
  ADD COLUMN mode text NOT NULL DEFAULT 'live' CHECK (mode IN ('live','test')),
  ADD COLUMN carrier_account_sid text,              -- that it runs in; null: the one that holds its number
  ADD CONSTRAINT test_calls_are_marked CHECK (mode = 'live' OR test);
CREATE INDEX calls_of_tests ON phony.calls (tenant_id, started_at) WHERE mode = 'test';

CREATE OR REPLACE FUNCTION phony.admit_call(p_id uuid, p_number uuid, p_sid text, p_dir text, p_instance uuid, p_limit int)
RETURNS text LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE t uuid := phony.current_tenant(); n int;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('admit:' || t, 0));        -- one admission at a time per tenant
  IF EXISTS (SELECT FROM phony.calls WHERE tenant_id = t AND call_sid = p_sid) THEN RETURN 'duplicate'; END IF;
  IF p_limit IS NOT NULL THEN                                               -- NULL = unlimited (enterprise)
    SELECT count(*) INTO n FROM phony.calls
     WHERE tenant_id = t AND ended_at IS NULL AND lease_until > clock_timestamp() AND mode = 'live';
    IF n >= p_limit THEN RETURN 'at_limit'; END IF;
  END IF;
  INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, owner_instance, lease_until)
  VALUES (t, p_id, p_number, p_sid, p_dir, 'admitted', clock_timestamp(), p_instance, clock_timestamp() + interval '30 seconds');
  RETURN 'admitted';
END $$;

-- Whoever writes usage down, that of a test call is not kept: it cannot reach an invoice, nor hold one up.
CREATE FUNCTION phony.skip_test_usage() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE c uuid;
BEGIN
  IF TG_TABLE_NAME = 'usage_quarantine' THEN c := nullif(NEW.event ->> 'call_id', '')::uuid; ELSE c := NEW.call_id; END IF;
  IF c IS NOT NULL AND EXISTS (SELECT FROM phony.calls k WHERE k.tenant_id = NEW.tenant_id AND k.id = c AND k.mode = 'test')
  THEN RETURN NULL; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER tests_cost_nothing BEFORE INSERT ON phony.usage_events FOR EACH ROW EXECUTE FUNCTION phony.skip_test_usage();
CREATE TRIGGER tests_cost_nothing BEFORE INSERT ON phony.usage_quarantine FOR EACH ROW EXECUTE FUNCTION phony.skip_test_usage();
RESET ROLE;
