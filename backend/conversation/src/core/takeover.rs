//! A person speaks with the caller in the agent's place. It is a lease: whoever holds it says again and again that
//! they are there, and when they do not, the agent goes on.

use chrono::{DateTime, Utc};
use phony_kernel::ItemId;
use phony_kernel::call::Engine;

use super::inline::sanitize;
use super::types::{Effect, Now};
use super::{Core, Cx, Phase};
use crate::command::{ActionStatus, Actor, TakeoverVia};
use crate::event::{EventBody, Speaker};
use crate::snapshot::Snapshot;
use crate::supervision::TakeoverReason;

/// How long the agent waits for a sign of who has taken over, in milliseconds.
pub const TAKEOVER_LEASE_MS: u64 = 5_000;
/// Longest note to the agent, and longest line of a person.
const MAX_CHARS: usize = 1_000;

/// Who has taken over.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) actor: Actor,
    pub(super) via: TakeoverVia,
    pub(super) since: DateTime<Utc>,
    pub(super) until_ms: u64,
}

/// Why an act is not possible: stable code and words.
type Refusal = (&'static str, &'static str);

impl Core {
    /// Who speaks with the caller in the agent's place, and how.
    #[must_use]
    pub fn taken_over(&self) -> Option<(&Actor, TakeoverVia)> {
        self.takeover.as_ref().map(|taken| (&taken.actor, taken.via))
    }

    /// Whether a person's voice can reach the caller.
    fn carries_sound(&self) -> bool {
        matches!(self.plan.engine, Engine::Realtime | Engine::Pipeline)
    }

    /// Whether a person speaks with their own voice.
    pub(super) fn microphone_is_open(&self) -> bool {
        matches!(self.taken_over(), Some((_, TakeoverVia::Microphone)))
    }

    pub(super) fn act_takeover(
        &mut self,
        cx: &mut Cx<'_>,
        actor: &Actor,
        via: TakeoverVia,
    ) -> Result<(), Refusal> {
        if via == TakeoverVia::Microphone && !self.carries_sound() {
            let text = "this call's engine carries no sound of ours: take it over by keyboard";
            return Err(("engine_has_no_sound", text));
        }
        let until_ms = cx.now.ms + TAKEOVER_LEASE_MS;
        if let Some(taken) = &mut self.takeover {
            if taken.actor.id != actor.id {
                return Err(("taken_over", "somebody else speaks with the caller"));
            }
            taken.until_ms = until_ms;
            if taken.via != via {
                taken.via = via;
                self.tell_takeover(cx, TakeoverReason::Taken);
            }
            return Ok(());
        }
        if self.transfers.is_open() {
            return Err(("transfer_in_progress", "the caller is being handed to somebody"));
        }
        self.claim_for(cx, actor);
        self.make_way(cx, via);
        self.takeover = Some(Taken {
            actor: actor.clone(),
            via,
            since: cx.now.at,
            until_ms,
        });
        let name = sanitize(&actor.name, 80);
        self.memory.note(&format!(
            "Note: your colleague {name} has taken the call over and speaks with the caller now. You are silent until it \
is given back to you."
        ));
        self.tell_takeover(cx, TakeoverReason::Taken);
        Ok(())
    }

    /// The agent stops at once, and nothing of it comes later.
    fn make_way(&mut self, cx: &mut Cx<'_>, via: TakeoverVia) {
        self.hold = None;
        let was_heard = !self.playback.is_empty();
        self.hush(cx);
        self.want_reply = false;
        if via == TakeoverVia::Microphone {
            for queued in std::mem::take(&mut self.queued) {
                self.acted(cx, queued.action_id(), ActionStatus::Superseded);
            }
        }
        // There the carrier's voice stops only when other words come.
        if was_heard && !self.carries_sound() {
            let words = self.plan.policy.taken_over.clone();
            self.say_line(cx, &words, Speaker::Agent, true);
        }
    }

    fn tell_takeover(&mut self, cx: &mut Cx<'_>, reason: TakeoverReason) {
        let taken = self.takeover.as_ref();
        let body = EventBody::TakeoverChanged {
            actor: taken.map(|taken| taken.actor.clone()),
            via: taken.map(|taken| taken.via),
            reason,
        };
        self.emit(cx, body);
        cx.out.push(Effect::Voice {
            on: self.microphone_is_open(),
        });
    }

