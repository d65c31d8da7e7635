//! Files: fetched, played in parts, kept for a while, deleted everywhere.

use futures_util::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use phony_app::recordings::{erase_file, erase_of_call, remove_expired};
use phony_carriers::twilio::params::RecordingState as State;
use phony_kernel::Plan;
use sha2::{Digest as _, Sha256};
use wiremock::ResponseTemplate;

use super::{Studio, Talk};

const RE: &str = "RE00000000000000000000000000000002";
const SOUND: &[u8] = b"RIFF....WAVEfmt a sound of some length";

/// A recording whose file is there.
async fn ready(studio: &Studio) -> Talk {
    let talk = studio.recorded(RE).await;
    studio
        .recordings
        .carrier_news(&talk.news(RE, State::Completed, Some(3)))
        .await
        .unwrap();
    let file = ResponseTemplate::new(200).set_body_bytes(SOUND);
    studio.carrier_answers("GET", "/Recordings/RE.*.wav$", file).await;
    let id = studio.only(&talk).await.id;
    studio.recordings.fetch(talk.tenant.id, id).await.unwrap();
    talk
}

async fn key(studio: &Studio, talk: &Talk) -> Option<String> {
    let query = "SELECT storage_key FROM phony.recordings WHERE tenant_id = $1";
    studio.fixture.look(query, &talk.tenant).await
}

#[tokio::test]
async fn a_file_that_is_not_there_yet_is_fetched_later_and_deleted_at_the_carrier() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    studio
        .recordings
        .carrier_news(&talk.news(RE, State::Completed, Some(3)))
        .await
        .unwrap();
    let id = studio.only(&talk).await.id;
    let early = studio.recordings.fetch(talk.tenant.id, id).await.unwrap_err();
    assert_eq!(early.code(), "recording_unfetched");
    let (who, call) = (talk.tenant.principal(), talk.call.into());
    let early = studio.recordings.audio(&who, &call, id).await.unwrap_err();
    assert_eq!(early.code(), "recording_not_ready");
    let file = ResponseTemplate::new(200).set_body_bytes(SOUND);
    studio.carrier_answers("GET", "/Recordings/RE.*.wav$", file).await;
    for _ in 0..2 {
        studio.recordings.fetch(talk.tenant.id, id).await.unwrap();
    }
    let recording = studio.only(&talk).await;
    assert_eq!(
        (recording.status.as_str(), recording.size_bytes),
        ("ready", Some(i64::try_from(SOUND.len()).unwrap()))
    );
    let kept = recording.expires_at.unwrap() - recording.ready_at.unwrap();
    assert_eq!(kept.num_days(), 90);
    assert_eq!(studio.jobs(&talk, "call.recording_ready").await, 1);

    let file = studio.recordings.audio(&who, &call, id).await.unwrap();
    assert_eq!(file.etag, format!("\"{}\"", hex::encode(Sha256::digest(SOUND))));
    let part: Vec<bytes::Bytes> = file.read(4..8).await.unwrap().try_collect().await.unwrap();
    assert_eq!(part.concat(), &SOUND[4..8]);
    let stranger = studio.fixture.tenant(Plan::Basic).await.principal();
    let foreign = studio.recordings.audio(&stranger, &call, id).await.unwrap_err();
    assert_eq!(foreign.code(), "not_found");

    assert_eq!(studio.jobs(&talk, "recording.forget").await, 1);
    for _ in 0..2 {
        studio.recordings.forget(talk.tenant.id, id).await.unwrap();
    }
    assert_eq!(
        studio
            .asked("DELETE", &format!("/Recordings/{RE}.json"))
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_file_that_never_comes_is_given_up() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    studio
        .recordings
        .carrier_news(&talk.news(RE, State::Completed, Some(3)))
        .await
        .unwrap();
    let id = studio.only(&talk).await.id;
    studio.recordings.give_up_fetch(talk.tenant.id, id).await.unwrap();
    let recording = studio.only(&talk).await;
    assert_eq!(recording.status, "failed");
    assert!(recording.failure.is_some());
    studio.recordings.fetch(talk.tenant.id, id).await.unwrap();
    assert_eq!(studio.only(&talk).await.status, "failed");
}

