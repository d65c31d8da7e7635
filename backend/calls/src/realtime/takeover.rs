//! While a person speaks instead of the agent: their microphone goes to the caller, and an ear writes their words down.
//!
//! The conversation says who has taken the call over; only that person's sound is played, whatever else comes on the
//! channel. Without a takeover the channel is not even heard.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use phony_conversation::Speaker;
use phony_conversation::command::{Actor, TakeoverVia};
use phony_conversation::core::{Core, Input};
use phony_kernel::ItemId;
use tokio::time::{Instant, sleep_until};

use super::playout::{ToCarrier, decoded_len};
use super::setup;
use super::wire::RealtimeWire;
use crate::bus::Announcements;
use crate::notes::{Ear, EarHeard};
use crate::socket::StreamSocket;
use crate::sound::{Mouth, VoicePiece, voice_channel};

/// How long words that were said before the handback are waited for.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(5);

/// Who speaks instead of the agent.
pub(super) struct Human {
    actor: Actor,
    voice: Option<Announcements>,
    pub(super) mouth: Mouth,
    ear: Option<Ear>,
}

/// Who spoke before, and whose last words are still to be written down.
pub(super) struct Leaving {
    actor: Actor,
    ear: Ear,
    until: Instant,
}

/// What happens with either.
pub(super) enum HumanEvent {
    /// Something came on the channel of the microphone; nothing comes any more when there is none.
    Voice(Option<Arc<str>>),
    /// An ear has made something out.
    Heard(EarHeard),
    /// The same of who spoke before.
    HeardLast(EarHeard),
    /// Nothing more is waited for of who spoke before.
    Left,
}

/// The next happening. Waits for ever when nobody has taken over. May be dropped and called again without loss.
pub(super) async fn happens(human: &mut Option<Human>, leaving: &mut Option<Leaving>) -> HumanEvent {
    let (voice, ear) = match human {
        Some(human) => (human.voice.as_mut(), human.ear.as_mut()),
        None => (None, None),
    };
    let (last, until) = match leaving {
        Some(leaving) => (Some(&mut leaving.ear), Some(leaving.until)),
        None => (None, None),
    };
    tokio::select! {
        text = next_text(voice) => HumanEvent::Voice(text),
        heard = next_words(ear) => HumanEvent::Heard(heard),
        heard = next_words(last) => HumanEvent::HeardLast(heard),
        () = reached(until) => HumanEvent::Left,
    }
}

async fn next_text(voice: Option<&mut Announcements>) -> Option<Arc<str>> {
    match voice {
        Some(voice) => voice.next().await,
        None => std::future::pending().await,
    }
}

async fn next_words(ear: Option<&mut Ear>) -> EarHeard {
    match ear {
        Some(ear) => ear.next().await,
        None => std::future::pending().await,
    }
}

