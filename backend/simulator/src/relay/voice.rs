//! The voice that speaks the agent's text at a human pace, so that an interruption knows what was really heard.
//! Pure: time comes in as an argument, sounds go out as values.

use std::collections::VecDeque;

use crate::clock::{Millis, whole_ms};

/// How often a growing utterance is reported, at least.
const TICK_MS: Millis = 200;

/// Something that became audible.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sound {
    Began {
        id: u64,
        kind: &'static str,
    },
    /// What was audible of utterance `id` so far.
    Heard {
        id: u64,
        text: String,
    },
    Ended {
        id: u64,
        text: String,
        cut: bool,
    },
    /// One `text` message has been spoken to its end.
    Token(String),
    /// Keys pressed for the other side.
    Digits(String),
}

/// What an interruption stopped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    pub(crate) heard: String,
    pub(crate) after_ms: Millis,
}

/// How the application wants one message treated; `None` leaves it to the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) interruptible: Option<bool>,
    pub(crate) preemptible: bool,
}

enum Content {
    Speech {
        text: Vec<char>,
        spoken: f64,
        closed: bool,
        tokens: VecDeque<(usize, String)>,
    },
    Play {
        source: String,
        left_ms: f64,
    },
    Digits(String),
}

struct Piece {
    id: u64,
    content: Content,
    manner: Manner,
    ready_at: Millis,
    began_at: Option<Millis>,
}

/// The queue of things to say and how far the voice is.
pub(crate) struct Voice {
    chars_per_ms: f64,
    latency_ms: Millis,
    queue: VecDeque<Piece>,
    cursor: Millis,
    next_id: u64,
}

impl Voice {
    pub(crate) fn new(chars_per_second: f64, latency_ms: Millis, now: Millis) -> Self {
        let chars_per_ms = (chars_per_second / 1000.0).max(0.001);
        Self {
            chars_per_ms,
            latency_ms,
            queue: VecDeque::new(),
            cursor: now,
            next_id: 0,
        }
    }

    /// Adds text to the open utterance or begins a new one.
    pub(crate) fn text(&mut self, now: Millis, token: &str, last: bool, manner: Manner) -> Vec<Sound> {
        let open = matches!(
            self.queue.back(),
            Some(Piece {
                content: Content::Speech { closed: false, .. },
                ..
            })
        );
        let mut sounds = Vec::new();
        if !open {
            // An empty end marker with nothing before it says nothing.
            if token.is_empty() {
                return sounds;
            }
            sounds = self.preempt(now);
            let content = Content::Speech {
                text: Vec::new(),
                spoken: 0.0,
                closed: false,
                tokens: VecDeque::new(),
            };
            self.push(now, content, manner);
        }
        if let Some(Piece {
            content: Content::Speech {
                text, closed, tokens, ..
            },
            ..
        }) = self.queue.back_mut()
        {
            text.extend(token.chars());
            tokens.push_back((text.len(), token.to_owned()));
            *closed = last;
        }
        sounds
    }

    pub(crate) fn play(
        &mut self,
        now: Millis,
        source: &str,
        length_ms: Millis,
        manner: Manner,
    ) -> Vec<Sound> {
        let sounds = self.preempt(now);
        let content = Content::Play {
            source: source.to_owned(),
            left_ms: length_ms as f64,
        };
        self.push(now, content, manner);
        sounds
    }

    pub(crate) fn digits(&mut self, now: Millis, digits: &str) {
        self.push(now, Content::Digits(digits.to_owned()), Manner::default());
    }

    fn push(&mut self, now: Millis, content: Content, manner: Manner) {
        let id = self.next_id;
        self.next_id += 1;
        let ready_at = now + self.latency_ms;
        self.queue.push_back(Piece {
            id,
            content,
            manner,
            ready_at,
            began_at: None,
        });
    }

    fn preempt(&mut self, now: Millis) -> Vec<Sound> {
        if self.queue.front().is_some_and(|piece| piece.manner.preemptible) {
            self.cut(now).1
        } else {
            Vec::new()
        }
    }

    /// The utterance now audible, if any.
    pub(crate) fn is_speaking(&self) -> bool {
        self.queue.front().is_some_and(|piece| piece.began_at.is_some())
    }

    /// Whether anything is audible or about to be.
    pub(crate) fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The manner of what is audible or about to be.
    pub(crate) fn manner(&self) -> Option<Manner> {
        self.queue.front().map(|piece| piece.manner)
    }

    /// When the next thing worth looking at happens.
    pub(crate) fn next_change(&self, now: Millis) -> Option<Millis> {
        let piece = self.queue.front()?;
        if piece.began_at.is_none() {
            return match piece.content {
                Content::Speech { .. } if speakable(&piece.content) == 0 => None,
                _ => Some(piece.ready_at.max(now)),
            };
        }
        let left_ms = match &piece.content {
            Content::Speech { spoken, .. } => (speakable(&piece.content) as f64 - spoken) / self.chars_per_ms,
            Content::Play { left_ms, .. } => *left_ms,
            Content::Digits(_) => 0.0,
        };
        if left_ms <= 0.0 && !is_over(&piece.content) {
            return None;
        }
        Some((self.cursor + whole_ms(left_ms.ceil())).clamp(now, now + TICK_MS))
    }

