//! The way into a session, its settings, its items, and what is refused.

use serde_json::{Value, json};

use super::peer::{End, Got, MODEL, connect, connect_with, is_client_event, record, spec, telephone};
use crate::support;

#[tokio::test]
async fn what_is_wrong_is_said_behind_the_upgrade() {
    let sim = support::start_with(phony_simulator::Config {
        openai_api_key: Some("sk-right".to_owned()),
        ..Default::default()
    })
    .await;
    let right = ("authorization", "Bearer sk-right");
    for (query, headers, code, close) in [
        (MODEL, vec![], "invalid_api_key", 3000),
        (
            MODEL,
            vec![("authorization", "Bearer sk-wrong")],
            "invalid_api_key",
            3000,
        ),
        (
            MODEL,
            vec![right, ("openai-beta", "realtime=v1")],
            "beta_api_shape_disabled",
            4000,
        ),
        ("?model=gpt-4o", vec![right], "model_not_found", 4000),
        (
            "?model=gpt-realtime-whisper",
            vec![right],
            "model_not_found",
            4000,
        ),
        ("", vec![right], "model_not_found", 4000),
    ] {
        let mut peer = connect_with(&sim, query, &headers).await.unwrap();
        assert_eq!(peer.error().await, code);
        let reason = format!("invalid_request_error.{code}");
        assert_eq!(peer.end().await, End::Closed(close, reason));
        assert_eq!(record(&sim).await["closed"]["code"], close);
    }
    let mut peer = connect_with(&sim, MODEL, &[right]).await.unwrap();
    peer.until("session.created").await;
    // A browser gives its key in the name of a protocol.
    let names = "realtime, openai-insecure-api-key.sk-right";
    let mut peer = connect_with(&sim, MODEL, &[("sec-websocket-protocol", names)])
        .await
        .unwrap();
    peer.until("session.created").await;
    let plain = sim.http.get(sim.url("/v1/realtime?model=gpt-realtime-2.1"));
    assert_eq!(plain.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn an_update_that_is_wrong_changes_nothing() {
    let sim = support::start().await;
    let mut peer = connect(&sim).await;
    let created = peer.until("session.created").await["session"].clone();
    assert!(created["expires_at"].as_i64().unwrap() > chrono::Utc::now().timestamp());
    let format = |kind: &str| json!({"audio": {"input": {"format": {"type": kind}}}});
    for (wrong, code, param) in [
        (
            json!({"input_audio_format": "g711_ulaw"}),
            "unknown_parameter",
            "session.input_audio_format",
        ),
        (json!({"voice": "marin"}), "unknown_parameter", "session.voice"),
        (
            json!({"temperature": 0.8}),
            "unknown_parameter",
            "session.temperature",
        ),
        (
            json!({"audio": {"output": {"voice": "maya"}}}),
            "invalid_value",
            "session.audio.output.voice",
        ),
        (
            json!({"audio": {"output": {"speed": 2}}}),
            "decimal_above_max_value",
            "session.audio.output.speed",
        ),
        (
            json!({"audio": {"input": {"format": {"type": "audio/pcmu", "rate": 8000}}}}),
            "unknown_parameter",
            "session.audio.input.format.rate",
        ),
        (
            format("audio/pcm"),
            "missing_required_parameter",
            "session.audio.input.format.rate",
        ),
        (
            format("g711_ulaw"),
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            json!({"audio": {"input": {"format": "audio/pcmu"}}}),
            "invalid_type",
            "session.audio.input.format",
        ),
        (
            json!({"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 900}}}}),
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            json!({"audio": {"input": {"turn_detection": {"type": "server_vad", "eagerness": "low"}}}}),
            "unknown_parameter",
            "session.audio.input.turn_detection.eagerness",
        ),
        (
            json!({"output_modalities": ["audio", "text"]}),
            "invalid_value",
            "session.output_modalities",
        ),
        (json!({"instructions": 7}), "invalid_type", "session.instructions"),
        (
            json!({"max_output_tokens": 5000}),
            "integer_above_max_value",
            "session.max_output_tokens",
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "a"}}]}),
            "missing_required_parameter",
            "session.tools[0].name",
        ),
        (json!({"type": "transcription"}), "invalid_value", "session.type"),
        (json!({"model": "gpt-realtime"}), "invalid_value", "session.model"),
    ] {
        let mut session = json!({"type": "realtime", "instructions": "Changed."});
        for (name, value) in wrong.as_object().unwrap() {
            session[name] = value.clone();
        }
        let event = json!({"type": "session.update", "event_id": "cfg-1", "session": session});
        peer.send_text(&event.to_string()).await;
        let error = peer.until("error").await["error"].clone();
        assert_eq!(
            (error["code"].as_str(), error["param"].as_str()),
            (Some(code), Some(param)),
            "{error}"
        );
        assert_eq!(error["event_id"], "cfg-1");
    }
    peer.send_text(r#"{"type":"session.update","session":{"instructions":"a"}}"#)
        .await;
    assert_eq!(peer.until("error").await["error"]["param"], "session.type");
    peer.send(json!({"type": "session.update", "session": {"type": "realtime"}}))
        .await;
    assert_eq!(peer.until("session.updated").await["session"], created);
}

