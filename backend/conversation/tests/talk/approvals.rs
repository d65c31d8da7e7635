//! Replies that are held: approved, edited, rejected, out of time, withdrawn; on engines that write and that speak.

use phony_conversation::ActionStatus as St;
use phony_conversation::command::Action;
use phony_conversation::core::inline::InlineCommand;
use phony_conversation::core::{Effect, Input};
use phony_conversation::event::{EventBody, LatencyParts};
use phony_conversation::plan::{ApprovalMode, ApprovalTimeout, CallPlan};
use phony_conversation::snapshot::ItemBody;
use phony_conversation::supervision::{ApprovalDecision, ApprovalOutcome, AttentionKind};
use phony_kernel::call::{ConversationState as S, Engine};

use crate::harness::{Talk, alone, patient, plan, sent_to};

fn held(mode: ApprovalMode, on_timeout: ApprovalTimeout) -> CallPlan {
    let mut plan = patient();
    plan.policy.approval = mode;
    plan.policy.approval_on_timeout = on_timeout;
    plan
}

fn every_turn() -> Talk {
    Talk::listening_with(held(ApprovalMode::EveryTurn, ApprovalTimeout::HoldAndAskAgain))
}

fn asked(talk: &Talk) -> String {
    let open = talk.snapshot().approvals;
    assert_eq!(open.len(), 1);
    open[0].approval_id.to_string()
}

fn approve(talk: &mut Talk, id: &str, text: Option<&str>) -> St {
    let action = Action::Approve {
        approval_id: asked(talk),
        text: text.map(str::to_owned),
    };
    talk.act(id, action)
}

fn waited(talk: &Talk) -> LatencyParts {
    let parts = talk.events.iter().rev().find_map(|event| match &event.body {
        EventBody::LatencyTurn {
            total_ms,
            parts,
            unaccounted_ms,
            ..
        } => {
            assert_eq!(parts.sum() + unaccounted_ms, *total_ms);
            Some(*parts)
        }
        _ => None,
    });
    parts.expect("no turn was told")
}

fn expired(talk: &Talk) -> Vec<ApprovalOutcome> {
    let expired = talk.events.iter().filter_map(|event| match &event.body {
        EventBody::ApprovalExpired { did, .. } => Some(*did),
        _ => None,
    });
    expired.collect()
}

#[test]
fn a_reply_waits_for_a_yes_and_the_wait_is_told_apart() {
    let mut talk = every_turn();
    let before = talk.spoken.len();
    talk.caller("Can I return it?");
    talk.pass(200);
    talk.token("You can return it ");
    talk.pass(300);
    talk.model("within 30 days.");
    assert_eq!(talk.core.state(), Some(S::AwaitingApproval));
    assert_eq!(talk.spoken.len(), before);
    let open = &talk.snapshot().approvals[0];
    assert_eq!(open.text, "You can return it within 30 days.");
    assert_eq!(talk.snapshot().attention[0].kind, AttentionKind::Approval);
    talk.pass(4_000);
    assert_eq!(approve(&mut talk, "a", None), St::Applied);
    assert_eq!(talk.spoken.last().unwrap(), "You can return it within 30 days.");
    let parts = waited(&talk);
    assert_eq!((parts.model_first, parts.approval_wait), (200, 4_300));
    assert!(talk.snapshot().attention.is_empty());
    let repeat = talk.act(
        "b",
        Action::Approve {
            approval_id: talk
                .events
                .iter()
                .find_map(|event| match &event.body {
                    EventBody::ApprovalRequested { approval_id, .. } => Some(approval_id.to_string()),
                    _ => None,
                })
                .unwrap(),
            text: None,
        },
    );
    assert!(matches!(repeat, St::Failed { code, .. } if code == "approval_closed"));
    talk.until(S::Listening);
    talk.caller("Thanks.");
    assert_eq!(
        talk.remembered().last(),
        Some(&"You can return it within 30 days.")
    );
}

