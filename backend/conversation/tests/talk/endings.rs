//! Ways a conversation ends, is lost, comes back, or moves on.

use std::sync::Arc;

use phony_conversation::command::Action;
use phony_conversation::core::{Core, Effect, Input};
use phony_conversation::event::EventBody;
use phony_kernel::call::{CallStatus, Channel, ConversationState as S, EndedBy, EndedReason, Ending, Fault};

use crate::harness::{Talk, plan};

#[test]
fn a_caller_who_hangs_up_ends_the_call() {
    let mut talk = Talk::listening();
    talk.caller("Hi");
    talk.token("Hello ");
    let spoken = talk.all_spoken();
    talk.put(Input::CallerHungUp);
    assert_eq!(talk.endings[0].reason, EndedReason::CallerHangup);
    assert!(talk.open.is_none());
    assert_eq!(talk.all_spoken(), spoken);
    assert!(
        !talk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::EndSession { .. }))
    );
    assert!(matches!(
        &talk.events.last().unwrap().body,
        EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(_)
        }
    ));
    assert_eq!(talk.core.deadline(), None);
}

#[test]
fn a_caller_who_leaves_before_the_first_word_has_abandoned() {
    let mut talk = Talk::with(plan());
    talk.put(Input::CallerHungUp);
    assert_eq!(talk.endings[0].reason, EndedReason::Abandoned);
}

#[test]
fn the_words_in_the_callers_mouth_are_kept() {
    let mut talk = Talk::listening();
    talk.put(Input::CallerPartial {
        text: "I wanted to".to_owned(),
    });
    talk.put(Input::CallerHungUp);
    assert_eq!(talk.lines().last().unwrap().1, "I wanted to");
}

#[test]
fn the_longest_call_ends_with_a_word() {
    let mut talk = Talk::listening();
    for _ in 0..2_000 {
        if !talk.endings.is_empty() {
            break;
        }
        talk.caller("And then?");
        if talk.open.is_some() {
            talk.model("Then it goes on.");
        }
        talk.pass(5_000);
    }
    assert_eq!(talk.endings[0].reason, EndedReason::MaxDuration);
    assert_eq!(talk.endings[0].by, EndedBy::Platform);
    assert_eq!(talk.spoken.last(), Some(&plan().policy.time_is_up));
}

#[test]
fn a_lost_caller_who_comes_back_goes_on_with_memory() {
    let mut talk = Talk::listening();
    talk.caller("My name is Lee.");
    talk.token("Nice to ");
    let reply = talk.open.unwrap();
    talk.put(Input::SocketClosed {
        cause: "reset".to_owned(),
    });
    assert!(talk.has(&Effect::CancelModel { reply }));
    assert!(talk.endings.is_empty());
    talk.pass(5_000);
    talk.put(Input::Connected);
    assert!(talk.names().contains(&"call.resumed"));
    assert!(talk.context_text().contains("My name is Lee."));
    talk.model("Sorry, we were cut off.");
    talk.until(S::Listening);
    assert_eq!(talk.spoken.last().unwrap(), "Sorry, we were cut off.");
}

#[test]
fn a_lost_caller_who_does_not_come_back_ends_the_call() {
    let mut talk = Talk::listening();
    talk.put(Input::SocketClosed {
        cause: "reset".to_owned(),
    });
    talk.pass(60_000);
    assert_eq!(talk.endings.len(), 1);
    assert_eq!(talk.endings[0].reason, EndedReason::CarrierError);
}

#[test]
fn a_lost_browser_is_a_caller_who_left() {
    let mut web = plan();
    (web.channel, web.number) = (Channel::Web, None);
    let mut talk = Talk::listening_with(web);
    talk.put(Input::SocketClosed {
        cause: "reset".to_owned(),
    });
    talk.pass(60_000);
    assert_eq!(talk.endings[0].reason, EndedReason::CallerHangup);
    assert_eq!(talk.endings[0].fault, Fault::None);
}

