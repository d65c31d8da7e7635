//! The carrier of a call of turns, and the instances behind it.

use std::time::Duration;

use phony_calls::bus::EventBus;
use phony_calls::{
    Calls, CallsConfig, GatherAnswer, GatherHeard, GatherNext, GatherOpening, GatherPartial, GatherTurn,
    Nudge,
};
use phony_conversation::core::spoken_ms;
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_conversation::record::RecordBody;
use phony_conversation::{Event, EventBody, Record, Snapshot};
use phony_kernel::InstanceId;
use phony_kernel::call::{EndedReason, Engine};
use phony_models::chat::{ChatClient, ChatConfig};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

pub(crate) use crate::model_server::{Answer, ModelServer};

/// Nothing in these tests takes longer.
pub(crate) const SOON: Duration = Duration::from_secs(45);
pub(crate) const TOKEN: &str = "the call's token";

pub(crate) fn plan() -> CallPlan {
    let mut plan = CallPlan::example();
    plan.engine = Engine::Gather;
    plan.personality.greeting = Some("Hello, this is Ava.".to_owned());
    plan
}

pub(crate) fn with_colleague(mut plan: CallPlan) -> CallPlan {
    let e164 = "+14155550134".parse().unwrap();
    plan.personality.transfer_targets = vec![TransferTarget::cold("billing", e164)];
    plan
}

/// One instance with its records and the callers that it wants to be called back.
pub(crate) struct Instance {
    pub(crate) calls: Calls,
    pub(crate) records: mpsc::Receiver<Record>,
    pub(crate) nudges: mpsc::Receiver<Nudge>,
}

impl Instance {
    pub(crate) fn alone(model: &ModelServer) -> Self {
        Self::with(model, None)
    }

    pub(crate) fn with(model: &ModelServer, bus: Option<EventBus>) -> Self {
        Self::at(&model.url, bus)
    }

    pub(crate) fn at(model_url: &str, bus: Option<EventBus>) -> Self {
        let chat = ChatClient::new(ChatConfig::new(model_url, None)).unwrap();
        let (sender, records) = mpsc::channel(4_096);
        let calls = Calls::new(CallsConfig::new(InstanceId::new()), chat, sender, bus);
        let (nudge, nudges) = mpsc::channel(8);
        calls.nudge_by(nudge);
        Self {
            calls,
            records,
            nudges,
        }
    }

    /// Everything recorded until the end of the call.
    pub(crate) async fn until_end(&mut self) -> Vec<RecordBody> {
        let mut all = Vec::new();
        loop {
            let record = timeout(SOON, self.records.recv())
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

    pub(crate) async fn ended_reason(&mut self) -> EndedReason {
        match self.until_end().await.pop() {
            Some(RecordBody::Ended { ending, .. }) => ending.reason,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn nudge(&mut self) -> Nudge {
        timeout(SOON, self.nudges.recv())
            .await
            .expect("a nudge in time")
            .unwrap()
    }

    /// Waits until no call runs here.
    pub(crate) async fn emptied(&self) {
        let deadline = Instant::now() + SOON;
        while self.calls.active() > 0 {
            assert!(Instant::now() < deadline, "a call still runs");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The carrier's side of a call.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) plan: CallPlan,
    pub(crate) number: u64,
    pub(crate) answers: Vec<GatherAnswer>,
    pub(crate) token: &'static str,
    /// What the database knows.
    pub(crate) stored: Option<Snapshot>,
}

impl Line {
    pub(crate) fn new(plan: CallPlan) -> Self {
        Self {
            plan,
            number: 0,
            answers: Vec::new(),
            token: TOKEN,
            stored: None,
        }
    }

    /// A call that was greeted.
    pub(crate) async fn greeted(at: &Instance, plan: CallPlan) -> Self {
        let mut line = Self::new(plan);
        assert_eq!(line.here(at).await, "Hello, this is Ava.");
        line
    }

    pub(crate) fn turn(&self, heard: GatherHeard) -> GatherTurn {
        GatherTurn {
            call_sid: self.plan.call_sid.clone(),
            number: self.number,
            heard,
        }
    }

    /// Takes a turn to an instance, as the webhook does.
    pub(crate) async fn bring(&mut self, at: &Instance, turn: GatherTurn) -> GatherAnswer {
        let answer = match at.calls.gather_here(self.plan.call, self.token, &turn).await {
            Some(answer) => answer,
            None => {
                let opening = GatherOpening {
                    plan: self.plan.clone(),
                    resumed: self.stored.clone(),
                    first: self.answers.is_empty(),
                    token: self.token.to_owned(),
                };
                at.calls.gather_turn(opening, turn).await
            }
        };
        if answer.next != GatherNext::TryAgain {
            self.number = answer.number;
            self.stored.get_or_insert_default();
            self.answers.push(answer.clone());
        }
        answer
    }

    async fn hears(&mut self, at: &Instance, heard: GatherHeard) -> String {
        let turn = self.turn(heard);
        words(&self.bring(at, turn).await)
    }

    pub(crate) async fn here(&mut self, at: &Instance) -> String {
        self.hears(at, GatherHeard::Here).await
    }

    pub(crate) async fn nothing(&mut self, at: &Instance) -> String {
        self.hears(at, GatherHeard::Nothing).await
    }

    pub(crate) async fn says(&mut self, at: &Instance, text: &str) -> String {
        self.hears(at, spoken(text, None)).await
    }

    /// The caller hears the agent out and then speaks, which the carrier tells while it happens.
    pub(crate) async fn talks(&mut self, at: &Instance, text: &str) -> String {
        let heard = spoken_ms(&words(self.answers.last().unwrap()));
        tokio::time::sleep(Duration::from_millis(heard + 1_600)).await;
        at.calls
            .gather_partial(self.plan.call, TOKEN, self.partial(0, text));
        self.says(at, text).await
    }

    pub(crate) async fn presses(&mut self, at: &Instance, keys: &str) -> String {
        self.hears(at, GatherHeard::Keys(keys.to_owned())).await
    }

    pub(crate) fn last(&self) -> &GatherNext {
        &self.answers.last().unwrap().next
    }

    pub(crate) fn listens(&self) -> bool {
        matches!(self.last(), GatherNext::Listen { .. })
    }

    pub(crate) fn partial(&self, sequence: i64, text: &str) -> GatherPartial {
        GatherPartial {
            call_sid: self.plan.call_sid.clone(),
            number: self.number,
            sequence: Some(sequence),
            text: text.to_owned(),
        }
    }
}

pub(crate) fn spoken(text: &str, confidence: Option<f64>) -> GatherHeard {
    GatherHeard::Words {
        text: text.to_owned(),
        confidence,
        language: None,
    }
}

pub(crate) fn words(answer: &GatherAnswer) -> String {
    let lines: Vec<&str> = answer.say.iter().map(|line| line.text.trim()).collect();
    lines.join(" ")
}

pub(crate) fn events(records: &[RecordBody]) -> Vec<&Event> {
    records
        .iter()
        .filter_map(|body| match body {
            RecordBody::Event(event) => Some(event),
            _ => None,
        })
        .collect()
}

pub(crate) fn has(records: &[RecordBody], wanted: impl Fn(&EventBody) -> bool) -> bool {
    events(records).into_iter().any(|event| wanted(&event.body))
}

pub(crate) async fn bus(url: &str) -> EventBus {
    let client = redis::Client::open(url).unwrap();
    let connection = client.get_connection_manager().await.unwrap();
    EventBus::start(client, connection)
}
