//! What the model says and does: sound, words, function calls, failures. Only what belongs to the open request and
//! is still wanted goes on.

use bytes::Bytes;
use phony_conversation::core::{Input, ModelUsage};
use phony_models::realtime::protocol::{
    ClientEvent, ItemKind, ItemStatus, Response, ResponseStatus, ServerEvent, ServerFault,
};
use phony_models::realtime::{RealtimeErrorKind, RealtimeUsage, TranscriptionUsage};

use super::bridge::Bridge;
use super::functions;
use super::playout::decoded_len;
use super::requests::Want;
use super::utterances::{Source, Utterance};

/// How often a line is tried before the engine counts as down.
const LINE_TRIES: u32 = 2;
/// Function calls of one reply that are looked at.
const MAX_CALLS: usize = 8;

impl Bridge {
    /// Sound of the agent: nearly all events are this.
    pub(crate) fn on_sound(&mut self, now_ms: u64, response_id: &str, item_id: &str, base64: Bytes) {
        let Some(active) = self
            .requests
            .active_mut()
            .filter(|active| active.takes(response_id))
        else {
            metrics::counter!("phony_realtime_late_sound_total").increment(1);
            return;
        };
        if self.over {
            return;
        }
        active.sounded = true;
        let source = active.want.source();
        self.requests.touch(now_ms);
        self.begin_utterance(source);
        let bytes = decoded_len(&base64);
        if self.playout.push(now_ms, base64, &mut self.out.carrier) {
            self.utterances.sound(item_id, bytes);
        } else {
            self.cancel(|active| active == source);
        }
    }

    pub(super) fn begin_utterance(&mut self, source: Source) {
        if self.utterances.last_is(source) && self.utterances.is_open() {
            return;
        }
        let (interruptible, preemptible, text) = match self.requests.active().map(|active| &active.want) {
            Some(Want::Line {
                interruptible,
                preemptible,
                text,
                ..
            }) => (*interruptible, *preemptible, text.clone()),
            _ => (true, true, String::new()),
        };
        let utterance = Utterance::new(source, self.playout.end(), interruptible, preemptible);
        self.utterances.begin(utterance.with_text(text));
    }

    /// Any other event of the model.
    pub(crate) fn on_event(&mut self, now_ms: u64, event: ServerEvent<'_>) {
        match event {
            ServerEvent::SpeechStarted {
                item_id,
                audio_start_ms,
            } => {
                self.hearing.agent_speaks(!self.playout.is_silent(now_ms));
                self.hearing
                    .started(now_ms, item_id, audio_start_ms, &mut self.senses);
            }
            ServerEvent::SpeechStopped {
                item_id,
                audio_end_ms,
            } => {
                self.hearing
                    .stopped(now_ms, &item_id, audio_end_ms, &mut self.senses);
            }
            ServerEvent::TranscriptionDelta(words) => {
                self.hearing
                    .hears_words(&words.item_id, &words.delta, &mut self.senses);
            }
            ServerEvent::TranscriptionCompleted {
                item_id,
                transcript,
                language,
                usage,
            } => {
                self.use_transcription(&item_id, usage);
                self.hearing
                    .written(&item_id, Some(transcript), language, &mut self.senses);
            }
            ServerEvent::TranscriptionFailed { item_id, .. } => {
                self.hearing.written(&item_id, None, None, &mut self.senses);
            }
            ServerEvent::TranscriptDelta(words) | ServerEvent::TextDelta(words) => {
                let response_id = words.response_id.as_deref().unwrap_or_default();
                self.on_words(now_ms, response_id, &words.delta);
            }
            ServerEvent::ResponseCreated(response) => self.on_created(now_ms, &response),
            ServerEvent::ResponseDone(response) => self.on_done(now_ms, &response),
            ServerEvent::Error(fault) => self.on_fault(now_ms, &fault),
            ServerEvent::OutputItemAdded(_)
            | ServerEvent::OutputItemDone(_)
            | ServerEvent::ArgumentsDelta(_) => {
                self.requests.touch(now_ms);
            }
            _ => {}
        }
        self.sense(now_ms);
    }

    pub(super) fn on_words(&mut self, now_ms: u64, response_id: &str, text: &str) {
        let Some(active) = self.requests.active().filter(|active| active.takes(response_id)) else {
            return;
        };
        let (source, is_spoken) = (active.want.source(), !active.want.is_text_only());
        self.requests.touch(now_ms);
        // The words of a line are known; its own transcript says nothing new.
        if let Source::Reply(reply) = source {
            if is_spoken {
                self.begin_utterance(source);
                self.utterances.words(source, text);
            }
            let text = text.to_owned();
            self.out.inputs.push_back(Input::ModelToken { reply, text });
        }
    }

    pub(super) fn on_created(&mut self, now_ms: u64, response: &Response) {
        let Some(id) = response.id.clone() else { return };
        let Some(active) = self
            .requests
            .active_mut()
            .filter(|active| active.response_id.is_none())
        else {
            return;
        };
        active.response_id = Some(id.clone());
        if active.cancelled {
            let response_id = Some(id);
            self.tell(ClientEvent::CancelResponse { response_id });
        } else if let Want::Reply { reply, .. } = active.want {
            let response_id = id;
            self.out
                .inputs
                .push_back(Input::ModelStarted { reply, response_id });
        }
        self.requests.touch(now_ms);
    }

