//! What goes wrong when it is asked to.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::peer::{End, Got, MODEL, connect, connect_with, noise, record, telephone};
use crate::support::{self, Sim};

async fn fault(sim: &Sim, mut body: Value) {
    body["target"] = json!("realtime");
    let (status, answer) = sim.sim("POST", "/faults", body).await;
    assert_eq!(status, 201, "{answer}");
}

#[tokio::test]
async fn an_upgrade_is_refused() {
    let sim = support::start().await;
    for (body, status) in [
        (json!({"kind": "forbidden"}), 403),
        (json!({"kind": "rate_limited", "retry_after_s": 2}), 429),
        (json!({"kind": "server_error"}), 500),
        (json!({"kind": "overloaded"}), 503),
        (json!({"kind": "refuse_upgrade", "close": 418}), 418),
        (json!({"kind": "refuse_upgrade"}), 400),
    ] {
        fault(&sim, body).await;
        match connect_with(&sim, MODEL, &[("authorization", "Bearer k")]).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), status),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("upgraded in spite of {status}"),
        }
    }
    fault(&sim, json!({"kind": "forbidden", "match": "model=other"})).await;
    connect(&sim).await.until("session.created").await;
    assert_eq!(
        sim.sim("POST", "/faults", json!({"target": "realtime", "kind": "dance"}))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn a_session_does_not_begin() {
    let sim = support::start().await;
    for (kind, code, close) in [
        ("invalid_key", "invalid_api_key", 3000),
        ("model_not_found", "model_not_found", 4000),
        ("quota", "insufficient_quota", 4000),
        ("beta_shape", "beta_api_shape_disabled", 4000),
    ] {
        fault(&sim, json!({"kind": kind})).await;
        let mut peer = connect(&sim).await;
        assert_eq!(peer.error().await, code);
        assert_eq!(
            peer.end().await,
            End::Closed(close, format!("invalid_request_error.{code}"))
        );
        assert_eq!(record(&sim).await["faults"], json!([kind]));
    }
    fault(&sim, json!({"kind": "slow_created", "ms": 1500})).await;
    let mut peer = connect(&sim).await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(200)).await,
        Got::Nothing
    ));
    peer.until("session.created").await;
    fault(&sim, json!({"kind": "never_updated"})).await;
    fault(&sim, json!({"kind": "slow_updated", "ms": 1200})).await;
    let update = json!({"type": "session.update", "session": {"type": "realtime"}});
    peer.send(update.clone()).await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(200)).await,
        Got::Nothing
    ));
    peer.send(update).await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(150)).await,
        Got::Nothing
    ));
    peer.until("session.updated").await;
}

#[tokio::test]
async fn replies_fail_in_every_way() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.user_text("When do you open?").await;
    for code in ["rate_limit_exceeded", "server_error"] {
        fault(&sim, json!({"kind": "response_failed", "code": code})).await;
        let failed = peer.reply(json!({})).await;
        assert_eq!(
            (&failed["status"], &failed["output"]),
            (&json!("failed"), &json!([]))
        );
        assert_eq!(failed["status_details"]["error"]["code"], code);
        assert_eq!(failed["usage"]["total_tokens"], 0);
    }
    fault(&sim, json!({"kind": "response_cancelled", "after_deltas": 2})).await;
    peer.seen.clear();
    let cancelled = peer.reply(json!({})).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["output"][0]["status"]),
        (&json!("cancelled"), &json!("incomplete"))
    );
    assert_eq!(peer.all("response.output_audio.delta").len(), 2);
    fault(&sim, json!({"kind": "empty_response"})).await;
    assert_eq!(peer.reply(json!({})).await["output"], json!([]));
    fault(&sim, json!({"kind": "slow_first_audio", "ms": 1500})).await;
    peer.send(json!({"type": "response.create"})).await;
    peer.until("response.created").await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(300)).await,
        Got::Nothing
    ));
    peer.until("response.done").await;
    fault(&sim, json!({"kind": "response_stalls", "after_deltas": 1})).await;
    peer.send(json!({"type": "response.create"})).await;
    peer.until("response.output_audio.delta").await;
    while !matches!(peer.next_within(Duration::from_millis(300)).await, Got::Nothing) {}
    // It is still there, and can be stopped.
    peer.send(json!({"type": "response.create"})).await;
    assert_eq!(peer.error().await, "conversation_already_has_active_response");
    peer.send(json!({"type": "response.cancel"})).await;
    assert_eq!(
        peer.until("response.done").await["response"]["status"],
        "cancelled"
    );
}

