//! Voice activity by energy: hears when somebody begins and stops to speak on a telephone line, and learns how loud
//! the line is by itself.

use crate::frame::ULAW_BYTES_PER_MS;
use crate::level;

/// Sound that is judged together.
const BLOCK_MS: u32 = 10;
const BLOCK: usize = BLOCK_MS as usize * ULAW_BYTES_PER_MS;
/// How fast the idea of the line's own noise sinks and rises, in decibels a block.
const SINK_DB: f32 = 1.5;
const RISE_DB: f32 = 0.04;
/// While somebody speaks it rises more slowly: a voice is not noise.
const RISE_IN_VOICE_DB: f32 = 0.015;
/// The noise is never taken to be outside these.
const NOISE_DBFS: std::ops::RangeInclusive<f32> = -70.0..=-25.0;

/// What counts as a voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How much louder than the line's own noise a voice is.
    pub above_noise_db: f32,
    /// Quieter than this is never a voice.
    pub floor_dbfs: f32,
    /// Voice that must have been heard before it counts: a click is no voice.
    pub least_voice_ms: u32,
    /// Sound before the first voice that belongs to it.
    pub prefix_ms: u32,
    /// Quiet after which somebody has stopped.
    pub silence_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self::with_threshold(0.5)
    }
}

impl Settings {
    /// Settings for a sensitivity between 0 (everything is a voice) and 1 (only shouting is), as model providers use it.
    #[must_use]
    pub fn with_threshold(threshold: f32) -> Self {
        let threshold = if threshold.is_finite() {
            threshold.clamp(0.0, 1.0)
        } else {
            0.5
        };
        Self {
            above_noise_db: 4.0 + 12.0 * threshold,
            floor_dbfs: -58.0 + 30.0 * threshold,
            least_voice_ms: 60,
            prefix_ms: 300,
            silence_ms: 500,
        }
    }
}

/// A change on the line. Positions are milliseconds of sound since the detector began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Somebody speaks.
    Started {
        /// Where the utterance begins, with the prefix.
        at_ms: u64,
        /// Where the voice itself began.
        voice_ms: u64,
    },
    /// Somebody has stopped.
    Stopped {
        /// Where the utterance ends, with the silence that proved it.
        at_ms: u64,
        /// Where the voice itself ended.
        voice_ms: u64,
    },
}

/// Listens to one side of a call.
#[derive(Debug, Clone)]
pub struct Detector {
    settings: Settings,
    noise_dbfs: f32,
    block: [u8; BLOCK],
    filled: usize,
    blocks: u64,
    active: bool,
    /// Voiced blocks of the beginning that is not sure yet, and where it began.
    voiced: u32,
    began: u64,
    /// The block after the last voice.
    quiet_from: u64,
    /// An utterance does not reach back into the one before.
    not_before_ms: u64,
}