    pub(super) fn on_done(&mut self, now_ms: u64, response: &Response) {
        if let (Some(id), Some(used)) = (&response.id, response.usage) {
            let used = usage(used);
            let response_id = id.clone();
            self.out.inputs.push_back(Input::ModelUsed { response_id, used });
        }
        let ours = self
            .requests
            .active()
            .is_some_and(|active| active.response_id == response.id);
        if !ours {
            self.requests.unblock();
            self.pump(now_ms);
            return;
        }
        if self.requests.active().is_some_and(|active| active.cancelled) {
            if self
                .requests
                .close()
                .is_some_and(|active| active.want.is_text_only())
            {
                self.take_back(response);
            }
        } else {
            match response.status {
                ResponseStatus::Completed
                | ResponseStatus::Incomplete
                | ResponseStatus::Unknown
                | ResponseStatus::InProgress => self.finish_active(now_ms, response),
                ResponseStatus::Failed => {
                    let fault = response
                        .status_details
                        .as_ref()
                        .and_then(|details| details.error.as_ref());
                    let kind = fault.map_or(RealtimeErrorKind::Server, ServerFault::class);
                    self.fail_active(now_ms, kind.retryable(), kind.as_str());
                }
                ResponseStatus::Cancelled => self.fail_active(now_ms, true, "the model stopped"),
            }
        }
        self.pump(now_ms);
    }

    pub(super) fn finish_active(&mut self, now_ms: u64, response: &Response) {
        let Some(active) = self.requests.close() else {
            return;
        };
        self.finish_utterance(now_ms);
        match active.want {
            Want::Reply { reply, text_only } => {
                if text_only {
                    self.take_back(response);
                }
                let calls = response.output.iter().filter(|item| {
                    item.kind == ItemKind::FunctionCall && item.status != ItemStatus::Incomplete
                });
                for call in calls.take(MAX_CALLS) {
                    let (Some(call_id), Some(name)) = (&call.call_id, &call.name) else {
                        continue;
                    };
                    self.calls.push_back(call_id.clone());
                    let command = functions::command(name, call.arguments.as_deref().unwrap_or_default());
                    self.out.inputs.push_back(Input::ModelCommand { reply, command });
                }
                self.out
                    .inputs
                    .push_back(Input::ModelFinished { reply, usage: None });
            }
            line if !active.sounded => self.retry_line(line, "the model said nothing"),
            Want::Line { .. } => {}
        }
    }

    /// What was written was not said: the model is not to remember it. If it is said after all, that is another line.
    fn take_back(&mut self, response: &Response) {
        let messages = response
            .output
            .iter()
            .filter(|item| item.kind == ItemKind::Message);
        let ids: Vec<String> = messages.map(|item| item.id.clone()).collect();
        for item_id in ids {
            self.tell(ClientEvent::DeleteItem { item_id });
        }
    }

    /// The open request has failed, or is lost with its session.
    pub(super) fn fail_active(&mut self, now_ms: u64, retryable: bool, detail: &str) {
        let Some(active) = self.requests.close() else {
            return;
        };
        self.finish_utterance(now_ms);
        if active.cancelled {
            return;
        }
        match active.want {
            Want::Reply { reply, .. } => self.out.inputs.push_back(Input::ModelFailed {
                reply,
                retryable,
                retry_after_ms: None,
                detail: format!("the speech model failed: {detail}"),
            }),
            // What was heard of it must do.
            Want::Line { .. } if active.sounded => {}
            line if retryable => self.retry_line(line, detail),
            Want::Line { .. } => self.down(detail),
        }
    }

    pub(super) fn retry_line(&mut self, mut line: Want, detail: &str) {
        if let Want::Line { tries, .. } = &mut line {
            *tries += 1;
            if *tries >= LINE_TRIES {
                self.down(detail);
                return;
            }
        }
        self.requests.push_front(line);
    }

    pub(super) fn down(&mut self, detail: &str) {
        let detail = format!("the speech model failed: {detail}");
        self.out.inputs.push_back(Input::EngineDown { detail });
    }

    pub(super) fn finish_utterance(&mut self, now_ms: u64) {
        self.utterances.finish_last();
        self.playout.end_utterance(&mut self.out.carrier);
        self.tell_progress(now_ms);
    }

    pub(super) fn on_fault(&mut self, now_ms: u64, fault: &ServerFault) {
        let kind = fault.class();
        if kind.ends_session() {
            self.out.session_dead = Some(kind.as_str());
            return;
        }
        let ours = self.requests.active().is_some_and(|active| {
            active.response_id.is_none() && fault.event_id.as_deref() == Some(&active.event_id)
        });
        let busy = fault.code.as_deref() == Some("conversation_already_has_active_response");
        tracing::debug!(
            model.error = kind.as_str(),
            model.code = fault.code.as_deref(),
            "the model refused an event"
        );
        if busy
            && self
                .requests
                .active()
                .is_some_and(|active| active.response_id.is_none())
        {
            self.requests.block(now_ms);
        } else if ours {
            self.fail_active(now_ms, kind.retryable(), kind.as_str());
            self.pump(now_ms);
        }
    }

    pub(super) fn use_transcription(&mut self, item_id: &str, usage: Option<TranscriptionUsage>) {
        let ms = match usage {
            Some(TranscriptionUsage::Duration { ms }) => ms,
            // A token of the caller's sound is a tenth of a second.
            Some(TranscriptionUsage::Tokens { audio_in, .. }) => audio_in * 100,
            None => 0,
        };
        if ms > 0 {
            self.out.inputs.push_back(Input::TranscriptionUsed {
                response_id: item_id.to_owned(),
                model: self.transcription_model.to_owned(),
                ms,
            });
        }
    }
}

/// The conversation counts cached tokens among those read.
fn usage(used: RealtimeUsage) -> ModelUsage {
    ModelUsage {
        text_in: used.text_in + used.text_in_cached,
        text_in_cached: used.text_in_cached,
        text_out: used.text_out,
        audio_in: used.audio_in + used.audio_in_cached,
        audio_in_cached: used.audio_in_cached,
        audio_out: used.audio_out,
    }
}
