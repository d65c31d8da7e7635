//! Begin by policy, and the carrier's news in any order.

use phony_carriers::twilio::params::RecordingState as State;
use wiremock::ResponseTemplate;

use super::Studio;

const RE: &str = "RE00000000000000000000000000000001";

#[tokio::test]
async fn a_call_is_recorded_as_its_number_says_and_once() {
    let studio = Studio::open().await;
    studio.carrier_records(RE).await;
    for (mode, consent, times) in [
        ("off", "off", 0),
        ("on_demand", "off", 0),
        ("always", "off", 1),
        ("always", "announce", 2),
    ] {
        let talk = studio.talk(mode, consent).await;
        for _ in 0..3 {
            studio
                .recordings
                .conversation_began(talk.tenant.id, talk.call)
                .await;
        }
        let begun = studio.asked("POST", "/Recordings.json").await;
        assert_eq!(begun.len(), times, "{mode} {consent}");
        assert_eq!(studio.list(&talk).await.len(), usize::from(mode == "always"));
    }
    let begun = studio.asked("POST", "/Recordings.json").await;
    let form = String::from_utf8_lossy(&begun[0].body).into_owned();
    assert!(form.contains("RecordingChannels=dual"), "{form}");
    assert!(
        form.contains("RecordingStatusCallback=https%3A%2F%2Fphony.test%2Ftwilio%2Frecording"),
        "{form}"
    );
}

#[tokio::test]
async fn who_is_asked_is_recorded_only_after_a_yes() {
    let studio = Studio::open().await;
    studio.carrier_records(RE).await;
    let refuses = studio.talk("always", "ask").await;
    studio
        .recordings
        .answered(refuses.tenant.id, refuses.call, false)
        .await
        .unwrap();
    studio
        .recordings
        .conversation_began(refuses.tenant.id, refuses.call)
        .await;
    assert!(studio.list(&refuses).await.is_empty());
    let agrees = studio.talk("always", "ask").await;
    studio
        .recordings
        .answered(agrees.tenant.id, agrees.call, true)
        .await
        .unwrap();
    studio
        .recordings
        .conversation_began(agrees.tenant.id, agrees.call)
        .await;
    let recording = studio.only(&agrees).await;
    assert_eq!(
        (recording.status.as_str(), recording.consent.as_str()),
        ("recording", "ask")
    );
    assert_eq!(recording.started_by, "policy");
}

#[tokio::test]
async fn news_in_any_order_and_number_come_to_the_same() {
    let steps = [
        (State::InProgress, None),
        (State::Completed, Some(61)),
        (State::Completed, Some(61)),
        (State::InProgress, None),
        (State::Absent, None),
    ];
    // The end comes first, last, and between: what is over stays over.
    for order in [[0, 1, 2, 3, 4], [1, 0, 3, 2, 4], [3, 1, 4, 0, 2], [1, 4, 2, 3, 0]] {
        let studio = Studio::open().await;
        let talk = studio.recorded(RE).await;
        for step in order {
            let (state, seconds) = steps[step];
            let news = talk.news(RE, state, seconds);
            studio.recordings.carrier_news(&news).await.unwrap();
        }
        let recording = studio.only(&talk).await;
        assert_eq!(recording.status, "processing", "{order:?}");
        assert_eq!(
            (recording.duration_seconds, recording.channels),
            (Some(61), Some(2))
        );
        assert_eq!(studio.jobs(&talk, "recording.fetch").await, 1, "{order:?}");
        let minutes: Vec<i64> = sqlx::query_scalar(
            "SELECT quantity FROM phony.usage_events WHERE tenant_id = $1 AND sku = 'twilio.recording_minute'",
        )
        .bind(talk.tenant.id.uuid())
        .fetch_all(&studio.fixture.admin)
        .await
        .unwrap();
        assert_eq!(minutes, [2], "{order:?}");
    }
}

#[tokio::test]
async fn news_that_overtake_the_carriers_answer_find_their_recording() {
    let studio = Studio::open().await;
    // The carrier begins, but its answer is lost.
    let lost = ResponseTemplate::new(500);
    studio.carrier_answers("POST", "/Recordings.json$", lost).await;
    let talk = studio.talk("always", "off").await;
    studio
        .recordings
        .conversation_began(talk.tenant.id, talk.call)
        .await;
    let before = studio.only(&talk).await;
    assert_eq!(before.status, "starting");
    for state in [State::InProgress, State::InProgress] {
        studio
            .recordings
            .carrier_news(&talk.news(RE, state, None))
            .await
            .unwrap();
    }
    let after = studio.only(&talk).await;
    assert_eq!((after.id, after.status.as_str()), (before.id, "recording"));
    studio
        .recordings
        .conversation_began(talk.tenant.id, talk.call)
        .await;
    assert_eq!(
        studio.asked("POST", "/Recordings.json").await.len(),
        1,
        "never asked twice"
    );
}

#[tokio::test]
async fn what_the_carrier_refuses_or_never_hears_is_said() {
    let studio = Studio::open().await;
    let refusal = serde_json::json!({ "code": 21_220, "message": "not in progress", "status": 400 });
    let refused = ResponseTemplate::new(400).set_body_json(refusal);
    studio.carrier_answers("POST", "/Recordings.json$", refused).await;
    let talk = studio.talk("always", "off").await;
    studio
        .recordings
        .conversation_began(talk.tenant.id, talk.call)
        .await;
    let recording = studio.only(&talk).await;
    assert_eq!(recording.status, "failed");
    assert_eq!(
        recording.failure.as_deref(),
        Some("the call is over at the carrier")
    );

    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    let mut short = talk.news(RE, State::Absent, Some(0));
    short.error_code = Some(16_101);
    studio.recordings.carrier_news(&short).await.unwrap();
    let recording = studio.only(&talk).await;
    assert_eq!(
        (recording.status.as_str(), recording.failure.as_deref()),
        ("absent", Some("the recording was too short"))
    );
    // Somebody else's call, and one that nobody has, change nothing.
    let mut stray = talk.news("RE9", State::Completed, Some(5));
    stray.call_sid = "CA9".to_owned();
    studio.recordings.carrier_news(&stray).await.unwrap();
    assert_eq!(studio.list(&talk).await.len(), 1);
}

#[tokio::test]
async fn an_end_that_the_carrier_never_tells_is_asked_for() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    let mut tx = studio.fixture.worker.tenant(talk.tenant.id).await.unwrap();
    phony_app::recordings::settle_later(&mut tx, talk.call)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(studio.jobs(&talk, "recording.settle").await, 1);
    let found = serde_json::json!({ "sid": RE, "status": "completed", "duration": "7", "channels": 2 });
    let found = ResponseTemplate::new(200).set_body_json(found);
    studio
        .carrier_answers("GET", "/Recordings/RE.*.json$", found)
        .await;
    let id = studio.only(&talk).await.id;
    studio.recordings.settle(talk.tenant.id, id).await.unwrap();
    let recording = studio.only(&talk).await;
    assert_eq!(
        (recording.status.as_str(), recording.duration_seconds),
        ("processing", Some(7))
    );
    studio.recordings.settle(talk.tenant.id, id).await.unwrap();
    assert_eq!(studio.jobs(&talk, "recording.fetch").await, 1);
}
