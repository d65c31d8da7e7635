//! Callers who are sent on and come back, what cannot be transferred, and callers who wait for a supervisor.

use std::sync::Arc;

use phony_conversation::ActionStatus as St;
use phony_conversation::command::Action;
use phony_conversation::core::{Core, Effect, Input, TransferNews as News};
use phony_conversation::event::EventBody;
use phony_kernel::call::{Channel, ConversationState as S, Engine};

use crate::harness::{Talk, plan, sent_to, transfer};
use crate::transfers::{leg, news, ringing, told, warm};

#[test]
fn a_cold_transfer_that_nobody_takes_comes_back_to_the_agent() {
    for engine in [Engine::Relay, Engine::Realtime, Engine::Gather] {
        let mut plan = plan();
        plan.engine = engine;
        let mut talk = Talk::with(plan.clone());
        talk.put(Input::Connected);
        talk.put(Input::AgentSpeaking { on: true });
        talk.put(Input::AgentSpeaking { on: false });
        talk.put(Input::CallerFinal {
            text: "I was charged twice.".to_owned(),
            language: None,
        });
        talk.act("t", transfer("billing", None));
        talk.put(Input::AgentSpeaking { on: true });
        talk.put(Input::AgentSpeaking { on: false });
        talk.pass(20_000);
        assert!(
            talk.has(&Effect::EndSession {
                handoff: sent_to("+14155550134")
            }),
            "{engine}"
        );
        assert_eq!(told(&talk), ["requested", "dialing"]);
        // Somebody else tells how it went, and another conversation takes the caller.
        let mut snapshot = talk.snapshot();
        let Some(asked) = talk.events.iter().rev().find_map(|event| match &event.body {
            EventBody::TransferUpdated { .. } => Some(event.clone()),
            _ => None,
        }) else {
            panic!("no transfer");
        };
        let mut failed = asked;
        if let EventBody::TransferUpdated { status, reason, .. } = &mut failed.body {
            *status = "failed".to_owned();
            *reason = Some("busy".to_owned());
        }
        failed.seq = snapshot.seq + 500;
        snapshot.apply(&failed);
        let core = Core::resume(Arc::new(plan.clone()), &snapshot, talk.now());
        let mut talk = Talk::around(core, talk.ms, talk.now().at);
        talk.put(Input::Connected);
        assert_eq!(talk.spoken, [plan.policy.waiting.failed.clone()], "{engine}");
        assert!(talk.open.is_none());
        let history = talk.core.history();
        assert!(history.iter().any(|line| line.content == "I was charged twice."));
        assert!(talk.names().contains(&"call.resumed"));
        // The model may not try again; after another loss the caller is not told again.
        let mut snapshot = snapshot.clone();
        talk.events.iter().for_each(|event| snapshot.apply(event));
        let core = Core::resume(Arc::new(plan), &snapshot, talk.now());
        let mut talk = Talk::around(core, talk.ms, talk.now().at);
        talk.put(Input::Connected);
        assert!(talk.spoken.is_empty());
    }
}

#[test]
fn the_model_transfers_once() {
    let mut talk = ringing();
    news(&mut talk, News::Rejected { leg: leg() });
    talk.until(S::Listening);
    talk.caller("Try again.");
    talk.model("[[transfer:billing]]");
    assert!(talk.context_text().contains("transfer_already_done"));
}

#[test]
fn a_cold_transfer_without_a_word_is_announced() {
    let mut talk = Talk::listening();
    talk.caller("Billing.");
    talk.model("[[transfer:billing]]");
    assert_eq!(talk.spoken.last(), Some(&plan().policy.waiting.announce));
    talk.pass(20_000);
    assert_eq!(talk.released, 1);
}

#[test]
fn a_browser_cannot_be_transferred() {
    let mut plan = warm();
    plan.channel = Channel::Web;
    plan.number = None;
    let mut talk = Talk::listening_with(plan);
    let St::Failed { code, .. } = talk.act("t", transfer("billing", None)) else {
        panic!("where to?");
    };
    assert_eq!(code, "channel_cannot_transfer");
}

#[test]
fn a_caller_waits_until_a_supervisor_ends_it() {
    let mut talk = Talk::listening_with(warm());
    let waiting = warm().policy.waiting;
    assert_eq!(talk.act("h", Action::Hold), St::Applied);
    assert_eq!(talk.spoken.last(), Some(&waiting.hold));
    assert_eq!(talk.core.state(), Some(S::OnHold));
    assert!(matches!(talk.act("h2", Action::Hold), St::Failed { code, .. } if code == "already_on_hold"));
    talk.caller("Hello? Do you have bells?");
    assert!(talk.open.is_none());
    talk.pass(60_000);
    assert_eq!(talk.core.state(), Some(S::OnHold));
    assert!(talk.endings.is_empty());
    // It goes on at another instance as it is.
    let core = Core::resume(Arc::new(warm()), &talk.snapshot(), talk.now());
    let mut moved = Talk::around(core, talk.ms, talk.now().at);
    moved.put(Input::Connected);
    assert_eq!(moved.core.state(), Some(S::OnHold));
    assert!(moved.open.is_none());
    // What was said meanwhile is answered after.
    assert_eq!(talk.act("u", Action::Unhold), St::Applied);
    assert_eq!(talk.spoken.last(), Some(&waiting.unhold));
    talk.pass(10_000);
    assert!(talk.open.is_some() && talk.context_text().contains("Do you have bells?"));
    assert!(matches!(talk.act("u2", Action::Unhold), St::Failed { code, .. } if code == "not_on_hold"));
    let mut talk = ringing();
    assert!(
        matches!(talk.act("u", Action::Unhold), St::Failed { code, .. } if code == "transfer_in_progress")
    );
}
