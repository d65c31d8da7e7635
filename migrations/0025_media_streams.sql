-- The media streams of a call, by the carrier's id: from when to when each ran. The call is billed by them when it settles.
-- A call from the browser that is typed, whichever engine holds it.
SET ROLE phony_owner;
ALTER TABLE phony.calls
  ADD COLUMN media_streams jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN typed boolean NOT NULL DEFAULT false;
RESET ROLE;
