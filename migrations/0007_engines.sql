-- What the other speech engines need: where calls go that cannot be taken, a call that changes its engine, prices
-- of speech-to-speech models and of transcription.
SET ROLE phony_owner;
ALTER TABLE phony.phone_numbers
  ADD COLUMN busy_message text NOT NULL DEFAULT '' CHECK (char_length(busy_message) <= 300),   -- empty: our words
  ADD COLUMN overflow_e164 text CHECK (overflow_e164 ~ '^\+[1-9][0-9]{6,14}$');                -- refused calls ring there
ALTER TABLE phony.calls
  ADD COLUMN engine_switched_at timestamptz;                        -- since when `engine` is not the one it began with
-- Listed by the second, because that is what the provider reports; a figure per minute does not always divide by
-- sixty, so the price is for a million seconds.
INSERT INTO phony_ref.prices (book, sku, effective_from, unit, per_units, unit_price, source) VALUES
 ('standard','openai.gpt-realtime-2.1.text_in','2026-06-01Z','token',1000000,4,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1.text_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1.text_out','2026-06-01Z','token',1000000,24,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1.audio_in','2026-06-01Z','token',1000000,32,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1.audio_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1.audio_out','2026-06-01Z','token',1000000,64,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1-mini.text_in','2026-06-01Z','token',1000000,0.60,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1-mini.text_in_cached','2026-06-01Z','token',1000000,0.06,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1-mini.text_out','2026-06-01Z','token',1000000,2.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1-mini.audio_in','2026-06-01Z','token',1000000,10,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1-mini.audio_in_cached','2026-06-01Z','token',1000000,0.30,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2.1-mini.audio_out','2026-06-01Z','token',1000000,20,'provider page, 2026'),
 ('standard','openai.gpt-realtime-1.5.text_in','2026-06-01Z','token',1000000,4,'provider page, 2026'),
 ('standard','openai.gpt-realtime-1.5.text_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-1.5.text_out','2026-06-01Z','token',1000000,16,'provider page, 2026'),
 ('standard','openai.gpt-realtime-1.5.audio_in','2026-06-01Z','token',1000000,32,'provider page, 2026'),
 ('standard','openai.gpt-realtime-1.5.audio_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-1.5.audio_out','2026-06-01Z','token',1000000,64,'provider page, 2026'),
 ('standard','openai.gpt-realtime.text_in','2026-06-01Z','token',1000000,4,'provider page, 2026'),
 ('standard','openai.gpt-realtime.text_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime.text_out','2026-06-01Z','token',1000000,16,'provider page, 2026'),
 ('standard','openai.gpt-realtime.audio_in','2026-06-01Z','token',1000000,32,'provider page, 2026'),
 ('standard','openai.gpt-realtime.audio_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime.audio_out','2026-06-01Z','token',1000000,64,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2025-08-28.text_in','2026-06-01Z','token',1000000,4,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2025-08-28.text_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2025-08-28.text_out','2026-06-01Z','token',1000000,16,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2025-08-28.audio_in','2026-06-01Z','token',1000000,32,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2025-08-28.audio_in_cached','2026-06-01Z','token',1000000,0.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-2025-08-28.audio_out','2026-06-01Z','token',1000000,64,'provider page, 2026'),
 ('standard','openai.gpt-realtime-mini.text_in','2026-06-01Z','token',1000000,0.60,'provider page, 2026'),
 ('standard','openai.gpt-realtime-mini.text_in_cached','2026-06-01Z','token',1000000,0.06,'provider page, 2026'),
 ('standard','openai.gpt-realtime-mini.text_out','2026-06-01Z','token',1000000,2.40,'provider page, 2026'),
 ('standard','openai.gpt-realtime-mini.audio_in','2026-06-01Z','token',1000000,10,'provider page, 2026'),
 ('standard','openai.gpt-realtime-mini.audio_in_cached','2026-06-01Z','token',1000000,0.30,'provider page, 2026'),
 ('standard','openai.gpt-realtime-mini.audio_out','2026-06-01Z','token',1000000,20,'provider page, 2026'),
 ('standard','stt.gpt-transcribe.second','2026-06-01Z','second',1000000,75,'provider page, 2026'),
 ('standard','stt.gpt-live-transcribe.second','2026-06-01Z','second',1000000,283.333333,'provider page, 2026'),
 ('standard','stt.gpt-realtime-whisper.second','2026-06-01Z','second',1000000,283.333333,'provider page, 2026'),
 ('standard','stt.whisper-1.second','2026-06-01Z','second',1000000,100,'provider page, 2026'),
 ('standard','stt.gpt-4o-transcribe.second','2026-06-01Z','second',1000000,100,'unverified'),
 ('standard','stt.gpt-4o-transcribe-diarize.second','2026-06-01Z','second',1000000,100,'unverified'),
 ('standard','stt.gpt-4o-mini-transcribe.second','2026-06-01Z','second',1000000,50,'unverified');
RESET ROLE;
