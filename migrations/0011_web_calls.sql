-- Calls from the browser run over no number of ours; `admitted` is the moment within an admission before its row is whole.
-- A trial may speak with a draft, which is kept with its call and is no version of the personality.
SET ROLE phony_owner;
ALTER TABLE phony.calls ALTER COLUMN phone_number_id DROP NOT NULL,
  ADD COLUMN draft jsonb,
  ADD CONSTRAINT phone_calls_have_a_number CHECK (phone_number_id IS NOT NULL OR channel = 'web' OR status = 'admitted');
RESET ROLE;
