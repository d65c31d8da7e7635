//! Turns, repeats, partial results, acts and a model of all moods, in any order.

use std::collections::HashMap;
use std::time::Duration;

use phony_conversation::command::{Action, Actor, Command};
use phony_conversation::core::Input;
use phony_kernel::ItemId;
use proptest::prelude::*;
use tokio::sync::oneshot;

use super::kept::Reply;
use super::tests::Bench;
use super::{GatherHeard, GatherNext, GatherPartial};

#[derive(Debug, Clone)]
enum Step {
    Turn(u8),
    Repeat(u8),
    Partial,
    Token(u8),
    Done,
    Fails(bool),
    Say,
    Guide,
    End(bool),
    Wait(u16),
}

const TOKENS: [&str; 7] = [
    "We open ",
    "at nine. ",
    "Is there ",
    "anything el",
    "se? ",
    "[[end_call]]",
    "[[request_user:really?]]",
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_u8).prop_map(Step::Turn),
        1 => (0..3_u8).prop_map(Step::Repeat),
        2 => Just(Step::Partial),
        6 => (0..40_u8).prop_map(Step::Token),
        4 => Just(Step::Done),
        1 => any::<bool>().prop_map(Step::Fails),
        1 => Just(Step::Say),
        1 => Just(Step::Guide),
        1 => (0..12_u8).prop_map(|at| Step::End(at == 0)),
        4 => (0..6_000_u16).prop_map(Step::Wait),
    ]
}

fn heard(kind: u8) -> GatherHeard {
    match kind {
        0 => GatherHeard::Here,
        1 => GatherHeard::Nothing,
        2 => GatherHeard::Keys("12#".to_owned()),
        _ => GatherHeard::Words {
            text: "And on Sundays?".to_owned(),
            confidence: None,
            language: None,
        },
    }
}

fn act(id: usize, action: Action) -> Input {
    let actor = Actor {
        id: "usr_1".to_owned(),
        name: "Mia".to_owned(),
    };
    Input::Command(Command {
        action_id: id.to_string(),
        actor,
        action,
    })
}

/// The carrier's side: what it asked, and what it was told.
struct Carrier {
    bench: Bench,
    number: u64,
    open: Option<oneshot::Receiver<Reply>>,
    told: HashMap<ItemId, String>,
    over: bool,
}

impl Carrier {
    /// Takes an answer that has come.
    fn look(&mut self) {
        let Some(reply) = self.open.as_mut().and_then(|open| open.try_recv().ok()) else {
            return;
        };
        self.open = None;
        let answer = reply.answer;
        assert_eq!(answer.number, self.number + 1, "each answer has the next number");
        self.number = answer.number;
        for line in answer.say {
            if let Some(spoken) = self.bench.spoken.get(&line.item) {
                let told = self.told.entry(line.item).or_default();
                told.push_str(&line.text);
                assert!(spoken.starts_with(told.as_str()), "{told:?} of {spoken:?}");
            }
        }
        self.over = matches!(answer.next, GatherNext::GiveBack(_));
    }

    async fn pass(&mut self, ms: u64) {
        let until = tokio::time::Instant::now() + Duration::from_millis(ms);
        while tokio::time::Instant::now() < until {
            tokio::time::advance(Duration::from_millis(100)).await;
            self.bench.deadline().await;
            self.bench.settle().await;
            self.look();
        }
    }

    async fn take(&mut self, at: usize, step: Step) {
        match step {
            Step::Turn(kind) if self.open.is_none() && !self.over => {
                self.open = Some(self.bench.bring(self.number, heard(kind)).await);
            }
            Step::Repeat(back) if self.number > u64::from(back) => {
                let number = self.number - 1 - u64::from(back);
                let mut again = self.bench.bring(number, heard(3)).await;
                let reply = again.try_recv().expect("a repeat is answered at once");
                assert_eq!(reply.answer.number, self.number);
            }
            Step::Partial => {
                let partial = GatherPartial {
                    call_sid: String::new(),
                    number: self.number,
                    sequence: None,
                    text: "And on".to_owned(),
                };
                if let Some(input) = self.bench.wire.partial(partial) {
                    self.bench.input(input).await;
                }
            }
            Step::Token(token) => {
                if let Some(reply) = self.bench.asked {
                    let text = TOKENS[usize::from(token).min(TOKENS.len() - 1) % TOKENS.len()].to_owned();
                    self.bench.input(Input::ModelToken { reply, text }).await;
                }
            }
            Step::Done => {
                if let Some(reply) = self.bench.asked.take() {
                    self.bench
                        .input(Input::ModelFinished { reply, usage: None })
                        .await;
                }
            }
            Step::Fails(retryable) => {
                if let Some(reply) = self.bench.asked.take() {
                    let failed = Input::ModelFailed {
                        reply,
                        retryable,
                        retry_after_ms: None,
                        detail: "no".to_owned(),
                    };
                    self.bench.input(failed).await;
                }
            }
            Step::Say | Step::Guide => {
                let mode = match step {
                    Step::Say => phony_conversation::command::SayMode::Verbatim,
                    _ => phony_conversation::command::SayMode::Guidance,
                };
                let say = Action::Say {
                    text: "This is Mia.".to_owned(),
                    mode,
                    when: Default::default(),
                };
                self.bench.input(act(at, say)).await;
            }
            Step::End(true) => {
                let say = at.is_multiple_of(2).then(|| "Goodbye.".to_owned());
                self.bench.input(act(at, Action::End { say })).await;
            }
            Step::Wait(ms) => self.pass(ms.into()).await,
            _ => {}
        }
        self.bench.settle().await;
        self.look();
    }
}

async fn play(steps: Vec<Step>) {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    let mut carrier = Carrier {
        bench,
        number: 0,
        open: None,
        told: HashMap::new(),
        over: false,
    };
    for (at, step) in steps.into_iter().enumerate() {
        carrier.take(at, step).await;
        if carrier.bench.core.is_over() {
            break;
        }
    }
    // Nobody waits for an answer for ever.
    if carrier.open.is_some() && !carrier.bench.core.is_over() {
        carrier.pass(4_500).await;
        assert!(carrier.open.is_none(), "a turn was not answered");
    }
    assert!(carrier.bench.endings <= 1);
    if carrier.over {
        assert_eq!(carrier.bench.endings, 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_turns_is_answered_once_and_in_order(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(steps));
    }
}
