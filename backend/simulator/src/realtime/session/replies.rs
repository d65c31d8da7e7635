//! Replies as a whole: asked for, begun, cancelled, ended.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::config::Order;
use super::super::events::{ResponseView, id, rate_limits};
use super::super::items::Item;
use super::super::run::{Act, Pace, Planned, Run, Step, Troubles, plan, steps};
use super::super::wire::error::Fault;
use super::super::{mind, usage};
use super::{Later, Session};
use crate::control::faults::Fault as Ordered;

/// Replies beside the talk at the same time.
const MOST_ASIDE: usize = 8;
/// A day: nothing happens until the reply has been thought of.
const NOT_YET: Duration = Duration::from_secs(86_400);
/// Sound that comes after the end of a cancelled reply, when that is wanted.
const LATE: usize = 5;
const LATE_MS: u64 = 60;

/// Faults of a reply.
pub(crate) const REPLY_KINDS: &[&str] = &[
    "response_failed",
    "response_cancelled",
    "response_stalls",
    "empty_response",
    "slow_first_audio",
    "duplicate_deltas",
    "late_deltas",
];

fn troubles(fault: Option<&Ordered>) -> Troubles {
    let mut troubles = Troubles::default();
    let Some(fault) = fault else { return troubles };
    let after = Some(fault.after_deltas.unwrap_or(3));
    match fault.kind.as_str() {
        "response_failed" => {
            let code = fault.code.clone().unwrap_or_else(|| "server_error".to_owned());
            let usual = if code == "rate_limit_exceeded" {
                "Rate limit reached. Please try again shortly."
            } else {
                "The server had an error while processing your request. Sorry about that!"
            };
            let message = fault.reason.clone().unwrap_or_else(|| usual.to_owned());
            troubles.fails = Some((code, message));
        }
        "response_cancelled" => troubles.cancelled_after = after,
        "response_stalls" => troubles.stalls_after = after,
        "duplicate_deltas" => troubles.doubles = true,
        "late_deltas" => troubles.late = true,
        _ => {}
    }
    troubles
}

impl Session {
    /// Begins a reply.
    pub(super) async fn create(&mut self, request: &Value, nobody_spoke: bool) -> Result<(), Fault> {
        if self.config.writes_only() {
            let message = "A transcription session does not create responses.";
            return Err(Fault::invalid("invalid_event", message).about("type"));
        }
        let order = Order::new(&self.config, request);
        let active = self.runs.iter().find(|run| !run.order.aside);
        if let Some(active) = active.filter(|_| !order.aside) {
            let message = format!(
                "Conversation already has an active response in progress: {}. Wait until the response is finished \
                 before creating a new one.",
                active.id
            );
            return Err(Fault::invalid(
                "conversation_already_has_active_response",
                message,
            ));
        }
        if order.aside && self.runs.iter().filter(|run| run.order.aside).count() >= MOST_ASIDE {
            let message = "Too many responses are in progress outside of the conversation.";
            return Err(Fault::invalid("too_many_responses", message));
        }
        let own = self.own_input(&order)?;
        let items: Vec<&Item> = match &own {
            Some(items) => items.iter().collect(),
            None => self.talk.items().iter().collect(),
        };
        let read = usage::input(&order, items.iter().copied());
        let said = items.iter().rev().find(|item| item.role() == "user");
        let fault = self.trouble(REPLY_KINDS, said.map_or("", |item| item.words.as_str()));
        let mut thought = mind::think(&self.world, &self.model, &order, &items, nobody_spoke);
        let settings = self.world.realtime.settings.lock().clone();
        let mut first = self
            .world
            .clock
            .real(thought.first_ms.unwrap_or(settings.first_audio_ms));
        match fault.as_ref().map(|fault| (fault.kind.as_str(), fault.ms)) {
            Some(("slow_first_audio", ms)) => first = Duration::from_millis(ms.unwrap_or(5_000)),
            Some(("empty_response", _)) => thought.parts.clear(),
            _ => {}
        }
        let now = Instant::now();
        let run = Run {
            id: id("resp"),
            read,
            outputs: Vec::new(),
            steps: VecDeque::new(),
            next_at: now + NOT_YET,
            first_at: now + first,
            audio_speed: thought.audio_speed.unwrap_or(settings.audio_speed),
            troubles: troubles(fault.as_ref()),
            deltas: 0,
            created_ms: self.world.clock.now(),
            order,
        };
        if !run.order.aside {
            self.idle = None;
        }
        self.requests_left = self.requests_left.saturating_sub(1).max(1);
        let created = self
            .view(&run, "in_progress", Value::Null, Value::Null)
            .event("response.created");
        let (run_id, order) = (run.id.clone(), run.order.clone());
        self.runs.push(run);
        self.line.send(created).await;
        let (speech, plans) = (self.world.speech.clone(), self.plans.clone());
        self.world.spawn(async move {
            let planned = plan(&speech, &order, thought.parts).await;
            // The session may have ended meanwhile.
            let _ = plans.send((run_id, planned));
        });
        Ok(())
    }

