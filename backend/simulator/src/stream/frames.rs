//! Twenty milliseconds at a time: to the caller's ear and from the caller's mouth.

use phony_audio::frame::{ULAW_FRAME_BYTES, ulaw_ms};

use super::FRAME_MS;
use super::mouth::Change;
use super::session::Live;
use crate::clock::Millis;
use crate::recordings::tape::Track;

/// Frames made up for at once after a pause of the whole process.
const MOST_FRAMES_AT_ONCE: u32 = 100;
/// The first timestamp: streams do not begin at zero.
const FIRST_TIMESTAMP_MS: u64 = 66;

impl Live<'_> {
    /// Does the frames whose time has come: by the clock, so that nothing drifts.
    pub(super) async fn catch_up(&mut self) {
        for _ in 0..MOST_FRAMES_AT_ONCE {
            let due = self.began + (self.frames + 1) * FRAME_MS;
            if self.end.is_some() || self.now() < due {
                return;
            }
            self.frames += 1;
            self.play(due).await;
            self.capture(due).await;
            if let Err(message) = self.out.flush(due).await {
                self.broken(31903, message);
            }
        }
    }

    /// Twenty milliseconds to the caller's ear.
    pub(super) async fn play(&mut self, due: Millis) {
        let mut frame = [0; ULAW_FRAME_BYTES];
        let (real, marks) = self.playout.frame(&mut frame);
        self.hearing.frame(&self.runner.call, due, &frame, real);
        let call = &self.runner.call;
        call.tape.take(Track::Outbound, due - FRAME_MS, &frame);
        self.count(|report| report.played_ms += ulaw_ms(real));
        self.return_marks(due, marks).await;
    }

    pub(super) async fn return_marks(&mut self, now: Millis, marks: Vec<String>) {
        for name in marks {
            if self.line.withhold_marks {
                continue;
            }
            self.note(now, "mark_returned", Some(&name), None);
            self.count(|report| report.marks_returned += 1);
            let mark = self.writer.mark(&self.sid, &name);
            self.post(mark).await;
        }
    }

    /// Twenty milliseconds from the caller's mouth, which are over at `due`.
    pub(super) async fn capture(&mut self, due: Millis) {
        let mut frame = [0; ULAW_FRAME_BYTES];
        let mut changes = Vec::new();
        self.mouth.frame(&mut frame, &mut changes);
        let call = &self.runner.call;
        call.tape.take(Track::Inbound, due - FRAME_MS, &frame);
        for change in changes {
            match change {
                Change::Began { voice } => {
                    let kind = if voice {
                        "caller_voice_began"
                    } else {
                        "caller_noise_began"
                    };
                    self.note(due - FRAME_MS, kind, None, None);
                }
                Change::Ended { id, voice } => {
                    let kind = if voice {
                        "caller_voice_ended"
                    } else {
                        "caller_noise_ended"
                    };
                    self.note(due, kind, None, None);
                    self.runner.call.change(|s| s.sounded = s.sounded.max(id));
                }
                Change::KeyUp(key) => {
                    self.note(due, "key", Some(key.encode_utf8(&mut [0; 4])), None);
                    self.count(|report| report.keys += 1);
                    let dtmf = self.writer.dtmf(&self.sid, key);
                    self.post(dtmf).await;
                }
            }
        }
        if self.losing > 0 {
            self.losing -= 1;
            self.count(|report| report.media_lost += 1);
            return;
        }
        let timestamp = FIRST_TIMESTAMP_MS + (self.frames - 1) * FRAME_MS;
        let media = self.writer.media(&self.sid, timestamp, &frame);
        self.count(|report| report.media_sent += 1);
        self.post(media).await;
    }
}
