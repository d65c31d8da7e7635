//! A model that is slow, fails, breaks off, or says nothing.

use phony_conversation::core::{Effect, Input};
use phony_conversation::event::EventBody;
use phony_kernel::call::{ConversationState as S, EndedReason};

use crate::harness::{Talk, alone, plan, sent_to};

#[test]
fn a_fault_of_the_network_is_tried_three_times_and_then_apologised_for() {
    let mut talk = Talk::listening_with(alone());
    talk.caller("Hello?");
    for _ in 0..3 {
        assert_eq!(talk.core.state(), Some(S::Thinking));
        talk.fail(true);
        talk.pass(600);
    }
    assert_eq!(talk.asked.len(), 3);
    assert_eq!(talk.spoken.last(), Some(&plan().policy.apology));
    talk.pass(20_000);
    assert_eq!(talk.endings[0].reason, EndedReason::EngineError);
    assert!(talk.usage.is_empty());
}

#[test]
fn a_model_that_is_lost_hands_the_caller_to_a_colleague() {
    let mut talk = Talk::listening();
    talk.caller("Hello?");
    talk.fail(false);
    assert_eq!(talk.spoken.last(), Some(&plan().policy.handing_over));
    talk.pass(20_000);
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
    let to = plan().personality.transfer_targets[0].e164.clone();
    assert!(talk.has(&Effect::EndSession {
        handoff: sent_to(to.as_str())
    }));
}

#[test]
fn a_refusal_of_the_provider_is_not_tried_again() {
    let mut talk = Talk::listening_with(alone());
    talk.caller("Hello?");
    talk.fail(false);
    assert_eq!(talk.asked.len(), 1);
    assert_eq!(talk.spoken.last(), Some(&plan().policy.apology));
}

#[test]
fn a_long_wait_asked_by_the_provider_is_not_waited() {
    let mut talk = Talk::listening_with(alone());
    talk.caller("Hello?");
    let reply = talk.open.take().unwrap();
    let detail = "rate limited".to_owned();
    talk.put(Input::ModelFailed {
        reply,
        retryable: true,
        retry_after_ms: Some(30_000),
        detail,
    });
    assert_eq!(talk.spoken.last(), Some(&plan().policy.apology));
}

#[test]
fn a_second_try_that_works_is_a_normal_turn() {
    let mut talk = Talk::listening();
    talk.caller("Hello?");
    talk.pass(50);
    talk.fail(true);
    talk.pass(100);
    talk.pass(250);
    talk.model("Hi there.");
    let latency = talk.events.iter().find_map(|event| match &event.body {
        EventBody::LatencyTurn {
            total_ms,
            parts,
            unaccounted_ms,
            ..
        } => Some((*total_ms, parts.queue, parts.model_first, *unaccounted_ms)),
        _ => None,
    });
    assert_eq!(latency, Some((400, 100, 300, 0)));
    talk.until(S::Listening);
    talk.caller("Again");
    talk.fail(true);
    talk.pass(100);
    assert!(talk.open.is_some(), "the tries of the turn before were counted");
}

#[test]
fn a_model_too_slow_to_its_first_token_is_given_up() {
    let mut talk = Talk::listening();
    talk.caller("Hello?");
    let first = talk.open.unwrap();
    talk.pass(plan().policy.first_token_ms);
    assert!(talk.has(&Effect::CancelModel { reply: first }));
    talk.pass(100);
    assert_eq!(talk.asked.len(), 2);
    talk.put(Input::ModelToken {
        reply: first,
        text: "late".to_owned(),
    });
    talk.model("Here I am.");
    assert!(!talk.all_spoken().contains("late"));
}

#[test]
fn an_answer_that_breaks_off_goes_on_where_it_stopped() {
    let mut talk = Talk::listening();
    talk.caller("Tell me.");
    talk.token("The first thing is ");
    talk.fail(true);
    talk.pass(100);
    assert!(talk.context_text().contains("broke off"));
    assert!(talk.context_text().contains("The first thing is"));
    talk.model("the chain.");
    assert_eq!(talk.spoken[1..], ["The first thing is ", "the chain."]);
    assert!(talk.usage.iter().any(|usage| usage.estimated));
}

#[test]
fn a_stream_that_stalls_in_the_middle_is_given_up() {
    let mut talk = Talk::listening();
    talk.caller("Tell me.");
    talk.token("The first thing");
    talk.pass(plan().policy.first_token_ms + 100);
    assert_eq!(talk.asked.len(), 2);
}

#[test]
fn an_empty_answer_is_a_failure() {
    let mut talk = Talk::listening();
    talk.caller("Tell me.");
    talk.finish();
    talk.pass(100);
    assert_eq!(talk.asked.len(), 2);
    talk.model("   ");
    talk.pass(400);
    assert_eq!(talk.asked.len(), 3);
}

#[test]
fn an_answer_without_end_is_cut() {
    let mut talk = Talk::listening();
    talk.caller("Tell me.");
    for _ in 0..2_000 {
        if talk.open.is_none() {
            break;
        }
        talk.token("more and more ");
    }
    assert!(talk.open.is_none());
    assert!(talk.all_spoken().len() < 7_000);
    assert!(
        talk.events
            .iter()
            .any(|event| matches!(&event.body, EventBody::Warning { code, .. } if code == "reply_too_long"))
    );
}

#[test]
fn an_abandoned_answer_is_billed_by_estimate_under_the_providers_id() {
    let mut talk = Talk::listening();
    talk.caller("Tell me.");
    let reply = talk.open.unwrap();
    talk.put(Input::ModelStarted {
        reply,
        response_id: "chatcmpl-P1".to_owned(),
    });
    talk.token("One two three four");
    talk.put(Input::CallerInterrupted {
        heard: "One".to_owned(),
        heard_ms: None,
    });
    let out = talk
        .usage
        .iter()
        .find(|usage| usage.sku.ends_with("text_out"))
        .unwrap();
    assert!(
        out.dedupe_key
            .ends_with(":chatcmpl-P1:openai.gpt-6-luna.text_out")
    );
    assert_eq!((out.quantity, out.estimated), (5, true));
}

#[test]
fn a_request_that_the_provider_never_answered_costs_nothing() {
    let mut talk = Talk::listening();
    talk.caller("Tell me.");
    talk.caller("No, something else.");
    assert_eq!(talk.asked.len(), 2);
    assert!(talk.usage.is_empty(), "{:?}", talk.usage);
    talk.put(Input::CallerHungUp);
    assert!(talk.usage.is_empty(), "{:?}", talk.usage);
}

#[test]
fn the_context_begins_with_the_personality_and_stays_bounded() {
    let mut talk = Talk::listening();
    for turn in 0..120 {
        talk.caller(&format!("question {turn} {}", "x".repeat(900)));
        talk.model("Fine.");
        talk.until(S::Listening);
    }
    let chars: usize = talk.context().iter().map(|message| message.content.len()).sum();
    assert!(chars < 40_000, "{chars}");
    assert!(talk.context()[0].content.contains("bicycle shop"));
    assert!(talk.context_text().contains("question 119"));
}
