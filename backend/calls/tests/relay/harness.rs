//! A carrier's socket in memory and the calls behind it.

use std::time::Duration;

use phony_calls::bus::EventBus;
use phony_calls::{Calls, CallsConfig, Outcome, RelaySocket, SocketError};
use phony_conversation::command::{Action, Actor, Command};
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_conversation::record::RecordBody;
use phony_conversation::{Event, EventBody, Record, Snapshot, Speaker};
use phony_kernel::call::Ending;
use phony_kernel::{InstanceId, ItemId};
use phony_models::chat::{ChatClient, ChatConfig};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub(crate) use crate::model_server::{Answer, ModelServer};

/// Nothing in these tests takes longer.
pub(crate) const SOON: Duration = Duration::from_secs(45);

/// Our end of a socket in memory.
pub(crate) struct MemorySocket {
    incoming: mpsc::Receiver<Option<String>>,
    outgoing: mpsc::Sender<String>,
    closed: bool,
}

impl RelaySocket for MemorySocket {
    async fn recv(&mut self) -> Option<Result<String, SocketError>> {
        // A closed socket stays closed, and says so at once.
        if self.closed {
            return None;
        }
        match self.incoming.recv().await {
            Some(Some(frame)) => Some(Ok(frame)),
            Some(None) => {
                self.closed = true;
                None
            }
            None => Some(Err(SocketError::new("connection reset"))),
        }
    }

    async fn send(&mut self, text: String) -> Result<(), SocketError> {
        self.outgoing
            .send(text)
            .await
            .map_err(|_| SocketError::new("closed"))
    }

    async fn close(&mut self) {}
}

/// The carrier's end.
pub(crate) struct Carrier {
    frames: Option<mpsc::Sender<Option<String>>>,
    sent: mpsc::Receiver<String>,
    /// Finished talk cycles.
    pub(crate) spoken: Vec<String>,
    cycle: String,
    pub(crate) others: Vec<Value>,
    run: Option<JoinHandle<Outcome>>,
}

impl Carrier {
    /// A call of `plan` on `calls` whose setup has been read.
    pub(crate) fn connect(calls: &Calls, plan: &CallPlan) -> Self {
        Self::connect_with(calls, plan, 256)
    }

    /// The same whose carrier takes only so many frames unread.
    pub(crate) fn connect_with(calls: &Calls, plan: &CallPlan, buffer: usize) -> Self {
        Self::open(calls, plan, buffer, None)
    }

    /// A call that had a socket before, of which the database knows this.
    pub(crate) fn come_back(calls: &Calls, plan: &CallPlan, stored: Snapshot) -> Self {
        Self::open(calls, plan, 256, Some(stored))
    }

    fn open(calls: &Calls, plan: &CallPlan, buffer: usize, resumed: Option<Snapshot>) -> Self {
        let (frames, incoming) = mpsc::channel(256);
        let (outgoing, sent) = mpsc::channel(buffer);
        let (calls, plan) = (calls.clone(), plan.clone());
        let run = tokio::task::spawn_local(async move {
            calls
                .run_relay(
                    plan,
                    resumed,
                    MemorySocket {
                        incoming,
                        outgoing,
                        closed: false,
                    },
                )
                .await
        });
        let (spoken, cycle, others) = (Vec::new(), String::new(), Vec::new());
        Self {
            frames: Some(frames),
            sent,
            spoken,
            cycle,
            others,
            run: Some(run),
        }
    }

    pub(crate) async fn send(&self, message: Value) {
        self.frames
            .as_ref()
            .unwrap()
            .send(Some(message.to_string()))
            .await
            .unwrap();
    }

    pub(crate) async fn prompt(&self, text: &str) {
        self.send(json!({ "type": "prompt", "voicePrompt": text, "lang": "en-US", "last": true }))
            .await;
    }

    /// The voice has spoken the last talk cycle.
    pub(crate) async fn played(&self) {
        let text = self.spoken.last().unwrap();
        self.send(json!({ "type": "info", "name": "tokensPlayed", "value": text }))
            .await;
        self.send(json!({ "type": "info", "name": "agentSpeaking", "value": "off", "ts": 1 }))
            .await;
    }

    pub(crate) async fn hang_up(&mut self) {
        let _ = self.frames.as_ref().unwrap().send(None).await;
    }

    /// The connection is lost without a word.
    pub(crate) fn drop_connection(&mut self) {
        self.frames = None;
    }

    /// The next frame that we are sent.
    pub(crate) async fn frame(&mut self) -> Value {
        let text = tokio::time::timeout(SOON, self.sent.recv())
            .await
            .expect("a frame in time")
            .expect("a frame");
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "text" {
            self.cycle.push_str(frame["token"].as_str().unwrap());
            if frame["last"] == true {
                self.spoken.push(std::mem::take(&mut self.cycle));
            }
        } else {
            self.others.push(frame.clone());
        }
        frame
    }

