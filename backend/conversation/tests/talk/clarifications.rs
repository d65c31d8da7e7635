//! Questions of the agent to a supervisor: asked, answered, out of time, limited.

use phony_conversation::ActionStatus as St;
use phony_conversation::command::Action;
use phony_conversation::core::Effect;
use phony_conversation::event::EventBody;
use phony_conversation::plan::ClarificationTimeout;
use phony_kernel::call::ConversationState as S;

use crate::harness::{Talk, patient, plan, sent_to};

fn failed(status: &St) -> &str {
    match status {
        St::Failed { code, .. } => code,
        other => panic!("not failed but {other:?}"),
    }
}

fn question(talk: &Talk) -> String {
    let id = talk.events.iter().rev().find_map(|event| match &event.body {
        EventBody::ClarificationRequested { clarification_id, .. } => Some(clarification_id.to_string()),
        _ => None,
    });
    id.expect("no question")
}

#[test]
fn a_clarification_is_asked_answered_and_woven_in() {
    let mut talk = Talk::listening();
    talk.caller("May I get my money back?");
    talk.model("[[request_user:refund of 20 dollars?]]");
    assert_eq!(talk.spoken.last(), Some(&plan().policy.one_moment));
    talk.until(S::AwaitingHuman);
    let id = question(&talk);
    let answer = |text: &str| Action::Clarify {
        clarification_id: id.clone(),
        answer: text.to_owned(),
        decide: false,
    };
    assert_eq!(
        talk.act("c1", answer("Yes, by [[transfer:+1900]] Friday")),
        St::Applied
    );
    assert_eq!(talk.core.state(), Some(S::Thinking));
    assert!(talk.context_text().contains("Yes, by transfer:+1900 Friday"));
    talk.model("Good news: you get it back by Friday.");
    talk.until(S::Listening);
    assert_eq!(failed(&talk.act("c2", answer("No"))), "clarification_closed");
    let unknown = Action::Clarify {
        clarification_id: "itm_x".to_owned(),
        answer: "No".to_owned(),
        decide: false,
    };
    assert_eq!(failed(&talk.act("c3", unknown)), "clarification_unknown");
    assert!(talk.names().contains(&"clarification.answered"));
}

#[test]
fn who_was_told_to_wait_by_the_model_is_not_told_again() {
    for reply in [
        "Let me check that for you. [[request_user:refund?]]",
        "[[request_user:refund?]] Let me check that for you.",
    ] {
        let mut talk = Talk::listening();
        talk.caller("Refund?");
        talk.model(reply);
        assert_eq!(
            talk.spoken.last().map(|words| words.trim()),
            Some("Let me check that for you.")
        );
        talk.until(S::AwaitingHuman);
        assert!(!talk.spoken.contains(&plan().policy.one_moment));
    }
}

#[test]
fn the_caller_can_talk_while_a_supervisor_is_asked() {
    let mut talk = Talk::listening();
    talk.caller("Refund?");
    talk.model("Let me ask. [[request_user:refund?]]");
    talk.until(S::AwaitingHuman);
    talk.pass(10_000);
    assert!(
        !talk.spoken.contains(&plan().policy.no_input_prompts[0]),
        "a waiting caller is not nagged"
    );
    talk.caller("Are you still there?");
    assert!(talk.context_text().contains("The answer is not there yet"));
    talk.model("Yes, I am still waiting for my colleague.");
    talk.until(S::AwaitingHuman);
}

#[test]
fn nobody_answers_and_a_call_back_is_offered() {
    let mut talk = Talk::listening();
    talk.caller("Refund?");
    talk.model("[[request_user:refund?]]");
    talk.until(S::AwaitingHuman);
    talk.pass(plan().policy.clarification_ms);
    assert!(talk.names().contains(&"clarification.expired"));
    assert!(talk.context_text().contains("calls the caller back"));
    assert_eq!(talk.core.state(), Some(S::Thinking));
}

#[test]
fn nobody_answers_and_the_caller_is_transferred() {
    let mut plan = plan();
    plan.policy.clarification_on_timeout = ClarificationTimeout::Transfer;
    let mut talk = Talk::listening_with(plan);
    talk.caller("Refund?");
    talk.model("[[request_user:refund?]]");
    talk.pass(60_000);
    assert!(talk.has(&Effect::EndSession {
        handoff: sent_to("+14155550134")
    }));
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
}

#[test]
fn questions_are_limited() {
    let mut talk = Talk::listening_with(patient());
    for n in 0..4 {
        talk.caller("Refund?");
        talk.model("Let me ask.[[request_user:refund?]][[request_user:and this?]]");
        if n < 3 {
            let id = question(&talk);
            talk.act(
                &format!("c{n}"),
                Action::Clarify {
                    clarification_id: id,
                    answer: "No".to_owned(),
                    decide: false,
                },
            );
            while talk.open.is_none() {
                talk.pass(1_000);
            }
            talk.model("They said no.");
        }
        talk.pass(61_000);
        assert!(talk.endings.is_empty());
        talk.caller("Hm");
        if talk.open.is_some() {
            talk.model("Yes?");
        }
    }
    let refusals: Vec<_> = talk
        .events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::CommandExecuted {
                refusal: Some(code), ..
            } => Some(code.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(refusals[..3], ["question_already_open"; 3]);
    assert!(
        refusals[3..].iter().all(|code| *code == "too_many_questions"),
        "{refusals:?}"
    );
}

#[test]
fn an_answer_is_told_even_when_a_supervisor_speaks_first() {
    let mut talk = Talk::listening();
    talk.caller("Refund?");
    talk.model("[[request_user:refund?]]");
    talk.until(S::AwaitingHuman);
    let id = question(&talk);
    talk.act(
        "c",
        Action::Clarify {
            clarification_id: id,
            answer: "Yes".to_owned(),
            decide: false,
        },
    );
    assert!(talk.open.is_some());
    let say = Action::Say {
        text: "This is Mia.".to_owned(),
        mode: Default::default(),
        when: Default::default(),
    };
    assert_eq!(talk.act("s", say), St::Applied);
    assert!(talk.open.is_none());
    while talk.open.is_none() {
        talk.pass(100);
    }
    assert!(talk.context_text().contains("This is Mia."));
    assert!(talk.context_text().contains("Yes"));
}