    pub(super) fn act_handback(
        &mut self,
        cx: &mut Cx<'_>,
        actor: &Actor,
        note: Option<&str>,
    ) -> Result<(), Refusal> {
        match &self.takeover {
            None => Err(("not_taken_over", "the agent speaks with the caller already")),
            Some(taken) if taken.actor.id != actor.id => {
                Err(("taken_over", "somebody else speaks with the caller"))
            }
            Some(_) => {
                self.give_back(cx, TakeoverReason::HandedBack, note);
                Ok(())
            }
        }
    }

    /// The agent has the call again, or nobody has it any more.
    pub(super) fn give_back(&mut self, cx: &mut Cx<'_>, reason: TakeoverReason, note: Option<&str>) {
        let Some(taken) = self.takeover.take() else { return };
        self.tell_takeover(cx, reason);
        let name = sanitize(&taken.actor.name, 80);
        let note = note
            .map(|note| sanitize(note, MAX_CHARS))
            .filter(|note| !note.is_empty());
        let told = match note {
            Some(note) => format!(" They tell you: \"{note}\"."),
            None => String::new(),
        };
        let why = match reason {
            TakeoverReason::Ended => {
                self.memory
                    .note(&format!("Note: {name} speaks with the caller no more.{told}"));
                return;
            }
            TakeoverReason::Lapsed => {
                let detail = format!("{name} lost the connection, so the agent has the call again.");
                self.warn(cx, "takeover_lapsed", &detail);
                "has lost the connection, so the call is yours again"
            }
            TakeoverReason::Taken | TakeoverReason::HandedBack => "has given the call back to you",
        };
        self.memory.note(&format!(
            "Note: your colleague {name} {why}.{told} You know what was said meanwhile: go on from there in one or two \
sentences, and do not ask again what was answered."
        ));
        self.want_reply = true;
    }

    /// Who has taken over is still there.
    pub(super) fn on_takeover_renewed(&mut self, cx: &Cx<'_>, actor: &str, via: TakeoverVia) {
        let holder = |taken: &&mut Taken| taken.actor.id == actor && taken.via == via;
        if let Some(taken) = self.takeover.as_mut().filter(holder) {
            taken.until_ms = cx.now.ms + TAKEOVER_LEASE_MS;
        }
    }

    /// Who has taken over is gone.
    pub(super) fn on_takeover_lapsed(&mut self, cx: &mut Cx<'_>, actor: &str, via: TakeoverVia) {
        let holder = |taken: &Taken| taken.actor.id == actor && taken.via == via;
        if self.takeover.as_ref().is_some_and(holder) {
            self.give_back(cx, TakeoverReason::Lapsed, None);
        }
    }

    pub(super) fn on_lease_due(&mut self, cx: &mut Cx<'_>) {
        if self
            .takeover
            .as_ref()
            .is_some_and(|taken| taken.until_ms <= cx.now.ms)
        {
            self.give_back(cx, TakeoverReason::Lapsed, None);
        }
    }

    /// What a person has said with their own voice.
    pub(super) fn on_supervisor_words(&mut self, cx: &mut Cx<'_>, line: ItemId, actor: &Actor, text: &str) {
        let text = sanitize(text, MAX_CHARS * 2);
        if text.is_empty() {
            return;
        }
        let name = sanitize(&actor.name, 80);
        self.memory.note(&format!(
            "Note: your colleague {name} said to the caller: \"{text}\"."
        ));
        self.emit(
            cx,
            EventBody::SpeechFinal {
                item_id: line,
                speaker: Speaker::Supervisor,
                text,
                language: None,
            },
        );
        self.emit(cx, EventBody::SpeechHeard { item_id: line });
    }

    /// The caller is there again, perhaps on an engine that carries no sound.
    pub(super) fn tell_voice(&mut self, cx: &mut Cx<'_>) {
        if self.microphone_is_open() {
            cx.out.push(Effect::Voice { on: true });
        }
    }

    /// A microphone that cannot be heard is no takeover.
    pub(super) fn check_takeover(&mut self, cx: &mut Cx<'_>) {
        if self.phase == Phase::Live && self.microphone_is_open() && !self.carries_sound() {
            self.give_back(cx, TakeoverReason::Lapsed, None);
        }
    }

    pub(super) fn recall_takeover(&mut self, snapshot: &Snapshot, now: Now) {
        self.takeover = snapshot.takeover.clone().map(|taken| Taken {
            actor: taken.actor,
            via: taken.via,
            since: taken.since,
            until_ms: now.ms + TAKEOVER_LEASE_MS,
        });
    }
}