impl Detector {
    /// A detector at the beginning of a line.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            noise_dbfs: -60.0,
            block: [0; BLOCK],
            filled: 0,
            blocks: 0,
            active: false,
            voiced: 0,
            began: 0,
            quiet_from: 0,
            not_before_ms: 0,
        }
    }

    /// Changes what counts as a voice from now on.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Whether somebody speaks.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// How much sound has been heard, in milliseconds.
    #[must_use]
    pub fn position_ms(&self) -> u64 {
        self.blocks * u64::from(BLOCK_MS) + (self.filled / ULAW_BYTES_PER_MS) as u64
    }

    /// Listens on to μ-law sound of any length.
    pub fn push(&mut self, mut sound: &[u8], mut change: impl FnMut(Activity)) {
        while !sound.is_empty() {
            let take = sound.len().min(BLOCK - self.filled);
            let (now, rest) = sound.split_at(take);
            self.block[self.filled..self.filled + take].copy_from_slice(now);
            self.filled += take;
            sound = rest;
            if self.filled == BLOCK {
                self.filled = 0;
                let loud = level::dbfs(&self.block);
                if let Some(activity) = self.judge(loud) {
                    change(activity);
                }
            }
        }
    }

    fn judge(&mut self, loud: f32) -> Option<Activity> {
        let here = self.blocks;
        self.blocks += 1;
        let voice = loud > (self.noise_dbfs + self.settings.above_noise_db).max(self.settings.floor_dbfs);
        self.learn(loud);
        if voice {
            self.quiet_from = here + 1;
        }
        if self.active {
            return self.has_stopped();
        }
        if voice {
            if self.voiced == 0 {
                self.began = here;
            }
            self.voiced += 1;
        } else {
            // A beginning may have holes, but more holes than voice are no beginning.
            self.voiced = self.voiced.saturating_sub(1);
        }
        if self.voiced * BLOCK_MS < self.settings.least_voice_ms.max(BLOCK_MS) {
            return None;
        }
        self.active = true;
        self.voiced = 0;
        let voice_ms = self.began * u64::from(BLOCK_MS);
        Some(Activity::Started {
            at_ms: voice_ms
                .saturating_sub(u64::from(self.settings.prefix_ms))
                .max(self.not_before_ms),
            voice_ms,
        })
    }

    fn has_stopped(&mut self) -> Option<Activity> {
        let quiet_ms = (self.blocks - self.quiet_from) * u64::from(BLOCK_MS);
        if quiet_ms < u64::from(self.settings.silence_ms).max(u64::from(BLOCK_MS)) {
            return None;
        }
        self.active = false;
        let at_ms = self.blocks * u64::from(BLOCK_MS);
        self.not_before_ms = at_ms;
        Some(Activity::Stopped {
            at_ms,
            voice_ms: self.quiet_from * u64::from(BLOCK_MS),
        })
    }

    fn learn(&mut self, loud: f32) {
        let rise = if self.active { RISE_IN_VOICE_DB } else { RISE_DB };
        let next = if loud < self.noise_dbfs {
            (self.noise_dbfs - SINK_DB).max(loud)
        } else {
            (self.noise_dbfs + rise).min(loud)
        };
        self.noise_dbfs = next.clamp(*NOISE_DBFS.start(), *NOISE_DBFS.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;
    use crate::ulaw;

    /// Sound of a length and loudness; silence below -90.
    fn sound(ms: usize, dbfs: f32) -> Vec<u8> {
        let mut sound = vec![ulaw::SILENCE; ms * ULAW_BYTES_PER_MS];
        if dbfs > -90.0 {
            Noise::new(11, dbfs).fill(&mut sound, 1.0);
        }
        sound
    }

    fn changes(settings: Settings, parts: &[(usize, f32)], piece: usize) -> Vec<Activity> {
        let mut detector = Detector::new(settings);
        let mut changes = Vec::new();
        let whole: Vec<u8> = parts.iter().flat_map(|(ms, dbfs)| sound(*ms, *dbfs)).collect();
        for piece in whole.chunks(piece) {
            detector.push(piece, |change| changes.push(change));
        }
        changes
    }

    #[test]
    fn an_utterance_has_a_beginning_and_an_end() {
        let parts = [(1_000, -96.0), (800, -20.0), (1_000, -96.0)];
        for piece in [160, 37, 24_000] {
            let got = changes(Settings::default(), &parts, piece);
            assert_eq!(
                got,
                [
                    Activity::Started {
                        at_ms: 700,
                        voice_ms: 1_000
                    },
                    Activity::Stopped {
                        at_ms: 2_300,
                        voice_ms: 1_800
                    }
                ]
            );
        }
    }

    #[test]
    fn a_click_is_no_voice_and_a_pause_is_no_end() {
        let parts = [(500, -96.0), (40, -10.0), (800, -96.0)];
        assert_eq!(changes(Settings::default(), &parts, 160), []);
        let parts = [
            (500, -96.0),
            (400, -20.0),
            (300, -96.0),
            (400, -20.0),
            (700, -96.0),
        ];
        assert_eq!(changes(Settings::default(), &parts, 160).len(), 2);
    }

    #[test]
    fn a_noisy_line_is_learned() {
        // Ten seconds of steady noise may count as a voice at first, but not for ever; a voice above it still counts.
        let got = changes(
            Settings::default(),
            &[(30_000, -38.0), (600, -15.0), (900, -38.0)],
            160,
        );
        let last = &got[got.len() - 2..];
        assert!(
            matches!(last[0], Activity::Started { voice_ms, .. } if voice_ms.abs_diff(30_000) <= 20),
            "{got:?}"
        );
        assert!(
            matches!(last[1], Activity::Stopped { voice_ms, .. } if voice_ms.abs_diff(30_600) <= 20),
            "{got:?}"
        );
    }

    #[test]
    fn the_settings_are_obeyed() {
        let settings = Settings {
            silence_ms: 200,
            prefix_ms: 0,
            ..Settings::with_threshold(0.5)
        };
        let parts = [
            (500, -96.0),
            (400, -20.0),
            (300, -96.0),
            (400, -20.0),
            (300, -96.0),
        ];
        let got = changes(settings, &parts, 160);
        assert_eq!(got.len(), 4);
        assert_eq!(
            got[2],
            Activity::Started {
                at_ms: 1_200,
                voice_ms: 1_200
            }
        );
        let parts = [(500, -96.0), (400, -35.0), (900, -96.0)];
        assert_eq!(changes(Settings::with_threshold(1.0), &parts, 160), []);
        assert_eq!(changes(Settings::with_threshold(0.2), &parts, 160).len(), 2);
    }

    #[test]
    fn an_utterance_does_not_reach_into_the_one_before() {
        let parts = [
            (1_000, -96.0),
            (400, -20.0),
            (600, -96.0),
            (400, -20.0),
            (600, -96.0),
        ];
        let got = changes(Settings::default(), &parts, 160);
        assert_eq!(
            got[2],
            Activity::Started {
                at_ms: 1_900,
                voice_ms: 2_000
            }
        );
    }
}
