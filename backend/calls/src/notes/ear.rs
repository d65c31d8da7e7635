//! One person of a call, as a session with the speech model hears them that only writes down.

use std::time::Duration;

use phony_conversation::Speaker;
use phony_models::catalog::DEFAULT_TRANSCRIPTION;
use phony_models::realtime::TranscriptionUsage;
use phony_models::realtime::protocol::ServerEvent;
use tokio::time::{Instant, sleep_until};

use crate::realtime::{EarlySound, Link, LinkEvent, Opening};

/// Between two tries to have a session.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Sessions that could not be had, one after the other, before the ear is deaf.
const MAX_FAILURES: u32 = 10;
/// Silence by which the model knows that the last sentence is over: a second of mu-law, as base64.
const SILENCE_PIECES: usize = 50;
const SILENCE_BYTES: usize = 160;

/// What an ear makes out.
#[derive(Debug)]
pub(crate) enum EarHeard {
    /// A sentence, whose words may be none.
    Words {
        speaker: Speaker,
        text: String,
        /// The model's id of it.
        item_id: String,
        /// Length of the sound that was written down.
        ms: u64,
        /// What wrote it.
        model: &'static str,
    },
    /// It is deaf from now on.
    Lost { detail: String },
    /// Nothing that matters.
    Nothing,
}

pub(crate) struct Ear {
    speaker: Speaker,
    opening: Opening,
    link: Link,
    /// Sound that no session has taken yet.
    early: EarlySound,
    failures: u32,
    /// Sentences whose words are still to come.
    open: u32,
    /// Somebody speaks.
    sounds: bool,
}

impl Ear {
    /// Begins to listen at once.
    pub(crate) fn new(speaker: Speaker, opening: Opening) -> Self {
        Self {
            speaker,
            link: Link::opening(&opening),
            opening,
            early: EarlySound::default(),
            failures: 0,
            open: 0,
            sounds: false,
        }
    }

    /// Takes a piece of sound, mu-law as base64.
    pub(crate) fn hear(&mut self, base64: &str) {
        let Link::Open(open) = &mut self.link else {
            self.early.push(base64);
            return;
        };
        if open.session.send_audio(base64).is_err() {
            self.lose();
        }
    }

    /// Whether words that were said are still to be written down.
    pub(crate) fn owes_words(&self) -> bool {
        self.sounds || self.open > 0
    }

    /// Nothing more will be said.
    pub(crate) fn finish(&mut self) {
        if !self.owes_words() {
            return;
        }
        let silence = crate::realtime::base64_of(&[0xff; SILENCE_BYTES]);
        for _ in 0..SILENCE_PIECES {
            self.hear(&silence);
        }
    }

    /// The next thing that is made out. May be dropped and called again without loss.
    pub(crate) async fn next(&mut self) -> EarHeard {
        if let Link::Pause(until) = self.link {
            sleep_until(until).await;
            self.link = Link::opening(&self.opening);
        }
        match self.link.happens().await {
            LinkEvent::Opened(Ok(opened)) => {
                let mut open = opened.open();
                for sound in self.early.take() {
                    // A session that fails here fails again when it is read.
                    let _ = open.session.send_audio(&sound);
                }
                self.failures = 0;
                self.link = Link::Open(open);
                EarHeard::Nothing
            }
            LinkEvent::Opened(Err(_)) => self.fail(),
            LinkEvent::Message(Ok(message)) => match message.event() {
                Ok(event) => self.on_event(event),
                Err(_) => EarHeard::Nothing,
            },
            LinkEvent::Message(Err(_)) => self.fail(),
        }
    }

    fn on_event(&mut self, event: ServerEvent<'_>) -> EarHeard {
        match event {
            ServerEvent::SpeechStarted { .. } => {
                self.sounds = true;
                EarHeard::Nothing
            }
            ServerEvent::SpeechStopped { .. } => {
                self.sounds = false;
                self.open += 1;
                EarHeard::Nothing
            }
            ServerEvent::TranscriptionCompleted {
                item_id,
                transcript,
                usage,
                ..
            } => {
                self.open = self.open.saturating_sub(1);
                EarHeard::Words {
                    speaker: self.speaker,
                    text: transcript,
                    item_id,
                    ms: match usage {
                        Some(TranscriptionUsage::Duration { ms }) => ms,
                        // A token of sound is a tenth of a second.
                        Some(TranscriptionUsage::Tokens { audio_in, .. }) => audio_in * 100,
                        None => 0,
                    },
                    model: DEFAULT_TRANSCRIPTION,
                }
            }
            ServerEvent::TranscriptionFailed { .. } => {
                self.open = self.open.saturating_sub(1);
                EarHeard::Nothing
            }
            _ => EarHeard::Nothing,
        }
    }

    fn lose(&mut self) {
        self.sounds = false;
        self.open = 0;
        self.link = Link::Pause(Instant::now() + AGAIN_AFTER);
    }

    fn fail(&mut self) -> EarHeard {
        self.lose();
        self.failures += 1;
        if self.failures < MAX_FAILURES {
            return EarHeard::Nothing;
        }
        self.link = Link::Down;
        let who = match self.speaker {
            Speaker::Caller => "the caller",
            Speaker::Supervisor => "the supervisor",
            _ => "the colleague",
        };
        EarHeard::Lost {
            detail: format!("{who} could not be heard any more: the speech model was lost"),
        }
    }

    /// Lets the session go: an abandoned one is billed until it expires.
    pub(crate) async fn close(&mut self) {
        if let Some(session) = std::mem::replace(&mut self.link, Link::Down).into_session() {
            session.close().await;
        }
    }
}