#[test]
fn a_lost_caller_who_hung_up_has_hung_up() {
    let mut talk = Talk::listening();
    talk.put(Input::SocketClosed {
        cause: "reset".to_owned(),
    });
    talk.put(Input::CallerHungUp);
    assert_eq!(talk.endings[0].reason, EndedReason::CallerHangup);
}

#[test]
fn nothing_is_said_while_the_caller_is_lost() {
    let mut talk = Talk::listening();
    talk.put(Input::SocketClosed {
        cause: "reset".to_owned(),
    });
    let spoken = talk.all_spoken();
    talk.caller("ghost");
    talk.pass(15_000);
    assert_eq!(talk.all_spoken(), spoken);
    assert!(talk.open.is_none());
}

#[test]
fn a_drained_call_leaves_at_the_next_pause() {
    let mut talk = Talk::listening();
    talk.caller("Hi");
    talk.put(Input::Drain);
    assert_eq!(talk.released, 0);
    talk.model("Hello, what can I do for you?");
    assert_eq!(talk.released, 0);
    talk.pass(10_000);
    assert_eq!(talk.released, 1);
    assert!(talk.endings.is_empty());
    assert!(talk.core.is_over());
}

#[test]
fn a_drained_call_leaves_at_once_when_asked_twice() {
    let mut talk = Talk::listening();
    talk.caller("Hi");
    talk.put(Input::Drain);
    talk.put(Input::Drain);
    assert_eq!(talk.released, 1);
    assert!(talk.open.is_none());
}

#[test]
fn another_instance_goes_on_from_the_snapshot() {
    let mut talk = Talk::listening();
    talk.caller("My name is Lee.");
    talk.model("Hello Lee, a [[request_user:what does a chain cost?]]moment.");
    talk.until(S::AwaitingHuman);
    let snapshot = talk.snapshot();
    let core = Core::resume(Arc::new(plan()), &snapshot, talk.now());
    let mut other = Talk::around(
        core,
        talk.ms,
        talk.now().at - chrono::TimeDelta::milliseconds(talk.ms.cast_signed()),
    );
    other.put(Input::Connected);
    assert_eq!(other.events[0].seq, snapshot.seq + 1);
    assert!(other.names().contains(&"call.resumed"));
    assert!(other.spoken.is_empty(), "it greets again");
    assert!(other.context_text().contains("My name is Lee."));
    let id = talk.events.iter().find_map(|event| match &event.body {
        EventBody::ClarificationRequested { clarification_id, .. } => Some(clarification_id.to_string()),
        _ => None,
    });
    let answer = Action::Clarify {
        clarification_id: id.unwrap(),
        answer: "20 dollars".to_owned(),
        decide: false,
    };
    assert_eq!(other.act("a1", answer), phony_conversation::ActionStatus::Applied);
    assert!(other.context_text().contains("20 dollars"));
}

#[test]
fn a_call_that_only_rang_begins_normally() {
    let snapshot = phony_conversation::Snapshot {
        seq: 2,
        ..Default::default()
    };
    let talk = Talk::with(plan());
    let core = Core::resume(Arc::new(plan()), &snapshot, talk.now());
    let mut talk = Talk::around(core, talk.ms, talk.now().at);
    talk.put(Input::Connected);
    assert_eq!(talk.spoken.len(), 1);
    assert_eq!(talk.events[0].seq, 3);
}

#[test]
fn a_line_that_is_taken_for_a_message_ends_as_told_before() {
    let told = || Input::EndedOutside(Ending::of(EndedReason::VoicemailLeft));
    let mut talk = Talk::listening();
    talk.put(told());
    assert!(talk.endings.is_empty(), "the carrier has not taken it yet");
    talk.put(Input::CallerHungUp);
    assert_eq!(talk.endings.len(), 1);
    assert_eq!(talk.endings[0].reason, EndedReason::VoicemailLeft);

    let mut talk = Talk::listening();
    talk.put(told());
    talk.put(told());
    assert_eq!(talk.endings[0].reason, EndedReason::VoicemailLeft);
}