#[test]
fn an_edited_reply_is_said_and_remembered_in_the_new_words() {
    let mut talk = every_turn();
    talk.caller("Can I return it?");
    talk.model("Yes, always.[[press:1]]");
    assert!(
        !talk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::SendDigits { .. }))
    );
    assert_eq!(talk.snapshot().approvals[0].commands, ["press: 1"]);
    assert_eq!(approve(&mut talk, "a", Some("Yes, within 30 days.")), St::Applied);
    assert_eq!(talk.spoken.last().unwrap(), "Yes, within 30 days.");
    assert!(talk.has(&Effect::SendDigits {
        digits: "1".to_owned()
    }));
    let item = talk
        .snapshot()
        .items
        .into_iter()
        .find_map(|item| match item.body {
            ItemBody::Approval {
                decision,
                text,
                edited,
                ..
            } => Some((decision, text, edited)),
            _ => None,
        });
    let (decision, text, edited) = item.unwrap();
    assert_eq!(decision, Some(ApprovalDecision::Edited));
    assert_eq!(
        (text.as_str(), edited.as_deref()),
        ("Yes, always.", Some("Yes, within 30 days."))
    );
    talk.until(S::Listening);
    talk.caller("Thanks.");
    assert_eq!(talk.remembered().last(), Some(&"Yes, within 30 days."));
}

#[test]
fn a_rejected_reply_is_tried_again_with_the_guidance() {
    let mut talk = every_turn();
    talk.caller("Can I return it?");
    talk.model("No.");
    let action = Action::Reject {
        approval_id: asked(&talk),
        guidance: Some("be kind, 30 days".to_owned()),
    };
    assert_eq!(talk.act("r", action), St::Applied);
    assert!(talk.open.is_some(), "asked again at once");
    assert!(talk.context_text().contains("be kind, 30 days"));
    assert!(!talk.remembered().contains(&"No."));
    talk.model("You have 30 days.");
    assert_eq!(approve(&mut talk, "a", None), St::Applied);
    assert!(talk.all_spoken().ends_with("You have 30 days."));
}

#[test]
fn nobody_decides_and_the_chosen_default_follows() {
    for (on_timeout, plan) in [
        (ApprovalTimeout::Speak, plan()),
        (ApprovalTimeout::OfferCallback, plan()),
        (ApprovalTimeout::Transfer, plan()),
        (ApprovalTimeout::Transfer, alone()),
        (ApprovalTimeout::HoldAndAskAgain, plan()),
    ] {
        let has_target = !plan.personality.transfer_targets.is_empty();
        let mut held = held(ApprovalMode::EveryTurn, on_timeout);
        held.personality.transfer_targets = plan.personality.transfer_targets.clone();
        let words = held.policy.clone();
        let mut talk = Talk::listening_with(held);
        talk.caller("Can I return it?");
        talk.model("Never.");
        talk.pass(15_000);
        let said = talk.all_spoken().contains("Never.");
        assert_eq!(said, on_timeout == ApprovalTimeout::Speak, "{on_timeout:?}");
        match (on_timeout, has_target) {
            (ApprovalTimeout::Speak, _) => assert_eq!(expired(&talk), [ApprovalOutcome::Speak]),
            (ApprovalTimeout::OfferCallback, _) | (ApprovalTimeout::Transfer, false) => {
                assert_eq!(expired(&talk), [ApprovalOutcome::OfferCallback]);
                assert_eq!(talk.spoken.last(), Some(&words.offer_callback));
            }
            (ApprovalTimeout::Transfer, true) => {
                assert_eq!(expired(&talk), [ApprovalOutcome::Transfer]);
                talk.pass(20_000);
                let handoff = sent_to("+14155550134");
                assert!(talk.has(&Effect::EndSession { handoff }));
            }
            (ApprovalTimeout::HoldAndAskAgain, _) => {
                assert_eq!(expired(&talk), [ApprovalOutcome::HoldAndAskAgain]);
                assert_eq!(talk.spoken.last(), Some(&words.one_moment));
                assert_eq!(talk.snapshot().approvals[0].text, "Never.");
                talk.pass(15_000);
                assert_eq!(expired(&talk)[1..], [ApprovalOutcome::Transfer]);
            }
        }
    }
}

#[test]
fn a_caller_who_speaks_on_is_answered_anew() {
    let mut talk = every_turn();
    talk.caller("Can I return it?");
    talk.model("No.");
    talk.caller("It is broken.");
    assert_eq!(expired(&talk), [ApprovalOutcome::Withdrawn]);
    assert!(talk.context_text().contains("Can I return it? It is broken."));
    talk.model("Then yes.");
    assert_eq!(approve(&mut talk, "a", None), St::Applied);
    assert!(!talk.all_spoken().contains("No."));
}

