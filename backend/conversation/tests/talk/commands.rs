//! What the model's inline commands do, and what they never do.

use phony_conversation::core::{Effect, Handoff, Input};
use phony_conversation::event::EventBody;
use phony_kernel::call::{ConversationState as S, EndedReason};
use proptest::prelude::*;

use crate::harness::{Talk, alone, patient, sent_to};

fn refusals(talk: &Talk) -> Vec<String> {
    talk.events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::CommandExecuted {
                refusal: Some(code), ..
            } => Some(code.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_agent_hangs_up_once_its_goodbye_was_heard() {
    let mut talk = Talk::listening();
    talk.caller("That is all, thanks.");
    talk.model("Thank you for calling. Goodbye.[[end_call]]");
    assert!(talk.endings.is_empty());
    assert_eq!(talk.core.state(), Some(S::Speaking));
    talk.pass(20_000);
    assert_eq!(talk.endings.len(), 1);
    assert_eq!(talk.endings[0].reason, EndedReason::AgentHangup);
    assert!(talk.has(&Effect::EndSession {
        handoff: Handoff::end()
    }));
    assert_eq!(talk.spoken.last().unwrap(), "Thank you for calling. Goodbye.");
}

#[test]
fn a_caller_who_speaks_into_the_goodbye_keeps_the_call() {
    let mut talk = Talk::listening();
    talk.caller("Thanks.");
    talk.model("[[end_call]]Thank you for calling, and have a very nice day. Goodbye.");
    talk.put(Input::CallerInterrupted {
        heard: "Thank you for".to_owned(),
        heard_ms: None,
    });
    talk.caller("Wait, one more thing.");
    assert!(talk.endings.is_empty());
    assert!(talk.context_text().contains("so the call was not ended"));
    talk.model("Of course.");
    talk.until(S::Listening);
    assert!(talk.endings.is_empty());
}

#[test]
fn a_transfer_by_alias_hands_over_the_number_of_the_list() {
    let mut talk = Talk::listening();
    talk.caller("Billing please.");
    talk.model("I put you through. [[transfer:Billing]]");
    talk.pass(20_000);
    let handoff = sent_to("+14155550134");
    assert!(talk.has(&Effect::EndSession { handoff }));
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
}

#[test]
fn a_second_transfer_in_one_answer_is_refused() {
    let mut talk = Talk::listening();
    talk.caller("Billing please.");
    talk.model("[[transfer:billing]][[transfer:workshop]]");
    assert_eq!(refusals(&talk), ["call_is_ending"]);
    talk.pass(20_000);
    assert!(talk.has(&Effect::EndSession {
        handoff: sent_to("+14155550134")
    }));
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
}

#[test]
fn keys_are_pressed_within_the_limit_of_a_minute() {
    let mut talk = Talk::listening_with(patient());
    talk.caller("Press one, please.");
    for _ in 0..7 {
        talk.token("[[press:1]]");
    }
    talk.token(" Done.");
    talk.finish();
    let pressed = talk
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::SendDigits { .. }))
        .count();
    assert_eq!(pressed, 5);
    assert_eq!(refusals(&talk), ["too_many_commands", "too_many_commands"]);
    talk.pass(60_000);
    talk.caller("Again");
    talk.model("[[press:1]] There.");
    let pressed = talk
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::SendDigits { .. }))
        .count();
    assert_eq!(pressed, 6);
}

#[test]
fn a_press_of_33_digits_is_malformed() {
    let mut talk = Talk::listening();
    talk.caller("Hi");
    talk.model(&format!("[[press:{}]] Hello.", "1".repeat(33)));
    assert_eq!(refusals(&talk), ["malformed"]);
    assert_eq!(talk.spoken.last().unwrap(), "Hello.");
}

#[test]
fn the_flood_of_refused_commands_is_not_recorded_for_ever() {
    let mut talk = Talk::listening();
    talk.caller("Hi");
    for _ in 0..500 {
        talk.token("[[boom]]");
    }
    talk.token("Hello.");
    talk.finish();
    assert_eq!(refusals(&talk).len(), 20);
}

#[test]
fn an_answer_that_is_only_a_refused_command_is_asked_again_with_the_reason() {
    let mut talk = Talk::listening();
    talk.caller("Call my friend.");
    talk.model("[[transfer:+19005550100]]");
    assert!(talk.context_text().contains("target_not_allowed"));
    assert_eq!(talk.asked.len(), 2);
    talk.model("I am afraid I cannot.");
    assert_eq!(talk.spoken.last().unwrap(), "I am afraid I cannot.");
}

#[test]
fn a_model_that_only_writes_refused_commands_ends_with_an_apology() {
    let mut talk = Talk::listening_with(alone());
    talk.caller("Call my friend.");
    for _ in 0..20 {
        if talk.open.is_none() {
            talk.pass(500);
        }
        if talk.open.is_none() {
            break;
        }
        talk.model("[[transfer:+19005550100]]");
    }
    talk.pass(20_000);
    assert_eq!(talk.endings[0].reason, EndedReason::EngineError);
}

const TEXT: &str = "Sure, [[press:12#]]one moment. [[transfer:+19005550100]]I am [sic] here[[nonsense]] and \
[[press:99999999999999999999999999999999999]]there ]] [[[press:1]]] done. [[request_user:may I?]]Bye [[end_call]]";

/// `TEXT` in pieces as long as `lengths` says, again and again.
fn split(lengths: &[usize]) -> Vec<String> {
    let chars: Vec<char> = TEXT.chars().collect();
    let (mut pieces, mut at) = (Vec::new(), 0);
    for length in lengths.iter().cycle() {
        let end = (at + length).min(chars.len());
        pieces.push(chars[at..end].iter().collect());
        at = end;
        if at == chars.len() {
            return pieces;
        }
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_split_of_the_stream_speaks_a_piece_of_a_command(lengths in prop::collection::vec(1usize..9, 1..40)) {
        let mut talk = Talk::listening();
        let before = talk.spoken.len();
        talk.caller("Hello");
        for piece in split(&lengths) {
            talk.token(&piece);
        }
        talk.finish();
        prop_assert_eq!(&talk.spoken[before], "Sure, one moment. I am [sic] here and there   done. Bye ");
        let commands: Vec<_> = talk.events.iter().filter_map(|event| match &event.body {
            EventBody::CommandExecuted { command, done, .. } => Some((command.as_str(), *done)),
            _ => None,
        }).collect();
        prop_assert_eq!(commands, [
            ("press", true), ("transfer", false), ("malformed", false), ("malformed", false),
            ("malformed", false), ("request_user", true), ("end_call", true),
        ]);
    }
}
