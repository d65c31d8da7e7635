//! The caller's turns: when they begin and end, what was said, and patience with silence.

use phony_audio::vad::Activity;
use serde_json::json;
use tokio::time::Instant;

use super::super::events::{id, item_event};
use super::super::items::Item;
use super::{Later, Session};

/// Faults of writing down.
pub(crate) const TRANSCRIPTION_KINDS: &[&str] =
    &["transcription_failed", "no_transcription", "slow_transcription"];

impl Session {
    /// Hears more of the caller.
    pub(super) async fn hear(&mut self, sound: &[u8]) {
        let turns = self.config.turns();
        let changes = self.hearing.push(self.config.input_format(), turns, sound);
        let Some(turns) = turns else { return };
        for change in changes {
            match change {
                Activity::Started { at_ms, .. } => {
                    let item_id = id("item");
                    self.speaking = Some((item_id.clone(), at_ms));
                    self.idle = None;
                    let started = json!({"type": "input_audio_buffer.speech_started", "audio_start_ms": at_ms,
                                         "item_id": item_id});
                    self.line.send(started).await;
                    if turns.interrupt_response {
                        self.interrupt().await;
                    }
                }
                Activity::Stopped { at_ms, .. } => {
                    // Whoever clears or commits in the middle of speech has ended the turn already.
                    let Some((item_id, from_ms)) = self.speaking.take() else {
                        continue;
                    };
                    let stopped = json!({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": at_ms,
                                         "item_id": item_id});
                    self.line.send(stopped).await;
                    self.take_turn(item_id, at_ms.saturating_sub(from_ms)).await;
                    if turns.create_response {
                        self.create_by_itself(false).await;
                    }
                }
            }
        }
    }

    async fn interrupt(&mut self) {
        let active = self.runs.iter().find(|run| !run.order.aside);
        if let Some(id) = active.map(|run| run.id.clone()) {
            self.cancel(&id, "turn_detected").await;
        }
    }

    async fn create_by_itself(&mut self, nobody_spoke: bool) {
        if let Err(fault) = self.create(&serde_json::Value::Null, nobody_spoke).await {
            self.line.refuse(&fault, None).await;
        }
    }

    /// The sound heard so far becomes an item of the talk.
    pub(super) async fn take_turn(&mut self, item_id: String, ms: u64) {
        let words = self.hearing.take();
        self.record.heard(self.world.clock.now(), &item_id, &words, ms);
        let previous = self.talk.last_id();
        let item = Item::heard(item_id.clone(), words.clone(), ms);
        let view = item.view.clone();
        self.talk.push(item);
        let committed =
            json!({"type": "input_audio_buffer.committed", "previous_item_id": previous, "item_id": item_id});
        self.line.send(committed).await;
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.line.send(item_event(kind, previous.as_deref(), &view)).await;
        }
        if self.config.transcription().is_some() {
            let wait_ms = self.world.realtime.settings.lock().transcription_ms;
            self.later
                .push((self.after(wait_ms), Later::Transcript(item_id, words, ms)));
        }
    }

    /// Writes down what was said.
    pub(super) async fn write_down(&mut self, item_id: &str, words: &str, ms: u64) {
        const PREFIX: &str = "conversation.item.input_audio_transcription";
        match self.trouble(TRANSCRIPTION_KINDS, words) {
            Some(fault) if fault.kind == "no_transcription" => return,
            Some(fault) if fault.kind == "slow_transcription" => {
                let at = self.after(fault.ms.unwrap_or(5_000));
                let later = Later::Transcript(item_id.to_owned(), words.to_owned(), ms);
                return self.later.push((at, later));
            }
            Some(_) => {
                let error = json!({"type": "transcription_error", "code": "audio_unintelligible",
                                   "message": "The audio could not be transcribed.", "param": null});
                let failed = json!({"type": format!("{PREFIX}.failed"), "item_id": item_id, "content_index": 0,
                                    "error": error});
                return self.line.send(failed).await;
            }
            None => {}
        }
        if let Some(item) = self.talk.get_mut(item_id) {
            item.view["content"][0]["transcript"] = json!(words);
        }
        for piece in pieces(words) {
            let delta = json!({"type": format!("{PREFIX}.delta"), "item_id": item_id, "content_index": 0, "delta": piece});
            self.line.send(delta).await;
        }
        let mut completed = json!({
            "type": format!("{PREFIX}.completed"), "item_id": item_id, "content_index": 0, "transcript": words,
            "usage": {"type": "duration", "seconds": ms as f64 / 1_000.0},
        });
        if !words.is_empty() {
            let hindi = words.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c));
            completed["languages"] = json!([{"code": if hindi { "hi" } else { "en" }}]);
        }
        self.line.send(completed).await;
    }

    /// After a reply the session waits for the caller, if it was told how long.
    pub(super) fn wait_for_caller(&mut self, audio_ms: u64) {
        let patience = self.config.turns().and_then(|turns| turns.idle_timeout_ms);
        self.idle = patience.map(|ms| (self.after(ms + audio_ms), self.hearing.position_ms()));
    }

    pub(super) async fn look_at_silence(&mut self, now: Instant) {
        let Some((_, from_ms)) = self.idle.filter(|(at, _)| now >= *at) else {
            return;
        };
        self.idle = None;
        if self.hearing.is_speech() || self.runs.iter().any(|run| !run.order.aside) {
            return;
        }
        let to_ms = self.hearing.position_ms();
        let item_id = id("item");
        let triggered = json!({"type": "input_audio_buffer.timeout_triggered", "audio_start_ms": from_ms,
                               "audio_end_ms": to_ms, "item_id": item_id});
        self.line.send(triggered).await;
        self.take_turn(item_id, to_ms.saturating_sub(from_ms)).await;
        self.create_by_itself(true).await;
    }
}

/// Two halves, as the words come bit by bit.
fn pieces(words: &str) -> Vec<&str> {
    let middle = words.len() / 2;
    match words.char_indices().find(|(at, c)| *at >= middle && *c == ' ') {
        Some((at, _)) => vec![&words[..at], &words[at..]],
        None if words.is_empty() => Vec::new(),
        None => vec![words],
    }
}
