-- Old idempotency keys are deleted a few at a time by the requests that make new ones; this finds them.
SET ROLE phony_owner;
CREATE INDEX idempotency_keys_age ON phony.idempotency_keys (tenant_id, created_at);
RESET ROLE;
