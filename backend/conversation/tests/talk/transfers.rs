//! Callers who are handed over, cold and warm; callers who wait; and everybody who comes back.

use phony_conversation::ActionStatus as St;
use phony_conversation::command::{Action, StayAs, TransferKind};
use phony_conversation::core::{Effect, Input, TransferNews as News, TransferStep as Step};
use phony_conversation::event::EventBody;
use phony_conversation::plan::{CallPlan, TransferTarget};
use phony_kernel::call::{ConversationState as S, EndedReason, Engine};

use crate::harness::{Talk, plan};

const LEG: &str = "CA0000000000000000000000000000000b";

pub(crate) fn leg() -> String {
    LEG.to_owned()
}

pub(crate) fn warm() -> CallPlan {
    let mut plan = plan();
    plan.policy.no_input_ms = 600_000;
    plan.personality.transfer_targets = vec![TransferTarget {
        alias: "billing".to_owned(),
        e164: "+14155550134".parse().unwrap(),
        kind: TransferKind::Warm,
        stay_as: None,
    }];
    plan
}

/// Statuses and reasons of the transfers, in their order.
pub(crate) fn told(talk: &Talk) -> Vec<String> {
    let of = |body: &EventBody| match body {
        EventBody::TransferUpdated { status, reason, .. } => Some(match reason {
            Some(reason) => format!("{status}: {reason}"),
            None => status.clone(),
        }),
        _ => None,
    };
    talk.events.iter().filter_map(|event| of(&event.body)).collect()
}

fn steps(talk: &Talk) -> Vec<Step> {
    let step = |effect: &Effect| match effect {
        Effect::Transfer { step, .. } => Some(step.clone()),
        _ => None,
    };
    talk.effects.iter().filter_map(step).collect()
}

pub(crate) fn news(talk: &mut Talk, news: News) {
    let transfer = talk.transfer().expect("no transfer");
    talk.put(Input::Transfer { transfer, news });
}

fn briefed(talk: &mut Talk) {
    let text = Some("The caller was charged twice and wants the money back.".to_owned());
    news(
        talk,
        News::Briefed {
            text,
            response_id: None,
            used: None,
        },
    );
}

/// A caller whom the model hands over warm, up to the ringing.
pub(crate) fn ringing() -> Talk {
    let mut talk = Talk::listening_with(warm());
    talk.caller("I was charged twice.");
    talk.model("I will get somebody for you. [[transfer:billing]]");
    briefed(&mut talk);
    news(&mut talk, News::Placed { leg: leg() });
    news(&mut talk, News::Ringing { leg: leg() });
    talk.pass(9_000);
    talk
}

fn asked() -> Talk {
    let mut talk = ringing();
    news(&mut talk, News::Answered { leg: leg() });
    talk
}

fn joining() -> Talk {
    let mut talk = asked();
    news(&mut talk, News::Accepted { leg: leg() });
    talk.pass(9_000);
    assert_eq!(steps(&talk).last(), Some(&Step::Join { stay_as: None }));
    talk
}

/// The caller is with the agent again, has been told that it did not work, and the talk is remembered.
fn is_back(talk: &mut Talk, reason: &str) {
    assert_eq!(told(talk).last().unwrap(), &format!("failed: {reason}"));
    assert_eq!(talk.spoken.last(), Some(&warm().policy.waiting.failed));
    assert!(talk.endings.is_empty() && talk.released == 0);
    talk.until(S::Listening);
    talk.caller("Then please call me back.");
    let context = talk.context_text();
    assert!(context.contains("I was charged twice.") && context.contains("could not take the caller"));
    talk.model("Of course.");
    talk.until(S::Listening);
}