#[test]
fn only_the_first_reply_or_only_what_is_done_may_wait() {
    let mut talk = Talk::listening_with(held(ApprovalMode::FirstTurn, ApprovalTimeout::Transfer));
    talk.caller("Hello?");
    talk.model("How can I help?");
    assert_eq!(approve(&mut talk, "a", None), St::Applied);
    talk.until(S::Listening);
    talk.caller("Opening hours?");
    talk.model("Nine to five.");
    assert_eq!(talk.spoken.last().unwrap(), "Nine to five.");

    let mut talk = Talk::listening_with(held(ApprovalMode::OnTools, ApprovalTimeout::Transfer));
    talk.caller("Billing please.");
    talk.model("I connect you.[[transfer:billing]] Goodbye.");
    assert_eq!(talk.spoken.last().unwrap(), "I connect you.");
    let open = &talk.snapshot().approvals[0];
    assert_eq!(
        (open.text.as_str(), &open.commands[..]),
        ("Goodbye.", &["transfer: billing".to_owned()][..])
    );
    let action = Action::Reject {
        approval_id: open.approval_id.to_string(),
        guidance: None,
    };
    assert_eq!(talk.act("r", action), St::Applied);
    talk.until(S::Thinking);
    talk.model("They are closed today.");
    talk.pass(60_000);
    assert!(
        !talk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::EndSession { .. }))
    );
}

#[test]
fn the_mode_is_changed_in_the_call() {
    let mut talk = Talk::listening_with(patient());
    let on = Action::ApprovalMode {
        mode: ApprovalMode::EveryTurn,
    };
    assert_eq!(talk.act("m", on), St::Applied);
    assert_eq!(talk.snapshot().approval_mode, Some(ApprovalMode::EveryTurn));
    talk.caller("Hello?");
    talk.model("Hi.");
    assert_eq!(approve(&mut talk, "a", None), St::Applied);
    let off = Action::ApprovalMode {
        mode: ApprovalMode::Off,
    };
    assert_eq!(talk.act("o", off), St::Applied);
    talk.until(S::Listening);
    talk.caller("Are you open?");
    talk.model("Yes.");
    assert_eq!(talk.spoken.last().unwrap(), "Yes.");
}

#[test]
fn an_engine_with_a_voice_writes_first_and_its_functions_wait() {
    let mut plan = held(ApprovalMode::EveryTurn, ApprovalTimeout::HoldAndAskAgain);
    plan.engine = Engine::Realtime;
    plan.personality.greeting = None;
    let mut talk = Talk::with(plan);
    talk.put(Input::Connected);
    let line = phony_kernel::ItemId::new();
    talk.put(Input::CallerTurn { line, quiet_ms: 500 });
    assert!(matches!(
        talk.effects.last(),
        Some(Effect::AskModel { text_only: true, .. }) | Some(Effect::Emit(_))
    ));
    let reply = talk.open.unwrap();
    assert!(talk.effects.iter().any(
        |effect| matches!(effect, Effect::AskModel { reply: asked, text_only: true, .. } if *asked == reply)
    ));
    talk.token("Goodbye.");
    let command = InlineCommand::EndCall;
    talk.put(Input::ModelCommand { reply, command });
    talk.finish();
    let done = |talk: &Talk| {
        let done = talk.effects.iter().filter_map(|effect| match effect {
            Effect::CommandDone { refusal } => Some(refusal.clone()),
            _ => None,
        });
        done.collect::<Vec<_>>()
    };
    assert!(done(&talk).is_empty(), "the function waits");
    let action = Action::Reject {
        approval_id: asked(&talk),
        guidance: None,
    };
    assert_eq!(talk.act("r", action), St::Applied);
    assert_eq!(done(&talk), [Some("not_approved".to_owned())]);
    talk.model("Is there anything else?");
    assert_eq!(approve(&mut talk, "a", None), St::Applied);
    assert_eq!(talk.spoken.last().unwrap(), "Is there anything else?");
    assert!(talk.endings.is_empty());
}
