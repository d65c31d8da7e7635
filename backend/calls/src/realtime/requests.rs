//! What the model is asked to say: one request at a time, the others wait. The server refuses a second one.

use std::collections::VecDeque;

use phony_conversation::core::ReplyId;
use phony_kernel::ItemId;

use super::utterances::Source;

/// Requests that may wait; the conversation asks for few.
const MAX_WAITING: usize = 32;
/// From a request to its beginning.
const BEGINS_WITHIN_MS: u64 = 4_000;
/// Between two signs of life of a reply.
const GOES_ON_WITHIN_MS: u64 = 5_000;
/// A refusal because of another reply is waited out so long.
const BLOCKED_MS: u64 = 2_000;

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Want {
    /// The model's own answer; written, and not spoken, when people decide on it first.
    Reply { reply: ReplyId, text_only: bool },
    /// These words.
    Line {
        item: ItemId,
        text: String,
        interruptible: bool,
        preemptible: bool,
        tries: u32,
    },
}

impl Want {
    /// Whether other words of ours may stop it.
    pub(crate) fn is_preemptible(&self) -> bool {
        match self {
            Self::Reply { .. } => true,
            Self::Line { preemptible, .. } => *preemptible,
        }
    }

    /// Whether no sound comes of it.
    pub(crate) fn is_text_only(&self) -> bool {
        matches!(self, Self::Reply { text_only: true, .. })
    }

    pub(crate) fn source(&self) -> Source {
        match self {
            Self::Reply { reply, .. } => Source::Reply(*reply),
            Self::Line { item, .. } => Source::Line(*item),
        }
    }
}

/// The request that is open.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) want: Want,
    /// Our name of the request, which an error repeats.
    pub(crate) event_id: String,
    /// The server's id, once it has begun.
    pub(crate) response_id: Option<String>,
    /// Nothing more of it is wanted.
    pub(crate) cancelled: bool,
    /// Some of its sound has come.
    pub(crate) sounded: bool,
    due_ms: u64,
}

impl Active {
    /// Whether an event of this response belongs to it and is wanted.
    pub(crate) fn takes(&self, response_id: &str) -> bool {
        !self.cancelled && self.response_id.as_deref() == Some(response_id)
    }
}

/// All requests.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    waiting: VecDeque<Want>,
    active: Option<Active>,
    blocked_until_ms: Option<u64>,
    made: u64,
}

impl Requests {
    pub(crate) fn push(&mut self, want: Want) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(want);
        }
    }

    pub(crate) fn push_front(&mut self, want: Want) {
        self.waiting.push_front(want);
    }

    /// Gives a waiting request up.
    pub(crate) fn withdraw(&mut self, source: Source) {
        self.waiting.retain(|want| want.source() != source);
    }

    /// Lines that wait and may be cut are given up.
    pub(crate) fn withdraw_lines(&mut self, stops: impl Fn(bool, bool) -> bool) {
        self.waiting.retain(|want| match want {
            Want::Reply { .. } => true,
            Want::Line {
                interruptible,
                preemptible,
                ..
            } => !stops(*interruptible, *preemptible),
        });
    }

    pub(crate) fn active(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    pub(crate) fn active_mut(&mut self) -> Option<&mut Active> {
        self.active.as_mut()
    }

    /// Whether nothing is asked and nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.active.is_none() && self.waiting.is_empty()
    }

    /// Opens the next request, if it can be.
    pub(crate) fn open_next(&mut self, now_ms: u64) -> Option<&Active> {
        if self.active.is_some() || self.blocked_until_ms.is_some_and(|until_ms| now_ms < until_ms) {
            return None;
        }
        self.blocked_until_ms = None;
        let want = self.waiting.pop_front()?;
        self.made += 1;
        self.active = Some(Active {
            want,
            event_id: format!("phony-r{}", self.made),
            response_id: None,
            cancelled: false,
            sounded: false,
            due_ms: now_ms + BEGINS_WITHIN_MS,
        });
        self.active.as_ref()
    }

    /// The open request is alive.
    pub(crate) fn touch(&mut self, now_ms: u64) {
        if let Some(active) = &mut self.active {
            active.due_ms = now_ms + GOES_ON_WITHIN_MS;
        }
    }

    /// The open request is over.
    pub(crate) fn close(&mut self) -> Option<Active> {
        self.blocked_until_ms = None;
        self.active.take()
    }

    /// The server still speaks for somebody else: the request waits for the end of that.
    pub(crate) fn block(&mut self, now_ms: u64) {
        if let Some(active) = self.active.take().filter(|active| !active.cancelled) {
            self.waiting.push_front(active.want);
        }
        self.blocked_until_ms = Some(now_ms + BLOCKED_MS);
    }

    /// Something else has ended.
    pub(crate) fn unblock(&mut self) {
        self.blocked_until_ms = None;
    }

    /// Whether the open request shows no life.
    pub(crate) fn is_overdue(&self, now_ms: u64) -> bool {
        self.active.as_ref().is_some_and(|active| active.due_ms <= now_ms)
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        let due = self.active.as_ref().map(|active| active.due_ms);
        due.or(self.blocked_until_ms.filter(|_| !self.waiting.is_empty()))
    }

    /// Lines that wait to be said: they are part of what the conversation remembers, and not yet of the talk.
    pub(crate) fn waiting_lines(&self) -> impl Iterator<Item = &str> {
        let active = self.active.iter().map(|active| &active.want);
        active.chain(&self.waiting).filter_map(|want| match want {
            Want::Line { text, .. } => Some(text.as_str()),
            Want::Reply { .. } => None,
        })
    }
}
