//! The caller's side of the line, frame by frame: voice, noise, coughs, keys, and silence between them. Pure.

use std::collections::VecDeque;

use phony_audio::dtmf::Tone;
use phony_audio::frame::{ULAW_FRAME_BYTES, ulaw_bytes};
use phony_audio::noise::Noise;
use phony_audio::ulaw;

use super::{Sound, Sounding};

/// How long a key is held, and the pause after it, in frames.
const KEY_FRAMES: u32 = 5;
const KEY_PAUSE_FRAMES: u32 = 5;
/// A cough is about as loud as a line can be.
const COUGH_DBFS: f32 = -9.0;

/// Loudness of a mailbox's tone.
const BEEP_PEAK: f32 = 8_000.0;

/// Something that begins or ends with a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Began { voice: bool },
    Ended { id: u64, voice: bool },
    KeyUp(char),
}

enum Item {
    Sound {
        sounding: Sounding,
        /// Frames that are over, and how many there are.
        done: usize,
        frames: usize,
        noise: Noise,
    },
    Key {
        key: char,
        tone: Option<Tone>,
        done: u32,
    },
}

/// Frames that are held before the first is heard, so that one that comes late leaves no hole.
const HELD_FRAMES: usize = 3;
/// Frames that may wait; beyond that silence is left out.
const MOST_WAITING: usize = 10;

/// The line to another number.
#[derive(Default)]
struct Line {
    frames: VecDeque<[u8; ULAW_FRAME_BYTES]>,
    flowing: bool,
}

impl Line {
    fn put(&mut self, frame: [u8; ULAW_FRAME_BYTES]) {
        let silent = frame.iter().all(|code| *code == ulaw::SILENCE);
        if !(silent && self.frames.len() > MOST_WAITING) {
            self.frames.push_back(frame);
        }
    }

    fn fill(&mut self, frame: &mut [u8; ULAW_FRAME_BYTES]) {
        self.flowing |= self.frames.len() >= HELD_FRAMES;
        if !self.flowing {
            return;
        }
        match self.frames.pop_front() {
            Some(next) => *frame = next,
            None => self.flowing = false,
        }
    }
}

/// What the caller does next.
pub(super) struct Mouth {
    queue: VecDeque<Item>,
    /// What comes from another number.
    line: Line,
    /// Keys can be heard, too, as on some lines.
    audible_keys: bool,
}

impl Mouth {
    pub(super) fn new(audible_keys: bool) -> Self {
        Self {
            queue: VecDeque::new(),
            line: Line::default(),
            audible_keys,
        }
    }

    /// Twenty milliseconds of the line to another number, heard when the mouth is otherwise silent.
    pub(super) fn line(&mut self, frame: [u8; ULAW_FRAME_BYTES]) {
        self.line.put(frame);
    }

