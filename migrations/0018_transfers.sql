-- The transfers of a call are shown with it: they are found without reading its whole record.
-- An agent that stays as note-taker hears the meeting by a stream of its own, let in once by a token.
SET ROLE phony_owner;
CREATE INDEX call_events_transfers ON phony.call_events (tenant_id, call_id) WHERE kind = 'transfer.updated';
ALTER TABLE phony.calls ADD COLUMN notes_token_hash bytea CHECK (octet_length(notes_token_hash) = 32);   -- null: none, or used
INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source) VALUES
 ('standard','twilio.stream_minute','2025-01-01Z','minute',1,0.0040,'unverified');
RESET ROLE;
