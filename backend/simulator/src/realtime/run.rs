//! A reply on its way: what it consists of and when each piece is sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use phony_audio::frame::ulaw_bytes;
use phony_audio::ulaw;
use serde_json::Value;
use tokio::time::Instant;

use super::config::Order;
use super::items::Spoken;
use super::mind::{Call, Part};
use super::usage::{Tokens, spoken};
use crate::model::usage::tokens;
use crate::speech::{Speech, Utterance};

/// Sizes of audio deltas, against the usual one, in percent: no two in a row are alike, and some are no whole number of
/// base64 groups.
const SIZES: &[u64] = &[70, 100, 131, 90, 113];
/// How far words run ahead of their sound.
const WORDS_AHEAD_MS: u64 = 200;
/// Letters of a piece of function arguments.
const ARGUMENTS_PIECE: usize = 8;
/// Time between pieces of text.
const TEXT_MS: u64 = 30;
/// The longest silence that can be scripted.
const LONGEST_SILENCE_MS: u64 = 120_000;

/// How a piece of a reply is said.
pub(crate) enum Planned {
    Sound(Arc<Utterance>),
    Text(String),
    Silence(u64),
    Call(Call),
}

/// Something that happens in a reply.
#[derive(Debug)]
pub(crate) enum Act {
    /// A message begins.
    Message,
    /// A function call begins.
    Call(Call),
    /// Words; with sound, where they end in it.
    Words(String, Option<u64>),
    /// Sound as it goes over the wire, and how much it is as μ-law.
    Sound(Vec<u8>, usize),
    /// A piece of the arguments.
    Arguments(String),
    /// The item is complete.
    Complete,
    /// The reply is complete.
    Finish,
}

/// Something that happens after a pause.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) wait: Duration,
    pub(crate) act: Act,
}

/// An item of a reply.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) item_id: String,
    pub(crate) call: Option<(Call, String)>,
    pub(crate) text: String,
    pub(crate) spoken: Spoken,
    pub(crate) bytes: usize,
    /// `in_progress` until it is settled.
    pub(crate) status: &'static str,
    /// As the last event showed it.
    pub(crate) view: Value,
}

/// Faults of this reply.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    /// Fails with this code instead of an answer.
    pub(crate) fails: Option<(String, String)>,
    /// Is cancelled after so many deltas, though nobody asked.
    pub(crate) cancelled_after: Option<u64>,
    /// Says nothing any more after so many deltas, and never ends.
    pub(crate) stalls_after: Option<u64>,
    pub(crate) doubles: bool,
    /// Sound that still comes when the reply has been cancelled.
    pub(crate) late: bool,
}

/// One reply.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) order: Order,
    pub(crate) read: Tokens,
    pub(crate) outputs: Vec<Output>,
    pub(crate) steps: VecDeque<Step>,
    /// When the next step is due; far away until the reply has been thought of.
    pub(crate) next_at: Instant,
    /// When the first output may come.
    pub(crate) first_at: Instant,
    pub(crate) audio_speed: f64,
    pub(crate) troubles: Troubles,
    pub(crate) deltas: u64,
    pub(crate) created_ms: u64,
}

impl Run {
    /// What has been made so far.
    pub(crate) fn made(&self) -> Tokens {
        let mut made = Tokens::default();
        for output in &self.outputs {
            let part = match &output.call {
                Some((call, arguments)) => Tokens {
                    text: tokens(&call.name) as u64 + tokens(arguments) as u64,
                    audio: 0,
                },
                None => spoken(output.spoken.ms, &output.text),
            };
            made.text += part.text;
            made.audio += part.audio;
        }
        made
    }

    /// Whether the limit on tokens has been reached.
    pub(crate) fn is_full(&self) -> bool {
        self.order
            .token_limit()
            .is_some_and(|limit| self.made().total() >= limit)
    }

    /// How long all sound of it is.
    pub(crate) fn audio_ms(&self) -> u64 {
        self.outputs.iter().map(|output| output.spoken.ms).sum()
    }

    /// The item that is being made.
    pub(crate) fn open(&mut self) -> Option<(usize, &mut Output)> {
        let last = self.outputs.len().checked_sub(1)?;
        let output = &mut self.outputs[last];
        (output.status == "in_progress").then_some((last, output))
    }
}