    pub(super) fn sound(&mut self, sounding: Sounding) {
        let frames = match &sounding.sound {
            Sound::Voice(utterance) => utterance.ulaw.len() / ULAW_FRAME_BYTES,
            other => ulaw_bytes(other.duration_ms()).div_ceil(ULAW_FRAME_BYTES),
        };
        let level = match sounding.sound {
            Sound::Noise { level_db, .. } => level_db,
            _ => COUGH_DBFS,
        };
        let noise = Noise::new(sounding.id + 1, level);
        self.queue.push_back(Item::Sound {
            sounding,
            done: 0,
            frames,
            noise,
        });
    }

    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.queue.push_back(Item::Key {
                key,
                tone: Tone::of(key).filter(|_| self.audible_keys),
                done: 0,
            });
        }
    }

    /// Fills the next frame.
    pub(super) fn frame(&mut self, frame: &mut [u8; ULAW_FRAME_BYTES], changes: &mut Vec<Change>) {
        frame.fill(ulaw::SILENCE);
        let over = match self.queue.front_mut() {
            None => return self.line.fill(frame),
            Some(Item::Sound {
                sounding,
                done,
                frames,
                noise,
            }) => {
                let voice = matches!(sounding.sound, Sound::Voice(_));
                if *done == 0 {
                    changes.push(Change::Began { voice });
                }
                match &sounding.sound {
                    Sound::Voice(utterance) => {
                        let from = *done * ULAW_FRAME_BYTES;
                        if let Some(sound) = utterance.ulaw.get(from..from + ULAW_FRAME_BYTES) {
                            frame.copy_from_slice(sound);
                        }
                    }
                    Sound::Noise { .. } => noise.fill(frame, 1.0),
                    Sound::Beep { .. } => beep(frame, *done * ULAW_FRAME_BYTES),
                    // Sharp at first, then less and less.
                    Sound::Cough { .. } => noise.fill(frame, 1.0 - 0.7 * *done as f32 / *frames as f32),
                }
                *done += 1;
                let over = *done >= *frames;
                if over {
                    changes.push(Change::Ended {
                        id: sounding.id,
                        voice,
                    });
                }
                over
            }
            Some(Item::Key { key, tone, done }) => {
                if *done < KEY_FRAMES
                    && let Some(tone) = tone
                {
                    tone.fill(frame);
                }
                *done += 1;
                if *done == KEY_FRAMES {
                    changes.push(Change::KeyUp(*key));
                }
                *done >= KEY_FRAMES + KEY_PAUSE_FRAMES
            }
        };
        if over {
            self.queue.pop_front();
        }
    }
}

/// A steady tone of a thousand hertz: eight samples a wave.
fn beep(frame: &mut [u8], from: usize) {
    for (at, sample) in frame.iter_mut().enumerate() {
        let turn = (from + at) as f32 / 8.0;
        *sample = ulaw::encode_wave((std::f32::consts::TAU * turn.fract()).sin() * BEEP_PEAK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phony_audio::level;

    fn frames(mouth: &mut Mouth, count: usize) -> (Vec<u8>, Vec<(usize, Change)>) {
        let mut sound = Vec::new();
        let mut all = Vec::new();
        for at in 0..count {
            let mut frame = [0; ULAW_FRAME_BYTES];
            let mut changes = Vec::new();
            mouth.frame(&mut frame, &mut changes);
            sound.extend(frame);
            all.extend(changes.into_iter().map(|change| (at, change)));
        }
        (sound, all)
    }

    #[test]
    fn a_cough_and_noise_have_their_length_and_loudness() {
        let mut mouth = Mouth::new(false);
        mouth.sound(Sounding {
            id: 7,
            sound: Sound::Cough { ms: 300 },
        });
        mouth.sound(Sounding {
            id: 8,
            sound: Sound::Noise {
                ms: 100,
                level_db: -40.0,
            },
        });
        let (sound, changes) = frames(&mut mouth, 22);
        assert_eq!(changes[0], (0, Change::Began { voice: false }));
        assert_eq!(changes[1], (14, Change::Ended { id: 7, voice: false }));
        assert_eq!(changes[3], (19, Change::Ended { id: 8, voice: false }));
        assert!(level::dbfs(&sound[..2_400]) > -16.0);
        assert!((level::dbfs(&sound[2_400..3_200]) + 40.0).abs() < 2.0);
        assert_eq!(level::dbfs(&sound[3_200..]), level::SILENCE_DBFS);
    }

    #[test]
    fn keys_are_told_when_they_come_up() {
        for audible in [false, true] {
            let mut mouth = Mouth::new(audible);
            mouth.keys("1#");
            let (sound, changes) = frames(&mut mouth, 20);
            assert_eq!(changes, [(4, Change::KeyUp('1')), (14, Change::KeyUp('#'))]);
            let mut heard = String::new();
            phony_audio::dtmf::Detector::default().push(&sound, |key| heard.push(key));
            assert_eq!(heard, if audible { "1#" } else { "" });
        }
    }
}