#[tokio::test]
async fn a_deleted_recording_leaves_a_tombstone_and_no_sound() {
    let studio = Studio::open().await;
    let talk = ready(&studio).await;
    let (who, call) = (talk.tenant.principal(), talk.call.into());
    let id = studio.only(&talk).await.id;
    let stored = Path::from(key(&studio, &talk).await.unwrap());
    studio.store.head(&stored).await.unwrap();
    let stranger = studio.fixture.tenant(Plan::Basic).await.principal();
    let foreign = studio.recordings.delete(&stranger, &call, id).await.unwrap_err();
    assert_eq!(foreign.code(), "not_found");
    for _ in 0..2 {
        studio.recordings.delete(&who, &call, id).await.unwrap();
    }
    let gone = studio.recordings.audio(&who, &call, id).await.unwrap_err();
    assert_eq!(gone.code(), "recording_deleted");
    let tombstone = studio.only(&talk).await;
    assert_eq!(
        (tombstone.status.as_str(), tombstone.erased_for.as_deref()),
        ("deleted", Some("request"))
    );
    assert_eq!(
        (tombstone.size_bytes, tombstone.duration_seconds),
        (None, Some(3))
    );
    assert_eq!(studio.jobs(&talk, "recording.erase").await, 1);
    erase_file(&studio.fixture.worker, &studio.store, talk.tenant.id, id)
        .await
        .unwrap();
    assert!(studio.store.head(&stored).await.is_err(), "the file is gone");
    assert_eq!(key(&studio, &talk).await, None);
}

#[tokio::test]
async fn a_recording_that_runs_is_not_deleted_under_it() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    let id = studio.only(&talk).await.id;
    let live = studio
        .recordings
        .delete(&talk.tenant.principal(), &talk.call.into(), id)
        .await
        .unwrap_err();
    assert_eq!(live.code(), "recording_live");
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_and_nothing_else() {
    let studio = Studio::open().await;
    let talk = ready(&studio).await;
    let stored = Path::from(key(&studio, &talk).await.unwrap());
    let sweep = || remove_expired(&studio.fixture.worker, &studio.store, talk.tenant.id);
    assert_eq!(sweep().await.unwrap(), 0);
    let _: i32 = studio
        .fixture
        .look(
            "UPDATE phony.recordings SET expires_at = now() - interval '1 second' WHERE tenant_id = $1 RETURNING 1",
            &talk.tenant,
        )
        .await;
    // Its time is over, also before the sweep.
    let id = studio.only(&talk).await.id;
    let (who, call) = (talk.tenant.principal(), talk.call.into());
    let over = studio.recordings.audio(&who, &call, id).await.unwrap_err();
    assert_eq!(over.code(), "recording_deleted");
    assert_eq!(sweep().await.unwrap(), 1);
    assert_eq!(sweep().await.unwrap(), 0);
    assert!(studio.store.head(&stored).await.is_err());
    assert_eq!(studio.only(&talk).await.erased_for.as_deref(), Some("retention"));
}

#[tokio::test]
async fn recordings_go_with_their_call_also_one_that_is_on_its_way() {
    let studio = Studio::open().await;
    let talk = studio.recorded(RE).await;
    let completed = talk.news(RE, State::Completed, Some(3));
    studio.recordings.carrier_news(&completed).await.unwrap();
    let id = studio.only(&talk).await.id;
    let mut tx = studio.fixture.db.tenant(talk.tenant.id).await.unwrap();
    assert_eq!(erase_of_call(&mut tx, talk.call).await.unwrap(), 1);
    tx.commit().await.unwrap();
    studio.recordings.fetch(talk.tenant.id, id).await.unwrap();
    let tombstone = studio.only(&talk).await;
    assert_eq!(
        (tombstone.status.as_str(), tombstone.erased_for.as_deref()),
        ("deleted", Some("call"))
    );
    assert!(
        studio.asked("GET", ".wav").await.is_empty(),
        "nothing is fetched any more"
    );
    assert_eq!(studio.jobs(&talk, "recording.forget").await, 1);
    let _ = studio.clock.now();
}
