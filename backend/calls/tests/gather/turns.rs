//! Turns of one call at one instance: words, keys, silence, interruption, and what comes twice.

use std::time::Duration;

use phony_calls::{GatherHeard, GatherNext};
use phony_conversation::EventBody;
use phony_kernel::call::{EndedReason, Ending};

use crate::harness::*;

#[tokio::test]
async fn a_caller_is_greeted_and_answered_turn_by_turn() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    assert_eq!(line.last(), &GatherNext::Listen { timeout_seconds: 8 });
    assert_eq!(line.answers[0].voice, "alloy");
    model.says("Nice to meet you, Lee.");
    assert_eq!(
        line.talks(&instance, "My name is Lee.").await,
        "Nice to meet you, Lee."
    );
    assert_eq!(model.last_context(), "Hello, this is Ava.\nMy name is Lee.");
    assert_eq!(line.number, 2);
    model.says("We open at nine.");
    assert_eq!(
        line.talks(&instance, "When do you open?").await,
        "We open at nine."
    );
    assert!(line.listens());
    let (tenant, call) = (line.plan.tenant, line.plan.call);
    let hung_up = Ending::of(EndedReason::CallerHangup);
    assert!(instance.calls.end_outside(tenant, call, hung_up).await.unwrap());
    let records = instance.until_end().await;
    assert!(has(&records, |body| matches!(
        body,
        EventBody::SpeechHeard { .. }
    )));
    assert!(has(&records, |body| matches!(
        body,
        EventBody::LatencyTurn { turn: 2, .. }
    )));
    assert!(!has(&records, |body| matches!(body, EventBody::Warning { .. })));
}

#[tokio::test]
async fn only_the_words_that_were_heard_are_remembered() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model
        .says("We open at nine in the morning, on Sundays at eleven, and on holidays we are closed all day.");
    line.says(&instance, "When do you open?").await;
    // The caller's voice begins some words into it.
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    let partial = line.partial(0, "Stop");
    assert_eq!(
        instance.calls.gather_partial(line.plan.call, TOKEN, partial),
        Some(true)
    );
    model.says("Yes?");
    assert_eq!(line.says(&instance, "Stop, that is enough.").await, "Yes?");
    let context = model.last_context();
    assert!(
        context.contains("\nWe open") && !context.contains("Sundays"),
        "{context}"
    );
    instance.calls.drain(Duration::ZERO).await;
    let mut cut = None;
    while let Ok(record) = instance.records.try_recv() {
        if let phony_conversation::record::RecordBody::Event(event) = record.body
            && let EventBody::SpeechInterrupted {
                heard,
                unheard,
                heard_ms,
                ..
            } = event.body
            && heard.starts_with("We")
        {
            cut = Some((heard, unheard, heard_ms));
        }
    }
    let (heard, unheard, heard_ms) = cut.expect("an interruption");
    assert!(
        heard.len() < 20 && unheard.ends_with("all day."),
        "{heard} | {unheard}"
    );
    assert!(heard_ms.unwrap() >= 1_000);
}

#[tokio::test]
async fn keys_are_one_turn_and_take_no_pause() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    for keys in ["4711#", "2"] {
        model.says("Thank you.");
        assert_eq!(line.presses(&instance, keys).await, "Thank you.");
        assert!(
            model
                .last_context()
                .contains(&format!("(presses the keys {keys})"))
        );
    }
    assert_eq!(model.requests.lock().len(), 2);
}

#[tokio::test]
async fn a_silent_caller_is_asked_twice_and_then_let_go() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    assert!(line.nothing(&instance).await.contains("did not hear"));
    assert!(line.nothing(&instance).await.contains("still there"));
    assert!(line.nothing(&instance).await.contains("Goodbye"));
    // A moment for second thoughts, then the end.
    assert_eq!(line.last(), &GatherNext::Listen { timeout_seconds: 1 });
    assert_eq!(line.nothing(&instance).await, "");
    assert_eq!(
        line.last(),
        &GatherNext::GiveBack(phony_conversation::core::Handoff::end())
    );
    assert_eq!(instance.ended_reason().await, EndedReason::SilenceTimeout);
    assert!(model.requests.lock().is_empty());
}

#[tokio::test]
async fn a_caller_who_speaks_starts_the_ladder_anew() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    assert!(line.nothing(&instance).await.contains("did not hear"));
    model.says("There you are.");
    assert_eq!(line.says(&instance, "Hello?").await, "There you are.");
    assert!(line.nothing(&instance).await.contains("did not hear"));
}

