//! What in a call asks for a person, and the outline of the call that the wall shows. Both follow from what is going
//! on; a change is told once.

use chrono::{DateTime, Utc};

use super::{Core, Cx};
use crate::command::{Action, ActionStatus};
use crate::event::{EventBody, Speaker};
use crate::mood::Mood;
use crate::snapshot::{ItemBody, Snapshot};
use crate::supervision::{Attention, AttentionKind, Card, LastWords};

/// An answer that took longer is late; a wait for approval is not the machine's.
const SLOW_MS: u64 = 3_000;
/// A call that lasts longer is long.
const LONG_MS: u64 = 10 * 60_000;
/// Longest words on the wall.
const MAX_LAST_CHARS: usize = 200;

/// What was noticed.
#[derive(Debug, Default)]
pub(super) struct Signs {
    mood: Mood,
    last_words: Option<LastWords>,
    last_reply_ms: Option<u64>,
    slow: bool,
    /// Since when each kind holds that is only noticed.
    since: [Option<DateTime<Utc>>; 4],
    /// What was told last.
    told: (Vec<Attention>, Option<i8>),
}

/// The kinds that are only noticed, in the order of [`Signs::since`].
const NOTICED: [AttentionKind; 4] = [
    AttentionKind::Unhappy,
    AttentionKind::Silent,
    AttentionKind::Slow,
    AttentionKind::Long,
];

impl Signs {
    /// Everybody is told of this. `usual` is the language of the personality.
    pub(super) fn see(&mut self, body: &EventBody, usual: &str) {
        match body {
            EventBody::SpeechFinal {
                speaker,
                text,
                language,
                ..
            } if !text.is_empty() => self.hear(*speaker, text, language.as_deref().unwrap_or(usual)),
            EventBody::SpeechInterrupted { .. } => self.mood.agent_cut_off(),
            EventBody::TakeoverChanged { actor: Some(_), .. } => self.mood.person_came(),
            EventBody::LatencyTurn { total_ms, parts, .. } => {
                let own_ms = total_ms.saturating_sub(parts.approval_wait);
                self.last_reply_ms = Some(own_ms);
                self.slow = own_ms > SLOW_MS;
            }
            _ => {}
        }
    }

    fn hear(&mut self, speaker: Speaker, text: &str, language: &str) {
        match speaker {
            Speaker::Caller => self.mood.hear(text, language),
            // In the agent's voice, unless they have taken over: the caller still waits for a person.
            Speaker::Supervisor => self.mood.agent_made_room(),
            Speaker::Colleague => self.mood.person_came(),
            Speaker::Agent => {}
        }
        let text = text.chars().take(MAX_LAST_CHARS).collect();
        self.last_words = Some(LastWords { speaker, text });
    }
}

impl Core {
    /// When a call becomes long, until it was told.
    pub(super) fn long_due_ms(&self) -> Option<u64> {
        let told = self.signs.since[3].is_some();
        (!told).then_some(self.began_ms.saturating_add(LONG_MS))
    }

    /// Tells what asks for a person, if that has changed.
    pub(super) fn tell_attention(&mut self, cx: &mut Cx<'_>) {
        let holds = [
            self.signs.mood.value() == Some(-1),
            self.silence.step > 0,
            self.signs.slow,
            cx.now.ms >= self.began_ms.saturating_add(LONG_MS),
        ];
        for (since, holds) in self.signs.since.iter_mut().zip(holds) {
            *since = holds.then(|| since.unwrap_or(cx.now.at));
        }
        let now = (self.attention(), self.signs.mood.value());
        if now == self.signs.told {
            return;
        }
        self.signs.told = now.clone();
        let (attention, mood) = now;
        self.emit(cx, EventBody::AttentionChanged { attention, mood });
    }

    fn attention(&self) -> Vec<Attention> {
        let mut all = Vec::new();
        if let Some(pending) = &self.clarifications.pending {
            all.push(Attention {
                kind: AttentionKind::Clarification,
                since: pending.asked_at,
                expires_at: Some(pending.expires_at),
                reason: None,
            });
        }
        if let Some((since, expires_at)) = self.approvals.window() {
            all.push(Attention {
                kind: AttentionKind::Approval,
                since,
                expires_at: Some(expires_at),
                reason: None,
            });
        }
        if let Some(taken) = &self.takeover {
            all.push(noticed(AttentionKind::Takeover, taken.since));
        }
        let signs = NOTICED.into_iter().zip(self.signs.since);
        all.extend(signs.filter_map(|(kind, since)| {
            let reason = (kind == AttentionKind::Unhappy).then(|| self.signs.mood.reason());
            Some(Attention {
                reason: reason.flatten(),
                ..noticed(kind, since?)
            })
        }));
        all
    }

    /// The outline of the call.
    #[must_use]
    pub fn card(&self) -> Card {
        Card {
            state: self.state,
            claimed_by: self.presence.claimed_by().cloned(),
            watchers_count: self.presence.watchers(),
            attention: self.signs.told.0.clone(),
            last_words: self.signs.last_words.clone(),
            last_reply_ms: self.signs.last_reply_ms,
            mood: self.signs.mood.value(),
        }
    }

    /// What was noticed before.
    pub(super) fn recall_signs(&mut self, snapshot: &Snapshot) {
        let usual = self.plan.personality.language.as_str();
        for item in &snapshot.items {
            match &item.body {
                ItemBody::Speech {
                    speaker,
                    text,
                    language,
                    interrupted,
                    ..
                } if !text.is_empty() => {
                    let language = language.as_deref().unwrap_or(usual);
                    self.signs.hear(*speaker, text, language);
                    if *interrupted {
                        self.signs.mood.agent_cut_off();
                    }
                }
                ItemBody::Intervention {
                    action: Action::Takeover { .. },
                    status: ActionStatus::Applied,
                    ..
                } => self.signs.mood.person_came(),
                _ => {}
            }
        }
        if let Some(last) = snapshot.turns.last() {
            let own_ms = last.total_ms.saturating_sub(last.parts.approval_wait);
            self.signs.last_reply_ms = Some(own_ms);
            self.signs.slow = own_ms > SLOW_MS;
        }
        for (kind, since) in NOTICED.into_iter().zip(&mut self.signs.since) {
            let told = snapshot.attention.iter().find(|told| told.kind == kind);
            *since = told.map(|told| told.since);
        }
        self.signs.told = (snapshot.attention.clone(), snapshot.mood);
    }
}

fn noticed(kind: AttentionKind, since: DateTime<Utc>) -> Attention {
    Attention {
        kind,
        since,
        expires_at: None,
        reason: None,
    }
}
