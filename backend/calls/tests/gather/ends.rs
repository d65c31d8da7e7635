//! Ways out of a call of turns.

use std::time::Duration;

use phony_calls::GatherNext;
use phony_conversation::core::Handoff;
use phony_kernel::call::EndedReason;

use crate::harness::*;

fn given_back(line: &Line) -> &Handoff {
    match line.last() {
        GatherNext::GiveBack(handoff) => handoff,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_agents_goodbye_leaves_a_moment_and_then_ends() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.says("Goodbye, Lee. [[end_call]]");
    assert_eq!(line.says(&instance, "That was all.").await, "Goodbye, Lee.");
    assert_eq!(line.last(), &GatherNext::Listen { timeout_seconds: 1 });
    line.nothing(&instance).await;
    assert_eq!(given_back(&line), &Handoff::end());
    assert_eq!(instance.ended_reason().await, EndedReason::AgentHangup);
    instance.emptied().await;
}

#[tokio::test]
async fn a_caller_who_speaks_into_the_goodbye_goes_on() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.says("Then I wish you a very nice day, and I hope to hear from you again soon. [[end_call]]");
    line.says(&instance, "That was all.").await;
    model.says("Of course.");
    assert_eq!(line.says(&instance, "Wait, one more thing!").await, "Of course.");
    assert_eq!(line.last(), &GatherNext::Listen { timeout_seconds: 8 });
    assert_eq!(instance.calls.active(), 1);
}

#[tokio::test]
async fn a_goodbye_of_both_is_the_end() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.says("Goodbye! [[end_call]]");
    line.says(&instance, "That was all.").await;
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    line.says(&instance, "Bye!").await;
    assert_eq!(given_back(&line), &Handoff::end());
    assert_eq!(instance.ended_reason().await, EndedReason::AgentHangup);
    assert_eq!(model.requests.lock().len(), 1);
}

#[tokio::test]
async fn a_transfer_comes_with_its_words() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, with_colleague(plan())).await;
    model.says("I am connecting you. [[transfer:billing]]");
    assert_eq!(
        line.says(&instance, "My bill is wrong.").await,
        "I am connecting you."
    );
    assert!(matches!(given_back(&line), Handoff::Transfer { to, .. } if to.as_str() == "+14155550134"));
    // Whoever knows how it went ends the call, or brings it back.
    instance.emptied().await;
}

#[tokio::test]
async fn an_instance_that_goes_away_lets_the_call_go_on_elsewhere() {
    let model = ModelServer::start().await;
    let url = phony_testkit::redis_url().await;
    let first = Instance::with(&model, Some(bus(&url).await));
    let second = Instance::with(&model, Some(bus(&url).await));
    let mut line = Line::greeted(&first, plan()).await;
    model.says("Nice to meet you, Lee.");
    line.says(&first, "My name is Lee.").await;
    tokio::join!(first.calls.drain(Duration::ZERO), first.emptied());
    // It takes no turn any more; whoever has room does.
    line.nothing(&first).await;
    let refused = line.turn(spoken("Who am I?", None));
    assert_eq!(line.bring(&first, refused).await.next, GatherNext::TryAgain);
    model.says("You are Lee.");
    assert_eq!(line.says(&second, "Who am I?").await, "You are Lee.");
    assert!(model.last_context().contains("My name is Lee."));
}