async fn reached(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

impl<S> RealtimeWire<S> {
    /// The wire goes, and both with it.
    pub(super) fn drop_humans(&mut self) {
        let ears = [
            self.human.take().and_then(|human| human.ear),
            self.leaving.take().map(|leaving| leaving.ear),
        ];
        for ear in ears.into_iter().flatten() {
            tokio::spawn(close(ear));
        }
    }
}

impl<S: StreamSocket> RealtimeWire<S> {
    /// Follows what the conversation says of who speaks.
    pub(super) fn follow_takeover(&mut self, core: &Core) {
        let holder = core
            .taken_over()
            .filter(|(_, via)| *via == TakeoverVia::Microphone)
            .map(|(actor, _)| actor);
        if self.human.as_ref().map(|human| &human.actor) == holder {
            return;
        }
        self.let_go();
        let Some(actor) = holder else { return };
        let plan = core.plan();
        let voice = self
            .bus
            .as_ref()
            .map(|bus| bus.announcements(voice_channel(plan.tenant, plan.call)));
        let ear = self
            .opening
            .as_ref()
            .map(|opening| Ear::new(Speaker::Supervisor, opening.with(setup::note_session(plan))));
        self.human = Some(Human {
            actor: actor.clone(),
            voice,
            mouth: Mouth::default(),
            ear,
        });
        let now_ms = self.now_ms();
        self.bridge.hush(now_ms);
    }

    /// Who spoke does no more; their last words are still written down.
    fn let_go(&mut self) {
        let Some(human) = self.human.take() else { return };
        let Some(mut ear) = human.ear else { return };
        ear.finish();
        if let Some(before) = self.leaving.take() {
            tokio::spawn(close(before.ear));
        }
        if ear.owes_words() {
            self.leaving = Some(Leaving {
                actor: human.actor,
                ear,
                until: Instant::now() + LAST_WORDS_WITHIN,
            });
        } else {
            tokio::spawn(close(ear));
        }
    }

    pub(super) fn on_human(&mut self, event: HumanEvent) {
        match event {
            HumanEvent::Voice(Some(text)) => self.on_voice(&text),
            HumanEvent::Voice(None) => {
                if let Some(human) = &mut self.human {
                    human.voice = None;
                }
            }
            HumanEvent::Heard(heard) => {
                if let Some(actor) = self.human.as_ref().map(|human| human.actor.clone()) {
                    self.on_heard(actor, heard);
                }
            }
            HumanEvent::HeardLast(heard) => {
                if let Some(actor) = self.leaving.as_ref().map(|leaving| leaving.actor.clone()) {
                    self.on_heard(actor, heard);
                }
                let owes = |leaving: &Leaving| leaving.ear.owes_words();
                if !self.leaving.as_ref().is_some_and(owes) {
                    self.leave();
                }
            }
            HumanEvent::Left => self.leave(),
        }
    }

    fn leave(&mut self) {
        if let Some(leaving) = self.leaving.take() {
            tokio::spawn(close(leaving.ear));
        }
    }

    /// Sound of a microphone: played only if it is of who has taken the call over.
    fn on_voice(&mut self, text: &str) {
        let now_ms = self.now_ms();
        let Some(human) = &mut self.human else { return };
        let Some(piece) = of_holder(text, &human.actor) else {
            metrics::counter!("phony_microphone_frames_dropped_total", "reason" => "not_the_holder")
                .increment(1);
            return;
        };
        if let Some(ear) = &mut human.ear {
            ear.hear(piece.base64);
        }
        let base64 = Bytes::copy_from_slice(piece.base64.as_bytes());
        let bytes = decoded_len(&base64);
        let lost_ms = human.mouth.push(now_ms, base64, bytes);
        if lost_ms > 0 {
            metrics::counter!("phony_microphone_late_ms_total").increment(lost_ms);
        }
    }

    /// Sends what is due of the microphone to the caller, and lets those who listen hear it.
    pub(super) fn speak_human(&mut self) {
        let (now_ms, call_ms) = (self.now_ms(), self.call_ms());
        let Some(human) = &mut self.human else { return };
        while let Some(base64) = human.mouth.pull(now_ms) {
            if self.listeners.is_open() {
                self.listeners.supervisor(call_ms, &base64);
            }
            self.bridge.out.carrier.push_back(ToCarrier::Media(base64));
        }
    }

    fn on_heard(&mut self, actor: Actor, heard: EarHeard) {
        match heard {
            EarHeard::Words {
                text,
                item_id,
                ms,
                model,
                ..
            } => {
                if ms > 0 {
                    self.bridge.out.inputs.push_back(Input::TranscriptionUsed {
                        response_id: item_id,
                        model: model.to_owned(),
                        ms,
                    });
                }
                let text = text.trim().to_owned();
                if !text.is_empty() {
                    let line = ItemId::new();
                    self.bridge
                        .out
                        .inputs
                        .push_back(Input::SupervisorWords { line, actor, text });
                }
            }
            EarHeard::Lost { detail } => self.tell("supervisor_words_lost", detail),
            EarHeard::Nothing => {}
        }
    }
}

/// The piece in a text of the channel, if it is of who has taken the call over.
fn of_holder<'a>(text: &'a str, holder: &Actor) -> Option<VoicePiece<'a>> {
    VoicePiece::read(text).filter(|piece| piece.actor == holder.id)
}

async fn close(mut ear: Ear) {
    ear.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holders_sound_is_played() {
        let actor = |id: &str| Actor {
            id: id.to_owned(),
            name: "Ana".to_owned(),
        };
        let text = VoicePiece::write("usr_1", &[0xff; 160]);
        assert!(of_holder(&text, &actor("usr_1")).is_some());
        for other in ["usr_2", "usr_11", ""] {
            assert!(of_holder(&text, &actor(other)).is_none(), "{other}");
        }
        assert!(of_holder("usr_1 ", &actor("usr_1")).is_none());
    }
}
