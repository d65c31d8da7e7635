//! One session: a loop that owns the socket, the talk and the replies, and does what is due.

pub(crate) use client::UPDATE_KINDS;
pub(crate) use replies::REPLY_KINDS;
pub(crate) use turns::TRANSCRIPTION_KINDS;

mod client;
mod play;
mod replies;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::config::Config;
use super::events;
use super::hearing::Hearing;
use super::items::Talk;
use super::line::Line;
use super::record::Record;
use super::run::{Planned, Run};
use super::usage::Tokens;
use crate::control::faults::{Fault, Side};
use crate::world::World;

/// How often a quiet session looks whether a fault has been ordered.
const LOOK: Duration = Duration::from_millis(40);
/// The longest session.
const LONGEST_MS: u64 = 60 * 60 * 1_000;
/// The allowance of a project, per minute.
const REQUESTS: u64 = 400;
const TOKENS: u64 = 200_000;

/// Something that happens later.
enum Later {
    /// The caller's words are written down: item, words, length of the sound.
    Transcript(String, String, u64),
    /// An event that is late.
    Event(Value),
}

/// A session.
pub(crate) struct Session {
    world: Arc<World>,
    line: Line,
    record: Arc<Record>,
    model: String,
    conversation: String,
    config: Config,
    talk: Talk,
    hearing: Hearing,
    /// The item that the speech now heard will be, and where it began.
    speaking: Option<(String, u64)>,
    runs: Vec<Run>,
    later: Vec<(Instant, Later)>,
    planned: mpsc::UnboundedReceiver<(String, Vec<Planned>)>,
    plans: mpsc::UnboundedSender<(String, Vec<Planned>)>,
    /// What the reply before has read.
    read_before: Tokens,
    requests_left: u64,
    tokens_left: u64,
    /// When the session's patience with a silent caller ends, and where in the sound it began.
    idle: Option<(Instant, u64)>,
    expires: Instant,
}

impl Session {
    pub(crate) fn new(
        world: Arc<World>,
        line: Line,
        record: Arc<Record>,
        model: String,
        transcription_only: bool,
    ) -> Self {
        let limit_ms = world
            .realtime
            .settings
            .lock()
            .session_limit_ms
            .unwrap_or(LONGEST_MS);
        let lasts = world.clock.real(limit_ms);
        let seconds = i64::try_from(lasts.as_secs()).unwrap_or(0);
        let expires_at = chrono::Utc::now().timestamp() + seconds;
        let (plans, planned) = mpsc::unbounded_channel();
        Self {
            config: Config::new(&record.id, &model, transcription_only, expires_at),
            hearing: Hearing::new(&world.speech),
            conversation: events::id("conv"),
            world,
            line,
            record,
            model,
            talk: Talk::default(),
            speaking: None,
            runs: Vec::new(),
            later: Vec::new(),
            planned,
            plans,
            read_before: Tokens::default(),
            requests_left: REQUESTS,
            tokens_left: TOKENS,
            idle: None,
            expires: Instant::now() + lasts,
        }
    }

    /// Runs until either side has gone.
    pub(crate) async fn run(mut self, fault: Option<Fault>) {
        match fault.as_ref().map(|fault| (fault.kind.as_str(), fault.ms)) {
            Some(("slow_created", ms)) => {
                tokio::time::sleep(Duration::from_millis(ms.unwrap_or(5_000))).await;
            }
            Some(("never_created", ms)) => {
                // The socket is open, and that is all.
                tokio::time::sleep(Duration::from_millis(ms.unwrap_or(120_000))).await;
            }
            _ => {}
        }
        self.record.session(self.config.view());
        let created = json!({"type": "session.created", "session": self.config.view()});
        self.line.send(created).await;
        while !self.line.is_over() {
            let due = self.next_due();
            tokio::select! {
                text = self.line.next() => match text {
                    Some(text) => {
                        self.line.strike().await;
                        self.on_text(&text).await;
                    }
                    None => break,
                },
                Some((id, planned)) = self.planned.recv() => self.on_planned(&id, planned),
                () = sleep_until(due) => {}
            }
            self.do_due().await;
        }
    }

    fn next_due(&self) -> Instant {
        let soon = Instant::now() + LOOK;
        let runs = self.runs.iter().map(|run| run.next_at);
        let later = self.later.iter().map(|(at, _)| *at);
        runs.chain(later).fold(soon, Instant::min)
    }

    async fn do_due(&mut self) {
        let now = Instant::now();
        while let Some(at) = self.later.iter().position(|(due, _)| *due <= now) {
            match self.later.remove(at).1 {
                Later::Transcript(item, words, ms) => self.write_down(&item, &words, ms).await,
                Later::Event(event) => self.line.send(event).await,
            }
        }
        let ids: Vec<String> = self.runs.iter().map(|run| run.id.clone()).collect();
        for id in ids {
            self.play(&id, now).await;
        }
        self.look_at_silence(now).await;
        if now >= self.expires && !self.line.is_over() {
            self.line.expire().await;
        }
        self.line.strike().await;
    }

    /// The real moment after so many simulated milliseconds.
    fn after(&self, ms: u64) -> Instant {
        Instant::now() + self.world.clock.real(ms)
    }

    /// A fault of one of these kinds, when it is this session's turn.
    fn trouble(&self, kinds: &[&str], place: &str) -> Option<Fault> {
        let fault = self.world.faults.take_where(Side::Realtime, place, |fault| {
            kinds.contains(&fault.kind.as_str())
        })?;
        self.record.fault(&fault.kind);
        Some(fault)
    }
}
