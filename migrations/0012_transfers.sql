-- Caller and target of a warm transfer meet in a room, which the carrier bills by participant and minute.
SET ROLE phony_owner;
INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source) VALUES
 ('standard','twilio.conference_minute','2025-01-01Z','minute',1,0.0018,'unverified');
RESET ROLE;
