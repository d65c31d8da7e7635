//! The caller's ear: what was really played, understood by its sound, with times.

use std::sync::Arc;

use phony_audio::dtmf::Detector;
use phony_audio::frame::{ULAW_FRAME_BYTES, ulaw_ms};
use phony_audio::level;

use crate::calls::Call;
use crate::calls::report::{Heard, WordHeard};
use crate::clock::Millis;
use crate::speech::{Listener, Speech, Utterance};

/// Louder than this is a voice.
const VOICE_DBFS: f32 = -48.0;
/// Quiet after which an utterance is over; a full stop in the middle of one takes less.
const OVER_MS: Millis = 450;
/// Speech that is still to come makes a hole of what would be a pause.
const STILL_TO_COME_MS: u64 = 60;
/// Longest hole that is one and not the end.
const LONGEST_GAP_MS: Millis = 10_000;

/// The line of the report that is being heard.
struct Line {
    at: usize,
    last_voice: Millis,
    /// Words of it were understood.
    understood: bool,
}

/// Nothing to play in the middle of an utterance.
struct Dry {
    since: Millis,
    utterance: Arc<Utterance>,
    resumed: Option<Millis>,
}

/// Listens to one stream.
pub(super) struct Hearing {
    listener: Listener,
    /// When the first frame was heard.
    began: Option<Millis>,
    line: Option<Line>,
    dry: Option<Dry>,
    /// Keys are known by their tones.
    keys: Detector,
    /// The stream's place in the report.
    stream: usize,
}

fn is_voice(sound: &[u8]) -> bool {
    sound
        .chunks(ULAW_FRAME_BYTES)
        .any(|frame| level::dbfs(frame) > VOICE_DBFS)
}

impl Hearing {
    pub(super) fn new(speech: &Speech, stream: usize) -> Self {
        Self {
            listener: speech.listener(),
            began: None,
            line: None,
            dry: None,
            keys: Detector::default(),
            stream,
        }
    }

    /// Hears a frame that begins at `now` and has `real` bytes of sound before its silence.
    pub(super) fn frame(&mut self, call: &Call, now: Millis, frame: &[u8; ULAW_FRAME_BYTES], real: usize) {
        if let Some(through) = call.through() {
            through.frame(frame);
        }
        let began = *self.began.get_or_insert(now);
        self.listener.push(&frame[..real]);
        self.look_for_gap(call, now, real, frame.len());
        self.listener.push(&frame[real..]);
        let mut pressed = String::new();
        self.keys.push(frame, |key| pressed.push(key));
        if !pressed.is_empty() {
            call.note_heard(now, "digits", &pressed);
            if let Some(through) = call.through() {
                through.pressed(&pressed);
            }
        }
        let voice = is_voice(&frame[..real]);
        if voice && self.line.is_none() {
            self.begin(call, now);
        }
        let words = self.listener.heard();
        if let Some(line) = &mut self.line {
            if voice {
                line.last_voice = now + ulaw_ms(real);
            }
            if !words.is_empty() {
                let at = line.at;
                let first = !std::mem::replace(&mut line.understood, true);
                let said = call.change(|s| {
                    let Some(heard) = s.report.heard.get_mut(at) else {
                        return String::new();
                    };
                    for word in words {
                        if !heard.text.is_empty() {
                            heard.text.push(' ');
                        }
                        heard.text.push_str(&word.text);
                        heard.words.push(WordHeard {
                            text: word.text,
                            at_ms: call.since_start(began + word.at_ms),
                            until_ms: call.since_start(began + word.until_ms),
                        });
                    }
                    heard.text.clone()
                });
                if let Some(through) = call.through() {
                    if first {
                        through.began();
                    }
                    through.partial(&said);
                }
            }
            if now + ulaw_ms(frame.len()) >= line.last_voice + OVER_MS {
                let until = line.last_voice;
                self.end(call, until, false);
            }
        }
    }

    /// The buffer was emptied; `cleared` is what will not be heard.
    pub(super) fn cleared(&mut self, call: &Call, now: Millis, cleared: &[u8]) {
        self.dry = None;
        if is_voice(cleared) {
            self.end(call, now, true);
        }
    }

    /// The stream is over; `left` is what will not be heard.
    pub(super) fn over(&mut self, call: &Call, now: Millis, left: &[u8]) {
        self.end(call, now, is_voice(left));
    }

    fn begin(&mut self, call: &Call, now: Millis) {
        let at_ms = call.since_start(now);
        let stream = self.stream;
        let at = call.change(|s| {
            s.agent.speaking = true;
            s.agent.utterances += 1;
            s.agent.began_at = now;
            if let Some(stream) = s.report.streams.get_mut(stream) {
                stream.note(at_ms, "agent_voice_began", None, None);
            }
            s.report.heard.push(Heard {
                at_ms,
                until_ms: None,
                kind: "speech",
                text: String::new(),
                interrupted: false,
                finished: false,
                ..Heard::default()
            });
            s.report.heard.len() - 1
        });
        self.line = Some(Line {
            at,
            last_voice: now,
            understood: false,
        });
    }

    fn end(&mut self, call: &Call, until: Millis, interrupted: bool) {
        let Some(line) = self.line.take() else { return };
        let until_ms = call.since_start(until);
        let stream = self.stream;
        let said = call.change(|s| {
            s.agent.speaking = false;
            s.agent.quiet_since = until;
            if let Some(stream) = s.report.streams.get_mut(stream) {
                stream.note(until_ms, "agent_voice_ended", None, None);
            }
            if let Some(heard) = s.report.heard.get_mut(line.at) {
                heard.until_ms = Some(until_ms);
                heard.interrupted = interrupted;
                heard.finished = true;
                if heard.text.is_empty() {
                    heard.kind = "sound";
                }
                return heard.text.clone();
            }
            String::new()
        });
        if let Some(through) = call.through() {
            through.recognised(&said);
        }
    }

    fn look_for_gap(&mut self, call: &Call, now: Millis, real: usize, whole: usize) {
        let following = self.listener.following();
        if let Some(dry) = &mut self.dry {
            if real > 0 && dry.resumed.is_none() {
                dry.resumed = Some(now);
            }
            let same = following
                .as_ref()
                .map(|(utterance, _)| Arc::ptr_eq(utterance, &dry.utterance));
            if let (Some(resumed), Some(true)) = (dry.resumed, same) {
                let gap = super::report::Gap {
                    at_ms: call.since_start(dry.since),
                    ms: resumed.saturating_sub(dry.since),
                };
                let stream = self.stream;
                call.change(|s| {
                    if let Some(stream) = s.report.streams.get_mut(stream) {
                        stream.gaps.push(gap);
                    }
                });
                self.dry = None;
            } else if same == Some(false) || now > dry.since + LONGEST_GAP_MS {
                self.dry = None;
            }
        }
        if real < whole
            && self.dry.is_none()
            && let Some((utterance, at)) = following
            && utterance
                .words
                .last()
                .is_some_and(|last| at + STILL_TO_COME_MS < last.to_ms)
        {
            self.dry = Some(Dry {
                since: now + ulaw_ms(real),
                utterance,
                resumed: None,
            });
        }
    }
}
