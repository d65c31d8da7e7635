//! Engines that hear the voice themselves: turns before words, noise, functions, and an engine that fails.

use phony_conversation::core::inline::InlineCommand;
use phony_conversation::core::{Effect, Handoff, Input, ModelUsage, Role};
use phony_conversation::event::{EventBody, Speaker};
use phony_conversation::plan::{CallPlan, GreetingPolicy};
use phony_conversation::snapshot::ItemBody;
use phony_kernel::ItemId;
use phony_kernel::call::{ConversationState as S, EndedReason, Engine};

use crate::harness::{Talk, alone, plan};

fn realtime(mut plan: CallPlan) -> CallPlan {
    plan.engine = Engine::Realtime;
    plan
}

/// After the greeting was played.
fn listening_with(plan: CallPlan) -> Talk {
    let mut talk = Talk::with(realtime(plan));
    talk.put(Input::Connected);
    let text = talk.core.plan().personality.greeting.clone().unwrap_or_default();
    talk.put(Input::Played { text });
    assert_eq!(talk.core.state(), Some(S::Listening));
    talk
}

fn listening() -> Talk {
    listening_with(plan())
}

fn turn(talk: &mut Talk) -> ItemId {
    let line = ItemId::new();
    talk.put(Input::CallerSpeaking { line });
    talk.pass(1_500);
    talk.put(Input::CallerTurn { line, quiet_ms: 500 });
    line
}

fn words(talk: &mut Talk, line: ItemId, text: &str) {
    talk.put(Input::CallerWords {
        line,
        text: text.to_owned(),
        language: None,
    });
}

#[test]
fn the_answer_does_not_wait_for_the_words_and_the_ledger_keeps_the_order() {
    let mut talk = listening();
    let line = turn(&mut talk);
    assert_eq!(talk.core.state(), Some(S::Thinking));
    assert!(talk.asked[0].1.is_empty(), "the model keeps the talk itself");
    talk.pass(300);
    talk.token("We open at nine.");
    words(&mut talk, line, "When do you open?");
    talk.finish();
    let spoken: Vec<_> = talk
        .snapshot()
        .items
        .iter()
        .filter_map(|item| match &item.body {
            ItemBody::Speech { speaker, text, .. } => Some((*speaker, text.clone())),
            _ => None,
        })
        .collect();
    let greeting = plan().personality.greeting.unwrap();
    assert_eq!(
        spoken,
        [
            (Speaker::Agent, greeting),
            (Speaker::Caller, "When do you open?".to_owned()),
            (Speaker::Agent, "We open at nine.".to_owned()),
        ]
    );
    let latency = talk.events.iter().find_map(|event| match &event.body {
        EventBody::LatencyTurn { total_ms, parts, .. } => Some((*total_ms, parts.endpoint_wait)),
        _ => None,
    });
    assert_eq!(
        latency,
        Some((800, 500)),
        "the caller waits from the last sound on"
    );
    let history = talk.core.history();
    let roles: Vec<Role> = history.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::Assistant, Role::User, Role::Assistant]);
}

#[test]
fn a_cough_leaves_no_line_and_no_turn() {
    let mut talk = listening();
    let line = ItemId::new();
    talk.put(Input::CallerSpeaking { line });
    talk.put(Input::CallerNoise { line });
    assert!(talk.asked.is_empty());
    assert_eq!(talk.snapshot().items.len(), 1, "the greeting");
    talk.pass(8_100);
    assert_eq!(talk.spoken.len(), 2, "and silence is still silence");
}

#[test]
fn a_caller_who_speaks_is_not_asked_whether_they_are_there() {
    let mut talk = listening();
    talk.put(Input::CallerSpeaking { line: ItemId::new() });
    talk.pass(30_000);
    assert_eq!(talk.spoken.len(), 1);
}

#[test]
fn words_that_cannot_be_made_out_are_said_to_be_so() {
    let mut talk = listening();
    let line = turn(&mut talk);
    words(&mut talk, line, "");
    assert_eq!(talk.lines().last().unwrap().1, "(inaudible)");
    let line = turn(&mut talk);
    talk.put(Input::CallerHungUp);
    assert!(
        talk.lines()
            .iter()
            .filter(|(_, text)| text == "(inaudible)")
            .count()
            == 2,
        "{line}"
    );
}

#[test]
fn what_the_model_did_not_hear_is_told_to_it_before_it_is_asked() {
    let mut talk = listening();
    talk.put(Input::Dtmf {
        digit: "7".to_owned(),
    });
    talk.put(Input::Dtmf {
        digit: "#".to_owned(),
    });
    let told = talk.effects.iter().position(|effect| {
        matches!(effect, Effect::Remember(message) if message.role == Role::User && message.content.contains("7#"))
    });
    let asked = talk
        .effects
        .iter()
        .position(|effect| matches!(effect, Effect::AskModel { .. }));
    assert!(told.unwrap() < asked.unwrap());
}

