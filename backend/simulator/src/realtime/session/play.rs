//! A reply step by step: items, words, sound, arguments.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::events::{id, item_event};
use super::super::items::{Item, Spoken};
use super::super::mind::Call;
use super::super::run::{Act, Output, Run};
use super::Session;

impl Session {
    /// Does the steps of a reply that are due.
    pub(super) async fn play(&mut self, run_id: &str, now: Instant) {
        let Some(mut run) = self.take_run(run_id) else {
            return;
        };
        while run.next_at <= now {
            let Some(step) = run.steps.pop_front() else {
                break;
            };
            if let Some(after) = run.troubles.stalls_after
                && run.deltas >= after
            {
                run.steps.clear();
                break;
            }
            if let Some(after) = run.troubles.cancelled_after
                && run.deltas >= after
            {
                self.settle(&mut run, "incomplete").await;
                return self.finish(run, "cancelled", json!({"type": "cancelled"})).await;
            }
            let goes_on = matches!(step.act, Act::Words(..) | Act::Sound(..) | Act::Arguments(_));
            if goes_on && run.is_full() {
                self.settle(&mut run, "incomplete").await;
                let details = json!({"type": "incomplete", "reason": "max_output_tokens"});
                return self.finish(run, "incomplete", details).await;
            }
            match step.act {
                Act::Finish => return self.end(run).await,
                act => self.act(&mut run, act).await,
            }
            if let Some(next) = run.steps.front() {
                run.next_at += next.wait;
            }
        }
        self.runs.push(run);
    }

    async fn end(&mut self, run: Run) {
        if let Some((code, message)) = &run.troubles.fails {
            let kind = if code == "server_error" {
                "server_error"
            } else {
                "invalid_request_error"
            };
            let error = json!({"type": kind, "code": code, "message": message});
            let details = json!({"type": "failed", "error": error});
            return self.finish(run, "failed", details).await;
        }
        self.finish(run, "completed", Value::Null).await;
    }

    async fn act(&mut self, run: &mut Run, act: Act) {
        match act {
            Act::Message => self.begin_message(run).await,
            Act::Call(call) => self.begin_call(run, call).await,
            Act::Words(words, to_ms) => self.say(run, words, to_ms).await,
            Act::Sound(sound, bytes) => self.sound(run, &sound, bytes).await,
            Act::Arguments(piece) => {
                run.deltas += 1;
                let Some((at, output)) = run.open() else { return };
                let item_id = output.item_id.clone();
                let Some((_, arguments)) = &mut output.call else {
                    return;
                };
                arguments.push_str(&piece);
                let call_id = output.view["call_id"].clone();
                let delta = json!({
                    "type": "response.function_call_arguments.delta", "response_id": run.id, "item_id": item_id,
                    "output_index": at, "call_id": call_id, "delta": piece,
                });
                self.line.send(delta).await;
            }
            Act::Complete => self.settle(run, "completed").await,
            Act::Finish => {}
        }
    }

    async fn begin_message(&mut self, run: &mut Run) {
        let view = json!({"type": "message", "status": "in_progress", "role": "assistant", "content": []});
        let part = if run.order.speaks {
            json!({"type": "audio", "transcript": ""})
        } else {
            json!({"type": "text", "text": ""})
        };
        let (item_id, at) = self.begin(run, view, None).await;
        let added = json!({
            "type": "response.content_part.added", "response_id": run.id, "item_id": item_id, "output_index": at,
            "content_index": 0, "part": part,
        });
        self.line.send(added).await;
    }

    async fn begin_call(&mut self, run: &mut Run, call: Call) {
        let view = json!({"type": "function_call", "status": "in_progress", "name": call.name, "call_id": id("call"),
                          "arguments": ""});
        self.begin(run, view, Some(call)).await;
    }

    /// An item begins: everybody is told, and the talk knows it unless the reply is beside it.
    async fn begin(&mut self, run: &mut Run, view: Value, call: Option<Call>) -> (String, usize) {
        let mut item = Item::new(id("item"), view);
        if call.is_none() && run.order.speaks {
            item.spoken = Some(Spoken::default());
        }
        let (item_id, view, at) = (item.id.clone(), item.view.clone(), run.outputs.len());
        let added = json!({"type": "response.output_item.added", "response_id": run.id, "output_index": at, "item": view});
        self.line.send(added).await;
        if !run.order.aside {
            let previous = self.talk.last_id();
            self.talk.push(item);
            let added = item_event("conversation.item.added", previous.as_deref(), &view);
            self.line.send(added).await;
        }
        run.outputs.push(Output {
            item_id: item_id.clone(),
            call: call.map(|call| (call, String::new())),
            text: String::new(),
            spoken: Spoken::default(),
            bytes: 0,
            status: "in_progress",
            view,
        });
        (item_id, at)
    }

