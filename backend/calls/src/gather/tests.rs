//! The wire by itself: what it makes of turns, and when it answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::Utc;
use phony_conversation::core::{Core, Effect, Handoff, Input, Now, ReplyId};
use phony_conversation::plan::CallPlan;
use phony_kernel::ItemId;
use phony_kernel::call::Engine;
use phony_models::chat::{ChatClient, ChatConfig};
use tokio::sync::{mpsc, oneshot};

use super::desk::Brought;
use super::kept::{Kept, Reply};
use super::wire::{GatherWire, Setting};
use super::{GatherAnswer, GatherHeard, GatherNext, GatherPartial, GatherTurn, Nudge};
use crate::wire::{Heard, Wire as _};

/// A wire with its core, on which the time stands still unless a test lets it pass, and a model in the test's hand.
pub(super) struct Bench {
    pub(super) wire: GatherWire,
    pub(super) core: Core,
    turns: mpsc::Sender<Brought>,
    pub(super) nudges: mpsc::Receiver<Nudge>,
    began: tokio::time::Instant,
    /// The open request to the model.
    pub(super) asked: Option<ReplyId>,
    /// Everything that the core has said, line by line.
    pub(super) spoken: HashMap<ItemId, String>,
    pub(super) endings: usize,
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut plan = CallPlan::example();
        plan.engine = Engine::Gather;
        let (turns, queue) = mpsc::channel(8);
        let (nudge, nudges) = mpsc::channel(8);
        let setting = Setting {
            first: true,
            kept: Kept::default(),
            number: Arc::new(AtomicU64::new(0)),
            token: "t".to_owned(),
            nudges: Some(nudge),
        };
        let chat = ChatClient::new(ChatConfig::new("http://127.0.0.1:9/v1", None)).unwrap();
        let wire = GatherWire::new(&plan, setting, queue, chat);
        let began = tokio::time::Instant::now();
        let core = Core::new(Arc::new(plan), now(began));
        Self {
            wire,
            core,
            turns,
            nudges,
            began,
            asked: None,
            spoken: HashMap::new(),
            endings: 0,
        }
    }

    pub(super) async fn input(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.core.on_input(now(self.began), input, &mut effects);
        self.perform(effects).await;
    }

    /// Does what is due.
    pub(super) async fn deadline(&mut self) {
        let mut effects = Vec::new();
        self.core.on_deadline(now(self.began), &mut effects);
        self.perform(effects).await;
    }

    async fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Emit(_)
                | Effect::FirstAudio
                | Effect::Acted { .. }
                | Effect::Use(_)
                | Effect::Release => {}
                Effect::Finish(_) => self.endings += 1,
                Effect::AskModel { reply, .. } => self.asked = Some(reply),
                Effect::CancelModel { .. } => self.asked = None,
                other => {
                    if let Effect::Speak { item, text, .. } = &other {
                        self.spoken.entry(*item).or_default().push_str(text);
                    }
                    self.wire.perform(&self.core, other).await.unwrap();
                }
            }
        }
        self.wire.settled(&self.core);
    }

    /// Lets wire and core talk until nothing is left to be said between them.
    pub(super) async fn settle(&mut self) {
        while let Ok(heard) = tokio::time::timeout(Duration::from_millis(1), self.wire.next()).await {
            match heard {
                Heard::Input(input) => self.input(input).await,
                Heard::Lost(_) => {
                    self.wire.lose().await;
                    let cause = "away".to_owned();
                    self.input(Input::SocketClosed { cause }).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn bring(&mut self, number: u64, heard: GatherHeard) -> oneshot::Receiver<Reply> {
        let (sender, reply) = oneshot::channel();
        let turn = GatherTurn {
            call_sid: self.core.plan().call_sid.clone(),
            number,
            heard,
        };
        self.turns.send(Brought::Turn(turn, sender)).await.unwrap();
        self.settle().await;
        reply
    }

    async fn answer(&mut self, number: u64, heard: GatherHeard) -> GatherAnswer {
        self.bring(number, heard).await.await.unwrap().answer
    }
}

fn now(began: tokio::time::Instant) -> Now {
    Now {
        ms: 10_000 + u64::try_from(began.elapsed().as_millis()).unwrap(),
        at: Utc::now(),
    }
}

fn speak(text: &str) -> Effect {
    Effect::Speak {
        item: ItemId::new(),
        by_model: true,
        interruptible: true,
        text: text.to_owned(),
        last: false,
        preemptible: true,
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_numbered_and_a_repeat_gets_the_same() {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    let first = bench.answer(0, GatherHeard::Here).await;
    assert_eq!((first.number, first.say.len()), (1, 1));
    assert_eq!(first.next, GatherNext::Listen { timeout_seconds: 8 });
    assert_eq!(bench.answer(0, GatherHeard::Here).await, first);
    let asked = bench.answer(1, GatherHeard::Nothing).await;
    assert_eq!(asked.number, 2);
    assert!(asked.say[0].text.contains("did not hear"));
    assert_eq!(
        bench.answer(0, GatherHeard::Here).await,
        asked,
        "a late repeat takes no turn"
    );
    assert!(bench.nudges.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_turn_waits_four_seconds_and_is_told_to_come_again() {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    bench.answer(0, GatherHeard::Here).await;
    let words = GatherHeard::Words {
        text: "When do you open?".to_owned(),
        confidence: None,
        language: None,
    };
    // The model has not said anything yet.
    let mut reply = bench.bring(1, words).await;
    assert!(reply.try_recv().is_err() && bench.asked.is_some());
    let _ = tokio::time::timeout(Duration::from_secs(4), bench.wire.next()).await;
    let answer = reply.await.unwrap().answer;
    assert_eq!((answer.number, &answer.next), (2, &GatherNext::ComeBack));
    assert!(answer.say[0].text.starts_with("One moment"));
}

#[tokio::test(start_paused = true)]
async fn parts_end_with_a_sentence_or_a_word() {
    let mut bench = Bench::new();
    for (text, said, rest) in [
        ("Let me see. We ha", Some("Let me see."), " We ha"),
        ("We have re", Some("We have"), " re"),
        ("Wonderfu", None, "Wonderfu"),
    ] {
        bench.wire.said.clear();
        bench.wire.mood.resting = false;
        bench.wire.perform(&bench.core, speak(text)).await.unwrap();
        let (sender, reply) = oneshot::channel();
        let number = bench.wire.last.as_ref().map_or(0, |last| last.answer.number);
        let turn = GatherTurn {
            call_sid: String::new(),
            number,
            heard: GatherHeard::Here,
        };
        bench.wire.take(turn, sender);
        bench.wire.soothed = true;
        bench.wire.answer_in_part();
        let answer = reply.await.unwrap().answer;
        assert_eq!(answer.next, GatherNext::ComeBack);
        assert_eq!(answer.say.first().map(|line| line.text.as_str()), said);
        assert_eq!(bench.wire.said[0].line.text, rest);
    }
}

#[tokio::test(start_paused = true)]
async fn partials_of_this_turn_count_in_their_order() {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    bench.answer(0, GatherHeard::Here).await;
    let partial = |number, sequence, text: &str| GatherPartial {
        call_sid: String::new(),
        number,
        sequence: Some(sequence),
        text: text.to_owned(),
    };
    let mut seen = Vec::new();
    for (number, sequence, text) in [
        (1, 0, "My"),
        (1, 2, "My name is"),
        (1, 1, "My name"),
        (0, 9, "Old"),
        (2, 3, "New"),
    ] {
        if let Some(Input::CallerPartial { text }) = bench.wire.partial(partial(number, sequence, text)) {
            seen.push(text);
        }
    }
    assert_eq!(seen, ["My", "My name is"]);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_does_not_come_back_is_lost_and_may_come_after_all() {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    bench.answer(0, GatherHeard::Here).await;
    let waited = tokio::time::Instant::now();
    let heard = bench.wire.next().await;
    assert!(matches!(heard, Heard::Lost(_)), "{heard:?}");
    let waited = waited.elapsed().as_secs();
    assert!((80..100).contains(&waited), "{waited}");
    bench.wire.lose().await;
    bench
        .input(Input::SocketClosed {
            cause: "away".to_owned(),
        })
        .await;
    let (sender, _reply) = oneshot::channel();
    let turn = GatherTurn {
        call_sid: String::new(),
        number: 1,
        heard: GatherHeard::Nothing,
    };
    bench.wire.take(turn, sender);
    assert_eq!(bench.wire.inputs.pop_front(), Some(Input::Connected));
}

#[tokio::test(start_paused = true)]
async fn an_end_between_turns_makes_the_carrier_come_once() {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    bench.answer(0, GatherHeard::Here).await;
    for _ in 0..2 {
        let end = Effect::EndSession {
            handoff: Handoff::end(),
        };
        bench.wire.perform(&bench.core, end).await.unwrap();
    }
    assert!(bench.wire.has_given_back());
    let nudge = bench.nudges.try_recv().unwrap();
    assert_eq!((nudge.number, nudge.token.as_str()), (1, "t"));
    assert!(bench.nudges.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_open_when_the_call_goes_elsewhere_comes_again() {
    let mut bench = Bench::new();
    let (sender, reply) = oneshot::channel();
    let turn = GatherTurn {
        call_sid: String::new(),
        number: 0,
        heard: GatherHeard::Here,
    };
    bench.wire.take(turn, sender);
    bench.wire.close().await;
    let answer = reply.await.unwrap().answer;
    assert_eq!((answer.number, answer.next), (1, GatherNext::ComeBack));
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_said_is_fetched_although_something_late_was_waiting() {
    let mut bench = Bench::new();
    bench.input(Input::Connected).await;
    bench.answer(0, GatherHeard::Here).await;
    let late = GatherPartial {
        call_sid: String::new(),
        number: 0,
        sequence: None,
        text: "Hello".to_owned(),
    };
    bench.turns.send(Brought::Partial(late)).await.unwrap();
    bench.wire.perform(&bench.core, Effect::StopVoice).await.unwrap();
    bench
        .wire
        .perform(&bench.core, speak("One thing."))
        .await
        .unwrap();
    bench.wire.settled(&bench.core);
    bench.settle().await;
    assert_eq!(bench.nudges.try_recv().unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_said_is_heard_out_unless_it_is_not_wanted() {
    for (stale, firm, at_once) in [(false, false, false), (true, false, true), (true, true, false)] {
        let mut bench = Bench::new();
        bench.input(Input::Connected).await;
        bench.answer(0, GatherHeard::Here).await;
        bench.wire.prompt_is_firm = firm;
        if stale {
            bench.wire.perform(&bench.core, Effect::StopVoice).await.unwrap();
        }
        bench
            .wire
            .perform(&bench.core, speak("One thing."))
            .await
            .unwrap();
        bench.wire.settled(&bench.core);
        bench.settle().await;
        assert_eq!(bench.nudges.try_recv().is_ok(), at_once, "{stale} {firm}");
        if !at_once {
            tokio::time::advance(Duration::from_secs(4)).await;
            bench.settle().await;
            assert_eq!(bench.nudges.try_recv().unwrap().number, 1, "{stale} {firm}");
        }
    }
}
