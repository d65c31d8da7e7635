//! Any order of inputs: never two replies, never a word after the end, one end, no gap in the events.

mod steps;

use phony_conversation::Snapshot;
use phony_conversation::core::{Effect, Input};
use phony_conversation::plan::{ApprovalMode, ApprovalTimeout};
use phony_conversation::snapshot::ItemBody;
use phony_kernel::call::Engine;
use proptest::prelude::*;

use crate::harness::{Talk, plan};
use steps::{Step, play, step};

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