    /// Waits until a talk cycle is complete, and gives it.
    pub(crate) async fn hears(&mut self) -> String {
        let before = self.spoken.len();
        while self.spoken.len() == before {
            self.frame().await;
        }
        self.spoken.last().unwrap().clone()
    }

    /// Waits for a frame that is no text.
    pub(crate) async fn other(&mut self) -> Value {
        let before = self.others.len();
        while self.others.len() == before {
            self.frame().await;
        }
        self.others.last().unwrap().clone()
    }

    pub(crate) async fn outcome(&mut self) -> Outcome {
        let run = self.run.take().unwrap();
        tokio::time::timeout(SOON, run)
            .await
            .expect("an end in time")
            .unwrap()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.is_finished())
    }
}

/// One instance with its records.
pub(crate) struct Instance {
    pub(crate) calls: Calls,
    pub(crate) records: mpsc::Receiver<Record>,
}

impl Instance {
    pub(crate) fn alone(model: &ModelServer) -> Self {
        Self::with(model, None, 1_024)
    }

    pub(crate) fn with(model: &ModelServer, bus: Option<EventBus>, queue: usize) -> Self {
        let chat = ChatClient::new(ChatConfig::new(model.url.clone(), None)).unwrap();
        let (sender, records) = mpsc::channel(queue);
        let calls = Calls::new(CallsConfig::new(InstanceId::new()), chat, sender, bus);
        Self { calls, records }
    }

    /// All records of one call, until its end.
    pub(crate) async fn until_end(&mut self) -> Vec<RecordBody> {
        let mut all = Vec::new();
        loop {
            let record = tokio::time::timeout(SOON, self.records.recv())
                .await
                .expect("records in time")
                .unwrap();
            let over = matches!(record.body, RecordBody::Ended { .. });
            all.push(record.body);
            if over {
                return all;
            }
        }
    }
}

pub(crate) async fn bus(url: &str) -> EventBus {
    let client = redis::Client::open(url).unwrap();
    let connection = client.get_connection_manager().await.unwrap();
    EventBus::start(client, connection)
}

pub(crate) fn plan() -> CallPlan {
    let mut plan = CallPlan::example();
    plan.personality.greeting = Some("Hello.".to_owned());
    let e164 = "+14155550134".parse().unwrap();
    plan.personality.transfer_targets = vec![TransferTarget::cold("billing", e164)];
    plan
}

pub(crate) fn command(id: &str, action: Action) -> Command {
    let actor = Actor {
        id: "usr_1".to_owned(),
        name: "Mia".to_owned(),
    };
    Command {
        action_id: id.to_owned(),
        actor,
        action,
    }
}

pub(crate) fn say(id: &str, text: &str) -> Command {
    command(
        id,
        Action::Say {
            text: text.to_owned(),
            mode: Default::default(),
            when: Default::default(),
        },
    )
}

pub(crate) fn endings(records: &[RecordBody]) -> Vec<Ending> {
    records
        .iter()
        .filter_map(|body| match body {
            RecordBody::Ended { ending, .. } => Some(ending.clone()),
            _ => None,
        })
        .collect()
}

pub(crate) fn names(records: &[RecordBody]) -> Vec<&'static str> {
    records
        .iter()
        .filter_map(|body| match body {
            RecordBody::Event(event) => Some(event.body.name()),
            _ => None,
        })
        .collect()
}

pub(crate) fn event_bodies(records: &[RecordBody]) -> Vec<&EventBody> {
    records
        .iter()
        .filter_map(|body| match body {
            RecordBody::Event(event) => Some(&event.body),
            _ => None,
        })
        .collect()
}

/// Runs a test on one thread, as a worker does.
pub(crate) async fn on_worker(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}

/// Waits until `done`.
pub(crate) async fn eventually(mut done: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + SOON;
    while !done() {
        assert!(tokio::time::Instant::now() < deadline, "it never happened");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Carrier {
    /// The process behind the socket dies.
    pub(crate) fn abort(&mut self) {
        if let Some(run) = self.run.take() {
            run.abort();
        }
    }
}

/// A line of the caller as an event.
pub(crate) fn said(seq: u64, text: &str) -> Event {
    speech(seq, Speaker::Caller, text)
}

fn speech(seq: u64, speaker: Speaker, text: &str) -> Event {
    Event {
        seq,
        at: chrono::Utc::now(),
        offset_ms: seq,
        body: EventBody::SpeechFinal {
            item_id: ItemId::new(),
            speaker,
            text: text.to_owned(),
            language: None,
        },
    }
}

/// What the database knows of a talk, the agent and the caller in turn.
pub(crate) fn stored(lines: &[&str]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (at, text) in lines.iter().enumerate() {
        let speaker = if at % 2 == 0 {
            Speaker::Agent
        } else {
            Speaker::Caller
        };
        snapshot.apply(&speech(at as u64 + 2, speaker, text));
    }
    snapshot
}
