//! Who watches, who handles the call, what is written down for colleagues, and what the wall shows of it.

use phony_conversation::ActionStatus as St;
use phony_conversation::command::{Action, Actor, SayMode, SayWhen, TakeoverVia};
use phony_conversation::core::{Input, WATCHED_FOR_MS};
use phony_conversation::event::Speaker;
use phony_conversation::plan::ClarificationTimeout;
use phony_conversation::snapshot::ItemBody;
use phony_conversation::supervision::{AttentionKind, MoodReason};
use phony_kernel::call::ConversationState as S;

use crate::harness::{Talk, ben, mia, patient, plan};

fn watch(talk: &mut Talk, socket: &str, actor: Actor) {
    let socket = socket.to_owned();
    talk.put(Input::Watching { socket, actor });
}

fn leave(talk: &mut Talk, socket: &str) {
    let socket = socket.to_owned();
    talk.put(Input::WatchingEnded { socket });
}

fn guide(text: &str) -> Action {
    Action::Say {
        text: text.to_owned(),
        mode: SayMode::Guidance,
        when: SayWhen::Now,
    }
}

#[test]
fn the_first_act_claims_and_others_are_told_who_it_is() {
    let mut talk = Talk::listening_with(patient());
    assert_eq!(talk.act("1", guide("be short")), St::Applied);
    assert_eq!(talk.snapshot().claimed_by, Some(mia()));
    let refused = talk.act_as(ben(), "2", guide("be long"));
    assert!(
        matches!(&refused, St::Failed { code, detail } if code == "claimed_by_other" && detail.contains("Mia")),
        "{refused:?}"
    );
    let claim = talk.act_as(ben(), "3", Action::Claim { take: false });
    assert!(matches!(claim, St::Failed { code, .. } if code == "claimed_by_other"));
    let release = talk.act_as(ben(), "4", Action::Release { any: false });
    assert!(matches!(release, St::Failed { code, .. } if code == "claimed_by_other"));
    let note = Action::Note {
        text: "calls every week".to_owned(),
    };
    assert_eq!(talk.act_as(ben(), "5", note), St::Applied, "notes need no claim");
    let noted = |item: &phony_conversation::Item| matches!(&item.body, ItemBody::SupervisorNote { actor, text } if *actor == ben() && text == "calls every week");
    assert!(talk.snapshot().items.iter().any(noted));
    assert_eq!(talk.act_as(ben(), "6", Action::Claim { take: true }), St::Applied);
    assert_eq!(talk.snapshot().claimed_by, Some(ben()));
    assert!(matches!(talk.act("7", guide("x")), St::Failed { .. }));
    assert_eq!(
        talk.act_as(mia(), "8", Action::Release { any: true }),
        St::Applied,
        "an admin"
    );
    assert_eq!(talk.snapshot().claimed_by, None);
    talk.caller("Hello?");
    assert!(
        !talk.context_text().contains("calls every week"),
        "the agent is not told"
    );
}

#[test]
fn a_claim_lasts_as_long_as_its_holder_is_there() {
    let mut talk = Talk::listening_with(patient());
    watch(&mut talk, "a", mia());
    watch(&mut talk, "b", mia());
    watch(&mut talk, "c", ben());
    assert_eq!(talk.snapshot().watchers, [mia(), ben()]);
    assert_eq!(talk.core.card().watchers_count, 2);
    assert_eq!(talk.act("1", Action::Claim { take: false }), St::Applied);
    for _ in 0..5 {
        talk.pass(30_000);
        watch(&mut talk, "a", mia());
        watch(&mut talk, "c", ben());
    }
    assert_eq!(talk.snapshot().claimed_by, Some(mia()), "watches still");
    leave(&mut talk, "a");
    assert_eq!(talk.snapshot().watchers, [ben()]);
    talk.pass(44_000);
    watch(&mut talk, "c", ben());
    assert_eq!(talk.snapshot().claimed_by, Some(mia()));
    talk.pass(17_000);
    assert_eq!(talk.snapshot().claimed_by, None, "a minute later");
    // A socket that says nothing any more is gone.
    talk.pass(WATCHED_FOR_MS);
    assert!(talk.snapshot().watchers.is_empty());
}