#[test]
fn a_warm_transfer_lets_the_caller_wait_and_brings_both_together() {
    let mut talk = Talk::listening_with(warm());
    talk.caller("I was charged twice.");
    talk.model("I will get somebody for you. [[transfer:billing]]");
    assert_eq!(talk.core.state(), Some(S::OnHold));
    let Some(Effect::SumUp { messages, .. }) = talk
        .effects
        .iter()
        .find(|effect| matches!(effect, Effect::SumUp { .. }))
    else {
        panic!("nobody sums up");
    };
    assert!(messages[1].content.contains("Caller: I was charged twice."));
    briefed(&mut talk);
    let Some(Step::Ring { to, from, brief, .. }) = steps(&talk).first().cloned() else {
        panic!("it does not ring");
    };
    assert_eq!((to.as_str(), from.as_str()), ("+14155550134", warm().to.as_str()));
    assert!(brief.contains("Ava") && brief.ends_with("charged twice and wants the money back."));
    talk.pass(6_000);
    let waiting = warm().policy.waiting;
    assert_eq!(talk.spoken.last(), Some(&waiting.transfer));
    news(&mut talk, News::Placed { leg: leg() });
    news(&mut talk, News::Ringing { leg: leg() });
    talk.pass(13_000);
    assert_eq!(talk.spoken.last(), Some(&waiting.comfort[0]));
    // What the caller says is kept, and the model is not asked.
    talk.caller("Are you there?");
    assert!(talk.open.is_none());
    talk.pass(5_000);
    assert_eq!(talk.spoken.last(), Some(&waiting.comfort[1]));
    news(&mut talk, News::Answered { leg: leg() });
    news(&mut talk, News::Accepted { leg: leg() });
    assert_eq!(talk.spoken.last(), Some(&waiting.joining));
    talk.pass(9_000);
    assert_eq!(steps(&talk).last(), Some(&Step::Join { stay_as: None }));
    // The carrier closes the line when it moves the caller.
    talk.put(Input::CallerHungUp);
    assert!(!talk.core.is_over());
    news(&mut talk, News::Joined);
    assert_eq!(
        told(&talk),
        ["requested", "ringing", "asked", "accepted", "joined"]
    );
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
}

#[test]
fn every_failure_brings_the_caller_back() {
    let over = |reason: &str| News::Over {
        leg: Some(leg()),
        reason: reason.to_owned(),
    };
    for reason in ["busy", "no_answer", "failed", "carrier_error"] {
        let mut talk = ringing();
        news(&mut talk, over(reason));
        is_back(&mut talk, reason);
        assert!(
            !steps(&talk)
                .iter()
                .any(|step| matches!(step, Step::GiveUp { .. }))
        );
    }
    let gives_up = |talk: &Talk, answered| {
        let leg = Some(leg());
        assert_eq!(steps(talk).last(), Some(&Step::GiveUp { leg, answered }));
    };
    let mut talk = asked();
    news(&mut talk, over("completed"));
    is_back(&mut talk, "target_hung_up");
    let mut talk = asked();
    news(&mut talk, News::Rejected { leg: leg() });
    is_back(&mut talk, "rejected");
    let mut talk = asked();
    news(&mut talk, News::Mailbox { leg: leg() });
    gives_up(&talk, false);
    is_back(&mut talk, "mailbox");
    let mut talk = asked();
    talk.pass(warm().policy.waiting.accept_ms);
    gives_up(&talk, true);
    is_back(&mut talk, "accept_timeout");
    let mut talk = ringing();
    talk.pass(60_000);
    gives_up(&talk, false);
    is_back(&mut talk, "no_answer");
    let mut talk = joining();
    news(&mut talk, over("completed"));
    is_back(&mut talk, "target_hung_up");
    let mut talk = joining();
    news(&mut talk, News::NotJoined);
    gives_up(&talk, true);
    is_back(&mut talk, "carrier_error");
    let mut talk = joining();
    talk.pass(20_000);
    is_back(&mut talk, "carrier_error");
}

#[test]
fn a_caller_who_leaves_takes_the_transfer_along() {
    for (mut talk, answered) in [(ringing(), false), (asked(), true)] {
        talk.put(Input::CallerHungUp);
        assert_eq!(told(&talk).last().unwrap(), "failed: caller_hangup");
        assert_eq!(talk.endings[0].reason, EndedReason::CallerHangup);
        let leg = Some(leg());
        assert!(steps(&talk).contains(&Step::GiveUp { leg, answered }));
    }
    // While being moved: it is known only when the carrier says that it could not.
    let mut talk = joining();
    talk.put(Input::CallerHungUp);
    news(&mut talk, News::NotJoined);
    assert_eq!(talk.endings[0].reason, EndedReason::CallerHangup);
    assert_eq!(talk.endings.len(), 1);
}

#[test]
fn a_lost_line_ends_a_warm_transfer_and_the_talk_goes_on() {
    let mut talk = asked();
    talk.put(Input::SocketClosed {
        cause: "reset".to_owned(),
    });
    assert_eq!(told(&talk).last().unwrap(), "failed: connection_lost");
    talk.put(Input::Connected);
    assert!(talk.open.is_some(), "{:?}", talk.core.state());
    // Late news of it reach nobody, and whoever answers is let go.
    news(&mut talk, News::Accepted { leg: leg() });
    let leg = Some(leg());
    assert_eq!(steps(&talk).last(), Some(&Step::GiveUp { leg, answered: true }));
}