#[tokio::test]
async fn a_voice_that_has_spoken_cannot_change() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    let other = json!({"type": "session.update", "session": {"type": "realtime",
        "audio": {"output": {"voice": {"id": "voice_1234"}}}}});
    peer.send(other.clone()).await;
    peer.until("session.updated").await;
    let done = peer.reply(json!({})).await;
    assert_eq!(done["audio"]["output"]["voice"], "voice_1234");
    let back = json!({"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}});
    peer.send(back).await;
    assert_eq!(peer.error().await, "cannot_update_voice");
    peer.send(other).await;
    peer.until("session.updated").await;
}

#[tokio::test]
async fn events_that_are_none_are_refused_and_the_session_lives() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    for (text, code) in [
        ("", "invalid_json"),
        ("{\"type\":", "invalid_json"),
        ("[]", "invalid_event"),
        ("{}", "invalid_event"),
        (r#"{"type":"dance"}"#, "invalid_value"),
        (
            r#"{"type":"response.create","response":{"modalities":["text"]}}"#,
            "unknown_parameter",
        ),
        (
            r#"{"type":"response.create","response":{"metadata":{"a":1}}}"#,
            "invalid_type",
        ),
        (
            r#"{"type":"input_audio_buffer.append","audio":"no base64"}"#,
            "invalid_value",
        ),
        (
            r#"{"type":"input_audio_buffer.append"}"#,
            "missing_required_parameter",
        ),
        (
            r#"{"type":"conversation.item.truncate","item_id":"a","content_index":0,"audio_end_ms":1.5}"#,
            "invalid_type",
        ),
        (
            r#"{"type":"conversation.item.truncate","item_id":"a","content_index":0,"audio_end_ms":1}"#,
            "item_truncate_invalid_item_id",
        ),
        (
            r#"{"type":"conversation.item.delete","item_id":"a"}"#,
            "item_delete_invalid_item_id",
        ),
        (
            r#"{"type":"conversation.item.retrieve","item_id":"a"}"#,
            "item_retrieve_invalid_item_id",
        ),
        (
            r#"{"type":"response.cancel","response_id":"a"}"#,
            "response_cancel_not_active",
        ),
        (r#"{"type":"output_audio_buffer.clear"}"#, "invalid_event"),
    ] {
        peer.send_text(text).await;
        assert_eq!(peer.error().await, code, "{text}");
    }
    peer.send(json!({"type": "input_audio_buffer.clear"})).await;
    peer.until("input_audio_buffer.cleared").await;
}

#[tokio::test]
async fn published_samples_are_taken_or_refused_as_they_should_be() {
    let sim = support::start().await;
    let samples = spec("samples/openai_realtime.samples.json");
    let of = |list: &str| -> Vec<Value> {
        let list = samples[list].as_array().unwrap().iter();
        let list = list.filter(|sample| sample["direction"] == "ClientEvent");
        list.map(|sample| sample["event"].clone()).collect()
    };
    for event in of("invalid") {
        assert!(!is_client_event(&event));
        let mut peer = connect(&sim).await;
        peer.send_text(&event.to_string()).await;
        peer.until("error").await;
    }
    // Good, but about items and replies that are not there.
    let benign = [
        "input_audio_buffer_commit_empty",
        "item_retrieve_invalid_item_id",
        "item_delete_invalid_item_id",
        "item_truncate_invalid_item_id",
        "response_cancel_not_active",
        "item_reference_not_found",
    ];
    for event in of("valid") {
        let intent = if event["session"]["type"] == "transcription" {
            "?intent=transcription"
        } else {
            MODEL
        };
        let mut peer = connect_with(&sim, intent, &[("authorization", "Bearer sk-test")])
            .await
            .unwrap();
        peer.until("session.created").await;
        peer.send(event.clone()).await;
        peer.send(json!({"type": "input_audio_buffer.clear"})).await;
        peer.until("input_audio_buffer.cleared").await;
        for error in peer.all("error") {
            assert!(
                benign.contains(&error["error"]["code"].as_str().unwrap()),
                "{event:#} {error:#}"
            );
        }
    }
}

#[tokio::test]
async fn items_are_put_where_they_belong() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    let create = |id: &str, role: &str, kind: &str, after: Option<&str>| {
        let item =
            json!({"id": id, "type": "message", "role": role, "content": [{"type": kind, "text": id}]});
        json!({"type": "conversation.item.create", "item": item, "previous_item_id": after})
    };
    for (id, role, kind, after, before) in [
        ("one", "user", "input_text", None, Value::Null),
        ("two", "assistant", "output_text", None, json!("one")),
        ("zero", "system", "input_text", Some("root"), Value::Null),
        ("half", "user", "input_text", Some("one"), json!("one")),
    ] {
        peer.send(create(id, role, kind, after)).await;
        let added = peer.until("conversation.item.added").await;
        assert_eq!(
            (&added["item"]["id"], &added["previous_item_id"]),
            (&json!(id), &before)
        );
        assert_eq!(
            peer.until("conversation.item.done").await["item"]["status"],
            "completed"
        );
    }
    peer.send(create("one", "user", "input_text", None)).await;
    assert_eq!(peer.error().await, "item_create_duplicate_item_id");
    peer.send(create("three", "user", "input_text", Some("nowhere")))
        .await;
    assert_eq!(peer.error().await, "item_create_invalid_previous_item_id");
    let wrong = json!({"type": "conversation.item.create", "item": {"type": "message", "role": "assistant",
        "content": [{"type": "output_audio", "transcript": "Hello"}]}});
    peer.send(wrong).await;
    assert_eq!(
        peer.until("error").await["error"]["param"],
        "item.content[0].type"
    );
    let truncate = json!({"type": "conversation.item.truncate", "item_id": "one", "content_index": 0, "audio_end_ms": 0});
    peer.send(truncate).await;
    assert_eq!(peer.error().await, "invalid_value");
    peer.send(json!({"type": "conversation.item.delete", "item_id": "two"}))
        .await;
    assert_eq!(peer.until("conversation.item.deleted").await["item_id"], "two");
    peer.send(json!({"type": "conversation.item.retrieve", "item_id": "two"}))
        .await;
    assert_eq!(peer.error().await, "item_retrieve_invalid_item_id");
    let call = json!({"type": "function_call_output", "call_id": "call_1", "output": "{}"});
    peer.send(json!({"type": "conversation.item.create", "item": call}))
        .await;
    assert_eq!(
        peer.until("conversation.item.added").await["previous_item_id"],
        "half"
    );
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let sim = support::start().await;
    // Three real seconds at twenty times the speed of life.
    sim.sim("PUT", "/realtime/settings", json!({"session_limit_ms": 60_000}))
        .await;
    let before = chrono::Utc::now().timestamp();
    let mut peer = connect(&sim).await;
    let created = peer.until("session.created").await;
    let after = chrono::Utc::now().timestamp();
    let ends = created["session"]["expires_at"].as_i64().unwrap();
    assert!(
        (before + 2..=after + 3).contains(&ends),
        "{before} {ends} {after}"
    );
    let message = "Your session hit the maximum duration of 60 minutes.";
    assert_eq!(peer.error().await, "session_expired");
    assert_eq!(peer.end().await, End::Closed(1001, message.to_owned()));
}

#[tokio::test]
async fn a_goodbye_is_noted() {
    let sim = support::start().await;
    let mut peer = connect(&sim).await;
    peer.until("session.created").await;
    peer.socket.close(None).await.unwrap();
    while !matches!(peer.next().await, Got::End(_)) {}
    let mut peer = connect(&sim).await;
    peer.until("session.created").await;
    drop(peer);
    for _ in 0..800 {
        let (_, all) = sim.sim("GET", "/realtime", Value::Null).await;
        let open = all["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|session| session["state"] == "open");
        if !open {
            assert_eq!(all["data"][0]["closed"]["by"], "client");
            let one = all["data"][0]["id"].as_str().unwrap();
            let (status, session) = sim
                .sim("GET", &format!("/realtime/sessions/{one}"), Value::Null)
                .await;
            assert_eq!((status, &session), (200, &all["data"][0]));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nobody noticed that the client had gone");
}
