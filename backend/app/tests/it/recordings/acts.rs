//! What people and agents do to a recording that runs.

use phony_calls::RecordingOrder;
use phony_carriers::twilio::params::RecordingState as State;
use phony_conversation::ActionStatus;
use phony_conversation::command::RecordOp;
use tokio::sync::mpsc;

use super::{Studio, Talk};

const RE: &str = "RE00000000000000000000000000000003";

async fn act(studio: &Studio, talk: &Talk, action_id: &str, op: RecordOp) -> ActionStatus {
    studio
        .recordings
        .act(
            &talk.tenant.principal(),
            talk.call,
            &talk.call_sid,
            action_id.to_owned(),
            op,
        )
        .await
        .unwrap()
}

fn code(status: ActionStatus) -> String {
    match status {
        ActionStatus::Failed { code, .. } => code,
        other => panic!("not failed: {other:?}"),
    }
}

/// What the carrier was told to do with the recording, in its words.
async fn orders(studio: &Studio) -> Vec<String> {
    let asked = studio.asked("POST", &format!("/Recordings/{RE}.json")).await;
    asked
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect()
}

#[tokio::test]
async fn a_recording_is_paused_with_silence_resumed_and_stopped_each_act_once() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    for _ in 0..2 {
        assert_eq!(
            act(&studio, &talk, "p1", RecordOp::Pause).await,
            ActionStatus::Applied
        );
    }
    assert_eq!(
        act(&studio, &talk, "p2", RecordOp::Pause).await,
        ActionStatus::Applied,
        "it pauses already"
    );
    let paused = studio.only(&talk).await;
    assert_eq!(paused.status, "paused");
    assert!(paused.paused_at.is_some());
    assert_eq!(
        act(&studio, &talk, "r1", RecordOp::Resume).await,
        ActionStatus::Applied
    );
    assert_eq!(studio.only(&talk).await.status, "recording");
    assert_eq!(
        act(&studio, &talk, "s1", RecordOp::Stop).await,
        ActionStatus::Applied
    );
    assert_eq!(studio.only(&talk).await.status, "processing");
    assert_eq!(
        orders(&studio).await,
        [
            "Status=paused&PauseBehavior=silence",
            "Status=in-progress",
            "Status=stopped"
        ]
    );
    assert_eq!(
        code(act(&studio, &talk, "p3", RecordOp::Pause).await),
        "not_recording"
    );
    assert_eq!(
        code(act(&studio, &talk, "p3", RecordOp::Pause).await),
        "not_recording"
    );
    // The carrier's word follows, and the file is on its way.
    studio
        .recordings
        .carrier_news(&talk.news(RE, State::Completed, Some(9)))
        .await
        .unwrap();
    assert_eq!(studio.jobs(&talk, "recording.fetch").await, 1);
    let audited: i64 = studio
        .fixture
        .look(
            "SELECT count(*) FROM phony.audit_log WHERE tenant_id = $1 AND action = 'recording.act'",
            &talk.tenant,
        )
        .await;
    assert_eq!(audited, 5);
}

#[tokio::test]
async fn somebody_begins_a_recording_where_the_number_lets_them() {
    let studio = Studio::open().await;
    studio.carrier_records(RE).await;
    let off = studio.talk("off", "off").await;
    assert_eq!(
        code(act(&studio, &off, "a", RecordOp::Start).await),
        "recording_off"
    );
    let talk = studio.talk("on_demand", "off").await;
    assert_eq!(
        act(&studio, &talk, "a", RecordOp::Start).await,
        ActionStatus::Applied
    );
    assert_eq!(
        act(&studio, &talk, "b", RecordOp::Start).await,
        ActionStatus::Applied,
        "it records already"
    );
    let recording = studio.only(&talk).await;
    assert!(recording.started_by.starts_with("key_"));
    assert_eq!(studio.asked("POST", "/Recordings.json").await.len(), 1);
}

#[tokio::test]
async fn an_agent_leaves_card_data_out_and_a_refusal_is_final() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    let (wishes, taken) = mpsc::channel(8);
    for op in [RecordOp::Pause, RecordOp::Resume, RecordOp::Stop] {
        let order = RecordingOrder {
            tenant: talk.tenant.id,
            call: talk.call,
            op,
        };
        let (one, orders) = mpsc::channel(1);
        one.send(order).await.unwrap();
        drop(one);
        studio.recordings.take_orders(orders).await;
    }
    drop(wishes);
    studio.recordings.take_orders(taken).await;
    assert_eq!(
        orders(&studio).await,
        [
            "Status=paused&PauseBehavior=silence",
            "Status=in-progress",
            "Status=stopped"
        ]
    );
    assert_eq!(studio.only(&talk).await.status, "processing");
    assert_eq!(
        code(act(&studio, &talk, "a", RecordOp::Start).await),
        "recording_refused"
    );
    // Told, not asked: what was recorded until then is kept.
    studio
        .recordings
        .carrier_news(&talk.news(RE, State::Completed, Some(4)))
        .await
        .unwrap();
    assert_eq!(studio.jobs(&talk, "recording.fetch").await, 1);
}

#[tokio::test]
async fn who_was_asked_and_says_no_later_leaves_nothing_behind() {
    let studio = Studio::open().await;
    studio.carrier_records(RE).await;
    let talk = studio.talk("always", "ask").await;
    studio
        .recordings
        .answered(talk.tenant.id, talk.call, true)
        .await
        .unwrap();
    studio
        .recordings
        .conversation_began(talk.tenant.id, talk.call)
        .await;
    studio.recordings.refuse(talk.tenant.id, talk.call).await.unwrap();
    studio
        .recordings
        .carrier_news(&talk.news(RE, State::Completed, Some(4)))
        .await
        .unwrap();
    let tombstone = studio.only(&talk).await;
    assert_eq!(
        (tombstone.status.as_str(), tombstone.erased_for.as_deref()),
        ("deleted", Some("refused"))
    );
    assert_eq!(studio.jobs(&talk, "recording.fetch").await, 0);
    assert_eq!(studio.jobs(&talk, "recording.forget").await, 1);
}