/// Speaks what is to be spoken.
pub(crate) async fn plan(speech: &Speech, order: &Order, parts: Vec<Part>) -> Vec<Planned> {
    let mut planned = Vec::new();
    for part in parts {
        planned.push(match part {
            Part::Say(text) if order.speaks => Planned::Sound(speech.say(&text, order.voice_name()).await),
            Part::Say(text) => Planned::Text(text),
            Part::SilenceMs(ms) => Planned::Silence(ms.min(LONGEST_SILENCE_MS)),
            Part::Call(call) => Planned::Call(call),
        });
    }
    planned
}

/// Pace of a reply, in real time.
pub(crate) struct Pace<'a> {
    pub(crate) real: &'a dyn Fn(u64) -> Duration,
    pub(crate) delta_ms: u64,
    pub(crate) audio_speed: f64,
}

/// Cuts a planned reply into steps.
pub(crate) fn steps(order: &Order, planned: Vec<Planned>, pace: &Pace<'_>) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let mut put = |wait: Duration, act: Act| steps.push_back(Step { wait, act });
    for part in planned {
        match part {
            Planned::Sound(utterance) => {
                put(Duration::ZERO, Act::Message);
                sound(&mut put, order, &utterance.ulaw, &timed(&utterance), pace);
            }
            Planned::Silence(ms) => {
                put(Duration::ZERO, Act::Message);
                let quiet = vec![ulaw::SILENCE; ulaw_bytes(ms)];
                sound(&mut put, order, &quiet, &[], pace);
            }
            Planned::Text(text) => {
                put(Duration::ZERO, Act::Message);
                for (at, word) in text.split_inclusive(' ').enumerate() {
                    let wait = if at == 0 {
                        Duration::ZERO
                    } else {
                        (pace.real)(TEXT_MS)
                    };
                    put(wait, Act::Words(word.to_owned(), None));
                }
            }
            Planned::Call(call) => {
                let arguments: Vec<char> = call.arguments_text().chars().collect();
                put(Duration::ZERO, Act::Call(call));
                for piece in arguments.chunks(ARGUMENTS_PIECE) {
                    put((pace.real)(TEXT_MS), Act::Arguments(piece.iter().collect()));
                }
            }
        }
        put(Duration::ZERO, Act::Complete);
    }
    put(Duration::ZERO, Act::Finish);
    steps
}

/// The words of an utterance with the spaces before them, and where each begins and ends.
fn timed(utterance: &Utterance) -> Vec<(String, u64, u64)> {
    let words = utterance.words.iter().enumerate();
    words
        .map(|(at, word)| {
            let space = if at == 0 { "" } else { " " };
            (format!("{space}{}", word.text), word.from_ms, word.to_ms)
        })
        .collect()
}

fn sound(
    put: &mut impl FnMut(Duration, Act),
    order: &Order,
    ulaw_sound: &[u8],
    words: &[(String, u64, u64)],
    pace: &Pace<'_>,
) {
    let mut words = words.iter().peekable();
    let mut rest = ulaw_sound;
    let mut before = ulaw::SILENCE;
    let mut sizes = SIZES.iter().cycle();
    let mut at = 0_usize;
    let mut wait = Duration::ZERO;
    while !rest.is_empty() {
        let ms = pace.delta_ms * sizes.next().unwrap_or(&100) / 100;
        let (now, after) = rest.split_at(ulaw_bytes(ms.max(1)).min(rest.len()));
        at += now.len();
        let until_ms = at as u64 / 8 + WORDS_AHEAD_MS;
        while let Some((word, _, to_ms)) = words.next_if(|(_, from_ms, _)| *from_ms < until_ms) {
            put(std::mem::take(&mut wait), Act::Words(word.clone(), Some(*to_ms)));
        }
        put(wait, Act::Sound(order.format.write(now, before), now.len()));
        wait = (pace.real)(now.len() as u64 / 8).div_f64(pace.audio_speed.max(0.01));
        before = now[now.len() - 1];
        rest = after;
    }
    for (word, _, to_ms) in words {
        put(Duration::ZERO, Act::Words(word.clone(), Some(*to_ms)));
    }
}
