//! A model that fails at each stage of a turn.

use phony_calls::GatherNext;
use phony_conversation::EventBody;
use phony_conversation::core::Handoff;
use phony_kernel::call::EndedReason;

use crate::harness::*;

#[tokio::test]
async fn a_fault_before_the_first_word_is_tried_again() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model
        .will(Answer::Status(503))
        .will(Answer::BreaksOff(vec![]))
        .says("There I am.");
    assert_eq!(line.says(&instance, "Hello?").await, "There I am.");
    assert_eq!(model.requests.lock().len(), 3);
}

#[tokio::test]
async fn an_answer_that_breaks_off_goes_on() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.will(Answer::BreaksOff(vec!["We open "])).says("at nine.");
    assert_eq!(
        line.says(&instance, "When do you open?").await,
        "We open at nine."
    );
    assert!(line.listens());
    model.will(Answer::Echo);
    assert_eq!(line.says(&instance, "Thank you.").await, "Thank you.");
}

#[tokio::test]
async fn a_model_that_is_lost_is_apologised_for() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.will(Answer::Status(401));
    let words = line.says(&instance, "Hello?").await;
    assert!(words.contains("not working"), "{words}");
    assert_eq!(line.last(), &GatherNext::GiveBack(Handoff::end()));
    let records = instance.until_end().await;
    assert!(has(
        &records,
        |body| matches!(body, EventBody::Warning { code, .. } if code == "model_failed")
    ));
}

#[tokio::test]
async fn a_model_that_is_lost_hands_the_caller_to_a_colleague() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, with_colleague(plan())).await;
    model.will(Answer::Status(401));
    let words = line.says(&instance, "Hello?").await;
    assert!(words.contains("connecting you"), "{words}");
    assert!(matches!(
        line.last(),
        GatherNext::GiveBack(Handoff::Transfer { .. })
    ));
    instance.emptied().await;
}

#[tokio::test]
async fn a_mute_model_does_not_make_a_mute_call() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut plan = plan();
    plan.policy.first_token_ms = 2_500;
    let mut line = Line::greeted(&instance, plan).await;
    for _ in 0..3 {
        model.will(Answer::Silence);
    }
    assert!(line.says(&instance, "Hello?").await.starts_with("One moment"));
    let mut heard = String::new();
    for _ in 0..3 {
        if *line.last() != GatherNext::ComeBack {
            break;
        }
        heard = line.here(&instance).await;
    }
    assert!(heard.contains("not working"), "{heard}");
    assert_eq!(line.last(), &GatherNext::GiveBack(Handoff::end()));
    assert_eq!(instance.ended_reason().await, EndedReason::EngineError);
}