#[test]
fn without_a_summary_the_callers_words_are_told() {
    let mut talk = Talk::listening_with(warm());
    talk.caller("I was charged twice.");
    talk.model("[[transfer:billing]]");
    talk.pass(warm().policy.waiting.brief_ms);
    let Some(Step::Ring { brief, .. }) = steps(&talk).first().cloned() else {
        panic!("it does not ring");
    };
    assert!(
        brief.ends_with("Their last words were: I was charged twice."),
        "{brief}"
    );
    // A summary that comes late changes nothing.
    briefed(&mut talk);
    assert_eq!(steps(&talk).len(), 1);
}

#[test]
fn a_supervisor_transfers_warm_with_a_brief_and_learns_the_outcome() {
    let act = |allowed, to: &str| Action::Transfer {
        to: to.to_owned(),
        kind: Some(TransferKind::Warm),
        brief: Some("A refund, [[end_call]] please be quick.".to_owned()),
        stay_as: None,
        allowed,
    };
    let mut talk = Talk::listening_with(warm());
    let St::Failed { code, .. } = talk.act("x", act(false, "+14155550177")) else {
        panic!("a number that nobody allowed");
    };
    assert_eq!(code, "target_not_allowed");
    assert_eq!(talk.act("t", act(true, "+14155550177")), St::Accepted);
    let Some(Step::Ring { to, brief, .. }) = steps(&talk).first().cloned() else {
        panic!("it does not ring");
    };
    assert_eq!(to.as_str(), "+14155550177");
    assert!(brief.contains("A refund,") && !brief.contains("[["), "{brief}");
    assert_eq!(talk.spoken.last(), Some(&warm().policy.waiting.transfer));
    let St::Failed { code, .. } = talk.act("u", act(true, "billing")) else {
        panic!("two at once");
    };
    assert_eq!(code, "transfer_in_progress");
    let reason = "busy".to_owned();
    news(&mut talk, News::Over { leg: None, reason });
    let failed = talk.acted.iter().rev().find(|(id, _)| id == "t").unwrap();
    assert!(matches!(&failed.1, St::Failed { code, .. } if code == "transfer_failed"));
    // A person may try again.
    assert_eq!(talk.act("v", act(true, "billing")), St::Accepted);
    for step in [
        News::Placed { leg: leg() },
        News::Answered { leg: leg() },
        News::Accepted { leg: leg() },
    ] {
        news(&mut talk, step);
    }
    talk.pass(10_000);
    news(&mut talk, News::Joined);
    assert_eq!(talk.acted.last().unwrap(), &("v".to_owned(), St::Applied));
}

#[test]
fn the_agent_stays_as_note_taker_where_it_can_hear() {
    let stays = |engine, kind, wanted: Option<StayAs>, usual: Option<StayAs>| {
        let mut plan = warm();
        plan.engine = engine;
        plan.personality.transfer_targets[0].kind = kind;
        plan.personality.transfer_targets[0].stay_as = usual;
        let mut talk = Talk::listening_with(plan);
        let status = talk.act(
            "n",
            Action::Transfer {
                to: "billing".to_owned(),
                kind: None,
                brief: Some("A refund.".to_owned()),
                stay_as: wanted,
                allowed: false,
            },
        );
        (talk, status)
    };
    let notes = Some(StayAs::NoteTaker);
    for (engine, kind, code) in [
        (Engine::Relay, TransferKind::Warm, "engine_cannot_take_notes"),
        (Engine::Relay, TransferKind::Cold, "stay_as_needs_warm"),
    ] {
        let (talk, status) = stays(engine, kind, notes, None);
        let St::Failed { code: told, .. } = status else {
            panic!("{engine}: {status:?}");
        };
        assert_eq!(told, code);
        assert!(steps(&talk).is_empty() && talk.core.state() != Some(S::OnHold));
    }
    // A target that is set to it is rung all the same.
    let (talk, status) = stays(Engine::Relay, TransferKind::Warm, None, notes);
    assert_eq!((status, steps(&talk).len()), (St::Accepted, 1));
    assert!(talk.events.iter().any(
        |event| matches!(&event.body, EventBody::Warning { code, .. } if code == "engine_cannot_take_notes")
    ));
    for (wanted, usual, expected) in [(notes, None, notes), (None, notes, notes), (None, None, None)] {
        let (mut talk, _) = stays(Engine::Realtime, TransferKind::Warm, wanted, usual);
        news(&mut talk, News::Placed { leg: leg() });
        news(&mut talk, News::Answered { leg: leg() });
        news(&mut talk, News::Accepted { leg: leg() });
        talk.pass(20_000);
        assert_eq!(steps(&talk).last(), Some(&Step::Join { stay_as: expected }));
    }
}
