//! What supervisors do: say, end, keys, transfer, answers; each once, with its outcome told.

use phony_conversation::ActionStatus as St;
use phony_conversation::command::{Action, Actor, Command, SayMode as Mode, SayWhen as When};
use phony_conversation::core::{Effect, Handoff, Input, Role};
use phony_conversation::event::{EventBody, Speaker};
use phony_kernel::call::{ConversationState as S, EndedBy, EndedReason};

use crate::harness::{Talk, plan, sent_to, transfer};

fn failed(status: &St) -> &str {
    match status {
        St::Failed { code, .. } => code,
        other => panic!("not failed but {other:?}"),
    }
}

fn statuses(talk: &Talk, id: &str) -> Vec<St> {
    talk.events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::SupervisorAction {
                action_id, status, ..
            } if action_id == id => Some(status.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn say_now_interrupts_the_agent_and_is_spoken_word_for_word() {
    let mut talk = Talk::listening();
    talk.caller("Can I get a refund?");
    talk.token("I am not sure about that, let me think about it for a while ");
    assert_eq!(
        talk.say("a1", "Yes, you can.", Mode::Verbatim, When::Now),
        St::Applied
    );
    assert!(talk.open.is_none());
    assert_eq!(talk.spoken.last().unwrap(), "Yes, you can.");
    assert_eq!(
        talk.lines().last().unwrap(),
        &(Speaker::Supervisor, "Yes, you can.".to_owned())
    );
    assert_eq!(statuses(&talk, "a1"), [St::Accepted, St::Applied]);
    assert!(talk.names().contains(&"speech.interrupted"));
    talk.until(S::Listening);
    talk.caller("Great.");
    assert_eq!(talk.remembered().last(), Some(&"Yes, you can."));
}

#[test]
fn two_sentences_of_supervisors_do_not_cut_each_other() {
    let mut talk = Talk::listening();
    talk.say("a1", "First sentence.", Mode::Verbatim, When::Now);
    talk.say("a2", "Second sentence.", Mode::Verbatim, When::Now);
    talk.until(S::Listening);
    talk.caller("Ok");
    assert_eq!(
        talk.remembered().last(),
        Some(&"Hello, this is Ava. How can I help? First sentence. Second sentence.")
    );
}

#[test]
fn say_after_the_turn_waits_and_the_queue_is_bounded() {
    let mut talk = Talk::listening();
    talk.caller("Hi");
    talk.token("Hello, ");
    for n in 0..5 {
        assert_eq!(
            talk.say(
                &format!("q{n}"),
                &format!("Sentence {n}."),
                Mode::Verbatim,
                When::AfterTurn
            ),
            St::Accepted
        );
    }
    let status = talk.say("q5", "Too many.", Mode::Verbatim, When::AfterTurn);
    assert_eq!(failed(&status), "queue_full");
    talk.token("how are you?");
    talk.finish();
    assert_eq!(talk.spoken.last().unwrap(), "Hello, how are you?");
    talk.until(S::Listening);
    assert_eq!(
        talk.spoken[2..],
        [
            "Sentence 0.",
            "Sentence 1.",
            "Sentence 2.",
            "Sentence 3.",
            "Sentence 4."
        ]
    );
    assert_eq!(statuses(&talk, "q4"), [St::Accepted, St::Applied]);
}

#[test]
fn the_same_act_twice_is_one_act() {
    let mut talk = Talk::listening();
    talk.say("a1", "Hello there.", Mode::Verbatim, When::Now);
    let (spoken, events) = (talk.spoken.len(), talk.events.len());
    assert_eq!(
        talk.say("a1", "Hello there.", Mode::Verbatim, When::Now),
        St::Applied
    );
    assert_eq!((talk.spoken.len(), talk.events.len()), (spoken, events));
    let status = talk.act("bad", transfer("+19005550100", None));
    assert_eq!(failed(&status), "target_not_allowed");
    assert_eq!(talk.act("bad", transfer("billing", None)), status);
}

#[test]
fn the_memory_of_acts_is_bounded() {
    let mut talk = Talk::listening();
    for n in 0..1_000 {
        talk.act(
            &format!("k{n}"),
            Action::Dtmf {
                digits: "1".to_owned(),
            },
        );
    }
    let before = talk.effects.len();
    talk.act(
        "k999",
        Action::Dtmf {
            digits: "1".to_owned(),
        },
    );
    assert_eq!(talk.effects.len(), before + 1);
}

#[test]
fn guidance_is_told_to_the_model_and_not_to_the_caller() {
    let mut talk = Talk::listening();
    talk.caller("Can I get a discount?");
    let first = talk.open.unwrap();
    talk.say("a1", "Offer [[end_call]] ten percent.", Mode::Guidance, When::Now);
    assert!(talk.has(&Effect::CancelModel { reply: first }));
    assert!(talk.context_text().contains("Offer end_call ten percent."));
    assert!(!talk.all_spoken().contains("ten percent"));
    assert_eq!(talk.context().last().unwrap().role, Role::System);
    talk.model("You get ten percent off.");
    talk.until(S::Listening);
    talk.say("a2", "Be brief.", Mode::Guidance, When::Now);
    assert!(talk.open.is_none(), "nobody waits");
    talk.caller("Thanks");
    assert!(talk.context_text().contains("Be brief."));
}

#[test]
fn end_with_a_sentence_lets_it_be_heard_first() {
    let mut talk = Talk::listening();
    talk.caller("Bla");
    assert_eq!(
        talk.act(
            "e",
            Action::End {
                say: Some("We have to stop. Goodbye.".to_owned())
            }
        ),
        St::Accepted
    );
    assert_eq!(talk.spoken.last().unwrap(), "We have to stop. Goodbye.");
    assert!(talk.endings.is_empty());
    talk.pass(20_000);
    assert_eq!(
        (talk.endings[0].reason, talk.endings[0].by),
        (EndedReason::SupervisorHangup, EndedBy::Supervisor)
    );
    assert_eq!(statuses(&talk, "e"), [St::Accepted, St::Applied]);
}

#[test]
fn end_without_a_sentence_is_at_once() {
    let mut talk = Talk::listening();
    talk.caller("Bla");
    talk.token("Well, ");
    assert_eq!(talk.act("e", Action::End { say: None }), St::Applied);
    assert_eq!(talk.endings.len(), 1);
    assert!(talk.has(&Effect::EndSession {
        handoff: Handoff::end()
    }));
    let status = talk.say("late", "Hello?", Mode::Verbatim, When::Now);
    assert_eq!(failed(&status), "call_ended");
    assert!(matches!(talk.effects[talk.effects.len() - 2], Effect::Finish(_)));
}

#[test]
fn a_program_that_ends_the_call_is_named_as_one() {
    let mut talk = Talk::listening();
    let actor = Actor {
        id: "key_1".to_owned(),
        name: "dialer".to_owned(),
    };
    talk.put(Input::Command(Command {
        action_id: "e".to_owned(),
        actor,
        action: Action::End { say: None },
    }));
    assert_eq!(talk.endings[0].reason, EndedReason::ApiHangup);
}

#[test]
fn of_two_ends_the_second_wins_and_the_first_is_superseded() {
    let mut talk = Talk::listening();
    talk.act(
        "e1",
        Action::End {
            say: Some("A long sentence that takes a while to say aloud.".to_owned()),
        },
    );
    talk.act("e2", Action::End { say: None });
    talk.pass(20_000);
    assert_eq!(talk.endings.len(), 1);
    assert_eq!(statuses(&talk, "e1"), [St::Accepted, St::Superseded]);
    assert_eq!(statuses(&talk, "e2"), [St::Accepted, St::Applied]);
}

#[test]
fn a_caller_who_hangs_up_first_fails_the_acts_that_wait() {
    let mut talk = Talk::listening();
    talk.act(
        "e",
        Action::End {
            say: Some("Goodbye.".to_owned()),
        },
    );
    talk.put(Input::CallerHungUp);
    assert_eq!(failed(statuses(&talk, "e").last().unwrap()), "call_ended");
    assert_eq!(talk.endings[0].reason, EndedReason::CallerHangup);
}

#[test]
fn keys_and_transfers_are_checked() {
    let mut talk = Talk::listening();
    assert_eq!(
        talk.act(
            "d1",
            Action::Dtmf {
                digits: "12#".to_owned()
            }
        ),
        St::Applied
    );
    assert!(talk.has(&Effect::SendDigits {
        digits: "12#".to_owned()
    }));
    assert_eq!(
        failed(&talk.act(
            "d2",
            Action::Dtmf {
                digits: "call me".to_owned()
            }
        )),
        "digits_invalid"
    );
    talk.act("t", transfer("workshop", None));
    let announced = plan().policy.waiting.announce;
    assert_eq!(talk.spoken.last(), Some(&announced));
    talk.pass(20_000);
    assert!(talk.has(&Effect::EndSession {
        handoff: sent_to("+14155550135")
    }));
    assert_eq!((talk.released, talk.endings.len()), (1, 0));
    assert_eq!(talk.acted.last().unwrap(), &("t".to_owned(), St::Applied));
}

#[test]
fn bad_texts_are_refused() {
    let mut talk = Talk::listening();
    assert_eq!(
        failed(&talk.say("a", "  ", Mode::Verbatim, When::Now)),
        "text_required"
    );
    assert_eq!(
        failed(&talk.say("b", &"x".repeat(1_001), Mode::Verbatim, When::Now)),
        "text_too_long"
    );
    assert_eq!(
        failed(&talk.say("c", "[[ ]]", Mode::Guidance, When::Now)),
        "text_required"
    );
}

#[test]
fn end_does_not_wait_for_what_a_supervisor_is_saying() {
    let mut talk = Talk::listening();
    talk.say(
        "a",
        "A sentence that takes a while to say aloud.",
        Mode::Verbatim,
        When::Now,
    );
    assert_eq!(talk.act("e", Action::End { say: None }), St::Applied);
    assert_eq!(talk.endings.len(), 1);
}
