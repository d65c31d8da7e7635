//! The buffer of sound on its way to the caller: played at the pace of time, emptied by `clear`, with marks that come
//! back when everything before them has been heard. Pure.

use std::collections::VecDeque;

use phony_audio::frame::{ULAW_BYTES_PER_MS, ULAW_FRAME_BYTES};
use phony_audio::ulaw;

/// Ten minutes: what is more is thrown away.
const MOST_BYTES: usize = 10 * 60 * 1_000 * ULAW_BYTES_PER_MS;
/// Marks that wait at the same time.
const MOST_MARKS: usize = 20_000;

#[derive(Debug)]
enum Item {
    Sound { sound: Vec<u8>, used: usize },
    Mark(String),
}

/// Sound and marks in the order they came.
#[derive(Debug, Default)]
pub(super) struct Playout {
    queue: VecDeque<Item>,
    bytes: usize,
    marks: usize,
    /// Marks whose sound is being heard in this frame.
    due: Vec<String>,
    /// The last frame had sound in it, which is still being heard.
    sounding: bool,
}

impl Playout {
    /// Queues sound and returns how many bytes did not fit.
    pub(super) fn sound(&mut self, mut sound: Vec<u8>) -> usize {
        let room = MOST_BYTES - self.bytes;
        let lost = sound.len().saturating_sub(room);
        sound.truncate(room);
        self.bytes += sound.len();
        if !sound.is_empty() {
            self.queue.push_back(Item::Sound { sound, used: 0 });
        }
        lost
    }

    /// Queues a mark; handed back at once when nothing is before it.
    pub(super) fn mark(&mut self, name: String) -> Option<String> {
        if self.queue.is_empty() && !self.sounding || self.marks >= MOST_MARKS {
            return Some(name);
        }
        self.marks += 1;
        if self.queue.is_empty() {
            self.due.push(name);
        } else {
            self.queue.push_back(Item::Mark(name));
        }
        None
    }

    /// Throws away all sound; returns it, and all marks.
    pub(super) fn clear(&mut self) -> (Vec<u8>, Vec<String>) {
        let mut marks = std::mem::take(&mut self.due);
        let mut cleared = Vec::with_capacity(self.bytes);
        for item in self.queue.drain(..) {
            match item {
                Item::Sound { sound, used } => cleared.extend(&sound[used..]),
                Item::Mark(name) => marks.push(name),
            }
        }
        self.bytes = 0;
        self.marks = 0;
        self.sounding = false;
        (cleared, marks)
    }

    /// Takes the next frame and fills what is missing with silence. Returns how many bytes were sound, and the marks whose
    /// sound has been heard to its end.
    pub(super) fn frame(&mut self, frame: &mut [u8; ULAW_FRAME_BYTES]) -> (usize, Vec<String>) {
        let mut heard = std::mem::take(&mut self.due);
        let mut filled = 0;
        while let Some(item) = self.queue.front_mut() {
            match item {
                Item::Mark(name) => {
                    let name = std::mem::take(name);
                    // A mark with no sound since the last frame has been heard; the others wait for this frame to end.
                    if filled == 0 {
                        heard.push(name);
                    } else {
                        self.due.push(name);
                    }
                }
                Item::Sound { .. } if filled == frame.len() => break,
                Item::Sound { sound, used } => {
                    let take = (sound.len() - *used).min(frame.len() - filled);
                    frame[filled..filled + take].copy_from_slice(&sound[*used..*used + take]);
                    *used += take;
                    filled += take;
                    if *used < sound.len() {
                        break;
                    }
                }
            }
            self.queue.pop_front();
        }
        frame[filled..].fill(ulaw::SILENCE);
        self.bytes -= filled;
        self.marks -= heard.len().min(self.marks);
        self.sounding = filled > 0;
        (filled, heard)
    }

    /// How much sound waits, in bytes.
    pub(super) fn waiting(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(playout: &mut Playout) -> (usize, Vec<String>) {
        playout.frame(&mut [0; ULAW_FRAME_BYTES])
    }

    #[test]
    fn marks_come_back_when_their_sound_is_over() {
        let mut playout = Playout::default();
        assert_eq!(playout.mark("at once".into()), Some("at once".into()));
        playout.sound(vec![1; 240]);
        assert_eq!(playout.mark("one".into()), None);
        playout.sound(vec![2; 80]);
        assert_eq!(playout.mark("two".into()), None);
        assert_eq!(playout.waiting(), 320);
        assert_eq!(frame(&mut playout), (160, vec![]));
        // The second frame holds the end of one and all of two: both are heard when it is over.
        let mut second = [0; ULAW_FRAME_BYTES];
        assert_eq!(playout.frame(&mut second), (160, vec![]));
        assert_eq!((second[79], second[80]), (1, 2));
        assert_eq!(playout.mark("three".into()), None);
        assert_eq!(frame(&mut playout).1, ["one", "two", "three"]);
        assert_eq!(playout.mark("four".into()), Some("four".into()));
    }

    #[test]
    fn clear_gives_everything_back_in_order() {
        let mut playout = Playout::default();
        playout.sound(vec![1; 400]);
        playout.mark("one".into());
        playout.sound(vec![2; 100]);
        playout.mark("two".into());
        frame(&mut playout);
        let (cleared, marks) = playout.clear();
        assert_eq!(cleared.len(), 340);
        assert_eq!(marks, ["one", "two"]);
        assert_eq!(playout.mark("three".into()), Some("three".into()));
        assert_eq!(playout.clear(), (vec![], vec![]));
        assert_eq!(frame(&mut playout), (0, vec![]));
    }

    #[test]
    fn a_missing_part_is_silence() {
        let mut playout = Playout::default();
        playout.sound(vec![1; 100]);
        let mut heard = [0; ULAW_FRAME_BYTES];
        assert_eq!(playout.frame(&mut heard).0, 100);
        assert_eq!((heard[99], heard[100]), (1, ulaw::SILENCE));
    }

    #[test]
    fn ten_minutes_are_the_most() {
        let mut playout = Playout::default();
        assert_eq!(playout.sound(vec![1; MOST_BYTES - 10]), 0);
        assert_eq!(playout.sound(vec![1; 30]), 20);
        assert_eq!(playout.sound(vec![1; 30]), 30);
        frame(&mut playout);
        assert_eq!(playout.sound(vec![1; 170]), 10);
    }
}
