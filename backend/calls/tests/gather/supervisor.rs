//! A supervisor steps in while the carrier listens to the caller.

use phony_calls::GatherNext;
use phony_conversation::command::{Action, ActionStatus, Actor, Command, SayWhen};
use phony_conversation::core::Handoff;
use phony_conversation::{EventBody, Speaker};
use phony_kernel::call::EndedReason;

use crate::harness::*;

fn command(id: &str, action: Action) -> Command {
    Command {
        action_id: id.to_owned(),
        actor: Actor {
            id: "usr_1".to_owned(),
            name: "Mia".to_owned(),
        },
        action,
    }
}

async fn act(instance: &Instance, line: &Line, id: &str, action: Action) -> ActionStatus {
    let command = command(id, action);
    let (tenant, call) = (line.plan.tenant, line.plan.call);
    instance.calls.command(tenant, call, command).await.unwrap()
}

fn say(text: &str, when: SayWhen) -> Action {
    Action::Say {
        text: text.to_owned(),
        mode: Default::default(),
        when,
    }
}

#[tokio::test]
async fn words_of_a_supervisor_make_the_carrier_come() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    let status = act(&instance, &line, "a1", say("This is Mia speaking.", SayWhen::Now)).await;
    assert_eq!(status, ActionStatus::Applied);
    let nudge = instance.nudge().await;
    assert_eq!((nudge.number, nudge.token.as_str()), (line.number, TOKEN));
    assert_eq!(line.here(&instance).await, "This is Mia speaking.");
    assert!(!line.answers.last().unwrap().say[0].interruptible);
    assert!(line.listens());
    model.says("Yes, that was Mia.");
    line.says(&instance, "Who was that?").await;
    assert!(model.last_context().contains("This is Mia speaking."));
    assert!(instance.nudges.try_recv().is_err());
}

#[tokio::test]
async fn without_a_way_to_the_carrier_words_come_with_the_next_turn() {
    let model = ModelServer::start().await;
    let instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    act(&instance, &line, "a1", say("This is Mia speaking.", SayWhen::Now)).await;
    // The nudge is lost, and the caller says nothing.
    assert_eq!(line.nothing(&instance).await, "This is Mia speaking.");
    act(&instance, &line, "a2", say("Mia again.", SayWhen::Now)).await;
    model.says("Certainly.");
    assert_eq!(
        line.says(&instance, "Can you help me?").await,
        "Mia again. Certainly."
    );
}

#[tokio::test]
async fn a_supervisor_ends_the_call_at_once_or_with_a_sentence() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    assert_eq!(
        act(&instance, &line, "e", Action::End { say: None }).await,
        ActionStatus::Applied
    );
    instance.nudge().await;
    assert_eq!(instance.ended_reason().await, EndedReason::SupervisorHangup);
    instance.emptied().await;
    line.here(&instance).await;
    assert_eq!(line.last(), &GatherNext::GiveBack(Handoff::end()));

    let mut line = Line::greeted(&instance, plan()).await;
    let words = Some("We have to stop here. Goodbye.".to_owned());
    assert_eq!(
        act(&instance, &line, "e", Action::End { say: words }).await,
        ActionStatus::Accepted
    );
    instance.nudge().await;
    assert_eq!(line.here(&instance).await, "We have to stop here. Goodbye.");
    assert_eq!(line.last(), &GatherNext::GiveBack(Handoff::end()));
    let records = instance.until_end().await;
    assert!(has(&records, |body| matches!(
        body,
        EventBody::SpeechFinal {
            speaker: Speaker::Supervisor,
            ..
        }
    )));
}

#[tokio::test]
async fn a_supervisor_transfers_the_caller() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, with_colleague(plan())).await;
    let action = Action::Transfer {
        to: "billing".to_owned(),
        kind: None,
        brief: None,
        stay_as: None,
        allowed: false,
    };
    // It is done when the carrier has come for the words and for where to go.
    let (calls, command) = (instance.calls.clone(), command("t", action));
    let (tenant, call) = (line.plan.tenant, line.plan.call);
    let act = tokio::spawn(async move { calls.command(tenant, call, command).await.unwrap() });
    instance.nudge().await;
    assert_eq!(line.here(&instance).await, plan().policy.waiting.announce);
    assert!(matches!(
        line.last(),
        GatherNext::GiveBack(Handoff::Transfer { .. })
    ));
    assert_eq!(act.await.unwrap(), ActionStatus::Applied);
    instance.emptied().await;
}

#[tokio::test]
async fn keys_are_pressed_between_words() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    let digits = "1w2#".to_owned();
    assert_eq!(
        act(&instance, &line, "d", Action::Dtmf { digits }).await,
        ActionStatus::Applied
    );
    instance.nudge().await;
    line.here(&instance).await;
    let keys: Vec<_> = line
        .answers
        .last()
        .unwrap()
        .say
        .iter()
        .map(|line| line.keys.as_deref())
        .collect();
    assert_eq!(keys, [Some("1w2#")]);
    assert!(line.listens());
    // From the model, in the place where it writes them.
    model.says("I press it. [[press:5]] Done.");
    line.says(&instance, "Press five.").await;
    let said = &line.answers.last().unwrap().say;
    assert!(
        said.iter().any(|line| line.keys.as_deref() == Some("5")),
        "{said:?}"
    );
}

#[tokio::test]
async fn the_answer_to_a_question_is_told_as_soon_as_it_is_there() {
    let model = ModelServer::start().await;
    let mut instance = Instance::alone(&model);
    let mut line = Line::greeted(&instance, plan()).await;
    model.says("Let me ask. [[request_user:refund?]]");
    assert_eq!(line.says(&instance, "I want my money back.").await, "Let me ask.");
    // Who waits is not asked whether they are there.
    for _ in 0..4 {
        assert_eq!(line.nothing(&instance).await, "");
        assert!(line.listens());
    }
    let mut records = Vec::new();
    let question = loop {
        let record = tokio::time::timeout(SOON, instance.records.recv())
            .await
            .unwrap()
            .unwrap();
        if let phony_conversation::record::RecordBody::Event(event) = record.body {
            if let EventBody::ClarificationRequested { clarification_id, .. } = &event.body {
                break clarification_id.to_string();
            }
            records.push(event);
        }
    };
    model.says("You get it back.");
    let answer = Action::Clarify {
        clarification_id: question,
        answer: "Yes, all of it".to_owned(),
        decide: false,
    };
    assert_eq!(act(&instance, &line, "c", answer).await, ActionStatus::Applied);
    instance.nudge().await;
    assert_eq!(line.here(&instance).await, "You get it back.");
}