    /// Speaks up to `now`.
    pub(crate) fn advance(&mut self, now: Millis) -> Vec<Sound> {
        let mut sounds = Vec::new();
        while let Some(piece) = self.queue.front_mut() {
            if piece.began_at.is_none() {
                if piece.ready_at > now
                    || (matches!(piece.content, Content::Speech { .. })
                        && speakable(&piece.content) == 0
                        && !is_over(&piece.content))
                {
                    break;
                }
                self.cursor = self.cursor.max(piece.ready_at);
                piece.began_at = Some(self.cursor);
                sounds.push(Sound::Began {
                    id: piece.id,
                    kind: kind(&piece.content),
                });
            }
            let elapsed = now.saturating_sub(self.cursor) as f64;
            let used = piece.run(elapsed, self.chars_per_ms, &mut sounds);
            if !is_over(&piece.content) {
                self.cursor = now;
                sounds.push(Sound::Heard {
                    id: piece.id,
                    text: heard(&piece.content),
                });
                break;
            }
            self.cursor += whole_ms(used.ceil());
            sounds.push(Sound::Ended {
                id: piece.id,
                text: heard(&piece.content),
                cut: false,
            });
            self.queue.pop_front();
        }
        if self.queue.is_empty() {
            self.cursor = now;
        }
        sounds
    }

    /// Stops at once and forgets what was not spoken yet.
    pub(crate) fn cut(&mut self, now: Millis) -> (Option<Cut>, Vec<Sound>) {
        let mut sounds = self.advance(now);
        let Some(piece) = self.queue.front() else {
            return (None, sounds);
        };
        let cut = Cut {
            heard: heard(&piece.content),
            after_ms: piece.began_at.map_or(0, |began| now.saturating_sub(began)),
        };
        if piece.began_at.is_some() {
            sounds.push(Sound::Ended {
                id: piece.id,
                text: cut.heard.clone(),
                cut: true,
            });
        }
        self.queue.clear();
        self.cursor = now;
        (Some(cut), sounds)
    }
}

impl Piece {
    /// Lets `elapsed` milliseconds pass and returns how many were used.
    fn run(&mut self, elapsed: f64, chars_per_ms: f64, sounds: &mut Vec<Sound>) -> f64 {
        let limit = speakable(&self.content) as f64;
        match &mut self.content {
            Content::Speech { spoken, tokens, .. } => {
                let possible = elapsed * chars_per_ms;
                let said = possible.min(limit - *spoken).max(0.0);
                *spoken += said;
                while let Some((_, token)) = tokens.pop_front_if(|(end, _)| *end as f64 <= *spoken) {
                    sounds.push(Sound::Token(token));
                }
                said / chars_per_ms
            }
            Content::Play { left_ms, .. } => {
                let used = elapsed.min(*left_ms);
                *left_ms -= used;
                used
            }
            Content::Digits(digits) => {
                sounds.push(Sound::Digits(digits.clone()));
                0.0
            }
        }
    }
}

fn kind(content: &Content) -> &'static str {
    match content {
        Content::Speech { .. } => "speech",
        Content::Play { .. } => "play",
        Content::Digits(_) => "digits",
    }
}

/// How many characters may be spoken now: without the end marker the last word waits for more text.
fn speakable(content: &Content) -> usize {
    match content {
        Content::Speech {
            text, closed: true, ..
        } => text.len(),
        Content::Speech { text, .. } => text
            .iter()
            .rposition(|c| c.is_whitespace())
            .map_or(0, |at| at + 1),
        _ => 0,
    }
}

fn is_over(content: &Content) -> bool {
    match content {
        Content::Speech {
            text, spoken, closed, ..
        } => *closed && *spoken >= text.len() as f64,
        Content::Play { left_ms, .. } => *left_ms <= 0.0,
        Content::Digits(_) => true,
    }
}

/// What was audible, in whole words.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts characters that were spoken, from none on"
)]
fn heard(content: &Content) -> String {
    match content {
        Content::Speech { text, spoken, .. } => {
            let at = (*spoken as usize).min(text.len());
            let whole = at == text.len() || text[at].is_whitespace();
            let end = if whole {
                at
            } else {
                text[..at].iter().rposition(|c| c.is_whitespace()).unwrap_or(0)
            };
            text[..end].iter().collect::<String>().trim().to_owned()
        }
        Content::Play { source, .. } => source.clone(),
        Content::Digits(digits) => digits.clone(),
    }
}

#[cfg(test)]
mod tests;
