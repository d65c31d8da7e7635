//! Any order of inputs: never two replies, never a word after the end, one end, no gap in the events.

use phony_conversation::Snapshot;
use phony_conversation::command::{Action, Command, SayMode, SayWhen, TakeoverVia, TransferKind};
use phony_conversation::core::{Effect, Input, ModelUsage, ReplyId, TransferNews};
use phony_conversation::event::EventBody;
use phony_conversation::plan::{ApprovalMode, ApprovalTimeout};
use phony_conversation::snapshot::ItemBody;
use phony_kernel::call::Engine;
use proptest::prelude::*;

use crate::harness::{Talk, ben, mia, plan, transfer};

#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    Connected,
    Partial(String),
    Final(String),
    Key(char),
    Interrupted(usize),
    Played,
    Voice(bool),
    Token(String),
    Finished,
    Failed(bool),
    Stale,
    Act(u8, Action),
    Watch(bool, bool),
    Lease(bool),
    SupervisorWords(String),
    Closed,
    HungUp,
    Drain,
    News(TransferNews),
}

fn news() -> impl Strategy<Value = TransferNews> {
    let leg = || "CA2".to_owned();
    prop::sample::select(vec![
        TransferNews::Briefed {
            text: Some("They want [[press:1]] a refund.".to_owned()),
            response_id: None,
            used: None,
        },
        TransferNews::Briefed {
            text: None,
            response_id: None,
            used: None,
        },
        TransferNews::Placed { leg: leg() },
        TransferNews::Ringing { leg: leg() },
        TransferNews::Answered { leg: leg() },
        TransferNews::Answered { leg: leg() },
        TransferNews::Accepted { leg: leg() },
        TransferNews::Accepted { leg: leg() },
        TransferNews::Rejected { leg: leg() },
        TransferNews::Mailbox { leg: leg() },
        TransferNews::Over {
            leg: Some(leg()),
            reason: "busy".to_owned(),
        },
        TransferNews::Joined,
        TransferNews::NotJoined,
    ])
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "Hello there, how are you today?",
        "[[press:1]]",
        "[[end_call]]",
        "[[transfer:billing]]",
        "[[trans",
        "fer:+1900",
        "]]",
        "[[request_user:may I?]]",
        " and so on",
        "[",
        "]",
        "[[",
        "",
        "  ",
        "\n",
        "Number 12345.",
        "ünïcödé ☎",
    ])
    .prop_map(str::to_owned)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (words(), any::<bool>(), any::<bool>()).prop_map(|(text, guidance, after)| Action::Say {
            text,
            mode: if guidance { SayMode::Guidance } else { SayMode::Verbatim },
            when: if after { SayWhen::AfterTurn } else { SayWhen::Now },
        }),
        1 => words().prop_map(|digits| Action::Dtmf { digits }),
        1 => Just(transfer("nobody", None)),
        1 => Just(transfer("billing", None)),
        2 => Just(transfer("billing", Some(TransferKind::Warm))),
        1 => Just(Action::Hold),
        1 => Just(Action::Unhold),
        1 => Just(Action::End { say: Some("Goodbye now.".to_owned()) }),
        1 => Just(Action::End { say: None }),
        2 => Just(Action::Approve { approval_id: "last".to_owned(), text: None }),
        1 => words().prop_map(|text| Action::Approve { approval_id: "last".to_owned(), text: Some(text) }),
        2 => words().prop_map(|text| Action::Reject { approval_id: "last".to_owned(), guidance: Some(text) }),
        1 => prop::sample::select(vec![
            ApprovalMode::Off, ApprovalMode::EveryTurn, ApprovalMode::FirstTurn, ApprovalMode::OnTools,
        ]).prop_map(|mode| Action::ApprovalMode { mode }),
        1 => any::<bool>().prop_map(|take| Action::Claim { take }),
        1 => any::<bool>().prop_map(|any| Action::Release { any }),
        1 => words().prop_map(|text| Action::Note { text }),
        2 => Just(Action::Takeover { via: TakeoverVia::Keyboard }),
        2 => Just(Action::Takeover { via: TakeoverVia::Microphone }),
        2 => words().prop_map(|note| Action::Handback { note: Some(note) }),
        2 => Just(Action::Clarify { clarification_id: "last".to_owned(), answer: "yes".to_owned(), decide: false }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0u64..12_000).prop_map(Step::Pass),
        2 => Just(Step::Connected),
        2 => words().prop_map(Step::Partial),
        6 => words().prop_map(Step::Final),
        2 => prop::sample::select(vec!['1', '#', '*', 'x']).prop_map(Step::Key),
        3 => (0usize..12).prop_map(Step::Interrupted),
        1 => Just(Step::Played),
        2 => any::<bool>().prop_map(Step::Voice),
        14 => words().prop_map(Step::Token),
        8 => Just(Step::Finished),
        2 => any::<bool>().prop_map(Step::Failed),
        1 => Just(Step::Stale),
        6 => news().prop_map(Step::News),
        4 => (any::<u8>(), action()).prop_map(|(id, action)| Step::Act(id, action)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(ben, on)| Step::Watch(ben, on)),
        2 => any::<bool>().prop_map(Step::Lease),
        1 => words().prop_map(Step::SupervisorWords),
        1 => Just(Step::Closed),
        1 => prop::sample::select(vec![Step::HungUp, Step::Drain, Step::Pass(1), Step::Pass(2), Step::Pass(3)]),
    ]
}

