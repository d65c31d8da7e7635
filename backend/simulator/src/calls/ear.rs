//! Writes what becomes audible into the call's report, where the caller script and the control side look.

use std::collections::HashMap;

use super::Call;
use super::report::Heard;
use crate::clock::Millis;
use crate::relay::voice::Sound;

/// Remembers which line of the report belongs to which utterance of one voice.
#[derive(Default)]
pub(crate) struct Ear {
    lines: HashMap<u64, usize>,
    /// Overrides the kind, for announcements and people the call was transferred to.
    kind: Option<&'static str>,
    /// The utterance that goes on to another number.
    passed_on: Option<u64>,
}

impl Ear {
    pub(crate) fn of_kind(kind: &'static str) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    pub(crate) fn hear(&mut self, call: &Call, now: Millis, sounds: &[Sound]) {
        if sounds.is_empty() {
            return;
        }
        self.pass_on(call, sounds);
        let at_ms = call.since_start(now);
        call.change(|s| {
            for sound in sounds {
                match sound {
                    Sound::Began { id, kind } => {
                        let kind = self.kind.unwrap_or(*kind);
                        self.lines.insert(*id, s.report.heard.len());
                        s.report.heard.push(Heard {
                            at_ms,
                            until_ms: None,
                            kind,
                            text: String::new(),
                            interrupted: false,
                            finished: false,
                            ..Heard::default()
                        });
                        s.agent.speaking = true;
                        s.agent.utterances += 1;
                        s.agent.began_at = now;
                    }
                    Sound::Heard { id, text } => {
                        if let Some(line) = self.lines.get(id).and_then(|at| s.report.heard.get_mut(*at)) {
                            line.text.clone_from(text);
                        }
                    }
                    Sound::Ended { id, text, cut } => {
                        if let Some(line) = self.lines.get(id).and_then(|at| s.report.heard.get_mut(*at)) {
                            line.text.clone_from(text);
                            line.until_ms = Some(at_ms);
                            line.interrupted = *cut;
                            line.finished = true;
                        }
                        s.agent.speaking = false;
                        s.agent.quiet_since = now;
                    }
                    Sound::Token(_) | Sound::Digits(_) => {}
                }
            }
        });
    }

    /// Lets the other end of a call between two numbers hear it.
    fn pass_on(&mut self, call: &Call, sounds: &[Sound]) {
        let Some(through) = call.through() else { return };
        for sound in sounds {
            match sound {
                Sound::Began { id, kind: "speech" } => {
                    self.passed_on = Some(*id);
                    through.began();
                }
                Sound::Heard { id, text } if self.passed_on == Some(*id) => through.partial(text),
                Sound::Ended { id, text, .. } if self.passed_on == Some(*id) => {
                    self.passed_on = None;
                    through.ended(text);
                }
                Sound::Digits(keys) => through.pressed(keys),
                _ => {}
            }
        }
    }
}
