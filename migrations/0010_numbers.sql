-- A tenant's own account at the carrier, whose calls a number takes and when, webhooks that were changed at the
-- carrier, contacts, pools.
SET ROLE phony_owner;

-- One that is not closed at a time. `claimed_until` holds off a second creation while the first is under way; one
-- whose outcome nobody knows is found at the carrier by its name.
CREATE TABLE phony.carrier_accounts (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL,
  account_sid text CHECK (account_sid ~ '^AC[0-9A-Za-z]{32}$'), token_enc bytea,
  status text NOT NULL CHECK (status IN ('creating','active','suspended','closed')),
  claimed_until timestamptz, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id),
  CHECK ((status = 'creating') = (account_sid IS NULL)), CHECK ((account_sid IS NULL) = (token_enc IS NULL)));
CREATE UNIQUE INDEX one_open_account_per_tenant ON phony.carrier_accounts (tenant_id)
  WHERE status IN ('creating','active','suspended');
CREATE UNIQUE INDEX one_tenant_per_account ON phony.carrier_accounts (account_sid);

CREATE TABLE phony.contacts (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL,
  e164 text NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$'), name text NOT NULL DEFAULT '' CHECK (char_length(name) <= 120),
  plan text NOT NULL DEFAULT 'standard' CHECK (plan IN ('standard','premium')), verified boolean NOT NULL DEFAULT false,
  attributes jsonb NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, e164));

ALTER TABLE phony.phone_numbers
  ADD COLUMN caller_policy text NOT NULL DEFAULT 'open' CHECK (caller_policy IN ('open','known_contacts','premium_contacts')),
  ADD COLUMN unknown_caller_message text NOT NULL DEFAULT '' CHECK (char_length(unknown_caller_message) <= 300),  -- empty: our words
  ADD COLUMN not_premium_message text NOT NULL DEFAULT '' CHECK (char_length(not_premium_message) <= 300),
  ADD COLUMN hours jsonb,                           -- null: always open
  ADD COLUMN after_hours jsonb,                     -- null: a message in our words
  ADD COLUMN fallback_e164 text CHECK (fallback_e164 ~ '^\+[1-9][0-9]{6,14}$'),   -- rings when nothing of ours answers
  ADD COLUMN drift jsonb NOT NULL DEFAULT '[]',     -- what differs at the carrier, as of the last look
  ADD COLUMN checked_at timestamptz;                -- of the last look
CREATE INDEX numbers_to_check ON phony.phone_numbers (tenant_id, checked_at) WHERE status = 'active';

ALTER TABLE phony.calls ADD COLUMN contact_id uuid,
  ADD CONSTRAINT calls_contact FOREIGN KEY (tenant_id, contact_id) REFERENCES phony.contacts
    ON DELETE SET NULL (contact_id) NOT VALID;
CREATE INDEX calls_by_contact ON phony.calls (tenant_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE phony.number_pools (
  tenant_id uuid NOT NULL REFERENCES phony.tenants, id uuid NOT NULL, name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
  strategy text NOT NULL CHECK (strategy IN ('round_robin','least_used','local_presence')),
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
CREATE TABLE phony.number_pool_members (
  tenant_id uuid NOT NULL, pool_id uuid NOT NULL, number_id uuid NOT NULL, place int NOT NULL,
  uses bigint NOT NULL DEFAULT 0, used_at timestamptz, PRIMARY KEY (tenant_id, pool_id, number_id),
  FOREIGN KEY (tenant_id, pool_id) REFERENCES phony.number_pools ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, number_id) REFERENCES phony.phone_numbers);

DO $$ DECLARE x text; BEGIN
  FOREACH x IN ARRAY ARRAY['carrier_accounts','contacts','number_pools','number_pool_members'] LOOP
    EXECUTE format('CALL phony.protect(%L)', 'phony.'||x); END LOOP; END $$;
REVOKE SELECT ON phony.carrier_accounts FROM phony_readonly;
REVOKE DELETE ON phony.carrier_accounts FROM phony_app, phony_worker;
-- A webhook names the account it is signed for, and nothing that would tell the tenant.
CREATE POLICY gate_read ON phony.carrier_accounts FOR SELECT TO phony_gate USING (true);
GRANT SELECT ON phony.carrier_accounts TO phony_gate;

GRANT CREATE ON SCHEMA phony TO phony_gate;
RESET ROLE; SET ROLE phony_gate;
CREATE FUNCTION phony.gate_carrier_account(sid text) RETURNS TABLE (tenant_id uuid, token_enc bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT a.tenant_id, a.token_enc FROM phony.carrier_accounts a WHERE a.account_sid = sid AND a.status <> 'closed' $$;
REVOKE ALL ON FUNCTION phony.gate_carrier_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phony.gate_carrier_account TO phony_app;
RESET ROLE; SET ROLE phony_owner;
REVOKE CREATE ON SCHEMA phony FROM phony_gate;
RESET ROLE;