    async fn say(&mut self, run: &mut Run, words: String, to_ms: Option<u64>) {
        let Some((at, output)) = run.open() else { return };
        output.text.push_str(&words);
        let kind = match to_ms {
            Some(to_ms) => {
                output.spoken.words.push((words.trim().to_owned(), to_ms));
                "response.output_audio_transcript.delta"
            }
            None => "response.output_text.delta",
        };
        let item_id = output.item_id.clone();
        self.remember(run);
        let delta = json!({
            "type": kind, "response_id": run.id, "item_id": item_id, "output_index": at, "content_index": 0,
            "delta": words,
        });
        self.line.send(delta).await;
    }

    async fn sound(&mut self, run: &mut Run, sound: &[u8], bytes: usize) {
        run.deltas += 1;
        let doubles = run.troubles.doubles;
        let Some((at, output)) = run.open() else { return };
        output.bytes += bytes;
        output.spoken.ms = output.bytes as u64 / 8;
        let item_id = output.item_id.clone();
        self.talk.has_spoken |= !run.order.aside;
        self.remember(run);
        let delta = json!({
            "type": "response.output_audio.delta", "response_id": run.id, "item_id": item_id, "output_index": at,
            "content_index": 0, "delta": STANDARD.encode(sound),
        });
        if doubles {
            self.line.send(delta.clone()).await;
        }
        self.line.send(delta).await;
    }

    /// Keeps in the talk what the open item has become, unless its end was taken away meanwhile.
    fn remember(&mut self, run: &mut Run) {
        let aside = run.order.aside;
        let Some((_, output)) = run.open().filter(|_| !aside) else {
            return;
        };
        if let Some(item) = self.talk.get_mut(&output.item_id).filter(|item| !item.is_cut) {
            item.words.clone_from(&output.text);
            if let Some(spoken) = &mut item.spoken {
                spoken.clone_from(&output.spoken);
            }
        }
    }

    /// Ends the open item, if there is one.
    pub(super) async fn settle(&mut self, run: &mut Run, status: &'static str) {
        let (run_id, speaks, aside) = (run.id.clone(), run.order.speaks, run.order.aside);
        let Some((at, output)) = run.open() else { return };
        output.status = status;
        output.view["status"] = json!(status);
        let item_id = output.item_id.clone();
        let place =
            |kind: &str| json!({"type": kind, "response_id": run_id, "item_id": item_id, "output_index": at});
        let mut events = Vec::new();
        if let Some((call, arguments)) = &output.call {
            output.view["arguments"] = json!(arguments);
            let mut done = place("response.function_call_arguments.done");
            done["call_id"] = output.view["call_id"].clone();
            done["name"] = json!(call.name);
            done["arguments"] = json!(arguments);
            events.push(done);
        } else {
            let part = |kind: &str, member: &str, value: Value| {
                let mut done = place(kind);
                done["content_index"] = json!(0);
                if !member.is_empty() {
                    done[member] = value;
                }
                done
            };
            let text = json!(output.text);
            if speaks {
                output.view["content"] = json!([{"type": "output_audio", "transcript": text}]);
                events.push(part("response.output_audio.done", "", Value::Null));
                events.push(part(
                    "response.output_audio_transcript.done",
                    "transcript",
                    text.clone(),
                ));
                let whole = json!({"type": "audio", "transcript": text});
                events.push(part("response.content_part.done", "part", whole));
            } else {
                output.view["content"] = json!([{"type": "output_text", "text": text}]);
                events.push(part("response.output_text.done", "text", text.clone()));
                events.push(part(
                    "response.content_part.done",
                    "part",
                    json!({"type": "text", "text": text}),
                ));
            }
        }
        let view = output.view.clone();
        events.push(json!({"type": "response.output_item.done", "response_id": run_id, "output_index": at, "item": view}));
        if !aside {
            if let Some(item) = self.talk.get_mut(&item_id).filter(|item| !item.is_cut) {
                item.view = view.clone();
            }
            events.push(item_event(
                "conversation.item.done",
                self.talk.before(&item_id),
                &view,
            ));
        }
        for event in events {
            self.line.send(event).await;
        }
    }
}