fn play(talk: &mut Talk, step: Step) {
    let open = talk.open.unwrap_or_else(ReplyId::new);
    match step {
        Step::Pass(ms) => talk.pass(ms),
        Step::Connected => talk.put(Input::Connected),
        Step::Partial(text) => talk.put(Input::CallerPartial { text }),
        Step::Final(text) => talk.caller(&text),
        Step::Key(key) => talk.put(Input::Dtmf {
            digit: key.to_string(),
        }),
        Step::Interrupted(words) => {
            let heard = talk.spoken.last().cloned().unwrap_or_default();
            let heard = heard.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
            talk.put(Input::CallerInterrupted {
                heard,
                heard_ms: Some(10),
            });
        }
        Step::Played => talk.put(Input::Played {
            text: "Hello there".to_owned(),
        }),
        Step::Voice(on) => talk.put(Input::AgentSpeaking { on }),
        Step::Token(text) => talk.put(Input::ModelToken { reply: open, text }),
        Step::Finished => {
            talk.open = None;
            talk.put(Input::ModelFinished {
                reply: open,
                usage: Some(ModelUsage {
                    text_in: 9,
                    text_in_cached: 3,
                    text_out: 2,
                    ..ModelUsage::default()
                }),
            });
        }
        Step::Failed(retryable) => {
            talk.open = None;
            let detail = "fault".to_owned();
            talk.put(Input::ModelFailed {
                reply: open,
                retryable,
                retry_after_ms: None,
                detail,
            });
        }
        Step::Stale => {
            let stale = talk.asked.first().map_or_else(ReplyId::new, |(reply, _)| *reply);
            if talk.open != Some(stale) {
                talk.put(Input::ModelToken {
                    reply: stale,
                    text: "stale".to_owned(),
                });
                talk.put(Input::ModelFinished {
                    reply: stale,
                    usage: None,
                });
            }
        }
        Step::Act(id, mut action) => {
            if let Action::Clarify { clarification_id, .. } = &mut action {
                let last = talk.events.iter().rev().find_map(|event| match &event.body {
                    EventBody::ClarificationRequested { clarification_id, .. } => {
                        Some(clarification_id.to_string())
                    }
                    _ => None,
                });
                *clarification_id = last.unwrap_or_default();
            }
            if let Action::Approve { approval_id, .. } | Action::Reject { approval_id, .. } = &mut action {
                let last = talk.events.iter().rev().find_map(|event| match &event.body {
                    EventBody::ApprovalRequested { approval_id, .. } => Some(approval_id.to_string()),
                    _ => None,
                });
                *approval_id = last.unwrap_or_default();
            }
            let actor = if id % 5 == 0 { ben() } else { mia() };
            talk.put(Input::Command(Command {
                action_id: format!("a{}", id % 64),
                actor,
                action,
            }));
        }
        Step::Watch(is_ben, on) => {
            let actor = if is_ben { ben() } else { mia() };
            let socket = format!("socket of {}", actor.name);
            talk.put(if on {
                Input::Watching { socket, actor }
            } else {
                Input::WatchingEnded { socket }
            });
        }
        Step::Lease(kept) => {
            let (actor, via) = match talk.core.taken_over() {
                Some((actor, via)) => (actor.id.clone(), via),
                None => (mia().id, TakeoverVia::Keyboard),
            };
            talk.put(if kept {
                Input::TakeoverRenewed { actor, via }
            } else {
                Input::TakeoverLapsed { actor, via }
            });
        }
        Step::SupervisorWords(text) => talk.put(Input::SupervisorWords {
            line: ReplyId::new(),
            actor: mia(),
            text,
        }),
        Step::Closed => talk.put(Input::SocketClosed {
            cause: "reset".to_owned(),
        }),
        Step::HungUp => talk.put(Input::CallerHungUp),
        Step::Drain => talk.put(Input::Drain),
        Step::News(news) => {
            let transfer = talk.transfer().unwrap_or_else(ReplyId::new);
            talk.put(Input::Transfer { transfer, news });
        }
    }
}

