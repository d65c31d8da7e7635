//! What one person on a joined call says, in the ear of another.

use super::report::Heard;
use super::through::Through;
use super::{Call, Signal};
use crate::clock::Millis;

/// Who is heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Speaker {
    pub(crate) call_sid: String,
    pub(crate) label: Option<String>,
}

/// The way of words from one person to another.
#[derive(Debug, Default)]
pub(crate) struct Passing {
    line: Option<usize>,
}

impl Passing {
    /// Lets `to` hear what somebody does.
    pub(crate) fn pass(&mut self, now: Millis, from: &Speaker, to: &Call, signal: &Signal) {
        if let Some(through) = to.through() {
            pass_on(through, signal);
        }
        match signal {
            Signal::SpeechBegan => {
                self.cut(now, to);
                self.line = Some(to.overhear(now, from));
            }
            Signal::SpeechPartial(text) => {
                if let Some(line) = self.line {
                    to.overheard(line, text);
                }
            }
            Signal::SpeechEnded(text) => {
                if let Some(line) = self.line.take() {
                    to.overheard_all(now, line, Some(text));
                }
            }
            Signal::Pressed(keys) => to.overhear_keys(now, from, keys),
            _ => {}
        }
    }

    /// Nothing more of it is heard.
    pub(crate) fn cut(&mut self, now: Millis, to: &Call) {
        if let Some(line) = self.line.take() {
            to.overheard_all(now, line, None);
        }
    }
}

/// What somebody does on a joined call whose other end is another number of the carrier.
fn pass_on(through: &Through, signal: &Signal) {
    match signal {
        Signal::SpeechBegan => through.began(),
        Signal::SpeechPartial(text) => through.partial(text),
        Signal::SpeechEnded(text) => through.ended(text),
        Signal::Pressed(keys) => through.pressed(keys),
        _ => {}
    }
}

impl Call {
    /// Somebody begins to speak; the line of the report is handed back.
    fn overhear(&self, now: Millis, speaker: &Speaker) -> usize {
        let at_ms = self.since_start(now);
        self.change(|s| {
            s.report.heard.push(Heard {
                at_ms,
                kind: "person",
                from: Some(speaker.call_sid.clone()),
                from_label: speaker.label.clone(),
                ..Heard::default()
            });
            s.agent.speaking = true;
            s.agent.utterances += 1;
            s.agent.began_at = now;
            s.report.heard.len() - 1
        })
    }

    /// What has been heard of it so far.
    fn overheard(&self, line: usize, text: &str) {
        self.change(|s| {
            if let Some(heard) = s.report.heard.get_mut(line) {
                text.clone_into(&mut heard.text);
            }
        });
    }

    /// It is over, or cannot be heard any longer.
    fn overheard_all(&self, now: Millis, line: usize, text: Option<&str>) {
        let at_ms = self.since_start(now);
        self.change(|s| {
            if let Some(heard) = s.report.heard.get_mut(line) {
                if let Some(text) = text {
                    text.clone_into(&mut heard.text);
                }
                heard.until_ms = Some(at_ms);
                heard.interrupted = text.is_none();
                heard.finished = true;
            }
            s.agent.speaking = false;
            s.agent.quiet_since = now;
        });
    }

    /// Keys of somebody else.
    fn overhear_keys(&self, now: Millis, speaker: &Speaker, keys: &str) {
        let at_ms = self.since_start(now);
        self.change(|s| {
            s.report.heard.push(Heard {
                at_ms,
                until_ms: Some(at_ms),
                kind: "digits",
                text: keys.to_owned(),
                finished: true,
                from: Some(speaker.call_sid.clone()),
                from_label: speaker.label.clone(),
                ..Heard::default()
            });
        });
    }
}