#[test]
fn programs_neither_watch_nor_claim_and_yet_respect_a_claim() {
    let program = Actor {
        id: "key_1".to_owned(),
        name: "CRM".to_owned(),
    };
    let mut talk = Talk::listening_with(patient());
    watch(&mut talk, "a", program.clone());
    assert_eq!(talk.act_as(program.clone(), "1", guide("be short")), St::Applied);
    assert!(talk.snapshot().watchers.is_empty() && talk.snapshot().claimed_by.is_none());
    talk.act("2", Action::Claim { take: false });
    let refused = talk.act_as(program, "3", guide("be long"));
    assert!(matches!(refused, St::Failed { code, .. } if code == "claimed_by_other"));
}

#[test]
fn a_question_may_be_left_to_the_agent_or_decides_itself_in_time() {
    let mut talk = Talk::listening_with(patient());
    talk.caller("Refund?");
    talk.model("[[request_user:refund?]]");
    talk.until(S::AwaitingHuman);
    let asked = talk.snapshot().attention;
    assert_eq!(asked[0].kind, AttentionKind::Clarification);
    assert!(asked[0].expires_at.is_some());
    let clarification_id = talk.snapshot().items.iter().find_map(|item| match item.body {
        ItemBody::Clarification { .. } => Some(item.id.to_string()),
        _ => None,
    });
    let decide = Action::Clarify {
        clarification_id: clarification_id.unwrap(),
        answer: String::new(),
        decide: true,
    };
    assert_eq!(talk.act("d", decide), St::Applied);
    assert!(talk.context_text().contains("to you. Decide by what you know"));

    let mut plan = plan();
    plan.policy.clarification_on_timeout = ClarificationTimeout::Decide;
    plan.policy.clarification_ms = 30_000;
    let comfort = plan.policy.waiting.comfort.last().cloned().unwrap();
    let mut talk = Talk::listening_with(plan);
    talk.caller("Refund?");
    talk.model("[[request_user:refund?]]");
    talk.pass(29_000);
    assert!(talk.spoken.contains(&comfort), "the caller is kept informed");
    talk.pass(2_000);
    assert!(talk.context_text().contains("in time. Decide by what you know"));
    assert!(talk.open.is_some());
}

#[test]
fn the_wall_is_told_what_asks_for_a_person() {
    let mut talk = Talk::listening();
    talk.caller("This is ridiculous.");
    talk.pass(4_000);
    talk.model("I am sorry.");
    let card = talk.core.card();
    let kinds: Vec<_> = card.attention.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [AttentionKind::Unhappy, AttentionKind::Slow]);
    assert_eq!((card.mood, card.last_reply_ms), (Some(-1), Some(4_000)));
    assert_eq!(card.last_words.unwrap().text, "I am sorry.");
    talk.until(S::Listening);
    talk.pass(8_500);
    let silent = |talk: &Talk| {
        let attention = talk.snapshot().attention;
        attention.iter().any(|one| one.kind == AttentionKind::Silent)
    };
    assert!(silent(&talk), "asked whether they are there");
    talk.caller("Yes, thank you, that is perfect.");
    assert!(!silent(&talk));
}

#[test]
fn why_a_caller_is_unhappy_is_told_in_the_language_that_was_heard() {
    let why = |talk: &Talk| talk.core.card().attention.first().and_then(|one| one.reason);
    let mut talk = Talk::listening();
    talk.put(Input::CallerFinal {
        text: "Quiero hablar con una persona.".to_owned(),
        language: Some("es-US".to_owned()),
    });
    assert_eq!(why(&talk), Some(MoodReason::AskedForPerson));
    let heard = talk
        .snapshot()
        .items
        .into_iter()
        .find_map(|item| match item.body {
            ItemBody::Speech {
                speaker: Speaker::Caller,
                language,
                ..
            } => language,
            _ => None,
        });
    assert_eq!(heard.as_deref(), Some("es-US"));
    let taken = talk.act(
        "t",
        Action::Takeover {
            via: TakeoverVia::Keyboard,
        },
    );
    assert_eq!(taken, St::Applied);
    assert_eq!(talk.core.card().mood, Some(0), "a person came");
}