fn check(talk: &Talk) -> Result<(), TestCaseError> {
    crate::rules::people_are_asked(talk)?;
    crate::rules::one_voice(talk)?;
    crate::rules::one_acts(talk)?;
    // One end at most, and after it only answers to acts.
    let over: Vec<usize> = talk
        .effects
        .iter()
        .enumerate()
        .filter(|(_, effect)| matches!(effect, Effect::Finish(_) | Effect::Release))
        .map(|(at, _)| at)
        .collect();
    prop_assert!(over.len() <= 1, "{} ends", over.len());
    if let Some(at) = over.first() {
        let after = &talk.effects[at + 1..];
        prop_assert!(
            after.iter().all(|effect| matches!(effect, Effect::Acted { .. })),
            "{after:?}"
        );
        prop_assert!(talk.core.is_over() && talk.core.deadline().is_none());
    }
    // Nothing is said after the session was given back, and it is given back once.
    let mut given_back = 0;
    for effect in &talk.effects {
        match effect {
            Effect::EndSession { .. } => given_back += 1,
            Effect::Speak { text, .. } => {
                prop_assert_eq!(given_back, 0);
                prop_assert!(!text.contains("[[") && !text.contains("]]"), "{}", text);
            }
            _ => {}
        }
    }
    prop_assert!(given_back <= 1);
    // Two requests at once are refused by the harness; stale words are never spoken.
    prop_assert!(!talk.all_spoken().contains("stale"));
    for (at, event) in talk.events.iter().enumerate() {
        prop_assert_eq!(event.seq, at as u64 + 1);
    }
    for (_, messages) in &talk.asked {
        for message in messages.iter().skip(1) {
            prop_assert!(!message.content.contains("[[") && !message.content.contains("]]"));
        }
    }
    // Once it is over no transfer is left half done, and each is told in its order.
    for item in &talk.snapshot().items {
        if let ItemBody::Transfer { status, reason, .. } = &item.body {
            let done = matches!(status.as_str(), "dialing" | "joined" | "failed");
            prop_assert!(done || !talk.core.is_over(), "{status}");
            prop_assert_eq!(status == "failed", reason.is_some());
        }
    }
    // Usage is never zero and each key is used once.
    let mut keys: Vec<_> = talk.usage.iter().map(|usage| &usage.dedupe_key).collect();
    keys.sort();
    let all = keys.len();
    keys.dedup();
    prop_assert_eq!(keys.len(), all);
    prop_assert!(talk.usage.iter().all(|usage| usage.quantity > 0));
    Ok(())
}

/// Folding some events again changes nothing, wherever the repeat begins.
fn check_fold(talk: &Talk, from: usize) -> Result<(), TestCaseError> {
    let once = talk.snapshot();
    let mut again = Snapshot::default();
    let from = from % (talk.events.len() + 1);
    for event in talk.events.iter().chain(&talk.events[from..]) {
        again.apply(event);
    }
    prop_assert_eq!(&once, &again);
    let mut ids: Vec<_> = once.items.iter().map(|item| item.id).collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    prop_assert_eq!(ids.len(), all);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_order_of_inputs_keeps_the_rules(
        steps in prop::collection::vec(step(), 1..80),
        from in any::<usize>(),
        greeting in any::<bool>(),
    ) {
        keeps_the_rules(steps, from, greeting)?;
    }
}

fn keeps_the_rules(steps: Vec<Step>, from: usize, greeting: bool) -> Result<(), TestCaseError> {
    let mut plan = plan();
    if !greeting {
        plan.personality.greeting = None;
    }
    // People are asked in half of the calls, in each way, and on each kind of engine.
    plan.engine = [Engine::Relay, Engine::Realtime][from % 2];
    plan.policy.approval = [
        ApprovalMode::Off,
        ApprovalMode::EveryTurn,
        ApprovalMode::Off,
        ApprovalMode::OnTools,
        ApprovalMode::FirstTurn,
        ApprovalMode::Off,
    ][from / 2 % 6];
    plan.policy.approval_on_timeout = [
        ApprovalTimeout::HoldAndAskAgain,
        ApprovalTimeout::Speak,
        ApprovalTimeout::Transfer,
        ApprovalTimeout::OfferCallback,
    ][from / 12 % 4];
    let mut talk = Talk::with(plan);
    talk.put(Input::Connected);
    for step in steps {
        play(&mut talk, step);
    }
    check(&talk)?;
    check_fold(&talk, from)?;
    // Left alone, every call comes to its end, or leaves an instance that goes away.
    if !talk.core.is_over() {
        talk.open = None;
        talk.pass(4_000_000);
        prop_assert_eq!(talk.endings.len() + talk.released, 1);
        check(&talk)?;
        check_fold(&talk, from)?;
    }
    Ok(())
}

#[test]
fn a_drain_and_nothing_else_keeps_the_rules() {
    for greeting in [true, false] {
        for from in [0, 1, usize::MAX] {
            for steps in [
                vec![Step::Drain],
                vec![Step::Drain, Step::Drain],
                vec![Step::Closed, Step::Drain],
                vec![Step::Drain, Step::Interrupted(1)],
            ] {
                keeps_the_rules(steps, from, greeting).unwrap();
            }
        }
    }
}
