//! A telephone call as the carrier keeps it: identity, state, and the report of all that happened.
//! What a call *does* lives in `runner`.

pub(crate) mod answer;
pub(crate) mod callbacks;
pub(crate) mod ear;
pub(crate) mod inbound;
pub(crate) mod machine;
pub(crate) mod outbound;
pub(crate) mod overheard;
pub(crate) mod report;
pub(crate) mod runner;
mod signals;
mod status;
pub(crate) mod through;
pub(crate) mod view;
pub(crate) mod webhook;

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use crate::callers::Step;
use crate::clock::Millis;
use crate::recordings::tape::Tape;
use crate::signing::Params;
use callbacks::{Plan, Queued};
use report::Report;
pub(crate) use signals::{RawFrame, Redirect, RoomOrder, Signal};
pub(crate) use status::{Direction, Status};

/// What the carrier does with what the person says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Hears {
    /// The call is between two verbs: whoever speaks now speaks to nobody.
    #[default]
    Nothing,
    /// A recogniser of its own takes the words.
    Words,
    /// A stream carries the sound.
    Sound,
}

/// What the agent's side of the line is doing, for the person who listens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AgentVoice {
    pub(crate) speaking: bool,
    /// How many utterances have begun.
    pub(crate) utterances: u64,
    /// When the newest began, and when the line was last quiet.
    pub(crate) began_at: Millis,
    pub(crate) quiet_since: Millis,
}

/// What changes while a call runs.
pub(crate) struct CallState {
    pub(crate) status: Status,
    pub(crate) start: Option<DateTime<Utc>>,
    pub(crate) end: Option<DateTime<Utc>>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) answered_at: Option<Millis>,
    pub(crate) ended_at: Option<Millis>,
    pub(crate) ended_by: Option<String>,
    pub(crate) agent: AgentVoice,
    pub(crate) hears: Hears,
    /// The newest sound of the person that is over.
    pub(crate) sounded: u64,
    pub(crate) report: Report,
    /// The call is over and every callback has been delivered or given up.
    pub(crate) finished: bool,
    pub(crate) plan: Plan,
    pub(crate) sequence: u64,
    /// What is known of whoever answered.
    pub(crate) answer: answer::Answer,
    /// How the person sounds.
    pub(crate) voice: String,
    /// What the telephone network said last, when it is not what the status usually means.
    pub(crate) sip: Option<&'static str>,
    pub(crate) error: Option<(u32, &'static str)>,
    /// Names of forks of its sound that somebody has stopped.
    pub(crate) stopped: Vec<String>,
    /// The recording that was asked for with the call: id and address.
    pub(crate) recorded: Option<(String, String)>,
}

/// What never changes.
pub(crate) struct Call {
    pub(crate) sid: String,
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    pub(crate) number_sid: Option<String>,
    pub(crate) parent_sid: Option<String>,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) direction: Direction,
    pub(crate) created: DateTime<Utc>,
    pub(crate) born: Millis,
    /// How long it waits for its turn to be dialled.
    pub(crate) queue_ms: Millis,
    /// Its sound, while somebody records it.
    pub(crate) tape: Tape,
    /// The other end, of a call between two numbers of the carrier.
    through: OnceLock<through::Through>,
    state: Mutex<CallState>,
    version: watch::Sender<u64>,
    pub(crate) signals: mpsc::UnboundedSender<Signal>,
    pub(crate) steps: mpsc::UnboundedSender<Step>,
    pub(crate) callbacks: mpsc::UnboundedSender<Queued>,
}

/// The receiving ends that belong to the tasks of a call.
pub(crate) struct Ends {
    pub(crate) signals: mpsc::UnboundedReceiver<Signal>,
    pub(crate) steps: mpsc::UnboundedReceiver<Step>,
    pub(crate) callbacks: mpsc::UnboundedReceiver<Queued>,
}

/// Who calls whom, for [`Call::new`].
pub(crate) struct Parties {
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    pub(crate) number_sid: Option<String>,
    pub(crate) parent_sid: Option<String>,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) direction: Direction,
    pub(crate) queue_ms: Millis,
}