#[test]
fn functions_are_carried_out_within_the_same_limits() {
    let mut talk = listening();
    turn(&mut talk);
    let reply = talk.open.unwrap();
    talk.token("Goodbye.");
    let stranger = InlineCommand::Transfer("+19005550100".to_owned());
    talk.put(Input::ModelCommand {
        reply,
        command: stranger,
    });
    assert!(talk.has(&Effect::CommandDone {
        refusal: Some("target_not_allowed".to_owned())
    }));
    talk.put(Input::ModelCommand {
        reply,
        command: InlineCommand::EndCall,
    });
    assert!(talk.has(&Effect::CommandDone { refusal: None }));
    talk.finish();
    assert!(talk.endings.is_empty(), "the goodbye is heard first");
    talk.put(Input::Played {
        text: "Goodbye.".to_owned(),
    });
    assert_eq!(talk.endings[0].reason, EndedReason::AgentHangup);
    let late = Input::ModelCommand {
        reply,
        command: InlineCommand::EndCall,
    };
    talk.put(late);
    assert_eq!(talk.endings.len(), 1);
}

#[test]
fn every_response_is_billed_by_class_and_once() {
    let mut talk = listening();
    turn(&mut talk);
    talk.token("Yes.");
    talk.put(Input::ModelUsed {
        response_id: "resp_1".to_owned(),
        used: ModelUsage {
            text_in: 100,
            text_in_cached: 60,
            text_out: 10,
            audio_in: 50,
            audio_in_cached: 20,
            audio_out: 80,
        },
    });
    talk.finish();
    talk.put(Input::TranscriptionUsed {
        response_id: "item_1".to_owned(),
        model: "gpt-transcribe".to_owned(),
        ms: 1_600,
    });
    let figures: Vec<_> = talk
        .usage
        .iter()
        .map(|usage| (usage.sku.rsplit('.').next().unwrap().to_owned(), usage.quantity))
        .collect();
    let expected = [
        ("text_in", 40),
        ("text_in_cached", 60),
        ("text_out", 10),
        ("audio_in", 30),
        ("audio_in_cached", 20),
        ("audio_out", 80),
        ("second", 2),
    ];
    assert_eq!(
        figures,
        expected.map(|(name, quantity)| (name.to_owned(), quantity))
    );
}

#[test]
fn an_engine_that_is_down_is_followed_by_another_which_remembers() {
    let mut talk = listening();
    let line = turn(&mut talk);
    words(&mut talk, line, "When do you open?");
    let detail = "closed".to_owned();
    talk.put(Input::EngineDown { detail });
    let handoff = talk.effects.iter().find_map(|effect| match effect {
        Effect::EndSession { handoff } => Some(handoff.clone()),
        _ => None,
    });
    let say = Some(plan().policy.one_moment);
    assert_eq!(
        handoff,
        Some(Handoff::Engine {
            to: Engine::Relay,
            say
        })
    );
    assert_eq!((talk.released, talk.endings.len()), (1, 0), "the call goes on");
    assert!(talk.snapshot().items.iter().any(|item| matches!(
        &item.body,
        ItemBody::Warning { code, .. } if code == "engine_failed"
    )));
}

#[test]
fn the_last_rungs_are_a_colleague_and_a_goodbye_of_the_carrier() {
    let without = |mut plan: CallPlan| {
        plan.policy.fallback_engine = None;
        let mut talk = listening_with(plan);
        let detail = "closed".to_owned();
        talk.put(Input::EngineDown { detail });
        talk
    };
    let talk = without(plan());
    let to = plan().personality.transfer_targets[0].e164.clone();
    let say = Some(plan().policy.handing_over);
    assert!(talk.has(&Effect::EndSession {
        handoff: Handoff::Transfer {
            to,
            caller_id: Some(plan().from.parse().unwrap()),
            say
        }
    }));
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
    let talk = without(alone());
    let say = Some(plan().policy.apology);
    assert!(talk.has(&Effect::EndSession {
        handoff: Handoff::End { say }
    }));
    assert_eq!(talk.endings[0].reason, EndedReason::EngineError);
}

#[test]
fn a_greeting_is_verbatim_generated_or_left_to_the_caller() {
    let greeted = |policy| {
        let mut plan = realtime(plan());
        plan.personality.greeting_policy = policy;
        let mut talk = Talk::with(plan);
        talk.put(Input::Connected);
        (talk.spoken.len(), talk.asked.len())
    };
    assert_eq!(greeted(GreetingPolicy::AgentFirst), (1, 0));
    assert_eq!(greeted(GreetingPolicy::Generated), (0, 1));
    assert_eq!(greeted(GreetingPolicy::CallerFirst), (0, 0));
}