#[tokio::test]
async fn words_that_the_carrier_is_not_sure_of_are_not_taken_for_words() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    for (confidence, known) in [
        (Some(0.1), false),
        (None, true),
        (Some(0.0), true),
        (Some(0.9), true),
    ] {
        let mut line = Line::greeted(&instance, plan()).await;
        model.says("Pardon?");
        let turn = line.turn(spoken("Wire a million.", confidence));
        line.bring(&instance, turn).await;
        let context = model.last_context();
        let last = context.lines().last().unwrap();
        assert_eq!(last.contains("million"), known, "{confidence:?}: {context}");
        assert_eq!(last.contains("(inaudible)"), !known, "{context}");
    }
}

#[tokio::test]
async fn a_turn_that_comes_again_is_one_turn() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let line = Line::greeted(&instance, plan()).await;
    model.will(Answer::Tokens(vec![(300, "Nice to meet you.")]));
    let turn = line.turn(spoken("My name is Lee.", None));
    let bring = async || {
        let mut line = line.clone();
        line.bring(&instance, turn.clone()).await
    };
    let (first, twin) = tokio::join!(bring(), bring());
    let late = bring().await;
    assert_eq!(words(&first), "Nice to meet you.");
    assert_eq!((&first, &first), (&twin, &late));
    assert_eq!(model.requests.lock().len(), 1);
}

#[tokio::test]
async fn a_slow_answer_comes_in_parts() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.will(Answer::Tokens(vec![
        (0, "Let me see. We ha"),
        (5_000, "ve red bicycles."),
    ]));
    assert_eq!(line.says(&instance, "What do you have?").await, "Let me see.");
    assert_eq!(line.last(), &GatherNext::ComeBack);
    assert_eq!(line.here(&instance).await, "We have red bicycles.");
    assert!(line.listens());
    model.says("Yes.");
    line.says(&instance, "And blue ones?").await;
    // The first part was said to its end, and into the second the caller spoke at once.
    let heard = "What do you have?\nLet me see.\nAnd blue ones?";
    assert!(model.last_context().ends_with(heard), "{}", model.last_context());
}

#[tokio::test]
async fn a_caller_who_waits_hears_something() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.will(Answer::Tokens(vec![(5_000, "We open at nine.")]));
    assert!(
        line.says(&instance, "When do you open?")
            .await
            .starts_with("One moment")
    );
    assert_eq!(line.last(), &GatherNext::ComeBack);
    assert_eq!(line.here(&instance).await, "We open at nine.");
    assert!(line.listens());
    assert_eq!(model.requests.lock().len(), 1);
}

#[tokio::test]
async fn a_personality_may_let_the_caller_speak_first() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut plan = plan();
    plan.personality.greeting = None;
    let mut line = Line::new(plan);
    assert_eq!(line.here(&instance).await, "");
    assert!(line.listens());
    model.says("Hello!");
    assert_eq!(line.says(&instance, "Is this the shop?").await, "Hello!");
}

#[tokio::test]
async fn nobody_speaks_for_a_call_without_its_token() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let line = Line::greeted(&instance, plan()).await;
    let turn = line.turn(GatherHeard::Nothing);
    let call = line.plan.call;
    assert_eq!(instance.calls.gather_here(call, "another", &turn).await, None);
    let mut foreign = turn.clone();
    foreign.call_sid = "CA_other".to_owned();
    assert_eq!(instance.calls.gather_here(call, TOKEN, &foreign).await, None);
    let partial = line.partial(0, "Hi");
    assert_eq!(
        instance.calls.gather_partial(call, "another", partial.clone()),
        Some(false)
    );
    let elsewhere = phony_kernel::CallId::new();
    assert_eq!(instance.calls.gather_partial(elsewhere, TOKEN, partial), None);
    assert!(model.requests.lock().is_empty());
}

#[tokio::test]
async fn a_greeting_may_be_the_models_own() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut plan = plan();
    plan.personality.greeting_policy = phony_conversation::plan::GreetingPolicy::Generated;
    model.says("Good morning, Ava here.");
    let mut line = Line::new(plan);
    assert_eq!(line.here(&instance).await, "Good morning, Ava here.");
    assert!(line.listens());
}

#[tokio::test]
async fn a_call_that_another_engine_gave_up_goes_on() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::new(plan());
    let mut stored = phony_conversation::Snapshot::default();
    for (seq, speaker, text) in [
        (1, phony_conversation::Speaker::Agent, "Hello, this is Ava."),
        (2, phony_conversation::Speaker::Caller, "My name is Lee."),
    ] {
        stored.apply(&phony_conversation::Event {
            seq,
            at: chrono::Utc::now(),
            offset_ms: seq,
            body: EventBody::SpeechFinal {
                item_id: phony_kernel::ItemId::new(),
                speaker,
                text: text.to_owned(),
                language: None,
            },
        });
    }
    line.stored = Some(stored);
    model.says("Sorry, Lee. I am back.");
    assert_eq!(line.here(&instance).await, "Sorry, Lee. I am back.");
    assert!(model.last_context().contains("My name is Lee."));
}