impl Call {
    pub(crate) fn new(parties: Parties, plan: Plan, now: Millis) -> (std::sync::Arc<Self>, Ends) {
        let (signals, signals_end) = mpsc::unbounded_channel();
        let (steps, steps_end) = mpsc::unbounded_channel();
        let (callbacks, callbacks_end) = mpsc::unbounded_channel();
        let created = Utc::now();
        let status = if parties.direction == Direction::Inbound {
            Status::Ringing
        } else {
            Status::Queued
        };
        let state = CallState {
            status,
            start: None,
            end: None,
            updated: created,
            answered_at: None,
            ended_at: None,
            ended_by: None,
            agent: AgentVoice {
                quiet_since: now,
                ..AgentVoice::default()
            },
            hears: Hears::default(),
            sounded: 0,
            report: Report::default(),
            finished: false,
            plan,
            sequence: 0,
            answer: answer::Answer::default(),
            voice: crate::callers::Manners::default().voice,
            sip: None,
            error: None,
            stopped: Vec::new(),
            recorded: None,
        };
        let call = Self {
            sid: crate::ids::sid("CA"),
            account_sid: parties.account_sid,
            auth_token: parties.auth_token,
            number_sid: parties.number_sid,
            parent_sid: parties.parent_sid,
            from: parties.from,
            to: parties.to,
            direction: parties.direction,
            created,
            born: now,
            queue_ms: parties.queue_ms,
            tape: Tape::default(),
            through: OnceLock::new(),
            state: Mutex::new(state),
            version: watch::Sender::new(0),
            signals,
            steps,
            callbacks,
        };
        (
            std::sync::Arc::new(call),
            Ends {
                signals: signals_end,
                steps: steps_end,
                callbacks: callbacks_end,
            },
        )
    }

    /// The way to the other end, when the carrier has joined this call with another one.
    pub(crate) fn through(&self) -> Option<&through::Through> {
        self.through.get()
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&CallState) -> T) -> T {
        look(&self.state.lock())
    }

    /// Changes the state and wakes everybody who waits for a change.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut CallState) -> T) -> T {
        let result = act(&mut self.state.lock());
        self.version.send_modify(|version| *version += 1);
        result
    }

    /// Changes something nobody waits for.
    pub(crate) fn quietly(&self, act: impl FnOnce(&mut CallState)) {
        act(&mut self.state.lock());
    }

    /// Waits until `wanted` holds; the watch makes sure that no change is missed.
    pub(crate) async fn until(&self, wanted: impl Fn(&CallState) -> bool) {
        let mut changes = self.version.subscribe();
        loop {
            changes.borrow_and_update();
            if self.read(&wanted) {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.read(|s| s.status)
    }

    /// Milliseconds since the call began.
    pub(crate) fn since_start(&self, now: Millis) -> Millis {
        now.saturating_sub(self.born)
    }

    /// Sends a signal; a call that is over has nobody to receive it.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        self.signals.send(signal).is_ok()
    }

    /// Moves the status forward and notes the times that go with it. The first terminal status wins.
    pub(crate) fn advance(&self, to: Status, now: Millis) -> bool {
        self.change(|s| {
            if s.status >= to || s.status.is_over() {
                return false;
            }
            s.status = to;
            s.updated = Utc::now();
            if to == Status::InProgress {
                s.start = Some(s.updated);
                s.answered_at = Some(now);
            }
            if to.is_over() {
                s.start = s.start.or(Some(self.created));
                s.end = Some(s.updated);
                s.ended_at = Some(now);
            }
            true
        })
    }

    /// Seconds from answer to end, rounded as the carrier does.
    pub(crate) fn duration_s(&self) -> u64 {
        self.read(|s| match (s.answered_at, s.ended_at) {
            (Some(answered), Some(ended)) => (ended.saturating_sub(answered)).div_ceil(1000).max(1),
            _ => 0,
        })
    }

    /// Parameters every voice webhook of this call carries.
    pub(crate) fn params(&self, status: Status) -> Params {
        let mut params: Params = Vec::new();
        let mut put = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
        put("AccountSid", &self.account_sid);
        put("ApiVersion", "2010-04-01");
        put("CallSid", &self.sid);
        put("CallStatus", status.word());
        put("Direction", self.direction.word());
        put("From", &self.from);
        put("To", &self.to);
        put("Caller", &self.from);
        put("Called", &self.to);
        for (role, number) in [
            ("From", &self.from),
            ("Caller", &self.from),
            ("To", &self.to),
            ("Called", &self.to),
        ] {
            put(&format!("{role}City"), "");
            put(&format!("{role}State"), "");
            put(&format!("{role}Zip"), "");
            put(
                &format!("{role}Country"),
                crate::rest::inventory::country_of(number).unwrap_or(""),
            );
        }
        if let Some(parent) = &self.parent_sid {
            put("ParentCallSid", parent);
        }
        if self.direction == Direction::Inbound {
            put("StirVerstat", "TN-Validation-Passed-A");
            put(
                "CallToken",
                "{\"parentCallInfoToken\":\"eyJhbGciOiJFUzI1NiJ9.simulated\",\"identityHeaderTokens\":[]}",
            );
        }
        if let Some(word) = self.read(|s| s.answer.answered_by.clone().filter(|_| s.answer.waited_for)) {
            put("AnsweredBy", &word);
        }
        // The real carrier adds parameters without notice, and they are signed like the others.
        put("ParameterOfTheFuture", "a b+c é");
        params
    }
}
