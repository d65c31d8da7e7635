//! What the client asks for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::events::{id, item_event};
use super::super::items::{Item, Spoken, check_new};
use super::super::sound::Intake;
use super::super::wire::error::Fault;
use super::super::wire::{self, Received};
use super::{Later, Session};

/// The most sound one event may carry, in bytes.
const MOST_AUDIO: usize = 15 * 1024 * 1024;
/// Less than this is not worth a turn.
const LEAST_AUDIO_MS: u64 = 100;
/// Faults of `session.update`.
pub(crate) const UPDATE_KINDS: &[&str] = &["slow_updated", "never_updated"];

type Outcome = Result<(), Fault>;

impl Session {
    pub(super) async fn on_text(&mut self, text: &str) {
        let now_ms = self.world.clock.now();
        let received = match wire::read(text) {
            Ok(received) => received,
            Err((fault, event_id)) => {
                let seen = serde_json::from_str(text)
                    .unwrap_or_else(|_| json!({"text": text.chars().take(200).collect::<String>()}));
                self.record.received(now_ms, &seen);
                return self.line.refuse(&fault, event_id.as_deref()).await;
            }
        };
        if received.kind != "input_audio_buffer.append" {
            self.record.received(now_ms, &received.body);
        }
        let outcome = self.on_event(&received).await;
        if let Err(fault) = outcome {
            self.line.refuse(&fault, received.event_id.as_deref()).await;
        }
    }

    async fn on_event(&mut self, event: &Received) -> Outcome {
        let body = &event.body;
        let named = |name: &str| body[name].as_str().unwrap_or_default();
        match event.kind.as_str() {
            "session.update" => self.update(&body["session"]).await,
            "input_audio_buffer.append" => self.append(named("audio")).await,
            "input_audio_buffer.commit" => self.commit().await,
            "input_audio_buffer.clear" => {
                self.hearing.take();
                self.speaking = None;
                self.line
                    .send(json!({"type": "input_audio_buffer.cleared"}))
                    .await;
                Ok(())
            }
            "conversation.item.create" => {
                self.add_item(&body["item"], body["previous_item_id"].as_str())
                    .await
            }
            "conversation.item.retrieve" => {
                let item = self.talk.retrieve(named("item_id"))?.view.clone();
                let retrieved = json!({"type": "conversation.item.retrieved", "item": item});
                self.line.send(retrieved).await;
                Ok(())
            }
            "conversation.item.delete" => {
                let item = self.talk.delete(named("item_id"))?;
                self.line
                    .send(json!({"type": "conversation.item.deleted", "item_id": item.id}))
                    .await;
                Ok(())
            }
            "conversation.item.truncate" => self.truncate(body).await,
            "response.create" => self.create(&body["response"], false).await,
            "response.cancel" => {
                let wanted = body["response_id"].as_str();
                let found = self.runs.iter().find(|run| match wanted {
                    Some(id) => run.id == id,
                    None => !run.order.aside,
                });
                let Some(id) = found.map(|run| run.id.clone()) else {
                    let message = "Cancellation failed: no active response found";
                    return Err(Fault::invalid("response_cancel_not_active", message));
                };
                self.cancel(&id, "client_cancelled").await;
                Ok(())
            }
            _ => {
                let message = "This event is only for sessions over WebRTC and SIP.";
                Err(Fault::invalid("invalid_event", message).about("type"))
            }
        }
    }

    async fn update(&mut self, session: &Value) -> Outcome {
        self.config.update(session, self.talk.has_spoken)?;
        self.record.session(self.config.view());
        if self.config.turns().is_none() {
            self.speaking = None;
        }
        let updated = json!({"type": "session.updated", "session": self.config.view()});
        match self.trouble(UPDATE_KINDS, &self.model) {
            Some(fault) if fault.kind == "slow_updated" => {
                let at = Instant::now() + Duration::from_millis(fault.ms.unwrap_or(5_000));
                self.later.push((at, Later::Event(updated)));
            }
            Some(_) => {}
            None => self.line.send(updated).await,
        }
        Ok(())
    }

    async fn append(&mut self, audio: &str) -> Outcome {
        let wrong = || Fault::bad_value("audio", "Invalid 'audio'. Expected base64-encoded audio bytes.");
        let sound = STANDARD.decode(audio).map_err(|_| wrong())?;
        if sound.len() > MOST_AUDIO {
            let message = "Invalid 'audio': too large. Expected at most 15 MiB.";
            return Err(Fault::bad_value("audio", message));
        }
        self.record.audio(self.world.clock.now(), sound.len());
        self.hear(&sound).await;
        Ok(())
    }

    async fn commit(&mut self) -> Outcome {
        let ms = self.hearing.buffered_ms();
        if ms < LEAST_AUDIO_MS {
            let message = format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer \
                 only has {ms}.00ms of audio."
            );
            return Err(Fault::invalid("input_audio_buffer_commit_empty", message));
        }
        let item_id = self.speaking.take().map_or_else(|| id("item"), |(id, _)| id);
        self.take_turn(item_id, ms).await;
        Ok(())
    }

    async fn add_item(&mut self, view: &Value, after: Option<&str>) -> Outcome {
        check_new(view)?;
        let item_id = view["id"].as_str().map_or_else(|| id("item"), str::to_owned);
        let item = self.new_item(item_id, view);
        let (item_id, view) = (item.id.clone(), item.view.clone());
        self.talk.insert(item, after)?;
        let previous = self.talk.before(&item_id).map(str::to_owned);
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.line.send(item_event(kind, previous.as_deref(), &view)).await;
        }
        Ok(())
    }

    /// An item as the client describes it; sound in it is listened to.
    pub(super) fn new_item(&self, item_id: String, view: &Value) -> Item {
        let mut view = view.clone();
        if view["type"] == "function_call" && view["call_id"].is_null() {
            view["call_id"] = json!(id("call"));
        }
        let mut sound = Vec::new();
        for part in view["content"].as_array_mut().into_iter().flatten() {
            if let Some(audio) = part["audio"].as_str() {
                let bytes = STANDARD.decode(audio).unwrap_or_default();
                sound.extend(Intake::default().read(self.config.input_format(), &bytes));
                if let Some(part) = part.as_object_mut() {
                    part.remove("audio");
                }
            }
        }
        let mut item = Item::new(item_id, view);
        if !sound.is_empty() {
            let words: Vec<String> = self
                .world
                .speech
                .words_in(&sound)
                .into_iter()
                .map(|word| word.text)
                .collect();
            if item.words.is_empty() {
                item.words = words.join(" ");
            }
            item.spoken = Some(Spoken {
                ms: sound.len() as u64 / 8,
                words: Vec::new(),
            });
        }
        item
    }

    async fn truncate(&mut self, body: &Value) -> Outcome {
        let item_id = body["item_id"].as_str().unwrap_or_default();
        let number = |name: &str| body[name].as_u64().unwrap_or_default();
        let (index, end_ms) = (number("content_index"), number("audio_end_ms"));
        let heard = self.talk.truncate(item_id, index, end_ms)?;
        self.record
            .truncated(self.world.clock.now(), item_id, end_ms, &heard);
        let truncated = json!({"type": "conversation.item.truncated", "item_id": item_id, "content_index": index,
                               "audio_end_ms": end_ms});
        self.line.send(truncated).await;
        Ok(())
    }
}