#[tokio::test]
async fn sound_comes_twice_or_too_late() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    fault(&sim, json!({"kind": "duplicate_deltas"})).await;
    peer.reply(json!({})).await;
    let deltas = peer.all("response.output_audio.delta");
    assert!(
        deltas
            .chunks(2)
            .all(|pair| pair[0]["delta"] == pair[1]["delta"] && pair[0]["event_id"] != pair[1]["event_id"])
    );
    sim.sim("PUT", "/realtime/settings", json!({"audio_speed": 0.1}))
        .await;
    fault(&sim, json!({"kind": "late_deltas"})).await;
    peer.send(json!({"type": "response.create"})).await;
    peer.until("response.output_audio.delta").await;
    peer.send(json!({"type": "response.cancel"})).await;
    let done = peer.until("response.done").await;
    let late = peer.until("response.output_audio.delta").await;
    assert_eq!(late["response_id"], done["response"]["id"]);
}

#[tokio::test]
async fn words_are_late_lost_or_unreadable() {
    let sim = support::start().await;
    let silent =
        json!({"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": false}}}});
    let mut peer = telephone(&sim, silent).await;
    fault(&sim, json!({"kind": "transcription_failed"})).await;
    peer.say(&noise(500)).await;
    let failed = peer
        .until("conversation.item.input_audio_transcription.failed")
        .await;
    assert_eq!(failed["error"]["code"], "audio_unintelligible");
    fault(&sim, json!({"kind": "no_transcription"})).await;
    peer.say(&noise(500)).await;
    peer.until("conversation.item.done").await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(300)).await,
        Got::Nothing
    ));
    fault(&sim, json!({"kind": "slow_transcription", "ms": 2_000})).await;
    peer.say(&noise(500)).await;
    peer.until("conversation.item.input_audio_transcription.completed")
        .await;
}

#[tokio::test]
async fn sockets_end_and_break() {
    let sim = support::start().await;
    for (code, reason) in [(1001, "going"), (1011, "internal"), (3000, "no"), (4000, "never")] {
        fault(
            &sim,
            json!({"kind": "close", "close": code, "reason": reason, "after_events": 2}),
        )
        .await;
        let mut peer = connect(&sim).await;
        peer.until("session.created").await;
        assert!(matches!(
            peer.next_within(Duration::from_millis(150)).await,
            Got::Nothing
        ));
        peer.send(json!({"type": "input_audio_buffer.clear"})).await;
        peer.until("input_audio_buffer.cleared").await;
        assert_eq!(peer.end().await, End::Closed(code, reason.to_owned()));
    }
    for kind in ["drop", "half_frame"] {
        let mut peer = connect(&sim).await;
        peer.until("session.created").await;
        fault(&sim, json!({"kind": kind})).await;
        assert_eq!(peer.end().await, End::Broken);
        assert_eq!(record(&sim).await["closed"]["by"], "server");
    }
    let mut peer = connect(&sim).await;
    fault(&sim, json!({"kind": "session_expired", "after_events": 1})).await;
    assert_eq!(peer.error().await, "session_expired");
    assert!(matches!(peer.end().await, End::Closed(1001, _)));
}

#[tokio::test]
async fn a_mute_line_lives() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    fault(&sim, json!({"kind": "mute"})).await;
    peer.send(json!({"type": "input_audio_buffer.clear"})).await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(400)).await,
        Got::Nothing
    ));
    peer.socket.send(Message::Ping(vec![1].into())).await.unwrap();
    let pong = tokio::time::timeout(
        Duration::from_secs(30),
        futures_util::StreamExt::next(&mut peer.socket),
    )
    .await;
    assert!(matches!(pong, Ok(Some(Ok(Message::Pong(_))))), "{pong:?}");
}

#[tokio::test]
async fn a_dead_line() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    fault(&sim, json!({"kind": "half_open"})).await;
    assert!(matches!(
        peer.next_within(Duration::from_millis(200)).await,
        Got::Nothing
    ));
    peer.socket.send(Message::Ping(vec![1].into())).await.unwrap();
    let pong = tokio::time::timeout(
        Duration::from_millis(500),
        futures_util::StreamExt::next(&mut peer.socket),
    )
    .await;
    assert!(pong.is_err(), "{pong:?}");
}

#[tokio::test]
async fn strange_messages_come_and_the_session_goes_on() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    for kind in ["unknown_event", "malformed", "binary", "long_message"] {
        fault(&sim, json!({"kind": kind, "bytes": 1_000_000})).await;
        let Got::Odd(message) = peer.next().await else {
            panic!("nothing odd about {kind}")
        };
        assert_eq!(message.is_binary(), kind == "binary");
        assert_eq!(message.len() > 1_000_000, kind == "long_message");
    }
    fault(
        &sim,
        json!({"kind": "error_event", "code": "server_error", "reason": "Sorry."}),
    )
    .await;
    let error = peer.until("error").await["error"].clone();
    assert_eq!(
        (&error["type"], &error["message"]),
        (&json!("server_error"), &json!("Sorry."))
    );
    let done = peer.reply(json!({})).await;
    assert_eq!(done["status"], "completed");
}
