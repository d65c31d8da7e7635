//! Several instances: any of them may get the next turn.

use std::time::Duration;

use phony_calls::GatherNext;
use phony_conversation::core::Handoff;
use phony_conversation::record::RecordBody;
use phony_kernel::call::EndedReason;

use crate::harness::*;

async fn pair(model: &ModelServer) -> [Instance; 2] {
    let url = phony_testkit::redis_url().await;
    let first = Instance::with(model, Some(bus(&url).await));
    let second = Instance::with(model, Some(bus(&url).await));
    [first, second]
}

/// Everybody has told what it knows.
async fn flushed(instances: &[Instance]) {
    for instance in instances {
        tokio::time::timeout(SOON, instance.calls.flushed())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn two_instances_take_turns() {
    let model = ModelServer::start().await;
    let pair = pair(&model).await;
    let mut line = Line::greeted(&pair[0], plan()).await;
    for turn in 1..=6 {
        flushed(&pair).await;
        model.says("Go on.");
        let text = format!("This is sentence {turn}.");
        assert_eq!(line.talks(&pair[turn % 2], &text).await, "Go on.", "{turn}");
    }
    let context = model.last_context();
    assert!(
        context.starts_with("Hello, this is Ava.\nThis is sentence 1.\nGo on.\n"),
        "{context}"
    );
    assert_eq!(context.matches("This is sentence").count(), 6);
    assert_eq!(context.matches("Go on.").count(), 5);
    assert!(
        !context.contains("interrupted"),
        "to the caller nothing happened: {context}"
    );
    assert_eq!(line.number, 7);
    // Only the last one still has it.
    pair[1].emptied().await;
    assert_eq!(pair[0].calls.active(), 1);
}

#[tokio::test]
async fn the_ladder_and_the_goodbye_go_from_one_to_the_other() {
    let model = ModelServer::start().await;
    let mut pair = pair(&model).await;
    let mut line = Line::greeted(&pair[0], plan()).await;
    for (at, words) in [(1, "did not hear"), (0, "still there"), (1, "Goodbye")] {
        flushed(&pair).await;
        let said = line.nothing(&pair[at]).await;
        assert!(said.contains(words), "{said}");
    }
    flushed(&pair).await;
    line.nothing(&pair[0]).await;
    assert_eq!(line.last(), &GatherNext::GiveBack(Handoff::end()));
    let [first, second] = &mut pair;
    assert_eq!(second.ended_reason().await, EndedReason::SilenceTimeout);
    first.emptied().await;
    while let Ok(record) = first.records.try_recv() {
        assert!(!matches!(record.body, RecordBody::Ended { .. }), "{record:?}");
    }
}

#[tokio::test]
async fn an_interruption_is_known_at_the_other_instance() {
    let model = ModelServer::start().await;
    let pair = pair(&model).await;
    let mut line = Line::greeted(&pair[0], plan()).await;
    model
        .says("We open at nine in the morning, on Sundays at eleven, and on holidays we are closed all day.");
    line.says(&pair[0], "When do you open?").await;
    flushed(&pair).await;
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    model.says("Yes?");
    assert_eq!(line.says(&pair[1], "Stop.").await, "Yes?");
    let context = model.last_context();
    assert!(
        context.contains("\nWe open") && !context.contains("holidays"),
        "{context}"
    );
}

#[tokio::test]
async fn a_repeat_is_known_at_the_other_instance() {
    let model = ModelServer::start().await;
    let pair = pair(&model).await;
    let mut line = Line::greeted(&pair[0], plan()).await;
    model.says("Nice to meet you.");
    let turn = line.turn(spoken("My name is Lee.", None));
    let first = line.bring(&pair[0], turn.clone()).await;
    flushed(&pair).await;
    // The answer is kept beside the webhook.
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let again = line.clone().bring(&pair[1], turn.clone()).await;
        if again == first {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{again:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(model.requests.lock().len(), 1);
    assert_eq!(pair[1].calls.active(), 0);
}

#[tokio::test]
async fn a_turn_of_a_killed_instance_is_taken_by_another() {
    let model = ModelServer::start().await;
    let url = phony_testkit::redis_url().await;
    let plan = plan();
    let (told, mut line) = {
        let (plan, url, model_url) = (plan.clone(), url.clone(), model.url.clone());
        let (sender, told) = std::sync::mpsc::channel();
        model.will(Answer::Silence);
        // An instance on a runtime of its own, which dies with it in the middle of a turn.
        let dead = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let line = runtime.block_on(async {
                let instance = Instance::at(&model_url, Some(bus(&url).await));
                let mut line = Line::greeted(&instance, plan).await;
                let before = line.clone();
                let asking = async { line.says(&instance, "My name is Lee.").await };
                let _ = tokio::time::timeout(Duration::from_millis(700), asking).await;
                instance.calls.flushed().await;
                before
            });
            sender.send(()).unwrap();
            runtime.shutdown_background();
            line
        });
        (told, dead.join().unwrap())
    };
    told.recv().unwrap();
    let second = Instance::with(&model, Some(bus(&url).await));
    model.says("Nice to meet you, Lee.");
    assert_eq!(
        line.says(&second, "My name is Lee.").await,
        "Nice to meet you, Lee."
    );
    assert_eq!(
        model.last_context().matches("My name is Lee.").count(),
        1,
        "{}",
        model.last_context()
    );
}

#[tokio::test]
async fn a_call_goes_on_at_its_instance_without_redis() {
    let model = ModelServer::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}/", listener.local_addr().unwrap());
    let client = redis::Client::open(url).unwrap();
    let config = redis::aio::ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_connection_timeout(Some(Duration::from_millis(100)));
    let connection = redis::aio::ConnectionManager::new_lazy_with_config(client.clone(), config).unwrap();
    drop(listener);
    let bus = phony_calls::bus::EventBus::start(client, connection);
    let instance = Instance::with(&model, Some(bus));
    let mut line = Line::greeted(&instance, plan()).await;
    for turn in 0..3 {
        model.says("I hear you.");
        let text = format!("Sentence {turn}.");
        assert_eq!(line.says(&instance, &text).await, "I hear you.");
    }
    assert_eq!(model.last_context().matches("Sentence").count(), 3);
    assert!(line.nothing(&instance).await.contains("did not hear"));
}