    /// The items a reply looks at in place of the talk.
    fn own_input(&self, order: &Order) -> Result<Option<Vec<Item>>, Fault> {
        let Some(input) = &order.input else {
            return Ok(None);
        };
        let mut items = Vec::new();
        for (place, view) in input.iter().enumerate() {
            let named = view["id"].as_str();
            if view["type"] == "item_reference" {
                let name = named.unwrap_or_default();
                let found = self.talk.get(name).cloned().ok_or_else(|| {
                    let message = format!("Item with ID '{name}' not found in the conversation.");
                    Fault::invalid("item_reference_not_found", message)
                        .about(&format!("response.input[{place}]"))
                })?;
                items.push(found);
            } else {
                items.push(self.new_item(named.map_or_else(|| id("item"), str::to_owned), view));
            }
        }
        Ok(Some(items))
    }

    /// The reply has been thought of, and its sound is there.
    pub(super) fn on_planned(&mut self, run_id: &str, planned: Vec<Planned>) {
        let Some(run) = self.runs.iter_mut().find(|run| run.id == run_id) else {
            return;
        };
        let clock = self.world.clock;
        let pace = Pace {
            real: &|ms| clock.real(ms),
            delta_ms: self.world.realtime.settings.lock().delta_ms,
            audio_speed: run.audio_speed,
        };
        run.steps = if run.troubles.fails.is_some() {
            VecDeque::from([Step {
                wait: Duration::ZERO,
                act: Act::Finish,
            }])
        } else {
            steps(&run.order, planned, &pace)
        };
        run.next_at = run.first_at.max(Instant::now());
    }

    fn view<'a>(&'a self, run: &'a Run, status: &'a str, details: Value, usage: Value) -> ResponseView<'a> {
        ResponseView {
            id: &run.id,
            order: &run.order,
            status,
            details,
            output: run.outputs.iter().map(|output| output.view.clone()).collect(),
            conversation: (!run.order.aside).then_some(self.conversation.as_str()),
            usage,
        }
    }

    /// Stops a reply.
    pub(super) async fn cancel(&mut self, run_id: &str, reason: &str) {
        let Some(mut run) = self.take_run(run_id) else {
            return;
        };
        self.settle(&mut run, "incomplete").await;
        if run.troubles.late {
            self.promise_late_sound(&run);
        }
        self.finish(run, "cancelled", json!({"type": "cancelled", "reason": reason}))
            .await;
    }

    pub(super) fn take_run(&mut self, run_id: &str) -> Option<Run> {
        let at = self.runs.iter().position(|run| run.id == run_id)?;
        Some(self.runs.remove(at))
    }

    /// A cancelled reply goes on for a moment.
    fn promise_late_sound(&mut self, run: &Run) {
        let Some(output) = run.outputs.last() else { return };
        let sounds = run.steps.iter().filter_map(|step| match &step.act {
            Act::Sound(sound, _) => Some(sound),
            _ => None,
        });
        for (at, sound) in sounds.take(LATE).enumerate() {
            let delta = json!({
                "type": "response.output_audio.delta", "response_id": run.id, "item_id": output.item_id,
                "output_index": run.outputs.len() - 1, "content_index": 0, "delta": STANDARD.encode(sound),
            });
            let due = self.after(LATE_MS * (at as u64 + 1));
            self.later.push((due, Later::Event(delta)));
        }
    }

    /// Ends a reply whose items are settled.
    pub(super) async fn finish(&mut self, run: Run, status: &'static str, details: Value) {
        let made = run.made();
        let (read, before) = if status == "failed" {
            Default::default()
        } else {
            (run.read, self.read_before)
        };
        let figures = usage::view(read, before, made);
        if !run.order.aside && status != "failed" {
            self.read_before = read;
        }
        self.tokens_left = self
            .tokens_left
            .saturating_sub(read.total() + made.total())
            .max(1);
        let done = self.view(&run, status, details, figures).event("response.done");
        let texts: Vec<&str> = run.outputs.iter().map(|output| output.text.as_str()).collect();
        self.record.response(json!({
            "id": run.id, "created_ms": run.created_ms, "done_ms": self.world.clock.now(), "status": status,
            "status_details": done["response"]["status_details"], "text": texts.join(" ").trim(),
            "audio_ms": run.audio_ms(), "aside": run.order.aside, "metadata": run.order.metadata,
            "instructions": run.order.is_told.then_some(&run.order.instructions),
            "output": done["response"]["output"], "usage": done["response"]["usage"],
        }));
        self.line.send(done).await;
        self.line
            .send(rate_limits(self.requests_left, self.tokens_left))
            .await;
        if !run.order.aside && status != "cancelled" {
            self.wait_for_caller(run.audio_ms());
        }
    }
}
